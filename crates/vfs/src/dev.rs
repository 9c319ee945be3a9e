//! `/dev`: the devices that every program expects.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};

use crate::error::{Errno, Result, VfsError};
use crate::handle::OpenOptions;
use crate::path::VPath;
use crate::resource::{Capabilities, DirEntry, RandomFile, Resource, SetAttr, WriteOptions};
use crate::stat::{FileKind, Fingerprint, Stat};
use crate::stream::{ByteRange, ByteStream, EntryStream};

/// Bytes per chunk of an endless device.
const CHUNK: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    Null,
    Zero,
    Full,
    Random,
}

/// Name, meaning and Linux's minor number (major 1) of every device.
const DEVICES: [(&[u8], Device, u64); 5] = [
    (b"full", Device::Full, 7),
    (b"null", Device::Null, 3),
    (b"random", Device::Random, 8),
    (b"urandom", Device::Random, 9),
    (b"zero", Device::Zero, 5),
];

/// `null`, `zero`, `full`, `random` and `urandom`. Names that stand for open descriptors (`stdin`, `fd/3`) are the shell's.
pub struct Dev;

impl Device {
    fn chunk(self, len: usize) -> Bytes {
        match self {
            Self::Null => Bytes::new(),
            Self::Zero | Self::Full => {
                static ZEROS: [u8; CHUNK] = [0; CHUNK];
                if len <= CHUNK {
                    Bytes::from_static(&ZEROS[..len])
                } else {
                    BytesMut::zeroed(len).freeze()
                }
            }
            Self::Random => {
                let mut out = BytesMut::zeroed(len);
                randomize(&mut out);
                out.freeze()
            }
        }
    }

    fn accept(self, data: &Bytes) -> Result<()> {
        if self == Self::Full && !data.is_empty() {
            return Err(VfsError::new(Errno::ENOSPC));
        }
        Ok(())
    }
}

/// Fills `out` from a generator (xoshiro256++) that each thread seeds from the operating system's randomness. Not meant for keys.
fn randomize(out: &mut [u8]) {
    thread_local!(static STATE: Cell<[u64; 4]> = Cell::new(std::array::from_fn(|i| {
        let mut h = RandomState::new().build_hasher();
        h.write_usize(i);
        h.finish() | 1
    })));
    STATE.with(|cell| {
        let mut s = cell.get();
        for part in out.chunks_mut(8) {
            let word = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
            let t = s[1] << 17;
            s[2] ^= s[0];
            s[3] ^= s[1];
            s[1] ^= s[2];
            s[0] ^= s[3];
            s[2] ^= t;
            s[3] = s[3].rotate_left(45);
            part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
        }
        cell.set(s);
    });
}

fn device(path: &VPath) -> Result<Device> {
    if path.is_root() {
        return Err(VfsError::new(Errno::EISDIR));
    }
    let rest = &path.as_bytes()[1..];
    let name = rest.split(|b| *b == b'/').next().unwrap_or(rest);
    match DEVICES.iter().find(|(n, ..)| *n == name) {
        Some((_, device, _)) if name.len() == rest.len() => Ok(*device),
        Some(_) => Err(VfsError::new(Errno::ENOTDIR)),
        None => Err(VfsError::new(Errno::ENOENT)),
    }
}

fn device_stat(minor: u64) -> Stat {
    Stat {
        mode: Some(0o666),
        size: Some(0),
        uid: Some(0),
        gid: Some(0),
        rdev: 1 << 8 | minor,
        ino: minor,
        blocks: Some(0),
        ..Stat::new(FileKind::CharDevice)
    }
}

fn refused<T>(path: &VPath) -> Result<T> {
    // A name in use keeps its own errno; anything new is refused as by a devtmpfs without rights.
    match device(path) {
        Err(e) if e.errno() == Errno::ENOENT => Err(VfsError::new(Errno::EACCES)),
        Err(e) => Err(e),
        Ok(_) => Err(VfsError::new(Errno::EPERM)),
    }
}

#[async_trait]
impl Resource for Dev {
    fn kind(&self) -> &str {
        "dev"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: true,
            random_access: true,
            append: true,
            // The names are fixed: every change to them is refused here rather than emulated.
            rename: true,
            symlinks: true,
            hard_links: true,
            attributes: true,
            directories: true,
            copy: false,
            flat_list: false,
            remote: false,
            instant: true,
        }
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        if path.is_root() {
            return Ok(Stat {
                mode: Some(0o755),
                uid: Some(0),
                gid: Some(0),
                ino: 1000,
                ..Stat::dir()
            });
        }
        let found = device(path)?;
        let minor = DEVICES
            .iter()
            .find(|(name, d, _)| *d == found && *name == &path.as_bytes()[1..])
            .map_or(0, |(.., minor)| *minor);
        Ok(device_stat(minor))
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        if !path.is_root() {
            device(path)?;
            return Err(VfsError::new(Errno::ENOTDIR));
        }
        Ok(EntryStream::ready(
            DEVICES
                .iter()
                .map(|(name, _, minor)| DirEntry {
                    name: (*name).into(),
                    stat: Some(device_stat(*minor)),
                })
                .collect(),
        ))
    }

    async fn read(&self, path: &VPath, range: ByteRange, _: Option<&Fingerprint>) -> Result<ByteStream> {
        let device = device(path)?;
        if device == Device::Null {
            return Ok(ByteStream::empty());
        }
        let total = range.end.map_or(u64::MAX, |end| end.saturating_sub(range.start));
        if total <= CHUNK as u64 {
            return Ok(device.chunk(total as usize).into());
        }
        Ok(ByteStream::new(
            stream::unfold(total, move |left| async move {
                let n = left.min(CHUNK as u64);
                (n > 0).then(|| (Ok(device.chunk(n as usize)), left - n))
            })
            .boxed(),
        ))
    }

    async fn open(&self, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        match device(path) {
            Ok(_) if options.create && options.exclusive => Err(VfsError::new(Errno::EEXIST)),
            Ok(device) => Ok(Arc::new(OpenDevice(device))),
            Err(e) if e.errno() == Errno::ENOENT && options.create => Err(VfsError::new(Errno::EACCES)),
            Err(e) => Err(e),
        }
    }

    async fn write(&self, path: &VPath, body: ByteStream, _: &WriteOptions) -> Result<Stat> {
        let device = match device(path) {
            Err(e) if e.errno() == Errno::ENOENT => return Err(VfsError::new(Errno::EACCES)),
            other => other?,
        };
        let mut body = body;
        while let Some(chunk) = body.next().await {
            device.accept(&chunk?)?;
        }
        self.stat(path).await
    }

    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        self.write(path, body, &WriteOptions::default()).await
    }

    async fn truncate(&self, path: &VPath, _: u64) -> Result<()> {
        device(path)?;
        Err(VfsError::new(Errno::EINVAL))
    }

    async fn mkdir(&self, path: &VPath, _: Option<u32>) -> Result<()> {
        match device(path) {
            Ok(_) => Err(VfsError::new(Errno::EEXIST)),
            Err(_) => refused(path),
        }
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        device(path)?;
        refused(path)
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        device(path)?;
        Err(VfsError::new(Errno::ENOTDIR))
    }

    async fn rename(&self, from: &VPath, to: &VPath, _: crate::resource::RenameMode) -> Result<()> {
        device(from)?;
        refused(to)
    }

    async fn symlink(&self, _: &[u8], path: &VPath) -> Result<()> {
        match device(path) {
            Ok(_) => Err(VfsError::new(Errno::EEXIST)),
            Err(_) => refused(path),
        }
    }

    async fn link(&self, _: &VPath, new: &VPath) -> Result<()> {
        match device(new) {
            Ok(_) => Err(VfsError::new(Errno::EEXIST)),
            Err(_) => refused(new),
        }
    }

    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        // Times of a device may be "touched" by scripts; modes and owners are fixed.
        if path.is_root() || attr.mode.is_some() || attr.uid.is_some() || attr.gid.is_some() {
            return Err(VfsError::new(Errno::EPERM));
        }
        device(path).map(drop)
    }
}

struct OpenDevice(Device);

#[async_trait]
impl RandomFile for OpenDevice {
    async fn read_at(&self, _: u64, len: usize) -> Result<Bytes> {
        Ok(self.0.chunk(len))
    }

    async fn write_at(&self, _: u64, data: Bytes) -> Result<()> {
        self.0.accept(&data)
    }

    async fn append(&self, data: Bytes) -> Result<u64> {
        self.0.accept(&data).map(|()| 0)
    }

    async fn truncate(&self, _: u64) -> Result<()> {
        Err(VfsError::new(Errno::EINVAL))
    }

    async fn sync(&self, _: bool) -> Result<()> {
        Ok(())
    }

    async fn stat(&self) -> Result<Stat> {
        let minor = DEVICES.iter().find(|(_, d, _)| *d == self.0).map_or(0, |(.., m)| *m);
        Ok(device_stat(minor))
    }

    async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        Dev.set_attr(&VPath::new("/null")?, attr).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;
    use crate::runtime::block_on;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    #[test]
    fn devices_read_and_write_as_linux_ones_do() {
        let none = Cancel::new();
        let read = |path: &str, n| {
            let s = block_on(&none, Dev.read(&p(path), ByteRange::at(0, n), None)).unwrap();
            block_on(&none, s.collect()).unwrap()
        };
        assert!(read("/null", 10).is_empty());
        assert_eq!(read("/zero", 200_000).len(), 200_000);
        assert_ne!(read("/urandom", 32), read("/urandom", 32));
        let write = |path: &str| {
            block_on(
                &none,
                Dev.write(&p(path), Bytes::from_static(b"x").into(), &WriteOptions::default()),
            )
            .map(drop)
            .map_err(|e| e.errno())
        };
        assert_eq!(write("/null"), Ok(()));
        assert_eq!(write("/full"), Err(Errno::ENOSPC));
        assert_eq!(write("/new"), Err(Errno::EACCES));
        assert_eq!(write("/null/x"), Err(Errno::ENOTDIR));
    }
}
