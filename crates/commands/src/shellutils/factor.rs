//! `factor`: prime factors (Miller–Rabin and Pollard's rho, as Brent has it, up to 128 bits).

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, flag};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "factor",
    "[OPTION] [NUMBER]...",
    "Print the prime factors of each specified integer NUMBER.  If none\nare specified on the command line, read them from standard input.",
    &[flag(
        "h",
        "exponents",
        "print repeated factors in form p^e unless e is 1",
    )],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let powers = args.has("exponents");
    let mut ok = true;
    if !args.operands.is_empty() {
        for text in &args.operands {
            ok &= one(cx, text.trim_ascii_start(), powers)?;
        }
        return status(ok, 1);
    }
    let mut lines = input::stdin(cx).lines(b'\n');
    while let Some(line) = lines.next()? {
        let words: Vec<Vec<u8>> = line
            .split(|b| matches!(b, b' ' | b'\t'))
            .filter(|w| !w.is_empty())
            .map(<[u8]>::to_vec)
            .collect();
        for word in words {
            ok &= one(cx, &word, powers)?;
        }
    }
    status(ok, 1)
}

fn one(cx: &mut Context<'_>, text: &[u8], powers: bool) -> Result<bool, CommandError> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        cx.warn([&quote(text)[..], b" is not a valid positive integer"].concat());
        return Ok(false);
    }
    let Some(n) = std::str::from_utf8(digits).ok().and_then(|d| d.parse::<u128>().ok()) else {
        cx.warn([&quote(text)[..], b" is too large"].concat());
        return Ok(false);
    };
    let mut factors = Vec::new();
    split(cx, n, &mut factors)?;
    factors.sort_unstable();
    let mut line = format!("{n}:");
    let mut at = 0;
    while at < factors.len() {
        let p = factors[at];
        let count = factors[at..].iter().take_while(|q| **q == p).count();
        if powers && count > 1 {
            line.push_str(&format!(" {p}^{count}"));
        } else {
            line.push_str(&format!(" {p}").repeat(count));
        }
        at += count;
    }
    line.push('\n');
    cx.stdout.buffer().extend_from_slice(line.as_bytes());
    cx.stdout.spill()?;
    Ok(true)
}

/// Small factors by trial, the rest by rho.
fn split(cx: &Context<'_>, mut n: u128, factors: &mut Vec<u128>) -> Result<(), CommandError> {
    if n < 2 {
        return Ok(());
    }
    let mut p = 2u128;
    while p < 5000 && p * p <= n {
        while n.is_multiple_of(p) {
            factors.push(p);
            n /= p;
        }
        p += if p == 2 { 1 } else { 2 };
    }
    let mut pending = vec![n];
    while let Some(m) = pending.pop() {
        if m == 1 {
            continue;
        }
        if is_prime(m) {
            factors.push(m);
            continue;
        }
        let d = divisor(cx, m)?;
        pending.push(d);
        pending.push(m / d);
    }
    Ok(())
}

/// `a * b mod m`.
fn mul(a: u128, b: u128, m: u128) -> u128 {
    if m <= 1 << 64 {
        return a * b % m;
    }
    // Doubling, eight bits of `b` at a time where there is room above `m`.
    let (mut result, mut a, mut b) = (0u128, a, b);
    while b > 0 {
        if b & 1 == 1 {
            result = add(result, a, m);
        }
        a = add(a, a, m);
        b >>= 1;
    }
    result
}

fn add(a: u128, b: u128, m: u128) -> u128 {
    if a >= m - b { a - (m - b) } else { a + b }
}

fn power(mut base: u128, mut exponent: u128, m: u128) -> u128 {
    let mut result = 1 % m;
    base %= m;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul(result, base, m);
        }
        base = mul(base, base, m);
        exponent >>= 1;
    }
    result
}

/// Miller–Rabin with the bases that are known to be enough below 3.3e24, and more above.
fn is_prime(n: u128) -> bool {
    const BASES: [u128; 20] = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71,
    ];
    if n < 2 {
        return false;
    }
    for p in BASES {
        if n.is_multiple_of(p) {
            return n == p;
        }
    }
    let twos = (n - 1).trailing_zeros();
    let odd = (n - 1) >> twos;
    let enough = if n < 3_317_044_064_679_887_385_961_981 { 13 } else { 20 };
    'bases: for a in &BASES[..enough] {
        let mut x = power(*a, odd, n);
        if x == 1 || x == n - 1 {
            continue;
        }
        for _ in 1..twos {
            x = mul(x, x, n);
            if x == n - 1 {
                continue 'bases;
            }
        }
        return false;
    }
    true
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A proper divisor of a composite number.
fn divisor(cx: &Context<'_>, n: u128) -> Result<u128, CommandError> {
    for c in 1u128.. {
        let step = |x: u128| add(mul(x, x, n), c % n, n);
        let (mut x, mut y, mut product) = (2u128 % n, 2u128 % n, 1u128);
        let (mut saved_x, mut saved_y);
        let found = loop {
            (saved_x, saved_y) = (x, y);
            for _ in 0..128 {
                x = step(x);
                y = step(step(y));
                let gap = x.abs_diff(y);
                if gap != 0 {
                    product = mul(product, gap, n);
                } else {
                    break;
                }
            }
            cx.cancel.check()?;
            let d = gcd(product, n);
            if d > 1 || x == y {
                break d;
            }
        };
        if found > 1 && found < n {
            return Ok(found);
        }
        // Too many at once: the last stretch again, step by step.
        let mut d;
        loop {
            saved_x = step(saved_x);
            saved_y = step(step(saved_y));
            let gap = saved_x.abs_diff(saved_y);
            if gap == 0 {
                break;
            }
            d = gcd(gap, n);
            if d > 1 {
                if d < n {
                    return Ok(d);
                }
                break;
            }
        }
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn factors_are_prime_and_in_order() {
        let lab = Lab::new();
        let out = lab.run(
            "factor",
            &["0", "1", "12", "97", "18446744073709551615", "100000000000000000039"],
            b"",
        );
        let want = "0:\n1:\n12: 2 2 3\n97: 97\n18446744073709551615: 3 5 17 257 641 65537 6700417\n\
                    100000000000000000039: 100000000000000000039\n";
        assert_eq!(out.stdout, want.as_bytes());
        assert_eq!(lab.run("factor", &["-h"], b"8 9\n").stdout, b"8: 2^3\n9: 3^2\n");
        let bad = lab.run("factor", &["x"], b"");
        assert_eq!(
            (bad.status, bad.stderr.as_slice()),
            (1, &b"factor: 'x' is not a valid positive integer\n"[..])
        );
    }
}
