//! The jq language's grammar: text to syntax tree.

mod ast;
mod lexer;
mod modules;
mod parser;
mod strings;
mod terms;

pub(crate) use ast::{Ast, BinaryOp, Entry, EntryKey, Id, Import, Module, Pattern, PatternKey, StrPart, UpdateOp};
pub(crate) use parser::parse;

/// Something wrong with the text of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in jq's words where jq's grammar has words for it.
    pub message: String,
    /// Byte range in the text that it is about.
    pub span: (usize, usize),
}
