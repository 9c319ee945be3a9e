//! Paths, stat, errors, the Resource trait, mounts, permissions, namespace, caches and the blocking facade.
//!
//! Everything that a door (shell, `ws.fs`, node:fs, kernel, Python) does to a file goes through [`Fs`] or its blocking
//! twin [`BlockingFs`]: mount table, then permission, then namespace, then cache, then the backend's [`Resource`].

pub mod blocking;
mod cache;
pub mod cancel;
pub mod dev;
pub mod error;
pub mod fs;
pub mod handle;
pub mod mode;
pub mod mount;
pub mod namespace;
pub mod origin;
pub mod path;
pub mod permission;
pub mod records;
pub mod resource;
pub mod runtime;
mod spool;
pub mod stat;
pub mod stream;
pub mod watch;

pub use blocking::BlockingFs;
pub use cache::CacheStats;
pub use cancel::{Cancel, CancelReason};
pub use error::{Errno, Result, VfsError};
pub use fs::{Fs, Identity, Vfs};
pub use handle::{FileHandle, OpenOptions};
pub use mode::{Mode, Op, SessionView};
pub use mount::{Consistency, Mount, MountOptions, MountTable};
pub use path::VPath;
pub use records::{OpRecord, Recording, Records};
pub use resource::{
    Capabilities, DirEntry, Precondition, RandomFile, Resource, SetAttr, TreeEntry, WriteOptions, XattrMode,
};
pub use stat::{FileKind, Fingerprint, Stat, Time};
pub use stream::{ByteRange, ByteStream, EntryStream};
