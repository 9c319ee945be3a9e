//! What only programs behind a kernel mount ask for: special files and extended attributes.

use bytes::Bytes;

use crate::error::{Errno, Result};
use crate::fs::Fs;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk, follow};
use crate::handle::OpenOptions;
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::XattrMode;
use crate::stat::FileKind;

impl Fs {
    /// Makes a file of the given kind (`mknod(2)`): an empty regular one, a FIFO, a socket, a device. `ENOTSUP` where the
    /// backend has none.
    pub async fn mknod(&self, path: &VPath, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
        if kind == FileKind::File {
            let options = OpenOptions {
                write: true,
                create: true,
                exclusive: true,
                mode: Some(mode),
                ..OpenOptions::default()
            };
            return self.open(path, options).await?.close().await;
        }
        let mut walk = Walk::new(self, Op::Write, "mknod", path, false);
        follow!(walk, t => self.mknod_target(&t, kind, mode, rdev).await);
        Ok(())
    }

    async fn mknod_target(&self, t: &Target, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
        if t.link.is_some() || self.is_busy(&t.path) {
            return Err(Errno::EEXIST.into());
        }
        let mknod = t.mount.resource.mknod(&t.below, kind, mode, rdev);
        let mut done = t.doing(&self.vfs, "mknod", 0, mknod).await;
        if let Err(e) = &done
            && absent(e)
            && Box::pin(self.make_way(t)).await?
        {
            done = t.mount.resource.mknod(&t.below, kind, mode, rdev).await;
        }
        t.changed(&self.vfs);
        done
    }

    /// The value of an extended attribute of `path` itself. `ENODATA` when there is none of that name, `ENOTSUP` where the
    /// backend keeps none.
    pub async fn get_xattr(&self, path: &VPath, name: &[u8]) -> Result<Bytes> {
        let mut walk = Walk::new(self, Op::Read, "getxattr", path, false);
        let (value, _) = follow!(walk, t => match &t.link {
            Some(_) => Err(Errno::ENOTSUP.into()),
            None => t.mount.resource.get_xattr(&t.below, name).await,
        });
        Ok(value)
    }

    /// The names of the extended attributes of `path` itself; none where the backend keeps none.
    pub async fn list_xattr(&self, path: &VPath) -> Result<Vec<Box<[u8]>>> {
        let mut walk = Walk::new(self, Op::Read, "listxattr", path, false);
        let (names, _) = follow!(walk, t => match &t.link {
            Some(_) => Ok(Vec::new()),
            None => t.mount.resource.list_xattr(&t.below).await,
        });
        Ok(names)
    }

    /// Sets an extended attribute of `path` itself.
    pub async fn set_xattr(&self, path: &VPath, name: &[u8], value: Bytes, mode: XattrMode) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "setxattr", path, false);
        let (_, t) = follow!(walk, t => match &t.link {
            Some(_) => Err(Errno::ENOTSUP.into()),
            None => t.mount.resource.set_xattr(&t.below, name, value.clone(), mode).await,
        });
        t.changed(&self.vfs);
        Ok(())
    }

    /// Removes an extended attribute of `path` itself.
    pub async fn remove_xattr(&self, path: &VPath, name: &[u8]) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "removexattr", path, false);
        let (_, t) = follow!(walk, t => match &t.link {
            Some(_) => Err(Errno::ENOTSUP.into()),
            None => t.mount.resource.remove_xattr(&t.below, name).await,
        });
        t.changed(&self.vfs);
        Ok(())
    }
}
