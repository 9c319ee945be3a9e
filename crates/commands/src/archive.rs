//! Commands that compress, and that put many files into one.

pub mod bzip2;
pub mod gzip;
pub mod tar;
pub mod unzip;
pub mod xz;
pub mod zip;
pub mod zstd;

pub(crate) mod codec;
mod files;
mod names;
mod pack;
mod zipfile;
