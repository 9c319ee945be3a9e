//! [`Vfs`]: the tree of one workspace. [`Fs`]: that tree as one session may use it; every door calls this.

use std::sync::Arc;

use crate::cache::{BlockCache, CacheStats};
use crate::dev::Dev;
use crate::error::Result;
use crate::mode::{Mode, Op, SessionView};
use crate::mount::{Mount, MountOptions, MountTable};
use crate::namespace::{Namespace, NamespaceState};
use crate::path::VPath;
use crate::permission;
use crate::records::Records;
use crate::resource::{Resource, SpaceInfo};
use crate::spool::Spools;
use crate::watch::{Listener, Watchers};

mod attr;
pub(crate) mod body;
mod identity;
mod link;
mod open;
mod read;
mod remove;
mod rename;
mod special;
mod store;
mod transfer;
mod tree;
pub(crate) mod walk;
mod write;

pub use identity::Identity;
use walk::Walk;
use write::Stripes;

/// The tree of one workspace: mounts, namespace, caches. Shared by all doors.
pub struct Vfs {
    mounts: MountTable,
    namespace: Namespace,
    blocks: Arc<BlockCache>,
    spools: Spools,
    records: Arc<Records>,
    watchers: Watchers,
    rewrites: Stripes,
}

impl Default for Vfs {
    fn default() -> Self {
        let vfs = Self {
            mounts: MountTable::default(),
            namespace: Namespace::default(),
            blocks: Arc::default(),
            spools: Spools::default(),
            records: Arc::default(),
            watchers: Watchers::default(),
            rewrites: Stripes::default(),
        };
        let options = MountOptions::new(Mode::Write).infrastructure();
        // A table that was made a moment ago has no other mount there.
        let _ = vfs
            .mounts
            .add(Mount::new(VPath::trusted(b"/dev"), Arc::new(Dev), options));
        vfs
    }
}

impl Vfs {
    /// A tree that holds nothing but `/dev`.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The mount table.
    pub fn mounts(&self) -> &MountTable {
        &self.mounts
    }

    /// Mounts `resource` at `prefix`; `EEXIST` when the prefix is taken.
    pub fn mount(&self, prefix: VPath, resource: Arc<dyn Resource>, mode: Mode) -> Result<Arc<Mount>> {
        self.mount_with(prefix, resource, MountOptions::new(mode))
    }

    /// Mounts `resource` at `prefix` as `options` say; `EEXIST` when the prefix is taken.
    pub fn mount_with(&self, prefix: VPath, resource: Arc<dyn Resource>, options: MountOptions) -> Result<Arc<Mount>> {
        let mount = self.mounts.add(Mount::new(prefix, resource, options))?;
        self.watchers.notify(&mount.prefix, true);
        Ok(mount)
    }

    /// Takes the mount at exactly `prefix` out, with all links and attributes that the namespace keeps there; `ENOENT` when
    /// there is none. Open handles stay usable. The caller closes the resource.
    pub fn unmount(&self, prefix: &VPath) -> Result<Arc<Mount>> {
        let gone = self.mounts.remove(prefix)?;
        self.namespace.forget(prefix);
        self.blocks.forget_mount(gone.id);
        self.watchers.notify(prefix, true);
        Ok(gone)
    }

    /// Links, directories and attributes that live in the workspace and not in a backend, for a snapshot.
    pub fn namespace(&self) -> NamespaceState {
        self.namespace.export()
    }

    /// Puts back what [`Vfs::namespace`] gave.
    pub fn set_namespace(&self, state: NamespaceState) {
        self.namespace.import(state);
    }

    /// What was done, for accounting.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// What the caches did so far.
    pub fn cache_stats(&self) -> CacheStats {
        let (block_hits, block_misses, bytes, limit) = self.blocks.counts();
        let mut stats = CacheStats {
            block_hits,
            block_misses,
            bytes,
            limit,
            ..CacheStats::default()
        };
        for mount in self.mounts.snapshot().iter() {
            if let Some(cache) = &mount.cache {
                let (hits, misses) = cache.counts();
                stats.index_hits += hits;
                stats.index_misses += misses;
            }
        }
        stats
    }

    /// Sets how many bytes of content are kept at most.
    pub fn set_cache_limit(&self, bytes: u64) {
        self.blocks.set_limit(bytes);
    }

    /// Forgets everything that caches hold of `path` and what lies below it: somebody changed it from outside.
    pub fn invalidate(&self, path: &VPath) {
        let table = self.mounts.load_full();
        let covering = table.covering(path);
        if let (Some(cache), Some(below)) = (&covering.cache, path.relative_to(&covering.prefix)) {
            cache.forget(&below, true);
        }
        for mount in table.below(path) {
            if let Some(cache) = &mount.cache {
                cache.forget(&VPath::root(), true);
            }
        }
        if path.is_root() {
            self.blocks.clear();
        }
        self.watchers.notify(path, true);
    }

    /// Calls `listener` after every change that went through this tree, until [`Vfs::forget_listener`] with the number that
    /// comes back. It runs on the thread that made the change and must not block.
    pub fn on_change(&self, listener: Listener) -> u64 {
        self.watchers.add(listener, false)
    }

    /// As [`Vfs::on_change`], for a listener that touches no descriptor and may therefore run on any thread, those with a
    /// descriptor table of their own included.
    pub fn on_change_anywhere(&self, listener: Listener) -> u64 {
        self.watchers.add(listener, true)
    }

    /// Ends [`Vfs::on_change`].
    pub fn forget_listener(&self, id: u64) {
        self.watchers.remove(id);
    }

    pub(crate) fn spools(&self) -> &Spools {
        &self.spools
    }

    pub(crate) fn names(&self) -> &Namespace {
        &self.namespace
    }

    /// The tree as an unrestricted session sees it.
    pub fn fs(self: &Arc<Self>) -> Fs {
        self.fs_for(Arc::new(SessionView::default()))
    }

    /// The tree as `session` sees it.
    pub fn fs_for(self: &Arc<Self>, session: Arc<SessionView>) -> Fs {
        Fs {
            vfs: self.clone(),
            session,
        }
    }
}

/// The tree as one session may use it. Cheap to clone. All paths are absolute in the workspace; symbolic links are followed
/// unless a method says otherwise; every error names its operand.
#[derive(Clone)]
pub struct Fs {
    vfs: Arc<Vfs>,
    session: Arc<SessionView>,
}

impl Fs {
    /// The tree below.
    pub fn vfs(&self) -> &Arc<Vfs> {
        &self.vfs
    }

    /// Whose view this is.
    pub fn session(&self) -> &Arc<SessionView> {
        &self.session
    }

    /// Whether the session may do `op` here: `EROFS` for a write on a read-only mount, `EACCES` for a mount that the session
    /// may not see. Links of backends are not followed.
    pub fn check(&self, op: Op, path: &VPath) -> Result<()> {
        let table = self.vfs.mounts.load();
        permission::check(&self.session, table.covering(path), op, path)
    }

    /// Space totals of the mount that holds `path`.
    pub async fn space(&self, path: &VPath) -> Result<Option<SpaceInfo>> {
        let t = Walk::new(self, Op::Read, "statfs", path, true).target()?;
        t.mount.resource.space().await
    }
}
