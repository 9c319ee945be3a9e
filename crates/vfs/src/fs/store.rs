//! The last step to a backend: through the caches where the mount has them.

use crate::error::Result;
use crate::fs::Vfs;
use crate::fs::walk::Target;
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream, EntryStream};

impl Target {
    /// The backend's stat of the target.
    #[inline]
    pub(crate) async fn stat(&self, _vfs: &Vfs) -> Result<Stat> {
        self.mount.resource.stat(&self.below).await
    }

    /// The backend's listing of the target.
    #[inline]
    pub(crate) async fn list(&self, _vfs: &Vfs) -> Result<EntryStream> {
        self.mount.resource.list(&self.below).await
    }

    /// The backend's bytes; `whole` says that the caller wants all of the range at once.
    #[inline]
    pub(crate) async fn read(&self, _vfs: &Vfs, range: ByteRange, _whole: bool) -> Result<ByteStream> {
        self.mount.resource.read(&self.below, range, None).await
    }

    /// The target's content or attributes changed, or the name came or went.
    #[inline]
    pub(crate) fn changed(&self, _vfs: &Vfs) {}

    /// The target and everything below it changed.
    #[inline]
    pub(crate) fn changed_tree(&self, _vfs: &Vfs) {}
}
