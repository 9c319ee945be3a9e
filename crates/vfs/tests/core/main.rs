//! The core against backends that can do much, and little.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like the tests themselves")]

mod caches;
mod fake;
mod handles;
mod mounts;
mod names;
mod support;
