//! [`Ram`]: a tree in memory with POSIX semantics and copy-on-write contents.
//!
//! One reader-writer lock guards the shape of the tree (names, directories), one lock per file its bytes and attributes: what
//! only reads the shape (stat, read, write to an existing file, append) runs in parallel. Every operation is settled at the
//! first poll, apart from waiting for a body that a caller streams in.
//!
//! Snapshots and forks share everything. A file carries the *generation* of the tree that may change it; a snapshot gives the
//! tree a new generation, so that the first change of a file afterwards gives that file a new node (sharing the chunks) and
//! leaves the snapshot's alone.

mod content;
mod file;
mod read;
mod resource;
mod tree;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::registry::{Descriptor, Field, FieldKind};
use tree::{Ino, Tree};
use usage::Usage;

/// How RAM presents itself in the registry.
pub const DESCRIPTOR: Descriptor = Descriptor {
    kind: "ram",
    class_name: "RAMResource",
    summary: "A tree in memory: fast, private to the workspace, gone when it closes.",
    fields: &[
        Field {
            name: "maxBytes",
            kind: FieldKind::Count,
            required: false,
            default: Some("unlimited"),
            secret: false,
            doc: "Bytes of content that it holds at most; past that, writes fail with ENOSPC.",
        },
        Field {
            name: "maxFiles",
            kind: FieldKind::Count,
            required: false,
            default: Some("unlimited"),
            secret: false,
            doc: "Files, directories and links that it holds at most, the root included; past that, making one fails with ENOSPC.",
        },
    ],
    construct: |config| {
        Ok(Arc::new(Ram::with_limits(Limits {
            bytes: config.count("maxBytes"),
            files: config.count("maxFiles"),
        })))
    },
};

/// A file system in memory. Clones share the tree; [`Ram::fork`] makes an independent one that shares the bytes.
#[derive(Clone)]
pub struct Ram(Arc<Shared>);

/// What all handles and clones of one [`Ram`] share.
struct Shared {
    tree: RwLock<Tree>,
    usage: Usage,
    /// How many open handles each inode has. Apart from the tree: opening must not need its write lock, and handles do not
    /// belong to a snapshot.
    opens: Mutex<HashMap<Ino, u32>>,
}

/// Bounds of a [`Ram`]; `None` is unbounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of content stored (holes are free); past it, writes answer `ENOSPC`.
    pub bytes: Option<u64>,
    /// Files, directories and links; past it, making one answers `ENOSPC`.
    pub files: Option<u64>,
}

/// The state of a [`Ram`] at one moment. Costs what changes afterwards.
#[derive(Clone)]
pub struct Snapshot {
    tree: Tree,
    bytes: u64,
}

impl Ram {
    /// An empty tree.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// An empty tree that holds at most `bytes` bytes of content; past that, writes answer `ENOSPC`.
    pub fn with_limit(bytes: u64) -> Self {
        Self::with_limits(Limits {
            bytes: Some(bytes),
            files: None,
        })
    }

    /// An empty tree with the given bounds.
    pub fn with_limits(limits: Limits) -> Self {
        Self::metered(limits, Arc::default())
    }

    /// As [`Ram::with_limits`], and `meter` always holds the bytes of content of all trees that were given it.
    pub fn metered(limits: Limits, meter: Arc<AtomicI64>) -> Self {
        let usage = Usage::new(limits, meter);
        Self(Arc::new(Shared {
            tree: RwLock::new(Tree::new()),
            usage,
            opens: Mutex::default(),
        }))
    }

    /// The tree as it is now, in time proportional to the number of files divided by 64, not to their size.
    pub fn snapshot(&self) -> Snapshot {
        let mut tree = self.0.tree.write();
        let mut copy = tree.share();
        let bytes = copy.drop_orphans();
        Snapshot {
            tree: copy,
            bytes: self.0.usage.bytes().saturating_sub(bytes),
        }
    }

    /// Goes back to `snapshot`. Handles of files that are not in it answer `ESTALE` from then on.
    pub fn restore(&self, snapshot: &Snapshot) {
        let mut fresh = snapshot.tree.clone();
        fresh.renew();
        let old = {
            let mut tree = self.0.tree.write();
            fresh.reserve_inos(tree.next_ino());
            self.0.usage.set(snapshot.bytes, fresh.count());
            std::mem::replace(&mut *tree, fresh)
        };
        drop(old);
    }

    /// An independent tree with the same content and the same limits, at the cost of a [`Ram::snapshot`].
    pub fn fork(&self) -> Self {
        let fork = Self::metered(self.0.usage.limits(), self.0.usage.meter());
        fork.restore(&self.snapshot());
        fork
    }
}

impl Default for Ram {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that no other content version or generation of this process has, and, being seeded from the clock, none of an
/// earlier process either.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    seed().wrapping_add(n)
}

fn seed() -> u64 {
    static SEED: std::sync::LazyLock<u64> = std::sync::LazyLock::new(|| {
        let now = vfs::Time::now();
        (now.seconds as u64)
            .wrapping_mul(1_000_000_000)
            .wrapping_add(u64::from(now.nanos))
    });
    *SEED
}

#[cfg(test)]
mod tests;
