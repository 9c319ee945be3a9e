//! [`Resource`]: what a backend is. Paths are mount-relative: `/` is the mount's root.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{Errno, Result, VfsError};
use crate::handle::OpenOptions;
use crate::path::VPath;
use crate::stat::{FileKind, Fingerprint, Stat, Time};
use crate::stream::{ByteRange, ByteStream, EntryStream};

/// What a backend can do by itself. The core emulates the rest once for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// `write`, `mkdir`, `remove`, `rmdir` work. Without it every change is `EROFS`.
    pub write: bool,
    /// `open` gives files with real random access, and unlinked files stay readable through open handles.
    pub random_access: bool,
    /// `append` works without reading what is there.
    pub append: bool,
    /// `rename` is atomic, for files and trees.
    pub rename: bool,
    /// `copy` happens inside the backend.
    pub copy: bool,
    /// Symbolic links live in the backend (`symlink`, `read_link`); without it the namespace keeps them.
    pub symlinks: bool,
    /// Hard links.
    pub hard_links: bool,
    /// `set_attr` keeps modes, owners and times; without it the namespace keeps them in an overlay.
    pub attributes: bool,
    /// Directories exist by themselves; without it they exist as long as something lies below them.
    pub directories: bool,
    /// `flat_list` lists a whole subtree in few requests.
    pub flat_list: bool,
    /// Bytes and listings come from far away: worth caching, prefetching and reading in parallel.
    pub remote: bool,
    /// Every call answers at once from memory, without I/O.
    pub instant: bool,
}

impl Capabilities {
    /// Nothing but `stat`, `list` and `read`.
    pub const READ_ONLY: Self = Self {
        write: false,
        random_access: false,
        append: false,
        rename: false,
        copy: false,
        symlinks: false,
        hard_links: false,
        attributes: false,
        directories: true,
        flat_list: false,
        remote: true,
        instant: false,
    };
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The name: no `/`, no NUL, not `.` or `..`.
    pub name: Box<[u8]>,
    /// Its stat (of the link itself, if it is one) where the listing gave it for free.
    pub stat: Option<Stat>,
}

/// One path of a flat listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Mount-relative path.
    pub path: VPath,
    /// Its stat.
    pub stat: Stat,
}

/// What must hold for a write to go through (RFC 9110 section 13); otherwise `ESTALE` (or `EEXIST` for `Absent`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// Nothing.
    #[default]
    None,
    /// The file must not exist.
    Absent,
    /// The file's content must still have this fingerprint.
    Matches(Fingerprint),
}

/// How to write a whole file.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// What must hold.
    pub precondition: Precondition,
    /// Permission bits for a file that is created (the caller has applied its umask); the backend's default if `None`.
    pub mode: Option<u32>,
    /// MIME type to store, where the backend stores one.
    pub content_type: Option<Arc<str>>,
}

/// Attributes to change; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetAttr {
    /// Permission bits (12 bits).
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Last access.
    pub atime: Option<Time>,
    /// Last modification.
    pub mtime: Option<Time>,
}

/// How [`Resource::rename`] treats an existing target (`renameat2(2)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RenameMode {
    /// Replace it, as POSIX `rename` does.
    #[default]
    Replace,
    /// `EEXIST`.
    NoReplace,
    /// Exchange the two.
    Exchange,
}

/// What [`Resource::set_xattr`] demands of an attribute of that name (`setxattr(2)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum XattrMode {
    /// Nothing.
    #[default]
    Any,
    /// It must not exist (`EEXIST`).
    Create,
    /// It must exist (`ENODATA`).
    Replace,
}

/// Totals of a file system (POSIX `statvfs`), for `df` and `statfs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpaceInfo {
    /// Bytes in all.
    pub total: u64,
    /// Bytes free.
    pub free: u64,
    /// Files in all.
    pub files: u64,
    /// Files that can still be made.
    pub files_free: u64,
}

/// An open file of a backend with real random access. Stays valid after the name is gone.
#[async_trait]
pub trait RandomFile: Send + Sync {
    /// Up to `len` bytes from `offset`; fewer only at the end of the file. Zero-copy where the backend can.
    async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes>;
    /// Fills `buf` from `offset`; returns how many bytes, fewer only at the end of the file.
    async fn read_into(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let b = self.read_at(offset, buf.len()).await?;
        buf[..b.len()].copy_from_slice(&b);
        Ok(b.len())
    }
    /// Writes all of `data` at `offset`, filling a gap with zeros.
    async fn write_at(&self, offset: u64, data: Bytes) -> Result<()>;
    /// Writes `data` at the end, wherever that is by then, atomically; returns the offset it went to.
    async fn append(&self, data: Bytes) -> Result<u64>;
    /// Cuts or extends (with zeros) to `len` bytes.
    async fn truncate(&self, len: u64) -> Result<()>;
    /// Makes what was written durable.
    async fn sync(&self, data_only: bool) -> Result<()>;
    /// The open file's stat.
    async fn stat(&self) -> Result<Stat>;
    /// Changes the open file's attributes.
    async fn set_attr(&self, attr: SetAttr) -> Result<()>;
    /// Makes sure that `offset..offset + len` can be written without running out of space, as far as the backend can, and
    /// extends the file to its end unless `keep_size` (`fallocate(2)`).
    async fn allocate(&self, offset: u64, len: u64, keep_size: bool) -> Result<()> {
        let end = offset.checked_add(len).ok_or(Errno::EFBIG)?;
        if !keep_size && self.stat().await?.size.is_none_or(|size| size < end) {
            self.truncate(end).await?;
        }
        Ok(())
    }
    /// Makes `offset..offset + len` read as zeros and gives its space back where the backend can; the size stays
    /// (`FALLOC_FL_PUNCH_HOLE`).
    async fn punch_hole(&self, offset: u64, len: u64) -> Result<()> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        let size = self.stat().await?.size.unwrap_or(0);
        let (mut at, end) = (offset, offset.saturating_add(len).min(size));
        while at < end {
            let n = (end - at).min(ZEROS.len() as u64);
            self.write_at(at, Bytes::from_static(&ZEROS[..n as usize])).await?;
            at += n;
        }
        Ok(())
    }
    /// The first offset at or after `offset` where data is, or with `hole` where a hole is; the end of the file counts as a
    /// hole. `ENXIO` when there is none or `offset` is past the end (`lseek(2)`, `SEEK_DATA` and `SEEK_HOLE`).
    async fn seek_data(&self, offset: u64, hole: bool) -> Result<u64> {
        let size = self.stat().await?.size.unwrap_or(0);
        match offset {
            at if at >= size => Err(Errno::ENXIO.into()),
            _ if hole => Ok(size),
            at => Ok(at),
        }
    }
}

/// A backend. Only `kind`, `capabilities`, `stat`, `list` and `read` are required; the defaults answer `ENOTSUP`.
///
/// Rules that every backend follows, checked by the behaviour suite: errnos are POSIX's; `stat` never follows a link; a path
/// that runs *through* (or, for `read`/`list`/`open`/`write`, *ends in*) a symbolic link of the backend answers
/// [`VfsError::link`] and the namespace follows it; missing parent → `ENOENT`; a file on the way → `ENOTDIR`; writing over a
/// directory → `EISDIR`.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The backend's name, lower case: `ram`, `disk`, `s3` …
    fn kind(&self) -> &str;

    /// What it can do by itself. Constant for the life of the value.
    fn capabilities(&self) -> Capabilities;

    /// A line for an agent that explains the mount; `{prefix}` stands for the mount's path.
    fn prompt(&self) -> Option<String> {
        None
    }

    /// The directory of the host that it shows, where it does: what is mounted inside must not be shown there again.
    fn host_path(&self) -> Option<std::path::PathBuf> {
        None
    }

    /// The stat of `path`, of the link itself if it is one.
    async fn stat(&self, path: &VPath) -> Result<Stat>;

    /// The entries of the directory `path`; `ENOTDIR` for a file.
    async fn list(&self, path: &VPath) -> Result<EntryStream>;

    /// The bytes of `range`. With `pin` the content must still have that fingerprint, else `ESTALE`. `EISDIR` for a directory.
    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream>;

    /// Opens a file for random access; honours `create`, `exclusive`, `truncate` and `mode` of `options` atomically.
    /// Only with [`Capabilities::random_access`].
    async fn open(&self, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        let _ = options;
        Err(unsupported("open", path))
    }

    /// Replaces the whole content, creating the file if need be; readers see the old content or the new, never a mixture.
    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        let _ = (body, options);
        Err(unsupported("open", path))
    }

    /// Adds to the end, creating the file if need be. Only with [`Capabilities::append`].
    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        let _ = body;
        Err(unsupported("open", path))
    }

    /// Cuts or extends (with zeros) to `len` bytes.
    async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        let _ = len;
        Err(unsupported("truncate", path))
    }

    /// Makes one directory; `EEXIST` if anything is there.
    async fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        let _ = mode;
        Err(unsupported("mkdir", path))
    }

    /// Removes a name that is not a directory (`EISDIR`).
    async fn remove(&self, path: &VPath) -> Result<()> {
        Err(unsupported("unlink", path))
    }

    /// Removes an empty directory (`ENOTEMPTY`, `ENOTDIR`).
    async fn rmdir(&self, path: &VPath) -> Result<()> {
        Err(unsupported("rmdir", path))
    }

    /// Renames a file or a tree, with POSIX `rename` semantics. Only with [`Capabilities::rename`].
    async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let _ = mode;
        Err(unsupported("rename", from).dest(to.as_bytes()))
    }

    /// Copies one file inside the backend, replacing the target. Only with [`Capabilities::copy`].
    async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        Err(unsupported("copyfile", from).dest(to.as_bytes()))
    }

    /// Makes a hard link. Only with [`Capabilities::hard_links`].
    async fn link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        Err(unsupported("link", existing).dest(new.as_bytes()))
    }

    /// Makes a symbolic link with the text `target`. Only with [`Capabilities::symlinks`].
    async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        let _ = target;
        Err(unsupported("symlink", path))
    }

    /// The text of a symbolic link; `EINVAL` for anything else. Only with [`Capabilities::symlinks`].
    async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        Err(VfsError::new(Errno::EINVAL).op("readlink").operand(path.as_bytes()))
    }

    /// Makes a FIFO, a socket or a device file; `rdev` is its number as in [`Stat::rdev`].
    async fn mknod(&self, path: &VPath, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
        let _ = (kind, mode, rdev);
        Err(unsupported("mknod", path))
    }

    /// The value of an extended attribute (of the link itself, if it is one); `ENODATA` when there is none of that name.
    async fn get_xattr(&self, path: &VPath, name: &[u8]) -> Result<Bytes> {
        let _ = name;
        Err(unsupported("getxattr", path))
    }

    /// The names of all extended attributes.
    async fn list_xattr(&self, path: &VPath) -> Result<Vec<Box<[u8]>>> {
        let _ = path;
        Ok(Vec::new())
    }

    /// Sets an extended attribute.
    async fn set_xattr(&self, path: &VPath, name: &[u8], value: Bytes, mode: XattrMode) -> Result<()> {
        let _ = (name, value, mode);
        Err(unsupported("setxattr", path))
    }

    /// Removes an extended attribute; `ENODATA` when there is none of that name.
    async fn remove_xattr(&self, path: &VPath, name: &[u8]) -> Result<()> {
        let _ = name;
        Err(unsupported("removexattr", path))
    }

    /// Changes attributes (of the link itself, if it is one). Only with [`Capabilities::attributes`].
    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        let _ = attr;
        Err(unsupported("chmod", path))
    }

    /// Everything below `prefix`, in any order, parents before children where directories are listed at all. Only with
    /// [`Capabilities::flat_list`].
    async fn flat_list(&self, prefix: &VPath) -> Result<EntryStream<TreeEntry>> {
        Err(unsupported("scandir", prefix))
    }

    /// Space totals, where the backend knows them.
    async fn space(&self) -> Result<Option<SpaceInfo>> {
        Ok(None)
    }

    /// Lets go of connections and background work. Called once, when the last mount of this value is gone.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

fn unsupported(op: &'static str, path: &VPath) -> VfsError {
    VfsError::new(Errno::ENOTSUP).op(op).operand(path.as_bytes())
}
