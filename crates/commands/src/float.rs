//! Reading floating-point numbers as C's `strtod` does.

/// The number at the start of `text` (after blanks) and how many bytes it takes: decimal, hexadecimal, `inf`, `nan`.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    let mut at = text.iter().take_while(|b| b.is_ascii_whitespace() || **b == 11).count();
    let negative = text.get(at) == Some(&b'-');
    if matches!(text.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    let sign = if negative { -1.0 } else { 1.0 };
    let rest = &text[at..];
    let word = |w: &[u8]| rest.len() >= w.len() && rest[..w.len()].eq_ignore_ascii_case(w);
    if word(b"infinity") {
        return Some((sign * f64::INFINITY, at + 8));
    }
    if word(b"inf") {
        return Some((sign * f64::INFINITY, at + 3));
    }
    if word(b"nan") {
        let mut end = at + 3;
        if text.get(end) == Some(&b'(')
            && let Some(n) = text[end..].iter().position(|b| *b == b')')
            && text[end + 1..end + n]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        {
            end += n + 1;
        }
        return Some((f64::NAN.copysign(sign), end));
    }
    if word(b"0x")
        && let Some((value, len)) = hexadecimal(&rest[2..])
    {
        return Some((sign * value, at + 2 + len));
    }
    let mut len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut digits = len;
    if rest.get(len) == Some(&b'.') {
        let fraction = rest[len + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        digits += fraction;
        if digits > 0 {
            len += 1 + fraction;
        }
    }
    if digits == 0 {
        return None;
    }
    if matches!(rest.get(len), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(len + 1), Some(b'-' | b'+')));
        let exponent = rest[len + 1 + signed..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        if exponent > 0 {
            len += 1 + signed + exponent;
        }
    }
    let value: f64 = std::str::from_utf8(&rest[..len]).ok()?.parse().ok()?;
    Some((sign * value, at + len))
}

fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let (mut value, mut exponent, mut len, mut digits, mut point) = (0f64, 0i32, 0, 0, false);
    for &b in text {
        match (b as char).to_digit(16) {
            Some(d) => {
                value = value * 16.0 + f64::from(d);
                exponent -= if point { 4 } else { 0 };
                digits += 1;
            }
            None if b == b'.' && !point => point = true,
            None => break,
        }
        len += 1;
    }
    if digits == 0 {
        return None;
    }
    if matches!(text.get(len), Some(b'p' | b'P')) {
        let signed = usize::from(matches!(text.get(len + 1), Some(b'-' | b'+')));
        let from = len + 1 + signed;
        let n = text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        if n > 0 {
            let e = text[from..from + n]
                .iter()
                .fold(0i32, |e, d| e.saturating_mul(10).saturating_add(i32::from(d - b'0')));
            exponent = exponent.saturating_add(if text[len + 1] == b'-' { -e } else { e });
            len = from + n;
        }
    }
    Some((value * 2f64.powi(exponent), len))
}

/// The number that `text` is as a whole.
pub fn parse(text: &[u8]) -> Option<f64> {
    parse_prefix(text).filter(|(_, n)| *n == text.len()).map(|(v, _)| v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strtod_reads_them() {
        for (text, want) in [
            ("1.5x", Some((1.5, 3))),
            (" -.5e1e", Some((-5.0, 6))),
            ("1e", Some((1.0, 1))),
            ("0x1p4", Some((16.0, 5))),
            ("0x", Some((0.0, 1))),
            (".", None),
            ("", None),
            ("infx", Some((f64::INFINITY, 3))),
        ] {
            assert_eq!(parse_prefix(text.as_bytes()), want, "{text}");
        }
    }
}
