//! The core against backends that can do much, and little.

mod fake;
mod mounts;
mod names;
mod support;
