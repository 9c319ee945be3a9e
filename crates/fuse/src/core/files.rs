//! Opening, reading and writing files.

use bytes::Bytes;
use vfs::{Errno, FileHandle, OpenOptions, Result, SetAttr, VPath};

use crate::core::attrs::stripped;
use crate::core::{Caller, Core, Found};
use crate::handles::{Body, Handle};

/// Replacements in a row that an open follows.
const REPLACEMENTS: u32 = 40;

/// What `open` found.
pub(crate) struct Opened {
    pub(crate) ino: u64,
    pub(crate) fh: u64,
    /// Reads and writes bypass the page cache.
    pub(crate) direct: bool,
    /// What the page cache holds is still true.
    pub(crate) keep: bool,
    /// Closing has nothing to say: the kernel need not ask.
    pub(crate) silent: bool,
    /// The size became known: what the kernel believes of the attributes is void.
    pub(crate) stale: bool,
}

/// Flags of `open(2)` as options. `write_back` says that the kernel needs to read through every handle and appends by itself.
pub(crate) fn options_of(flags: i32, write_back: bool) -> OpenOptions {
    let access = flags & libc::O_ACCMODE;
    let write = access != libc::O_RDONLY;
    OpenOptions {
        read: access != libc::O_WRONLY || write_back,
        write,
        append: write && !write_back && flags & libc::O_APPEND != 0,
        no_follow: true,
        ..OpenOptions::default()
    }
}

impl Core {
    /// Takes a handle of `ino` in.
    pub(crate) fn keep(&self, ino: u64, handle: Handle) -> u64 {
        let fh = self.handles.add(handle);
        if let Some(node) = self.inodes.lock().get(ino) {
            node.handles.push(fh);
        }
        fh
    }

    pub(crate) async fn open(&self, ino: u64, path: VPath, flags: i32) -> Result<Opened> {
        let options = options_of(flags, self.options.writeback);
        let random = self.mount_of(&path).is_some_and(|m| m.capabilities().random_access);
        if !random && !options.writes() {
            let stat = self.stat(ino, None).await?;
            if stat.is_file() && stat.size.is_none() {
                return self.open_unsized(ino, path, &stat).await;
            }
        }
        match self.open_at(&path, options).await {
            Ok(file) => self.opened(ino, path, file, false).await,
            // The name went since the kernel looked it up.
            Err(e) if e.errno() == Errno::ENOENT => self.open_replaced(ino).ok_or(e),
            Err(e) => Err(e),
        }
    }

    /// Opens the file that stands at `path`. A replacement may come between finding it and opening it: then the name stands for
    /// another one now.
    pub(crate) async fn open_at(&self, path: &VPath, options: OpenOptions) -> Result<FileHandle> {
        let mut left = REPLACEMENTS;
        loop {
            match self.fs.open(path, options).await {
                Err(e) if e.errno() == Errno::ESTALE && left > 0 => left -= 1,
                done => return done,
            }
        }
    }

    /// Opens what another file has replaced.
    pub(crate) fn open_replaced(&self, ino: u64) -> Option<Opened> {
        let pin = self.inodes.lock().get(ino)?.pin.clone()?;
        let handle = Handle {
            ino,
            path: pin.path,
            instant: pin.instant,
            body: Body::File(pin.file),
        };
        Some(Opened {
            ino,
            fh: self.keep(ino, handle),
            direct: self.options.direct_io,
            keep: true,
            silent: true,
            stale: false,
        })
    }

    async fn opened(&self, ino: u64, path: VPath, file: FileHandle, new: bool) -> Result<Opened> {
        let caps = self.mount_of(&path).map(|m| m.capabilities());
        let (random, instant) = caps.map_or((false, false), |c| (c.random_access, c.instant));
        let mut keep = new;
        let mut stale = false;
        if !new {
            let stat = file.stat().await?;
            if !self.is(ino, &path, &stat) {
                // What is not to be had any more the kernel looks up anew.
                return self.open_replaced(ino).ok_or_else(|| {
                    self.contest();
                    Errno::ESTALE.into()
                });
            }
            // From here on the handle is what keeps it, unless others are about to open it too. Dropped after the lock.
            let _held = match self.is_contested() {
                true => None,
                false => self.inodes.lock().get(ino).and_then(|node| node.pin.take()),
            };
            let mut inodes = self.inodes.lock();
            if let Some(node) = inodes.get(ino) {
                keep = stat.fingerprint.is_some() && node.cached == stat.fingerprint;
                stale = !random && node.last.is_some_and(|last| Some(last.size) != stat.size);
                node.cached = stat.fingerprint;
            }
        }
        let handle = Handle {
            ino,
            path,
            instant,
            body: Body::File(file),
        };
        Ok(Opened {
            ino,
            fh: self.keep(ino, handle),
            direct: self.options.direct_io,
            keep,
            silent: random,
            stale,
        })
    }

    /// Makes a file and opens it.
    pub(crate) async fn create(
        &self,
        parent: u64,
        name: Box<[u8]>,
        path: VPath,
        mode: u32,
        flags: i32,
        caller: Caller,
    ) -> Result<(Found, FileHandle, VPath)> {
        let mut options = options_of(flags, self.options.writeback);
        options.create = true;
        options.exclusive = true;
        options.truncate = flags & libc::O_TRUNC != 0;
        options.mode = Some(mode & 0o7777);
        let (owner, _) = self.ownership(&path, &caller).await?;
        let file = match self.fs.open(&path, options).await {
            Ok(file) => {
                if let Some(owner) = owner {
                    self.own(&file, owner, mode).await?;
                }
                file
            }
            // Another door was faster: then it is theirs, and we open it.
            Err(e) if e.errno() == Errno::EEXIST && flags & libc::O_EXCL == 0 => {
                (options.create, options.exclusive) = (false, false);
                self.fs.open(&path, options).await?
            }
            Err(e) => return Err(e),
        };
        let stat = file.stat().await?;
        let found = self.found(parent, name, &path, stat);
        Ok((found, file, path))
    }

    async fn own(&self, file: &FileHandle, owner: SetAttr, mode: u32) -> Result<()> {
        // Changing the owner may clear the set-id bits, which a new file shall have.
        let mode = (mode & 0o6000 != 0).then_some(mode & 0o7777);
        match file.set_attr(SetAttr { mode, ..owner }).await {
            Err(e) if e.errno() == Errno::ENOTSUP => Ok(()),
            done => done,
        }
    }

    /// Keeps the handle of a file that was made, once the kernel is being told of it.
    pub(crate) fn created(
        &self,
        ino: u64,
        file: FileHandle,
        path: VPath,
        fingerprint: Option<vfs::Fingerprint>,
    ) -> Opened {
        let caps = self.mount_of(&path).map(|m| m.capabilities());
        let (random, instant) = caps.map_or((false, false), |c| (c.random_access, c.instant));
        let handle = Handle {
            ino,
            path,
            instant,
            body: Body::File(file),
        };
        let fh = self.handles.add(handle);
        if let Some(node) = self.inodes.lock().get(ino) {
            node.handles.push(fh);
            node.cached = fingerprint;
        }
        Opened {
            ino,
            fh,
            direct: self.options.direct_io,
            keep: true,
            silent: random,
            stale: false,
        }
    }

    pub(crate) async fn read(&self, fh: u64, offset: u64, len: usize) -> Result<Bytes> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        match &handle.body {
            Body::File(file) => file.read_at(offset, len).await,
            Body::Fetched(content) => self.read_fetched(&handle, content, offset, len).await,
            Body::Dir(_) => Err(Errno::EISDIR.into()),
        }
    }

    /// Takes the set-id bits off a file whose content somebody changed who may not keep them.
    async fn strip(&self, file: &FileHandle) -> Result<()> {
        let mode = stripped(&file.stat().await?);
        if mode.is_some() {
            let attr = SetAttr {
                mode,
                ..SetAttr::default()
            };
            file.set_attr(attr).await?;
        }
        Ok(())
    }

    /// Writes; the offset that the data ended up at. With `strip` the set-id bits go.
    pub(crate) async fn write(&self, fh: u64, offset: u64, data: Bytes, strip: bool) -> Result<u64> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        let Body::File(file) = &handle.body else {
            return Err(Errno::EBADF.into());
        };
        let len = data.len() as u64;
        let end = file.write_at(offset, data).await?;
        if strip {
            self.strip(file).await?;
        }
        Ok(end - len)
    }

    /// Commits what was written, where that is not done already: what `close(2)` reports.
    pub(crate) async fn flush(&self, fh: u64) -> Result<()> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        match &handle.body {
            Body::File(file) => file.clone().close().await,
            _ => Ok(()),
        }
    }

    pub(crate) async fn sync(&self, fh: u64, data_only: bool) -> Result<()> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        match &handle.body {
            Body::File(file) => file.sync(data_only).await,
            _ => Ok(()),
        }
    }

    /// Lets go of a handle. On the bridge's side, unless it is instant.
    pub(crate) async fn release(&self, fh: u64) -> Result<()> {
        let Some(handle) = self.handles.remove(fh) else {
            return Ok(());
        };
        let version = match &handle.body {
            // What this handle wrote is in the page cache already.
            Body::File(file) if file.options().writes() => file.stat().await.ok().map(|s| s.fingerprint),
            _ => None,
        };
        {
            let mut inodes = self.inodes.lock();
            if let Some(node) = inodes.get(handle.ino) {
                node.handles.retain(|h| *h != fh);
                if let Some(version) = version {
                    node.cached = version;
                }
            }
            inodes.release(handle.ino);
        }
        drop(handle);
        Ok(())
    }
}
