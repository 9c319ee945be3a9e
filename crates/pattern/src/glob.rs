//! Shell globs.
