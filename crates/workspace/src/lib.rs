//! Mounts, shell, cache, sessions and history put together; usable from Rust without Node.
