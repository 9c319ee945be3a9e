//! Open files: random access direct where the backend has it, spooled elsewhere.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::Result;
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
pub struct FileHandle {
    path: VPath,
    options: OpenOptions,
    file: Arc<dyn RandomFile>,
}

impl FileHandle {
    /// Wraps what a backend (or the spool) opened.
    pub fn new(path: VPath, options: OpenOptions, file: Arc<dyn RandomFile>) -> Self {
        Self { path, options, file }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &VPath {
        &self.path
    }

    /// How it was opened.
    pub fn options(&self) -> &OpenOptions {
        &self.options
    }

    /// See [`RandomFile::read_at`]; `EBADF` when not open for reading.
    pub async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.readable()?;
        self.file.read_at(offset, len).await
    }

    /// See [`RandomFile::read_into`]; `EBADF` when not open for reading.
    pub async fn read_into(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.readable()?;
        self.file.read_into(offset, buf).await
    }

    /// Writes at `offset`, or at the end for a file opened with `append`; returns the offset after the written bytes.
    pub async fn write_at(&self, offset: u64, data: Bytes) -> Result<u64> {
        self.writable()?;
        let len = data.len() as u64;
        if self.options.append {
            return Ok(self.file.append(data).await? + len);
        }
        self.file.write_at(offset, data).await?;
        Ok(offset + len)
    }

    /// See [`RandomFile::truncate`]; `EINVAL` when not open for writing.
    pub async fn truncate(&self, len: u64) -> Result<()> {
        if !self.options.writes() {
            return Err(crate::Errno::EINVAL.into());
        }
        self.file.truncate(len).await
    }

    /// Makes what was written durable.
    pub async fn sync(&self, data_only: bool) -> Result<()> {
        self.file.sync(data_only).await
    }

    /// The open file's stat.
    pub async fn stat(&self) -> Result<Stat> {
        self.file.stat().await
    }

    /// Changes the open file's attributes.
    pub async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        self.file.set_attr(attr).await
    }

    /// Commits what was written and reports a failure to do so; dropping the last clone commits too, but silently.
    pub async fn close(self) -> Result<()> {
        if self.options.writes() {
            return self.file.sync(true).await;
        }
        Ok(())
    }

    fn readable(&self) -> Result<()> {
        if self.options.read {
            Ok(())
        } else {
            Err(crate::Errno::EBADF.into())
        }
    }

    fn writable(&self) -> Result<()> {
        if self.options.write || self.options.append {
            Ok(())
        } else {
            Err(crate::Errno::EBADF.into())
        }
    }
}
