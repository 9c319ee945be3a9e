//! A queue between threads that wakes by futex alone, so that it may cross descriptor tables.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Many senders, many receivers, in order, unbounded: what goes in is bounded by the kernel's own limit on requests.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    waiting: usize,
    closed: bool,
}

/// What [`Queue::pop`] came back with.
pub(crate) enum Popped<T> {
    Item(T),
    /// Nothing came in time.
    Late,
    /// Nothing will come any more.
    Closed,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                items: VecDeque::new(),
                waiting: 0,
                closed: false,
            }),
            ready: Condvar::new(),
        }
    }
}

impl<T> Queue<T> {
    /// Adds an item; hands it back when the queue is closed.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(item);
        }
        state.items.push_back(item);
        let wake = state.waiting > 0;
        drop(state);
        if wake {
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Waits for an item, for at most `patience` if given.
    pub(crate) fn pop(&self, patience: Option<Duration>) -> Popped<T> {
        let mut state = self.state.lock();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Popped::Item(item);
            }
            if state.closed {
                return Popped::Closed;
            }
            state.waiting += 1;
            let late = match patience {
                Some(time) => self.ready.wait_for(&mut state, time).timed_out(),
                None => {
                    self.ready.wait(&mut state);
                    false
                }
            };
            state.waiting -= 1;
            if late && state.items.is_empty() && !state.closed {
                return Popped::Late;
            }
        }
    }

    /// Whether items wait and no receiver does.
    pub(crate) fn is_behind(&self) -> bool {
        let state = self.state.lock();
        !state.items.is_empty() && state.waiting == 0
    }

    /// Lets receivers empty the queue and then leave.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.ready.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_close_ends_the_wait() {
        let q = Queue::default();
        assert!(q.push(1).is_ok() && q.push(2).is_ok());
        assert!(matches!(q.pop(None), Popped::Item(1)));
        assert!(matches!(q.pop(None), Popped::Item(2)));
        assert!(matches!(q.pop(Some(Duration::ZERO)), Popped::Late));
        q.close();
        assert!(matches!(q.pop(None), Popped::Closed));
        assert_eq!(q.push(3), Err(3));
    }
}
