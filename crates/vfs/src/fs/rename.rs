//! Renaming within a mount.

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::link::step_either;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::RenameMode;
use crate::stat::Stat;

impl Fs {
    /// Renames a file or a tree; `EXDEV` between mounts ([`Fs::move_tree`] copies then), `EBUSY` for a mount point or a
    /// directory on the way to one. Links are renamed themselves.
    pub async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let named = |e: VfsError| e.with_operand(from.as_bytes()).dest(to.as_bytes()).op("rename");
        let mut f_walk = Walk::new(self, Op::Write, "rename", from, false);
        let mut t_walk = Walk::new(self, Op::Write, "rename", to, false);
        loop {
            let (f, t) = (f_walk.target().map_err(named)?, t_walk.target().map_err(named)?);
            if f.mount.id != t.mount.id {
                if Box::pin(self.step_apart(&mut f_walk, &f, &mut t_walk, &t))
                    .await
                    .map_err(named)?
                {
                    continue;
                }
                let busy = self.is_busy(&f.path) || self.is_busy(&t.path);
                return Err(named(if busy { Errno::EBUSY } else { Errno::EXDEV }.into()));
            }
            match self.rename_target(&f, &t, mode).await {
                Ok(()) => return Ok(()),
                Err(e) => step_either(&mut f_walk, &f, &mut t_walk, &t, e).map_err(named)?,
            }
        }
    }

    async fn rename_target(&self, f: &Target, t: &Target, mode: RenameMode) -> Result<()> {
        if self.is_busy(&f.path) || self.is_busy(&t.path) {
            return Err(Errno::EBUSY.into());
        }
        if f.path == t.path {
            self.probe(f).await?;
            return match mode {
                RenameMode::NoReplace => Err(Errno::EEXIST.into()),
                _ => Ok(()),
            };
        }
        // A directory cannot go below itself; below anything else there is nothing, or a link leads elsewhere.
        if t.path.starts_with(&f.path) && self.probe(f).await?.is_dir() {
            return Err(Errno::EINVAL.into());
        }
        let namespace = &self.vfs.namespace;
        let only_here = f.link.is_some() || Box::pin(self.only_here(f)).await?;
        if only_here || t.link.is_some() {
            return Box::pin(self.rename_name(f, t, mode, only_here)).await;
        }
        if !f.mount.caps.directories {
            self.probe(f).await?;
            Box::pin(self.parent_is_directory(t)).await?;
        }
        let replaced = match mode {
            RenameMode::Replace if self.vfs.spools.any() => Box::pin(self.vfs.spools.settle(t)).await?,
            _ => Vec::new(),
        };
        if f.mount.caps.rename {
            let resource = &f.mount.resource;
            if mode != RenameMode::Exchange && namespace.holds_names_below(&t.path) {
                return Err(Errno::ENOTEMPTY.into());
            }
            let rename = resource.rename(&f.below, &t.below, mode);
            let mut done = f.doing(&self.vfs, "rename", 0, rename).await;
            if let Err(e) = &done
                && absent(e)
                && Box::pin(self.make_way(t)).await?
            {
                done = resource.rename(&f.below, &t.below, mode).await;
            }
            f.changed_tree(&self.vfs);
            t.changed_tree(&self.vfs);
            done?;
        } else {
            Box::pin(self.emulate_rename(f, t, mode)).await?;
        }
        replaced.iter().for_each(|spool| spool.unlink());
        if self.vfs.spools.any() {
            Box::pin(self.vfs.spools.moved(f, t)).await;
        }
        namespace.rename(&f.path, &t.path, mode);
        if !f.mount.caps.directories {
            self.name_is_gone(f);
        }
        Ok(())
    }

    /// Whether the source is a directory that only the namespace knows.
    async fn only_here(&self, f: &Target) -> Result<bool> {
        if f.mount.caps.directories || self.vfs.namespace.directory(&f.path).is_none() {
            return Ok(false);
        }
        match f.stat(&self.vfs).await {
            Ok(_) => Ok(false),
            Err(e) if absent(&e) => Ok(true),
            Err(e) => Err(e),
        }
    }

    /// Renames where the source lives in the namespace (`only_here`) or the target is a link of the namespace.
    async fn rename_name(&self, f: &Target, t: &Target, mode: RenameMode, only_here: bool) -> Result<()> {
        let source = self.probe(f).await?;
        let target = match self.probe(t).await {
            Ok(stat) => Some(stat),
            Err(e) if absent(&e) => None,
            Err(e) => return Err(e),
        };
        Box::pin(self.parent_is_directory(t)).await?;
        match (&target, mode) {
            (Some(_), RenameMode::NoReplace) => return Err(Errno::EEXIST.into()),
            (None, RenameMode::Exchange) => return Err(Errno::ENOENT.into()),
            (_, RenameMode::Exchange) if f.link.is_none() || t.link.is_none() => return Err(Errno::EINVAL.into()),
            (Some(target), RenameMode::Replace) => {
                replaceable(&source, target)?;
                if target.is_dir() {
                    self.rmdir_target(t).await?;
                } else {
                    self.remove_target(t).await?;
                }
            }
            _ => {}
        }
        if !only_here {
            let t = Target {
                link: None,
                ..t.clone()
            };
            return Box::pin(self.rename_target(f, &t, mode)).await;
        }
        self.vfs.namespace.rename(&f.path, &t.path, mode);
        if mode != RenameMode::Exchange {
            self.name_is_gone(f);
        }
        f.changed_tree(&self.vfs);
        t.changed_tree(&self.vfs);
        Ok(())
    }

    /// Copies, then deletes: the source is complete until the target is.
    async fn emulate_rename(&self, f: &Target, t: &Target, mode: RenameMode) -> Result<()> {
        if mode == RenameMode::Exchange {
            return Err(Errno::EINVAL.into());
        }
        let source = self.probe(f).await?;
        let target = match self.probe(t).await {
            Ok(stat) => Some(stat),
            Err(e) if absent(&e) => None,
            Err(e) => return Err(e),
        };
        if let Some(target) = &target {
            if mode == RenameMode::NoReplace {
                return Err(Errno::EEXIST.into());
            }
            replaceable(&source, target)?;
            if target.is_dir() {
                self.rmdir_target(t).await?;
            }
        }
        self.move_within(f, t, &source).await
    }
}

/// Whether POSIX lets `source` take the place of `target`.
pub(crate) fn replaceable(source: &Stat, target: &Stat) -> Result<()> {
    match (source.is_dir(), target.is_dir()) {
        (true, false) => Err(Errno::ENOTDIR.into()),
        (false, true) => Err(Errno::EISDIR.into()),
        _ => Ok(()),
    }
}
