//! The backends, one folder per family. [`registry`] lists them for constructors, types and documentation.

#[cfg(feature = "ram")]
pub mod ram;

#[cfg(all(feature = "disk", unix))]
pub mod disk;
