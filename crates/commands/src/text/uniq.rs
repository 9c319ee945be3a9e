//! `uniq`: adjacent equal lines.

use shell::command::{CommandError, CommandResult, Context};
use shell::io::Output;
use vfs::{Errno, OpenOptions};

use crate::input::{self, is_stdin};
use crate::number;
use crate::options::{Args, Spec, flag, optional, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "uniq",
    "[OPTION]... [INPUT [OUTPUT]]",
    "Filter adjacent matching lines from INPUT (or standard input),\nwriting to OUTPUT (or standard output).\n\n\
     With no options, matching lines are merged to the first occurrence.",
    &[
        flag("c", "count", "prefix lines by the number of occurrences"),
        flag("d", "repeated", "only print duplicate lines, one for each group"),
        flag("D", "", "print all duplicate lines"),
        optional(
            "",
            "all-repeated",
            "METHOD",
            "like -D, but allow separating groups\n  with an empty line;\n  METHOD={none(default),prepend,separate}",
        ),
        value("f", "skip-fields", "N", "avoid comparing the first N fields"),
        optional(
            "",
            "group",
            "METHOD",
            "show all items, separating groups with an empty line;\n  METHOD={separate(default),prepend,append,both}",
        ),
        flag("i", "ignore-case", "ignore differences in case when comparing"),
        value("s", "skip-chars", "N", "avoid comparing the first N characters"),
        flag("u", "unique", "only print unique lines"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
        value("w", "check-chars", "N", "compare no more than N characters in lines"),
        flag("0123456789", "", ""),
    ],
)
.notes(
    "A field is a run of blanks (usually spaces and/or TABs), then non-blank\n\
     characters.  Fields are skipped before chars.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    None,
    Prepend,
    Append,
    Separate,
    Both,
}

struct Uniq {
    count: bool,
    first_of_repeated: bool,
    unique: bool,
    later_of_repeated: bool,
    all_repeated: Grouping,
    group: Option<Grouping>,
    skip_fields: u64,
    skip_chars: u64,
    check_chars: u64,
    ignore_case: bool,
    end: u8,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut u = Uniq {
        count: false,
        first_of_repeated: true,
        unique: true,
        later_of_repeated: false,
        all_repeated: Grouping::None,
        group: None,
        skip_fields: 0,
        skip_chars: 0,
        check_chars: u64::MAX,
        ignore_case: false,
        end: b'\n',
    };
    let mut selected = false;
    let mut legacy: Option<u64> = None;
    for o in &args.options {
        match o.key {
            "count" => u.count = true,
            "repeated" => (u.unique, selected) = (false, true),
            "D" | "all-repeated" => {
                (u.unique, u.later_of_repeated, selected) = (false, true, true);
                if let Some(v) = &o.value {
                    u.all_repeated = SPEC.choose(
                        cx,
                        "--all-repeated",
                        v,
                        &[
                            ("none", Grouping::None),
                            ("prepend", Grouping::Prepend),
                            ("separate", Grouping::Separate),
                        ],
                    )?;
                }
            }
            "group" => {
                u.group = Some(match &o.value {
                    None => Grouping::Separate,
                    Some(v) => SPEC.choose(
                        cx,
                        "--group",
                        v,
                        &[
                            ("prepend", Grouping::Prepend),
                            ("append", Grouping::Append),
                            ("separate", Grouping::Separate),
                            ("both", Grouping::Both),
                        ],
                    )?,
                });
            }
            "skip-fields" => u.skip_fields = amount(o.value(), "invalid number of fields to skip")?,
            "skip-chars" => u.skip_chars = amount(o.value(), "invalid number of bytes to skip")?,
            "check-chars" => u.check_chars = amount(o.value(), "invalid number of bytes to compare")?,
            "ignore-case" => u.ignore_case = true,
            "unique" => (u.first_of_repeated, selected) = (false, true),
            "zero-terminated" => u.end = 0,
            _ => {
                // The old form `-N` is `-f N`.
                let digit = u64::from(o.short.unwrap_or(b'0') - b'0');
                let n = legacy.unwrap_or(0).saturating_mul(10).saturating_add(digit);
                legacy = Some(n);
                u.skip_fields = n;
            }
        }
    }
    if let Some(extra) = args.operands.get(2) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    if u.group.is_some() && (selected || u.count) {
        return Err(SPEC.usage_error(cx, "--group is mutually exclusive with -c/-d/-D/-u"));
    }
    if u.count && u.later_of_repeated {
        return Err(SPEC.usage_error(cx, "printing all duplicated lines and repeat counts is meaningless"));
    }
    let from = args.operands.first().cloned().unwrap_or_else(|| b"-".to_vec());
    let unreadable = || CommandError::fail(1, [&b"error reading "[..], &quoteaf(&from)].concat());
    let source = input::open(cx, &from).map_err(|e| match e.errno() {
        Errno::EISDIR => unreadable(),
        _ => CommandError::fail(1, input::complaint(&from, &e)),
    })?;
    let mut target = match args.operands.get(1) {
        Some(to) if !is_stdin(to) => Some(
            output::open(cx, to, OpenOptions::writing())
                .map_err(|e| CommandError::fail(1, input::complaint(to, &e)))?,
        ),
        _ => None,
    };
    let result = match &mut target {
        Some(out) => u.filter(source, out, &cx.cancel),
        None => u.filter(source, &mut cx.stdout, &cx.cancel),
    };
    if let Some(out) = &mut target {
        out.flush_now()?;
    }
    match result {
        Ok(()) => status(true, 1),
        Err(e) if e.errno() == Errno::EISDIR => Err(unreadable()),
        Err(e) => Err(e.into()),
    }
}

fn amount(text: &[u8], problem: &str) -> Result<u64, CommandError> {
    match number::size(text, "") {
        Ok(n) => Ok(n),
        Err(number::NumberError::Overflow) => Ok(u64::MAX),
        Err(_) => Err(CommandError::fail(1, [text, b": ", problem.as_bytes()].concat())),
    }
}

impl Uniq {
    /// The part of a line that is compared.
    fn key<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        if self.skip_fields == 0 && self.skip_chars == 0 && self.check_chars == u64::MAX {
            return line;
        }
        let mut at = 0;
        for _ in 0..self.skip_fields {
            if at >= line.len() {
                break;
            }
            at += line[at..]
                .iter()
                .take_while(|b| matches!(b, b' ' | b'\t' | b'\n'))
                .count();
            at += line[at..]
                .iter()
                .take_while(|b| !matches!(b, b' ' | b'\t' | b'\n'))
                .count();
        }
        at += self.skip_chars.min((line.len() - at) as u64) as usize;
        let len = self.check_chars.min((line.len() - at) as u64) as usize;
        &line[at..at + len]
    }

    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        let (a, b) = (self.key(a), self.key(b));
        if self.ignore_case {
            a.eq_ignore_ascii_case(b)
        } else {
            a == b
        }
    }

    fn filter(&self, source: input::Source, out: &mut Output, cancel: &vfs::Cancel) -> vfs::Result<()> {
        let mut lines = source.lines(self.end);
        let mut held: Vec<u8> = match lines.next()? {
            Some(line) => line.to_vec(),
            None => return Ok(()),
        };
        let mut count = 1u64;
        let mut first_group = true;
        if let Some(g) = self.group {
            // Everything is shown; only the gaps between groups matter.
            if matches!(g, Grouping::Prepend | Grouping::Both) {
                self.line(out, b"")?;
            }
            self.line(out, &held)?;
            while let Some(line) = lines.next()? {
                if !self.same(&held, line) {
                    self.line(out, b"")?;
                    held.clear();
                    held.extend_from_slice(line);
                }
                self.line(out, line)?;
            }
            if matches!(g, Grouping::Append | Grouping::Both) {
                self.line(out, b"")?;
            }
            return Ok(());
        }
        let mut seen = 0u32;
        while let Some(line) = lines.next()? {
            seen = seen.wrapping_add(1);
            if seen.is_multiple_of(4096) {
                cancel.check()?;
            }
            if self.same(&held, line) {
                if self.later_of_repeated {
                    self.repeated(out, &held, count, &mut first_group)?;
                    // Lines that compare as equal may still differ.
                    held.clear();
                    held.extend_from_slice(line);
                }
                count += 1;
                continue;
            }
            self.finish(out, &held, count)?;
            held.clear();
            held.extend_from_slice(line);
            count = 1;
        }
        self.finish(out, &held, count)
    }

    /// `-D`: a line of a group of equal lines that is known to go on.
    fn repeated(&self, out: &mut Output, line: &[u8], count: u64, first: &mut bool) -> vfs::Result<()> {
        if count == 1 {
            let gap = match self.all_repeated {
                Grouping::Prepend => true,
                Grouping::Separate => !*first,
                _ => false,
            };
            *first = false;
            if gap {
                self.line(out, b"")?;
            }
        }
        // With -u as well, groups are not shown.
        if self.first_of_repeated || count > 1 {
            self.line(out, line)
        } else {
            Ok(())
        }
    }

    fn finish(&self, out: &mut Output, line: &[u8], count: u64) -> vfs::Result<()> {
        let show = match count {
            1 => self.unique,
            _ if self.later_of_repeated => true,
            _ => self.first_of_repeated,
        };
        if !show {
            return Ok(());
        }
        if self.count {
            let mut text = [b' '; 20];
            let (mut at, mut n) = (text.len(), count);
            while n > 0 {
                at -= 1;
                text[at] = b'0' + (n % 10) as u8;
                n /= 10;
            }
            let buffer = out.buffer();
            buffer.extend_from_slice(&text[at.min(13)..]);
            buffer.push(b' ');
        }
        self.line(out, line)
    }

    fn line(&self, out: &mut Output, line: &[u8]) -> vfs::Result<()> {
        let buffer = out.buffer();
        buffer.extend_from_slice(line);
        buffer.push(self.end);
        out.spill()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn groups_are_counted_selected_and_separated() {
        let lab = Lab::new();
        let input = b"a\na\nb\nB\nc\n";
        for (args, want) in [
            (&[][..], &b"a\nb\nB\nc\n"[..]),
            (&["-c"], b"      2 a\n      1 b\n      1 B\n      1 c\n"),
            (&["-di"], b"a\nb\n"),
            (&["-u"], b"b\nB\nc\n"),
            (&["-Di"], b"a\na\nb\nB\n"),
            (&["-i", "--all-repeated=separate"], b"a\na\n\nb\nB\n"),
            (&["-i", "--group=both"], b"\na\na\n\nb\nB\n\nc\n\n"),
        ] {
            assert_eq!(
                bstr::BStr::new(&lab.run("uniq", args, input).stdout),
                bstr::BStr::new(want)
            );
        }
    }
}
