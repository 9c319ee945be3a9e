//! `eval`.

use crate::shell::{Exec, Shell};

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let text = args[p.operands..].join(&b' ');
    if text.is_empty() {
        return Ok(0);
    }
    let line = sh.line;
    sh.run_text(text.into(), line)
}
