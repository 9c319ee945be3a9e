//! The open spools of a workspace: who removes or renames a file tells them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::error::Result;
use crate::fs::walk::Target;
use crate::spool::Spool;

/// See the module. Without open spools every question costs one atomic load.
#[derive(Default)]
pub(crate) struct Spools {
    count: AtomicUsize,
    next: AtomicU64,
    open: Mutex<Vec<(u64, Weak<Spool>)>>,
}

impl Spools {
    pub(crate) fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn register(&self, id: u64, spool: &Arc<Spool>) {
        let mut open = self.open.lock();
        open.push((id, Arc::downgrade(spool)));
        self.count.store(open.len(), Ordering::Release);
    }

    pub(crate) fn gone(&self, id: u64) {
        let mut open = self.open.lock();
        open.retain(|(i, _)| *i != id);
        self.count.store(open.len(), Ordering::Release);
    }

    /// Whether any file is open.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    fn matching(&self, wanted: impl Fn(&Target) -> bool) -> Vec<Arc<Spool>> {
        if !self.any() {
            return Vec::new();
        }
        let all: Vec<Arc<Spool>> = self.open.lock().iter().filter_map(|(_, s)| s.upgrade()).collect();
        all.into_iter().filter(|s| wanted(&s.place())).collect()
    }

    /// The files open at `target`, with everything in them that will be needed once the name is gone.
    pub(crate) async fn settle(&self, target: &Target) -> Result<Vec<Arc<Spool>>> {
        let found = self.matching(|p| p.mount.id == target.mount.id && p.below == target.below);
        for spool in &found {
            spool.settle().await?;
        }
        Ok(found)
    }

    /// Open files at and below `from` are now at `to`.
    pub(crate) async fn moved(&self, from: &Target, to: &Target) {
        for spool in self.matching(|p| p.mount.id == from.mount.id && p.below.starts_with(&from.below)) {
            let place = spool.place();
            if let Some(rest) = place.below.relative_to(&from.below) {
                spool.moved(to.below.append(&rest), to.path.append(&rest)).await;
            }
        }
    }
}
