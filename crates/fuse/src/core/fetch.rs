//! Files whose size is known only when they have been read: fetched once, kept in a spool, read from there.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Weak};

use bytes::{Bytes, BytesMut};
use foldhash::fast::RandomState;
use futures::StreamExt;
use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;
use vfs::{ByteRange, Errno, Fingerprint, Fs, Result, Stat, VPath, VfsError, runtime};

use crate::core::{Core, Opened};
use crate::handles::{Body, Handle};
use crate::options::StatFetch;

/// Up to this many bytes a content is kept in memory, beyond it in a file without a name.
const IN_MEMORY: usize = 4 << 20;

/// The content of one version of a file, as far as it has arrived.
pub(crate) struct Fetched {
    version: Option<Fingerprint>,
    state: Mutex<State>,
    progress: Notify,
}

#[derive(Default)]
struct State {
    memory: BytesMut,
    file: Option<Arc<File>>,
    len: u64,
    end: Option<Result<()>>,
    /// Whether the size was made known after the end.
    told: bool,
}

/// What is being fetched, so that nothing is fetched twice at a time.
#[derive(Default)]
pub(crate) struct Fetches {
    running: Mutex<HashMap<u64, Weak<Fetched>, RandomState>>,
    /// What `stat` fetched, for the `open` that follows.
    recent: Mutex<Vec<Arc<Fetched>>>,
}

/// How many contents are kept for an `open` that may follow.
const RECENT: usize = 8;

impl Fetches {
    /// Lets go of everything.
    pub(crate) fn clear(&self) {
        self.recent.lock().clear();
    }
}

impl Fetched {
    fn new(version: Option<Fingerprint>) -> Arc<Self> {
        Arc::new(Self {
            version,
            state: Mutex::default(),
            progress: Notify::new(),
        })
    }

    fn add(&self, chunk: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        if state.file.is_none() && state.memory.len() + chunk.len() > IN_MEMORY {
            let file = tempfile::tempfile()?;
            file.write_all_at(&state.memory, 0)?;
            state.memory = BytesMut::new();
            state.file = Some(Arc::new(file));
        }
        match &state.file {
            Some(file) => {
                let (file, at) = (file.clone(), state.len);
                file.write_all_at(chunk, at)?;
            }
            None => state.memory.extend_from_slice(chunk),
        }
        state.len += chunk.len() as u64;
        drop(state);
        self.progress.notify_waiters();
        Ok(())
    }

    fn end(&self, result: Result<()>) {
        self.state.lock().end = Some(result);
        self.progress.notify_waiters();
    }

    /// Waits until `ready` says so of the bytes that are here and the end, if it came.
    async fn until<T>(&self, ready: impl Fn(&State) -> Option<T>) -> T {
        loop {
            let notified = self.progress.notified();
            tokio::pin!(notified);
            // Registered before the look, so that nothing between the two is missed.
            notified.as_mut().enable();
            if let Some(out) = ready(&self.state.lock()) {
                return out;
            }
            notified.await;
        }
    }

    /// The size, once all is here.
    pub(crate) async fn finished(&self) -> Result<u64> {
        self.until(|s| s.end.as_ref().map(|end| end.clone().map(|()| s.len)))
            .await
    }

    /// The size if all is here within `limit` bytes, `None` if there is more.
    async fn within(&self, limit: u64) -> Result<Option<u64>> {
        self.until(|s| match &s.end {
            Some(Ok(())) if s.len <= limit => Some(Ok(Some(s.len))),
            Some(Err(e)) => Some(Err(e.clone())),
            _ if s.len > limit => Some(Ok(None)),
            _ => None,
        })
        .await
    }

    /// Up to `len` bytes from `offset`, waiting for them; fewer only at the end.
    async fn read(&self, offset: u64, len: usize) -> Result<Bytes> {
        let end = offset.saturating_add(len as u64);
        let (have, file) = self
            .until(|s| match &s.end {
                Some(Err(e)) if s.len < end => Some(Err(e.clone())),
                None if s.len < end => None,
                _ => Some(Ok((s.len.min(end), s.file.clone()))),
            })
            .await?;
        if offset >= have {
            return Ok(Bytes::new());
        }
        let want = (have - offset) as usize;
        match file {
            Some(file) => {
                let mut out = BytesMut::zeroed(want);
                file.read_exact_at(&mut out, offset)?;
                Ok(out.freeze())
            }
            None => {
                let state = self.state.lock();
                if let Some(file) = state.file.clone() {
                    drop(state);
                    let mut out = BytesMut::zeroed(want);
                    file.read_exact_at(&mut out, offset)?;
                    return Ok(out.freeze());
                }
                let from = offset as usize;
                Ok(Bytes::copy_from_slice(&state.memory[from..from + want]))
            }
        }
    }

    fn is_usable(&self) -> bool {
        !matches!(self.state.lock().end, Some(Err(_)))
    }
}

async fn pump(fs: Fs, path: VPath, target: Weak<Fetched>) {
    let body = fs.read(&path, ByteRange::ALL).await;
    let mut body = match body {
        Ok(body) => body,
        Err(e) => {
            if let Some(target) = target.upgrade() {
                target.end(Err(e));
            }
            return;
        }
    };
    loop {
        let chunk = body.next().await;
        // Nobody reads it any more: stop.
        let Some(target) = target.upgrade() else { return };
        let done = match chunk {
            Some(Ok(chunk)) => match target.add(&chunk) {
                Ok(()) => continue,
                Err(e) => Err(e),
            },
            Some(Err(e)) => Err(e),
            None => Ok(()),
        };
        return target.end(done);
    }
}

impl Core {
    /// The content of `path`, being fetched: by us from now on, or by somebody already.
    fn fetch(&self, ino: u64, path: &VPath, stat: &Stat) -> Result<Arc<Fetched>> {
        let mut running = self.fetches.running.lock();
        if let Some(found) = running.get(&ino).and_then(Weak::upgrade)
            && found.version == stat.fingerprint
            && found.is_usable()
        {
            return Ok(found);
        }
        running.retain(|_, f| f.strong_count() > 0);
        let fetched = Fetched::new(stat.fingerprint.clone());
        running.insert(ino, Arc::downgrade(&fetched));
        drop(running);
        runtime::handle()?.spawn(pump(self.fs.clone(), path.clone(), Arc::downgrade(&fetched)));
        Ok(fetched)
    }

    /// The stat with its size, where `stat` is to know sizes at any price.
    pub(crate) async fn sized(&self, path: &VPath, mut stat: Stat) -> Result<Stat> {
        if stat.size.is_some() || !stat.is_file() || self.options.stat_fetch != StatFetch::Always {
            return Ok(stat);
        }
        let key = self.stat_key(path);
        let fetched = self.fetch(key, path, &stat)?;
        {
            let mut recent = self.fetches.recent.lock();
            if !recent.iter().any(|f| Arc::ptr_eq(f, &fetched)) {
                if recent.len() == RECENT {
                    recent.remove(0);
                }
                recent.push(fetched.clone());
            }
        }
        stat.size = Some(fetched.finished().await?);
        Ok(stat)
    }

    /// A key for a path that need not be an inode yet.
    fn stat_key(&self, path: &VPath) -> u64 {
        use std::hash::BuildHasher;
        match self.inodes.lock().locate(path) {
            Some((ino, None, _)) => ino,
            _ => foldhash::fast::FixedState::default().hash_one(path) | 1 << 63,
        }
    }

    /// Opens a file whose size is not known, for reading: fetched now if it is small and quick, streamed otherwise.
    pub(crate) async fn open_unsized(&self, ino: u64, path: VPath, stat: &Stat) -> Result<Opened> {
        let fetched = self.fetch(ino, &path, stat)?;
        let limit = self.options.open_limit_bytes;
        let here = match tokio::time::timeout(self.options.open_deadline, fetched.within(limit)).await {
            Ok(here) => here.map_err(|e| e.with_operand(path.as_bytes()).op("open"))?,
            Err(_) => None,
        };
        let (mut keep, mut stale) = (false, false);
        if let Some(size) = here {
            let mut inodes = self.inodes.lock();
            if let Some(node) = inodes.get(ino) {
                keep = stat.fingerprint.is_some() && node.cached == stat.fingerprint;
                stale = node.last.is_none_or(|last| last.size != size);
                node.learnt = Some((stat.fingerprint.clone(), size));
                node.cached = stat.fingerprint.clone();
            }
        }
        let handle = Handle {
            ino,
            path,
            instant: false,
            body: Body::Fetched(fetched),
        };
        Ok(Opened {
            ino,
            fh: self.keep(ino, handle),
            direct: here.is_none() || self.options.direct_io,
            keep,
            silent: true,
            stale,
        })
    }

    pub(crate) async fn read_fetched(
        &self,
        handle: &Handle,
        content: &Fetched,
        offset: u64,
        len: usize,
    ) -> Result<Bytes> {
        let bytes = content
            .read(offset, len)
            .await
            .map_err(|e| error_of_read(e).with_operand(handle.path.as_bytes()).op("read"))?;
        if bytes.len() < len {
            self.at_end(handle, content);
        }
        Ok(bytes)
    }

    /// The end was seen: now the size is known to everybody.
    fn at_end(&self, handle: &Handle, content: &Fetched) {
        let size = {
            let mut state = content.state.lock();
            if state.told || !matches!(state.end, Some(Ok(()))) {
                return;
            }
            state.told = true;
            state.len
        };
        let mut inodes = self.inodes.lock();
        if let Some(node) = inodes.get(handle.ino) {
            node.learnt = Some((content.version.clone(), size));
        }
    }
}

/// An error in the middle of a file must never look like its end, nor like anything that a program retries for ever.
fn error_of_read(e: VfsError) -> VfsError {
    match e.errno() {
        Errno::EINTR | Errno::EAGAIN => VfsError::new(Errno::EIO).detail(e.to_string()),
        _ => e,
    }
}
