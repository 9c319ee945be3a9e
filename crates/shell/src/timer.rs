//! Deadlines: one thread that cancels tokens when their time has come.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use vfs::{Cancel, CancelReason};

#[derive(Default)]
struct State {
    next: u64,
    due: BTreeMap<(Instant, u64), Cancel>,
}

#[derive(Default)]
struct Timer {
    state: Mutex<State>,
    changed: Condvar,
}

fn timer() -> &'static Timer {
    static TIMER: OnceLock<Timer> = OnceLock::new();
    static STARTED: OnceLock<bool> = OnceLock::new();
    let t = TIMER.get_or_init(Timer::default);
    // Without the thread no deadline fires; the spawn can only fail when the system is out of threads, and then the next
    // deadline finds `STARTED` set and the limits are those of the system.
    STARTED.get_or_init(|| {
        std::thread::Builder::new()
            .name("mirage-timer".into())
            // Cancelling goes down the tree of tokens, which is as deep as calls may nest.
            .stack_size(8 << 20)
            .spawn(|| t.run())
            .is_ok()
    });
    t
}

impl Timer {
    fn run(&self) {
        let mut g = self.state.lock();
        loop {
            let now = Instant::now();
            while let Some(entry) = g.due.first_entry() {
                if entry.key().0 > now {
                    break;
                }
                let cancel = entry.remove();
                // Callbacks run without the lock: they may arm further deadlines.
                parking_lot::MutexGuard::unlocked(&mut g, || cancel.cancel(CancelReason::Timeout));
            }
            match g.due.first_key_value() {
                Some(((at, _), _)) => {
                    let at = *at;
                    self.changed.wait_until(&mut g, at);
                }
                None => self.changed.wait(&mut g),
            }
        }
    }
}

/// A deadline that is called off when dropped.
pub struct Deadline((Instant, u64));

impl Deadline {
    /// Cancels `cancel` (as a timeout) in `after`, unless the result is dropped first.
    pub fn arm(after: Duration, cancel: &Cancel) -> Option<Self> {
        let at = Instant::now().checked_add(after)?;
        let t = timer();
        let mut g = t.state.lock();
        g.next += 1;
        let key = (at, g.next);
        let first = g.due.first_key_value().is_none_or(|(k, _)| at < k.0);
        g.due.insert(key, cancel.clone());
        drop(g);
        if first {
            t.changed.notify_one();
        }
        Some(Self(key))
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        timer().state.lock().due.remove(&self.0);
    }
}
