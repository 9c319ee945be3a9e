//! `compgen`, `complete`, `compopt`: completion specifications. `compgen` computes candidates; `complete` keeps specifications
//! for `complete -p` and for programs that read them.

use std::sync::Arc;

use crate::expand::quote;
use crate::shell::{Exec, Shell};

use super::options::{Parsed, parse, usage, usage_error};

mod compgen;

pub(super) use compgen::compgen;
use compgen::{LETTERS, OPTIONS, check};

/// The words of a specification in the order in which bash prints them.
fn canonical(p: &Parsed<'_>) -> Vec<Vec<u8>> {
    let mut spec = Vec::new();
    let mut add = |wanted: &[u8]| {
        for letter in wanted {
            for (l, value) in p.options.iter().filter(|(l, _)| l == letter) {
                spec.push(vec![b'-', *l]);
                if let Some(v) = value {
                    spec.push(match l {
                        b'o' | b'A' | b'F' => quote::if_needed(v),
                        _ => quote::single(v),
                    });
                }
            }
        }
    };
    add(b"oabcdefgjksuvAGWPSXCF");
    spec
}

/// `complete [-abcdefgjksuv] [-pr] [-DEI] … [name ...]`.
pub(super) fn complete(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let parsed = match parse(sh, args, LETTERS) {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    if let Err(status) = check(sh, b"complete", &parsed) {
        return Ok(status);
    }
    let special: Vec<Vec<u8>> = parsed
        .options
        .iter()
        .filter(|(l, _)| b"DEI".contains(l))
        .map(|(l, _)| vec![b'-', *l])
        .collect();
    let names: Vec<Vec<u8>> = special
        .into_iter()
        .chain(args[parsed.operands..].iter().cloned())
        .collect();
    if parsed.has(b'r') {
        if names.is_empty() {
            sh.completions = Arc::default();
        }
        let mut status = 0;
        for name in &names {
            if Arc::make_mut(&mut sh.completions).remove(name).is_none() {
                sh.builtin_error(b"complete", [&name[..], b": no completion specification"].concat());
                status = 1;
            }
        }
        return Ok(status);
    }
    if parsed.has(b'p') || (parsed.options.is_empty() && names.is_empty()) {
        let mut text = Vec::new();
        let mut status = 0;
        let wanted: Vec<Vec<u8>> = if names.is_empty() {
            sh.completions.keys().cloned().collect()
        } else {
            names
        };
        for name in wanted {
            match sh.completions.get(&name) {
                Some(spec) => {
                    text.extend_from_slice(b"complete ");
                    for word in spec {
                        text.extend_from_slice(word);
                        text.push(b' ');
                    }
                    text.extend_from_slice(&name);
                    text.push(b'\n');
                }
                None => {
                    sh.builtin_error(b"complete", [&name[..], b": no completion specification"].concat());
                    status = 1;
                }
            }
        }
        return Ok(sh.put(b"complete", &text)?.max(status));
    }
    if names.is_empty() {
        return Ok(usage(sh, b"complete"));
    }
    let spec = canonical(&parsed);
    for name in names {
        Arc::make_mut(&mut sh.completions).insert(name, spec.clone());
    }
    Ok(0)
}

/// `compopt [-o|+o option] [-DEI] [name ...]`.
pub(super) fn compopt(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let args = args.get(1..).unwrap_or_default();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        match &arg[..] {
            b"-o" | b"+o" => {
                at += 1;
                let Some(option) = args.get(at) else {
                    return Ok(usage_error(sh, b"compopt", b"-o: option requires an argument"));
                };
                if !OPTIONS.iter().any(|o| o.as_bytes() == &option[..]) {
                    sh.builtin_error(b"compopt", [&option[..], b": invalid option name"].concat());
                    return Ok(2);
                }
            }
            b"-D" | b"-E" | b"-I" => {}
            other if other.starts_with(b"-") => {
                return Ok(usage_error(sh, b"compopt", &[other, b": invalid option"].concat()));
            }
            _ => break,
        }
        at += 1;
    }
    if at >= args.len() {
        sh.builtin_error(b"compopt", "not currently executing completion function");
        return Ok(1);
    }
    let mut status = 0;
    for name in &args[at..] {
        if !sh.completions.contains_key(name) {
            sh.builtin_error(b"compopt", [&name[..], b": no completion specification"].concat());
            status = 1;
        }
    }
    Ok(status)
}
