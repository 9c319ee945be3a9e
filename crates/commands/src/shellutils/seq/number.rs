//! The operands of `seq`, with what decides how numbers are printed.

/// A number as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operand {
    pub value: f64,
    /// Characters it took, without leading blanks and `+`.
    pub width: usize,
    /// Digits after the point; `None` when they can not be told (hexadecimal, infinite).
    pub precision: Option<usize>,
    /// The digits without point, with sign, when it is a plain decimal number.
    digits: Option<i128>,
}

impl Operand {
    pub fn one() -> Self {
        Self {
            value: 1.0,
            width: 1,
            precision: Some(0),
            digits: Some(1),
        }
    }

    pub fn parse(word: &[u8]) -> Option<Self> {
        let value = crate::float::parse(word)?;
        let start = word
            .iter()
            .take_while(|b| b.is_ascii_whitespace() || **b == b'+')
            .count();
        let text = &word[start..];
        let mut n = Self {
            value,
            width: text.len(),
            precision: None,
            digits: None,
        };
        if text
            .iter()
            .any(|b| matches!(b, b'x' | b'X' | b'n' | b'N' | b'i' | b'I'))
        {
            if value.is_infinite() {
                n.precision = Some(0);
            }
            return Some(n);
        }
        let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => {
                let e = std::str::from_utf8(&text[at + 1..]).ok()?;
                (&text[..at], e.parse::<i64>().ok()?)
            }
            None => (text, 0),
        };
        let fraction = mantissa
            .iter()
            .position(|b| *b == b'.')
            .map(|at| mantissa.len() - at - 1);
        let decimals = fraction.unwrap_or(0) as i64;
        n.precision = usize::try_from((decimals - exponent).max(0)).ok();
        // Widths are those of the number written out.
        match fraction {
            Some(0) => n.width -= 1,
            Some(_) if mantissa.first() == Some(&b'.') || mantissa.starts_with(b"-.") => n.width += 1,
            _ => {}
        }
        if exponent != 0 {
            let digits = mantissa.iter().filter(|b| b.is_ascii_digit()).count() as i64;
            let sign = i64::from(mantissa.first() == Some(&b'-'));
            let whole = (digits - decimals + exponent).max(1);
            let shown = (decimals - exponent).max(0);
            n.width = usize::try_from(sign + whole + shown + i64::from(shown > 0)).ok()?;
        }
        let plain: Vec<u8> = mantissa.iter().copied().filter(|b| *b != b'.').collect();
        let digits: Option<i128> = std::str::from_utf8(&plain).ok().and_then(|t| t.parse().ok());
        n.digits = digits.and_then(|d| {
            let shift = u32::try_from((exponent - decimals).max(0)).ok()?;
            d.checked_mul(10i128.checked_pow(shift)?)
        });
        Some(n)
    }

    /// The number times ten to the power of `scale`.
    pub fn scaled(&self, scale: usize) -> Option<i128> {
        let more = scale.checked_sub(self.precision?)?;
        self.digits?.checked_mul(10i128.checked_pow(u32::try_from(more).ok()?)?)
    }
}

/// Writes a scaled number with its point, padded with zeros to `width`.
pub(super) fn write(n: i128, precision: usize, width: usize, minus: bool, out: &mut Vec<u8>) {
    let mut digits = n.unsigned_abs().to_string();
    if digits.len() <= precision {
        digits.insert_str(0, &"0".repeat(precision + 1 - digits.len()));
    }
    let negative = n < 0 || minus;
    let length = digits.len() + usize::from(precision > 0) + usize::from(negative);
    if negative {
        out.push(b'-');
    }
    out.resize(out.len() + width.saturating_sub(length), b'0');
    let (whole, fraction) = digits.split_at(digits.len() - precision);
    out.extend_from_slice(whole.as_bytes());
    if precision > 0 {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}
