//! `echo`.

use crate::shell::{Exec, Shell};
use crate::state::options::{SetOpt, ShOpt};

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let mut newline = true;
    let mut escapes = sh.shopt(ShOpt::XpgEcho);
    let mut at = 1;
    if !(escapes && sh.on(SetOpt::Posix)) {
        while let Some(a) = args.get(at) {
            if a.len() < 2 || a[0] != b'-' || !a[1..].iter().all(|c| matches!(c, b'n' | b'e' | b'E')) {
                break;
            }
            for c in &a[1..] {
                match c {
                    b'n' => newline = false,
                    b'e' => escapes = true,
                    _ => escapes = false,
                }
            }
            at += 1;
        }
    }
    let size = args[at..].iter().map(|a| a.len() + 1).sum();
    let mut out = Vec::with_capacity(size);
    for (i, a) in args[at..].iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        if escapes && memchr::memchr(b'\\', a).is_some() {
            if unescape(a, &mut out) {
                // `\c`: nothing more is printed.
                newline = false;
                break;
            }
        } else {
            out.extend_from_slice(a);
        }
    }
    if newline {
        out.push(b'\n');
    }
    sh.put(b"echo", &out)
}

/// Decodes the escapes of `echo -e`; true when `\c` ends the output.
fn unescape(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut i = 0;
    while i < text.len() {
        let b = text[i];
        i += 1;
        if b != b'\\' || i >= text.len() {
            out.push(b);
            continue;
        }
        let c = text[i];
        i += 1;
        match c {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'c' => return true,
            b'e' | b'E' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'0' => {
                let n = digits(&text[i..], 8, 3);
                out.push(n.0 as u8);
                i += n.1;
            }
            b'x' => {
                let n = digits(&text[i..], 16, 2);
                if n.1 == 0 {
                    out.extend_from_slice(b"\\x");
                } else {
                    out.push(n.0 as u8);
                    i += n.1;
                }
            }
            b'u' | b'U' => {
                let n = digits(&text[i..], 16, if c == b'u' { 4 } else { 8 });
                if n.1 == 0 {
                    out.extend_from_slice(&[b'\\', c]);
                } else {
                    i += n.1;
                    match char::from_u32(n.0) {
                        Some(ch) => out.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes()),
                        None => out.extend_from_slice(format!("\\u{:04X}", n.0).as_bytes()),
                    }
                }
            }
            other => out.extend_from_slice(&[b'\\', other]),
        }
    }
    false
}

/// A number at the start of `text`: its value and how many digits it has.
fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let mut n = 0u32;
    let mut used = 0;
    for c in text.iter().take(most) {
        let Some(d) = char::from(*c).to_digit(base) else { break };
        n = n.wrapping_mul(base).wrapping_add(d);
        used += 1;
    }
    (n, used)
}
