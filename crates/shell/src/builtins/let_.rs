//! `let`.

use crate::arith::Program;
use crate::shell::{Exec, Flow, Shell};

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let operands = if args.get(1).is_some_and(|a| a == b"--") {
        &args[2..]
    } else {
        &args[1..]
    };
    if operands.is_empty() {
        sh.builtin_error(b"let", "expression expected");
        return Ok(1);
    }
    let mut last = 0;
    for o in operands {
        match sh.eval_program_for(&Program::parse(o), b"let") {
            Ok(n) => last = n,
            Err(Flow::Discard(status)) => return Ok(status),
            Err(flow) => return Err(flow),
        }
    }
    Ok(u8::from(last == 0))
}
