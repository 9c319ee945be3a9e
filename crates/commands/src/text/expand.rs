//! `expand` and `unexpand`: tabs and blanks.

use shell::command::{CommandResult, Context};

use super::tabs::Tabs;
use crate::input;
use crate::options::{Args, Spec, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "expand",
    "[OPTION]... [FILE]...",
    "Convert tabs in each FILE to spaces, writing to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("i", "initial", "do not convert tabs after non blanks"),
        value("t", "tabs", "LIST", "use comma separated list of tab positions"),
        flag("0123456789,", "", ""),
    ],
);

/// `expand`.
pub const COMMAND: Tool = Tool::new(SPEC, run_expand);

const UNEXPAND_SPEC: Spec = Spec::new(
    "unexpand",
    "[OPTION]... [FILE]...",
    "Convert blanks in each FILE to tabs, writing to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("a", "all", "convert all blanks, instead of just initial blanks"),
        flag(
            "",
            "first-only",
            "convert only leading sequences of blanks (overrides -a)",
        ),
        value(
            "t",
            "tabs",
            "LIST",
            "use comma separated list of tab positions (enables -a)",
        ),
        flag("0123456789,", "", ""),
    ],
);

/// `unexpand`.
pub const UNEXPAND: Tool = Tool::new(UNEXPAND_SPEC, run_unexpand);

/// The tab stops of the options; the old form `-4,8` is a list too.
fn stops(args: &Args) -> Result<Tabs, shell::command::CommandError> {
    let mut tabs = Tabs::default();
    let mut legacy = Vec::new();
    for o in &args.options {
        match o.key {
            "tabs" => tabs.add(o.value())?,
            "0" => legacy.extend(o.short),
            _ => {}
        }
    }
    tabs.add(&legacy)?;
    tabs.finish()
}

fn each_line(cx: &mut Context<'_>, args: &Args, mut convert: impl FnMut(&[u8], &mut Vec<u8>)) -> CommandResult {
    let mut ok = true;
    for file in args.files() {
        let Some(source) = input::open_or_warn(cx, &file)? else {
            ok = false;
            continue;
        };
        let mut lines = source.lines(b'\n');
        loop {
            match lines.next() {
                Ok(Some(line)) => convert(line, cx.stdout.buffer()),
                Ok(None) => break,
                Err(e) => {
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            }
            if lines.terminated() {
                cx.stdout.buffer().push(b'\n');
            }
            cx.stdout.spill()?;
        }
    }
    status(ok, 1)
}

fn run_expand(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let tabs = stops(&args)?;
    let initial = args.has("initial");
    each_line(cx, &args, |line, out| {
        if !line.contains(&b'\t') {
            out.extend_from_slice(line);
            return;
        }
        let (mut column, mut leading) = (0usize, true);
        for &b in line {
            match b {
                b'\t' if leading || !initial => {
                    let to = tabs.next(column).unwrap_or(column + 1);
                    out.resize(out.len() + to - column, b' ');
                    column = to;
                }
                8 => {
                    column = column.saturating_sub(1);
                    leading = false;
                    out.push(b);
                }
                _ => {
                    column += 1;
                    leading &= b == b' ';
                    out.push(b);
                }
            }
        }
    })
}

fn run_unexpand(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut all = args.has("all") || args.has("tabs") || args.has("0");
    if args.has("first-only") {
        all = false;
    }
    let tabs = stops(&args)?;
    each_line(cx, &args, |line, out| unexpand(line, &tabs, all, out))
}

fn unexpand(line: &[u8], tabs: &Tabs, all: bool, out: &mut Vec<u8>) {
    let mut column = 0usize;
    // Blanks not yet written, and whether a tab may stand for the first of them.
    let mut pending: Vec<u8> = Vec::new();
    let mut one_blank_before_stop = false;
    let mut previous_blank = true;
    let mut at = 0;
    let mut convert = true;
    while let Some(&b) = line.get(at) {
        at += 1;
        if !convert {
            out.push(b);
            continue;
        }
        let mut blank = matches!(b, b' ' | b'\t');
        if blank {
            let Some(stop) = tabs.next(column) else {
                // Past the last stop, everything stays.
                convert = false;
                out.append(&mut pending);
                out.push(b);
                continue;
            };
            if b == b'\t' {
                column = stop;
                if !pending.is_empty() {
                    pending.clear();
                    if one_blank_before_stop {
                        pending.push(b'\t');
                    }
                }
                one_blank_before_stop = false;
                out.append(&mut pending);
                out.push(b'\t');
            } else {
                column += 1;
                if !(previous_blank && column == stop) {
                    if column == stop {
                        one_blank_before_stop = true;
                    }
                    pending.push(b' ');
                } else {
                    // The run of blanks reaches a stop: a tab replaces it.
                    let tab_first = one_blank_before_stop && !pending.is_empty();
                    pending.clear();
                    if tab_first {
                        pending.push(b'\t');
                    }
                    one_blank_before_stop = false;
                    out.append(&mut pending);
                    out.push(b'\t');
                }
                previous_blank = true;
                continue;
            }
        } else {
            column = if b == 8 { column.saturating_sub(1) } else { column + 1 };
            if !pending.is_empty() {
                if pending.len() > 1 && one_blank_before_stop {
                    pending[0] = b'\t';
                }
                out.append(&mut pending);
                one_blank_before_stop = false;
            }
            out.push(b);
            blank = false;
        }
        previous_blank = blank;
        convert &= all || blank;
    }
    if pending.len() > 1 && one_blank_before_stop {
        pending[0] = b'\t';
    }
    out.append(&mut pending);
}
