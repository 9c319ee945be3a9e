//! `true`: does nothing, successfully.

use shell::command::{CommandResult, Context, ExitStatus};

use crate::options::{Args, Order, Spec};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "true",
    "[ignored command line arguments]\nOPTION",
    "Exit with a status code indicating success.",
    &[],
)
.order(Order::Raw);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(_: &mut Context<'_>, _: Args) -> CommandResult {
    Ok(ExitStatus::SUCCESS)
}
