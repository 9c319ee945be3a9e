//! `head`: the first part of files.

use std::collections::VecDeque;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context};
use vfs::Errno;

use crate::input::{self, Source};
use crate::number::{self, NumberError};
use crate::options::{Args, Spec, flag, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "head",
    "[OPTION]... [FILE]...",
    "Print the first 10 lines of each FILE to standard output.\n\
     With more than one FILE, precede each with a header giving the file name.\n\n\
     With no FILE, or when FILE is -, read standard input.",
    &[
        value(
            "c",
            "bytes",
            "[-]NUM",
            "print the first NUM bytes of each file;\n  with the leading '-', print all but the last\n  NUM bytes of each file",
        ),
        value(
            "n",
            "lines",
            "[-]NUM",
            "print the first NUM lines instead of the first 10;\n  with the leading '-', print all but the last\n  NUM lines of each file",
        ),
        flag("q", "quiet silent", "never print headers giving file names"),
        flag("v", "verbose", "always print headers giving file names"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
        flag("0123456789", "", ""),
    ],
)
.notes(
    "NUM may have a multiplier suffix:\nb 512, kB 1000, K 1024, MB 1000*1000, M 1024*1024,\n\
     GB 1000*1000*1000, G 1024*1024*1024, and so on for T, P, E, Z, Y.\n\
     Binary prefixes can be used, too: KiB=K, MiB=M, and so on.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(expand_legacy);

/// Multipliers of counts of lines and bytes.
pub(super) const SUFFIXES: &str = "bkKmMGTPEZY0";

/// How much of each file.
#[derive(Clone, Copy)]
struct Amount {
    count: u64,
    bytes: bool,
    /// All but the last `count`.
    elide: bool,
}

/// When to print `==> x <==`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Headers {
    Several,
    Never,
    Always,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut amount = Amount {
        count: 10,
        bytes: false,
        elide: false,
    };
    let mut headers = Headers::Several;
    let mut delimiter = b'\n';
    for o in &args.options {
        match o.key {
            "bytes" | "lines" => amount = parse(o.value(), o.key == "bytes")?,
            "quiet" => headers = Headers::Never,
            "verbose" => headers = Headers::Always,
            "zero-terminated" => delimiter = 0,
            _ => {
                // A digit anywhere but in the first argument.
                return Err(SPEC.usage_error(
                    cx,
                    [b"invalid trailing option -- ", &[o.short.unwrap_or(b'?')][..]].concat(),
                ));
            }
        }
    }
    let files = args.files();
    let show = headers == Headers::Always || (headers == Headers::Several && files.len() > 1);
    let mut ok = true;
    let mut first = true;
    for file in &files {
        let mut source = match input::open(cx, file) {
            Ok(source) => source,
            Err(e) => {
                ok = false;
                if e.errno() == Errno::EISDIR {
                    if show {
                        header(cx, file, &mut first)?;
                    }
                    cx.stdout.flush_now()?;
                    cx.warn([&b"error reading "[..], &quoteaf(file), b": Is a directory"].concat());
                } else {
                    cannot_open(cx, file, &e)?;
                }
                continue;
            }
        };
        if show {
            header(cx, file, &mut first)?;
        }
        if let Err(e) = print(cx, &mut source, amount, delimiter) {
            match e.errno() {
                Errno::EPIPE | Errno::ECANCELED => return Err(e.into()),
                _ => {
                    ok = false;
                    cx.warn([&b"error reading "[..], &quoteaf(file), b": ", e.gnu_text().as_bytes()].concat());
                }
            }
        }
    }
    status(ok, 1)
}

/// Complains as `head` and `tail` do.
pub(super) fn cannot_open(cx: &mut Context<'_>, file: &[u8], e: &vfs::VfsError) -> Result<(), CommandError> {
    if e.errno() == Errno::ECANCELED {
        return Err(CommandError::Cancelled);
    }
    cx.warn(
        [
            &b"cannot open "[..],
            &quoteaf(file),
            b" for reading: ",
            e.gnu_text().as_bytes(),
        ]
        .concat(),
    );
    Ok(())
}

/// Prints the line with a file's name, with an empty line before all but the first.
pub(super) fn header(cx: &mut Context<'_>, file: &[u8], first: &mut bool) -> vfs::Result<()> {
    let name: &[u8] = if file == b"-" { b"standard input" } else { file };
    let lead: &[u8] = if *first { b"==> " } else { b"\n==> " };
    *first = false;
    let out = cx.stdout.buffer();
    out.extend_from_slice(lead);
    out.extend_from_slice(name);
    out.extend_from_slice(b" <==\n");
    cx.stdout.spill()
}

fn parse(text: &[u8], bytes: bool) -> Result<Amount, CommandError> {
    let (elide, digits) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let count = count(digits, bytes)?;
    Ok(Amount { count, bytes, elide })
}

/// Reads a count, or says what is wrong with it.
pub(super) fn count(digits: &[u8], bytes: bool) -> Result<u64, CommandError> {
    let what = if bytes { "bytes" } else { "lines" };
    number::size(digits, SUFFIXES).map_err(|e: NumberError| {
        CommandError::fail(
            1,
            [
                format!("invalid number of {what}: ").as_bytes(),
                &quote(digits),
                e.detail().as_bytes(),
            ]
            .concat(),
        )
    })
}

fn print(cx: &mut Context<'_>, source: &mut Source, amount: Amount, delimiter: u8) -> vfs::Result<()> {
    match amount {
        Amount {
            bytes: true,
            elide: false,
            count,
        } => first_bytes(cx, source, count),
        Amount {
            bytes: false,
            elide: false,
            count,
        } => first_lines(cx, source, count, delimiter),
        Amount {
            bytes: true,
            elide: true,
            count,
        } => all_but_last_bytes(cx, source, count),
        Amount {
            bytes: false,
            elide: true,
            count,
        } => all_but_last_lines(cx, source, count, delimiter),
    }
}

fn first_bytes(cx: &mut Context<'_>, source: &mut Source, count: u64) -> vfs::Result<()> {
    let mut left = count;
    while left > 0 {
        let mut chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        if chunk.len() as u64 > left {
            source.unread(chunk.split_off(left as usize).len());
        }
        left -= chunk.len() as u64;
        cx.stdout.write_bytes(chunk)?;
    }
    Ok(())
}

fn first_lines(cx: &mut Context<'_>, source: &mut Source, count: u64, delimiter: u8) -> vfs::Result<()> {
    let mut left = count;
    while left > 0 {
        let mut chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        let mut end = chunk.len();
        for at in memchr::memchr_iter(delimiter, &chunk) {
            left -= 1;
            if left == 0 {
                end = at + 1;
                break;
            }
        }
        source.unread(chunk.split_off(end).len());
        cx.stdout.write_bytes(chunk)?;
    }
    Ok(())
}

fn all_but_last_bytes(cx: &mut Context<'_>, source: &mut Source, count: u64) -> vfs::Result<()> {
    let mut held: VecDeque<Bytes> = VecDeque::new();
    let mut size = 0u64;
    loop {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        size += chunk.len() as u64;
        held.push_back(chunk);
        while let Some(front) = held.front() {
            if size - (front.len() as u64) < count {
                break;
            }
            size -= front.len() as u64;
            if let Some(front) = held.pop_front() {
                cx.stdout.write_bytes(front)?;
            }
        }
    }
    let mut left = size.saturating_sub(count);
    for mut chunk in held {
        chunk.truncate(left.min(chunk.len() as u64) as usize);
        left -= chunk.len() as u64;
        cx.stdout.write_bytes(chunk)?;
    }
    Ok(())
}

fn all_but_last_lines(cx: &mut Context<'_>, source: &mut Source, count: u64, delimiter: u8) -> vfs::Result<()> {
    let mut held: VecDeque<(Bytes, u64)> = VecDeque::new();
    let mut lines = 0u64;
    loop {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        let n = memchr::memchr_iter(delimiter, &chunk).count() as u64;
        lines += n;
        held.push_back((chunk, n));
        // The front goes out once at least `count` whole lines stand after it.
        while let Some((_, n)) = held.front() {
            if held.len() < 2 || lines - n <= count {
                break;
            }
            lines -= n;
            if let Some((front, _)) = held.pop_front() {
                cx.stdout.write_bytes(front)?;
            }
        }
    }
    // A last line without delimiter counts as a line.
    let open = held.back().is_some_and(|(c, _)| c.last() != Some(&delimiter));
    let total = lines + u64::from(open);
    let mut left = total.saturating_sub(count);
    if count == 0 {
        left = u64::MAX;
    }
    for (mut chunk, n) in held {
        if left == 0 {
            break;
        }
        if n >= left {
            let end = memchr::memchr_iter(delimiter, &chunk)
                .nth(left as usize - 1)
                .map_or(0, |at| at + 1);
            chunk.truncate(end);
            left = 0;
        } else {
            left -= n;
        }
        cx.stdout.write_bytes(chunk)?;
    }
    Ok(())
}

/// Rewrites the old form `-NUM[bkm][cqv]` of the first argument.
fn expand_legacy(spec: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(old) = cx.args.first().and_then(|a| a.strip_prefix(b"-")) else {
        return Ok(());
    };
    let len = old.iter().take_while(|b| b.is_ascii_digit()).count();
    if len == 0 {
        return Ok(());
    }
    let (mut number, mut bytes) = (old[..len].to_vec(), false);
    let mut new = Vec::new();
    for &letter in &old[len..] {
        match letter {
            b'c' => bytes = true,
            b'l' => bytes = false,
            b'b' | b'k' | b'm' => {
                bytes = true;
                number.push(letter);
            }
            b'q' | b'v' | b'z' => new.push(vec![b'-', letter]),
            _ => return Err(spec.usage_error(cx, [&b"invalid trailing option -- "[..], &[letter]].concat())),
        }
    }
    new.push(if bytes { b"-c".to_vec() } else { b"-n".to_vec() });
    new.push(number);
    cx.args.splice(..1, new);
    Ok(())
}
