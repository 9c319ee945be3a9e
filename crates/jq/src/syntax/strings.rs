//! String literals: escapes and interpolation.

use super::SyntaxError;
use super::ast::{Ast, Id, StrPart};
use super::lexer::Token;
use super::parser::Parser;
use crate::json::unescape;
use crate::value::Value;

impl Parser<'_> {
    /// Parses a string after its opening quote was taken.
    pub(super) fn string(&mut self, format: Option<String>) -> Result<Id, SyntaxError> {
        let parts = self.string_parts()?;
        Ok(match parts.as_slice() {
            [] => self.add(Ast::Literal(Value::from(""))),
            [StrPart::Text(t)] => {
                let v = Value::from(t.as_str());
                self.add(Ast::Literal(v))
            }
            _ => self.add(Ast::Str { format, parts }),
        })
    }

    /// Parses a string that may not have interpolations, quote included.
    pub(super) fn constant_string(&mut self) -> Result<String, SyntaxError> {
        let (token, span) = self.take()?;
        if token != Token::Quote {
            return Err(self.unexpected(token, span, ""));
        }
        match self.string_parts()?.as_mut_slice() {
            [] => Ok(String::new()),
            [StrPart::Text(t)] => Ok(std::mem::take(t)),
            _ => Err(SyntaxError {
                message: "Import path must be constant".to_owned(),
                span,
            }),
        }
    }

    fn string_parts(&mut self) -> Result<Vec<StrPart>, SyntaxError> {
        let mut parts = Vec::new();
        let text = self.text();
        let mut start = self.position();
        let open = start - 1;
        let mut at = start;
        loop {
            match text.as_bytes().get(at) {
                None => {
                    return Err(SyntaxError {
                        message: "syntax error, unexpected end of file, expecting QQSTRING_TEXT or \
                                  QQSTRING_INTERP_START or QQSTRING_END"
                            .to_owned(),
                        span: (open, text.len()),
                    });
                }
                Some(b'"') => {
                    push_text(&mut parts, &text[start..at], start)?;
                    self.seek(at + 1);
                    return Ok(parts);
                }
                Some(b'\\') if text.as_bytes().get(at + 1) == Some(&b'(') => {
                    push_text(&mut parts, &text[start..at], start)?;
                    self.seek(at + 2);
                    let id = self.query()?;
                    parts.push(StrPart::Interp(id));
                    self.close_interpolation()?;
                    start = self.position();
                    at = start;
                }
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
            }
        }
    }
}

fn push_text(parts: &mut Vec<StrPart>, raw: &str, at: usize) -> Result<(), SyntaxError> {
    if raw.is_empty() {
        return Ok(());
    }
    // Unlike JSON, a program's string may hold raw control characters.
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(i) = rest.find(|c: char| c < ' ') {
        out.push_str(&decode(&rest[..i], at, raw.len())?);
        out.push_str(&rest[i..=i]);
        rest = &rest[i + 1..];
    }
    out.push_str(&decode(rest, at, raw.len())?);
    parts.push(StrPart::Text(out));
    Ok(())
}

fn decode(raw: &str, at: usize, len: usize) -> Result<String, SyntaxError> {
    match unescape(raw.as_bytes()) {
        Ok(s) => Ok(s.to_string()),
        Err(m) => Err(SyntaxError {
            message: format!("{m} at line 1, column {} (while parsing '\"{raw}\"')", raw.len() + 2),
            span: (at, at + len),
        }),
    }
}
