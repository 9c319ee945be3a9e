//! [`Concat`]: operands one after the other as one stream of bytes.

use bytes::Bytes;
use shell::command::{CommandError, Context};
use vfs::{ByteRange, Errno, VfsError};

use crate::input::{self, Source};
use crate::quote::quotef;

/// All bytes of all operands. What cannot be read is complained about and left out.
pub(super) struct Concat {
    files: std::vec::IntoIter<Vec<u8>>,
    current: Option<(Vec<u8>, Source)>,
    rest: Bytes,
    /// Whether a file could not be read.
    pub(super) failed: bool,
    /// Whether any file could be opened.
    pub(super) opened: bool,
}

impl Concat {
    pub(super) fn new(files: Vec<Vec<u8>>) -> Self {
        Self {
            files: files.into_iter(),
            current: None,
            rest: Bytes::new(),
            failed: false,
            opened: false,
        }
    }

    fn complain(&mut self, cx: &mut Context<'_>, name: &[u8], error: &VfsError) -> Result<(), CommandError> {
        if error.errno() == Errno::ECANCELED {
            return Err(error.clone().into());
        }
        cx.stdout.flush_now()?;
        cx.warn([&quotef(name)[..], b": ", error.gnu_text().as_bytes()].concat());
        self.failed = true;
        Ok(())
    }

    /// The next bytes; empty at the end of the last file.
    pub(super) fn chunk(&mut self, cx: &mut Context<'_>) -> Result<Bytes, CommandError> {
        if !self.rest.is_empty() {
            return Ok(std::mem::take(&mut self.rest));
        }
        loop {
            let Some((name, source)) = &mut self.current else {
                let Some(name) = self.files.next() else {
                    return Ok(Bytes::new());
                };
                match input::open(cx, &name) {
                    Ok(source) => {
                        self.opened = true;
                        self.current = Some((name, source));
                    }
                    Err(e) => {
                        self.opened |= e.errno() == Errno::EISDIR;
                        self.complain(cx, &name, &e)?;
                    }
                }
                continue;
            };
            match source.chunk() {
                Ok(chunk) if !chunk.is_empty() => return Ok(chunk),
                Ok(_) => self.current = None,
                Err(e) => {
                    let name = std::mem::take(name);
                    self.current = None;
                    self.complain(cx, &name, &e)?;
                }
            }
        }
    }

    /// Leaves out the next `count` bytes; how many there were. Files whose size is known are not read for it.
    pub(super) fn skip(&mut self, cx: &mut Context<'_>, count: u64) -> Result<u64, CommandError> {
        let mut left = count;
        while left > 0 && self.current.is_none() && self.rest.is_empty() {
            let Some(name) = self.files.as_slice().first().filter(|n| !input::is_stdin(n)).cloned() else {
                break;
            };
            let size = cx
                .path(&name)
                .and_then(|p| cx.fs.stat(&p))
                .ok()
                .filter(vfs::Stat::is_file)
                .and_then(|s| s.size);
            match size {
                Some(size) if size > 0 && size <= left => {
                    left -= size;
                    self.opened = true;
                    self.files.next();
                }
                Some(size) if size > left => {
                    let range = ByteRange { start: left, end: None };
                    let Ok(source) = input::open_range(cx, &name, range) else {
                        break;
                    };
                    self.files.next();
                    self.opened = true;
                    self.current = Some((name, source));
                    return Ok(count);
                }
                _ => break,
            }
        }
        while left > 0 {
            let mut chunk = self.chunk(cx)?;
            if chunk.is_empty() {
                break;
            }
            let n = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let _ = chunk.split_to(n);
            self.rest = chunk;
            left -= n as u64;
        }
        Ok(count - left)
    }

    /// Gives back bytes that were taken and not used.
    pub(super) fn put_back(&mut self, bytes: Bytes) {
        self.rest = bytes;
    }

    /// Hands what was read too much back to standard input, for whoever reads it next.
    pub(super) fn finish(mut self) {
        if let Some((_, source)) = &mut self.current {
            source.unread(self.rest.len());
        }
    }
}
