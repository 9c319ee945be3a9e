//! The directory that is mounted on: made if need be, repaired if a dead mount covers it, removed if it was ours.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::mount::{MountFlags, UnmountFlags};

use crate::FuseError;

/// A directory to mount on.
pub(crate) struct Mountpoint {
    pub(crate) path: PathBuf,
    /// Directories that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Mountpoint {
    /// The directory `path`, or a new temporary one.
    pub(crate) fn prepare(path: Option<PathBuf>, fsname: &str) -> Result<Self, FuseError> {
        let Some(path) = path else {
            let dir = tempfile::Builder::new().prefix("mirage-fuse-").tempdir();
            let dir = dir.map_err(|e| bad(&std::env::temp_dir(), &e.to_string()))?;
            let path = dir.keep();
            let path = fs::canonicalize(&path).unwrap_or(path);
            return Ok(Self {
                made: vec![path.clone()],
                path,
            });
        };
        repair(&path, fsname)?;
        let made = make(&path)?;
        let found = fs::canonicalize(&path).map_err(|e| bad(&path, &e.to_string()))?;
        if !found.is_dir() {
            return Err(bad(&path, "it is not a directory"));
        }
        Ok(Self { path: found, made })
    }

    /// The directories that were made for it, the innermost first.
    pub(crate) fn made(&self) -> &[PathBuf] {
        &self.made
    }

    /// Removes the directories that were made, as far as they are empty.
    pub(crate) fn remove(&self) {
        for dir in &self.made {
            // What somebody else put there, or mounted there meanwhile, stays.
            if fs::remove_dir(dir).is_err() {
                return;
            }
        }
    }
}

fn bad(path: &Path, why: &str) -> FuseError {
    FuseError::Mountpoint {
        path: path.to_owned(),
        why: why.to_owned(),
    }
}

/// Makes `path` and what is missing above it; what was made, the innermost first.
fn make(path: &Path) -> Result<Vec<PathBuf>, FuseError> {
    let mut missing = Vec::new();
    let mut at = Some(path);
    while let Some(dir) = at.filter(|d| !d.as_os_str().is_empty() && !d.exists()) {
        missing.push(dir.to_owned());
        at = dir.parent();
    }
    for dir in missing.iter().rev() {
        match fs::create_dir(dir) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(bad(dir, &e.to_string())),
            _ => {}
        }
    }
    Ok(missing)
}

/// Takes off a mount of ours whose process is dead.
fn repair(path: &Path, fsname: &str) -> Result<(), FuseError> {
    for _ in 0..8 {
        match fs::metadata(path) {
            Err(e) if e.raw_os_error() == Some(libc::ENOTCONN) => {}
            _ => return Ok(()),
        }
        let ours = mounted(path).is_some_and(|m| m.kind.starts_with(b"fuse") && m.source == fsname.as_bytes());
        if !ours {
            return Err(bad(path, "another program's dead mount is there"));
        }
        detach(path).map_err(|e| bad(path, &format!("a dead mount is there and does not go away: {e}")))?;
    }
    Err(bad(path, "too many dead mounts are there"))
}

/// A line of `/proc/self/mountinfo`.
pub(crate) struct Mounted {
    /// The minor number of its device, which is the number of its connection.
    pub(crate) minor: u32,
    /// The type of the file system, such as `fuse`.
    pub(crate) kind: Vec<u8>,
    /// What is mounted, as whoever mounted it called it.
    pub(crate) source: Vec<u8>,
}

/// The topmost mount at exactly `path`. Asks nothing of the mount itself.
pub(crate) fn mounted(path: &Path) -> Option<Mounted> {
    let table = fs::read("/proc/self/mountinfo").ok()?;
    let wanted = match path.is_absolute() {
        true => path.to_owned(),
        false => std::env::current_dir().ok()?.join(path),
    };
    let mut found = None;
    for line in table.split(|b| *b == b'\n') {
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue   (proc(5))
        let mut fields = line.split(|b| *b == b' ');
        let (device, at) = (fields.nth(2), fields.nth(1));
        let mut after = fields.skip_while(|f| *f != b"-").skip(1);
        let (Some(device), Some(at), Some(kind), Some(source)) = (device, at, after.next(), after.next()) else {
            continue;
        };
        if unescaped(at) == wanted.as_os_str().as_bytes() {
            let minor = std::str::from_utf8(device)
                .ok()
                .and_then(|d| d.split_once(':')?.1.parse().ok());
            found = Some(Mounted {
                minor: minor.unwrap_or(0),
                kind: kind.to_vec(),
                source: unescaped(source),
            });
        }
    }
    found
}

/// Undoes the octal escapes of the mount table.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..3)
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| u8::from_str_radix(d, 8).ok());
        match code {
            Some(byte) if *first == b'\\' => {
                out.push(byte);
                rest = &tail[3..];
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// Takes the topmost mount at `path` off, even when it is in use. No error when nothing is mounted there.
pub(crate) fn detach(path: &Path) -> io::Result<()> {
    match rustix::mount::unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
        Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOENT) => Ok(()),
        Err(rustix::io::Errno::PERM) => helper(path),
        Err(e) => Err(e.into()),
    }
}

/// Ordinary users unmount through the set-uid helper.
fn helper(path: &Path) -> io::Result<()> {
    for name in ["fusermount3", "fusermount"] {
        let mut command = Command::new(name);
        command.args(["-u", "-z", "--"]).arg(path).stdin(Stdio::null());
        match command.output() {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(e),
            Ok(out) if out.status.success() => return Ok(()),
            Ok(out) => return Err(io::Error::other(String::from_utf8_lossy(&out.stderr).trim().to_owned())),
        }
    }
    Err(io::Error::other("fusermount3 was not found: install the package fuse3"))
}

/// Whether the set-uid helper can be found.
pub(crate) fn has_helper() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/bin", "/usr/bin", "/sbin"].iter().map(PathBuf::from))
        .any(|dir| dir.join("fusermount3").exists() || dir.join("fusermount").exists())
}

/// The switch that ends the connection with this number: every request that waits in it fails, and its threads come home. It is
/// opened while the mount is sure to be ours: later the number may be another mount's. `None` where it cannot be had; then the
/// threads come home when the last program has closed its files.
pub(crate) fn switch(minor: u32) -> Option<File> {
    let open = |control: &Path| {
        let path = control.join(format!("{minor}/abort"));
        fs::OpenOptions::new().write(true).open(path).ok()
    };
    if let Some(file) = open(Path::new("/sys/fs/fuse/connections")) {
        return Some(file);
    }
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    // The control file system is mounted nowhere (a container, a minimal system): for a moment, then.
    let dir = tempfile::tempdir().ok()?;
    rustix::mount::mount("none", dir.path(), "fusectl", MountFlags::empty(), None).ok()?;
    let file = open(dir.path());
    // The directory goes with it; what stays shows in the mount table.
    let _ = rustix::mount::unmount(dir.path(), UnmountFlags::DETACH);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_table_is_read_without_asking_the_mounts() {
        assert!(mounted(Path::new("/proc")).is_some_and(|m| m.kind == b"proc"));
        assert!(mounted(Path::new("/proc/self/no-such-mount")).is_none());
        assert_eq!(unescaped(b"/a\\040b\\134c"), b"/a b\\c");
    }

    #[test]
    fn only_what_was_made_is_removed() {
        let top = tempfile::tempdir().unwrap();
        let deep = top.path().join("a/b");
        let m = Mountpoint::prepare(Some(deep.clone()), "mirage").unwrap();
        assert!(deep.is_dir());
        m.remove();
        assert!(!top.path().join("a").exists() && top.path().exists());
        let m = Mountpoint::prepare(Some(top.path().to_owned()), "mirage").unwrap();
        m.remove();
        assert!(top.path().exists());
    }
}
