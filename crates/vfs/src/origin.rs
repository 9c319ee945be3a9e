//! Where a call comes from: a door marks the threads that work for it, so that what happens below can tell its changes from
//! those of others and knows what the thread may touch.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// What a door says about the work that it is having done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// The door's number, from [`new_door`]; 0 for everybody else.
    pub door: u64,
    /// How long a resource that is served by a JavaScript thread may wait for that thread to take the call up. `None`: as long
    /// as it takes. A caller in the kernel may be what the thread is waiting for, and then it never comes.
    pub pickup: Option<Duration>,
    /// The thread has a descriptor table of its own: no descriptor of the process means here what it means elsewhere, so
    /// nothing that wakes an event loop or touches a file may run on it.
    pub apart: bool,
    /// The system's number of the thread that waits for the answer; 0 when unknown. A resource that this very thread serves
    /// can never answer it.
    pub caller: u32,
}

thread_local!(static CURRENT: Cell<Origin> = const { Cell::new(Origin { door: 0, pickup: None, apart: false, caller: 0 }) });

/// A number that no other door of the process has.
pub fn new_door() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Where the present call comes from.
#[inline]
pub fn current() -> Origin {
    CURRENT.with(Cell::get)
}

/// The system's number of the calling thread, where the kernel tells doors who asks by such numbers (Linux); 0 elsewhere.
pub fn this_thread() -> u32 {
    // `PID/task/TID`, as this process sees itself.
    let link = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    link.file_name().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(0)
}

/// `future`, always polled on behalf of the present origin: for work that goes on elsewhere.
pub fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let origin = current();
    let mut future = Box::pin(future);
    std::future::poll_fn(move |cx| within(origin, || future.as_mut().poll(cx)))
}

/// Runs `f` on behalf of `origin`.
#[inline]
pub fn within<T>(origin: Origin, f: impl FnOnce() -> T) -> T {
    struct Reset(Origin);
    impl Drop for Reset {
        fn drop(&mut self) {
            CURRENT.with(|c| c.set(self.0));
        }
    }
    let _reset = Reset(CURRENT.with(|c| c.replace(origin)));
    f()
}

type Task = Box<dyn FnOnce() + Send>;
static ELSEWHERE: OnceLock<Option<Sender<Task>>> = OnceLock::new();

/// Starts the thread that does for threads apart what they may not. Must be called from a thread that is not apart, before
/// the first one is; a failure shows when it is needed.
pub fn prepare() {
    ELSEWHERE.get_or_init(|| {
        let (tx, rx) = channel::<Task>();
        let thread = std::thread::Builder::new().name("mirage-elsewhere".into());
        let started = thread.spawn(move || {
            while let Ok(task) = rx.recv() {
                task();
            }
        });
        started.is_ok().then_some(tx)
    });
}

/// Runs `task` here, or on the thread of [`prepare`] when this one is apart.
pub(crate) fn elsewhere(task: impl FnOnce() + Send + 'static) {
    let origin = current();
    if !origin.apart {
        return task();
    }
    if let Some(Some(tx)) = ELSEWHERE.get() {
        let origin = Origin { apart: false, ..origin };
        // The receiver lives as long as the process.
        let _ = tx.send(Box::new(move || within(origin, task)));
    }
}
