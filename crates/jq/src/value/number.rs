//! Numbers: doubles, and literals whose decimal text survives until arithmetic touches them (jq 1.7).

use super::Str;
use std::cmp::Ordering;
use std::sync::Arc;

/// The exponents decNumber can hold; beyond them a literal is infinite or zero.
const MAX_EXPONENT: i64 = 999_999_999;

/// A JSON number.
#[derive(Clone, Debug)]
pub enum Number {
    /// A double.
    Float(f64),
    /// A literal that a double would not print back unchanged.
    Literal(Arc<Literal>),
}

/// A decimal literal in canonical form, and the double nearest to it.
#[derive(Debug)]
pub struct Literal {
    value: f64,
    text: Str,
}

impl Number {
    /// The double nearest to the number.
    #[inline]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Float(f) => *f,
            Self::Literal(l) => l.value,
        }
    }

    /// Whether this is not a number.
    pub fn is_nan(&self) -> bool {
        self.as_f64().is_nan()
    }

    /// Numeric order; `None` if either is NaN. Two literals are compared in decimal, anything else as doubles.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Self::Literal(a), Self::Literal(b)) = (self, other) {
            return Some(compare_decimal(&a.text, &b.text));
        }
        self.as_f64().partial_cmp(&other.as_f64())
    }

    /// The number with its sign changed; a literal keeps its digits.
    pub fn negate(&self) -> Self {
        match self {
            Self::Float(f) => Self::Float(-f),
            Self::Literal(l) => {
                let text = match l.text.strip_prefix('-') {
                    Some(t) => Str::from(t),
                    None => ecow::eco_format!("-{}", l.text),
                };
                Self::Literal(Arc::new(Literal { value: -l.value, text }))
            }
        }
    }

    /// The absolute value; a literal keeps its digits.
    pub fn abs(&self) -> Self {
        match self {
            Self::Float(f) => Self::Float(f.abs()),
            Self::Literal(l) if l.text.starts_with('-') => self.negate(),
            Self::Literal(_) => self.clone(),
        }
    }

    /// Reads a number the way decNumber does: optional sign, digits with an optional point, optional exponent, or
    /// `nan` / `inf` / `infinity` in any case. `None` for anything else.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if let Some(n) = parse_small(text) {
            return Some(n);
        }
        parse_general(text)
    }

    /// Appends the number as jq prints it; NaN is `null`, infinities are the largest doubles.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Float(f) => push_f64(out, *f),
            Self::Literal(l) => out.extend_from_slice(l.text.as_bytes()),
        }
    }
}

/// Plain integers of up to 15 digits, by far the most frequent numbers.
#[inline]
fn parse_small(text: &[u8]) -> Option<Number> {
    let (neg, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 15 || (digits[0] == b'0' && digits.len() > 1) {
        return None;
    }
    let mut n: u64 = 0;
    for &b in digits {
        let d = b.wrapping_sub(b'0');
        if d > 9 {
            return None;
        }
        n = n * 10 + u64::from(d);
    }
    #[allow(clippy::cast_precision_loss)]
    let f = n as f64;
    Some(Number::Float(if neg { -f } else { f }))
}

fn parse_general(text: &[u8]) -> Option<Number> {
    let (neg, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest.eq_ignore_ascii_case(b"nan") {
        return Some(Number::Float(f64::NAN));
    }
    if rest.eq_ignore_ascii_case(b"inf") || rest.eq_ignore_ascii_case(b"infinity") {
        return Some(Number::Float(if neg { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    let mut digits: Vec<u8> = Vec::with_capacity(rest.len());
    let mut seen_digit = false;
    let mut point: Option<i64> = None;
    let mut i = 0;
    while let Some(&b) = rest.get(i) {
        match b {
            b'0'..=b'9' => {
                seen_digit = true;
                if !(digits.is_empty() && b == b'0') {
                    digits.push(b);
                }
                if let Some(p) = &mut point {
                    *p += 1;
                }
            }
            b'.' if point.is_none() => point = Some(0),
            b'e' | b'E' => break,
            _ => return None,
        }
        i += 1;
    }
    if !seen_digit {
        return None;
    }
    let mut exponent: i64 = 0;
    if i < rest.len() {
        let (eneg, edigits) = match &rest[i + 1..] {
            [b'-', d @ ..] => (true, d),
            [b'+', d @ ..] => (false, d),
            d => (false, d),
        };
        if edigits.is_empty() || !edigits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for &d in edigits {
            exponent = (exponent * 10 + i64::from(d - b'0')).min(1 << 40);
        }
        if eneg {
            exponent = -exponent;
        }
    }
    exponent -= point.unwrap_or(0);
    Some(from_decimal(neg, digits, exponent))
}

/// A number from its significant digits (no leading zeros; empty for zero) and its decimal exponent.
fn from_decimal(neg: bool, digits: Vec<u8>, exponent: i64) -> Number {
    let zero = digits.is_empty();
    let digits = if zero { vec![b'0'] } else { digits };
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let adjusted = exponent.saturating_add(count - 1);
    if !zero && adjusted > MAX_EXPONENT {
        return Number::Float(if neg { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if !zero && adjusted < -MAX_EXPONENT - count {
        return Number::Float(if neg { -0.0 } else { 0.0 });
    }
    let text = canonical(neg, &digits, exponent, adjusted);
    let value = text.parse::<f64>().unwrap_or(f64::NAN);
    // A double is enough when it prints the very same text and no digit of the literal went beyond its precision.
    if count <= 15 {
        let mut printed = Vec::with_capacity(24);
        push_f64(&mut printed, value);
        if printed == text.as_bytes() {
            return Number::Float(value);
        }
    }
    Number::Literal(Arc::new(Literal { value, text }))
}

/// decNumber's "to-scientific-string".
fn canonical(neg: bool, digits: &[u8], exponent: i64, adjusted: i64) -> Str {
    let mut s = String::with_capacity(digits.len() + 16);
    if neg {
        s.push('-');
    }
    let text = std::str::from_utf8(digits).unwrap_or_default();
    if exponent <= 0 && adjusted >= -6 {
        let point = usize::try_from(adjusted + 1).ok();
        match point {
            Some(p) if p > 0 => {
                let (whole, frac) = text.split_at(p.min(text.len()));
                s.push_str(whole);
                if !frac.is_empty() {
                    s.push('.');
                    s.push_str(frac);
                }
            }
            _ => {
                s.push_str("0.");
                for _ in 0..(-(adjusted + 1)) {
                    s.push('0');
                }
                s.push_str(text);
            }
        }
    } else {
        let (first, rest) = text.split_at(1);
        s.push_str(first);
        if !rest.is_empty() {
            s.push('.');
            s.push_str(rest);
        }
        s.push('E');
        s.push(if adjusted < 0 { '-' } else { '+' });
        s.push_str(&adjusted.unsigned_abs().to_string());
    }
    Str::from(s)
}

/// Orders two canonical decimal texts.
fn compare_decimal(a: &str, b: &str) -> Ordering {
    let (na, da, ea) = split_decimal(a);
    let (nb, db, eb) = split_decimal(b);
    match (da.is_empty(), db.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return if nb { Ordering::Greater } else { Ordering::Less },
        (false, true) => return if na { Ordering::Less } else { Ordering::Greater },
        (false, false) => {}
    }
    if na != nb {
        return if na { Ordering::Less } else { Ordering::Greater };
    }
    let magnitude = ea.cmp(&eb).then_with(|| da.cmp(&db));
    if na { magnitude.reverse() } else { magnitude }
}

/// Sign, significant digits without leading or trailing zeros, and the exponent of the first digit.
fn split_decimal(text: &str) -> (bool, Vec<u8>, i64) {
    let (neg, text) = match text.strip_prefix('-') {
        Some(t) => (true, t),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once('E') {
        Some((m, e)) => (m, e.parse::<i64>().unwrap_or(0)),
        None => (text, 0),
    };
    let whole = mantissa.find('.').unwrap_or(mantissa.len());
    let all: Vec<u8> = mantissa.bytes().filter(|b| *b != b'.').collect();
    let lead = all.iter().take_while(|b| **b == b'0').count();
    let mut digits = all[lead..].to_vec();
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let first = i64::try_from(whole).unwrap_or(0) - i64::try_from(lead).unwrap_or(0);
    (neg, digits, first + exponent)
}

/// Appends a double as jq prints it: the shortest digits that read back the same, plain up to 17 places.
fn push_f64(out: &mut Vec<u8>, f: f64) {
    if f.is_nan() {
        out.extend_from_slice(b"null");
        return;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    if f.abs() < 1e15 {
        let n = f as i64;
        if n as f64 == f && (n != 0 || f.is_sign_positive()) {
            push_int(out, n);
            return;
        }
    }
    let f = f.clamp(f64::MIN, f64::MAX);
    let mut buf = Digits { bytes: [0; 40], len: 0 };
    // 17 significant digits at most and a three-digit exponent: this always fits.
    let _ = std::fmt::Write::write_fmt(&mut buf, format_args!("{:e}", f.abs()));
    let text = &buf.bytes[..buf.len];
    let at = memchr::memchr(b'e', text).unwrap_or(text.len());
    let exponent: i32 = std::str::from_utf8(text.get(at + 1..).unwrap_or_default())
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let mut digits = [0u8; 24];
    let mut n = 0;
    for &b in &text[..at] {
        if b != b'.' {
            digits[n] = b;
            n += 1;
        }
    }
    layout(out, f.is_sign_negative(), &digits[..n], exponent + 1);
}

/// Writes `0.DIGITS * 10^point` in jq's layout.
fn layout(out: &mut Vec<u8>, neg: bool, digits: &[u8], point: i32) {
    if neg {
        out.push(b'-');
    }
    let n = i32::try_from(digits.len()).unwrap_or(0);
    if digits == b"0" {
        out.push(b'0');
    } else if point <= -5 + 1 || point > n + 15 {
        out.push(digits[0]);
        if n > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits[1..]);
        }
        out.push(b'e');
        let e = point - 1;
        out.push(if e < 0 { b'-' } else { b'+' });
        if e.abs() < 10 {
            out.push(b'0');
        }
        push_int(out, i64::from(e.abs()));
    } else if point <= 0 {
        out.extend_from_slice(b"0.");
        for _ in point..0 {
            out.push(b'0');
        }
        out.extend_from_slice(digits);
    } else {
        for i in 0..point.max(n) {
            if i == point {
                out.push(b'.');
            }
            out.push(
                usize::try_from(i)
                    .ok()
                    .and_then(|i| digits.get(i))
                    .copied()
                    .unwrap_or(b'0'),
            );
        }
    }
}

fn push_int(out: &mut Vec<u8>, n: i64) {
    let mut buf = [0u8; 20];
    let mut at = buf.len();
    let mut m = n.unsigned_abs();
    loop {
        at -= 1;
        buf[at] = b'0' + (m % 10) as u8;
        m /= 10;
        if m == 0 {
            break;
        }
    }
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buf[at..]);
}

struct Digits {
    bytes: [u8; 40],
    len: usize,
}

impl std::fmt::Write for Digits {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(std::fmt::Error)?
            .copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str) -> String {
        let mut out = Vec::new();
        Number::parse(text.as_bytes()).unwrap().write(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// Literals come back in decNumber's canonical form.
    #[test]
    fn literals() {
        for (given, want) in [
            ("100000000000000000000", "100000000000000000000"),
            ("1.000", "1.000"),
            ("100e-2", "1.00"),
            ("1e1000", "1E+1000"),
            ("0.00", "0.00"),
            ("-0", "-0"),
            ("+5.43", "5.43"),
            (".5", "0.5"),
            ("0001", "1"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("1E1234567890", "1.7976931348623157e+308"),
            ("nan", "null"),
        ] {
            assert_eq!(show(given), want, "{given}");
        }
    }

    /// Doubles print as David Gay's shortest digits in jq's layout.
    #[test]
    fn doubles() {
        for (f, want) in [
            (1e5, "100000"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e17, "1e+17"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "1.7976931348623157e+308"),
            (-0.0, "-0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e15, "1000000000000000"),
            (-12.5, "-12.5"),
            (3.0, "3"),
        ] {
            let mut out = Vec::new();
            push_f64(&mut out, f);
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }

    /// Literals beyond a double's precision are told apart; with a double they compare as doubles.
    #[test]
    fn decimal_order() {
        let p = |s: &str| Number::parse(s.as_bytes()).unwrap();
        assert_eq!(
            p("9007199254740993").compare(&p("9007199254740992")),
            Some(Ordering::Greater)
        );
        assert_eq!(
            p("9007199254740993").compare(&Number::Float(9007199254740992.0)),
            Some(Ordering::Equal)
        );
        assert_eq!(p("1e1000").compare(&p("1e1001")), Some(Ordering::Less));
        assert_eq!(p("-1e1000").compare(&p("1e-1001")), Some(Ordering::Less));
    }
}
