//! Virtual processes: every subshell that can be named by a number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use vfs::{Cancel, CancelReason};

use super::signal::Signal;

/// First number given out; small numbers belong to systems.
const FIRST: u32 = 1000;
/// Number after which counting starts again (Linux's `pid_max`).
const LAST: u32 = 4_194_303;

/// A virtual process.
pub struct Proc {
    pid: u32,
    parent: u32,
    cancel: Mutex<Cancel>,
    pending: AtomicU64,
    caught: AtomicU64,
    ignored: AtomicU64,
    killed_by: AtomicU8,
    changed: Mutex<()>,
    wake: Condvar,
}

impl Proc {
    /// Its number.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its parent's number.
    pub fn parent(&self) -> u32 {
        self.parent
    }

    /// Binds it to the token that stops it.
    pub fn set_cancel(&self, cancel: &Cancel) {
        *self.cancel.lock() = cancel.clone();
        self.killed_by.store(0, Ordering::Release);
    }

    /// Which signals it has handlers for, and which it ignores.
    pub fn set_masks(&self, caught: u64, ignored: u64) {
        self.caught.store(caught, Ordering::Release);
        self.ignored.store(ignored, Ordering::Release);
    }

    /// Whether it ignores a signal.
    pub fn ignores(&self, signal: Signal) -> bool {
        self.ignored.load(Ordering::Acquire) & signal.bit() != 0
    }

    /// Signals that have arrived and wait for their handlers.
    #[inline]
    pub fn has_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed) != 0
    }

    /// Takes the next signal that has arrived.
    pub fn take_pending(&self) -> Option<Signal> {
        let bits = self.pending.load(Ordering::Acquire);
        if bits == 0 {
            return None;
        }
        let signal = Signal(bits.trailing_zeros() as u8 + 1);
        self.pending.fetch_and(!signal.bit(), Ordering::AcqRel);
        Some(signal)
    }

    /// The signal that ended it.
    pub fn killed_by(&self) -> Option<Signal> {
        match self.killed_by.load(Ordering::Acquire) {
            0 => None,
            n => Some(Signal(n)),
        }
    }

    /// Delivers a signal: to its handler, to nobody when ignored, else it ends the process.
    pub fn deliver(&self, signal: Signal) {
        if signal != Signal::KILL {
            if self.caught.load(Ordering::Acquire) & signal.bit() != 0 {
                self.pending.fetch_or(signal.bit(), Ordering::AcqRel);
                self.notify();
                return;
            }
            if self.ignores(signal) || signal.ignored_by_default() || signal.stops() {
                return;
            }
        }
        self.killed_by.store(signal.0, Ordering::Release);
        let cancel = self.cancel.lock().clone();
        cancel.cancel(CancelReason::Aborted);
        self.notify();
    }

    /// Wakes whoever waits for this process's jobs or signals.
    pub fn notify(&self) {
        let _held = self.changed.lock();
        self.wake.notify_all();
    }

    fn notify_on_cancel(self: &Arc<Self>, cancel: &Cancel) -> vfs::cancel::CancelGuard {
        let weak = Arc::downgrade(self);
        cancel.on_cancel(move || {
            if let Some(p) = weak.upgrade() {
                p.notify();
            }
        })
    }

    /// Waits until `done` says so (true), or until a signal arrives that has a handler (unless `uninterrupted`) or the token
    /// is cancelled (false).
    pub fn wait_until(self: &Arc<Self>, cancel: &Cancel, uninterrupted: bool, mut done: impl FnMut() -> bool) -> bool {
        if done() {
            return true;
        }
        let _guard = self.notify_on_cancel(cancel);
        let mut g = self.changed.lock();
        loop {
            if done() {
                return true;
            }
            if cancel.is_cancelled() || (!uninterrupted && self.has_pending()) {
                return false;
            }
            self.wake.wait(&mut g);
        }
    }

    /// Sleeps until `deadline` (true), or until a signal with a handler arrives or the token is cancelled (false).
    pub fn sleep_until(self: &Arc<Self>, cancel: &Cancel, deadline: Instant) -> bool {
        let _guard = self.notify_on_cancel(cancel);
        let mut g = self.changed.lock();
        loop {
            if Instant::now() >= deadline {
                return true;
            }
            if cancel.is_cancelled() || self.has_pending() {
                return false;
            }
            self.wake.wait_until(&mut g, deadline);
        }
    }
}

/// All virtual processes of an engine.
pub struct Processes {
    next: AtomicU32,
    live: Mutex<HashMap<u32, Weak<Proc>>>,
}

impl Processes {
    /// No processes.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            next: AtomicU32::new(FIRST),
            live: Mutex::default(),
        })
    }

    /// A new process that ends with `cancel`. It is known by its number for as long as somebody holds it.
    pub fn start(&self, parent: u32, cancel: &Cancel) -> Arc<Proc> {
        let pid = self
            .next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                Some(if n >= LAST { FIRST } else { n + 1 })
            })
            .unwrap_or(FIRST);
        let proc = Arc::new(Proc {
            pid,
            parent,
            cancel: Mutex::new(cancel.clone()),
            pending: AtomicU64::new(0),
            caught: AtomicU64::new(0),
            ignored: AtomicU64::new(0),
            killed_by: AtomicU8::new(0),
            changed: Mutex::new(()),
            wake: Condvar::new(),
        });
        let mut live = self.live.lock();
        if live.len() > 256 && live.len() == live.capacity() {
            live.retain(|_, p| p.strong_count() > 0);
        }
        live.insert(pid, Arc::downgrade(&proc));
        proc
    }

    /// The process with this number.
    pub fn get(&self, pid: u32) -> Option<Arc<Proc>> {
        self.live.lock().get(&pid)?.upgrade()
    }
}
