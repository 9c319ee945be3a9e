//! Errors of the parser, worded as bash words them.

use bytes::Bytes;

use super::ast::Warning;

/// What bash does after the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The script ends with status 2 (`eval` and `.` return 2, after what came on earlier lines has run).
    Grammar,
    /// Inside `$( )`: as [`ErrorKind::Grammar`], but `bash -c` exits with 127.
    Substitution,
    /// Inside `[[ ]]`: the script ends, the status of the last command stands.
    Conditional,
    /// Inside `name=( )`: the line is given up with status 1 and the script goes on with the next line. The parser has moved
    /// there; calling it again is right.
    CompoundAssignment,
}

/// A syntax error. `Display` gives the text after `bash: line N: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", String::from_utf8_lossy(&self.message))]
pub struct SyntaxError {
    /// What bash does next.
    pub kind: ErrorKind,
    /// First line of the report, e.g. ``syntax error near unexpected token `)'``. Empty where bash says nothing.
    pub message: Vec<u8>,
    /// Line number of the report.
    pub line: u32,
    /// Text of a second report line, if there is one: the offending source line between a backtick and a quote.
    pub detail: Option<Vec<u8>>,
    /// The input ended inside a construct: more input could make it valid.
    pub incomplete: bool,
    /// The offending token, empty at end of input.
    pub token: Bytes,
    /// Byte offset in the source buffer.
    pub offset: usize,
    /// Warnings given before the error.
    pub warnings: Vec<Warning>,
}

impl SyntaxError {
    /// The complete report: one or two lines, each after `prefix` (such as `bash: `, `bash: -c: ` or `x.sh: `) and the line
    /// number.
    pub fn report(&self, prefix: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for text in std::iter::once(&self.message)
            .chain(&self.detail)
            .filter(|text| !text.is_empty())
        {
            out.extend_from_slice(prefix);
            out.extend_from_slice(format!("line {}: ", self.line).as_bytes());
            out.extend_from_slice(text);
            out.push(b'\n');
        }
        out
    }
}
