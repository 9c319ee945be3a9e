//! Commands that show bytes as text, and back.

pub mod base;
pub mod hexdump;
pub mod od;
pub mod xxd;

mod concat;
mod general;
