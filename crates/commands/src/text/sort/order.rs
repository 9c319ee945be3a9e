//! The order of lines: keys one after the other, then all bytes as a last resort.

use std::cmp::Ordering;

use super::keys::{Ignore, Key, Kind, is_blank};

/// How lines are compared.
pub(super) struct Order {
    keys: Vec<Key>,
    separator: Option<u8>,
    salt: u64,
    reverse: bool,
    last_resort: bool,
}

impl Order {
    pub fn new(keys: Vec<Key>, separator: Option<u8>, salt: u64, reverse: bool, last_resort: bool) -> Self {
        Self {
            keys,
            separator,
            salt,
            reverse,
            last_resort,
        }
    }

    /// A number whose order never contradicts [`Order::compare`]: equal numbers decide nothing.
    #[inline]
    pub fn prefix(&self, line: &[u8]) -> u64 {
        let Some(key) = self.keys.first() else {
            let p = head(line);
            return if self.reverse { !p } else { p };
        };
        let text = key.slice(line, self.separator);
        let p = match (key.flags.kind, key.flags.ignore, key.flags.fold) {
            (Kind::Text, Ignore::Nothing, false) => head(text),
            (Kind::Numeric, ..) => integer(text),
            (Kind::General, ..) => general(text).0,
            (Kind::Month, ..) => u64::from(month(text)),
            (Kind::Random, ..) => self.hash(text),
            _ => return 0,
        };
        if key.flags.reverse { !p } else { p }
    }

    /// Compares two lines completely.
    pub fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        for key in &self.keys {
            let (x, y) = (key.slice(a, self.separator), key.slice(b, self.separator));
            let by_key = self.compare_keys(key, x, y);
            if by_key.is_ne() {
                return if key.flags.reverse { by_key.reverse() } else { by_key };
            }
        }
        if !self.keys.is_empty() && !self.last_resort {
            return Ordering::Equal;
        }
        let by_bytes = a.cmp(b);
        if self.reverse { by_bytes.reverse() } else { by_bytes }
    }

    fn compare_keys(&self, key: &Key, a: &[u8], b: &[u8]) -> Ordering {
        match key.flags.kind {
            Kind::Text => text(key, a, b),
            Kind::Numeric => Number::parse(a).compare(&Number::parse(b)),
            Kind::General => general(a).cmp(&general(b)),
            Kind::Human => {
                let (x, y) = (Number::parse(a), Number::parse(b));
                x.unit(a).cmp(&y.unit(b)).then_with(|| x.compare(&y))
            }
            Kind::Month => month(a).cmp(&month(b)),
            Kind::Version => {
                if key.flags.fold || key.flags.ignore != Ignore::Nothing {
                    crate::version::compare(&filtered(key, a), &filtered(key, b))
                } else {
                    crate::version::compare(a, b)
                }
            }
            Kind::Random => {
                if key.flags.fold || key.flags.ignore != Ignore::Nothing {
                    let (a, b) = (filtered(key, a), filtered(key, b));
                    return self.hash(&a).cmp(&self.hash(&b)).then_with(|| a.cmp(&b));
                }
                self.hash(a).cmp(&self.hash(b)).then_with(|| a.cmp(b))
            }
        }
    }

    /// A salted hash: equal keys stay together.
    fn hash(&self, text: &[u8]) -> u64 {
        let mut h = self.salt ^ 0x9e37_79b9_7f4a_7c15;
        for b in text {
            h = (h ^ u64::from(*b)).wrapping_mul(0x0000_0100_0000_01b3);
            h ^= h >> 29;
        }
        h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^ (h >> 33)
    }
}

/// The first eight bytes as a number.
#[inline]
fn head(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(full) => u64::from_be_bytes(*full),
        None => {
            let mut part = [0; 8];
            part[..text.len()].copy_from_slice(text);
            u64::from_be_bytes(part)
        }
    }
}

/// The bytes of a text key that count, folded.
fn counted(key: &Key, b: &u8) -> bool {
    match key.flags.ignore {
        Ignore::Nothing => true,
        Ignore::Nondictionary => is_blank(*b) || b.is_ascii_alphanumeric(),
        Ignore::Nonprinting => (32..127).contains(b),
    }
}

fn filtered(key: &Key, text: &[u8]) -> Vec<u8> {
    let fold = key.flags.fold;
    text.iter()
        .filter(|b| counted(key, b))
        .map(|b| if fold { b.to_ascii_uppercase() } else { *b })
        .collect()
}

fn text(key: &Key, a: &[u8], b: &[u8]) -> Ordering {
    match (key.flags.ignore, key.flags.fold) {
        (Ignore::Nothing, false) => a.cmp(b),
        (Ignore::Nothing, true) => {
            let fold = u8::to_ascii_uppercase;
            a.iter().map(fold).cmp(b.iter().map(fold))
        }
        (_, fold) => {
            let fold = |b: &u8| if fold { b.to_ascii_uppercase() } else { *b };
            let x = a.iter().filter(|b| counted(key, b)).map(fold);
            x.cmp(b.iter().filter(|b| counted(key, b)).map(fold))
        }
    }
}

/// A decimal number of any length, in place.
struct Number<'a> {
    negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    /// Offset of what follows the number.
    end: usize,
}

impl<'a> Number<'a> {
    #[inline]
    fn parse(text: &'a [u8]) -> Self {
        let mut at = text.iter().take_while(|b| is_blank(**b)).count();
        let negative = text.get(at) == Some(&b'-');
        at += usize::from(negative);
        at += text[at..].iter().take_while(|b| **b == b'0').count();
        let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let integer = &text[at..at + digits];
        at += digits;
        let mut fraction = &text[at..at];
        if text.get(at) == Some(&b'.') {
            at += 1;
            let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            fraction = &text[at..at + digits];
            at += digits;
            while let [rest @ .., b'0'] = fraction {
                fraction = rest;
            }
        }
        Self {
            negative,
            integer,
            fraction,
            end: at,
        }
    }

    fn is_zero(&self) -> bool {
        self.integer.is_empty() && self.fraction.is_empty()
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => -1,
        }
    }

    fn compare(&self, other: &Number<'_>) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign.is_ne() || self.sign() == 0 {
            return by_sign;
        }
        let size = (self.integer.len().cmp(&other.integer.len()))
            .then_with(|| self.integer.cmp(other.integer))
            .then_with(|| self.fraction.cmp(other.fraction));
        if self.negative { size.reverse() } else { size }
    }

    /// The rank of the suffix of a human-readable number; negative numbers rank the other way round.
    fn unit(&self, text: &[u8]) -> i8 {
        let rank = match text.get(self.end) {
            _ if self.is_zero() => 0,
            Some(b'K' | b'k') => 1,
            Some(b'M') => 2,
            Some(b'G') => 3,
            Some(b'T') => 4,
            Some(b'P') => 5,
            Some(b'E') => 6,
            Some(b'Z') => 7,
            Some(b'Y') => 8,
            _ => 0,
        };
        if self.negative { -rank } else { rank }
    }
}

/// The integer part of a number, capped, as an unsigned number in the same order.
#[inline]
fn integer(text: &[u8]) -> u64 {
    let n = Number::parse(text);
    let magnitude = if n.integer.len() > 18 {
        i64::MAX
    } else {
        n.integer.iter().fold(0i64, |v, d| v * 10 + i64::from(d - b'0'))
    };
    let value = if n.negative { -magnitude } else { magnitude };
    (value as u64) ^ (1 << 63)
}

/// `-g`: text that is no number first, then NaN, then numbers by value; as a number in that order.
fn general(text: &[u8]) -> (u64, u64) {
    let Some(value) = crate::float::parse_prefix(text).map(|(v, _)| v) else {
        return (0, 0);
    };
    if value.is_nan() {
        return (1, 0);
    }
    let value = if value == 0.0 { 0.0 } else { value };
    let bits = value.to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    (ordered.max(2), 0)
}

/// 1 for January to 12; 0 for anything else.
fn month(text: &[u8]) -> u8 {
    let start = text.iter().take_while(|b| is_blank(**b)).count();
    let Some(name) = text[start..].first_chunk::<3>() else {
        return 0;
    };
    let names = b"JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
    names
        .chunks(3)
        .position(|n| n == name.to_ascii_uppercase())
        .map_or(0, |at| at as u8 + 1)
}
