//! Numbers on od's command line: hexadecimal and octal by prefix, with multipliers.

use shell::command::CommandError;

use crate::number::{self, NumberError};
use crate::options::Item;
use crate::quote::quote;

/// Multipliers that sizes may have.
const SUFFIXES: &str = "bEGKkMmPTYZ0";

/// The value of an option that is a number of bytes.
pub(super) fn bytes(option: &Item) -> Result<u64, CommandError> {
    let text = option.value();
    parse(text).map_err(|e| {
        let name = match option.short {
            Some(letter) => format!("-{}", char::from(letter)),
            None => format!("--{}", option.key),
        };
        let message = match e {
            NumberError::Suffix => [b"invalid suffix in ", name.as_bytes(), b" argument ", &quote(text)[..]].concat(),
            NumberError::Overflow => [name.as_bytes(), b" argument ", &quote(text)[..], b" too large"].concat(),
            NumberError::Invalid => [b"invalid ", name.as_bytes(), b" argument ", &quote(text)[..]].concat(),
        };
        CommandError::fail(1, message)
    })
}

/// `strtoumax` with base 0, then a multiplier.
fn parse(text: &[u8]) -> Result<u64, NumberError> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => (16, rest),
        [b'0', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => (8, rest),
        _ => return number::size(text, SUFFIXES),
    };
    let len = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let digit_text = std::str::from_utf8(&digits[..len]).map_err(|_| NumberError::Invalid)?;
    let n = u64::from_str_radix(digit_text, radix).map_err(|_| {
        if len == 0 {
            NumberError::Invalid
        } else {
            NumberError::Overflow
        }
    })?;
    number::size(&[n.to_string().as_bytes(), &digits[len..]].concat(), SUFFIXES)
}

/// An offset of the old form: `[+]OFFSET[.][b]`, octal unless it begins with `0x`. (A
/// point is documented to mean decimal, but the real tool refuses it.)
pub(super) fn old_offset(text: &[u8]) -> Option<u64> {
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let (text, unit) = match text.strip_suffix(b"b") {
        // In hexadecimal it is a digit.
        Some(rest) if !text.starts_with(b"0x") && !text.starts_with(b"0X") => (rest, 512),
        _ => (text, 1),
    };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        rest => (8, rest),
    };
    let digits = std::str::from_utf8(digits).ok().filter(|d| !d.starts_with('+'))?;
    u64::from_str_radix(digits, radix).ok()?.checked_mul(unit)
}
