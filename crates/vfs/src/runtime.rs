//! The process-wide runtime, and the rule of where blocking is allowed.

use std::cell::Cell;
use std::future::Future;
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
    match handle()?.spawn_blocking(move || allow_blocking(f)).await {
        Ok(result) => result,
        Err(e) => Err(VfsError::new(Errno::EIO).detail(format!("a blocking task failed: {e}"))),
    }
}

struct Parker(Thread);

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
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
pub fn block_on<T>(cancel: &Cancel, future: impl Future<Output = Result<T>>) -> Result<T> {
    allow_blocking(|| {
        let mut future = std::pin::pin!(future);
        // The first poll settles whatever is in memory, without waking a runtime that may never be needed.
        let waker = Waker::from(Arc::new(Parker(thread::current())));
        let mut cx = Context::from_waker(&waker);
        cancel.check()?;
        if let Poll::Ready(out) = future.as_mut().poll(&mut cx) {
            return out;
        }
        let thread = thread::current();
        let _on_cancel = cancel.on_cancel(move || thread.unpark());
        loop {
            cancel.check()?;
            thread::park();
            if let Poll::Ready(out) = future.as_mut().poll(&mut cx) {
                return out;
            }
        }
    })
}
