//! Recursion over directory trees, whose depth is bounded by the length of paths but not by the stack.

/// Runs `f` with enough stack for one more level.
pub fn deep<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(128 * 1024, 2 * 1024 * 1024, f)
}
