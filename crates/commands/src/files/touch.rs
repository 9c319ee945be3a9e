//! `touch`: changes the times of files, making those that are missing.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, OpenOptions, SetAttr, Time};

use crate::options::{Args, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::shellutils::date::touch_time;
use crate::time::{Zone, parse};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "touch",
    "[OPTION]... FILE...",
    "Update the access and modification times of each FILE to the current time.\n\n\
     A FILE argument that does not exist is created empty, unless -c or -h\nis supplied.",
    &[
        flag("a", "", "change only the access time"),
        flag("c", "no-create", "do not create any files"),
        value("d", "date", "STRING", "parse STRING and use it instead of current time"),
        flag("f", "", "(ignored)"),
        flag(
            "h",
            "no-dereference",
            "affect each symbolic link instead of any referenced\nfile",
        ),
        flag("m", "", "change only the modification time"),
        value(
            "r",
            "reference",
            "FILE",
            "use this file's times instead of current time",
        ),
        value("t", "", "STAMP", "use [[CC]YY]MMDDhhmm[.ss] instead of current time"),
        value(
            "",
            "time",
            "WORD",
            "change the specified time:\n  WORD is access, atime, or use: equivalent to -a\n  WORD is modify or mtime: equivalent to -m",
        ),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut access, mut modify) = (args.has("a"), args.has("m"));
    for o in args.options.iter().filter(|o| o.key == "time") {
        let table = [
            ("atime", true),
            ("access", true),
            ("use", true),
            ("mtime", false),
            ("modify", false),
        ];
        match SPEC.choose(cx, "--time", o.value(), &table)? {
            true => access = true,
            false => modify = true,
        }
    }
    if !access && !modify {
        (access, modify) = (true, true);
    }
    let follow = !args.has("no-dereference");
    let zone = Zone::of(cx);
    let now = Time::now();
    let invalid = |text: &[u8]| CommandError::fail(1, [&b"invalid date format "[..], &quote(text)].concat());
    let (mut atime, mut mtime) = (now, now);
    if let Some(file) = args.last("reference") {
        let stat = cx
            .path(file)
            .and_then(|p| if follow { cx.fs.stat(&p) } else { cx.fs.lstat(&p) })
            .map_err(|e| {
                let text = e.gnu_text();
                CommandError::fail(
                    1,
                    [
                        &b"failed to get attributes of "[..],
                        &quoteaf(file),
                        b": ",
                        text.as_bytes(),
                    ]
                    .concat(),
                )
            })?;
        mtime = stat.mtime.unwrap_or(now);
        atime = stat.atime.unwrap_or(mtime);
    }
    if let Some(stamp) = args.last("t") {
        if args.has("date") || args.has("reference") {
            return Err(SPEC.usage_error(cx, "cannot specify times from more than one source"));
        }
        mtime = touch_time(stamp, &zone).ok_or_else(|| invalid(stamp))?;
        atime = mtime;
    }
    if let Some(text) = args.last("date") {
        // With -r, a relative date counts from that file's times.
        (atime, mtime) = (
            parse::parse(text, atime, &zone).ok_or_else(|| invalid(text))?,
            parse::parse(text, mtime, &zone).ok_or_else(|| invalid(text))?,
        );
    }
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing file operand"));
    }
    let attr = SetAttr {
        atime: access.then_some(atime),
        mtime: modify.then_some(mtime),
        ..SetAttr::default()
    };
    let create = follow && !args.has("no-create");
    let mut ok = true;
    for name in &args.operands {
        if name == b"-" {
            // Standard output, whose times are nobody's business here.
            continue;
        }
        if let Err(e) = touch(cx, name, attr, follow, create) {
            match e.errno() {
                Errno::ECANCELED => return Err(e.into()),
                Errno::ENOENT if !create => {}
                _ => {
                    ok = false;
                    let what: &[u8] = if !name.ends_with(b"/") && (create || e.errno() == Errno::ENOENT) {
                        b"cannot touch "
                    } else {
                        b"setting times of "
                    };
                    let message = output::refusal(cx, name, &e)
                        .unwrap_or_else(|| [what, &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
                    cx.warn(message);
                }
            }
        }
    }
    status(ok, 1)
}

fn touch(cx: &Context<'_>, name: &[u8], attr: SetAttr, follow: bool, create: bool) -> vfs::Result<()> {
    let path = cx.path(name)?;
    let found = if follow { cx.fs.stat(&path) } else { cx.fs.lstat(&path) };
    match found {
        Ok(stat) if name.ends_with(b"/") && !stat.is_dir() => return Err(Errno::ENOTDIR.into()),
        Ok(_) => {}
        Err(e) if e.errno() == Errno::ENOENT && create => {
            if name.ends_with(b"/") {
                return Err(Errno::ENOENT.into());
            }
            let options = OpenOptions {
                write: true,
                create: true,
                mode: Some(0o666 & !cx.umask),
                ..OpenOptions::default()
            };
            cx.fs.open(&path, options)?.close()?;
        }
        Err(e) => return Err(e),
    }
    cx.fs.set_attr(&path, attr, follow)
}
