//! Tokens of the jq language, made on demand because strings hold programs.

use super::SyntaxError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name, possibly with `module::` in front.
    Ident(&'a str),
    /// A reserved word.
    Keyword(&'a str),
    /// `.name`
    Field(&'a str),
    /// `$name`
    Variable(&'a str),
    /// `@name`
    Format(&'a str),
    Number(&'a str),
    /// The opening quote of a string.
    Quote,
    /// An operator or punctuation mark.
    Op(&'static str),
    End,
}

const KEYWORDS: [&str; 18] = [
    "as", "def", "if", "then", "else", "elif", "end", "and", "or", "reduce", "foreach", "try", "catch", "label",
    "import", "include", "module", "__loc__",
];

/// Longest first.
const OPERATORS: [&str; 35] = [
    "?//", "//=", "!=", "==", "//", "|=", "+=", "-=", "*=", "/=", "%=", "<=", ">=", "..", ".", "?", "=", ";", ",", ":",
    "|", "+", "-", "*", "/", "%", "$", "<", ">", "(", ")", "[", "]", "{", "}",
];

pub(super) struct Lexer<'a> {
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// Skips white space and comments. A backslash at the end of a comment line continues the comment, as in Tcl.
    pub fn skip(&mut self) {
        let b = self.bytes();
        loop {
            match b.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'#') => {
                    self.at += 1;
                    while let Some(&c) = b.get(self.at) {
                        match c {
                            b'\n' => break,
                            b'\\' => {
                                self.at += match (b.get(self.at + 1), b.get(self.at + 2)) {
                                    (Some(b'\r'), Some(b'\n')) => 3,
                                    (Some(b'\n' | b'\\'), _) => 2,
                                    _ => 1,
                                }
                            }
                            _ => self.at += 1,
                        }
                    }
                }
                _ => return,
            }
        }
    }

    /// The next token and the byte range it covers.
    pub fn next(&mut self) -> Result<(Token<'a>, (usize, usize)), SyntaxError> {
        self.skip();
        let start = self.at;
        let b = self.bytes();
        let token = match b.get(start) {
            None => Token::End,
            Some(b'"') => {
                self.at += 1;
                Token::Quote
            }
            Some(c) if c.is_ascii_alphabetic() || *c == b'_' => {
                let word = self.name(start, true);
                if KEYWORDS.contains(&word) {
                    Token::Keyword(word)
                } else {
                    Token::Ident(word)
                }
            }
            Some(b'$') if b.get(start + 1).is_some_and(|c| is_name_start(*c)) => {
                Token::Variable(self.name(start + 1, true))
            }
            Some(b'@')
                if b.get(start + 1)
                    .is_some_and(|c| is_name_start(*c) || c.is_ascii_digit()) =>
            {
                Token::Format(self.name(start + 1, false))
            }
            Some(b'.') if b.get(start + 1).is_some_and(|c| is_name_start(*c)) => {
                Token::Field(self.name(start + 1, false))
            }
            Some(c) if c.is_ascii_digit() || (*c == b'.' && b.get(start + 1).is_some_and(u8::is_ascii_digit)) => {
                Token::Number(self.number(start))
            }
            Some(_) => match OPERATORS
                .iter()
                .find(|op| self.text.get(start..).is_some_and(|t| t.starts_with(**op)))
            {
                Some(op) => {
                    self.at += op.len();
                    Token::Op(op)
                }
                None => {
                    let len = self
                        .text
                        .get(start..)
                        .and_then(|t| t.chars().next())
                        .map_or(1, char::len_utf8);
                    return Err(SyntaxError {
                        message: "syntax error, unexpected INVALID_CHARACTER".to_owned(),
                        span: (start, start + len),
                    });
                }
            },
        };
        Ok((token, (start, self.at)))
    }

    /// Reads a name; `qualified` names may hold `::`.
    fn name(&mut self, from: usize, qualified: bool) -> &'a str {
        let b = self.bytes();
        let mut end = from;
        loop {
            while b.get(end).is_some_and(|c| is_name_start(*c) || c.is_ascii_digit()) {
                end += 1;
            }
            if qualified && b.get(end..end + 2) == Some(b"::") && b.get(end + 2).is_some_and(|c| is_name_start(*c)) {
                end += 2;
            } else {
                break;
            }
        }
        self.at = end;
        &self.text[from..end]
    }

    fn number(&mut self, from: usize) -> &'a str {
        let b = self.bytes();
        let digits = |mut i: usize| {
            while b.get(i).is_some_and(u8::is_ascii_digit) {
                i += 1;
            }
            i
        };
        let mut end = digits(from);
        if b.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if matches!(b.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(b.get(end + 1), Some(b'+' | b'-')));
            let exp = digits(end + 1 + sign);
            if exp > end + 1 + sign {
                end = exp;
            }
        }
        self.at = end;
        &self.text[from..end]
    }
}

fn is_name_start(c: u8) -> bool {
    c.is_ascii_alphabetic() || c == b'_'
}
