//! Special files and extended attributes (Linux).

use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::fs::{
    FileType, XattrFlags, getxattr, lgetxattr, listxattr, llistxattr, lremovexattr, lsetxattr, removexattr, setxattr,
};
use rustix::io::Errno as Host;
use vfs::{Errno, FileKind, Result, SetAttr, VPath, XattrMode};

use super::attr::{mode_of, set_at, stat_at};
use super::errno::host;
use super::root::Root;

/// Largest value and largest list of names that Linux has (`XATTR_SIZE_MAX`, `XATTR_LIST_MAX`).
const MOST: usize = 64 * 1024;

pub(super) fn mknod(root: &Root, path: &VPath, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
    let kind = match kind {
        FileKind::Fifo => FileType::Fifo,
        FileKind::Socket => FileType::Socket,
        FileKind::CharDevice => FileType::CharacterDevice,
        FileKind::BlockDevice => FileType::BlockDevice,
        _ => return Err(Errno::EINVAL.into()),
    };
    let (dir, name) = root.named(path, Errno::EEXIST)?;
    let (major, minor) = (rdev >> 8 & 0xfff, rdev & 0xff | rdev >> 12 & 0xfff00);
    let device = rustix::fs::makedev(major as u32, minor as u32);
    rustix::fs::mknodat(&dir, name, kind, mode_of(mode), device).map_err(host)?;
    // The mode must come out as asked, whatever the process's umask.
    if stat_at(&dir, name).map_err(host)?.mode != Some(mode & 0o7777) {
        let attr = SetAttr {
            mode: Some(mode),
            ..SetAttr::default()
        };
        set_at(&dir, name, &attr)?;
    }
    Ok(())
}

/// A way to the file at `path` that runs through its directory's descriptor, so that nothing can lead elsewhere: the name below
/// the directory, and whether it must not be followed. The descriptor keeps it valid.
struct Way {
    path: PathBuf,
    _dir: Option<OwnedFd>,
}

fn way(root: &Root, path: &VPath) -> Result<Way> {
    match root.parent(path)? {
        None => Ok(Way {
            path: format!("/proc/self/fd/{}", root.fd().as_raw_fd()).into(),
            _dir: None,
        }),
        Some((dir, name)) => {
            let dir = dir.into_owned()?;
            let mut path = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
            path.push(name);
            Ok(Way { path, _dir: Some(dir) })
        }
    }
}

impl Way {
    /// The root itself is reached through a link of `/proc`, which must be followed.
    fn follows(&self) -> bool {
        self._dir.is_none()
    }
}

fn grow<T>(mut ask: impl FnMut(&mut Vec<u8>) -> rustix::io::Result<T>) -> Result<Vec<u8>> {
    let mut buf = Vec::with_capacity(512);
    loop {
        match ask(&mut buf) {
            Ok(_) => return Ok(buf),
            Err(Host::RANGE) if buf.capacity() < MOST => buf = Vec::with_capacity(MOST),
            Err(e) => return Err(host(e)),
        }
    }
}

pub(super) fn get_xattr(root: &Root, path: &VPath, name: &[u8]) -> Result<Bytes> {
    let (way, name) = (way(root, path)?, OsStr::from_bytes(name));
    let value = grow(|buf| match way.follows() {
        true => getxattr(&way.path, name, spare_capacity(buf)),
        false => lgetxattr(&way.path, name, spare_capacity(buf)),
    })?;
    Ok(value.into())
}

pub(super) fn list_xattr(root: &Root, path: &VPath) -> Result<Vec<Box<[u8]>>> {
    let way = way(root, path)?;
    let names = grow(|buf| match way.follows() {
        true => listxattr(&way.path, spare_capacity(buf)),
        false => llistxattr(&way.path, spare_capacity(buf)),
    })?;
    Ok(names
        .split(|b| *b == 0)
        .filter(|n| !n.is_empty())
        .map(Box::from)
        .collect())
}

pub(super) fn set_xattr(root: &Root, path: &VPath, name: &[u8], value: &[u8], mode: XattrMode) -> Result<()> {
    let (way, name) = (way(root, path)?, OsStr::from_bytes(name));
    let flags = match mode {
        XattrMode::Any => XattrFlags::empty(),
        XattrMode::Create => XattrFlags::CREATE,
        XattrMode::Replace => XattrFlags::REPLACE,
    };
    match way.follows() {
        true => setxattr(&way.path, name, value, flags),
        false => lsetxattr(&way.path, name, value, flags),
    }
    .map_err(host)
}

pub(super) fn remove_xattr(root: &Root, path: &VPath, name: &[u8]) -> Result<()> {
    let (way, name) = (way(root, path)?, OsStr::from_bytes(name));
    match way.follows() {
        true => removexattr(&way.path, name),
        false => lremovexattr(&way.path, name),
    }
    .map_err(host)
}
