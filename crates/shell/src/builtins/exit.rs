//! `exit` and `logout`.

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
        [n, rest @ ..] => match integer(n) {
            Some(_) if !rest.is_empty() => {
                sh.builtin_error(b"exit", "too many arguments");
                return Ok(1);
            }
            Some(n) => (n & 0xff) as u8,
            None => {
                sh.builtin_error(b"exit", [&n[..], b": numeric argument required"].concat());
                2
            }
        },
    };
    Err(Flow::Exit(status))
}

pub(super) fn logout(sh: &mut Shell, _: &[Vec<u8>]) -> Exec {
    sh.builtin_error(b"logout", "not login shell: use `exit'");
    Ok(1)
}
