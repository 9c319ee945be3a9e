//! The last step to a backend: through the caches where the mount has them.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use crate::cache::blocks::{BlockKey, Version};
use crate::cache::index::{MountCache, Seen};
use crate::cache::reader::CachedFile;
use crate::error::{Errno, Result, VfsError};
use crate::fs::Vfs;
use crate::fs::walk::Target;
use crate::records::Recorder;
use crate::resource::TreeEntry;
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream, EntryStream};

/// How often a read starts again when the file changed before its first byte.
const RACES: usize = 4;
/// Files whose size is only known after reading are kept up to this many bytes.
const UNSIZED_LIMIT: usize = 16 * 1024 * 1024;
/// Entries of a listing of a whole tree that are kept.
const KEPT_ENTRIES: usize = 100_000;
/// The block number of a file that is kept in one piece.
const WHOLE: u64 = u64::MAX;

impl Target {
    /// The backend's stat of the target.
    #[inline]
    pub(crate) async fn stat(&self, vfs: &Vfs) -> Result<Stat> {
        if let Some(cache) = &self.mount.cache {
            // Boxed, as all that local backends never need: the futures of RAM and disk stay small.
            return Box::pin(self.seen(vfs, cache)).await.map(|seen| seen.stat);
        }
        let begun = vfs.records.begin(&self.mount);
        let stat = self.mount.resource.stat(&self.below).await;
        vfs.records.end(begun, "stat", &self.mount, &self.path, 0, false);
        stat
    }

    pub(crate) async fn seen(&self, vfs: &Vfs, cache: &Arc<MountCache>) -> Result<Seen> {
        let begun = vfs.records.begin(&self.mount);
        let hit = begun.is_some() && cache.known(&self.below).is_some();
        let seen = cache.stat(&self.mount.resource, &self.below).await;
        vfs.records.end(begun, "stat", &self.mount, &self.path, 0, hit);
        seen
    }

    /// The backend's listing of the target.
    #[inline]
    pub(crate) async fn list(&self, vfs: &Vfs) -> Result<EntryStream> {
        let begun = vfs.records.begin(&self.mount);
        let (list, hit) = match &self.mount.cache {
            None => (self.mount.resource.list(&self.below).await, false),
            Some(cache) => {
                let misses = cache.counts().1;
                let list = Box::pin(cache.list(&self.mount.resource, &self.below)).await;
                (list.map(|l| EntryStream::ready(l.to_vec())), cache.counts().1 == misses)
            }
        };
        vfs.records.end(begun, "list", &self.mount, &self.path, 0, hit);
        list
    }

    /// The backend's listing of everything below the target. What went by is kept for later questions.
    pub(crate) async fn flat_list(&self, vfs: &Vfs) -> Result<EntryStream<TreeEntry>> {
        let epoch = self.epoch();
        let list = self.mount.resource.flat_list(&self.below);
        let stream = self.doing(vfs, "list", 0, list).await?;
        let Some(cache) = self.mount.cache.clone() else {
            return Ok(stream);
        };
        let dir = self.below.clone();
        let mut kept = Some(Vec::new());
        let entries = stream.map(Some).chain(futures::stream::once(async { None }));
        Ok(EntryStream::new(entries.filter_map(move |entry| {
            match (&entry, &mut kept) {
                (Some(Ok(entry)), Some(all)) if all.len() < KEPT_ENTRIES => all.push(entry.clone()),
                (None, all) => {
                    if let Some(all) = all.take() {
                        cache.keep_tree(epoch, &dir, all);
                    }
                }
                _ => kept = None,
            }
            std::future::ready(entry)
        })))
    }

    /// The backend's bytes; `whole` says that the caller wants all of the range at once.
    #[inline]
    pub(crate) async fn read(&self, vfs: &Vfs, range: ByteRange, whole: bool) -> Result<ByteStream> {
        let Some(cache) = &self.mount.cache else {
            let begun = vfs.records.begin(&self.mount);
            let body = self.mount.resource.read(&self.below, range, None).await?;
            return Ok(match begun {
                None => body,
                Some(begun) => self.recorded(vfs, begun, body),
            });
        };
        Box::pin(self.read_cached(vfs, cache, range, whole)).await
    }

    async fn read_cached(
        &self,
        vfs: &Vfs,
        cache: &Arc<MountCache>,
        range: ByteRange,
        whole: bool,
    ) -> Result<ByteStream> {
        let mut last = VfsError::new(Errno::ESTALE);
        for _ in 0..RACES {
            let seen = self.seen(vfs, cache).await?;
            let read = match self.cached_file(vfs, &seen) {
                Some(file) => file.stream(range, whole).await,
                None => self.read_unsized(vfs, &seen, range).await,
            };
            match read {
                Err(e) if e.errno() == Errno::ESTALE => {
                    cache.forget(&self.below, false);
                    last = e;
                }
                other => return other,
            }
        }
        Err(last)
    }

    /// The version whose bytes may be kept.
    fn version(&self, seen: &Seen) -> Option<Version> {
        match (&seen.stat.fingerprint, seen.answer) {
            (Some(f), _) => Some(Version::Fingerprint(f.0.clone())),
            (None, 0) => None,
            (None, answer) => Some(Version::Answer(answer)),
        }
    }

    /// The target's content through the block cache, where its size and version are known.
    pub(crate) fn cached_file(&self, vfs: &Vfs, seen: &Seen) -> Option<CachedFile> {
        if !seen.stat.is_file() {
            return None;
        }
        Some(CachedFile {
            resource: self.mount.resource.clone(),
            blocks: vfs.blocks.clone(),
            recorder: self.recorder(vfs),
            mount: self.mount.id,
            path: self.below.clone(),
            version: self.version(seen)?,
            size: seen.stat.size?,
        })
    }

    /// Reads what has no known size, or is no file at all. The whole content is kept when it went by.
    async fn read_unsized(&self, vfs: &Vfs, seen: &Seen, range: ByteRange) -> Result<ByteStream> {
        let key = match self.version(seen) {
            Some(version) if seen.stat.is_file() && seen.stat.size.is_none() => Some(BlockKey {
                mount: self.mount.id,
                path: self.below.clone(),
                version,
                block: WHOLE,
            }),
            _ => None,
        };
        if let Some(kept) = key.as_ref().and_then(|key| vfs.blocks.get(key)) {
            let (from, to) = range.clamp(kept.len() as u64);
            self.recorder(vfs).cached_read(to - from);
            return Ok(kept.slice(from as usize..to as usize).into());
        }
        let begun = Instant::now();
        let pin = seen.stat.fingerprint.as_ref();
        let body = self.mount.resource.read(&self.below, range, pin).await?;
        vfs.blocks.missed();
        let body = self.recorded(vfs, begun, body);
        let (Some(key), ByteRange::ALL) = (key, range) else {
            return Ok(body);
        };
        let blocks = vfs.blocks.clone();
        let mut kept = Some((key, BytesMut::new()));
        let end = futures::stream::once(async { Ok(Bytes::new()) });
        // An empty last chunk marks the end of a body that was read to the end without an error.
        Ok(ByteStream::new(body.chain(end).filter_map(move |chunk| {
            let out = match (&mut kept, &chunk) {
                (Some((key, all)), Ok(part)) if part.is_empty() => {
                    blocks.put(key.clone(), std::mem::take(all).freeze());
                    None
                }
                (None, Ok(part)) if part.is_empty() => None,
                (Some((_, all)), Ok(part)) if all.len() + part.len() <= UNSIZED_LIMIT => {
                    all.extend_from_slice(part);
                    Some(chunk)
                }
                _ => {
                    kept = None;
                    Some(chunk)
                }
            };
            std::future::ready(out)
        })))
    }

    fn recorder(&self, vfs: &Vfs) -> Recorder {
        Recorder {
            records: vfs.records.clone(),
            mount: self.mount.clone(),
            path: self.path.clone(),
        }
    }

    /// Counts what a body brings and records it when it is over.
    fn recorded(&self, vfs: &Vfs, begun: Instant, body: ByteStream) -> ByteStream {
        struct Meter(Recorder, Instant, u64);
        impl Meter {
            fn add(&mut self, n: usize) {
                self.2 += n as u64;
            }
        }
        impl Drop for Meter {
            fn drop(&mut self) {
                self.0.remote_read(self.1, self.2);
            }
        }
        let mut meter = Meter(self.recorder(vfs), begun, 0);
        match body {
            ByteStream::Bytes(bytes) => {
                meter.2 = bytes.len() as u64;
                ByteStream::Bytes(bytes)
            }
            body => ByteStream::new(body.inspect(move |chunk| {
                if let Ok(chunk) = chunk {
                    meter.add(chunk.len());
                }
            })),
        }
    }

    /// Runs a change, recorded under the name `op`.
    #[inline]
    pub(crate) async fn doing<T>(
        &self,
        vfs: &Vfs,
        op: &'static str,
        bytes: u64,
        change: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let begun = vfs.records.begin(&self.mount);
        let done = change.await;
        vfs.records.end(begun, op, &self.mount, &self.path, bytes, false);
        done
    }

    /// A point in time before a write, for [`Target::wrote`].
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.mount.cache.as_ref().map_or(0, |c| c.epoch())
    }

    /// A write that began at `epoch` left `stat` behind.
    #[inline]
    pub(crate) fn wrote(&self, vfs: &Vfs, epoch: u64, stat: &Stat) {
        if let Some(cache) = &self.mount.cache {
            cache.wrote(epoch, &self.below, stat);
        }
        vfs.watchers.notify(&self.path, false);
    }

    /// The target's content or attributes changed, or the name came or went.
    #[inline]
    pub(crate) fn changed(&self, vfs: &Vfs) {
        if let Some(cache) = &self.mount.cache {
            cache.forget(&self.below, false);
        }
        vfs.watchers.notify(&self.path, false);
    }

    /// The target and everything below it changed.
    #[inline]
    pub(crate) fn changed_tree(&self, vfs: &Vfs) {
        if let Some(cache) = &self.mount.cache {
            cache.forget(&self.below, true);
        }
        vfs.watchers.notify(&self.path, true);
    }
}
