//! The syntax of the shell language: bytes in, a tree out.
//!
//! * [`ast`] is the tree: commands, words already split into quoted and unquoted parts, redirections, here-documents.
//! * [`Parser`] makes it, one complete command at a time; it is recursive descent over bytes without a separate tokeniser,
//!   because what a byte means depends on the grammar around it.
//! * [`error`] holds syntax errors with the wording of bash.
//! * [`print`] turns a tree back into text in the layout of `declare -f`.
//! * [`escapes`] decodes `$'…'`.

mod arithmetic;
mod assign;
pub mod ast;
pub mod braces;
mod builder;
mod commands;
mod compound;
mod cond;
mod dollar;
pub mod error;
pub mod escapes;
mod keywords;
mod machine;
mod parser;
pub mod print;
mod redirect;
mod subst;
mod words;

pub use assign::assignment_of;
pub use braces::{BraceLimit, expand_braces};
pub use keywords::is_reserved;
pub use parser::{
    AliasLookup, NoAliases, ParseOptions, Parser, parse_double_quoted, parse_substitution, parse_word_text,
};

#[cfg(test)]
mod tests;
