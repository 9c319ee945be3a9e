//! Attributes, extended attributes, totals.

use bytes::Bytes;
use vfs::resource::{SpaceInfo, XattrMode};
use vfs::{Errno, Result, SetAttr, Stat, VPath};

use crate::core::Core;
use crate::handles::Body;

impl Core {
    pub(crate) async fn get_attr(&self, ino: u64, fh: Option<u64>) -> Result<Stat> {
        let stat = self.stat(ino, fh).await?;
        if stat.size.is_some() {
            return Ok(stat);
        }
        let path = self.inodes.lock().path(ino);
        match path {
            Ok(path) => self.sized(&path, stat).await,
            Err(_) => Ok(stat),
        }
    }

    /// Changes attributes, the size first. `privileged` says that the caller may change content without taking the set-id bits
    /// away (`CAP_FSETID`).
    pub(crate) async fn set_attr(
        &self,
        ino: u64,
        fh: Option<u64>,
        mut attr: SetAttr,
        size: Option<u64>,
        privileged: bool,
    ) -> Result<Stat> {
        let chown = attr.uid.is_some() || attr.gid.is_some();
        if attr.mode.is_none() && (chown || (size.is_some() && !privileged)) {
            attr.mode = stripped(&self.stat(ino, fh).await?);
        }
        let handle = fh.and_then(|fh| self.handles.get(fh));
        let file = match handle.as_ref().map(|h| &h.body) {
            Some(Body::File(file)) => Some(file.clone()),
            _ => None,
        };
        let path = self.inodes.lock().path(ino);
        if let Some(size) = size {
            // A handle is sure to mean this very file, a path may mean another one by now. `open` with `O_TRUNC` comes here without
            // telling its handle.
            let written = file.clone().filter(|f| f.options().writes());
            match (written.or_else(|| self.any_writer(ino)), &path) {
                (Some(file), _) => file.truncate(size).await?,
                (None, Ok(path)) => self.fs.truncate(path, size).await?,
                (None, Err(_)) => return Err(Errno::ESTALE.into()),
            }
            self.forget_content(ino);
        }
        if attr != SetAttr::default() {
            match (&path, file.or_else(|| self.any_file(ino))) {
                (Ok(path), _) => match self.fs.set_attr(path, attr, false).await {
                    Err(e) if e.errno() == Errno::ENOENT => {
                        let file = self.any_file(ino).ok_or(e)?;
                        file.set_attr(attr).await?;
                    }
                    done => done?,
                },
                (Err(_), Some(file)) => file.set_attr(attr).await?,
                // What has neither a name nor a handle is on its way out; there is nobody to see what it is like.
                (Err(_), None) => {}
            }
        }
        self.get_attr(ino, fh).await
    }

    /// What was learnt of a file's content is no longer true.
    pub(crate) fn forget_content(&self, ino: u64) {
        if let Some(node) = self.inodes.lock().get(ino) {
            node.learnt = None;
        }
    }

    pub(crate) async fn space(&self, path: VPath) -> Result<Option<SpaceInfo>> {
        self.fs.space(&path).await
    }

    pub(crate) async fn get_xattr(&self, path: VPath, name: Box<[u8]>) -> Result<Bytes> {
        self.fs.get_xattr(&path, &name).await
    }

    pub(crate) async fn list_xattr(&self, path: VPath) -> Result<Bytes> {
        let names = self.fs.list_xattr(&path).await?;
        Ok(names.iter().flat_map(|n| n.iter().copied().chain([0])).collect())
    }

    pub(crate) async fn set_xattr(&self, path: VPath, name: Box<[u8]>, value: Bytes, mode: XattrMode) -> Result<()> {
        self.fs.set_xattr(&path, &name, value, mode).await
    }

    pub(crate) async fn remove_xattr(&self, path: VPath, name: Box<[u8]>) -> Result<()> {
        self.fs.remove_xattr(&path, &name).await
    }
}

/// The mode that a file has without its set-id bits, where it has any (chown(2), write(2)): the one for the group means
/// something else unless the group may execute.
pub(crate) fn stripped(stat: &Stat) -> Option<u32> {
    const SET_USER: u32 = 0o4000;
    const SET_GROUP_RUN: u32 = 0o2010;
    let mode = stat.mode.filter(|_| !stat.is_dir())?;
    let mut less = mode & !SET_USER;
    if mode & SET_GROUP_RUN == SET_GROUP_RUN {
        less &= !0o2000;
    }
    (less != mode).then_some(less)
}
