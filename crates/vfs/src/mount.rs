//! The mount table: longest prefix wins, swapped atomically.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;

use crate::cache::MountCache;
use crate::error::{Errno, Result, VfsError};
use crate::mode::Mode;
use crate::path::VPath;
use crate::resource::{Capabilities, Resource};

pub(crate) mod empty;

/// How fresh what a cache answers must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consistency {
    /// What was learnt is believed until its time to live is over or somebody writes through this workspace.
    #[default]
    Lazy,
    /// Every open and every read asks the backend for the fingerprint first; bytes without a fingerprint are never reused.
    Always,
}

/// How a backend is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MountOptions {
    /// What the mount allows.
    pub mode: Mode,
    /// `/dev`, the history view and the synthetic root: always visible to every session, never unmounted by users.
    pub infrastructure: bool,
    /// Not listed in the parent directory, though it can be named.
    pub hidden: bool,
    /// How long listings, stats and negative answers are believed; `None` for the default of ten minutes. Zero turns the
    /// index cache off.
    pub ttl: Option<Duration>,
    /// How fresh cached answers must be.
    pub consistency: Consistency,
    /// Whether listings, stats and bytes are cached at all. Only remote backends ever are.
    pub cache: bool,
}

impl MountOptions {
    /// Time to live of index entries where the mount does not say.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(600);

    /// The defaults for a mount of this mode.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            infrastructure: false,
            hidden: false,
            ttl: None,
            consistency: Consistency::Lazy,
            cache: true,
        }
    }

    /// Marks the mount as part of the workspace itself.
    #[must_use]
    pub fn infrastructure(mut self) -> Self {
        self.infrastructure = true;
        self
    }

    /// Keeps the mount out of its parent's listing.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Sets how long index entries are believed.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets how fresh cached answers must be.
    #[must_use]
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// Switches caching.
    #[must_use]
    pub fn cache(mut self, on: bool) -> Self {
        self.cache = on;
        self
    }
}

/// One mount.
pub struct Mount {
    /// Where: `/data`, without a trailing slash.
    pub prefix: VPath,
    /// What.
    pub resource: Arc<dyn Resource>,
    /// What it allows.
    pub mode: Mode,
    /// `/dev`, the history view and the synthetic root: always visible to every session, never unmounted by users.
    pub infrastructure: bool,
    /// What the resource can do, asked once.
    pub(crate) caps: Capabilities,
    /// Told apart from every other mount of the process, also from an earlier one at the same prefix.
    pub(crate) id: u64,
    /// Index cache; `None` for backends that answer fast enough by themselves.
    pub(crate) cache: Option<Arc<MountCache>>,
    options: MountOptions,
}

impl Mount {
    /// A mount of `resource` at `prefix`, not yet in any table.
    pub fn new(prefix: VPath, resource: Arc<dyn Resource>, options: MountOptions) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let caps = resource.capabilities();
        let cached = caps.remote && !caps.instant && options.cache;
        Self {
            prefix,
            mode: options.mode,
            infrastructure: options.infrastructure,
            cache: cached.then(|| Arc::new(MountCache::new(&options, !caps.directories))),
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            caps,
            resource,
            options,
        }
    }

    /// How it was mounted.
    pub fn options(&self) -> &MountOptions {
        &self.options
    }

    /// A number that no other mount of the process has, not even an earlier one at the same prefix.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What the resource can do by itself.
    pub fn capabilities(&self) -> Capabilities {
        self.caps
    }

    /// Whether listings, stats and bytes of this mount are cached.
    pub fn is_cached(&self) -> bool {
        self.cache.is_some()
    }

    /// Whether changes can succeed at all: the mount's mode and the backend both allow them.
    pub fn writable(&self) -> bool {
        self.mode >= Mode::Write && self.caps.write
    }
}

/// How many mounts are still searched faster one by one than by hash.
const LINEAR: usize = 8;

/// One immutable state of the table.
pub(crate) struct Table {
    mounts: Arc<Vec<Arc<Mount>>>,
    by_prefix: HashMap<Box<[u8]>, Arc<Mount>>,
    /// Names of mounts (or of directories on the way to one) per directory, sorted. Holds every proper ancestor of a mount.
    children: HashMap<Box<[u8]>, Vec<Box<[u8]>>>,
    longest_ancestor: usize,
    /// Answers where nothing is mounted: an empty directory.
    fallback: Arc<Mount>,
}

impl Table {
    fn new(mut mounts: Vec<Arc<Mount>>, fallback: Arc<Mount>) -> Self {
        mounts.sort_by(|a, b| {
            let (a, b) = (a.prefix.as_bytes(), b.prefix.as_bytes());
            b.len().cmp(&a.len()).then(a.cmp(b))
        });
        let mut children: HashMap<Box<[u8]>, Vec<Box<[u8]>>> = HashMap::new();
        for mount in mounts.iter().filter(|m| !m.options.hidden) {
            let mut at = mount.prefix.clone();
            while let (Some(dir), Some(name)) = (at.parent(), at.file_name()) {
                let names = children.entry(dir.as_bytes().into()).or_default();
                if let Err(i) = names.binary_search_by(|n| (**n).cmp(name)) {
                    names.insert(i, name.into());
                }
                at = dir;
            }
        }
        Self {
            by_prefix: mounts.iter().map(|m| (m.prefix.as_bytes().into(), m.clone())).collect(),
            longest_ancestor: children.keys().map(|k| k.len()).max().unwrap_or(0),
            mounts: Arc::new(mounts),
            children,
            fallback,
        }
    }

    /// The mount that `path` belongs to; the empty root where nothing is mounted.
    pub(crate) fn covering(&self, path: &VPath) -> &Arc<Mount> {
        if self.mounts.len() <= LINEAR {
            return self
                .mounts
                .iter()
                .find(|m| path.starts_with(&m.prefix))
                .unwrap_or(&self.fallback);
        }
        let mut at = path.as_bytes();
        loop {
            if let Some(mount) = self.by_prefix.get(at) {
                return mount;
            }
            match memchr::memrchr(b'/', at) {
                Some(0) if at.len() > 1 => at = b"/",
                Some(i) if i > 0 => at = &at[..i],
                _ => return &self.fallback,
            }
        }
    }

    /// The mount at exactly `path`.
    pub(crate) fn exactly(&self, path: &[u8]) -> Option<&Arc<Mount>> {
        self.by_prefix.get(path)
    }

    /// The mounts at or below `path`.
    pub(crate) fn below(&self, path: &VPath) -> impl Iterator<Item = &Arc<Mount>> {
        self.mounts.iter().filter(move |m| m.prefix.starts_with(path))
    }

    /// Names that mounts add to the directory `path`; `None` when no mount lies below it.
    #[inline]
    pub(crate) fn children(&self, path: &VPath) -> Option<&[Box<[u8]>]> {
        if path.as_bytes().len() > self.longest_ancestor {
            return None;
        }
        self.children.get(path.as_bytes()).map(Vec::as_slice)
    }

    /// Whether `path` is a mount root or a directory on the way to one: such a name cannot be removed or renamed.
    pub(crate) fn is_busy(&self, path: &VPath) -> bool {
        path.is_root() || self.hides(path.as_bytes())
    }

    /// Whether a mount, or the way to one, hides what else is called `path`.
    pub(crate) fn hides(&self, path: &[u8]) -> bool {
        self.children.contains_key(path) || self.by_prefix.contains_key(path)
    }
}

/// All mounts of a workspace. Readers take a snapshot and never wait for a writer.
pub struct MountTable {
    table: ArcSwap<Table>,
    writing: Mutex<()>,
}

impl Default for MountTable {
    fn default() -> Self {
        let options = MountOptions::new(Mode::Read).infrastructure();
        let fallback = Arc::new(Mount::new(VPath::root(), Arc::new(empty::EmptyRoot), options));
        Self {
            table: ArcSwap::from_pointee(Table::new(Vec::new(), fallback)),
            writing: Mutex::new(()),
        }
    }
}

impl MountTable {
    /// The mounts now, longest prefix first.
    pub fn snapshot(&self) -> Arc<Vec<Arc<Mount>>> {
        self.table.load().mounts.clone()
    }

    pub(crate) fn load_full(&self) -> Arc<Table> {
        self.table.load_full()
    }

    #[inline]
    pub(crate) fn load(&self) -> arc_swap::Guard<Arc<Table>> {
        self.table.load()
    }

    /// Adds a mount; `EEXIST` when the prefix is taken.
    pub fn add(&self, mount: Mount) -> Result<Arc<Mount>> {
        let mount = Arc::new(mount);
        let _writing = self.writing.lock();
        let table = self.table.load();
        if table.by_prefix.contains_key(mount.prefix.as_bytes()) {
            return Err(VfsError::new(Errno::EEXIST)
                .detail("duplicate mount prefix")
                .operand(mount.prefix.as_bytes()));
        }
        let mut next: Vec<_> = table.mounts.to_vec();
        next.push(mount.clone());
        self.table.store(Arc::new(Table::new(next, table.fallback.clone())));
        Ok(mount)
    }

    /// Takes a mount out; `ENOENT` when there is none at exactly this prefix.
    pub fn remove(&self, prefix: &VPath) -> Result<Arc<Mount>> {
        let _writing = self.writing.lock();
        let table = self.table.load();
        let Some(gone) = table.by_prefix.get(prefix.as_bytes()).cloned() else {
            return Err(VfsError::new(Errno::ENOENT)
                .detail("no mount at this prefix")
                .operand(prefix.as_bytes()));
        };
        let next = table.mounts.iter().filter(|m| m.id != gone.id).cloned().collect();
        self.table.store(Arc::new(Table::new(next, table.fallback.clone())));
        Ok(gone)
    }

    /// The mount that `path` belongs to, and the path seen from it. Where nothing is mounted an empty, read-only root
    /// answers, so this is always `Some`.
    pub fn find(&self, path: &VPath) -> Option<(Arc<Mount>, VPath)> {
        let table = self.table.load();
        let mount = table.covering(path);
        path.relative_to(&mount.prefix).map(|below| (mount.clone(), below))
    }

    /// The mount at exactly `prefix`.
    pub fn get(&self, prefix: &VPath) -> Option<Arc<Mount>> {
        self.table.load().exactly(prefix.as_bytes()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::empty::EmptyRoot;
    use super::*;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    fn table(prefixes: &[VPath]) -> MountTable {
        let t = MountTable::default();
        for prefix in prefixes {
            let _ = t.add(Mount::new(
                prefix.clone(),
                Arc::new(EmptyRoot),
                MountOptions::new(Mode::Write),
            ));
        }
        t
    }

    #[test]
    fn directories_on_the_way_to_a_mount_are_busy_and_listed() {
        let t = table(&[p("/a/b/c"), p("/a/d")]);
        let t = t.load();
        assert_eq!(t.children(&p("/")).unwrap(), &[Box::from(&b"a"[..])]);
        assert_eq!(
            t.children(&p("/a")).unwrap(),
            &[Box::from(&b"b"[..]), Box::from(&b"d"[..])]
        );
        assert!(t.is_busy(&p("/a/b")) && t.is_busy(&p("/a/b/c")) && t.is_busy(&p("/")));
        assert!(!t.is_busy(&p("/a/b/c/d")) && !t.is_busy(&p("/b")));
    }

    fn path() -> impl Strategy<Value = VPath> {
        proptest::collection::vec("[ab]{1,2}", 0..5).prop_map(|parts| p(&format!("/{}", parts.join("/"))))
    }

    proptest! {
        /// Both search strategies find the mount with the longest prefix, as a naive scan over components does.
        #[test]
        fn the_longest_prefix_wins(prefixes in proptest::collection::vec(path(), 0..20), asked in path()) {
            let t = table(&prefixes);
            let naive = prefixes
                .iter()
                .filter(|m| asked.components().collect::<Vec<_>>().starts_with(&m.components().collect::<Vec<_>>()))
                .max_by_key(|m| m.components().count());
            let (mount, below) = t.find(&asked).unwrap();
            prop_assert_eq!(mount.prefix.clone(), naive.cloned().unwrap_or_else(VPath::root));
            prop_assert_eq!(mount.prefix.append(&below), asked);
        }
    }
}
