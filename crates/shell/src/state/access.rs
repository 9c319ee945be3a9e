//! Reading and assigning variables: namerefs, attributes, read-only checks.

use std::borrow::Cow;

use crate::shell::{Flow, Shell};

use super::array::Indexed;
use super::assoc::Assoc;
use super::options::SetOpt;
use super::value::{Attrs, Value, Var};
use super::vars::is_name;

/// Namerefs followed before a chain counts as circular.
const NAMEREF_CHAIN: usize = 8;

/// An element of a variable, its subscript evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elem {
    /// The variable itself.
    Whole,
    /// An index, possibly negative.
    Index(i64),
    /// A key.
    Key(Vec<u8>),
}

/// Why an assignment was refused; `Display` is what bash prints after its prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssignError {
    /// The variable is read-only.
    #[error("{}: readonly variable", String::from_utf8_lossy(.0))]
    Readonly(Vec<u8>),
    /// An index before the first element.
    #[error("{}: bad array subscript", String::from_utf8_lossy(.0))]
    BadSubscript(Vec<u8>),
    /// A name that is none.
    #[error("`{}': not a valid identifier", String::from_utf8_lossy(.0))]
    Invalid(Vec<u8>),
    /// A list assigned to one element.
    #[error("{}: cannot assign list to array member", String::from_utf8_lossy(.0))]
    ListToMember(Vec<u8>),
    /// An arithmetic error, already reported; or control flow out of the evaluation.
    #[error("")]
    Flow(Flow),
}

impl From<Flow> for AssignError {
    fn from(f: Flow) -> Self {
        Self::Flow(f)
    }
}

impl Shell {
    /// The name that `name` really means: namerefs followed. A nameref to an element gives the element's text too.
    pub(crate) fn deref<'a>(&'a self, name: &'a [u8]) -> (&'a [u8], Option<&'a [u8]>) {
        let mut at = name;
        for _ in 0..NAMEREF_CHAIN {
            let Some(v) = self.vars.get(at) else { return (at, None) };
            if !v.attrs.has(Attrs::NAMEREF) {
                return (at, None);
            }
            match &v.value {
                Value::Scalar(target) if !target.is_empty() => match memchr::memchr(b'[', target) {
                    Some(open) if target.ends_with(b"]") => {
                        return (&target[..open], Some(&target[open + 1..target.len() - 1]));
                    }
                    _ if target[..] == *at => return (at, None),
                    _ => at = target,
                },
                _ => return (at, None),
            }
        }
        (b"", None)
    }

    /// The variable that `name` means, dynamic ones computed. Namerefs to elements are not followed to the element.
    pub(crate) fn lookup(&self, name: &[u8]) -> Option<Cow<'_, Var>> {
        let mut v = self.vars.get(name)?;
        if v.attrs.has(Attrs::NAMEREF.union(Attrs::DYNAMIC)) {
            let (real, _) = self.deref_owned(name);
            v = self.vars.get(&real)?;
            if v.attrs.has(Attrs::DYNAMIC) {
                return Some(Cow::Owned(Var {
                    value: self.dynamic(&real),
                    attrs: v.attrs,
                }));
            }
        }
        Some(Cow::Borrowed(v))
    }

    /// [`Shell::deref`] with owned results.
    pub(crate) fn deref_owned(&self, name: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
        let (n, e) = self.deref(name);
        (n.to_vec(), e.map(<[u8]>::to_vec))
    }

    /// What `$name` gives, without evaluating subscripts.
    pub fn get_var(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self.lookup(name)? {
            Cow::Borrowed(v) => v.value.scalar().map(|s| Cow::Borrowed(&s[..])),
            Cow::Owned(v) => v.value.scalar().map(|s| Cow::Owned(s.clone())),
        }
    }

    /// The value of `name` as text, empty when unset.
    pub(crate) fn var_text(&self, name: &[u8]) -> Vec<u8> {
        self.get_var(name).map(Cow::into_owned).unwrap_or_default()
    }

    /// Whether text is UTF-8 (`LC_ALL`, `LC_CTYPE`, `LANG`).
    pub(crate) fn utf8(&self) -> bool {
        for name in [&b"LC_ALL"[..], b"LC_CTYPE", b"LANG"] {
            if let Some(v) = self.vars.get(name).and_then(|v| v.value.scalar())
                && !v.is_empty()
            {
                return !matches!(&v[..], b"C" | b"POSIX");
            }
        }
        true
    }

    /// Whether `name` is an associative array.
    pub(crate) fn is_assoc(&self, name: &[u8]) -> bool {
        let (real, _) = self.deref(name);
        self.vars.get(real).is_some_and(Var::is_assoc)
    }

    /// Applies `-i`, `-l`, `-u`, `-c` to a value about to be assigned.
    fn shape(&mut self, attrs: Attrs, value: Vec<u8>) -> Result<Vec<u8>, Flow> {
        if attrs.has(Attrs::INTEGER) {
            return Ok(self.arith_text(&value)?.to_string().into_bytes());
        }
        Ok(recase(attrs, value, self.utf8()))
    }

    /// Assigns to `name` or an element of it, following namerefs. With `append`, text is added to text, numbers to numbers.
    pub(crate) fn assign(&mut self, name: &[u8], elem: Elem, value: Vec<u8>, append: bool) -> Result<(), AssignError> {
        let scope = self.vars.scope_of(name);
        let (name, elem) = self.assign_target(name, elem)?;
        let scope = self.vars.scope_of(&name).or(scope).unwrap_or(0);
        self.assign_at(scope, &name, elem, value, append)
    }

    /// Follows namerefs to what an assignment changes.
    fn assign_target<'a>(&mut self, name: &'a [u8], elem: Elem) -> Result<(Cow<'a, [u8]>, Elem), AssignError> {
        let Some(v) = self.vars.get(name) else {
            return Ok((Cow::Borrowed(name), elem));
        };
        if !v.attrs.has(Attrs::NAMEREF) || !v.is_set() {
            return Ok((Cow::Borrowed(name), elem));
        }
        let (real, text) = self.deref_owned(name);
        if real.is_empty() {
            self.error([b"warning: ", name, b": circular name reference"].concat());
            return Err(AssignError::Flow(Flow::Discard(1)));
        }
        match text {
            Some(text) if elem == Elem::Whole => {
                let elem = self.subscript_text(&real, &text)?;
                Ok((Cow::Owned(real), elem))
            }
            _ => Ok((Cow::Owned(real), elem)),
        }
    }

    /// Assigns in the scope at `scope`; namerefs have been followed.
    pub(crate) fn assign_at(
        &mut self,
        scope: usize,
        name: &[u8],
        elem: Elem,
        value: Vec<u8>,
        append: bool,
    ) -> Result<(), AssignError> {
        let (attrs, is_assoc) = match self.vars.get_at(scope, name) {
            Some(v) => (v.attrs, v.is_assoc()),
            None => (Attrs::NONE, false),
        };
        if attrs.has(Attrs::READONLY) {
            return Err(AssignError::Readonly(name.to_vec()));
        }
        if attrs.has(Attrs::NAMEREF) && elem == Elem::Whole {
            return self.assign_nameref(scope, name, value, append);
        }
        self.check_memory(value.len())?;
        // Integers: `+=` adds.
        let value = if attrs.has(Attrs::INTEGER) && append {
            let old = self.element_text(scope, name, &elem);
            let sum = self.arith_text(&old)?.wrapping_add(self.arith_text(&value)?);
            sum.to_string().into_bytes()
        } else if attrs.has(
            Attrs::INTEGER
                .union(Attrs::LOWER)
                .union(Attrs::UPPER)
                .union(Attrs::CAPITAL),
        ) {
            self.shape(attrs, value)?
        } else {
            value
        };
        let append = append && !attrs.has(Attrs::INTEGER);
        if attrs.has(Attrs::DYNAMIC) {
            self.assign_dynamic(name, &value);
            return Ok(());
        }
        let elem = match (elem, is_assoc) {
            (Elem::Index(i), true) => Elem::Key(i.to_string().into_bytes()),
            (e, _) => e,
        };
        let recase_after = append && attrs.has(Attrs::LOWER.union(Attrs::UPPER).union(Attrs::CAPITAL));
        let allexport = self.on(SetOpt::Allexport);
        let memory = self.call.limits().memory;
        let Some(var) = self.vars.entry_for_value(scope, name) else {
            return Ok(());
        };
        if allexport && matches!(elem, Elem::Whole) {
            var.attrs.insert(Attrs::EXPORT);
        }
        let put = |slot: &mut Vec<u8>| {
            if append {
                slot.extend_from_slice(&value);
            } else {
                slot.clone_from(&value);
            }
        };
        let mut too_big = false;
        match elem {
            Elem::Whole => match &mut var.value {
                Value::Indexed(a) => match a.get_mut(0) {
                    Some(slot) => put(slot),
                    None => a.set(0, value),
                },
                Value::Assoc(a) => match a.get_mut(b"0") {
                    Some(slot) => put(slot),
                    None => a.set(b"0", value),
                },
                Value::Scalar(s) => {
                    if append {
                        too_big = s.len() + value.len() > memory;
                        if !too_big {
                            s.extend_from_slice(&value);
                        }
                    } else {
                        *s = value;
                    }
                }
                Value::Unset if attrs.has(Attrs::ASSOC) => {
                    let mut a = Assoc::new();
                    a.set(b"0", value);
                    var.value = Value::Assoc(a);
                }
                Value::Unset if attrs.has(Attrs::INDEXED) => var.value = Value::Indexed(vec![value].into()),
                Value::Unset => var.value = Value::Scalar(value),
            },
            Elem::Key(key) => {
                if !matches!(var.value, Value::Assoc(_)) {
                    var.value = Value::Assoc(Assoc::new());
                }
                if let Value::Assoc(a) = &mut var.value {
                    match a.get_mut(&key) {
                        Some(slot) => put(slot),
                        None => a.set(&key, value),
                    }
                }
            }
            Elem::Index(i) => {
                let a = make_indexed(var);
                let Some(at) = a.resolve(i) else {
                    return Err(AssignError::BadSubscript(
                        [name, b"[", i.to_string().as_bytes(), b"]"].concat(),
                    ));
                };
                match a.get_mut(at) {
                    Some(slot) => put(slot),
                    None => a.set(at, value),
                }
            }
        }
        if recase_after {
            let utf8 = self.utf8();
            if let Some(var) = self.vars.entry_for_value(scope, name)
                && let Value::Scalar(s) = &mut var.value
            {
                *s = recase(attrs, std::mem::take(s), utf8);
            }
        }
        if too_big {
            self.check_memory(usize::MAX)?;
        }
        self.assigned(name);
        Ok(())
    }

    fn assign_nameref(&mut self, scope: usize, name: &[u8], value: Vec<u8>, append: bool) -> Result<(), AssignError> {
        let base = memchr::memchr(b'[', &value).map_or(&value[..], |at| &value[..at]);
        if !append && !is_name(base) {
            return Err(AssignError::Invalid(value));
        }
        if let Some(var) = self.vars.entry_at(scope, name) {
            match &mut var.value {
                Value::Scalar(s) if append => s.extend_from_slice(&value),
                slot => *slot = Value::Scalar(value),
            }
        }
        Ok(())
    }

    fn element_text(&self, scope: usize, name: &[u8], elem: &Elem) -> Vec<u8> {
        let Some(v) = self.vars.get_at(scope, name) else {
            return Vec::new();
        };
        if v.attrs.has(Attrs::DYNAMIC) {
            return self.dynamic(name).scalar().cloned().unwrap_or_default();
        }
        match (elem, &v.value) {
            (Elem::Index(i), Value::Indexed(a)) => a.resolve(*i).and_then(|i| a.get(i)).cloned(),
            (Elem::Index(0), v) => v.scalar().cloned(),
            (Elem::Key(k), Value::Assoc(a)) => a.get(k).cloned(),
            (Elem::Whole, v) => v.scalar().cloned(),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Side effects of a change to certain variables.
    pub(crate) fn assigned(&mut self, name: &[u8]) {
        match name {
            b"OPTIND" => self.getopts_at = 0,
            b"PATH" if !self.hashed.is_empty() => self.hashed = Default::default(),
            b"POSIXLY_CORRECT" => self.opts.set(SetOpt::Posix, true),
            _ => {}
        }
    }

    /// Replaces the whole value of the variable that `name` means.
    pub(crate) fn assign_value(&mut self, name: &[u8], value: Value) -> Result<(), AssignError> {
        let scope = self.vars.scope_of(name).unwrap_or(0);
        let (real, _) = self.deref_owned(name);
        let scope = self.vars.scope_of(&real).unwrap_or(scope);
        let Some(var) = self.vars.entry_at(scope, &real) else {
            return Ok(());
        };
        if var.attrs.has(Attrs::READONLY) {
            return Err(AssignError::Readonly(real));
        }
        match value {
            Value::Indexed(_) => var.attrs.insert(Attrs::INDEXED),
            Value::Assoc(_) => var.attrs.insert(Attrs::ASSOC),
            _ => {}
        }
        var.value = value;
        self.assigned(&real);
        Ok(())
    }

    /// Sets a variable on behalf of a builtin (`read`, `getopts`, `printf -v` …): problems are reported under its name.
    /// False when it was refused.
    pub(crate) fn set_for(&mut self, builtin: &[u8], name: &[u8], value: Vec<u8>) -> Result<bool, Flow> {
        let (base, elem) = match self.parse_target(name) {
            Ok(t) => t,
            Err(AssignError::Flow(f)) => return Err(f),
            Err(e) => {
                self.builtin_error(builtin, e.to_string());
                return Ok(false);
            }
        };
        match self.assign(&base, elem, value, false) {
            Ok(()) => Ok(true),
            Err(AssignError::Flow(f)) => Err(f),
            Err(e) => {
                match e {
                    AssignError::Readonly(_) => self.error(e.to_string()),
                    _ => self.builtin_error(builtin, e.to_string()),
                }
                Ok(false)
            }
        }
    }

    /// Splits `name` or `name[subscript]` as builtins take them, and evaluates the subscript.
    pub(crate) fn parse_target(&mut self, text: &[u8]) -> Result<(Vec<u8>, Elem), AssignError> {
        if is_name(text) {
            return Ok((text.to_vec(), Elem::Whole));
        }
        if let Some(open) = memchr::memchr(b'[', text)
            && text.ends_with(b"]")
            && is_name(&text[..open])
            && text.len() > open + 2
        {
            let name = &text[..open];
            let elem = self.subscript_text(name, &text[open + 1..text.len() - 1])?;
            return Ok((name.to_vec(), elem));
        }
        Err(AssignError::Invalid(text.to_vec()))
    }
}

/// The array that a variable is or becomes: a text becomes element 0.
pub(crate) fn make_indexed(var: &mut Var) -> &mut Indexed {
    if !matches!(var.value, Value::Indexed(_)) {
        let mut a = Indexed::new();
        if let Value::Scalar(s) = std::mem::take(&mut var.value) {
            a.set(0, s);
        }
        var.value = Value::Indexed(a);
        var.attrs.insert(Attrs::INDEXED);
    }
    match &mut var.value {
        Value::Indexed(a) => a,
        // Just made one.
        _ => unreachable!(),
    }
}

/// Applies `-l`, `-u`, `-c`.
pub(crate) fn recase(attrs: Attrs, value: Vec<u8>, utf8: bool) -> Vec<u8> {
    use crate::expand::case::{lower, upper};
    if attrs.has(Attrs::LOWER) {
        lower(&value, utf8)
    } else if attrs.has(Attrs::UPPER) {
        upper(&value, utf8)
    } else if attrs.has(Attrs::CAPITAL) {
        let mut out = lower(&value, utf8);
        if let Some(first) = out.first_mut() {
            *first = first.to_ascii_uppercase();
        }
        out
    } else {
        value
    }
}
