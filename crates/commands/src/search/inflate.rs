//! Compressed input for `zgrep`: what is in gzip format is decompressed, everything else passes unchanged.

use std::io::{self, BufRead, Read};

use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use vfs::{Errno, VfsError};

/// Size of the blocks that come out.
const BLOCK: usize = 128 * 1024;

type Next<'a> = &'a mut (dyn FnMut() -> vfs::Result<Bytes> + 'a);

/// Chunks as a reader.
struct Chunks<'a> {
    next: Next<'a>,
    rest: Bytes,
}

impl Read for Chunks<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.len().min(out.len());
        out[..n].copy_from_slice(&self.rest[..n]);
        self.rest.advance(n);
        Ok(n)
    }
}

impl BufRead for Chunks<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest.is_empty() {
            self.rest = (self.next)()?;
        }
        Ok(&self.rest)
    }

    fn consume(&mut self, n: usize) {
        self.rest.advance(n.min(self.rest.len()));
    }
}

enum State<'a> {
    Start(Next<'a>),
    Plain(Bytes, Next<'a>),
    Gzip(Box<MultiGzDecoder<Chunks<'a>>>, bool),
    End,
}

/// A stream that is decompressed if need be.
pub(super) struct Inflate<'a>(State<'a>);

impl<'a> Inflate<'a> {
    /// Over the chunks that `next` gives.
    pub(super) fn new(next: Next<'a>) -> Self {
        Inflate(State::Start(next))
    }

    /// The next chunk; empty at the end.
    pub(super) fn chunk(&mut self) -> vfs::Result<Bytes> {
        loop {
            match std::mem::replace(&mut self.0, State::End) {
                State::End => return Ok(Bytes::new()),
                State::Start(next) => {
                    let mut head = next()?;
                    if head.len() == 1 {
                        head = [head, next()?].concat().into();
                    }
                    self.0 = if head.starts_with(b"\x1f\x8b") {
                        State::Gzip(Box::new(MultiGzDecoder::new(Chunks { next, rest: head })), false)
                    } else {
                        State::Plain(head, next)
                    };
                }
                State::Plain(head, next) => {
                    let chunk = if head.is_empty() { next()? } else { head };
                    if !chunk.is_empty() {
                        self.0 = State::Plain(Bytes::new(), next);
                    }
                    return Ok(chunk);
                }
                State::Gzip(mut decoder, some) => {
                    let mut block = vec![0; BLOCK];
                    return match decoder.read(&mut block) {
                        Ok(0) => Ok(Bytes::new()),
                        Ok(n) => {
                            block.truncate(n);
                            self.0 = State::Gzip(decoder, true);
                            Ok(block.into())
                        }
                        // What follows the last member and is none itself is ignored, as gzip does.
                        Err(e) if some && e.kind() == io::ErrorKind::InvalidInput => Ok(Bytes::new()),
                        Err(e) => Err(broken(e)),
                    };
                }
            }
        }
    }
}

fn broken(e: io::Error) -> VfsError {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => VfsError::new(Errno::EIO).detail("unexpected end of file"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            VfsError::new(Errno::EIO).detail("invalid compressed data--format violated")
        }
        _ => e.into(),
    }
}
