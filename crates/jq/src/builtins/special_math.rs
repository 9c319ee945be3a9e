//! Floating point functions that neither the standard library nor libm has in jq's form.

/// 10 to the power of `x`, exact for whole exponents.
pub(super) fn exp10(x: f64) -> f64 {
    if x.fract() == 0.0 && x.abs() < 400.0 {
        // The decimal parser rounds correctly.
        return format!("1e{x}").parse().unwrap_or(f64::NAN);
    }
    libm::exp10(x)
}

/// A power; whole bases and exponents go through the exact path of the C library.
pub(super) fn pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}

/// Mantissa in [0.5, 1) and exponent.
pub(super) fn frexp(x: f64) -> (f64, f64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0.0);
    }
    let (m, e) = libm::frexp(x);
    (m, f64::from(e))
}

/// The exponent as a number.
pub(super) fn logb(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x.is_infinite() {
        return f64::INFINITY;
    }
    if x.is_nan() {
        return x;
    }
    frexp(x).1 - 1.0
}

/// The mantissa in [1, 2).
pub(super) fn significand(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    frexp(x).0 * 2.0
}

/// `x * 2^e`
pub(super) fn scale(x: f64, e: f64) -> f64 {
    if e.is_nan() {
        return e;
    }
    #[allow(clippy::cast_possible_truncation)]
    libm::scalbn(x, e.clamp(-10_000.0, 10_000.0) as i32)
}

/// Bessel function of the first kind and order `n`.
pub(super) fn jn(n: f64, x: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    libm::jn(n as i32, x)
}

/// Bessel function of the second kind and order `n`.
pub(super) fn yn(n: f64, x: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    libm::yn(n as i32, x)
}
