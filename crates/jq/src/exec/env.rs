//! Environments: chains of slots, shared between everything that was evaluated inside them.

use crate::ir::NodeId;
use crate::value::Value;
use std::cell::Cell;
use std::rc::Rc;

#[derive(Debug, Clone)]
pub(crate) enum Slot {
    Value(Value),
    /// A filter with the environment it was written in.
    Closure(NodeId, Env),
    Label(u64),
}

#[derive(Debug)]
struct EnvNode {
    slot: Slot,
    level: u32,
    outer: Env,
}

/// The slots in scope, innermost first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env(Option<Rc<EnvNode>>);

impl Env {
    pub fn push(&self, level: u32, slot: Slot) -> Self {
        Self(Some(Rc::new(EnvNode {
            slot,
            level,
            outer: self.clone(),
        })))
    }

    /// The innermost slot of a level.
    #[inline]
    pub fn slot(&self, level: u32) -> Option<&Slot> {
        let mut at = self.0.as_ref();
        while let Some(n) = at {
            if n.level == level {
                return Some(&n.slot);
            }
            at = n.outer.0.as_ref();
        }
        None
    }

    #[inline]
    pub fn value(&self, level: u32) -> Option<&Value> {
        match self.slot(level)? {
            Slot::Value(v) => Some(v),
            _ => None,
        }
    }

    /// Without the slots at or beyond a level on top.
    pub fn outside(&self, level: u32) -> Self {
        let mut at = self;
        while let Some(n) = &at.0 {
            if n.level < level {
                break;
            }
            at = &n.outer;
        }
        at.clone()
    }
}

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

impl Drop for Env {
    /// Walks down the chain rather than recursing, and bounds the recursion through closures by a fresh stack.
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(rc) = next {
            let Ok(mut node) = Rc::try_unwrap(rc) else { return };
            next = node.outer.0.take();
            if let Slot::Closure(_, env) = &mut node.slot
                && env.0.as_ref().is_some_and(|e| Rc::strong_count(e) == 1)
            {
                let env = std::mem::take(env);
                let depth = DEPTH.try_with(Cell::get).unwrap_or(0);
                let _ = DEPTH.try_with(|d| d.set(depth + 1));
                if depth % 64 == 63 {
                    stacker::maybe_grow(64 * 1024, 1024 * 1024, || drop(env));
                } else {
                    drop(env);
                }
                let _ = DEPTH.try_with(|d| d.set(depth));
            }
        }
    }
}
