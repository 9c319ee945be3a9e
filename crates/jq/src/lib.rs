//! The jq language: JSON values, parser and interpreter.
//!
//! Behaves as jq 1.8. A [`Program`] is compiled once and run over any number of inputs; nothing here touches files,
//! the process environment or the terminal: what a program may see comes through [`Host`] and [`Loader`].
//!
//! ```
//! use jq::{CompileOptions, NoHost, Program, json};
//!
//! let program = Program::compile(".a | map(. + 1)", &CompileOptions::default()).unwrap();
//! let input = json::parse_one(br#"{"a":[1,2]}"#).unwrap().unwrap();
//! let mut runner = program.runner();
//! let outputs: Result<Vec<_>, _> = runner.outputs(input, &mut NoHost).collect();
//! assert_eq!(json::print_compact(&outputs.unwrap()[0]), "[2,3]");
//! ```

mod builtins;
mod compile;
mod error;
mod exec;
mod host;
mod ir;
pub mod json;
mod program;
mod syntax;
pub mod value;

pub use compile::{CompileError, CompileOptions, Loader};
pub use error::Error;
pub use host::{Host, Interrupt, NoHost};
pub use program::{Outputs, Program, Runner};
pub use value::Value;
