//! Open files and directories.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};
use vfs::{DirEntry, FileHandle, VPath};

use crate::core::fetch::Fetched;

/// Something open. Those that are not `instant` may hold descriptors of the process: they are only ever touched, and above all
/// dropped, on the bridge's side.
pub(crate) struct Handle {
    pub(crate) ino: u64,
    /// The path it was opened by.
    pub(crate) path: VPath,
    pub(crate) instant: bool,
    pub(crate) body: Body,
}

/// What is open.
pub(crate) enum Body {
    /// A file of the tree.
    File(FileHandle),
    /// The content of a file whose size was not known, being fetched or here.
    Fetched(Arc<Fetched>),
    /// A directory: its entries as they were when reading began.
    Dir(Mutex<Option<Arc<Vec<DirEntry>>>>),
}

/// All handles of a mount.
#[derive(Default)]
pub(crate) struct Handles {
    next: AtomicU64,
    open: RwLock<HashMap<u64, Arc<Handle>, RandomState>>,
}

impl Handles {
    /// Takes a handle in; its number.
    pub(crate) fn add(&self, handle: Handle) -> u64 {
        let fh = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.open.write().insert(fh, Arc::new(handle));
        fh
    }

    /// The handle `fh`. Only for an instant one, or on the bridge's side.
    pub(crate) fn get(&self, fh: u64) -> Option<Arc<Handle>> {
        self.open.read().get(&fh).cloned()
    }

    /// Whether what `fh` stands for answers from memory.
    pub(crate) fn is_instant(&self, fh: u64) -> bool {
        self.open.read().get(&fh).is_some_and(|h| h.instant)
    }

    /// Takes the handle out. Where it may be dropped is as for [`Handles::get`].
    pub(crate) fn remove(&self, fh: u64) -> Option<Arc<Handle>> {
        self.open.write().remove(&fh)
    }

    /// Takes all out.
    pub(crate) fn clear(&self) -> Vec<Arc<Handle>> {
        self.open.write().drain().map(|(_, h)| h).collect()
    }
}
