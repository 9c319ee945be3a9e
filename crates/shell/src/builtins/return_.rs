//! `return`.

use crate::shell::{Exec, Flow, Shell};

use super::options::integer;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let operands = if args.get(1).is_some_and(|a| a == b"--") {
        &args[2..]
    } else {
        &args[1..]
    };
    let status = match operands {
        [] => sh.status,
        [n, ..] => match integer(n) {
            Some(n) => (n & 0xff) as u8,
            None => {
                sh.builtin_error(b"return", [&n[..], b": numeric argument required"].concat());
                2
            }
        },
    };
    if operands.len() > 1 {
        sh.builtin_error(b"return", "too many arguments");
        return Ok(1);
    }
    if sh.frames.is_empty() {
        sh.builtin_error(b"return", "can only `return' from a function or sourced script");
        return Ok(2);
    }
    Err(Flow::Return(status))
}
