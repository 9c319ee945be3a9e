//! `wc`: newline, word, character and byte counts.

mod count;

use shell::command::{CommandError, CommandResult, Context};
use vfs::Errno;

use crate::input::{self, Source};
use crate::options::{Args, Spec, flag, value};
use crate::quote::{quoteaf, quotef};
use crate::tool::{Tool, status};
use count::{Counter, Counts, Wanted};

const SPEC: Spec = Spec::new(
    "wc",
    "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    "Print newline, word, and byte counts for each FILE, and a total line if\n\
     more than one FILE is specified.  A word is a non-zero-length sequence of\n\
     printable characters delimited by white space.\n\n\
     With no FILE, or when FILE is -, read standard input.\n\n\
     The options below may be used to select which counts are printed, always in\n\
     the following order: newline, word, character, byte, maximum line length.",
    &[
        flag("c", "bytes", "print the byte counts"),
        flag("m", "chars", "print the character counts"),
        flag("l", "lines", "print the newline counts"),
        value(
            "",
            "files0-from",
            "F",
            "read input from the files specified by\n  NUL-terminated names in file F;\n  If F is - then read names from standard input",
        ),
        flag("L", "max-line-length", "print the maximum display width"),
        flag("w", "words", "print the word counts"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut want = Wanted::default();
    for o in &args.options {
        match o.key {
            "bytes" => want.bytes = true,
            "chars" => want.chars = true,
            "lines" => want.lines = true,
            "words" => want.words = true,
            "max-line-length" => want.width = true,
            _ => {}
        }
    }
    if want == Wanted::default() {
        (want.lines, want.words, want.bytes) = (true, true, true);
    }
    let mut ok = true;
    let (files, from_list) = match args.last("files0-from") {
        Some(list) => (names(cx, &args, list, &mut ok)?, true),
        None => (args.operands.clone(), false),
    };
    let lone = files.is_empty() && !from_list;
    // A list that comes through a pipe is not known before it is counted.
    let piped = args.last("files0-from").is_some_and(input::is_stdin);
    let width = column_width(cx, &files, lone, want, piped);
    let mut total = Counts::default();
    let utf8 = cx.utf8();
    for file in if lone { vec![b"-".to_vec()] } else { files.clone() } {
        let label: Option<&[u8]> = if lone { None } else { Some(&file) };
        match count_one(cx, &file, want, utf8) {
            Ok(counts) => {
                total.add(&counts);
                print(cx, &counts, want, width, label)?;
            }
            Err(e) => {
                if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
                    return Err(e.into());
                }
                ok = false;
                cx.stdout.flush_now()?;
                input::warn(cx, &file, &e)?;
                // A directory can be opened, so its (empty) counts are shown.
                if e.errno() == Errno::EISDIR {
                    print(cx, &Counts::default(), want, width, label)?;
                }
            }
        }
    }
    if files.len() > 1 {
        print(cx, &total, want, width, Some(b"total"))?;
    }
    status(ok, 1)
}

/// The operands out of a list of names that end with NUL.
fn names(cx: &mut Context<'_>, args: &Args, list: &[u8], ok: &mut bool) -> Result<Vec<Vec<u8>>, CommandError> {
    if let Some(extra) = args.operands.first() {
        return Err(SPEC.usage_error(
            cx,
            [
                &b"extra operand "[..],
                &crate::quote::quote(extra),
                b"\nfile operands cannot be combined with --files0-from",
            ]
            .concat(),
        ));
    }
    let data = input::open(cx, list).and_then(|mut s| s.read_all()).map_err(|e| {
        CommandError::fail(
            1,
            [
                &b"cannot open "[..],
                &quoteaf(list),
                b" for reading: ",
                e.gnu_text().as_bytes(),
            ]
            .concat(),
        )
    })?;
    let mut files = Vec::new();
    for (n, name) in data.strip_suffix(b"\0").unwrap_or(&data).split(|b| *b == 0).enumerate() {
        if data.is_empty() {
            break;
        }
        if name.is_empty() {
            cx.warn(
                [
                    &quotef(list)[..],
                    format!(":{}: invalid zero-length file name", n + 1).as_bytes(),
                ]
                .concat(),
            );
            *ok = false;
        } else if name == b"-" && list == b"-" {
            cx.warn("when reading file names from stdin, no file name of '-' allowed");
            *ok = false;
        } else {
            files.push(name.to_vec());
        }
    }
    Ok(files)
}

/// Columns are as wide as the sum of the sizes needs, and at least 7 if a size is not known beforehand.
fn column_width(cx: &Context<'_>, files: &[Vec<u8>], lone: bool, want: Wanted, piped: bool) -> usize {
    let columns = [want.lines, want.words, want.chars, want.bytes, want.width];
    if (files.len() == 1 || lone) && columns.iter().filter(|c| **c).count() == 1 {
        return 1;
    }
    if piped {
        return 1;
    }
    let mut minimum = 1;
    let mut sum = 0u64;
    let stdin = [b"-".to_vec()];
    for file in if lone { &stdin[..] } else { files } {
        let stat = if input::is_stdin(file) {
            cx.stdin.file().stat(&cx.cancel)
        } else {
            cx.path(file).and_then(|p| cx.fs.stat(&p))
        };
        match stat {
            Ok(s) if s.is_file() && s.size.is_some() => sum += s.size.unwrap_or(0),
            Ok(_) => minimum = 7,
            Err(_) => {}
        }
    }
    sum.to_string().len().max(minimum)
}

fn count_one(cx: &mut Context<'_>, file: &[u8], want: Wanted, utf8: bool) -> vfs::Result<Counts> {
    if want.only_bytes() && !input::is_stdin(file) {
        let path = cx.path(file)?;
        let stat = cx.fs.stat(&path)?;
        if let (true, Some(bytes), false) = (stat.is_file(), stat.size, file.ends_with(b"/")) {
            return Ok(Counts {
                bytes,
                ..Counts::default()
            });
        }
    }
    let mut source: Source = input::open(cx, file)?;
    let mut counter = Counter::new(want, utf8);
    loop {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            return Ok(counter.finish());
        }
        for part in chunk.chunks(1 << 20) {
            counter.feed(part);
            cx.cancel.check()?;
        }
    }
}

fn print(cx: &mut Context<'_>, c: &Counts, want: Wanted, width: usize, label: Option<&[u8]>) -> vfs::Result<()> {
    let mut line = String::new();
    for (shown, n) in [
        (want.lines, c.lines),
        (want.words, c.words),
        (want.chars, c.chars),
        (want.bytes, c.bytes),
        (want.width, c.width),
    ] {
        if shown {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&format!("{n:width$}"));
        }
    }
    let out = cx.stdout.buffer();
    out.extend_from_slice(line.as_bytes());
    if let Some(label) = label {
        out.push(b' ');
        if label.contains(&b'\n') {
            out.extend_from_slice(&quotef(label));
        } else {
            out.extend_from_slice(label);
        }
    }
    out.push(b'\n');
    cx.stdout.spill()
}
