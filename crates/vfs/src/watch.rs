//! Who wants to know that something changed: the kernel's cache, the module loader, `ws.watch`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

use crate::origin;
use crate::path::VPath;

/// What is called after a change: the path, and whether everything below it changed too.
pub type Listener = Arc<dyn Fn(&VPath, bool) + Send + Sync>;

#[derive(Clone)]
struct Ear {
    id: u64,
    listener: Listener,
    /// Whether it may run on a thread with a descriptor table of its own.
    anywhere: bool,
}

/// The listeners of one workspace. Without any, a change costs one atomic load.
#[derive(Default)]
pub(crate) struct Watchers {
    any: AtomicBool,
    next: AtomicU64,
    listeners: RwLock<Vec<Ear>>,
}

impl Watchers {
    pub(crate) fn add(&self, listener: Listener, anywhere: bool) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.listeners.write().push(Ear { id, listener, anywhere });
        self.any.store(true, Ordering::Release);
        id
    }

    pub(crate) fn remove(&self, id: u64) {
        let mut listeners = self.listeners.write();
        listeners.retain(|ear| ear.id != id);
        self.any.store(!listeners.is_empty(), Ordering::Release);
    }

    #[inline]
    pub(crate) fn notify(&self, path: &VPath, tree: bool) {
        if self.any.load(Ordering::Acquire) {
            // Not under the lock: a listener may add or remove one.
            let ears = self.listeners.read().clone();
            for Ear { listener, anywhere, .. } in ears {
                if anywhere {
                    listener(path, tree);
                } else {
                    let path = path.clone();
                    origin::elsewhere(move || listener(&path, tree));
                }
            }
        }
    }
}
