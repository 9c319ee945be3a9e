//! The awk language: parser and interpreter over byte strings, with no file access of its own.
//!
//! A program is parsed once ([`Program::parse`]) and run as often as wanted ([`run`]), with an [`AwkIo`] that stands
//! for files, commands, the clock and the environment. Behaviour and messages follow POSIX and gawk 5.

mod array;
mod error;
mod input;
mod interp;
mod io;
mod output;
mod parse;
mod random;
mod record;
mod regex;
mod time;
mod value;

pub use interp::{Options, Outcome, run};
pub use io::{AwkIo, Direction, Handle, OpenMode};
pub use parse::escape::unescape;
pub use parse::{Include, Program, Source, SyntaxError};
