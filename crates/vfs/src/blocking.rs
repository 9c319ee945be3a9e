//! [`BlockingFs`]: the one facade for synchronous callers: shell threads, FUSE workers, sync node:fs, Python.

use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::{Buf, Bytes};
use futures::StreamExt;

use crate::cancel::Cancel;
use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::handle::{FileHandle, OpenOptions};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::{DirEntry, RenameMode, SetAttr, SpaceInfo, TreeEntry, WriteOptions};
use crate::runtime::block_on;
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream};

/// [`Fs`] for threads that may block. Every wait ends with `ECANCELED` when the caller's token is cancelled.
#[derive(Clone)]
pub struct BlockingFs {
    fs: Fs,
    cancel: Cancel,
}

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $($(#[$doc])* pub fn $name(&self, $($arg: $type),*) -> Result<$out> {
            block_on(&self.cancel, self.fs.$name($($arg),*))
        })*
    };
}

impl BlockingFs {
    /// A facade over `fs` whose waits end with `cancel`.
    pub fn new(fs: Fs, cancel: Cancel) -> Self {
        Self { fs, cancel }
    }

    /// The async view below.
    pub fn fs(&self) -> &Fs {
        &self.fs
    }

    /// The token that ends every wait.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The same view under another token.
    pub fn with_cancel(&self, cancel: Cancel) -> Self {
        Self {
            fs: self.fs.clone(),
            cancel,
        }
    }

    forward! {
        /// See [`Fs::stat`].
        stat(path: &VPath) -> Stat;
        /// See [`Fs::lstat`].
        lstat(path: &VPath) -> Stat;
        /// See [`Fs::read_dir`].
        read_dir(path: &VPath) -> Vec<DirEntry>;
        /// See [`Fs::read_all`].
        read_all(path: &VPath) -> Bytes;
        /// See [`Fs::write_all`].
        write_all(path: &VPath, data: Bytes) -> ();
        /// See [`Fs::write`].
        write(path: &VPath, body: ByteStream, options: &WriteOptions) -> Stat;
        /// See [`Fs::append`].
        append(path: &VPath, data: Bytes) -> ();
        /// See [`Fs::truncate`].
        truncate(path: &VPath, len: u64) -> ();
        /// See [`Fs::mkdir`].
        mkdir(path: &VPath, mode: Option<u32>) -> ();
        /// See [`Fs::mkdir_all`].
        mkdir_all(path: &VPath, mode: Option<u32>) -> Option<VPath>;
        /// See [`Fs::remove`].
        remove(path: &VPath) -> ();
        /// See [`Fs::rmdir`].
        rmdir(path: &VPath) -> ();
        /// See [`Fs::rename`].
        rename(from: &VPath, to: &VPath, mode: RenameMode) -> ();
        /// See [`Fs::move_tree`].
        move_tree(from: &VPath, to: &VPath) -> ();
        /// See [`Fs::copy`].
        copy(from: &VPath, to: &VPath) -> ();
        /// See [`Fs::link`].
        link(existing: &VPath, new: &VPath) -> ();
        /// See [`Fs::symlink`].
        symlink(target: &[u8], path: &VPath) -> ();
        /// See [`Fs::read_link`].
        read_link(path: &VPath) -> Bytes;
        /// See [`Fs::canonicalize`].
        canonicalize(path: &VPath) -> VPath;
        /// See [`Fs::set_attr`].
        set_attr(path: &VPath, attr: SetAttr, follow: bool) -> ();
        /// See [`Fs::space`].
        space(path: &VPath) -> Option<SpaceInfo>;
    }

    /// See [`Fs::check`].
    pub fn check(&self, op: Op, path: &VPath) -> Result<()> {
        self.fs.check(op, path)
    }

    /// See [`Fs::flat_list`]; collected.
    pub fn flat_list(&self, path: &VPath) -> Result<Option<Vec<TreeEntry>>> {
        block_on(&self.cancel, async {
            match self.fs.flat_list(path).await? {
                Some(stream) => stream.collect().await.map(Some),
                None => Ok(None),
            }
        })
    }

    /// The bytes of `range`, streamed: see [`Fs::read`].
    pub fn read(&self, path: &VPath, range: ByteRange) -> Result<Reader> {
        let stream = block_on(&self.cancel, self.fs.read(path, range))?;
        Ok(Reader {
            stream,
            rest: Bytes::new(),
            cancel: self.cancel.clone(),
        })
    }

    /// See [`Fs::open`].
    pub fn open(&self, path: &VPath, options: OpenOptions) -> Result<File> {
        let handle = block_on(&self.cancel, self.fs.open(path, options))?;
        Ok(File {
            handle,
            cancel: self.cancel.clone(),
            offset: 0,
        })
    }
}

/// A stream of bytes as a blocking reader. [`Reader::chunk`] hands chunks on without a copy.
pub struct Reader {
    stream: ByteStream,
    rest: Bytes,
    cancel: Cancel,
}

impl Reader {
    /// The next chunk; empty at the end.
    pub fn chunk(&mut self) -> Result<Bytes> {
        if !self.rest.is_empty() {
            return Ok(std::mem::take(&mut self.rest));
        }
        if let ByteStream::Bytes(b) = &mut self.stream {
            return Ok(std::mem::take(b));
        }
        let stream = &mut self.stream;
        block_on(&self.cancel, async {
            stream.next().await.transpose().map(Option::unwrap_or_default)
        })
    }
}

impl Read for Reader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.chunk()?;
        }
        let n = self.rest.len().min(buf.len());
        buf[..n].copy_from_slice(&self.rest[..n]);
        self.rest.advance(n);
        Ok(n)
    }
}

/// An open file with a position, as a blocking reader, writer and seeker. Positional methods leave the position alone.
pub struct File {
    handle: FileHandle,
    cancel: Cancel,
    offset: u64,
}

impl File {
    /// The handle below.
    pub fn handle(&self) -> &FileHandle {
        &self.handle
    }

    /// Up to `len` bytes from `offset`; fewer only at the end.
    pub fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        block_on(&self.cancel, self.handle.read_at(offset, len))
    }

    /// Writes all of `data` at `offset` (at the end in append mode); the offset after it.
    pub fn write_at(&self, offset: u64, data: Bytes) -> Result<u64> {
        block_on(&self.cancel, self.handle.write_at(offset, data))
    }

    /// The open file's stat.
    pub fn stat(&self) -> Result<Stat> {
        block_on(&self.cancel, self.handle.stat())
    }

    /// Cuts or extends to `len` bytes.
    pub fn truncate(&self, len: u64) -> Result<()> {
        block_on(&self.cancel, self.handle.truncate(len))
    }

    /// Makes what was written durable.
    pub fn sync(&self, data_only: bool) -> Result<()> {
        block_on(&self.cancel, self.handle.sync(data_only))
    }

    /// Commits what was written.
    pub fn close(self) -> Result<()> {
        block_on(&self.cancel, self.handle.close())
    }
}

impl Read for File {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = block_on(&self.cancel, self.handle.read_into(self.offset, buf))?;
        self.offset += n as u64;
        Ok(n)
    }
}

impl Write for File {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.offset = self.write_at(self.offset, Bytes::copy_from_slice(buf))?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::Current(d) => self.offset.checked_add_signed(d),
            SeekFrom::End(d) => self.stat()?.size.unwrap_or(0).checked_add_signed(d),
        };
        self.offset = at.ok_or_else(|| io::Error::from(VfsError::new(Errno::EINVAL)))?;
        Ok(self.offset)
    }
}
