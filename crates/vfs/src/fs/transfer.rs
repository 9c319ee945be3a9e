//! Copying and moving bytes between places.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, TryStreamExt, stream};

use crate::error::{Errno, Result, VfsError};
use crate::fs::Fs;
use crate::fs::body::Body;
use crate::fs::read::absent;
use crate::fs::rename::replaceable;
use crate::fs::walk::{Target, Walk};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::{RenameMode, Resource, SetAttr, WriteOptions};
use crate::stat::{FileKind, Stat};
use crate::stream::{ByteRange, ByteStream};

/// Files copied at a time where the distance to a backend is what costs.
const PARALLEL: usize = 16;

impl Fs {
    /// Copies the content of one file, inside the backend where it can, replacing the target. `EISDIR` for a directory.
    pub async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        let named = |e: VfsError| e.with_operand(from.as_bytes()).dest(to.as_bytes()).op("copyfile");
        let (stat, f) = self.resolve(Op::Read, "copyfile", from).await.map_err(named)?;
        if stat.is_dir() {
            return Err(named(Errno::EISDIR.into()));
        }
        let mut walk = Walk::new(self, Op::Write, "copyfile", to, true);
        loop {
            let t = walk.target().map_err(named)?;
            match self.copy_target(&f, &t).await {
                Ok(()) => return Ok(()),
                Err(e) => walk.step(&t, e).map_err(named)?,
            }
        }
    }

    async fn copy_target(&self, f: &Target, t: &Target) -> Result<()> {
        if f.path == t.path {
            return Ok(());
        }
        if f.mount.id == t.mount.id && f.mount.caps.copy {
            self.may_hold_file(t).await?;
            let copy = f.mount.resource.copy(&f.below, &t.below);
            let mut done = t.doing(&self.vfs, "copy", 0, copy).await;
            if let Err(e) = &done
                && absent(e)
                && self.make_way(t).await?
            {
                done = f.mount.resource.copy(&f.below, &t.below).await;
            }
            self.content_changed(t);
            return done;
        }
        let body = Body::new(f.read(&self.vfs, ByteRange::ALL, true).await?);
        self.write_target(t, &body, &WriteOptions::default()).await.map(drop)
    }

    /// Renames, and where that is impossible between mounts copies everything with its attributes, checks the copy, and only
    /// then deletes the source. An existing target is replaced as by `rename`. A copy that fails leaves the source as it was.
    pub async fn move_tree(&self, from: &VPath, to: &VPath) -> Result<()> {
        match self.rename(from, to, RenameMode::Replace).await {
            Err(e) if e.errno() == Errno::EXDEV => {}
            other => return other,
        }
        let named = |e: VfsError| e.op("rename");
        self.check(Op::Write, from).map_err(named)?;
        let source = self.lstat(from).await.map_err(named)?;
        match self.lstat(to).await {
            Ok(target) => {
                replaceable(&source, &target).map_err(|e| named(e.operand(from.as_bytes()).dest(to.as_bytes())))?;
                if target.is_dir() {
                    self.rmdir(to).await.map_err(named)?;
                } else if !(source.is_file() && target.is_file()) {
                    self.remove(to).await.map_err(named)?;
                }
            }
            Err(e) if absent(&e) => {}
            Err(e) => return Err(named(e)),
        }
        let tree = self.scan(from, source).await.map_err(named)?;
        self.copy_scanned(from, to, &tree).await.map_err(named)?;
        for (path, stat) in tree.iter().rev() {
            if stat.is_dir() {
                self.rmdir(path).await.map_err(named)?;
            } else {
                self.remove(path).await.map_err(named)?;
            }
        }
        Ok(())
    }

    /// Everything at and below `root`, parents first.
    async fn scan(&self, root: &VPath, stat: Stat) -> Result<Vec<(VPath, Stat)>> {
        let mut tree = vec![(root.clone(), stat)];
        let mut next = 0;
        while let Some((path, stat)) = tree.get(next).cloned() {
            next += 1;
            if !stat.is_dir() {
                continue;
            }
            for entry in self.read_dir(&path).await? {
                let path = path.child(&entry.name)?;
                let stat = match entry.stat {
                    Some(stat) => stat,
                    None => self.lstat(&path).await?,
                };
                tree.push((path, stat));
            }
        }
        Ok(tree)
    }

    async fn copy_scanned(&self, from: &VPath, to: &VPath, tree: &[(VPath, Stat)]) -> Result<()> {
        let place = |path: &VPath| Some(to.append(&path.relative_to(from)?));
        let mut files = Vec::new();
        for (path, stat) in tree {
            let Some(target) = place(path) else { continue };
            match stat.kind {
                FileKind::Dir => match self.mkdir(&target, None).await {
                    // Left over from an attempt that did not come to its end.
                    Err(e) if e.errno() == Errno::EEXIST && self.lstat(&target).await?.is_dir() => {}
                    other => other?,
                },
                FileKind::File => files.push((path, target, stat)),
                FileKind::Symlink => {
                    let text = self.read_link(path).await?;
                    match self.symlink(&text, &target).await {
                        Err(e) if e.errno() == Errno::EEXIST && self.read_link(&target).await? == text => {}
                        other => other?,
                    }
                }
                _ => {
                    return Err(VfsError::new(Errno::ENOTSUP)
                        .detail("devices, sockets and pipes cannot be moved between mounts")
                        .operand(path.as_bytes()));
                }
            }
        }
        stream::iter(files)
            .map(|(path, target, stat)| async move {
                let body = self.read(path, ByteRange::ALL).await?;
                let options = WriteOptions {
                    content_type: stat.content_type.clone(),
                    ..WriteOptions::default()
                };
                let (body, counted) = count(body);
                let written = self.write(&target, body, &options).await?;
                let counted = counted.load(Ordering::Acquire);
                if stat.size.is_none_or(|n| n == counted) {
                    verify(stat, counted, &written, &target)?;
                } else {
                    // The stat was older than the bytes.
                    verify(&self.lstat(path).await?, counted, &written, &target)?;
                }
                self.keep_attributes(&target, stat).await
            })
            .buffer_unordered(PARALLEL)
            .try_collect::<()>()
            .await?;
        for (path, stat) in tree.iter().rev().filter(|(_, stat)| stat.is_dir()) {
            if let Some(target) = place(path) {
                self.keep_attributes(&target, stat).await?;
            }
        }
        Ok(())
    }

    async fn keep_attributes(&self, target: &VPath, stat: &Stat) -> Result<()> {
        let attr = SetAttr {
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            atime: stat.atime,
            mtime: stat.mtime,
        };
        if attr == SetAttr::default() {
            return Ok(());
        }
        match self.set_attr(target, attr, false).await {
            // As `mv` does: what the target cannot keep is lost, the content is not.
            Err(e) if matches!(e.errno(), Errno::EPERM | Errno::ENOTSUP) => Ok(()),
            other => other,
        }
    }

    /// Moves a file or a tree inside one backend that cannot rename: copies all of it, then deletes the source.
    pub(crate) async fn move_within(&self, f: &Target, t: &Target, source: &Stat) -> Result<()> {
        let resource = &f.mount.resource;
        let caps = f.mount.caps;
        let mut tree = vec![(f.below.clone(), source.clone())];
        let mut next = 0;
        while let Some((path, stat)) = tree.get(next).cloned() {
            next += 1;
            if !stat.is_dir() {
                continue;
            }
            let mut entries = match resource.list(&path).await {
                Ok(entries) => entries,
                // A directory that by now only the namespace keeps alive.
                Err(e) if absent(&e) && !caps.directories => continue,
                Err(e) => return Err(e),
            };
            while let Some(entry) = entries.next().await.transpose()? {
                let path = path.child(&entry.name)?;
                let stat = match entry.stat {
                    Some(stat) => stat,
                    None => resource.stat(&path).await?,
                };
                tree.push((path, stat));
            }
        }
        let place = |path: &VPath| Some(t.below.append(&path.relative_to(&f.below)?));
        let mut files = Vec::new();
        for (path, stat) in &tree {
            let Some(target) = place(path) else { continue };
            match stat.kind {
                FileKind::Dir if !caps.directories => {}
                FileKind::Dir => match resource.mkdir(&target, stat.mode).await {
                    Err(e) if e.errno() == Errno::EEXIST && resource.stat(&target).await?.is_dir() => {}
                    other => other?,
                },
                FileKind::Symlink => resource.symlink(&resource.read_link(path).await?, &target).await?,
                _ => files.push((path, target, stat)),
            }
        }
        // A loop and not a closure: what a closure over references makes is not known to be `Send` by those who box it.
        let mut copies = Vec::with_capacity(files.len());
        for (path, target, stat) in files {
            copies.push(async move { copy_file(resource, caps.copy, path, &target, stat).await });
        }
        let copied = stream::iter(copies)
            .buffer_unordered(PARALLEL)
            .try_collect::<()>()
            .await;
        t.changed_tree(&self.vfs);
        copied?;
        let mut done = Ok(());
        for (path, stat) in tree.iter().rev() {
            done = match stat.kind {
                FileKind::Dir if !caps.directories => Ok(()),
                FileKind::Dir => resource.rmdir(path).await,
                _ => resource.remove(path).await,
            };
            if done.is_err() {
                break;
            }
        }
        f.changed_tree(&self.vfs);
        done
    }
}

async fn copy_file(resource: &Arc<dyn Resource>, inside: bool, from: &VPath, to: &VPath, stat: &Stat) -> Result<()> {
    if inside {
        return resource.copy(from, to).await;
    }
    let (body, counted) = count(resource.read(from, ByteRange::ALL, stat.fingerprint.as_ref()).await?);
    let options = WriteOptions {
        mode: stat.mode,
        content_type: stat.content_type.clone(),
        ..WriteOptions::default()
    };
    let written = resource.write(to, body, &options).await?;
    verify(stat, counted.load(Ordering::Acquire), &written, to)
}

/// A stream that counts its bytes.
fn count(body: ByteStream) -> (ByteStream, Arc<AtomicU64>) {
    let counted = Arc::new(AtomicU64::new(0));
    let counter = counted.clone();
    let body = body.inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            counter.fetch_add(chunk.len() as u64, Ordering::AcqRel);
        }
    });
    (ByteStream::new(body), counted)
}

/// `EIO` unless as many bytes were written as the source has and the target now says.
fn verify(source: &Stat, counted: u64, written: &Stat, target: &VPath) -> Result<()> {
    let right = source.size.is_none_or(|n| n == counted) && written.size.is_none_or(|n| n == counted);
    if right {
        return Ok(());
    }
    Err(VfsError::new(Errno::EIO)
        .detail(format!(
            "the copy is incomplete: {counted} bytes of {:?} read, {:?} written",
            source.size, written.size
        ))
        .operand(target.as_bytes()))
}
