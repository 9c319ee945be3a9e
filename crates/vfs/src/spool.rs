//! Open files of backends without random access: writes are kept aside and committed as a whole, reads fetch what they need.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use parking_lot::Mutex;

use crate::cache::reader::Ahead;
use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::body::Body;
use crate::fs::walk::Target;
use crate::handle::OpenOptions;
use crate::path::VPath;
use crate::resource::{Precondition, RandomFile, SetAttr, WriteOptions};
use crate::runtime;
use crate::stat::{Fingerprint, Stat, Time};
use crate::stream::{ByteRange, ByteStream};

mod base;
mod extents;
mod registry;
mod store;

pub(crate) use base::Base;
use extents::Extents;
pub(crate) use registry::Spools;
use store::Store;

/// Bytes of a commit handed over at a time.
const CHUNK: u64 = 1024 * 1024;

/// See the module.
pub(crate) struct Spool {
    fs: Fs,
    /// Where it commits; follows renames.
    place: Mutex<Target>,
    /// The name is gone: nothing is committed any more.
    unlinked: AtomicBool,
    mode: Option<u32>,
    /// The number in the registry; `None` for what commits after the last handle is gone.
    id: Option<u64>,
    state: Arc<tokio::sync::Mutex<State>>,
}

struct State {
    /// What was there when the file was opened or last committed.
    base: Base,
    /// What is under way for the reader of the base.
    ahead: Ahead,
    /// The part of the base that was not cut off.
    base_len: u64,
    /// Version of the base.
    fingerprint: Option<Fingerprint>,
    store: Store,
    /// What of the file is in the store.
    present: Extents,
    size: u64,
    dirty: bool,
    /// The content depends on the base: a commit must not overwrite another version.
    derived: bool,
    /// All writes so far went to the end.
    appends: bool,
    /// Somebody has read bytes of this version.
    served: bool,
    mtime: Option<Time>,
}

/// One stretch of the file.
enum Piece {
    Store(u64, u64),
    Base(u64, u64),
    Zeros(u64),
}

impl State {
    /// The first stretch of `pos..end`.
    fn piece(&self, pos: u64, end: u64) -> Piece {
        match self.present.at_or_after(pos) {
            Some((from, to)) if from <= pos => Piece::Store(pos, to.min(end)),
            next => {
                let end = next.map_or(end, |(from, _)| from.min(end));
                if pos < self.base_len {
                    Piece::Base(pos, end.min(self.base_len))
                } else {
                    Piece::Zeros(end - pos)
                }
            }
        }
    }

    async fn load(&mut self, piece: Piece) -> Result<Bytes> {
        match piece {
            Piece::Store(from, to) => self.store.read(from, (to - from) as usize),
            Piece::Base(from, to) => {
                self.derived = true;
                self.base.read(&mut self.ahead, from, (to - from) as usize).await
            }
            Piece::Zeros(n) => Ok(BytesMut::zeroed(n as usize).freeze()),
        }
    }

    async fn read(&mut self, offset: u64, len: usize) -> Result<Bytes> {
        self.measure().await?;
        let (mut pos, end) = ByteRange::at(offset, len as u64).clamp(self.size);
        let mut parts: Vec<Bytes> = Vec::new();
        while pos < end {
            let piece = self.piece(pos, end);
            let part = self.load(piece).await?;
            if part.is_empty() {
                return Err(VfsError::new(Errno::ESTALE).detail("the file changed while it was open"));
            }
            pos += part.len() as u64;
            parts.push(part);
        }
        Ok(match parts.len() {
            0 => Bytes::new(),
            1 => parts.swap_remove(0),
            _ => parts.concat().into(),
        })
    }

    /// Learns the size of a base whose size is only known after reading it.
    async fn measure(&mut self) -> Result<()> {
        if !self.base.is_unsized() {
            return Ok(());
        }
        let mut body = self.base.body().await?;
        let mut at = 0;
        while let Some(chunk) = body.next().await.transpose()? {
            self.store.write(at, &chunk)?;
            at += chunk.len() as u64;
        }
        self.present.insert(0, at);
        self.base = Base::Nothing;
        self.base_len = 0;
        self.size = at;
        self.derived = true;
        Ok(())
    }

    /// Brings all of the base into the store.
    async fn settle(&mut self) -> Result<()> {
        self.measure().await?;
        let (mut pos, end) = (0, self.size.min(self.base_len));
        while pos < end {
            match self.piece(pos, end) {
                Piece::Base(from, to) => {
                    let part = self.load(Piece::Base(from, to.min(from + CHUNK))).await?;
                    if part.is_empty() {
                        return Err(VfsError::new(Errno::ESTALE).detail("the file changed while it was open"));
                    }
                    self.put(from, &part)?;
                    pos = from + part.len() as u64;
                }
                Piece::Store(_, to) => pos = to,
                Piece::Zeros(n) => pos += n,
            }
        }
        self.base = Base::Nothing;
        self.base_len = 0;
        Ok(())
    }

    fn put(&mut self, offset: u64, data: &[u8]) -> Result<()> {
        self.store.write(offset, data)?;
        self.present.insert(offset, offset + data.len() as u64);
        Ok(())
    }

    async fn write(&mut self, offset: u64, data: &[u8]) -> Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let end = offset
            .checked_add(data.len() as u64)
            .filter(|end| *end <= i64::MAX as u64)
            .ok_or(Errno::EFBIG)?;
        self.measure().await?;
        if offset != self.size {
            self.appends = false;
        }
        self.put(offset, data)?;
        self.size = self.size.max(end);
        self.changed();
        Ok(())
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        if len > i64::MAX as u64 {
            return Err(Errno::EFBIG.into());
        }
        if len > 0 {
            self.measure().await?;
        } else {
            self.base = Base::Nothing;
        }
        self.present.cut(len);
        self.store.truncate(len)?;
        self.base_len = self.base_len.min(len);
        self.size = len;
        self.appends = false;
        self.changed();
        Ok(())
    }

    fn changed(&mut self) {
        self.dirty = true;
        self.mtime = Some(Time::now());
    }

    /// The bytes of `from..` as a body. Reads from the store and the base while it is consumed.
    fn body(&self, from: u64) -> Result<ByteStream> {
        let mut pieces = Vec::new();
        let mut pos = from;
        while pos < self.size {
            let (piece, next) = match self.piece(pos, self.size) {
                Piece::Store(a, b) => (Piece::Store(a, b.min(a + CHUNK)), b.min(a + CHUNK)),
                Piece::Base(a, b) => (Piece::Base(a, b.min(a + CHUNK)), b.min(a + CHUNK)),
                Piece::Zeros(n) => (Piece::Zeros(n.min(CHUNK)), pos + n.min(CHUNK)),
            };
            pieces.push(piece);
            pos = next;
        }
        if let [Piece::Store(a, b)] = pieces[..] {
            return Ok(self.store.read(a, (b - a) as usize)?.into());
        }
        let (store, base) = (self.store.share(), self.base.clone());
        Ok(ByteStream::new(stream::iter(pieces).then(move |piece| {
            let (store, base) = (store.clone(), base.clone());
            async move {
                match piece {
                    Piece::Store(a, b) => store.read(a, (b - a) as usize),
                    Piece::Base(a, b) => {
                        let part = base.read(&mut Ahead::default(), a, (b - a) as usize).await?;
                        if part.len() as u64 != b - a {
                            return Err(VfsError::new(Errno::ESTALE).detail("the file changed while it was open"));
                        }
                        Ok(part)
                    }
                    Piece::Zeros(n) => Ok(BytesMut::zeroed(n as usize).freeze()),
                }
            }
        })))
    }
}

impl Spool {
    /// Opens the file at `place`, which holds `base`, with the stat of that version. A new or emptied file has no stat.
    pub(crate) fn open(fs: &Fs, place: Target, base: Base, stat: Option<&Stat>, options: &OpenOptions) -> Arc<Self> {
        let size = base.size().unwrap_or(0);
        let dirty = stat.is_none();
        let id = fs.vfs().spools().next_id();
        let spool = Arc::new(Self {
            fs: fs.clone(),
            unlinked: AtomicBool::new(false),
            mode: stat.map_or(options.mode, |s| s.mode),
            id: Some(id),
            state: Arc::new(tokio::sync::Mutex::new(State {
                appends: base.exists() || (options.append && !options.truncate),
                ahead: Ahead::default(),
                base_len: size,
                fingerprint: stat.and_then(|s| s.fingerprint.clone()),
                store: Store::default(),
                present: Extents::default(),
                size,
                dirty,
                derived: false,
                served: false,
                mtime: stat.map_or_else(|| Some(Time::now()), |s| s.mtime),
                base,
            })),
            place: Mutex::new(place),
        });
        fs.vfs().spools().register(id, &spool);
        spool
    }

    pub(crate) fn place(&self) -> Target {
        self.place.lock().clone()
    }

    /// The file was renamed: the same bytes now have another name, and where renaming is copying another version.
    pub(crate) async fn moved(&self, below: VPath, path: VPath) {
        {
            let mut place = self.place.lock();
            (place.below, place.path) = (below, path);
        }
        let mut state = self.state.lock().await;
        if !state.base.exists() && state.fingerprint.is_none() {
            return;
        }
        // A foreign change in this very moment shows up as another size, or as a stale version later.
        if let Ok((base, stat)) = self.fs.current(&self.place()).await {
            state.fingerprint = stat.fingerprint;
            if state.base.exists() && state.base.size() == base.size() {
                state.base = base;
                state.ahead = Ahead::default();
            }
        }
    }

    /// The name is about to go: everything that will be read later must be here.
    pub(crate) async fn settle(&self) -> Result<()> {
        self.state.lock().await.settle().await
    }

    /// The name is gone.
    pub(crate) fn unlink(&self) {
        self.unlinked.store(true, Ordering::Release);
    }

    async fn commit(&self, state: &mut State) -> Result<()> {
        if !state.dirty {
            return Ok(());
        }
        if self.unlinked.load(Ordering::Acquire) {
            state.dirty = false;
            return Ok(());
        }
        let place = self.place();
        if state.appends && place.mount.caps.append {
            let added = state.body(state.base_len)?.collect().await?;
            let stat = self.fs.append_target(&place, &added).await?;
            state.rebase(self.fs.base_of(&place, stat.clone()), &stat);
            return Ok(());
        }
        let holes = state.base_len > 0;
        let options = WriteOptions {
            precondition: match &state.fingerprint {
                Some(f) if state.derived || holes => Precondition::Matches(f.clone()),
                _ => Precondition::None,
            },
            mode: self.mode,
            content_type: None,
        };
        let body = Body::new(state.body(0)?);
        let stat = self.fs.write_target(&place, &body, &options).await?;
        if stat.size.is_some_and(|n| n != state.size) {
            return Err(
                VfsError::new(Errno::EIO).detail("the backend stored another number of bytes than it was given")
            );
        }
        if holes {
            state.rebase(self.fs.base_of(&place, stat.clone()), &stat);
            state.derived = true;
        } else {
            // All of it is here: the next commit does not have to read it back.
            state.dirty = false;
            state.appends = false;
            state.fingerprint = stat.fingerprint;
            state.mtime = stat.mtime.or(state.mtime);
        }
        Ok(())
    }

    /// Reads; who has not seen a byte yet gets the version that is there now.
    async fn read(&self, offset: u64, len: usize) -> Result<Bytes> {
        let mut state = self.state.lock().await;
        let mut read = state.read(offset, len).await;
        if let Err(e) = &read
            && e.errno() == Errno::ESTALE
            && !state.dirty
            && !state.served
        {
            let place = self.place();
            place.changed(self.fs.vfs());
            let (base, stat) = self.fs.current(&place).await?;
            state.rebase(base, &stat);
            read = state.read(offset, len).await;
        }
        state.served |= read.as_ref().is_ok_and(|bytes| !bytes.is_empty());
        read
    }
}

impl State {
    /// Goes on with a version of the backend that holds everything that was written here.
    fn rebase(&mut self, base: Base, stat: &Stat) {
        let size = base.size().unwrap_or(0);
        *self = Self {
            base,
            ahead: Ahead::default(),
            base_len: size,
            fingerprint: stat.fingerprint.clone(),
            store: Store::default(),
            present: Extents::default(),
            size,
            dirty: false,
            derived: false,
            appends: true,
            served: self.served,
            mtime: stat.mtime.or(self.mtime),
        };
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        self.fs.vfs().spools().gone(id);
        let Ok(state) = self.state.try_lock() else { return };
        if !state.dirty || self.unlinked.load(Ordering::Acquire) {
            return;
        }
        let Ok(runtime) = runtime::handle() else { return };
        let rest = Self {
            fs: self.fs.clone(),
            place: Mutex::new(self.place()),
            unlinked: AtomicBool::new(false),
            mode: self.mode,
            id: None,
            state: self.state.clone(),
        };
        runtime.spawn(async move {
            let mut state = rest.state.lock().await;
            // Nobody is left to hear of a failure: who wants to know closes the file.
            let _ = rest.commit(&mut state).await;
        });
    }
}

#[async_trait]
impl RandomFile for Spool {
    async fn read_at(&self, offset: u64, len: usize) -> Result<Bytes> {
        self.read(offset, len).await
    }

    async fn write_at(&self, offset: u64, data: Bytes) -> Result<()> {
        self.state.lock().await.write(offset, &data).await
    }

    async fn append(&self, data: Bytes) -> Result<u64> {
        let mut state = self.state.lock().await;
        state.measure().await?;
        let at = state.size;
        state.write(at, &data).await?;
        Ok(at)
    }

    async fn truncate(&self, len: u64) -> Result<()> {
        self.state.lock().await.truncate(len).await
    }

    async fn sync(&self, _: bool) -> Result<()> {
        let mut state = self.state.lock().await;
        self.commit(&mut state).await
    }

    async fn stat(&self) -> Result<Stat> {
        let mut state = self.state.lock().await;
        state.measure().await?;
        let mut stat = Stat {
            mtime: state.mtime,
            mode: self.mode,
            fingerprint: if state.dirty { None } else { state.fingerprint.clone() },
            ..Stat::file(state.size)
        };
        if self.unlinked.load(Ordering::Acquire) {
            stat.nlink = 0;
        } else {
            self.fs.vfs().names().overlay(&self.place().path, &mut stat);
        }
        Ok(stat)
    }

    async fn set_attr(&self, attr: SetAttr) -> Result<()> {
        // The backend must know the file before it can have attributes.
        self.sync(true).await?;
        if self.unlinked.load(Ordering::Acquire) {
            return Ok(());
        }
        self.fs.set_attr_target(&self.place(), attr).await
    }
}
