//! `caller`.

use crate::shell::{Exec, Origin, Shell};

use super::options::{integer, usage_error};

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    if sh.frames.is_empty() {
        return Ok(1);
    }
    let total = sh.frames.len();
    let source_of = |sh: &Shell, i: usize| -> Vec<u8> {
        // The frame that is `i` levels up; below them all stands the script itself.
        match total.checked_sub(i + 1) {
            Some(at) => sh.frames[at].source.to_vec(),
            None if sh.origin != Origin::File => b"NULL".to_vec(),
            None => sh.name.to_vec(),
        }
    };
    let Some(n) = args.get(1) else {
        let line = sh.frames[total - 1].line;
        let text = [format!("{line} ").as_bytes(), &source_of(sh, 1), b"\n"].concat();
        return sh.put(b"caller", &text);
    };
    let Some(n) = integer(n).and_then(|n| usize::try_from(n).ok()) else {
        return Ok(usage_error(sh, b"caller", &[&n[..], b": invalid number"].concat()));
    };
    if n >= total {
        return Ok(1);
    }
    let frame = &sh.frames[total - 1 - n];
    let line = frame.line;
    let name = match total.checked_sub(n + 2) {
        Some(at) => sh.frames[at].name.to_vec(),
        None if sh.origin != Origin::File => return Ok(1),
        None => b"main".to_vec(),
    };
    let text = [format!("{line} ").as_bytes(), &name, b" ", &source_of(sh, n + 1), b"\n"].concat();
    sh.put(b"caller", &text)
}
