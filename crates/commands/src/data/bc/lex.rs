//! Words of the language.

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Vec<u8>),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Keyword(&'static str),
    /// An operator or a bracket.
    Op(&'static str),
    Newline,
    /// What is no part of the language.
    Illegal(u8),
    End,
}

const KEYWORDS: &[&str] = &[
    "auto", "break", "continue", "define", "else", "for", "halt", "ibase", "if", "last", "length", "limits", "obase",
    "print", "quit", "random", "read", "return", "scale", "sqrt", "void", "warranty", "while",
];

/// Longer ones first.
const OPERATORS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "+", "-", "*", "/", "%", "^",
    "(", ")", "[", "]", "{", "}", "<", ">", "=", "!", ";", ",", "&", ".",
];

/// Cuts a program into words with their lines.
pub(super) fn words(text: &[u8]) -> Vec<(Token, usize)> {
    let mut all = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&b) = text.get(at) {
        let rest = &text[at..];
        let start = line;
        let (token, len) = match b {
            b'\n' => {
                line += 1;
                (Some(Token::Newline), 1)
            }
            b' ' | b'\t' | b'\r' => (None, 1),
            b'\\' if rest.get(1) == Some(&b'\n') => {
                line += 1;
                (None, 2)
            }
            b'#' => (None, memchr::memchr(b'\n', rest).unwrap_or(rest.len())),
            b'/' if rest.get(1) == Some(&b'*') => {
                let len = memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |n| n + 4);
                line += memchr::memchr_iter(b'\n', &rest[..len]).count();
                (None, len)
            }
            b'"' => match memchr::memchr(b'"', &rest[1..]) {
                Some(n) => {
                    line += memchr::memchr_iter(b'\n', &rest[..n + 1]).count();
                    (Some(Token::Text(rest[1..=n].to_vec())), n + 2)
                }
                None => (Some(Token::Illegal(b'"')), 1),
            },
            b'0'..=b'9' | b'A'..=b'Z' | b'.' => number(rest),
            b'a'..=b'z' => {
                let name = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
                let len = rest.iter().take_while(|b| name(b)).count();
                let word = &rest[..len];
                let token = match KEYWORDS.iter().find(|k| k.as_bytes() == word) {
                    Some(k) => Token::Keyword(k),
                    None => Token::Name(word.to_vec()),
                };
                (Some(token), len)
            }
            _ => match OPERATORS.iter().find(|o| rest.starts_with(o.as_bytes())) {
                Some(o) => (Some(Token::Op(o)), o.len()),
                None => (Some(Token::Illegal(b)), 1),
            },
        };
        all.extend(token.map(|t| (t, start)));
        at += len;
    }
    all.push((Token::End, line));
    all
}

/// Digits with one point at most; a number may go on behind a backslash at the end of a line.
fn number(text: &[u8]) -> (Option<Token>, usize) {
    let (mut digits, mut at, mut point) = (Vec::new(), 0, false);
    while let Some(&b) = text.get(at) {
        match b {
            b'0'..=b'9' | b'A'..=b'Z' => digits.push(b),
            b'.' if !point => {
                point = true;
                digits.push(b);
            }
            b'\\' if text.get(at + 1) == Some(&b'\n') => at += 1,
            _ => break,
        }
        at += 1;
    }
    if digits == b"." {
        return (Some(Token::Op(".")), at);
    }
    // Zeros in front count for nothing, not even for whether a digit stands alone.
    let zeros = digits.iter().take_while(|b| **b == b'0').count();
    digits.drain(..zeros);
    if digits.is_empty() || digits == b"." {
        digits = b"0".to_vec();
    }
    (Some(Token::Number(digits)), at)
}
