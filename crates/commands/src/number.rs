//! Numbers as GNU tools read them (gnulib `xstrtoumax`, `human_readable`).

/// Why a text is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number at all.
    Invalid,
    /// A number with a suffix that is not known here.
    Suffix,
    /// Too large; the value is capped.
    Overflow,
}

impl NumberError {
    /// What follows the quoted text in a message: nothing, or `: Value too large for defined data type`.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Overflow => ": Value too large for defined data type",
            _ => "",
        }
    }
}

/// A decimal number without sign, suffix or blanks.
pub fn decimal(text: &[u8]) -> Result<u64, NumberError> {
    let (n, rest) = digits(text)?;
    if rest.is_empty() { n } else { Err(NumberError::Invalid) }
}

/// The leading digits as a number, and what follows them.
#[allow(clippy::type_complexity)]
fn digits(text: &[u8]) -> Result<(Result<u64, NumberError>, &[u8]), NumberError> {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if len == 0 {
        return Err(NumberError::Invalid);
    }
    let mut n: u64 = 0;
    for d in &text[..len] {
        match n.checked_mul(10).and_then(|n| n.checked_add(u64::from(d - b'0'))) {
            Some(next) => n = next,
            None => return Ok((Err(NumberError::Overflow), &text[len..])),
        }
    }
    Ok((Ok(n), &text[len..]))
}

/// A size: digits, then optionally a multiplier out of `suffixes` (such as `bkKmMGTPEZY0`). With `0` among them `kB` means
/// 1000 and `KiB` 1024; `b` is 512, `c` 1, `w` 2. A suffix alone counts as 1 of it. Leading blanks and `+` are allowed.
pub fn size(text: &[u8], suffixes: &str) -> Result<u64, NumberError> {
    let start = text.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let body = text[start..].strip_prefix(b"+").unwrap_or(&text[start..]);
    let (number, rest) = match digits(body) {
        Ok(found) => found,
        // A bare suffix means one of it.
        Err(_) if !body.is_empty() && suffixes.as_bytes().contains(&body[0]) && body[0] != b'0' => (Ok(1), body),
        Err(e) => return Err(e),
    };
    let Some((&letter, tail)) = rest.split_first() else {
        return number;
    };
    if !suffixes.as_bytes().contains(&letter) || letter == b'0' {
        return Err(NumberError::Suffix);
    }
    let base: u64 = match tail {
        b"" | b"iB" => 1024,
        b"B" | b"D" if suffixes.contains('0') => 1000,
        _ => return Err(NumberError::Suffix),
    };
    let simple = |n: u64| {
        if tail.is_empty() {
            Ok((n, 1))
        } else {
            Err(NumberError::Suffix)
        }
    };
    let (unit, power) = match letter {
        b'b' => simple(512)?,
        b'B' => simple(1024)?,
        b'c' => simple(1)?,
        b'w' => simple(2)?,
        b'k' | b'K' => (base, 1),
        b'm' | b'M' => (base, 2),
        b'g' | b'G' => (base, 3),
        b't' | b'T' => (base, 4),
        b'P' => (base, 5),
        b'E' => (base, 6),
        b'Z' => (base, 7),
        b'Y' => (base, 8),
        _ => return Err(NumberError::Suffix),
    };
    let number = number?;
    if number == 0 {
        return Ok(0);
    }
    unit.checked_pow(power)
        .and_then(|m| number.checked_mul(m))
        .ok_or(NumberError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_gnu_multipliers() {
        let s = "bkKmMGTPEZY0";
        for (text, want) in [
            ("12", Ok(12)),
            ("+12", Ok(12)),
            ("2b", Ok(1024)),
            ("1k", Ok(1024)),
            ("1kB", Ok(1000)),
            ("3MiB", Ok(3 << 20)),
            ("K", Ok(1024)),
            ("", Err(NumberError::Invalid)),
            ("x", Err(NumberError::Invalid)),
            ("1x", Err(NumberError::Suffix)),
            ("1Y", Err(NumberError::Overflow)),
            ("18446744073709551616", Err(NumberError::Overflow)),
        ] {
            assert_eq!(size(text.as_bytes(), s), want, "{text}");
        }
        assert_eq!(decimal(b"1k"), Err(NumberError::Invalid));
    }
}
