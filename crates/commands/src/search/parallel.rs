//! Searching many files with several threads, the results in the order of the files.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// With fewer files threads do not pay.
const MIN_FILES: usize = 24;
/// Threads for files that are slow to read.
const MAX_THREADS: usize = 32;
/// A file that takes longer than this was waited for.
const SLOW: Duration = Duration::from_millis(2);
/// Results that may wait for an earlier one.
const AHEAD: usize = 512;

struct Shared<R> {
    results: Mutex<BTreeMap<usize, R>>,
    changed: Condvar,
    next: AtomicUsize,
    wanted: AtomicUsize,
    stop: AtomicBool,
}

/// Calls `work` for every job, on several threads when that pays, and `done` with the results in order on this thread. A
/// `false` from `done` ends it all.
pub(super) fn in_order<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> R + Sync,
    mut done: impl FnMut(&J, R) -> bool,
) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if jobs.len() < MIN_FILES {
        for job in jobs {
            if !done(job, work(job)) {
                return;
            }
        }
        return;
    }
    let shared = Shared {
        results: Mutex::new(BTreeMap::new()),
        changed: Condvar::new(),
        next: AtomicUsize::new(0),
        wanted: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
    };
    let worker = || {
        loop {
            let index = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return };
            while index > shared.wanted.load(Ordering::Acquire) + AHEAD {
                if shared.stop.load(Ordering::Acquire) {
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(1));
            }
            if shared.stop.load(Ordering::Acquire) {
                return;
            }
            let result = work(job);
            if let Ok(mut results) = shared.results.lock() {
                results.insert(index, result);
                if index == shared.wanted.load(Ordering::Acquire) {
                    shared.changed.notify_one();
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let mut threads = 0;
        let spawn = |n: usize| {
            for _ in 0..n {
                scope.spawn(worker);
            }
        };
        // On few cores this thread does the work of one: it would only wait.
        let first = cores.clamp(1, 8);
        spawn(first);
        threads += first;
        let mut waited_since = Instant::now();
        for (index, job) in jobs.iter().enumerate() {
            shared.wanted.store(index, Ordering::Release);
            let result = {
                let Ok(mut results) = shared.results.lock() else { return };
                loop {
                    if let Some(result) = results.remove(&index) {
                        break result;
                    }
                    let Ok((guard, timeout)) = shared.changed.wait_timeout(results, SLOW) else {
                        return;
                    };
                    results = guard;
                    // The files are far away: more of them have to be on their way at once.
                    if timeout.timed_out() && threads < MAX_THREADS && waited_since.elapsed() > SLOW {
                        let more = threads.min(MAX_THREADS - threads);
                        spawn(more);
                        threads += more;
                        waited_since = Instant::now();
                    }
                }
            };
            if !done(job, result) {
                shared.stop.store(true, Ordering::Release);
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_can_be_refused() {
        let jobs: Vec<usize> = (0..500).collect();
        let mut seen = Vec::new();
        in_order(
            &jobs,
            |j| j * 2,
            |_, r| {
                seen.push(r);
                seen.len() < 400
            },
        );
        assert_eq!(seen, (0..400).map(|j| j * 2).collect::<Vec<_>>());
    }
}
