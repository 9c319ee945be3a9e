//! Parts of files: room, holes, copies inside the mount.

use vfs::{Errno, Result};

use crate::core::Core;
use crate::handles::Body;

/// What is copied at a time.
const BLOCK: usize = 1 << 20;

impl Core {
    fn file(&self, fh: u64) -> Result<vfs::FileHandle> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        match &handle.body {
            Body::File(file) => Ok(file.clone()),
            _ => Err(Errno::EBADF.into()),
        }
    }

    /// `fallocate(2)` with its flags.
    pub(crate) async fn allocate(&self, fh: u64, offset: u64, len: u64, flags: i32) -> Result<()> {
        let file = self.file(fh)?;
        const KEEP: i32 = libc::FALLOC_FL_KEEP_SIZE;
        const PUNCH: i32 = libc::FALLOC_FL_PUNCH_HOLE | KEEP;
        const ZERO: i32 = libc::FALLOC_FL_ZERO_RANGE;
        match flags {
            0 => file.allocate(offset, len, false).await,
            KEEP => file.allocate(offset, len, true).await,
            PUNCH => file.punch_hole(offset, len).await,
            _ if flags & !KEEP == ZERO => {
                file.punch_hole(offset, len).await?;
                file.allocate(offset, len, flags & KEEP != 0).await
            }
            _ => Err(Errno::ENOTSUP.into()),
        }
    }

    /// Where data (or a hole) begins at or after `offset`; `ENXIO` past the end.
    pub(crate) async fn seek(&self, fh: u64, offset: u64, hole: bool) -> Result<u64> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        match &handle.body {
            Body::File(file) => file.seek_data(offset, hole).await,
            Body::Fetched(content) => {
                let end = content.finished().await?;
                match offset {
                    at if at >= end => Err(Errno::ENXIO.into()),
                    _ if hole => Ok(end),
                    at => Ok(at),
                }
            }
            Body::Dir(_) => Err(Errno::EBADF.into()),
        }
    }

    /// Copies at most `len` bytes between files of the mount; how many.
    pub(crate) async fn copy_range(&self, from: (u64, u64), to: (u64, u64), len: u64) -> Result<u64> {
        let (source, target) = (self.file(from.0)?, self.file(to.0)?);
        let mut done = 0;
        while done < len {
            let want = usize::try_from(len - done).unwrap_or(BLOCK).min(BLOCK);
            let part = source.read_at(from.1 + done, want).await?;
            if part.is_empty() {
                break;
            }
            let got = part.len() as u64;
            target.write_at(to.1 + done, part).await?;
            done += got;
        }
        Ok(done)
    }
}
