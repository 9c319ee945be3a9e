//! `truncate`: sets the size of files.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, OpenOptions};

use crate::number::{self, NumberError};
use crate::options::{Args, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "truncate",
    "OPTION... FILE...",
    "Shrink or extend the size of each FILE to the specified size\n\nA FILE argument that does not exist is created.",
    &[
        flag("c", "no-create", "do not create any files"),
        flag("o", "io-blocks", "treat SIZE as number of IO blocks instead of bytes"),
        value("r", "reference", "RFILE", "base size on RFILE"),
        value("s", "size", "SIZE", "set or adjust the file size by SIZE bytes"),
    ],
)
.notes(
    "SIZE may also be prefixed by one of the following modifying characters:\n'+' extend by, '-' reduce by, \
     '<' at most, '>' at least,\n'/' round down to multiple of, '%' round up to multiple of.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut how = b'=';
    let mut amount = None;
    if let Some(text) = args.last("size") {
        let trimmed = text.trim_ascii_start();
        let (relative, digits) = match trimmed.first() {
            Some(c @ (b'+' | b'-' | b'<' | b'>' | b'/' | b'%')) => (Some(*c), &trimmed[1..]),
            _ => (None, trimmed),
        };
        how = relative.unwrap_or(b'=');
        let n = number::size(digits, "EgGkKmMPtTYZ0").map_err(|e: NumberError| {
            CommandError::fail(
                1,
                [&b"Invalid number: "[..], &quote(digits), e.detail().as_bytes()].concat(),
            )
        })?;
        if n == 0 && matches!(how, b'/' | b'%') {
            return Err(CommandError::fail(1, "division by zero"));
        }
        amount = Some(if args.has("io-blocks") {
            n.saturating_mul(4096)
        } else {
            n
        });
    }
    if amount.is_none() && !args.has("reference") {
        return Err(SPEC.usage_error(cx, "you must specify either '--size' or '--reference'"));
    }
    if amount.is_some() && args.has("reference") && how == b'=' {
        return Err(SPEC.usage_error(cx, "you must specify a relative '--size' with '--reference'"));
    }
    if args.has("io-blocks") && amount.is_none() {
        return Err(SPEC.usage_error(cx, "'--io-blocks' was specified but '--size' was not"));
    }
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing file operand"));
    }
    let reference = match args.last("reference") {
        Some(file) => Some(
            cx.path(file)
                .and_then(|p| cx.fs.stat(&p))
                .map_err(|e| {
                    CommandError::fail(
                        1,
                        [&b"cannot stat "[..], &quoteaf(file), b": ", e.gnu_text().as_bytes()].concat(),
                    )
                })?
                .size
                .unwrap_or(0),
        ),
        None => None,
    };
    let mut ok = true;
    for name in &args.operands {
        if let Err(e) = apply(cx, name, how, amount, reference, args.has("no-create")) {
            if e.errno() == Errno::ECANCELED {
                return Err(e.into());
            }
            if e.errno() == Errno::ENOENT && args.has("no-create") {
                continue;
            }
            ok = false;
            let message = output::refusal(cx, name, &e).unwrap_or_else(|| {
                [
                    &b"cannot open "[..],
                    &quoteaf(name),
                    b" for writing: ",
                    e.gnu_text().as_bytes(),
                ]
                .concat()
            });
            cx.warn(message);
        }
    }
    status(ok, 1)
}

fn apply(
    cx: &Context<'_>,
    name: &[u8],
    how: u8,
    amount: Option<u64>,
    reference: Option<u64>,
    keep_missing: bool,
) -> vfs::Result<()> {
    let path = cx.path(name)?;
    let options = OpenOptions {
        write: true,
        create: !keep_missing,
        mode: Some(0o666 & !cx.umask),
        ..OpenOptions::default()
    };
    let file = cx.fs.open(&path, options)?;
    let base = match reference {
        Some(size) => size,
        None => file.stat()?.size.unwrap_or(0),
    };
    let n = amount.unwrap_or(0);
    let size = match how {
        _ if amount.is_none() => base,
        b'+' => base.checked_add(n).ok_or(Errno::EFBIG)?,
        b'-' => base.saturating_sub(n),
        b'<' => base.min(n),
        b'>' => base.max(n),
        b'/' => base - base % n,
        b'%' => base.checked_next_multiple_of(n).ok_or(Errno::EFBIG)?,
        _ => n,
    };
    file.truncate(size)?;
    file.close()
}
