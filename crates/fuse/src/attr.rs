//! What the kernel wants to know of a file.

use std::time::Duration;

use vfs::{FileKind, Stat, Time};

/// Attributes of an inode, complete.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attr {
    pub(crate) ino: u64,
    pub(crate) size: u64,
    /// In units of 512 bytes.
    pub(crate) blocks: u64,
    pub(crate) atime: Time,
    pub(crate) mtime: Time,
    pub(crate) ctime: Time,
    pub(crate) kind: FileKind,
    pub(crate) perm: u32,
    pub(crate) nlink: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// As the kernel codes it: `new_encode_dev`.
    pub(crate) rdev: u32,
}

/// An answer to a lookup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) attr: Attr,
    pub(crate) generation: u64,
    pub(crate) entry_ttl: Duration,
    pub(crate) attr_ttl: Duration,
}

/// Who owns what has no owner: whoever mounted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// When it was mounted: the time of what has none.
    pub(crate) since: Time,
}

impl Owner {
    /// The owner of what is not there.
    pub(crate) const NOBODY: Self = Self {
        uid: 0,
        gid: 0,
        since: Time { seconds: 0, nanos: 0 },
    };
}

impl Attr {
    /// The attributes of the inode `ino` with this stat, `size` standing in where the stat does not know.
    pub(crate) fn new(ino: u64, stat: &Stat, size: u64, owner: &Owner) -> Self {
        let size = stat.size.unwrap_or(size);
        let mtime = stat.mtime.unwrap_or(owner.since);
        Self {
            ino,
            size,
            blocks: stat.blocks.unwrap_or(size.div_ceil(512)),
            atime: stat.atime.unwrap_or(mtime),
            mtime,
            ctime: stat.ctime.unwrap_or(mtime),
            kind: stat.kind,
            perm: stat.mode.unwrap_or(match stat.kind {
                FileKind::Dir => 0o755,
                FileKind::Symlink => 0o777,
                _ => 0o644,
            }) & 0o7777,
            nlink: stat.nlink,
            uid: stat.uid.unwrap_or(owner.uid),
            gid: stat.gid.unwrap_or(owner.gid),
            rdev: stat.rdev as u32,
        }
    }
}
