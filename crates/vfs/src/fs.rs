//! [`Vfs`]: the tree of one workspace. [`Fs`]: that tree as one session may use it; every door calls this.

use std::sync::Arc;

use crate::dev::Dev;
use crate::error::Result;
use crate::mode::{Mode, Op, SessionView};
use crate::mount::{Mount, MountOptions, MountTable};
use crate::namespace::{Namespace, NamespaceState};
use crate::path::VPath;
use crate::permission;
use crate::resource::{Resource, SpaceInfo};

mod attr;
mod body;
mod link;
mod open;
mod read;
mod rename;
mod store;
mod transfer;
mod tree;
pub(crate) mod walk;
mod write;

use walk::Walk;

/// The tree of one workspace: mounts, namespace, caches. Shared by all doors.
pub struct Vfs {
    mounts: MountTable,
    namespace: Namespace,
}

impl Default for Vfs {
    fn default() -> Self {
        let vfs = Self {
            mounts: MountTable::default(),
            namespace: Namespace::default(),
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
        self.mounts.add(Mount::new(prefix, resource, options))
    }

    /// Takes the mount at exactly `prefix` out, with all links and attributes that the namespace keeps there; `ENOENT` when
    /// there is none. Open handles stay usable. The caller closes the resource.
    pub fn unmount(&self, prefix: &VPath) -> Result<Arc<Mount>> {
        let gone = self.mounts.remove(prefix)?;
        self.namespace.forget(prefix);
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
