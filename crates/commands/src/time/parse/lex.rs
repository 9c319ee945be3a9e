//! The words and numbers of a date.

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A number; `sign` is 0 where none was written. `fraction` in nanoseconds.
    Number {
        value: i64,
        digits: usize,
        sign: i8,
        fraction: Option<u32>,
    },
    /// Letters, in lower case.
    Word(String),
    /// `@`.
    At,
    /// Anything else.
    Char(u8),
}

/// Splits a date; `None` when a number is too large or a comment does not end.
pub(super) fn tokens(text: &[u8]) -> Option<Vec<Token>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(&b) = text.get(at) {
        match b {
            b' ' | 9..=13 => at += 1,
            b'(' => {
                // A comment; they nest.
                let mut depth = 0;
                loop {
                    match text.get(at)? {
                        b'(' => depth += 1,
                        b')' => depth -= 1,
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            b'0'..=b'9' => at = number(text, at, 0, &mut all)?,
            b'+' | b'-' => {
                at += 1;
                let start = at + text[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
                if text.get(start).is_some_and(u8::is_ascii_digit) {
                    at = number(text, start, if b == b'-' { -1 } else { 1 }, &mut all)?;
                }
                // A hyphen between words (`1-Jan-2020`) only separates.
            }
            b'a'..=b'z' | b'A'..=b'Z' => {
                let len = text[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphabetic() || **b == b'.')
                    .count();
                let word = String::from_utf8_lossy(&text[at..at + len]).to_lowercase();
                // A point ends an abbreviation (`Jan.`), but belongs to `a.m.`.
                let word = match word.trim_end_matches('.') {
                    w if w.contains('.') => word.clone(),
                    w => w.to_string(),
                };
                all.push(Token::Word(word));
                at += len;
            }
            b'@' => {
                all.push(Token::At);
                at += 1;
            }
            other => {
                all.push(Token::Char(other));
                at += 1;
            }
        }
    }
    Some(all)
}

fn number(text: &[u8], start: usize, sign: i8, all: &mut Vec<Token>) -> Option<usize> {
    let digits = text[start..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = start + digits;
    let value: i64 = std::str::from_utf8(&text[start..at]).ok()?.parse().ok()?;
    let mut fraction = None;
    if matches!(text.get(at), Some(b'.' | b',')) && text.get(at + 1).is_some_and(u8::is_ascii_digit) {
        let len = text[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut nanos = 0u32;
        for n in 0..9 {
            let digit = if n < len { u32::from(text[at + 1 + n] - b'0') } else { 0 };
            nanos = nanos * 10 + digit;
        }
        fraction = Some(nanos);
        at += 1 + len;
    }
    all.push(Token::Number {
        value,
        digits,
        sign,
        fraction,
    });
    Some(at)
}
