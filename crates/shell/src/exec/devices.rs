//! What the shell opens besides plain files: devices, and descriptors by name.

use std::io::SeekFrom;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use vfs::runtime::block_on;
use vfs::{Cancel, Errno, FileHandle, FileKind, OpenOptions, Stat, VPath, VfsError};

use crate::io::{Discard, OpenFile};
use crate::shell::Shell;
use crate::state::fds::Fd;

/// A file of the tree with its offset, shared by duplicates.
pub(crate) struct FsFile {
    handle: FileHandle,
    offset: Mutex<u64>,
}

impl FsFile {
    /// At the start of an open file.
    pub fn new(handle: FileHandle) -> Self {
        Self {
            handle,
            offset: Mutex::new(0),
        }
    }

    fn put(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        let mut offset = self.offset.lock();
        *offset = block_on(cancel, self.handle.write_at(*offset, data))?;
        Ok(())
    }
}

impl OpenFile for FsFile {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        let mut offset = self.offset.lock();
        let data = block_on(cancel, self.handle.read_at(*offset, max))?;
        *offset += data.len() as u64;
        Ok(data)
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> vfs::Result<()> {
        self.put(Bytes::copy_from_slice(data), cancel)
    }

    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        self.put(data, cancel)
    }

    fn give_back(&self, count: u64) {
        let mut offset = self.offset.lock();
        *offset = offset.saturating_sub(count);
    }

    fn seek(&self, to: SeekFrom, cancel: &Cancel) -> vfs::Result<u64> {
        let mut offset = self.offset.lock();
        let at = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::Current(d) => offset.checked_add_signed(d),
            SeekFrom::End(d) => block_on(cancel, self.handle.stat())?
                .size
                .unwrap_or(0)
                .checked_add_signed(d),
        };
        *offset = at.ok_or(VfsError::new(Errno::EINVAL))?;
        Ok(*offset)
    }

    fn seekable(&self) -> bool {
        true
    }

    fn stat(&self, cancel: &Cancel) -> vfs::Result<Stat> {
        block_on(cancel, self.handle.stat())
    }

    fn path(&self) -> Option<&VPath> {
        Some(self.handle.path())
    }

    fn close(&self, cancel: &Cancel) -> vfs::Result<()> {
        if self.handle.options().writes() {
            block_on(cancel, self.handle.clone().close())
        } else {
            Ok(())
        }
    }
}

/// A directory opened for reading.
pub(crate) struct Directory(pub VPath);

impl OpenFile for Directory {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Err(Errno::EISDIR.into())
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Err(Errno::EBADF.into())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(Stat::dir())
    }

    fn path(&self) -> Option<&VPath> {
        Some(&self.0)
    }
}

fn device(rdev: u64) -> Stat {
    Stat {
        rdev,
        mode: Some(0o666),
        ..Stat::new(FileKind::CharDevice)
    }
}

/// `/dev/zero`.
struct Zero;

impl OpenFile for Zero {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        cancel.check()?;
        Ok(Bytes::from_static(&ZEROS[..max.min(ZEROS.len())]))
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Ok(())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(device(0x105))
    }
}

/// `/dev/full`.
struct Full;

impl OpenFile for Full {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        Zero.read(max, cancel)
    }

    fn write(&self, data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        Err(Errno::ENOSPC.into())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(device(0x107))
    }
}

/// `/dev/urandom`.
struct Random(Mutex<u64>);

impl OpenFile for Random {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        cancel.check()?;
        let mut out = Vec::with_capacity(max.min(64 * 1024) + 8);
        let mut state = self.0.lock();
        while out.len() < max.min(64 * 1024) {
            // SplitMix64.
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            out.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
        }
        out.truncate(max.min(64 * 1024));
        Ok(out.into())
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Ok(())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(device(0x109))
    }
}

/// The descriptor that `/dev/fd/N`, `/dev/stdin` … name.
pub(crate) fn descriptor_number(path: &[u8]) -> Option<u32> {
    match path {
        b"/dev/stdin" => return Some(0),
        b"/dev/stdout" => return Some(1),
        b"/dev/stderr" => return Some(2),
        _ => {}
    }
    let digits = path
        .strip_prefix(b"/dev/fd/")
        .or_else(|| path.strip_prefix(b"/proc/self/fd/"))?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl Shell {
    /// The description of a device or of a descriptor by name; `None` for any other path.
    pub(crate) fn device(&self, path: &[u8], options: &OpenOptions) -> Option<Result<Fd, VfsError>> {
        if !path.starts_with(b"/dev/") && !path.starts_with(b"/proc/") {
            return None;
        }
        if let Some(fd) = descriptor_number(path) {
            let found = self.fds.get(fd).cloned().ok_or_else(|| {
                let errno = if path.starts_with(b"/dev/fd/") {
                    Errno::ENOENT
                } else {
                    Errno::ENXIO
                };
                VfsError::new(errno).operand(path)
            });
            // A file opened by its descriptor's name has an offset of its own on Linux.
            if let Ok(f) = &found
                && f.seekable()
                && let Some(p) = f.path()
            {
                let reopened = block_on(&self.cancel, self.fs.fs().open(p, *options));
                return Some(reopened.map(|h| Arc::new(FsFile::new(h)) as Fd));
            }
            return Some(found);
        }
        let file: Fd = match path {
            b"/dev/null" => Arc::new(Discard),
            b"/dev/zero" => Arc::new(Zero),
            b"/dev/full" => Arc::new(Full),
            b"/dev/random" | b"/dev/urandom" => {
                let seed = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |d| d.as_nanos() as u64);
                Arc::new(Random(Mutex::new(seed ^ (u64::from(self.proc.pid()) << 40))))
            }
            b"/dev/tty" => return Some(Err(VfsError::new(Errno::ENXIO).operand(path))),
            p if p.starts_with(b"/dev/tcp/") || p.starts_with(b"/dev/udp/") => {
                return Some(Err(VfsError::new(Errno::ECONNREFUSED)
                    .detail("network redirections are not supported")
                    .operand(path)));
            }
            _ => return None,
        };
        Some(Ok(file))
    }
}
