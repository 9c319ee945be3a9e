//! [`Content`]: the bytes of one file, in copy-on-write chunks, with holes.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

/// Size of a chunk: what a change after a snapshot copies at most, and what a stream hands on at a time.
pub(super) const CHUNK: usize = 128 * 1024;

/// What a hole reads as.
static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// Up to this size a piece is copied rather than shared: cheaper than the bookkeeping, and a few bytes never keep a large
/// buffer alive.
const COPY: usize = 8 * 1024;

/// The bytes of one file. What a chunk does not store, up to the length, is zero.
#[derive(Default)]
pub(super) struct Content {
    len: u64,
    /// Bytes held in chunks: what counts against a limit.
    stored: u64,
    /// Everything in one buffer, as it was handed over, until the first change moves it into `chunks`.
    flat: Bytes,
    /// By chunk number; at most [`CHUNK`] bytes each; a chunk that is not there is a hole. Empty while `flat` is not.
    chunks: BTreeMap<u64, Chunk>,
}

enum Chunk {
    /// May be shared with readers, snapshots and copies.
    Frozen(Bytes),
    /// Ours alone, changed in place.
    Hot(BytesMut),
}

impl Chunk {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Frozen(b) => b,
            Self::Hot(b) => b,
        }
    }

    /// The bytes `from..to` of the chunk: shared when frozen, copied when hot.
    fn piece(&self, from: usize, to: usize) -> Bytes {
        match self {
            Self::Frozen(b) => b.slice(from..to),
            Self::Hot(b) => Bytes::copy_from_slice(&b[from..to]),
        }
    }

    fn freeze(&mut self) {
        if let Self::Hot(b) = self {
            *self = Self::Frozen(std::mem::take(b).freeze());
        }
    }

    /// Changes the chunk in place; copies it first when someone else still holds it.
    fn change(&mut self, change: impl FnOnce(&mut BytesMut)) {
        let mut own = match std::mem::replace(self, Self::Frozen(Bytes::new())) {
            Self::Hot(own) => own,
            Self::Frozen(b) => b.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..])),
        };
        change(&mut own);
        *self = Self::Hot(own);
    }
}

impl Content {
    /// A file that consists of `bytes`, taken over without a copy (small ones apart).
    pub(super) fn flat(bytes: Bytes) -> Self {
        let len = bytes.len() as u64;
        let bytes = if bytes.len() <= COPY {
            Bytes::copy_from_slice(&bytes)
        } else {
            bytes
        };
        Self {
            len,
            stored: len,
            flat: bytes,
            chunks: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes held in chunks; holes are free.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// The content for someone else, sharing all chunks.
    pub(super) fn share(&mut self) -> Self {
        self.freeze(0, u64::MAX);
        Self {
            len: self.len,
            stored: self.stored,
            flat: self.flat.clone(),
            chunks: self
                .chunks
                .iter()
                .map(|(at, chunk)| (*at, Chunk::Frozen(chunk.piece(0, chunk.len()))))
                .collect(),
        }
    }

    /// Whether reading `start..end` wants [`Content::freeze`] first, in order to share chunks rather than to copy them.
    pub(super) fn wants_freeze(&self, start: u64, end: u64) -> bool {
        end.saturating_sub(start) > COPY as u64
            && self
                .chunks
                .range(chunk_range(start, end))
                .any(|(_, c)| matches!(c, Chunk::Hot(_)))
    }

    /// Makes the chunks of `start..end` shareable. Changes nothing that a reader can see.
    pub(super) fn freeze(&mut self, start: u64, end: u64) {
        for (_, chunk) in self.chunks.range_mut(chunk_range(start, end)) {
            chunk.freeze();
        }
    }

    /// The bytes `start..end` (which lie within the length), piece by piece, unaffected by later changes.
    pub(super) fn pieces(&self, start: u64, end: u64) -> Pieces {
        let stored = if start >= end {
            Vec::new()
        } else if !self.flat.is_empty() {
            vec![(start, self.flat.slice(start as usize..end as usize))]
        } else {
            self.chunks
                .range(chunk_range(start, end))
                .filter_map(|(at, chunk)| {
                    let base = at * CHUNK as u64;
                    let from = start.saturating_sub(base) as usize;
                    let to = usize::try_from(end - base).unwrap_or(usize::MAX).min(chunk.len());
                    (from < to).then(|| (base + from as u64, chunk.piece(from, to)))
                })
                .collect()
        };
        Pieces {
            at: start,
            end,
            stored: stored.into_iter().peekable(),
        }
    }

    /// Fills `buf` from `offset`; how many bytes there were.
    pub(super) fn read_into(&self, offset: u64, buf: &mut [u8]) -> usize {
        let start = offset.min(self.len);
        let end = start.saturating_add(buf.len() as u64).min(self.len);
        let want = (end - start) as usize;
        let buf = &mut buf[..want];
        if want > 0 && !self.flat.is_empty() {
            buf.copy_from_slice(&self.flat[start as usize..end as usize]);
            return want;
        }
        let mut done = 0;
        for (at, chunk) in self.chunks.range(chunk_range(start, end)) {
            let base = at * CHUNK as u64;
            let from = start.saturating_sub(base) as usize;
            let to = usize::try_from(end - base).unwrap_or(usize::MAX).min(chunk.len());
            if from < to {
                let into = (base + from as u64 - start) as usize;
                buf[done..into].fill(0);
                done = into + (to - from);
                buf[into..done].copy_from_slice(&chunk.as_slice()[from..to]);
            }
        }
        buf[done..].fill(0);
        want
    }

    /// The bytes `start..end` in one buffer, without a copy where they lie in one.
    pub(super) fn slice(&self, start: u64, end: u64) -> Bytes {
        let mut pieces = self.pieces(start, end);
        let Some(first) = pieces.next() else {
            return Bytes::new();
        };
        if first.len() as u64 == end - start {
            return first;
        }
        let mut all = BytesMut::with_capacity((end - start) as usize);
        all.extend_from_slice(&first);
        for piece in pieces {
            all.extend_from_slice(&piece);
        }
        all.freeze()
    }

    /// How many more bytes would be stored after writing `len` bytes at `offset`.
    pub(super) fn growth(&self, offset: u64, len: usize) -> u64 {
        let end = offset + len as u64;
        let mut growth = 0;
        let mut at = offset;
        while at < end {
            let (number, from) = position(at);
            let to = ((end - at) as usize + from).min(CHUNK);
            let have = if self.flat.is_empty() {
                self.chunks.get(&number).map_or(0, Chunk::len)
            } else {
                self.flat.len().saturating_sub(number as usize * CHUNK).min(CHUNK)
            };
            growth += to.saturating_sub(have) as u64;
            at += (to - from) as u64;
        }
        growth
    }

    /// Writes `data` at `offset`; a gap before it becomes a hole. Whole chunks are taken over without a copy.
    pub(super) fn write_at(&mut self, offset: u64, data: &Bytes) {
        if data.is_empty() {
            return;
        }
        if self.len == 0 && offset == 0 {
            *self = Self::flat(data.clone());
            return;
        }
        let end = offset + data.len() as u64;
        let mut stored = self.stored;
        let chunks = self.paged();
        let mut done = 0;
        while done < data.len() {
            let (number, from) = position(offset + done as u64);
            let piece = (data.len() - done).min(CHUNK - from);
            let to = from + piece;
            if piece == CHUNK {
                let old = chunks.insert(number, Chunk::Frozen(data.slice(done..done + piece)));
                stored = stored + CHUNK as u64 - old.map_or(0, |c| c.len() as u64);
            } else {
                let chunk = chunks
                    .entry(number)
                    .or_insert_with(|| Chunk::Hot(BytesMut::with_capacity(room(from, piece))));
                stored += to.saturating_sub(chunk.len()) as u64;
                let source = &data[done..done + piece];
                chunk.change(|own| {
                    if from == own.len() {
                        own.extend_from_slice(source);
                        return;
                    }
                    if own.len() < to {
                        own.resize(to, 0);
                    }
                    own[from..to].copy_from_slice(source);
                });
            }
            done += piece;
        }
        self.stored = stored;
        self.len = self.len.max(end);
    }

    /// Makes `start..end` a hole, as far as it lies within the length.
    pub(super) fn punch(&mut self, start: u64, end: u64) {
        let end = end.min(self.len);
        if start >= end {
            return;
        }
        let numbers: Vec<u64> = self.paged().range(chunk_range(start, end)).map(|(at, _)| *at).collect();
        for number in numbers {
            let base = number * CHUNK as u64;
            let from = start.saturating_sub(base) as usize;
            let to = usize::try_from(end - base).unwrap_or(usize::MAX).min(CHUNK);
            let Some(chunk) = self.chunks.get_mut(&number) else {
                continue;
            };
            let had = chunk.len();
            if from == 0 && to >= had {
                self.chunks.remove(&number);
                self.stored -= had as u64;
            } else if from < had {
                chunk.change(|own| {
                    if to >= own.len() {
                        own.truncate(from);
                    } else {
                        own[from..to].fill(0);
                    }
                });
                self.stored -= (had - chunk.len()) as u64;
            }
        }
    }

    /// The first byte at or after `offset` that is stored, or with `hole` the first that is not; the end of the file counts
    /// as a hole. `None` when there is none.
    pub(super) fn seek(&self, offset: u64, hole: bool) -> Option<u64> {
        if offset >= self.len {
            return None;
        }
        if !self.flat.is_empty() {
            return Some(if hole { self.len } else { offset });
        }
        let mut at = offset;
        for (number, chunk) in self.chunks.range(offset / CHUNK as u64..) {
            let (base, end) = (number * CHUNK as u64, number * CHUNK as u64 + chunk.len() as u64);
            if hole {
                if base > at {
                    break;
                }
                at = at.max(end);
            } else if at < end {
                return Some(at.max(base));
            }
        }
        hole.then(|| at.min(self.len))
    }

    /// Cuts or extends to `len` bytes; extending stores nothing.
    pub(super) fn truncate(&mut self, len: u64) {
        if len == 0 {
            *self = Self::default();
            return;
        }
        if len < self.len {
            if !self.flat.is_empty() {
                // A few bytes must not keep the whole buffer alive.
                self.flat = if len <= COPY as u64 {
                    Bytes::copy_from_slice(&self.flat[..len as usize])
                } else {
                    self.flat.slice(..len as usize)
                };
                self.stored = len;
            } else {
                let (number, keep) = position(len);
                let chunks = self.paged();
                let mut gone: u64 = chunks.split_off(&(number + 1)).values().map(|c| c.len() as u64).sum();
                if keep == 0 {
                    gone += chunks.remove(&number).map_or(0, |c| c.len() as u64);
                } else if let Some(chunk) = chunks.get_mut(&number) {
                    gone += chunk.len().saturating_sub(keep) as u64;
                    match chunk {
                        Chunk::Frozen(b) => b.truncate(keep),
                        Chunk::Hot(b) => b.truncate(keep),
                    }
                }
                self.stored -= gone;
            }
        } else if len > self.len {
            self.paged();
        }
        self.len = len;
    }

    /// The chunks, cut out of the one buffer if it is one.
    fn paged(&mut self) -> &mut BTreeMap<u64, Chunk> {
        let mut rest = std::mem::take(&mut self.flat);
        let mut number = 0;
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(CHUNK));
            self.chunks.insert(number, Chunk::Frozen(piece));
            number += 1;
        }
        &mut self.chunks
    }
}

/// The chunk number of a byte, and the place in that chunk.
fn position(offset: u64) -> (u64, usize) {
    (offset / CHUNK as u64, (offset % CHUNK as u64) as usize)
}

/// The chunk numbers that `start..end` touches.
fn chunk_range(start: u64, end: u64) -> std::ops::Range<u64> {
    let first = start / CHUNK as u64;
    first..end.div_ceil(CHUNK as u64).max(first)
}

/// Capacity for a new chunk: a large piece at the start of a chunk is one of a sequence that will fill it.
fn room(from: usize, piece: usize) -> usize {
    if from == 0 && piece >= COPY {
        CHUNK
    } else {
        from + piece
    }
}

/// Pieces of a file, holes included as zeros.
pub(super) struct Pieces {
    at: u64,
    end: u64,
    stored: std::iter::Peekable<std::vec::IntoIter<(u64, Bytes)>>,
}

impl Iterator for Pieces {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.at >= self.end {
            return None;
        }
        let hole_end = self.stored.peek().map_or(self.end, |(at, _)| *at);
        let piece = if hole_end > self.at {
            Bytes::from_static(&ZEROS[..(hole_end - self.at).min(CHUNK as u64) as usize])
        } else {
            self.stored.next()?.1
        };
        self.at += piece.len() as u64;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(c: &Content) -> Vec<u8> {
        c.pieces(0, c.len()).flat_map(|b| b.to_vec()).collect()
    }

    #[test]
    fn a_large_body_is_taken_over_without_a_copy() {
        let body = Bytes::from(vec![7; 3 * CHUNK]);
        let c = Content::flat(body.clone());
        assert_eq!(c.slice(0, c.len()).as_ptr(), body.as_ptr());
    }

    #[test]
    fn writes_match_a_plain_vector_for_all_sorts_of_offsets() {
        let mut c = Content::default();
        let mut model: Vec<u8> = Vec::new();
        let mut seed = 1u64;
        for step in 0..400u64 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let offset = (seed >> 33) % (5 * CHUNK as u64);
            let len = ((seed >> 20) % (2 * CHUNK as u64)) as usize / (1 + (step % 7) as usize * 1000);
            if step % 11 == 0 {
                c.truncate(offset);
                model.resize(offset as usize, 0);
            } else {
                let data = Bytes::from(vec![(step % 251) as u8 + 1; len]);
                let before = c.stored();
                let growth = c.growth(offset, len);
                c.write_at(offset, &data);
                if before > 0 {
                    assert_eq!(c.stored(), before + growth, "growth is what is stored");
                }
                if len > 0 {
                    model.resize(model.len().max(offset as usize + len), 0);
                    model[offset as usize..][..len].copy_from_slice(&data);
                }
            }
            if step % 13 == 0 {
                c.freeze(0, u64::MAX);
            }
            assert_eq!(c.len(), model.len() as u64);
            if step % 20 == 0 {
                assert!(all(&c) == model, "content at step {step}");
                let mut buf = vec![9; model.len() + 10];
                assert_eq!(c.read_into(0, &mut buf), model.len());
                assert!(buf[..model.len()] == model[..]);
            }
        }
    }

    #[test]
    fn a_shared_copy_is_not_affected_by_later_writes() {
        let mut c = Content::flat(Bytes::from(vec![1; 2 * CHUNK]));
        c.write_at(10, &Bytes::from_static(b"x"));
        let copy = c.share();
        c.write_at(11, &Bytes::from_static(b"y"));
        c.truncate(12);
        assert_eq!(copy.slice(9, 13), &[1, b'x', 1, 1][..]);
        assert_eq!((copy.len(), c.len(), c.stored()), (2 * CHUNK as u64, 12, 12));
    }

    #[test]
    fn holes_store_nothing_and_read_as_zeros() {
        let mut c = Content::default();
        c.truncate(1 << 40);
        assert_eq!(c.stored(), 0);
        c.write_at(1 << 39, &Bytes::from_static(b"mid"));
        assert_eq!(c.stored(), 3);
        assert_eq!(c.slice((1 << 39) - 2, (1 << 39) + 5), &b"\0\0mid\0\0"[..]);
        assert_eq!(c.pieces(0, 1 << 40).take(3).map(|b| b.len()).sum::<usize>(), 3 * CHUNK);
        c.truncate(4);
        c.truncate(8);
        assert_eq!(all(&c), [0; 8]);
    }

    #[test]
    fn cutting_and_extending_shows_zeros_not_old_bytes() {
        let mut c = Content::flat(Bytes::from_static(b"secret"));
        c.truncate(2);
        c.truncate(6);
        assert_eq!(all(&c), b"se\0\0\0\0");
    }
}
