//! The sed language: parser and interpreter over byte strings, with no file access of its own.
//!
//! A script is parsed once ([`Script::parse`]) and run as often as wanted ([`run`]), with a [`SedIo`] that stands for
//! files and commands. Behaviour and messages follow GNU sed 4.9.

mod exec;
mod io;
mod parse;
mod regex;
mod script;

pub use exec::{Outcome, run};
pub use io::{Handle, SedIo};
pub use parse::{Chunk, ScriptError};
pub use script::{Options, Script};
