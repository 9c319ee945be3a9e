//! Cancellation: one token per call, with children for its parts. Every wait in the core also waits on a token.

use std::future::Future;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

use parking_lot::Mutex;

use crate::error::{Errno, Result, VfsError};

/// Why a call is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CancelReason {
    /// The caller's AbortSignal, `kill`, or an early end.
    Aborted = 1,
    /// A wall-clock limit.
    Timeout = 2,
    /// The workspace is being closed.
    Closed = 3,
    /// A resource limit (CPU fuel, memory, output).
    Limit = 4,
}

type Callback = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Waiters {
    next: u64,
    wakers: Vec<(u64, Waker)>,
    callbacks: Vec<(u64, Callback)>,
    children: Vec<Weak<Inner>>,
}

#[derive(Default)]
struct Inner {
    state: AtomicU8,
    waiters: Mutex<Waiters>,
}

/// A cancellation token. Clones share the state; [`Cancel::child`] makes one that is cancelled with its parent.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Inner>);

/// Removes a callback registered by [`Cancel::on_cancel`] when dropped.
pub struct CancelGuard(Weak<Inner>, u64);

impl Cancel {
    /// A token that nobody has cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    pub fn child(&self) -> Self {
        let child = Self::new();
        let mut w = self.0.waiters.lock();
        match self.reason() {
            Some(reason) => {
                drop(w);
                child.cancel(reason);
            }
            None => {
                w.children.retain(|c| c.strong_count() > 0);
                w.children.push(Arc::downgrade(&child.0));
            }
        }
        child
    }

    /// Cancels this token and its children. The first reason stays.
    pub fn cancel(&self, reason: CancelReason) {
        if self
            .0
            .state
            .compare_exchange(0, reason as u8, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            return;
        }
        let w = std::mem::take(&mut *self.0.waiters.lock());
        for (_, waker) in w.wakers {
            waker.wake();
        }
        for (_, callback) in w.callbacks {
            callback();
        }
        for child in w.children {
            if let Some(inner) = child.upgrade() {
                Cancel(inner).cancel(reason);
            }
        }
    }

    /// Whether it is cancelled: one atomic load, fit for inner loops.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.0.state.load(Ordering::Relaxed) != 0
    }

    /// Why it is cancelled.
    pub fn reason(&self) -> Option<CancelReason> {
        match self.0.state.load(Ordering::Acquire) {
            1 => Some(CancelReason::Aborted),
            2 => Some(CancelReason::Timeout),
            3 => Some(CancelReason::Closed),
            4 => Some(CancelReason::Limit),
            _ => None,
        }
    }

    /// `ECANCELED` once it is cancelled.
    #[inline]
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            Err(VfsError::new(Errno::ECANCELED))
        } else {
            Ok(())
        }
    }

    /// Runs `callback` when (or, if that was before, at once because) the token is cancelled, until the guard is dropped.
    /// The callback must be short and must not block.
    #[must_use]
    pub fn on_cancel(&self, callback: impl FnOnce() + Send + 'static) -> CancelGuard {
        let mut w = self.0.waiters.lock();
        if self.is_cancelled() {
            drop(w);
            callback();
            return CancelGuard(Weak::new(), 0);
        }
        w.next += 1;
        let id = w.next;
        w.callbacks.push((id, Box::new(callback)));
        CancelGuard(Arc::downgrade(&self.0), id)
    }

    /// Resolves when the token is cancelled.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        let inner = self.0.clone();
        let mut slot: Option<WakerSlot> = None;
        std::future::poll_fn(move |cx| {
            let mut w = inner.waiters.lock();
            if inner.state.load(Ordering::Acquire) != 0 {
                return Poll::Ready(());
            }
            match &slot {
                Some(s) => {
                    if let Some((_, waker)) = w.wakers.iter_mut().find(|(id, _)| *id == s.1) {
                        waker.clone_from(cx.waker());
                    }
                }
                None => {
                    w.next += 1;
                    let id = w.next;
                    w.wakers.push((id, cx.waker().clone()));
                    slot = Some(WakerSlot(inner.clone(), id));
                }
            }
            Poll::Pending
        })
    }
}

struct WakerSlot(Arc<Inner>, u64);

impl Drop for WakerSlot {
    fn drop(&mut self) {
        self.0.waiters.lock().wakers.retain(|(id, _)| *id != self.1);
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.waiters.lock().callbacks.retain(|(id, _)| *id != self.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_follow_their_parent_and_not_the_other_way_round() {
        let parent = Cancel::new();
        let (a, b) = (parent.child(), parent.child());
        a.cancel(CancelReason::Aborted);
        assert!(!parent.is_cancelled() && !b.is_cancelled());
        parent.cancel(CancelReason::Timeout);
        assert_eq!(
            (a.reason(), b.reason()),
            (Some(CancelReason::Aborted), Some(CancelReason::Timeout))
        );
        assert!(parent.child().is_cancelled());
    }

    #[test]
    fn a_callback_runs_once_and_not_after_its_guard_is_gone() {
        let token = Cancel::new();
        let hits = Arc::new(AtomicU8::new(0));
        let (h1, h2) = (hits.clone(), hits.clone());
        let _kept = token.on_cancel(move || {
            h1.fetch_add(1, Ordering::SeqCst);
        });
        drop(token.on_cancel(move || {
            h2.fetch_add(10, Ordering::SeqCst);
        }));
        token.cancel(CancelReason::Aborted);
        token.cancel(CancelReason::Aborted);
        assert_eq!(hits.load(Ordering::SeqCst), 1);
    }
}
