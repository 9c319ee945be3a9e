//! What a shell remembers: variables, options, descriptors.

pub(crate) mod access;
pub mod array;
pub mod assoc;
pub(crate) mod dynamic;
pub mod fds;
pub mod options;
pub mod value;
pub mod vars;
