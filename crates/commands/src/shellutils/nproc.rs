//! `nproc`: how many threads run at the same time.

use shell::command::{CommandError, CommandResult, Context};

use crate::number::decimal;
use crate::options::{Args, Spec, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "nproc",
    "[OPTION]...",
    "Print the number of processing units available to the current process,\nwhich may be less than the number of online processors",
    &[
        flag("", "all", "print the number of installed processors"),
        value("", "ignore", "N", "if possible, exclude N processing units"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if let Some(extra) = args.operands.first() {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let ignore = match args.last("ignore") {
        Some(text) => decimal(text.trim_ascii())
            .map_err(|_| CommandError::fail(1, [&b"invalid number: "[..], &quote(text)].concat()))?,
        None => 0,
    };
    let mut n = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let var = |name: &str| {
        cx.var(name)
            .and_then(|v| decimal(v.split(|b| *b == b',').next()?).ok())
            .filter(|n| *n > 0)
    };
    if !args.has("all") {
        n = var("OMP_NUM_THREADS").unwrap_or(n);
        n = n.min(var("OMP_THREAD_LIMIT").unwrap_or(n));
    }
    let n = n.saturating_sub(ignore).max(1);
    cx.stdout.buffer().extend_from_slice(format!("{n}\n").as_bytes());
    status(true, 1)
}
