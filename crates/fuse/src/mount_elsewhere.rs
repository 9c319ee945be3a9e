//! Systems without FUSE.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vfs::{Fs, VPath};

use crate::{Failure, FuseError, MountOptions};

/// A part of the tree as a directory of the host. There is none on this system.
pub struct KernelMount(std::convert::Infallible);

impl KernelMount {
    /// Answers [`FuseError::Unsupported`].
    pub fn mount(_: Fs, _: VPath, _: Option<PathBuf>, _: MountOptions) -> Result<Self, FuseError> {
        Err(FuseError::Unsupported)
    }

    /// Where it is mounted.
    pub fn mountpoint(&self) -> &Path {
        match self.0 {}
    }

    /// What of the tree it shows.
    pub fn root(&self) -> &VPath {
        match self.0 {}
    }

    /// Takes it off.
    pub fn unmount(&self, _: Duration) -> Result<(), FuseError> {
        match self.0 {}
    }

    /// Whether the kernel still has it.
    pub fn is_mounted(&self) -> bool {
        match self.0 {}
    }

    /// What went wrong lately.
    pub fn errors(&self) -> Vec<Failure> {
        match self.0 {}
    }

    /// How much went wrong in all.
    pub fn error_count(&self) -> u64 {
        match self.0 {}
    }
}
