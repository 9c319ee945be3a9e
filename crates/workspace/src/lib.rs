//! Mounts, shell, cache, sessions and history put together; usable from Rust without Node.

mod error;
mod history;
mod lane;
mod options;
mod workspace;

pub use error::{Result, WorkspaceError};
pub use history::HistoryEntry;
pub use lane::{Execute, Finished, StdinSource, StdoutSink};
pub use options::WorkspaceOptions;
pub use workspace::{SessionInfo, Workspace};
