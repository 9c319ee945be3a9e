//! Real mounts, used through the kernel by `std::fs`. Skipped, with the reason printed, where there is no `/dev/fuse`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like the tests themselves"
)]

#[path = "kernel/doors.rs"]
mod doors;
#[path = "kernel/life.rs"]
mod life;
#[path = "kernel/rig.rs"]
mod rig;
#[path = "kernel/semantics.rs"]
mod semantics;
#[path = "kernel/unsized_files.rs"]
mod unsized_files;
