//! The mount table: longest prefix wins, swapped atomically.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::error::{Errno, Result, VfsError};
use crate::mode::Mode;
use crate::path::VPath;
use crate::resource::Resource;

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
}

/// All mounts of a workspace. Readers take a snapshot and never wait for a writer.
#[derive(Default)]
pub struct MountTable(RwLock<Arc<Vec<Arc<Mount>>>>);

impl MountTable {
    /// The mounts now, longest prefix first.
    pub fn snapshot(&self) -> Arc<Vec<Arc<Mount>>> {
        self.0.read().clone()
    }

    /// Adds a mount; `EEXIST` when the prefix is taken.
    pub fn add(&self, mount: Mount) -> Result<Arc<Mount>> {
        let mount = Arc::new(mount);
        let mut table = self.0.write();
        if table.iter().any(|m| m.prefix == mount.prefix) {
            return Err(VfsError::new(Errno::EEXIST)
                .detail("duplicate mount prefix")
                .operand(mount.prefix.as_bytes()));
        }
        let mut next: Vec<_> = table.iter().cloned().collect();
        next.push(mount.clone());
        next.sort_by(|a, b| {
            b.prefix
                .as_bytes()
                .len()
                .cmp(&a.prefix.as_bytes().len())
                .then(a.prefix.cmp(&b.prefix))
        });
        *table = Arc::new(next);
        Ok(mount)
    }

    /// Takes a mount out; `ENOENT` when there is none at exactly this prefix.
    pub fn remove(&self, prefix: &VPath) -> Result<Arc<Mount>> {
        let mut table = self.0.write();
        let Some(gone) = table.iter().find(|m| m.prefix == *prefix).cloned() else {
            return Err(VfsError::new(Errno::ENOENT)
                .detail("no mount at this prefix")
                .operand(prefix.as_bytes()));
        };
        *table = Arc::new(table.iter().filter(|m| m.prefix != *prefix).cloned().collect());
        Ok(gone)
    }

    /// The mount that `path` belongs to, and the path seen from it.
    pub fn find(&self, path: &VPath) -> Option<(Arc<Mount>, VPath)> {
        let table = self.0.read();
        table
            .iter()
            .find_map(|m| path.relative_to(&m.prefix).map(|below| (m.clone(), below)))
    }
}
