//! `fold`: wraps long lines.

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::number;
use crate::options::{Args, Spec, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "fold",
    "[OPTION]... [FILE]...",
    "Wrap input lines in each FILE, writing to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("b", "bytes", "count bytes rather than columns"),
        flag("s", "spaces", "break at spaces"),
        value("w", "width", "WIDTH", "use WIDTH columns instead of 80"),
        flag("0123456789", "", ""),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (bytes, spaces) = (args.has("bytes"), args.has("spaces"));
    let mut width: u64 = 80;
    let mut legacy: Option<u64> = None;
    for o in &args.options {
        match o.key {
            "width" => {
                width = number::decimal(o.value()).ok().filter(|n| *n > 0).ok_or_else(|| {
                    CommandError::fail(1, [&b"invalid number of columns: "[..], &quote(o.value())].concat())
                })?;
            }
            "0" => {
                let digit = u64::from(o.short.unwrap_or(b'0') - b'0');
                let n = legacy.unwrap_or(0).saturating_mul(10).saturating_add(digit);
                legacy = Some(n);
                width = n.max(1);
            }
            _ => {}
        }
    }
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let mut ok = true;
    for file in args.files() {
        let Some(source) = input::open_or_warn(cx, &file)? else {
            ok = false;
            continue;
        };
        let mut lines = source.lines(b'\n');
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(e) => {
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            };
            fold(line, width, bytes, spaces, cx.stdout.buffer());
            if lines.terminated() {
                cx.stdout.buffer().push(b'\n');
            }
            cx.stdout.spill()?;
        }
    }
    status(ok, 1)
}

/// The column after a byte.
fn advance(column: usize, b: u8, bytes: bool) -> usize {
    match b {
        _ if bytes => column + 1,
        8 => column.saturating_sub(1),
        b'\r' => 0,
        b'\t' => column + 8 - column % 8,
        _ => column + 1,
    }
}

fn fold(line: &[u8], width: usize, bytes: bool, spaces: bool, out: &mut Vec<u8>) {
    // Without tabs and the like, a byte is a column.
    let plain = bytes || !line.iter().any(|b| matches!(b, 8 | b'\r' | b'\t'));
    if plain && line.len() <= width {
        out.extend_from_slice(line);
        return;
    }
    let (mut start, mut column, mut at) = (0, 0, 0);
    while at < line.len() {
        let next = advance(column, line[at], bytes);
        if next <= width || at == start {
            column = next;
            at += 1;
            continue;
        }
        let cut = if spaces {
            line[start..at]
                .iter()
                .rposition(|b| matches!(b, b' ' | b'\t'))
                .map_or(at, |n| start + n + 1)
        } else {
            at
        };
        out.extend_from_slice(&line[start..cut]);
        out.push(b'\n');
        start = cut;
        column = line[cut..at].iter().fold(0, |c, b| advance(c, *b, bytes));
    }
    out.extend_from_slice(&line[start..]);
}
