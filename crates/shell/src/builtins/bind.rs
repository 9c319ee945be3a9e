//! `bind`: key bindings are kept and listed, for scripts that set them up; there is no line editor that would use them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::shell::{Exec, Shell};

use super::options::{Parsed, parse};

mod tables;

pub(in crate::builtins) use tables::FUNCTIONS;
use tables::{EMACS, VARIABLES};

const KEYMAPS: &[(&str, &str)] = &[
    ("emacs", "emacs"),
    ("emacs-standard", "emacs"),
    ("emacs-meta", "emacs-meta"),
    ("emacs-ctlx", "emacs-ctlx"),
    ("vi", "vi-command"),
    ("vi-move", "vi-command"),
    ("vi-command", "vi-command"),
    ("vi-insert", "vi-insert"),
];

/// Keys that a listing of one line shows.
const SHOWN: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Function(&'static str),
    Macro(Vec<u8>),
    Command(Vec<u8>),
}

/// The bindings of a shell that has used `bind`.
#[derive(Debug, Clone)]
pub(crate) struct Bindings {
    keymaps: BTreeMap<&'static str, Vec<(Vec<u8>, Action)>>,
    variables: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Default for Bindings {
    fn default() -> Self {
        let mut emacs: Vec<(Vec<u8>, Action)> = EMACS
            .iter()
            .map(|(f, k)| (k.as_bytes().to_vec(), Action::Function(f)))
            .collect();
        emacs.extend((b' '..=b'~').map(|c| {
            let key = match c {
                b'"' | b'\\' => vec![b'\\', c],
                c => vec![c],
            };
            (key, Action::Function("self-insert"))
        }));
        Self {
            keymaps: BTreeMap::from([("emacs", emacs)]),
            variables: VARIABLES
                .iter()
                .map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec()))
                .collect(),
        }
    }
}

impl Bindings {
    fn map(&self, keymap: &str) -> &[(Vec<u8>, Action)] {
        self.keymaps.get(keymap).map(Vec::as_slice).unwrap_or_default()
    }

    fn bind(&mut self, keymap: &'static str, key: Vec<u8>, action: Action) {
        let map = self.keymaps.entry(keymap).or_default();
        map.retain(|(k, _)| *k != key);
        map.push((key, action));
    }

    fn keys_of(&self, keymap: &str, function: &str) -> Vec<&[u8]> {
        let mut keys: Vec<&[u8]> = self
            .map(keymap)
            .iter()
            .filter(|(_, a)| matches!(a, Action::Function(f) if *f == function))
            .map(|(k, _)| &k[..])
            .collect();
        if function != "self-insert" {
            keys.sort_by_key(|k| order(k));
        }
        keys
    }
}

/// Single keys come before sequences that begin with `\C-x`, those before escape sequences.
fn order(key: &[u8]) -> (u8, Vec<u8>) {
    let class = if key.starts_with(b"\\e") {
        2
    } else if key.starts_with(b"\\C-x") && key.len() > 4 {
        1
    } else {
        0
    };
    (class, key.to_vec())
}

fn quoted(keys: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, k) in keys.iter().take(SHOWN).enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        out.push(b'"');
        out.extend_from_slice(k);
        out.push(b'"');
    }
    out.extend_from_slice(if keys.len() > SHOWN { b", ..." } else { b"." });
    out
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    if !sh.interactive {
        sh.builtin_error(b"bind", "warning: line editing not enabled");
    }
    let p = match parse(sh, args, b"lvpVPsSXf:q:u:m:r:x:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let keymap = match p.value(b'm') {
        None => "emacs",
        Some(name) => match KEYMAPS.iter().find(|(n, _)| n.as_bytes() == name) {
            Some((_, canonical)) => canonical,
            None => {
                sh.builtin_error(b"bind", [b"`", name, b"': invalid keymap name"].concat());
                return Ok(1);
            }
        },
    };
    let mut bindings = sh.bindings.as_deref().cloned().unwrap_or_default();
    let mut out = Vec::new();
    let mut status = change(sh, &p, keymap, &mut bindings, &mut out)?;
    for (letter, _) in &p.options {
        list(&bindings, keymap, *letter, &mut out);
    }
    for operand in &args[p.operands..] {
        let (said, error) = one_line(&mut bindings, keymap, operand);
        if let Some(text) = said {
            sh.write_error(&[b"readline: ", &text[..], b"\n"].concat());
        }
        if error {
            status = 1;
        }
    }
    sh.bindings = Some(Arc::new(bindings));
    Ok(sh.put(b"bind", &out)?.max(status))
}

/// Options that change or ask for one binding.
fn change(sh: &mut Shell, p: &Parsed<'_>, keymap: &'static str, bindings: &mut Bindings, out: &mut Vec<u8>) -> Exec {
    let mut status = 0;
    for (letter, value) in &p.options {
        let value = value.unwrap_or_default();
        match letter {
            b'q' | b'u' => {
                let Some(function) = FUNCTIONS.iter().find(|f| f.as_bytes() == value) else {
                    sh.builtin_error(b"bind", [b"`", value, b"': unknown function name"].concat());
                    status = 1;
                    continue;
                };
                if *letter == b'u' {
                    if let Some(map) = bindings.keymaps.get_mut(keymap) {
                        map.retain(|(_, a)| *a != Action::Function(function));
                    }
                    continue;
                }
                let keys = bindings.keys_of(keymap, function);
                if keys.is_empty() {
                    out.extend_from_slice(format!("{function} is not bound to any keys.\n").as_bytes());
                    status = 1;
                } else {
                    out.extend_from_slice(format!("{function} can be invoked via ").as_bytes());
                    out.extend_from_slice(&quoted(&keys));
                    out.push(b'\n');
                }
            }
            b'r' => {
                if let Some(map) = bindings.keymaps.get_mut(keymap) {
                    map.retain(|(k, _)| k != value);
                }
            }
            b'x' => match key_and_rest(value) {
                Some((key, command)) => {
                    let command = command
                        .strip_prefix(b"\"")
                        .and_then(|c| c.strip_suffix(b"\""))
                        .unwrap_or(command);
                    bindings.bind(keymap, key, Action::Command(command.to_vec()));
                }
                None => {
                    sh.builtin_error(
                        b"bind",
                        [value, b": first non-whitespace character is not `\"'"].concat(),
                    );
                    status = 1;
                }
            },
            b'f' => {
                let read = sh.path(value).and_then(|path| sh.fs().read_all(&path));
                match read {
                    Ok(text) => {
                        for line in text.split(|b| *b == b'\n') {
                            let line = line.trim_ascii();
                            if !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"$") {
                                one_line(bindings, keymap, line);
                            }
                        }
                    }
                    Err(e) => {
                        sh.builtin_error(b"bind", [value, b": cannot read: ", e.gnu_text().as_bytes()].concat());
                        status = 1;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(status)
}

fn list(b: &Bindings, keymap: &str, letter: u8, out: &mut Vec<u8>) {
    let entry = |out: &mut Vec<u8>, key: &[u8], text: &[u8]| {
        out.extend_from_slice(&[b"\"", key, b"\": \"", text, b"\"\n"].concat());
    };
    match letter {
        b'l' => FUNCTIONS
            .iter()
            .for_each(|f| out.extend_from_slice(format!("{f}\n").as_bytes())),
        b'p' | b'P' => {
            out.push(b'\n');
            for f in FUNCTIONS {
                let keys = b.keys_of(keymap, f);
                match (letter, keys.is_empty()) {
                    (b'p', true) => out.extend_from_slice(format!("# {f} (not bound)\n").as_bytes()),
                    (b'p', false) => {
                        for k in keys {
                            out.extend_from_slice(&[b"\"", k, b"\": ", f.as_bytes(), b"\n"].concat());
                        }
                    }
                    (_, true) => out.extend_from_slice(format!("{f} is not bound to any keys\n").as_bytes()),
                    (_, false) => {
                        out.extend_from_slice(format!("{f} can be found on ").as_bytes());
                        out.extend_from_slice(&quoted(&keys));
                        out.push(b'\n');
                    }
                }
            }
        }
        b'v' | b'V' => {
            for (n, v) in &b.variables {
                out.extend_from_slice(&if letter == b'v' {
                    [b"set ", &n[..], b" ", v, b"\n"].concat()
                } else {
                    [&n[..], b" is set to `", v, b"'\n"].concat()
                });
            }
        }
        b's' | b'S' | b'X' => {
            for (key, action) in b.map(keymap) {
                match action {
                    Action::Macro(text) if letter == b's' => entry(out, key, text),
                    Action::Macro(text) if letter == b'S' => {
                        out.extend_from_slice(&[&key[..], b" outputs ", text, b"\n"].concat());
                    }
                    Action::Command(text) if letter == b'X' => entry(out, key, text),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Splits `"keys": rest` or `Control-x: rest`.
fn key_and_rest(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let text = text.trim_ascii_start();
    let (key, rest) = if let Some(inner) = text.strip_prefix(b"\"") {
        let mut at = 0;
        while at < inner.len() && inner[at] != b'"' {
            at += 1 + usize::from(inner[at] == b'\\');
        }
        (inner.get(..at)?.to_vec(), inner.get(at + 1..)?)
    } else {
        let at = memchr::memchr(b':', text)?;
        let name = &text[..at];
        let key = match name.to_ascii_lowercase().as_slice() {
            n if n.starts_with(b"control-") || n.starts_with(b"ctrl-") || n.starts_with(b"c-") => {
                let dash = memchr::memchr(b'-', n)?;
                [b"\\C-", &n[dash + 1..]].concat()
            }
            n if n.starts_with(b"meta-") || n.starts_with(b"m-") => {
                let dash = memchr::memchr(b'-', n)?;
                [b"\\e", &n[dash + 1..]].concat()
            }
            _ => name.to_vec(),
        };
        (key, &text[at..])
    };
    Some((key, rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii()))
}

/// A line as in an inputrc file: what readline says about it, and whether `bind` fails.
fn one_line(bindings: &mut Bindings, keymap: &'static str, line: &[u8]) -> (Option<Vec<u8>>, bool) {
    let line = line.trim_ascii();
    if let Some(rest) = line.strip_prefix(b"set ") {
        let rest = rest.trim_ascii_start();
        let end = memchr::memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
        let (name, value) = (&rest[..end], rest[end..].trim_ascii());
        return match bindings.variables.iter_mut().find(|(n, _)| n == name) {
            Some((_, slot)) => {
                *slot = value.to_vec();
                (None, false)
            }
            None => (Some([name, b": unknown variable name"].concat()), false),
        };
    }
    let Some((key, rest)) = key_and_rest(line) else {
        return (Some([line, b": no key sequence terminator"].concat()), false);
    };
    if let Some(text) = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")) {
        bindings.bind(
            keymap,
            key,
            Action::Macro(text[..text.len().saturating_sub(1)].to_vec()),
        );
        return (None, false);
    }
    match FUNCTIONS.iter().find(|f| f.as_bytes().eq_ignore_ascii_case(rest)) {
        Some(function) => {
            bindings.bind(keymap, key, Action::Function(function));
            (None, false)
        }
        None if rest.is_empty() => (None, false),
        None => (Some([rest, b": unknown function name"].concat()), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_both_notations() {
        assert_eq!(
            key_and_rest(b"\"\\C-o\\C-s\": yank"),
            Some((b"\\C-o\\C-s".to_vec(), &b"yank"[..]))
        );
        assert_eq!(
            key_and_rest(b"Control-o: kill-line"),
            Some((b"\\C-o".to_vec(), &b"kill-line"[..]))
        );
        assert_eq!(key_and_rest(b"no colon"), None);
    }

    #[test]
    fn a_key_has_one_binding() {
        let mut b = Bindings::default();
        one_line(&mut b, "emacs", b"\"\\C-k\": yank");
        assert_eq!(b.keys_of("emacs", "yank"), [&b"\\C-k"[..], b"\\C-y"]);
        assert!(b.keys_of("emacs", "kill-line").is_empty());
    }
}
