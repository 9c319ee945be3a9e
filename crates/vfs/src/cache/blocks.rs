//! Bytes of remote files, in blocks, least recently used out first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;

use crate::cache::flight::Flights;
use crate::path::VPath;

/// Bytes per block.
pub(crate) const BLOCK: u64 = 256 * 1024;
/// What one entry costs besides its bytes, roughly.
const OVERHEAD: u64 = 256;
/// Bytes kept unless somebody says otherwise.
const DEFAULT_LIMIT: u64 = 512 * 1024 * 1024;

/// Which content a block belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Version {
    /// The backend's fingerprint: equal bytes.
    Fingerprint(Arc<str>),
    /// No fingerprint: as long as one answer of the index is believed.
    Answer(u64),
}

/// Where a block belongs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BlockKey {
    pub(crate) mount: u64,
    pub(crate) path: VPath,
    pub(crate) version: Version,
    /// In units of [`BLOCK`]; `u64::MAX` for a whole file of unknown size.
    pub(crate) block: u64,
}

/// The blocks of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) first: u64,
    pub(crate) count: u64,
}

impl Window {
    /// One past the last block.
    pub(crate) fn end(self) -> u64 {
        self.first + self.count
    }
}

struct Blocks {
    lru: LruCache<BlockKey, Bytes>,
    bytes: u64,
}

/// See the module.
pub(crate) struct BlockCache {
    blocks: Mutex<Blocks>,
    limit: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    /// Requests under way, under the key of every block that they bring.
    pub(crate) flights: Flights<BlockKey, Bytes, Window>,
}

impl Default for BlockCache {
    fn default() -> Self {
        Self {
            blocks: Mutex::new(Blocks {
                lru: LruCache::unbounded(),
                bytes: 0,
            }),
            limit: AtomicU64::new(DEFAULT_LIMIT),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            flights: Flights::default(),
        }
    }
}

impl BlockCache {
    pub(crate) fn get(&self, key: &BlockKey) -> Option<Bytes> {
        let found = self.blocks.lock().lru.get(key).cloned();
        if found.is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Whether a block is there, without counting as a use.
    pub(crate) fn has(&self, key: &BlockKey) -> bool {
        self.blocks.lock().lru.contains(key)
    }

    pub(crate) fn missed(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn put(&self, key: BlockKey, data: Bytes) {
        let limit = self.limit.load(Ordering::Relaxed);
        let cost = data.len() as u64 + OVERHEAD;
        if cost > limit {
            return;
        }
        let mut blocks = self.blocks.lock();
        blocks.bytes += cost;
        if let Some(old) = blocks.lru.put(key, data) {
            blocks.bytes -= old.len() as u64 + OVERHEAD;
        }
        blocks.shrink(limit);
    }

    pub(crate) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
        self.blocks.lock().shrink(limit);
    }

    /// Drops what belongs to a mount that is gone.
    pub(crate) fn forget_mount(&self, mount: u64) {
        let mut blocks = self.blocks.lock();
        let gone: Vec<BlockKey> = blocks
            .lru
            .iter()
            .map(|(k, _)| k)
            .filter(|k| k.mount == mount)
            .cloned()
            .collect();
        for key in gone {
            if let Some(old) = blocks.lru.pop(&key) {
                blocks.bytes -= old.len() as u64 + OVERHEAD;
            }
        }
    }

    pub(crate) fn clear(&self) {
        self.blocks.lock().shrink(0);
    }

    /// Hits, misses, bytes kept, limit.
    pub(crate) fn counts(&self) -> (u64, u64, u64, u64) {
        (
            self.hits.load(Ordering::Relaxed),
            self.misses.load(Ordering::Relaxed),
            self.blocks.lock().bytes,
            self.limit.load(Ordering::Relaxed),
        )
    }
}

impl Blocks {
    fn shrink(&mut self, limit: u64) {
        while self.bytes > limit {
            match self.lru.pop_lru() {
                Some((_, old)) => self.bytes -= old.len() as u64 + OVERHEAD,
                None => self.bytes = 0,
            }
        }
    }
}
