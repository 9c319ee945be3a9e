//! `declare`, `typeset`, `local`, `export`, `readonly`.

use crate::exec::{DeclArg, target_text};
use crate::shell::{Exec, Flow, Shell};
use crate::state::access::{AssignError, Elem};
use crate::state::assoc::Assoc;
use crate::state::options::ShOpt;
use crate::state::value::{Attrs, Value, Var};
use crate::state::vars::{ScopeKind, is_name};
use crate::syntax::ast::{AssignValue, CommandKind, Subscript};

use super::options::usage_error;

mod list;
mod nameref;

use list::{declare_functions, list_variables, print_named};
use nameref::declare_nameref;

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
                        return Ok(usage_error(sh, name, &[sign, &[*l][..], b": invalid option"].concat()));
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
    attribute_builtin(sh, b"export", Attrs::EXPORT, args)
}

pub(super) fn readonly(sh: &mut Shell, args: Vec<DeclArg>) -> Exec {
    attribute_builtin(sh, b"readonly", Attrs::READONLY, args)
}

fn attribute_builtin(sh: &mut Shell, name: &[u8], attr: Attrs, args: Vec<DeclArg>) -> Exec {
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
                    return Ok(usage_error(sh, name, &[b"-", &[*l][..], b": invalid option"].concat()));
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

impl Shell {
    /// Runs a builtin without arguments.
    pub(crate) fn run_builtin_named(&mut self, name: &[u8]) -> Exec {
        match super::find(name) {
            Some(b) => self.run_builtin(b, vec![name.to_vec()], Vec::new()),
            None => Ok(1),
        }
    }
}
