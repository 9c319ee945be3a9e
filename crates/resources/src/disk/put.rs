//! [`Put`]: replacing a file as a whole.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, linkat, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno as Host;
use vfs::{Errno, FileKind, Precondition, Result, SetAttr, Stat, VPath, VfsError, WriteOptions};

use super::attr::{mode_of, regular, set_fd, stat_at, stat_fd};
use super::errno::host;
use super::file::{again, write_all};
use super::root::Root;

/// A replacement under way. Dropped without [`Put::commit`], it leaves everything as it was.
pub(super) struct Put {
    dir: OwnedFd,
    name: OsString,
    options: WriteOptions,
    old: Option<Stat>,
    body: Body,
    len: u64,
}

/// Where the new content is collected.
enum Body {
    /// A file without a name, which vanishes by itself (`O_TMPFILE`).
    Nameless(OwnedFd),
    /// A file under a temporary name.
    Named(OwnedFd, TempName),
    /// The old file itself, where its directory lets us make no other.
    InPlace(OwnedFd),
}

impl Body {
    fn fd(&self) -> &OwnedFd {
        match self {
            Self::Nameless(fd) | Self::Named(fd, _) | Self::InPlace(fd) => fd,
        }
    }
}

/// A temporary name, removed when dropped.
struct TempName(OwnedFd, OsString);

impl Drop for TempName {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove, and a failure here could not be helped.
        let _ = unlinkat(&self.0, &self.1, AtFlags::empty());
    }
}

/// A name that nobody else uses.
fn temp_name() -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = vfs::Time::now();
    format!(
        ".mirage-{:x}-{:x}{:08x}-{n:x}.tmp",
        std::process::id(),
        now.seconds,
        now.nanos
    )
    .into()
}

impl Put {
    /// Looks at what is there and makes room for the new content.
    pub(super) fn begin(root: &Root, path: &VPath, options: &WriteOptions) -> Result<Self> {
        let (parent, name) = root.named(path, Errno::EISDIR)?;
        let old = match stat_at(&parent, name) {
            Ok(stat) => Some(stat),
            Err(Host::NOENT) => None,
            Err(e) => return Err(host(e)),
        };
        check(&options.precondition, old.as_ref())?;
        match old.as_ref().map(|s| s.kind) {
            None | Some(FileKind::File) => {}
            Some(FileKind::Dir) => return Err(Errno::EISDIR.into()),
            // Opening it reports the link, or refuses what cannot be replaced by a file.
            Some(_) => {
                regular(root.open_at(path, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty())?)?;
            }
        }
        let dir = parent.into_owned()?;
        let mode = mode_of(old.as_ref().and_then(|s| s.mode).or(options.mode).unwrap_or(0o666));
        let body = match Self::spool(&dir, mode) {
            Ok(body) => body,
            Err(e) if old.is_some() && matches!(e.errno(), Errno::EACCES | Errno::EPERM | Errno::EROFS) => {
                Body::InPlace(open_in_place(&dir, name, OFlags::TRUNC)?)
            }
            Err(e) => return Err(e),
        };
        Ok(Self {
            dir,
            name: name.to_owned(),
            options: options.clone(),
            old,
            body,
            len: 0,
        })
    }

    fn spool(dir: &OwnedFd, mode: Mode) -> Result<Body> {
        #[cfg(target_os = "linux")]
        if has_proc() {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            match openat(dir, ".", flags, mode) {
                Ok(fd) => return Ok(Body::Nameless(fd)),
                // Not every file system can.
                Err(Host::OPNOTSUPP | Host::INVAL | Host::ISDIR | Host::NOENT) => {}
                Err(e) => return Err(host(e)),
            }
        }
        loop {
            let name = temp_name();
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match openat(dir, &name, flags, mode) {
                Ok(fd) => return Ok(Body::Named(fd, TempName(duplicate(dir)?, name))),
                Err(Host::EXIST) => {}
                Err(e) => return Err(host(e)),
            }
        }
    }

    /// Adds to the new content.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<()> {
        write_all(self.body.fd(), data, self.len)?;
        self.len += data.len() as u64;
        Ok(())
    }

    /// The new content as all of another file's, shared by the two where the file system can.
    pub(super) fn copy_from(&mut self, source: &OwnedFd) -> Result<()> {
        self.len = copy_all(source, self.body.fd())?;
        Ok(())
    }

    /// Puts the new content in place of the old; its stat.
    pub(super) fn commit(self, root: &Root) -> Result<Stat> {
        if let Body::InPlace(fd) = &self.body {
            return stat_fd(fd);
        }
        self.adopt_attributes()?;
        // Nobody who writes through us comes between the check and the change.
        let _alone = (self.options.precondition != Precondition::None).then(|| root.commit.lock());
        let now = match stat_at(&self.dir, &self.name) {
            Ok(stat) => Some(stat),
            Err(Host::NOENT) => None,
            Err(e) => return Err(host(e)),
        };
        check(&self.options.precondition, now.as_ref())?;
        match now {
            // Its other names must go on standing for the same content.
            Some(now) if now.is_file() && now.nlink > 1 => return self.rewrite(),
            Some(_) => {}
            None if self.take_free_name()? => return stat_fd(self.body.fd()),
            None => {}
        }
        match self.replace() {
            // The name is itself a mount point (a file bound into a container): it cannot be replaced, only rewritten.
            Err(e) if e.errno() == Errno::EBUSY => self.rewrite(),
            other => other,
        }
    }

    /// Mode (and owner, as far as we may) of the old file; of a new one, exactly the mode asked for.
    fn adopt_attributes(&self) -> Result<()> {
        let new = stat_fd(self.body.fd())?;
        let mut attr = SetAttr::default();
        match &self.old {
            Some(old) => {
                if (old.uid, old.gid) != (new.uid, new.gid) {
                    let owner = SetAttr {
                        uid: old.uid,
                        gid: old.gid,
                        ..attr
                    };
                    // Only root may give files away: then the file is ours from now on.
                    let _ = set_fd(self.body.fd(), &owner);
                }
                attr.mode = old.mode;
            }
            None => attr.mode = self.options.mode,
        }
        match attr.mode {
            Some(mode) if new.mode != Some(mode & 0o7777) => set_fd(self.body.fd(), &attr),
            _ => Ok(()),
        }
    }

    /// Gives the new file a name that nobody has; false if somebody has it by now.
    fn take_free_name(&self) -> Result<bool> {
        let linked = match &self.body {
            Body::Nameless(fd) => link_nameless(fd, &self.dir, &self.name),
            Body::Named(_, temp) => linkat(&temp.0, &temp.1, &self.dir, &self.name, AtFlags::empty()),
            Body::InPlace(_) => Ok(()),
        };
        match linked {
            Ok(()) => Ok(true),
            Err(Host::EXIST) if self.options.precondition == Precondition::Absent => Err(Errno::EEXIST.into()),
            Err(Host::EXIST) => Ok(false),
            // No hard links here (FAT, some network file systems).
            Err(Host::PERM | Host::OPNOTSUPP | Host::NOSYS) => self.rename_to_free_name(),
            Err(e) => Err(host(e)),
        }
    }

    fn rename_to_free_name(&self) -> Result<bool> {
        let Body::Named(_, temp) = &self.body else {
            return Ok(false);
        };
        match renameat_with(&temp.0, &temp.1, &self.dir, &self.name, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Host::EXIST) if self.options.precondition == Precondition::Absent => Err(Errno::EEXIST.into()),
            Err(Host::EXIST | Host::INVAL | Host::NOSYS) => Ok(false),
            Err(e) => Err(host(e)),
        }
    }

    /// Renames the new file over the old.
    fn replace(&self) -> Result<Stat> {
        let made;
        let temp = match &self.body {
            Body::Named(_, temp) => temp,
            body => {
                let name = temp_name();
                link_nameless(body.fd(), &self.dir, &name).map_err(host)?;
                made = TempName(duplicate(&self.dir)?, name);
                &made
            }
        };
        renameat(&temp.0, &temp.1, &self.dir, &self.name).map_err(host)?;
        stat_fd(self.body.fd())
    }

    /// Copies the new content into the old file.
    fn rewrite(&self) -> Result<Stat> {
        let target = open_in_place(&self.dir, &self.name, OFlags::empty())?;
        copy_all(self.body.fd(), &target)?;
        again(|| rustix::fs::ftruncate(&target, self.len))?;
        stat_fd(&target)
    }
}

/// Whether the file that is there (if any) is the one that the caller expects.
fn check(precondition: &Precondition, now: Option<&Stat>) -> Result<()> {
    match (precondition, now) {
        (Precondition::Absent, Some(_)) => Err(Errno::EEXIST.into()),
        (Precondition::Matches(print), now) if now.and_then(|s| s.fingerprint.as_ref()) != Some(print) => {
            Err(VfsError::new(Errno::ESTALE))
        }
        _ => Ok(()),
    }
}

fn open_in_place(dir: &OwnedFd, name: &OsStr, more: OFlags) -> Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | more;
    let fd = openat(dir, name, flags, Mode::empty()).map_err(host)?;
    regular(&fd)?;
    Ok(fd)
}

fn duplicate(fd: &OwnedFd) -> Result<OwnedFd> {
    fd.try_clone().map_err(Into::into)
}

/// Gives a file without a name one.
fn link_nameless(fd: &OwnedFd, dir: &OwnedFd, name: &OsStr) -> rustix::io::Result<()> {
    let proc = format!("/proc/self/fd/{}", fd.as_raw_fd());
    linkat(CWD, proc, dir, name, AtFlags::SYMLINK_FOLLOW)
}

/// Without /proc a file without a name could never get one.
#[cfg(target_os = "linux")]
fn has_proc() -> bool {
    static HAS: std::sync::LazyLock<bool> = std::sync::LazyLock::new(|| {
        let root = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        root.is_ok_and(|fd| rustix::fs::stat(format!("/proc/self/fd/{}", fd.as_raw_fd())).is_ok())
    });
    *HAS
}

/// Copies all of `source` to the beginning of `target`; how many bytes.
fn copy_all(source: &OwnedFd, target: &OwnedFd) -> Result<u64> {
    #[cfg(target_os = "linux")]
    {
        if rustix::fs::ioctl_ficlone(target, source).is_ok() {
            return Ok(stat_fd(source)?.size.unwrap_or(0));
        }
        let (mut from, mut to) = (0, 0);
        loop {
            match rustix::fs::copy_file_range(source.as_fd(), Some(&mut from), target.as_fd(), Some(&mut to), 1 << 30) {
                // Also what files of the kernel (/proc) answer at their beginning: those are read below.
                Ok(0) if to == 0 => break,
                Ok(0) => return Ok(to),
                Ok(_) | Err(Host::INTR) => {}
                Err(Host::XDEV | Host::INVAL | Host::NOSYS | Host::OPNOTSUPP | Host::PERM) if to == 0 => break,
                Err(e) => return Err(host(e)),
            }
        }
    }
    let mut buf = vec![0; 256 * 1024];
    let mut at = 0;
    loop {
        match again(|| rustix::io::pread(source, &mut buf[..], at))? {
            0 => return Ok(at),
            n => {
                write_all(target, &buf[..n], at)?;
                at += n as u64;
            }
        }
    }
}
