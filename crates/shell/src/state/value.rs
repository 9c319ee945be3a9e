//! Values and attributes of variables.

use super::array::Indexed;
use super::assoc::Assoc;

/// Attributes of a variable (`declare`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attrs(pub u16);

impl Attrs {
    /// No attribute.
    pub const NONE: Self = Self(0);
    /// `-x`.
    pub const EXPORT: Self = Self(1);
    /// `-r`.
    pub const READONLY: Self = Self(2);
    /// `-i`.
    pub const INTEGER: Self = Self(4);
    /// `-l`.
    pub const LOWER: Self = Self(8);
    /// `-u`.
    pub const UPPER: Self = Self(16);
    /// `-c` (undocumented: capitalise).
    pub const CAPITAL: Self = Self(32);
    /// `-n`.
    pub const NAMEREF: Self = Self(64);
    /// `-t`.
    pub const TRACE: Self = Self(128);
    /// `-a`, also while it has no value.
    pub const INDEXED: Self = Self(256);
    /// `-A`, also while it has no value.
    pub const ASSOC: Self = Self(512);
    /// Computed when it is read (`RANDOM`, `LINENO` …).
    pub const DYNAMIC: Self = Self(1024);
    /// A local variable of a function (not merely of a temporary environment).
    pub const LOCAL: Self = Self(2048);
    /// From the assignments before a command: what a function called by it declares local begins with this value.
    pub const TEMP: Self = Self(4096);
    /// What `declare` can set and inherit.
    pub const DECLARED: Self = Self(0x3ff);

    /// Whether any attribute of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Sets the attributes of `other`.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Clears the attributes of `other`.
    pub fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }

    /// Both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Declared, but without a value.
    #[default]
    Unset,
    /// Text.
    Scalar(Vec<u8>),
    /// `a=(…)`.
    Indexed(Indexed),
    /// `declare -A`.
    Assoc(Assoc),
}

impl Value {
    /// What `$name` gives: the text, or element 0.
    pub fn scalar(&self) -> Option<&Vec<u8>> {
        match self {
            Self::Unset => None,
            Self::Scalar(s) => Some(s),
            Self::Indexed(a) => a.get(0),
            Self::Assoc(a) => a.get(b"0"),
        }
    }

    /// Whether it is an array of either kind.
    pub fn is_array(&self) -> bool {
        matches!(self, Self::Indexed(_) | Self::Assoc(_))
    }
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Var {
    /// What it holds.
    pub value: Value,
    /// Its attributes.
    pub attrs: Attrs,
}

impl Var {
    /// A plain variable holding text.
    pub fn scalar(text: impl Into<Vec<u8>>) -> Self {
        Self {
            value: Value::Scalar(text.into()),
            attrs: Attrs::NONE,
        }
    }

    /// With more attributes.
    #[must_use]
    pub fn with(mut self, attrs: Attrs) -> Self {
        self.attrs.insert(attrs);
        self
    }

    /// Whether it has a value at all (`-v`: element 0 for an array is the caller's business).
    pub fn is_set(&self) -> bool {
        !matches!(self.value, Value::Unset)
    }

    /// Whether it is (or was declared as) an associative array.
    pub fn is_assoc(&self) -> bool {
        matches!(self.value, Value::Assoc(_)) || self.attrs.has(Attrs::ASSOC)
    }

    /// Whether it is (or was declared as) an array of either kind.
    pub fn is_array(&self) -> bool {
        self.value.is_array() || self.attrs.has(Attrs::ASSOC.union(Attrs::INDEXED))
    }
}
