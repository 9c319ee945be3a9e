//! C's `printf` conversions of floating-point numbers.

/// One conversion: `%[flags][width][.precision]letter`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversion {
    /// `-`.
    pub left: bool,
    /// `+`.
    pub plus: bool,
    /// A blank.
    pub blank: bool,
    /// `#`.
    pub alternative: bool,
    /// `0`.
    pub zero: bool,
    /// Minimum width.
    pub width: usize,
    /// Precision; 6 if `None`.
    pub precision: Option<usize>,
    /// The letter: one of `aefgAEFG`, or whatever followed.
    pub letter: u8,
}

impl Conversion {
    /// Reads what follows a `%`; how many bytes it takes. The grouping flag `'` is read and has no effect in the C locale.
    pub fn parse(text: &[u8]) -> (Self, usize) {
        let mut c = Self::default();
        let mut at = 0;
        while let Some(b) = text.get(at) {
            match b {
                b'-' => c.left = true,
                b'+' => c.plus = true,
                b' ' => c.blank = true,
                b'#' => c.alternative = true,
                b'0' => c.zero = true,
                b'\'' => {}
                _ => break,
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let len = text[*at..].iter().take_while(|b| b.is_ascii_digit()).count();
            let n = text[*at..*at + len].iter().fold(0usize, |n, d| {
                n.saturating_mul(10).saturating_add(usize::from(d - b'0'))
            });
            *at += len;
            // Wider than this serves nobody and would eat the memory.
            n.min(1 << 20)
        };
        c.width = number(&mut at);
        if text.get(at) == Some(&b'.') {
            at += 1;
            c.precision = Some(number(&mut at));
        }
        while text.get(at) == Some(&b'L') {
            at += 1;
        }
        c.letter = text.get(at).copied().unwrap_or(0);
        (c, at + usize::from(at < text.len()))
    }

    /// Formats a number.
    pub fn format(&self, value: f64) -> String {
        let negative = value.is_sign_negative();
        let sign = match (negative, self.plus, self.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let magnitude = value.abs();
        let upper = self.letter.is_ascii_uppercase();
        let mut body = if magnitude.is_nan() {
            "nan".to_string()
        } else if magnitude.is_infinite() {
            "inf".to_string()
        } else {
            match self.letter.to_ascii_lowercase() {
                b'e' => self.scientific(magnitude, self.precision.unwrap_or(6)),
                b'g' => self.general(magnitude),
                b'a' => hexadecimal(magnitude, self.precision),
                _ => self.fixed(magnitude, self.precision.unwrap_or(6)),
            }
        };
        if upper {
            body = body.to_ascii_uppercase();
        }
        let pad = self.width.saturating_sub(sign.len() + body.len());
        match (self.left, self.zero && value.is_finite()) {
            (true, _) => format!("{sign}{body}{}", " ".repeat(pad)),
            (_, true) => format!("{sign}{}{body}", "0".repeat(pad)),
            _ => format!("{}{sign}{body}", " ".repeat(pad)),
        }
    }

    fn fixed(&self, value: f64, precision: usize) -> String {
        let mut text = format!("{value:.precision$}");
        if precision == 0 && self.alternative {
            text.push('.');
        }
        text
    }

    fn scientific(&self, value: f64, precision: usize) -> String {
        let text = format!("{value:.precision$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let point = if precision == 0 && self.alternative { "." } else { "" };
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}{point}e{sign}{:02}", exponent.abs())
    }

    fn general(&self, value: f64) -> String {
        let precision = self.precision.unwrap_or(6).max(1);
        let probe = format!("{value:.0$e}", precision - 1);
        let exponent: i64 = probe.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
        let scientific = exponent < -4 || exponent >= precision as i64;
        let text = if scientific {
            self.scientific(value, precision - 1)
        } else {
            self.fixed(value, (precision as i64 - 1 - exponent) as usize)
        };
        if self.alternative {
            return text;
        }
        let (digits, tail) = match text.find('e') {
            Some(at) => text.split_at(at),
            None => (&text[..], ""),
        };
        if digits.contains('.') {
            format!("{}{tail}", digits.trim_end_matches('0').trim_end_matches('.'))
        } else {
            text
        }
    }
}

fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    if value == 0.0 {
        let zeros = "0".repeat(precision.unwrap_or(0));
        let point = if zeros.is_empty() { "" } else { "." };
        return format!("0x0{point}{zeros}p+0");
    }
    let bits = value.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = bits & ((1 << 52) - 1);
    let mut lead = 1u64;
    if exponent == -1023 {
        (lead, exponent) = (0, -1022);
    }
    let digits = match precision {
        Some(p) if p < 13 => {
            let drop = (13 - p) * 4;
            let all = (lead << 52) | mantissa;
            let half = 1u64 << (drop - 1);
            let mut rounded = all >> drop;
            let rest = all & ((1 << drop) - 1);
            if rest > half || (rest == half && rounded & 1 == 1) {
                rounded += 1;
            }
            lead = rounded >> (p * 4);
            mantissa = rounded & ((1u64 << (p * 4)) - 1);
            if p == 0 {
                String::new()
            } else {
                format!("{mantissa:0p$x}")
            }
        }
        Some(p) => format!("{mantissa:013x}{}", "0".repeat(p - 13)),
        None => format!("{mantissa:013x}").trim_end_matches('0').to_string(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    format!("0x{lead}{point}{digits}p{exponent:+}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_printf_shows_them() {
        for (format, value, want) in [
            ("5.1f", 3.15, "  3.1"),
            ("g", 100_000.0, "100000"),
            ("g", 1_000_000.0, "1e+06"),
            ("g", 0.0001, "0.0001"),
            ("g", 0.00001, "1e-05"),
            ("e", 12345.678, "1.234568e+04"),
            ("05g", -1.0, "-0001"),
            ("-6.2fx", 1.0, "1.00  "),
            ("+g", f64::INFINITY, "+inf"),
            ("a", 1.5, "0x1.8p+0"),
            ("G", 1e-10, "1E-10"),
        ] {
            assert_eq!(Conversion::parse(format.as_bytes()).0.format(value), want, "{format}");
        }
    }
}
