//! What was done: a ring of the last operations and totals, both in constant time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::mount::Mount;
use crate::path::VPath;
use crate::stat::Time;

/// Records kept unless somebody says otherwise.
const DEFAULT_LIMIT: usize = 10_000;

/// Which operations are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Recording {
    /// None.
    Off = 0,
    /// Those of backends that do not answer from memory.
    #[default]
    Slow = 1,
    /// All.
    All = 2,
}

/// One operation of a backend, or one that a cache answered instead.
#[derive(Debug, Clone)]
pub struct OpRecord {
    /// `stat`, `list`, `read`, `write`, `mkdir` …
    pub op: &'static str,
    /// The workspace path.
    pub path: VPath,
    /// The kind of backend: `ram`, `s3` …
    pub source: Source,
    /// Bytes of content moved.
    pub bytes: u64,
    /// When it began.
    pub timestamp: Time,
    /// How long it took.
    pub duration: Duration,
    /// Whether a cache answered.
    pub is_cache: bool,
}

/// The backend of a record.
#[derive(Clone)]
pub struct Source(Arc<Mount>);

impl Source {
    /// The kind of backend: `ram`, `s3` …
    pub fn kind(&self) -> &str {
        self.0.resource.kind()
    }

    /// Where it is mounted.
    pub fn prefix(&self) -> &VPath {
        &self.0.prefix
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

/// Sums over everything that was recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Operations that went to a backend.
    pub operations: u64,
    /// Bytes moved to and from backends.
    pub bytes: u64,
    /// Operations that a cache answered.
    pub cache_operations: u64,
    /// Bytes that came from a cache.
    pub cache_bytes: u64,
}

/// A record as it is kept: the wall clock is only asked when somebody looks.
struct Kept {
    op: &'static str,
    path: VPath,
    mount: Arc<Mount>,
    bytes: u64,
    begun: Instant,
    duration: Duration,
    is_cache: bool,
}

/// The ring and the totals of one workspace.
pub struct Records {
    level: AtomicU8,
    limit: AtomicUsize,
    ring: Mutex<VecDeque<Kept>>,
    operations: AtomicU64,
    bytes: AtomicU64,
    cache_operations: AtomicU64,
    cache_bytes: AtomicU64,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            level: AtomicU8::new(Recording::default() as u8),
            limit: AtomicUsize::new(DEFAULT_LIMIT),
            ring: Mutex::default(),
            operations: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            cache_operations: AtomicU64::new(0),
            cache_bytes: AtomicU64::new(0),
        }
    }
}

impl Records {
    /// Switches recording.
    pub fn set_recording(&self, recording: Recording) {
        self.level.store(recording as u8, Ordering::Relaxed);
    }

    /// Sets how many records are kept; older ones go first.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
        let mut ring = self.ring.lock();
        while ring.len() > limit {
            ring.pop_front();
        }
    }

    /// The last operations, oldest first.
    pub fn snapshot(&self) -> Vec<OpRecord> {
        let (clock, wall) = (Instant::now(), Time::now());
        self.ring
            .lock()
            .iter()
            .map(|r| OpRecord {
                op: r.op,
                path: r.path.clone(),
                source: Source(r.mount.clone()),
                bytes: r.bytes,
                timestamp: wall.minus(clock.saturating_duration_since(r.begun)),
                duration: r.duration,
                is_cache: r.is_cache,
            })
            .collect()
    }

    /// Forgets the records, not the totals.
    pub fn clear(&self) {
        self.ring.lock().clear();
    }

    /// Sums over everything recorded so far.
    pub fn totals(&self) -> Totals {
        Totals {
            operations: self.operations.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            cache_operations: self.cache_operations.load(Ordering::Relaxed),
            cache_bytes: self.cache_bytes.load(Ordering::Relaxed),
        }
    }

    /// Whether operations of `mount` are recorded: one atomic load.
    #[inline]
    pub(crate) fn wants(&self, mount: &Mount) -> bool {
        match self.level.load(Ordering::Relaxed) {
            0 => false,
            1 => !mount.caps.instant,
            _ => true,
        }
    }

    /// The time, if the operation that begins will be recorded.
    #[inline]
    pub(crate) fn begin(&self, mount: &Mount) -> Option<Instant> {
        self.wants(mount).then(Instant::now)
    }

    /// Records an operation that began at `begun`.
    #[inline]
    pub(crate) fn end(
        &self,
        begun: Option<Instant>,
        op: &'static str,
        mount: &Arc<Mount>,
        path: &VPath,
        bytes: u64,
        is_cache: bool,
    ) {
        if let Some(begun) = begun {
            self.push(begun, op, mount, path, bytes, is_cache);
        }
    }

    fn push(&self, begun: Instant, op: &'static str, mount: &Arc<Mount>, path: &VPath, bytes: u64, is_cache: bool) {
        let (operations, sum) = if is_cache {
            (&self.cache_operations, &self.cache_bytes)
        } else {
            (&self.operations, &self.bytes)
        };
        operations.fetch_add(1, Ordering::Relaxed);
        sum.fetch_add(bytes, Ordering::Relaxed);
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return;
        }
        let record = Kept {
            op,
            path: path.clone(),
            mount: mount.clone(),
            bytes,
            begun,
            duration: begun.elapsed(),
            is_cache,
        };
        let mut ring = self.ring.lock();
        if ring.len() >= limit {
            ring.pop_front();
        }
        ring.push_back(record);
    }
}

/// Records for one open file or stream.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) records: Arc<Records>,
    pub(crate) mount: Arc<Mount>,
    pub(crate) path: VPath,
}

impl Recorder {
    pub(crate) fn remote_read(&self, begun: Instant, bytes: u64) {
        if self.records.wants(&self.mount) {
            self.records.push(begun, "read", &self.mount, &self.path, bytes, false);
        }
    }

    pub(crate) fn cached_read(&self, bytes: u64) {
        if self.records.wants(&self.mount) {
            let now = Instant::now();
            self.records.push(now, "read", &self.mount, &self.path, bytes, true);
        }
    }
}
