//! Making and removing names.

use futures::StreamExt;

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk, follow};
use crate::mode::Op;
use crate::namespace::NodeKind;
use crate::path::VPath;

impl Fs {
    /// Makes one directory.
    pub async fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "mkdir", path, false);
        follow!(walk, t => self.mkdir_target(&t, mode).await);
        Ok(())
    }

    /// Makes a directory and what is missing above it; the first directory that was made, if any.
    pub async fn mkdir_all(&self, path: &VPath, mode: Option<u32>) -> Result<Option<VPath>> {
        let mut missing = Vec::new();
        let mut at = Some(path.clone());
        while let Some(p) = at {
            match self.stat(&p).await {
                Ok(s) if s.is_dir() => break,
                Ok(_) if missing.is_empty() => {
                    return Err(VfsError::new(Errno::EEXIST).operand(path.as_bytes()).op("mkdir"));
                }
                Ok(_) => return Err(VfsError::new(Errno::ENOTDIR).operand(path.as_bytes()).op("mkdir")),
                Err(e) if absent(&e) => {
                    at = p.parent();
                    missing.push(p);
                }
                Err(e) => return Err(e),
            }
        }
        for p in missing.iter().rev() {
            match self.mkdir(p, mode).await {
                // Somebody else was faster; but a name that is no directory (a dangling link) is in the way.
                Err(e) if e.errno() == Errno::EEXIST && self.stat(p).await.is_ok_and(|s| s.is_dir()) => {}
                other => other?,
            }
        }
        Ok(missing.pop())
    }

    /// Removes a name that is not a directory; a link itself, never its target. `EBUSY` for a mount point.
    pub async fn remove(&self, path: &VPath) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "unlink", path, false);
        follow!(walk, t => self.remove_target(&t).await);
        Ok(())
    }

    /// Removes an empty directory. `EBUSY` for a mount point or a directory on the way to one.
    pub async fn rmdir(&self, path: &VPath) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "rmdir", path, false);
        follow!(walk, t => self.rmdir_target(&t).await);
        Ok(())
    }

    pub(crate) fn is_busy(&self, path: &VPath) -> bool {
        self.vfs.mounts.load().is_busy(path)
    }

    async fn mkdir_target(&self, t: &Target, mode: Option<u32>) -> Result<()> {
        if t.link.is_some() || self.is_busy(&t.path) {
            return Err(Errno::EEXIST.into());
        }
        if t.mount.caps.directories {
            let mkdir = t.mount.resource.mkdir(&t.below, mode);
            let mut done = t.doing(&self.vfs, "mkdir", 0, mkdir).await;
            if let Err(e) = &done
                && absent(e)
                && Box::pin(self.make_way(t)).await?
            {
                done = t.mount.resource.mkdir(&t.below, mode).await;
            }
            if done.is_ok() {
                self.vfs.namespace.forget(&t.path);
            }
            t.changed(&self.vfs);
            return done;
        }
        match self.probe(t).await {
            Ok(_) => Err(Errno::EEXIST.into()),
            Err(e) if absent(&e) => {
                Box::pin(self.parent_is_directory(t)).await?;
                if !self.vfs.namespace.insert(&t.path, NodeKind::Dir, mode) {
                    return Err(Errno::EEXIST.into());
                }
                t.changed(&self.vfs);
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    pub(crate) async fn remove_target(&self, t: &Target) -> Result<()> {
        if t.link.is_some() {
            self.vfs.namespace.forget(&t.path);
            return Ok(());
        }
        if self.is_busy(&t.path) {
            return Err(Errno::EBUSY.into());
        }
        if self.implied(t).is_some() {
            return Err(Errno::EISDIR.into());
        }
        let open = if self.vfs.spools.any() {
            Box::pin(self.vfs.spools.settle(t)).await?
        } else {
            Vec::new()
        };
        let done = t.doing(&self.vfs, "remove", 0, t.mount.resource.remove(&t.below)).await;
        t.changed(&self.vfs);
        done?;
        open.iter().for_each(|spool| spool.unlink());
        self.name_is_gone(t);
        Ok(())
    }

    pub(crate) async fn rmdir_target(&self, t: &Target) -> Result<()> {
        if t.link.is_some() {
            return Err(Errno::ENOTDIR.into());
        }
        if self.is_busy(&t.path) {
            return Err(Errno::EBUSY.into());
        }
        if self.vfs.namespace.holds_names_below(&t.path) {
            return Err(Errno::ENOTEMPTY.into());
        }
        if t.mount.caps.directories {
            let done = t.doing(&self.vfs, "rmdir", 0, t.mount.resource.rmdir(&t.below)).await;
            t.changed_tree(&self.vfs);
            done?;
        } else {
            let stat = self.probe(t).await?;
            if stat.is_symlink() || !stat.is_dir() {
                return Err(Errno::ENOTDIR.into());
            }
            match t.mount.resource.list(&t.below).await {
                Ok(mut entries) => {
                    if entries.next().await.transpose()?.is_some() {
                        return Err(Errno::ENOTEMPTY.into());
                    }
                }
                Err(e) if absent(&e) => {}
                Err(e) => return Err(e),
            }
            t.changed_tree(&self.vfs);
        }
        self.name_is_gone(t);
        Ok(())
    }

    /// Bookkeeping after a name left its directory.
    pub(crate) fn name_is_gone(&self, t: &Target) {
        let namespace = &self.vfs.namespace;
        namespace.forget(&t.path);
        // POSIX: a directory outlives what it held.
        if !t.mount.caps.directories
            && let (Some(parent), Some(below)) = (t.path.parent(), t.below.parent())
            && !below.is_root()
        {
            namespace.keep_directory(&parent);
        }
    }
}
