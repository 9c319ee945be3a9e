//! `dirname`: names without their last component.

use shell::command::{CommandResult, Context, ExitStatus};

use super::basename::strip_slashes;
use crate::options::{Args, Spec, flag};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "dirname",
    "[OPTION] NAME...",
    "Output each NAME with its last non-slash component and trailing slashes\n\
     removed; if NAME contains no /'s, output '.' (meaning the current directory).",
    &[flag("z", "zero", "end each output line with NUL, not newline")],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let end = if args.has("zero") { 0 } else { b'\n' };
    for name in &args.operands {
        let out = cx.stdout.buffer();
        out.extend_from_slice(dir_name(name));
        out.push(end);
        cx.stdout.spill()?;
    }
    Ok(ExitStatus::SUCCESS)
}

/// The directory part (POSIX `dirname`): `.` if there is none.
pub fn dir_name(path: &[u8]) -> &[u8] {
    let trimmed = strip_slashes(path);
    match memchr::memrchr(b'/', trimmed) {
        None if trimmed.is_empty() && !path.is_empty() => b"/",
        None => b".",
        Some(at) => match strip_slashes(&trimmed[..at]) {
            b"" => b"/",
            dir => dir,
        },
    }
}
