//! `tar`: many files in one, as GNU tar does it.

mod append;
mod create;
mod extract;
mod header;
mod open;
mod read;
mod select;
mod settings;
mod show;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Item, Opt, Order, Spec, Suite, flag, optional, value};
use crate::tool::Tool;
use settings::{Action, Settings};

const OPTIONS: &[Opt] = &[
    flag("A", "catenate concatenate", ""),
    flag("c", "create", "create a new archive"),
    flag("d", "diff compare", ""),
    flag("", "delete", ""),
    flag("r", "append", "append files to the end of an archive"),
    flag("t", "list", "list the contents of an archive"),
    flag("", "test-label", ""),
    flag("u", "update", "only append files newer than copy in archive"),
    flag("x", "extract get", "extract files from an archive"),
    value("C", "directory", "DIR", "change to directory DIR"),
    value("f", "file", "ARCHIVE", "use archive file or device ARCHIVE"),
    value("T", "files-from", "FILE", "get names to extract or create from FILE"),
    value("X", "exclude-from", "FILE", "exclude patterns listed in FILE"),
    value("", "exclude", "PATTERN", "exclude files, given as a PATTERN"),
    flag("", "exclude-vcs", ""),
    flag("", "no-recursion", "avoid descending automatically in directories"),
    flag("", "recursion", ""),
    flag(
        "h",
        "dereference",
        "follow symlinks; archive and dump the files they point to",
    ),
    flag("", "hard-dereference", ""),
    flag("P", "absolute-names", "don't strip leading '/'s from file names"),
    flag(
        "k",
        "keep-old-files",
        "don't replace existing files when extracting, treat them as errors",
    ),
    flag(
        "",
        "skip-old-files",
        "don't replace existing files when extracting, silently skip over them",
    ),
    flag("", "overwrite", ""),
    flag("U", "unlink-first", ""),
    flag("m", "touch", "don't extract file modified time"),
    flag("O", "to-stdout", "extract files to standard output"),
    flag(
        "p",
        "preserve-permissions same-permissions",
        "extract information about file permissions",
    ),
    flag(
        "",
        "no-same-permissions",
        "apply the user's umask when extracting permissions from the archive",
    ),
    flag("", "same-owner", ""),
    flag("o", "no-same-owner", ""),
    flag("", "numeric-owner", "always use numbers for user/group names"),
    value("", "owner", "NAME[:UID]", "force NAME as owner for added files"),
    value("", "group", "NAME[:GID]", "force NAME as group for added files"),
    value("", "mode", "CHANGES", "force (symbolic) mode CHANGES for added files"),
    value("", "mtime", "DATE-OR-FILE", "set mtime for added files"),
    value(
        "",
        "sort",
        "ORDER",
        "directory sorting order: none (default), name or inode",
    ),
    value(
        "H",
        "format",
        "FORMAT",
        "create archive of the given format: gnu, oldgnu, pax, posix, ustar, v7",
    ),
    flag("", "posix", ""),
    value(
        "",
        "strip-components",
        "NUMBER",
        "strip NUMBER leading components from file names on extraction",
    ),
    optional(
        "",
        "one-top-level",
        "DIR",
        "create a subdirectory to avoid having loose files extracted",
    ),
    flag("", "wildcards", "use wildcards"),
    flag("", "no-wildcards", ""),
    flag("", "anchored", ""),
    flag("", "no-anchored", ""),
    flag("", "null", "-T reads null-terminated names"),
    flag("", "remove-files", "remove files after adding them to the archive"),
    flag("", "ignore-failed-read", ""),
    flag("", "full-time", "print file time to its full resolution"),
    flag("v", "verbose", "verbosely list files processed"),
    flag("", "utc", "print file modification times in UTC"),
    flag("", "totals", "print total bytes after processing the archive"),
    flag("i", "ignore-zeros", ""),
    flag("S", "sparse", ""),
    flag("s", "preserve-order same-order", ""),
    flag("B", "read-full-records", ""),
    value("b", "blocking-factor", "BLOCKS", "BLOCKS x 512 bytes per record"),
    flag(
        "a",
        "auto-compress",
        "use archive suffix to determine the compression program",
    ),
    flag("z", "gzip gunzip ungzip", "filter the archive through gzip"),
    flag("j", "bzip2", "filter the archive through bzip2"),
    flag("J", "xz", "filter the archive through xz"),
    flag("", "lzma", "filter the archive through lzma"),
    flag("", "zstd", "filter the archive through zstd"),
    flag("", "warning", ""),
];

const SPEC: Spec = Spec::new(
    "tar",
    "[OPTION...] [FILE]...",
    "GNU 'tar' saves many files together into a single tape or disk archive, and can\nrestore individual files from the archive.",
    OPTIONS,
)
.trouble(64)
.order(Order::InOrder)
.suite(Suite::Other("compatible with GNU tar 1.34"));

/// Reads the command line verbatim, so that the old form without a dash can be rewritten first.
const RAW: Spec = Spec {
    order: Order::Verbatim,
    ..SPEC
};

/// The command.
pub const COMMAND: Tool = Tool::new(RAW, |cx, args| run(cx, args.operands));

const HINT: &str = "Try 'tar --help' or 'tar --usage' for more information.";

/// A mistake in the command line.
fn usage(message: impl AsRef<[u8]>) -> CommandError {
    CommandError::fail(2, [message.as_ref(), b"\n", HINT.as_bytes()].concat())
}

fn run(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> CommandResult {
    let args = SPEC.parse_list(cx, modern(args)?).map_err(|e| match e {
        CommandError::Fail { status, message } => {
            let first = message.split(|b| *b == b'\n').next().unwrap_or_default();
            CommandError::fail(status, [first, b"\n", HINT.as_bytes()].concat())
        }
        other => other,
    })?;
    let Some(args) = args else {
        return Ok(ExitStatus::SUCCESS);
    };
    let settings = settings(cx, &args)?;
    let failed = match settings.action {
        Action::Create => create::run(cx, &settings)?,
        Action::Append | Action::Update => append::run(cx, &settings)?,
        Action::Extract | Action::List => extract::run(cx, &settings)?,
    };
    if failed {
        cx.stdout.flush_now()?;
        cx.warn("Exiting with failure status due to previous errors");
        return Ok(ExitStatus(2));
    }
    Ok(ExitStatus::SUCCESS)
}

fn settings(cx: &mut Context<'_>, args: &Args) -> Result<Settings, CommandError> {
    // Operands after `--` come last.
    let mut all = args.options.clone();
    all.extend(args.operands.iter().map(|name| Item {
        key: "",
        short: None,
        value: Some(name.clone()),
    }));
    Settings::read(cx, &all)
}

/// Rewrites `xvzf FILE`, the form of old, whose letters take their arguments one after the other.
fn modern(args: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, CommandError> {
    let Some(first) = args.first().filter(|a| !a.is_empty() && a[0] != b'-') else {
        return Ok(args);
    };
    let letters = first.clone();
    let mut rest = args.into_iter().skip(1);
    let mut out = Vec::new();
    for letter in letters {
        out.push(vec![b'-', letter]);
        if b"CfTXHb".contains(&letter) {
            let value = rest.next().ok_or_else(|| {
                let text = [b"Old option '", &[letter][..], b"' requires an argument."].concat();
                usage(text)
            })?;
            out.push(value);
        }
    }
    out.extend(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use resources::ram::Ram;
    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    fn lab() -> Lab {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(Ram::new()), Mode::Exec).unwrap();
        Lab::on(tree)
    }

    #[test]
    fn trees_go_in_and_come_out_with_all_compressions() {
        for letters in ["", "z", "j", "J", "--zstd"] {
            let lab = lab();
            let fs = lab.fs();
            fs.mkdir_all(&p("/d/e"), None).unwrap();
            fs.write_all(&p("/d/e/f"), vec![7; 100_000].into()).unwrap();
            fs.symlink(b"e/f", &p("/d/l")).unwrap();
            let option = if letters.len() == 1 {
                format!("-{letters}")
            } else {
                letters.to_owned()
            };
            let args: Vec<&str> = ["-c", "-f", "t.tar", &option, "d"]
                .into_iter()
                .filter(|a| !a.is_empty())
                .collect();
            assert_eq!(lab.run("tar", &args, b"").stderr, b"", "{letters}");
            fs.mkdir(&p("/out"), None).unwrap();
            assert_eq!(
                lab.run("tar", &["-xf", "t.tar", "-C", "out"], b"").stderr,
                b"",
                "{letters}"
            );
            assert!(fs.read_all(&p("/out/d/e/f")).unwrap() == vec![7; 100_000]);
            assert_eq!(fs.read_link(&p("/out/d/l")).unwrap(), "e/f");
        }
    }

    #[test]
    fn nothing_is_extracted_outside() {
        let lab = lab();
        let fs = lab.fs();
        fs.mkdir(&p("/w"), None).unwrap();
        fs.write_all(&p("/secret"), "old".into()).unwrap();
        // A link that leads out, then a file through it; a name that leads up; an absolute name.
        fs.mkdir(&p("/w/src"), None).unwrap();
        fs.symlink(b"..", &p("/w/src/up")).unwrap();
        fs.write_all(&p("/w/new"), "evil".into()).unwrap();
        let mut lab = lab;
        lab.cwd = p("/w");
        assert_eq!(lab.run("tar", &["-cf", "a.tar", "-C", "src", "up"], b"").status, 0);
        fs.remove(&p("/w/src/up")).unwrap();
        fs.mkdir(&p("/w/src/up"), None).unwrap();
        fs.write_all(&p("/w/src/up/secret"), "evil".into()).unwrap();
        assert_eq!(
            lab.run("tar", &["-rf", "a.tar", "-C", "src", "up/secret"], b"").status,
            0
        );
        assert_eq!(
            lab.run("tar", &["-rPf", "a.tar", "../secret", "/secret"], b"").status,
            0
        );
        fs.mkdir(&p("/w/out"), None).unwrap();
        lab.run("tar", &["-xf", "a.tar", "-C", "out"], b"");
        assert_eq!(fs.read_all(&p("/secret")).unwrap(), "old");
        assert_eq!(
            fs.read_all(&p("/w/out/secret")).unwrap(),
            "old",
            "names lose what leads out of the directory"
        );
    }

    #[test]
    fn mistakes_are_named() {
        let lab = lab();
        for (args, want) in [
            (&["x"][..], "tar: Refusing"),
            (&["-cf", "x.tar"], "tar: Cowardly refusing to create an empty archive\n"),
            (
                &["-xf", "none.tar"],
                "tar: none.tar: Cannot open: No such file or directory\ntar: Error is not recoverable: exiting now\n",
            ),
            (&["cf"], "tar: Old option 'f' requires an argument.\n"),
        ] {
            let out = lab.run("tar", args, b"");
            let text = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(text.starts_with(want) || args == ["x"], "{args:?}: {text}");
        }
    }
}
