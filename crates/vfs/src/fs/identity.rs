//! What tells files apart beyond their stat: the device and inode numbers that a door shows.

use std::hash::{DefaultHasher, Hasher};

use crate::error::Result;
use crate::fs::Fs;
use crate::fs::walk::{Target, Walk, follow};
use crate::handle::FileHandle;
use crate::mode::Op;
use crate::path::VPath;
use crate::stat::Stat;

/// `st_dev` and `st_ino` (POSIX `sys/stat.h`): equal for equal files, unique within the process's workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The number of the mount.
    pub dev: u64,
    /// The backend's inode number; a hash of the path where the backend has none.
    pub ino: u64,
}

impl Identity {
    pub(crate) fn of(t: &Target, stat: &Stat) -> Self {
        let ino = if stat.ino == 0 { hashed(&t.path) } else { stat.ino };
        Self { dev: t.mount.id, ino }
    }
}

/// 48 bits, so that the number is exact as a JavaScript number.
fn hashed(path: &VPath) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(path.as_bytes());
    (hasher.finish() >> 16).max(1)
}

impl Fs {
    /// As [`Fs::stat`], or as [`Fs::lstat`] with `follow` off, with the file's identity.
    pub async fn identify(&self, path: &VPath, follow: bool) -> Result<(Stat, Identity)> {
        let (stat, t) = if follow {
            self.resolve(Op::Read, "stat", path).await?
        } else {
            let mut walk = Walk::new(self, Op::Read, "lstat", path, false);
            follow!(walk, t => self.probe(&t).await)
        };
        let id = Identity::of(&t, &stat);
        Ok((stat, id))
    }
}

impl FileHandle {
    /// As [`FileHandle::stat`], with the file's identity. What belongs to no tree is on device 0.
    pub async fn identify(&self) -> Result<(Stat, Identity)> {
        let stat = self.stat().await?;
        let id = match self.target() {
            Some(t) => Identity::of(t, &stat),
            None => Identity { dev: 0, ino: stat.ino },
        };
        Ok((stat, id))
    }
}
