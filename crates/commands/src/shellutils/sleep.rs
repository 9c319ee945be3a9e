//! `sleep`: waits.

use std::time::Duration;

use shell::command::{CommandResult, Context, ExitStatus};

use crate::options::{Args, Spec};
use crate::quote::quote;
use crate::tool::Tool;
use crate::wait;

const SPEC: Spec = Spec::new(
    "sleep",
    "NUMBER[SUFFIX]...\nOPTION",
    "Pause for NUMBER seconds.  SUFFIX may be 's' for seconds (the default),\n\
     'm' for minutes, 'h' for hours or 'd' for days.  NUMBER need not be an\n\
     integer.  Given two or more arguments, pause for the amount of time\nspecified by the sum of their values.",
    &[],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let mut total = 0.0;
    let mut bad = Vec::new();
    for word in &args.operands {
        match seconds(word) {
            Some(s) => total += s,
            None => bad.push([&b"invalid time interval "[..], &quote(word)].concat()),
        }
    }
    if let Some(last) = bad.pop() {
        for message in bad {
            cx.warn(message);
        }
        return Err(SPEC.usage_error(cx, last));
    }
    wait::sleep(&cx.cancel, Duration::try_from_secs_f64(total).ok())?;
    Ok(ExitStatus::SUCCESS)
}

/// A time span: a number, optionally with `s`, `m`, `h` or `d`; infinity is allowed.
pub fn seconds(text: &[u8]) -> Option<f64> {
    let (number, len) = crate::float::parse_prefix(text)?;
    let unit = match &text[len..] {
        b"" | b"s" => 1.0,
        b"m" => 60.0,
        b"h" => 3600.0,
        b"d" => 86400.0,
        _ => return None,
    };
    (number >= 0.0).then_some(number * unit)
}
