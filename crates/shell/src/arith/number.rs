//! Integer constants: decimal, octal, hexadecimal, `base#digits`.

/// A decimal number with an optional sign and nothing else, which is what most variables hold. No leading zero (octal).
pub(super) fn plain(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    match digits {
        [] => return None,
        [b'0'] => return Some(0),
        [b'0', ..] => return None,
        _ => {}
    }
    // 18 digits always fit.
    if digits.len() > 18 {
        return None;
    }
    let mut value = 0i64;
    for &c in digits {
        if !c.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(c - b'0');
    }
    Some(if negative { -value } else { value })
}

/// The value of a number token: a digit followed by any of `[0-9a-zA-Z#@_]`. Too large values wrap.
///
/// # Errors
/// The reason, as bash words it.
pub(super) fn constant(token: &[u8]) -> Result<i64, &'static str> {
    let mut base = 10i64;
    let mut found_base = false;
    let mut rest = token;
    if let [b'0', tail @ ..] = token {
        found_base = true;
        match tail {
            [] => return Ok(0),
            [b'x' | b'X', digits @ ..] => {
                base = 16;
                rest = digits;
            }
            _ => {
                base = 8;
                rest = tail;
            }
        }
    }
    let mut value = 0i64;
    let mut i = 0;
    while let Some(&c) = rest.get(i) {
        i += 1;
        if c == b'#' {
            if found_base {
                return Err("invalid number");
            }
            if !(2..=64).contains(&value) {
                return Err("invalid arithmetic base");
            }
            base = value;
            value = 0;
            found_base = true;
            if !rest
                .get(i)
                .is_some_and(|&c| c.is_ascii_alphanumeric() || c == b'@' || c == b'_')
            {
                return Err("invalid integer constant");
            }
            continue;
        }
        let digit = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => c - b'A' + 10,
            b'A'..=b'Z' => c - b'A' + 36,
            b'@' => 62,
            _ => 63,
        };
        if i64::from(digit) >= base {
            return Err("value too great for base");
        }
        value = value.wrapping_mul(base).wrapping_add(i64::from(digit));
    }
    Ok(value)
}
