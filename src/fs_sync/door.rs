//! [`NativeDoor`]: what node:fs does with paths, as one session sees the tree.

use ::bytes::Bytes;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi::{Env, Result};
use napi_derive::napi;
use vfs::resource::{RenameMode, SpaceInfo};
use vfs::{Errno, FileKind, Fs, Identity, Op, OpenOptions, SetAttr, Stat, Time, VPath, VfsError, WriteOptions};

use super::answer::{Answer, now, refusal, run, run_unit};
use super::files;
use super::paths::{RawPath, name};
use super::scratch;
use crate::bytes::OwnedBytes;
use crate::value::Value;
use crate::workspace::{NativeWorkspace, workspace_error};

/// The tree of one workspace as one session sees it, for node:fs.
#[napi]
pub struct NativeDoor {
    pub(crate) fs: Fs,
}

#[napi]
impl NativeWorkspace {
    /// The door of node:fs, of the given session if any.
    #[napi(catch_unwind)]
    pub fn door(&self, env: Env, session: Option<String>) -> Result<NativeDoor> {
        let fs = self
            .inner
            .fs(session.as_deref())
            .map_err(|e| workspace_error(&env, &e))?;
        Ok(NativeDoor { fs })
    }
}

/// What [`NativeDoor::read_small`] answers for a file that does not fit.
const TOO_LONG: f64 = -1e9;

/// Unwraps a path, or answers its refusal.
macro_rules! path {
    ($raw:expr) => {
        match $raw.0 {
            Ok(path) => path,
            Err(e) => return Ok(refusal(&e)),
        }
    };
}

/// The fields of a stat; see [`scratch::answer`].
pub(super) fn stat_answer((stat, identity): (Stat, Identity)) -> Answer {
    scratch::answer(&scratch::fields(&stat, identity))
}

/// Seconds since the epoch, cut to a multiple of `step` nanoseconds, as the libuv of the running Node does.
pub(super) fn time(seconds: f64, step: u32) -> Time {
    let whole = seconds.floor();
    let steps = ((seconds - whole) * (1e9 / f64::from(step))) as u32;
    Time {
        seconds: whole as i64,
        nanos: (steps * step).min(999_999_999),
    }
}

/// `kinds/name/name…`: one digit a name (`uv_dirent_type_t`), nothing for an empty directory.
fn packed(entries: &[vfs::DirEntry]) -> Vec<u8> {
    let size = entries.iter().map(|e| e.name.len() + 2).sum();
    let mut out = Vec::with_capacity(size);
    out.extend(entries.iter().map(|e| match e.stat.as_ref().map(|s| s.kind) {
        Some(FileKind::File) => b'1',
        Some(FileKind::Dir) => b'2',
        Some(FileKind::Symlink) => b'3',
        Some(FileKind::Fifo) => b'4',
        Some(FileKind::Socket) => b'5',
        Some(FileKind::CharDevice) => b'6',
        Some(FileKind::BlockDevice) => b'7',
        None => b'0',
    }));
    for e in entries {
        out.push(b'/');
        out.extend_from_slice(&e.name);
    }
    out
}

/// Whether the process may do what `mask` (`R_OK|W_OK|X_OK`) asks, by the permission bits.
fn permitted(stat: &Stat, mask: u32) -> bool {
    let (uid, gid) = scratch::owner(stat);
    let (mode, me) = (scratch::mode(stat), rustix::process::geteuid());
    if me.is_root() {
        return mask & 1 == 0 || stat.is_dir() || mode & 0o111 != 0;
    }
    let shift = if uid == me.as_raw() {
        6
    } else if gid == rustix::process::getegid().as_raw() {
        3
    } else {
        0
    };
    (mode >> shift) & mask == mask
}

#[napi]
impl NativeDoor {
    /// Opens a file; the descriptor.
    #[napi(catch_unwind)]
    pub fn open(&self, env: Env, id: u32, path: RawPath, flags: u32, mode: u32) -> Result<Answer> {
        let path = path!(path);
        let future = files::open(self.fs.clone(), path, flags, mode);
        run(&env, id, future, |fd| Answer::Code(f64::from(fd)))
    }

    /// The stat of a path; of a link itself with `follow` off. At once, its fields stand in the thread's array.
    #[napi(catch_unwind)]
    pub fn stat(&self, env: Env, id: u32, path: RawPath, follow: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run(&env, id, async move { fs.identify(&path, follow).await }, stat_answer)
    }

    /// What `require` asks: 0 for a file, 1 for a directory, negative for nothing.
    #[napi(catch_unwind)]
    pub fn module_stat(&self, path: RawPath) -> i32 {
        let Ok(path) = path.0 else { return -2 };
        match now(self.fs.stat(&path)) {
            Ok(stat) => i32::from(stat.is_dir()),
            Err(e) => -e.errno().number(),
        }
    }

    /// Whether the process may do what `mask` asks (`access(2)`).
    #[napi(catch_unwind)]
    pub fn access(&self, env: Env, id: u32, path: RawPath, mask: u32) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        let future = async move {
            let stat = fs.stat(&path).await?;
            if mask & 2 != 0 {
                fs.check(Op::Write, &path)?;
            }
            if permitted(&stat, mask & 7) {
                Ok(())
            } else {
                Err(VfsError::new(Errno::EACCES))
            }
        };
        run_unit(&env, id, future)
    }

    /// The whole content, as text (UTF-8) or as a `Buffer`.
    #[napi(catch_unwind)]
    pub fn read_file(&self, env: Env, id: u32, path: RawPath, text: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run(&env, id, async move { fs.read_all(&path).await }, move |bytes| {
            Answer::Value(if text { Value::Utf8(bytes) } else { Value::Bytes(bytes) })
        })
    }

    /// The whole content of a file that fits in `buffer`: how many bytes; -1e9 for one that does not.
    #[napi(catch_unwind)]
    pub fn read_small(&self, path: RawPath, mut buffer: Uint8ArraySlice<'_>) -> f64 {
        let content = path.0.and_then(|path| now(self.fs.read_all(&path)));
        let bytes = match content {
            Ok(bytes) => bytes,
            Err(e) => return -f64::from(e.errno().number()),
        };
        // SAFETY: JavaScript does not run while this call fills the buffer.
        match unsafe { buffer.as_mut() }.get_mut(..bytes.len()) {
            Some(to) => {
                to.copy_from_slice(&bytes);
                bytes.len() as f64
            }
            None => TOO_LONG,
        }
    }

    /// Opens with `flags`, writes everything, closes.
    #[napi(catch_unwind)]
    pub fn write_file(
        &self,
        env: Env,
        id: u32,
        path: RawPath,
        data: OwnedBytes,
        flags: u32,
        mode: u32,
    ) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(&env, id, async move {
            let options = files::options(flags, mode);
            let whole = options.truncate && options.create && !options.exclusive && !options.append;
            let direct = |m: &vfs::Mount| m.capabilities().random_access;
            if whole && !fs.vfs().mounts().find(&path).is_some_and(|(m, _)| direct(&m)) {
                let options = WriteOptions {
                    mode: options.mode,
                    ..WriteOptions::default()
                };
                return fs.write(&path, data.0.into(), &options).await.map(drop);
            }
            let file = fs.open(&path, options).await?;
            file.write_at(0, data.0).await?;
            file.close().await
        })
    }

    /// The entries of a directory, sorted: a text (or bytes) of kinds and names.
    #[napi(catch_unwind)]
    pub fn readdir(&self, env: Env, id: u32, path: RawPath, as_bytes: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        let future = async move {
            let mut entries = fs.read_dir(&path).await?;
            for e in entries.iter_mut().filter(|e| e.stat.is_none()) {
                if let Ok(child) = path.child(&e.name) {
                    e.stat = fs.lstat(&child).await.ok();
                }
            }
            Ok(packed(&entries))
        };
        run(&env, id, future, move |packed| name(packed, as_bytes))
    }

    /// Makes a directory; with `recursive` those above it too, answering the first that was made.
    #[napi(catch_unwind)]
    pub fn mkdir(&self, env: Env, id: u32, path: RawPath, recursive: bool, mode: u32) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        let future = async move {
            if recursive {
                return files::mkdir_deep(&fs, &path, mode).await;
            }
            fs.mkdir(&path, Some(mode)).await.map(|()| None)
        };
        run(&env, id, future, |made| match made {
            Some(path) => name(Bytes::copy_from_slice(path.as_bytes()), false),
            None => Answer::Value(Value::Undefined),
        })
    }

    /// Makes a directory with a fresh name; the name.
    #[napi(catch_unwind)]
    pub fn mkdtemp(&self, env: Env, id: u32, prefix: OwnedBytes, as_bytes: bool) -> Result<Answer> {
        let fs = self.fs.clone();
        let future = async move {
            for _ in 0..1000 {
                let mut raw = prefix.0.to_vec();
                raw.extend_from_slice(&files::suffix());
                match fs.mkdir(&VPath::new(&raw)?, Some(0o700)).await {
                    Ok(()) => return Ok(raw),
                    Err(e) if e.errno() == Errno::EEXIST => {}
                    Err(e) => return Err(e),
                }
            }
            Err(VfsError::new(Errno::EEXIST))
        };
        run(&env, id, future, move |raw| name(raw, as_bytes))
    }

    /// Removes a name that is not a directory.
    #[napi(catch_unwind)]
    pub fn unlink(&self, env: Env, id: u32, path: RawPath) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(&env, id, async move { fs.remove(&path).await })
    }

    /// Removes an empty directory.
    #[napi(catch_unwind)]
    pub fn rmdir(&self, env: Env, id: u32, path: RawPath) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(&env, id, async move { fs.rmdir(&path).await })
    }

    /// Removes a file or a whole tree.
    #[napi(catch_unwind)]
    pub fn remove_all(&self, env: Env, id: u32, path: RawPath) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(&env, id, async move { fs.remove_all(&path).await })
    }

    /// Renames within a mount; `EXDEV` between mounts.
    #[napi(catch_unwind)]
    pub fn rename(&self, env: Env, id: u32, from: RawPath, to: RawPath) -> Result<Answer> {
        let (from, to) = (path!(from), path!(to));
        let fs = self.fs.clone();
        // What answers from memory does so here; what copies, on backends that cannot rename, is long work for a thread of
        // its own.
        let id = if self.instant(&from) && self.instant(&to) {
            0
        } else {
            id
        };
        run_unit(&env, id, async move {
            vfs::runtime::unblock(move || now(fs.rename(&from, &to, RenameMode::Replace))).await
        })
    }

    /// Copies the content and the permission bits of one file; with `exclusive` the target must not be there.
    #[napi(catch_unwind)]
    pub fn copy_file(&self, env: Env, id: u32, from: RawPath, to: RawPath, exclusive: bool) -> Result<Answer> {
        let (from, to) = (path!(from), path!(to));
        let fs = self.fs.clone();
        run_unit(&env, id, async move {
            let source = fs.stat(&from).await?;
            let mode = Some(scratch::mode(&source));
            let made = match fs
                .open(
                    &to,
                    OpenOptions {
                        write: true,
                        create: true,
                        exclusive: true,
                        mode,
                        ..Default::default()
                    },
                )
                .await
            {
                Ok(file) => file.close().await.map(|()| true)?,
                Err(e) if !exclusive && e.errno() == Errno::EEXIST => false,
                Err(e) => return Err(e),
            };
            // A directory can be opened; it cannot be read.
            let copied = match source.is_dir() {
                true => Err(Errno::EISDIR.into()),
                false => fs.copy(&from, &to).await,
            };
            if made && copied.is_err() {
                // What was made for a copy that failed is nobody's.
                let _ = fs.remove(&to).await;
            }
            copied?;
            let attr = SetAttr {
                mode,
                ..SetAttr::default()
            };
            match fs.set_attr(&to, attr, true).await {
                Err(e) if e.errno() != Errno::EPERM => Err(e),
                _ => Ok(()),
            }
        })
    }

    /// Makes a hard link.
    #[napi(catch_unwind)]
    pub fn link(&self, env: Env, id: u32, existing: RawPath, created: RawPath) -> Result<Answer> {
        let (existing, created) = (path!(existing), path!(created));
        let fs = self.fs.clone();
        run_unit(&env, id, async move { fs.link(&existing, &created).await })
    }

    /// Makes a symbolic link with the text `target`.
    #[napi(catch_unwind)]
    pub fn symlink(&self, env: Env, id: u32, target: OwnedBytes, path: RawPath) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(&env, id, async move { fs.symlink(&target.0, &path).await })
    }

    /// The text of a symbolic link.
    #[napi(catch_unwind)]
    pub fn readlink(&self, env: Env, id: u32, path: RawPath, as_bytes: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run(&env, id, async move { fs.read_link(&path).await }, move |text| {
            name(text, as_bytes)
        })
    }

    /// The path with every link followed.
    #[napi(catch_unwind)]
    pub fn realpath(&self, env: Env, id: u32, path: RawPath, as_bytes: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run(&env, id, async move { fs.canonicalize(&path).await }, move |path| {
            name(Bytes::copy_from_slice(path.as_bytes()), as_bytes)
        })
    }

    /// Changes permission bits.
    #[napi(catch_unwind)]
    pub fn chmod(&self, env: Env, id: u32, path: RawPath, mode: u32) -> Result<Answer> {
        let attr = SetAttr {
            mode: Some(mode & 0o7777),
            ..SetAttr::default()
        };
        self.set_attr(&env, id, path, attr, true)
    }

    /// Changes owner and group; -1 (as `u32`) leaves one as it is.
    #[napi(catch_unwind)]
    pub fn chown(&self, env: Env, id: u32, path: RawPath, uid: u32, gid: u32, follow: bool) -> Result<Answer> {
        self.set_attr(&env, id, path, files::owners(uid, gid), follow)
    }

    /// Changes the times of last access and modification, in seconds; see [`time`] for `step`.
    #[napi(catch_unwind)]
    #[allow(clippy::too_many_arguments)] // What the binding hands over.
    pub fn utimes(
        &self,
        env: Env,
        id: u32,
        path: RawPath,
        atime: f64,
        mtime: f64,
        step: u32,
        follow: bool,
    ) -> Result<Answer> {
        let attr = SetAttr {
            atime: Some(time(atime, step.max(1))),
            mtime: Some(time(mtime, step.max(1))),
            ..SetAttr::default()
        };
        self.set_attr(&env, id, path, attr, follow)
    }

    /// Space totals: type, bsize, blocks, bfree, bavail, files, ffree. At once, they stand in the thread's array.
    #[napi(catch_unwind)]
    pub fn statfs(&self, env: Env, id: u32, path: RawPath) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        let future = async move {
            fs.stat(&path).await?;
            fs.space(&path).await
        };
        run(&env, id, future, |space| scratch::answer(&space_fields(space)))
    }

    /// Whether a change of `path` is allowed at all: not on a read-only mount.
    #[napi(catch_unwind)]
    pub fn writable(&self, path: RawPath) -> bool {
        path.0.is_ok_and(|p| self.fs.check(Op::Write, &p).is_ok())
    }
}

impl NativeDoor {
    fn instant(&self, path: &VPath) -> bool {
        let found = self.fs.vfs().mounts().find(path);
        found.is_some_and(|(m, _)| m.capabilities().instant)
    }

    fn set_attr(&self, env: &Env, id: u32, path: RawPath, attr: SetAttr, follow: bool) -> Result<Answer> {
        let path = path!(path);
        let fs = self.fs.clone();
        run_unit(env, id, async move { fs.set_attr(&path, attr, follow).await })
    }
}

/// `TMPFS_MAGIC` (statfs(2)): what a tree in memory is taken for.
const TYPE: f64 = 16_914_836.0;
const BSIZE: u64 = 4096;

fn space_fields(space: Option<SpaceInfo>) -> scratch::Fields {
    let mut out = [0.0; scratch::FIELDS];
    // A backend without a limit of its own shows as much as a file can have.
    let space = space.unwrap_or(SpaceInfo {
        total: 1 << 50,
        free: 1 << 50,
        files: 1 << 32,
        files_free: 1 << 32,
    });
    let free = (space.free / BSIZE) as f64;
    out[..7].copy_from_slice(&[
        TYPE,
        BSIZE as f64,
        (space.total / BSIZE) as f64,
        free,
        free,
        space.files as f64,
        space.files_free as f64,
    ]);
    out
}
