//! What the trees in memory hold, told to V8: it sees only small handles and would otherwise let gigabytes pile up before it
//! collects the workspaces that nobody uses any more.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use napi::Env;

/// Smaller changes are not worth the call.
const STEP: i64 = 1 << 20;

thread_local! {
    static METER: OnceCell<Arc<AtomicI64>> = const { OnceCell::new() };
    static REPORTED: Cell<i64> = const { Cell::new(0) };
}

/// The meter of the trees that this JavaScript thread makes.
pub fn meter() -> Arc<AtomicI64> {
    METER.with(|m| m.get_or_init(Arc::default).clone())
}

/// Tells V8 how much the trees of this thread have grown or shrunk. Called wherever an operation may have changed them.
pub fn report(env: &Env) {
    let Some(held) = METER.with(|m| m.get().map(|m| m.load(Ordering::Relaxed))) else {
        return;
    };
    let change = held - REPORTED.get();
    if change.abs() >= STEP && env.adjust_external_memory(change).is_ok() {
        REPORTED.set(held);
    }
}
