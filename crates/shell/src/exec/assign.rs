//! Assignments.

use crate::shell::{Flow, Shell};
use crate::state::access::{AssignError, Elem, make_indexed};
use crate::state::assoc::Assoc;
use crate::state::options::SetOpt;
use crate::state::value::{Attrs, Value, Var};
use crate::syntax::ast::{ArrayElement, AssignValue, Assignment, Subscript, Word, WordFlags, WordPart};

/// One element of a compound assignment after expansion.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// `[key]=value`; `true` for `+=`.
    Keyed(KeyText, Vec<u8>, bool),
    /// A value without a key.
    Plain(Vec<u8>),
}

/// A key of a compound assignment.
#[derive(Debug, Clone)]
pub(crate) enum KeyText {
    /// Known.
    Elem(Elem),
    /// Arithmetic, expanded but not yet evaluated: that happens in turn with the assignments, which it may look at.
    Arith(std::sync::Arc<crate::arith::Program>),
}

impl Shell {
    /// Performs an assignment; an error abandons the command.
    pub(crate) fn exec_assignment(&mut self, a: &Assignment) -> Result<(), Flow> {
        let result = self.assignment(a);
        if let Err(e) = result {
            return Err(self.assign_failed(&e));
        }
        Ok(())
    }

    fn assignment(&mut self, a: &Assignment) -> Result<(), AssignError> {
        match &a.value {
            AssignValue::Scalar(word) => {
                let elem = match &a.subscript {
                    None => Elem::Whole,
                    Some(s) => {
                        let value_first = self.expand_string(word)?;
                        let elem = self.element(&a.name, s)?;
                        if self.on(SetOpt::Xtrace) {
                            self.trace_assignment(a, &value_first)?;
                        }
                        return self.assign(&a.name, elem, value_first, a.append);
                    }
                };
                let value = self.expand_string(word)?;
                if self.on(SetOpt::Xtrace) {
                    self.trace_assignment(a, &value)?;
                }
                self.assign(&a.name, elem, value, a.append)
            }
            AssignValue::Array(elements) => {
                if a.subscript.is_some() {
                    return Err(AssignError::ListToMember(a.raw.to_vec()));
                }
                if self.on(SetOpt::Xtrace) {
                    self.trace_line(&a.raw)?;
                }
                let assoc = self.is_assoc(&a.name);
                let items = self.array_items(&a.name, elements, assoc)?;
                let name = self.deref_owned(&a.name).0;
                let scope = self.vars.scope_of(&name).unwrap_or(0);
                self.assign_array(scope, &name, items, a.append, assoc)
            }
        }
    }

    /// Expands the elements of a compound assignment.
    pub(crate) fn array_items(
        &mut self,
        name: &[u8],
        elements: &[ArrayElement],
        assoc: bool,
    ) -> Result<Vec<Item>, Flow> {
        let mut out = Vec::with_capacity(elements.len());
        // An associative array whose first element has no key is a list of keys and values.
        let pairs = assoc && elements.first().is_some_and(|e| e.key.is_none());
        if !elements.is_empty() {
            self.line = self.line.max(elements.iter().map(|e| e.word.line).max().unwrap_or(0));
        }
        let mut words = Vec::new();
        for e in elements {
            match &e.key {
                // Brace expansion makes several words of it, none of which is an assignment.
                Some(_) if !assoc && e.value.flags.has(WordFlags::BRACE) && self.on(SetOpt::Braceexpand) => {
                    words.clear();
                    self.expand_word_into(&e.word, &mut words)?;
                    out.extend(words.drain(..).map(Item::Plain));
                }
                Some(key) if !pairs => {
                    let key = self.key_text(name, key, assoc)?;
                    let value = if assoc {
                        self.expand_without_tilde(&e.value)?
                    } else {
                        self.expand_string(&e.value)?
                    };
                    out.push(Item::Keyed(key, value, e.append));
                }
                Some(_) => {
                    let text = self.expand_string(&e.word)?;
                    out.push(Item::Plain(text));
                }
                None if assoc => out.push(Item::Plain(self.expand_string(&e.value)?)),
                None => {
                    words.clear();
                    self.expand_word_into(&e.value, &mut words)?;
                    out.extend(words.drain(..).map(Item::Plain));
                }
            }
            let weight = out.len() * 64;
            self.check_memory(weight)?;
        }
        Ok(out)
    }

    fn key_text(&mut self, name: &[u8], key: &Subscript, assoc: bool) -> Result<KeyText, Flow> {
        Ok(match key {
            Subscript::Expr(e) if assoc => KeyText::Elem(Elem::Key(self.expand_string(&e.key)?)),
            Subscript::Expr(e) => KeyText::Arith(match e.index.program() {
                Some(program) => program.clone(),
                None => {
                    let text = self.expand_double_quoted(&e.index.word)?;
                    std::sync::Arc::new(crate::arith::Program::parse(&text))
                }
            }),
            _ => KeyText::Elem(self.element(name, key)?),
        })
    }

    /// The value of an element of an associative array: tildes stay as they are.
    fn expand_without_tilde(&mut self, word: &Word) -> Result<Vec<u8>, Flow> {
        if !word.parts.iter().any(|p| matches!(p, WordPart::Tilde(_))) {
            return self.expand_string(word);
        }
        let mut plain = word.clone();
        for part in &mut plain.parts {
            if let WordPart::Tilde(prefix) = part {
                *part = WordPart::Literal([b"~", &prefix[..]].concat().into());
            }
        }
        self.expand_string(&plain)
    }

    /// Replaces or extends an array.
    pub(crate) fn assign_array(
        &mut self,
        scope: usize,
        name: &[u8],
        items: Vec<Item>,
        append: bool,
        assoc: bool,
    ) -> Result<(), AssignError> {
        let attrs = self.vars.get_at(scope, name).map(|v| v.attrs).unwrap_or_default();
        if attrs.has(Attrs::READONLY) {
            return Err(AssignError::Readonly(name.to_vec()));
        }
        if attrs.has(Attrs::DYNAMIC) {
            return Ok(());
        }
        // Values are shaped (`-i`, `-l` …) before the table is touched: evaluation may look at the old array.
        let shaped = attrs.has(
            Attrs::INTEGER
                .union(Attrs::LOWER)
                .union(Attrs::UPPER)
                .union(Attrs::CAPITAL),
        );
        let mut ready = Vec::with_capacity(items.len());
        for item in items {
            ready.push(match item {
                Item::Plain(v) if shaped => Item::Plain(self.shape_value(attrs, v)?),
                Item::Keyed(k, v, a) if shaped && !(a && attrs.has(Attrs::INTEGER)) => {
                    Item::Keyed(k, self.shape_value(attrs, v)?, a)
                }
                i => i,
            });
        }
        let allexport = self.on(SetOpt::Allexport);
        if assoc {
            return self.assign_assoc(scope, name, ready, append);
        }
        let weight = self.vars.get_at(scope, name).map_or(0, |v| match &v.value {
            Value::Indexed(a) if append => a.len() * 64,
            _ => 0,
        });
        self.check_memory(weight.saturating_add(ready.len() * 64))?;
        let Some(var) = self.vars.entry_at(scope, name) else {
            return Ok(());
        };
        if allexport {
            var.attrs.insert(Attrs::EXPORT);
        }
        if !append {
            var.value = Value::Unset;
        }
        var.attrs.insert(Attrs::INDEXED);
        let mut array = make_indexed(var);
        let mut next = if append { array.end() } else { 0 };
        for item in ready {
            let (key, v, plus) = match item {
                Item::Plain(v) => {
                    array.set(next, v);
                    next = next.saturating_add(1);
                    continue;
                }
                Item::Keyed(key, v, plus) => (key, v, plus),
            };
            let i = match key {
                KeyText::Elem(Elem::Index(i)) => i,
                KeyText::Arith(program) => {
                    let i = self.eval_program(&program)?;
                    let Some(var) = self.vars.entry_for_value(scope, name) else {
                        return Ok(());
                    };
                    array = make_indexed(var);
                    i
                }
                KeyText::Elem(_) => continue,
            };
            let Some(at) = array.resolve(i) else {
                return Err(AssignError::BadSubscript(
                    [b"[", i.to_string().as_bytes(), b"]=", &v].concat(),
                ));
            };
            match array.get_mut(at) {
                Some(slot) if plus && attrs.has(Attrs::INTEGER) => {
                    let old = slot.clone();
                    let sum = self.arith_text(&old)?.wrapping_add(self.arith_text(&v)?);
                    let Some(var) = self.vars.entry_for_value(scope, name) else {
                        return Ok(());
                    };
                    array = make_indexed(var);
                    array.set(at, sum.to_string().into_bytes());
                }
                Some(slot) if plus => slot.extend_from_slice(&v),
                _ => array.set(at, v),
            }
            next = at.saturating_add(1);
        }
        self.assigned(name);
        Ok(())
    }

    fn shape_value(&mut self, attrs: Attrs, value: Vec<u8>) -> Result<Vec<u8>, Flow> {
        if attrs.has(Attrs::INTEGER) {
            return Ok(self.arith_text(&value)?.to_string().into_bytes());
        }
        Ok(crate::state::access::recase(attrs, value, self.utf8()))
    }

    fn assign_assoc(&mut self, scope: usize, name: &[u8], items: Vec<Item>, append: bool) -> Result<(), AssignError> {
        let mut empty_key = false;
        let Some(var) = self.vars.entry_at(scope, name) else {
            return Ok(());
        };
        var.attrs.insert(Attrs::ASSOC);
        // `[k]+=v` in a fresh list adds to what `k` had before.
        let mut before = Assoc::new();
        if (!append || !matches!(var.value, Value::Assoc(_)))
            && let Value::Assoc(old) = std::mem::replace(&mut var.value, Value::Assoc(Assoc::new()))
        {
            before = old;
        }
        let Value::Assoc(map) = &mut var.value else {
            return Ok(());
        };
        let mut missing = Vec::new();
        let mut it = items.into_iter().peekable();
        let pairs = matches!(it.peek(), Some(Item::Plain(_)));
        while let Some(item) = it.next() {
            match item {
                Item::Plain(key) if pairs => {
                    let value = match it.next() {
                        Some(Item::Plain(v)) => v,
                        _ => Vec::new(),
                    };
                    if key.is_empty() {
                        empty_key = true;
                    } else {
                        map.set(&key, value);
                    }
                }
                Item::Plain(text) => missing.push(text),
                Item::Keyed(KeyText::Elem(Elem::Key(k)), v, plus) => match map.get_mut(&k) {
                    _ if k.is_empty() => empty_key = true,
                    Some(slot) if plus && append => slot.extend_from_slice(&v),
                    _ if plus && !append => {
                        let old = before.get(&k).map(Vec::as_slice).unwrap_or_default();
                        map.set(&k, [old, &v].concat());
                    }
                    _ => map.set(&k, v),
                },
                Item::Keyed(..) => {}
            }
        }
        for text in missing {
            self.error(
                [
                    name,
                    b": ",
                    &text[..],
                    b": must use subscript when assigning associative array",
                ]
                .concat(),
            );
        }
        if empty_key {
            return Err(AssignError::BadSubscript([name, b"[]"].concat()));
        }
        self.assigned(name);
        Ok(())
    }

    /// Performs an assignment before a command in the innermost (temporary) scope; the variable is exported.
    pub(super) fn temporary_assignment(&mut self, a: &Assignment) -> Result<(), Flow> {
        let mut value = match &a.value {
            AssignValue::Scalar(word) => self.expand_string(word)?,
            AssignValue::Array(_) => {
                // Not an array but its text, expanded.
                let list = memchr::memchr(b'(', &a.raw).map_or(&b""[..], |at| &a.raw[at..]);
                let options = self.parse_options();
                match crate::syntax::parse_word_text(bytes::Bytes::copy_from_slice(list), &options, self.line) {
                    Ok(word) => self.expand_string(&word)?,
                    Err(_) => list.to_vec(),
                }
            }
        };
        let name = self.deref_owned(&a.name).0;
        if a.subscript.is_some() {
            // Elements cannot be temporary.
            self.error([b"`", &a.raw[..], b"': not a valid identifier"].concat());
            return Ok(());
        }
        let old = self.vars.get(&name).cloned();
        let attrs = old.as_ref().map(|v| v.attrs).unwrap_or_default();
        if attrs.has(Attrs::READONLY) {
            self.error([&name[..], b": readonly variable"].concat());
            return if self.on(SetOpt::Posix) {
                Err(Flow::Exit(1))
            } else {
                Ok(())
            };
        }
        if a.append {
            let before = self.var_text(&name);
            value = if attrs.has(Attrs::INTEGER) {
                let sum = self.arith_text(&before)?.wrapping_add(self.arith_text(&value)?);
                sum.to_string().into_bytes()
            } else {
                [&before[..], &value].concat()
            };
        }
        let keep = Attrs(attrs.0 & (Attrs::INTEGER.0 | Attrs::LOWER.0 | Attrs::UPPER.0 | Attrs::CAPITAL.0));
        let value = self.shape_value(keep, value)?;
        if self.on(SetOpt::Xtrace) {
            self.trace_assignment(a, &value)?;
        }
        self.vars.put_innermost(
            &name,
            Var::scalar(value).with(Attrs::EXPORT.union(Attrs::TEMP).union(keep)),
        );
        self.assigned(&name);
        Ok(())
    }
}
