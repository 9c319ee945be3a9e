//! Threads for pipeline stages and background jobs: kept for a while after use, so that a stage costs a wake-up, not a
//! thread creation.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Stack of each thread. Deep recursion moves to further segments (`stacker`).
const STACK: usize = 2 << 20;
/// How long an idle thread waits for work.
const IDLE: Duration = Duration::from_secs(10);
/// Threads at most; a fork beyond fails as it would for want of processes.
const MOST: usize = 1500;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Worker {
    job: Mutex<Option<Job>>,
    wake: Condvar,
}

struct Pool {
    idle: Vec<Arc<Worker>>,
    alive: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    idle: Vec::new(),
    alive: 0,
});

/// Runs `job` on a pooled thread; fails when there are too many.
pub fn spawn(job: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let job: Job = Box::new(job);
    let mut pool = POOL.lock();
    if let Some(worker) = pool.idle.pop() {
        drop(pool);
        *worker.job.lock() = Some(job);
        worker.wake.notify_one();
        return Ok(());
    }
    if pool.alive >= MOST {
        return Err(io::Error::from(io::ErrorKind::WouldBlock));
    }
    pool.alive += 1;
    drop(pool);
    let started = std::thread::Builder::new()
        .name("mirage-sh".into())
        .stack_size(STACK)
        .spawn(move || work(job));
    match started {
        Ok(_) => Ok(()),
        Err(e) => {
            POOL.lock().alive -= 1;
            Err(e)
        }
    }
}

fn work(first: Job) {
    let me = Arc::new(Worker::default());
    let mut job = Some(first);
    loop {
        if let Some(job) = job.take() {
            // A panic must not take the thread's accounting with it; the job's own guard has reported it.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
        }
        POOL.lock().idle.push(me.clone());
        let mut slot = me.job.lock();
        while slot.is_none() {
            let timed_out = me.wake.wait_for(&mut slot, IDLE).timed_out();
            if timed_out && slot.is_none() {
                drop(slot);
                let mut pool = POOL.lock();
                if let Some(at) = pool.idle.iter().position(|w| Arc::ptr_eq(w, &me)) {
                    pool.idle.remove(at);
                    pool.alive -= 1;
                    return;
                }
                // Somebody has just taken this worker: the job is on its way.
                drop(pool);
                slot = me.job.lock();
            }
        }
        job = slot.take();
    }
}
