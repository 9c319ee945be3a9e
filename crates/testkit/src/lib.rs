//! The behaviour suite that every backend passes, and fakes for tests.
//!
//! * [`conformance!`] makes one `#[test]` per case for a backend, so that a failure names the case.
//! * [`model`] is the smallest possible file system, which random operations are compared with.
//! * [`FakeRemote`] is a backend of few capabilities that counts requests, is as slow as told, and fails on demand: what
//!   caches, prefetching and emulation are tested on.

// This is test code that happens to be a library: a failed expectation is a panic by design.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod conformance;
pub mod fake_remote;
pub mod model;
pub mod rig;

pub use fake_remote::FakeRemote;
pub use rig::Rig;
