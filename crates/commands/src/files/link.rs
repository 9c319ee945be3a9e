//! `link`, `unlink`: one call of the system each. `mkfifo`, `mknod`: what no backend can hold.

use shell::command::{CommandError, CommandResult, Context};
use vfs::Errno;

use crate::options::{Args, Spec, flag, optional, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const LINK_SPEC: Spec = Spec::new(
    "link",
    "FILE1 FILE2\nOPTION",
    "Call the link function to create a link named FILE2 to an existing FILE1.",
    &[],
);
const UNLINK_SPEC: Spec = Spec::new(
    "unlink",
    "FILE\nOPTION",
    "Call the unlink function to remove the specified FILE.",
    &[],
);
const MKFIFO_SPEC: Spec = Spec::new(
    "mkfifo",
    "[OPTION]... NAME...",
    "Create named pipes (FIFOs) with the given NAMEs.",
    &[
        value(
            "m",
            "mode",
            "MODE",
            "set file permission bits to MODE, not a=rw - umask",
        ),
        flag("Z", "", "(accepted)"),
        optional("", "context", "CTX", "(accepted)"),
    ],
);
const MKNOD_SPEC: Spec = Spec::new(
    "mknod",
    "[OPTION]... NAME TYPE [MAJOR MINOR]",
    "Create the special file NAME of the given TYPE.",
    &[
        value(
            "m",
            "mode",
            "MODE",
            "set file permission bits to MODE, not a=rw - umask",
        ),
        flag("Z", "", "(accepted)"),
        optional("", "context", "CTX", "(accepted)"),
    ],
);

/// `link`.
pub const LINK: Tool = Tool::new(LINK_SPEC, link);
/// `unlink`.
pub const UNLINK: Tool = Tool::new(UNLINK_SPEC, unlink);
/// `mkfifo`.
pub const MKFIFO: Tool = Tool::new(MKFIFO_SPEC, mkfifo);
/// `mknod`.
pub const MKNOD: Tool = Tool::new(MKNOD_SPEC, mknod);

fn operands(cx: &Context<'_>, spec: &Spec, args: &Args, count: usize) -> Result<(), CommandError> {
    match (args.operands.len(), args.operands.last()) {
        (0, _) => Err(spec.usage_error(cx, "missing operand")),
        (n, Some(last)) if n < count => {
            Err(spec.usage_error(cx, [&b"missing operand after "[..], &quote(last)].concat()))
        }
        (n, _) if n > count => {
            Err(spec.usage_error(cx, [&b"extra operand "[..], &quote(&args.operands[count])].concat()))
        }
        _ => Ok(()),
    }
}

fn link(cx: &mut Context<'_>, args: Args) -> CommandResult {
    operands(cx, &LINK_SPEC, &args, 2)?;
    let (old, new) = (&args.operands[0], &args.operands[1]);
    let done = cx.path(old).and_then(|from| cx.fs.link(&from, &cx.path(new)?));
    done.map_err(|e| {
        let text = [
            &b"cannot create link "[..],
            &quoteaf(new),
            b" to ",
            &quoteaf(old),
            b": ",
            e.gnu_text().as_bytes(),
        ];
        CommandError::fail(1, text.concat())
    })?;
    status(true, 1)
}

fn unlink(cx: &mut Context<'_>, args: Args) -> CommandResult {
    operands(cx, &UNLINK_SPEC, &args, 1)?;
    let name = &args.operands[0];
    cx.path(name).and_then(|p| cx.fs.remove(&p)).map_err(|e| {
        let text = output::refusal(cx, name, &e)
            .unwrap_or_else(|| [&b"cannot unlink "[..], &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
        CommandError::fail(1, text)
    })?;
    status(true, 1)
}

fn check_mode(args: &Args) -> Result<(), CommandError> {
    match args.last("mode") {
        Some(text) if super::modes::ModeChange::parse(text).is_none() => Err(CommandError::fail(1, "invalid mode")),
        _ => Ok(()),
    }
}

/// Why a special file cannot be made there.
fn obstacle(cx: &Context<'_>, name: &[u8]) -> String {
    let found = cx.path(name).and_then(|p| {
        if cx.fs.lstat(&p).is_ok() {
            return Err(Errno::EEXIST.into());
        }
        match p.parent() {
            Some(dir) if !cx.fs.stat(&dir)?.is_dir() => Err(Errno::ENOTDIR.into()),
            _ => Ok(()),
        }
    });
    found.map_or_else(
        |e: vfs::VfsError| e.gnu_text().to_string(),
        |()| "Operation not supported".to_string(),
    )
}

fn mkfifo(cx: &mut Context<'_>, args: Args) -> CommandResult {
    check_mode(&args)?;
    if args.operands.is_empty() {
        return Err(MKFIFO_SPEC.usage_error(cx, "missing operand"));
    }
    for name in &args.operands {
        let text = obstacle(cx, name);
        cx.warn([&b"cannot create fifo "[..], &quoteaf(name), b": ", text.as_bytes()].concat());
    }
    status(false, 1)
}

fn mknod(cx: &mut Context<'_>, args: Args) -> CommandResult {
    check_mode(&args)?;
    let kind = args.operands.get(1).and_then(|k| k.first()).copied();
    operands(cx, &MKNOD_SPEC, &args, if kind == Some(b'p') { 2 } else { 4 })?;
    if !matches!(kind, Some(b'p' | b'b' | b'c' | b'u')) {
        return Err(MKNOD_SPEC.usage_error(cx, [&b"invalid device type "[..], &quote(&args.operands[1])].concat()));
    }
    let name = &args.operands[0];
    Err(CommandError::fail(
        1,
        [&crate::quote::quotef(name)[..], b": ", obstacle(cx, name).as_bytes()].concat(),
    ))
}
