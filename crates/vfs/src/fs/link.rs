//! Symbolic and hard links.

use bytes::Bytes;

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk, follow};
use crate::mode::Op;
use crate::namespace::NodeKind;
use crate::path::VPath;

impl Fs {
    /// Makes a hard link; `EXDEV` between mounts, `EPERM` where the backend has none.
    pub async fn link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        let named = |e: VfsError| e.with_operand(existing.as_bytes()).dest(new.as_bytes()).op("link");
        let mut from = Walk::new(self, Op::Read, "link", existing, false);
        let mut to = Walk::new(self, Op::Write, "link", new, false);
        loop {
            let (f, t) = (from.target().map_err(named)?, to.target().map_err(named)?);
            if t.link.is_some() || self.is_busy(&t.path) {
                return Err(named(Errno::EEXIST.into()));
            }
            if f.mount.id != t.mount.id {
                if Box::pin(self.step_apart(&mut from, &f, &mut to, &t))
                    .await
                    .map_err(named)?
                {
                    continue;
                }
                return Err(named(Errno::EXDEV.into()));
            }
            if f.link.is_some() || !f.mount.caps.hard_links {
                return Err(named(Errno::EPERM.into()));
            }
            let link = f.mount.resource.link(&f.below, &t.below);
            let mut done = t.doing(&self.vfs, "link", 0, link).await;
            if let Err(e) = &done
                && absent(e)
                && Box::pin(self.make_way(&t)).await.map_err(named)?
            {
                done = f.mount.resource.link(&f.below, &t.below).await;
            }
            match done {
                Ok(()) => {
                    f.changed(&self.vfs);
                    t.changed(&self.vfs);
                    return Ok(());
                }
                Err(e) => step_either(&mut from, &f, &mut to, &t, e).map_err(named)?,
            }
        }
    }

    /// Makes a symbolic link with the text `target`, stored verbatim.
    pub async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "symlink", path, false);
        if target.is_empty() {
            return Err(walk.named(Errno::ENOENT.into()));
        }
        follow!(walk, t => self.symlink_target(target, &t).await);
        Ok(())
    }

    /// The text of a symbolic link.
    pub async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        let mut walk = Walk::new(self, Op::Read, "readlink", path, false);
        let (text, _) = follow!(walk, t => self.read_link_target(&t).await);
        Ok(text)
    }

    /// Follows one link of a backend that one of two paths on different mounts runs through: behind it the mounts may be the
    /// same. Whether there was one.
    pub(crate) async fn step_apart<'a>(
        &self,
        from: &mut Walk<'a>,
        f: &Target,
        to: &mut Walk<'a>,
        t: &Target,
    ) -> Result<bool> {
        for (walk, target) in [(from, f), (to, t)] {
            if target.mount.caps.symlinks
                && let Err(e) = self.probe(target).await
                && e.link_hit().is_some()
            {
                return walk.step(target, e).map(|()| true);
            }
        }
        Ok(false)
    }

    async fn symlink_target(&self, text: &[u8], t: &Target) -> Result<()> {
        if t.link.is_some() || self.is_busy(&t.path) {
            return Err(Errno::EEXIST.into());
        }
        if t.mount.caps.symlinks {
            let symlink = t.mount.resource.symlink(text, &t.below);
            let mut done = t.doing(&self.vfs, "symlink", 0, symlink).await;
            if let Err(e) = &done
                && absent(e)
                && Box::pin(self.make_way(t)).await?
            {
                done = t.mount.resource.symlink(text, &t.below).await;
            }
            t.changed(&self.vfs);
            return done;
        }
        match self.probe(t).await {
            Ok(_) => return Err(Errno::EEXIST.into()),
            Err(e) if absent(&e) => {}
            Err(e) => return Err(e),
        }
        Box::pin(self.parent_is_directory(t)).await?;
        self.vfs.namespace.forget(&t.path);
        if !self.vfs.namespace.insert(&t.path, NodeKind::Link(text.into()), None) {
            return Err(Errno::EEXIST.into());
        }
        t.changed(&self.vfs);
        Ok(())
    }

    async fn read_link_target(&self, t: &Target) -> Result<Bytes> {
        if let Some((_, text)) = &t.link {
            return Ok(Bytes::copy_from_slice(text));
        }
        match self.probe(t).await? {
            stat if stat.is_symlink() => t.mount.resource.read_link(&t.below).await,
            _ => Err(Errno::EINVAL.into()),
        }
    }
}

/// Follows the link that stopped an operation on two paths of one mount, on whichever of the two it lies.
pub(crate) fn step_either(
    from: &mut Walk<'_>,
    f: &Target,
    to: &mut Walk<'_>,
    t: &Target,
    error: VfsError,
) -> Result<()> {
    match error.link_hit() {
        Some(hit) if f.below != hit.at && f.below.starts_with(&hit.at) => from.step(f, error),
        _ => to.step(t, error),
    }
}
