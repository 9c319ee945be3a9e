//! What a run can end with besides its last output, and the wording of jq's messages.

use crate::host::Interrupt;
use crate::json;
use crate::value::{TooDeep, Value};

/// Why a run produced no further output.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// An error that no `try` caught, with its message (any value).
    Raised(Value),
    /// `halt` or `halt_error`.
    Halt {
        /// The exit status asked for.
        status: i32,
        /// What `halt_error` prints; nothing for `halt`.
        output: Option<Value>,
    },
    /// Stopped by the host.
    Interrupted(Interrupt),
}

/// Control flow inside the evaluator.
#[derive(Debug)]
pub(crate) enum Exc {
    /// A consumer wants no more outputs; never escapes the operation that raised it.
    Stop(u64),
    /// `break` to a label.
    Break(u64),
    Raised(Box<Value>),
    Halt(Box<(i32, Option<Value>)>),
    Interrupted(Box<Interrupt>),
}

impl Exc {
    pub fn message(text: impl Into<String>) -> Self {
        Self::Raised(Box::new(Value::from(text.into())))
    }

    pub fn value(v: Value) -> Self {
        Self::Raised(Box::new(v))
    }
}

impl From<Interrupt> for Exc {
    fn from(i: Interrupt) -> Self {
        Self::Interrupted(Box::new(i))
    }
}

impl From<Exc> for Error {
    fn from(e: Exc) -> Self {
        match e {
            // Both are always caught by the operation they belong to.
            Exc::Stop(_) | Exc::Break(_) => Self::Raised(Value::from("break")),
            Exc::Raised(v) => Self::Raised(*v),
            Exc::Halt(h) => Self::Halt {
                status: h.0,
                output: h.1,
            },
            Exc::Interrupted(i) => Self::Interrupted(*i),
        }
    }
}

/// The longest dump of a value in a message, in bytes.
const DUMP: usize = 29;

/// A value as messages show it: its JSON text, cut in the middle of nothing but code points and closed again.
pub(crate) fn dump(v: &Value) -> String {
    // Printing all of a big value to show a few bytes of it would be wasteful.
    let text = match v {
        Value::String(s) if s.len() > 64 => {
            let mut end = 64;
            while !s.is_char_boundary(end) {
                end -= 1;
            }
            json::print_compact(&Value::from(&s[..end]))
        }
        Value::Array(a) if a.len() > 32 => json::print_compact(&Value::array(a[..32].to_vec())),
        _ => json::print_compact(v),
    };
    if text.len() <= DUMP {
        return text;
    }
    let tail = match v {
        Value::String(_) => "...\"",
        Value::Array(_) => "...]",
        Value::Object(_) => "...}",
        _ => "...",
    };
    let mut end = DUMP - tail.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &text[..end])
}

/// `type (value) message`
pub(crate) fn type_error(v: &Value, message: &str) -> Exc {
    Exc::message(format!("{} ({}) {message}", v.type_name(), dump(v)))
}

/// `type (value) and type (value) message`
pub(crate) fn type_error2(a: &Value, b: &Value, message: &str) -> Exc {
    Exc::message(format!(
        "{} ({}) and {} ({}) {message}",
        a.type_name(),
        dump(a),
        b.type_name(),
        dump(b)
    ))
}

pub(crate) fn too_deep(what: &str) -> impl Fn(TooDeep) -> Exc + '_ {
    move |_| Exc::message(format!("{what} too deep"))
}
