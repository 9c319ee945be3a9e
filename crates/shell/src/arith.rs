//! Shell arithmetic: 64-bit wrapping integers with the operators of C (bash manual, "Shell Arithmetic").
//!
//! An expression is parsed once into a [`Program`] and evaluated against variables that the interpreter supplies through
//! [`ArithVars`].

use std::borrow::Cow;

/// Why an expression has no value. `message` is what bash prints after `bash: line N: `: the expression, a colon, the reason
/// and the rest of the text from the offending token, e.g. `1/0: division by 0 (error token is "0")`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", String::from_utf8_lossy(&self.message))]
pub struct ArithError {
    /// The text after the location prefix.
    pub message: Vec<u8>,
    /// The error was raised (and already reported) by the variable access itself, such as an assignment to a readonly
    /// variable or an unbound variable: print nothing more.
    pub reported: bool,
}

/// The element that an expression names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element<'a> {
    /// The variable itself (element 0 of an array).
    Scalar,
    /// An element of an indexed array; may be negative.
    Index(i64),
    /// An element of an associative array: the text between the brackets, before expansion.
    Key(&'a [u8]),
}

/// Variables as arithmetic sees them; the interpreter implements this.
pub trait ArithVars {
    /// The value, or `None` when unset (which counts as 0). Values are evaluated as expressions in turn.
    ///
    /// # Errors
    /// [`ArithError`] with `reported` set, e.g. for an unset variable under `set -u`.
    fn get(&mut self, name: &[u8], element: Element<'_>) -> Result<Option<Cow<'_, [u8]>>, ArithError>;

    /// Assigns.
    ///
    /// # Errors
    /// [`ArithError`] with `reported` set, e.g. for a readonly variable.
    fn set(&mut self, name: &[u8], element: Element<'_>, value: i64) -> Result<(), ArithError>;

    /// True if `name` is an associative array: its subscripts are keys, not expressions.
    fn is_assoc(&self, name: &[u8]) -> bool;

    /// Expands a subscript that still contains `$`, as bash does for the text of variables that are evaluated recursively.
    ///
    /// # Errors
    /// Whatever the expansion fails with.
    fn expand(&mut self, text: &[u8]) -> Result<Vec<u8>, ArithError> {
        Ok(text.to_vec())
    }
}

/// A parsed expression. Parsing never fails: an error is part of the program and comes out when evaluation reaches it, after
/// the side effects to its left, as in bash.
#[derive(Debug, Clone, Default)]
pub struct Program {
    text: Vec<u8>,
}

impl Program {
    /// Parses `text`, in which all shell expansions have been done.
    pub fn parse(text: &[u8]) -> Self {
        Self { text: text.to_vec() }
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}
