//! `join`: lines of two sorted files that have a field in common.

mod columns;

use std::cmp::Ordering;

use shell::command::{CommandError, CommandResult, Context};

use self::columns::{Item, Layout, parse_field};
use crate::input::{self, Lines};
use crate::options::{Args, Spec, flag, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "join",
    "[OPTION]... FILE1 FILE2",
    "For each pair of input lines with identical join fields, write a line to\n\
     standard output.  The default join field is the first, delimited by blanks.\n\n\
     When FILE1 or FILE2 (not both) is -, read standard input.",
    &[
        value(
            "a",
            "",
            "FILENUM",
            "also print unpairable lines from file FILENUM, where\nFILENUM is 1 or 2, corresponding to FILE1 or FILE2",
        ),
        value(
            "e",
            "",
            "STRING",
            "replace missing (empty) input fields with STRING;\nI.e., missing fields specified with '-12jo' options",
        ),
        flag("i", "ignore-case", "ignore differences in case when comparing fields"),
        value("j", "", "FIELD", "equivalent to '-1 FIELD -2 FIELD'"),
        value("o", "", "FORMAT", "obey FORMAT while constructing output line"),
        value("t", "", "CHAR", "use CHAR as input and output field separator"),
        value("v", "", "FILENUM", "like -a FILENUM, but suppress joined output lines"),
        value("1", "", "FIELD", "join on this FIELD of file 1"),
        value("2", "", "FIELD", "join on this FIELD of file 2"),
        flag(
            "",
            "check-order",
            "check that the input is correctly sorted, even\nif all input lines are pairable",
        ),
        flag("", "nocheck-order", "do not check that the input is correctly sorted"),
        flag(
            "",
            "header",
            "treat the first line in each file as field headers,\nprint them without trying to pair them",
        ),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
)
.notes(
    "Unless -t CHAR is given, leading blanks separate fields and are ignored,\n\
     else fields are separated by CHAR.  Any FIELD is a field number counted\n\
     from 1.  FORMAT is one or more comma or blank separated specifications,\n\
     each being 'FILENUM.FIELD' or '0'.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// What separates fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// Runs of blanks.
    Blanks,
    /// One byte.
    Byte(u8),
    /// Nothing: the line is one field.
    None,
}

/// A line and where its fields are.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) line: Vec<u8>,
    pub(super) fields: Vec<(usize, usize)>,
}

impl Record {
    fn new(line: Vec<u8>, by: Separator) -> Self {
        let mut fields = Vec::new();
        match by {
            Separator::None => fields.push((0, line.len())),
            Separator::Byte(b) => {
                let mut at = 0;
                for end in memchr::memchr_iter(b, &line) {
                    fields.push((at, end));
                    at = end + 1;
                }
                if !line.is_empty() {
                    fields.push((at, line.len()));
                }
            }
            Separator::Blanks => {
                let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\n');
                let mut at = line.iter().take_while(|b| blank(b)).count();
                while at < line.len() {
                    let end = line[at..].iter().position(blank).map_or(line.len(), |n| at + n);
                    fields.push((at, end));
                    at = end + line[end..].iter().take_while(|b| blank(b)).count();
                    if at == line.len() && end < at {
                        // A line that ends with blanks has an empty field behind them.
                        fields.push((at, at));
                    }
                }
            }
        }
        Self { line, fields }
    }

    pub(super) fn field(&self, n: usize) -> Option<&[u8]> {
        self.fields.get(n).map(|(a, b)| &self.line[*a..*b])
    }
}

struct Side {
    lines: Lines,
    name: Vec<u8>,
    field: usize,
    number: u64,
    previous: Option<Record>,
    /// What has been read and not yet been used.
    next: Option<Record>,
    complained: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    Default,
    Always,
    Never,
}

struct Join {
    by: Separator,
    icase: bool,
    end: u8,
    check: Check,
    unpaired_seen: bool,
    bad: bool,
}

impl Join {
    fn key(record: &Record, field: usize) -> &[u8] {
        record.field(field).unwrap_or_default()
    }

    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        if self.icase {
            a.iter()
                .map(u8::to_ascii_lowercase)
                .cmp(b.iter().map(u8::to_ascii_lowercase))
        } else {
            a.cmp(b)
        }
    }

    /// Reads the next line of a side into `next`, and looks at its order.
    fn advance(&mut self, cx: &mut Context<'_>, side: &mut Side) -> Result<(), CommandError> {
        let record = side.lines.next()?.map(|l| Record::new(l.to_vec(), self.by));
        let before = side.next.take();
        side.next = record;
        if side.next.is_some() {
            side.number += 1;
            if side.number.is_multiple_of(4096) {
                cx.cancel.check()?;
            }
        }
        if let Some(b) = before {
            side.previous = Some(b);
        }
        let (Some(previous), Some(next)) = (&side.previous, &side.next) else {
            return Ok(());
        };
        let looks = self.check == Check::Always || (self.check == Check::Default && self.unpaired_seen);
        if looks
            && !side.complained
            && self
                .compare(Self::key(previous, side.field), Self::key(next, side.field))
                .is_gt()
        {
            side.complained = true;
            self.bad = true;
            let text = [
                &side.name[..],
                format!(":{}: is not sorted: ", side.number).as_bytes(),
                &next.line,
            ]
            .concat();
            if self.check == Check::Always {
                return Err(CommandError::fail(1, text));
            }
            cx.stdout.flush_now()?;
            cx.warn(text);
        }
        Ok(())
    }

    /// Takes all lines of a side whose key is that of its next one.
    fn group(&mut self, cx: &mut Context<'_>, side: &mut Side) -> Result<Vec<Record>, CommandError> {
        let mut all = Vec::new();
        while let Some(next) = &side.next {
            if let Some(first) = all.first()
                && self
                    .compare(Self::key(first, side.field), Self::key(next, side.field))
                    .is_ne()
            {
                break;
            }
            all.push(next.clone());
            self.advance(cx, side)?;
        }
        Ok(all)
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut unpaired, mut paired) = ([false; 2], true);
    let mut fields: [Option<usize>; 2] = [None; 2];
    let mut empty: Option<Vec<u8>> = None;
    let (mut by, mut check) = (Separator::Blanks, Check::Default);
    let mut items: Option<Vec<Item>> = None;
    let mut auto = false;
    for o in &args.options {
        match o.key {
            "a" | "v" => {
                let n = match o.value() {
                    b"1" => 0,
                    b"2" => 1,
                    other => {
                        return Err(CommandError::fail(
                            1,
                            [&b"invalid field number: "[..], &quote(other)].concat(),
                        ));
                    }
                };
                unpaired[n] = true;
                paired &= o.key == "a";
            }
            "e" => match &empty {
                Some(e) if e != o.value() => {
                    return Err(CommandError::fail(1, "conflicting empty-field replacement strings"));
                }
                _ => empty = Some(o.value().to_vec()),
            },
            "j" | "1" | "2" => {
                let n = parse_field(o.value())?;
                for (side, key) in ["1", "2"].iter().enumerate() {
                    if o.key == "j" || o.key == *key {
                        if fields[side].is_some_and(|f| f != n) {
                            let text = format!("incompatible join fields {}, {}", fields[side].unwrap_or(0) + 1, n + 1);
                            return Err(CommandError::fail(1, text));
                        }
                        fields[side] = Some(n);
                    }
                }
            }
            "o" if o.value() == b"auto" => auto = true,
            "o" => items.get_or_insert_default().extend(columns::parse(o.value())?),
            "t" => {
                let new = match o.value() {
                    b"" => Separator::None,
                    b"\\0" => Separator::Byte(0),
                    [b] => Separator::Byte(*b),
                    other => {
                        return Err(CommandError::fail(
                            1,
                            [&b"multi-character tab "[..], &quote(other)].concat(),
                        ));
                    }
                };
                if by != Separator::Blanks && by != new {
                    return Err(CommandError::fail(1, "incompatible tabs"));
                }
                by = new;
            }
            "check-order" => check = Check::Always,
            "nocheck-order" => check = Check::Never,
            _ => {}
        }
    }
    // Operands after the two files are fields of an old form of `-o`.
    match args.operands.len() {
        0 => return Err(SPEC.usage_error(cx, "missing operand")),
        1 => return Err(SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(&args.operands[0])].concat())),
        2 => {}
        _ => return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quoteaf(&args.operands[2])].concat())),
    }
    if args.operands.iter().all(|o| o == b"-") {
        return Err(CommandError::fail(1, "both files cannot be standard input"));
    }
    let mut join = Join {
        by,
        icase: args.has("ignore-case"),
        end: if args.has("zero-terminated") { 0 } else { b'\n' },
        check,
        unpaired_seen: false,
        bad: false,
    };
    let mut open = |cx: &mut Context<'_>, n: usize| -> Result<Side, CommandError> {
        let name = &args.operands[n];
        let source = input::open(cx, name).map_err(|e| CommandError::fail(1, input::complaint(name, &e)))?;
        let mut side = Side {
            lines: source.lines(join.end),
            name: name.clone(),
            field: fields[n].unwrap_or(0),
            number: 0,
            previous: None,
            next: None,
            complained: false,
        };
        join.advance(cx, &mut side)?;
        Ok(side)
    };
    let (mut a, mut b) = (open(cx, 0)?, open(cx, 1)?);
    let mut layout = Layout {
        items,
        auto: None,
        empty,
        separator: match by {
            Separator::Byte(b) => b,
            Separator::None => b'\n',
            Separator::Blanks => b' ',
        },
        keys: [a.field, b.field],
        end: join.end,
    };
    if auto {
        let count = |s: &Side| s.next.as_ref().map_or(0, |r| r.fields.len());
        layout.auto = Some([count(&a), count(&b)]);
    }
    if args.has("header") && (a.next.is_some() || b.next.is_some()) {
        layout.line(cx, a.next.as_ref(), b.next.as_ref())?;
        for side in [&mut a, &mut b] {
            join.advance(cx, side)?;
            // The headers are in no order.
            side.previous = None;
        }
    }
    loop {
        let order = match (&a.next, &b.next) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => join.compare(Join::key(x, a.field), Join::key(y, b.field)),
        };
        match order {
            Ordering::Less => {
                if unpaired[0] {
                    layout.line(cx, a.next.as_ref(), None)?;
                }
                join.unpaired_seen = true;
                join.advance(cx, &mut a)?;
            }
            Ordering::Greater => {
                if unpaired[1] {
                    layout.line(cx, None, b.next.as_ref())?;
                }
                join.unpaired_seen = true;
                join.advance(cx, &mut b)?;
            }
            Ordering::Equal => {
                let (left, right) = (join.group(cx, &mut a)?, join.group(cx, &mut b)?);
                if paired {
                    for x in &left {
                        for y in &right {
                            layout.line(cx, Some(x), Some(y))?;
                        }
                    }
                }
            }
        }
    }
    if join.bad {
        return Err(CommandError::fail(1, "input is not in sorted order"));
    }
    status(true, 1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    fn lab() -> Lab {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
            .unwrap();
        let lab = Lab::on(tree);
        for (name, text) in [("/a", "a 1 x\nb 2 y\nc 3 z\n"), ("/b", "a A\nc C\nd D\n")] {
            lab.fs().write_all(&VPath::new(name).unwrap(), text.into()).unwrap();
        }
        lab
    }

    #[test]
    fn lines_are_paired_by_their_field() {
        let lab = lab();
        for (args, want) in [
            (&["a", "b"][..], "a 1 x A\nc 3 z C\n"),
            (&["-a1", "a", "b"], "a 1 x A\nb 2 y\nc 3 z C\n"),
            (&["-v1", "-v2", "a", "b"], "b 2 y\nd D\n"),
            (&["-o", "1.2,2.2,0", "a", "b"], "1 A a\n3 C c\n"),
            (
                &["-e", "X", "-a1", "-a2", "-o", "auto", "a", "b"],
                "a 1 x A\nb 2 y X\nc 3 z C\nd X X D\n",
            ),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&lab.run("join", args, b"").stdout),
                want,
                "{args:?}"
            );
        }
        let out = lab.run("join", &["a", "-"], b"c\na\n");
        assert_eq!(
            (out.status, out.stderr.as_slice()),
            (
                1,
                &b"join: -:2: is not sorted: a\njoin: input is not in sorted order\n"[..]
            )
        );
    }
}
