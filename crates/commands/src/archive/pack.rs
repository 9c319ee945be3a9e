//! Compressing and expanding a stream, for the programs of one codec each.

use std::io::{self, Read, Write};

use shell::command::{CommandError, Context};
use vfs::{Errno, VfsError};

use super::codec::Codec;
use super::files::Sink;
use crate::input::Source;

/// Why data could not be expanded.
pub(super) enum Fault {
    /// The input could not be read.
    Read(VfsError),
    /// It does not begin as such data do.
    Magic,
    /// It ends too early.
    Truncated,
    /// It is damaged.
    Corrupt,
    /// The output could not be written, or the call has ended.
    Other(CommandError),
}

/// Bytes read and bytes written.
pub(super) type Sizes = (u64, u64);

/// Counts what is read, gives the first bytes again, and keeps the error that the codec would only report as its own.
struct Tracked<'s> {
    source: &'s mut Source,
    start: &'s [u8],
    at: usize,
    count: u64,
    error: Option<VfsError>,
}

impl Read for Tracked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at < self.start.len() {
            let n = (self.start.len() - self.at).min(buf.len());
            buf[..n].copy_from_slice(&self.start[self.at..self.at + n]);
            self.at += n;
            return Ok(n);
        }
        match self.source.read(buf) {
            Ok(n) => {
                self.count += n as u64;
                Ok(n)
            }
            Err(e) => {
                self.error = Some(VfsError::from(io::Error::new(e.kind(), e.to_string())));
                Err(e)
            }
        }
    }
}

/// The first bytes of a source, to be given to [`expand`].
pub(super) fn start(source: &mut Source) -> vfs::Result<Vec<u8>> {
    let mut data = Vec::new();
    while data.len() < 8 {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        data.extend_from_slice(&chunk);
    }
    Ok(data)
}

/// Expands what `start` and then `source` give.
pub(super) fn expand(
    cx: &Context<'_>,
    codec: Codec,
    start: &[u8],
    source: &mut Source,
    sink: &mut Sink,
) -> Result<Sizes, Fault> {
    let mut input = Tracked {
        source,
        start,
        at: 0,
        count: start.len() as u64,
        error: None,
    };
    let mut written = 0;
    let result = (|| {
        let mut reader = codec.reader(&mut input).map_err(Err)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            cx.cancel.check().map_err(|e| Ok(Fault::Other(e.into())))?;
            let n = reader.read(&mut buffer).map_err(Err)?;
            if n == 0 {
                return Ok(());
            }
            written += n as u64;
            sink.write_all(&buffer[..n]).map_err(|e| Ok(Fault::Other(e.into())))?;
        }
    })();
    match result {
        Ok(()) => Ok((input.count, written)),
        Err(Ok(fault)) => Err(fault),
        Err(Err(e)) => Err(match input.error {
            Some(e) if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) => Fault::Other(e.into()),
            Some(e) => Fault::Read(e),
            None if e.kind() == io::ErrorKind::UnexpectedEof => Fault::Truncated,
            None if ["premature", "incomplete", "not finished"]
                .iter()
                .any(|w| e.to_string().contains(w)) =>
            {
                Fault::Truncated
            }
            None => Fault::Corrupt,
        }),
    }
}

/// Compresses `source` into `sink`.
pub(super) fn compress(
    cx: &Context<'_>,
    codec: Codec,
    level: Option<u32>,
    source: &mut Source,
    sink: &mut Sink,
) -> Result<Sizes, Fault> {
    let other = |e: io::Error| Fault::Other(e.into());
    let mut packer = codec.writer(Counted(sink, 0), level).map_err(other)?;
    let mut size = 0;
    loop {
        cx.cancel.check().map_err(|e| Fault::Other(e.into()))?;
        let chunk = source.chunk().map_err(Fault::Read)?;
        if chunk.is_empty() {
            break;
        }
        size += chunk.len() as u64;
        packer.write_all(&chunk).map_err(other)?;
    }
    let Counted(_, packed) = packer.finish().map_err(other)?;
    Ok((size, packed))
}

struct Counted<'s>(&'s mut Sink, u64);

impl Write for Counted<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.0.write(data)?;
        self.1 += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
