//! `break` and `continue`.

use crate::shell::{Exec, Flow, Shell};

use super::options::integer;

fn levels(sh: &mut Shell, args: &[Vec<u8>]) -> Result<Option<u32>, Flow> {
    let name = &args[0];
    if sh.loops == 0 {
        sh.builtin_error(name, "only meaningful in a `for', `while', or `until' loop");
        return Ok(None);
    }
    let operands = if args.get(1).is_some_and(|a| a == b"--") {
        &args[2..]
    } else {
        &args[1..]
    };
    let n = match operands {
        [] => 1,
        [n, rest @ ..] => match integer(n) {
            None => {
                sh.builtin_error(name, [&n[..], b": numeric argument required"].concat());
                return Err(Flow::Exit(128));
            }
            Some(_) if !rest.is_empty() => {
                sh.builtin_error(name, "too many arguments");
                return Err(Flow::Discard(1));
            }
            Some(n) => n,
        },
    };
    if n <= 0 {
        let text = operands.first().cloned().unwrap_or_default();
        sh.builtin_error(name, [&text[..], b": loop count out of range"].concat());
        sh.status = 1;
        return Ok(Some(0));
    }
    Ok(Some(u32::try_from(n).unwrap_or(u32::MAX).min(sh.loops)))
}

pub(super) fn break_(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    match levels(sh, args)? {
        None => Ok(0),
        Some(0) => Err(Flow::Break(1)),
        Some(n) => {
            sh.status = 0;
            Err(Flow::Break(n))
        }
    }
}

pub(super) fn continue_(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    match levels(sh, args)? {
        None => Ok(0),
        Some(0) => Err(Flow::Break(1)),
        Some(n) => {
            sh.status = 0;
            Err(Flow::Continue(n))
        }
    }
}
