//! `mv`: moves and renames.

use shell::command::{CommandError, CommandResult, Context};
use vfs::resource::RenameMode;
use vfs::{Errno, Stat, VPath};

use super::backup::Backup;
use super::copy::{Copier, Existing, Follow, Options, goal, identity};
use super::prompt::confirm;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::quoteaf;
use crate::shellutils::basename::strip_slashes;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "mv",
    "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...",
    "Rename SOURCE to DEST, or move SOURCE(s) to DIRECTORY.",
    &[
        optional(
            "",
            "backup",
            "CONTROL",
            "make a backup of each existing destination file",
        ),
        flag("b", "", "like --backup but does not accept an argument"),
        flag("f", "force", "do not prompt before overwriting"),
        flag("i", "interactive", "prompt before overwrite"),
        flag("n", "no-clobber", "do not overwrite an existing file"),
        flag(
            "",
            "strip-trailing-slashes",
            "remove any trailing slashes from each SOURCE\nargument",
        ),
        value("S", "suffix", "SUFFIX", "override the usual backup suffix"),
        value(
            "t",
            "target-directory",
            "DIRECTORY",
            "move all SOURCE arguments into DIRECTORY",
        ),
        flag("T", "no-target-directory", "treat DEST as a normal file"),
        flag(
            "u",
            "update",
            "move only when the SOURCE file is newer\n  than the destination file or when the\n  destination file is missing",
        ),
        flag("v", "verbose", "explain what is being done"),
        flag("Z", "context", ""),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, mut args: Args) -> CommandResult {
    let mut existing = Existing::Replace;
    for o in &args.options {
        match o.key {
            "force" => existing = Existing::Replace,
            "interactive" => existing = Existing::Ask,
            "no-clobber" => existing = Existing::Keep,
            _ => {}
        }
    }
    let backup = Backup::from_args(&SPEC, cx, &args)?;
    if existing == Existing::Keep && backup.wanted() {
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
    let mut mover = Mover {
        existing,
        update: args.has("update"),
        verbose: args.has("verbose"),
        made: Vec::new(),
        copier: Copier::new(Options {
            recursive: true,
            follow: Follow::Never,
            existing: Existing::Replace,
            update: false,
            force: true,
            remove_first: false,
            keep_mode: true,
            keep_owner: true,
            keep_times: true,
            keep_links: true,
            hard_link: false,
            symlink: false,
            attributes_only: false,
            verbose: args.has("verbose"),
            backup: backup.clone(),
            moving: true,
        }),
        backup,
    };
    for operand in &operands {
        let source = if args.has("strip-trailing-slashes") {
            strip_slashes(operand)
        } else {
            operand
        };
        let target = goal.of(source);
        mover.operand(cx, source, &target)?;
    }
    status(mover.copier.ok, 1)
}

struct Mover {
    existing: Existing,
    update: bool,
    verbose: bool,
    made: Vec<VPath>,
    copier: Copier,
    backup: Backup,
}

impl Mover {
    fn operand(&mut self, cx: &mut Context<'_>, from: &[u8], to: &[u8]) -> Result<(), CommandError> {
        cx.cancel.check()?;
        let looked = cx.path(from).and_then(|p| {
            let s = cx.fs.lstat(&p)?;
            if from.ends_with(b"/") && !cx.fs.stat(&p)?.is_dir() {
                return Err(Errno::ENOTDIR.into());
            }
            Ok((p, s))
        });
        let (source, stat) = match looked {
            Ok(found) => found,
            Err(e) => return self.copier.fail(cx, &[b"cannot stat ", &quoteaf(from)], &e),
        };
        let target = match cx.path(to) {
            Ok(path) => path,
            Err(e) => {
                return self
                    .copier
                    .fail(cx, &[b"cannot move ", &quoteaf(from), b" to ", &quoteaf(to)], &e);
            }
        };
        if from.ends_with(b"/") && stat.is_symlink() {
            let what = [&b"cannot move "[..], &quoteaf(from), b" to ", &quoteaf(to)].concat();
            return self.copier.fail(cx, &[&what], &Errno::ENOTDIR.into());
        }
        let mut backed_up = None;
        let present = cx.fs.lstat(&target);
        if let Err(e) = &present
            && e.errno() == Errno::ENOTDIR
        {
            return self.copier.fail(cx, &[b"cannot stat ", &quoteaf(to)], e);
        }
        if let Ok(present) = present {
            if !self.may_replace(cx, (from, &source, &stat), (to, &target, &present))? {
                return Ok(());
            }
            if self.backup.wanted() && !(stat.is_dir() && present.is_dir()) {
                let name = self.backup.name(cx, to);
                let kept = cx.path(&name)?;
                if let Err(e) = cx.fs.rename(&target, &kept, RenameMode::Replace) {
                    return self.copier.fail(cx, &[b"cannot backup ", &quoteaf(to)], &e);
                }
                backed_up = Some(name);
            }
        }
        if stat.is_dir() && target.starts_with(&source) {
            return self.copier.refuse(
                cx,
                &[
                    b"cannot move ",
                    &quoteaf(from),
                    b" to a subdirectory of itself, ",
                    &quoteaf(to),
                ],
            );
        }
        self.made.push(target.clone());
        match cx.fs.rename(&source, &target, RenameMode::Replace) {
            Ok(()) => {
                if self.verbose {
                    let mut line = [&b"renamed "[..], &quoteaf(from), b" -> ", &quoteaf(to)].concat();
                    if let Some(name) = backed_up {
                        line.extend_from_slice(&[&b" (backup: "[..], &quoteaf(&name), b")"].concat());
                    }
                    line.push(b'\n');
                    cx.stdout.buffer().extend_from_slice(&line);
                    cx.stdout.spill()?;
                }
                Ok(())
            }
            Err(e) if e.errno() == Errno::EXDEV => self.across(cx, (from, &source), to),
            Err(e) if e.errno() == Errno::EROFS => {
                let target_refused = cx.fs.check(vfs::Op::Write, &target).is_err();
                if target_refused {
                    return self
                        .copier
                        .fail(cx, &[b"cannot create regular file ", &quoteaf(to)], &e);
                }
                let message = crate::output::complaint(cx, from, &e);
                self.copier.refuse(cx, &[&message])
            }
            Err(e) => self
                .copier
                .fail(cx, &[b"cannot move ", &quoteaf(from), b" to ", &quoteaf(to)], &e),
        }
    }

    fn may_replace(
        &mut self,
        cx: &mut Context<'_>,
        (from, source, stat): (&[u8], &VPath, &Stat),
        (to, target, present): (&[u8], &VPath, &Stat),
    ) -> Result<bool, CommandError> {
        let same = source == target
            || (!stat.is_symlink()
                && !present.is_symlink()
                && identity(cx, source, stat) == identity(cx, target, present));
        if same && !(self.backup.wanted() && source != target) {
            if self.existing == Existing::Keep {
                return Ok(false);
            }
            self.copier
                .refuse(cx, &[&quoteaf(from), b" and ", &quoteaf(to), b" are the same file"])?;
            return Ok(false);
        }
        if self.existing == Existing::Keep {
            return Ok(false);
        }
        if self.update && !stat.is_dir() && present.mtime >= stat.mtime {
            return Ok(false);
        }
        if self.existing == Existing::Ask && !confirm(cx, [&b"overwrite "[..], &quoteaf(to), b"? "].concat())? {
            return Ok(false);
        }
        if self.made.contains(target) && !self.backup.wanted() {
            self.copier.refuse(
                cx,
                &[
                    b"will not overwrite just-created ",
                    &quoteaf(to),
                    b" with ",
                    &quoteaf(from),
                ],
            )?;
            return Ok(false);
        }
        if present.is_dir() && !stat.is_dir() {
            self.copier.refuse(
                cx,
                &[b"cannot overwrite directory ", &quoteaf(to), b" with non-directory"],
            )?;
            return Ok(false);
        }
        if !present.is_dir() && stat.is_dir() && !self.backup.wanted() {
            self.copier.refuse(
                cx,
                &[
                    b"cannot overwrite non-directory ",
                    &quoteaf(to),
                    b" with directory ",
                    &quoteaf(from),
                ],
            )?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Between file systems: a copy, then the source goes if the copy is complete.
    fn across(&mut self, cx: &mut Context<'_>, (from, source): (&[u8], &VPath), to: &[u8]) -> Result<(), CommandError> {
        let before = self.copier.ok;
        self.copier.ok = true;
        let copied = self.copier.operand(cx, from, to)? && self.copier.ok;
        self.copier.ok &= before;
        if copied {
            self.remove(cx, from, source)?;
        }
        Ok(())
    }

    fn remove(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath) -> Result<(), CommandError> {
        let stat = match cx.fs.lstat(path) {
            Ok(stat) => stat,
            Err(e) => return self.copier.fail(cx, &[b"cannot remove ", &quoteaf(name)], &e),
        };
        let result = if stat.is_dir() {
            for entry in cx.fs.read_dir(path)? {
                let child = path.child(&entry.name)?;
                let shown = super::rm::join(name, &entry.name);
                crate::deep::deep(|| self.remove(cx, &shown, &child))?;
            }
            cx.fs.rmdir(path)
        } else {
            cx.fs.remove(path)
        };
        if let Err(e) = result {
            return self.copier.fail(cx, &[b"cannot remove ", &quoteaf(name)], &e);
        }
        if self.verbose {
            let what: &[u8] = if stat.is_dir() {
                b"removed directory "
            } else {
                b"removed "
            };
            let line = [what, &quoteaf(name), b"\n"].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        Ok(())
    }
}
