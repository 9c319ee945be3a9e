//! The process-wide runtime, and the rule of where blocking is allowed.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::cancel::Cancel;
use crate::error::{Errno, Result, VfsError};

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// The process-wide runtime: it outlives every Node environment and is started on first use.
pub fn handle() -> Result<Handle> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    match RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("mirage-rt")
            .enable_all()
            .build()
    }) {
        Ok(rt) => Ok(rt.handle().clone()),
        Err(e) => Err(VfsError::new(Errno::EAGAIN).detail(format!("the runtime cannot start: {e}"))),
    }
}

/// Whether this thread may wait for the operating system: a shell thread, a FUSE worker; never the JS thread's async path.
pub fn may_block() -> bool {
    MAY_BLOCK.with(Cell::get)
}

/// Runs `f` with blocking allowed on this thread.
pub fn allow_blocking<T>(f: impl FnOnce() -> T) -> T {
    struct Reset(bool);
    impl Drop for Reset {
        fn drop(&mut self) {
            MAY_BLOCK.with(|m| m.set(self.0));
        }
    }
    let _reset = Reset(MAY_BLOCK.with(|m| m.replace(true)));
    f()
}

/// Runs a system call: on the spot where blocking is allowed, else on the runtime's blocking pool.
pub async fn unblock<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    if may_block() {
        return f();
    }
    if crate::origin::current().apart {
        // A new thread would inherit the wrong descriptors. The kernel asks again when it hears this.
        return Err(Errno::ESTALE.into());
    }
    match handle()?.spawn_blocking(move || allow_blocking(f)).await {
        Ok(result) => result,
        Err(e) => Err(VfsError::new(Errno::EIO).detail(format!("a blocking task failed: {e}"))),
    }
}

/// Wakes one waiting thread. The flag keeps a wake-up that arrives while the thread waits for something else further in.
struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

impl Parker {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            thread: thread::current(),
            woken: AtomicBool::new(false),
        })
    }

    fn wait(&self) {
        while !self.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }

    fn notify(&self) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.notify();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.notify();
    }
}

/// Polls `future` once; `Err(future)` hands it back when it is not ready. What RAM and caches answer never leaves the thread.
pub fn poll_now<F: Future + Unpin>(mut future: F) -> std::result::Result<F::Output, F> {
    let mut cx = Context::from_waker(Waker::noop());
    match std::pin::Pin::new(&mut future).poll(&mut cx) {
        Poll::Ready(out) => Ok(out),
        Poll::Pending => Err(future),
    }
}

/// Waits for `future` on this thread, which must be one that may block; `ECANCELED` as soon as `cancel` is cancelled.
#[inline]
pub fn block_on<T>(cancel: &Cancel, future: impl Future<Output = Result<T>>) -> Result<T> {
    cancel.check()?;
    allow_blocking(|| {
        let mut future = std::pin::pin!(future);
        // The first poll settles whatever is in memory: no waker is made, no runtime started.
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(out) => out,
            Poll::Pending => park_on(cancel, future),
        }
    })
}

/// Waits for a future that was not ready.
#[cold]
fn park_on<T>(cancel: &Cancel, mut future: Pin<&mut impl Future<Output = Result<T>>>) -> Result<T> {
    let parker = Parker::new();
    let waker = Waker::from(parker.clone());
    let mut cx = Context::from_waker(&waker);
    let on_cancel = parker.clone();
    let _on_cancel = cancel.on_cancel(move || on_cancel.notify());
    loop {
        // This poll comes before the first wait: it is the one that hands over the waker.
        if let Poll::Ready(out) = future.as_mut().poll(&mut cx) {
            return out;
        }
        parker.wait();
        cancel.check()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelReason;

    #[test]
    fn a_wake_up_is_not_lost_to_a_wait_further_in() {
        let none = Cancel::new();
        let mut step = 0;
        let outer = std::future::poll_fn(|cx| {
            step += 1;
            if step < 4 {
                cx.waker().wake_by_ref();
                // Another wait on the same thread, which takes its own wake-ups and may swallow the thread's token.
                let mut polls = 0;
                let inner = std::future::poll_fn(|cx| {
                    polls += 1;
                    if polls < 3 {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(()))
                });
                block_on(&Cancel::new(), inner).unwrap();
                return Poll::Pending;
            }
            Poll::Ready(Ok(step))
        });
        assert_eq!(block_on(&none, outer).unwrap(), 4);
    }

    #[test]
    fn a_wait_ends_with_its_token() {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let thread = thread::spawn(move || block_on(&other, std::future::pending::<Result<()>>()));
        cancel.cancel(CancelReason::Aborted);
        assert_eq!(thread.join().unwrap().unwrap_err().errno(), Errno::ECANCELED);
    }
}
