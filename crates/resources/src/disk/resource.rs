//! [`Resource`] for [`Disk`].

use std::os::fd::OwnedFd;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno as Host;
use vfs::resource::{RenameMode, SpaceInfo};
use vfs::runtime::unblock;
use vfs::{
    ByteRange, ByteStream, Capabilities, EntryStream, Errno, Fingerprint, OpenOptions, RandomFile, Resource, Result,
    SetAttr, Stat, VPath, VfsError, WriteOptions,
};

use super::attr::{mode_of, regular, set_at, set_fd, stat_at, stat_fd};
use super::errno::host;
use super::file::{DiskFile, again, read_range};
use super::put::Put;
use super::root::Root;
#[cfg(target_os = "linux")]
use super::special;
use super::{Disk, dir};
#[cfg(target_os = "linux")]
use vfs::{FileKind, XattrMode};

/// Pieces of a body that are written in one hop to a blocking thread.
const PIECES: usize = 64;

/// For reading: never wait for the other end of a FIFO.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK);

impl Disk {
    async fn call<T: Send + 'static>(&self, f: impl FnOnce(&Root) -> Result<T> + Send + 'static) -> Result<T> {
        let root = self.0.clone();
        unblock(move || f(&root)).await
    }

    async fn put(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        let (path, options) = (path.clone(), options.clone());
        let body = match body {
            ByteStream::Bytes(data) => {
                return self
                    .call(move |root| {
                        let mut put = Put::begin(root, &path, &options)?;
                        put.write(&data)?;
                        put.commit(root)
                    })
                    .await;
            }
            other => other,
        };
        let mut put = self.call(move |root| Put::begin(root, &path, &options)).await?;
        let mut body = body.ready_chunks(PIECES);
        while let Some(pieces) = body.next().await {
            put = unblock(move || {
                for piece in pieces {
                    put.write(&piece?)?;
                }
                Ok(put)
            })
            .await?;
        }
        self.call(move |root| put.commit(root)).await
    }
}

impl Root {
    fn stat(&self, path: &VPath) -> Result<Stat> {
        match self.parent(path)? {
            Some((dir, name)) => stat_at(&dir, name).map_err(host),
            None => stat_fd(self.fd()),
        }
    }

    fn open_file(&self, path: &VPath, options: &OpenOptions) -> Result<OwnedFd> {
        let access = match (options.read, options.write || options.append) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            // `O_TRUNC` alone needs no right to write on Linux, but it changes the file.
            (true, false) if options.truncate => OFlags::RDWR,
            (false, false) if options.truncate => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        let mut flags = access | OFlags::NONBLOCK;
        flags.set(OFlags::CREATE, options.create);
        flags.set(OFlags::EXCL, options.create && options.exclusive);
        flags.set(OFlags::TRUNC, options.truncate);
        // Linux appends by a flag per call, which leaves `write_at` free to go elsewhere.
        flags.set(OFlags::APPEND, options.append && !cfg!(target_os = "linux"));
        let mode = mode_of(options.mode.unwrap_or(0o666));
        // The mode must come out as asked, whatever the process's umask; only a file that we made may be changed so.
        let exact = options.mode.filter(|_| options.create);
        let fd = match exact {
            None => self.open_at(path, flags, mode),
            Some(bits) if flags.contains(OFlags::EXCL) => self.open_new(path, flags, bits),
            Some(bits) => match self.open_at(path, flags - OFlags::CREATE, Mode::empty()) {
                Err(e) if e.errno() == Errno::ENOENT => match self.open_new(path, flags | OFlags::EXCL, bits) {
                    // Somebody else made it in between: then it is theirs.
                    Err(e) if e.errno() == Errno::EEXIST => self.open_at(path, flags, mode),
                    other => other,
                },
                other => other,
            },
        };
        match fd {
            Ok(fd) => {
                regular(&fd)?;
                Ok(fd)
            }
            Err(e) if options.no_follow && e.link_hit().is_some_and(|hit| hit.at == *path) => Err(Errno::ELOOP.into()),
            Err(e) => Err(e),
        }
    }

    fn open_new(&self, path: &VPath, flags: OFlags, bits: u32) -> Result<OwnedFd> {
        let fd = self.open_at(path, flags, mode_of(bits))?;
        exact_mode(&fd, bits)?;
        Ok(fd)
    }

    fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        let (dir, name) = self.named(path, Errno::EEXIST)?;
        rustix::fs::mkdirat(&dir, name, mode_of(mode.unwrap_or(0o777))).map_err(host)?;
        if let Some(bits) = mode {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            if let Ok(fd) = rustix::fs::openat(&dir, name, flags, Mode::empty()) {
                exact_mode(&fd, bits)?;
            }
        }
        Ok(())
    }

    fn remove(&self, path: &VPath) -> Result<()> {
        let (dir, name) = self.named(path, Errno::EISDIR)?;
        match rustix::fs::unlinkat(&dir, name, AtFlags::empty()) {
            // POSIX lets a system say EPERM for a directory (macOS does).
            Err(Host::PERM) if stat_at(&dir, name).is_ok_and(|s| s.is_dir()) => Err(Errno::EISDIR.into()),
            other => other.map_err(host),
        }
    }

    fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let (from_dir, from_name) = self.named(from, Errno::EBUSY)?;
        let (to_dir, to_name) = self.named(to, Errno::EBUSY)?;
        let flags = match mode {
            RenameMode::Replace => RenameFlags::empty(),
            RenameMode::NoReplace => RenameFlags::NOREPLACE,
            RenameMode::Exchange => RenameFlags::EXCHANGE,
        };
        rustix::fs::renameat_with(&from_dir, from_name, &to_dir, to_name, flags).map_err(host)
    }

    fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        let source = self.open_at(from, READ, Mode::empty())?;
        let stat = regular(&source)?;
        if let Ok(target) = self.stat(to)
            && target.is_file()
            && target.ino == stat.ino
            && self.same_device(&source, to)
        {
            return Ok(());
        }
        let options = WriteOptions {
            mode: stat.mode,
            ..WriteOptions::default()
        };
        let mut put = Put::begin(self, to, &options)?;
        put.copy_from(&source)?;
        put.commit(self).map(drop)
    }

    /// Whether an open file and a path lie in the same file system of the host.
    fn same_device(&self, file: &OwnedFd, path: &VPath) -> bool {
        let device = |fd: &OwnedFd| rustix::fs::fstat(fd).map(|s| s.st_dev);
        self.open_at(path, READ, Mode::empty())
            .is_ok_and(|other| device(file).is_ok_and(|a| device(&other).is_ok_and(|b| a == b)))
    }

    fn space(&self) -> Result<SpaceInfo> {
        let s = rustix::fs::fstatvfs(self.fd()).map_err(host)?;
        Ok(SpaceInfo {
            total: s.f_blocks.saturating_mul(s.f_frsize),
            // What we may still use, not what is kept back for root.
            free: s.f_bavail.saturating_mul(s.f_frsize),
            files: s.f_files,
            files_free: s.f_favail,
        })
    }
}

/// Sets the permission bits where the process's umask took some away.
fn exact_mode(fd: &OwnedFd, bits: u32) -> Result<()> {
    if stat_fd(fd)?.mode == Some(bits & 0o7777) {
        return Ok(());
    }
    let attr = SetAttr {
        mode: Some(bits),
        ..SetAttr::default()
    };
    set_fd(fd, &attr)
}

#[async_trait]
impl Resource for Disk {
    fn kind(&self) -> &str {
        "disk"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: true,
            random_access: true,
            append: true,
            rename: true,
            copy: true,
            symlinks: true,
            hard_links: true,
            attributes: true,
            directories: true,
            flat_list: false,
            remote: false,
            instant: false,
        }
    }

    fn prompt(&self) -> Option<String> {
        Some("{prefix} is a directory of the host: files there persist.".into())
    }

    fn host_path(&self) -> Option<std::path::PathBuf> {
        Some(self.host_root().to_owned())
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        let path = path.clone();
        self.call(move |root| root.stat(&path)).await
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let (root, path) = (self.0.clone(), path.clone());
        dir::list(move || root.open_at(&path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())).await
    }

    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream> {
        let (path, pin) = (path.clone(), pin.cloned());
        self.call(move |root| {
            let fd = root.open_at(&path, READ, Mode::empty())?;
            let stat = regular(&fd)?;
            if pin.is_some() && pin != stat.fingerprint {
                return Err(VfsError::new(Errno::ESTALE));
            }
            read_range(fd, &stat, range)
        })
        .await
    }

    async fn open(&self, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        let (path, options) = (path.clone(), *options);
        let fd = self.call(move |root| root.open_file(&path, &options)).await?;
        Ok(Arc::new(DiskFile::new(fd)))
    }

    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        self.put(path, body, options).await
    }

    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        let file = self.open(path, &OpenOptions::appending()).await?;
        let mut body = body;
        while let Some(piece) = body.next().await {
            file.append(piece?).await?;
        }
        file.stat().await
    }

    async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        let path = path.clone();
        self.call(move |root| {
            let fd = root.open_at(&path, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty())?;
            regular(&fd)?;
            again(|| rustix::fs::ftruncate(&fd, len))
        })
        .await
    }

    async fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        let path = path.clone();
        self.call(move |root| root.mkdir(&path, mode)).await
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        let path = path.clone();
        self.call(move |root| root.remove(&path)).await
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        let path = path.clone();
        self.call(move |root| {
            let (dir, name) = root.named(&path, Errno::EBUSY)?;
            rustix::fs::unlinkat(&dir, name, AtFlags::REMOVEDIR).map_err(host)
        })
        .await
    }

    async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.call(move |root| root.rename(&from, &to, mode)).await
    }

    async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        let (from, to) = (from.clone(), to.clone());
        self.call(move |root| root.copy(&from, &to)).await
    }

    async fn link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        let (existing, new) = (existing.clone(), new.clone());
        self.call(move |root| {
            let (from_dir, from_name) = root.named(&existing, Errno::EPERM)?;
            // `link(2)` looks at the existing name first.
            stat_at(&from_dir, from_name).map_err(host)?;
            let (to_dir, to_name) = root.named(&new, Errno::EEXIST)?;
            rustix::fs::linkat(&from_dir, from_name, &to_dir, to_name, AtFlags::empty()).map_err(host)
        })
        .await
    }

    async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        let (target, path) = (target.to_vec(), path.clone());
        self.call(move |root| {
            let (dir, name) = root.named(&path, Errno::EEXIST)?;
            rustix::fs::symlinkat(&target, &dir, name).map_err(host)
        })
        .await
    }

    #[cfg(target_os = "linux")]
    async fn mknod(&self, path: &VPath, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
        let path = path.clone();
        self.call(move |root| special::mknod(root, &path, kind, mode, rdev))
            .await
    }

    #[cfg(target_os = "linux")]
    async fn get_xattr(&self, path: &VPath, name: &[u8]) -> Result<Bytes> {
        let (path, name) = (path.clone(), name.to_vec());
        self.call(move |root| special::get_xattr(root, &path, &name)).await
    }

    #[cfg(target_os = "linux")]
    async fn list_xattr(&self, path: &VPath) -> Result<Vec<Box<[u8]>>> {
        let path = path.clone();
        self.call(move |root| special::list_xattr(root, &path)).await
    }

    #[cfg(target_os = "linux")]
    async fn set_xattr(&self, path: &VPath, name: &[u8], value: Bytes, mode: XattrMode) -> Result<()> {
        let (path, name) = (path.clone(), name.to_vec());
        self.call(move |root| special::set_xattr(root, &path, &name, &value, mode))
            .await
    }

    #[cfg(target_os = "linux")]
    async fn remove_xattr(&self, path: &VPath, name: &[u8]) -> Result<()> {
        let (path, name) = (path.clone(), name.to_vec());
        self.call(move |root| special::remove_xattr(root, &path, &name)).await
    }

    async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        let path = path.clone();
        self.call(move |root| {
            let (dir, name) = root.named(&path, Errno::EINVAL)?;
            let text = rustix::fs::readlinkat(&dir, name, Vec::new()).map_err(host)?;
            Ok(root.inside_text(&path, &text.into_bytes()).into())
        })
        .await
    }

    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        let path = path.clone();
        self.call(move |root| match root.parent(&path)? {
            Some((dir, name)) => set_at(&dir, name, &attr),
            None => set_fd(root.open_at(&path, OFlags::RDONLY, Mode::empty())?, &attr),
        })
        .await
    }

    async fn space(&self) -> Result<Option<SpaceInfo>> {
        self.call(|root| root.space().map(Some)).await
    }
}
