//! `hash`.

use std::sync::Arc;

use crate::shell::{Exec, Shell};

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"lrp:dt") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[p.operands..];
    if p.has(b'r') {
        sh.hashed = Arc::default();
    }
    if let Some((_, Some(path))) = p.options.iter().find(|(l, _)| *l == b'p') {
        for name in operands {
            Arc::make_mut(&mut sh.hashed).insert(name.clone(), (path.to_vec(), 0));
        }
        return Ok(0);
    }
    let mut status = 0;
    let mut out = Vec::new();
    if operands.is_empty() {
        if p.has(b'r') {
            return Ok(0);
        }
        if p.has(b't') {
            sh.builtin_error(b"hash", "-t: option requires an argument");
            return Ok(1);
        }
        if sh.hashed.is_empty() {
            if !p.has(b'l') {
                out.extend_from_slice(b"hash: hash table empty\n");
            }
            return sh.put(b"hash", &out);
        }
        if !p.has(b'l') {
            out.extend_from_slice(b"hits\tcommand\n");
        }
        for (name, (place, hits)) in sh.hashed.iter() {
            if p.has(b'l') {
                out.extend_from_slice(&[b"builtin hash -p ", &place[..], b" ", name, b"\n"].concat());
            } else {
                out.extend_from_slice(format!("{hits:4}\t").as_bytes());
                out.extend_from_slice(place);
                out.push(b'\n');
            }
        }
        return sh.put(b"hash", &out);
    }
    for name in operands {
        if p.has(b't') {
            match sh.hashed.get(name) {
                Some((place, _)) => {
                    if operands.len() > 1 {
                        out.extend_from_slice(name);
                        out.push(b'\t');
                    }
                    out.extend_from_slice(place);
                    out.push(b'\n');
                }
                None => {
                    sh.builtin_error(b"hash", [&name[..], b": not found"].concat());
                    status = 1;
                }
            }
            continue;
        }
        if p.has(b'd') {
            if Arc::make_mut(&mut sh.hashed).remove(name).is_none() {
                sh.builtin_error(b"hash", [&name[..], b": not found"].concat());
                status = 1;
            }
            continue;
        }
        if memchr::memchr(b'/', name).is_some() || super::find(name).is_some() || sh.funcs.contains_key(&name[..]) {
            continue;
        }
        match sh.which(name) {
            Some(place) => {
                Arc::make_mut(&mut sh.hashed).insert(name.clone(), (place, 0));
            }
            None => {
                sh.builtin_error(b"hash", [&name[..], b": not found"].concat());
                status = 1;
            }
        }
    }
    let written = sh.put(b"hash", &out)?;
    Ok(written.max(status))
}
