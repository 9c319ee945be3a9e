//! [`Door`]: how a request is run, and where.

use std::ffi::OsStr;
use std::future::Future;
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use fuser::{INodeNo, Notifier, ReplyEmpty, ReplyEntry, Request};
use vfs::origin::{Origin, within};
use vfs::{Errno, Result};

use super::wire::{Refuse, entry};
use crate::bridge::{Bridge, guard};
use crate::core::{Core, Found};
use crate::inval::Stale;
use crate::queue::Queue;

/// One mount as the protocol sees it.
pub(super) struct Door {
    pub(super) core: Arc<Core>,
    pub(super) bridge: Arc<Bridge>,
    pub(super) notices: Arc<Queue<Stale>>,
    pub(super) notifier: Arc<OnceLock<Notifier>>,
    pub(super) origin: Origin,
    /// Closes when the loops have ended.
    pub(super) _ended: SyncSender<()>,
}

/// What a request is called and what it is about, for the record of failures, and the thread that made it.
pub(super) struct What {
    name: &'static str,
    ino: u64,
    caller: u32,
}

impl What {
    pub(super) fn new(req: &Request, name: &'static str, ino: u64) -> Self {
        Self {
            name,
            ino,
            caller: req.pid(),
        }
    }
}

impl Door {
    /// Runs `op`: here and now when everything it needs is in memory, on the bridge otherwise. `send` tells the kernel.
    pub(super) fn answer<T: Send + 'static, R: Refuse + Send + 'static>(
        &self,
        what: What,
        instant: bool,
        reply: R,
        op: impl Future<Output = Result<T>> + Send + 'static,
        send: impl FnOnce(&Arc<Core>, R, T) + Send + 'static,
    ) {
        self.answer_or(what, instant, reply, op, send, |_, _| {});
    }

    /// As [`Door::answer`]; `late` undoes what came after the kernel had been told that it took too long.
    pub(super) fn answer_or<T: Send + 'static, R: Refuse + Send + 'static>(
        &self,
        what: What,
        instant: bool,
        reply: R,
        op: impl Future<Output = Result<T>> + Send + 'static,
        send: impl FnOnce(&Arc<Core>, R, T) + Send + 'static,
        late: impl FnOnce(&Arc<Core>, T) + Send + 'static,
    ) {
        let mut op = Box::pin(op);
        if instant {
            let mut cx = Context::from_waker(Waker::noop());
            let polled = guard(|| within(self.origin, || op.as_mut().poll(&mut cx)));
            match polled {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(done)) => return finish(&self.core, what, reply, done, send),
                Err(panic) => return finish(&self.core, what, reply, Err(panic), send),
            }
        }
        let (core, undo) = (self.core.clone(), self.core.clone());
        self.bridge.submit(
            self.core.options.op_deadline,
            what.caller,
            op,
            move |done| finish(&core, what, reply, done, send),
            move |value| late(&undo, value),
        );
    }

    /// As [`Door::answer`], for what answers with nothing.
    pub(super) fn done(
        &self,
        what: What,
        instant: bool,
        reply: ReplyEmpty,
        op: impl Future<Output = Result<()>> + Send + 'static,
    ) {
        self.answer(what, instant, reply, op, |_, reply, ()| reply.ok());
    }

    /// As [`Door::answer`], for what answers with an entry.
    pub(super) fn found(
        &self,
        what: What,
        instant: bool,
        reply: ReplyEntry,
        op: impl Future<Output = Result<Found>> + Send + 'static,
    ) {
        let epoch = self.core.epoch();
        self.answer(what, instant, reply, op, move |core, reply, found| {
            entry(reply, &core.enter(&found, epoch));
        });
    }

    /// The path of an inode; the request is refused when there is none.
    pub(super) fn place<R: Refuse>(&self, ino: INodeNo, reply: R) -> Option<(vfs::VPath, bool, R)> {
        match self.core.place(ino.0) {
            Ok((path, instant)) => Some((path, instant, reply)),
            Err(e) => {
                reply.refuse(&e);
                None
            }
        }
    }

    /// The path of a name; the request is refused when there is none.
    pub(super) fn child<R: Refuse>(&self, parent: INodeNo, name: &OsStr, reply: R) -> Option<(vfs::VPath, bool, R)> {
        match self.core.child(parent.0, name.as_bytes()) {
            Ok((path, instant)) => Some((path, instant, reply)),
            Err(e) => {
                // A directory that lost its name was removed: nothing can be in it.
                let e = if e.errno() == Errno::ESTALE {
                    Errno::ENOENT.into()
                } else {
                    e
                };
                reply.refuse(&e);
                None
            }
        }
    }
}

fn finish<T, R: Refuse>(core: &Arc<Core>, what: What, reply: R, done: Result<T>, send: impl FnOnce(&Arc<Core>, R, T)) {
    match done {
        Ok(value) => send(core, reply, value),
        Err(e) => {
            core.record(what.name, what.ino, &e);
            reply.refuse(&e);
        }
    }
}
