//! Commands that compress, and that put many files into one.

pub mod gzip;
pub mod tar;

mod codec;
mod files;
mod names;
