//! Numbers as C prints them with `%g`, `%e` and `%f`.

/// `%.{precision}g`.
pub(super) fn general(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let precision = precision.max(1);
    let scientific = format!("{:.*e}", precision - 1, value);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if power < -4 || power >= precision as i32 {
        return format!("{}e{}", trim(mantissa), exponent_text(power));
    }
    let decimals = usize::try_from(precision as i32 - 1 - power).unwrap_or(0);
    trim(&format!("{value:.decimals$}")).to_owned()
}

/// `%.{precision}e`.
pub(super) fn scientific(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{mantissa}e{}", exponent_text(exponent.parse().unwrap_or(0)))
}

fn exponent_text(power: i32) -> String {
    format!("{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

fn trim(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// What C prints for what is no number.
pub(super) fn special(value: f64) -> String {
    match (value.is_nan(), value.is_sign_negative()) {
        (true, false) => "nan".into(),
        (true, true) => "-nan".into(),
        (false, false) => "inf".into(),
        (false, true) => "-inf".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_c() {
        for (value, precision, want) in [
            (0.0, 6, "0"),
            (-0.0, 6, "-0"),
            (1.5, 6, "1.5"),
            (1e6, 6, "1e+06"),
            (999_999.0, 6, "999999"),
            (1e-5, 6, "1e-05"),
            (1e-4, 6, "0.0001"),
            (123_456_789.0, 6, "1.23457e+08"),
            (f64::NAN, 6, "nan"),
            (f64::NEG_INFINITY, 6, "-inf"),
        ] {
            assert_eq!(general(value, precision), want);
        }
    }
}
