//! Virtual processes (what `$$`, `$!` and `kill` talk about) and the job table of a shell.

pub mod process;
pub mod signal;
pub mod table;

pub use process::{Proc, Processes};
pub use signal::Signal;
pub use table::{Job, JobState, Jobs};
