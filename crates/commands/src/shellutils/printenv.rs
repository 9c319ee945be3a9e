//! `printenv`: values of environment variables.

use shell::command::{CommandResult, Context};

use crate::options::{Args, Order, Spec, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "printenv",
    "[OPTION]... [VARIABLE]...",
    "Print the values of the specified environment VARIABLE(s).\n\
     If no VARIABLE is specified, print name and value pairs for them all.",
    &[flag("0", "null", "end each output line with NUL, not newline")],
)
.order(Order::Stop)
.trouble(2);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let end = if args.has("null") { 0 } else { b'\n' };
    let env = cx.env.clone();
    if args.operands.is_empty() {
        for (name, value) in env.iter() {
            let out = cx.stdout.buffer();
            out.extend_from_slice(&[name, &b"="[..], value, &[end]].concat());
            cx.stdout.spill()?;
        }
        return status(true, 1);
    }
    let mut ok = true;
    for name in &args.operands {
        match env.get(name) {
            Some(value) => {
                let out = cx.stdout.buffer();
                out.extend_from_slice(value);
                out.push(end);
                cx.stdout.spill()?;
            }
            None => ok = false,
        }
    }
    status(ok, 1)
}
