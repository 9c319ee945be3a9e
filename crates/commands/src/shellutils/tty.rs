//! `tty`, `clear`: terminals, of which a workspace has none.

use shell::command::CommandResult;

use crate::options::{Spec, Suite, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "tty",
    "[OPTION]...",
    "Print the file name of the terminal connected to standard input.",
    &[flag("s", "silent quiet", "print nothing, only return an exit status")],
)
.trouble(2);

const CLEAR_SPEC: Spec = Spec::new(
    "clear",
    "[options]",
    "Clear the terminal screen.",
    &[
        value("T", "", "TERM", "use this instead of $TERM"),
        flag("V", "", "print curses-version"),
        flag("x", "", "do not try to clear scrollback"),
    ],
)
.suite(Suite::Other("compatible with ncurses 6.4"));

/// `tty`.
pub const COMMAND: Tool = Tool::new(SPEC, |cx, args| {
    if let Some(extra) = args.operands.first() {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    if !args.has("silent") {
        cx.stdout.buffer().extend_from_slice(b"not a tty\n");
    }
    status(false, 1)
});

/// `clear`: the sequences of ECMA-48 that all terminals in use understand.
pub const CLEAR: Tool = Tool::new(CLEAR_SPEC, clear);

fn clear(cx: &mut shell::command::Context<'_>, args: crate::options::Args) -> CommandResult {
    if args.has("V") {
        cx.stdout.buffer().extend_from_slice(b"ncurses 6.4\n");
        return status(true, 1);
    }
    cx.stdout.buffer().extend_from_slice(b"\x1b[H\x1b[2J");
    if !args.has("x") {
        cx.stdout.buffer().extend_from_slice(b"\x1b[3J");
    }
    status(true, 1)
}
