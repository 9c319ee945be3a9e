//! `install`: copies files, sets their modes and owners, makes directories.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{SetAttr, VPath};

use super::backup::Backup;
use super::copy::{Copier, Existing, Follow, Goal, Options, goal};
use super::facts::Names;
use super::modes::ModeChange;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "install",
    "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...\n[OPTION]... -d DIRECTORY...",
    "This install program copies files (often just compiled) into destination\n\
     locations you choose.",
    &[
        optional(
            "",
            "backup",
            "CONTROL",
            "make a backup of each existing destination file",
        ),
        flag("b", "", "like --backup but does not accept an argument"),
        flag("c", "", "(ignored)"),
        flag(
            "C",
            "compare",
            "compare content of source and destination files, and\nif no change to content, ownership, and permissions,\ndo not modify the destination at all",
        ),
        flag(
            "d",
            "directory",
            "treat all arguments as directory names; create all\ncomponents of the specified directories",
        ),
        flag(
            "D",
            "",
            "create all leading components of DEST except the last,\nor all components of --target-directory,\nthen copy SOURCE to DEST",
        ),
        value(
            "g",
            "group",
            "GROUP",
            "set group ownership, instead of process' current group",
        ),
        value(
            "m",
            "mode",
            "MODE",
            "set permission mode (as in chmod), instead of rwxr-xr-x",
        ),
        value("o", "owner", "OWNER", "set ownership (super-user only)"),
        flag(
            "p",
            "preserve-timestamps",
            "apply access/modification times of SOURCE files\nto corresponding destination files",
        ),
        flag("s", "strip", "strip symbol tables"),
        value("", "strip-program", "PROGRAM", "program used to strip binaries"),
        value("S", "suffix", "SUFFIX", "override the usual backup suffix"),
        value(
            "t",
            "target-directory",
            "DIRECTORY",
            "copy all SOURCE arguments into DIRECTORY",
        ),
        flag("T", "no-target-directory", "treat DEST as a normal file"),
        flag("v", "verbose", "print the name of each created file or directory"),
        flag("", "preserve-context", "(accepted)"),
        flag("Z", "", "(accepted)"),
        optional("", "context", "CTX", "(accepted)"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

struct Job {
    mode: ModeChange,
    owner: Option<u32>,
    group: Option<u32>,
    verbose: bool,
    compare: bool,
    times: bool,
}

fn run(cx: &mut Context<'_>, mut args: Args) -> CommandResult {
    let names = Names::load(cx);
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|t| t.parse::<u32>().ok());
    let mode = args.last("mode").unwrap_or(b"0755");
    let mode =
        ModeChange::parse(mode).ok_or_else(|| CommandError::fail(1, [&b"invalid mode "[..], &quote(mode)].concat()))?;
    if args.has("strip") {
        return Err(CommandError::fail(1, "stripping is not supported (-s)"));
    }
    if args.has("directory") && args.last("target-directory").is_some() {
        return Err(CommandError::fail(
            1,
            "target directory not allowed when installing a directory",
        ));
    }
    let id = |key: &str, known: &dyn Fn(&[u8]) -> Option<u32>, what: &str| match args.last(key) {
        None => Ok(None),
        Some(text) => known(text)
            .or_else(|| number(text))
            .map(Some)
            .ok_or_else(|| CommandError::fail(1, [what.as_bytes(), &quote(text)].concat())),
    };
    let job = Job {
        mode,
        owner: id("owner", &|n| names.user_id(n), "invalid user ")?,
        group: id("group", &|n| names.group_id(n), "invalid group ")?,
        verbose: args.has("verbose"),
        compare: args.has("compare"),
        times: args.has("preserve-timestamps"),
    };
    let mut operands = std::mem::take(&mut args.operands);
    if args.has("directory") {
        if operands.is_empty() {
            return Err(SPEC.usage_error(cx, "missing file operand"));
        }
        let mut ok = true;
        for name in &operands {
            ok &= job.directory(cx, name, true)?;
        }
        return status(ok, 1);
    }
    if args.has("D") {
        match (args.last("target-directory").map(<[u8]>::to_vec), &operands[..]) {
            (Some(dir), _) => {
                job.directory(cx, &dir, false)?;
            }
            (None, [_, target]) if target.contains(&b'/') => {
                let end = crate::shellutils::basename::strip_slashes(target);
                if let Some(n) = end.iter().rposition(|b| *b == b'/').filter(|n| *n > 0) {
                    let parent = end[..n].to_vec();
                    job.directory(cx, &parent, false)?;
                }
            }
            _ => {}
        }
    }
    let target = goal(
        cx,
        &SPEC,
        &mut operands,
        args.last("target-directory"),
        args.has("no-target-directory"),
    )?;
    let backup = Backup::from_args(&SPEC, cx, &args)?;
    let mut copier = Copier::new(Options {
        recursive: false,
        follow: Follow::Always,
        existing: Existing::Replace,
        update: false,
        force: false,
        remove_first: true,
        keep_mode: false,
        keep_owner: false,
        keep_times: job.times,
        keep_links: false,
        hard_link: false,
        symlink: false,
        attributes_only: false,
        verbose: job.verbose,
        backup,
        moving: false,
    });
    for source in &operands {
        let to = match &target {
            Goal::Into(_) => target.of(source),
            Goal::Exactly(name) => name.clone(),
        };
        job.file(cx, &mut copier, source, &to)?;
    }
    status(copier.ok, 1)
}

impl Job {
    fn attributes(&self, old: u32, dir: bool) -> SetAttr {
        SetAttr {
            // The mask does not apply: the mode is what was asked for.
            mode: Some(self.mode.apply(old, dir, 0)),
            uid: self.owner,
            gid: self.group,
            ..SetAttr::default()
        }
    }

    fn file(&self, cx: &mut Context<'_>, copier: &mut Copier, from: &[u8], to: &[u8]) -> Result<(), CommandError> {
        let source = cx.path(from).and_then(|p| Ok((cx.fs.stat(&p)?, p)));
        if let Ok((stat, _)) = &source
            && stat.is_dir()
        {
            return copier.refuse(cx, &[b"omitting directory ", &quoteaf(from)]);
        }
        let target = cx.path(to)?;
        if self.compare
            && let Ok((_, source)) = &source
            && self.same(cx, source, &target)
        {
            return Ok(());
        }
        if !copier.operand(cx, from, to)? {
            return Ok(());
        }
        if let Err(e) = cx.fs.set_attr(&target, self.attributes(0, false), true) {
            return copier.fail(cx, &[b"cannot change permissions of ", &quoteaf(to)], &e);
        }
        Ok(())
    }

    /// Whether the target has the content, the mode and the owners already.
    fn same(&self, cx: &Context<'_>, source: &VPath, target: &VPath) -> bool {
        let (Ok(a), Ok(b)) = (cx.fs.stat(source), cx.fs.lstat(target)) else {
            return false;
        };
        let want = self.attributes(0, false);
        let fits = |asked: Option<u32>, is: Option<u32>| asked.is_none_or(|n| is.unwrap_or(0) == n);
        if !b.is_file() || a.size != b.size || b.mode != want.mode || !fits(want.uid, b.uid) || !fits(want.gid, b.gid) {
            return false;
        }
        match (cx.fs.read_all(source), cx.fs.read_all(target)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
    }

    /// Makes a directory and those above it; the mode is for the last one only, and only if it was asked for (`-d`).
    fn directory(&self, cx: &mut Context<'_>, name: &[u8], asked: bool) -> Result<bool, CommandError> {
        let ends = (1..=name.len()).filter(|n| *n == name.len() || (name[*n] == b'/' && name[*n - 1] != b'/'));
        for end in ends {
            let part = &name[..end];
            let path = cx.path(part)?;
            match cx.fs.stat(&path) {
                Ok(s) if s.is_dir() => continue,
                Ok(_) if end < name.len() => {
                    let text = [&b"cannot create directory "[..], &quoteaf(part), b": Not a directory"].concat();
                    cx.warn(text);
                    return Ok(false);
                }
                _ => {}
            }
            if let Err(e) = cx.fs.mkdir(&path, Some(0o755)) {
                cx.warn(
                    [
                        &b"cannot create directory "[..],
                        &quoteaf(part),
                        b": ",
                        e.gnu_text().as_bytes(),
                    ]
                    .concat(),
                );
                return Ok(false);
            }
            if self.verbose {
                let line = [&cx.name[..], b": creating directory ", &quoteaf(part), b"\n"].concat();
                cx.stdout.buffer().extend_from_slice(&line);
                cx.stdout.spill()?;
            }
        }
        if asked {
            let path = cx.path(name)?;
            if let Err(e) = cx.fs.set_attr(&path, self.attributes(0, true), true)
                && e.errno() != vfs::Errno::ENOTSUP
            {
                cx.warn(
                    [
                        &b"cannot change permissions of "[..],
                        &quoteaf(name),
                        b": ",
                        e.gnu_text().as_bytes(),
                    ]
                    .concat(),
                );
                return Ok(false);
            }
        }
        Ok(true)
    }
}
