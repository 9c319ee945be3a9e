//! The values an awk program works on: byte strings that are cheap to copy, numbers, and strings that look like numbers.

pub mod format;
pub mod number;
pub mod text;

use std::rc::Rc;

/// Longest string kept inside the value itself, without an allocation.
const INLINE: usize = 22;

#[derive(Clone, Debug)]
enum Repr {
    /// Length and bytes of a short string.
    Inline(u8, [u8; INLINE]),
    /// A long string, and whether it is plain ASCII.
    Shared(bool, Rc<[u8]>),
    /// A long string that has grown, with room for more, and whether it is plain ASCII.
    Growing(bool, Rc<Vec<u8>>),
}

/// A byte string; copying costs a few instructions.
#[derive(Clone, Debug)]
pub struct Str(Repr);

impl Default for Str {
    fn default() -> Self {
        Str(Repr::Inline(0, [0; INLINE]))
    }
}

impl Str {
    /// A copy of `bytes`.
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.len() <= INLINE {
            let mut buffer = [0; INLINE];
            buffer[..bytes.len()].copy_from_slice(bytes);
            Str(Repr::Inline(bytes.len() as u8, buffer))
        } else {
            Str(Repr::Shared(bytes.is_ascii(), Rc::from(bytes)))
        }
    }

    /// Takes `bytes` over.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        if bytes.len() <= INLINE {
            Str::new(&bytes)
        } else {
            Str(Repr::Growing(bytes.is_ascii(), Rc::new(bytes)))
        }
    }

    /// The bytes of the string.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline(len, buffer) => &buffer[..usize::from(*len)],
            Repr::Shared(_, data) => data,
            Repr::Growing(_, data) => data,
        }
    }

    /// Whether every byte is below 0x80; known beforehand for long strings.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        match &self.0 {
            Repr::Inline(len, buffer) => buffer[..usize::from(*len)].is_ascii(),
            Repr::Shared(ascii, _) | Repr::Growing(ascii, _) => *ascii,
        }
    }

    /// Appends in place when nobody else holds the string, so that building a string piece by piece is linear.
    pub fn push(&mut self, more: &[u8]) {
        match &mut self.0 {
            Repr::Inline(len, buffer) if usize::from(*len) + more.len() <= INLINE => {
                let old = usize::from(*len);
                buffer[old..old + more.len()].copy_from_slice(more);
                *len = (old + more.len()) as u8;
                return;
            }
            Repr::Growing(ascii, data) => {
                if let Some(own) = Rc::get_mut(data) {
                    own.extend_from_slice(more);
                    *ascii = *ascii && more.is_ascii();
                    return;
                }
            }
            _ => {}
        }
        let ascii = self.is_ascii() && more.is_ascii();
        let old = self.bytes();
        let mut data = Vec::with_capacity((old.len() + more.len()) * 2);
        data.extend_from_slice(old);
        data.extend_from_slice(more);
        *self = Str(Repr::Growing(ascii, Rc::new(data)));
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Str {}

/// A scalar value.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Never assigned: the empty string and zero at once.
    #[default]
    Uninit,
    /// A number.
    Num(f64),
    /// A string.
    Str(Str),
    /// Text from outside that looks like a number: prints as written, compares as a number.
    StrNum(Str, f64),
    /// A strongly typed regular expression (`@/re/`).
    Regex(Str),
}

impl Value {
    /// The value of text that came from outside (a field, `getline`, `-v`, `split`): a number when it looks like one.
    #[inline]
    pub fn from_input(bytes: &[u8]) -> Self {
        match number::looks_numeric(bytes) {
            Some(number) => Value::StrNum(Str::new(bytes), number),
            None => Value::Str(Str::new(bytes)),
        }
    }

    /// A string value holding a copy of `bytes`.
    pub fn text(bytes: &[u8]) -> Self {
        Value::Str(Str::new(bytes))
    }

    /// A string value that takes `bytes` over.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Value::Str(Str::from_vec(bytes))
    }

    /// The number awk sees in this value.
    #[inline]
    pub fn to_num(&self) -> f64 {
        match self {
            Value::Num(number) | Value::StrNum(_, number) => *number,
            Value::Uninit => 0.0,
            Value::Str(text) | Value::Regex(text) => number::leading(text.bytes()),
        }
    }

    /// Truth in the awk sense: non-zero, or non-empty for strings.
    #[inline]
    pub fn to_bool(&self) -> bool {
        match self {
            Value::Num(number) | Value::StrNum(_, number) => *number != 0.0,
            Value::Uninit => false,
            Value::Str(text) | Value::Regex(text) => !text.bytes().is_empty(),
        }
    }

    /// The string of this value; numbers that are not integral are converted with `convfmt`.
    pub fn to_str(&self, convfmt: &[u8]) -> Str {
        match self {
            Value::Str(text) | Value::StrNum(text, _) | Value::Regex(text) => text.clone(),
            Value::Uninit => Str::default(),
            Value::Num(number) => {
                let mut out = Vec::new();
                number::append(&mut out, *number, convfmt);
                Str::new(&out)
            }
        }
    }

    /// Appends the string of this value to `out`; numbers that are not integral are converted with `convfmt`.
    #[inline]
    pub fn append_to(&self, out: &mut Vec<u8>, convfmt: &[u8]) {
        match self {
            Value::Str(text) | Value::StrNum(text, _) | Value::Regex(text) => out.extend_from_slice(text.bytes()),
            Value::Uninit => {}
            Value::Num(number) => number::append(out, *number, convfmt),
        }
    }
}
