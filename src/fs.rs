//! The operations of `ws.fs`: each answers on the spot when it can, else settles promise `id` later.

use napi::{Env, Result};
use napi_derive::napi;
use vfs::{ByteRange, Errno, Fs, SetAttr, Time, VPath, VfsError};

use crate::bytes::OwnedBytes;
use crate::channel::settle_or_send;
use crate::error::node_error;
use crate::value::{Settled, Value};
use crate::workspace::{NativeWorkspace, workspace_error};

fn path(env: &Env, raw: &OwnedBytes, op: &'static str) -> Result<VPath> {
    VPath::new(&raw.0).map_err(|e| node_error(env, &e.with_operand(&raw.0).op(op)))
}

fn time(ms: f64) -> Time {
    let seconds = (ms / 1e3).floor();
    Time {
        seconds: seconds as i64,
        nanos: ((ms - seconds * 1e3) * 1e6).clamp(0.0, 999_999_999.0) as u32,
    }
}

impl NativeWorkspace {
    fn tree(&self, env: &Env, session: Option<String>) -> Result<Fs> {
        self.inner.fs(session.as_deref()).map_err(|e| workspace_error(env, &e))
    }

    /// Runs `f` on the tree; errors are marked with Node's name of the call.
    fn on_tree<F, T>(
        &self,
        env: &Env,
        id: u32,
        session: Option<String>,
        op: &'static str,
        f: F,
    ) -> Result<Option<Settled>>
    where
        F: FnOnce(Fs) -> T,
        T: Future<Output = vfs::Result<Value>> + Send + 'static,
    {
        let future = f(self.tree(env, session)?);
        settle_or_send(env, id, async move { future.await.map_err(|e| e.op(op)) })
    }
}

#[napi]
impl NativeWorkspace {
    /// The bytes of a file from `start` to `end` (exclusive).
    #[napi(catch_unwind)]
    pub fn fs_read(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        start: Option<f64>,
        end: Option<f64>,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "open")?;
        let range = ByteRange {
            start: start.unwrap_or(0.0) as u64,
            end: end.map(|n| n as u64),
        };
        self.on_tree(&env, id, session, "open", |fs| async move {
            Ok(Value::Bytes(fs.read(&path, range).await?.collect().await?))
        })
    }

    /// Replaces a file.
    #[napi(catch_unwind)]
    pub fn fs_write(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        data: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "open")?;
        self.on_tree(&env, id, session, "open", |fs| async move {
            fs.write_all(&path, data.0).await.map(|()| Value::Undefined)
        })
    }

    /// Adds to the end of a file.
    #[napi(catch_unwind)]
    pub fn fs_append(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        data: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "open")?;
        self.on_tree(&env, id, session, "open", |fs| async move {
            fs.append(&path, data.0).await.map(|()| Value::Undefined)
        })
    }

    /// The stat of a path, of a link itself with `follow` off.
    #[napi(catch_unwind)]
    pub fn fs_stat(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        follow: bool,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let op = if follow { "stat" } else { "lstat" };
        let path = path(&env, &p, op)?;
        self.on_tree(&env, id, session, op, |fs| async move {
            let stat = if follow {
                fs.stat(&path).await
            } else {
                fs.lstat(&path).await
            };
            stat.map(|s| Value::Stat(Box::new(s)))
        })
    }

    /// The entries of a directory, sorted: name and kind (or null) in turn.
    #[napi(catch_unwind)]
    pub fn fs_readdir(&self, env: Env, id: u32, p: OwnedBytes, session: Option<String>) -> Result<Option<Settled>> {
        let path = path(&env, &p, "scandir")?;
        self.on_tree(&env, id, session, "scandir", |fs| async move {
            fs.read_dir(&path).await.map(Value::Entries)
        })
    }

    /// Makes a directory; with `recursive` the ones above it too, answering the first that was made.
    #[napi(catch_unwind)]
    pub fn fs_mkdir(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        recursive: bool,
        mode: Option<u32>,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "mkdir")?;
        self.on_tree(&env, id, session, "mkdir", |fs| async move {
            if recursive {
                let made = fs.mkdir_all(&path, mode).await?;
                return Ok(made.map_or(Value::Undefined, |p| Value::Text(p.to_string_lossy().into_owned())));
            }
            fs.mkdir(&path, mode).await.map(|()| Value::Undefined)
        })
    }

    /// Removes a name that is not a directory.
    #[napi(catch_unwind)]
    pub fn fs_unlink(&self, env: Env, id: u32, p: OwnedBytes, session: Option<String>) -> Result<Option<Settled>> {
        let path = path(&env, &p, "unlink")?;
        self.on_tree(&env, id, session, "unlink", |fs| async move {
            fs.remove(&path).await.map(|()| Value::Undefined)
        })
    }

    /// Removes an empty directory.
    #[napi(catch_unwind)]
    pub fn fs_rmdir(&self, env: Env, id: u32, p: OwnedBytes, session: Option<String>) -> Result<Option<Settled>> {
        let path = path(&env, &p, "rmdir")?;
        self.on_tree(&env, id, session, "rmdir", |fs| async move {
            fs.rmdir(&path).await.map(|()| Value::Undefined)
        })
    }

    /// Removes a file or a tree; `force` forgives what is not there.
    #[napi(catch_unwind)]
    pub fn fs_remove_all(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        force: bool,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "rm")?;
        self.on_tree(&env, id, session, "rm", |fs| async move {
            match fs.remove_all(&path).await {
                Err(e) if force && e.errno() == Errno::ENOENT => Ok(Value::Undefined),
                other => other.map(|()| Value::Undefined),
            }
        })
    }

    /// Renames; between mounts it copies, then removes.
    #[napi(catch_unwind)]
    pub fn fs_rename(
        &self,
        env: Env,
        id: u32,
        from: OwnedBytes,
        to: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let (a, b) = (path(&env, &from, "rename")?, path(&env, &to, "rename")?);
        self.on_tree(&env, id, session, "rename", |fs| async move {
            // Between mounts, and on backends that cannot rename, this copies: long work for a thread of its own.
            let (from, to) = (a.clone(), b.clone());
            vfs::runtime::unblock(move || vfs::runtime::block_on(&vfs::Cancel::new(), fs.move_tree(&from, &to)))
                .await
                .map(|()| Value::Undefined)
                .map_err(|e| e.dest(b.as_bytes()))
        })
    }

    /// Copies the content of one file.
    #[napi(catch_unwind)]
    pub fn fs_copy(
        &self,
        env: Env,
        id: u32,
        from: OwnedBytes,
        to: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let (a, b) = (path(&env, &from, "copyfile")?, path(&env, &to, "copyfile")?);
        self.on_tree(&env, id, session, "copyfile", |fs| async move {
            fs.copy(&a, &b)
                .await
                .map(|()| Value::Undefined)
                .map_err(|e| e.dest(b.as_bytes()))
        })
    }

    /// Makes a symbolic link with the text `target`.
    #[napi(catch_unwind)]
    pub fn fs_symlink(
        &self,
        env: Env,
        id: u32,
        target: OwnedBytes,
        p: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "symlink")?;
        self.on_tree(&env, id, session, "symlink", |fs| async move {
            fs.symlink(&target.0, &path)
                .await
                .map(|()| Value::Undefined)
                .map_err(|e| e.with_operand(&target.0).dest(path.as_bytes()))
        })
    }

    /// Makes a hard link.
    #[napi(catch_unwind)]
    pub fn fs_link(
        &self,
        env: Env,
        id: u32,
        existing: OwnedBytes,
        created: OwnedBytes,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let (a, b) = (path(&env, &existing, "link")?, path(&env, &created, "link")?);
        self.on_tree(&env, id, session, "link", |fs| async move {
            fs.link(&a, &b).await.map(|()| Value::Undefined)
        })
    }

    /// The text of a symbolic link.
    #[napi(catch_unwind)]
    pub fn fs_readlink(&self, env: Env, id: u32, p: OwnedBytes, session: Option<String>) -> Result<Option<Settled>> {
        let path = path(&env, &p, "readlink")?;
        self.on_tree(&env, id, session, "readlink", |fs| async move {
            fs.read_link(&path).await.map(Value::Bytes)
        })
    }

    /// The path with every link followed.
    #[napi(catch_unwind)]
    pub fn fs_realpath(&self, env: Env, id: u32, p: OwnedBytes, session: Option<String>) -> Result<Option<Settled>> {
        let path = path(&env, &p, "realpath")?;
        self.on_tree(&env, id, session, "realpath", |fs| async move {
            fs.canonicalize(&path)
                .await
                .map(|p| Value::Text(p.to_string_lossy().into_owned()))
        })
    }

    /// Cuts or extends a file.
    #[napi(catch_unwind)]
    pub fn fs_truncate(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        size: f64,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let path = path(&env, &p, "ftruncate")?;
        if size < 0.0 {
            let e = VfsError::new(Errno::EINVAL).op("ftruncate").operand(path.as_bytes());
            return Err(node_error(&env, &e));
        }
        self.on_tree(&env, id, session, "ftruncate", |fs| async move {
            fs.truncate(&path, size as u64).await.map(|()| Value::Undefined)
        })
    }

    /// Changes attributes; what is left out stays as it is.
    #[napi(catch_unwind)]
    pub fn fs_set_attr(
        &self,
        env: Env,
        id: u32,
        p: OwnedBytes,
        attr: NativeAttr,
        follow: bool,
        session: Option<String>,
    ) -> Result<Option<Settled>> {
        let op = if attr.mode.is_some() {
            "chmod"
        } else if attr.uid.is_some() || attr.gid.is_some() {
            "chown"
        } else {
            "utime"
        };
        let path = path(&env, &p, op)?;
        let attr = SetAttr {
            mode: attr.mode,
            uid: attr.uid,
            gid: attr.gid,
            atime: attr.atime_ms.map(time),
            mtime: attr.mtime_ms.map(time),
        };
        self.on_tree(&env, id, session, op, |fs| async move {
            fs.set_attr(&path, attr, follow).await.map(|()| Value::Undefined)
        })
    }
}

/// Attributes to change.
#[napi(object)]
pub struct NativeAttr {
    /// Permission bits.
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Last access, milliseconds since the epoch.
    pub atime_ms: Option<f64>,
    /// Last modification, milliseconds since the epoch.
    pub mtime_ms: Option<f64>,
}
