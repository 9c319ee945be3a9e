//! The bash language: parser, expansion, interpreter, descriptor table, jobs, and the Command trait.
//!
//! * [`syntax`] reads scripts into a tree, [`arith`] evaluates arithmetic.
//! * [`Engine`] is shared by all sessions of a workspace, [`Session`] is one shell whose state lives on between calls.
//! * [`shell::Shell`] is an execution environment: `state/` is what it remembers, `expand/` turns words into fields, `exec/`
//!   runs commands, `builtins/` holds one file for each builtin.
//! * Pipeline stages and background jobs are threads ([`pipe`], [`pool`]) with copies of the shell; [`jobs`] gives them
//!   process numbers, and signals from `kill`.

pub mod arith;
mod builtins;
mod call;
pub mod command;
mod cpu;
pub mod engine;
mod exec;
mod expand;
pub mod format;
mod guard;
pub mod io;
pub mod jobs;
pub mod pipe;
pub mod pool;
mod report;
mod script;
pub mod session;
pub mod shell;
pub mod state;
pub mod syntax;
mod timer;
pub mod trap;

pub use engine::Engine;
pub use session::{Call, RunOutcome, Session, SessionOptions, Stdio};
