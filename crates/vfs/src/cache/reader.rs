//! Reading a remote file through the block cache, with read-ahead.

use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use futures::{FutureExt, StreamExt, stream};
use tokio::task::JoinHandle;

use crate::cache::blocks::{BLOCK, BlockCache, BlockKey, Version};
use crate::cache::flight::{Departure, Joined};
use crate::error::{Errno, Result, VfsError};
use crate::path::VPath;
use crate::records::Recorder;
use crate::resource::Resource;
use crate::runtime;
use crate::stat::Fingerprint;
use crate::stream::{ByteRange, ByteStream};

/// Up to this many blocks are one request when all of them are wanted.
const WHOLE: u64 = 4;
/// Blocks of the largest request.
const MAX_WINDOW: u64 = 32;

/// One version of a remote file.
#[derive(Clone)]
pub(crate) struct CachedFile {
    pub(crate) resource: Arc<dyn Resource>,
    pub(crate) blocks: Arc<BlockCache>,
    pub(crate) recorder: Recorder,
    pub(crate) mount: u64,
    pub(crate) path: VPath,
    pub(crate) version: Version,
    pub(crate) size: u64,
}

impl CachedFile {
    fn key(&self, block: u64) -> BlockKey {
        BlockKey {
            mount: self.mount,
            path: self.path.clone(),
            version: self.version.clone(),
            block,
        }
    }

    fn pin(&self) -> Option<Fingerprint> {
        match &self.version {
            Version::Fingerprint(f) => Some(Fingerprint(f.clone())),
            Version::Answer(_) => None,
        }
    }

    /// Blocks that the file has.
    fn count(&self) -> u64 {
        self.size.div_ceil(BLOCK)
    }

    /// Block `first`: from the cache, from a request under way, or from a new one for up to `count` blocks; bytes come with
    /// the block that they begin at.
    fn fetch(&self, first: u64, count: u64) -> Joined<Bytes, u64, Bytes> {
        let key = self.key(first);
        self.blocks.flights.join(
            &key,
            |_| true,
            || self.blocks.get(&key),
            |id| {
                // What is there already is not asked for again.
                let count = (1..count)
                    .find(|i| self.blocks.has(&self.key(first + i)))
                    .unwrap_or(count);
                let keys: Vec<BlockKey> = (first..first + count).map(|b| self.key(b)).collect();
                self.blocks.missed();
                let (file, brought) = (self.clone(), keys.clone());
                let flight = async move {
                    let answer = file.request(first, count).await;
                    if let Ok(bytes) = &answer {
                        for (key, part) in brought.iter().zip(bytes.chunks(BLOCK as usize)) {
                            // A copy, so that a block that stays does not keep the whole request in memory.
                            let part = if count == 1 {
                                bytes.clone()
                            } else {
                                Bytes::copy_from_slice(part)
                            };
                            file.blocks.put(key.clone(), part);
                        }
                    }
                    file.blocks.flights.landed(brought, id);
                    answer
                };
                Departure {
                    flight: flight.boxed().shared(),
                    mark: first,
                    keys,
                }
            },
        )
    }

    async fn request(&self, first: u64, count: u64) -> Result<Bytes> {
        let start = first * BLOCK;
        let want = (count * BLOCK).min(self.size - start);
        let begun = Instant::now();
        let body = self
            .resource
            .read(&self.path, ByteRange::at(start, want), self.pin().as_ref())
            .await?;
        let bytes = body.collect().await?;
        self.recorder.remote_read(begun, bytes.len() as u64);
        if bytes.len() as u64 != want {
            return Err(VfsError::new(Errno::ESTALE).detail("the file changed while it was read"));
        }
        Ok(bytes)
    }

    /// The piece of the file from `pos` that one block, or one request of up to `window` blocks, brings.
    async fn piece(&self, pos: u64, end: u64, window: u64) -> Result<(Bytes, bool)> {
        let block = pos / BLOCK;
        if let Some(data) = self.blocks.get(&self.key(block)) {
            return Ok((cut(&data, block, pos, end), true));
        }
        let last = (end - 1) / BLOCK;
        match self.fetch(block, window.min(last + 1 - block).max(1)) {
            Joined::Flight(flight, first) => Ok((cut(&flight.await?, first, pos, end), false)),
            Joined::Landed(data) => Ok((cut(&data, block, pos, end), true)),
        }
    }

    /// Up to `len` bytes at `pos`, in one piece.
    pub(crate) async fn read_at(&self, pos: u64, len: usize) -> Result<Bytes> {
        let (mut pos, end) = ByteRange::at(pos, len as u64).clamp(self.size);
        if pos == end {
            return Ok(Bytes::new());
        }
        let (first, _) = self.piece(pos, end, MAX_WINDOW).await?;
        pos += first.len() as u64;
        if pos == end {
            return Ok(first);
        }
        let mut all = BytesMut::with_capacity((end - pos) as usize + first.len());
        all.extend_from_slice(&first);
        while pos < end {
            let (part, _) = self.piece(pos, end, MAX_WINDOW).await?;
            pos += part.len() as u64;
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    }

    /// The bytes of `range`. Requests grow while the reader goes on; with `whole` all of it is wanted for sure.
    pub(crate) async fn stream(self, range: ByteRange, whole: bool) -> Result<ByteStream> {
        let (pos, end) = range.clamp(self.size);
        if pos == end {
            return Ok(ByteStream::empty());
        }
        let blocks = (end - 1) / BLOCK + 1 - pos / BLOCK;
        let certain = whole || range.end.is_some();
        let window = match (blocks <= WHOLE, certain) {
            (true, _) => WHOLE,
            (false, true) => MAX_WINDOW / 2,
            (false, false) => 1,
        };
        // The first piece is fetched here: an error of the first request is an error of `read`, when all can still start anew.
        let (first, hit) = self.piece(pos, end, window).await?;
        let mut ahead = ReadAhead {
            pos: pos + first.len() as u64,
            end,
            window,
            next: None,
            cached: if hit { first.len() as u64 } else { 0 },
            file: self,
        };
        if ahead.pos == end {
            return Ok(first.into());
        }
        if certain {
            ahead.prefetch();
        }
        Ok(ByteStream::new(stream::iter([Ok(first)]).chain(stream::unfold(
            Some(ahead),
            |ahead| async move {
                let mut ahead = ahead?;
                match ahead.next().await {
                    Ok(Some(bytes)) => Some((Ok(bytes), Some(ahead))),
                    Ok(None) => None,
                    Err(e) => Some((Err(e), None)),
                }
            },
        ))))
    }
}

fn cut(data: &Bytes, first_block: u64, pos: u64, end: u64) -> Bytes {
    let base = first_block * BLOCK;
    let from = (pos - base) as usize;
    let to = ((end - base) as usize).min(data.len());
    data.slice(from.min(to)..to)
}

/// A reader that goes through a file from front to back.
struct ReadAhead {
    file: CachedFile,
    pos: u64,
    end: u64,
    window: u64,
    next: Option<Prefetch>,
    cached: u64,
}

/// A request that runs before it is needed, and stops when nobody needs it any more.
struct Prefetch(JoinHandle<()>);

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ReadAhead {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.pos >= self.end {
            return Ok(None);
        }
        self.window = (self.window * 2).min(MAX_WINDOW);
        let (bytes, hit) = self.file.piece(self.pos, self.end, self.window).await?;
        if bytes.is_empty() {
            return Err(VfsError::new(Errno::ESTALE).detail("the file changed while it was read"));
        }
        if hit {
            self.cached += bytes.len() as u64;
        }
        self.pos += bytes.len() as u64;
        self.prefetch();
        Ok(Some(bytes))
    }

    /// Starts the request for what comes after the current piece, unless it is there.
    fn prefetch(&mut self) {
        let block = self.pos / BLOCK;
        if self.pos >= self.end || block >= self.file.count() || self.file.blocks.has(&self.file.key(block)) {
            return;
        }
        let last = (self.end - 1) / BLOCK;
        let Ok(runtime) = runtime::handle() else { return };
        let window = (self.window * 2).min(MAX_WINDOW).min(last + 1 - block);
        let Joined::Flight(flight, _) = self.file.fetch(block, window) else {
            return;
        };
        self.next = Some(Prefetch(runtime.spawn(async move {
            let _ = flight.await;
        })));
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        if self.cached > 0 {
            self.file.recorder.cached_read(self.cached);
        }
    }
}
