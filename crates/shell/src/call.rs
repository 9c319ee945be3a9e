//! What one call (one `Session::run`) shares among all the subshells and threads that it starts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Condvar, Mutex};
use vfs::{Cancel, CancelReason};

use crate::command::Limits;
use crate::cpu::{Account, AtWork, Watched};
use crate::guard::LineGuard;
use crate::io::OpenFile;

struct Inner {
    cancel: Cancel,
    limits: Arc<Limits>,
    fuel: AtomicU64,
    told: AtomicBool,
    /// The call's standard output, and how many lines a guarded command may print on it.
    guarded: Option<(Arc<dyn OpenFile>, usize)>,
    account: OnceLock<Arc<Account>>,
    background: Mutex<usize>,
    idle: Condvar,
    /// Process substitutions that the call waits for before it ends.
    ending: Mutex<usize>,
    all_ended: Condvar,
}

/// A process substitution. The call waits for it once nothing but the substitution itself is left to end it.
pub(crate) struct Substitution {
    call: CallState,
    /// Ended; waited for.
    state: Mutex<(bool, bool)>,
}

impl Substitution {
    /// Has the call wait for it, unless it has ended.
    pub fn wait_later(&self) {
        let mut state = self.state.lock();
        if !state.0 && !state.1 {
            state.1 = true;
            *self.call.0.ending.lock() += 1;
        }
    }

    /// It has ended.
    pub fn ended(&self) {
        let mut state = self.state.lock();
        state.0 = true;
        if state.1 {
            *self.call.0.ending.lock() -= 1;
            self.call.0.all_ended.notify_all();
        }
    }
}

/// The token, the limits and the counters of one call.
#[derive(Clone)]
pub struct CallState(Arc<Inner>);

/// Counts a background job of the call until it is dropped.
pub struct Background(CallState);

impl CallState {
    /// The state of a new call.
    pub fn new(cancel: &Cancel, limits: Arc<Limits>) -> Self {
        Self(Arc::new(Inner {
            cancel: cancel.child(),
            fuel: AtomicU64::new(limits.fuel.unwrap_or(u64::MAX)),
            limits,
            told: AtomicBool::new(false),
            guarded: None,
            account: OnceLock::new(),
            background: Mutex::new(0),
            idle: Condvar::new(),
            ending: Mutex::new(0),
            all_ended: Condvar::new(),
        }))
    }

    /// The state of a new call whose standard output is guarded.
    pub fn guarded(cancel: &Cancel, limits: Arc<Limits>, stdout: Arc<dyn OpenFile>, lines: usize) -> Self {
        let mut state = Self::new(cancel, limits);
        if let Some(inner) = Arc::get_mut(&mut state.0) {
            inner.guarded = Some((stdout, lines));
        }
        state
    }

    /// A guard for a command that writes to `out`, if that is the call's own standard output.
    pub(crate) fn guard(&self, out: &Arc<dyn OpenFile>) -> Option<(Arc<LineGuard>, usize)> {
        let (stdout, lines) = self.0.guarded.as_ref()?;
        Arc::ptr_eq(stdout, out).then(|| (LineGuard::new(out.clone(), *lines), *lines))
    }

    /// The token that stops everything the call started.
    pub fn cancel(&self) -> &Cancel {
        &self.0.cancel
    }

    /// The limits.
    pub fn limits(&self) -> &Arc<Limits> {
        &self.0.limits
    }

    /// Uses up one step; false when none are left.
    #[inline]
    pub fn burn(&self) -> bool {
        self.0.limits.fuel.is_none()
            || self
                .0
                .fuel
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |f| f.checked_sub(1))
                .is_ok()
    }

    /// Stops the call because a limit was hit; true for the first one to notice, who says so.
    pub fn hit_limit(&self) -> bool {
        self.0.cancel.cancel(CancelReason::Limit);
        !self.0.told.swap(true, Ordering::Relaxed)
    }

    /// Limits the call's processor time for as long as the result lives.
    pub(crate) fn limit_cpu(&self) -> Option<Watched> {
        let budget = self.0.limits.cpu?;
        let cancel = self.0.cancel.clone();
        let account = self
            .0
            .account
            .get_or_init(|| Account::new(budget, move || cancel.cancel(CancelReason::Limit)));
        Some(account.watch())
    }

    /// Counts the present thread as one of the call's.
    pub(crate) fn enter(&self) -> Option<AtWork> {
        Some(self.0.account.get()?.enter())
    }

    /// Whether the call was stopped because its processor time was used up and nobody has said so; true once.
    pub(crate) fn ran_out_of_cpu(&self) -> bool {
        self.0.account.get().is_some_and(|a| a.fired()) && !self.0.told.swap(true, Ordering::Relaxed)
    }

    /// Counts a background job.
    pub fn background(&self) -> Background {
        *self.0.background.lock() += 1;
        Background(self.clone())
    }

    /// A process substitution of the call.
    pub(crate) fn substitution(&self) -> Arc<Substitution> {
        Arc::new(Substitution {
            call: self.clone(),
            state: Mutex::default(),
        })
    }

    /// Waits for the process substitutions whose input has ended, so that what they print is part of the call's output.
    pub(crate) fn wait_for_substitutions(&self) {
        let mut g = self.0.ending.lock();
        while *g > 0 {
            self.0.all_ended.wait(&mut g);
        }
    }

    /// Waits until no background job of the call runs any more. Jobs end by themselves or with the token.
    pub fn wait_for_background(&self) {
        let mut g = self.0.background.lock();
        while *g > 0 {
            self.0.idle.wait(&mut g);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let mut g = self.0.0.background.lock();
        *g -= 1;
        if *g == 0 {
            self.0.0.idle.notify_all();
        }
    }
}
