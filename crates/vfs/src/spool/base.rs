//! The content that an open file started with.

use std::sync::Arc;

use bytes::Bytes;

use crate::cache::reader::{Ahead, CachedFile};
use crate::error::Result;
use crate::path::VPath;
use crate::resource::Resource;
use crate::stat::Fingerprint;
use crate::stream::{ByteRange, ByteStream};

/// One version of a file in its backend.
#[derive(Clone)]
pub(crate) enum Base {
    /// No bytes: the file is new or was emptied.
    Nothing,
    /// Through the block cache.
    Cached(CachedFile),
    /// Straight from the backend.
    Direct {
        resource: Arc<dyn Resource>,
        path: VPath,
        pin: Option<Fingerprint>,
        size: Option<u64>,
    },
}

impl Base {
    /// Its length; `None` when only reading tells.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Cached(file) => Some(file.size),
            Self::Direct { size, .. } => *size,
        }
    }

    pub(crate) fn exists(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    pub(crate) fn is_unsized(&self) -> bool {
        self.size().is_none()
    }

    /// Up to `len` bytes from `offset`, for the reader that `ahead` belongs to.
    pub(crate) async fn read(&self, ahead: &mut Ahead, offset: u64, len: usize) -> Result<Bytes> {
        match self {
            Self::Nothing => Ok(Bytes::new()),
            Self::Cached(file) => file.read_at(ahead, offset, len).await,
            Self::Direct {
                resource, path, pin, ..
            } => {
                let range = ByteRange::at(offset, len as u64);
                resource.read(path, range, pin.as_ref()).await?.collect().await
            }
        }
    }

    /// All of it.
    pub(crate) async fn body(&self) -> Result<ByteStream> {
        match self {
            Self::Nothing => Ok(ByteStream::empty()),
            Self::Cached(file) => file.clone().stream(ByteRange::ALL, true).await,
            Self::Direct {
                resource, path, pin, ..
            } => resource.read(path, ByteRange::ALL, pin.as_ref()).await,
        }
    }
}
