//! Commands that read and write lines of text.

pub mod awk;
pub mod cat;
pub mod cut;
pub mod head;
pub mod nl;
pub mod paste;
pub mod sed;
pub mod sort;
pub mod tac;
pub mod tail;
pub mod tr;
pub mod uniq;
pub mod wc;
