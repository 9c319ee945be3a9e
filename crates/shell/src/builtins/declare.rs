//! `declare`, `typeset`, `local`, `export`, `readonly`.

use std::sync::Arc;

use crate::exec::{DeclArg, target_text};
use crate::expand::{attr_letters, list_literal, quote};
use crate::shell::{Exec, Flow, Shell};
use crate::state::access::{AssignError, Elem};
use crate::state::assoc::Assoc;
use crate::state::options::ShOpt;
use crate::state::value::{Attrs, Value, Var};
use crate::state::vars::{ScopeKind, is_name};
use crate::syntax::ast::{AssignValue, CommandKind, Subscript};

use super::options::usage_error;

const DECLARE: &str = "[-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]";
const EXPORT: &str = "export [-fn] [name[=value] ...] or export -p";
const READONLY: &str = "readonly [-aAf] [name[=value] ...] or readonly -p";

/// What the options of a declaration ask for.
#[derive(Default)]
struct Request {
    name: Vec<u8>,
    on: Attrs,
    off: Attrs,
    print: bool,
    functions: bool,
    names_only: bool,
    global: bool,
    inherit: bool,
    local: bool,
}

pub(super) fn declare(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    run_declare(sh, b"declare", args)
}

pub(super) fn typeset(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    run_declare(sh, b"typeset", args)
}

pub(super) fn local(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    if sh.vars.function_scope().is_none() {
        sh.builtin_error(b"local", "can only be used in a function");
        return Ok(1);
    }
    run_declare(sh, b"local", args)
}

fn letter_attr(letter: u8) -> Option<Attrs> {
    Some(match letter {
        b'a' => Attrs::INDEXED,
        b'A' => Attrs::ASSOC,
        b'i' => Attrs::INTEGER,
        b'l' => Attrs::LOWER,
        b'n' => Attrs::NAMEREF,
        b'r' => Attrs::READONLY,
        b't' => Attrs::TRACE,
        b'u' => Attrs::UPPER,
        b'c' => Attrs::CAPITAL,
        b'x' => Attrs::EXPORT,
        _ => return None,
    })
}

fn run_declare(sh: &mut Shell, name: &[u8], args: Vec<DeclArg>) -> Exec {
    let mut r = Request {
        name: name.to_vec(),
        local: name == b"local",
        ..Request::default()
    };
    let mut rest = args.into_iter().peekable();
    while let Some(DeclArg::Word(w)) = rest.peek() {
        if w == b"--" {
            rest.next();
            break;
        }
        if w.len() < 2 || !matches!(w[0], b'-' | b'+') {
            break;
        }
        let on = w[0] == b'-';
        for l in &w[1..].to_vec() {
            match l {
                b'p' if on => r.print = true,
                b'f' => r.functions = true,
                b'F' => {
                    r.functions = true;
                    r.names_only = true;
                }
                b'g' => r.global = true,
                b'I' => r.inherit = true,
                _ => match letter_attr(*l) {
                    Some(a) if on => r.on.insert(a),
                    Some(a) => r.off.insert(a),
                    None => {
                        let sign: &[u8] = if on { b"-" } else { b"+" };
                        let usage = if r.local {
                            "local [option] name[=value] ...".to_string()
                        } else {
                            format!("{} {DECLARE}", String::from_utf8_lossy(name))
                        };
                        return Ok(usage_error(
                            sh,
                            name,
                            &[sign, &[*l][..], b": invalid option"].concat(),
                            &usage,
                        ));
                    }
                },
            }
        }
        rest.next();
    }
    let args: Vec<DeclArg> = rest.collect();
    if r.functions {
        return declare_functions(sh, &r, &args);
    }
    if args.is_empty() {
        return list_variables(sh, &r);
    }
    if r.print {
        return print_named(sh, &r, &args);
    }
    declare_all(sh, &r, args)
}

pub(super) fn export(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    attribute_builtin(sh, b"export", Attrs::EXPORT, EXPORT, args)
}

pub(super) fn readonly(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    attribute_builtin(sh, b"readonly", Attrs::READONLY, READONLY, args)
}

fn attribute_builtin(sh: &mut Shell, name: &[u8], attr: Attrs, usage: &str, args: Vec<DeclArg>) -> Exec {
    let mut r = Request {
        name: name.to_vec(),
        on: attr,
        ..Request::default()
    };
    let export = attr == Attrs::EXPORT;
    let mut rest = args.into_iter().peekable();
    while let Some(DeclArg::Word(w)) = rest.peek() {
        if w == b"--" {
            rest.next();
            break;
        }
        if w.len() < 2 || w[0] != b'-' {
            break;
        }
        for l in &w[1..].to_vec() {
            match l {
                b'p' => r.print = true,
                b'f' => r.functions = true,
                b'n' if export => {
                    r.on = Attrs::NONE;
                    r.off = Attrs::EXPORT;
                }
                b'a' if !export => r.on.insert(Attrs::INDEXED),
                b'A' if !export => r.on.insert(Attrs::ASSOC),
                _ => {
                    return Ok(usage_error(
                        sh,
                        name,
                        &[b"-", &[*l][..], b": invalid option"].concat(),
                        usage,
                    ));
                }
            }
        }
        rest.next();
    }
    let args: Vec<DeclArg> = rest.collect();
    if r.functions {
        return declare_functions(sh, &r, &args);
    }
    if args.is_empty() {
        return list_variables(sh, &Request { print: true, ..r });
    }
    declare_all(sh, &r, args)
}

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
fn list_variables(sh: &mut Shell, r: &Request) -> Exec {
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

fn print_named(sh: &mut Shell, r: &Request, args: &[DeclArg]) -> Exec {
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

fn declare_functions(sh: &mut Shell, r: &Request, args: &[DeclArg]) -> Exec {
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
    let mut out = super::type_::function_text(sh, name).unwrap_or_default();
    out.push(b'\n');
    if letters.len() > 1 {
        out.extend_from_slice(&head);
    }
    out
}

fn declare_all(sh: &mut Shell, r: &Request, args: Vec<DeclArg>) -> Exec {
    let mut status = 0;
    for a in args {
        match declare_one(sh, r, a) {
            Ok(()) => {}
            Err(AssignError::Flow(Flow::Discard(s))) if sh.declared_badly => {
                sh.declared_badly = false;
                status = s;
            }
            Err(AssignError::Flow(f)) => return Err(f),
            Err(e) => {
                let whole = matches!(e, AssignError::Readonly(_)) && matches!(&r.name[..], b"export" | b"readonly");
                if whole {
                    sh.error(e.to_string());
                } else {
                    sh.builtin_error(&r.name, e.to_string());
                }
                status = 1;
            }
        }
    }
    Ok(status)
}

/// An error that has been reported and concerns one argument only.
fn reported(sh: &mut Shell) -> AssignError {
    sh.declared_badly = true;
    AssignError::Flow(Flow::Discard(1))
}

/// Splits an argument that was no assignment in the source: its text may be one after expansion.
fn parse_text(sh: &mut Shell, r: &Request, text: Vec<u8>) -> Result<DeclArg, AssignError> {
    if is_name(&text) {
        return Ok(DeclArg::Word(text));
    }
    let name_len = text
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
        .unwrap_or(text.len());
    if !is_name(&text[..name_len]) {
        return Err(AssignError::Invalid(text));
    }
    let mut at = name_len;
    let mut subscript = None;
    if text.get(at) == Some(&b'[') {
        let Some(close) = memchr::memmem::find(&text[at..], b"]=")
            .or_else(|| memchr::memmem::find(&text[at..], b"]+="))
            .or_else(|| text.ends_with(b"]").then(|| text.len() - at - 1))
        else {
            return Err(AssignError::Invalid(text));
        };
        subscript = Some(text[at + 1..at + close].to_vec());
        at += close + 1;
    }
    if at == text.len() {
        // `name[subscript]` without a value declares an array.
        return Ok(DeclArg::Word(text));
    }
    let append = text[at] == b'+';
    at += usize::from(append);
    if text.get(at) != Some(&b'=') {
        return Err(AssignError::Invalid(text));
    }
    let value = text[at + 1..].to_vec();
    // A list in parentheses is one only where an array was asked for or is there already.
    let wants_list = subscript.is_none()
        && value.starts_with(b"(")
        && value.ends_with(b")")
        && (r.on.has(Attrs::INDEXED.union(Attrs::ASSOC)) || sh.vars.get(&text[..name_len]).is_some_and(Var::is_array));
    if wants_list && let Some(arg) = parse_list(sh, &text) {
        return Ok(arg);
    }
    Ok(DeclArg::Text {
        name: text[..name_len].to_vec(),
        subscript,
        append,
        value,
    })
}

/// Reads `name=(…)` in a text.
fn parse_list(sh: &Shell, text: &[u8]) -> Option<DeclArg> {
    let mut parser = crate::syntax::Parser::with_line(bytes::Bytes::copy_from_slice(text), sh.line);
    let command = parser
        .next_command(&crate::syntax::NoAliases, &sh.parse_options())
        .ok()??;
    let stage = command.list.items.first()?.and_or.first.commands.first()?.clone();
    let CommandKind::Simple(simple) = &stage.kind else {
        return None;
    };
    let [assignment] = simple.assignments.as_slice() else {
        return None;
    };
    let AssignValue::Array(elements) = &assignment.value else {
        return None;
    };
    Some(DeclArg::Array {
        elements: elements.clone(),
        assignment: Box::new(assignment.clone()),
    })
}

fn declare_one(sh: &mut Shell, r: &Request, arg: DeclArg) -> Result<(), AssignError> {
    if r.local && matches!(&arg, DeclArg::Word(w) if w == b"-") {
        let bits = sh.opts.set_bits();
        if let Some(slot) = sh.local_options.last_mut() {
            slot.get_or_insert(bits);
        }
        return Ok(());
    }
    let arg = match arg {
        DeclArg::Word(text) => parse_text(sh, r, text)?,
        a => a,
    };
    let (name, subscript): (Vec<u8>, Option<Subscript>) = match &arg {
        DeclArg::Word(t) => match memchr::memchr(b'[', t.as_slice()) {
            Some(open) => (t[..open].to_vec(), None),
            None => (t.clone(), None),
        },
        DeclArg::Text { name, .. } => (name.clone(), None),
        DeclArg::Scalar { assignment, .. } | DeclArg::Array { assignment, .. } => {
            (assignment.name.to_vec(), assignment.subscript.clone())
        }
    };
    let assigns = !matches!(arg, DeclArg::Word(_));
    if matches!(&r.name[..], b"export" | b"readonly") && element_given(&arg) {
        let text = match &arg {
            DeclArg::Scalar { assignment, .. } => target_text(assignment),
            _ => arg.into_text(),
        };
        return Err(AssignError::Invalid(text));
    }
    let makes_array = matches!(&arg, DeclArg::Word(t) if t.ends_with(b"]"));
    let mut on = r.on;
    if makes_array && !on.has(Attrs::ASSOC) {
        on.insert(Attrs::INDEXED);
    }
    if on.has(Attrs::NAMEREF) {
        return declare_nameref(sh, r, &name, &arg);
    }
    // Namerefs are followed, except when the attribute itself is being changed.
    let (target, element) = if r.off.has(Attrs::NAMEREF) {
        (name.clone(), None)
    } else {
        match local_scope(sh, r, &name) {
            // A new local variable hides a nameref of that name outside.
            Some(scope) if sh.vars.get_at(scope, &name).is_none() => (name.clone(), None),
            _ => sh.deref_owned(&name),
        }
    };
    if target.is_empty() {
        return Err(AssignError::Invalid(name));
    }
    let scope = scope_for(sh, r, &target);
    check_kind(sh, r, scope, &target, on)?;
    let readonly = sh
        .vars
        .get_at(scope, &target)
        .is_some_and(|v| v.attrs.has(Attrs::READONLY))
        // A local may not hide a read-only global.
        || r.local && sh.vars.get_at(scope, &target).is_none() && sh.vars.get_at(0, &target).is_some_and(|v| v.attrs.has(Attrs::READONLY));
    if readonly && (assigns || r.local || r.off.has(Attrs::READONLY)) {
        return Err(AssignError::Readonly(target));
    }
    prepare(sh, r, scope, &target, on);
    match arg {
        DeclArg::Word(_) => {}
        DeclArg::Text {
            subscript,
            append,
            value,
            ..
        } => {
            let elem = match subscript.or(element) {
                Some(text) => sh.subscript_text(&target, &text)?,
                None => Elem::Whole,
            };
            sh.assign_at(scope, &target, elem, value, append)?;
        }
        DeclArg::Scalar { assignment, value } => {
            let elem = match &subscript {
                Some(s) => sh.element(&target, s)?,
                None => match &element {
                    Some(text) => sh.subscript_text(&target, text)?,
                    None => Elem::Whole,
                },
            };
            sh.assign_at(scope, &target, elem, value, assignment.append)?;
        }
        DeclArg::Array { assignment, elements } => {
            if subscript.is_some() {
                return Err(AssignError::ListToMember(target_text(&assignment)));
            }
            let assoc = on.has(Attrs::ASSOC) || sh.vars.get_at(scope, &target).is_some_and(Var::is_assoc);
            let items = sh.array_items(&target, &elements, assoc)?;
            sh.assign_array(scope, &target, items, assignment.append, assoc)?;
        }
    }
    finish(sh, scope, &target, on, r.off);
    Ok(())
}

/// Whether an argument names an element, not a variable.
fn element_given(arg: &DeclArg) -> bool {
    match arg {
        DeclArg::Word(text) => text.ends_with(b"]"),
        DeclArg::Text { subscript, .. } => subscript.is_some(),
        DeclArg::Scalar { assignment, .. } => assignment.subscript.is_some(),
        DeclArg::Array { .. } => false,
    }
}

/// The scope of the function in which `declare` and `local` make the variable, if they do: where a temporary environment
/// inside the function (`x=1 eval …`) already has it, that one.
fn local_scope(sh: &Shell, r: &Request, name: &[u8]) -> Option<usize> {
    let wants = matches!(&r.name[..], b"declare" | b"typeset" | b"local") && !r.global;
    if !wants {
        return None;
    }
    let function = sh.vars.function_scope()?;
    Some(sh.vars.scope_of(name).map_or(function, |at| at.max(function)))
}

fn scope_for(sh: &mut Shell, r: &Request, name: &[u8]) -> usize {
    if let Some(scope) = local_scope(sh, r, name) {
        return scope;
    }
    if r.global {
        return 0;
    }
    // `export` and `readonly` of a temporary variable make it stay.
    let Some(at) = sh.vars.scope_of(name) else { return 0 };
    if sh.vars.kind_at(at) == Some(ScopeKind::Temporary)
        && let Some(v) = sh.vars.get_at(at, name).cloned()
    {
        let below = (0..at).rev().find(|i| sh.vars.get_at(*i, name).is_some()).unwrap_or(0);
        sh.vars.put_at(below, name, v);
        return below;
    }
    at
}

/// An array cannot change its kind.
fn check_kind(sh: &mut Shell, r: &Request, scope: usize, name: &[u8], on: Attrs) -> Result<(), AssignError> {
    let Some(v) = sh.vars.get_at(scope, name) else {
        return Ok(());
    };
    let indexed = matches!(v.value, Value::Indexed(_)) || v.attrs.has(Attrs::INDEXED) && !v.is_assoc();
    let message = if on.has(Attrs::ASSOC) && indexed {
        "cannot convert indexed to associative array"
    } else if on.has(Attrs::INDEXED) && v.is_assoc() {
        "cannot convert associative to indexed array"
    } else {
        return Ok(());
    };
    sh.builtin_error(&r.name, [name, b": ", message.as_bytes()].concat());
    Err(reported(sh))
}

/// Makes the variable if need be and sets the attributes that shape what is assigned.
fn prepare(sh: &mut Shell, r: &Request, scope: usize, name: &[u8], on: Attrs) {
    let is_new = sh.vars.get_at(scope, name).is_none();
    let inherited = (is_new && (r.inherit || sh.shopt(ShOpt::LocalvarInherit)))
        .then(|| sh.vars.get(name).cloned())
        .flatten();
    let local = local_scope(sh, r, name).is_some();
    // `x=1 f`, then `local x` in what `f` calls: the local begins with the temporary value.
    let temporary = (is_new && local)
        .then(|| sh.vars.get(name).filter(|v| v.attrs.has(Attrs::TEMP)).cloned())
        .flatten();
    let Some(v) = sh.vars.entry_at(scope, name) else { return };
    if let Some(old) = inherited.or(temporary) {
        *v = old;
        v.attrs.remove(Attrs::NAMEREF);
    }
    if local {
        v.attrs.insert(Attrs::LOCAL);
    }
    let shaping = Attrs(on.0 & !(Attrs::READONLY.0 | Attrs::EXPORT.0));
    for (a, others) in [
        (Attrs::LOWER, Attrs::UPPER.union(Attrs::CAPITAL)),
        (Attrs::UPPER, Attrs::LOWER.union(Attrs::CAPITAL)),
        (Attrs::CAPITAL, Attrs::LOWER.union(Attrs::UPPER)),
    ] {
        if on.has(a) {
            v.attrs.remove(others);
        }
    }
    v.attrs.insert(shaping);
    v.attrs.remove(Attrs(r.off.0 & !(Attrs::INDEXED.0 | Attrs::ASSOC.0)));
    if on.has(Attrs::ASSOC) && !matches!(v.value, Value::Assoc(_)) {
        let old = std::mem::take(&mut v.value);
        if let Value::Scalar(s) = old {
            let mut a = Assoc::new();
            a.set(b"0", s);
            v.value = Value::Assoc(a);
        }
    } else if on.has(Attrs::INDEXED) && matches!(v.value, Value::Scalar(_)) {
        crate::state::access::make_indexed(v);
    }
}

fn finish(sh: &mut Shell, scope: usize, name: &[u8], on: Attrs, off: Attrs) {
    if let Some(v) = sh.vars.entry_at(scope, name) {
        v.attrs.insert(Attrs(on.0 & (Attrs::READONLY.0 | Attrs::EXPORT.0)));
        v.attrs.remove(Attrs(off.0 & Attrs::EXPORT.0));
    }
}

fn declare_nameref(sh: &mut Shell, r: &Request, name: &[u8], arg: &DeclArg) -> Result<(), AssignError> {
    let scope = scope_for(sh, r, name);
    let value = match arg {
        DeclArg::Scalar { value, .. } | DeclArg::Text { value, .. } => Some(value.clone()),
        DeclArg::Array { .. } => {
            sh.builtin_error(&r.name, [name, b": reference variable cannot be an array"].concat());
            return Err(reported(sh));
        }
        DeclArg::Word(_) => None,
    };
    let old = sh.vars.get_at(scope, name);
    if old.is_some_and(|v| v.attrs.has(Attrs::READONLY)) {
        return Err(AssignError::Readonly(name.to_vec()));
    }
    if old.is_some_and(Var::is_array) {
        sh.builtin_error(&r.name, [name, b": reference variable cannot be an array"].concat());
        return Err(reported(sh));
    }
    let target = value.clone().or_else(|| old.and_then(|v| v.value.scalar().cloned()));
    if let Some(t) = &target {
        let base = memchr::memchr(b'[', t).map_or(&t[..], |i| &t[..i]);
        let local = local_scope(sh, r, name).is_some();
        if t[..] == *name || base == name && !local {
            if !local {
                sh.builtin_error(
                    &r.name,
                    [name, b": nameref variable self references not allowed"].concat(),
                );
                return Err(reported(sh));
            }
            sh.builtin_error(&r.name, [b"warning: ", name, b": circular name reference"].concat());
        }
        let undecided = t.is_empty() && value.is_none();
        if !is_name(base) && !undecided {
            sh.builtin_error(
                &r.name,
                [b"`", &t[..], b"': invalid variable name for name reference"].concat(),
            );
            return Err(reported(sh));
        }
    }
    let local = local_scope(sh, r, name).is_some();
    if let Some(v) = sh.vars.entry_at(scope, name) {
        if let Some(value) = value {
            v.value = Value::Scalar(value);
        }
        v.attrs.insert(r.on);
        v.attrs.remove(r.off);
        if local {
            v.attrs.insert(Attrs::LOCAL);
        }
    }
    Ok(())
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

    /// Runs a builtin without arguments.
    pub(crate) fn run_builtin_named(&mut self, name: &[u8]) -> Exec {
        match super::find(name) {
            Some(b) => self.run_builtin(b, vec![name.to_vec()], Vec::new()),
            None => Ok(1),
        }
    }
}
