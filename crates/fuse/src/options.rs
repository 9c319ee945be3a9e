//! How to mount.

use std::time::Duration;

/// What `stat` does for a file whose size is not known before its content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatFetch {
    /// Reports 0 until the file is opened.
    Never,
    /// Reports 0 until the file is opened, and remembers the size from then on.
    #[default]
    Auto,
    /// Fetches the content to learn the size: for `tar`, `rsync` and whoever else believes `stat`.
    Always,
}

/// How a kernel mount behaves.
#[derive(Debug, Clone)]
pub struct MountOptions {
    /// What `stat` does for a file of unknown size.
    pub stat_fetch: StatFetch,
    /// A file of unknown size with at most so many bytes is fetched inside `open`; a larger one is streamed.
    pub open_limit_bytes: u64,
    /// How long `open` waits for a file of unknown size before it streams.
    pub open_deadline: Duration,
    /// How long any request may take before it fails with `ETIMEDOUT`.
    pub op_deadline: Duration,
    /// How long a request may wait for a JavaScript thread to take it up before it fails with `EDEADLK`.
    pub pickup_deadline: Duration,
    /// Whether other users may use the mount. `None`: yes where root mounts, no otherwise (where `/etc/fuse.conf` would have
    /// to allow it).
    pub allow_other: Option<bool>,
    /// The name of the source in `/proc/mounts`.
    pub fsname: String,
    /// Refuses every change, whatever the session may.
    pub read_only: bool,
    /// Threads that read requests.
    pub threads: usize,
    /// How long the kernel may believe names and attributes that only we change. What other doors change is made known at
    /// once; this bounds how long what others change behind our back (a directory of the host) stays unseen.
    pub ttl: Duration,
    /// Lets the kernel gather writes before it hands them over. Faster for small writes; other doors see them late.
    pub writeback: bool,
    /// Bypasses the page cache for every file.
    pub direct_io: bool,
}

impl Default for MountOptions {
    fn default() -> Self {
        Self {
            stat_fetch: StatFetch::Auto,
            open_limit_bytes: 64 << 20,
            open_deadline: Duration::from_secs(5),
            op_deadline: Duration::from_secs(30),
            pickup_deadline: Duration::from_secs(2),
            allow_other: None,
            fsname: "mirage".into(),
            read_only: false,
            threads: 2,
            ttl: Duration::from_secs(1),
            writeback: false,
            direct_io: false,
        }
    }
}
