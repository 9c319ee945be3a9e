//! [`Tree`]: the inode table and the directories. Flat, so that neither a deep tree nor a long chain of names is ever walked
//! by recursion, not even when it is dropped.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::RwLock;
use vfs::{Errno, FileKind, Result, SetAttr, Stat, Time, VPath, VfsError, XattrMode};

use super::file::{FileNode, FileState};
use super::unique;

/// An inode number: never used twice in the life of a tree.
pub(super) type Ino = u64;

/// The root directory's number.
pub(super) const ROOT: Ino = 1;

/// Inodes per page of the table: what the first change after a snapshot copies (as pointers).
const PAGE: u64 = 64;

/// What `ls -ld` shows as a directory's size, as on ext4.
const DIR_SIZE: u64 = 4096;

/// Attributes that every kind of node has.
#[derive(Clone)]
pub(super) struct Attr {
    pub(super) mode: u32,
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) atime: Time,
    pub(super) mtime: Time,
    pub(super) ctime: Time,
    pub(super) btime: Time,
    /// Extended attributes; most files have none.
    pub(super) xattrs: Option<Arc<Xattrs>>,
}

/// Extended attributes by name.
pub(super) type Xattrs = BTreeMap<Box<[u8]>, Bytes>;

impl Attr {
    pub(super) fn new(mode: u32, now: Time) -> Self {
        Self {
            mode: mode & 0o7777,
            uid: None,
            gid: None,
            atime: now,
            mtime: now,
            ctime: now,
            btime: now,
            xattrs: None,
        }
    }

    /// Sets, or with `None` removes, an extended attribute (`setxattr(2)`, `removexattr(2)`).
    pub(super) fn set_xattr(&mut self, name: &[u8], value: Option<Bytes>, mode: XattrMode) -> Result<()> {
        let there = self.xattrs.as_ref().is_some_and(|x| x.contains_key(name));
        match (mode, &value) {
            (XattrMode::Create, Some(_)) if there => return Err(Errno::EEXIST.into()),
            (XattrMode::Replace, Some(_)) | (_, None) if !there => return Err(Errno::ENODATA.into()),
            _ => {}
        }
        let all = Arc::make_mut(self.xattrs.get_or_insert_default());
        match value {
            Some(value) => all.insert(name.into(), value),
            None => all.remove(name),
        };
        if all.is_empty() {
            self.xattrs = None;
        }
        self.ctime = Time::now();
        Ok(())
    }

    pub(super) fn set(&mut self, attr: &SetAttr) {
        if let Some(mode) = attr.mode {
            self.mode = mode & 0o7777;
        }
        self.uid = attr.uid.or(self.uid);
        self.gid = attr.gid.or(self.gid);
        self.atime = attr.atime.unwrap_or(self.atime);
        self.mtime = attr.mtime.unwrap_or(self.mtime);
        self.ctime = Time::now();
    }

    pub(super) fn fill(&self, ino: Ino, stat: Stat) -> Stat {
        Stat {
            mode: Some(self.mode),
            uid: self.uid,
            gid: self.gid,
            ino,
            atime: Some(self.atime),
            mtime: Some(self.mtime),
            ctime: Some(self.ctime),
            btime: Some(self.btime),
            ..stat
        }
    }
}

/// A directory.
#[derive(Clone)]
pub(super) struct Dir {
    pub(super) attr: Attr,
    pub(super) subdirs: u32,
    pub(super) entries: BTreeMap<Arc<[u8]>, Ino>,
}

impl Dir {
    pub(super) fn new(mode: u32) -> Self {
        Self {
            attr: Attr::new(mode, Time::now()),
            subdirs: 0,
            entries: BTreeMap::new(),
        }
    }
}

/// A symbolic link.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) attr: Attr,
    pub(super) nlink: u32,
    pub(super) target: Arc<[u8]>,
}

/// A FIFO, a socket or a device file.
#[derive(Clone)]
pub(super) struct Special {
    pub(super) attr: Attr,
    pub(super) nlink: u32,
    pub(super) kind: FileKind,
    pub(super) rdev: u64,
}

/// One inode.
#[derive(Clone)]
pub(super) enum Node {
    File(Arc<FileNode>),
    Dir(Arc<Dir>),
    Link(Arc<Link>),
    Special(Arc<Special>),
}

impl Node {
    pub(super) fn is_dir(&self) -> bool {
        matches!(self, Self::Dir(_))
    }

    pub(super) fn stat(&self, ino: Ino) -> Stat {
        match self {
            Self::File(file) => file.state.read().stat(ino),
            Self::Dir(dir) => dir.attr.fill(
                ino,
                Stat {
                    size: Some(DIR_SIZE),
                    blocks: Some(DIR_SIZE / 512),
                    nlink: dir.subdirs.saturating_add(2),
                    ..Stat::dir()
                },
            ),
            Self::Link(link) => link.attr.fill(
                ino,
                Stat {
                    size: Some(link.target.len() as u64),
                    blocks: Some(0),
                    nlink: link.nlink,
                    ..Stat::new(FileKind::Symlink)
                },
            ),
            Self::Special(special) => special.attr.fill(
                ino,
                Stat {
                    size: Some(0),
                    blocks: Some(0),
                    nlink: special.nlink,
                    rdev: special.rdev,
                    ..Stat::new(special.kind)
                },
            ),
        }
    }
}

#[derive(Clone)]
struct Page {
    nodes: [Option<Node>; PAGE as usize],
    used: u32,
}

/// Where a path leads: the directory that holds its last name, and what that name stands for.
pub(super) struct Entry<'p> {
    pub(super) parent: Ino,
    pub(super) name: &'p [u8],
    pub(super) ino: Option<Ino>,
}

/// All inodes of a file system.
#[derive(Clone)]
pub(super) struct Tree {
    pages: BTreeMap<u64, Arc<Page>>,
    next: Ino,
    count: u64,
    generation: u64,
    /// Files without a name that are still open.
    orphans: HashSet<Ino>,
}

impl Tree {
    pub(super) fn new() -> Self {
        let mut tree = Self {
            pages: BTreeMap::new(),
            next: ROOT,
            count: 0,
            generation: unique(),
            orphans: HashSet::new(),
        };
        tree.add(Node::Dir(Arc::new(Dir::new(0o755))));
        tree
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn next_ino(&self) -> Ino {
        self.next
    }

    /// Makes numbers below `next` unavailable.
    pub(super) fn reserve_inos(&mut self, next: Ino) {
        self.next = self.next.max(next);
    }

    /// A tree that shares everything with this one; each gets a new generation.
    pub(super) fn share(&mut self) -> Self {
        self.renew();
        let mut copy = self.clone();
        copy.renew();
        copy
    }

    /// Files that were this tree's own become shared: the next change gives them a new node.
    pub(super) fn renew(&mut self) {
        self.generation = unique();
    }

    /// Forgets open files without a name; how many bytes they stored.
    pub(super) fn drop_orphans(&mut self) -> u64 {
        let mut bytes = 0;
        for ino in std::mem::take(&mut self.orphans) {
            if let Some(Node::File(file)) = self.free(ino) {
                bytes += file.state.read().content.stored();
            }
        }
        bytes
    }

    pub(super) fn orphan(&mut self, ino: Ino) {
        self.orphans.insert(ino);
    }

    pub(super) fn is_orphan(&self, ino: Ino) -> bool {
        !self.orphans.is_empty() && self.orphans.contains(&ino)
    }

    /// The node `ino`; `ESTALE` when it is gone (an open file after going back to a snapshot).
    pub(super) fn get(&self, ino: Ino) -> Result<&Node> {
        self.pages
            .get(&(ino / PAGE))
            .and_then(|page| page.nodes[(ino % PAGE) as usize].as_ref())
            .ok_or_else(|| Errno::ESTALE.into())
    }

    fn slot(&mut self, ino: Ino) -> Option<&mut Node> {
        let page = Arc::make_mut(self.pages.get_mut(&(ino / PAGE))?);
        page.nodes[(ino % PAGE) as usize].as_mut()
    }

    /// Puts a node into the table.
    pub(super) fn add(&mut self, node: Node) -> Ino {
        let ino = self.next;
        self.next += 1;
        self.count += 1;
        let page = self.pages.entry(ino / PAGE).or_insert_with(|| {
            Arc::new(Page {
                nodes: [const { None }; PAGE as usize],
                used: 0,
            })
        });
        let page = Arc::make_mut(page);
        page.nodes[(ino % PAGE) as usize] = Some(node);
        page.used += 1;
        ino
    }

    /// Takes a node out of the table; the caller drops it after letting go of the lock.
    pub(super) fn free(&mut self, ino: Ino) -> Option<Node> {
        let shared = self.pages.get_mut(&(ino / PAGE))?;
        let page = Arc::make_mut(shared);
        let node = page.nodes[(ino % PAGE) as usize].take()?;
        page.used -= 1;
        self.count -= 1;
        self.orphans.remove(&ino);
        // The page that is being filled stays, so that one name made and removed over and over costs no allocation.
        if page.used == 0 && ino / PAGE != self.next / PAGE {
            self.pages.remove(&(ino / PAGE));
        }
        Some(node)
    }

    /// The directory `ino`, for reading.
    pub(super) fn dir(&self, ino: Ino) -> Result<&Dir> {
        match self.get(ino)? {
            Node::Dir(dir) => Ok(dir),
            _ => Err(Errno::ENOTDIR.into()),
        }
    }

    /// The directory `ino`, for changing.
    pub(super) fn dir_mut(&mut self, ino: Ino) -> Result<&mut Dir> {
        match self.slot(ino) {
            Some(Node::Dir(dir)) => Ok(Arc::make_mut(dir)),
            Some(_) => Err(Errno::ENOTDIR.into()),
            None => Err(Errno::ESTALE.into()),
        }
    }

    /// Changes the attributes and the number of names of any node; of a directory the latter is not kept.
    pub(super) fn alter<T>(&mut self, ino: Ino, change: impl FnOnce(&mut Attr, &mut u32) -> T) -> Result<T> {
        if let Node::File(_) = self.get(ino)? {
            let mut state = self.own_file(ino)?.state.write();
            let state = &mut *state;
            return Ok(change(&mut state.attr, &mut state.nlink));
        }
        match self.slot(ino) {
            Some(Node::Dir(dir)) => Ok(change(&mut Arc::make_mut(dir).attr, &mut 0)),
            Some(Node::Link(link)) => {
                let link = Arc::make_mut(link);
                Ok(change(&mut link.attr, &mut link.nlink))
            }
            Some(Node::Special(special)) => {
                let special = Arc::make_mut(special);
                Ok(change(&mut special.attr, &mut special.nlink))
            }
            _ => Err(Errno::ESTALE.into()),
        }
    }

    /// Looks at the attributes of any node.
    pub(super) fn look<T>(&self, ino: Ino, look: impl FnOnce(&Attr) -> T) -> Result<T> {
        Ok(match self.get(ino)? {
            Node::File(file) => look(&file.state.read().attr),
            Node::Dir(dir) => look(&dir.attr),
            Node::Link(link) => look(&link.attr),
            Node::Special(special) => look(&special.attr),
        })
    }

    /// The file `ino`, made this tree's own: what a snapshot shares is copied (chunks stay shared).
    pub(super) fn own_file(&mut self, ino: Ino) -> Result<&FileNode> {
        let generation = self.generation;
        match self.slot(ino) {
            Some(Node::File(file)) => {
                if file.generation != generation {
                    let state = RwLock::new(file.state.write().share());
                    *file = Arc::new(FileNode { generation, state });
                }
                Ok(file)
            }
            Some(_) => Err(Errno::EINVAL.into()),
            None => Err(Errno::ESTALE.into()),
        }
    }

    /// Walks the directories of `path`, all of whose components must be directories.
    fn walk(&self, path: &[u8]) -> Result<Ino> {
        let mut at = ROOT;
        let mut start = 1;
        while start < path.len() {
            let end = path[start..]
                .iter()
                .position(|b| *b == b'/')
                .map_or(path.len(), |n| start + n);
            at = *self.dir(at)?.entries.get(&path[start..end]).ok_or(Errno::ENOENT)?;
            match self.get(at)? {
                Node::Dir(_) => {}
                Node::File(_) | Node::Special(_) => return Err(Errno::ENOTDIR.into()),
                Node::Link(link) => return Err(VfsError::link(VPath::new(&path[..end])?, link.target.clone())),
            }
            start = end + 1;
        }
        Ok(at)
    }

    /// Where `path` leads; the last name may be missing. `None` for the root, which has no name.
    pub(super) fn entry<'p>(&self, path: &'p VPath) -> Result<Option<Entry<'p>>> {
        let Some(name) = path.file_name() else {
            return Ok(None);
        };
        let bytes = path.as_bytes();
        let parent = self.walk(&bytes[..bytes.len() - name.len() - 1])?;
        let ino = self.dir(parent)?.entries.get(name).copied();
        Ok(Some(Entry { parent, name, ino }))
    }

    /// The node at `path` itself, be it a link.
    pub(super) fn find(&self, path: &VPath) -> Result<(Ino, &Node)> {
        let ino = match self.entry(path)? {
            None => ROOT,
            Some(entry) => entry.ino.ok_or(Errno::ENOENT)?,
        };
        Ok((ino, self.get(ino)?))
    }

    /// The file at `path`; `EISDIR` for a directory, the link for the namespace to follow.
    pub(super) fn find_file(&self, path: &VPath) -> Result<(Ino, &FileNode)> {
        let ino = match self.entry(path)? {
            None => ROOT,
            Some(entry) => entry.ino.ok_or(Errno::ENOENT)?,
        };
        Ok((ino, self.file(ino, path)?))
    }

    /// The node `ino`, found at `path`, as [`Tree::find_file`] does.
    pub(super) fn file(&self, ino: Ino, path: &VPath) -> Result<&FileNode> {
        match self.get(ino)? {
            Node::File(file) => Ok(file),
            Node::Dir(_) => Err(Errno::EISDIR.into()),
            Node::Link(link) => Err(VfsError::link(path.clone(), link.target.clone())),
            Node::Special(_) => Err(not_regular()),
        }
    }

    /// Makes `name` in `parent` stand for `ino`.
    pub(super) fn bind(&mut self, parent: Ino, name: &[u8], ino: Ino, is_dir: bool, now: Time) -> Result<()> {
        let dir = self.dir_mut(parent)?;
        dir.entries.insert(name.into(), ino);
        dir.subdirs += u32::from(is_dir);
        (dir.attr.mtime, dir.attr.ctime) = (now, now);
        Ok(())
    }

    /// Takes `name` out of `parent`.
    pub(super) fn unbind(&mut self, parent: Ino, name: &[u8], is_dir: bool, now: Time) -> Result<()> {
        let dir = self.dir_mut(parent)?;
        dir.entries.remove(name);
        dir.subdirs -= u32::from(is_dir);
        (dir.attr.mtime, dir.attr.ctime) = (now, now);
        Ok(())
    }

    /// Notes a change of status of any node.
    pub(super) fn touch(&mut self, ino: Ino, now: Time) -> Result<()> {
        self.alter(ino, |attr, _| attr.ctime = now)
    }

    /// A new file node of this tree.
    pub(super) fn new_file(&self, state: FileState) -> Node {
        Node::File(Arc::new(FileNode {
            generation: self.generation,
            state: RwLock::new(state),
        }))
    }
}

/// What opening a FIFO, a socket or a device here answers: only the kernel knows what is behind one.
pub(super) fn not_regular() -> VfsError {
    VfsError::new(Errno::ENXIO).detail("only regular files can be opened here")
}
