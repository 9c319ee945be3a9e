//! `cat`: files one after the other, as they are or made visible.

use shell::command::{CommandResult, Context};
use vfs::Errno;

use crate::input::{self, Source};
use crate::options::{Args, Spec, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "cat",
    "[OPTION]... [FILE]...",
    "Concatenate FILE(s) to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("A", "show-all", "equivalent to -vET"),
        flag("b", "number-nonblank", "number nonempty output lines, overrides -n"),
        flag("e", "", "equivalent to -vE"),
        flag("E", "show-ends", "display $ at end of each line"),
        flag("n", "number", "number all output lines"),
        flag("s", "squeeze-blank", "suppress repeated empty output lines"),
        flag("t", "", "equivalent to -vT"),
        flag("T", "show-tabs", "display TAB characters as ^I"),
        flag("u", "", "(ignored)"),
        flag("v", "show-nonprinting", "use ^ and M- notation, except for LFD and TAB"),
    ],
)
.notes(
    "Examples:\n  cat f - g  Output f's contents, then standard input, then g's contents.\n  cat        Copy standard input to standard output.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Default)]
struct Show {
    number: bool,
    number_nonblank: bool,
    ends: bool,
    squeeze: bool,
    tabs: bool,
    nonprinting: bool,
}

/// What carries over from one file to the next.
struct State {
    line: u64,
    at_start: bool,
    after_blank: bool,
    pending_cr: bool,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut show = Show::default();
    for o in &args.options {
        match o.key {
            "show-all" => (show.nonprinting, show.ends, show.tabs) = (true, true, true),
            "number-nonblank" => (show.number, show.number_nonblank) = (true, true),
            "e" => (show.nonprinting, show.ends) = (true, true),
            "show-ends" => show.ends = true,
            "number" => show.number = true,
            "squeeze-blank" => show.squeeze = true,
            "t" => (show.nonprinting, show.tabs) = (true, true),
            "show-tabs" => show.tabs = true,
            "show-nonprinting" => show.nonprinting = true,
            _ => {}
        }
    }
    let plain = !(show.number || show.ends || show.squeeze || show.tabs || show.nonprinting);
    let mut state = State {
        line: 0,
        at_start: true,
        after_blank: false,
        pending_cr: false,
    };
    let mut ok = true;
    for file in args.files() {
        let Some(mut source) = input::open_or_warn(cx, &file)? else {
            ok = false;
            continue;
        };
        if feeds_itself(cx, &source, &file) {
            cx.warn([&crate::quote::quotef(&file)[..], b": input file is output file"].concat());
            ok = false;
            continue;
        }
        loop {
            let chunk = match source.chunk() {
                Ok(chunk) => chunk,
                Err(e) => {
                    cx.stdout.flush_now()?;
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            };
            if chunk.is_empty() {
                break;
            }
            if plain {
                cx.stdout.write_bytes(chunk)?;
            } else {
                state.show(cx, &show, &chunk)?;
            }
            // Whoever reads may be waiting for just this much (`coproc cat`).
            cx.stdout.flush_now()?;
        }
    }
    if state.pending_cr {
        cx.stdout.buffer().push(b'\r');
        cx.stdout.spill()?;
    }
    status(ok, 1)
}

/// Whether reading this file would read what is being written: `cat x >> x` would never end.
fn feeds_itself(cx: &Context<'_>, source: &Source, operand: &[u8]) -> bool {
    let Some(out) = cx.stdout.file().path() else {
        return false;
    };
    let same = match source {
        Source::Stdin(i) => i.file().path() == Some(out),
        Source::File(_) => cx.path(operand).is_ok_and(|p| p == *out),
    };
    // An empty file (`cat x > x`) has nothing that could be read again.
    same && cx.fs.stat(out).is_ok_and(|s| s.is_file() && s.size != Some(0))
}

impl State {
    fn show(&mut self, cx: &mut Context<'_>, show: &Show, chunk: &[u8]) -> vfs::Result<()> {
        for line in LinesInclusive(chunk) {
            let (body, ended) = match line.split_last() {
                Some((b'\n', body)) => (body, true),
                _ => (line, false),
            };
            let blank = self.at_start && body.is_empty() && ended;
            if blank && show.squeeze && self.after_blank {
                continue;
            }
            let out = cx.stdout.buffer();
            if self.pending_cr {
                // A carriage return shows as ^M only right before the end of a line.
                out.extend_from_slice(if body.is_empty() && ended { b"^M" } else { b"\r" });
                self.pending_cr = false;
            }
            if self.at_start {
                self.after_blank = blank;
                if show.number && !(show.number_nonblank && blank) {
                    self.line += 1;
                    number(self.line, out);
                }
            }
            let held = show.ends && !show.nonprinting && body.last() == Some(&b'\r');
            let text = if held { &body[..body.len() - 1] } else { body };
            if show.nonprinting || show.tabs {
                visible(text, show, out);
            } else {
                out.extend_from_slice(text);
            }
            if held && ended {
                out.extend_from_slice(b"^M");
            }
            self.pending_cr = held && !ended;
            if ended {
                if show.ends {
                    out.push(b'$');
                }
                out.push(b'\n');
            }
            self.at_start = ended;
            cx.stdout.spill().map_err(closed)?;
        }
        Ok(())
    }
}

fn closed(e: vfs::VfsError) -> vfs::VfsError {
    // The operand of a failed write is not a file that was named.
    if e.errno() == Errno::EPIPE {
        e
    } else {
        vfs::VfsError::new(e.errno())
    }
}

struct LinesInclusive<'a>(&'a [u8]);

impl<'a> Iterator for LinesInclusive<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let len = memchr::memchr(b'\n', self.0).map_or(self.0.len(), |n| n + 1);
        let (line, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(line)
    }
}

/// `%6d\t`, without the formatting machinery.
fn number(n: u64, out: &mut Vec<u8>) {
    let mut digits = [b' '; 20];
    let (mut at, mut n) = (digits.len(), n);
    while n > 0 {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    out.extend_from_slice(&digits[at.min(14)..]);
    out.push(b'\t');
}

fn visible(text: &[u8], show: &Show, out: &mut Vec<u8>) {
    for &b in text {
        match b {
            b'\t' if show.tabs => out.extend_from_slice(b"^I"),
            b'\t' => out.push(b),
            _ if !show.nonprinting => out.push(b),
            0..=31 => out.extend_from_slice(&[b'^', b + 64]),
            127 => out.extend_from_slice(b"^?"),
            128..=159 => out.extend_from_slice(&[b'M', b'-', b'^', b - 64]),
            160..=254 => out.extend_from_slice(&[b'M', b'-', b - 128]),
            255 => out.extend_from_slice(b"M-^?"),
            _ => out.push(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn bytes_pass_unchanged_and_options_make_them_visible() {
        let lab = Lab::new();
        assert_eq!(lab.run("cat", &[], b"a\0\xff\n").stdout, b"a\0\xff\n");
        assert_eq!(lab.run("cat", &["-A"], b"a\t\x01\xe9\r\n").stdout, b"a^I^AM-i^M$\n");
        assert_eq!(
            lab.run("cat", &["-sb"], b"a\n\n\n\nb\nc").stdout,
            b"     1\ta\n\n     2\tb\n     3\tc"
        );
        assert_eq!(lab.run("cat", &["-E"], b"a\r\nb\rc").stdout, b"a^M$\nb\rc");
    }
}
