//! Decimal numbers: a whole number of units of `10^-scale`.

use num_bigint::{BigInt, Sign};

/// A number with its scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Num {
    pub(super) units: BigInt,
    pub(super) scale: usize,
}

/// `10^n`.
pub(super) fn ten(n: usize) -> BigInt {
    BigInt::from(10).pow(n as u32)
}

impl Num {
    /// A whole number.
    pub(super) fn int(n: i64) -> Self {
        Self {
            units: n.into(),
            scale: 0,
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.units.sign() == Sign::NoSign
    }

    pub(super) fn is_negative(&self) -> bool {
        self.units.sign() == Sign::Minus
    }

    /// The same with another scale; digits that do not fit are cut off.
    pub(super) fn rescale(&self, scale: usize) -> Self {
        let units = match scale.cmp(&self.scale) {
            std::cmp::Ordering::Equal => self.units.clone(),
            std::cmp::Ordering::Greater => &self.units * ten(scale - self.scale),
            // Division of whole numbers goes towards zero.
            std::cmp::Ordering::Less => &self.units / ten(self.scale - scale),
        };
        Self { units, scale }
    }

    fn common(a: &Self, b: &Self) -> (BigInt, BigInt, usize) {
        let scale = a.scale.max(b.scale);
        (a.rescale(scale).units, b.rescale(scale).units, scale)
    }

    pub(super) fn add(&self, other: &Self) -> Self {
        let (a, b, scale) = Self::common(self, other);
        Self { units: a + b, scale }
    }

    pub(super) fn sub(&self, other: &Self) -> Self {
        let (a, b, scale) = Self::common(self, other);
        Self { units: a - b, scale }
    }

    pub(super) fn neg(&self) -> Self {
        Self {
            units: -&self.units,
            scale: self.scale,
        }
    }

    pub(super) fn mul(&self, other: &Self, scale: usize) -> Self {
        let full = self.scale + other.scale;
        let kept = full.min(scale.max(self.scale).max(other.scale));
        Self {
            units: &self.units * &other.units,
            scale: full,
        }
        .rescale(kept)
    }

    /// The quotient, or `None` for a division by zero.
    pub(super) fn div(&self, other: &Self, scale: usize) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        // a/10^s ÷ b/10^t = a·10^t / (b·10^s)
        let top = &self.units * ten(other.scale + scale);
        let bottom = &other.units * ten(self.scale);
        Some(Self {
            units: top / bottom,
            scale,
        })
    }

    /// What is left of a division that goes to `scale` digits.
    pub(super) fn rem(&self, other: &Self, scale: usize) -> Option<Self> {
        let quotient = self.div(other, scale)?;
        let kept = self.scale.max(other.scale + scale);
        let product = Self {
            units: &quotient.units * &other.units,
            scale: quotient.scale + other.scale,
        };
        Some(self.sub(&product).rescale(kept))
    }

    /// A power with a whole exponent; `None` for a division by zero.
    pub(super) fn pow(&self, exponent: i64, scale: usize) -> Option<Self> {
        if exponent == 0 {
            return Some(Self::int(1));
        }
        let n = exponent.unsigned_abs();
        let power = Self {
            units: self.units.pow(u32::try_from(n).ok()?),
            scale: self.scale.checked_mul(usize::try_from(n).ok()?)?,
        };
        if exponent < 0 {
            return Self::int(1).div(&power, scale);
        }
        let kept = power.scale.min(scale.max(self.scale));
        Some(power.rescale(kept))
    }

    /// The square root; `None` of what is negative.
    pub(super) fn sqrt(&self, scale: usize) -> Option<Self> {
        if self.is_negative() {
            return None;
        }
        let scale = scale.max(self.scale);
        let wide = self.rescale(scale * 2);
        Some(Self {
            units: wide.units.sqrt(),
            scale,
        })
    }

    pub(super) fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (a, b, _) = Self::common(self, other);
        a.cmp(&b)
    }

    /// Number of significant digits, those behind the point all counted.
    pub(super) fn length(&self) -> usize {
        let digits = self.units.magnitude().to_string().len();
        if self.is_zero() {
            self.scale.max(1)
        } else {
            digits.max(self.scale)
        }
    }

    /// The whole part, as far as it fits.
    pub(super) fn to_i64(&self) -> Option<i64> {
        i64::try_from(&self.rescale(0).units).ok()
    }

    /// Whether there are digits behind the point that are not zero.
    pub(super) fn has_fraction(&self) -> bool {
        self.rescale(0).rescale(self.scale).units != self.units
    }

    /// Reads digits in a base. A lone digit stands for itself in any base; among others, one too large counts as the largest.
    pub(super) fn parse(text: &[u8], base: u32) -> Self {
        let (whole, part) = match memchr::memchr(b'.', text) {
            Some(n) => (&text[..n], &text[n + 1..]),
            None => (text, &b""[..]),
        };
        let value = |b: u8| (b as char).to_digit(36).unwrap_or(0);
        if whole.len() == 1 && part.is_empty() {
            return Self::int(value(whole[0]).into());
        }
        let digit = |b: u8| value(b).min(base - 1);
        if base == 10 {
            let digits: Vec<u8> = whole.iter().chain(part).map(|b| b'0' + digit(*b) as u8).collect();
            let units = BigInt::parse_bytes(&digits, 10).unwrap_or_default();
            return Self {
                units,
                scale: part.len(),
            };
        }
        let mut n = BigInt::from(0);
        for b in whole {
            n = n * base + digit(*b);
        }
        let (mut top, mut bottom) = (BigInt::from(0), BigInt::from(1));
        for b in part {
            top = top * base + digit(*b);
            bottom *= base;
        }
        let scale = part.len();
        let fraction = top * ten(scale) / bottom;
        Self {
            units: n * ten(scale) + fraction,
            scale,
        }
    }

    /// The digits in an output base.
    pub(super) fn show(&self, base: u32) -> String {
        let sign = if self.is_negative() { "-" } else { "" };
        let magnitude = BigInt::from(self.units.magnitude().clone());
        if base == 10 {
            let text = magnitude.to_string();
            if self.scale == 0 {
                return format!("{sign}{text}");
            }
            if self.is_zero() {
                return "0".to_string();
            }
            let text = format!("{text:0>width$}", width = self.scale);
            let (whole, part) = text.split_at(text.len() - self.scale);
            return format!("{sign}{whole}.{part}");
        }
        if self.is_zero() {
            return "0".to_string();
        }
        let unit = ten(self.scale);
        let (whole, mut part) = (&magnitude / &unit, &magnitude % &unit);
        // Digits of bases above sixteen are numbers between blanks, as wide as the largest.
        let wide = (base - 1).to_string().len();
        let digit = |n: u32, first: bool| match (base <= 16, first) {
            (true, _) => char::from_digit(n, 36).map_or(String::new(), |c| c.to_ascii_uppercase().to_string()),
            (false, true) => format!("{n:0wide$}"),
            (false, false) => format!(" {n:0wide$}"),
        };
        let mut text = sign.to_string();
        let digits: Vec<u32> = if whole.sign() == Sign::NoSign {
            Vec::new()
        } else if base <= 256 {
            whole.to_radix_be(base).1.into_iter().map(u32::from).collect()
        } else {
            let mut all = Vec::new();
            let mut rest = whole;
            while rest.sign() != Sign::NoSign {
                all.push(u32::try_from(&rest % base).unwrap_or(0));
                rest /= base;
            }
            all.reverse();
            all
        };
        for n in digits {
            text.push_str(&digit(n, false));
        }
        if self.scale > 0 {
            text.push('.');
            // As many digits as say what the decimal ones said.
            let mut weight = BigInt::from(1);
            let mut first = true;
            while weight.magnitude().to_string().len() <= self.scale {
                part *= base;
                let n = u32::try_from(&part / &unit).unwrap_or(0);
                part %= &unit;
                text.push_str(&digit(n, first));
                first = false;
                weight *= base;
            }
        }
        text
    }
}
