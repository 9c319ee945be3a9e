//! Why a kernel mount failed.

use std::path::PathBuf;

use vfs::{Time, VfsError};

/// Why mounting or unmounting failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FuseError {
    /// No FUSE on this system at all.
    #[error("kernel mounts need Linux with FUSE; on this system use the interception of node:fs instead")]
    Unsupported,
    /// `/dev/fuse` is missing or may not be used.
    #[error(
        "cannot open /dev/fuse: {0}; load the kernel module (modprobe fuse), or give the container --device /dev/fuse and CAP_SYS_ADMIN"
    )]
    Device(String),
    /// An ordinary user needs the set-uid helper, and it is not there.
    #[error(
        "fusermount3 was not found: mounting as an ordinary user needs it; install the package fuse3 (apt-get install fuse3)"
    )]
    Helper,
    /// The mount point cannot be used.
    #[error("cannot mount at {}: {why}", .path.display())]
    Mountpoint {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The kernel refused.
    #[error("mounting at {} failed: {why}", .path.display())]
    Refused {
        /// Where.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The mount was taken off, but its threads did not end in time.
    #[error("the mount at {} is gone, but its threads still wait for a backend", .0.display())]
    Busy(PathBuf),
    /// An error of the tree.
    #[error(transparent)]
    Vfs(#[from] VfsError),
}

/// One request of the kernel that ended with an error that is nobody's fault but ours or the backend's: `EIO`, a deadline, a
/// panic. What a program may expect (`ENOENT` and the like) is not recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub time: Time,
    /// The request, by its name in the FUSE protocol, lower case.
    pub operation: &'static str,
    /// The path in the workspace, as far as known.
    pub path: String,
    /// Symbolic error number, such as `EIO`.
    pub code: &'static str,
    /// What happened.
    pub message: String,
}
