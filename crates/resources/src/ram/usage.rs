//! How much a tree stores, and how much it may.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use vfs::{Errno, Result, resource::SpaceInfo};

use super::Limits;

/// Counts bytes of content and inodes against their limits.
pub(super) struct Usage {
    limits: Limits,
    bytes: AtomicU64,
    files: AtomicU64,
    /// What the owner of several trees adds up: bytes of content, all of them together.
    meter: Arc<AtomicI64>,
}

impl Usage {
    pub(super) fn new(limits: Limits, meter: Arc<AtomicI64>) -> Self {
        Self {
            limits,
            bytes: AtomicU64::new(0),
            files: AtomicU64::new(1),
            meter,
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn meter(&self) -> Arc<AtomicI64> {
        self.meter.clone()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, bytes: u64, files: u64) {
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        self.measure(before, bytes);
        self.files.store(files, Ordering::Relaxed);
    }

    /// Accounts for content of `old` bytes that becomes `new` bytes; `ENOSPC` (and nothing accounted) past the limit.
    /// Shrinking always works, even above the limit.
    pub(super) fn resize(&self, old: u64, new: u64) -> Result<()> {
        if new <= old {
            self.bytes.fetch_sub(old - new, Ordering::Relaxed);
        } else {
            take(&self.bytes, new - old, self.limits.bytes)?;
        }
        self.measure(old, new);
        Ok(())
    }

    fn measure(&self, old: u64, new: u64) {
        // Both are lengths in memory, far below 2^63; the difference wraps to the right negative number.
        self.meter.fetch_add(new.wrapping_sub(old) as i64, Ordering::Relaxed);
    }

    /// How many bytes a file that stores `old` bytes now may store at most.
    pub(super) fn room_for(&self, old: u64) -> u64 {
        match self.limits.bytes {
            None => u64::MAX,
            Some(limit) => limit.saturating_sub(self.bytes().saturating_sub(old)),
        }
    }

    /// Accounts for one more inode; `ENOSPC` past the limit.
    pub(super) fn add_file(&self) -> Result<()> {
        take(&self.files, 1, self.limits.files)
    }

    /// Accounts for an inode that is gone and the bytes it stored.
    pub(super) fn free_file(&self, bytes: u64) {
        self.files.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.measure(bytes, 0);
    }

    /// Totals for `statvfs`. Without a limit there is no true total: a large constant keeps `df` and installers content.
    pub(super) fn space(&self) -> SpaceInfo {
        const UNBOUNDED: u64 = 1 << 40;
        let (bytes, files) = (self.bytes(), self.files.load(Ordering::Relaxed));
        let total = self.limits.bytes.unwrap_or(UNBOUNDED.max(bytes));
        let files_total = self.limits.files.unwrap_or((UNBOUNDED >> 12).max(files));
        SpaceInfo {
            total,
            free: total.saturating_sub(bytes),
            files: files_total,
            files_free: files_total.saturating_sub(files),
        }
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        self.measure(self.bytes(), 0);
    }
}

fn take(counter: &AtomicU64, more: u64, limit: Option<u64>) -> Result<()> {
    let Some(limit) = limit else {
        counter.fetch_add(more, Ordering::Relaxed);
        return Ok(());
    };
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|sum| *sum <= limit)
        })
        .map(drop)
        .map_err(|_| Errno::ENOSPC.into())
}
