//! A byte-at-a-time JSON tokenizer that sees errors exactly where jq sees them.
//!
//! The fast parser handles all well-formed text; this one is used to explain a failure and for `--stream`.

use super::text::unescape;
use crate::value::{Number, Value};

/// What one byte of input completed: a scalar that it ended, then the structure character or string that it is.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// A literal (number, `true`, …) that ended before this byte.
    pub literal: Option<Value>,
    /// One of `[ ] { } : ,`.
    pub structure: Option<u8>,
    /// A string that this byte closed.
    pub string: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Normal,
    String,
    Escape,
}

/// Tokenizer state between two bytes, with the position jq would report.
#[derive(Debug)]
pub(super) struct Lexer {
    state: State,
    token: Vec<u8>,
    line: u64,
    column: u64,
}

impl Lexer {
    pub fn at(line: u64, column: u64) -> Self {
        Self {
            state: State::Normal,
            token: Vec::new(),
            line,
            column,
        }
    }

    pub fn position(&self) -> (u64, u64) {
        (self.line, self.column)
    }

    /// Forgets a token in progress (after an error).
    pub fn reset(&mut self) {
        self.state = State::Normal;
        self.token.clear();
    }

    pub fn step(&mut self, byte: u8) -> Result<Step, &'static str> {
        self.column += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        }
        let mut out = Step::default();
        match self.state {
            State::Normal => match byte {
                b' ' | b'\t' | b'\r' | b'\n' => out.literal = self.literal()?,
                b'[' | b']' | b'{' | b'}' | b':' | b',' => {
                    out.literal = self.literal()?;
                    out.structure = Some(byte);
                }
                b'"' => {
                    out.literal = self.literal()?;
                    self.state = State::String;
                }
                _ => self.token.push(byte),
            },
            State::String if byte == b'"' => {
                self.state = State::Normal;
                let text = unescape(&self.token)?;
                self.token.clear();
                out.string = Some(Value::String(text));
            }
            State::String => {
                self.token.push(byte);
                if byte == b'\\' {
                    self.state = State::Escape;
                }
            }
            State::Escape => {
                self.token.push(byte);
                self.state = State::String;
            }
        }
        Ok(out)
    }

    /// The literal that the end of input completes.
    pub fn finish(&mut self) -> Result<Option<Value>, &'static str> {
        if self.state != State::Normal {
            return Err("Unfinished string");
        }
        self.literal()
    }

    fn literal(&mut self) -> Result<Option<Value>, &'static str> {
        if self.token.is_empty() {
            return Ok(None);
        }
        let token = std::mem::take(&mut self.token);
        literal(&token).map(Some)
    }
}

/// The value of an unquoted token.
pub(super) fn literal(token: &[u8]) -> Result<Value, &'static str> {
    let expect = |want: &[u8], v: Value| if token == want { Ok(v) } else { Err("Invalid literal") };
    match token.first() {
        Some(b't') => expect(b"true", Value::Bool(true)),
        Some(b'f') => expect(b"false", Value::Bool(false)),
        Some(b'n') if token.len() != 3 => expect(b"null", Value::Null),
        Some(b'\'') => Err("Invalid string literal; expected \", but got '"),
        _ => Number::parse(token).map(Value::Number).ok_or("Invalid numeric literal"),
    }
}
