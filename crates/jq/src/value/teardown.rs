//! Dropping deeply nested values without recursing as deep as they are nested.

use super::Value;
use std::cell::{Cell, RefCell};

/// Nesting up to which the compiler's recursive drop is used; beyond it children are queued.
const RECURSION: u32 = 128;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static QUEUE: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Drops the children of a container that is going away.
pub(super) fn drop_children(children: impl Iterator<Item = Value>) {
    let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
    if depth >= RECURSION {
        // During thread shutdown the queue may be gone; then plain recursion is all there is.
        let _ = QUEUE.try_with(|q| {
            if let Ok(mut q) = q.try_borrow_mut() {
                q.extend(children.filter(|v| matches!(v, Value::Array(_) | Value::Object(_))));
            }
        });
        return;
    }
    let _ = DEPTH.try_with(|d| d.set(depth + 1));
    children.for_each(drop);
    if depth == 0 {
        while let Ok(Some(next)) = QUEUE.try_with(|q| q.try_borrow_mut().ok().and_then(|mut q| q.pop())) {
            drop(next);
        }
    }
    let _ = DEPTH.try_with(|d| d.set(depth));
}
