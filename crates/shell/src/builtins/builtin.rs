//! `builtin`.

use crate::shell::{Exec, Shell};

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let words = args[p.operands..].to_vec();
    let Some(name) = words.first() else { return Ok(0) };
    match super::find(name) {
        Some(b) if !sh.disabled_builtins.contains(name) => sh.run_builtin(b, words, Vec::new()),
        _ => {
            sh.builtin_error(b"builtin", [&name[..], b": not a shell builtin"].concat());
            Ok(1)
        }
    }
}
