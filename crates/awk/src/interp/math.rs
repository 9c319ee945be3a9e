//! Arithmetic that C libraries do differently.

/// `base ^ exponent`: by multiplication for small whole exponents, so that whole numbers stay exact.
pub fn power(base: f64, exponent: f64) -> f64 {
    if exponent.trunc() != exponent || exponent.abs() > 1024.0 {
        return base.powf(exponent);
    }
    let mut count = exponent.abs() as u32;
    let (mut result, mut square) = (1.0, base);
    while count > 0 {
        if count & 1 == 1 {
            result *= square;
        }
        square *= square;
        count >>= 1;
    }
    if exponent < 0.0 { 1.0 / result } else { result }
}
