//! `rmdir`: removes empty directories.

use shell::command::{CommandResult, Context};
use vfs::Errno;

use crate::options::{Args, Spec, flag};
use crate::output;
use crate::quote::quoteaf;
use crate::shellutils::basename::strip_slashes;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "rmdir",
    "[OPTION]... DIRECTORY...",
    "Remove the DIRECTORY(ies), if they are empty.",
    &[
        flag(
            "",
            "ignore-fail-on-non-empty",
            "ignore each failure that is solely because a directory\n  is non-empty",
        ),
        flag(
            "p",
            "parents path",
            "remove DIRECTORY and its ancestors; e.g., 'rmdir -p a/b'\n  is similar to 'rmdir a/b a'",
        ),
        flag("v", "verbose", "output a diagnostic for every directory processed"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let (ignore, verbose) = (args.has("ignore-fail-on-non-empty"), args.has("verbose"));
    let mut ok = true;
    for name in &args.operands {
        let mut part: &[u8] = name;
        let mut first = true;
        loop {
            if verbose {
                let line = [&cx.name[..], b": removing directory, ", &quoteaf(part), b"\n"].concat();
                cx.stdout.buffer().extend_from_slice(&line);
                cx.stdout.spill()?;
            }
            if let Err(e) = cx.path(part).and_then(|p| cx.fs.rmdir(&p)) {
                if e.errno() == Errno::ECANCELED {
                    return Err(e.into());
                }
                if !(ignore && e.errno() == Errno::ENOTEMPTY) {
                    ok = false;
                    let what: &[u8] = if first {
                        b"failed to remove "
                    } else {
                        b"failed to remove directory "
                    };
                    let message = output::refusal(cx, part, &e)
                        .unwrap_or_else(|| [what, &quoteaf(part), b": ", e.gnu_text().as_bytes()].concat());
                    cx.warn(message);
                }
                break;
            }
            if !args.has("parents") {
                break;
            }
            first = false;
            let Some(at) = memchr::memrchr(b'/', strip_slashes(part)) else {
                break;
            };
            part = strip_slashes(&part[..at]);
            if part.is_empty() {
                break;
            }
        }
    }
    status(ok, 1)
}
