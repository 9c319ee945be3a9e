//! From the loop threads, which must not wait, to the threads that may, and back.
//!
//! What crosses is plain memory: a future one way, a number and its result the other. The reply to the kernel itself, which
//! holds a descriptor of the loops' table, never leaves it.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use vfs::origin::{Origin, within};
use vfs::{Errno, Result, VfsError, runtime};

use crate::queue::{Popped, Queue};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;
type Answer = Box<dyn Any + Send>;
type Deliver = Box<dyn FnOnce(Option<Answer>) + Send>;

/// Threads that run what may block, at first and at most.
const WORKERS: usize = 2;
const MOST_WORKERS: usize = 16;
/// How often deadlines are looked at while something waits, and while nothing does: the first request of all does not wake the
/// replier, that would cost every one that is answered at once.
const TICK: Duration = Duration::from_millis(200);
const IDLE_TICK: Duration = Duration::from_millis(500);

/// See the module.
pub(crate) struct Bridge {
    jobs: Queue<Job>,
    answers: Queue<(u64, Answer)>,
    waiting: Mutex<Waiting>,
    workers: AtomicUsize,
    runtime: Handle,
    origin: Origin,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    requests: HashMap<u64, (Instant, Deliver), RandomState>,
}

impl Bridge {
    /// A bridge whose work is marked as `origin`'s, with its threads.
    pub(crate) fn start(origin: Origin) -> Result<Arc<Self>> {
        let bridge = Arc::new(Self {
            jobs: Queue::default(),
            answers: Queue::default(),
            waiting: Mutex::default(),
            workers: AtomicUsize::new(0),
            runtime: runtime::handle()?,
            origin,
        });
        for _ in 0..WORKERS {
            bridge.add_worker()?;
        }
        Ok(bridge)
    }

    fn add_worker(self: &Arc<Self>) -> Result<()> {
        let me = self.clone();
        self.workers.fetch_add(1, Ordering::Relaxed);
        let thread = std::thread::Builder::new().name("mirage-fuse-work".into());
        match thread.spawn(move || me.work()) {
            Ok(_) => Ok(()),
            Err(e) => {
                self.workers.fetch_sub(1, Ordering::Relaxed);
                Err(e.into())
            }
        }
    }

    fn work(self: Arc<Self>) {
        let _inside = self.runtime.enter();
        runtime::allow_blocking(|| {
            while let Popped::Item(mut job) = self.jobs.pop(None) {
                // Somebody must be there for the next one while this one takes its time.
                if self.jobs.is_behind() && self.workers.load(Ordering::Relaxed) < MOST_WORKERS {
                    // Without another thread it only takes longer.
                    let _ = self.add_worker();
                }
                let mut cx = Context::from_waker(Waker::noop());
                if job.as_mut().poll(&mut cx).is_pending() {
                    self.runtime.spawn(job);
                }
            }
        });
        self.workers.fetch_sub(1, Ordering::Relaxed);
    }

    /// Runs `op` where it may wait, on behalf of the thread `caller`. `deliver` gets the result on the replier's thread, or `ETIMEDOUT` after `deadline`; a result
    /// that comes later than that goes to `late`.
    pub(crate) fn submit<T: Send + 'static>(
        self: &Arc<Self>,
        deadline: Duration,
        caller: u32,
        op: impl Future<Output = Result<T>> + Send + 'static,
        deliver: impl FnOnce(Result<T>) + Send + 'static,
        late: impl FnOnce(T) + Send + 'static,
    ) {
        let deliver: Deliver = Box::new(move |answer| {
            let result = match answer.map(|a| a.downcast::<Result<T>>()) {
                Some(Ok(result)) => *result,
                Some(Err(_)) => Err(Errno::EIO.into()),
                None => Err(VfsError::new(Errno::ETIMEDOUT).detail("the backend did not answer in time")),
            };
            deliver(result);
        });
        let id = {
            let mut waiting = self.waiting.lock();
            waiting.next += 1;
            let id = waiting.next;
            waiting.requests.insert(id, (Instant::now() + deadline, deliver));
            id
        };
        let me = self.clone();
        let job = Marked {
            origin: Origin { caller, ..self.origin },
            inner: Box::pin(async move {
                let result = Guarded(Box::pin(op)).await;
                if !me.waiting.lock().requests.contains_key(&id) {
                    if let Ok(value) = result {
                        late(value);
                    }
                    return;
                }
                // A closed queue means that nobody waits any more.
                let _ = me.answers.push((id, Box::new(result)));
            }),
        };
        if let Err(job) = self.jobs.push(Box::pin(job)) {
            // Dropping it here could close a descriptor that is not ours.
            std::mem::forget(job);
            self.settle(id, None);
        }
    }

    /// Runs something whose end nobody waits for.
    pub(crate) fn spawn(&self, op: impl Future<Output = ()> + Send + 'static) {
        let job = Marked {
            origin: self.origin,
            inner: Box::pin(async move {
                // There is nobody to tell.
                let _ = Guarded(Box::pin(async move {
                    op.await;
                    Ok(())
                }))
                .await;
            }),
        };
        if let Err(job) = self.jobs.push(Box::pin(job)) {
            std::mem::forget(job);
        }
    }

    /// The replier: hands out results, and errors for what took too long, until the queue is closed.
    pub(crate) fn reply(&self) {
        let mut looked = Instant::now();
        loop {
            // Not only when nothing comes: under a steady stream of answers nothing would ever be late.
            let now = Instant::now();
            if now.duration_since(looked) >= TICK {
                looked = now;
                self.expire(now);
            }
            let idle = self.waiting.lock().requests.is_empty();
            match self.answers.pop(Some(if idle { IDLE_TICK } else { TICK })) {
                Popped::Item((id, answer)) => self.settle(id, Some(answer)),
                Popped::Late => {}
                Popped::Closed => return,
            }
        }
    }

    fn settle(&self, id: u64, answer: Option<Answer>) {
        let found = self.waiting.lock().requests.remove(&id);
        if let Some((_, deliver)) = found {
            deliver(answer);
        }
    }

    fn expire(&self, now: Instant) {
        let late: Vec<u64> = {
            let waiting = self.waiting.lock();
            let over = waiting.requests.iter().filter(|(_, (deadline, _))| *deadline <= now);
            over.map(|(id, _)| *id).collect()
        };
        for id in late {
            self.settle(id, None);
        }
    }

    /// Ends the workers, once they have run what is queued.
    pub(crate) fn close(&self) {
        self.jobs.close();
    }

    /// Ends the replier. Requests that wait are answered with `ETIMEDOUT`. On the loops' side.
    pub(crate) fn hang_up(&self) {
        self.answers.close();
    }

    /// Answers everything that waits; on the loops' side, after the replier has ended.
    pub(crate) fn give_up(&self) {
        let ids: Vec<u64> = self.waiting.lock().requests.keys().copied().collect();
        for id in ids {
            self.settle(id, None);
        }
    }
}

/// A future that is always polled on behalf of a door.
struct Marked {
    origin: Origin,
    inner: Job,
}

impl Future for Marked {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let origin = self.origin;
        within(origin, || self.inner.as_mut().poll(cx))
    }
}

/// A future whose panic is an error.
struct Guarded<F>(Pin<Box<F>>);

impl<T, F: Future<Output = Result<T>>> Future for Guarded<F> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        guard(|| self.0.as_mut().poll(cx)).unwrap_or_else(|e| Poll::Ready(Err(e)))
    }
}

/// Runs `f`; a panic becomes `EIO` with its message.
pub(crate) fn guard<T>(f: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        VfsError::new(Errno::EIO).detail(format!("the request's handler panicked: {text}"))
    })
}
