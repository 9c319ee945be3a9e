//! Opening the archive, through whatever compresses it.

use std::io::{self, Cursor, Read, Write};

use shell::command::{CommandError, Context};
use vfs::OpenOptions;
use vfs::blocking::File;

use super::read::Reader;
use super::settings::Settings;
use crate::archive::codec::{Codec, Packer};
use crate::input::{self, Source};

/// What ends everything.
pub(super) fn fatal(message: impl AsRef<[u8]>) -> CommandError {
    CommandError::fail(
        2,
        [message.as_ref(), b"\ntar: Error is not recoverable: exiting now"].concat(),
    )
}

/// `tar: x.tar: Cannot open: …`
pub(super) fn cannot_open(s: &Settings, e: &vfs::VfsError) -> CommandError {
    fatal([&s.archive[..], b": Cannot open: ", e.gnu_text().as_bytes()].concat())
}

/// Opens the archive for reading. What it is compressed with is seen from its first bytes, unless it is a stream.
pub(super) fn reader<'r>(cx: &mut Context<'_>, s: &Settings) -> Result<Reader<'r>, CommandError> {
    let mut source: Source = if s.streams() {
        input::stdin(cx)
    } else {
        input::open_range(cx, &s.archive, vfs::ByteRange::ALL).map_err(|e| cannot_open(s, &e))?
    };
    let mut start = Vec::new();
    while start.len() < 512 {
        let chunk = source.chunk().map_err(|e| match e.errno() {
            vfs::Errno::EISDIR => fatal([&s.archive[..], b": Cannot read: Is a directory"].concat()),
            _ => e.into(),
        })?;
        if chunk.is_empty() {
            break;
        }
        start.extend_from_slice(&chunk);
    }
    let found = Codec::detect(&start);
    let looks_like_tar = start.len() >= 262 && &start[257..262] == b"ustar";
    let codec = match (s.codec, found) {
        (Some(asked), Some(found)) if asked != found => found,
        (Some(asked), None) if !start.is_empty() => return Err(wrong_format(cx, asked)),
        (Some(asked), _) => Some(asked).filter(|_| !start.is_empty()).unwrap_or(asked),
        (None, Some(found)) if !looks_like_tar => {
            if s.streams() {
                let letter = match found {
                    Codec::Gzip => "-z",
                    Codec::Bzip2 => "-j",
                    Codec::Xz => "-J",
                    Codec::Lzma => "--lzma",
                    Codec::Zstd => "--zstd",
                };
                return Err(fatal(format!("Archive is compressed. Use {letter} option")));
            }
            found
        }
        _ => return Ok(Reader::new(Box::new(Cursor::new(start).chain(source)))),
    };
    if start.is_empty() {
        return Ok(Reader::new(Box::new(io::empty())));
    }
    Ok(Reader::new(codec.reader(Cursor::new(start).chain(source))?))
}

/// What the compressor says when the data is not its own, and what tar adds.
fn wrong_format(cx: &mut Context<'_>, codec: Codec) -> CommandError {
    let text = match codec {
        Codec::Gzip => "\ngzip: stdin: not in gzip format\n".to_owned(),
        Codec::Bzip2 => "bzip2: (stdin) is not a bzip2 file.\n".to_owned(),
        Codec::Zstd => "zstd: /*stdin*\\: unsupported format \n".to_owned(),
        other => format!("{}: (stdin): File format not recognized\n", other.program()),
    };
    // A closed standard error is no reason to fail otherwise.
    let _ = cx.stderr.write_all(text.as_bytes());
    cx.warn(if codec == Codec::Bzip2 {
        "Child returned status 2"
    } else {
        "Child returned status 1"
    });
    CommandError::fail(2, "Error is not recoverable: exiting now")
}

/// Where an archive is written to.
pub(super) enum Target {
    Stdout(shell::io::Output),
    File(File),
}

impl Write for Target {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(data),
            Self::File(file) => file.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => Ok(out.flush_now()?),
            Self::File(_) => Ok(()),
        }
    }
}

/// An archive being written.
pub(super) struct Writer {
    packer: Packer<Target>,
    pub(super) written: u64,
    record: u64,
}

impl Writer {
    /// Makes the archive.
    pub(super) fn create(cx: &Context<'_>, s: &Settings) -> Result<Self, CommandError> {
        let target = if s.streams() {
            Target::Stdout(cx.stdout.duplicate())
        } else {
            let options = OpenOptions {
                mode: Some(0o666 & !cx.umask),
                ..OpenOptions::writing()
            };
            let file = cx
                .path(&s.archive)
                .and_then(|p| cx.fs.open(&p, options))
                .map_err(|e| cannot_open(s, &e))?;
            Target::File(file)
        };
        let packer = match s.codec {
            Some(codec) => codec.writer(target, None)?,
            None => Packer::Plain(target),
        };
        Ok(Self {
            packer,
            written: 0,
            record: s.record as u64,
        })
    }

    /// Goes on in an archive that is open and has `at` bytes before.
    pub(super) fn resume(file: File, at: u64, s: &Settings) -> Self {
        Self {
            packer: Packer::Plain(Target::File(file)),
            written: at,
            record: s.record as u64,
        }
    }

    pub(super) fn put(&mut self, data: &[u8]) -> Result<(), CommandError> {
        self.packer.write_all(data)?;
        self.written += data.len() as u64;
        Ok(())
    }

    /// Fills up to the next block.
    pub(super) fn pad(&mut self) -> Result<(), CommandError> {
        let missing = self.written.next_multiple_of(512) - self.written;
        self.put(&[0; 512][..missing as usize])
    }

    /// Ends the archive: two blocks of zeros, and zeros up to a whole record.
    pub(super) fn finish(mut self) -> Result<u64, CommandError> {
        self.put(&[0; 1024])?;
        let missing = self.written.next_multiple_of(self.record) - self.written;
        self.put(&vec![0; missing as usize])?;
        let total = self.written;
        match self.packer.finish()? {
            Target::Stdout(mut out) => out.flush_now()?,
            Target::File(file) => file.close()?,
        }
        Ok(total)
    }
}
