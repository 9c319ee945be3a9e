//! `help`.

use pattern::glob::{GlobOptions, Pattern};

use super::options::parse;
use crate::shell::{Exec, Shell};

use super::usage::SYNOPSES;

/// `help [-dms] [pattern ...]`.
pub(super) fn help(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let parsed = match parse(sh, args, b"dms") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let operands = &args[parsed.operands..];
    if operands.is_empty() {
        let mut text = b"GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n\
            These shell commands are defined internally.  Type `help' to see this list.\n\
            Type `help name' to find out more about the function `name'.\n\n"
            .to_vec();
        for (_, synopsis, _) in SYNOPSES {
            text.extend_from_slice(b" ");
            text.extend_from_slice(synopsis.as_bytes());
            text.push(b'\n');
        }
        return sh.put(b"help", &text);
    }
    let mut text = Vec::new();
    let mut status = 0;
    for operand in operands {
        let exact: Vec<_> = SYNOPSES.iter().filter(|(n, ..)| n.as_bytes() == &operand[..]).collect();
        let found = if exact.is_empty() {
            let glob = Pattern::new(operand, &GlobOptions::default());
            let prefix = |n: &str| n.as_bytes().starts_with(operand);
            SYNOPSES
                .iter()
                .filter(|(n, ..)| glob.as_ref().is_ok_and(|g| g.matches(n.as_bytes())) || prefix(n))
                .collect()
        } else {
            exact
        };
        if found.is_empty() {
            let o = String::from_utf8_lossy(operand).into_owned();
            sh.builtin_error(
                b"help",
                format!("no help topics match `{o}'.  Try `help help' or `man -k {o}' or `info {o}'."),
            );
            status = 1;
        }
        for (name, synopsis, summary) in found {
            if parsed.has(b'd') {
                text.extend(format!("{name} - {summary}\n").bytes());
            } else if parsed.has(b's') {
                text.extend(format!("{name}: {synopsis}\n").bytes());
            } else {
                text.extend(format!("{name}: {synopsis}\n    {summary}\n").bytes());
            }
        }
    }
    Ok(sh.put(b"help", &text)?.max(status))
}
