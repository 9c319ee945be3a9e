//! Source text to tokens (POSIX XCU awk, "Lexical Conventions", with gawk's additions).

use super::escape;
use super::token::{BUILTINS, KEYWORDS, Place, Tok, Token};
use super::{Source, SyntaxError};
use crate::value::number;

/// Reads tokens out of one source.
pub struct Lexer<'a> {
    source: &'a Source,
    text: &'a [u8],
    at: usize,
    line: u32,
    index: u16,
    tokens: &'a mut Vec<Token>,
    warnings: &'a mut Vec<Vec<u8>>,
    warned: &'a mut [bool; 256],
}

/// Appends the tokens of `source` (number `index` of the program) to `tokens`, without an end mark.
///
/// # Errors
/// Unterminated strings and regular expressions, characters that belong to no token.
pub fn tokenize(
    source: &Source,
    index: u16,
    tokens: &mut Vec<Token>,
    warnings: &mut Vec<Vec<u8>>,
    warned: &mut [bool; 256],
) -> Result<(), SyntaxError> {
    let mut lexer = Lexer {
        source,
        text: &source.text,
        at: 0,
        line: 1,
        index,
        tokens,
        warnings,
        warned,
    };
    lexer.run()
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn place(&self) -> Place {
        Place {
            source: self.index,
            line: self.line,
        }
    }

    fn push(&mut self, tok: Tok, offset: usize) {
        let place = self.place();
        self.tokens.push(Token { tok, place, offset });
    }

    fn error(&self, offset: usize, message: &str) -> SyntaxError {
        SyntaxError::at(self.source, self.line, offset, message)
    }

    fn run(&mut self) -> Result<(), SyntaxError> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'\n' => {
                    self.push(Tok::Newline, self.at);
                    self.at += 1;
                    self.line += 1;
                }
                b'\\' if self.peek(1) == b'\n' => {
                    self.at += 2;
                    self.line += 1;
                }
                b'\\' if self.peek(1) == b'\r' && self.peek(2) == b'\n' => {
                    self.at += 3;
                    self.line += 1;
                }
                b'\\' => return Err(self.error(self.at, "backslash not last character on line")),
                b'#' => {
                    let rest = &self.text[self.at..];
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                0 if self.at >= self.text.len() => return Ok(()),
                b'"' => self.string()?,
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_ascii_digit() => self.number(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
                b'/' if !self.operand_before() => {
                    let offset = self.at;
                    let source = self.regex()?;
                    self.push(Tok::Regex(source), offset);
                }
                b'@' if self.peek(1) == b'/' => {
                    let offset = self.at;
                    self.at += 1;
                    let source = self.regex()?;
                    self.push(Tok::TypedRegex(source), offset);
                }
                _ => self.sign()?,
            }
        }
    }

    /// Whether the token before this point ends an operand, so that a `/` divides.
    fn operand_before(&self) -> bool {
        matches!(
            self.tokens.last().map(|token| &token.tok),
            Some(
                Tok::Number(_)
                    | Tok::Text(_)
                    | Tok::Regex(_)
                    | Tok::TypedRegex(_)
                    | Tok::Name(_)
                    | Tok::Builtin(_)
                    | Tok::RParen
                    | Tok::RBracket
                    | Tok::Dollar
                    | Tok::Increment
                    | Tok::Decrement
            )
        )
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let offset = self.at;
        let line = self.line;
        self.at += 1;
        let from = self.at;
        let mut newlines = 0;
        loop {
            match self.peek(0) {
                b'"' => break,
                b'\\' if self.at + 1 < self.text.len() => {
                    if self.peek(1) == b'\n' {
                        newlines += 1;
                    }
                    self.at += 2;
                }
                b'\n' => return Err(self.error(offset, "unterminated string")),
                _ if self.at >= self.text.len() => return Err(self.error(offset, "unterminated string")),
                _ => self.at += 1,
            }
        }
        let raw = &self.text[from..self.at];
        let (warned, warnings, source) = (&mut *self.warned, &mut *self.warnings, self.source);
        let text = escape::unescape(raw, |message, byte| {
            if !std::mem::replace(&mut warned[usize::from(byte)], true) {
                let mut warning = format!("{}:{line}: warning: ", source.name).into_bytes();
                warning.extend_from_slice(message);
                warnings.push(warning);
            }
        });
        self.at += 1;
        self.push(Tok::Text(text), offset);
        self.line += newlines;
        Ok(())
    }

    fn number(&mut self) {
        let offset = self.at;
        let rest = &self.text[self.at..];
        let (value, used) = number::radix_prefix(rest).unwrap_or_else(|| number::scan(rest));
        self.at += used.max(1);
        self.push(Tok::Number(value), offset);
    }

    fn word(&mut self) {
        let offset = self.at;
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            self.at += 1;
        }
        let word = &self.text[offset..self.at];
        let tok = if let Some((_, tok)) = KEYWORDS.iter().find(|(name, _)| name.as_bytes() == word) {
            tok.clone()
        } else if let Some((_, builtin, ..)) = BUILTINS.iter().find(|(name, ..)| name.as_bytes() == word) {
            Tok::Builtin(*builtin)
        } else if self.peek(0) == b'(' {
            Tok::CallName(word.to_vec())
        } else {
            Tok::Name(word.to_vec())
        };
        self.push(tok, offset);
    }

    /// Reads a regular expression; slashes inside brackets do not end it.
    fn regex(&mut self) -> Result<Vec<u8>, SyntaxError> {
        let open = self.at;
        self.at += 1;
        let mut source = Vec::new();
        // Position in `source` just behind the `[` (and `^`) of the bracket expression we are in.
        let mut bracket: Option<usize> = None;
        loop {
            let byte = self.peek(0);
            if self.at >= self.text.len() || byte == b'\n' {
                return Err(self.error(open + 1, "unterminated regexp"));
            }
            match byte {
                b'/' if bracket.is_none() => break,
                b'\\' => {
                    match self.peek(1) {
                        b'/' => source.push(b'/'),
                        b'\n' => self.line += 1,
                        0 if self.at + 1 >= self.text.len() => {
                            return Err(self.error(open + 1, "unterminated regexp ends with `\\' at end of file"));
                        }
                        other => source.extend_from_slice(&[b'\\', other]),
                    }
                    self.at += 2;
                    continue;
                }
                b'[' => match bracket {
                    None => {
                        source.push(b'[');
                        self.at += 1;
                        if self.peek(0) == b'^' {
                            source.push(b'^');
                            self.at += 1;
                        }
                        bracket = Some(source.len());
                        continue;
                    }
                    Some(_) => {
                        let kind = self.peek(1);
                        if matches!(kind, b':' | b'.' | b'=')
                            && let Some(length) = class_length(&self.text[self.at..], kind)
                        {
                            source.extend_from_slice(&self.text[self.at..self.at + length]);
                            self.at += length;
                            continue;
                        }
                    }
                },
                b']' if bracket.is_some_and(|start| source.len() > start) => bracket = None,
                _ => {}
            }
            source.push(byte);
            self.at += 1;
        }
        self.at += 1;
        Ok(source)
    }

    fn sign(&mut self) -> Result<(), SyntaxError> {
        let offset = self.at;
        let three = [self.peek(0), self.peek(1), self.peek(2)];
        let (tok, length) = match &three {
            b"**=" => (Tok::PowAssign, 3),
            [b'*', b'*', _] => (Tok::Caret, 2),
            [b'^', b'=', _] => (Tok::PowAssign, 2),
            [b'+', b'=', _] => (Tok::AddAssign, 2),
            [b'-', b'=', _] => (Tok::SubAssign, 2),
            [b'*', b'=', _] => (Tok::MulAssign, 2),
            [b'/', b'=', _] => (Tok::DivAssign, 2),
            [b'%', b'=', _] => (Tok::ModAssign, 2),
            [b'=', b'=', _] => (Tok::Equal, 2),
            [b'<', b'=', _] => (Tok::LessEqual, 2),
            [b'>', b'=', _] => (Tok::GreaterEqual, 2),
            [b'>', b'>', _] => (Tok::Append, 2),
            [b'!', b'=', _] => (Tok::NotEqual, 2),
            [b'!', b'~', _] => (Tok::NoMatch, 2),
            [b'+', b'+', _] => (Tok::Increment, 2),
            [b'-', b'-', _] => (Tok::Decrement, 2),
            [b'&', b'&', _] => (Tok::And, 2),
            [b'|', b'|', _] => (Tok::Or, 2),
            [b'|', b'&', _] => (Tok::PipeBoth, 2),
            [b'{', ..] => (Tok::LBrace, 1),
            [b'}', ..] => (Tok::RBrace, 1),
            [b'(', ..] => (Tok::LParen, 1),
            [b')', ..] => (Tok::RParen, 1),
            [b'[', ..] => (Tok::LBracket, 1),
            [b']', ..] => (Tok::RBracket, 1),
            [b';', ..] => (Tok::Semicolon, 1),
            [b',', ..] => (Tok::Comma, 1),
            [b'+', ..] => (Tok::Plus, 1),
            [b'-', ..] => (Tok::Minus, 1),
            [b'*', ..] => (Tok::Star, 1),
            [b'/', ..] => (Tok::Slash, 1),
            [b'%', ..] => (Tok::Percent, 1),
            [b'^', ..] => (Tok::Caret, 1),
            [b'!', ..] => (Tok::Not, 1),
            [b'<', ..] => (Tok::Less, 1),
            [b'>', ..] => (Tok::Greater, 1),
            [b'|', ..] => (Tok::Pipe, 1),
            [b'?', ..] => (Tok::Question, 1),
            [b':', ..] => (Tok::Colon, 1),
            [b'~', ..] => (Tok::Match, 1),
            [b'$', ..] => (Tok::Dollar, 1),
            [b'=', ..] => (Tok::Assign, 1),
            [b'@', ..] => (Tok::At, 1),
            _ => {
                let byte = self.peek(0);
                let shown = if (b' '..0x7f).contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("\\{byte:03o}")
                };
                return Err(SyntaxError::lines(vec![
                    SyntaxError::source_line(self.source, self.line, offset),
                    SyntaxError::caret_line(self.source, self.line, offset, "syntax error"),
                ])
                .with_note(format!(
                    "{}:{}: invalid char '{shown}' in expression",
                    self.source.name, self.line
                )));
            }
        };
        self.at += length;
        self.push(tok, offset);
        Ok(())
    }
}

/// Length of a `[:name:]`-like element at the start of `text`, when it is closed.
fn class_length(text: &[u8], kind: u8) -> Option<usize> {
    let close = text[2..]
        .windows(2)
        .take_while(|pair| pair[0] != b'\n')
        .position(|pair| pair == [kind, b']'])?;
    Some(close + 4)
}
