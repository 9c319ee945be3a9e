//! [`Disk`]: a directory of the host, and nothing outside it.
//!
//! Containment is the kernel's: every path is opened relative to the root's descriptor with `openat2(RESOLVE_BENEATH |
//! RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)`, so that no race with a symbolic link can lead outside. Kernels without
//! `openat2` (before Linux 5.6, macOS, some container sandboxes) get the same guarantee by opening component by component
//! with `O_NOFOLLOW`. A link is never followed on the host: it is reported, and the namespace follows it *inside* the
//! workspace.
//!
//! Built for Unix. A port to a system without descriptors relative to directories needs its own `root` module; everything
//! above it deals with descriptors and names only.

mod attr;
mod dir;
mod errno;
mod file;
mod put;
mod resource;
mod root;
#[cfg(target_os = "linux")]
mod special;

use std::path::Path;
use std::sync::Arc;

use vfs::Result;

use crate::registry::{Descriptor, Field, FieldKind};
pub use root::Containment;
use root::Root;

/// How Disk presents itself in the registry.
pub const DESCRIPTOR: Descriptor = Descriptor {
    kind: "disk",
    class_name: "DiskResource",
    summary: "A directory of the host, and nothing outside it.",
    fields: &[Field {
        name: "root",
        kind: FieldKind::Text,
        required: true,
        default: None,
        secret: false,
        doc: "The directory; made if it is missing.",
    }],
    construct: |config| Ok(Arc::new(Disk::new(config.text("root").unwrap_or_default())?)),
};

/// A directory of the host. Clones share the descriptor of the root.
///
/// * `write` replaces a file atomically: a nameless (or temporary) file beside it, then `rename`. Mode and owner of the old
///   file are kept. Two exceptions, where replacing would do harm: a file with several hard links, and one whose directory
///   does not let us make files, are rewritten in place (after the whole body has arrived, in the first case).
/// * Fingerprints are made of modification time, size and inode number. Kernels before 6.13 give times in steps of a few
///   milliseconds: two changes in place of equal size within one step look alike there.
/// * What is neither a regular file, a directory nor a link can be seen, renamed and removed, not opened (`ENOTSUP`).
#[derive(Clone)]
pub struct Disk(Arc<Root>);

impl Disk {
    /// The directory `root`, which is made if it is missing. Errors are those of `mkdir` and `open`.
    pub fn new(root: impl AsRef<Path>) -> Result<Self> {
        Ok(Self(Arc::new(Root::open(root.as_ref(), None)?)))
    }

    /// As [`Disk::new`], with the given way to stay inside; `ENOTSUP` when the host does not have it.
    pub fn with_containment(root: impl AsRef<Path>, containment: Containment) -> Result<Self> {
        Ok(Self(Arc::new(Root::open(root.as_ref(), Some(containment))?)))
    }

    /// How this one stays inside its root.
    pub fn containment(&self) -> Containment {
        self.0.containment()
    }

    /// The root on the host, absolute and without links.
    pub fn host_root(&self) -> &Path {
        self.0.host_path()
    }
}
