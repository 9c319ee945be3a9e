//! The backends, one folder per family. [`registry`] lists them for constructors, types and documentation.
//!
//! A new backend is a folder (its type, `impl Resource`, a [`Descriptor`](registry::Descriptor)) and one line in
//! [`registry::ALL`]. Each family is a cargo feature.

#[cfg(all(feature = "disk", unix))]
pub mod disk;
#[cfg(feature = "ram")]
pub mod ram;
pub mod registry;
