//! Shell arithmetic: 64-bit wrapping integers with the operators of C (bash manual, "Shell Arithmetic").
//!
//! An expression is compiled once into a [`Program`] for a small stack machine, so neither long nor deep expressions recurse
//! when they run, and loops do not parse again. Variables come from the interpreter through [`ArithVars`].

mod compile;
mod lex;
mod number;
mod run;

use std::{borrow::Cow, sync::Arc};

use compile::Op;

/// Variables whose values are evaluated as expressions may refer to others; bash stops at this depth.
const MAX_RECURSION: usize = 1024;

/// Why an expression has no value. `message` is what bash prints after `bash: line N: ` (and, for `((` and `let`, the name of
/// the command and a colon): the expression, a colon, the reason, and the rest of the text from the offending token, e.g.
/// `1/0: division by 0 (error token is "0")`.
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
    /// An element of an associative array: the text between the brackets, before expansion and quote removal.
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

    /// Expands a subscript of an indexed array that still contains `$`, quotes or backticks, as happens when the text of a
    /// variable is evaluated.
    ///
    /// # Errors
    /// Whatever the expansion fails with.
    fn expand(&mut self, text: &[u8]) -> Result<Vec<u8>, ArithError> {
        Ok(text.to_vec())
    }
}

/// A compiled expression. Compiling never fails: an error is part of the program and comes out when evaluation reaches it,
/// after the side effects to its left, as in bash.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The source.
    text: Vec<u8>,
    code: Vec<Op>,
    variables: Vec<Variable>,
    /// A syntax error; evaluation that does not pass it by reports it all the same.
    error: Option<ArithError>,
    /// Stack slots needed.
    stack: usize,
}

/// A variable in an expression.
#[derive(Debug, Clone)]
struct Variable {
    name: Vec<u8>,
    subscript: Option<Subscript>,
    /// Where its token starts, for messages.
    at: usize,
}

/// `[…]` in both readings.
#[derive(Debug, Clone)]
struct Subscript {
    text: Vec<u8>,
    /// As an expression; `None` if it must be expanded first.
    index: Option<Arc<Program>>,
}

impl Program {
    /// Compiles `text`, in which all shell expansions have been done.
    pub fn parse(text: &[u8]) -> Self {
        compile::compile(text, 0)
    }

    /// The source text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The value. An empty expression is 0.
    ///
    /// # Errors
    /// [`ArithError`] with the message of bash.
    pub fn eval(&self, vars: &mut dyn ArithVars) -> Result<i64, ArithError> {
        self.run(vars, 0)
    }
}

/// Evaluates `text`, in which all shell expansions have been done.
///
/// # Errors
/// [`ArithError`] with the message of bash.
pub fn eval(text: &[u8], vars: &mut dyn ArithVars) -> Result<i64, ArithError> {
    if let Some(value) = number::plain(text) {
        return Ok(value);
    }
    Program::parse(text).eval(vars)
}

/// The message bash prints: the expression without leading blanks, the reason, and the text from the offending token.
fn error(expression: &[u8], reason: &str, token: &[u8]) -> ArithError {
    let blanks = expression.iter().take_while(|c| c.is_ascii_whitespace()).count();
    let message = [
        &expression[blanks..],
        b": ",
        reason.as_bytes(),
        b" (error token is \"",
        token,
        b"\")",
    ]
    .concat();
    ArithError {
        message,
        reported: false,
    }
}

#[cfg(test)]
mod tests;
