//! Tokens of arithmetic expressions.

use std::sync::Arc;

use super::{ArithError, Subscript, Variable, error, number};

/// Subscripts inside subscripts that are compiled with the expression.
const MAX_COMPILED_SUBSCRIPTS: usize = 16;

/// A token.
#[derive(Debug, Clone)]
pub(super) enum Token {
    /// End of the text.
    End,
    /// A constant.
    Number(i64),
    /// A variable, with its subscript.
    Name(Variable),
    /// `++` or `--` before a variable: the change.
    Before(i64),
    /// `++` or `--` after a variable: the change.
    After(i64),
    /// `=` or an operator and `=`.
    Assign(Option<Binary>),
    /// An operator between two values.
    Binary(Binary),
    /// `**`.
    Power,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `!`.
    Not,
    /// `~`.
    Complement,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `?`.
    Question,
    /// `:`.
    Colon,
    /// `,`.
    Comma,
}

/// Binary operators that evaluate both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Less,
    Greater,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Binary {
    /// Precedence, from 1 for the weakest.
    pub fn level(self) -> u8 {
        match self {
            Self::BitOr => 1,
            Self::BitXor => 2,
            Self::BitAnd => 3,
            Self::Equal | Self::NotEqual => 4,
            Self::LessEqual | Self::GreaterEqual | Self::Less | Self::Greater => 5,
            Self::ShiftLeft | Self::ShiftRight => 6,
            Self::Add | Self::Subtract => 7,
            Self::Multiply | Self::Divide | Self::Remainder => 8,
        }
    }
}

/// Reads tokens; keeps what error messages need.
pub(super) struct Lexer<'a> {
    pub text: &'a [u8],
    /// After the current token.
    pub pos: usize,
    /// Start of the current token, or of the last one at the end of the text.
    pub at: usize,
    pub token: Token,
    /// The current token came after `++` or `--` and its variable has been dealt with.
    pub changed: bool,
    /// Nesting of subscripts.
    depth: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8], depth: usize) -> Self {
        Self {
            text,
            pos: 0,
            at: 0,
            token: Token::End,
            changed: false,
            depth,
        }
    }

    fn byte(&self, i: usize) -> u8 {
        self.text.get(i).copied().unwrap_or(0)
    }

    fn skip_blanks(&self, mut i: usize) -> usize {
        while matches!(self.byte(i), b' ' | b'\t' | b'\n' | b'\r') {
            i += 1;
        }
        i
    }

    /// An error at the current token.
    pub fn error(&self, reason: &str) -> ArithError {
        self.error_at(reason, self.at)
    }

    /// An error at a position.
    pub fn error_at(&self, reason: &str, at: usize) -> ArithError {
        error(self.text, reason, self.text.get(at..).unwrap_or_default())
    }

    /// Moves to the next token.
    pub fn advance(&mut self) -> Result<(), ArithError> {
        let start = self.skip_blanks(self.pos);
        let c = self.byte(start);
        if start >= self.text.len() {
            self.pos = start;
            self.token = Token::End;
            return Ok(());
        }
        self.at = start;
        if c.is_ascii_alphabetic() || c == b'_' {
            return self.name(start);
        }
        if c.is_ascii_digit() {
            return self.number(start);
        }
        self.operator(start, c)
    }

    fn number(&mut self, start: usize) -> Result<(), ArithError> {
        let mut end = start;
        while matches!(self.byte(end), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'#' | b'@' | b'_') {
            end += 1;
        }
        match number::constant(&self.text[start..end]) {
            Ok(value) => {
                self.token = Token::Number(value);
                self.pos = end;
                Ok(())
            }
            // bash shows the expression only up to the constant.
            Err(reason) => Err(error(&self.text[..end], reason, &self.text[start..end])),
        }
    }

    fn name(&mut self, start: usize) -> Result<(), ArithError> {
        let mut end = start;
        while self.byte(end).is_ascii_alphanumeric() || self.byte(end) == b'_' {
            end += 1;
        }
        let name = self.text[start..end].to_vec();
        let mut subscript = None;
        if self.byte(end) == b'[' {
            let Some(close) = self.closing_bracket(end) else {
                return Err(self.error("bad array subscript"));
            };
            let text = &self.text[end + 1..close];
            if text.is_empty() {
                let message = [&self.text[start..=close], b": bad array subscript"].concat();
                return Err(ArithError {
                    message,
                    reported: false,
                });
            }
            let raw =
                memchr::memchr3(b'$', b'`', b'\\', text).is_some() || memchr::memchr2(b'"', b'\'', text).is_some();
            // Deeper ones are compiled when they are needed, so that a program never nests far.
            let index = (!raw && self.depth < MAX_COMPILED_SUBSCRIPTS)
                .then(|| Arc::new(super::compile::compile(text, self.depth + 1)));
            subscript = Some(Subscript {
                text: text.to_vec(),
                index,
            });
            end = close + 1;
        }
        self.pos = end;
        self.token = Token::Name(Variable {
            name,
            subscript,
            at: start,
        });
        Ok(())
    }

    /// The bracket that closes the one at `open`.
    fn closing_bracket(&self, open: usize) -> Option<usize> {
        let mut level = 0usize;
        let mut i = open;
        while i < self.text.len() {
            match self.text[i] {
                b'[' => level += 1,
                b']' => {
                    level -= 1;
                    if level == 0 {
                        return Some(i);
                    }
                }
                b'\\' => i += 1,
                quote @ (b'\'' | b'"') => {
                    i += 1 + memchr::memchr(quote, &self.text[i + 1..])?;
                }
                _ => {}
            }
            i += 1;
        }
        None
    }

    fn operator(&mut self, start: usize, c: u8) -> Result<(), ArithError> {
        use Binary as B;
        let second = self.byte(start + 1);
        let third = self.byte(start + 2);
        let (token, length) = match (c, second, third) {
            (b'<', b'<', b'=') => (Token::Assign(Some(B::ShiftLeft)), 3),
            (b'>', b'>', b'=') => (Token::Assign(Some(B::ShiftRight)), 3),
            (b'<', b'<', _) => (Token::Binary(B::ShiftLeft), 2),
            (b'>', b'>', _) => (Token::Binary(B::ShiftRight), 2),
            (b'=', b'=', _) => (Token::Binary(B::Equal), 2),
            (b'!', b'=', _) => (Token::Binary(B::NotEqual), 2),
            (b'<', b'=', _) => (Token::Binary(B::LessEqual), 2),
            (b'>', b'=', _) => (Token::Binary(B::GreaterEqual), 2),
            (b'&', b'&', _) => (Token::And, 2),
            (b'|', b'|', _) => (Token::Or, 2),
            (b'*', b'*', _) => (Token::Power, 2),
            (b'*', b'=', _) => (Token::Assign(Some(B::Multiply)), 2),
            (b'/', b'=', _) => (Token::Assign(Some(B::Divide)), 2),
            (b'%', b'=', _) => (Token::Assign(Some(B::Remainder)), 2),
            (b'+', b'=', _) => (Token::Assign(Some(B::Add)), 2),
            (b'-', b'=', _) => (Token::Assign(Some(B::Subtract)), 2),
            (b'&', b'=', _) => (Token::Assign(Some(B::BitAnd)), 2),
            (b'^', b'=', _) => (Token::Assign(Some(B::BitXor)), 2),
            (b'|', b'=', _) => (Token::Assign(Some(B::BitOr)), 2),
            (b'+' | b'-', _, _) => self.sign(start, c, second)?,
            (b'=', _, _) => (Token::Assign(None), 1),
            (b'<', _, _) => (Token::Binary(B::Less), 1),
            (b'>', _, _) => (Token::Binary(B::Greater), 1),
            (b'*', _, _) => (Token::Binary(B::Multiply), 1),
            (b'/', _, _) => (Token::Binary(B::Divide), 1),
            (b'%', _, _) => (Token::Binary(B::Remainder), 1),
            (b'&', _, _) => (Token::Binary(B::BitAnd), 1),
            (b'|', _, _) => (Token::Binary(B::BitOr), 1),
            (b'^', _, _) => (Token::Binary(B::BitXor), 1),
            (b'!', _, _) => (Token::Not, 1),
            (b'~', _, _) => (Token::Complement, 1),
            (b'(', _, _) => (Token::Open, 1),
            (b')', _, _) => (Token::Close, 1),
            (b'?', _, _) => (Token::Question, 1),
            (b':', _, _) => (Token::Colon, 1),
            (b',', _, _) => (Token::Comma, 1),
            _ => {
                let reason = if matches!(self.token, Token::Number(_) | Token::Name(_)) {
                    "syntax error: invalid arithmetic operator"
                } else {
                    "syntax error: operand expected"
                };
                return Err(self.error(reason));
            }
        };
        self.pos = start + length;
        self.token = token;
        Ok(())
    }

    /// `+`, `-`, or a doubled one: after a variable, or before one, it changes it; otherwise it is two signs.
    fn sign(&self, start: usize, c: u8, second: u8) -> Result<(Token, usize), ArithError> {
        let change = if c == b'+' { 1 } else { -1 };
        if second == c {
            if matches!(self.token, Token::Name(_)) && !self.changed {
                return Ok((Token::After(change), 2));
            }
            if self.changed {
                let reason = if c == b'+' {
                    "++: assignment requires lvalue"
                } else {
                    "--: assignment requires lvalue"
                };
                return Err(self.error(reason));
            }
            let next = self.byte(self.skip_blanks(start + 2));
            if next.is_ascii_alphabetic() || next == b'_' {
                return Ok((Token::Before(change), 2));
            }
        }
        let op = if c == b'+' { Binary::Add } else { Binary::Subtract };
        Ok((Token::Binary(op), 1))
    }
}
