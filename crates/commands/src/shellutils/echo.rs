//! `echo`: the external one, for `xargs`, `env` and `find -exec`.

use shell::command::{CommandResult, Context, ExitStatus};

use crate::options::{Args, Order, Spec};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "echo",
    "[SHORT-OPTION]... [STRING]...\nLONG-OPTION",
    "Echo the STRING(s) to standard output.\n\n\
     -n  do not output the trailing newline\n\
     -e  enable interpretation of backslash escapes\n\
     -E  disable interpretation of backslash escapes (default)",
    &[],
)
.order(Order::Raw);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut newline, mut escapes) = (true, false);
    let mut words = &args.operands[..];
    while let [first, rest @ ..] = words {
        if first.len() < 2 || first[0] != b'-' || !first[1..].iter().all(|b| b"neE".contains(b)) {
            break;
        }
        for letter in &first[1..] {
            match letter {
                b'n' => newline = false,
                b'e' => escapes = true,
                _ => escapes = false,
            }
        }
        words = rest;
    }
    let out = cx.stdout.buffer();
    for (n, word) in words.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        if !escapes {
            out.extend_from_slice(word);
        } else if !unescape(word, out) {
            newline = false;
            break;
        }
    }
    if newline {
        out.push(b'\n');
    }
    cx.stdout.spill()?;
    Ok(ExitStatus::SUCCESS)
}

/// Writes a word with its escapes resolved; false after `\c`.
fn unescape(word: &[u8], out: &mut Vec<u8>) -> bool {
    let mut at = 0;
    while let Some(&b) = word.get(at) {
        at += 1;
        let (true, Some(&e)) = (b == b'\\', word.get(at)) else {
            out.push(b);
            continue;
        };
        at += 1;
        let number = |start: u32, radix: u32, most: usize, at: &mut usize| {
            let mut n = start;
            let mut digits = 0;
            while digits < most {
                let Some(d) = word.get(*at).and_then(|b| (*b as char).to_digit(radix)) else {
                    break;
                };
                n = n * radix + d;
                digits += 1;
                *at += 1;
            }
            (n as u8, digits)
        };
        match e {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'c' => return false,
            b'e' => out.push(27),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'\\' => out.push(b'\\'),
            b'x' => match number(0, 16, 2, &mut at) {
                (_, 0) => out.extend_from_slice(b"\\x"),
                (n, _) => out.push(n),
            },
            b'0' => out.push(number(0, 8, 3, &mut at).0),
            b'1'..=b'7' => out.push(number(u32::from(e - b'0'), 8, 2, &mut at).0),
            _ => out.extend_from_slice(&[b'\\', e]),
        }
    }
    true
}
