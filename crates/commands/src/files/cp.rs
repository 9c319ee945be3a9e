//! `cp`: copies files and trees.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, SetAttr};

use super::backup::Backup;
use super::copy::{Copier, Existing, Follow, Goal, Options, goal};
use super::rm::join;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::shellutils::basename::strip_slashes;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "cp",
    "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...",
    "Copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY.",
    &[
        flag("a", "archive", "same as -dR --preserve=all"),
        flag("", "attributes-only", "don't copy the file data, just the attributes"),
        optional(
            "",
            "backup",
            "CONTROL",
            "make a backup of each existing destination file",
        ),
        flag("b", "", "like --backup but does not accept an argument"),
        flag("", "copy-contents", "(accepted)"),
        flag("d", "", "same as --no-dereference --preserve=links"),
        flag(
            "f",
            "force",
            "if an existing destination file cannot be\n  opened, remove it and try again",
        ),
        flag("i", "interactive", "prompt before overwrite"),
        flag("H", "", "follow command-line symbolic links in SOURCE"),
        flag("l", "link", "hard link files instead of copying"),
        flag("L", "dereference", "always follow symbolic links in SOURCE"),
        flag("n", "no-clobber", "do not overwrite an existing file"),
        flag("P", "no-dereference", "never follow symbolic links in SOURCE"),
        flag("p", "", "same as --preserve=mode,ownership,timestamps"),
        optional("", "preserve", "ATTR_LIST", "preserve the specified attributes"),
        value(
            "",
            "no-preserve",
            "ATTR_LIST",
            "don't preserve the specified attributes",
        ),
        flag("", "parents", "use full source file name under DIRECTORY"),
        flag("Rr", "recursive", "copy directories recursively"),
        optional(
            "",
            "reflink",
            "WHEN",
            "(accepted; contents are shared where the backend can)",
        ),
        flag(
            "",
            "remove-destination",
            "remove each existing destination file before\nattempting to open it",
        ),
        value("", "sparse", "WHEN", "(accepted)"),
        flag(
            "",
            "strip-trailing-slashes",
            "remove any trailing slashes from each SOURCE\nargument",
        ),
        flag("s", "symbolic-link", "make symbolic links instead of copying"),
        value("S", "suffix", "SUFFIX", "override the usual backup suffix"),
        value(
            "t",
            "target-directory",
            "DIRECTORY",
            "copy all SOURCE arguments into DIRECTORY",
        ),
        flag("T", "no-target-directory", "treat DEST as a normal file"),
        flag(
            "u",
            "update",
            "copy only when the SOURCE file is newer\n  than the destination file or when the\n  destination file is missing",
        ),
        flag("v", "verbose", "explain what is being done"),
        flag("x", "one-file-system", "(accepted)"),
        flag("Z", "", ""),
        optional("", "context", "CTX", ""),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, mut args: Args) -> CommandResult {
    let mut o = Options {
        recursive: false,
        follow: Follow::Always,
        existing: Existing::Replace,
        update: false,
        force: false,
        remove_first: false,
        keep_mode: false,
        keep_owner: false,
        keep_times: false,
        keep_links: false,
        hard_link: false,
        symlink: false,
        attributes_only: false,
        verbose: false,
        backup: Backup::from_args(&SPEC, cx, &args)?,
        moving: false,
    };
    let mut follow = None;
    for item in &args.options {
        match item.key {
            "archive" => {
                o.recursive = true;
                follow = Some(Follow::Never);
                keep(&mut o, b"all", true);
            }
            "attributes-only" => o.attributes_only = true,
            "d" => {
                follow = Some(Follow::Never);
                o.keep_links = true;
            }
            "force" => o.force = true,
            "interactive" => o.existing = Existing::Ask,
            "H" => follow = Some(Follow::Named),
            "link" => o.hard_link = true,
            "dereference" => follow = Some(Follow::Always),
            "no-clobber" => o.existing = Existing::Keep,
            "no-dereference" => follow = Some(Follow::Never),
            "p" => keep(&mut o, b"mode,ownership,timestamps", true),
            "preserve" | "no-preserve" => {
                let list = item.value.as_deref().unwrap_or(b"mode,ownership,timestamps").to_vec();
                let option = format!("--{}", item.key);
                check_list(cx, &option, &list)?;
                keep(&mut o, &list, item.key == "preserve");
            }
            "recursive" => o.recursive = true,
            "remove-destination" => o.remove_first = true,
            "symbolic-link" => o.symlink = true,
            "update" => o.update = true,
            "verbose" => o.verbose = true,
            _ => {}
        }
    }
    o.follow = follow.unwrap_or(if o.recursive { Follow::Never } else { Follow::Always });
    if o.hard_link && o.symlink {
        return Err(SPEC.usage_error(cx, "cannot make both hard and symbolic links"));
    }
    if o.existing == Existing::Keep && o.backup.wanted() {
        return Err(SPEC.usage_error(cx, "options --backup and --no-clobber are mutually exclusive"));
    }
    let mut operands = std::mem::take(&mut args.operands);
    let goal = goal(
        cx,
        &SPEC,
        &mut operands,
        args.last("target-directory"),
        args.has("no-target-directory"),
    )?;
    let parents = args.has("parents");
    if parents && matches!(goal, Goal::Exactly(_)) {
        return Err(SPEC.usage_error(cx, "with --parents, the destination must be a directory"));
    }
    let mut copier = Copier::new(o);
    for operand in &operands {
        let source = if args.has("strip-trailing-slashes") {
            strip_slashes(operand)
        } else {
            operand
        };
        let target = match &goal {
            Goal::Into(dir) if parents => match with_parents(cx, &mut copier, source, dir)? {
                Some(target) => target,
                None => continue,
            },
            _ => goal.of(source),
        };
        copier.operand(cx, source, &target)?;
    }
    status(copier.ok, 1)
}

fn keep(o: &mut Options, list: &[u8], on: bool) {
    for word in list.split(|b| *b == b',') {
        match word {
            b"mode" => o.keep_mode = on,
            b"ownership" => o.keep_owner = on,
            b"timestamps" => o.keep_times = on,
            b"links" => o.keep_links = on,
            b"all" => (o.keep_mode, o.keep_owner, o.keep_times, o.keep_links) = (on, on, on, on),
            // There are no extended attributes and no contexts to keep.
            _ => {}
        }
    }
}

fn check_list(cx: &Context<'_>, option: &str, list: &[u8]) -> Result<(), CommandError> {
    let table = ["mode", "timestamps", "ownership", "links", "context", "xattr", "all"].map(|w| (w, w));
    for word in list.split(|b| *b == b',') {
        SPEC.choose(cx, option, word, &table)?;
    }
    Ok(())
}

/// Makes the directories above `source` below `dir`; the target, or `None` after a failure.
fn with_parents(
    cx: &mut Context<'_>,
    copier: &mut Copier,
    source: &[u8],
    dir: &[u8],
) -> Result<Option<Vec<u8>>, CommandError> {
    let clean = strip_slashes(source);
    let relative = &clean[clean.iter().take_while(|b| **b == b'/').count()..];
    let lead = clean.len() - relative.len();
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'/', &relative[at..]) {
        at += n;
        let part = &relative[..at];
        at += 1;
        let original = &clean[..lead + part.len()];
        let made = join(dir, part);
        let path = cx.path(&made)?;
        match cx.fs.stat(&path) {
            Ok(s) if s.is_dir() => continue,
            Ok(_) => {
                copier.refuse(cx, &[&quote(&made), b" exists but is not a directory"])?;
                return Ok(None);
            }
            Err(_) => {}
        }
        let stat = match cx.path(original).and_then(|p| cx.fs.stat(&p)) {
            Ok(stat) => stat,
            Err(e) => {
                copier.fail(cx, &[b"failed to get attributes of ", &quoteaf(original)], &e)?;
                return Ok(None);
            }
        };
        let mode = stat.mode.unwrap_or(0o755) & 0o777 & !cx.umask;
        if let Err(e) = cx.fs.mkdir(&path, Some(mode)) {
            copier.fail(cx, &[b"cannot make directory ", &quoteaf(&made)], &e)?;
            return Ok(None);
        }
        if copier.options.verbose {
            let line = [original, b" -> ", &made, b"\n"].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        let attr = SetAttr {
            mtime: stat.mtime.filter(|_| copier.options.keep_times),
            atime: stat.atime.filter(|_| copier.options.keep_times),
            ..SetAttr::default()
        };
        if attr != SetAttr::default()
            && let Err(e) = cx.fs.set_attr(&path, attr, true)
            && e.errno() != Errno::ENOTSUP
        {
            copier.fail(cx, &[b"preserving times for ", &quoteaf(&made)], &e)?;
        }
    }
    Ok(Some(join(dir, relative)))
}
