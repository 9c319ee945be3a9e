//! What the declaration builtins list.

use std::sync::Arc;

use crate::builtins::type_;
use crate::exec::DeclArg;
use crate::expand::{attr_letters, list_literal, quote};
use crate::shell::{Exec, Shell};
use crate::state::options::ShOpt;
use crate::state::value::{Attrs, Value, Var};

use super::Request;

/// A line of `declare -p`.
pub(crate) fn line(name: &[u8], v: &Var) -> Vec<u8> {
    let letters = attr_letters(v);
    let flags = if letters.is_empty() { b"-".to_vec() } else { letters };
    let mut out = [b"declare -", &flags[..], b" ", name].concat();
    match &v.value {
        Value::Unset => {}
        Value::Scalar(s) => {
            out.push(b'=');
            out.extend_from_slice(&quote::double(s));
        }
        list => {
            out.push(b'=');
            out.extend_from_slice(&list_literal(list));
        }
    }
    out.push(b'\n');
    out
}

/// `declare`, `declare -p`, `declare -x` … without names; `local` lists the locals.
pub(super) fn list_variables(sh: &mut Shell, r: &Request) -> Exec {
    let plain = !r.print && r.on == Attrs::NONE && r.off == Attrs::NONE;
    if plain && !r.local && !r.global {
        return sh.run_builtin_named(b"set");
    }
    let mut out = Vec::new();
    let names: Vec<_> = if r.local {
        let mut names = sh
            .vars
            .function_scope()
            .map(|s| sh.vars.names_at(s))
            .unwrap_or_default();
        names.sort();
        names
    } else {
        sh.vars.names().into_iter().collect()
    };
    for name in names {
        let Some(v) = sh.lookup_declared(&name) else { continue };
        if r.on != Attrs::NONE && !matches_attrs(&v, r.on) {
            continue;
        }
        if plain {
            // `local` alone shows assignments.
            if let Some(s) = v.value.scalar() {
                out.extend_from_slice(&[&name[..], b"=", &quote::for_set(s), b"\n"].concat());
            } else if !matches!(v.value, Value::Unset) {
                out.extend_from_slice(&[&name[..], b"=", &list_literal(&v.value), b"\n"].concat());
            }
            continue;
        }
        if !v.is_set() && v.attrs.0 & Attrs::DECLARED.0 == 0 {
            continue;
        }
        out.extend_from_slice(&line(&name, &v));
    }
    sh.put(&r.name, &out)
}

fn matches_attrs(v: &Var, wanted: Attrs) -> bool {
    let mut have = v.attrs;
    if matches!(v.value, Value::Indexed(_)) {
        have.insert(Attrs::INDEXED);
    }
    if v.is_assoc() {
        have.insert(Attrs::ASSOC);
        have.remove(Attrs::INDEXED);
    }
    have.0 & wanted.0 == wanted.0
}

pub(super) fn print_named(sh: &mut Shell, r: &Request, args: &[DeclArg]) -> Exec {
    let mut status = 0;
    let mut out = Vec::new();
    for a in args {
        let name = a.clone().into_text();
        let found = if r.local {
            sh.vars.function_scope().and_then(|s| sh.vars.get_at(s, &name)).cloned()
        } else {
            sh.lookup_declared(&name)
        };
        match found {
            Some(v) => out.extend_from_slice(&line(&name, &v)),
            None => {
                sh.put(&r.name, &std::mem::take(&mut out))?;
                sh.builtin_error(&r.name, [&name[..], b": not found"].concat());
                status = 1;
            }
        }
    }
    let written = sh.put(&r.name, &out)?;
    Ok(written.max(status))
}

pub(super) fn declare_functions(sh: &mut Shell, r: &Request, args: &[DeclArg]) -> Exec {
    let change = Attrs(r.on.0 & (Attrs::EXPORT.0 | Attrs::READONLY.0 | Attrs::TRACE.0));
    let undo = Attrs(r.off.0 & (Attrs::EXPORT.0 | Attrs::TRACE.0));
    if args.is_empty() {
        let mut names: Vec<_> = sh.funcs.keys().cloned().collect();
        names.sort();
        let mut out = Vec::new();
        for n in names {
            let Some(f) = sh.funcs.get(&n).cloned() else { continue };
            if f.attrs.0 & change.0 != change.0 {
                continue;
            }
            out.extend_from_slice(&function_lines(sh, &n, f.attrs, r.names_only));
        }
        return sh.put(&r.name, &out);
    }
    let mut status = 0;
    let mut out = Vec::new();
    for a in args {
        let name = a.clone().into_text();
        let Some(f) = sh.funcs.get(&name[..]).cloned() else {
            if change != Attrs::NONE || undo != Attrs::NONE {
                sh.builtin_error(&r.name, [&name[..], b": not a function"].concat());
            }
            status = 1;
            continue;
        };
        if change == Attrs::NONE && undo == Attrs::NONE {
            if r.names_only {
                if sh.shopt(ShOpt::Extdebug) {
                    let text = format!(" {} {}\n", f.def.line, String::from_utf8_lossy(&f.source));
                    out.extend_from_slice(&[&name[..], text.as_bytes()].concat());
                } else {
                    out.extend_from_slice(&[&name[..], b"\n"].concat());
                }
            } else {
                out.extend_from_slice(&function_lines(sh, &name, f.attrs, false));
            }
            continue;
        }
        let mut f = (*f).clone();
        f.attrs.insert(change);
        f.attrs.remove(undo);
        Arc::make_mut(&mut sh.funcs).insert(Arc::from(&name[..]), Arc::new(f));
    }
    let written = sh.put(&r.name, &out)?;
    Ok(written.max(status))
}

fn function_lines(sh: &Shell, name: &[u8], attrs: Attrs, name_only: bool) -> Vec<u8> {
    let mut letters = b"f".to_vec();
    for (a, l) in [(Attrs::READONLY, b'r'), (Attrs::TRACE, b't'), (Attrs::EXPORT, b'x')] {
        if attrs.has(a) {
            letters.push(l);
        }
    }
    let head = [b"declare -", &letters[..], b" ", name, b"\n"].concat();
    if name_only {
        return head;
    }
    let mut out = type_::function_text(sh, name).unwrap_or_default();
    out.push(b'\n');
    if letters.len() > 1 {
        out.extend_from_slice(&head);
    }
    out
}

impl Shell {
    /// The variable itself (a nameref not followed), dynamic ones computed: what `declare -p` shows.
    pub(crate) fn lookup_declared(&self, name: &[u8]) -> Option<Var> {
        let v = self.vars.get(name)?;
        if v.attrs.has(Attrs::DYNAMIC) {
            return Some(Var {
                value: self.dynamic(name),
                attrs: v.attrs,
            });
        }
        Some(v.clone())
    }
}
