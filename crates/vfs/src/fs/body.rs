//! A body that can be offered more than once: a backend may answer that the path leads elsewhere before it reads a byte.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt};
use parking_lot::Mutex;

use crate::error::Result;
use crate::stream::ByteStream;

pub(crate) struct Source {
    stream: BoxStream<'static, Result<Bytes>>,
    started: bool,
}

/// See the module.
pub(crate) enum Body {
    /// At hand: any number of attempts.
    Bytes(Bytes),
    /// At hand, in pieces.
    Chunks(std::vec::IntoIter<Bytes>),
    /// Arriving: attempts share it as long as nobody read from it.
    Stream(Arc<Mutex<Source>>),
}

impl Body {
    pub(crate) fn new(stream: ByteStream) -> Self {
        match stream {
            ByteStream::Bytes(b) => Self::Bytes(b),
            ByteStream::Chunks(c) => Self::Chunks(c),
            ByteStream::Stream(stream) => Self::Stream(Arc::new(Mutex::new(Source { stream, started: false }))),
        }
    }

    /// The body for one attempt.
    pub(crate) fn attempt(&self) -> ByteStream {
        match self {
            Self::Bytes(b) => ByteStream::Bytes(b.clone()),
            Self::Chunks(c) => ByteStream::Chunks(c.clone()),
            Self::Stream(source) => ByteStream::new(Attempt(source.clone())),
        }
    }

    /// Whether another attempt would see the whole body.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Bytes(_) | Self::Chunks(_) => true,
            Self::Stream(source) => !source.lock().started,
        }
    }
}

struct Attempt(Arc<Mutex<Source>>);

impl Stream for Attempt {
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut source = self.0.lock();
        source.started = true;
        source.stream.poll_next_unpin(cx)
    }
}
