//! What answers where nothing is mounted.

use async_trait::async_trait;

use crate::error::{Errno, Result, VfsError};
use crate::path::VPath;
use crate::resource::{Capabilities, Resource};
use crate::stat::{Fingerprint, Stat};
use crate::stream::{ByteRange, ByteStream, EntryStream};

/// A root directory that holds nothing and cannot be changed.
pub(crate) struct EmptyRoot;

fn absent<T>(path: &VPath) -> Result<T> {
    Err(VfsError::new(Errno::ENOENT).operand(path.as_bytes()))
}

#[async_trait]
impl Resource for EmptyRoot {
    fn kind(&self) -> &str {
        "root"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            remote: false,
            instant: true,
            ..Capabilities::READ_ONLY
        }
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        if !path.is_root() {
            return absent(path);
        }
        Ok(Stat {
            mode: Some(0o755),
            ..Stat::dir()
        })
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        if path.is_root() {
            Ok(EntryStream::ready(Vec::new()))
        } else {
            absent(path)
        }
    }

    async fn read(&self, path: &VPath, _: ByteRange, _: Option<&Fingerprint>) -> Result<ByteStream> {
        if path.is_root() {
            Err(VfsError::new(Errno::EISDIR))
        } else {
            absent(path)
        }
    }
}
