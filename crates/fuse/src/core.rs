//! What each request of the kernel means for the tree. Knows paths, handles and inodes; knows nothing of the protocol.

mod attrs;
mod dirs;
pub(crate) mod fetch;
mod files;
mod names;
mod ranges;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use vfs::{Errno, Fs, Mount, Result, Stat, Time, VPath, VfsError};

use crate::attr::{Attr, Entry, Owner};
use crate::error::Failure;
use crate::handles::{Body, Handles};
use crate::inodes::{Inodes, Origin, Pin, ROOT};
use crate::options::MountOptions;

pub(crate) use dirs::Listed;
pub(crate) use files::Opened;

/// How many failures are kept.
const KEPT: usize = 100;

/// The state of one mount.
pub(crate) struct Core {
    pub(crate) fs: Fs,
    pub(crate) options: MountOptions,
    pub(crate) inodes: Mutex<Inodes>,
    pub(crate) handles: Handles,
    pub(crate) fetches: fetch::Fetches,
    owner: Owner,
    /// Counts the changes of other doors.
    epoch: AtomicU64,
    failures: Mutex<(u64, std::collections::VecDeque<Failure>)>,
    /// When an open last came too late for the file that its name had stood for.
    contested: Mutex<Option<Instant>>,
    /// Shared by all pins, which are counted by it.
    pins: Arc<()>,
}

/// How long look-ups take hold of files after an open that came too late.
const CONTESTED: Duration = Duration::from_millis(100);

/// Files held at most: each may be a descriptor.
const PINS: usize = 256;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// What was found under a name; becomes an [`Entry`] when the kernel is told, by [`Core::enter`].
pub(crate) struct Found {
    pub(crate) parent: u64,
    pub(crate) name: Box<[u8]>,
    pub(crate) origin: Origin,
    /// Whether it lies where everything is answered from memory.
    pub(crate) instant: bool,
    pub(crate) stat: Stat,
    /// The file itself, where names change hands fast.
    pub(crate) pin: Option<Pin>,
}

impl Core {
    pub(crate) fn new(fs: Fs, root: VPath, options: MountOptions) -> Self {
        Self {
            fs,
            options,
            inodes: Mutex::new(Inodes::new(root)),
            handles: Handles::default(),
            fetches: fetch::Fetches::default(),
            owner: Owner {
                uid: rustix::process::geteuid().as_raw(),
                gid: rustix::process::getegid().as_raw(),
                since: Time::now(),
            },
            epoch: AtomicU64::new(0),
            failures: Mutex::default(),
            contested: Mutex::default(),
            pins: Arc::default(),
        }
    }

    /// A moment, for [`Core::enter`] and [`Core::attr`]: what was learnt since then is believed only if no other door changed
    /// anything meanwhile, for the notice of that change may reach the kernel before the answer does.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Another door changed something.
    pub(crate) fn changed_elsewhere(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// How long the kernel may believe what it is told. Where everything is in memory no change goes unseen, and it is longer.
    pub(crate) fn ttl(&self, instant: bool, epoch: u64) -> Duration {
        match (epoch == self.epoch(), instant) {
            (false, _) => Duration::ZERO,
            (true, false) => self.options.ttl,
            (true, true) => self.options.ttl.saturating_mul(10),
        }
    }

    /// The root's own number in its backend must be known before anything else is looked up.
    pub(crate) async fn prepare(&self) -> Result<()> {
        let root = self.inodes.lock().path(ROOT)?;
        let stat = self.fs.stat(&root).await?;
        if !stat.is_dir() {
            return Err(VfsError::new(Errno::ENOTDIR).op("mount").operand(root.as_bytes()));
        }
        self.start_at(&stat)
    }

    /// Starts with a root that looks like `stat`.
    pub(crate) fn start_at(&self, stat: &Stat) -> Result<()> {
        let root = self.inodes.lock().path(ROOT)?;
        let origin = self.origin(&root, stat);
        let attr = Attr::new(ROOT, stat, 0, &self.owner);
        let mut inodes = self.inodes.lock();
        inodes.set_root(origin, stat.ino);
        if let Some(node) = inodes.get(ROOT) {
            node.last = Some(attr);
        }
        Ok(())
    }

    /// What of the tree the mount shows.
    pub(crate) fn root(&self) -> VPath {
        // The root's path is there from the start.
        self.inodes.lock().path(ROOT).unwrap_or_else(|_| VPath::root())
    }

    /// The path of an inode, and whether everything there is answered from memory.
    pub(crate) fn place(&self, ino: u64) -> Result<(VPath, bool)> {
        let path = self.inodes.lock().path(ino)?;
        let instant = self.is_instant(&path);
        Ok((path, instant))
    }

    /// Notes that an open failed because the name had changed hands; the kernel asks once more, and must not be late again.
    pub(crate) fn contest(&self) {
        *self.contested.lock() = Some(Instant::now());
    }

    /// Whether names change hands so fast that a look-up had better take hold of the file.
    pub(crate) fn is_contested(&self) -> bool {
        self.contested.lock().is_some_and(|at| at.elapsed() < CONTESTED)
    }

    /// Where a file was that another one has replaced.
    pub(crate) fn replaced_place(&self, ino: u64) -> Option<(VPath, bool)> {
        let mut inodes = self.inodes.lock();
        inodes.get(ino)?.pin.as_ref().map(|pin| (pin.path.clone(), pin.instant))
    }

    /// As [`Core::place`], for a name in a directory.
    pub(crate) fn child(&self, parent: u64, name: &[u8]) -> Result<(VPath, bool)> {
        let path = self.inodes.lock().child(parent, name)?;
        let instant = self.is_instant(&path);
        Ok((path, instant))
    }

    /// Where the state of an inode can be learnt on the spot: by a handle, by its path, or because nothing but memory is left
    /// of it.
    pub(crate) fn is_at_hand(&self, ino: u64, fh: Option<u64>) -> bool {
        if let Some(fh) = fh {
            return self.handles.is_instant(fh);
        }
        let (path, handle) = {
            let mut inodes = self.inodes.lock();
            let path = inodes.path(ino);
            (path, inodes.get(ino).and_then(|n| n.handles.first().copied()))
        };
        match (path, handle) {
            (Ok(path), _) => self.is_instant(&path),
            (Err(_), Some(fh)) => self.handles.is_instant(fh),
            (Err(_), None) => true,
        }
    }

    pub(crate) fn is_instant(&self, path: &VPath) -> bool {
        self.mount_of(path).is_some_and(|m| m.capabilities().instant)
    }

    pub(crate) fn mount_of(&self, path: &VPath) -> Option<Arc<Mount>> {
        self.fs.vfs().mounts().find(path).map(|(mount, _)| mount)
    }

    pub(crate) fn origin(&self, path: &VPath, stat: &Stat) -> Origin {
        Origin {
            mount: self.mount_of(path).map_or(0, |m| m.id()),
            dev: stat.dev,
        }
    }

    /// Whether what was found at `path` is the file that the kernel calls `ino`: a rename may have given the name to another one
    /// since the path was asked for.
    pub(crate) fn is(&self, ino: u64, path: &VPath, stat: &Stat) -> bool {
        let origin = self.origin(path, stat);
        self.inodes.lock().is(ino, origin, stat)
    }

    /// Notes that the kernel is told of what was found since `epoch`: it will forget it one day.
    pub(crate) fn enter(&self, found: &Found, epoch: u64) -> Entry {
        let mut inodes = self.inodes.lock();
        let ino = inodes.enter(found.parent, &found.name, found.origin, &found.stat);
        let mut generation = 0;
        if let Some(node) = inodes.get(ino) {
            node.instant = found.instant;
            if node.pin.is_none() {
                node.pin.clone_from(&found.pin);
            }
            generation = node.generation;
        }
        let (attr, attr_ttl) = self.note(&mut inodes, ino, &found.stat, epoch);
        Entry {
            attr,
            generation,
            entry_ttl: self.ttl(found.instant, epoch),
            attr_ttl,
        }
    }

    /// The attributes of `ino`, learnt since `epoch`, as the kernel is told them, and for how long.
    pub(crate) fn attr(&self, ino: u64, stat: &Stat, epoch: u64) -> (Attr, Duration) {
        self.note(&mut self.inodes.lock(), ino, stat, epoch)
    }

    fn note(&self, inodes: &mut Inodes, ino: u64, stat: &Stat, epoch: u64) -> (Attr, Duration) {
        let Some(node) = inodes.get(ino) else {
            return (Attr::new(ino, stat, 0, &self.owner), Duration::ZERO);
        };
        let instant = node.instant;
        let learnt = match &node.learnt {
            // Without a fingerprint the size seen last is the best there is.
            Some((version, size)) if *version == stat.fingerprint => Some(*size),
            _ => None,
        };
        let attr = Attr::new(ino, stat, learnt.unwrap_or(0), &self.owner);
        node.last = Some(attr);
        let unknown = stat.is_file() && stat.size.is_none() && learnt.is_none();
        let ttl = if unknown {
            Duration::ZERO
        } else {
            self.ttl(instant, epoch)
        };
        (attr, ttl)
    }

    /// The stat of an inode: from a handle if it was opened, else by its path, else what was last known of it.
    pub(crate) async fn stat(&self, ino: u64, fh: Option<u64>) -> Result<Stat> {
        if let Some(handle) = fh.and_then(|fh| self.handles.get(fh))
            && let Body::File(file) = &handle.body
        {
            return file.stat().await;
        }
        let (path, handles, last) = {
            let mut inodes = self.inodes.lock();
            let path = inodes.path(ino);
            match inodes.get(ino) {
                Some(node) => (path, node.handles.clone(), node.last),
                None => return Err(Errno::ESTALE.into()),
            }
        };
        match path {
            Ok(path) => {
                if let Some(file) = self.spooled(&path, &handles) {
                    return file.stat().await;
                }
                match self.fs.lstat(&path).await {
                    // It went in this moment, behind the kernel's back or ours; a handle may still have it.
                    Err(e) if e.errno() == Errno::ENOENT && !handles.is_empty() => {
                        self.nameless(&handles, last).await.map_err(|_| e)
                    }
                    Ok(stat) if !self.is(ino, &path, &stat) => self.nameless(&handles, last).await,
                    done => done,
                }
            }
            Err(_) => self.nameless(&handles, last).await,
        }
    }

    /// A handle through which the file was written and whose backend does not know it yet.
    fn spooled(&self, path: &VPath, handles: &[u64]) -> Option<vfs::FileHandle> {
        if handles.is_empty() || self.mount_of(path)?.capabilities().random_access {
            return None;
        }
        handles.iter().find_map(|fh| match &self.handles.get(*fh)?.body {
            Body::File(file) if file.options().writes() || file.options().create => Some(file.clone()),
            _ => None,
        })
    }

    /// The stat of what has lost its name.
    async fn nameless(&self, handles: &[u64], last: Option<Attr>) -> Result<Stat> {
        for fh in handles {
            if let Some(handle) = self.handles.get(*fh)
                && let Body::File(file) = &handle.body
            {
                return file.stat().await;
            }
        }
        let last = last.ok_or(Errno::ESTALE)?;
        Ok(Stat {
            size: Some(last.size),
            mode: Some(last.perm),
            uid: Some(last.uid),
            gid: Some(last.gid),
            nlink: last.nlink,
            mtime: Some(last.mtime),
            atime: Some(last.atime),
            ctime: Some(last.ctime),
            rdev: last.rdev.into(),
            blocks: Some(last.blocks),
            ..Stat::new(last.kind)
        })
    }

    /// A file handle of `ino`, for what has no name any more.
    pub(crate) fn any_file(&self, ino: u64) -> Option<vfs::FileHandle> {
        self.file_of(ino, |_| true)
    }

    /// A file handle of `ino` that may write.
    pub(crate) fn any_writer(&self, ino: u64) -> Option<vfs::FileHandle> {
        self.file_of(ino, |file| file.options().writes())
    }

    fn file_of(&self, ino: u64, fits: impl Fn(&vfs::FileHandle) -> bool) -> Option<vfs::FileHandle> {
        let handles = self.inodes.lock().get(ino)?.handles.clone();
        handles.iter().find_map(|fh| match &self.handles.get(*fh)?.body {
            Body::File(file) if fits(file) => Some(file.clone()),
            _ => None,
        })
    }

    /// Whether `caller` is somebody else than whoever owns files that have no owner.
    fn is_foreign(&self, caller: &Caller) -> bool {
        caller.uid != self.owner.uid || caller.gid != self.owner.gid
    }

    /// Records a failure that deserves attention.
    pub(crate) fn record(&self, operation: &'static str, ino: u64, error: &VfsError) {
        let quiet = !matches!(
            error.errno(),
            Errno::EIO | Errno::ETIMEDOUT | Errno::EDEADLK | Errno::EPROTO | Errno::ECONNREFUSED | Errno::ECONNRESET
        );
        if quiet {
            return;
        }
        let path = match error.path() {
            Some(path) => String::from_utf8_lossy(path).into_owned(),
            None => match self.inodes.lock().path(ino) {
                Ok(path) => path.to_string_lossy().into_owned(),
                Err(_) => String::new(),
            },
        };
        let mut failures = self.failures.lock();
        failures.0 += 1;
        if failures.1.len() == KEPT {
            failures.1.pop_front();
        }
        failures.1.push_back(Failure {
            time: Time::now(),
            operation,
            path,
            code: error.errno().name(),
            message: error.to_string(),
        });
    }

    /// The failures kept, oldest first.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        self.failures.lock().1.iter().cloned().collect()
    }

    /// How many there were in all.
    pub(crate) fn failure_count(&self) -> u64 {
        self.failures.lock().0
    }
}
