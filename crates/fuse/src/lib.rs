//! The kernel mount: any program on the machine sees the workspace (Linux, FUSE).
//!
//! [`KernelMount::mount`] makes a directory of the host show a part of the tree, as one session sees it. Requests of the kernel
//! are served by threads of their own, never by an event loop, so that a program that reads its own mount does not wait for
//! itself:
//!
//! * **Loop threads** read requests and answer what is in memory on the spot.
//! * Everything else goes to the **bridge**, threads of the ordinary kind, which run it and hand the result to the
//!   **replier**.
//! * The **notifier** tells the kernel what other doors changed.
//!
//! Loops, replier and notifier share a descriptor table of their own that holds `/dev/fuse` and nothing else: when the process
//! is killed while one of its threads waits for its own mount, the device closes at once and nothing hangs. The price is that
//! nothing on these threads may touch any other descriptor; they speak with the rest of the process through memory only.

mod error;
mod options;

#[cfg(target_os = "linux")]
mod attr;
#[cfg(target_os = "linux")]
mod bridge;
#[cfg(target_os = "linux")]
mod core;
#[cfg(target_os = "linux")]
mod handles;
#[cfg(target_os = "linux")]
mod inodes;
#[cfg(target_os = "linux")]
mod inval;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod mount;
#[cfg(not(target_os = "linux"))]
#[path = "mount_elsewhere.rs"]
mod mount;
#[cfg(target_os = "linux")]
mod mountpoint;
#[cfg(target_os = "linux")]
mod queue;
#[cfg(target_os = "linux")]
mod reaper;

pub use error::{Failure, FuseError};
pub use mount::KernelMount;
pub use options::{MountOptions, StatFetch};
