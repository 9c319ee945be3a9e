//! The bash language: parser, expansion, interpreter, descriptor table, jobs, and the Command trait.

pub mod arith;
pub mod command;
pub mod format;
pub mod io;
pub mod syntax;
