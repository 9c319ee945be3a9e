//! Word expansion (bash manual, "Shell Expansions"): braces, tilde, parameters, substitutions, arithmetic, splitting, globs.

pub(crate) mod arith;
pub mod case;
pub(crate) mod field;
pub(crate) mod glob;
mod ops;
mod param;
mod prompt;
pub mod quote;
mod slice;
mod subscript;
mod subst;
mod time;
mod transform;
mod word;

pub(crate) use param::Found;
pub(crate) use transform::{attr_letters, list_literal};
