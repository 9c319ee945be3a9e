//! Commands that read and write lines of text.

pub mod cat;
