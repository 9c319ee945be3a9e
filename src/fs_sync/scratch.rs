//! Numbers for `fs.Stats` and `fs.StatFs`, written into an array that JavaScript made once: ten times faster than an object.

use std::cell::Cell;

use napi::bindgen_prelude::Float64ArraySlice;
use napi::{Error, Result, Status};
use napi_derive::napi;
use vfs::{FileKind, Identity, Stat, Time};

use super::answer::Answer;
use crate::value::Value;

/// Fields of one stat, in the order of Node's own binding: dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, then
/// seconds and nanoseconds of atime, mtime, ctime, birthtime.
pub const FIELDS: usize = 18;
/// What mounts show as their device number, plus the mount's own number: far from the small numbers of the host.
const DEV: u64 = 0x4d00_0000;
/// Preferred size of a read, bytes.
const BLOCK: f64 = 4096.0;

/// The fields of one stat.
pub type Fields = [f64; FIELDS];

thread_local! {
    static SCRATCH: Cell<*mut f64> = const { Cell::new(std::ptr::null_mut()) };
}

/// Gives this thread the array that stats are written to. It must have 18 places and stay alive and attached as long as the
/// thread does.
#[napi(catch_unwind)]
pub fn fs_scratch(mut array: Float64ArraySlice<'_>) -> Result<()> {
    if array.len() < FIELDS {
        return Err(Error::new(Status::InvalidArg, "the array is too short"));
    }
    // SAFETY: only the address is kept; the contract above makes it valid for later calls.
    let slice = unsafe { array.as_mut() };
    SCRATCH.with(|s| s.set(slice.as_mut_ptr()));
    Ok(())
}

/// Hands fields over: in this thread's array where it has one, else (on the threads of the runtime) as a list for later.
pub fn answer(fields: &Fields) -> Answer {
    let to = SCRATCH.with(Cell::get);
    if to.is_null() {
        return Answer::Value(Value::List(fields.iter().map(|n| Value::Number(*n)).collect()));
    }
    // SAFETY: see `fs_scratch`: 18 places, owned by this thread.
    unsafe { std::ptr::copy_nonoverlapping(fields.as_ptr(), to, FIELDS) };
    Answer::DONE
}

fn default_mode(kind: FileKind) -> u32 {
    match kind {
        FileKind::Dir => 0o755,
        FileKind::Symlink => 0o777,
        _ => 0o644,
    }
}

/// The permission bits that are shown where the backend has none.
pub fn mode(stat: &Stat) -> u32 {
    stat.mode.unwrap_or_else(|| default_mode(stat.kind))
}

/// The owner and group that are shown where the backend has none: the process's.
pub fn owner(stat: &Stat) -> (u32, u32) {
    let uid = stat.uid.unwrap_or_else(|| rustix::process::geteuid().as_raw());
    let gid = stat.gid.unwrap_or_else(|| rustix::process::getegid().as_raw());
    (uid, gid)
}

/// The fields of a stat.
pub fn fields(stat: &Stat, id: Identity) -> Fields {
    let (uid, gid) = owner(stat);
    let size = stat.size.unwrap_or(0);
    let blocks = stat
        .blocks
        .unwrap_or_else(|| if stat.is_dir() { 0 } else { size.div_ceil(512) });
    let epoch = Time::default();
    let mtime = stat.mtime.unwrap_or(epoch);
    let ctime = stat.ctime.unwrap_or(mtime);
    let atime = stat.atime.unwrap_or(mtime);
    let btime = stat.btime.unwrap_or(mtime.min(ctime));
    let mut out = [
        (DEV + id.dev) as f64,
        f64::from(stat.kind.mode_bits() | mode(stat)),
        f64::from(stat.nlink),
        f64::from(uid),
        f64::from(gid),
        stat.rdev as f64,
        BLOCK,
        id.ino as f64,
        size as f64,
        blocks as f64,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
    ];
    for (i, time) in [atime, mtime, ctime, btime].into_iter().enumerate() {
        out[10 + 2 * i] = time.seconds as f64;
        out[11 + 2 * i] = f64::from(time.nanos);
    }
    out
}
