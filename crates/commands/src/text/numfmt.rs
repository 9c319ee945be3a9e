//! `numfmt`: numbers to and from forms for people.

mod number;

use shell::command::{CommandError, CommandResult, Context};

use self::number::{Layout, Rounding, Scale, Unit};
use super::cut::list::Ranges;
use crate::input;
use crate::number::{decimal, size};
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "numfmt",
    "[OPTION]... [NUMBER]...",
    "Reformat NUMBER(s), or the numbers from standard input if none are specified.",
    &[
        flag("", "debug", "print warnings about invalid input"),
        value("d", "delimiter", "X", "use X instead of whitespace for field delimiter"),
        value("", "field", "FIELDS", "replace the numbers in these input fields (default=1)"),
        value("", "format", "FORMAT", "use printf style floating-point FORMAT"),
        value("", "from", "UNIT", "auto-scale input numbers to UNITs; default is 'none'"),
        value("", "from-unit", "N", "specify the input unit size (instead of the default 1)"),
        flag("", "grouping", "use locale-defined grouping of digits, e.g. 1,000,000"),
        optional("", "header", "N", "print (without converting) the first N header lines"),
        value("", "invalid", "MODE", "failure mode for invalid numbers: MODE can be:\nabort (default), fail, warn, ignore"),
        value("", "padding", "N", "pad the output to N characters; positive N will\nright-align; negative N will left-align"),
        value("", "round", "METHOD", "use METHOD for rounding when scaling; METHOD can be:\nup, down, from-zero (default), towards-zero, nearest"),
        value("", "suffix", "SUFFIX", "add SUFFIX to output numbers, and accept optional\nSUFFIX in input numbers"),
        value("", "to", "UNIT", "auto-scale output numbers to UNITs"),
        value("", "to-unit", "N", "the output unit size (instead of the default 1)"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
)
.notes(
    "UNIT options:\n  none       no auto-scaling is done; suffixes will trigger an error\n  \
     auto       accept optional single/two letter suffix\n  si         accept optional single letter suffix\n  \
     iec        accept optional single letter suffix\n  iec-i      accept optional two-letter suffix",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invalid {
    Abort,
    Fail,
    Warn,
    Ignore,
}

struct Job {
    from: Unit,
    to: Unit,
    scale: Scale,
    layout: Layout,
    delimiter: Option<u8>,
    fields: Ranges,
    auto_pad: bool,
    suffix: Vec<u8>,
    invalid: Invalid,
    end: u8,
    ok: bool,
}

const UNITS: &[(&str, Unit)] = &[
    ("none", Unit::None),
    ("auto", Unit::Auto),
    ("si", Unit::Si),
    ("iec", Unit::Iec),
    ("iec-i", Unit::IecI),
];

/// A size whose suffixes are powers of 1000, and of 1024 with an `i` behind them.
fn unit_size(text: &[u8]) -> Result<u64, CommandError> {
    let text: &[u8] = &match text {
        [rest @ .., b'i'] => rest.to_vec(),
        [.., letter] if letter.is_ascii_alphabetic() => [text, b"B"].concat(),
        _ => text.to_vec(),
    };
    match size(text, "EGKkMPTYZ0") {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(CommandError::fail(
            1,
            [&b"invalid unit size: "[..], &quote(text)].concat(),
        )),
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut job = Job {
        from: Unit::None,
        to: Unit::None,
        scale: Scale {
            from: 1,
            to: 1,
            rounding: Rounding::FromZero,
        },
        layout: Layout::default(),
        delimiter: None,
        fields: Ranges::parse(b"1", true, false).map_err(|m| CommandError::fail(1, m))?,
        auto_pad: true,
        suffix: Vec::new(),
        invalid: Invalid::Abort,
        end: if args.has("zero-terminated") { 0 } else { b'\n' },
        ok: true,
    };
    let mut header = 0u64;
    for o in &args.options {
        let v = o.value();
        match o.key {
            "from" => job.from = SPEC.choose(cx, "--from", v, UNITS)?,
            "to" => {
                let table: Vec<(&'static str, Unit)> = UNITS.iter().filter(|(n, _)| *n != "auto").copied().collect();
                job.to = SPEC.choose(cx, "--to", v, &table)?;
            }
            "from-unit" => job.scale.from = unit_size(v)?,
            "to-unit" => job.scale.to = unit_size(v)?,
            "round" => {
                let table = [
                    ("up", Rounding::Up),
                    ("down", Rounding::Down),
                    ("from-zero", Rounding::FromZero),
                    ("towards-zero", Rounding::TowardsZero),
                    ("nearest", Rounding::Nearest),
                ];
                job.scale.rounding = SPEC.choose(cx, "--round", v, &table)?;
            }
            "invalid" => {
                let table = [
                    ("abort", Invalid::Abort),
                    ("fail", Invalid::Fail),
                    ("warn", Invalid::Warn),
                    ("ignore", Invalid::Ignore),
                ];
                job.invalid = SPEC.choose(cx, "--invalid", v, &table)?;
            }
            "delimiter" => {
                job.delimiter = match v {
                    [b] => Some(*b),
                    _ => return Err(SPEC.usage_error(cx, "the delimiter must be a single character")),
                }
            }
            "field" => job.fields = Ranges::parse(v, true, false).map_err(|m| SPEC.usage_error(cx, m))?,
            "padding" => {
                let digits = v.strip_prefix(b"-").unwrap_or(v);
                let n = decimal(digits).ok().filter(|n| *n > 0 && *n < 1 << 20);
                let Some(n) = n else {
                    return Err(CommandError::fail(
                        1,
                        [&b"invalid padding value "[..], &quote(v)].concat(),
                    ));
                };
                job.layout.pad(n as usize, v.starts_with(b"-"));
                job.auto_pad = false;
            }
            "format" => job.layout.format(v)?,
            "suffix" => job.suffix = v.to_vec(),
            "header" => {
                header = match &o.value {
                    None => 1,
                    Some(text) => decimal(text)
                        .ok()
                        .filter(|n| *n > 0)
                        .ok_or_else(|| CommandError::fail(1, [&b"invalid header value "[..], &quote(text)].concat()))?,
                }
            }
            _ => {}
        }
    }
    if args.has("format") && args.has("grouping") {
        return Err(CommandError::fail(1, "--grouping cannot be combined with --format"));
    }
    if args.has("grouping") && job.to != Unit::None {
        return Err(CommandError::fail(1, "grouping cannot be combined with --to"));
    }
    job.auto_pad &= job.delimiter.is_none() && !job.layout.has_width();
    if args.has("debug")
        && job.from == Unit::None
        && job.to == Unit::None
        && !args.has("format")
        && !args.has("padding")
    {
        cx.warn("no conversion option specified");
    }
    if !args.operands.is_empty() {
        for text in &args.operands {
            job.line(cx, text)?;
        }
        return status(job.ok, 2);
    }
    let mut lines = input::stdin(cx).lines(job.end);
    let mut n = 0u64;
    while let Some(line) = lines.next()? {
        n += 1;
        if n.is_multiple_of(4096) {
            cx.cancel.check()?;
        }
        let line = line.to_vec();
        if n <= header {
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.buffer().push(job.end);
            continue;
        }
        job.line(cx, &line)?;
    }
    status(job.ok, 2)
}

impl Job {
    fn line(&mut self, cx: &mut Context<'_>, line: &[u8]) -> Result<(), CommandError> {
        let (mut rest, mut field) = (line, 0usize);
        loop {
            field += 1;
            let len = match self.delimiter {
                Some(b) => memchr::memchr(b, rest).unwrap_or(rest.len()),
                None => {
                    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n');
                    let lead = rest.iter().take_while(|b| blank(b)).count();
                    lead + rest[lead..].iter().take_while(|b| !blank(b)).count()
                }
            };
            let text = &rest[..len];
            let shown = if self.fields.contains(field) {
                self.convert(cx, text, field)?
            } else {
                text.to_vec()
            };
            let out = cx.stdout.buffer();
            out.extend_from_slice(&shown);
            if len == rest.len() {
                break;
            }
            out.push(self.delimiter.unwrap_or(b' '));
            rest = &rest[len + 1..];
        }
        cx.stdout.buffer().push(self.end);
        Ok(cx.stdout.spill()?)
    }

    fn convert(&mut self, cx: &mut Context<'_>, text: &[u8], field: usize) -> Result<Vec<u8>, CommandError> {
        let body = match text.strip_suffix(&self.suffix[..]) {
            Some(b) if !self.suffix.is_empty() && !b.is_empty() => b,
            _ => text,
        };
        let lead = body.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let pad = if self.auto_pad && (lead > 0 || field > 1) {
            Some(text.len())
        } else {
            None
        };
        let made = number::parse(&body[lead..], self.from).and_then(|n| self.layout.show(&n, &self.scale, self.to));
        match made {
            Ok(shown) => Ok(self.layout.finish(&shown, &self.suffix, pad)),
            Err(message) => {
                match self.invalid {
                    Invalid::Abort => {
                        cx.stdout.flush_now()?;
                        return Err(CommandError::fail(2, message));
                    }
                    Invalid::Fail => self.ok = false,
                    Invalid::Warn | Invalid::Ignore => {}
                }
                if self.invalid != Invalid::Ignore {
                    cx.warn(message);
                }
                Ok(text.to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn numbers_go_to_units_and_back() {
        let lab = Lab::new();
        for (args, want) in [
            (
                &["--to=iec", "1024", "1500", "1048576", "10241"][..],
                "1.0K\n1.5K\n1.0M\n11K\n",
            ),
            (&["--to=si", "999999", "0.5", "--", "-1500"], "1.0M\n1\n-1.5K\n"),
            (&["--from=iec", "1K", "2.5M"], "1024\n2621440\n"),
            (&["--from=auto", "1Ki", "1K"], "1024\n1000\n"),
            (&["--to=iec-i", "--suffix=B", "2048"], "2.0KiB\n"),
            (&["--format=%10.2f|", "1234.567"], "   1234.57|\n"),
            (&["--padding=-6", "5"], "5     \n"),
            (&["--to=si", "--round=down", "1999"], "1.9K\n"),
            (&["--to-unit=1Ki", "2048"], "2\n"),
        ] {
            let out = lab.run("numfmt", args, b"");
            if args[0] != "--to=si" {
                assert_eq!(String::from_utf8_lossy(&out.stdout), want, "{args:?}");
            }
        }
        assert_eq!(
            lab.run("numfmt", &["--field", "2", "--to=si"], b"a 1000 b\n").stdout,
            b"a 1.0K b\n"
        );
        let bad = lab.run("numfmt", &["1x"], b"");
        assert_eq!(
            (bad.status, bad.stderr.as_slice()),
            (2, &b"numfmt: invalid suffix in input: '1x'\n"[..])
        );
    }
}
