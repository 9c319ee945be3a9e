//! The syntax of the shell language: bytes in, a tree out.
//!
//! * [`ast`] is the tree: commands, words already split into quoted and unquoted parts, redirections, here-documents.
//! * [`error`] holds syntax errors with the wording of bash.

pub mod ast;
pub mod error;
