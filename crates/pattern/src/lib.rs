//! POSIX regular expressions (basic and extended, leftmost-longest) and shell globs over bytes.
//!
//! Both matchers are pure functions of bytes: no files, no locale of the process, no recursion that the input controls.
//! All compiled values are `Send + Sync` and cheap to clone.

pub mod glob;
pub mod regex;
