//! Telling the kernel what other doors changed.

use std::sync::{Arc, Weak};

use vfs::{VPath, origin};

use crate::bridge::Bridge;
use crate::core::Core;
use crate::queue::Queue;

/// Something that the kernel must no longer believe.
pub(crate) enum Stale {
    /// What a name in a directory stands for, or that it stands for nothing.
    Entry(u64, Arc<[u8]>),
    /// Attributes and content.
    Inode(u64),
}

/// Listens to the changes of a tree on behalf of one mount.
pub(crate) struct Listener {
    core: Weak<Core>,
    bridge: Weak<Bridge>,
    stale: Arc<Queue<Stale>>,
    door: u64,
}

impl Listener {
    /// Starts to listen; the number is for [`vfs::Vfs::forget_listener`].
    pub(crate) fn start(core: &Arc<Core>, bridge: &Arc<Bridge>, stale: &Arc<Queue<Stale>>, door: u64) -> u64 {
        let me = Self {
            core: Arc::downgrade(core),
            bridge: Arc::downgrade(bridge),
            stale: stale.clone(),
            door,
        };
        core.fs
            .vfs()
            .on_change_anywhere(Arc::new(move |path, tree| me.changed(path, tree)))
    }

    fn changed(&self, path: &VPath, tree: bool) {
        // What came through this mount the kernel knows.
        if origin::current().door == self.door {
            return;
        }
        let (Some(core), Some(bridge)) = (self.core.upgrade(), self.bridge.upgrade()) else {
            return;
        };
        core.changed_elsewhere();
        let located = core.inodes.lock().locate(path);
        match located {
            // The whole mount lies below what changed.
            None if tree && core.root().starts_with(path) => self.everything_below(&core, crate::inodes::ROOT),
            None => {}
            Some((dir, Some(name), _)) => {
                // The kernel knows the directory and not the name; it may know that there is none.
                self.tell(Stale::Entry(dir, name.into()));
                self.tell(Stale::Inode(dir));
            }
            Some((ino, None, _)) => {
                self.forget(&core, ino);
                self.tell(Stale::Inode(ino));
                if tree {
                    self.everything_below(&core, ino);
                }
                let named = core.inodes.lock().name(ino);
                if let Some((parent, name)) = named {
                    self.check_name(&core, &bridge, ino, parent, name, path.clone());
                }
            }
        }
    }

    /// Whether the name still stands for the file must be looked up, where that may take time: dropping a name that is in use
    /// for nothing would hurt whoever stands in that directory.
    fn check_name(&self, core: &Arc<Core>, bridge: &Arc<Bridge>, ino: u64, parent: u64, name: Arc<[u8]>, path: VPath) {
        let (core, stale) = (core.clone(), self.stale.clone());
        bridge.spawn(async move {
            let same = match core.fs.lstat(&path).await {
                Ok(stat) => {
                    let origin = core.origin(&path, &stat);
                    core.inodes.lock().expected(parent, &name, origin, &stat) == ino
                }
                Err(_) => false,
            };
            if !same {
                // Full or closed, there is nothing to be done about it.
                let _ = stale.push(Stale::Entry(parent, name));
            }
            let _ = stale.push(Stale::Inode(parent));
        });
    }

    fn everything_below(&self, core: &Core, top: u64) {
        let all = core.inodes.lock().below(top);
        for (ino, parent, name) in all {
            self.forget(core, ino);
            self.tell(Stale::Inode(ino));
            if ino != top {
                self.tell(Stale::Entry(parent, name));
            }
        }
    }

    fn forget(&self, core: &Core, ino: u64) {
        if let Some(node) = core.inodes.lock().get(ino) {
            node.learnt = None;
            node.cached = None;
        }
    }

    fn tell(&self, stale: Stale) {
        // Closed means that the mount is going.
        let _ = self.stale.push(stale);
    }
}
