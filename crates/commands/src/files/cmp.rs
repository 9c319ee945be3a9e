//! `cmp`: where two files differ.

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::Errno;

use crate::input::{self, Source};
use crate::number;
use crate::options::{Args, Spec, Suite, flag, value};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "cmp",
    "[OPTION]... FILE1 [FILE2 [SKIP1 [SKIP2]]]",
    "Compare two files byte by byte.\n\nThe optional SKIP1 and SKIP2 specify the number of bytes to skip\nat the beginning of each file (zero by default).",
    &[
        flag("b", "print-bytes", "print differing bytes"),
        value("i", "ignore-initial", "SKIP", "skip first SKIP bytes of both inputs;\nSKIP1:SKIP2 skips them in each"),
        flag("l", "verbose", "output byte numbers and differing byte values"),
        value("n", "bytes", "LIMIT", "compare at most LIMIT bytes"),
        flag("s", "quiet silent", "suppress all normal output"),
        flag("v", "version", "output version information and exit"),
    ],
)
.suite(Suite::Diffutils)
.trouble(2);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

struct Stream {
    name: Vec<u8>,
    source: Source,
    block: Bytes,
    /// Bytes taken, after what was skipped.
    offset: u64,
}

impl Stream {
    fn fill(&mut self) -> vfs::Result<()> {
        if self.block.is_empty() {
            self.block = self.source.chunk()?;
        }
        Ok(())
    }

    fn skip(&mut self, mut count: u64) -> vfs::Result<()> {
        while count > 0 {
            self.fill()?;
            if self.block.is_empty() {
                break;
            }
            let n = count.min(self.block.len() as u64);
            self.block = self.block.slice(n as usize..);
            count -= n;
        }
        Ok(())
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let suffixes = "kKMGTPEZY0";
    let mut skips = [0u64; 2];
    let mut limit = u64::MAX;
    let size = |cx: &Context<'_>, text: &[u8], option: &str| {
        number::size(text, suffixes).map_err(|_| {
            SPEC.usage_error(
                cx,
                [format!("invalid {option} value ").as_bytes(), &quote(text)].concat(),
            )
        })
    };
    for o in &args.options {
        match o.key {
            "ignore-initial" => {
                let mut parts = o.value().splitn(2, |b| *b == b':');
                let first = size(cx, parts.next().unwrap_or_default(), "--ignore-initial")?;
                let second = match parts.next() {
                    Some(text) => size(cx, text, "--ignore-initial")?,
                    None => first,
                };
                skips = [first, second];
            }
            "bytes" => limit = limit.min(size(cx, o.value(), "--bytes")?),
            _ => {}
        }
    }
    let (verbose, quiet, show) = (args.has("verbose"), args.has("quiet"), args.has("print-bytes"));
    if verbose && quiet {
        return Err(SPEC.usage_error(cx, "options -l and -s are incompatible"));
    }
    let operands = &args.operands;
    if operands.is_empty() {
        let after = args.options.last().map_or_else(
            || b"cmp".to_vec(),
            |o| {
                o.short
                    .map_or_else(|| [b"--", o.key.as_bytes()].concat(), |s| vec![b'-', s])
            },
        );
        return Err(SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(after)].concat()));
    }
    if let Some(extra) = operands.get(4) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    for (n, text) in operands.iter().skip(2).enumerate() {
        skips[n] = size(cx, text, "SKIP")?.max(skips[n]);
    }
    let names = [
        operands[0].clone(),
        operands.get(1).cloned().unwrap_or_else(|| b"-".to_vec()),
    ];
    let mut streams = Vec::new();
    for (name, skip) in names.iter().zip(skips) {
        let opened = input::open(cx, name).and_then(|source| {
            let mut s = Stream {
                name: name.clone(),
                source,
                block: Bytes::new(),
                offset: 0,
            };
            s.skip(skip)?;
            Ok(s)
        });
        match opened {
            Ok(s) => streams.push(s),
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                // With -s, nothing is said of files that are missing.
                if !(quiet && e.errno() == Errno::ENOENT) {
                    cx.warn(input::complaint(name, &e));
                }
                return Ok(ExitStatus(2));
            }
        }
    }
    let Ok([mut a, mut b]) = <[Stream; 2]>::try_from(streams) else {
        return Err(CommandError::fail(2, "cannot open both files"));
    };
    compare(cx, &mut a, &mut b, limit, Report { verbose, quiet, show })
}

#[derive(Clone, Copy)]
struct Report {
    verbose: bool,
    quiet: bool,
    show: bool,
}

fn compare(cx: &mut Context<'_>, a: &mut Stream, b: &mut Stream, limit: u64, report: Report) -> CommandResult {
    let mut lines = 1u64;
    let mut differ = false;
    let mut newline_last = true;
    let mut number_width = 0;
    loop {
        a.fill()?;
        b.fill()?;
        cx.cancel.check()?;
        let left = limit - a.offset;
        let n = (a.block.len().min(b.block.len()) as u64).min(left) as usize;
        if left == 0 {
            break;
        }
        if n == 0 {
            let (short, long) = match (a.block.is_empty(), b.block.is_empty()) {
                (true, true) => break,
                (true, false) => (&*a, &*b),
                _ => (&*b, &*a),
            };
            let _ = long;
            if !report.quiet {
                let name = &crate::quote::quotef(&short.name);
                let tail = if short.offset == 0 {
                    " which is empty".to_string()
                } else if report.verbose {
                    format!(" after byte {}", short.offset)
                } else if newline_last {
                    format!(" after byte {}, line {}", short.offset, lines - 1)
                } else {
                    format!(" after byte {}, in line {lines}", short.offset)
                };
                cx.stdout.flush_now()?;
                cx.warn([&b"EOF on "[..], name, tail.as_bytes()].concat());
            }
            return Ok(ExitStatus::FAILURE);
        }
        let (x, y) = (a.block.slice(..n), b.block.slice(..n));
        if x != y {
            for (at, (p, q)) in x.iter().zip(&y).enumerate() {
                if p == q {
                    continue;
                }
                differ = true;
                if report.quiet {
                    return Ok(ExitStatus::FAILURE);
                }
                let offset = a.offset + at as u64 + 1;
                if !report.verbose {
                    let line = lines + memchr::memchr_iter(b'\n', &x[..at]).count() as u64;
                    let mut text = [
                        &a.name[..],
                        b" ",
                        &b.name,
                        format!(" differ: byte {offset}, line {line}").as_bytes(),
                    ]
                    .concat();
                    if report.show {
                        text.extend_from_slice(
                            format!(" is {p:>3o} {} {q:>3o} {}", visible(*p), visible(*q)).as_bytes(),
                        );
                    }
                    text.push(b'\n');
                    cx.stdout.write_bytes(text.into())?;
                    return Ok(ExitStatus::FAILURE);
                }
                if number_width == 0 {
                    number_width = width(cx, a, b, limit);
                }
                let text = if report.show {
                    format!(
                        "{offset:>number_width$} {p:>3o} {:<4} {q:>3o} {}\n",
                        visible(*p),
                        visible(*q)
                    )
                } else {
                    format!("{offset:>number_width$} {p:>3o} {q:>3o}\n")
                };
                cx.stdout.buffer().extend_from_slice(text.as_bytes());
                cx.stdout.spill()?;
            }
        }
        lines += memchr::memchr_iter(b'\n', &x).count() as u64;
        newline_last = x.last() == Some(&b'\n');
        for s in [&mut *a, &mut *b] {
            s.offset += n as u64;
            s.block = s.block.slice(n..);
        }
    }
    Ok(if differ {
        ExitStatus::FAILURE
    } else {
        ExitStatus::SUCCESS
    })
}

/// Digits that the largest byte number may have.
fn width(cx: &Context<'_>, a: &Stream, b: &Stream, limit: u64) -> usize {
    let size = |s: &Stream| {
        cx.path(&s.name)
            .and_then(|p| cx.fs.stat(&p))
            .ok()
            .filter(|_| s.name != b"-")
            .and_then(|s| s.size)
    };
    let most = match (size(a), size(b)) {
        (Some(x), Some(y)) => x.min(y),
        (Some(x), None) | (None, Some(x)) => x,
        (None, None) => i64::MAX as u64,
    };
    most.min(limit).to_string().len()
}

/// A byte as `cat -v` shows it.
fn visible(b: u8) -> String {
    let (meta, c) = if b >= 128 { ("M-", b - 128) } else { ("", b) };
    match c {
        0..=31 => format!("{meta}^{}", (c + 64) as char),
        127 => format!("{meta}^?"),
        _ => format!("{meta}{}", c as char),
    }
}
