//! `alias` and `unalias`.

use std::sync::Arc;

use crate::expand::quote;
use crate::shell::{Exec, Shell};

use super::options::parse;

fn line(name: &[u8], value: &[u8]) -> Vec<u8> {
    let dashes: &[u8] = if name.starts_with(b"-") { b"-- " } else { b"" };
    [b"alias ", dashes, name, b"=", &quote::single(value), b"\n"].concat()
}

pub(super) fn alias(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"p") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[p.operands..];
    let mut out = Vec::new();
    if operands.is_empty() || p.has(b'p') {
        for (name, value) in sh.aliases.iter() {
            out.extend_from_slice(&line(name, value));
        }
    }
    let mut status = 0;
    for o in operands {
        match memchr::memchr(b'=', o) {
            Some(at) if at > 0 => {
                let name = &o[..at];
                let bad = name
                    .iter()
                    .any(|b| b.is_ascii_whitespace() || b"/$`=|&;()<>\\\"'".contains(b));
                if bad {
                    sh.builtin_error(b"alias", [b"`", name, b"': invalid alias name"].concat());
                    status = 1;
                    continue;
                }
                Arc::make_mut(&mut sh.aliases).insert(name.to_vec(), o[at + 1..].to_vec());
            }
            _ => match sh.aliases.get(o) {
                Some(value) => out.extend_from_slice(&line(o, value)),
                None => {
                    sh.builtin_error(b"alias", [&o[..], b": not found"].concat());
                    status = 1;
                }
            },
        }
    }
    let written = sh.put(b"alias", &out)?;
    Ok(written.max(status))
}

pub(super) fn unalias(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    const USAGE: &str = "unalias [-a] name [name ...]";
    let p = match parse(sh, args, b"a") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    if p.has(b'a') {
        sh.aliases = Arc::default();
        return Ok(0);
    }
    if p.operands == args.len() {
        let text = format!("unalias: usage: {USAGE}\n");
        sh.write_error(text.as_bytes());
        return Ok(2);
    }
    let mut status = 0;
    for o in &args[p.operands..] {
        if Arc::make_mut(&mut sh.aliases).remove(o).is_none() {
            sh.builtin_error(b"unalias", [&o[..], b": not found"].concat());
            status = 1;
        }
    }
    Ok(status)
}
