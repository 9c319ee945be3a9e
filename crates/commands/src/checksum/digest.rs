//! The algorithms.

use blake2b_simd::{Params, State};
use digest::{Digest, DynDigest};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use shell::command::{CommandError, Context};
use sm3::Sm3;

use super::crc::{Bsd, Crc, SysV};
use crate::input::Source;

/// Which checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Bsd,
    SysV,
    Crc,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Blake2b,
    Sm3,
}

impl Algorithm {
    /// Those that can be verified, as tagged lines name them.
    pub(super) const TAGGED: &[Self] = &[
        Self::Md5,
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Blake2b,
        Self::Sm3,
    ];

    /// The name in tagged lines and messages.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Bsd => "BSD",
            Self::SysV => "SYSV",
            Self::Crc => "CRC",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Blake2b => "BLAKE2b",
            Self::Sm3 => "SM3",
        }
    }

    /// Whether it is one of the old sums, which are numbers and cannot be verified.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Bsd | Self::SysV | Self::Crc)
    }

    /// Length of the digest in bytes.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Bsd | Self::SysV | Self::Crc => 0,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 | Self::Sm3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 | Self::Blake2b => 64,
        }
    }

    fn hasher(self, len: usize) -> Hasher {
        match self {
            Self::Bsd => Hasher::Bsd(Bsd::default()),
            Self::SysV => Hasher::SysV(SysV::default()),
            Self::Crc => Hasher::Crc(Crc::default()),
            Self::Md5 => Hasher::of::<Md5>(),
            Self::Sha1 => Hasher::of::<Sha1>(),
            Self::Sha224 => Hasher::of::<Sha224>(),
            Self::Sha256 => Hasher::of::<Sha256>(),
            Self::Sha384 => Hasher::of::<Sha384>(),
            Self::Sha512 => Hasher::of::<Sha512>(),
            Self::Sm3 => Hasher::of::<Sm3>(),
            Self::Blake2b => Hasher::Blake2b(Box::new(Params::new().hash_length(len.clamp(1, 64)).to_state())),
        }
    }

    /// Sums up all of `source`. `len` is the digest's length in bytes where it can be chosen.
    pub(super) fn sum(
        self,
        cx: &Context<'_>,
        source: &mut Source,
        len: usize,
    ) -> Result<vfs::Result<Sum>, CommandError> {
        let mut hasher = self.hasher(len);
        let mut size = 0u64;
        loop {
            cx.cancel.check()?;
            let chunk = match source.chunk() {
                Ok(chunk) => chunk,
                Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
                Err(e) => return Ok(Err(e)),
            };
            if chunk.is_empty() {
                break;
            }
            size += chunk.len() as u64;
            hasher.update(&chunk);
        }
        Ok(Ok(hasher.finish(size)))
    }
}

enum Hasher {
    Bsd(Bsd),
    SysV(SysV),
    Crc(Crc),
    Plain(Box<dyn DynDigest>),
    Blake2b(Box<State>),
}

/// A result.
pub(super) enum Sum {
    /// A number, and the size of the input.
    Number(u32, u64),
    /// A digest.
    Digest(Box<[u8]>),
}

impl Hasher {
    fn of<D: Digest + DynDigest + 'static>() -> Self {
        Self::Plain(Box::new(D::new()))
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Bsd(h) => h.update(data),
            Self::SysV(h) => h.update(data),
            Self::Crc(h) => h.update(data),
            Self::Plain(h) => h.update(data),
            Self::Blake2b(h) => drop(h.update(data)),
        }
    }

    fn finish(self, size: u64) -> Sum {
        match self {
            Self::Bsd(h) => Sum::Number(h.finish(), size),
            Self::SysV(h) => Sum::Number(h.finish(), size),
            Self::Crc(h) => Sum::Number(h.finish(size), size),
            Self::Plain(h) => Sum::Digest(h.finalize()),
            Self::Blake2b(h) => Sum::Digest(h.finalize().as_bytes().into()),
        }
    }
}

/// Appends bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    for b in bytes {
        out.push(b"0123456789abcdef"[usize::from(b >> 4)]);
        out.push(b"0123456789abcdef"[usize::from(b & 15)]);
    }
}
