//! Descriptors: one table for the whole process, as the kernel's is, so that worker threads share them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ::bytes::Bytes;
use napi::bindgen_prelude::Uint8ArraySlice;
use napi::{Env, Result};
use napi_derive::napi;
use parking_lot::RwLock;
use vfs::{Errno, FileHandle, Fs, Identity, OpenOptions, SetAttr, Stat, VPath, VfsError};

use super::answer::{Answer, now, refusal, run, run_unit};
use super::door::{stat_answer, time};
use crate::value::Value;

/// The first descriptor; far above what a kernel hands out, and apart from those of `node:vfs`, which begin at 0x40000000.
const FIRST: u32 = 0x5000_0000;
/// Descriptors open at once.
const LIMIT: usize = 1 << 20;

/// `open(2)` flags of Linux, as `fs.constants` has them.
mod flag {
    pub const WRONLY: u32 = 0o1;
    pub const RDWR: u32 = 0o2;
    pub const ACCMODE: u32 = 0o3;
    pub const CREAT: u32 = 0o100;
    pub const EXCL: u32 = 0o200;
    pub const TRUNC: u32 = 0o1000;
    pub const APPEND: u32 = 0o2000;
    pub const DIRECTORY: u32 = 0o200_000;
    pub const NOFOLLOW: u32 = 0o400_000;
    /// `O_TMPFILE` without its `O_DIRECTORY` bit.
    pub const TMPFILE: u32 = 0o20_000_000;
}

/// What a descriptor stands for.
enum Opened {
    File(FileHandle),
    /// A directory, which can be asked for its stat and little else.
    Dir(Fs, VPath),
}

struct Open {
    what: Opened,
    /// Where the next read or write without a position goes.
    cursor: AtomicU64,
}

#[derive(Default)]
struct Table {
    open: Vec<Option<Arc<Open>>>,
    free: Vec<u32>,
}

static TABLE: RwLock<Table> = RwLock::new(Table {
    open: Vec::new(),
    free: Vec::new(),
});

fn add(what: Opened) -> vfs::Result<u32> {
    let open = Arc::new(Open {
        what,
        cursor: AtomicU64::new(0),
    });
    let mut table = TABLE.write();
    let at = match table.free.pop() {
        Some(at) => at,
        None if table.open.len() >= LIMIT => return Err(Errno::EMFILE.into()),
        None => {
            table.open.push(None);
            table.open.len() as u32 - 1
        }
    };
    if let Some(slot) = table.open.get_mut(at as usize) {
        *slot = Some(open);
    }
    Ok(FIRST + at)
}

fn get(fd: u32) -> vfs::Result<Arc<Open>> {
    let at = fd.checked_sub(FIRST).ok_or(Errno::EBADF)? as usize;
    let open = TABLE.read().open.get(at).cloned().flatten();
    open.ok_or_else(|| Errno::EBADF.into())
}

fn take(fd: u32) -> vfs::Result<Arc<Open>> {
    let at = fd.checked_sub(FIRST).ok_or(Errno::EBADF)?;
    let mut table = TABLE.write();
    let open = table.open.get_mut(at as usize).and_then(Option::take);
    let open = open.ok_or(Errno::EBADF)?;
    table.free.push(at);
    Ok(open)
}

impl Open {
    fn file(&self) -> vfs::Result<&FileHandle> {
        match &self.what {
            Opened::File(file) => Ok(file),
            Opened::Dir(..) => Err(Errno::EISDIR.into()),
        }
    }

    async fn identify(&self) -> vfs::Result<(Stat, Identity)> {
        match &self.what {
            Opened::File(file) => file.identify().await,
            Opened::Dir(fs, path) => fs.identify(path, true).await,
        }
    }

    async fn set_attr(&self, attr: SetAttr) -> vfs::Result<()> {
        match &self.what {
            Opened::File(file) => file.set_attr(attr).await,
            Opened::Dir(fs, path) => fs.set_attr(path, attr, true).await,
        }
    }
}

/// Six letters and digits for `mkdtemp`.
pub(super) fn suffix() -> [u8; 6] {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static NEXT: AtomicU64 = AtomicU64::new(0);
    use std::hash::{BuildHasher, RandomState};
    let mut random = RandomState::new().hash_one(NEXT.fetch_add(1, Ordering::Relaxed));
    std::array::from_fn(|_| {
        let letter = LETTERS[(random % 62) as usize];
        random /= 62;
        letter
    })
}

/// What `flags` ask for.
pub(super) fn options(flags: u32, mode: u32) -> OpenOptions {
    let writes = matches!(flags & flag::ACCMODE, flag::WRONLY | flag::RDWR);
    OpenOptions {
        read: flags & flag::ACCMODE != flag::WRONLY,
        write: writes,
        append: writes && flags & flag::APPEND != 0,
        truncate: flags & flag::TRUNC != 0,
        create: flags & flag::CREAT != 0,
        exclusive: flags & flag::CREAT != 0 && flags & flag::EXCL != 0,
        no_follow: flags & flag::NOFOLLOW != 0,
        mode: Some(mode & 0o7777),
    }
}

/// Opens a path; the descriptor.
pub(super) async fn open(fs: Fs, path: VPath, flags: u32, mode: u32) -> vfs::Result<u32> {
    if flags & flag::TMPFILE != 0 {
        return Err(Errno::ENOTSUP.into());
    }
    let options = options(flags, mode);
    let reads = flags & flag::ACCMODE == 0 && !options.create && !options.truncate;
    if flags & flag::DIRECTORY != 0 && !fs.stat(&path).await?.is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    match fs.open(&path, options).await {
        Ok(file) => add(Opened::File(file)),
        Err(e) if e.errno() == Errno::EISDIR && reads => add(Opened::Dir(fs, path)),
        Err(e) => Err(e),
    }
}

/// Makes a directory and what is missing above it, in the order in which Node does: the errors depend on it. The first one
/// that was made.
pub(super) async fn mkdir_deep(fs: &Fs, path: &VPath, mode: u32) -> vfs::Result<Option<VPath>> {
    let mut left = vec![path.clone()];
    let mut first = None;
    while let Some(next) = left.pop() {
        let failed = match fs.mkdir(&next, Some(mode)).await {
            Ok(()) => {
                first.get_or_insert(next);
                continue;
            }
            Err(e) => e,
        };
        match failed.errno() {
            Errno::ENOENT => match next.parent() {
                // A missing parent is made first; it may have come into being meanwhile, or be a link to nowhere.
                Some(parent) if left.len() < vfs::path::PATH_MAX => left.extend([next, parent]),
                _ => return Err(failed),
            },
            Errno::EACCES | Errno::ENOSPC | Errno::ENOTDIR | Errno::EPERM => return Err(failed),
            errno => {
                let found = fs.stat(&next).await?;
                if !found.is_dir() {
                    let below = errno == Errno::EEXIST && !left.is_empty();
                    return Err(if below { Errno::ENOTDIR.into() } else { failed });
                }
            }
        }
    }
    Ok(first)
}

/// Owner and group to change; all bits set leave one as it is.
pub(super) fn owners(uid: u32, gid: u32) -> SetAttr {
    let given = |n: u32| (n != u32::MAX).then_some(n);
    SetAttr {
        uid: given(uid),
        gid: given(gid),
        ..SetAttr::default()
    }
}

macro_rules! open {
    ($fd:expr) => {
        match get($fd) {
            Ok(open) => open,
            Err(e) => return Ok(refusal(&e)),
        }
    };
}

/// Closes a descriptor, committing what was written.
#[napi(catch_unwind)]
pub fn fd_close(env: Env, id: u32, fd: u32) -> Result<Answer> {
    let open = match take(fd) {
        Ok(open) => open,
        Err(e) => return Ok(refusal(&e)),
    };
    match &open.what {
        Opened::File(file) => {
            let file = file.clone();
            run_unit(&env, id, async move { file.close().await })
        }
        Opened::Dir(..) => Ok(Answer::DONE),
    }
}

/// The part of a buffer that JavaScript means; it has checked the bounds, and is not believed.
fn part(len: usize, offset: f64, length: f64) -> std::ops::Range<usize> {
    let start = (offset.max(0.0) as usize).min(len);
    start..start.saturating_add(length.max(0.0) as usize).min(len)
}

/// Fills `length` bytes of `buffer` at `offset` from `position`, or from where the last read ended if it is negative; how
/// many bytes. What is not at hand comes as a `Buffer` to copy from.
#[napi(catch_unwind)]
pub fn fd_read(
    env: Env,
    id: u32,
    fd: u32,
    mut buffer: Uint8ArraySlice<'_>,
    offset: f64,
    length: f64,
    position: f64,
) -> Result<Answer> {
    let open = open!(fd);
    let explicit = position >= 0.0;
    let at = if explicit {
        position as u64
    } else {
        open.cursor.load(Ordering::Acquire)
    };
    let range = part(buffer.len(), offset, length);
    if id == 0 || open.file().is_ok_and(FileHandle::is_instant) {
        // SAFETY: JavaScript does not run while this call fills the buffer.
        let buf = unsafe { buffer.as_mut() };
        let buf = buf.get_mut(range).unwrap_or_default();
        let read = open.file().and_then(|file| now(file.read_into(at, buf)));
        return Ok(match read {
            Ok(n) => {
                if !explicit {
                    open.cursor.store(at + n as u64, Ordering::Release);
                }
                Answer::Code(n as f64)
            }
            Err(e) => refusal(&e),
        });
    }
    let future = async move {
        let bytes = open.file()?.read_at(at, range.len()).await?;
        if !explicit {
            open.cursor.store(at + bytes.len() as u64, Ordering::Release);
        }
        Ok(bytes)
    };
    run(&env, id, future, |bytes| Answer::Value(Value::Bytes(bytes)))
}

/// Writes `length` bytes of `data` at `offset` to `position`, or where the last write ended if it is negative; how many
/// bytes.
#[napi(catch_unwind)]
pub fn fd_write(
    env: Env,
    id: u32,
    fd: u32,
    data: Uint8ArraySlice<'_>,
    offset: f64,
    length: f64,
    position: f64,
) -> Result<Answer> {
    let open = open!(fd);
    let range = part(data.len(), offset, length);
    let data = Bytes::copy_from_slice(data.get(range).unwrap_or_default());
    let len = data.len();
    let explicit = position >= 0.0;
    let at = if explicit {
        position as u64
    } else {
        // Writes under way at once each have a place of their own.
        open.cursor.fetch_add(len as u64, Ordering::AcqRel)
    };
    let future = async move {
        let written = match open.file() {
            // A directory can not be opened for writing, so its descriptor is not one for writing.
            Err(_) => Err(VfsError::new(Errno::EBADF)),
            Ok(file) => file.write_at(at, data).await,
        };
        match written {
            Ok(end) if !explicit => {
                open.cursor.fetch_max(end, Ordering::AcqRel);
            }
            Ok(_) => {}
            Err(e) => {
                if !explicit {
                    // Best effort: another write may have moved it on.
                    let moved = at + len as u64;
                    let _ = open
                        .cursor
                        .compare_exchange(moved, at, Ordering::AcqRel, Ordering::Acquire);
                }
                return Err(e);
            }
        }
        Ok(len)
    };
    run(&env, id, future, |n| Answer::Code(n as f64))
}

/// The open file's stat: see `NativeDoor.stat`.
#[napi(catch_unwind)]
pub fn fd_stat(env: Env, id: u32, fd: u32) -> Result<Answer> {
    let open = open!(fd);
    run(&env, id, async move { open.identify().await }, stat_answer)
}

/// Cuts or extends.
#[napi(catch_unwind)]
pub fn fd_truncate(env: Env, id: u32, fd: u32, len: f64) -> Result<Answer> {
    let open = open!(fd);
    run_unit(&env, id, async move {
        match open.file() {
            Ok(file) => file.truncate(len.max(0.0) as u64).await,
            Err(_) => Err(Errno::EINVAL.into()),
        }
    })
}

/// Makes what was written durable.
#[napi(catch_unwind)]
pub fn fd_sync(env: Env, id: u32, fd: u32, data_only: bool) -> Result<Answer> {
    let open = open!(fd);
    run_unit(&env, id, async move {
        match open.file() {
            Ok(file) => file.sync(data_only).await,
            Err(_) => Ok(()),
        }
    })
}

/// Changes permission bits.
#[napi(catch_unwind)]
pub fn fd_chmod(env: Env, id: u32, fd: u32, mode: u32) -> Result<Answer> {
    set_attr(
        &env,
        id,
        fd,
        SetAttr {
            mode: Some(mode & 0o7777),
            ..SetAttr::default()
        },
    )
}

/// Changes owner and group; -1 (as `u32`) leaves one as it is.
#[napi(catch_unwind)]
pub fn fd_chown(env: Env, id: u32, fd: u32, uid: u32, gid: u32) -> Result<Answer> {
    set_attr(&env, id, fd, owners(uid, gid))
}

/// Changes the times of last access and modification, in seconds.
#[napi(catch_unwind)]
pub fn fd_utimes(env: Env, id: u32, fd: u32, atime: f64, mtime: f64, step: u32) -> Result<Answer> {
    set_attr(
        &env,
        id,
        fd,
        SetAttr {
            atime: Some(time(atime, step.max(1))),
            mtime: Some(time(mtime, step.max(1))),
            ..SetAttr::default()
        },
    )
}

fn set_attr(env: &Env, id: u32, fd: u32, attr: SetAttr) -> Result<Answer> {
    let open = open!(fd);
    run_unit(env, id, async move { open.set_attr(attr).await })
}

/// The path that a descriptor was opened by.
#[napi(catch_unwind)]
pub fn fd_path(fd: u32) -> Option<String> {
    let open = get(fd).ok()?;
    let path = match &open.what {
        Opened::File(file) => file.path().to_string_lossy().into_owned(),
        Opened::Dir(_, path) => path.to_string_lossy().into_owned(),
    };
    Some(path)
}
