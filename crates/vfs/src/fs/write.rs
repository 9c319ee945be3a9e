//! Changing content.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::sync::{Mutex, MutexGuard};

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::body::Body;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk, follow};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::{Precondition, WriteOptions};
use crate::stat::Stat;
use crate::stream::{ByteRange, ByteStream};

/// How often an emulated change starts again when somebody else changed the file in between.
const RACES: usize = 8;
/// Bytes of zeros handed over at a time.
static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];

/// Locks for emulated changes: those of one workspace to one file come one after the other, so that only foreign changes
/// lose a race. Files share them by hash.
pub(crate) struct Stripes(Vec<Mutex<()>>);

impl Default for Stripes {
    fn default() -> Self {
        Self((0..64).map(|_| Mutex::default()).collect())
    }
}

impl Stripes {
    async fn lock(&self, t: &Target) -> MutexGuard<'_, ()> {
        let mut hash = DefaultHasher::new();
        (t.mount.id, &t.below).hash(&mut hash);
        self.0[hash.finish() as usize % self.0.len()].lock().await
    }
}

impl Fs {
    /// Replaces the whole content, creating the file if need be.
    pub async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        let body = Body::new(body);
        let mut walk = Walk::new(self, Op::Write, "open", path, true);
        let (stat, _) = follow!(walk, t => self.write_target(&t, &body, options).await);
        Ok(stat)
    }

    /// Replaces the whole content with `data`, creating the file if need be.
    pub async fn write_all(&self, path: &VPath, data: Bytes) -> Result<()> {
        self.write(path, data.into(), &WriteOptions::default()).await.map(drop)
    }

    /// Adds to the end, creating the file if need be.
    pub async fn append(&self, path: &VPath, data: Bytes) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "open", path, true);
        follow!(walk, t => self.append_target(&t, &data).await);
        Ok(())
    }

    /// Cuts or extends (with zeros) to `len` bytes.
    pub async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        let mut walk = Walk::new(self, Op::Write, "truncate", path, true);
        follow!(walk, t => self.truncate_target(&t, len).await);
        Ok(())
    }

    pub(crate) async fn write_target(&self, t: &Target, body: &Body, options: &WriteOptions) -> Result<Stat> {
        self.may_hold_file(t).await?;
        let (epoch, begun) = (t.epoch(), self.vfs.records.begin(&t.mount));
        let mut written = t.mount.resource.write(&t.below, body.attempt(), options).await;
        if let Err(e) = &written
            && absent(e)
            && body.is_whole()
            && Box::pin(self.make_way(t)).await?
        {
            written = t.mount.resource.write(&t.below, body.attempt(), options).await;
        }
        let bytes = written.as_ref().map_or(0, |s| s.size.unwrap_or(0));
        self.vfs.records.end(begun, "write", &t.mount, &t.path, bytes, false);
        match written {
            Err(e) if e.link_hit().is_some() && !body.is_whole() => {
                Err(VfsError::new(Errno::EIO).detail("the backend read the body before it found a symbolic link"))
            }
            Err(e) => {
                self.content_changed(t);
                Err(e)
            }
            Ok(stat) => Ok(self.written(t, epoch, stat)),
        }
    }

    pub(crate) async fn append_target(&self, t: &Target, data: &Bytes) -> Result<Stat> {
        self.may_hold_file(t).await?;
        if !t.mount.caps.append {
            let change = |old: ByteStream| ByteStream::new(old.chain(stream::iter([Ok(data.clone())])));
            return Box::pin(self.rewrite(t, true, change)).await;
        }
        let (epoch, begun) = (t.epoch(), self.vfs.records.begin(&t.mount));
        let mut done = t.mount.resource.append(&t.below, data.clone().into()).await;
        if let Err(e) = &done
            && absent(e)
            && Box::pin(self.make_way(t)).await?
        {
            done = t.mount.resource.append(&t.below, data.clone().into()).await;
        }
        let bytes = data.len() as u64;
        self.vfs.records.end(begun, "append", &t.mount, &t.path, bytes, false);
        match done {
            Ok(stat) => Ok(self.written(t, epoch, stat)),
            Err(e) => {
                self.content_changed(t);
                Err(e)
            }
        }
    }

    pub(crate) async fn truncate_target(&self, t: &Target, len: u64) -> Result<()> {
        self.may_hold_file(t).await?;
        if t.mount.caps.random_access {
            let change = t.mount.resource.truncate(&t.below, len);
            let done = t.doing(&self.vfs, "truncate", 0, change).await;
            self.content_changed(t);
            return done;
        }
        Box::pin(self.rewrite(t, false, |old| cut(old, len))).await.map(drop)
    }

    /// Replaces a file by what `change` makes of its content, and starts again when it changed under way.
    async fn rewrite(&self, t: &Target, create: bool, change: impl Fn(ByteStream) -> ByteStream) -> Result<Stat> {
        let _alone = self.vfs.rewrites.lock(t).await;
        let resource = &t.mount.resource;
        let mut last = VfsError::new(Errno::ESTALE);
        for _ in 0..RACES {
            let (old, stat) = match resource.stat(&t.below).await {
                Ok(stat) if stat.is_dir() => return Err(Errno::EISDIR.into()),
                Ok(stat) => {
                    let old = resource.read(&t.below, ByteRange::ALL, stat.fingerprint.as_ref()).await;
                    match old {
                        Ok(old) => (old, Some(stat)),
                        Err(e) if e.errno() == Errno::ESTALE => continue,
                        Err(e) => return Err(e),
                    }
                }
                Err(e) if create && absent(&e) => (ByteStream::empty(), None),
                Err(e) => return Err(e),
            };
            let precondition = match &stat {
                None => Precondition::Absent,
                Some(Stat {
                    fingerprint: Some(f), ..
                }) => Precondition::Matches(f.clone()),
                Some(_) => Precondition::None,
            };
            let options = WriteOptions {
                precondition,
                mode: stat.as_ref().and_then(|s| s.mode),
                content_type: stat.as_ref().and_then(|s| s.content_type.clone()),
            };
            let epoch = t.epoch();
            let write = resource.write(&t.below, change(old), &options);
            let done = t.doing(&self.vfs, "write", 0, write).await;
            if let Ok(stat) = done {
                return Ok(self.written(t, epoch, stat));
            }
            self.content_changed(t);
            match done {
                Err(e) if matches!(e.errno(), Errno::ESTALE | Errno::EEXIST) => last = e,
                Err(e) if create && stat.is_none() && absent(&e) && Box::pin(self.make_way(t)).await? => last = e,
                other => return other,
            }
        }
        Err(last)
    }

    /// What was kept about a target's content is no longer true.
    pub(crate) fn content_changed(&self, t: &Target) {
        self.vfs.namespace.forget_times(&t.path);
        t.changed(&self.vfs);
    }

    /// A write that began at `epoch` left `stat` behind; what callers see of it.
    fn written(&self, t: &Target, epoch: u64, mut stat: Stat) -> Stat {
        self.vfs.namespace.forget_times(&t.path);
        t.wrote(&self.vfs, epoch, &stat);
        self.vfs.namespace.overlay(&t.path, &mut stat);
        stat
    }

    /// Refuses a file where a directory is that the backend does not know (`EISDIR`), or where no directory is for it, which
    /// a backend without directories cannot know.
    pub(crate) async fn may_hold_file(&self, t: &Target) -> Result<()> {
        if self.vfs.mounts.load().children(&t.path).is_some() {
            return Err(Errno::EISDIR.into());
        }
        if t.mount.caps.directories {
            return Ok(());
        }
        if self.vfs.namespace.directory(&t.path).is_some() {
            return Err(Errno::EISDIR.into());
        }
        Box::pin(self.parent_is_directory(t)).await
    }

    /// `ENOENT` or `ENOTDIR` unless the target's parent is a directory.
    pub(crate) async fn parent_is_directory(&self, t: &Target) -> Result<()> {
        let (Some(below), Some(path)) = (t.below.parent(), t.path.parent()) else {
            return Ok(());
        };
        if below.is_root() {
            return Ok(());
        }
        let parent = Target {
            mount: t.mount.clone(),
            below,
            path,
            link: None,
        };
        let stat = self.probe(&parent).await?;
        if stat.is_symlink() {
            let text = parent.mount.resource.read_link(&parent.below).await?;
            return Err(VfsError::link(parent.below, &text[..]));
        }
        if stat.is_dir() {
            Ok(())
        } else {
            Err(Errno::ENOTDIR.into())
        }
    }

    /// Makes directories that exist so far only because a mount lies below them; whether any was missing.
    pub(crate) async fn make_way(&self, t: &Target) -> Result<bool> {
        let Some(parent) = t.path.parent() else {
            return Ok(false);
        };
        if !t.mount.caps.directories || self.vfs.mounts.load().children(&parent).is_none() {
            return Ok(false);
        }
        let Some(below) = parent.relative_to(&t.mount.prefix) else {
            return Ok(false);
        };
        let (mut at, mut made) = (VPath::root(), false);
        for name in below.components() {
            at = at.child(name)?;
            match t.mount.resource.mkdir(&at, None).await {
                Ok(()) => made = true,
                Err(e) if e.errno() == Errno::EEXIST => {}
                Err(e) => return Err(e),
            }
        }
        if made {
            t.changed_tree(&self.vfs);
        }
        Ok(made)
    }
}

/// The first `len` bytes of `old`, filled up with zeros.
fn cut(old: ByteStream, len: u64) -> ByteStream {
    if len == 0 {
        return ByteStream::empty();
    }
    ByteStream::new(stream::unfold((Some(old), len), |(old, left)| async move {
        if left == 0 {
            return None;
        }
        if let Some(mut old) = old {
            match old.next().await {
                Some(Ok(mut chunk)) => {
                    chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                    let rest = left - chunk.len() as u64;
                    return Some((Ok(chunk), (Some(old), rest)));
                }
                Some(Err(e)) => return Some((Err(e), (None, 0))),
                None => {}
            }
        }
        let n = left.min(ZEROS.len() as u64);
        Some((Ok(Bytes::from_static(&ZEROS[..n as usize])), (None, left - n)))
    }))
}
