//! Assignments.

use crate::shell::{Flow, Shell};
use crate::state::access::{AssignError, Elem, make_indexed};
use crate::state::assoc::Assoc;
use crate::state::options::SetOpt;
use crate::state::value::{Attrs, Value, Var};
use crate::syntax::ast::{ArrayElement, AssignValue, Assignment, Subscript};

/// One element of a compound assignment after expansion.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// `[key]=value`; `true` for `+=`.
    Keyed(KeyText, Vec<u8>, bool),
    /// A value without a key.
    Plain(Vec<u8>),
}

/// A key before it is known what kind of array it is for.
#[derive(Debug, Clone)]
pub(crate) enum KeyText {
    /// Evaluated.
    Elem(Elem),
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
        let mut words = Vec::new();
        for e in elements {
            match &e.key {
                Some(key) if !pairs => {
                    let elem = self.element_as(name, key, assoc)?;
                    let value = self.expand_string(&e.value)?;
                    out.push(Item::Keyed(KeyText::Elem(elem), value, e.append));
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

    fn element_as(&mut self, name: &[u8], key: &Subscript, assoc: bool) -> Result<Elem, Flow> {
        match key {
            Subscript::Expr(e) if assoc => Ok(Elem::Key(self.expand_string(&e.key)?)),
            Subscript::Expr(e) => Ok(Elem::Index(self.arith(&e.index)?)),
            _ => self.element(name, key),
        }
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
        let array = make_indexed(var);
        let mut next = if append { array.end() } else { 0 };
        let mut bad = None;
        for item in ready {
            match item {
                Item::Plain(v) => {
                    array.set(next, v);
                    next = next.saturating_add(1);
                }
                Item::Keyed(KeyText::Elem(Elem::Index(i)), v, plus) => {
                    let Some(at) = array.resolve(i) else {
                        bad = Some(AssignError::BadSubscript(
                            [b"[", i.to_string().as_bytes(), b"]=", &v].concat(),
                        ));
                        break;
                    };
                    match array.get_mut(at) {
                        Some(slot) if plus => slot.extend_from_slice(&v),
                        _ => array.set(at, v),
                    }
                    next = at.saturating_add(1);
                }
                Item::Keyed(..) => {}
            }
        }
        self.assigned(name);
        bad.map_or(Ok(()), Err)
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
        if !append || !matches!(var.value, Value::Assoc(_)) {
            var.value = Value::Assoc(Assoc::new());
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
                    Some(slot) if plus => slot.extend_from_slice(&v),
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
        let AssignValue::Scalar(word) = &a.value else {
            // bash accepts an array here and passes its text on; nothing can see it.
            return Ok(());
        };
        let mut value = self.expand_string(word)?;
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
        self.vars
            .put_innermost(&name, Var::scalar(value).with(Attrs::EXPORT.union(keep)));
        self.assigned(&name);
        Ok(())
    }
}
