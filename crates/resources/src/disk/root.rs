//! [`Root`]: opening what lies below the root directory, and nothing else.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use rustix::io::Errno as Host;
use vfs::{Errno, Result, VPath, VfsError};

use super::errno::host;

/// How [`Disk`](super::Disk) stays inside its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Containment {
    /// `openat2(2)`: the kernel refuses to leave, or to follow any link.
    Kernel,
    /// Component by component with `O_NOFOLLOW`.
    Walk,
}

/// Flags for a directory that is only a place to look up names from.
#[cfg(target_os = "linux")]
const PLACE: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const PLACE: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// The root directory.
pub(super) struct Root {
    fd: OwnedFd,
    path: PathBuf,
    containment: Containment,
    /// Held between checking a precondition and replacing the file, so that two writers of this value cannot both win.
    pub(super) commit: Mutex<()>,
}

/// The directory that holds a name.
pub(super) enum Parent<'r> {
    Root(BorrowedFd<'r>),
    Below(OwnedFd),
}

impl AsFd for Parent<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Root(fd) => *fd,
            Self::Below(fd) => fd.as_fd(),
        }
    }
}

impl Parent<'_> {
    /// The same directory, independent of the root's life.
    pub(super) fn into_owned(self) -> Result<OwnedFd> {
        match self {
            Self::Root(fd) => openat(fd, ".", PLACE, Mode::empty()).map_err(host),
            Self::Below(fd) => Ok(fd),
        }
    }
}

impl Root {
    pub(super) fn open(path: &Path, containment: Option<Containment>) -> Result<Self> {
        fs::create_dir_all(path)?;
        let path = fs::canonicalize(path)?;
        let fd = openat(CWD, &path, PLACE, Mode::empty()).map_err(host)?;
        let kernel = has_openat2(&fd);
        let containment = match containment {
            Some(Containment::Kernel) if !kernel => {
                return Err(VfsError::new(Errno::ENOTSUP).detail("this host has no openat2"));
            }
            Some(asked) => asked,
            None if kernel => Containment::Kernel,
            None => Containment::Walk,
        };
        Ok(Self {
            fd,
            path,
            containment,
            commit: Mutex::new(()),
        })
    }

    pub(super) fn containment(&self) -> Containment {
        self.containment
    }

    pub(super) fn host_path(&self) -> &Path {
        &self.path
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The directory that holds the last name of `path`, and that name; `None` for the root itself.
    pub(super) fn parent<'p>(&self, path: &'p VPath) -> Result<Option<(Parent<'_>, &'p OsStr)>> {
        let Some(name) = path.file_name() else {
            return Ok(None);
        };
        let bytes = path.as_bytes();
        let above = &bytes[..bytes.len() - name.len() - 1];
        let parent = if above.is_empty() {
            Parent::Root(self.fd.as_fd())
        } else {
            Parent::Below(self.open_below(above, PLACE, Mode::empty())?)
        };
        Ok(Some((parent, OsStr::from_bytes(name))))
    }

    /// As [`Root::parent`], where the root itself will not do.
    pub(super) fn named<'p>(&self, path: &'p VPath, or: Errno) -> Result<(Parent<'_>, &'p OsStr)> {
        self.parent(path)?.ok_or_else(|| or.into())
    }

    /// Opens `path`. A link on the way or at its end is reported by [`VfsError::link`].
    pub(super) fn open_at(&self, path: &VPath, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        if path.is_root() {
            return openat(&self.fd, ".", flags | OFlags::CLOEXEC, mode).map_err(host);
        }
        self.open_below(path.as_bytes(), flags | OFlags::CLOEXEC, mode)
    }

    /// Opens the path `/a/b` relative to the root.
    fn open_below(&self, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        let opened = match self.containment {
            Containment::Kernel => openat2_below(&self.fd, &path[1..], flags, mode),
            Containment::Walk => self.walk(path, flags, mode),
        };
        opened.map_err(|e| match e {
            Host::LOOP | Host::NOTDIR | Host::MLINK => self.link_on(path).unwrap_or_else(|| host(e)),
            e => host(e),
        })
    }

    fn walk(&self, path: &[u8], flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut names = path[1..].split(|b| *b == b'/').peekable();
        while let Some(name) = names.next() {
            let dir = at.as_ref().unwrap_or(&self.fd);
            let last = names.peek().is_none();
            let (flags, mode) = if last { (flags, mode) } else { (PLACE, Mode::empty()) };
            at = Some(openat(dir, name, flags | OFlags::NOFOLLOW, mode)?);
        }
        at.ok_or(Host::NOENT)
    }

    /// The first link on `path`, as the error that the namespace understands.
    fn link_on(&self, path: &[u8]) -> Option<VfsError> {
        let mut at: Option<OwnedFd> = None;
        let mut end = 0;
        for name in path[1..].split(|b| *b == b'/') {
            end += 1 + name.len();
            let dir = at.as_ref().unwrap_or(&self.fd);
            match readlinkat(dir, name, Vec::new()) {
                Ok(text) => {
                    let here = VPath::new(&path[..end]).ok()?;
                    let text = self.inside_text(&here, text.as_bytes());
                    return Some(VfsError::link(here, text));
                }
                Err(_) => at = Some(openat(dir, name, PLACE | OFlags::NOFOLLOW, Mode::empty()).ok()?),
            }
        }
        None
    }

    /// The text of the link `at` as the workspace must see it: an absolute path of the host that lies inside the root becomes
    /// relative, anything else stays as it is.
    pub(super) fn inside_text(&self, at: &VPath, text: &[u8]) -> Vec<u8> {
        if text.first() != Some(&b'/') || self.path.as_os_str() == "/" {
            return text.to_vec();
        }
        let (Ok(target), Ok(root)) = (VPath::new(text), VPath::new(self.path.as_os_str().as_bytes())) else {
            return text.to_vec();
        };
        let Some(below) = target.relative_to(&root) else {
            return text.to_vec();
        };
        let mut out = b"../".repeat(at.components().count().saturating_sub(1));
        out.extend_from_slice(&below.as_bytes()[1..]);
        match out.last() {
            None => b".".to_vec(),
            Some(_) => out,
        }
    }
}

#[cfg(target_os = "linux")]
fn openat2_below(root: &OwnedFd, path: &[u8], flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    // Unlike `openat`, it refuses a mode that could have no effect.
    let mode = if flags.intersects(OFlags::CREATE | OFlags::TMPFILE) {
        mode
    } else {
        Mode::empty()
    };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    loop {
        // EAGAIN: a rename raced with the resolution of `..`, says the manual; ours have none, but it is harmless to retry.
        match openat2(root, path, flags, mode, resolve) {
            Err(Host::AGAIN | Host::INTR) => {}
            done => return done,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn openat2_below(_: &OwnedFd, _: &[u8], _: OFlags, _: Mode) -> rustix::io::Result<OwnedFd> {
    Err(Host::NOSYS)
}

/// Whether `openat2` is there and allowed (old container sandboxes answer `EPERM`).
fn has_openat2(root: &OwnedFd) -> bool {
    openat2_below(root, b".", PLACE, Mode::empty()).is_ok()
}
