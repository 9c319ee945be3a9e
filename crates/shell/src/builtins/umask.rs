//! `umask`.

use crate::shell::{Exec, Shell};

use super::options::parse;

fn symbolic(mask: u32) -> String {
    let part = |shift: u32| {
        let allowed = !(mask >> shift) & 7;
        [(4, 'r'), (2, 'w'), (1, 'x')]
            .iter()
            .filter(|(bit, _)| allowed & bit != 0)
            .map(|(_, c)| *c)
            .collect::<String>()
    };
    format!("u={},g={},o={}", part(6), part(3), part(0))
}

/// A symbolic mode applied to what the mask allows: `r`, `w` and `x` only, not all that `chmod` knows. The error is bash's
/// message.
fn apply(mode: &[u8], mask: u32) -> Result<u32, String> {
    let mut allowed = !mask & 0o777;
    for clause in mode.split(|b| *b == b',') {
        let mut at = 0;
        let mut who = 0;
        while let Some(c) = clause.get(at) {
            who |= match c {
                b'u' => 0o700,
                b'g' => 0o070,
                b'o' => 0o007,
                b'a' => 0o777,
                _ => break,
            };
            at += 1;
        }
        if who == 0 {
            who = 0o777;
        }
        let Some(op) = clause.get(at).copied().filter(|c| matches!(c, b'+' | b'-' | b'=')) else {
            let c = clause.get(at).copied().unwrap_or(0) as char;
            return Err(format!("`{c}': invalid symbolic mode operator"));
        };
        at += 1;
        let mut bits = 0;
        for c in &clause[at..] {
            bits |= match c {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' => 0o111,
                c => return Err(format!("`{}': invalid symbolic mode character", *c as char)),
            };
        }
        match op {
            b'+' => allowed |= bits & who,
            b'-' => allowed &= !(bits & who),
            _ => allowed = (allowed & !who) | (bits & who),
        }
    }
    Ok(!allowed & 0o777)
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"pS") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let Some(mode) = args.get(p.operands) else {
        let text = if p.has(b'S') {
            symbolic(sh.umask)
        } else {
            format!("{:04o}", sh.umask)
        };
        let prefix = match (p.has(b'p'), p.has(b'S')) {
            (true, true) => "umask -S ",
            (true, false) => "umask ",
            _ => "",
        };
        return sh.put(b"umask", format!("{prefix}{text}\n").as_bytes());
    };
    let mask = if mode.first().is_some_and(u8::is_ascii_digit) {
        let parsed = std::str::from_utf8(mode)
            .ok()
            .and_then(|m| u32::from_str_radix(m, 8).ok())
            .filter(|m| *m <= 0o777);
        match parsed {
            Some(m) => m,
            None => {
                sh.builtin_error(b"umask", [&mode[..], b": octal number out of range"].concat());
                return Ok(1);
            }
        }
    } else {
        match apply(mode, sh.umask) {
            Ok(m) => m,
            Err(e) => {
                sh.builtin_error(b"umask", e);
                return Ok(1);
            }
        }
    };
    sh.umask = mask;
    if p.has(b'S') {
        return sh.put(b"umask", format!("{}\n", symbolic(mask)).as_bytes());
    }
    Ok(0)
}
