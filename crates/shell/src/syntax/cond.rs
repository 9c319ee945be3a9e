//! `[[ … ]]`.

use std::sync::Arc;

use super::{
    ast::{CondExpr, CondOp, Word, WordFlags, WordPart},
    error::ErrorKind,
    machine::{Machine, Parse, class},
    words::WordContext,
};

/// What stands at the cursor inside `[[ ]]`.
enum Token {
    Word,
    /// `]]`.
    Close,
    And,
    Or,
    Open,
    /// `)`.
    CloseParen,
    Bang,
    /// `<` or `>`.
    Compare(CondOp),
    /// Anything else, newline included.
    Other,
}

impl Machine<'_> {
    /// The expression after `[[`, up to and with `]]`.
    pub fn cond_command(&mut self) -> Parse<CondExpr> {
        let expr = self.cond_or()?;
        self.skip_cond_newlines();
        if matches!(self.cond_token(), Token::Close) {
            self.pos += 2;
            self.end = self.pos;
            return Ok(expr);
        }
        self.skip_blanks();
        let message = match self.cond_token() {
            Token::Word => b"syntax error in conditional expression".to_vec(),
            Token::Other if matches!(self.at(self.pos), 0 | b'\n') => {
                b"syntax error in conditional expression".to_vec()
            }
            _ => self.with_token(b"syntax error in conditional expression: unexpected token `", b"'"),
        };
        Err(self.cond_error(message))
    }

    fn with_token(&mut self, before: &[u8], after: &[u8]) -> Vec<u8> {
        let token = self.token_text();
        [before, &token[..], after].concat()
    }

    fn skip_cond_newlines(&mut self) {
        loop {
            self.skip_blanks();
            if self.at(self.pos) != b'\n' {
                return;
            }
            self.pos += 1;
        }
    }

    fn cond_token(&mut self) -> Token {
        self.skip_blanks();
        let c = self.peek();
        let ends = |m: &Self, n: usize| class::OF[m.at(m.pos + n) as usize] & class::META != 0;
        match c {
            b']' if self.at(self.pos + 1) == b']' && ends(self, 2) => Token::Close,
            b'!' if ends(self, 1) && !(self.opts.extglob && self.at(self.pos + 1) == b'(') => Token::Bang,
            b'&' if self.peek_second() == b'&' => Token::And,
            b'|' if self.peek_second() == b'|' => Token::Or,
            b'(' => Token::Open,
            b')' => Token::CloseParen,
            b'<' | b'>' if self.at(self.pos + 1) == b'(' => Token::Word,
            b'<' if !matches!(self.peek_second(), b'<' | b'&' | b'>') => Token::Compare(CondOp::Less),
            b'>' if !matches!(self.peek_second(), b'>' | b'&' | b'|') => Token::Compare(CondOp::Greater),
            _ if class::OF[c as usize] & class::META == 0 => Token::Word,
            _ => Token::Other,
        }
    }

    fn cond_or(&mut self) -> Parse<CondExpr> {
        let mut operands = vec![self.cond_and()?];
        loop {
            self.skip_cond_newlines();
            if !matches!(self.cond_token(), Token::Or) {
                break;
            }
            self.eat(b"||");
            operands.push(self.cond_and()?);
        }
        Ok(single_or(operands, CondExpr::Or))
    }

    fn cond_and(&mut self) -> Parse<CondExpr> {
        let mut operands = vec![self.cond_term()?];
        loop {
            self.skip_cond_newlines();
            if !matches!(self.cond_token(), Token::And) {
                break;
            }
            self.eat(b"&&");
            operands.push(self.cond_term()?);
        }
        Ok(single_or(operands, CondExpr::And))
    }

    fn cond_term(&mut self) -> Parse<CondExpr> {
        self.skip_cond_newlines();
        match self.cond_token() {
            Token::Open => {
                self.pos += 1;
                let inner = self.nested(Self::cond_or).map_err(|mut error| {
                    // bash's parser reports the missing parenthesis as well.
                    if error.kind == ErrorKind::Conditional && error.detail.is_none() {
                        error.detail = Some(b"expected `)'".to_vec());
                    }
                    error
                })?;
                self.skip_cond_newlines();
                if !matches!(self.cond_token(), Token::CloseParen) {
                    let message = match self.cond_token() {
                        Token::Other if self.at(self.pos) == 0 => b"expected `)'".to_vec(),
                        _ => self.with_token(b"unexpected token `", b"', expected `)'"),
                    };
                    return Err(self.cond_error(message));
                }
                self.pos += 1;
                Ok(CondExpr::Group(Arc::new(inner)))
            }
            Token::Bang => {
                self.pos += 1;
                let inner = self.nested(Self::cond_term)?;
                Ok(CondExpr::Not(Arc::new(inner)))
            }
            Token::Word => self.cond_test(),
            // bash says nothing here.
            Token::Close => Err(self.cond_error(Vec::new())),
            _ => {
                let message = self.with_token(b"unexpected token `", b"' in conditional command");
                Err(self.cond_error(message))
            }
        }
    }

    /// A test that starts with a word.
    fn cond_test(&mut self) -> Parse<CondExpr> {
        let left = self.read_word(WordContext::default())?;
        if let Some(op) = unary_operator(&left) {
            // `[[ -f == x ]]` is a test of the file `==`, but a lone operator is a word.
            match self.cond_token() {
                Token::Word => {
                    let operand = self.read_word(WordContext::default())?;
                    return Ok(CondExpr::Unary { op, operand });
                }
                _ => {
                    let message = self.with_token(b"unexpected argument `", b"' to conditional unary operator");
                    return Err(self.cond_error(message));
                }
            }
        }
        let op = match self.cond_token() {
            Token::Close | Token::And | Token::Or | Token::CloseParen => return Ok(CondExpr::Word(left)),
            Token::Compare(op) => {
                self.pos += 1;
                op
            }
            Token::Word | Token::Bang => {
                let word = self.read_word(WordContext::default())?;
                match binary_operator(&word) {
                    Some(op) => op,
                    None => return Err(self.cond_error(b"conditional binary operator expected".to_vec())),
                }
            }
            Token::Other | Token::Open => {
                let message = self.with_token(b"unexpected token `", b"', conditional binary operator expected");
                return Err(self.cond_error(message));
            }
        };
        self.skip_blanks();
        let regex = op == CondOp::Regex;
        let pattern = matches!(op, CondOp::Equal | CondOp::EqualEqual | CondOp::NotEqual);
        let cx = WordContext {
            regex,
            extglob: pattern,
            ..WordContext::default()
        };
        match self.cond_token() {
            Token::Word | Token::Bang => {}
            Token::Open if regex => {}
            Token::Other if regex && self.at(self.pos) == b'|' => {}
            _ => {
                let message = self.with_token(b"unexpected argument `", b"' to conditional binary operator");
                return Err(self.cond_error(message));
            }
        }
        let right = self.read_word(cx)?;
        Ok(CondExpr::Binary { op, left, right })
    }
}

fn single_or(mut operands: Vec<CondExpr>, join: fn(Vec<CondExpr>) -> CondExpr) -> CondExpr {
    match (operands.len(), operands.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            operands.push(last);
            join(operands)
        }
        (_, None) => CondExpr::Empty,
    }
}

/// The letter of a unary operator, which must not be quoted.
fn unary_operator(word: &Word) -> Option<u8> {
    match plain(word)? {
        [b'-', letter] if b"abcdefghknoprstuvwxzGLNORS".contains(letter) => Some(*letter),
        _ => None,
    }
}

fn binary_operator(word: &Word) -> Option<CondOp> {
    Some(match plain(word)? {
        b"=" => CondOp::Equal,
        b"==" => CondOp::EqualEqual,
        b"!=" => CondOp::NotEqual,
        b"=~" => CondOp::Regex,
        b"-eq" => CondOp::NumEq,
        b"-ne" => CondOp::NumNe,
        b"-lt" => CondOp::NumLt,
        b"-le" => CondOp::NumLe,
        b"-gt" => CondOp::NumGt,
        b"-ge" => CondOp::NumGe,
        b"-nt" => CondOp::Newer,
        b"-ot" => CondOp::Older,
        b"-ef" => CondOp::SameFile,
        _ => return None,
    })
}

fn plain(word: &Word) -> Option<&[u8]> {
    match word.parts.as_slice() {
        [WordPart::Literal(text)] if !word.flags.has(WordFlags::QUOTED) => Some(text),
        _ => None,
    }
}
