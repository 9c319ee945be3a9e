//! Commands that compress, and that put many files into one.

pub mod gzip;
pub mod tar;
pub mod unzip;
pub mod zip;

pub(crate) mod codec;
mod files;
mod names;
mod zipfile;
