//! JSON values as jq sees them: cheap to clone, mutated in place when nobody else holds them.

mod array;
mod number;
mod object;
mod order;
mod teardown;

pub use array::Array;
pub use number::{Literal, Number};
pub use object::Object;
pub use order::{TooDeep, compare, compare_depth, contains, equal, merge_deep};

use ecow::EcoString;

/// The string type of values and object keys: 15 bytes inline, shared beyond that.
pub type Str = EcoString;

/// How deeply nested two values may be before structural operations on them are refused (jq 1.8: 10 000).
pub const MAX_DEPTH: usize = 10_000;

/// A JSON value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number: a double, or a literal whose decimal text is kept.
    Number(Number),
    /// A string (always valid UTF-8; bad input bytes became U+FFFD).
    String(Str),
    /// An array.
    Array(Array),
    /// An object; keys keep their insertion order.
    Object(Object),
}

impl Value {
    /// A number value from a double.
    #[inline]
    pub fn number(n: f64) -> Self {
        Self::Number(Number::Float(n))
    }

    /// A string value.
    pub fn string(s: impl Into<Str>) -> Self {
        Self::String(s.into())
    }

    /// An array value.
    pub fn array(items: Vec<Self>) -> Self {
        Self::Array(Array::from(items))
    }

    /// jq's name of the type: `null`, `boolean`, `number`, `string`, `array` or `object`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// Whether a condition takes this value as true: everything but `null` and `false`.
    #[inline]
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }

    /// The number as a double, if this is a number.
    #[inline]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(n.as_f64()),
            _ => None,
        }
    }

    /// The text, if this is a string.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(s) => Some(s.as_str()),
            _ => None,
        }
    }

    /// jq's notion of "the very same value", which decides whether a path is still intact: same container, same string
    /// text, same scalar.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.as_f64().to_bits() == b.as_f64().to_bits(),
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a.same(b),
            (Self::Object(a), Self::Object(b)) => a.same(b),
            _ => false,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Self {
        Self::number(n)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::String(Str::from(s))
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::String(Str::from(s))
    }
}

impl From<Vec<Value>> for Value {
    fn from(v: Vec<Value>) -> Self {
        Self::array(v)
    }
}

impl PartialEq for Value {
    /// Equality as `==` has it; values nested too deeply to compare count as different.
    fn eq(&self, other: &Self) -> bool {
        equal(self, other).unwrap_or(false)
    }
}

/// A Unicode-lossy string from arbitrary bytes, replacing what is not UTF-8 the way jq does.
pub fn string_from_bytes(bytes: &[u8]) -> Str {
    match std::str::from_utf8(bytes) {
        Ok(s) => Str::from(s),
        Err(_) => {
            let mut out = Str::new();
            push_lossy(&mut out, bytes);
            out
        }
    }
}

/// Appends `bytes` to `out`. One U+FFFD stands for each malformed sequence: a stray byte, a sequence cut short by a
/// byte that does not continue it, or a complete sequence that encodes a surrogate, an overlong form or too big a
/// code point.
pub(crate) fn push_lossy(out: &mut Str, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match std::str::from_utf8(bytes) {
            Ok(s) => {
                out.push_str(s);
                return;
            }
            Err(e) => {
                let (good, bad) = bytes.split_at(e.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                out.push('\u{FFFD}');
                bytes = bad.get(malformed_len(bad)..).unwrap_or_default();
            }
        }
    }
}

fn malformed_len(bad: &[u8]) -> usize {
    let want = match bad.first() {
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        _ => return 1,
    };
    let tail = bad
        .iter()
        .skip(1)
        .take(want - 1)
        .take_while(|b| (0x80..0xC0).contains(*b))
        .count();
    1 + tail
}
