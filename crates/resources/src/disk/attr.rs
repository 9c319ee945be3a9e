//! Stats and attributes between the host and the core.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, FileType, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid};
use vfs::{Errno, FileKind, Fingerprint, Result, SetAttr, Stat, Time, VfsError};

use super::errno::host;

/// Permission bits as the host's type.
#[allow(clippy::unnecessary_cast)] // The raw type is 16 bits wide on macOS.
pub(super) fn mode_of(bits: u32) -> Mode {
    Mode::from_raw_mode((bits & 0o7777) as rustix::fs::RawMode)
}

/// The stat of an open file.
pub(super) fn stat_fd(fd: impl AsFd) -> Result<Stat> {
    imp::stat(fd.as_fd(), OsStr::new(""), AtFlags::EMPTY_PATH).map_err(host)
}

/// The stat of a name, of the link itself if it is one.
pub(super) fn stat_at(dir: impl AsFd, name: &OsStr) -> rustix::io::Result<Stat> {
    imp::stat(dir.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)
}

/// The stat of an open file that must be a regular one: `EISDIR` for a directory, `ENOTSUP` for the rest.
pub(super) fn regular(fd: impl AsFd) -> Result<Stat> {
    let stat = stat_fd(fd)?;
    match stat.kind {
        FileKind::File => Ok(stat),
        FileKind::Dir => Err(Errno::EISDIR.into()),
        _ => Err(VfsError::new(Errno::ENOTSUP).detail("only regular files can be opened on a disk mount")),
    }
}

fn kind_of(mode: u32) -> FileKind {
    #[allow(clippy::unnecessary_cast)]
    match FileType::from_raw_mode(mode as rustix::fs::RawMode) {
        FileType::Directory => FileKind::Dir,
        FileType::Symlink => FileKind::Symlink,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::BlockDevice => FileKind::BlockDevice,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        _ => FileKind::File,
    }
}

/// Linux's 32 bits for a device number.
fn device(major: u32, minor: u32) -> u64 {
    u64::from(minor & 0xff | major << 8 | (minor & !0xff) << 12)
}

fn fingerprint(kind: FileKind, mtime: Time, size: u64, ino: u64) -> Option<Fingerprint> {
    (kind == FileKind::File).then(|| {
        let text = format!("{:x}.{:08x}-{size:x}-{ino:x}", mtime.seconds, mtime.nanos);
        Fingerprint(Arc::from(text))
    })
}

/// `statx`, which also tells when a file was made.
#[cfg(target_os = "linux")]
mod imp {
    use super::*;
    use rustix::fs::{StatxFlags, StatxTimestamp, statx};

    pub(super) fn stat(dir: BorrowedFd<'_>, name: &OsStr, flags: AtFlags) -> rustix::io::Result<Stat> {
        let time = |t: StatxTimestamp| Time {
            seconds: t.tv_sec,
            nanos: t.tv_nsec,
        };
        let x = match statx(dir, name, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME) {
            Err(rustix::io::Errno::NOSYS) => return old::stat(dir, name, flags),
            other => other?,
        };
        let kind = kind_of(u32::from(x.stx_mode));
        let mtime = time(x.stx_mtime);
        Ok(Stat {
            kind,
            size: Some(x.stx_size),
            mode: Some(u32::from(x.stx_mode) & 0o7777),
            uid: Some(x.stx_uid),
            gid: Some(x.stx_gid),
            nlink: x.stx_nlink,
            ino: x.stx_ino,
            mtime: Some(mtime),
            atime: Some(time(x.stx_atime)),
            ctime: Some(time(x.stx_ctime)),
            btime: (x.stx_mask & StatxFlags::BTIME.bits() != 0).then(|| time(x.stx_btime)),
            rdev: device(x.stx_rdev_major, x.stx_rdev_minor),
            dev: device(x.stx_dev_major, x.stx_dev_minor),
            blocks: Some(x.stx_blocks),
            fingerprint: fingerprint(kind, mtime, x.stx_size, x.stx_ino),
            ..Stat::new(kind)
        })
    }
}

#[cfg(not(target_os = "linux"))]
use old as imp;

/// `fstatat`, where there is no `statx`.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // The field types differ between systems.
mod old {
    use super::*;
    use rustix::fs::{fstat, major, minor, statat};

    pub(super) fn stat(dir: BorrowedFd<'_>, name: &OsStr, flags: AtFlags) -> rustix::io::Result<Stat> {
        let s = if name.is_empty() {
            fstat(dir)?
        } else {
            statat(dir, name, flags)?
        };
        let time = |seconds, nanos| Time {
            seconds: seconds as i64,
            nanos: nanos as u32,
        };
        let kind = kind_of(s.st_mode as u32);
        let mtime = time(s.st_mtime, s.st_mtime_nsec);
        Ok(Stat {
            kind,
            size: Some(s.st_size as u64),
            mode: Some(s.st_mode as u32 & 0o7777),
            uid: Some(s.st_uid),
            gid: Some(s.st_gid),
            nlink: s.st_nlink as u32,
            ino: s.st_ino as u64,
            mtime: Some(mtime),
            atime: Some(time(s.st_atime, s.st_atime_nsec)),
            ctime: Some(time(s.st_ctime, s.st_ctime_nsec)),
            rdev: device(major(s.st_rdev) as u32, minor(s.st_rdev) as u32),
            dev: device(major(s.st_dev) as u32, minor(s.st_dev) as u32),
            blocks: Some(s.st_blocks as u64),
            fingerprint: fingerprint(kind, mtime, s.st_size as u64, s.st_ino as u64),
            ..Stat::new(kind)
        })
    }
}

fn timestamps(attr: &SetAttr) -> Option<Timestamps> {
    if attr.atime.is_none() && attr.mtime.is_none() {
        return None;
    }
    let spec = |t: Option<Time>| match t {
        Some(t) => Timespec {
            tv_sec: t.seconds,
            tv_nsec: t.nanos.into(),
        },
        None => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
    };
    Some(Timestamps {
        last_access: spec(attr.atime),
        last_modification: spec(attr.mtime),
    })
}

/// Changes attributes of an open file.
pub(super) fn set_fd(fd: impl AsFd, attr: &SetAttr) -> Result<()> {
    if attr.uid.is_some() || attr.gid.is_some() {
        rustix::fs::fchown(&fd, attr.uid.map(Uid::from_raw), attr.gid.map(Gid::from_raw)).map_err(host)?;
    }
    // After the owner: changing that may clear the set-id bits.
    if let Some(mode) = attr.mode {
        rustix::fs::fchmod(&fd, mode_of(mode)).map_err(host)?;
    }
    if let Some(times) = timestamps(attr) {
        rustix::fs::futimens(&fd, &times).map_err(host)?;
    }
    Ok(())
}

/// Changes attributes of a name, of the link itself if it is one.
pub(super) fn set_at(dir: impl AsFd, name: &OsStr, attr: &SetAttr) -> Result<()> {
    let dir = dir.as_fd();
    if attr.uid.is_some() || attr.gid.is_some() {
        let (uid, gid) = (attr.uid.map(Uid::from_raw), attr.gid.map(Gid::from_raw));
        rustix::fs::chownat(dir, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW).map_err(host)?;
    }
    if let Some(mode) = attr.mode {
        chmod_at(dir, name, mode_of(mode))?;
    }
    if let Some(times) = timestamps(attr) {
        rustix::fs::utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(host)?;
    }
    Ok(())
}

/// `chmod` of a name without ever following a link: through a descriptor that names the inode, since `fchmodat` with
/// `AT_SYMLINK_NOFOLLOW` needs Linux 6.6.
#[cfg(target_os = "linux")]
fn chmod_at(dir: BorrowedFd<'_>, name: &OsStr, mode: Mode) -> Result<()> {
    use rustix::fs::{CWD, OFlags, chmodat, openat};
    use std::os::fd::AsRawFd;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = openat(dir, name, flags, Mode::empty()).map_err(host)?;
    if stat_fd(&fd)?.is_symlink() {
        return Err(Errno::ENOTSUP.into());
    }
    let proc = format!("/proc/self/fd/{}", fd.as_raw_fd());
    match chmodat(CWD, proc, mode, AtFlags::empty()) {
        // No /proc: a descriptor opened for reading does too, where that is allowed.
        Err(rustix::io::Errno::NOENT) => {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = openat(dir, name, flags, Mode::empty()).map_err(host)?;
            rustix::fs::fchmod(fd, mode).map_err(host)
        }
        other => other.map_err(host),
    }
}

#[cfg(not(target_os = "linux"))]
fn chmod_at(dir: BorrowedFd<'_>, name: &OsStr, mode: Mode) -> Result<()> {
    rustix::fs::chmodat(dir, name, mode, AtFlags::SYMLINK_NOFOLLOW).map_err(host)
}
