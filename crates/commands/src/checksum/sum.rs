//! `sum`: the checksums of BSD and System V.

use shell::command::{CommandResult, Context};

use super::cksum::print_number;
use super::digest::Algorithm;
use crate::options::{Args, Spec, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "sum",
    "[OPTION]... [FILE]...",
    "Print or check BSD (16-bit) checksums.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("r", "", "use BSD sum algorithm (the default), use 1K blocks"),
        flag("s", "sysv", "use System V sum algorithm, use 512 bytes blocks"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let algorithm = match args.options.last().map(|o| o.key) {
        Some("sysv") => Algorithm::SysV,
        _ => Algorithm::Bsd,
    };
    let show_names = !args.operands.is_empty();
    let mut ok = true;
    for file in args.files() {
        ok &= print_number(cx, &file, algorithm, show_names, false)?;
    }
    status(ok, 1)
}
