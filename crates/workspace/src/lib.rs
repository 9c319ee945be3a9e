//! Mounts, shell, cache, sessions and history put together; usable from Rust without Node.

mod error;
mod fuse;
mod history;
mod lane;
mod options;
mod workspace;

pub use crate::fuse::FuseMountInfo;
pub use error::{Result, WorkspaceError};
pub use history::HistoryEntry;
pub use lane::{Execute, Finished, StdinSource, StdoutSink};
pub use options::WorkspaceOptions;
pub use workspace::{SessionInfo, Workspace};
