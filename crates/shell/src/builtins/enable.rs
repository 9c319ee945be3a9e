//! `enable`.

use std::sync::Arc;

use crate::shell::{Exec, Shell};

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"adnpsf:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    if p.has(b'f') || p.has(b'd') {
        sh.builtin_error(b"enable", "dynamic loading not available");
        return Ok(1);
    }
    let operands = &args[p.operands..];
    if operands.is_empty() || p.has(b'p') {
        let mut out = Vec::new();
        for b in super::all() {
            if p.has(b's') && b.kind != super::Kind::Special {
                continue;
            }
            let disabled = sh.disabled_builtins.iter().any(|d| d[..] == *b.name.as_bytes());
            if disabled && (p.has(b'a') || p.has(b'n')) {
                out.extend_from_slice(format!("enable -n {}\n", b.name).as_bytes());
            } else if !disabled && !p.has(b'n') {
                out.extend_from_slice(format!("enable {}\n", b.name).as_bytes());
            }
        }
        return sh.put(b"enable", &out);
    }
    let mut status = 0;
    for name in operands {
        if super::find(name).is_none() {
            sh.builtin_error(b"enable", [&name[..], b": not a shell builtin"].concat());
            status = 1;
            continue;
        }
        let list = Arc::make_mut(&mut sh.disabled_builtins);
        list.retain(|d| d != name);
        if p.has(b'n') {
            list.push(name.clone());
        }
    }
    Ok(status)
}
