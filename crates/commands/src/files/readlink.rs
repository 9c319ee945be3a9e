//! `readlink`: the text of links, or canonical names.

use shell::command::{CommandResult, Context};

use super::resolve::{Missing, canonical};
use crate::options::{Args, Spec, flag};
use crate::quote::quotef;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "readlink",
    "[OPTION]... FILE...",
    "Print value of a symbolic link or canonical file name",
    &[
        flag(
            "f",
            "canonicalize",
            "canonicalize by following every symlink in\nevery component of the given name recursively;\nall but the last component must exist",
        ),
        flag("e", "canonicalize-existing", "the same, but all components must exist"),
        flag(
            "m",
            "canonicalize-missing",
            "the same, without requirements on components existence",
        ),
        flag("n", "no-newline", "do not output the trailing delimiter"),
        flag("qs", "quiet silent", "suppress most error messages (on by default)"),
        flag("v", "verbose", "report error messages"),
        flag("z", "zero", "end each output line with NUL, not newline"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut missing = None;
    let mut verbose = cx.env.contains_key(&b"POSIXLY_CORRECT"[..]);
    for o in &args.options {
        match o.key {
            "canonicalize" => missing = Some(Missing::Last),
            "canonicalize-existing" => missing = Some(Missing::None),
            "canonicalize-missing" => missing = Some(Missing::Any),
            "quiet" => verbose = false,
            "verbose" => verbose = true,
            _ => {}
        }
    }
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let mut newline = !args.has("no-newline");
    if !newline && args.operands.len() > 1 {
        cx.warn("ignoring --no-newline with multiple arguments");
        newline = true;
    }
    let end = if args.has("zero") { 0 } else { b'\n' };
    let mut ok = true;
    for name in &args.operands {
        let result = match missing {
            Some(missing) => canonical(cx, name, missing, false, true).map(|p| p.as_bytes().to_vec()),
            None => cx.path(name).and_then(|p| cx.fs.read_link(&p)).map(|t| t.to_vec()),
        };
        match result {
            Ok(text) => {
                let out = cx.stdout.buffer();
                out.extend_from_slice(&text);
                if newline {
                    out.push(end);
                }
                cx.stdout.spill()?;
            }
            Err(e) => {
                ok = false;
                if verbose {
                    cx.warn([&quotef(name)[..], b": ", e.gnu_text().as_bytes()].concat());
                }
            }
        }
    }
    status(ok, 1)
}
