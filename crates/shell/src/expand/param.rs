//! What a parameter names, and its value.

use crate::shell::{Flow, Origin, Shell};
use crate::state::access::Elem;
use crate::state::options::SetOpt;
use crate::state::value::{Attrs, Value};
use crate::state::vars::is_name;
use crate::syntax::ast::{Param, ParamExpansion, ParamOp, Subscript};

use super::field::Sink;
use super::word::{Cx, put};

/// A subscript after evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sub {
    /// None: the variable itself.
    None,
    /// `[@]`.
    At,
    /// `[*]`.
    Star,
    /// One element.
    One(Elem),
}

/// What a parameter expansion is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A variable or elements of it.
    Var(Vec<u8>, Sub),
    /// `$0`, `$1` …
    Positional(u32),
    /// `$?` and its like.
    Special(u8),
}

/// A value before an operator is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Not set.
    Unset,
    /// One text.
    One(Vec<u8>),
    /// `$@`, `$*`, `${a[@]}`, `${a[*]}`: a list. The flag says `*`.
    Many(Vec<Vec<u8>>, bool),
}

impl Shell {
    /// Whether a part of a double-quoted string is a list (`$@`, `${a[@]}`) without elements.
    pub(super) fn is_empty_list(&self, part: &crate::syntax::ast::WordPart) -> bool {
        let crate::syntax::ast::WordPart::Param(p) = part else {
            return false;
        };
        match (&p.param, &p.subscript) {
            (Param::Special(b'@'), _) => match p.op {
                ParamOp::Get | ParamOp::Transform(_) | ParamOp::Replace { .. } | ParamOp::Case { .. } => {
                    self.positional.is_empty()
                }
                ParamOp::RemovePrefix { .. } | ParamOp::RemoveSuffix { .. } => self.positional.is_empty(),
                ParamOp::Substring { .. } | ParamOp::Default { .. } => true,
                _ => false,
            },
            (Param::Name(_), Some(Subscript::At)) => true,
            (Param::Name(_), None) => {
                p.indirect && self.refers_to_list(p)
                    || matches!(
                        p.op,
                        ParamOp::Default { .. } | ParamOp::NamesWithPrefix { at: true } | ParamOp::Keys { at: true }
                    ) && default_may_be_list(p)
            }
            (Param::Positional(_) | Param::Special(_), _) => default_may_be_list(p),
            _ => matches!(p.op, ParamOp::Keys { at: true }),
        }
    }

    /// Whether `${!name}` stands for a list.
    fn refers_to_list(&self, p: &ParamExpansion) -> bool {
        let Param::Name(name) = &p.param else { return false };
        self.get_var(name)
            .is_some_and(|text| &text[..] == b"@" || text.ends_with(b"[@]"))
    }

    /// Expands `$name` or `${…}`.
    pub(crate) fn expand_param(&mut self, p: &ParamExpansion, cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        // The common case: the value of a plain variable, without a copy on the way.
        if let (Param::Name(name), None, false, ParamOp::Get) = (&p.param, &p.subscript, p.indirect, &p.op) {
            match self.vars.get(name) {
                Some(v) if !v.attrs.has(Attrs::DYNAMIC.union(Attrs::NAMEREF)) => {
                    if let Some(text) = v.value.scalar() {
                        put(sink, cx, text);
                        return Ok(());
                    }
                    return self.unset(name);
                }
                None => return self.unset(name),
                _ => {}
            }
        }
        self.expand_param_op(p, cx, sink)
    }

    /// What an unset parameter expands to: nothing, or an error under `set -u`.
    pub(crate) fn unset(&mut self, name: &[u8]) -> Result<(), Flow> {
        if self.on(SetOpt::Nounset) {
            self.error([name, b": unbound variable"].concat());
            return Err(self.fatal_expansion());
        }
        Ok(())
    }

    /// What the expansion names, indirection not followed.
    pub(super) fn direct_target(&mut self, p: &ParamExpansion) -> Result<Target, Flow> {
        Ok(match &p.param {
            Param::Positional(n) => Target::Positional(*n),
            Param::Special(c) => Target::Special(*c),
            Param::Name(name) => {
                let sub = match &p.subscript {
                    None => Sub::None,
                    Some(s) => self.subscript(name, s)?,
                };
                Target::Var(name.to_vec(), sub)
            }
        })
    }

    /// What the expansion is about, indirection followed.
    pub(crate) fn target(&mut self, p: &ParamExpansion) -> Result<Target, Flow> {
        let direct = self.direct_target(p)?;
        if !p.indirect {
            return Ok(direct);
        }
        // `${!ref}` of a nameref is the name it refers to: handled by the caller, for it has a value, not a target.
        let text = match self.value_of(&direct)? {
            Found::One(t) => t,
            Found::Many(items, _) => items.join(&b' '),
            Found::Unset => {
                let shown = self.target_name(&direct);
                self.error([&shown[..], b": invalid indirect expansion"].concat());
                return Err(Flow::Discard(1));
            }
        };
        self.target_of_text(&text)
    }

    /// The target that a text such as `x`, `a[1]`, `2` or `@` names.
    pub(crate) fn target_of_text(&mut self, text: &[u8]) -> Result<Target, Flow> {
        if is_name(text) {
            return Ok(Target::Var(text.to_vec(), Sub::None));
        }
        if !text.is_empty() && text.iter().all(u8::is_ascii_digit) {
            let n = std::str::from_utf8(text)
                .ok()
                .and_then(|t| t.parse().ok())
                .unwrap_or(u32::MAX);
            return Ok(Target::Positional(n));
        }
        if let [c @ (b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')] = text {
            return Ok(Target::Special(*c));
        }
        if let Some(open) = memchr::memchr(b'[', text)
            && text.ends_with(b"]")
            && is_name(&text[..open])
            && text.len() > open + 2
        {
            let sub = match &text[open + 1..text.len() - 1] {
                b"@" => Sub::At,
                b"*" => Sub::Star,
                inner => {
                    let inner = inner.to_vec();
                    Sub::One(self.subscript_text(&text[..open], &inner)?)
                }
            };
            return Ok(Target::Var(text[..open].to_vec(), sub));
        }
        self.error([text, b": invalid variable name"].concat());
        Err(Flow::Discard(1))
    }

    /// The target as messages show it.
    pub(crate) fn target_name(&self, t: &Target) -> Vec<u8> {
        match t {
            Target::Var(n, Sub::None) => n.clone(),
            Target::Var(n, Sub::At) => [&n[..], b"[@]"].concat(),
            Target::Var(n, Sub::Star) => [&n[..], b"[*]"].concat(),
            Target::Var(n, Sub::One(Elem::Index(i))) => [&n[..], b"[", i.to_string().as_bytes(), b"]"].concat(),
            Target::Var(n, Sub::One(Elem::Key(k))) => [&n[..], b"[", k, b"]"].concat(),
            Target::Var(n, Sub::One(Elem::Whole)) => n.clone(),
            Target::Positional(n) => n.to_string().into_bytes(),
            Target::Special(c) => vec![*c],
        }
    }

    /// The value of a target.
    pub(crate) fn value_of(&mut self, t: &Target) -> Result<Found, Flow> {
        Ok(match t {
            Target::Positional(0) => Found::One(self.name.to_vec()),
            Target::Positional(n) => match self.positional.get(*n as usize - 1) {
                Some(v) => Found::One(v.clone()),
                None => Found::Unset,
            },
            Target::Special(c) => self.special(*c),
            Target::Var(name, sub) => return self.var_value(name, sub),
        })
    }

    /// `$?` and its like.
    pub(crate) fn special(&self, c: u8) -> Found {
        match c {
            b'@' | b'*' => Found::Many(self.positional.to_vec(), c == b'*'),
            b'#' => Found::One(self.positional.len().to_string().into_bytes()),
            b'?' => Found::One(self.status.to_string().into_bytes()),
            b'$' => Found::One(self.main_pid.to_string().into_bytes()),
            b'!' => match self.last_background {
                Some(pid) => Found::One(pid.to_string().into_bytes()),
                None => Found::Unset,
            },
            b'-' => {
                let mut flags = self.opts.letters();
                if self.interactive {
                    // Among the option letters it stands after `h`.
                    let at = flags.iter().position(|l| *l > b'i').unwrap_or(flags.len());
                    flags.insert(at, b'i');
                }
                match self.origin {
                    Origin::Stream => flags.push(b's'),
                    Origin::CommandString => flags.push(b'c'),
                    Origin::File => {}
                }
                Found::One(flags)
            }
            _ => Found::Unset,
        }
    }

    fn var_value(&mut self, name: &[u8], sub: &Sub) -> Result<Found, Flow> {
        let (real, element) = self.deref_owned(name);
        let sub_of_ref;
        let sub = match (element, sub) {
            (Some(text), Sub::None) => {
                sub_of_ref = match &text[..] {
                    b"@" => Sub::At,
                    b"*" => Sub::Star,
                    _ => Sub::One(self.subscript_text(&real, &text)?),
                };
                &sub_of_ref
            }
            (_, s) => s,
        };
        if real.is_empty() {
            self.error([b"warning: ", name, b": circular name reference"].concat());
            return Ok(Found::Unset);
        }
        let Some(var) = self.lookup(&real) else {
            return Ok(match sub {
                Sub::At | Sub::Star => Found::Many(Vec::new(), *sub == Sub::Star),
                _ => Found::Unset,
            });
        };
        let one = |v: Option<&Vec<u8>>| v.map_or(Found::Unset, |v| Found::One(v.clone()));
        Ok(match (sub, &var.value) {
            (Sub::None | Sub::One(Elem::Whole), v) => one(v.scalar()),
            (Sub::At | Sub::Star, v) => {
                let items = match v {
                    Value::Unset => Vec::new(),
                    Value::Scalar(s) => vec![s.clone()],
                    Value::Indexed(a) => a.values().cloned().collect(),
                    Value::Assoc(a) => a.iter().map(|(_, v)| v.clone()).collect(),
                };
                Found::Many(items, *sub == Sub::Star)
            }
            (Sub::One(Elem::Key(k)), Value::Assoc(a)) => one(a.get(k)),
            (Sub::One(Elem::Index(i)), Value::Assoc(a)) => one(a.get(i.to_string().as_bytes())),
            (Sub::One(Elem::Index(i)), Value::Indexed(a)) => match a.resolve(*i) {
                Some(i) => one(a.get(i)),
                None => {
                    let bad = [name, b": bad array subscript"].concat();
                    self.error(bad);
                    Found::Unset
                }
            },
            (Sub::One(Elem::Index(0 | -1)), v) => one(v.scalar()),
            (Sub::One(Elem::Index(i)), Value::Scalar(_)) if *i < 0 => {
                self.error([name, b": bad array subscript"].concat());
                Found::Unset
            }
            _ => Found::Unset,
        })
    }

    /// The keys or indices of a variable.
    pub(crate) fn keys_of(&mut self, name: &[u8]) -> Vec<Vec<u8>> {
        match self.lookup(name).as_deref().map(|v| &v.value) {
            Some(Value::Indexed(a)) => a.iter().map(|(i, _)| i.to_string().into_bytes()).collect(),
            Some(Value::Assoc(a)) => a.iter().map(|(k, _)| k.clone()).collect(),
            Some(Value::Scalar(_)) => vec![b"0".to_vec()],
            _ => Vec::new(),
        }
    }

    /// Adds a value to the sink: a list becomes fields, joined where it must be one text.
    pub(super) fn put_found(&self, found: Found, cx: Cx, sink: &mut Sink<'_>) {
        match found {
            Found::Unset => {}
            Found::One(text) => put(sink, cx, &text),
            Found::Many(items, star) => self.put_list(&items, star, cx, sink),
        }
    }

    /// Adds a list: `"$*"` joined by the first character of IFS, `"$@"` one field each.
    pub(super) fn put_list(&self, items: &[Vec<u8>], star: bool, cx: Cx, sink: &mut Sink<'_>) {
        if sink.splits() && !(star && cx.quoted) {
            // Unquoted, an empty element in the middle shows only when IFS is not white space.
            let ifs = self.ifs();
            let keep_empty = !cx.quoted && ifs.joiner().first().is_some_and(|b| !ifs.is_space(*b));
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    sink.next_element();
                }
                if keep_empty && item.is_empty() && i + 1 < items.len() {
                    sink.quoted(b"");
                    continue;
                }
                if cx.quoted {
                    sink.quoted(item);
                } else {
                    sink.expanded(item);
                }
            }
            return;
        }
        let joiner = if star {
            self.ifs().joiner().to_vec()
        } else {
            b" ".to_vec()
        };
        let text = items.join(&joiner[..]);
        if cx.quoted && star && sink.splits() {
            sink.quoted(&text);
        } else {
            put(sink, cx, &text);
        }
    }
}

/// Whether the operand of `${x:-word}` holds a list, which may be empty.
fn default_may_be_list(p: &ParamExpansion) -> bool {
    use crate::syntax::ast::WordPart;
    fn has_list(parts: &[WordPart]) -> bool {
        parts.iter().any(|part| match part {
            WordPart::Param(p) => matches!(p.param, Param::Special(b'@')) || matches!(p.subscript, Some(Subscript::At)),
            WordPart::DoubleQuoted(inner) => has_list(inner),
            _ => false,
        })
    }
    match &p.op {
        ParamOp::Default { word, .. } => has_list(&word.parts),
        ParamOp::NamesWithPrefix { at } | ParamOp::Keys { at } => *at,
        _ => false,
    }
}
