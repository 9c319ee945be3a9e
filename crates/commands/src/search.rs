//! Commands that find text in files: `grep` and its kin, `rg`, `zgrep`.
//!
//! `matcher` finds lines in blocks, `scan` walks a stream of blocks with context and counts, a printer gives out what was
//! selected; the commands put these together. Many files are searched by several threads ([`parallel`]) with the output in
//! order.

mod color;
pub mod grep;
mod inflate;
mod matcher;
mod output;
mod parallel;
pub mod rg;
mod scan;
pub mod zgrep;
