//! `tail`: the last part of files, and what is added to them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context};
use vfs::{ByteRange, Errno, VPath, VfsError};

use super::head::{Headers, cannot_open, count, header};
use crate::input::{self, Source};
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};
use crate::wait;

const SPEC: Spec = Spec::new(
    "tail",
    "[OPTION]... [FILE]...",
    "Print the last 10 lines of each FILE to standard output.\n\
     With more than one FILE, precede each with a header giving the file name.\n\n\
     With no FILE, or when FILE is -, read standard input.",
    &[
        value(
            "c",
            "bytes",
            "[+]NUM",
            "output the last NUM bytes; or use -c +NUM to\noutput starting with byte NUM of each file",
        ),
        optional(
            "f",
            "follow",
            "{name|descriptor}",
            "output appended data as the file grows;\nan absent option argument means 'descriptor'",
        ),
        flag("F", "", "same as --follow=name --retry"),
        value(
            "n",
            "lines",
            "[+]NUM",
            "output the last NUM lines, instead of the last 10;\nor use -n +NUM to output starting with line NUM",
        ),
        value(
            "",
            "max-unchanged-stats",
            "N",
            "(accepted; files are always reopened by name)",
        ),
        value("", "pid", "PID", "with -f, terminate after process ID, PID dies"),
        flag("q", "quiet silent", "never output headers giving file names"),
        flag("", "retry", "keep trying to open a file if it is inaccessible"),
        value(
            "s",
            "sleep-interval",
            "N",
            "with -f, sleep for approximately N seconds\n(default 1.0) between iterations",
        ),
        flag("v", "verbose", "always output headers giving file names"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
        flag(
            "",
            "disable-inotify -disable-inotify presume-input-pipe -presume-input-pipe",
            "",
        ),
        flag("0123456789", "", ""),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(expand_legacy);

#[derive(Clone, Copy)]
struct Amount {
    count: u64,
    bytes: bool,
    /// From the `count`-th on, counted from 1.
    from_start: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Follow {
    No,
    Descriptor,
    Name,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut amount = Amount {
        count: 10,
        bytes: false,
        from_start: false,
    };
    let (mut headers, mut delimiter, mut follow, mut retry) = (Headers::Several, b'\n', Follow::No, false);
    let mut interval = Duration::from_secs(1);
    for o in &args.options {
        match o.key {
            "bytes" | "lines" => amount = parse(o.value(), o.key == "bytes")?,
            "quiet" => headers = Headers::Never,
            "verbose" => headers = Headers::Always,
            "zero-terminated" => delimiter = 0,
            "F" => (follow, retry) = (Follow::Name, true),
            "retry" => retry = true,
            "follow" => {
                follow = match &o.value {
                    None => Follow::Descriptor,
                    Some(v) => SPEC.choose(
                        cx,
                        "--follow",
                        v,
                        &[("descriptor", Follow::Descriptor), ("name", Follow::Name)],
                    )?,
                };
            }
            "sleep-interval" => interval = seconds(o.value())?,
            "pid" => {
                crate::number::decimal(o.value())
                    .map_err(|_| CommandError::fail(1, [&b"invalid PID: "[..], &quote(o.value())].concat()))?;
            }
            "max-unchanged-stats" => {
                crate::number::decimal(o.value()).map_err(|_| {
                    CommandError::fail(
                        1,
                        [
                            &b"invalid maximum number of unchanged stats between opens: "[..],
                            &quote(o.value()),
                        ]
                        .concat(),
                    )
                })?;
            }
            "disable-inotify" => {}
            _ => {
                return Err(CommandError::fail(
                    1,
                    [&b"option used in invalid context -- "[..], &[o.short.unwrap_or(b'?')]].concat(),
                ));
            }
        }
    }
    if retry && follow == Follow::No {
        cx.warn("warning: --retry ignored; --retry is useful only when following");
    }
    let files = args.files();
    let show = headers == Headers::Always || (headers == Headers::Several && files.len() > 1);
    let (mut ok, mut first) = (true, true);
    let mut followed: Vec<Followed> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match tail(cx, file, amount, delimiter, show, &mut first) {
            Ok(Some(end)) if follow != Follow::No => followed.push(Followed {
                index,
                path: cx.path(file)?,
                offset: end,
            }),
            Ok(_) => {}
            Err(e) => {
                complain(cx, file, &e)?;
                ok = false;
                if follow != Follow::No && retry && e.errno() == Errno::ENOENT {
                    followed.push(Followed {
                        index,
                        path: cx.path(file)?,
                        offset: MISSING,
                    });
                }
            }
        }
    }
    if follow == Follow::No {
        return status(ok, 1);
    }
    if followed.is_empty() {
        if !ok {
            cx.warn("no files remaining");
        }
        return status(ok, 1);
    }
    let mut last = followed.last().map_or(0, |f| f.index);
    loop {
        cx.stdout.flush_now()?;
        // Polling is cheap here, and what is appended should be seen at once.
        wait::sleep(&cx.cancel, Some(interval.min(Duration::from_millis(50))))?;
        for f in &mut followed {
            f.grow(cx, &files[f.index], show, &mut last, &mut first)?;
        }
    }
}

/// The offset of a file that is not there.
const MISSING: u64 = u64::MAX;

struct Followed {
    index: usize,
    path: VPath,
    offset: u64,
}

impl Followed {
    fn grow(
        &mut self,
        cx: &mut Context<'_>,
        name: &[u8],
        show: bool,
        last: &mut usize,
        first: &mut bool,
    ) -> Result<(), CommandError> {
        let size = match cx.fs.stat(&self.path) {
            Ok(s) => s.size.unwrap_or(self.offset),
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(_) => return Ok(()),
        };
        if self.offset == MISSING {
            cx.warn([&quoteaf(name)[..], b" has appeared;  following new file"].concat());
            self.offset = 0;
        }
        if size < self.offset {
            cx.warn([&crate::quote::quotef(name)[..], b": file truncated"].concat());
            self.offset = 0;
        }
        if size > self.offset {
            if show && *last != self.index {
                header(cx, name, first)?;
                *last = self.index;
            }
            let mut reader = cx.fs.read(&self.path, ByteRange::at(self.offset, size - self.offset))?;
            loop {
                let chunk = reader.chunk()?;
                if chunk.is_empty() {
                    break;
                }
                self.offset += chunk.len() as u64;
                cx.stdout.write_bytes(chunk)?;
            }
        }
        Ok(())
    }
}

fn complain(cx: &mut Context<'_>, file: &[u8], e: &VfsError) -> Result<(), CommandError> {
    match e.errno() {
        Errno::EPIPE | Errno::ECANCELED => Err(e.clone().into()),
        Errno::EISDIR => {
            cx.stdout.flush_now()?;
            cx.warn([&b"error reading "[..], &quoteaf(file), b": Is a directory"].concat());
            Ok(())
        }
        _ => cannot_open(cx, file, e),
    }
}

fn seconds(text: &[u8]) -> Result<Duration, CommandError> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|t| t.parse::<f64>().ok())
        .filter(|n| *n >= 0.0)
        .map(|n| Duration::try_from_secs_f64(n).unwrap_or(Duration::MAX))
        .ok_or_else(|| CommandError::fail(1, [&b"invalid number of seconds: "[..], &quote(text)].concat()))
}

fn parse(text: &[u8], bytes: bool) -> Result<Amount, CommandError> {
    let (from_start, digits) = match text.first() {
        Some(b'+') => (true, &text[1..]),
        Some(b'-') => (false, &text[1..]),
        _ => (false, text),
    };
    Ok(Amount {
        count: count(digits, bytes)?,
        bytes,
        from_start,
    })
}

/// Prints one operand; the offset after it if it is a file.
fn tail(
    cx: &mut Context<'_>,
    file: &[u8],
    amount: Amount,
    delimiter: u8,
    show: bool,
    first: &mut bool,
) -> vfs::Result<Option<u64>> {
    if input::is_stdin(file) {
        if show {
            header(cx, if file == b"-" { file } else { b"standard input" }, first)?;
        }
        let mut source = input::stdin(cx);
        from_stream(cx, &mut source, amount, delimiter)?;
        return Ok(None);
    }
    let path = cx.path(file)?;
    let stat = cx.fs.stat(&path).map_err(|e| e.with_operand(file))?;
    if file.ends_with(b"/") && !stat.is_dir() {
        return Err(VfsError::new(Errno::ENOTDIR).operand(file));
    }
    let size = stat.size.filter(|_| stat.is_file());
    let mut source = match size {
        // The end is known: read backwards from there, in ranges.
        Some(size) if !amount.from_start => {
            let start = if amount.bytes {
                size.saturating_sub(amount.count)
            } else {
                line_start(cx, &path, size, amount.count, delimiter)?
            };
            let reader = cx.fs.read(&path, ByteRange { start, end: None })?;
            if show {
                header(cx, file, first)?;
            }
            return copy(cx, reader, start).map(Some);
        }
        Some(_) if amount.bytes => {
            let start = amount.count.saturating_sub(1);
            let reader = cx.fs.read(&path, ByteRange { start, end: None })?;
            if show {
                header(cx, file, first)?;
            }
            return copy(cx, reader, start).map(Some);
        }
        _ => {
            if show && stat.is_dir() {
                header(cx, file, first)?;
            }
            Source::File(cx.fs.read(&path, ByteRange::ALL)?)
        }
    };
    if show {
        header(cx, file, first)?;
    }
    let read = from_stream(cx, &mut source, amount, delimiter)?;
    Ok(Some(read))
}

fn copy(cx: &mut Context<'_>, mut reader: vfs::blocking::Reader, start: u64) -> vfs::Result<u64> {
    let mut end = start;
    loop {
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            return Ok(end);
        }
        end += chunk.len() as u64;
        cx.stdout.write_bytes(chunk)?;
    }
}

/// Where the last `count` lines begin in a file of `size` bytes.
fn line_start(cx: &Context<'_>, path: &VPath, size: u64, count: u64, delimiter: u8) -> vfs::Result<u64> {
    const BLOCK: u64 = 64 * 1024;
    if count == 0 {
        return Ok(size);
    }
    let mut left = count;
    let mut end = size;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut reader = cx.fs.read(path, ByteRange { start, end: Some(end) })?;
        let mut block = Vec::new();
        loop {
            let chunk = reader.chunk()?;
            if chunk.is_empty() {
                break;
            }
            block.extend_from_slice(&chunk);
        }
        // The delimiter at the very end ends the last line and begins none.
        let body = if end == size && block.last() == Some(&delimiter) {
            &block[..block.len() - 1]
        } else {
            &block[..]
        };
        for at in memchr::memrchr_iter(delimiter, body) {
            left -= 1;
            if left == 0 {
                return Ok(start + at as u64 + 1);
            }
        }
        end = start;
    }
    Ok(0)
}

/// As far as the source can only be read forwards; the number of bytes read.
fn from_stream(cx: &mut Context<'_>, source: &mut Source, amount: Amount, delimiter: u8) -> vfs::Result<u64> {
    let mut read = 0u64;
    if amount.from_start {
        let mut skip = amount.count.saturating_sub(1);
        loop {
            let mut chunk = source.chunk()?;
            if chunk.is_empty() {
                return Ok(read);
            }
            read += chunk.len() as u64;
            if skip > 0 {
                if amount.bytes {
                    let n = skip.min(chunk.len() as u64);
                    skip -= n;
                    chunk = chunk.slice(n as usize..);
                } else {
                    let mut start = chunk.len();
                    for at in memchr::memchr_iter(delimiter, &chunk) {
                        skip -= 1;
                        if skip == 0 {
                            start = at + 1;
                            break;
                        }
                    }
                    chunk = chunk.slice(start..);
                }
            }
            cx.stdout.write_bytes(chunk)?;
        }
    }
    // Each block is held with what it counts for, until enough has come after it.
    let mut held: VecDeque<(Bytes, u64)> = VecDeque::new();
    let mut total = 0u64;
    loop {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        read += chunk.len() as u64;
        let worth = if amount.bytes {
            chunk.len() as u64
        } else {
            memchr::memchr_iter(delimiter, &chunk).count() as u64
        };
        total += worth;
        held.push_back((chunk, worth));
        while held.len() > 1 && held.front().is_some_and(|(_, n)| total - n > amount.count) {
            total -= held.pop_front().map_or(0, |(_, n)| n);
        }
        cx.cancel.check()?;
    }
    if amount.count == 0 {
        return Ok(read);
    }
    if !amount.bytes && held.back().is_some_and(|(c, _)| c.last() != Some(&delimiter)) {
        total += 1;
    }
    let mut skip = total.saturating_sub(amount.count);
    for (chunk, worth) in held {
        let chunk = if skip == 0 {
            chunk
        } else if amount.bytes {
            let n = skip.min(worth);
            skip -= n;
            chunk.slice(n as usize..)
        } else if worth >= skip {
            let at = memchr::memchr_iter(delimiter, &chunk)
                .nth(skip as usize - 1)
                .map_or(0, |at| at + 1);
            skip = 0;
            chunk.slice(at..)
        } else {
            skip -= worth;
            continue;
        };
        cx.stdout.write_bytes(chunk)?;
    }
    Ok(read)
}

/// Rewrites the old forms `-NUM[bcl][f]` and `+NUM[bcl][f]`, which stands alone or before one file.
fn expand_legacy(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let fits = match cx.args.len() {
        1 => true,
        2 => !(cx.args[1].len() > 1 && cx.args[1][0] == b'-') || cx.args[1] == b"--",
        3 => cx.args[1] == b"--",
        _ => false,
    };
    let Some((&sign, old)) = cx.args.first().and_then(|a| a.split_first()) else {
        return Ok(());
    };
    if !fits || !matches!(sign, b'-' | b'+') || !old.first().is_some_and(u8::is_ascii_digit) {
        return Ok(());
    }
    let old = old.to_vec();
    let len = old.iter().take_while(|b| b.is_ascii_digit()).count();
    let (mut number, rest) = (old[..len].to_vec(), &old[len..]);
    let (letter, rest) = match rest.first() {
        Some(l @ (b'b' | b'c' | b'l')) => (*l, &rest[1..]),
        _ => (b'l', rest),
    };
    if letter == b'b' {
        number.push(b'b');
    }
    if sign == b'+' {
        number.insert(0, b'+');
    }
    let mut new = vec![if letter == b'l' { b"-n".to_vec() } else { b"-c".to_vec() }, number];
    match rest {
        b"" => {}
        b"f" => new.push(b"-f".to_vec()),
        _ => return Ok(()),
    }
    cx.args.splice(..1, new);
    Ok(())
}
