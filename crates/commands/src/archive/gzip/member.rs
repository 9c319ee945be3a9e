//! The gzip format (RFC 1952): members with headers and checksums around raw deflate.

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use shell::command::{CommandError, Context};

use crate::input::Source;

/// What is wrong with compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    NotGzip,
    UnexpectedEnd,
    Method(u8),
    Encrypted,
    Checksum,
    Length,
    Format,
}

/// What a header says.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub(super) name: Option<Vec<u8>>,
    pub(super) mtime: u32,
}

/// What decompressing found.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    pub(super) first: Header,
    /// Compressed bytes, headers and trailers of all members included.
    pub(super) packed: u64,
    /// Bytes of headers and trailers.
    pub(super) overhead: u64,
    /// Decompressed bytes.
    pub(super) plain: u64,
    pub(super) crc: u32,
    /// Bytes follow that are no member and not all zero.
    pub(super) garbage: bool,
}

/// Bytes of a source, with a look ahead.
pub(super) struct Bits<'s> {
    source: &'s mut Source,
    chunk: Bytes,
    taken: u64,
}

/// Why decompressing ended: bad data, or something else.
pub(super) enum Stop {
    Flaw(Flaw),
    Read(vfs::VfsError),
    Other(CommandError),
}

impl From<CommandError> for Stop {
    fn from(e: CommandError) -> Self {
        Self::Other(e)
    }
}

impl<'s> Bits<'s> {
    pub(super) fn new(source: &'s mut Source) -> Self {
        Self {
            source,
            chunk: Bytes::new(),
            taken: 0,
        }
    }

    /// The bytes at hand, at least one unless the input ends.
    pub(super) fn fill(&mut self) -> Result<&[u8], Stop> {
        if self.chunk.is_empty() {
            self.chunk = self.source.chunk().map_err(Stop::Read)?;
        }
        Ok(&self.chunk)
    }

    /// Puts at least `n` bytes at hand, if there are as many.
    pub(super) fn peek(&mut self, n: usize) -> Result<&[u8], Stop> {
        while self.chunk.len() < n {
            let more = self.source.chunk().map_err(Stop::Read)?;
            if more.is_empty() {
                break;
            }
            self.chunk = [&self.chunk[..], &more[..]].concat().into();
        }
        Ok(&self.chunk)
    }

    pub(super) fn consume(&mut self, n: usize) {
        let _ = self.chunk.split_to(n);
        self.taken += n as u64;
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        let b = *self.fill()?.first().ok_or(Stop::Flaw(Flaw::UnexpectedEnd))?;
        self.consume(1);
        Ok(b)
    }

    fn number(&mut self, bytes: usize) -> Result<u32, Stop> {
        let mut n = 0;
        for i in 0..bytes {
            n |= u32::from(self.byte()?) << (8 * i);
        }
        Ok(n)
    }

    fn text(&mut self) -> Result<Vec<u8>, Stop> {
        let mut text = Vec::new();
        loop {
            match self.byte()? {
                0 => return Ok(text),
                // A name is no longer than a path can be; the rest is skipped.
                b if text.len() < vfs::path::PATH_MAX => text.push(b),
                _ => {}
            }
        }
    }
}

const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const HEADER_CRC: u8 = 2;
const ENCRYPTED: u8 = 32;

fn header(bits: &mut Bits<'_>) -> Result<Header, Stop> {
    bits.consume(2);
    let method = bits.byte()?;
    if method != 8 {
        return Err(Stop::Flaw(Flaw::Method(method)));
    }
    let flags = bits.byte()?;
    if flags & ENCRYPTED != 0 || flags & 0xc0 != 0 {
        return Err(Stop::Flaw(Flaw::Encrypted));
    }
    let mtime = bits.number(4)?;
    bits.number(2)?;
    if flags & EXTRA != 0 {
        for _ in 0..bits.number(2)? {
            bits.byte()?;
        }
    }
    let name = if flags & NAME != 0 { Some(bits.text()?) } else { None };
    if flags & COMMENT != 0 {
        bits.text()?;
    }
    if flags & HEADER_CRC != 0 {
        bits.number(2)?;
    }
    Ok(Header { name, mtime })
}

/// Whether gzip data begins here.
pub(super) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// Decompresses all members into `sink`.
pub(super) fn inflate(
    cx: &Context<'_>,
    bits: &mut Bits<'_>,
    mut sink: impl FnMut(&[u8]) -> Result<(), CommandError>,
) -> Result<Summary, Stop> {
    let mut summary = Summary::default();
    let start = bits.peek(2)?;
    if start.len() < 2 && (start.is_empty() || start[0] == 0x1f) {
        return Err(Stop::Flaw(Flaw::UnexpectedEnd));
    }
    if !is_gzip(start) {
        return Err(Stop::Flaw(Flaw::NotGzip));
    }
    let mut out = vec![0; 128 * 1024];
    let mut first = true;
    loop {
        let begin = bits.taken;
        let header = header(bits)?;
        let body = bits.taken;
        if first {
            summary.first = header;
            first = false;
        }
        let (mut machine, mut crc, mut size) = (Decompress::new(false), Hasher::new(), 0u64);
        loop {
            cx.cancel.check().map_err(|e| Stop::Other(e.into()))?;
            let input = bits.fill()?;
            let ended = input.is_empty();
            let (before_in, before_out) = (machine.total_in(), machine.total_out());
            let status = machine
                .decompress(input, &mut out, FlushDecompress::None)
                .map_err(|_| Stop::Flaw(Flaw::Format))?;
            let used = (machine.total_in() - before_in) as usize;
            let made = (machine.total_out() - before_out) as usize;
            bits.consume(used);
            crc.update(&out[..made]);
            size += made as u64;
            sink(&out[..made])?;
            match status {
                Status::StreamEnd => break,
                _ if ended && made == 0 => return Err(Stop::Flaw(Flaw::UnexpectedEnd)),
                _ => {}
            }
        }
        let end = bits.taken;
        summary.crc = crc.finalize();
        if bits.number(4)? != summary.crc {
            return Err(Stop::Flaw(Flaw::Checksum));
        }
        if bits.number(4)? != size as u32 {
            return Err(Stop::Flaw(Flaw::Length));
        }
        summary.plain += size;
        summary.overhead += body - begin + (bits.taken - end);
        summary.packed = bits.taken;
        // Zeros pad what comes from tapes; anything else must be another member.
        while bits.fill()?.first() == Some(&0) {
            let zeros = bits.fill()?.iter().take_while(|b| **b == 0).count();
            bits.consume(zeros);
        }
        let next = bits.peek(2)?;
        if !is_gzip(next) {
            summary.garbage = !next.is_empty();
            return Ok(summary);
        }
    }
}
