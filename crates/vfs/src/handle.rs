//! Open files: random access direct where the backend has it, spooled elsewhere.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::error::{Errno, Result};
use crate::fs::Vfs;
use crate::fs::walk::Target;
use crate::path::VPath;
use crate::resource::{RandomFile, SetAttr};
use crate::stat::Stat;

/// How to open a file (POSIX `open` flags).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Every write goes to the end (`O_APPEND`); implies `write`.
    pub append: bool,
    /// Cut to nothing (`O_TRUNC`).
    pub truncate: bool,
    /// Make it if it is not there (`O_CREAT`).
    pub create: bool,
    /// Fail with `EEXIST` if it is there, even as a dangling link (`O_CREAT|O_EXCL`).
    pub exclusive: bool,
    /// Do not follow a final symbolic link: `ELOOP` (`O_NOFOLLOW`).
    pub no_follow: bool,
    /// Permission bits for a file that is created; the backend's default if `None`.
    pub mode: Option<u32>,
}

impl OpenOptions {
    /// `O_RDONLY`.
    pub fn reading() -> Self {
        Self {
            read: true,
            ..Self::default()
        }
    }

    /// `O_WRONLY|O_CREAT|O_TRUNC`, as the shell's `>`.
    pub fn writing() -> Self {
        Self {
            write: true,
            create: true,
            truncate: true,
            ..Self::default()
        }
    }

    /// `O_WRONLY|O_CREAT|O_APPEND`, as the shell's `>>`.
    pub fn appending() -> Self {
        Self {
            write: true,
            append: true,
            create: true,
            ..Self::default()
        }
    }

    /// Whether the file may be changed.
    pub fn writes(&self) -> bool {
        self.write || self.append || self.truncate
    }
}

/// An open file. Clones share it; what was written is committed by [`FileHandle::sync`] and [`FileHandle::close`], and at
/// once where the backend has random access.
#[derive(Clone)]
pub struct FileHandle(Arc<Inner>);

struct Inner {
    path: VPath,
    options: OpenOptions,
    file: Arc<dyn RandomFile>,
    /// Whom to tell of changes; `None` for a file that belongs to no tree.
    owner: Option<(Arc<Vfs>, Target)>,
}

impl FileHandle {
    /// Wraps a file that belongs to no tree.
    pub fn new(path: VPath, options: OpenOptions, file: Arc<dyn RandomFile>) -> Self {
        Self(Arc::new(Inner {
            path,
            options,
            file,
            owner: None,
        }))
    }

    /// Wraps what was opened at `target`.
    pub(crate) fn owned(
        path: VPath,
        options: OpenOptions,
        file: Arc<dyn RandomFile>,
        vfs: Arc<Vfs>,
        target: Target,
    ) -> Self {
        Self(Arc::new(Inner {
            path,
            options,
            file,
            owner: Some((vfs, target)),
        }))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &VPath {
        &self.0.path
    }

    /// Where it was opened, if in a tree.
    pub(crate) fn target(&self) -> Option<&Target> {
        self.0.owner.as_ref().map(|(_, t)| t)
    }

    /// Whether every operation answers at once, from memory.
    pub fn is_instant(&self) -> bool {
        self.target().is_some_and(|t| t.mount.caps.instant)
    }

    /// How it was opened.
    pub fn options(&self) -> &OpenOptions {
        &self.0.options
    }

    /// See [`RandomFile::read_at`]; `EBADF` when not open for reading.
    pub async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.readable()?;
        let begun = self.begin();
        let bytes = self.0.file.read_at(offset, len).await?;
        self.end(begun, "read", bytes.len());
        Ok(bytes)
    }

    /// See [`RandomFile::read_into`]; `EBADF` when not open for reading.
    pub async fn read_into(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.readable()?;
        let begun = self.begin();
        let n = self.0.file.read_into(offset, buf).await?;
        self.end(begun, "read", n);
        Ok(n)
    }

    /// Writes at `offset`, or at the end for a file opened with `append`; returns the offset after the written bytes.
    pub async fn write_at(&self, offset: u64, data: Bytes) -> Result<u64> {
        self.writable()?;
        if data.is_empty() {
            // POSIX: writing nothing does nothing, not even past the end.
            return Ok(offset);
        }
        let (len, begun) = (data.len(), self.begin());
        let at = if self.0.options.append {
            self.0.file.append(data).await?
        } else {
            self.0.file.write_at(offset, data).await?;
            offset
        };
        self.end(begun, "write", len);
        self.changed();
        Ok(at + len as u64)
    }

    /// See [`RandomFile::truncate`]; `EINVAL` when not open for writing.
    pub async fn truncate(&self, len: u64) -> Result<()> {
        if !self.0.options.writes() {
            return Err(Errno::EINVAL.into());
        }
        self.0.file.truncate(len).await?;
        self.changed();
        Ok(())
    }

    /// See [`RandomFile::allocate`]; `EBADF` when not open for writing.
    pub async fn allocate(&self, offset: u64, len: u64, keep_size: bool) -> Result<()> {
        self.writable()?;
        self.0.file.allocate(offset, len, keep_size).await?;
        self.changed();
        Ok(())
    }

    /// See [`RandomFile::punch_hole`]; `EBADF` when not open for writing.
    pub async fn punch_hole(&self, offset: u64, len: u64) -> Result<()> {
        self.writable()?;
        self.0.file.punch_hole(offset, len).await?;
        self.changed();
        Ok(())
    }

    /// See [`RandomFile::seek_data`].
    pub async fn seek_data(&self, offset: u64, hole: bool) -> Result<u64> {
        self.0.file.seek_data(offset, hole).await
    }

    /// Makes what was written durable.
    pub async fn sync(&self, data_only: bool) -> Result<()> {
        self.0.file.sync(data_only).await
    }

    /// The open file's stat.
    pub async fn stat(&self) -> Result<Stat> {
        let mut stat = self.0.file.stat().await?;
        if let Some((vfs, t)) = &self.0.owner
            && !t.mount.caps.attributes
            && t.mount.caps.random_access
        {
            vfs.names().overlay(&t.path, &mut stat);
        }
        Ok(stat)
    }

    /// Changes the open file's attributes.
    pub async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        match &self.0.owner {
            Some((vfs, t)) if !t.mount.caps.attributes && t.mount.caps.random_access => {
                vfs.names().set_attr(&t.path, attr);
            }
            _ => self.0.file.set_attr(attr).await?,
        }
        self.changed();
        Ok(())
    }

    /// Commits what was written and reports a failure to do so; dropping the last clone commits too, but silently.
    pub async fn close(self) -> Result<()> {
        match &self.0.owner {
            // What has random access is committed by every write: there is nothing to wait for.
            Some((_, t)) if t.mount.caps.random_access => Ok(()),
            _ if self.0.options.writes() || self.0.options.create => self.0.file.sync(true).await,
            _ => Ok(()),
        }
    }

    fn readable(&self) -> Result<()> {
        if self.0.options.read {
            Ok(())
        } else {
            Err(Errno::EBADF.into())
        }
    }

    fn writable(&self) -> Result<()> {
        if self.0.options.write || self.0.options.append {
            Ok(())
        } else {
            Err(Errno::EBADF.into())
        }
    }

    /// Spools record what they ask of the backend themselves.
    fn begin(&self) -> Option<Instant> {
        match &self.0.owner {
            Some((vfs, t)) if t.mount.caps.random_access => vfs.records().begin(&t.mount),
            _ => None,
        }
    }

    fn end(&self, begun: Option<Instant>, op: &'static str, bytes: usize) {
        if let Some((vfs, t)) = &self.0.owner {
            vfs.records().end(begun, op, &t.mount, &t.path, bytes as u64, false);
        }
    }

    fn changed(&self) {
        if let Some((vfs, t)) = &self.0.owner
            && t.mount.caps.random_access
        {
            t.changed(vfs);
        }
    }
}
