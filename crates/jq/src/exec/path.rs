//! Paths: where in the input a value was found, tracked while a path expression runs.

use crate::error::{Exc, dump};
use crate::value::Value;
use std::rc::Rc;

/// A list of keys that shares its beginnings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys(Option<Rc<KeyNode>>);

#[derive(Debug)]
struct KeyNode {
    key: Value,
    outer: Keys,
}

impl Keys {
    pub fn push(&self, key: Value) -> Self {
        Self(Some(Rc::new(KeyNode {
            key,
            outer: self.clone(),
        })))
    }

    pub fn to_value(&self) -> Value {
        let mut out = Vec::new();
        let mut at = &self.0;
        while let Some(n) = at {
            out.push(n.key.clone());
            at = &n.outer.0;
        }
        out.reverse();
        Value::array(out)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(rc) = next {
            let Ok(mut node) = Rc::try_unwrap(rc) else { return };
            next = node.outer.0.take();
        }
    }
}

/// What is known about the path to the current value.
#[derive(Debug, Clone, Default)]
pub(crate) enum Path {
    /// Nobody asks.
    #[default]
    Off,
    /// The value is at these keys.
    At(Keys),
    /// The value was computed; the last one that had a path was this.
    Lost(Rc<(Keys, Value)>),
}

impl Path {
    #[inline]
    pub fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }

    /// The path after `before` was turned into `after` by something that does not track paths. jq looks only at
    /// whether the very same value came out.
    pub fn computed(self, before: &Value, after: &Value) -> Self {
        match self {
            Self::Off => Self::Off,
            Self::At(keys) if before.same(after) => Self::At(keys),
            Self::At(keys) => Self::Lost(Rc::new((keys, before.clone()))),
            Self::Lost(l) if l.1.same(after) => Self::At(l.0.clone()),
            Self::Lost(l) => Self::Lost(l),
        }
    }

    /// The path one key further.
    pub fn join(self, value: &Value, key: impl FnOnce() -> Value) -> Result<Self, Exc> {
        match self {
            Self::Off => Ok(Self::Off),
            Self::At(keys) => Ok(Self::At(keys.push(key()))),
            Self::Lost(_) => Err(Exc::message(format!(
                "Invalid path expression near attempt to access element {} of {}",
                dump(&key()),
                dump(value)
            ))),
        }
    }

    /// The keys of a value that is about to be iterated over.
    pub fn iterate(&self, value: &Value) -> Result<Option<Keys>, Exc> {
        match self {
            Self::Off => Ok(None),
            Self::At(keys) => Ok(Some(keys.clone())),
            Self::Lost(_) => Err(Exc::message(format!(
                "Invalid path expression near attempt to iterate through {}",
                dump(value)
            ))),
        }
    }

    /// The finished path as an array.
    pub fn finish(&self, value: &Value) -> Result<Value, Exc> {
        match self {
            Self::At(keys) => Ok(keys.to_value()),
            Self::Off => Ok(Value::array(Vec::new())),
            Self::Lost(_) => Err(Exc::message(format!(
                "Invalid path expression with result {}",
                dump(value)
            ))),
        }
    }
}
