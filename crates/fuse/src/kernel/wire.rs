//! Between the core's types and the protocol's.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, SystemTime};

use fuser::{
    FileAttr, FileType, FopenFlags, Generation, INodeNo, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr, Request,
    TimeOrNow,
};
use vfs::{FileKind, Stat, Time, VfsError};

use crate::attr::{Attr, Entry, Owner};
use crate::core::{Caller, Core, Listed, Opened};

/// Entries `.` and `..` come first in a directory.
pub(super) const DOTS: u64 = 2;

fn errno(e: &VfsError) -> fuser::Errno {
    fuser::Errno::from_i32(e.errno().number())
}

fn time(t: Time) -> SystemTime {
    t.into()
}

fn kind(k: FileKind) -> FileType {
    match k {
        FileKind::File => FileType::RegularFile,
        FileKind::Dir => FileType::Directory,
        FileKind::Symlink => FileType::Symlink,
        FileKind::CharDevice => FileType::CharDevice,
        FileKind::BlockDevice => FileType::BlockDevice,
        FileKind::Fifo => FileType::NamedPipe,
        FileKind::Socket => FileType::Socket,
    }
}

pub(super) fn wire(a: &Attr) -> FileAttr {
    FileAttr {
        ino: INodeNo(a.ino),
        size: a.size,
        blocks: a.blocks,
        atime: time(a.atime),
        mtime: time(a.mtime),
        ctime: time(a.ctime),
        crtime: time(a.ctime),
        kind: kind(a.kind),
        perm: a.perm as u16,
        nlink: a.nlink,
        uid: a.uid,
        gid: a.gid,
        rdev: a.rdev,
        blksize: 4096,
        flags: 0,
    }
}

pub(super) fn moment(t: TimeOrNow) -> Time {
    match t {
        TimeOrNow::SpecificTime(t) => match Time::from(t) {
            // `fuser` subtracts the nanoseconds of a time before 1970 where it should add them.
            Time { seconds, nanos } if seconds < 0 && nanos > 0 => Time {
                seconds: seconds + 1,
                nanos: 1_000_000_000 - nanos,
            },
            time => time,
        },
        TimeOrNow::Now => Time::now(),
    }
}

pub(super) fn entry(reply: ReplyEntry, e: &Entry) {
    reply.entry_with_ttls(&e.attr_ttl, &e.entry_ttl, &wire(&e.attr), Generation(e.generation));
}

/// Says that there is nothing under a name, and for how long that may be believed.
pub(super) fn nothing(reply: ReplyEntry, ttl: Duration) {
    // Number 0 means just that (FUSE_LOOKUP).
    let none = Attr::new(0, &Stat::file(0), 0, &Owner::NOBODY);
    reply.entry_with_ttls(&ttl, &ttl, &wire(&none), Generation(0));
}

/// Answers a request with an error where it ends in one.
pub(super) trait Refuse {
    fn refuse(self, e: &VfsError);
}

macro_rules! refuse {
    ($($t:ty),*) => { $(impl Refuse for $t {
        fn refuse(self, e: &VfsError) {
            self.error(errno(e));
        }
    })* };
}
refuse!(
    ReplyAttr,
    ReplyCreate,
    ReplyData,
    ReplyDirectory,
    ReplyDirectoryPlus,
    ReplyEmpty,
    ReplyEntry,
    ReplyLseek,
    ReplyOpen,
    ReplyStatfs,
    ReplyWrite,
    ReplyXattr
);

pub(super) fn caller(req: &Request) -> Caller {
    Caller {
        uid: req.uid(),
        gid: req.gid(),
    }
}

pub(super) fn boxed(name: &OsStr) -> Box<[u8]> {
    name.as_bytes().into()
}

pub(super) fn flags_of(opened: &Opened) -> FopenFlags {
    let mut flags = FopenFlags::empty();
    flags.set(FopenFlags::FOPEN_DIRECT_IO, opened.direct);
    flags.set(FopenFlags::FOPEN_KEEP_CACHE, opened.keep && !opened.direct);
    flags.set(FopenFlags::FOPEN_NOFLUSH, opened.silent);
    flags
}

/// An extended attribute's answer: its size when asked with no room, `ERANGE` with too little.
pub(super) fn sized(reply: ReplyXattr, size: u32, value: &[u8]) {
    if size == 0 {
        reply.size(value.len() as u32);
    } else if value.len() > size as usize {
        reply.error(fuser::Errno::ERANGE);
    } else {
        reply.data(value);
    }
}

pub(super) fn fill(core: &Core, reply: &mut ReplyDirectory, listed: &Listed, offset: u64) {
    if offset < 1 && reply.add(INodeNo(listed.dir), 1, FileType::Directory, ".") {
        return;
    }
    if offset < DOTS && reply.add(INodeNo(core.above(listed.dir)), DOTS, FileType::Directory, "..") {
        return;
    }
    for (i, name, stat) in listed.entries() {
        let ino = core.expected(listed, name, stat);
        let at = i as u64 + DOTS + 1;
        if reply.add(INodeNo(ino), at, kind(stat.kind), OsStr::from_bytes(name)) {
            return;
        }
    }
}

pub(super) fn fill_plus(core: &Core, reply: &mut ReplyDirectoryPlus, listed: &Listed, offset: u64) {
    // The two are never entered; only their numbers show.
    let dots = [(1, listed.dir, "."), (DOTS, core.above(listed.dir), "..")];
    for (at, ino, name) in dots {
        let (attr, _) = core.attr(u64::MAX, &Stat::dir(), listed.epoch);
        let attr = FileAttr {
            ino: INodeNo(ino),
            ..wire(&attr)
        };
        if offset < at && reply.add(INodeNo(ino), at, name, &Duration::ZERO, &attr, Generation(0)) {
            return;
        }
    }
    for (i, name, stat) in listed.entries() {
        let entry = core.enter(&core.listed(listed, name, stat), listed.epoch);
        let generation = Generation(entry.generation);
        let ttl = entry.attr_ttl.min(entry.entry_ttl);
        let at = i as u64 + DOTS + 1;
        let (ino, attr) = (entry.attr.ino, wire(&entry.attr));
        if reply.add(INodeNo(ino), at, OsStr::from_bytes(name), &ttl, &attr, generation) {
            // It did not fit: the kernel does not know of it.
            core.inodes.lock().forget(ino, 1);
            return;
        }
    }
}
