//! `yes`: a line again and again.

use bytes::Bytes;
use shell::command::{CommandResult, Context};

use crate::options::{Args, Spec};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "yes",
    "[STRING]...\nOPTION",
    "Repeatedly output a line with all specified STRING(s), or 'y'.",
    &[],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut line = if args.operands.is_empty() {
        b"y".to_vec()
    } else {
        args.operands.join(&b' ')
    };
    line.push(b'\n');
    // Whole lines, about a block of them, handed over without a copy each time.
    let block = Bytes::from(line.repeat((shell::io::BLOCK / line.len()).max(1)));
    loop {
        cx.stdout.write_bytes(block.clone())?;
        cx.cancel.check()?;
    }
}
