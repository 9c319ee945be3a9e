//! Paths, stat, errors, the Resource trait, mounts, permissions, namespace, caches and the blocking facade.
