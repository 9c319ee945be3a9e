//! Commands that read and write lines of text.

pub mod awk;
pub mod cat;
pub mod comm;
pub mod cut;
pub mod expand;
pub mod fold;
pub mod head;
pub mod look;
pub mod nl;
pub mod paste;
pub mod rev;
pub mod sed;
pub mod shuf;
pub mod sort;
mod tabs;
pub mod tac;
pub mod tail;
pub mod tr;
pub mod uniq;
pub mod wc;
