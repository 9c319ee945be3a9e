//! `trap`.

use crate::expand::quote;
use crate::jobs::Signal;
use crate::shell::{Exec, Shell};
use crate::trap::Event;

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"lp") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[p.operands..];
    if p.has(b'l') {
        let text = super::kill::list();
        return sh.put(b"trap", &text);
    }
    if p.has(b'p') || operands.is_empty() {
        return print(sh, operands);
    }
    // With a first operand that is no action (a number, or a lone name) everything named is reset.
    let first = &operands[0];
    let reset = operands.len() == 1 || first == b"-" || (!first.is_empty() && first.iter().all(u8::is_ascii_digit));
    let (action, names) = if reset && first != b"-" {
        (None, operands)
    } else if first == b"-" {
        (None, &operands[1..])
    } else {
        (Some(first), &operands[1..])
    };
    if operands.len() == 1 && first != b"-" && Event::parse(first).is_none() {
        return Ok(
            super::options::usage_error(sh, b"trap", &[&first[..], b": invalid signal specification"].concat()).min(1),
        );
    }
    let mut status = 0;
    for n in names {
        let Some(event) = Event::parse(n) else {
            sh.builtin_error(b"trap", [&n[..], b": invalid signal specification"].concat());
            status = 1;
            continue;
        };
        if matches!(event, Event::Signal(s) if s == Signal::KILL || s.0 == 19) {
            continue;
        }
        sh.traps.set(event, action.map(|a| &a[..]));
    }
    let proc = sh.proc.clone();
    sh.traps.update_masks(&proc);
    Ok(status)
}

fn print(sh: &mut Shell, names: &[Vec<u8>]) -> Exec {
    let mut wanted = Vec::new();
    let mut status = 0;
    for n in names {
        match Event::parse(n) {
            Some(e) => wanted.push(e),
            None => {
                sh.builtin_error(b"trap", [&n[..], b": invalid signal specification"].concat());
                status = 1;
            }
        }
    }
    let mut out = Vec::new();
    for (event, action) in sh.traps.iter() {
        if !wanted.is_empty() && !wanted.contains(&event) {
            continue;
        }
        out.extend_from_slice(b"trap -- ");
        out.extend_from_slice(&quote::single(action));
        out.push(b' ');
        out.extend_from_slice(event.name().as_bytes());
        out.push(b'\n');
    }
    let written = sh.put(b"trap", &out)?;
    Ok(written.max(status))
}
