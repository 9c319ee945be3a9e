//! `pwd`.

use crate::shell::{Exec, Shell};
use crate::state::options::SetOpt;

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"LP") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let physical = p
        .options
        .last()
        .map_or_else(|| sh.on(SetOpt::Physical), |(l, _)| *l == b'P');
    let mut text = if physical {
        match sh.fs.canonicalize(&sh.cwd) {
            Ok(p) => p.as_bytes().to_vec(),
            Err(_) => sh.cwd.as_bytes().to_vec(),
        }
    } else {
        sh.cwd.as_bytes().to_vec()
    };
    text.push(b'\n');
    sh.put(b"pwd", &text)
}
