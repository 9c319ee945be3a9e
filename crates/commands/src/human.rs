//! Sizes for people: `4.0K`, and numbers of blocks (gnulib `human_readable`, rounding up).

/// How sizes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// In units of so many bytes, rounded up; with a suffix if one was asked for (`--block-size=K`).
    Unit(u64, Option<&'static str>),
    /// Powers of 1024 with a letter.
    Human,
    /// Powers of 1000 with a letter.
    Si,
}

const LETTERS: [&str; 9] = ["", "K", "M", "G", "T", "P", "E", "Z", "Y"];

impl Scale {
    /// Shows a number of bytes.
    pub fn show(self, bytes: u64) -> String {
        match self {
            Self::Unit(unit, suffix) => format!("{}{}", bytes.div_ceil(unit.max(1)), suffix.unwrap_or("")),
            Self::Human => letters(bytes, 1024),
            Self::Si => letters(bytes, 1000),
        }
    }

    /// Reads `--block-size`: `1K`, `KB`, `M`, `human-readable`, `si`. `None` for what is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"human-readable" => return Some(Self::Human),
            b"si" => return Some(Self::Si),
            _ => {}
        }
        let text = text.strip_prefix(b"'").unwrap_or(text);
        let n = crate::number::size(text, "EgGkKmMPtTYZ0").ok().filter(|n| *n > 0)?;
        // A bare suffix is shown again after each number.
        let suffix = if text.first().is_some_and(u8::is_ascii_digit) {
            None
        } else {
            let letter = text.first().map_or(0, u8::to_ascii_uppercase);
            LETTERS.iter().skip(1).find(|l| l.as_bytes() == [letter]).copied()
        };
        Some(Self::Unit(n, suffix))
    }
}

/// Up to three digits and a letter, rounded up: `9.8K`, `10K`, `1023`.
fn letters(bytes: u64, base: u64) -> String {
    if bytes < base {
        return bytes.to_string();
    }
    let (mut power, mut unit) = (0usize, 1u128);
    let bytes = u128::from(bytes);
    while bytes >= unit * u128::from(base) && power + 1 < LETTERS.len() {
        unit *= u128::from(base);
        power += 1;
    }
    let tenths = (bytes * 10).div_ceil(unit);
    let suffix = |power: usize| {
        if base == 1000 && power == 1 {
            "k"
        } else {
            LETTERS[power]
        }
    };
    if tenths < 100 {
        return format!("{}.{}{}", tenths / 10, tenths % 10, suffix(power));
    }
    let whole = bytes.div_ceil(unit);
    if whole >= u128::from(base) && power + 1 < LETTERS.len() {
        return format!("1.0{}", suffix(power + 1));
    }
    format!("{whole}{}", suffix(power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_round_up() {
        for (n, want) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10_137, "9.9K"),
            (10_138, "10K"),
            (1_048_575, "1.0M"),
        ] {
            assert_eq!(Scale::Human.show(n), want, "{n}");
        }
        assert_eq!(Scale::Si.show(1500), "1.5k");
        assert_eq!(Scale::parse(b"K").map(|s| s.show(1025)).as_deref(), Some("2K"));
        assert_eq!(Scale::parse(b"1K").map(|s| s.show(1025)).as_deref(), Some("2"));
    }
}
