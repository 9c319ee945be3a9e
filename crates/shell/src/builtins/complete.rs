//! `compgen`, `complete`, `compopt`: completion specifications. `compgen` computes candidates; `complete` keeps specifications
//! for `complete -p` and for programs that read them.

use std::sync::Arc;

use pattern::glob::{GlobOptions, Pattern};

use crate::builtins;
use crate::expand::quote;
use crate::shell::{Exec, Shell};
use crate::syntax::is_reserved;

const SPEC: &str = "abcdefgjksuvo:A:G:W:F:C:X:P:S:prDEI";
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in",
    "function", "time", "{", "}", "!", "[[", "]]", "coproc",
];
const ACTIONS: &[(&str, u8)] = &[
    ("alias", b'a'),
    ("builtin", b'b'),
    ("command", b'c'),
    ("directory", b'd'),
    ("export", b'e'),
    ("file", b'f'),
    ("group", b'g'),
    ("job", b'j'),
    ("keyword", b'k'),
    ("service", b's'),
    ("user", b'u'),
    ("variable", b'v'),
    ("arrayvar", 1),
    ("binding", 2),
    ("disabled", 3),
    ("enabled", 4),
    ("function", 5),
    ("helptopic", 6),
    ("hostname", 7),
    ("running", 8),
    ("setopt", 9),
    ("shopt", 10),
    ("signal", 11),
    ("stopped", 12),
];

/// `compgen [-abcdefgjksuv] [-o option] [-A action] … [word]`.
pub(super) fn compgen(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let args = args.get(1..).unwrap_or_default();
    let parsed = match sh.builtin_options(b"compgen", args, SPEC) {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let word = parsed.operands.first().cloned().unwrap_or_default();
    let options: Vec<(u8, Option<Vec<u8>>)> = parsed
        .options
        .iter()
        .map(|(l, v)| (*l, v.map(<[u8]>::to_vec)))
        .collect();
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut filter = None;
    let (mut prefix, mut suffix) = (Vec::new(), Vec::new());
    for (letter, value) in options {
        let value = value.unwrap_or_default();
        match letter {
            b'A' => match ACTIONS.iter().find(|(n, _)| n.as_bytes() == &value[..]) {
                Some((_, action)) => all.extend(sh.action(*action, &word)),
                None => {
                    sh.builtin_error(b"compgen", [&value[..], b": invalid action name"].concat());
                    return Ok(1);
                }
            },
            b'W' => {
                let expanded = sh.expand_text(&value)?;
                all.extend(expanded.into_iter().filter(|w| w.starts_with(&word)));
            }
            b'G' => {
                let field = sh.expand_text(&value)?;
                all.extend(field);
            }
            b'F' => {
                let call = [&value[..], b" '' ", &quote::always(&word), b" ''"].concat();
                let line = sh.line;
                sh.run_text(call.into(), line)?;
                if let Some(v) = sh.lookup(b"COMPREPLY") {
                    let replies: Vec<Vec<u8>> = match &v.value {
                        crate::state::value::Value::Indexed(a) => a.values().cloned().collect(),
                        value => value.scalar().cloned().into_iter().collect(),
                    };
                    drop(v);
                    all.extend(replies);
                }
            }
            b'C' => {
                let text = sh.capture_text(&[&value[..], b" '' ", &quote::always(&word), b" ''"].concat())?;
                all.extend(
                    text.split(|b| *b == b'\n')
                        .filter(|l| !l.is_empty())
                        .map(<[u8]>::to_vec),
                );
            }
            b'X' => filter = Some(value),
            b'P' => prefix = value,
            b'S' => suffix = value,
            b'o' | b'p' | b'r' | b'D' | b'E' | b'I' => {}
            action => all.extend(sh.action(action, &word)),
        }
    }
    if let Some(pattern) = filter {
        let (negated, pattern) = match pattern.strip_prefix(b"!") {
            Some(p) => (true, p.to_vec()),
            None => (false, pattern),
        };
        if let Ok(p) = Pattern::new(&pattern, &GlobOptions::default()) {
            all.retain(|w| p.matches(w) == negated);
        }
    }
    let found = !all.is_empty();
    let mut text = Vec::new();
    for w in all {
        text.extend([&prefix[..], &w, &suffix, b"\n"].concat());
    }
    let wrote = sh.put(b"compgen", &text)?;
    Ok(if found { wrote } else { 1 })
}

impl Shell {
    /// Candidates of an action that begin with `word`.
    fn action(&self, action: u8, word: &[u8]) -> Vec<Vec<u8>> {
        let names = |list: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
            let mut list: Vec<Vec<u8>> = list.into_iter().filter(|n| n.starts_with(word)).collect();
            list.sort();
            list.dedup();
            list
        };
        let builtins_of = |disabled: bool| {
            builtins::all()
                .iter()
                .map(|b| b.name)
                .filter(|n| self.disabled_builtins.iter().any(|d| d[..] == *n.as_bytes()) == disabled)
                .map(|n| n.as_bytes().to_vec())
                .collect::<Vec<_>>()
        };
        match action {
            b'a' => names(self.aliases.keys().cloned().collect()),
            b'b' => names(
                builtins::all()
                    .iter()
                    .map(|b| b.name)
                    .map(|n| n.as_bytes().to_vec())
                    .collect(),
            ),
            4 => names(builtins_of(false)),
            3 => names(builtins_of(true)),
            5 => names(self.funcs.keys().map(|n| n.to_vec()).collect()),
            b'k' => RESERVED
                .iter()
                .map(|k| k.as_bytes().to_vec())
                .filter(|k| is_reserved(k) && k.starts_with(word))
                .collect(),
            b'v' => names(self.vars.names().iter().map(|n| n.to_vec()).collect()),
            b'e' => names(self.exported_names()),
            b'c' => {
                let mut all: Vec<Vec<u8>> = builtins_of(false);
                all.extend(self.funcs.keys().map(|n| n.to_vec()));
                all.extend(self.aliases.keys().cloned());
                all.extend(RESERVED.iter().map(|k| k.as_bytes().to_vec()));
                all.extend(self.engine.registry().names());
                names(all)
            }
            6 => names(
                super::usage::SYNOPSES
                    .iter()
                    .map(|(n, ..)| n.as_bytes().to_vec())
                    .collect(),
            ),
            b'f' | b'd' => self.files(word, action == b'd'),
            b'u' | b'g' => names(vec![b"root".to_vec()]),
            11 => names((1..32).map(|n| crate::jobs::Signal(n).name().into_bytes()).collect()),
            7 => names(vec![self.hostname.to_vec()]),
            _ => Vec::new(),
        }
    }

    fn exported_names(&self) -> Vec<Vec<u8>> {
        self.vars
            .names()
            .into_iter()
            .map(|n| n.to_vec())
            .filter(|n| {
                self.vars
                    .get(n)
                    .is_some_and(|v| v.attrs.has(crate::state::value::Attrs::EXPORT))
            })
            .collect()
    }

    fn files(&self, word: &[u8], directories: bool) -> Vec<Vec<u8>> {
        let (dir, name) = match memchr::memrchr(b'/', word) {
            Some(at) => word.split_at(at + 1),
            None => (&b""[..], word),
        };
        let base: &[u8] = if dir.is_empty() { b"." } else { dir };
        let Ok(path) = self.path(base) else { return Vec::new() };
        let Ok(entries) = self.fs().read_dir(&path) else {
            return Vec::new();
        };
        entries
            .into_iter()
            .filter(|e| e.name.starts_with(name) && (!e.name.starts_with(b".") || name.starts_with(b".")))
            .filter(|e| {
                !directories
                    || path
                        .child(&e.name)
                        .is_ok_and(|p| self.fs().stat(&p).is_ok_and(|s| s.is_dir()))
            })
            .map(|e| [dir, &e.name].concat())
            .collect()
    }
}

/// `complete [-abcdefgjksuv] [-pr] [-DEI] … [name ...]`.
pub(super) fn complete(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let args = args.get(1..).unwrap_or_default();
    let parsed = match sh.builtin_options(b"complete", args, SPEC) {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let special: Vec<Vec<u8>> = parsed
        .options
        .iter()
        .filter(|(l, _)| b"DEI".contains(l))
        .map(|(l, _)| vec![b'-', *l])
        .collect();
    let names: Vec<Vec<u8>> = special.into_iter().chain(parsed.operands.iter().cloned()).collect();
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
        return Ok(sh.usage(b"complete"));
    }
    let mut spec = Vec::new();
    for (letter, value) in &parsed.options {
        if b"DEI".contains(letter) {
            continue;
        }
        if *letter == b'A' && !ACTIONS.iter().any(|(n, _)| Some(n.as_bytes()) == *value) {
            sh.builtin_error(
                b"complete",
                [value.unwrap_or_default(), b": invalid action name"].concat(),
            );
            return Ok(1);
        }
        spec.push(vec![b'-', *letter]);
        if let Some(v) = value {
            spec.push(quote::if_needed(v));
        }
    }
    for name in names {
        Arc::make_mut(&mut sh.completions).insert(name, spec.clone());
    }
    Ok(0)
}

/// `compopt [-o|+o option] [-DEI] [name ...]`.
pub(super) fn compopt(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    const OPTIONS: &[&str] = &[
        "bashdefault",
        "default",
        "dirnames",
        "filenames",
        "noquote",
        "nosort",
        "nospace",
        "plusdirs",
    ];
    let args = args.get(1..).unwrap_or_default();
    let mut at = 0;
    while let Some(arg) = args.get(at) {
        match &arg[..] {
            b"-o" | b"+o" => {
                at += 1;
                let Some(option) = args.get(at) else {
                    sh.builtin_error(b"compopt", "-o: option requires an argument");
                    return Ok(sh.usage(b"compopt"));
                };
                if !OPTIONS.iter().any(|o| o.as_bytes() == &option[..]) {
                    sh.builtin_error(b"compopt", [&option[..], b": invalid option name"].concat());
                    return Ok(2);
                }
            }
            b"-D" | b"-E" | b"-I" => {}
            other if other.starts_with(b"-") => {
                sh.builtin_error(b"compopt", [other, b": invalid option"].concat());
                return Ok(sh.usage(b"compopt"));
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
