//! `sync`: makes what was written durable.

use shell::command::{CommandError, CommandResult, Context};
use vfs::OpenOptions;

use crate::options::{Args, Spec, flag};
use crate::quote::quoteaf;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "sync",
    "[OPTION] [FILE]...",
    "Synchronize cached writes to persistent storage\n\nIf one or more files are specified, sync only them,\nor their containing file systems.",
    &[
        flag("d", "data", "sync only file data, no unneeded metadata"),
        flag("f", "file-system", "sync the file systems that contain the files"),
    ],
);

/// The command. Every command commits what it wrote before it ends, so that without operands nothing is left to do.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("data") && args.has("file-system") {
        return Err(CommandError::fail(1, "cannot specify both --data and --file-system"));
    }
    if args.has("data") && args.operands.is_empty() {
        return Err(CommandError::fail(1, "--data needs at least one argument"));
    }
    let mut ok = true;
    for name in &args.operands {
        let found = cx.path(name).and_then(|p| {
            if cx.fs.stat(&p)?.is_dir() {
                return Ok(());
            }
            let file = cx.fs.open(&p, OpenOptions::reading())?;
            file.sync(args.has("data"))?;
            file.close()
        });
        if let Err(e) = found {
            ok = false;
            cx.warn([&b"error opening "[..], &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
        }
    }
    status(ok, 1)
}
