//! Open file descriptions, and the buffered ends that commands read and write.
//!
//! A pipe end, a file, a capture buffer or a callback into Node is an [`OpenFile`]. Descriptors are `Arc<dyn OpenFile>`:
//! `dup` is a clone, the offset is shared as POSIX wants it. Commands never see descriptors; they get an [`Input`] and
//! [`Output`]s, which move whole chunks where they can.

use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use vfs::{Cancel, Errno, Stat, VPath, VfsError};

/// Size of the blocks that commands read and write.
pub const BLOCK: usize = 64 * 1024;

/// The explanation of the error that a [`Capture`] answers when its limit is hit.
pub(crate) const OUTPUT_LIMIT: &str = "output limit exceeded";

/// An open file description (POSIX XBD 3.253): what a descriptor refers to, shared by its duplicates. Every method may
/// block and ends with `ECANCELED` when `cancel` is cancelled.
pub trait OpenFile: Send + Sync {
    /// Up to `max` bytes; empty at the end of input. `EBADF` when not open for reading.
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes>;

    /// Writes all of `data`. `EPIPE` when nobody reads any more, `EBADF` when not open for writing.
    fn write(&self, data: &[u8], cancel: &Cancel) -> vfs::Result<()>;

    /// As [`OpenFile::write`], without a copy where the other side can take the bytes over.
    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        self.write(&data, cancel)
    }

    /// Gives back the last `count` bytes that were read and not used. Only what can seek takes them (a file moves its offset
    /// back, as GNU programs do when they close standard input); on a pipe they are gone, as they are for a real program.
    fn give_back(&self, count: u64) {
        let _ = count;
    }

    /// Moves the shared offset (`lseek`); `ESPIPE` where there is none.
    fn seek(&self, to: io::SeekFrom, cancel: &Cancel) -> vfs::Result<u64> {
        let _ = (to, cancel);
        Err(VfsError::new(Errno::ESPIPE))
    }

    /// Whether reads may be larger than asked for by line-wise readers: true for what can seek (see `give_back`).
    fn seekable(&self) -> bool {
        false
    }

    /// The stat of what is open, where there is one.
    fn stat(&self, cancel: &Cancel) -> vfs::Result<Stat>;

    /// The path it was opened by, if it is a file.
    fn path(&self) -> Option<&VPath> {
        None
    }

    /// Commits what was written and reports a failure to do so. The shell calls it before it lets go of the last reference.
    fn close(&self, cancel: &Cancel) -> vfs::Result<()> {
        let _ = cancel;
        Ok(())
    }

    /// Whether more can be read without blocking (`poll`, for `read -t 0`).
    fn ready(&self) -> bool {
        true
    }
}

/// The reading end of a command: a buffer over a description. Implements [`Read`] and [`BufRead`]; [`Input::chunk`] hands
/// on whole chunks without a copy. What was buffered and not used is given back when the input is dropped.
pub struct Input {
    file: Arc<dyn OpenFile>,
    cancel: Cancel,
    buf: Bytes,
    done: bool,
}

impl Input {
    /// Reads from `file`.
    pub fn new(file: Arc<dyn OpenFile>, cancel: Cancel) -> Self {
        Self {
            file,
            cancel,
            buf: Bytes::new(),
            done: false,
        }
    }

    /// Reads `data`.
    pub fn from_bytes(data: impl Into<Bytes>) -> Self {
        Self::new(Arc::new(Memory::new(data)), Cancel::new())
    }

    /// Reads nothing.
    pub fn empty() -> Self {
        Self::from_bytes(Bytes::new())
    }

    /// The next chunk, whatever its size; empty at the end.
    pub fn chunk(&mut self) -> vfs::Result<Bytes> {
        if !self.buf.is_empty() {
            return Ok(std::mem::take(&mut self.buf));
        }
        if self.done {
            return Ok(Bytes::new());
        }
        let b = self.file.read(BLOCK, &self.cancel)?;
        self.done = b.is_empty();
        Ok(b)
    }

    /// Everything that is left.
    pub fn read_all(&mut self) -> vfs::Result<Bytes> {
        let first = self.chunk()?;
        let second = self.chunk()?;
        if second.is_empty() {
            return Ok(first);
        }
        let mut all = Vec::with_capacity((first.len() + second.len()) * 2);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        loop {
            let b = self.chunk()?;
            if b.is_empty() {
                return Ok(all.into());
            }
            all.extend_from_slice(&b);
        }
    }

    /// The description below.
    pub fn file(&self) -> &Arc<dyn OpenFile> {
        &self.file
    }

    /// Another input over the same description (as `dup`); what this one has buffered stays with it.
    pub fn duplicate(&self) -> Self {
        Self::new(self.file.clone(), self.cancel.clone())
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.len().min(out.len());
        out[..n].copy_from_slice(&self.buf[..n]);
        self.buf.advance(n);
        Ok(n)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buf.is_empty() {
            self.buf = self.chunk()?;
        }
        Ok(&self.buf)
    }

    fn consume(&mut self, n: usize) {
        self.buf.advance(n.min(self.buf.len()));
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        if !self.buf.is_empty() {
            self.file.give_back(self.buf.len() as u64);
        }
    }
}

/// The writing end of a command: a buffer of [`BLOCK`] bytes over a description (none for standard error). The shell flushes
/// it when the command ends; a failure to write ends the command with a message, except `EPIPE`, which ends it as SIGPIPE
/// would.
pub struct Output {
    file: Arc<dyn OpenFile>,
    cancel: Cancel,
    buf: Vec<u8>,
    buffered: bool,
}

impl Output {
    /// Writes to `file` in blocks.
    pub fn new(file: Arc<dyn OpenFile>, cancel: Cancel) -> Self {
        Self {
            file,
            cancel,
            buf: Vec::new(),
            buffered: true,
        }
    }

    /// Writes to `file` at every call, as standard error does.
    pub fn unbuffered(file: Arc<dyn OpenFile>, cancel: Cancel) -> Self {
        Self {
            buffered: false,
            ..Self::new(file, cancel)
        }
    }

    /// Throws everything away.
    pub fn discard() -> Self {
        Self::new(Arc::new(Discard), Cancel::new())
    }

    /// Writes a whole chunk, without a copy when it is large.
    pub fn write_bytes(&mut self, data: Bytes) -> vfs::Result<()> {
        if self.buffered && self.buf.len() + data.len() < BLOCK / 4 {
            self.buf.extend_from_slice(&data);
            return Ok(());
        }
        self.flush_now()?;
        if data.is_empty() {
            Ok(())
        } else {
            self.file.write_bytes(data, &self.cancel)
        }
    }

    /// Hands on what is buffered.
    pub fn flush_now(&mut self) -> vfs::Result<()> {
        if self.buf.is_empty() {
            return Ok(());
        }
        if self.buf.len() >= BLOCK / 4 {
            let full = std::mem::replace(&mut self.buf, Vec::with_capacity(BLOCK));
            return self.file.write_bytes(full.into(), &self.cancel);
        }
        let result = self.file.write(&self.buf, &self.cancel);
        self.buf.clear();
        result
    }

    /// Room for direct appending; call [`Output::spill`] afterwards. For inner loops.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buf
    }

    /// Hands the buffer on once it is full.
    #[inline]
    pub fn spill(&mut self) -> vfs::Result<()> {
        if self.buf.len() >= BLOCK || !self.buffered {
            self.flush_now()
        } else {
            Ok(())
        }
    }

    /// Hands on every write at once from now on (`sed -u`, `grep --line-buffered`).
    pub fn set_unbuffered(&mut self) {
        self.buffered = false;
    }

    /// The description below.
    pub fn file(&self) -> &Arc<dyn OpenFile> {
        &self.file
    }

    /// Another output over the same description (as `dup`), with a buffer of its own.
    pub fn duplicate(&self) -> Self {
        Self {
            file: self.file.clone(),
            cancel: self.cancel.clone(),
            buf: Vec::new(),
            buffered: self.buffered,
        }
    }
}

impl Write for Output {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.buf.extend_from_slice(data);
        self.spill()?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(self.flush_now()?)
    }
}

/// Bytes in memory as a description with an offset; also what here-documents are.
pub struct Memory(Mutex<(Bytes, usize)>);

impl Memory {
    /// A description over `data`, at its start.
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self(Mutex::new((data.into(), 0)))
    }
}

impl OpenFile for Memory {
    fn read(&self, max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        let mut g = self.0.lock();
        let (at, end) = (g.1, g.0.len().min(g.1 + max));
        g.1 = end;
        Ok(g.0.slice(at..end))
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Err(Errno::EBADF.into())
    }

    fn give_back(&self, count: u64) {
        let mut g = self.0.lock();
        g.1 = g.1.saturating_sub(count as usize);
    }

    fn seekable(&self) -> bool {
        true
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(Stat::file(self.0.lock().0.len() as u64))
    }
}

/// Collects what is written: standard output of a substitution or of a call whose result is returned as bytes.
#[derive(Default)]
pub struct Capture {
    chunks: Mutex<(Vec<u8>, bool)>,
    limit: Option<usize>,
}

impl Capture {
    /// Collects without a limit.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Collects up to `limit` bytes; a write past it takes what fits, answers `EFBIG` and is remembered.
    pub fn with_limit(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: Some(limit),
            ..Self::default()
        })
    }

    /// Takes what has been collected.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.chunks.lock().0)
    }

    /// Whether the limit was hit.
    pub fn overflowed(&self) -> bool {
        self.chunks.lock().1
    }
}

impl OpenFile for Capture {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        let mut g = self.chunks.lock();
        let room = self.limit.map_or(usize::MAX, |l| l.saturating_sub(g.0.len()));
        g.0.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            g.1 = true;
            return Err(VfsError::new(Errno::EFBIG).detail(OUTPUT_LIMIT));
        }
        Ok(())
    }

    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        let mut g = self.chunks.lock();
        if g.0.is_empty() && self.limit.is_none_or(|l| data.len() <= l) {
            match data.try_into_mut() {
                Ok(owned) => g.0 = owned.into(),
                Err(shared) => g.0.extend_from_slice(&shared),
            }
            return Ok(());
        }
        drop(g);
        self.write(&data, cancel)
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(Stat::new(vfs::FileKind::Fifo))
    }
}

/// `/dev/null`: takes everything, gives nothing.
pub struct Discard;

impl OpenFile for Discard {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Ok(Bytes::new())
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Ok(())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(Stat {
            rdev: 0x103,
            mode: Some(0o666),
            ..Stat::new(vfs::FileKind::CharDevice)
        })
    }
}

/// A closed descriptor: every operation answers `EBADF`. What a command gets for a stream that was closed with `>&-`.
pub struct Closed;

impl OpenFile for Closed {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Err(Errno::EBADF.into())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Err(Errno::EBADF.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_input_goes_back_to_what_can_seek() {
        let file: Arc<dyn OpenFile> = Arc::new(Memory::new("one\ntwo\n"));
        let mut line = String::new();
        Input::new(file.clone(), Cancel::new()).read_line(&mut line).unwrap();
        assert_eq!(line, "one\n");
        assert_eq!(&Input::new(file, Cancel::new()).read_all().unwrap()[..], b"two\n");
    }

    #[test]
    fn a_capture_with_a_limit_keeps_what_fits_and_says_so() {
        let c = Capture::with_limit(3);
        let e = c.write(b"abcd", &Cancel::new()).unwrap_err();
        assert_eq!(
            (e.errno(), c.overflowed(), c.take()),
            (Errno::EFBIG, true, b"abc".to_vec())
        );
    }
}
