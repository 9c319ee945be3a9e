//! Looking and reading.

use bytes::Bytes;
use futures::StreamExt;

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::walk::{Target, Walk, follow};
use crate::mode::Op;
use crate::path::VPath;
use crate::permission::visible;
use crate::resource::{DirEntry, TreeEntry};
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream, EntryStream};

impl Fs {
    /// The stat of what `path` leads to.
    pub async fn stat(&self, path: &VPath) -> Result<Stat> {
        self.resolve(Op::Read, "stat", path).await.map(|(stat, _)| stat)
    }

    /// The stat of `path` itself, even if it is a link.
    pub async fn lstat(&self, path: &VPath) -> Result<Stat> {
        let mut walk = Walk::new(self, Op::Read, "lstat", path, false);
        let (stat, _) = follow!(walk, t => self.probe(&t).await);
        Ok(stat)
    }

    /// The entries of a directory, mount points included, as a stream in no particular order.
    pub async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let mut walk = Walk::new(self, Op::Read, "scandir", path, true);
        let (stream, _) = follow!(walk, t => self.list_at(&t).await);
        Ok(stream)
    }

    /// The entries of a directory, sorted by name (bytewise).
    pub async fn read_dir(&self, path: &VPath) -> Result<Vec<DirEntry>> {
        let mut all = self.list(path).await?.collect().await?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Everything below `path` in one go where the backend can, `None` where it can not (or where mounts or names of the
    /// namespace lie below) and the caller walks with [`Fs::read_dir`]. The entries' paths are workspace paths.
    pub async fn flat_list(&self, path: &VPath) -> Result<Option<EntryStream<TreeEntry>>> {
        let mut walk = Walk::new(self, Op::Read, "scandir", path, true);
        let t = walk.target()?;
        if !t.mount.caps.flat_list
            || self.vfs.namespace.touches(&t.path)
            || self.vfs.mounts.load().children(&t.path).is_some()
        {
            return Ok(None);
        }
        let (stream, t) = follow!(walk, t => t.flat_list(&self.vfs).await);
        if self.vfs.namespace.touches(&t.path) || self.vfs.mounts.load().children(&t.path).is_some() {
            // A link of the backend led to where more than the backend lies.
            return Ok(None);
        }
        let prefix = t.mount.prefix.clone();
        Ok(Some(EntryStream::new(stream.map(move |entry| {
            entry.map(|e| TreeEntry {
                path: prefix.append(&e.path),
                stat: e.stat,
            })
        }))))
    }

    /// The bytes of `range` as a stream.
    pub async fn read(&self, path: &VPath, range: ByteRange) -> Result<ByteStream> {
        let mut walk = Walk::new(self, Op::Read, "open", path, true);
        let (stream, _) = follow!(walk, t => self.read_at_target(&t, range, false).await);
        Ok(stream)
    }

    /// The whole content.
    pub async fn read_all(&self, path: &VPath) -> Result<Bytes> {
        let mut walk = Walk::new(self, Op::Read, "open", path, true);
        let (stream, _) = follow!(walk, t => self.read_at_target(&t, ByteRange::ALL, true).await);
        stream.collect().await.map_err(|e| walk.named(e))
    }

    /// The path with every link followed; everything must exist (POSIX `realpath`).
    pub async fn canonicalize(&self, path: &VPath) -> Result<VPath> {
        self.resolve(Op::Read, "realpath", path).await.map(|(_, t)| t.path)
    }

    /// Follows `path` to the end: the stat of what is there, and where it is.
    pub(crate) async fn resolve(&self, op: Op, name: &'static str, path: &VPath) -> Result<(Stat, Target)> {
        let mut walk = Walk::new(self, op, name, path, true);
        loop {
            let t = walk.target()?;
            match self.probe(&t).await {
                Ok(stat) if stat.is_symlink() => {
                    let text = match t.mount.resource.read_link(&t.below).await {
                        Ok(text) => text,
                        Err(e) => return Err(walk.named(e)),
                    };
                    walk.jump(t.path.as_bytes().len(), &text)?;
                }
                Ok(stat) => return Ok((stat, t)),
                Err(e) => walk.step(&t, e)?,
            }
        }
    }

    async fn read_at_target(&self, t: &Target, range: ByteRange, whole: bool) -> Result<ByteStream> {
        match t.read(&self.vfs, range, whole).await {
            Err(e) if e.errno() == Errno::ENOENT && self.implied(t).is_some() => Err(Errno::EISDIR.into()),
            other => other,
        }
    }

    /// The stat of exactly this target: of a link itself, of a directory that only mounts or the namespace imply.
    pub(crate) async fn probe(&self, t: &Target) -> Result<Stat> {
        if let Some((stat, _)) = &t.link {
            return Ok(stat.clone());
        }
        match t.stat(&self.vfs).await {
            Ok(mut stat) => {
                if !stat.is_dir() && self.vfs.mounts.load().children(&t.path).is_some() {
                    return Ok(way_to_a_mount());
                }
                self.vfs.namespace.overlay(&t.path, &mut stat);
                Ok(stat)
            }
            Err(e) if absent(&e) => self.implied(t).ok_or(e),
            Err(e) => Err(e),
        }
    }

    /// The stat of a directory that the backend does not know: one on the way to a mount, or one of the namespace.
    pub(crate) fn implied(&self, t: &Target) -> Option<Stat> {
        if self.vfs.mounts.load().children(&t.path).is_some() {
            return Some(way_to_a_mount());
        }
        if t.mount.caps.directories {
            return None;
        }
        self.vfs.namespace.directory(&t.path)
    }

    async fn list_at(&self, t: &Target) -> Result<EntryStream> {
        let listed = t.list(&self.vfs).await;
        let has_mounts = self.vfs.mounts.load().children(&t.path).is_some();
        let has_names = self.vfs.namespace.touches(&t.path);
        let stream = match listed {
            Ok(stream) if !has_mounts && !has_names => return Ok(stream),
            Ok(stream) => stream,
            Err(e) if absent(&e) && self.implied(t).is_some() => EntryStream::ready(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut entries = stream.collect().await?;
        self.vfs.namespace.merge_listing(&t.path, &mut entries);
        if has_mounts {
            Box::pin(self.merge_mounts(&t.path, &mut entries)).await;
        }
        Ok(EntryStream::ready(entries))
    }

    /// Adds mount points (and directories on the way to them) that the session may see; they hide the backend's names.
    async fn merge_mounts(&self, dir: &VPath, entries: &mut Vec<DirEntry>) {
        let table = self.vfs.mounts.load_full();
        let names = table.children(dir).unwrap_or_default();
        entries.retain(|e| names.binary_search(&e.name).is_err());
        for name in names {
            let Ok(path) = dir.child(name) else { continue };
            if !table.below(&path).any(|m| visible(&self.session, m)) {
                continue;
            }
            let stat = match table.exactly(path.as_bytes()) {
                // The root of a remote mount is only asked for by who wants to know.
                Some(m) if m.caps.instant => m.resource.stat(&VPath::root()).await.ok(),
                Some(_) => None,
                None => Some(way_to_a_mount()),
            };
            entries.push(DirEntry {
                name: name.clone(),
                stat,
            });
        }
    }
}

fn way_to_a_mount() -> Stat {
    Stat {
        mode: Some(0o755),
        ..Stat::dir()
    }
}

/// Whether a backend says that there is no such name.
pub(crate) fn absent(e: &VfsError) -> bool {
    e.link_hit().is_none() && matches!(e.errno(), Errno::ENOENT | Errno::ENOTDIR)
}
