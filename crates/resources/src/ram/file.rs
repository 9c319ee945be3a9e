//! Regular files: their state, and the handles that outlive their names.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::RwLock;
use vfs::{Errno, Fingerprint, RandomFile, Result, SetAttr, Stat, Time};

use super::content::Content;
use super::tree::{Attr, Ino, Node};
use super::usage::Usage;
use super::{Shared, unique};

/// Largest offset, as of `off_t`.
const MAX_SIZE: u64 = i64::MAX as u64;

/// A file, changeable by the tree of its generation only.
pub(super) struct FileNode {
    pub(super) generation: u64,
    pub(super) state: RwLock<FileState>,
}

/// What a file is made of.
pub(super) struct FileState {
    pub(super) attr: Attr,
    pub(super) nlink: u32,
    pub(super) content: Content,
    version: u64,
    fingerprint: OnceLock<Fingerprint>,
}

impl FileState {
    pub(super) fn new(mode: u32, content: Content) -> Self {
        Self {
            attr: Attr::new(mode, Time::now()),
            nlink: 1,
            content,
            version: unique(),
            fingerprint: OnceLock::new(),
        }
    }

    /// The same file for another tree, sharing the bytes.
    pub(super) fn share(&mut self) -> Self {
        Self {
            attr: self.attr.clone(),
            nlink: self.nlink,
            content: self.content.share(),
            version: self.version,
            fingerprint: self.fingerprint.clone(),
        }
    }

    pub(super) fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| {
            let digits: [u8; 16] = std::array::from_fn(|i| {
                let nibble = (self.version >> (60 - 4 * i)) & 15;
                b"0123456789abcdef"[nibble as usize]
            });
            Fingerprint(Arc::from(std::str::from_utf8(&digits).unwrap_or_default()))
        })
    }

    pub(super) fn stat(&self, ino: Ino) -> Stat {
        let stat = Stat {
            nlink: self.nlink,
            // Space is shown in pages of 4 KiB, as ext4 and tmpfs do.
            blocks: Some(self.content.stored().div_ceil(4096) * 8),
            fingerprint: Some(self.fingerprint().clone()),
            ..Stat::file(self.content.len())
        };
        self.attr.fill(ino, stat)
    }

    /// Notes a change of content.
    fn changed(&mut self) {
        let now = Time::now();
        (self.attr.mtime, self.attr.ctime) = (now, now);
        self.version = unique();
        self.fingerprint = OnceLock::new();
    }

    /// Replaces the content; the old one, to be dropped after letting go of the lock.
    pub(super) fn replace(&mut self, usage: &Usage, content: Content) -> Result<Content> {
        usage.resize(self.content.stored(), content.stored())?;
        self.changed();
        Ok(std::mem::replace(&mut self.content, content))
    }

    pub(super) fn write_at(&mut self, usage: &Usage, offset: u64, data: &Bytes) -> Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        if offset.checked_add(data.len() as u64).is_none_or(|end| end > MAX_SIZE) {
            return Err(Errno::EFBIG.into());
        }
        usage.resize(0, self.content.growth(offset, data.len()))?;
        self.content.write_at(offset, data);
        self.changed();
        Ok(())
    }

    pub(super) fn append(&mut self, usage: &Usage, data: &Bytes) -> Result<u64> {
        let at = self.content.len();
        self.write_at(usage, at, data)?;
        Ok(at)
    }

    pub(super) fn truncate(&mut self, usage: &Usage, len: u64) -> Result<()> {
        if len > MAX_SIZE {
            return Err(Errno::EFBIG.into());
        }
        let before = self.content.stored();
        self.content.truncate(len);
        self.changed();
        usage.resize(before, self.content.stored())
    }
}

impl FileState {
    /// Makes sure that there is room for `offset..offset + len`, and extends the file to its end unless `keep_size`.
    fn allocate(&mut self, usage: &Usage, offset: u64, len: u64, keep_size: bool) -> Result<()> {
        let end = offset
            .checked_add(len)
            .filter(|end| *end <= MAX_SIZE)
            .ok_or(Errno::EFBIG)?;
        if let Some(limit) = usage.limits().bytes {
            let room = limit.saturating_sub(usage.bytes());
            // Counting what is there already would take going through it; asking for more than the whole is what matters.
            if len > limit || (end > self.content.len() && end - self.content.len().max(offset) > room) {
                return Err(Errno::ENOSPC.into());
            }
        }
        if !keep_size && end > self.content.len() {
            return self.truncate(usage, end);
        }
        self.attr.ctime = Time::now();
        Ok(())
    }

    fn punch_hole(&mut self, usage: &Usage, offset: u64, len: u64) -> Result<()> {
        let before = self.content.stored();
        self.content.punch(offset, offset.saturating_add(len));
        self.changed();
        usage.resize(before, self.content.stored())
    }
}

/// An open file.
pub(super) struct RamFile {
    shared: Arc<Shared>,
    ino: Ino,
}

impl RamFile {
    /// Registers a handle. The caller holds the tree's lock, so that the file cannot go away meanwhile.
    pub(super) fn register(shared: &Arc<Shared>, ino: Ino) -> Arc<dyn RandomFile> {
        *shared.opens.lock().entry(ino).or_insert(0) += 1;
        Arc::new(Self {
            shared: shared.clone(),
            ino,
        })
    }

    fn read<T>(&self, start: u64, len: u64, take: impl FnOnce(&Content, u64, u64) -> T) -> Result<T> {
        let tree = self.shared.tree.read();
        match tree.get(self.ino)? {
            Node::File(file) => Ok(file.read(
                tree.generation(),
                |_| Ok(()),
                |content| {
                    let start = start.min(content.len());
                    (start, start.saturating_add(len).min(content.len()))
                },
                take,
            )?),
            _ => Err(Errno::ESTALE.into()),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut FileState, &Usage) -> Result<T>) -> Result<T> {
        self.shared.change(|_| Ok(self.ino), change)
    }
}

impl Drop for RamFile {
    fn drop(&mut self) {
        let mut opens = self.shared.opens.lock();
        if let Some(n) = opens.get_mut(&self.ino) {
            *n -= 1;
            if *n == 0 {
                opens.remove(&self.ino);
                drop(opens);
                self.shared.closed(self.ino);
            }
        }
    }
}

#[async_trait]
impl RandomFile for RamFile {
    async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.read(offset, len as u64, Content::slice)
    }

    async fn read_into(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let tree = self.shared.tree.read();
        match tree.get(self.ino)? {
            Node::File(file) => Ok(file.read_into(tree.generation(), offset, buf)),
            _ => Err(Errno::ESTALE.into()),
        }
    }

    async fn write_at(&self, offset: u64, data: Bytes) -> Result<()> {
        self.change(|file, usage| file.write_at(usage, offset, &data))
    }

    async fn append(&self, data: Bytes) -> Result<u64> {
        self.change(|file, usage| file.append(usage, &data))
    }

    async fn truncate(&self, len: u64) -> Result<()> {
        self.change(|file, usage| file.truncate(usage, len))
    }

    async fn allocate(&self, offset: u64, len: u64, keep_size: bool) -> Result<()> {
        self.change(|file, usage| file.allocate(usage, offset, len, keep_size))
    }

    async fn punch_hole(&self, offset: u64, len: u64) -> Result<()> {
        self.change(|file, usage| file.punch_hole(usage, offset, len))
    }

    async fn seek_data(&self, offset: u64, hole: bool) -> Result<u64> {
        let tree = self.shared.tree.read();
        match tree.get(self.ino)? {
            Node::File(file) => file
                .state
                .read()
                .content
                .seek(offset, hole)
                .ok_or_else(|| Errno::ENXIO.into()),
            _ => Err(Errno::ESTALE.into()),
        }
    }

    async fn sync(&self, _data_only: bool) -> Result<()> {
        Ok(())
    }

    async fn stat(&self) -> Result<Stat> {
        let tree = self.shared.tree.read();
        Ok(tree.get(self.ino)?.stat(self.ino))
    }

    async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        self.change(|file, _| {
            file.attr.set(&attr);
            Ok(())
        })
    }
}
