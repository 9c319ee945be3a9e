//! Copying files and trees, for `cp`, `mv` across file systems and `install`.

mod goal;

use std::collections::{HashMap, HashSet};

use shell::command::{CommandError, Context};
use vfs::{Errno, FileKind, SetAttr, Stat, VPath, VfsError};

use super::backup::Backup;
use super::prompt::confirm;
use super::rm::join;
use crate::deep::deep;
use crate::quote::quoteaf;

pub use self::goal::{Goal, goal};

/// When links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Never.
    Never,
    /// Those named on the command line.
    Named,
    /// Always.
    Always,
}

/// What happens to an existing target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Replaced.
    Replace,
    /// Replaced after a question.
    Ask,
    /// Left alone.
    Keep,
}

/// How to copy.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directories with all that is in them.
    pub recursive: bool,
    /// Links.
    pub follow: Follow,
    /// Targets that are there.
    pub existing: Existing,
    /// Only when the source is newer.
    pub update: bool,
    /// If the target can not be opened, remove it and try again.
    pub force: bool,
    /// Remove each target first.
    pub remove_first: bool,
    /// Keep modes.
    pub keep_mode: bool,
    /// Keep owners.
    pub keep_owner: bool,
    /// Keep times.
    pub keep_times: bool,
    /// Keep hard links among what is copied.
    pub keep_links: bool,
    /// Make hard links instead.
    pub hard_link: bool,
    /// Make symbolic links instead.
    pub symlink: bool,
    /// Only attributes, no content.
    pub attributes_only: bool,
    /// Say what is done.
    pub verbose: bool,
    /// A target directory given as such is never copied into (`-T`).
    pub backup: Backup,
    /// `mv`: messages say so, sources are removed afterwards by the caller.
    pub moving: bool,
}

/// Copies one source after the other, remembering what was made.
pub struct Copier {
    /// How.
    pub options: Options,
    /// Whether nothing has failed.
    pub ok: bool,
    made: HashSet<VPath>,
    links: HashMap<(VPath, u64), VPath>,
}

/// Where a file really is: equal for two names of one file.
pub fn identity(cx: &Context<'_>, path: &VPath, stat: &Stat) -> (VPath, u64) {
    let mount = cx.fs.fs().vfs().mounts().find(path).map(|(m, _)| m.prefix.clone());
    match (mount, stat.ino) {
        (Some(prefix), ino) if ino != 0 => (prefix, ino),
        _ => (cx.fs.canonicalize(path).unwrap_or_else(|_| path.clone()), 0),
    }
}

impl Copier {
    /// With nothing copied yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ok: true,
            made: HashSet::new(),
            links: HashMap::new(),
        }
    }

    /// Prints a failure; passes cancellation on.
    pub fn fail(&mut self, cx: &mut Context<'_>, what: &[&[u8]], e: &VfsError) -> Result<(), CommandError> {
        if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) {
            return Err(e.clone().into());
        }
        let text = if e.errno() == Errno::EROFS {
            "Permission denied"
        } else {
            e.gnu_text()
        };
        self.refuse(cx, &[&what.concat(), b": ", text.as_bytes()])
    }

    /// Prints a refusal.
    pub fn refuse(&mut self, cx: &mut Context<'_>, message: &[&[u8]]) -> Result<(), CommandError> {
        self.ok = false;
        cx.warn(message.concat());
        Ok(())
    }

    /// Copies the operand `from` to `to`; whether it was copied.
    pub fn operand(&mut self, cx: &mut Context<'_>, from: &[u8], to: &[u8]) -> Result<bool, CommandError> {
        let source = match cx.path(from) {
            Ok(path) => path,
            Err(e) => return self.fail(cx, &[b"cannot stat ", &quoteaf(from)], &e).map(|()| false),
        };
        let follow = self.options.follow != Follow::Never || from.ends_with(b"/");
        let stat = if follow {
            cx.fs.stat(&source)
        } else {
            cx.fs.lstat(&source)
        };
        let stat = match stat {
            Ok(s) if from.ends_with(b"/") && !s.is_dir() => Err(VfsError::new(Errno::ENOTDIR)),
            other => other,
        };
        let stat = match stat {
            Ok(stat) => stat,
            Err(e) => return self.fail(cx, &[b"cannot stat ", &quoteaf(from)], &e).map(|()| false),
        };
        if stat.is_dir() && !self.options.recursive {
            self.refuse(cx, &[b"-r not specified; omitting directory ", &quoteaf(from)])?;
            return Ok(false);
        }
        let target = match cx.path(to) {
            Ok(path) if to.ends_with(b"/") && !stat.is_dir() && !cx.fs.stat(&path).is_ok_and(|s| s.is_dir()) => {
                return self
                    .fail(
                        cx,
                        &[b"cannot create regular file ", &quoteaf(to)],
                        &Errno::ENOTDIR.into(),
                    )
                    .map(|()| false);
            }
            Ok(path) => path,
            Err(e) => {
                return self
                    .fail(cx, &[b"cannot create regular file ", &quoteaf(to)], &e)
                    .map(|()| false);
            }
        };
        if stat.is_dir() {
            let (real_source, real_target) = (
                cx.fs.canonicalize(&source).unwrap_or_else(|_| source.clone()),
                canonical_target(cx, &target),
            );
            if real_target.starts_with(&real_source) && real_target != real_source {
                self.refuse(
                    cx,
                    &[
                        b"cannot copy a directory, ",
                        &quoteaf(from),
                        b", into itself, ",
                        &quoteaf(to),
                    ],
                )?;
                return Ok(false);
            }
        }
        self.copy(cx, from, &source, &stat, to, &target)
    }

    #[allow(clippy::too_many_arguments)]
    fn copy(
        &mut self,
        cx: &mut Context<'_>,
        from: &[u8],
        source: &VPath,
        stat: &Stat,
        to: &[u8],
        target: &VPath,
    ) -> Result<bool, CommandError> {
        cx.cancel.check()?;
        // A dangling link at the target counts as something that is there.
        let entry = cx.fs.lstat(target).ok();
        let existing = match &entry {
            Some(e) if e.is_symlink() => cx.fs.stat(target).ok(),
            _ => entry.clone(),
        };
        let mut backed_up = None;
        if let Some(present) = existing.as_ref().or(entry.as_ref()) {
            let copies_link = stat.is_symlink() && entry.as_ref().is_some_and(Stat::is_symlink);
            let same = if copies_link {
                source == target
            } else {
                !present.is_symlink() && identity(cx, source, stat) == identity(cx, target, present)
            };
            if same && !(self.options.backup.wanted() || (self.options.hard_link && source != target)) {
                let removable = self.options.remove_first && source != target;
                if !(removable || stat.is_symlink() && source != target) {
                    if self.options.existing == Existing::Keep {
                        return Ok(false);
                    }
                    return self
                        .refuse(cx, &[&quoteaf(from), b" and ", &quoteaf(to), b" are the same file"])
                        .map(|()| false);
                }
            }
            if !stat.is_dir() {
                if self.options.existing == Existing::Keep {
                    return Ok(false);
                }
                if self.options.update && present.mtime >= stat.mtime {
                    return Ok(false);
                }
                if self.made.contains(target) && !self.options.backup.wanted() {
                    self.refuse(
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
                if self.options.existing == Existing::Ask
                    && !confirm(cx, [&b"overwrite "[..], &quoteaf(to), b"? "].concat())?
                {
                    return Ok(false);
                }
                if present.is_dir() {
                    self.refuse(
                        cx,
                        &[b"cannot overwrite directory ", &quoteaf(to), b" with non-directory"],
                    )?;
                    return Ok(false);
                }
            } else if !present.is_dir() && !self.options.backup.wanted() {
                self.refuse(
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
            if self.options.backup.wanted() && !(stat.is_dir() && present.is_dir()) {
                let name = self.options.backup.name(cx, to);
                let result = cx
                    .path(&name)
                    .and_then(|p| cx.fs.rename(target, &p, vfs::resource::RenameMode::Replace));
                if let Err(e) = result {
                    return self.fail(cx, &[b"cannot backup ", &quoteaf(to)], &e).map(|()| false);
                }
                // A file backed up onto itself is now read from its backup.
                if same {
                    let kept = cx.path(&name)?;
                    self.say(cx, from, to, Some(&name))?;
                    return self.file(cx, &kept, stat, to, target, false);
                }
                backed_up = Some(name);
            }
        }
        let gone = backed_up.is_some();
        let existing = if gone { None } else { existing };
        let entry = if gone { None } else { entry };
        if stat.is_dir() {
            return self.dir(cx, from, source, stat, to, target, existing.is_some());
        }
        if entry.is_some() {
            let replace_link =
                stat.is_symlink() || entry.as_ref().is_some_and(|e| e.is_symlink() && existing.is_none());
            if entry.as_ref().is_some_and(Stat::is_symlink)
                && existing.is_none()
                && !stat.is_symlink()
                && !self.options.remove_first
            {
                self.refuse(cx, &[b"not writing through dangling symlink ", &quoteaf(to)])?;
                return Ok(false);
            }
            let links = self.options.hard_link || self.options.symlink;
            if (self.options.remove_first || replace_link || (links && self.options.force) || self.options.moving)
                && let Err(e) = cx.fs.remove(target)
            {
                return self.fail(cx, &[b"cannot remove ", &quoteaf(to)], &e).map(|()| false);
            }
            if self.options.remove_first && self.options.verbose && !self.options.moving {
                let line = [&b"removed "[..], &quoteaf(to), b"\n"].concat();
                cx.stdout.buffer().extend_from_slice(&line);
            }
        }
        let present = existing.is_some() && cx.fs.lstat(target).is_ok();
        self.say(cx, from, to, backed_up.as_deref())?;
        self.made.insert(target.clone());
        if self.options.hard_link {
            return match cx.fs.link(source, target) {
                Ok(()) => Ok(true),
                Err(e) => self
                    .fail(
                        cx,
                        &[b"cannot create hard link ", &quoteaf(to), b" to ", &quoteaf(from)],
                        &e,
                    )
                    .map(|()| false),
            };
        }
        if self.options.symlink {
            if !from.starts_with(b"/") && to.contains(&b'/') {
                let here = cx.path(to)?.parent() == Some(cx.cwd.clone());
                if !here {
                    self.refuse(
                        cx,
                        &[
                            &crate::quote::quotef(to),
                            b": can make relative symbolic links only in current directory",
                        ],
                    )?;
                    return Ok(false);
                }
            }
            return match cx.fs.symlink(from, target) {
                Ok(()) => Ok(true),
                Err(e) => self
                    .fail(
                        cx,
                        &[b"cannot create symbolic link ", &quoteaf(to), b" to ", &quoteaf(from)],
                        &e,
                    )
                    .map(|()| false),
            };
        }
        if self.options.keep_links && stat.nlink > 1 && stat.ino != 0 {
            let id = identity(cx, source, stat);
            if let Some(first) = self.links.get(&id) {
                let first = first.clone();
                if cx.fs.lstat(target).is_ok() {
                    let _ = cx.fs.remove(target);
                }
                return match cx.fs.link(&first, target) {
                    Ok(()) => Ok(true),
                    Err(e) => self
                        .fail(cx, &[b"cannot create hard link ", &quoteaf(to)], &e)
                        .map(|()| false),
                };
            }
            self.links.insert(id, target.clone());
        }
        if stat.is_symlink() {
            let result = cx.fs.read_link(source).and_then(|text| cx.fs.symlink(&text, target));
            return match result {
                Ok(()) => self.attributes(cx, stat, to, target, true).map(|()| true),
                Err(e) => self
                    .fail(cx, &[b"cannot create symbolic link ", &quoteaf(to)], &e)
                    .map(|()| false),
            };
        }
        self.file(cx, source, stat, to, target, present)
    }

    fn say(&self, cx: &mut Context<'_>, from: &[u8], to: &[u8], backup: Option<&[u8]>) -> Result<(), CommandError> {
        if !self.options.verbose {
            return Ok(());
        }
        let lead: &[u8] = if self.options.moving { b"copied " } else { b"" };
        let mut line = [lead, &quoteaf(from), b" -> ", &quoteaf(to)].concat();
        if let Some(name) = backup {
            line.extend_from_slice(&[&b" (backup: "[..], &quoteaf(name), b")"].concat());
        }
        line.push(b'\n');
        cx.stdout.buffer().extend_from_slice(&line);
        Ok(cx.stdout.spill()?)
    }

    fn file(
        &mut self,
        cx: &mut Context<'_>,
        source: &VPath,
        stat: &Stat,
        to: &[u8],
        target: &VPath,
        present: bool,
    ) -> Result<bool, CommandError> {
        let result = if self.options.attributes_only {
            if present {
                Ok(())
            } else {
                cx.fs.write_all(target, bytes::Bytes::new())
            }
        } else {
            match cx.fs.copy(source, target) {
                Err(e) if self.options.force && present && e.errno() != Errno::EROFS => {
                    cx.fs.remove(target).and_then(|()| cx.fs.copy(source, target))
                }
                other => other,
            }
        };
        if let Err(e) = result {
            return self
                .fail(cx, &[b"cannot create regular file ", &quoteaf(to)], &e)
                .map(|()| false);
        }
        if !present
            && !self.options.keep_mode
            && stat.kind == FileKind::File
            && let Some(mode) = stat.mode
        {
            let attr = SetAttr {
                mode: Some(mode & 0o777 & !cx.umask),
                ..SetAttr::default()
            };
            if let Err(e) = cx.fs.set_attr(target, attr, true)
                && e.errno() != Errno::ENOTSUP
            {
                self.fail(cx, &[b"setting permissions for ", &quoteaf(to)], &e)?;
            }
        }
        self.attributes(cx, stat, to, target, false)?;
        Ok(true)
    }

    /// Sets what is to be kept.
    fn attributes(
        &mut self,
        cx: &mut Context<'_>,
        stat: &Stat,
        to: &[u8],
        target: &VPath,
        link: bool,
    ) -> Result<(), CommandError> {
        let o = &self.options;
        let attr = SetAttr {
            mode: stat.mode.filter(|_| o.keep_mode && !link),
            uid: stat.uid.filter(|_| o.keep_owner),
            gid: stat.gid.filter(|_| o.keep_owner),
            atime: stat.atime.or(stat.mtime).filter(|_| o.keep_times),
            mtime: stat.mtime.filter(|_| o.keep_times),
        };
        if attr == SetAttr::default() {
            return Ok(());
        }
        match cx.fs.set_attr(target, attr, !link) {
            Err(e) if e.errno() != Errno::ENOTSUP => self.fail(cx, &[b"preserving attributes for ", &quoteaf(to)], &e),
            _ => Ok(()),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn dir(
        &mut self,
        cx: &mut Context<'_>,
        from: &[u8],
        source: &VPath,
        stat: &Stat,
        to: &[u8],
        target: &VPath,
        present: bool,
    ) -> Result<bool, CommandError> {
        // Listed first, so that a copy into a subdirectory does not see itself.
        let entries = match cx.fs.read_dir(source) {
            Ok(entries) => entries,
            Err(e) => return self.fail(cx, &[b"cannot access ", &quoteaf(from)], &e).map(|()| false),
        };
        if !present {
            let mode = stat.mode.unwrap_or(0o755) & 0o777 & !cx.umask;
            if let Err(e) = cx.fs.mkdir(target, Some(mode | 0o700)) {
                return self
                    .fail(cx, &[b"cannot create directory ", &quoteaf(to)], &e)
                    .map(|()| false);
            }
            if self.options.moving {
                if self.options.verbose {
                    let line = [&b"created directory "[..], &quoteaf(to), b"\n"].concat();
                    cx.stdout.buffer().extend_from_slice(&line);
                    cx.stdout.spill()?;
                }
            } else {
                self.say(cx, from, to, None)?;
            }
        }
        let before = self.ok;
        self.ok = true;
        let mut complete = true;
        for entry in entries {
            let child = source.child(&entry.name)?;
            let (shown, goal) = (join(from, &entry.name), join(to, &entry.name));
            let stat = if self.options.follow == Follow::Always {
                cx.fs.stat(&child)
            } else {
                cx.fs.lstat(&child)
            };
            let stat = match stat {
                Ok(stat) => stat,
                Err(e) => {
                    self.fail(cx, &[b"cannot stat ", &quoteaf(&shown)], &e)?;
                    continue;
                }
            };
            let goal_path = target.child(&entry.name)?;
            complete &= deep(|| self.copy(cx, &shown, &child, &stat, &goal, &goal_path))?;
        }
        complete &= self.ok;
        self.ok &= before;
        if !present && !self.options.keep_mode {
            let mode = stat.mode.unwrap_or(0o755) & 0o777 & !cx.umask;
            if mode & 0o700 != 0o700 {
                let attr = SetAttr {
                    mode: Some(mode),
                    ..SetAttr::default()
                };
                let _ = cx.fs.set_attr(target, attr, true);
            }
        }
        self.attributes(cx, stat, to, target, false)?;
        Ok(complete)
    }
}

/// The canonical form of a target that may not be there yet.
fn canonical_target(cx: &Context<'_>, target: &VPath) -> VPath {
    let mut rest = Vec::new();
    let mut at = target.clone();
    loop {
        if let Ok(real) = cx.fs.canonicalize(&at) {
            return rest
                .iter()
                .rev()
                .try_fold(real, |p: VPath, name: &Vec<u8>| p.child(name))
                .unwrap_or_else(|_| target.clone());
        }
        match (at.parent(), at.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name.to_vec());
                at = parent;
            }
            _ => return target.clone(),
        }
    }
}
