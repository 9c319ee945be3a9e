//! Errors of the parser, worded as bash words them.

use bytes::Bytes;

/// A syntax error. `Display` gives the text after `bash: line N: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", String::from_utf8_lossy(&self.message))]
pub struct SyntaxError {
    /// First line of the report, e.g. ``syntax error near unexpected token `)'``.
    pub message: Vec<u8>,
    /// Line number of the report.
    pub line: u32,
    /// The source line that bash shows in a second report line (between a backtick and a quote), if it shows one.
    pub source_line: Option<Bytes>,
    /// The input ended inside a construct: more input could make it valid.
    pub incomplete: bool,
    /// The offending token, empty at end of input.
    pub token: Bytes,
    /// Byte offset in the source buffer.
    pub offset: usize,
}

impl SyntaxError {
    /// The complete report as bash prints it: one or two lines, each with `prefix` (such as `bash`) and the line number.
    pub fn report(&self, prefix: &[u8]) -> Vec<u8> {
        let head = |out: &mut Vec<u8>| {
            out.extend_from_slice(prefix);
            out.extend_from_slice(format!(": line {}: ", self.line).as_bytes());
        };
        let mut out = Vec::new();
        head(&mut out);
        out.extend_from_slice(&self.message);
        out.push(b'\n');
        if let Some(line) = &self.source_line {
            head(&mut out);
            out.push(b'`');
            out.extend_from_slice(line);
            out.extend_from_slice(b"'\n");
        }
        out
    }
}
