//! Commands that show bytes as text, and back.

pub mod base;
mod concat;
pub mod dos2unix;
mod general;
pub mod hexdump;
pub mod iconv;
pub mod od;
pub mod uuencode;
pub mod xxd;
