//! Numbers with 64 bits of mantissa and 15 bits of exponent: the `long double` of the x87.

use std::cmp::Ordering;

use super::bigint::Big;

/// Exponent of the smallest unit: 2^-16445.
const MIN_EXPONENT: i64 = -16_445;
/// Largest exponent of the lowest mantissa bit.
const MAX_EXPONENT: i64 = 16_383 - 63;
/// Digits of input that can matter; later ones only break ties.
const MAX_DIGITS: usize = 12_000;

/// A value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extended {
    /// The sign.
    pub negative: bool,
    /// The magnitude.
    pub magnitude: Magnitude,
}

/// What remains without the sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Magnitude {
    /// `mantissa * 2^exponent`; the mantissa has its top bit set unless the value is subnormal or zero.
    Finite {
        /// 64 bits.
        mantissa: u64,
        /// Weight of the lowest bit.
        exponent: i32,
    },
    /// Infinity.
    Infinite,
    /// Not a number.
    Nan,
}

const ZERO: Magnitude = Magnitude::Finite {
    mantissa: 0,
    exponent: 0,
};

/// What [`Extended::parse`] found.
#[derive(Debug, Clone, Copy)]
pub struct Parsed {
    /// The value; zero if there was no number.
    pub value: Extended,
    /// Bytes used, leading blanks included; zero if there was no number.
    pub used: usize,
    /// Too large or too small.
    pub range: bool,
}

impl Extended {
    /// Reads a number at the start of `text` as `strtold` does: decimal or hexadecimal, `inf`, `nan`.
    pub fn parse(text: &[u8]) -> Parsed {
        let blanks = text.iter().take_while(|c| c.is_ascii_whitespace() || **c == 11).count();
        let mut at = blanks;
        let negative = text.get(at) == Some(&b'-');
        if matches!(text.get(at), Some(b'-' | b'+')) {
            at += 1;
        }
        let rest = &text[at..];
        let found = |magnitude, length, range| Parsed {
            value: Self { negative, magnitude },
            used: at + length,
            range,
        };
        let starts = |word: &[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
        if starts(b"infinity") {
            return found(Magnitude::Infinite, 8, false);
        }
        if starts(b"inf") {
            return found(Magnitude::Infinite, 3, false);
        }
        if starts(b"nan") {
            return found(Magnitude::Nan, 3, false);
        }
        if starts(b"0x")
            && let Some((magnitude, length, range)) = hexadecimal(&rest[2..])
        {
            return found(magnitude, length + 2, range);
        }
        match decimal(rest) {
            Some((magnitude, length, range)) => found(magnitude, length, range),
            None => Parsed {
                value: Self {
                    negative: false,
                    magnitude: ZERO,
                },
                used: 0,
                range: false,
            },
        }
    }

    /// An integer, exactly.
    pub fn from_i64(value: i64) -> Self {
        let (magnitude, _) = scale(Big::from_u64(value.unsigned_abs()), 0, false);
        Self {
            negative: value < 0,
            magnitude,
        }
    }
}

/// Rounds `big * 2^exponent` (plus something smaller than a unit if `sticky`).
fn scale(big: Big, exponent: i64, sticky: bool) -> (Magnitude, bool) {
    if big.is_zero() {
        return (ZERO, false);
    }
    let bits = big.bits() as i64;
    let mut low = exponent + bits - 64;
    let (mut mantissa, order) = if bits <= 64 {
        let mut big = big;
        big.shl((64 - bits) as usize);
        (big.top64().0, Ordering::Less)
    } else {
        big.top64()
    };
    let order = if sticky && order == Ordering::Equal {
        Ordering::Greater
    } else {
        order
    };
    let mut inexact_below = order != Ordering::Less || sticky;
    if low < MIN_EXPONENT {
        // Subnormal: fewer bits remain.
        let shift = MIN_EXPONENT - low;
        if shift > 64 {
            return (ZERO, true);
        }
        let lost = if shift == 64 {
            mantissa
        } else {
            mantissa & ((1 << shift) - 1)
        };
        let half = 1u64 << (shift - 1);
        mantissa = if shift == 64 { 0 } else { mantissa >> shift };
        let up = lost > half || lost == half && (inexact_below || mantissa & 1 == 1);
        mantissa += u64::from(up);
        return (
            Magnitude::Finite {
                mantissa,
                exponent: MIN_EXPONENT as i32,
            },
            true,
        );
    }
    let up = order == Ordering::Greater || order == Ordering::Equal && mantissa & 1 == 1;
    if up {
        let (sum, overflow) = mantissa.overflowing_add(1);
        mantissa = sum;
        if overflow {
            mantissa = 1 << 63;
            low += 1;
        }
        inexact_below = false;
    }
    let _ = inexact_below;
    if low > MAX_EXPONENT {
        return (Magnitude::Infinite, true);
    }
    (
        Magnitude::Finite {
            mantissa,
            exponent: low as i32,
        },
        false,
    )
}

fn exponent(text: &[u8], letter: u8) -> (i64, usize) {
    if !text.first().is_some_and(|c| c.eq_ignore_ascii_case(&letter)) {
        return (0, 0);
    }
    let signed = matches!(text.get(1), Some(b'-' | b'+'));
    let start = 1 + usize::from(signed);
    let digits = text[start.min(text.len())..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .count();
    if digits == 0 {
        return (0, 0);
    }
    let mut value = 0i64;
    for c in &text[start..start + digits] {
        value = (value * 10 + i64::from(c - b'0')).min(1_000_000);
    }
    (if text[1] == b'-' { -value } else { value }, start + digits)
}

/// Digits with an optional point: the digits, how many followed the point, and the length.
fn digits(text: &[u8], valid: fn(&u8) -> bool) -> Option<(Vec<u8>, usize, usize)> {
    let whole = text.iter().take_while(|c| valid(c)).count();
    let mut all = text[..whole].to_vec();
    let mut length = whole;
    let mut fraction = 0;
    if text.get(whole) == Some(&b'.') {
        fraction = text[whole + 1..].iter().take_while(|c| valid(c)).count();
        all.extend_from_slice(&text[whole + 1..whole + 1 + fraction]);
        length += 1 + fraction;
    }
    (!all.is_empty()).then_some((all, fraction, length))
}

fn hexadecimal(text: &[u8]) -> Option<(Magnitude, usize, bool)> {
    let (all, fraction, mut length) = digits(text, u8::is_ascii_hexdigit)?;
    let (power, used) = exponent(&text[length..], b'p');
    length += used;
    let mut big = Big::default();
    let kept = all.len().min(MAX_DIGITS);
    for c in &all[..kept] {
        let digit = char::from(*c).to_digit(16).unwrap_or(0);
        push_digit(&mut big, 16, digit);
    }
    let dropped = all.len() - kept;
    let sticky = all[kept..].iter().any(|c| *c != b'0');
    let (magnitude, range) = scale(big, power + 4 * (dropped as i64 - fraction as i64), sticky);
    Some((magnitude, length, range))
}

fn push_digit(big: &mut Big, base: u32, digit: u32) {
    if big.is_zero() {
        *big = Big::from_u64(u64::from(digit));
    } else {
        big.mul_add(base, digit);
    }
}

fn decimal(text: &[u8]) -> Option<(Magnitude, usize, bool)> {
    let (all, fraction, mut length) = digits(text, u8::is_ascii_digit)?;
    let (power, used) = exponent(&text[length..], b'e');
    length += used;
    let mut big = Big::default();
    let leading = all.iter().take_while(|c| **c == b'0').count();
    let kept = all.len().min(leading + MAX_DIGITS);
    for c in &all[leading..kept] {
        push_digit(&mut big, 10, u32::from(c - b'0'));
    }
    let sticky = all[kept..].iter().any(|c| *c != b'0');
    let power = power - fraction as i64 + (all.len() - kept) as i64;
    if big.is_zero() {
        return Some((ZERO, length, false));
    }
    let size = power + (kept - leading) as i64;
    if size > 5_000 {
        return Some((Magnitude::Infinite, length, true));
    }
    if size < -5_000 {
        return Some((ZERO, length, true));
    }
    let (magnitude, range) = if power >= 0 {
        let power = power as usize;
        big.mul_pow5(power);
        scale(big, power as i64, sticky)
    } else {
        let power = (-power) as usize;
        let mut divisor = Big::from_u64(1);
        divisor.mul_pow5(power);
        // Enough bits for the mantissa and for rounding.
        let shift = (divisor.bits() + 66).saturating_sub(big.bits());
        big.shl(shift);
        let (quotient, remainder) = big.divide(&divisor);
        scale(quotient, -(shift as i64) - power as i64, sticky || remainder)
    };
    Some((magnitude, length, range))
}

/// The exact decimal digits of a finite value and how many of them follow the point.
fn exact(mantissa: u64, exponent: i32) -> (Vec<u8>, usize) {
    if mantissa == 0 {
        return (Vec::new(), 0);
    }
    let zeros = mantissa.trailing_zeros();
    let exponent = exponent + zeros as i32;
    let mut big = Big::from_u64(mantissa >> zeros);
    if exponent >= 0 {
        big.shl(exponent as usize);
        (big.decimal(), 0)
    } else {
        let places = exponent.unsigned_abs() as usize;
        big.mul_pow5(places);
        (big.decimal(), places)
    }
}

/// Keeps the first `keep` digits, rounding half to even; the answer is whether a carry made one digit more.
fn round(digits: &mut Vec<u8>, keep: usize) -> bool {
    if keep >= digits.len() {
        return false;
    }
    let next = digits[keep];
    let tail = digits[keep + 1..].iter().any(|c| *c != b'0');
    let odd = keep > 0 && (digits[keep - 1] - b'0') % 2 == 1;
    digits.truncate(keep);
    if next > b'5' || next == b'5' && (tail || odd) {
        for digit in digits.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                return false;
            }
        }
        digits.insert(0, b'1');
        return true;
    }
    false
}

/// `%f`: the magnitude with `precision` places. `point`: a point even without places.
pub fn fixed(mantissa: u64, exponent: i32, precision: usize, point: bool) -> Vec<u8> {
    let (mut digits, places) = exact(mantissa, exponent);
    // At least one digit before the point, and enough zeros to round at a position left of the first digit.
    if digits.len() <= places {
        let missing = places + 1 - digits.len();
        digits.splice(0..0, std::iter::repeat_n(b'0', missing));
    }
    let mut whole = digits.len() - places;
    if round(&mut digits, whole + precision) {
        whole += 1;
    }
    let mut out = digits[..whole].to_vec();
    if precision > 0 || point {
        out.push(b'.');
    }
    out.extend_from_slice(&digits[whole..]);
    out.resize(out.len() + (whole + precision).saturating_sub(digits.len()), b'0');
    out
}

/// Significant digits rounded to `count`, and the decimal exponent of the first.
fn significant(mantissa: u64, exponent: i32, count: usize) -> (Vec<u8>, i64) {
    let (mut digits, places) = exact(mantissa, exponent);
    if digits.is_empty() {
        return (vec![b'0'; count], 0);
    }
    let mut power = digits.len() as i64 - 1 - places as i64;
    if round(&mut digits, count) {
        power += 1;
    }
    digits.resize(count, b'0');
    (digits, power)
}

/// `%e`: one digit, the point, `precision` places, and the exponent after `letter`.
pub fn scientific(mantissa: u64, exponent: i32, precision: usize, point: bool, letter: u8) -> Vec<u8> {
    let (digits, power) = significant(mantissa, exponent, precision + 1);
    let mut out = vec![digits[0]];
    if precision > 0 || point {
        out.push(b'.');
    }
    out.extend_from_slice(&digits[1..]);
    push_exponent(&mut out, power, letter);
    out
}

fn push_exponent(out: &mut Vec<u8>, power: i64, letter: u8) {
    out.push(letter);
    out.push(if power < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", power.unsigned_abs()).as_bytes());
}

/// `%g`: the shorter of the two with `precision` significant digits; trailing zeros go unless `keep_zeros`.
pub fn general(mantissa: u64, exponent: i32, precision: usize, keep_zeros: bool, letter: u8) -> Vec<u8> {
    let precision = precision.max(1);
    let (_, power) = significant(mantissa, exponent, precision);
    let strip = |text: Vec<u8>| {
        if keep_zeros || !text.contains(&b'.') {
            return text;
        }
        let end = text
            .iter()
            .rposition(|c| *c != b'0')
            .map_or(0, |i| i + usize::from(text[i] != b'.'));
        text[..end].to_vec()
    };
    if power >= -4 && power < precision as i64 {
        let places = (precision as i64 - 1 - power) as usize;
        strip(fixed(mantissa, exponent, places, keep_zeros))
    } else {
        let text = scientific(mantissa, exponent, precision - 1, keep_zeros, letter);
        let at = text.iter().rposition(|c| *c == letter).unwrap_or(text.len());
        let mut out = strip(text[..at].to_vec());
        out.extend_from_slice(&text[at..]);
        out
    }
}

/// `%a` without the `0x`: the leading digit holds the top four bits, as glibc prints this format.
pub fn hex(mantissa: u64, exponent: i32, precision: Option<usize>, point: bool) -> Vec<u8> {
    let mut power = i64::from(exponent) + 60;
    let mut mantissa = mantissa;
    if mantissa == 0 {
        power = 0;
    }
    let mut lead = mantissa >> 60;
    if let Some(places) = precision
        && places < 15
    {
        let drop = 60 - 4 * places as u32;
        let rest = mantissa & ((1u64 << drop) - 1);
        let half = 1u64 << (drop - 1);
        let kept = mantissa >> drop;
        let up = rest > half || rest == half && kept & 1 == 1;
        let mut kept = u128::from(kept) + u128::from(up);
        if kept >> (4 * places) > 15 {
            kept >>= 4;
            power += 4;
        }
        lead = (kept >> (4 * places)) as u64;
        mantissa = ((kept & ((1u128 << (4 * places)) - 1)) << (60 - 4 * places)) as u64;
    }
    let mut places: Vec<u8> = format!("{:015x}", mantissa & ((1 << 60) - 1)).into_bytes();
    match precision {
        Some(count) => places.resize(count, b'0'),
        None => {
            let end = places.iter().rposition(|c| *c != b'0').map_or(0, |i| i + 1);
            places.truncate(end);
        }
    }
    let mut out = format!("{lead:x}").into_bytes();
    if !places.is_empty() || point {
        out.push(b'.');
    }
    out.extend_from_slice(&places);
    out.push(b'p');
    out.extend_from_slice(format!("{power:+}").as_bytes());
    out
}
