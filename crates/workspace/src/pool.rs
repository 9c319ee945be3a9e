//! Threads that lanes run on: made on demand, kept for a while, because starting one costs more than an `echo`.

use std::sync::LazyLock;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

type Job = Box<dyn FnOnce() + Send>;

/// Stack of a thread; the interpreter grows it by segments when it needs more.
const STACK: usize = 4 << 20;
/// How long an idle thread waits for work.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    idle: usize,
}

static POOL: LazyLock<(Mutex<State>, Condvar)> = LazyLock::new(Default::default);

/// Runs `job` on a thread that may block, at once.
pub fn spawn(job: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let (state, wake) = &*POOL;
    let mut s = state.lock();
    s.jobs.push(Box::new(job));
    if s.idle >= s.jobs.len() {
        wake.notify_one();
        return Ok(());
    }
    drop(s);
    std::thread::Builder::new()
        .name("mirage-shell".into())
        .stack_size(STACK)
        .spawn(work)
        .map(drop)
}

fn work() {
    let (state, wake) = &*POOL;
    let mut s = state.lock();
    loop {
        if let Some(job) = s.jobs.pop() {
            drop(s);
            // A job reports its own failures; a panic that gets here must not take the thread's bookkeeping with it.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
            s = state.lock();
            continue;
        }
        s.idle += 1;
        let timed_out = wake.wait_for(&mut s, IDLE).timed_out();
        s.idle -= 1;
        if timed_out && s.jobs.is_empty() {
            return;
        }
    }
}
