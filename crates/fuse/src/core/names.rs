//! Making, finding, renaming and removing names.

use std::sync::Arc;

use vfs::resource::RenameMode;
use vfs::{Errno, FileKind, Result, SetAttr, Stat, VPath};

use crate::core::{Caller, Core, Found, PINS};
use crate::inodes::{Origin, Pin};

/// `S_ISGID`: on a directory, what is made in it gets its group.
const SET_GROUP: u32 = 0o2000;

impl Core {
    /// What is at `path`, the child `name` of `parent`; `None` where the kernel may remember that there is nothing.
    pub(crate) async fn lookup(&self, parent: u64, name: Box<[u8]>, path: VPath) -> Result<Option<Found>> {
        // Only in memory: what is found is handed over on the loops' side, where a descriptor must not be closed.
        if self.is_contested()
            && self.is_instant(&path)
            && let Some((pin, stat)) = self.hold(&path).await
        {
            let mut found = self.found(parent, name, &path, stat);
            found.pin = Some(pin);
            return Ok(Some(found));
        }
        match self.fs.lstat(&path).await {
            Ok(stat) => {
                let stat = self.sized(&path, stat).await?;
                Ok(Some(self.found(parent, name, &path, stat)))
            }
            Err(e) if e.errno() == Errno::ENOENT && self.is_instant(&path) => Ok(None),
            Err(e) => Err(e),
        }
    }

    pub(crate) fn found(&self, parent: u64, name: Box<[u8]>, path: &VPath, stat: Stat) -> Found {
        let mount = self.mount_of(path);
        Found {
            parent,
            origin: Origin {
                mount: mount.as_ref().map_or(0, |m| m.id()),
                dev: stat.dev,
            },
            instant: mount.is_some_and(|m| m.capabilities().instant),
            name,
            stat,
            pin: None,
        }
    }

    /// The owner that something made in the directory above `path` by `caller` gets, where it is not the one that files have by
    /// default; and whether that directory hands its group on.
    pub(crate) async fn ownership(&self, path: &VPath, caller: &Caller) -> Result<(Option<SetAttr>, bool)> {
        let mut attr = SetAttr::default();
        let mut inherits = false;
        if self.is_foreign(caller) {
            (attr.uid, attr.gid) = (Some(caller.uid), Some(caller.gid));
        }
        if let Some(parent) = path.parent() {
            let stat = self.fs.lstat(&parent).await?;
            if stat.mode.unwrap_or(0) & SET_GROUP != 0 {
                inherits = true;
                attr.gid = Some(stat.gid.unwrap_or(self.owner.gid));
            }
        }
        let needed = attr != SetAttr::default();
        Ok((needed.then_some(attr), inherits))
    }

    async fn give(&self, path: &VPath, owner: Option<SetAttr>) -> Result<()> {
        match owner {
            // A backend that keeps no owners shows everything as the mount's.
            Some(owner) => match self.fs.set_attr(path, owner, false).await {
                Err(e) if e.errno() == Errno::ENOTSUP => Ok(()),
                done => done,
            },
            None => Ok(()),
        }
    }

    pub(crate) async fn mkdir(
        &self,
        parent: u64,
        name: Box<[u8]>,
        path: VPath,
        mode: u32,
        caller: Caller,
    ) -> Result<Found> {
        let (owner, inherits) = self.ownership(&path, &caller).await?;
        let mode = mode & 0o7777 | if inherits { SET_GROUP } else { 0 };
        self.fs.mkdir(&path, Some(mode)).await?;
        self.give(&path, owner).await?;
        if inherits && owner.is_some() {
            // Changing the owner may clear the bit.
            let attr = SetAttr {
                mode: Some(mode),
                ..SetAttr::default()
            };
            self.fs.set_attr(&path, attr, false).await?;
        }
        let stat = self.fs.lstat(&path).await?;
        Ok(self.found(parent, name, &path, stat))
    }

    pub(crate) async fn symlink(
        &self,
        parent: u64,
        name: Box<[u8]>,
        path: VPath,
        text: Vec<u8>,
        caller: Caller,
    ) -> Result<Found> {
        let (owner, _) = self.ownership(&path, &caller).await?;
        self.fs.symlink(&text, &path).await?;
        self.give(&path, owner).await?;
        let stat = self.fs.lstat(&path).await?;
        Ok(self.found(parent, name, &path, stat))
    }

    /// Makes a node of any kind that is neither a directory nor a link.
    #[allow(clippy::too_many_arguments)] // What mknod(2) takes.
    pub(crate) async fn mknod(
        &self,
        parent: u64,
        name: Box<[u8]>,
        path: VPath,
        kind: FileKind,
        mode: u32,
        rdev: u32,
        caller: Caller,
    ) -> Result<Found> {
        let (owner, _) = self.ownership(&path, &caller).await?;
        let made = self.fs.mknod(&path, kind, mode & 0o7777, rdev.into()).await;
        made.map_err(|e| match e.errno() {
            // mknod(2): the file system does not support the type of node.
            Errno::ENOTSUP => Errno::EPERM.into(),
            _ => e,
        })?;
        self.give(&path, owner).await?;
        let stat = self.fs.lstat(&path).await?;
        Ok(self.found(parent, name, &path, stat))
    }

    /// Makes a hard link to `ino`.
    pub(crate) async fn link(&self, ino: u64, parent: u64, name: Box<[u8]>, path: VPath) -> Result<Found> {
        let existing = self.inodes.lock().path(ino).map_err(|_| Errno::ENOENT)?;
        self.fs.link(&existing, &path).await?;
        let stat = self.fs.lstat(&path).await?;
        Ok(self.found(parent, name, &path, stat))
    }

    pub(crate) async fn read_link(&self, path: VPath) -> Result<bytes::Bytes> {
        self.fs.read_link(&path).await
    }

    pub(crate) async fn unlink(&self, parent: u64, name: Box<[u8]>, path: VPath) -> Result<()> {
        self.fs.remove(&path).await?;
        self.inodes.lock().unlinked(parent, &name);
        Ok(())
    }

    pub(crate) async fn rmdir(&self, parent: u64, name: Box<[u8]>, path: VPath) -> Result<()> {
        self.fs.rmdir(&path).await?;
        self.inodes.lock().unlinked(parent, &name);
        Ok(())
    }

    /// Keeps the file at `path` open that is about to be replaced: POSIX lets everybody open it who has found it before. Answers its
    /// number if it was this call that did so.
    async fn pin(&self, parent: u64, name: &[u8], path: &VPath) -> Option<u64> {
        let ino = {
            let mut inodes = self.inodes.lock();
            let ino = inodes.known(parent, name)?;
            let node = inodes.get(ino)?;
            if node.pin.is_some() || node.last.is_none_or(|last| last.kind != FileKind::File) {
                return None;
            }
            ino
        };
        let (pin, stat) = self.hold(path).await?;
        if !self.is(ino, path, &stat) {
            return None;
        }
        self.inodes.lock().get(ino)?.pin = Some(pin);
        Some(ino)
    }

    /// Takes hold of the file at `path`, where the backend can.
    async fn hold(&self, path: &VPath) -> Option<(Pin, Stat)> {
        let mount = self.mount_of(path)?;
        if !mount.capabilities().random_access || Arc::strong_count(&self.pins) > PINS {
            return None;
        }
        let read_only = vfs::OpenOptions {
            read: true,
            no_follow: true,
            ..vfs::OpenOptions::default()
        };
        let both = vfs::OpenOptions {
            write: true,
            ..read_only
        };
        // A program that is running cannot be opened for writing, but still for reading.
        let file = match self.open_at(path, both).await {
            Ok(file) => file,
            Err(_) => self.open_at(path, read_only).await.ok()?,
        };
        let stat = file.stat().await.ok()?;
        let pin = Pin {
            path: path.clone(),
            instant: mount.capabilities().instant,
            file,
            _counted: self.pins.clone(),
        };
        stat.is_file().then_some((pin, stat))
    }

    /// Renames; `from` and `to` are directory, name and path.
    pub(crate) async fn rename(
        &self,
        from: (u64, Box<[u8]>, VPath),
        to: (u64, Box<[u8]>, VPath),
        mode: RenameMode,
    ) -> Result<()> {
        // Two names of one file: POSIX has rename do nothing, and both names stay.
        let same = mode != RenameMode::Exchange && from.2 != to.2 && {
            let inodes = self.inodes.lock();
            let ino = inodes.known(from.0, &from.1);
            ino.is_some() && ino == inodes.known(to.0, &to.1)
        };
        let instant = self.is_instant(&from.2) && self.is_instant(&to.2);
        // Taken out under the lock, dropped after it.
        let forgotten = self.inodes.lock().take_forgotten(!instant);
        drop(forgotten);
        let victim = match mode {
            RenameMode::Replace if !same => self.pin(to.0, &to.1, &to.2).await,
            _ => None,
        };
        let renamed = self.fs.rename(&from.2, &to.2, mode).await;
        if let (Err(_), Some(ino)) = (&renamed, victim) {
            let pin = self.inodes.lock().get(ino).and_then(|node| node.pin.take());
            drop(pin);
        }
        renamed?;
        if !same {
            let mut inodes = self.inodes.lock();
            inodes.renamed((from.0, &from.1), (to.0, &to.1), mode == RenameMode::Exchange);
        }
        Ok(())
    }
}
