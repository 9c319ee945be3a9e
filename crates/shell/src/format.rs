//! Formatted output without a shell: what `printf` prints, extended-precision numbers.
//!
//! bash computes in the `long double` of the x87 (64 bits of mantissa), which shows in `printf %.20f 0.1` and `printf %a 1`;
//! [`float::Extended`] has the same values on every machine.

mod bigint;
pub mod float;
pub mod printf;

pub use printf::{PrintfHost, printf};
