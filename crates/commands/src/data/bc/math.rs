//! The functions of `-l`, by series with digits to spare, cut off at `scale`.

use num_bigint::BigInt;

use super::number::{Num, ten};

/// Digits to spare.
const SPARE: usize = 12;

/// Polled between terms; tells that the call has ended.
pub(super) type Poll<'p> = &'p mut dyn FnMut() -> bool;

/// A fraction in units of `10^-digits`.
struct Fixed {
    one: BigInt,
    digits: usize,
}

impl Fixed {
    fn new(digits: usize) -> Self {
        Self {
            one: ten(digits),
            digits,
        }
    }

    fn of(&self, x: &Num) -> BigInt {
        x.rescale(self.digits).units
    }

    fn mul(&self, a: &BigInt, b: &BigInt) -> BigInt {
        a * b / &self.one
    }

    fn cut(&self, n: BigInt, scale: usize) -> Num {
        Num {
            units: n,
            scale: self.digits,
        }
        .rescale(scale)
    }
}

fn digits_before_point(x: &Num) -> usize {
    x.rescale(0).units.magnitude().to_string().len()
}

/// `e^x`; `None` when the result would be beyond all bounds, or the call has ended.
pub(super) fn exp(x: &Num, scale: usize, poll: Poll<'_>) -> Option<Num> {
    let whole = x.to_i64().filter(|n| n.unsigned_abs() < 1_000_000)?;
    // The result has about 0.434 x digits before the point.
    let extra = if whole > 0 { whole as usize * 435 / 1000 } else { 0 };
    let halvings = digits_before_point(x) * 4 + 8;
    let f = Fixed::new(scale + extra + SPARE + halvings / 3 + 4);
    let small = f.of(x) >> halvings;
    let (mut sum, mut term) = (&f.one + &small, small.clone());
    for n in 2u32.. {
        term = f.mul(&term, &small) / n;
        if term == BigInt::from(0) {
            break;
        }
        sum += &term;
        if n.is_multiple_of(16) && poll() {
            return None;
        }
    }
    for _ in 0..halvings {
        sum = f.mul(&sum, &sum);
        if poll() {
            return None;
        }
    }
    Some(f.cut(sum, scale))
}

/// The natural logarithm of a positive number.
pub(super) fn ln(x: &Num, scale: usize, poll: Poll<'_>) -> Option<Num> {
    let f = Fixed::new(scale.max(x.scale) + digits_before_point(x) + SPARE + 8);
    // Square roots bring the number near one; each halves the logarithm.
    let mut y = f.of(x);
    let (low, high) = (&f.one * 9 / 10, &f.one * 11 / 10);
    let mut doublings = 0u32;
    while y < low || y > high {
        y = (&y * &f.one).sqrt();
        doublings += 1;
        if poll() {
            return None;
        }
    }
    // ln y = 2 artanh((y-1)/(y+1))
    let z = (&y - &f.one) * &f.one / (&y + &f.one);
    let square = f.mul(&z, &z);
    let (mut sum, mut power) = (z.clone(), z);
    for n in (3u32..).step_by(2) {
        power = f.mul(&power, &square);
        let term = &power / n;
        if term == BigInt::from(0) {
            break;
        }
        sum += term;
        if n % 32 == 1 && poll() {
            return None;
        }
    }
    Some(f.cut(sum << (doublings + 1), scale))
}

/// The arc tangent, in units of a [`Fixed`].
fn atan_fixed(f: &Fixed, x: &BigInt, poll: Poll<'_>) -> Option<BigInt> {
    // atan x = 2 atan(x / (1 + sqrt(1 + x²))), until x is small.
    let mut x = x.clone();
    let mut doublings = 0u32;
    let limit = &f.one / 10;
    while x > limit || x < -&limit {
        let root = ((&f.one * &f.one) + &x * &x).sqrt();
        x = &x * &f.one / (&f.one + root);
        doublings += 1;
        if poll() {
            return None;
        }
    }
    let square = f.mul(&x, &x);
    let (mut sum, mut power) = (x.clone(), x);
    for n in (3u32..).step_by(2) {
        power = -f.mul(&power, &square);
        let term = &power / n;
        if term == BigInt::from(0) {
            break;
        }
        sum += term;
        if n % 32 == 1 && poll() {
            return None;
        }
    }
    Some(sum << doublings)
}

/// The arc tangent.
pub(super) fn atan(x: &Num, scale: usize, poll: Poll<'_>) -> Option<Num> {
    let f = Fixed::new(scale.max(x.scale) + digits_before_point(x) + SPARE + 8);
    let result = atan_fixed(&f, &f.of(x), poll)?;
    Some(f.cut(result, scale))
}

/// Sine, or cosine.
pub(super) fn sin(x: &Num, scale: usize, cosine: bool, poll: Poll<'_>) -> Option<Num> {
    let f = Fixed::new(scale.max(x.scale) + digits_before_point(x) * 2 + SPARE + 8);
    let half_pi = atan_fixed(&f, &f.one, poll)? * 2;
    let mut y = f.of(x);
    if cosine {
        y += &half_pi;
    }
    // Turns of 2π do not matter, and half a turn changes the sign.
    let pi: BigInt = &half_pi * 2;
    let turns = (&y + &half_pi) / &pi - i32::from(&y + &half_pi < BigInt::from(0));
    y -= &turns * &pi;
    let odd = turns.bit(0);
    let square = f.mul(&y, &y);
    let (mut sum, mut term) = (y.clone(), y);
    for n in (3u64..).step_by(2) {
        term = -f.mul(&term, &square) / (n * (n - 1));
        if term == BigInt::from(0) {
            break;
        }
        sum += &term;
        if n % 32 == 1 && poll() {
            return None;
        }
    }
    Some(f.cut(if odd { -sum } else { sum }, scale))
}

/// Bessel's function of whole order.
pub(super) fn bessel(order: i64, x: &Num, scale: usize, poll: Poll<'_>) -> Option<Num> {
    let n = order.unsigned_abs();
    let size = x.to_i64().filter(|n| n.unsigned_abs() < 100_000)?.unsigned_abs() as usize;
    if n > 100_000 {
        return None;
    }
    // Terms grow to about e^|x| before they fall.
    let f = Fixed::new(scale.max(x.scale) + size + SPARE + 8);
    let half: BigInt = f.of(x) / 2;
    let mut term = f.one.clone();
    for k in 1..=n {
        term = f.mul(&term, &half) / k;
    }
    let square = f.mul(&half, &half);
    let mut sum = term.clone();
    for k in 1u64.. {
        term = -f.mul(&term, &square) / (k * (k + n));
        if term == BigInt::from(0) {
            break;
        }
        sum += &term;
        if k.is_multiple_of(16) && poll() {
            return None;
        }
    }
    if order < 0 && order % 2 != 0 {
        sum = -sum;
    }
    Some(f.cut(sum, scale))
}
