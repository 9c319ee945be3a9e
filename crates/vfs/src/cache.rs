//! What remote backends said, kept: listings, stats, negative answers ([`index`]) and bytes ([`blocks`]). Backends that
//! answer from memory or from a local disk never come here.

pub(crate) mod blocks;
pub(crate) mod flight;
pub(crate) mod index;
pub(crate) mod reader;

pub(crate) use blocks::BlockCache;
pub(crate) use index::MountCache;

/// What the caches did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Questions about names (stat, list) answered without a request.
    pub index_hits: u64,
    /// Questions about names that went to a backend.
    pub index_misses: u64,
    /// Blocks of content found.
    pub block_hits: u64,
    /// Requests for content that went to a backend.
    pub block_misses: u64,
    /// Bytes of content kept now.
    pub bytes: u64,
    /// Bytes of content kept at most.
    pub limit: u64,
}
