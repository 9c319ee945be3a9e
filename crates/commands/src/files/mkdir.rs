//! `mkdir`: makes directories.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, SetAttr, VfsError};

use super::modes::ModeChange;
use crate::options::{Args, Spec, flag, optional, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "mkdir",
    "[OPTION]... DIRECTORY...",
    "Create the DIRECTORY(ies), if they do not already exist.",
    &[
        value("m", "mode", "MODE", "set file mode (as in chmod), not a=rwx - umask"),
        flag(
            "p",
            "parents",
            "no error if existing, make parent directories as needed,\nwith their file modes unaffected by any -m option.",
        ),
        flag("v", "verbose", "print a message for each created directory"),
        flag("Z", "", ""),
        optional("", "context", "CTX", ""),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let change = match args.last("mode") {
        Some(text) => Some(
            ModeChange::parse(text)
                .ok_or_else(|| CommandError::fail(1, [&b"invalid mode "[..], &quote(text)].concat()))?,
        ),
        None => None,
    };
    let verbose = args.has("verbose");
    let mut ok = true;
    for name in &args.operands {
        let result = if args.has("parents") {
            parents(cx, name, change.as_ref(), verbose)
        } else {
            make(cx, name, change.as_ref(), verbose)
        };
        if let Err(e) = result {
            ok = false;
            complain(cx, &e)?;
        }
    }
    status(ok, 1)
}

fn complain(cx: &mut Context<'_>, e: &VfsError) -> Result<(), CommandError> {
    let name = e.path().unwrap_or_default().to_vec();
    match e.errno() {
        Errno::ECANCELED | Errno::EPIPE => Err(e.clone().into()),
        _ => {
            let message = output::refusal(cx, &name, e).unwrap_or_else(|| {
                [
                    &b"cannot create directory "[..],
                    &quoteaf(&name),
                    b": ",
                    e.gnu_text().as_bytes(),
                ]
                .concat()
            });
            cx.warn(message);
            Ok(())
        }
    }
}

fn make(cx: &mut Context<'_>, name: &[u8], change: Option<&ModeChange>, verbose: bool) -> vfs::Result<()> {
    let path = cx.path(name)?;
    let mode = 0o777 & !cx.umask;
    cx.fs.mkdir(&path, Some(mode)).map_err(|e| e.with_operand(name))?;
    if let Some(change) = change {
        let attr = SetAttr {
            mode: Some(change.apply(0o777, true, cx.umask)),
            ..SetAttr::default()
        };
        cx.fs.set_attr(&path, attr, true).map_err(|e| e.with_operand(name))?;
    }
    if verbose {
        let line = [&cx.name[..], b": created directory ", &quoteaf(name), b"\n"].concat();
        cx.stdout.buffer().extend_from_slice(&line);
        cx.stdout.spill()?;
    }
    Ok(())
}

/// Makes what is missing, component by component, as it was spelt.
fn parents(cx: &mut Context<'_>, name: &[u8], change: Option<&ModeChange>, verbose: bool) -> vfs::Result<()> {
    let end = name.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    if end == 0 {
        return if name.is_empty() {
            Err(VfsError::new(Errno::ENOENT).operand(name))
        } else {
            Ok(())
        };
    }
    let mut at = 0;
    loop {
        let start = at + name[at..end].iter().take_while(|b| **b == b'/').count();
        at = start + name[start..end].iter().take_while(|b| **b != b'/').count();
        let part = &name[..at];
        let last = at == end;
        let path = cx.path(part)?;
        match cx.fs.stat(&path) {
            Ok(s) if s.is_dir() => {}
            Ok(_) if last => return Err(VfsError::new(Errno::EEXIST).operand(name)),
            Ok(_) => return Err(VfsError::new(Errno::ENOTDIR).operand(part)),
            Err(e) if e.errno() == Errno::ENOENT => match make(cx, part, change.filter(|_| last), verbose) {
                // Somebody else may have made it in the meantime.
                Err(e) if e.errno() == Errno::EEXIST && cx.fs.stat(&path).is_ok_and(|s| s.is_dir()) => {}
                other => other?,
            },
            Err(e) => return Err(e.with_operand(part)),
        }
        if last {
            return Ok(());
        }
    }
}
