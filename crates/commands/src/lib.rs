//! The Unix commands, one file each, grouped by family.
//!
//! A command is a [`tool::Tool`]: a table of options and a function. [`registry::all`] lists them.

pub mod archive;
pub mod cformat;
pub mod checksum;
pub mod data;
pub mod deep;
pub mod encoding;
pub mod files;
pub mod float;
pub mod glob;
pub mod human;
pub mod input;
pub mod number;
pub mod options;
pub mod output;
pub mod quote;
pub mod registry;
pub mod search;
pub mod shellutils;
pub mod signal;
pub mod spawn;
pub mod text;
pub mod time;
pub mod tool;
pub mod version;
pub mod wait;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
