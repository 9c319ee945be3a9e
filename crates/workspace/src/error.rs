//! What the workspace itself refuses, in the words of the public contract.

use vfs::VfsError;

/// The result of the workspace's own operations.
pub type Result<T> = std::result::Result<T, WorkspaceError>;

/// Why the workspace refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WorkspaceError {
    /// Anything after `close`.
    #[error("Workspace is closed")]
    Closed,
    /// A mount stands at this prefix already.
    #[error("duplicate mount prefix: {0}")]
    DuplicateMount(String),
    /// A prefix that is no path.
    #[error("mount prefix must start with '/' and contain no '//': {0}")]
    BadPrefix(String),
    /// Nothing is mounted there.
    #[error("no mount at prefix: {0}")]
    NoMount(String),
    /// The root stays.
    #[error("cannot unmount root: {0}")]
    UnmountRoot(String),
    /// `/dev/` stays.
    #[error("cannot unmount reserved prefix: {0}")]
    UnmountReserved(String),
    /// The view of the history stays.
    #[error("cannot unmount history view: {0}")]
    UnmountHistory(String),
    /// A session that does not exist.
    #[error("unknown session: {0}")]
    UnknownSession(String),
    /// A session id that is taken.
    #[error("Session {0} already exists")]
    DuplicateSession(String),
    /// The default session stays open.
    #[error("cannot close the default session: {0}")]
    DefaultSession(String),
    /// The call was cancelled by its caller.
    #[error("execute aborted")]
    Aborted,
    /// The same part of the tree is mounted for the same session already.
    #[error("{0} has a kernel mount already")]
    DuplicateFuseMount(String),
    /// No kernel mount shows this part of the tree.
    #[error("no kernel mount of {0}")]
    NoFuseMount(String),
    /// Two kernel mounts cannot share a directory.
    #[error("FUSE mountpoint {} already used by prefix {prefix}; mounts need distinct paths", .mountpoint.display())]
    MountpointInUse {
        /// The directory of the host.
        mountpoint: std::path::PathBuf,
        /// What is mounted there.
        prefix: String,
    },
    /// A kernel mount failed.
    #[error(transparent)]
    Fuse(#[from] fuse::FuseError),
    /// An error of the tree.
    #[error(transparent)]
    Vfs(#[from] VfsError),
}
