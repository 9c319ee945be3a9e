//! [`Vfs`]: the tree of one workspace. [`Fs`]: that tree as one session may use it; every door calls this.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Errno, Result, VfsError};
use crate::handle::{FileHandle, OpenOptions};
use crate::mode::{Mode, Op, SessionView};
use crate::mount::{Mount, MountTable};
use crate::path::VPath;
use crate::resource::{DirEntry, RenameMode, Resource, SetAttr, SpaceInfo, TreeEntry, WriteOptions};
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream, EntryStream};

/// The tree of one workspace: mounts, namespace, caches. Shared by all doors.
#[derive(Default)]
pub struct Vfs {
    mounts: MountTable,
}

impl Vfs {
    /// An empty tree.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The mount table.
    pub fn mounts(&self) -> &MountTable {
        &self.mounts
    }

    /// Mounts `resource` at `prefix`; `EEXIST` when the prefix is taken.
    pub fn mount(&self, prefix: VPath, resource: Arc<dyn Resource>, mode: Mode) -> Result<Arc<Mount>> {
        self.mounts.add(Mount {
            prefix,
            resource,
            mode,
            infrastructure: false,
        })
    }

    /// The tree as an unrestricted session sees it.
    pub fn fs(self: &Arc<Self>) -> Fs {
        self.fs_for(Arc::new(SessionView::default()))
    }

    /// The tree as `session` sees it.
    pub fn fs_for(self: &Arc<Self>, session: Arc<SessionView>) -> Fs {
        Fs {
            vfs: self.clone(),
            session,
        }
    }
}

/// The tree as one session may use it. Cheap to clone. All paths are absolute in the workspace; symbolic links are followed
/// unless a method says otherwise; every error names its operand.
#[derive(Clone)]
pub struct Fs {
    vfs: Arc<Vfs>,
    session: Arc<SessionView>,
}

impl Fs {
    /// The tree below.
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    /// Whose view this is.
    pub fn session(&self) -> &Arc<SessionView> {
        &self.session
    }

    fn at(&self, op: Op, path: &VPath) -> Result<(Arc<Mount>, VPath)> {
        let (mount, below) = self
            .vfs
            .mounts
            .find(path)
            .ok_or_else(|| VfsError::new(Errno::ENOENT).operand(path.as_bytes()))?;
        if op == Op::Write && mount.mode < Mode::Write {
            return Err(VfsError::new(Errno::EROFS).operand(path.as_bytes()));
        }
        Ok((mount, below))
    }

    /// The stat of what `path` leads to.
    pub async fn stat(&self, path: &VPath) -> Result<Stat> {
        self.lstat(path).await
    }

    /// The stat of `path` itself, even if it is a link.
    pub async fn lstat(&self, path: &VPath) -> Result<Stat> {
        let (m, p) = self.at(Op::Read, path)?;
        m.resource.stat(&p).await.map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// The entries of a directory, mount points included, as a stream in no particular order.
    pub async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let (m, p) = self.at(Op::Read, path)?;
        m.resource.list(&p).await.map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// The entries of a directory, sorted by name (bytewise).
    pub async fn read_dir(&self, path: &VPath) -> Result<Vec<DirEntry>> {
        let mut all = self.list(path).await?.collect().await?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Everything below `path` in one go where the backend can (mount points below included), `None` where it can not and
    /// the caller walks with [`Fs::read_dir`].
    pub async fn flat_list(&self, path: &VPath) -> Result<Option<EntryStream<TreeEntry>>> {
        let _ = self.at(Op::Read, path)?;
        Ok(None)
    }

    /// The bytes of `range` as a stream.
    pub async fn read(&self, path: &VPath, range: ByteRange) -> Result<ByteStream> {
        let (m, p) = self.at(Op::Read, path)?;
        m.resource
            .read(&p, range, None)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// The whole content.
    pub async fn read_all(&self, path: &VPath) -> Result<Bytes> {
        self.read(path, ByteRange::ALL).await?.collect().await
    }

    /// Replaces the whole content, creating the file if need be.
    pub async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .write(&p, body, options)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Replaces the whole content with `data`, creating the file if need be.
    pub async fn write_all(&self, path: &VPath, data: Bytes) -> Result<()> {
        self.write(path, data.into(), &WriteOptions::default()).await.map(drop)
    }

    /// Adds to the end, creating the file if need be.
    pub async fn append(&self, path: &VPath, data: Bytes) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .append(&p, data.into())
            .await
            .map(drop)
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Opens a file.
    pub async fn open(&self, path: &VPath, options: OpenOptions) -> Result<FileHandle> {
        let (m, p) = self.at(if options.writes() { Op::Write } else { Op::Read }, path)?;
        let file = m
            .resource
            .open(&p, &options)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))?;
        Ok(FileHandle::new(path.clone(), options, file))
    }

    /// Cuts or extends (with zeros) to `len` bytes.
    pub async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .truncate(&p, len)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Makes one directory.
    pub async fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .mkdir(&p, mode)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Makes a directory and what is missing above it; the first directory that was made, if any.
    pub async fn mkdir_all(&self, path: &VPath, mode: Option<u32>) -> Result<Option<VPath>> {
        let mut missing = Vec::new();
        let mut at = Some(path.clone());
        while let Some(p) = at {
            match self.stat(&p).await {
                Ok(s) if s.is_dir() => break,
                Ok(_) if missing.is_empty() => return Err(VfsError::new(Errno::EEXIST).operand(path.as_bytes())),
                Ok(_) => return Err(VfsError::new(Errno::ENOTDIR).operand(path.as_bytes())),
                Err(e) if e.errno() == Errno::ENOENT => {
                    at = p.parent();
                    missing.push(p);
                }
                Err(e) => return Err(e),
            }
        }
        for p in missing.iter().rev() {
            match self.mkdir(p, mode).await {
                Err(e) if e.errno() == Errno::EEXIST => {}
                other => other?,
            }
        }
        Ok(missing.pop())
    }

    /// Removes a name that is not a directory; a link itself, never its target.
    pub async fn remove(&self, path: &VPath) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource.remove(&p).await.map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Removes an empty directory.
    pub async fn rmdir(&self, path: &VPath) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource.rmdir(&p).await.map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Renames a file or a tree; `EXDEV` between mounts (`mv` copies then), `EBUSY` for a mount point.
    pub async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let (m, p) = self.at(Op::Write, from)?;
        let (n, q) = self.at(Op::Write, to)?;
        if !Arc::ptr_eq(&m, &n) {
            return Err(VfsError::new(Errno::EXDEV).operand(from.as_bytes()).dest(to.as_bytes()));
        }
        m.resource
            .rename(&p, &q, mode)
            .await
            .map_err(|e| e.with_operand(from.as_bytes()).dest(to.as_bytes()))
    }

    /// Copies the content of one file, inside the backend where it can, replacing the target.
    pub async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        let body = self.read(from, ByteRange::ALL).await?;
        self.write(to, body, &WriteOptions::default()).await.map(drop)
    }

    /// Makes a hard link; `EXDEV` between mounts.
    pub async fn link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        let (m, p) = self.at(Op::Read, existing)?;
        let (n, q) = self.at(Op::Write, new)?;
        if !Arc::ptr_eq(&m, &n) {
            return Err(VfsError::new(Errno::EXDEV)
                .operand(existing.as_bytes())
                .dest(new.as_bytes()));
        }
        m.resource
            .link(&p, &q)
            .await
            .map_err(|e| e.with_operand(existing.as_bytes()).dest(new.as_bytes()))
    }

    /// Makes a symbolic link with the text `target`, stored verbatim.
    pub async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .symlink(target, &p)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// The text of a symbolic link.
    pub async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        let (m, p) = self.at(Op::Read, path)?;
        m.resource
            .read_link(&p)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// The path with every link followed; everything must exist (POSIX `realpath`).
    pub async fn canonicalize(&self, path: &VPath) -> Result<VPath> {
        self.lstat(path).await.map(|_| path.clone())
    }

    /// Changes attributes of what `path` leads to, or of the link itself with `follow` off.
    pub async fn set_attr(&self, path: &VPath, attr: SetAttr, follow: bool) -> Result<()> {
        let _ = follow;
        let (m, p) = self.at(Op::Write, path)?;
        m.resource
            .set_attr(&p, attr)
            .await
            .map_err(|e| e.with_operand(path.as_bytes()))
    }

    /// Whether the session may do `op` here: `EROFS` for a write on a read-only mount.
    pub fn check(&self, op: Op, path: &VPath) -> Result<()> {
        self.at(op, path).map(drop)
    }

    /// Space totals of the mount that holds `path`.
    pub async fn space(&self, path: &VPath) -> Result<Option<SpaceInfo>> {
        let (m, _) = self.at(Op::Read, path)?;
        m.resource.space().await
    }
}
