//! Opening files.

use std::sync::Arc;

use crate::cache::index::Seen;
use crate::cache::reader::CachedFile;
use crate::error::{Errno, Result, VfsError};
use crate::fs::body::Body;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk};
use crate::fs::{Fs, Vfs};
use crate::handle::{FileHandle, OpenOptions};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::{Precondition, RandomFile, SetAttr, WriteOptions};
use crate::spool::{Base, Spool};
use crate::stat::Stat;
use crate::stream::ByteStream;

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
                Ok(file) => return Ok(FileHandle::owned(path.clone(), options, file, self.vfs.clone(), t)),
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
        if !t.mount.caps.random_access {
            return Box::pin(self.open_spool(t, &options)).await;
        }
        let open = t.mount.resource.open(&t.below, &options);
        let mut file = t.doing(&self.vfs, "open", 0, open).await;
        if let Err(e) = &file
            && options.create
            && absent(e)
            && Box::pin(self.make_way(t)).await?
        {
            file = t.mount.resource.open(&t.below, &options).await;
        }
        if options.create || options.truncate {
            self.content_changed(t);
        }
        file
    }

    async fn open_spool(&self, t: &Target, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        let found = match self.current(t).await {
            Ok(_) if options.create && options.exclusive => return Err(Errno::EEXIST.into()),
            Ok(found) => Some(found),
            Err(e) if options.create && absent(&e) => None,
            Err(e) => return Err(e),
        };
        match &found {
            Some((_, stat)) if stat.is_dir() => return Err(Errno::EISDIR.into()),
            Some((_, stat)) if stat.is_symlink() => {
                let text = t.mount.resource.read_link(&t.below).await?;
                return Err(VfsError::link(t.below.clone(), &text[..]));
            }
            _ => {}
        }
        if found.is_none() && options.exclusive {
            // Only the backend can say who was first.
            let write = WriteOptions {
                precondition: Precondition::Absent,
                mode: options.mode,
                content_type: None,
            };
            let stat = self.write_target(t, &Body::new(ByteStream::empty()), &write).await?;
            let base = self.base_of(t, stat.clone());
            return Ok(Spool::open(self, t.clone(), base, Some(&stat), options));
        }
        let (base, stat) = match &found {
            Some((base, stat)) if !options.truncate => (base.clone(), Some(stat)),
            _ => (Base::Nothing, None),
        };
        let spool = Spool::open(self, t.clone(), base, stat, options);
        if let (None, Some(mode)) = (&found, options.mode) {
            self.keep_mode(t, mode);
        }
        Ok(spool)
    }

    /// Keeps the mode of a new file where the backend does not, unless it is one that nobody chose.
    fn keep_mode(&self, t: &Target, mode: u32) {
        if !t.mount.caps.attributes && !matches!(mode, 0o644 | 0o664 | 0o666) {
            let attr = SetAttr {
                mode: Some(mode),
                ..SetAttr::default()
            };
            self.vfs.namespace.set_attr(&t.path, attr);
        }
    }

    /// What is at `t` now: its content and its stat.
    pub(crate) async fn current(&self, t: &Target) -> Result<(Base, Stat)> {
        let seen = match &t.mount.cache {
            Some(cache) => t.seen(&self.vfs, cache).await,
            None => t.stat(&self.vfs).await.map(|stat| Seen { stat, answer: 0 }),
        };
        match seen {
            Ok(seen) => {
                let base = match self.vfs.cached(t, &seen) {
                    Some(file) => Base::Cached(file),
                    None => direct(t, &seen.stat),
                };
                Ok((base, seen.stat))
            }
            Err(e) if absent(&e) && self.implied(t).is_some() => Err(Errno::EISDIR.into()),
            Err(e) => Err(e),
        }
    }

    /// The content that a write left behind.
    pub(crate) fn base_of(&self, t: &Target, stat: Stat) -> Base {
        let seen = Seen { stat, answer: 0 };
        match self.vfs.cached(t, &seen) {
            Some(file) => Base::Cached(file),
            None => direct(t, &seen.stat),
        }
    }
}

fn direct(t: &Target, stat: &Stat) -> Base {
    Base::Direct {
        resource: t.mount.resource.clone(),
        path: t.below.clone(),
        pin: stat.fingerprint.clone(),
        size: stat.size,
    }
}

impl Vfs {
    fn cached(&self, t: &Target, seen: &Seen) -> Option<CachedFile> {
        t.mount.cache.as_ref()?;
        t.cached_file(self, seen)
    }
}
