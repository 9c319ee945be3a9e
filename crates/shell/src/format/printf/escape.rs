//! Escapes in formats and in the operands of `%b`.

use crate::syntax::escapes::push_code_point;

/// The escape after a backslash: bytes used, and a complaint. `operand`: the rules of `%b`, where octal numbers may have four
/// digits.
pub(super) fn escape(text: &[u8], operand: bool, out: &mut Vec<u8>) -> (usize, Option<&'static str>) {
    let Some(&c) = text.first() else {
        out.push(b'\\');
        return (0, None);
    };
    let digits = |from: usize, radix: u32, max: usize| {
        let mut value = 0u32;
        let mut used = 0;
        while used < max
            && let Some(digit) = text.get(from + used).and_then(|&c| char::from(c).to_digit(radix))
        {
            value = value.wrapping_mul(radix).wrapping_add(digit);
            used += 1;
        }
        (value, used)
    };
    match c {
        b'a' => out.push(7),
        b'b' => out.push(8),
        b'e' | b'E' => out.push(0x1b),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'v' => out.push(11),
        b'\\' | b'\'' | b'"' | b'?' => out.push(c),
        b'0'..=b'7' => {
            let max = if operand && c == b'0' { 4 } else { 3 };
            let (value, used) = digits(0, 8, max);
            out.push((value & 0xff) as u8);
            return (used, None);
        }
        b'x' => {
            let (value, used) = digits(1, 16, 2);
            if used == 0 {
                out.extend_from_slice(b"\\x");
                return (1, Some("missing hex digit for \\x"));
            }
            out.push(value as u8);
            return (1 + used, None);
        }
        b'u' | b'U' => {
            let (value, used) = digits(1, 16, if c == b'u' { 4 } else { 8 });
            if used == 0 {
                out.extend_from_slice(&[b'\\', c]);
                let problem = if c == b'u' {
                    "missing unicode digit for \\u"
                } else {
                    "missing unicode digit for \\U"
                };
                return (1, Some(problem));
            }
            push_code_point(out, value);
            return (1 + used, None);
        }
        _ => out.extend_from_slice(&[b'\\', c]),
    }
    (1, None)
}
