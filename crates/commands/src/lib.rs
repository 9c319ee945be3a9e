//! The Unix commands, one file each, grouped by family.
//!
//! A command is a [`tool::Tool`]: a table of options and a function. [`registry::all`] lists them.

pub mod input;
pub mod number;
pub mod options;
pub mod quote;
pub mod registry;
pub mod text;
pub mod tool;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
