//! Opening files.

use std::sync::Arc;

use crate::error::{Errno, Result};
use crate::fs::Fs;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk};
use crate::handle::{FileHandle, OpenOptions};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::RandomFile;

impl Fs {
    /// Opens a file.
    pub async fn open(&self, path: &VPath, options: OpenOptions) -> Result<FileHandle> {
        let exclusive = options.create && options.exclusive;
        let op = if options.writes() { Op::Write } else { Op::Read };
        let mut walk = Walk::new(self, op, "open", path, !exclusive && !options.no_follow);
        loop {
            let t = walk.target()?;
            if t.link.is_some() {
                let errno = if exclusive { Errno::EEXIST } else { Errno::ELOOP };
                return Err(walk.named(errno.into()));
            }
            match self.open_target(&t, &options).await {
                Ok(file) => return Ok(FileHandle::new(path.clone(), options, file)),
                Err(e) if exclusive && e.link_hit().is_some_and(|hit| hit.at == t.below) => {
                    return Err(walk.named(Errno::EEXIST.into()));
                }
                Err(e) => walk.step(&t, e)?,
            }
        }
    }

    async fn open_target(&self, t: &Target, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        if self.vfs.mounts.load().children(&t.path).is_some() {
            return Err(Errno::EISDIR.into());
        }
        let mut options = *options;
        if options.create && !t.mount.writable() {
            // Without the right to create, an existing file can still be opened for reading.
            options.create = false;
            options.exclusive = false;
        }
        if options.writes() || options.create {
            self.may_hold_file(t).await?;
        }
        let mut file = t.mount.resource.open(&t.below, &options).await;
        if let Err(e) = &file
            && options.create
            && absent(e)
            && self.make_way(t).await?
        {
            file = t.mount.resource.open(&t.below, &options).await;
        }
        if options.create || options.truncate {
            self.content_changed(t);
        }
        file
    }
}
