//! `realpath`: canonical names.

use shell::command::{CommandError, CommandResult, Context};
use vfs::VPath;

use super::resolve::{Missing, canonical};
use crate::input;
use crate::options::{Args, Spec, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "realpath",
    "[OPTION]... FILE...",
    "Print the resolved absolute file name;\nall but the last component must exist",
    &[
        flag("e", "canonicalize-existing", "all components of the path must exist"),
        flag(
            "m",
            "canonicalize-missing",
            "no path components need exist or be a directory",
        ),
        flag("L", "logical", "resolve '..' components before symlinks"),
        flag("P", "physical", "resolve symlinks as encountered (default)"),
        flag("q", "quiet", "suppress most error messages"),
        value("", "relative-to", "DIR", "print the resolved path relative to DIR"),
        value(
            "",
            "relative-base",
            "DIR",
            "print absolute paths unless paths below DIR",
        ),
        flag("s", "strip no-symlinks", "don't expand symlinks"),
        flag("z", "zero", "end each output line with NUL, not newline"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut missing, mut logical, mut follow, mut quiet) = (Missing::Last, false, true, false);
    for o in &args.options {
        match o.key {
            "canonicalize-existing" => missing = Missing::None,
            "canonicalize-missing" => missing = Missing::Any,
            "logical" => (logical, follow) = (true, true),
            "physical" => (logical, follow) = (false, true),
            "strip" => (logical, follow) = (false, false),
            "quiet" => quiet = true,
            _ => {}
        }
    }
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let end = if args.has("zero") { 0 } else { b'\n' };
    let dir = |cx: &Context<'_>, key: &str| -> Result<Option<VPath>, CommandError> {
        let Some(name) = args.last(key) else { return Ok(None) };
        let fail = |e: vfs::VfsError| CommandError::fail(1, input::complaint(name, &e));
        let path = canonical(cx, name, missing, logical, follow).map_err(fail)?;
        if missing == Missing::None && !cx.fs.stat(&path).map_err(fail)?.is_dir() {
            return Err(fail(vfs::Errno::ENOTDIR.into()));
        }
        Ok(Some(path))
    };
    let base = dir(cx, "relative-base")?;
    let mut to = dir(cx, "relative-to")?;
    // A starting point outside of the base means: always absolute.
    let never = matches!((&base, &to), (Some(b), Some(t)) if !t.starts_with(b));
    if to.is_none() {
        to.clone_from(&base);
    }
    let mut ok = true;
    for name in &args.operands {
        match canonical(cx, name, missing, logical, follow) {
            Ok(path) => {
                let inside = base.as_ref().is_none_or(|b| path.starts_with(b));
                let text = match &to {
                    Some(to) if inside && !never => relative(&path, to),
                    _ => path.as_bytes().to_vec(),
                };
                let out = cx.stdout.buffer();
                out.extend_from_slice(&text);
                out.push(end);
                cx.stdout.spill()?;
            }
            Err(e) => {
                ok = false;
                if !quiet {
                    input::warn(cx, name, &e)?;
                }
            }
        }
    }
    status(ok, 1)
}

/// How `path` is reached from the directory `from`.
pub fn relative(path: &VPath, from: &VPath) -> Vec<u8> {
    let (a, b): (Vec<&[u8]>, Vec<&[u8]>) = (from.components().collect(), path.components().collect());
    let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let up = std::iter::repeat_n(&b".."[..], a.len() - common);
    let parts: Vec<&[u8]> = up.chain(b[common..].iter().copied()).collect();
    if parts.is_empty() {
        b".".to_vec()
    } else {
        parts.join(&b'/')
    }
}
