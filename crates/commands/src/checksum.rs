//! Commands that compute and verify checksums.

pub mod cksum;
pub mod sum;
pub mod sums;

mod check;
mod crc;
mod digest;
mod name;
