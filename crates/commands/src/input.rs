//! Opening operands and reading them in large blocks.

use std::io::{self, Read};

use bytes::Bytes;
use shell::command::Context;
use shell::io::Input;
use vfs::blocking::Reader;
use vfs::{ByteRange, Errno, VfsError};

use crate::quote::quotef;

/// Where a command reads from: its standard input or a file. Chunks come as the source has them, without a copy.
pub enum Source {
    /// Standard input.
    Stdin(Input),
    /// A file.
    File(Reader),
}

/// Whether an operand means standard input: `-`, and the names under which Linux knows it.
pub fn is_stdin(operand: &[u8]) -> bool {
    matches!(operand, b"-") || is_stdin_path(operand)
}

/// Whether an operand is one of Linux's names of standard input.
pub fn is_stdin_path(operand: &[u8]) -> bool {
    matches!(operand, b"/dev/stdin" | b"/dev/fd/0" | b"/proc/self/fd/0")
}

/// Opens an operand for reading. `-` is standard input; it may be opened again, and goes on where it was left.
pub fn open(cx: &mut Context<'_>, operand: &[u8]) -> vfs::Result<Source> {
    if is_stdin(operand) {
        return Ok(stdin(cx));
    }
    open_range(cx, operand, ByteRange::ALL)
}

/// Opens a part of a file for reading; `-` has no meaning here.
pub fn open_range(cx: &Context<'_>, operand: &[u8], range: ByteRange) -> vfs::Result<Source> {
    let path = cx.path(operand)?;
    // What the shell has opened for this command: a process substitution, a descriptor by name.
    if range == ByteRange::ALL
        && let Some(file) = cx.host.descriptor(&path)
    {
        return Ok(Source::Stdin(Input::new(file, cx.cancel.clone())));
    }
    // `dir/` names a directory; POSIX XBD 4.16 makes a file with a trailing slash an error.
    if operand.ends_with(b"/") && !cx.fs.stat(&path)?.is_dir() {
        return Err(VfsError::new(Errno::ENOTDIR).operand(operand));
    }
    cx.fs
        .read(&path, range)
        .map(Source::File)
        .map_err(|e| e.with_operand(operand))
}

/// The stat of an operand, also of what the shell has opened for this command.
pub fn stat(cx: &Context<'_>, operand: &[u8]) -> vfs::Result<vfs::Stat> {
    let path = cx.path(operand)?;
    match cx.host.descriptor(&path) {
        Some(file) => file.stat(&cx.cancel),
        None => cx.fs.stat(&path),
    }
}

/// Takes standard input.
pub fn stdin(cx: &mut Context<'_>) -> Source {
    let again = cx.stdin.duplicate();
    Source::Stdin(std::mem::replace(&mut cx.stdin, again))
}

/// `x: No such file or directory`, as most commands print it after their name.
pub fn complaint(operand: &[u8], error: &VfsError) -> Vec<u8> {
    [&quotef(operand)[..], b": ", error.gnu_text().as_bytes()].concat()
}

/// Opens an operand, or says why not on standard error.
pub fn open_or_warn(cx: &mut Context<'_>, operand: &[u8]) -> vfs::Result<Option<Source>> {
    match open(cx, operand) {
        Ok(source) => Ok(Some(source)),
        Err(e) => warn(cx, operand, &e).map(|()| None),
    }
}

/// Prints `NAME: OPERAND: TEXT`; passes a cancellation on.
pub fn warn(cx: &mut Context<'_>, operand: &[u8], error: &VfsError) -> vfs::Result<()> {
    if error.errno() == Errno::ECANCELED {
        return Err(error.clone());
    }
    cx.warn(complaint(operand, error));
    Ok(())
}

impl Source {
    /// The next chunk, whatever its size; empty at the end.
    pub fn chunk(&mut self) -> vfs::Result<Bytes> {
        match self {
            Self::Stdin(i) => i.chunk(),
            Self::File(r) => r.chunk(),
        }
    }

    /// Gives back the last `len` bytes that were read and not used, for whoever reads standard input next.
    pub fn unread(&mut self, len: usize) {
        if let Self::Stdin(input) = self
            && len > 0
        {
            input.file().give_back(len as u64);
        }
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
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(all.into());
            }
            all.extend_from_slice(&chunk);
        }
    }

    /// Its lines.
    pub fn lines(self, delimiter: u8) -> Lines {
        Lines::new(self, delimiter)
    }
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stdin(i) => i.read(buf),
            Self::File(r) => r.read(buf),
        }
    }
}

/// A block that ends with a whole line (or the input), for commands that work on many lines at once.
pub struct Blocks {
    source: Source,
    delimiter: u8,
    carry: Vec<u8>,
    rest: Bytes,
}

impl Blocks {
    /// The blocks of `source`, whose lines end with `delimiter`.
    pub fn new(source: Source, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            carry: Vec::new(),
            rest: Bytes::new(),
        }
    }

    /// The next block; only the last one of the input may lack its final delimiter. Empty at the end.
    pub fn next_block(&mut self) -> vfs::Result<Bytes> {
        // After a line that had to be put together comes what was left of its block.
        let mut chunk = std::mem::take(&mut self.rest);
        loop {
            if chunk.is_empty() {
                chunk = self.source.chunk()?;
                if chunk.is_empty() {
                    return Ok(std::mem::take(&mut self.carry).into());
                }
            }
            if self.carry.is_empty() {
                if let Some(last) = memchr::memrchr(self.delimiter, &chunk) {
                    self.carry.extend_from_slice(&chunk[last + 1..]);
                    return Ok(chunk.slice(..=last));
                }
            } else if let Some(first) = memchr::memchr(self.delimiter, &chunk) {
                self.carry.extend_from_slice(&chunk[..=first]);
                self.rest = chunk.slice(first + 1..);
                return Ok(std::mem::take(&mut self.carry).into());
            }
            self.carry.extend_from_slice(&chunk);
            chunk = Bytes::new();
        }
    }
}

/// Lines of a source, borrowed from its blocks; only a line that spans blocks is put together in a buffer, which is reused.
pub struct Lines {
    source: Source,
    delimiter: u8,
    block: Bytes,
    at: usize,
    carry: Vec<u8>,
    terminated: bool,
}

impl Lines {
    /// The lines of `source`, which end with `delimiter`.
    pub fn new(source: Source, delimiter: u8) -> Self {
        Self {
            source,
            delimiter,
            block: Bytes::new(),
            at: 0,
            carry: Vec::new(),
            terminated: true,
        }
    }

    /// The next line without its delimiter; `None` at the end.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> vfs::Result<Option<&[u8]>> {
        if let Some(n) = memchr::memchr(self.delimiter, &self.block[self.at..]) {
            let start = self.at;
            self.at += n + 1;
            self.terminated = true;
            return Ok(Some(&self.block[start..start + n]));
        }
        self.carry.clear();
        self.carry.extend_from_slice(&self.block[self.at..]);
        loop {
            self.block = self.source.chunk()?;
            self.at = 0;
            if self.block.is_empty() {
                self.terminated = false;
                return Ok(if self.carry.is_empty() { None } else { Some(&self.carry) });
            }
            if let Some(n) = memchr::memchr(self.delimiter, &self.block) {
                self.at = n + 1;
                self.terminated = true;
                if self.carry.is_empty() {
                    return Ok(Some(&self.block[..n]));
                }
                self.carry.extend_from_slice(&self.block[..n]);
                return Ok(Some(&self.carry));
            }
            self.carry.extend_from_slice(&self.block);
        }
    }

    /// Whether the line that [`Lines::next`] gave last ended with the delimiter.
    pub fn terminated(&self) -> bool {
        self.terminated
    }

    /// What has been read from the source and not been given out.
    pub fn rest_of_block(&mut self) -> Bytes {
        let rest = self.block.slice(self.at..);
        self.at = self.block.len();
        rest
    }

    /// The source below. What [`Lines::rest_of_block`] would give comes first.
    pub fn source(&mut self) -> &mut Source {
        &mut self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_bytes_and_say_how_they_ended() {
        let mut lines = Source::Stdin(Input::from_bytes(&b"one\n\ntwo\xff"[..])).lines(b'\n');
        assert_eq!(lines.next().unwrap(), Some(&b"one"[..]));
        assert_eq!(lines.next().unwrap(), Some(&b""[..]));
        assert!(lines.terminated());
        assert_eq!(lines.next().unwrap(), Some(&b"two\xff"[..]));
        assert!(!lines.terminated());
        assert_eq!(lines.next().unwrap(), None);
    }
}
