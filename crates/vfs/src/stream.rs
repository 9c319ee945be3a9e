//! Streams of bytes and of directory entries. What is at hand is handed over without a heap-allocated stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures::stream::{BoxStream, Stream, StreamExt};

use crate::error::Result;
use crate::resource::DirEntry;

/// The part of a file to read: `start` inclusive, `end` exclusive, `None` to the end. A range past the end yields nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// One past the last byte; `None` for the end of the file.
    pub end: Option<u64>,
}

impl ByteRange {
    /// The whole file.
    pub const ALL: Self = Self { start: 0, end: None };

    /// `len` bytes from `start`.
    pub fn at(start: u64, len: u64) -> Self {
        Self {
            start,
            end: Some(start.saturating_add(len)),
        }
    }

    /// The range as indices into something of `len` bytes; `start <= end <= len`.
    pub fn clamp(self, len: u64) -> (u64, u64) {
        let start = self.start.min(len);
        (start, self.end.unwrap_or(len).clamp(start, len))
    }
}

/// A stream of non-empty chunks, in order.
pub enum ByteStream {
    /// Everything at once; empty for no bytes.
    Bytes(Bytes),
    /// Chunks that are at hand.
    Chunks(std::vec::IntoIter<Bytes>),
    /// Chunks that arrive.
    Stream(BoxStream<'static, Result<Bytes>>),
}

impl ByteStream {
    /// No bytes.
    pub fn empty() -> Self {
        Self::Bytes(Bytes::new())
    }

    /// Wraps a stream of chunks.
    pub fn new(stream: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Self {
        Self::Stream(stream.boxed())
    }

    /// Reads to the end. One chunk is handed on without a copy.
    pub async fn collect(mut self) -> Result<Bytes> {
        if let Self::Bytes(b) = self {
            return Ok(b);
        }
        let Some(first) = self.next().await.transpose()? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.next().await.transpose()? else {
            return Ok(first);
        };
        let mut all = BytesMut::with_capacity((first.len() + second.len()) * 2);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.next().await.transpose()? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Bytes(b) if b.is_empty() => Poll::Ready(None),
            Self::Bytes(b) => Poll::Ready(Some(Ok(std::mem::take(b)))),
            Self::Chunks(c) => Poll::Ready(c.next().map(Ok)),
            Self::Stream(s) => s.poll_next_unpin(cx),
        }
    }
}

impl From<Bytes> for ByteStream {
    fn from(b: Bytes) -> Self {
        Self::Bytes(b)
    }
}

impl From<Vec<u8>> for ByteStream {
    fn from(v: Vec<u8>) -> Self {
        Self::Bytes(v.into())
    }
}

/// A stream of entries, in the backend's order.
pub enum EntryStream<T = DirEntry> {
    /// Entries that are at hand.
    Ready(std::vec::IntoIter<T>),
    /// Entries that arrive, page by page.
    Stream(BoxStream<'static, Result<T>>),
}

impl<T: Send + Unpin + 'static> EntryStream<T> {
    /// Entries that are at hand.
    pub fn ready(entries: Vec<T>) -> Self {
        Self::Ready(entries.into_iter())
    }

    /// Wraps a stream of entries.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Self::Stream(stream.boxed())
    }

    /// All entries.
    pub async fn collect(self) -> Result<Vec<T>> {
        match self {
            Self::Ready(entries) => Ok(entries.collect()),
            Self::Stream(mut s) => {
                let mut all = Vec::new();
                while let Some(e) = s.next().await {
                    all.push(e?);
                }
                Ok(all)
            }
        }
    }
}

impl<T: Unpin> Stream for EntryStream<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Ready(entries) => Poll::Ready(entries.next().map(Ok)),
            Self::Stream(s) => s.poll_next_unpin(cx),
        }
    }
}
