//! `rm`: removes files and trees.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, FileKind, Stat, VPath, VfsError};

use super::prompt::confirm;
use crate::deep::deep;
use crate::options::{Args, Spec, flag, optional};
use crate::output;
use crate::quote::quoteaf;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "rm",
    "[OPTION]... [FILE]...",
    "Remove (unlink) the FILE(s).",
    &[
        flag("f", "force", "ignore nonexistent files and arguments, never prompt"),
        flag("i", "", "prompt before every removal"),
        flag(
            "I",
            "",
            "prompt once before removing more than three files, or\n  when removing recursively",
        ),
        optional(
            "",
            "interactive",
            "WHEN",
            "prompt according to WHEN: never, once (-I), or\n  always (-i)",
        ),
        flag("", "one-file-system", "(accepted)"),
        flag("", "no-preserve-root", "do not treat '/' specially"),
        optional("", "preserve-root", "all", "do not remove '/' (default)"),
        flag("rR", "recursive", "remove directories and their contents recursively"),
        flag("d", "dir", "remove empty directories"),
        flag("v", "verbose", "explain what is being done"),
    ],
)
.notes(
    "By default, rm does not remove directories.  Use the --recursive (-r or -R)\n\
     option to remove each listed directory, too, along with all of its contents.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    Never,
    Once,
    Always,
}

struct Rm {
    force: bool,
    ask: Ask,
    recursive: bool,
    dirs: bool,
    verbose: bool,
    ok: bool,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut rm = Rm {
        force: false,
        ask: Ask::Never,
        recursive: false,
        dirs: false,
        verbose: false,
        ok: true,
    };
    let mut preserve_root = true;
    for o in &args.options {
        match o.key {
            "force" => (rm.force, rm.ask) = (true, Ask::Never),
            "i" => (rm.force, rm.ask) = (false, Ask::Always),
            "I" => (rm.force, rm.ask) = (false, Ask::Once),
            "interactive" => {
                rm.ask = match &o.value {
                    None => Ask::Always,
                    Some(v) => SPEC.choose(
                        cx,
                        "--interactive",
                        v,
                        &[
                            ("never", Ask::Never),
                            ("no", Ask::Never),
                            ("none", Ask::Never),
                            ("once", Ask::Once),
                            ("always", Ask::Always),
                            ("yes", Ask::Always),
                        ],
                    )?,
                };
                rm.force &= rm.ask == Ask::Never;
            }
            "recursive" => rm.recursive = true,
            "dir" => rm.dirs = true,
            "verbose" => rm.verbose = true,
            "no-preserve-root" => preserve_root = false,
            _ => {}
        }
    }
    if args.operands.is_empty() {
        return if rm.force {
            status(true, 1)
        } else {
            Err(SPEC.usage_error(cx, "missing operand"))
        };
    }
    if rm.ask == Ask::Once && (rm.recursive || args.operands.len() > 3) {
        let n = args.operands.len();
        let (s, how) = (
            if n == 1 { "" } else { "s" },
            if rm.recursive { " recursively" } else { "" },
        );
        if !confirm(cx, format!("remove {n} argument{s}{how}? "))? {
            return status(true, 1);
        }
    }
    for name in &args.operands {
        rm.operand(cx, name, preserve_root)?;
    }
    status(rm.ok, 1)
}

impl Rm {
    fn operand(&mut self, cx: &mut Context<'_>, name: &[u8], preserve_root: bool) -> Result<(), CommandError> {
        let path = match cx.path(name) {
            Ok(path) => path,
            Err(e) if self.force && e.errno() == Errno::ENOENT => return Ok(()),
            Err(e) => return self.complain(cx, name, &e),
        };
        let stat = match cx.fs.lstat(&path) {
            Ok(stat) => stat,
            Err(e) if self.force && matches!(e.errno(), Errno::ENOENT | Errno::ENOTDIR) => return Ok(()),
            Err(e) => return self.complain(cx, name, &e),
        };
        if name.ends_with(b"/") && !stat.is_dir() {
            let to_dir = cx.fs.stat(&path).is_ok_and(|s| s.is_dir());
            let errno = if to_dir && !self.recursive {
                Errno::EISDIR
            } else {
                Errno::ENOTDIR
            };
            return self.complain(cx, name, &errno.into());
        }
        if !stat.is_dir() {
            return self.file(cx, name, &path, &stat).map(drop);
        }
        if !self.recursive && !self.dirs {
            return self.complain(cx, name, &Errno::EISDIR.into());
        }
        let last = crate::shellutils::basename::base_name(name);
        if matches!(last, b"." | b"..") {
            self.ok = false;
            let m = [
                &b"refusing to remove '.' or '..' directory: skipping "[..],
                &quoteaf(crate::shellutils::basename::strip_slashes(name)),
            ]
            .concat();
            cx.warn(m);
            return Ok(());
        }
        if self.recursive && preserve_root && path.is_root() {
            self.ok = false;
            let same = if name == b"/" {
                b"'/'".to_vec()
            } else {
                [&quoteaf(name)[..], b" (same as '/')"].concat()
            };
            cx.warn([&b"it is dangerous to operate recursively on "[..], &same].concat());
            cx.warn("use --no-preserve-root to override this failsafe");
            return Ok(());
        }
        self.dir(cx, name, &path).map(drop)
    }

    fn complain(&mut self, cx: &mut Context<'_>, name: &[u8], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        self.ok = false;
        let message = output::refusal(cx, name, e)
            .unwrap_or_else(|| [&b"cannot remove "[..], &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
        cx.warn(message);
        Ok(())
    }

    /// Removes what is no directory; whether it is gone.
    fn file(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath, stat: &Stat) -> Result<bool, CommandError> {
        if self.ask == Ask::Always {
            let what = match stat.kind {
                FileKind::Symlink => "symbolic link",
                FileKind::File if stat.size == Some(0) => "regular empty file",
                FileKind::File => "regular file",
                FileKind::Fifo => "fifo",
                FileKind::Socket => "socket",
                FileKind::CharDevice => "character special file",
                FileKind::BlockDevice => "block special file",
                FileKind::Dir => "directory",
            };
            let question = [format!("remove {what} ").as_bytes(), &quoteaf(name), b"? "].concat();
            if !confirm(cx, question)? {
                return Ok(false);
            }
        }
        match cx.fs.remove(path) {
            Ok(()) => {
                self.tell(cx, b"removed ", name)?;
                Ok(true)
            }
            Err(e) if self.force && e.errno() == Errno::ENOENT => Ok(true),
            Err(e) => self.complain(cx, name, &e).map(|()| false),
        }
    }

    fn tell(&self, cx: &mut Context<'_>, what: &[u8], name: &[u8]) -> Result<(), CommandError> {
        if self.verbose {
            let line = [what, &quoteaf(name), b"\n"].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        Ok(())
    }

    /// Removes a directory and what is in it; whether it is gone.
    fn dir(&mut self, cx: &mut Context<'_>, name: &[u8], path: &VPath) -> Result<bool, CommandError> {
        let mut empty = true;
        if self.recursive {
            let entries = match cx.fs.read_dir(path) {
                Ok(entries) => entries,
                Err(e) => return self.complain(cx, name, &e).map(|()| false),
            };
            if !entries.is_empty()
                && self.ask == Ask::Always
                && !confirm(cx, [&b"descend into directory "[..], &quoteaf(name), b"? "].concat())?
            {
                return Ok(false);
            }
            for entry in entries {
                cx.cancel.check()?;
                let child = path.child(&entry.name)?;
                let shown = join(name, &entry.name);
                let stat = match entry.stat.map_or_else(|| cx.fs.lstat(&child), Ok) {
                    Ok(stat) => stat,
                    Err(e) if e.errno() == Errno::ENOENT => continue,
                    Err(e) => {
                        self.complain(cx, &shown, &e)?;
                        empty = false;
                        continue;
                    }
                };
                empty &= if stat.is_dir() {
                    deep(|| self.dir(cx, &shown, &child))?
                } else {
                    self.file(cx, &shown, &child, &stat)?
                };
            }
        }
        if !empty {
            return Ok(false);
        }
        if self.ask == Ask::Always && !confirm(cx, [&b"remove directory "[..], &quoteaf(name), b"? "].concat())? {
            return Ok(false);
        }
        match cx.fs.rmdir(path) {
            Ok(()) => {
                self.tell(cx, b"removed directory ", name)?;
                Ok(true)
            }
            Err(e) => self.complain(cx, name, &e).map(|()| false),
        }
    }
}

/// `dir/name`, without doubling a slash.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.ends_with(b"/") {
        [dir, name].concat()
    } else {
        [dir, b"/", name].concat()
    }
}
