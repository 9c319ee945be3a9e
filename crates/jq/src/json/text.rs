//! The inside of JSON strings: escapes, malformed UTF-8, forbidden control characters.

use crate::value::{Str, push_lossy};

/// Decodes the text between the quotes of a JSON string.
///
/// # Errors
/// jq's message for a bad escape or a raw control character.
pub(crate) fn unescape(raw: &[u8]) -> Result<Str, &'static str> {
    let mut out = Str::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        let at = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        let (plain, tail) = rest.split_at(at);
        if plain.iter().any(|b| *b < 0x20) {
            return Err("Invalid string: control characters from U+0000 through U+001F must be escaped");
        }
        match std::str::from_utf8(plain) {
            Ok(s) => out.push_str(s),
            Err(_) => push_lossy(&mut out, plain),
        }
        if tail.is_empty() {
            return Ok(out);
        }
        rest = escape(&tail[1..], &mut out)?;
    }
}

/// Decodes one escape (after its backslash) and returns what follows it.
fn escape<'a>(tail: &'a [u8], out: &mut Str) -> Result<&'a [u8], &'static str> {
    let Some((&kind, rest)) = tail.split_first() else {
        return Err("Expected escape character at end of string");
    };
    out.push(match kind {
        b'\\' | b'"' | b'/' => char::from(kind),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let (c, rest) = unicode(rest)?;
            out.push(c);
            return Ok(rest);
        }
        _ => return Err("Invalid escape"),
    });
    Ok(rest)
}

fn unicode(rest: &[u8]) -> Result<(char, &[u8]), &'static str> {
    const PAIR: &str = "Invalid \\uXXXX\\uXXXX surrogate pair escape";
    let digits = rest.get(..4).ok_or("Invalid \\uXXXX escape")?;
    let high = hex4(digits).ok_or("Invalid characters in \\uXXXX escape")?;
    let rest = &rest[4..];
    if !(0xD800..0xDC00).contains(&high) {
        return Ok((char::from_u32(high).unwrap_or('\u{FFFD}'), rest));
    }
    match rest {
        [b'\\', b'u', digits @ ..] if digits.len() >= 4 => match hex4(&digits[..4]) {
            Some(low) if (0xDC00..0xE000).contains(&low) => {
                let c = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                Ok((char::from_u32(c).unwrap_or('\u{FFFD}'), &digits[4..]))
            }
            _ => Err(PAIR),
        },
        _ => Err(PAIR),
    }
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |n, b| char::from(*b).to_digit(16).map(|d| n * 16 + d))
}
