//! Processor time of calls: what their threads have used, summed up by a sampler that stops a call that has used too much.
//!
//! A call that waits (for a backend, a timer, its standard input) uses none, so the limit tells a script that is stuck in a
//! loop from one that is slow for good reasons. The kernel's account of other threads is read from `/proc`; where there is
//! none, only threads that have ended count.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// How often calls are looked at.
const PERIOD: Duration = Duration::from_millis(250);

/// What one call has used and may use.
pub(crate) struct Account {
    budget: Duration,
    spent: AtomicU64,
    threads: Mutex<Vec<Thread>>,
    exceeded: Box<dyn Fn() + Send + Sync>,
    fired: AtomicBool,
}

/// A thread at work for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Thread {
    id: i32,
    /// Nanoseconds it had used when it began.
    start: u64,
}

/// The present thread works for a call until this is dropped.
pub(crate) struct AtWork {
    account: Arc<Account>,
    thread: Thread,
}

/// The sampler looks at a call until this is dropped.
pub(crate) struct Watched(Arc<Account>);

impl Account {
    /// An account that calls `exceeded`, once, when more than `budget` has been used.
    pub fn new(budget: Duration, exceeded: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            budget,
            spent: AtomicU64::new(0),
            threads: Mutex::default(),
            exceeded: Box::new(exceeded),
            fired: AtomicBool::new(false),
        })
    }

    /// Counts the present thread in.
    pub fn enter(self: &Arc<Self>) -> AtWork {
        let thread = Thread {
            id: rustix::thread::gettid().as_raw_nonzero().get(),
            start: own_time(),
        };
        self.threads.lock().push(thread);
        AtWork {
            account: self.clone(),
            thread,
        }
    }

    /// Has the sampler look at it.
    pub fn watch(self: &Arc<Self>) -> Watched {
        let s = sampler();
        let mut calls = s.calls.lock();
        calls.push(self.clone());
        if calls.len() == 1 {
            s.changed.notify_one();
        }
        Watched(self.clone())
    }

    /// Whether it has been exceeded.
    pub fn fired(&self) -> bool {
        self.fired.load(Ordering::Relaxed)
    }

    fn used(&self) -> u64 {
        let running: u64 = self
            .threads
            .lock()
            .iter()
            .filter_map(|t| Some(time_of(t.id)?.saturating_sub(t.start)))
            .sum();
        self.spent.load(Ordering::Relaxed) + running
    }

    fn check(&self) {
        let budget = u64::try_from(self.budget.as_nanos()).unwrap_or(u64::MAX);
        if self.used() > budget && !self.fired.swap(true, Ordering::Relaxed) {
            (self.exceeded)();
        }
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let used = own_time().saturating_sub(self.thread.start);
        let mut threads = self.account.threads.lock();
        if let Some(at) = threads.iter().position(|t| *t == self.thread) {
            threads.swap_remove(at);
        }
        self.account.spent.fetch_add(used, Ordering::Relaxed);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut calls = sampler().calls.lock();
        if let Some(at) = calls.iter().position(|c| Arc::ptr_eq(c, &self.0)) {
            calls.swap_remove(at);
        }
    }
}

/// Nanoseconds that the present thread has used.
fn own_time() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    (t.tv_sec as u64)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(t.tv_nsec as u64)
}

/// Nanoseconds that another thread of this process has used.
fn time_of(id: i32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/self/task/{id}/schedstat")).ok()?;
    text.split(' ').next()?.parse().ok()
}

#[derive(Default)]
struct Sampler {
    calls: Mutex<Vec<Arc<Account>>>,
    changed: Condvar,
}

fn sampler() -> &'static Sampler {
    static SAMPLER: std::sync::OnceLock<&'static Sampler> = std::sync::OnceLock::new();
    SAMPLER.get_or_init(|| {
        let s: &'static Sampler = Box::leak(Box::default());
        // Without the thread nothing is ever found to be exceeded; spawning fails only when the system is out of threads.
        let _ = std::thread::Builder::new()
            .name("mirage-cpu".into())
            // Cancelling goes down the tree of tokens, which is as deep as calls may nest.
            .stack_size(8 << 20)
            .spawn(|| s.run());
        s
    })
}

impl Sampler {
    fn run(&self) {
        loop {
            let mut calls = self.calls.lock();
            while calls.is_empty() {
                self.changed.wait(&mut calls);
            }
            drop(calls);
            std::thread::sleep(PERIOD);
            let calls = self.calls.lock().clone();
            for call in calls {
                call.check();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_while_it_goes_on_and_after_it() {
        let account = Account::new(Duration::from_secs(3600), || {});
        let at_work = account.enter();
        let mut n = 0u64;
        while own_time() < at_work.thread.start + 20_000_000 {
            n = std::hint::black_box(n.wrapping_mul(31).wrapping_add(7));
        }
        let during = account.used();
        drop(at_work);
        assert!(account.used() >= 20_000_000);
        // The kernel's books run behind a little, and exist on Linux only.
        assert!(during > 0 || !std::path::Path::new("/proc/self/task").exists());
    }
}
