//! Numbers as exact fractions, so that rounding is what it says.

use num_bigint::BigInt;
use shell::command::CommandError;

use crate::quote::quote;

/// A system of suffixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    None,
    Auto,
    Si,
    Iec,
    IecI,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Up,
    Down,
    FromZero,
    TowardsZero,
    Nearest,
    /// What C's `printf` does with the digits it does not show.
    HalfEven,
}

/// Sizes of the units, and how results are rounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) rounding: Rounding,
}

/// `top / bottom`, and the digits after the point that it was given with.
#[derive(Debug, Clone)]
pub(super) struct Number {
    top: BigInt,
    bottom: BigInt,
    digits: u32,
}

const SUFFIXES: &[u8] = b"KMGTPEZY";

fn ten(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// Reads a number with its suffix. The message of a failure is without the program's name.
pub(super) fn parse(text: &[u8], unit: Unit) -> Result<Number, Vec<u8>> {
    let message = |what: &str| [what.as_bytes(), &quote(text)].concat();
    let (negative, body) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let whole = body.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = whole;
    let mut part = 0;
    if body.get(whole) == Some(&b'.') {
        part = body[whole + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        if part > 0 {
            end = whole + 1 + part;
        } else if whole > 0 {
            return Err(message("invalid number: "));
        }
    }
    if whole + part == 0 {
        return Err(message("invalid number: "));
    }
    if whole + part > 4000 {
        return Err(message("value too large to be converted: "));
    }
    let digits: Vec<u8> = body[..end].iter().copied().filter(|b| *b != b'.').collect();
    let mut top = BigInt::parse_bytes(&digits, 10).unwrap_or_default();
    let part = part as u32;
    if whole > 33 {
        return Err(message("value too large to be converted: "));
    }
    let rest = &body[end..];
    if let Some((letter, tail)) = rest.split_first() {
        let known = SUFFIXES
            .iter()
            .position(|s| s == letter || (*letter == b'k' && *s == b'K'));
        let Some(power) = known else {
            return Err(message("invalid suffix in input: "));
        };
        let power = power as u32 + 1;
        let (base, used): (u64, usize) = match (unit, tail.first()) {
            (Unit::None, _) => {
                return Err([&message("rejecting suffix in input: ")[..], b" (consider using --from)"].concat());
            }
            (Unit::Auto, Some(b'i')) => (1024, 1),
            (Unit::Auto | Unit::Si, _) => (1000, 0),
            (Unit::Iec, _) => (1024, 0),
            (Unit::IecI, Some(b'i')) => (1024, 1),
            (Unit::IecI, _) => {
                return Err([&message("missing 'i' suffix in input: ")[..], b" (e.g Ki/Mi/Gi)"].concat());
            }
        };
        let extra = &tail[used..];
        if !extra.is_empty() {
            return Err([&message("invalid suffix in input ")[..], b": ", &quote(extra)].concat());
        }
        top *= BigInt::from(base).pow(power);
        let n = Number {
            top: if negative { -top } else { top },
            bottom: ten(part),
            digits: 0,
        };
        return Ok(n);
    }
    Ok(Number {
        top: if negative { -top } else { top },
        bottom: ten(part),
        digits: part,
    })
}

/// The quotient as a whole number.
fn round(top: &BigInt, bottom: &BigInt, how: Rounding) -> BigInt {
    let zero = BigInt::from(0);
    let negative = *top < zero;
    let magnitude = if negative { -top } else { top.clone() };
    let (quotient, rest) = (&magnitude / bottom, &magnitude % bottom);
    let more = match how {
        _ if rest == zero => false,
        Rounding::FromZero => true,
        Rounding::TowardsZero => false,
        Rounding::Up => !negative,
        Rounding::Down => negative,
        Rounding::Nearest => rest * 2 >= *bottom,
        Rounding::HalfEven => {
            let twice = rest * 2;
            twice > *bottom || (twice == *bottom && quotient.bit(0))
        }
    };
    let n = quotient + i32::from(more);
    if negative { -n } else { n }
}

/// A whole number of units of `10^-digits`, with its point.
fn point(n: &BigInt, digits: u32) -> String {
    let negative = *n < BigInt::from(0);
    let text = (if negative { -n } else { n.clone() }).to_string();
    let digits = digits as usize;
    let text = format!("{text:0>width$}", width = digits + 1);
    let (whole, part) = text.split_at(text.len() - digits);
    let sign = if negative { "-" } else { "" };
    if digits == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    }
}

/// How results are laid out.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    before: Vec<u8>,
    after: Vec<u8>,
    width: usize,
    left: bool,
    zero: bool,
    precision: Option<u32>,
}

impl Layout {
    pub(super) fn pad(&mut self, width: usize, left: bool) {
        (self.width, self.left) = (width, left);
    }

    pub(super) fn has_width(&self) -> bool {
        self.width > 0
    }

    /// Reads `--format`.
    pub(super) fn format(&mut self, text: &[u8]) -> Result<(), CommandError> {
        let fail = |parts: &[&[u8]]| Err(CommandError::fail(1, parts.concat()));
        let mut at = 0;
        loop {
            match memchr::memchr(b'%', &text[at..]) {
                None => return fail(&[b"format ", &quote(text), b" has no % directive"]),
                Some(n) if text.get(at + n + 1) == Some(&b'%') => at += n + 2,
                Some(n) => {
                    at += n;
                    break;
                }
            }
        }
        self.before = text[..at].to_vec();
        at += 1;
        let mut zero = false;
        while let Some(b @ (b' ' | b'0' | b'\'')) = text.get(at) {
            zero |= *b == b'0';
            at += 1;
        }
        let left = text.get(at) == Some(&b'-');
        at += usize::from(left);
        let number = |at: &mut usize| {
            let len = text[*at..].iter().take_while(|b| b.is_ascii_digit()).count();
            let n = text[*at..*at + len]
                .iter()
                .fold(0usize, |n, d| (n * 10 + usize::from(d - b'0')).min(1 << 16));
            *at += len;
            n
        };
        let width = number(&mut at);
        if width > 0 {
            if zero && !left {
                self.zero = true;
            }
            self.pad(width, left);
        }
        if at == text.len() {
            return fail(&[b"format ", &quote(text), b" ends in %"]);
        }
        if text[at] == b'.' {
            at += 1;
            if !text.get(at).is_some_and(u8::is_ascii_digit) && text.get(at) != Some(&b'f') {
                return fail(&[b"invalid precision in format ", &quote(text)]);
            }
            self.precision = Some(number(&mut at) as u32);
        }
        if text.get(at) != Some(&b'f') {
            return fail(&[
                b"invalid format ",
                &quote(text),
                b", directive must be %[0]['][-][N][.][N]f",
            ]);
        }
        at += 1;
        let rest = &text[at..];
        let mut look = 0;
        while let Some(n) = memchr::memchr(b'%', &rest[look..]) {
            if rest.get(look + n + 1) != Some(&b'%') {
                return fail(&[b"format ", &quote(text), b" has too many % directives"]);
            }
            look += n + 2;
        }
        self.after = rest.to_vec();
        Ok(())
    }

    /// The number in its unit, without padding.
    pub(super) fn show(&self, n: &Number, scale: &Scale, to: Unit) -> Result<String, Vec<u8>> {
        let top = &n.top * scale.from;
        let bottom = &n.bottom * scale.to;
        let zero = BigInt::from(0);
        let magnitude = if top < zero { -&top } else { top.clone() };
        let base: u32 = match to {
            Unit::Si => 1000,
            Unit::Iec | Unit::IecI => 1024,
            Unit::None | Unit::Auto => {
                if magnitude >= &bottom * ten(18) {
                    let digits = (&magnitude / &bottom).to_string();
                    let shown = exponent(&digits, top < zero);
                    return Err(format!("value too large to be printed: '{shown}' (consider using --to)").into_bytes());
                }
                let digits = self.precision.unwrap_or(n.digits);
                return Ok(point(&round(&(top * ten(digits)), &bottom, scale.rounding), digits));
            }
        };
        let (mut power, mut unit) = (0u32, BigInt::from(1));
        while magnitude >= &bottom * &unit * base {
            unit *= base;
            power += 1;
        }
        let small = |top: &BigInt, bottom: &BigInt| *top < bottom * 10;
        let digits = match self.precision {
            Some(p) => (power * 3).min(p),
            None => u32::from(small(&magnitude, &(&bottom * &unit))),
        };
        let mut rounded = round(&(&top * ten(digits)), &(&bottom * &unit), scale.rounding);
        let mut one = ten(digits);
        let size = |n: &BigInt| if *n < BigInt::from(0) { -n } else { n.clone() };
        if size(&rounded) >= &one * base {
            one *= base;
            power += 1;
        }
        let shown = match self.precision {
            Some(p) => p,
            None => u32::from(rounded != zero && small(&size(&rounded), &one) && power > 0),
        };
        // From units of `one` to digits after the point; nothing is lost but what the rule above has rounded away.
        rounded = round(&(rounded * ten(shown)), &one, Rounding::HalfEven);
        let mut text = point(&rounded, shown);
        if power > 0 {
            text.push(SUFFIXES.get(power as usize - 1).map_or('?', |b| char::from(*b)));
            if to == Unit::IecI {
                text.push('i');
            }
        }
        Ok(text)
    }

    /// With suffix, padding and the text around it.
    pub(super) fn finish(&self, shown: &str, suffix: &[u8], auto: Option<usize>) -> Vec<u8> {
        let mut body = shown.as_bytes().to_vec();
        if self.zero {
            let missing = self.width.saturating_sub(body.len() + suffix.len());
            let sign = usize::from(body.starts_with(b"-"));
            body.splice(sign..sign, std::iter::repeat_n(b'0', missing));
        }
        body.extend_from_slice(suffix);
        let width = auto.unwrap_or(self.width);
        let missing = width.saturating_sub(body.len());
        if self.left && auto.is_none() {
            body.extend(std::iter::repeat_n(b' ', missing));
        } else {
            body.splice(0..0, std::iter::repeat_n(b' ', missing));
        }
        [&self.before[..], &body, &self.after].concat()
    }
}

/// `1.23457e+20`, as C's `%Lg` shows it.
fn exponent(digits: &str, negative: bool) -> String {
    let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
    let shown = crate::cformat::Conversion::parse(b"g").0.format(value);
    format!("{}{shown}", if negative { "-" } else { "" })
}
