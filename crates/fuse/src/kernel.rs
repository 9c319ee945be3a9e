//! The protocol: `fuser`, which nothing outside this module names. Translates requests into calls of [`Core`] and results into
//! replies.

mod door;
mod serve;
mod wire;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use fuser::{
    AccessFlags, BsdFileFlags, CopyFileRangeFlags, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags,
    KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyLseek, ReplyOpen, ReplyStatfs, ReplyWrite, ReplyXattr, Request,
    TimeOrNow, WriteFlags,
};
use vfs::resource::{RenameMode, XattrMode};
use vfs::{FileKind, SetAttr};

use crate::attr::Entry;
use crate::core::{Core, Listed, Opened};
use crate::inval::Stale;
use door::{Door, What};
use wire::{DOTS, Refuse, boxed, caller, entry, fill, fill_plus, flags_of, moment, nothing, sized, wire};

pub(crate) use serve::{Serving, serve};

/// Bytes per write request; the kernel's own limit is the same by default.
const MAX_WRITE: u32 = 1 << 20;
/// Requests of read-ahead and the like that may be under way.
const MAX_BACKGROUND: u16 = 64;

impl Filesystem for Door {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // Not FUSE_ATOMIC_O_TRUNC: it truncates before the kernel finds out that it must not (ETXTBSY).
        let mut wanted = InitFlags::FUSE_ASYNC_DIO
            | InitFlags::FUSE_CACHE_SYMLINKS
            | InitFlags::FUSE_PARALLEL_DIROPS
            | InitFlags::FUSE_DO_READDIRPLUS
            | InitFlags::FUSE_READDIRPLUS_AUTO
            | InitFlags::FUSE_HANDLE_KILLPRIV_V2
            | InitFlags::FUSE_DIRECT_IO_ALLOW_MMAP;
        wanted |= if self.core.options.writeback {
            InitFlags::FUSE_WRITEBACK_CACHE
        } else {
            InitFlags::FUSE_AUTO_INVAL_DATA
        };
        if let Err(missing) = config.add_capabilities(wanted) {
            // What an older kernel lacks is speed or comfort, nothing that we rely on.
            let _ = config.add_capabilities(wanted & !missing);
        }
        // The nearest possible value is as good.
        let _ = config.set_max_write(MAX_WRITE);
        if let Err(most) = config.set_max_readahead(MAX_WRITE) {
            let _ = config.set_max_readahead(most);
        }
        let _ = config.set_max_background(MAX_BACKGROUND);
        Ok(())
    }

    fn lookup(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name) = (self.core.clone(), boxed(name));
        let op = async move { core.lookup(parent.0, name, path).await };
        let epoch = self.core.epoch();
        let send = move |core: &Arc<Core>, reply, found: Option<_>| match found {
            Some(found) => entry(reply, &core.enter(&found, epoch)),
            None => nothing(reply, core.ttl(true, epoch)),
        };
        self.answer(What::new(req, "lookup", parent.0), instant, reply, op, send);
    }

    fn forget(&self, _: &Request, ino: INodeNo, nlookup: u64) {
        let forgotten = {
            let mut inodes = self.core.inodes.lock();
            inodes.forget(ino.0, nlookup);
            inodes.take_forgotten(false)
        };
        drop(forgotten);
    }

    fn getattr(&self, req: &Request, ino: INodeNo, fh: Option<FileHandle>, reply: ReplyAttr) {
        let (core, fh) = (self.core.clone(), fh.map(|f| f.0));
        let instant = self.core.is_at_hand(ino.0, fh);
        let epoch = self.core.epoch();
        let op = async move { core.get_attr(ino.0, fh).await };
        self.answer(
            What::new(req, "getattr", ino.0),
            instant,
            reply,
            op,
            move |core, reply, stat| {
                let (attr, ttl) = core.attr(ino.0, &stat, epoch);
                reply.attr(&ttl, &wire(&attr));
            },
        );
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let (core, fh) = (self.core.clone(), fh.map(|f| f.0));
        let instant = self.core.is_at_hand(ino.0, fh);
        let attr = SetAttr {
            mode: mode.map(|m| m & 0o7777),
            uid,
            gid,
            atime: atime.map(moment),
            mtime: mtime.map(moment),
        };
        let privileged = req.uid() == 0;
        let epoch = self.core.epoch();
        let op = async move { core.set_attr(ino.0, fh, attr, size, privileged).await };
        self.answer(
            What::new(req, "setattr", ino.0),
            instant,
            reply,
            op,
            move |core, reply, stat| {
                let (attr, ttl) = core.attr(ino.0, &stat, epoch);
                reply.attr(&ttl, &wire(&attr));
            },
        );
    }

    fn readlink(&self, req: &Request, ino: INodeNo, reply: ReplyData) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let core = self.core.clone();
        let op = async move { core.read_link(path).await };
        self.answer(
            What::new(req, "readlink", ino.0),
            instant,
            reply,
            op,
            |_, reply, text: Bytes| {
                reply.data(&text);
            },
        );
    }

    fn mknod(&self, req: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, rdev: u32, reply: ReplyEntry) {
        let kind = match mode & libc::S_IFMT {
            libc::S_IFIFO => FileKind::Fifo,
            libc::S_IFSOCK => FileKind::Socket,
            libc::S_IFCHR => FileKind::CharDevice,
            libc::S_IFBLK => FileKind::BlockDevice,
            libc::S_IFREG | 0 => FileKind::File,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name, who) = (self.core.clone(), boxed(name), caller(req));
        let op = async move { core.mknod(parent.0, name, path, kind, mode, rdev, who).await };
        self.found(What::new(req, "mknod", parent.0), instant, reply, op);
    }

    fn mkdir(&self, req: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, reply: ReplyEntry) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name, who) = (self.core.clone(), boxed(name), caller(req));
        let op = async move { core.mkdir(parent.0, name, path, mode, who).await };
        self.found(What::new(req, "mkdir", parent.0), instant, reply, op);
    }

    fn unlink(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name) = (self.core.clone(), boxed(name));
        let op = async move { core.unlink(parent.0, name, path).await };
        self.done(What::new(req, "unlink", parent.0), instant, reply, op);
    }

    fn rmdir(&self, req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name) = (self.core.clone(), boxed(name));
        let op = async move { core.rmdir(parent.0, name, path).await };
        self.answer(What::new(req, "rmdir", parent.0), instant, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn symlink(&self, req: &Request, parent: INodeNo, name: &OsStr, target: &Path, reply: ReplyEntry) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name, who) = (self.core.clone(), boxed(name), caller(req));
        let text = target.as_os_str().as_bytes().to_vec();
        let op = async move { core.symlink(parent.0, name, path, text, who).await };
        self.found(What::new(req, "symlink", parent.0), instant, reply, op);
    }

    fn rename(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let mode = match flags {
            f if f.is_empty() => RenameMode::Replace,
            RenameFlags::RENAME_NOREPLACE => RenameMode::NoReplace,
            RenameFlags::RENAME_EXCHANGE => RenameMode::Exchange,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let Some((from, from_instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let Some((to, to_instant, reply)) = self.child(newparent, newname, reply) else {
            return;
        };
        let core = self.core.clone();
        let (from, to) = ((parent.0, boxed(name), from), (newparent.0, boxed(newname), to));
        let op = async move { core.rename(from, to, mode).await };
        let instant = from_instant && to_instant;
        self.done(What::new(req, "rename", parent.0), instant, reply, op);
    }

    fn link(&self, req: &Request, ino: INodeNo, newparent: INodeNo, newname: &OsStr, reply: ReplyEntry) {
        let Some((path, instant, reply)) = self.child(newparent, newname, reply) else {
            return;
        };
        let instant = instant && self.core.is_at_hand(ino.0, None);
        let (core, name) = (self.core.clone(), boxed(newname));
        let op = async move { core.link(ino.0, newparent.0, name, path).await };
        self.found(What::new(req, "link", ino.0), instant, reply, op);
    }

    fn open(&self, req: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let (path, instant) = match self
            .core
            .place(ino.0)
            .or_else(|e| self.core.replaced_place(ino.0).ok_or(e))
        {
            Ok(place) => place,
            Err(e) => {
                self.core.contest();
                return reply.refuse(&e);
            }
        };
        let (core, notifier) = (self.core.clone(), self.notifier.clone());
        let op = async move { core.open(ino.0, path, flags.0).await };
        let send = move |_: &Arc<Core>, reply: ReplyOpen, opened: Opened| {
            if opened.stale
                && let Some(notifier) = notifier.get()
            {
                // The attributes that the kernel has are void before it learns that the file is open. Attributes alone need
                // none of the locks that make other notices dangerous here; a failure means that there is nothing to void.
                let _ = notifier.inval_inode(INodeNo(opened.ino), -1, 0);
            }
            reply.opened(FileHandle(opened.fh), flags_of(&opened));
        };
        self.answer_or(
            What::new(req, "open", ino.0),
            instant,
            reply,
            op,
            send,
            |core, opened| {
                core.handles.remove(opened.fh);
            },
        );
    }

    fn read(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.read(fh.0, offset, size as usize).await };
        self.answer(
            What::new(req, "read", ino.0),
            instant,
            reply,
            op,
            |_, reply, data: Bytes| {
                reply.data(&data);
            },
        );
    }

    fn write(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        flags: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let core = self.core.clone();
        let notices = self.notices.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let len = data.len() as u32;
        let data = Bytes::copy_from_slice(data);
        let strip = flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID);
        let op = async move { core.write(fh.0, offset, data, strip).await };
        self.answer(
            What::new(req, "write", ino.0),
            instant,
            reply,
            op,
            move |_, reply, at| {
                if at != offset {
                    // Appended elsewhere than the kernel thought, because another door had made the file longer.
                    let _ = notices.push(Stale::Inode(ino.0));
                }
                reply.written(len);
            },
        );
    }

    fn flush(&self, req: &Request, ino: INodeNo, fh: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.flush(fh.0).await };
        self.answer(What::new(req, "flush", ino.0), instant, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn release(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.release(fh.0).await };
        self.answer(What::new(req, "release", ino.0), instant, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn fsync(&self, req: &Request, ino: INodeNo, fh: FileHandle, datasync: bool, reply: ReplyEmpty) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.sync(fh.0, datasync).await };
        self.answer(What::new(req, "fsync", ino.0), instant, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn opendir(&self, req: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let core = self.core.clone();
        let op = async move { core.open_dir(ino.0, path, instant).await };
        // Opening asks nothing of the backend.
        self.answer(What::new(req, "opendir", ino.0), true, reply, op, |_, reply, fh| {
            reply.opened(FileHandle(fh), FopenFlags::empty());
        });
    }

    fn readdir(&self, req: &Request, ino: INodeNo, fh: FileHandle, offset: u64, reply: ReplyDirectory) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let from = offset.saturating_sub(DOTS);
        let op = async move { core.read_dir(fh.0, from as usize, false).await };
        let send = move |core: &Arc<Core>, mut reply: ReplyDirectory, listed: Listed| {
            fill(core, &mut reply, &listed, offset);
            reply.ok();
        };
        self.answer(What::new(req, "readdir", ino.0), instant, reply, op, send);
    }

    fn readdirplus(&self, req: &Request, ino: INodeNo, fh: FileHandle, offset: u64, reply: ReplyDirectoryPlus) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let from = offset.saturating_sub(DOTS);
        let op = async move { core.read_dir(fh.0, from as usize, true).await };
        let send = move |core: &Arc<Core>, mut reply: ReplyDirectoryPlus, listed: Listed| {
            fill_plus(core, &mut reply, &listed, offset);
            reply.ok();
        };
        self.answer(What::new(req, "readdirplus", ino.0), instant, reply, op, send);
    }

    fn releasedir(&self, req: &Request, ino: INodeNo, fh: FileHandle, _: OpenFlags, reply: ReplyEmpty) {
        let core = self.core.clone();
        let op = async move { core.release(fh.0).await };
        // A directory's handle holds memory only.
        self.answer(What::new(req, "releasedir", ino.0), true, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn statfs(&self, req: &Request, ino: INodeNo, reply: ReplyStatfs) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        const BLOCK: u64 = 4096;
        let core = self.core.clone();
        let op = async move { core.space(path).await };
        self.answer(
            What::new(req, "statfs", ino.0),
            instant,
            reply,
            op,
            |_, reply, space| {
                let (total, free, files, files_free) =
                    space.map_or((0, 0, 0, 0), |s| (s.total, s.free, s.files, s.files_free));
                let free = free / BLOCK;
                reply.statfs(
                    total / BLOCK,
                    free,
                    free,
                    files,
                    files_free,
                    BLOCK as u32,
                    255,
                    BLOCK as u32,
                );
            },
        );
    }

    fn setxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, value: &[u8], flags: i32, _: u32, reply: ReplyEmpty) {
        let mode = match flags {
            libc::XATTR_CREATE => XattrMode::Create,
            libc::XATTR_REPLACE => XattrMode::Replace,
            _ => XattrMode::Any,
        };
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let (core, name, value) = (self.core.clone(), boxed(name), Bytes::copy_from_slice(value));
        let op = async move { core.set_xattr(path, name, value, mode).await };
        self.answer(What::new(req, "setxattr", ino.0), instant, reply, op, |_, reply, ()| {
            reply.ok()
        });
    }

    fn getxattr(&self, req: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let (core, name) = (self.core.clone(), boxed(name));
        let op = async move { core.get_xattr(path, name).await };
        self.answer(
            What::new(req, "getxattr", ino.0),
            instant,
            reply,
            op,
            move |_, reply, value| {
                sized(reply, size, &value);
            },
        );
    }

    fn listxattr(&self, req: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let core = self.core.clone();
        let op = async move { core.list_xattr(path).await };
        self.answer(
            What::new(req, "listxattr", ino.0),
            instant,
            reply,
            op,
            move |_, reply, names| {
                sized(reply, size, &names);
            },
        );
    }

    fn removexattr(&self, req: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let Some((path, instant, reply)) = self.place(ino, reply) else {
            return;
        };
        let (core, name) = (self.core.clone(), boxed(name));
        let op = async move { core.remove_xattr(path, name).await };
        self.done(What::new(req, "removexattr", ino.0), instant, reply, op);
    }

    fn access(&self, _: &Request, _: INodeNo, _: AccessFlags, reply: ReplyEmpty) {
        // The kernel checks permissions by itself (`default_permissions`) and, hearing this, never asks again.
        reply.error(fuser::Errno::ENOSYS);
    }

    fn create(&self, req: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, flags: i32, reply: ReplyCreate) {
        let Some((path, instant, reply)) = self.child(parent, name, reply) else {
            return;
        };
        let (core, name, who) = (self.core.clone(), boxed(name), caller(req));
        let op = async move {
            let epoch = core.epoch();
            let (found, file, path) = core.create(parent.0, name, path, mode, flags, who).await?;
            let entry = core.enter(&found, epoch);
            let opened = core.created(entry.attr.ino, file, path, found.stat.fingerprint);
            Ok((entry, opened))
        };
        let send = |_: &Arc<Core>, reply: ReplyCreate, (entry, opened): (Entry, Opened)| {
            let generation = Generation(entry.generation);
            let flags = flags_of(&opened);
            reply.created(
                &entry.entry_ttl,
                &wire(&entry.attr),
                generation,
                FileHandle(opened.fh),
                flags,
            );
        };
        let undo = |core: &Arc<Core>, (entry, opened): (Entry, Opened)| {
            core.handles.remove(opened.fh);
            core.inodes.lock().forget(entry.attr.ino, 1);
        };
        self.answer_or(What::new(req, "create", parent.0), instant, reply, op, send, undo);
    }

    fn fallocate(
        &self,
        req: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.allocate(fh.0, offset, length, mode).await };
        self.done(What::new(req, "fallocate", ino.0), instant, reply, op);
    }

    fn lseek(&self, req: &Request, ino: INodeNo, fh: FileHandle, offset: i64, whence: i32, reply: ReplyLseek) {
        let hole = match whence {
            libc::SEEK_DATA => false,
            libc::SEEK_HOLE => true,
            _ => return reply.error(fuser::Errno::EINVAL),
        };
        let Ok(offset) = u64::try_from(offset) else {
            return reply.error(fuser::Errno::ENXIO);
        };
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh.0);
        let op = async move { core.seek(fh.0, offset, hole).await };
        self.answer(What::new(req, "lseek", ino.0), instant, reply, op, |_, reply, at| {
            reply.offset(at as i64);
        });
    }

    fn copy_file_range(
        &self,
        req: &Request,
        ino_in: INodeNo,
        fh_in: FileHandle,
        offset_in: u64,
        _: INodeNo,
        fh_out: FileHandle,
        offset_out: u64,
        len: u64,
        _: CopyFileRangeFlags,
        reply: ReplyWrite,
    ) {
        // More than a request can say it copied, or should take the time for, is left for the next.
        let len = len.min(64 << 20);
        let core = self.core.clone();
        let instant = self.core.handles.is_instant(fh_in.0) && self.core.handles.is_instant(fh_out.0);
        let op = async move { core.copy_range((fh_in.0, offset_in), (fh_out.0, offset_out), len).await };
        self.answer(
            What::new(req, "copy_file_range", ino_in.0),
            instant,
            reply,
            op,
            |_, reply, n| {
                reply.written(n as u32);
            },
        );
    }
}
