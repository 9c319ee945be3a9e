//! Open files, and reading them.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream;
use parking_lot::Mutex;
use rustix::buffer::spare_capacity;
use rustix::io::{Errno as Host, pread, pwrite};
use vfs::runtime::{may_block, unblock};
use vfs::{ByteRange, ByteStream, Errno, RandomFile, Result, SetAttr, Stat};

use super::attr::{set_fd, stat_fd};
use super::errno::host;

/// What one hop to a blocking thread reads.
const BLOCK: usize = 1 << 20;

/// Retries a system call that a signal interrupted.
pub(super) fn again<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> Result<T> {
    loop {
        match call() {
            Err(Host::INTR) => {}
            other => return other.map_err(host),
        }
    }
}

/// Up to `len` bytes from `offset`; fewer only at the end of the file.
fn read_block(fd: &OwnedFd, offset: u64, len: usize) -> Result<Vec<u8>> {
    let mut buf = Vec::with_capacity(len);
    while buf.len() < len {
        let at = offset + buf.len() as u64;
        // The vector may have more room than was asked for.
        let n = again(|| pread(fd, spare_capacity(&mut buf), at))?;
        if n == 0 {
            break;
        }
    }
    buf.truncate(len);
    Ok(buf)
}

/// Writes everything at `offset`.
pub(super) fn write_all(fd: &OwnedFd, mut data: &[u8], mut offset: u64) -> Result<()> {
    while !data.is_empty() {
        match again(|| pwrite(fd, data, offset))? {
            0 => return Err(Errno::EIO.into()),
            n => {
                data = &data[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}

/// The bytes of `range` of an open file whose stat is `stat`. The first block is read here, on the spot.
pub(super) fn read_range(fd: OwnedFd, stat: &Stat, range: ByteRange) -> Result<ByteStream> {
    let size = stat.size.unwrap_or(0);
    // The kernel's own files (/proc, /sys) say 0 and have content: read them to their end.
    let (start, end) = match size {
        0 => (range.start, range.end.unwrap_or(u64::MAX)),
        size => range.clamp(size),
    };
    if start >= end {
        return Ok(ByteStream::empty());
    }
    let want = |at: u64| usize::try_from(end - at).unwrap_or(usize::MAX).min(BLOCK);
    let first_len = if size == 0 {
        want(start).min(64 * 1024)
    } else {
        want(start)
    };
    let first = read_block(&fd, start, first_len)?;
    let at = start + first.len() as u64;
    if first.len() < first_len || at >= end {
        return Ok(ByteStream::Bytes(first.into()));
    }
    let rest = stream::try_unfold(
        (Some(Bytes::from(first)), Arc::new(fd), at),
        move |(first, fd, at)| async move {
            if let Some(first) = first {
                return Ok(Some((first, (None, fd, at))));
            }
            if at >= end {
                return Ok(None);
            }
            let len = usize::try_from(end - at).unwrap_or(usize::MAX).min(BLOCK);
            let file = fd.clone();
            let block = unblock(move || read_block(&file, at, len)).await?;
            let next = at + block.len() as u64;
            Ok((!block.is_empty()).then(|| (Bytes::from(block), (None, fd, next))))
        },
    );
    Ok(ByteStream::new(rest))
}

struct Inner {
    fd: OwnedFd,
    /// Appending moves the descriptor's own offset, from which we learn where the data went.
    appending: Mutex<()>,
}

/// An open file of the host.
pub(super) struct DiskFile(Arc<Inner>);

impl DiskFile {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self(Arc::new(Inner {
            fd,
            appending: Mutex::new(()),
        }))
    }

    async fn call<T: Send + 'static>(&self, f: impl FnOnce(&Inner) -> Result<T> + Send + 'static) -> Result<T> {
        let inner = self.0.clone();
        unblock(move || f(&inner)).await
    }
}

impl Inner {
    #[cfg(target_os = "linux")]
    fn append(&self, mut data: &[u8]) -> Result<u64> {
        use rustix::fs::{SeekFrom, seek};
        use rustix::io::{IoSlice, ReadWriteFlags, pwritev2};
        let _alone = self.appending.lock();
        let mut at = None;
        while !data.is_empty() {
            let wrote = again(|| pwritev2(&self.fd, &[IoSlice::new(data)], u64::MAX, ReadWriteFlags::APPEND))?;
            if wrote == 0 {
                return Err(Errno::EIO.into());
            }
            let end = again(|| seek(&self.fd, SeekFrom::Current(0)))?;
            at.get_or_insert(end.saturating_sub(wrote as u64));
            data = &data[wrote..];
        }
        match at {
            Some(at) => Ok(at),
            None => Ok(stat_fd(&self.fd)?.size.unwrap_or(0)),
        }
    }

    /// Atomic among the users of this handle; among others only as far as `O_APPEND`, with which an appending handle is
    /// opened, makes it so.
    #[cfg(not(target_os = "linux"))]
    fn append(&self, data: &[u8]) -> Result<u64> {
        let _alone = self.appending.lock();
        let at = stat_fd(&self.fd)?.size.unwrap_or(0);
        write_all(&self.fd, data, at)?;
        Ok(at)
    }
}

#[async_trait]
impl RandomFile for DiskFile {
    async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.call(move |f| {
            // A caller may ask for far more than there is; do not reserve room for it.
            let len = if len > BLOCK {
                let left = stat_fd(&f.fd)?.size.unwrap_or(0).saturating_sub(offset);
                len.min(usize::try_from(left).unwrap_or(usize::MAX))
            } else {
                len
            };
            Ok(read_block(&f.fd, offset, len)?.into())
        })
        .await
    }

    async fn read_into(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        if !may_block() {
            let block = self.read_at(offset, buf.len()).await?;
            buf[..block.len()].copy_from_slice(&block);
            return Ok(block.len());
        }
        let mut done = 0;
        while done < buf.len() {
            match again(|| pread(&self.0.fd, &mut buf[done..], offset + done as u64))? {
                0 => break,
                n => done += n,
            }
        }
        Ok(done)
    }

    async fn write_at(&self, offset: u64, data: Bytes) -> Result<()> {
        self.call(move |f| write_all(&f.fd, &data, offset)).await
    }

    async fn append(&self, data: Bytes) -> Result<u64> {
        self.call(move |f| f.append(&data)).await
    }

    async fn truncate(&self, len: u64) -> Result<()> {
        self.call(move |f| again(|| rustix::fs::ftruncate(&f.fd, len))).await
    }

    #[cfg(target_os = "linux")]
    async fn allocate(&self, offset: u64, len: u64, keep_size: bool) -> Result<()> {
        use rustix::fs::FallocateFlags as Flags;
        let flags = if keep_size { Flags::KEEP_SIZE } else { Flags::empty() };
        self.call(move |f| again(|| rustix::fs::fallocate(&f.fd, flags, offset, len)))
            .await
    }

    #[cfg(target_os = "linux")]
    async fn punch_hole(&self, offset: u64, len: u64) -> Result<()> {
        use rustix::fs::FallocateFlags as Flags;
        let flags = Flags::PUNCH_HOLE | Flags::KEEP_SIZE;
        self.call(move |f| again(|| rustix::fs::fallocate(&f.fd, flags, offset, len)))
            .await
    }

    #[cfg(target_os = "linux")]
    async fn seek_data(&self, offset: u64, hole: bool) -> Result<u64> {
        use rustix::fs::{SeekFrom, seek};
        self.call(move |f| {
            // Appending learns from the descriptor's offset where it wrote.
            let _alone = f.appending.lock();
            let to = if hole {
                SeekFrom::Hole(offset)
            } else {
                SeekFrom::Data(offset)
            };
            again(|| seek(&f.fd, to))
        })
        .await
    }

    async fn sync(&self, data_only: bool) -> Result<()> {
        self.call(move |f| {
            again(|| {
                if data_only {
                    rustix::fs::fdatasync(&f.fd)
                } else {
                    rustix::fs::fsync(&f.fd)
                }
            })
        })
        .await
    }

    async fn stat(&self) -> Result<Stat> {
        self.call(|f| stat_fd(&f.fd)).await
    }

    async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        self.call(move |f| set_fd(&f.fd, &attr)).await
    }
}
