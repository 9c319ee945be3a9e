//! The compressions by themselves, as readers and writers.

use std::io::{self, Read, Write};

/// Which compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    Bzip2,
    Xz,
    Lzma,
    Zstd,
}

/// Most memory that an xz stream may ask for.
const XZ_MEMORY: u64 = 1 << 30;

impl Codec {
    /// What data begins with (file magic).
    pub(crate) fn detect(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x5d, 0, 0, ..] => Some(Self::Lzma),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The name of the program that does this.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
        }
    }

    /// What `source` decompresses to, all streams that follow each other.
    pub(crate) fn reader<'s>(self, source: impl Read + 's) -> io::Result<Box<dyn Read + 's>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::read::MultiGzDecoder::new(source)),
            Self::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(source)),
            Self::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::read::XzDecoder::new_stream(source, stream))
            }
            Self::Lzma => {
                let stream = liblzma::stream::Stream::new_lzma_decoder(XZ_MEMORY)?;
                Box::new(liblzma::read::XzDecoder::new_stream(source, stream))
            }
            Self::Zstd => Box::new(zstd::stream::read::Decoder::new(source)?),
        })
    }

    /// A writer that compresses into `sink`.
    pub(super) fn writer<W: Write>(self, sink: W, level: Option<u32>) -> io::Result<Packer<W>> {
        Ok(match self {
            Self::Gzip => Packer::Gzip(
                flate2::GzBuilder::new()
                    .operating_system(3)
                    .write(sink, flate2::Compression::new(level.unwrap_or(6).max(2))),
            ),
            Self::Bzip2 => Packer::Bzip2(bzip2::write::BzEncoder::new(
                sink,
                bzip2::Compression::new(level.unwrap_or(9).max(1)),
            )),
            Self::Xz => Packer::Xz(liblzma::write::XzEncoder::new(sink, level.unwrap_or(6))),
            Self::Lzma => {
                let options = liblzma::stream::LzmaOptions::new_preset(level.unwrap_or(6))?;
                let stream = liblzma::stream::Stream::new_lzma_encoder(&options)?;
                Packer::Xz(liblzma::write::XzEncoder::new_stream(sink, stream))
            }
            Self::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(sink, level.map_or(3, |l| l as i32))?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
        })
    }
}

/// A compressing writer; only [`Packer::finish`] completes the data.
pub(super) enum Packer<W: Write> {
    Plain(W),
    Gzip(flate2::write::GzEncoder<W>),
    Bzip2(bzip2::write::BzEncoder<W>),
    Xz(liblzma::write::XzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    /// Writes what is left, and gives back the sink.
    pub(super) fn finish(self) -> io::Result<W> {
        match self {
            Self::Plain(w) => Ok(w),
            Self::Gzip(w) => w.finish(),
            Self::Bzip2(w) => w.finish(),
            Self::Xz(w) => w.finish(),
            Self::Zstd(w) => w.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(w) => w.write(data),
            Self::Gzip(w) => w.write(data),
            Self::Bzip2(w) => w.write(data),
            Self::Xz(w) => w.write(data),
            Self::Zstd(w) => w.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(w) => w.flush(),
            Self::Gzip(w) => w.flush(),
            Self::Bzip2(w) => w.flush(),
            Self::Xz(w) => w.flush(),
            Self::Zstd(w) => w.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_goes_there_and_back_and_is_recognised() {
        let data: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        for codec in [Codec::Gzip, Codec::Bzip2, Codec::Xz, Codec::Lzma, Codec::Zstd] {
            let mut packer = codec.writer(Vec::new(), None).unwrap();
            packer.write_all(&data).unwrap();
            let packed = packer.finish().unwrap();
            assert_eq!(Codec::detect(&packed), Some(codec));
            let mut back = Vec::new();
            codec.reader(&packed[..]).unwrap().read_to_end(&mut back).unwrap();
            assert!(back == data, "{codec:?}");
        }
    }
}
