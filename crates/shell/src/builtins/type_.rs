//! `type`.

use crate::expand::quote;
use crate::shell::{Exec, Shell};
use crate::state::options::ShOpt;
use crate::syntax::is_reserved;

use super::options::parse;

/// How a name is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A sentence, as `type` and `command -V`.
    Long,
    /// What could be typed again, as `command -v`.
    Reuse,
}

/// The definition of a function as bash prints it.
pub(super) fn function_text(sh: &Shell, name: &[u8]) -> Option<Vec<u8>> {
    let f = sh.funcs.get(name)?;
    let mut text = crate::syntax::print::function(&f.def);
    text.pop();
    Some(text)
}

/// What a name is, as the shell would run it; `None` when it is nothing.
pub(super) fn describe(sh: &mut Shell, name: &[u8], form: Form) -> Option<Vec<u8>> {
    all(sh, name, form, true, false).into_iter().next()
}

fn all(sh: &mut Shell, name: &[u8], form: Form, first: bool, no_functions: bool) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let long = form == Form::Long;
    if sh.shopt(ShOpt::ExpandAliases)
        && let Some(value) = sh.aliases.get(name)
    {
        out.push(if long {
            [name, b" is aliased to `", value, b"'\n"].concat()
        } else {
            [b"alias ", name, b"=", &quote::single(value), b"\n"].concat()
        });
    }
    if is_reserved(name) {
        out.push(if long {
            [name, b" is a shell keyword\n"].concat()
        } else {
            [name, b"\n"].concat()
        });
    }
    if !no_functions && let Some(text) = function_text(sh, name) {
        out.push(if long {
            [name, b" is a function\n", &text, b"\n"].concat()
        } else {
            [name, b"\n"].concat()
        });
    }
    if super::find(name).is_some() && !sh.disabled_builtins.iter().any(|d| d[..] == *name) {
        out.push(if !long {
            [name, b"\n"].concat()
        } else if super::is_special(name) && sh.on(crate::state::options::SetOpt::Posix) {
            [name, b" is a special shell builtin\n"].concat()
        } else {
            [name, b" is a shell builtin\n"].concat()
        });
    }
    if first && !out.is_empty() {
        return out;
    }
    if first
        && long
        && let Some((place, _)) = sh.hashed.get(name)
    {
        out.push([name, b" is hashed (", place, b")\n"].concat());
        return out;
    }
    for place in sh.which_all(name, first) {
        out.push(if long {
            [name, b" is ", &place, b"\n"].concat()
        } else {
            [&place[..], b"\n"].concat()
        });
    }
    out
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"afptP") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let every = p.has(b'a');
    let no_functions = p.has(b'f');
    let mut status = 0;
    let mut out = Vec::new();
    for name in &args[p.operands..] {
        let found = if p.has(b't') {
            kinds(sh, name, every, no_functions)
        } else if p.has(b'P') || p.has(b'p') {
            paths(sh, name, every, p.has(b'P'), no_functions)
        } else {
            all(sh, name, Form::Long, !every, no_functions)
        };
        let enough = if every {
            &found[..]
        } else {
            &found[..found.len().min(1)]
        };
        for f in enough {
            out.extend_from_slice(f);
        }
        // `type -p` of a builtin prints nothing and succeeds.
        let known = !found.is_empty() || p.has(b'p') && describe(sh, name, Form::Long).is_some();
        if !known {
            status = 1;
            if !p.has(b't') && !p.has(b'p') && !p.has(b'P') {
                // What was found before comes before the message.
                let text = std::mem::take(&mut out);
                sh.put(b"type", &text)?;
                sh.builtin_error(b"type", [&name[..], b": not found"].concat());
            }
        }
    }
    let written = sh.put(b"type", &out)?;
    Ok(written.max(status))
}

fn kinds(sh: &mut Shell, name: &[u8], every: bool, no_functions: bool) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    if sh.shopt(ShOpt::ExpandAliases) && sh.aliases.contains_key(name) {
        out.push(b"alias\n".to_vec());
    }
    if is_reserved(name) {
        out.push(b"keyword\n".to_vec());
    }
    if !no_functions && sh.funcs.contains_key(name) {
        out.push(b"function\n".to_vec());
    }
    if super::find(name).is_some() && !sh.disabled_builtins.iter().any(|d| d[..] == *name) {
        out.push(b"builtin\n".to_vec());
    }
    if every || out.is_empty() {
        out.extend(sh.which_all(name, !every).iter().map(|_| b"file\n".to_vec()));
    }
    out
}

fn paths(sh: &mut Shell, name: &[u8], every: bool, forced: bool, no_functions: bool) -> Vec<Vec<u8>> {
    let other = (sh.shopt(ShOpt::ExpandAliases) && sh.aliases.contains_key(name))
        || is_reserved(name)
        || !no_functions && sh.funcs.contains_key(name)
        || super::find(name).is_some();
    if other && !forced && !every {
        return Vec::new();
    }
    if !every && let Some((place, _)) = sh.hashed.get(name) {
        return vec![[&place[..], b"\n"].concat()];
    }
    sh.which_all(name, !every)
        .into_iter()
        .map(|p| [&p[..], b"\n"].concat())
        .collect()
}
