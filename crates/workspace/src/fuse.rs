//! Kernel mounts of a workspace: parts of the tree as directories of the host.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fuse::KernelMount;
use parking_lot::Mutex;
use vfs::runtime;

use crate::error::{Result, WorkspaceError};
use crate::workspace::{Workspace, display_prefix};

/// How long unmounting waits for the threads of a mount.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it waits for each when the process ends.
const HURRY: Duration = Duration::from_millis(600);

/// What is shown, and to which session.
type Key = (String, Option<String>);

/// The kernel mounts.
#[derive(Default)]
pub(crate) struct FuseMounts(Mutex<BTreeMap<Key, Arc<KernelMount>>>);

/// One kernel mount, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuseMountInfo {
    /// What of the tree it shows: `/data`.
    pub prefix: String,
    /// The session that it is bound to, if any.
    pub session: Option<String>,
    /// Where it is mounted.
    pub mountpoint: PathBuf,
}

impl Workspace {
    /// Shows what lies below `prefix` at `mountpoint` (made if missing; a new temporary directory when `None`), as `session`
    /// may see it. Answers where it is. Blocks until the kernel serves it.
    pub fn add_fuse_mount(
        &self,
        prefix: &str,
        mountpoint: Option<PathBuf>,
        session: Option<&str>,
        options: fuse::MountOptions,
    ) -> Result<PathBuf> {
        let root = Self::prefix(prefix)?;
        let fs = self.fs(session)?;
        let key = (root.to_string(), session.map(str::to_owned));
        let mut mounts = self.fuse_mounts().0.lock();
        // A mount that somebody unmounted from outside is as good as removed.
        mounts.retain(|_, m| m.is_mounted());
        if mounts.contains_key(&key) {
            return Err(WorkspaceError::DuplicateFuseMount(display_prefix(&root)));
        }
        if let Some(asked) = &mountpoint
            && let Some(((other, _), _)) = mounts.iter().find(|(_, m)| same_place(m.mountpoint(), asked))
        {
            return Err(WorkspaceError::MountpointInUse {
                mountpoint: asked.clone(),
                prefix: other.clone(),
            });
        }
        let mount = KernelMount::mount(fs, root, mountpoint, options)?;
        let at = mount.mountpoint().to_owned();
        mounts.insert(key, Arc::new(mount));
        Ok(at)
    }

    /// Takes a kernel mount off. Blocks until its threads have ended.
    pub fn remove_fuse_mount(&self, prefix: &str, session: Option<&str>) -> Result<()> {
        let root = Self::prefix(prefix)?;
        let key = (root.to_string(), session.map(str::to_owned));
        let mount = self.fuse_mounts().0.lock().remove(&key);
        let mount = mount.ok_or_else(|| WorkspaceError::NoFuseMount(display_prefix(&root)))?;
        Ok(mount.unmount(PATIENCE)?)
    }

    /// The kernel mounts that are up.
    pub fn fuse_mountpoints(&self) -> Vec<FuseMountInfo> {
        let mounts = self.fuse_mounts().0.lock();
        let up = mounts.iter().filter(|(_, m)| m.is_mounted());
        up.map(|((prefix, session), m)| FuseMountInfo {
            prefix: prefix.clone(),
            session: session.clone(),
            mountpoint: m.mountpoint().to_owned(),
        })
        .collect()
    }

    /// What went wrong in kernel mounts lately, oldest first per mount.
    pub fn fuse_errors(&self) -> Vec<fuse::Failure> {
        self.fuse_mounts().0.lock().values().flat_map(|m| m.errors()).collect()
    }

    /// Takes all kernel mounts off, at the end of the process: as far as it goes, without waiting long for any.
    pub fn remove_fuse_mounts(&self) {
        for mount in std::mem::take(&mut *self.fuse_mounts().0.lock()).values() {
            // Nobody is left to hear of a failure.
            let _ = mount.unmount(HURRY);
        }
    }

    /// Takes all kernel mounts off.
    pub(crate) async fn close_fuse_mounts(&self) -> Result<()> {
        let mounts = std::mem::take(&mut *self.fuse_mounts().0.lock());
        if mounts.is_empty() {
            return Ok(());
        }
        runtime::unblock(move || {
            let mut first = Ok(());
            for mount in mounts.values() {
                first = first.and(mount.unmount(PATIENCE));
            }
            Ok(first)
        })
        .await??;
        Ok(())
    }
}

fn same_place(mounted: &Path, asked: &Path) -> bool {
    // Compared as paths first: asking a dead mount for its real path fails.
    mounted == asked || asked.canonicalize().is_ok_and(|real| real == mounted)
}
