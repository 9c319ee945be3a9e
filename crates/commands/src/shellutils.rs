//! Commands for scripts: numbers, dates, the environment, running other commands.

pub mod basename;
pub mod date;
pub mod dirname;
pub mod echo;
pub mod env;
pub mod expr;
pub mod falsehood;
pub mod printenv;
pub mod seq;
pub mod sleep;
pub mod tee;
pub mod timeout;
pub mod truth;
pub mod which;
pub mod xargs;
pub mod yes;
