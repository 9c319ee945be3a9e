//! `shift`.

use std::sync::Arc;

use crate::shell::{Exec, Flow, Shell};
use crate::state::options::ShOpt;

use super::options::integer;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let operands = if args.get(1).is_some_and(|a| a == b"--") {
        &args[2..]
    } else {
        &args[1..]
    };
    let n = match operands {
        [] => 1,
        [_, _, ..] => {
            sh.builtin_error(b"shift", "too many arguments");
            return Err(Flow::Discard(1));
        }
        [n] => match integer(n) {
            Some(v) => v,
            None => {
                sh.builtin_error(b"shift", [&n[..], b": numeric argument required"].concat());
                return Ok(1);
            }
        },
    };
    let count = sh.positional.len();
    match usize::try_from(n) {
        Err(_) => {
            sh.builtin_error(b"shift", format!("{n}: shift count out of range"));
            Ok(1)
        }
        Ok(n) if n > count => {
            if sh.shopt(ShOpt::ShiftVerbose) {
                sh.builtin_error(b"shift", format!("{n}: shift count out of range"));
            }
            Ok(1)
        }
        Ok(n) => {
            Arc::make_mut(&mut sh.positional).drain(..n);
            Ok(0)
        }
    }
}
