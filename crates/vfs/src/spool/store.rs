//! Where written bytes wait: in memory while they are few, else in a temporary file without a name.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;

use crate::error::Result;

/// Up to this length a file is kept in memory.
const MEMORY: u64 = 8 * 1024 * 1024;

/// Bytes by offset. A clone by [`Store::share`] sees the same bytes.
#[derive(Clone)]
pub(crate) enum Store {
    Memory(Arc<RwLock<Vec<u8>>>),
    File(Arc<File>),
}

impl Default for Store {
    fn default() -> Self {
        Self::Memory(Arc::default())
    }
}

impl Store {
    /// The same bytes for a body that is read later.
    pub(crate) fn share(&self) -> Self {
        self.clone()
    }

    /// `len` bytes from `offset`, which were written before.
    pub(crate) fn read(&self, offset: u64, len: usize) -> Result<Bytes> {
        match self {
            Self::Memory(data) => {
                let data = data.read();
                let start = (offset as usize).min(data.len());
                let end = start.saturating_add(len).min(data.len());
                Ok(Bytes::copy_from_slice(&data[start..end]))
            }
            Self::File(file) => {
                let mut out = vec![0; len];
                file.read_exact_at(&mut out, offset)?;
                Ok(out.into())
            }
        }
    }

    /// Puts `data` at `offset`.
    pub(crate) fn write(&mut self, offset: u64, data: &[u8]) -> Result<()> {
        let end = offset + data.len() as u64;
        if let Self::Memory(kept) = self
            && end > MEMORY
        {
            let file = tempfile::tempfile()?;
            file.write_all_at(&kept.read(), 0)?;
            *self = Self::File(Arc::new(file));
        }
        match self {
            Self::Memory(kept) => {
                let mut kept = kept.write();
                if kept.len() < end as usize {
                    kept.resize(end as usize, 0);
                }
                kept[offset as usize..end as usize].copy_from_slice(data);
            }
            Self::File(file) => file.write_all_at(data, offset)?,
        }
        Ok(())
    }

    /// Forgets what lies behind `len`.
    pub(crate) fn truncate(&mut self, len: u64) -> Result<()> {
        match self {
            Self::Memory(kept) => {
                let mut kept = kept.write();
                if (len as usize) < kept.len() {
                    kept.truncate(len as usize);
                }
            }
            Self::File(file) => {
                if len < file.metadata()?.len() {
                    file.set_len(len)?;
                }
            }
        }
        Ok(())
    }
}
