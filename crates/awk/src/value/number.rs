//! Text to number and back: what counts as a number, how numbers print.

use super::format;

/// The ways `strtod` and awk let a number be followed or preceded by blanks.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Parses the longest decimal number at the start of `text` (no blanks). Returns the value and its length; length 0 when there is none.
///
/// `+inf`, `-inf`, `+nan` and `-nan` count only with their sign and only when the word ends there (gawk manual, 8.2).
pub fn scan(text: &[u8]) -> (f64, usize) {
    let mut at = 0;
    let mut negative = false;
    match text.first() {
        Some(b'-') => {
            negative = true;
            at = 1;
        }
        Some(b'+') => at = 1,
        Some(b'0'..=b'9' | b'.') => {}
        _ => return (0.0, 0),
    }
    if at == 1 && text.get(1).is_some_and(|byte| matches!(byte | 0x20, b'i' | b'n')) {
        return special(text, negative);
    }
    let digits_from = at;
    let mut mantissa: u64 = 0;
    let mut digits = 0usize;
    let mut significant = 0usize;
    while let Some(byte @ b'0'..=b'9') = text.get(at) {
        digits += 1;
        if significant > 0 || *byte != b'0' {
            significant += 1;
        }
        if significant <= 19 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        }
        at += 1;
    }
    let mut scale: i64 = 0;
    if text.get(at) == Some(&b'.') {
        let mut ahead = at + 1;
        while let Some(byte @ b'0'..=b'9') = text.get(ahead) {
            digits += 1;
            if significant > 0 || *byte != b'0' {
                significant += 1;
            }
            if significant <= 19 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            }
            scale -= 1;
            ahead += 1;
        }
        if digits > 0 {
            at = ahead;
        }
    }
    if digits == 0 {
        return (0.0, 0);
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let mut ahead = at + 1;
        let mut minus = false;
        if let Some(sign @ (b'+' | b'-')) = text.get(ahead) {
            minus = *sign == b'-';
            ahead += 1;
        }
        if matches!(text.get(ahead), Some(b'0'..=b'9')) {
            let mut exponent: i64 = 0;
            while let Some(byte @ b'0'..=b'9') = text.get(ahead) {
                exponent = (exponent * 10 + i64::from(byte - b'0')).min(100_000);
                ahead += 1;
            }
            scale += if minus { -exponent } else { exponent };
            at = ahead;
        }
    }
    let magnitude = if significant <= 19 && mantissa <= (1 << 53) && (-22..=22).contains(&scale) {
        let power = POWERS[scale.unsigned_abs() as usize];
        if scale < 0 {
            mantissa as f64 / power
        } else {
            mantissa as f64 * power
        }
    } else {
        // The bytes are digits, a dot and an exponent: always valid text for the standard parser.
        std::str::from_utf8(&text[digits_from..at])
            .ok()
            .and_then(|word| word.parse().ok())
            .unwrap_or(0.0)
    };
    (if negative { -magnitude } else { magnitude }, at)
}

fn special(text: &[u8], negative: bool) -> (f64, usize) {
    if text.len() < 4
        || text
            .get(4)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    {
        return (0.0, 0);
    }
    let word = [text[1] | 0x20, text[2] | 0x20, text[3] | 0x20];
    let value = match &word {
        b"inf" => f64::INFINITY,
        b"nan" => f64::NAN,
        _ => return (0.0, 0),
    };
    (if negative { -value } else { value }, 4)
}

/// The number at the start of `text` after blanks, or zero (how awk reads any string as a number).
#[inline]
pub fn leading(text: &[u8]) -> f64 {
    // Short unsigned integers are most of what programs add up.
    if let [first @ b'0'..=b'9', rest @ ..] = text
        && rest.len() < 15
    {
        let mut number = u64::from(first - b'0');
        let mut plain = true;
        for byte in rest {
            if !byte.is_ascii_digit() {
                plain = false;
                break;
            }
            number = number * 10 + u64::from(byte - b'0');
        }
        if plain {
            return number as f64;
        }
    }
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    scan(&text[start..]).0
}

/// The number that `text` spells as a whole, blanks around it allowed; `None` when it is not a number.
#[inline]
pub fn looks_numeric(text: &[u8]) -> Option<f64> {
    let first = *text.first()?;
    if first.is_ascii_alphabetic() || first >= 0x80 {
        return None;
    }
    let start = text.iter().position(|byte| !is_blank(*byte))?;
    let (number, used) = scan(&text[start..]);
    if used == 0 || !text[start + used..].iter().all(|byte| is_blank(*byte)) {
        return None;
    }
    Some(number)
}

/// Appends an integer in decimal.
#[inline]
pub fn append_integer(out: &mut Vec<u8>, value: i64) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[at..]);
}

/// Appends `value` as awk converts numbers to strings: integral values exactly, others with the format `convfmt`.
#[inline]
pub fn append(out: &mut Vec<u8>, value: f64, convfmt: &[u8]) {
    if value.abs() < 9e15 && value.trunc() == value {
        append_integer(out, value as i64);
    } else if !value.is_finite() {
        out.extend_from_slice(special_name(value));
    } else if value.trunc() == value {
        out.extend_from_slice(format!("{value:.0}").as_bytes());
    } else if convfmt == b"%.6g" {
        format::append_general(out, value, 6, false, false);
    } else {
        format::append_with(out, value, convfmt);
    }
}

/// How awk spells infinities and not-a-number.
pub fn special_name(value: f64) -> &'static [u8] {
    match (value.is_nan(), value.is_sign_negative()) {
        (true, true) => b"-nan",
        (true, false) => b"+nan",
        (false, true) => b"-inf",
        (false, false) => b"+inf",
    }
}

/// `strtonum`: decimal, `0x` hexadecimal or leading-zero octal.
pub fn with_radix(text: &[u8]) -> f64 {
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    let word = &text[start..];
    let (negative, digits) = match word.first() {
        Some(b'-') => (true, &word[1..]),
        Some(b'+') => (false, &word[1..]),
        _ => (false, word),
    };
    match radix_prefix(digits) {
        Some((value, _)) => {
            if negative {
                -value
            } else {
                value
            }
        }
        None => leading(text),
    }
}

/// A `0x…` or `0…` integer at the start of `text`: its value and length. `None` for anything decimal (also `09`, `0.5`, `0e1`).
pub fn radix_prefix(text: &[u8]) -> Option<(f64, usize)> {
    match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => {
            let mut value = 0.0;
            let mut used = 2;
            for byte in rest {
                let Some(digit) = (*byte as char).to_digit(16) else {
                    break;
                };
                value = value * 16.0 + f64::from(digit);
                used += 1;
            }
            Some((value, used))
        }
        [b'0', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if rest[..length].iter().any(|byte| *byte > b'7') || matches!(rest.get(length), Some(b'.' | b'e' | b'E')) {
                return None;
            }
            let value = rest[..length]
                .iter()
                .fold(0.0, |sum, byte| sum * 8.0 + f64::from(byte - b'0'));
            Some((value, length + 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64) -> String {
        let mut out = Vec::new();
        append(&mut out, value, b"%.6g");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_print_as_integers_when_they_are_integral() {
        assert_eq!(shown(3.0), "3");
        assert_eq!(shown(-0.0), "0");
        assert_eq!(shown(1e30), "1000000000000000019884624838656");
        assert_eq!(shown(0.1), "0.1");
        assert_eq!(shown(1234567.5), "1.23457e+06");
        assert_eq!(shown(f64::NEG_INFINITY), "-inf");
    }

    #[test]
    fn only_whole_decimal_words_look_numeric() {
        for (text, expected) in [
            (" 12 ", Some(12.0)),
            ("+1.5e3", Some(1500.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("0x11", None),
            ("1e", None),
            ("inf", None),
            ("+inf", Some(f64::INFINITY)),
            ("", None),
            ("  ", None),
            ("12a", None),
        ] {
            assert_eq!(looks_numeric(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn leading_number_of_any_text() {
        assert_eq!(leading(b"12abc"), 12.0);
        assert_eq!(leading(b"  -3.5x"), -3.5);
        assert_eq!(leading(b"1e2e3"), 100.0);
        assert_eq!(leading(b"abc"), 0.0);
        assert_eq!(
            leading(b"123456789012345678901234567890"),
            123456789012345678901234567890.0
        );
        assert_eq!(with_radix(b"0x1F"), 31.0);
        assert_eq!(with_radix(b"017"), 15.0);
        assert_eq!(with_radix(b"019"), 19.0);
    }
}
