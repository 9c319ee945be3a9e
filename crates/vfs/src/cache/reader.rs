//! Reading a remote file through the block cache, with read-ahead.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use tokio::task::JoinHandle;

use crate::cache::blocks::{BLOCK, BlockCache, BlockKey, Version, Window};
use crate::cache::flight::{Departure, Flight, Joined};
use crate::error::{Errno, Result, VfsError};
use crate::origin;
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
/// Requests that one reader has under way at a time.
const DEPTH: usize = 2;

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

    /// Block `first`: from the cache, from a request under way, or from a new one for up to `count` blocks; bytes come with
    /// the block that they begin at.
    fn fetch(&self, first: u64, count: u64) -> Joined<Bytes, Window, Bytes> {
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
                    mark: Window { first, count },
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
            return Err(changed());
        }
        Ok(bytes)
    }

    /// The piece of the file from `pos` that one block or one request brings, cut at `end`; whether no request was needed. A
    /// new request takes `need` blocks, or more if `ahead` finds that right, up to the one that holds `limit - 1`.
    async fn piece(&self, ahead: &mut Ahead, pos: u64, end: u64, need: u64, limit: u64) -> Result<(Bytes, bool)> {
        let block = pos / BLOCK;
        if let Some(data) = self.blocks.get(&self.key(block)) {
            return Ok((cut(&data, block, pos, end), true));
        }
        if let Some((flight, first)) = ahead.pending(block) {
            return Ok((cut(&flight.await?, first, pos, end), false));
        }
        let available = (limit - 1) / BLOCK + 1 - block;
        match self.fetch(block, ahead.window.max(need).min(available).min(MAX_WINDOW)) {
            Joined::Flight(flight, window) => Ok((cut(&flight.await?, window.first, pos, end), false)),
            Joined::Landed(data) => Ok((cut(&data, block, pos, end), true)),
        }
    }

    /// Up to `len` bytes at `pos`, in one piece. A reader that goes on where it stopped gets more brought than it asks for.
    pub(crate) async fn read_at(&self, ahead: &mut Ahead, pos: u64, len: usize) -> Result<Bytes> {
        let (mut pos, end) = ByteRange::at(pos, len as u64).clamp(self.size);
        if pos == end {
            return Ok(Bytes::new());
        }
        if !ahead.goes_on(pos, end) {
            *ahead = Ahead {
                expected: end,
                ..Ahead::default()
            };
        }
        let limit = if ahead.window > 1 { self.size } else { end };
        let mut parts: Vec<Bytes> = Vec::new();
        while pos < end {
            let need = (end - 1) / BLOCK + 1 - pos / BLOCK;
            let (part, hit) = self.piece(ahead, pos, end, need, limit).await?;
            if hit {
                self.recorder.cached_read(part.len() as u64);
            }
            if part.is_empty() {
                return Err(changed());
            }
            pos += part.len() as u64;
            parts.push(part);
        }
        if ahead.window > 1 {
            ahead.prefetch(self, pos, self.size);
        }
        Ok(match parts.len() {
            1 => parts.swap_remove(0),
            _ => parts.concat().into(),
        })
    }

    /// The bytes of `range`. Requests grow while the reader goes on; with `whole` all of it is wanted for sure.
    pub(crate) async fn stream(self, range: ByteRange, whole: bool) -> Result<ByteStream> {
        let (pos, end) = range.clamp(self.size);
        if pos == end {
            return Ok(ByteStream::empty());
        }
        let blocks = (end - 1) / BLOCK + 1 - pos / BLOCK;
        let certain = whole || range.end.is_some();
        let mut ahead = Ahead {
            window: match (blocks <= WHOLE, certain) {
                (true, _) => WHOLE,
                (false, true) => MAX_WINDOW / 2,
                (false, false) => 1,
            },
            ..Ahead::default()
        };
        if certain && blocks > WHOLE {
            ahead.prefetch(&self, pos, end);
        }
        // The first piece is fetched here: an error of the first request is an error of `read`, when all can still start anew.
        let (first, hit) = self.piece(&mut ahead, pos, end, 1, end).await?;
        let mut reader = Reader {
            pos: pos + first.len() as u64,
            end,
            ahead,
            cached: 0,
            file: self,
        };
        reader.account(&first, hit);
        if reader.pos == end {
            return Ok(first.into());
        }
        Ok(ByteStream::new(stream::iter([Ok(first)]).chain(stream::unfold(
            Some(reader),
            |reader| async move {
                let mut reader = reader?;
                match reader.next().await {
                    Ok(Some(bytes)) => Some((Ok(bytes), Some(reader))),
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

fn changed() -> VfsError {
    VfsError::new(Errno::ESTALE).detail("the file changed while it was read")
}

/// What one reader has under way before it needs it.
#[derive(Default)]
pub(crate) struct Ahead {
    /// Where the reader goes on if it reads from front to back.
    expected: u64,
    /// Blocks of the next request.
    window: u64,
    queue: VecDeque<Pending>,
}

/// A request that runs before it is needed, and stops when its reader is gone (unless somebody else waits for it).
struct Pending {
    window: Window,
    flight: Flight<Bytes>,
    task: JoinHandle<()>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Ahead {
    /// Whether a read of `pos..end` follows the last one; then the window grows.
    fn goes_on(&mut self, pos: u64, end: u64) -> bool {
        let goes_on = pos == self.expected && pos > 0;
        if goes_on {
            self.expected = end;
            self.window = (self.window * 2).clamp(2, MAX_WINDOW);
        }
        goes_on
    }

    /// The request under way that brings `block`, and the block that it begins at.
    fn pending(&mut self, block: u64) -> Option<(Flight<Bytes>, u64)> {
        while self.queue.front().is_some_and(|p| p.window.end() <= block) {
            self.queue.pop_front();
        }
        let front = self.queue.front().filter(|p| p.window.first <= block)?;
        Some((front.flight.clone(), front.window.first))
    }

    /// Begins requests for what comes from `pos` on, as far as `end`.
    fn prefetch(&mut self, file: &CachedFile, pos: u64, end: u64) {
        let Ok(runtime) = runtime::handle() else { return };
        let mut block = self.queue.back().map_or(0, |p| p.window.end()).max(pos / BLOCK);
        while self.queue.len() < DEPTH && block * BLOCK < end {
            if file.blocks.has(&file.key(block)) {
                return;
            }
            let left = (end - 1) / BLOCK + 1 - block;
            let Joined::Flight(flight, window) = file.fetch(block, self.window.clamp(1, MAX_WINDOW).min(left)) else {
                return;
            };
            let running = flight.clone();
            self.queue.push_back(Pending {
                window,
                flight,
                task: runtime.spawn(origin::carried(async move {
                    let _ = running.await;
                })),
            });
            block = window.end();
        }
    }
}

/// A stream's reader: it goes through a file from front to back.
struct Reader {
    file: CachedFile,
    pos: u64,
    end: u64,
    ahead: Ahead,
    cached: u64,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.pos >= self.end {
            return Ok(None);
        }
        self.ahead.window = (self.ahead.window * 2).min(MAX_WINDOW);
        self.ahead.prefetch(&self.file, self.pos, self.end);
        let (bytes, hit) = self
            .file
            .piece(&mut self.ahead, self.pos, self.end, 1, self.end)
            .await?;
        if bytes.is_empty() {
            return Err(changed());
        }
        self.account(&bytes, hit);
        self.pos += bytes.len() as u64;
        Ok(Some(bytes))
    }

    fn account(&mut self, bytes: &Bytes, hit: bool) {
        if hit {
            self.cached += bytes.len() as u64;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.cached > 0 {
            self.file.recorder.cached_read(self.cached);
        }
    }
}
