//! `mktemp`: makes a file or directory with a new name.

use std::hash::{BuildHasher, Hasher};

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, OpenOptions, VPath};

use super::rm::join;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "mktemp",
    "[OPTION]... [TEMPLATE]",
    "Create a temporary file or directory, safely, and print its name.\n\
     TEMPLATE must contain at least 3 consecutive 'X's in last component.\n\
     If TEMPLATE is not specified, use tmp.XXXXXXXXXX, and --tmpdir is implied.",
    &[
        flag("d", "directory", "create a directory, not a file"),
        flag("u", "dry-run", "do not create anything; merely print a name (unsafe)"),
        flag("q", "quiet", "suppress diagnostics about file/dir-creation failure"),
        value(
            "",
            "suffix",
            "SUFF",
            "append SUFF to TEMPLATE; SUFF must not contain a slash.",
        ),
        value("p", "", "DIR", ""),
        optional(
            "",
            "tmpdir",
            "DIR",
            "interpret TEMPLATE relative to DIR; if DIR is not\nspecified, use $TMPDIR if set, else /tmp.",
        ),
        flag(
            "t",
            "",
            "interpret TEMPLATE as a single file name component (deprecated)",
        ),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let fail = |parts: &[&[u8]]| CommandError::fail(1, parts.concat());
    if args.operands.len() > 1 {
        return Err(SPEC.usage_error(cx, "too many templates"));
    }
    let (mut dir_option, mut dir) = (false, None);
    for o in &args.options {
        if matches!(o.key, "p" | "tmpdir") {
            dir_option = true;
            dir = o.value.clone().filter(|v| !v.is_empty());
        }
    }
    let given = args.operands.first();
    let mut template = given.cloned().unwrap_or_else(|| b"tmp.XXXXXXXXXX".to_vec());
    let suffix = match args.last("suffix") {
        Some(suffix) => {
            if template.last() != Some(&b'X') {
                return Err(fail(&[
                    b"with --suffix, template ",
                    &quote(&template),
                    b" must end in X",
                ]));
            }
            suffix.to_vec()
        }
        None => {
            let end = template.iter().rposition(|b| *b == b'X').map_or(0, |at| at + 1);
            if end == 0 { Vec::new() } else { template.split_off(end) }
        }
    };
    if suffix.contains(&b'/') {
        return Err(fail(&[
            b"invalid suffix ",
            &quote(&suffix),
            b", contains directory separator",
        ]));
    }
    let count = template.iter().rev().take_while(|b| **b == b'X').count();
    if count < 3 {
        let shown = [&template[..], &suffix].concat();
        return Err(fail(&[b"too few X's in template ", &quote(shown)]));
    }
    let in_dir = dir_option || given.is_none() || args.has("t");
    if in_dir {
        let from_env = cx.var("TMPDIR").filter(|v| !v.is_empty()).map(<[u8]>::to_vec);
        if args.has("t") {
            if template.contains(&b'/') {
                return Err(fail(&[
                    b"invalid template, ",
                    &quote(&template),
                    b", contains directory separator",
                ]));
            }
            // With -t, the environment wins over -p.
            dir = from_env.or(dir);
        } else {
            if template.starts_with(b"/") {
                return Err(fail(&[
                    b"invalid template, ",
                    &quote(&template),
                    b"; with --tmpdir, it may not be absolute",
                ]));
            }
            dir = dir.or(from_env);
        }
        template = join(&dir.unwrap_or_else(|| b"/tmp".to_vec()), &template);
    }
    let stem = template.len() - count;
    let mut last = Errno::EEXIST;
    for _ in 0..1000 {
        cx.cancel.check()?;
        let mut name = template[..stem].to_vec();
        name.extend(random_letters(count));
        name.extend_from_slice(&suffix);
        let path = cx.path(&name)?;
        let made = if args.has("dry-run") {
            match cx.fs.lstat(&path) {
                Ok(_) => continue,
                Err(_) => Ok(()),
            }
        } else {
            make(cx, &path, args.has("directory"))
        };
        match made {
            Ok(()) => {
                name.push(b'\n');
                cx.stdout.buffer().extend_from_slice(&name);
                cx.stdout.spill()?;
                return Ok(ExitStatus::SUCCESS);
            }
            Err(e) if e.errno() == Errno::EEXIST => {}
            Err(e) => {
                last = e.errno();
                break;
            }
        }
    }
    if args.has("quiet") {
        return Ok(ExitStatus::FAILURE);
    }
    let what: &[u8] = if args.has("directory") { b"directory" } else { b"file" };
    let shown = [&template[..], &suffix].concat();
    Err(fail(&[
        b"failed to create ",
        what,
        b" via template ",
        &quoteaf(shown),
        b": ",
        last.strerror().as_bytes(),
    ]))
}

fn make(cx: &Context<'_>, path: &VPath, dir: bool) -> vfs::Result<()> {
    let attempt = || {
        if dir {
            return cx.fs.mkdir(path, Some(0o700));
        }
        let options = OpenOptions {
            write: true,
            create: true,
            exclusive: true,
            mode: Some(0o600),
            ..OpenOptions::default()
        };
        cx.fs.open(path, options)?.close()
    };
    match attempt() {
        // A workspace need not have a /tmp until somebody wants one.
        Err(e) if e.errno() == Errno::ENOENT && path.parent().is_some_and(|p| p.as_bytes() == b"/tmp") => {
            if let Some(parent) = path.parent() {
                cx.fs.mkdir_all(&parent, Some(0o1777))?;
            }
            attempt()
        }
        other => other,
    }
}

fn random_letters(count: usize) -> Vec<u8> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    (0..count)
        .map(|n| {
            let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
            hasher.write_usize(n);
            LETTERS[(hasher.finish() % 62) as usize]
        })
        .collect()
}
