//! `basename`: names without directory and suffix.

use shell::command::{CommandResult, Context, ExitStatus};

use crate::options::{Args, Order, Spec, flag, value};
use crate::quote::quote;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "basename",
    "NAME [SUFFIX]\nOPTION... NAME...",
    "Print NAME with any leading directory components removed.\nIf specified, also remove a trailing SUFFIX.",
    &[
        flag("a", "multiple", "support multiple arguments and treat each as a NAME"),
        value("s", "suffix", "SUFFIX", "remove a trailing SUFFIX; implies -a"),
        flag("z", "zero", "end each output line with NUL, not newline"),
    ],
)
.order(Order::Stop);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let suffix = args.last("suffix");
    let end = if args.has("zero") { 0 } else { b'\n' };
    let multiple = args.has("multiple") || suffix.is_some();
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    if !multiple && args.operands.len() > 2 {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(&args.operands[2])].concat()));
    }
    let (names, suffix) = if multiple {
        (&args.operands[..], suffix.unwrap_or_default())
    } else {
        (
            &args.operands[..1],
            args.operands.get(1).map(Vec::as_slice).unwrap_or_default(),
        )
    };
    for name in names {
        let mut base = base_name(name);
        // A name that is nothing but the suffix stays.
        if base.len() > suffix.len() && !base.ends_with(b"/") {
            base = base.strip_suffix(suffix).unwrap_or(base);
        }
        let out = cx.stdout.buffer();
        out.extend_from_slice(base);
        out.push(end);
        cx.stdout.spill()?;
    }
    Ok(ExitStatus::SUCCESS)
}

/// The last component without trailing slashes (POSIX `basename`); `/` for the root.
pub fn base_name(path: &[u8]) -> &[u8] {
    let trimmed = strip_slashes(path);
    if trimmed.is_empty() {
        return &path[..path.len().min(1)];
    }
    memchr::memrchr(b'/', trimmed).map_or(trimmed, |at| &trimmed[at + 1..])
}

/// The path without trailing slashes.
pub fn strip_slashes(path: &[u8]) -> &[u8] {
    let len = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    &path[..len]
}
