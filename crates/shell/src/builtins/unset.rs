//! `unset`.

use std::sync::Arc;

use crate::shell::{Exec, Shell};
use crate::state::access::Elem;
use crate::state::options::ShOpt;
use crate::state::value::{Attrs, Value};
use crate::state::vars::{ScopeKind, is_name};

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"fvn") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let (functions, variables, reference) = (p.has(b'f'), p.has(b'v'), p.has(b'n'));
    if functions && (variables || reference) {
        sh.builtin_error(b"unset", "cannot simultaneously unset a function and a variable");
        return Ok(1);
    }
    let mut status = 0;
    for name in &args[p.operands..] {
        let s = if functions {
            function(sh, name)?
        } else {
            variable(sh, name, variables, reference)?
        };
        status = status.max(s);
    }
    Ok(status)
}

fn function(sh: &mut Shell, name: &[u8]) -> Exec {
    if let Some(f) = sh.funcs.get(name) {
        if f.attrs.has(Attrs::READONLY) {
            sh.builtin_error(b"unset", [name, b": cannot unset: readonly function"].concat());
            return Ok(1);
        }
        Arc::make_mut(&mut sh.funcs).remove(name);
    }
    Ok(0)
}

fn variable(sh: &mut Shell, text: &[u8], only_variables: bool, reference: bool) -> Exec {
    let (base, subscript) = match memchr::memchr(b'[', text) {
        Some(open) if text.ends_with(b"]") && is_name(&text[..open]) => {
            (&text[..open], Some(&text[open + 1..text.len() - 1]))
        }
        _ => (text, None),
    };
    if !is_name(base) {
        if !only_variables && sh.funcs.contains_key(base) {
            return function(sh, base);
        }
        if only_variables {
            sh.builtin_error(b"unset", [b"`", text, b"': not a valid identifier"].concat());
            return Ok(1);
        }
        // A name that can only be a function's, which there is not.
        return Ok(0);
    }
    let (name, from_ref) = if reference {
        (base.to_vec(), None)
    } else {
        sh.deref_owned(base)
    };
    let subscript = subscript.map(<[u8]>::to_vec).or(from_ref);
    let Some(scope) = sh.vars.scope_of(&name) else {
        if !only_variables && subscript.is_none() {
            return function(sh, base);
        }
        return Ok(0);
    };
    let attrs = sh.vars.get_at(scope, &name).map(|v| v.attrs).unwrap_or_default();
    if attrs.has(Attrs::READONLY) {
        sh.error([b"unset: ", &name[..], b": cannot unset: readonly variable"].concat());
        return Ok(1);
    }
    match subscript {
        Some(sub) => element(sh, scope, &name, &sub),
        None => {
            remove(sh, scope, &name);
            Ok(0)
        }
    }
}

/// Removes a variable. A local one of the present function stays, without a value; that of a calling function goes and shows
/// what it hid.
fn remove(sh: &mut Shell, scope: usize, name: &[u8]) {
    let local = sh.vars.get_at(scope, name).is_some_and(|v| v.attrs.has(Attrs::LOCAL));
    let own = local && sh.vars.function_scope().is_some_and(|f| scope >= f);
    if own || sh.shopt(ShOpt::LocalvarUnset) && sh.vars.kind_at(scope) == Some(ScopeKind::Function) {
        if let Some(v) = sh.vars.entry_at(scope, name) {
            v.value = Value::Unset;
            v.attrs = Attrs::LOCAL;
        }
    } else {
        sh.vars.remove_at(scope, name);
    }
    sh.assigned(name);
}

fn element(sh: &mut Shell, scope: usize, name: &[u8], sub: &[u8]) -> Exec {
    let assoc = sh.is_assoc(name);
    if matches!(sub, b"@" | b"*") && !assoc {
        remove(sh, scope, name);
        return Ok(0);
    }
    let elem = match sh.subscript_text(name, sub) {
        Ok(e) => e,
        Err(crate::shell::Flow::Discard(_)) => return Ok(1),
        Err(flow) => return Err(flow),
    };
    let Some(var) = sh.vars.entry_at(scope, name) else {
        return Ok(0);
    };
    match (&mut var.value, elem) {
        (Value::Assoc(a), Elem::Key(k)) => a.unset(&k),
        (Value::Assoc(a), Elem::Index(i)) => a.unset(i.to_string().as_bytes()),
        (Value::Indexed(a), Elem::Index(i)) => match a.resolve(i) {
            Some(i) => a.unset(i),
            None => {
                sh.builtin_error(b"unset", [b"[", sub, b"]: bad array subscript"].concat());
                return Ok(1);
            }
        },
        (Value::Scalar(_), Elem::Index(0)) => remove(sh, scope, name),
        (Value::Scalar(_), _) => {
            sh.builtin_error(b"unset", [name, b": not an array variable"].concat());
            return Ok(1);
        }
        _ => {}
    }
    Ok(0)
}
