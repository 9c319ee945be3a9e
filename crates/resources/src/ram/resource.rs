//! [`Resource`] for [`Ram`], and the operations that change the tree.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use vfs::resource::{RenameMode, SpaceInfo};
use vfs::{
    ByteRange, ByteStream, Capabilities, DirEntry, EntryStream, Errno, FileKind, Fingerprint, OpenOptions,
    Precondition, RandomFile, Resource, Result, SetAttr, Stat, Time, VPath, VfsError, WriteOptions, XattrMode,
};

use super::content::{CHUNK, Content, Pieces};
use super::file::{FileState, RamFile};
use super::tree::{Attr, Dir, Entry, Ino, Link, Node, Special, Tree, Xattrs, not_regular};
use super::usage::Usage;
use super::{Ram, Shared};

/// Up to this many pieces a read is handed over as a list, beyond it as a lazy stream (a hole of a terabyte has millions).
const LISTED: u64 = 4096;

const FILE_MODE: u32 = 0o644;
const DIR_MODE: u32 = 0o755;
const LINK_MODE: u32 = 0o777;

impl Shared {
    /// Changes the file that `find` names, with only its own lock held where possible: the tree's write lock is taken when a
    /// snapshot shares the file.
    pub(super) fn change<T>(
        &self,
        find: impl Fn(&Tree) -> Result<Ino>,
        change: impl FnOnce(&mut FileState, &Usage) -> Result<T>,
    ) -> Result<T> {
        {
            let tree = self.tree.read();
            if let Node::File(file) = tree.get(find(&tree)?)?
                && file.generation == tree.generation()
            {
                return change(&mut file.state.write(), &self.usage);
            }
        }
        let mut tree = self.tree.write();
        let ino = find(&tree)?;
        change(&mut tree.own_file(ino)?.state.write(), &self.usage)
    }

    /// The last handle of `ino` is gone: so is the file, if it has no name.
    pub(super) fn closed(&self, ino: Ino) {
        if !self.tree.read().is_orphan(ino) {
            return;
        }
        let mut tree = self.tree.write();
        let gone = if tree.is_orphan(ino) && !self.opens.lock().contains_key(&ino) {
            tree.free(ino)
        } else {
            None
        };
        drop(tree);
        self.account(gone);
    }

    /// Takes one name off a node; the node, if that was the last and nobody has it open, for dropping outside the lock.
    fn unlink(&self, tree: &mut Tree, ino: Ino, now: Time) -> Result<Option<Node>> {
        let is_dir = tree.get(ino)?.is_dir();
        let left = tree.alter(ino, |attr, nlink| {
            attr.ctime = now;
            if !is_dir {
                *nlink -= 1;
            }
            *nlink
        })?;
        if left > 0 {
            return Ok(None);
        }
        if self.opens.lock().contains_key(&ino) {
            tree.orphan(ino);
            return Ok(None);
        }
        Ok(tree.free(ino))
    }

    /// Gives back what a freed node used.
    fn account(&self, gone: Option<Node>) {
        match gone {
            Some(Node::File(file)) => self.usage.free_file(file.state.read().content.stored()),
            Some(_) => self.usage.free_file(0),
            None => {}
        }
    }

    /// Makes a new node under a free name.
    fn create(&self, tree: &mut Tree, parent: Ino, name: &[u8], node: Node) -> Result<Ino> {
        self.usage.add_file()?;
        let is_dir = node.is_dir();
        let ino = tree.add(node);
        tree.bind(parent, name, ino, is_dir, Time::now())?;
        Ok(ino)
    }

    /// Makes a new file with `content` under a free name.
    fn create_file(&self, tree: &mut Tree, at: &Entry<'_>, mode: Option<u32>, content: Content) -> Result<Ino> {
        let stored = content.stored();
        self.usage.resize(0, stored)?;
        let node = tree.new_file(FileState::new(mode.unwrap_or(FILE_MODE), content));
        self.create(tree, at.parent, at.name, node)
            .inspect_err(|_| self.usage.resize(stored, 0).unwrap_or_default())
    }

    /// Makes a node that is not a file; `EEXIST` if the name is taken.
    fn make(&self, path: &VPath, node: Node) -> Result<()> {
        let mut tree = self.tree.write();
        match tree.entry(path)? {
            Some(Entry {
                parent,
                name,
                ino: None,
            }) => self.create(&mut tree, parent, name, node).map(drop),
            _ => Err(Errno::EEXIST.into()),
        }
    }

    /// Replaces the content of a file, or makes it.
    fn put(&self, path: &VPath, content: Content, options: &WriteOptions) -> Result<Stat> {
        let exclusive = options.precondition == Precondition::Absent;
        {
            let tree = self.tree.read();
            if let Some(Entry { ino: Some(ino), .. }) = tree.entry(path)? {
                if exclusive {
                    return Err(Errno::EEXIST.into());
                }
                let file = tree.file(ino, path)?;
                if file.generation == tree.generation() {
                    let mut state = file.state.write();
                    holds(&state, &options.precondition)?;
                    let old = state.replace(&self.usage, content)?;
                    let stat = state.stat(ino);
                    drop(state);
                    drop(tree);
                    drop(old);
                    return Ok(stat);
                }
            }
        }
        let mut tree = self.tree.write();
        let Some(at) = tree.entry(path)? else {
            return Err(Errno::EISDIR.into());
        };
        let Some(ino) = at.ino else {
            if let Precondition::Matches(_) = options.precondition {
                return Err(Errno::ESTALE.into());
            }
            let ino = self.create_file(&mut tree, &at, options.mode, content)?;
            return Ok(tree.get(ino)?.stat(ino));
        };
        if exclusive {
            return Err(Errno::EEXIST.into());
        }
        tree.file(ino, path)?;
        let mut state = tree.own_file(ino)?.state.write();
        holds(&state, &options.precondition)?;
        let old = state.replace(&self.usage, content)?;
        let stat = state.stat(ino);
        drop(state);
        drop(tree);
        drop(old);
        Ok(stat)
    }

    fn add_to_end(&self, path: &VPath, data: &Bytes) -> Result<Stat> {
        let append = |state: &mut FileState, usage: &Usage, ino| {
            state.append(usage, data)?;
            Ok(state.stat(ino))
        };
        {
            let tree = self.tree.read();
            match tree.find_file(path) {
                Ok((ino, file)) if file.generation == tree.generation() => {
                    return append(&mut file.state.write(), &self.usage, ino);
                }
                Err(e) if e.errno() != Errno::ENOENT => return Err(e),
                _ => {}
            }
        }
        let mut tree = self.tree.write();
        let Some(at) = tree.entry(path)? else {
            return Err(Errno::EISDIR.into());
        };
        if at.ino.is_none() {
            let ino = self.create_file(&mut tree, &at, None, Content::flat(data.clone()))?;
            return Ok(tree.get(ino)?.stat(ino));
        }
        let (ino, _) = tree.find_file(path)?;
        append(&mut tree.own_file(ino)?.state.write(), &self.usage, ino)
    }

    fn open(self: &Arc<Self>, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        let existing = |tree: &Tree, ino: Ino| -> Result<()> {
            match tree.get(ino)? {
                _ if options.create && options.exclusive => Err(Errno::EEXIST.into()),
                Node::Link(_) if options.no_follow => Err(Errno::ELOOP.into()),
                Node::Link(link) => Err(VfsError::link(path.clone(), link.target.clone())),
                Node::Dir(_) => Err(Errno::EISDIR.into()),
                Node::Special(_) => Err(not_regular()),
                Node::File(_) => Ok(()),
            }
        };
        let handle = {
            let tree = self.tree.read();
            match tree.entry(path)? {
                None => return Err(Errno::EISDIR.into()),
                Some(Entry { ino: Some(ino), .. }) => {
                    existing(&tree, ino)?;
                    Some((ino, RamFile::register(self, ino)))
                }
                Some(_) if !options.create => return Err(Errno::ENOENT.into()),
                Some(_) => None,
            }
        };
        let (ino, handle) = match handle {
            Some(found) => found,
            None => {
                let mut tree = self.tree.write();
                let at = tree.entry(path)?.ok_or(Errno::EISDIR)?;
                match at.ino {
                    Some(ino) => {
                        existing(&tree, ino)?;
                        (ino, RamFile::register(self, ino))
                    }
                    None => {
                        let ino = self.create_file(&mut tree, &at, options.mode, Content::default())?;
                        return Ok(RamFile::register(self, ino));
                    }
                }
            }
        };
        if options.truncate {
            let old = self.change(|_| Ok(ino), |file, usage| file.replace(usage, Content::default()))?;
            drop(old);
        }
        Ok(handle)
    }

    fn remove(&self, path: &VPath) -> Result<()> {
        let mut tree = self.tree.write();
        let Some(at) = tree.entry(path)? else {
            return Err(Errno::EISDIR.into());
        };
        let ino = at.ino.ok_or(Errno::ENOENT)?;
        if tree.get(ino)?.is_dir() {
            return Err(Errno::EISDIR.into());
        }
        let now = Time::now();
        tree.unbind(at.parent, at.name, false, now)?;
        let gone = self.unlink(&mut tree, ino, now)?;
        drop(tree);
        self.account(gone);
        Ok(())
    }

    fn rmdir(&self, path: &VPath) -> Result<()> {
        let mut tree = self.tree.write();
        let Some(at) = tree.entry(path)? else {
            return Err(Errno::EBUSY.into());
        };
        let ino = at.ino.ok_or(Errno::ENOENT)?;
        if !tree.dir(ino)?.entries.is_empty() {
            return Err(Errno::ENOTEMPTY.into());
        }
        let now = Time::now();
        tree.unbind(at.parent, at.name, true, now)?;
        let gone = self.unlink(&mut tree, ino, now)?;
        drop(tree);
        self.account(gone);
        Ok(())
    }

    /// The checks are in Linux's order (`fs/namei.c`), so that the errno is the same when several apply.
    fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        let mut tree = self.tree.write();
        let (source, target) = (tree.entry(from)?, tree.entry(to)?);
        let (Some(source), Some(target)) = (source, target) else {
            return Err(Errno::EBUSY.into());
        };
        let ino = source.ino.ok_or(Errno::ENOENT)?;
        let is_dir = tree.get(ino)?.is_dir();
        match (mode, target.ino) {
            (RenameMode::NoReplace, Some(_)) => return Err(Errno::EEXIST.into()),
            (RenameMode::Exchange, None) => return Err(Errno::ENOENT.into()),
            _ => {}
        }
        if from != to && to.starts_with(from) {
            return Err(Errno::EINVAL.into());
        }
        if from != to && from.starts_with(to) {
            return Err(match mode {
                RenameMode::Exchange => Errno::EINVAL.into(),
                _ => Errno::ENOTEMPTY.into(),
            });
        }
        if target.ino == Some(ino) {
            return Ok(());
        }
        let now = Time::now();
        let mut gone = None;
        if let Some(old) = target.ino {
            let old_is_dir = tree.get(old)?.is_dir();
            if mode == RenameMode::Exchange {
                tree.unbind(source.parent, source.name, is_dir, now)?;
                tree.unbind(target.parent, target.name, old_is_dir, now)?;
                tree.bind(source.parent, source.name, old, old_is_dir, now)?;
                tree.bind(target.parent, target.name, ino, is_dir, now)?;
                tree.touch(old, now)?;
                return tree.touch(ino, now);
            }
            match (is_dir, old_is_dir) {
                (true, false) => return Err(Errno::ENOTDIR.into()),
                (false, true) => return Err(Errno::EISDIR.into()),
                (true, true) if !tree.dir(old)?.entries.is_empty() => return Err(Errno::ENOTEMPTY.into()),
                _ => {}
            }
            tree.unbind(target.parent, target.name, old_is_dir, now)?;
            gone = self.unlink(&mut tree, old, now)?;
        }
        tree.unbind(source.parent, source.name, is_dir, now)?;
        tree.bind(target.parent, target.name, ino, is_dir, now)?;
        tree.touch(ino, now)?;
        drop(tree);
        self.account(gone);
        Ok(())
    }

    fn hard_link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        let mut tree = self.tree.write();
        let (ino, node) = tree.find(existing)?;
        let is_dir = node.is_dir();
        let Some(Entry {
            parent,
            name,
            ino: None,
        }) = tree.entry(new)?
        else {
            return Err(Errno::EEXIST.into());
        };
        if is_dir {
            return Err(Errno::EPERM.into());
        }
        let now = Time::now();
        tree.alter(ino, |attr, nlink| {
            *nlink = nlink.checked_add(1).ok_or(Errno::EMLINK)?;
            attr.ctime = now;
            Ok::<(), VfsError>(())
        })??;
        tree.bind(parent, name, ino, false, now)
    }

    fn set_attr(&self, path: &VPath, attr: &SetAttr) -> Result<()> {
        {
            let tree = self.tree.read();
            if let (_, Node::File(file)) = tree.find(path)?
                && file.generation == tree.generation()
            {
                file.state.write().attr.set(attr);
                return Ok(());
            }
        }
        let mut tree = self.tree.write();
        let (ino, _) = tree.find(path)?;
        tree.alter(ino, |all, _| all.set(attr))
    }

    fn set_xattr(&self, path: &VPath, name: &[u8], value: Option<Bytes>, mode: XattrMode) -> Result<()> {
        let mut tree = self.tree.write();
        let (ino, _) = tree.find(path)?;
        tree.alter(ino, |attr, _| attr.set_xattr(name, value, mode))?
    }

    fn xattrs<T>(&self, path: &VPath, look: impl FnOnce(Option<&Xattrs>) -> T) -> Result<T> {
        let tree = self.tree.read();
        let (ino, _) = tree.find(path)?;
        tree.look(ino, |attr| look(attr.xattrs.as_deref()))
    }

    /// Takes in a whole body; `ENOSPC` as soon as it is larger than what replacing the file at `path` leaves room for.
    async fn take_in(&self, path: &VPath, body: ByteStream) -> Result<Content> {
        let mut body = match body {
            ByteStream::Bytes(bytes) => return Ok(Content::flat(bytes)),
            other => other,
        };
        let old = {
            let tree = self.tree.read();
            match tree.find_file(path) {
                Ok((_, file)) => file.state.read().content.stored(),
                // Said before a long body is read for nothing.
                Err(e) if e.errno() != Errno::ENOENT => return Err(e),
                Err(_) => {
                    tree.entry(path)?;
                    0
                }
            }
        };
        let mut content = Content::default();
        while let Some(piece) = body.next().await {
            content.write_at(content.len(), &piece?);
            if content.stored() > self.usage.room_for(old) {
                return Err(Errno::ENOSPC.into());
            }
        }
        Ok(content)
    }
}

/// Whether a precondition holds for an existing file; `ESTALE` if not.
fn holds(file: &FileState, precondition: &Precondition) -> Result<()> {
    match precondition {
        Precondition::Matches(print) if print != file.fingerprint() => Err(Errno::ESTALE.into()),
        _ => Ok(()),
    }
}

/// Pieces as a stream that is ready at every poll.
fn stream_of(mut pieces: Pieces, len: u64) -> ByteStream {
    let Some(first) = pieces.next() else {
        return ByteStream::empty();
    };
    if first.len() as u64 == len {
        return ByteStream::Bytes(first);
    }
    let all = std::iter::once(first).chain(pieces);
    if len / (CHUNK as u64) < LISTED {
        return ByteStream::Chunks(all.collect::<Vec<_>>().into_iter());
    }
    ByteStream::new(stream::iter(all.map(Ok)))
}

#[async_trait]
impl Resource for Ram {
    fn kind(&self) -> &str {
        "ram"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: true,
            random_access: true,
            append: true,
            rename: true,
            copy: true,
            symlinks: true,
            hard_links: true,
            attributes: true,
            directories: true,
            // Listings carry stats for free: there is nothing for a flat listing to save.
            flat_list: false,
            remote: false,
            instant: true,
        }
    }

    fn prompt(&self) -> Option<String> {
        Some("{prefix} is kept in memory: fast, private to this workspace, gone when it closes.".into())
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        let tree = self.0.tree.read();
        let (ino, node) = tree.find(path)?;
        Ok(node.stat(ino))
    }

    async fn list(&self, path: &VPath) -> Result<EntryStream> {
        let tree = self.0.tree.read();
        match tree.find(path)? {
            (_, Node::Dir(dir)) => {
                let mut entries = Vec::with_capacity(dir.entries.len());
                for (name, ino) in &dir.entries {
                    entries.push(DirEntry {
                        name: Box::from(&**name),
                        stat: Some(tree.get(*ino)?.stat(*ino)),
                    });
                }
                Ok(EntryStream::ready(entries))
            }
            (_, Node::File(_) | Node::Special(_)) => Err(Errno::ENOTDIR.into()),
            (_, Node::Link(link)) => Err(VfsError::link(path.clone(), link.target.clone())),
        }
    }

    async fn read(&self, path: &VPath, range: ByteRange, pin: Option<&Fingerprint>) -> Result<ByteStream> {
        let tree = self.0.tree.read();
        let (_, file) = tree.find_file(path)?;
        file.read(
            tree.generation(),
            |state| match pin {
                Some(pin) if pin != state.fingerprint() => Err(Errno::ESTALE.into()),
                _ => Ok(()),
            },
            |content| range.clamp(content.len()),
            |content, start, end| stream_of(content.pieces(start, end), end - start),
        )
    }

    async fn open(&self, path: &VPath, options: &OpenOptions) -> Result<Arc<dyn RandomFile>> {
        self.0.open(path, options)
    }

    async fn write(&self, path: &VPath, body: ByteStream, options: &WriteOptions) -> Result<Stat> {
        let content = self.0.take_in(path, body).await?;
        self.0.put(path, content, options)
    }

    async fn append(&self, path: &VPath, body: ByteStream) -> Result<Stat> {
        let data = body.collect().await?;
        self.0.add_to_end(path, &data)
    }

    async fn truncate(&self, path: &VPath, len: u64) -> Result<()> {
        self.0.change(
            |tree| Ok(tree.find_file(path)?.0),
            |file, usage| file.truncate(usage, len),
        )
    }

    async fn mkdir(&self, path: &VPath, mode: Option<u32>) -> Result<()> {
        self.0
            .make(path, Node::Dir(Arc::new(Dir::new(mode.unwrap_or(DIR_MODE)))))
    }

    async fn remove(&self, path: &VPath) -> Result<()> {
        self.0.remove(path)
    }

    async fn rmdir(&self, path: &VPath) -> Result<()> {
        self.0.rmdir(path)
    }

    async fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) -> Result<()> {
        self.0.rename(from, to, mode)
    }

    async fn copy(&self, from: &VPath, to: &VPath) -> Result<()> {
        let (content, mode) = {
            let tree = self.0.tree.read();
            let (ino, file) = tree.find_file(from)?;
            if tree.find_file(to).is_ok_and(|(target, _)| target == ino) {
                return Ok(());
            }
            let mut state = file.state.write();
            (state.content.share(), state.attr.mode)
        };
        let options = WriteOptions {
            mode: Some(mode),
            ..WriteOptions::default()
        };
        self.0.put(to, content, &options).map(drop)
    }

    async fn link(&self, existing: &VPath, new: &VPath) -> Result<()> {
        self.0.hard_link(existing, new)
    }

    async fn symlink(&self, target: &[u8], path: &VPath) -> Result<()> {
        if target.is_empty() {
            return Err(Errno::ENOENT.into());
        }
        if target.len() >= vfs::path::PATH_MAX {
            return Err(Errno::ENAMETOOLONG.into());
        }
        let link = Link {
            attr: Attr::new(LINK_MODE, Time::now()),
            nlink: 1,
            target: target.into(),
        };
        self.0.make(path, Node::Link(Arc::new(link)))
    }

    async fn mknod(&self, path: &VPath, kind: FileKind, mode: u32, rdev: u64) -> Result<()> {
        let special = Special {
            attr: Attr::new(mode, Time::now()),
            nlink: 1,
            kind,
            rdev,
        };
        match kind {
            FileKind::Fifo | FileKind::Socket | FileKind::CharDevice | FileKind::BlockDevice => {
                self.0.make(path, Node::Special(Arc::new(special)))
            }
            _ => Err(Errno::EINVAL.into()),
        }
    }

    async fn get_xattr(&self, path: &VPath, name: &[u8]) -> Result<Bytes> {
        self.0
            .xattrs(path, |all| all.and_then(|all| all.get(name).cloned()))?
            .ok_or_else(|| Errno::ENODATA.into())
    }

    async fn list_xattr(&self, path: &VPath) -> Result<Vec<Box<[u8]>>> {
        self.0.xattrs(path, |all| {
            all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
        })
    }

    async fn set_xattr(&self, path: &VPath, name: &[u8], value: Bytes, mode: XattrMode) -> Result<()> {
        self.0.set_xattr(path, name, Some(value), mode)
    }

    async fn remove_xattr(&self, path: &VPath, name: &[u8]) -> Result<()> {
        self.0.set_xattr(path, name, None, XattrMode::Any)
    }

    async fn read_link(&self, path: &VPath) -> Result<Bytes> {
        let tree = self.0.tree.read();
        match tree.find(path)? {
            (_, Node::Link(link)) => Ok(Bytes::copy_from_slice(&link.target)),
            _ => Err(Errno::EINVAL.into()),
        }
    }

    async fn set_attr(&self, path: &VPath, attr: SetAttr) -> Result<()> {
        self.0.set_attr(path, &attr)
    }

    async fn space(&self) -> Result<Option<SpaceInfo>> {
        Ok(Some(self.0.usage.space()))
    }
}
