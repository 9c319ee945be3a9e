//! `comm`: lines that two sorted files have in common.

use std::cmp::Ordering;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::input::{self, Lines};
use crate::options::{Args, Spec, flag, value};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "comm",
    "[OPTION]... FILE1 FILE2",
    "Compare sorted files FILE1 and FILE2 line by line.\n\nWhen FILE1 or FILE2 (not both) is -, read standard input.",
    &[
        flag("1", "", "suppress column 1 (lines unique to FILE1)"),
        flag("2", "", "suppress column 2 (lines unique to FILE2)"),
        flag("3", "", "suppress column 3 (lines that appear in both files)"),
        flag(
            "",
            "check-order",
            "check that the input is correctly sorted, even\nif all input lines are pairable",
        ),
        flag("", "nocheck-order", "do not check that the input is correctly sorted"),
        value("", "output-delimiter", "STR", "separate columns with STR"),
        flag("", "total", "output a summary"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Only where it makes a difference; the run goes on.
    Default,
    Always,
    Never,
}

struct Side {
    lines: Lines,
    line: Option<Vec<u8>>,
    number: usize,
    complained: bool,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut check = Check::Default;
    let mut delimiter: Option<Vec<u8>> = None;
    for o in &args.options {
        match o.key {
            "check-order" => check = Check::Always,
            "nocheck-order" => check = Check::Never,
            "output-delimiter" => {
                if delimiter.as_deref().is_some_and(|d| d != o.value()) {
                    return Err(CommandError::fail(1, "multiple output delimiters specified"));
                }
                delimiter = Some(if o.value().is_empty() {
                    vec![0]
                } else {
                    o.value().to_vec()
                });
            }
            _ => {}
        }
    }
    let show = ["1", "2", "3"].map(|n| !args.has(n));
    let end = if args.has("zero-terminated") { 0 } else { b'\n' };
    let delimiter = delimiter.unwrap_or_else(|| b"\t".to_vec());
    match args.operands.len() {
        0 => return Err(SPEC.usage_error(cx, "missing operand")),
        1 => {
            return Err(SPEC.usage_error(cx, [&b"missing operand after "[..], &quote(&args.operands[0])].concat()));
        }
        2 => {}
        _ => return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(&args.operands[2])].concat())),
    }
    let open = |cx: &mut Context<'_>, n: usize| -> Result<Side, CommandError> {
        let name = &args.operands[n];
        let source = input::open(cx, name).map_err(|e| CommandError::fail(1, input::complaint(name, &e)))?;
        let mut side = Side {
            lines: source.lines(end),
            line: None,
            number: n + 1,
            complained: false,
        };
        side.line = side.lines.next()?.map(<[u8]>::to_vec);
        Ok(side)
    };
    let mut sides = [open(cx, 0)?, open(cx, 1)?];
    let mut counts = [0u64; 3];
    let (mut unpaired, mut rounds) = (false, 0u32);
    loop {
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(4096) {
            cx.cancel.check()?;
        }
        let order = match (&sides[0].line, &sides[1].line) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        let (column, advance) = match order {
            Ordering::Less => (0, [true, false]),
            Ordering::Greater => (1, [false, true]),
            Ordering::Equal => (2, [true, true]),
        };
        unpaired |= column < 2;
        counts[column] += 1;
        if show[column] {
            let out = cx.stdout.buffer();
            for shown in &show[..column] {
                if *shown {
                    out.extend_from_slice(&delimiter);
                }
            }
            let from = usize::from(column == 1);
            out.extend_from_slice(sides[from].line.as_deref().unwrap_or_default());
            out.push(end);
            cx.stdout.spill()?;
        }
        for (n, go) in advance.into_iter().enumerate() {
            if go {
                sides[n].advance(cx, check, unpaired)?;
            }
        }
    }
    if args.has("total") {
        let text: Vec<Vec<u8>> = counts.iter().map(|n| n.to_string().into_bytes()).collect();
        let mut line = text.join(&delimiter[..]);
        line.extend_from_slice(&[&delimiter[..], b"total", &[end]].concat());
        cx.stdout.buffer().extend_from_slice(&line);
        cx.stdout.spill()?;
    }
    if sides.iter().any(|s| s.complained) {
        cx.stdout.flush_now()?;
        return Err(CommandError::fail(1, "input is not in sorted order"));
    }
    Ok(ExitStatus::SUCCESS)
}

impl Side {
    fn advance(&mut self, cx: &mut Context<'_>, check: Check, unpaired: bool) -> Result<(), CommandError> {
        let next = self.lines.next()?;
        let disorder = matches!((&self.line, next), (Some(a), Some(b)) if b < &a[..]);
        if disorder && !self.complained && (check == Check::Always || (check == Check::Default && unpaired)) {
            let message = format!("file {} is not in sorted order", self.number);
            if check == Check::Always {
                return Err(CommandError::fail(1, message));
            }
            cx.stdout.flush_now()?;
            cx.warn(message);
            self.complained = true;
        }
        match (next, &mut self.line) {
            (Some(text), Some(line)) => {
                line.clear();
                line.extend_from_slice(text);
            }
            (next, line) => *line = next.map(<[u8]>::to_vec),
        }
        Ok(())
    }
}
