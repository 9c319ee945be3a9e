//! The inode table: which file the kernel means by a number.
//!
//! The kernel names files by numbers that we give it and that stay valid until it has forgotten every lookup; the tree below
//! names them by path. An inode knows its names, the latest last. A file with several names (hard links) is one inode where
//! the backend has inode numbers of its own.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use vfs::{Errno, FileHandle, FileKind, Fingerprint, Result, Stat, VPath};

use crate::attr::Attr;

/// The number of the mount's root (`FUSE_ROOT_ID`).
pub(crate) const ROOT: u64 = 1;

/// Bits of an inode number that tell files of one backend apart; those above tell backends apart. Together they fit the 53 bits
/// that JavaScript's numbers have.
const LOW: u32 = 40;
const MASK: u64 = (1 << LOW) - 1;
/// The backend number of files whose backend has no inode numbers: theirs come from a hash of their path.
const NAMELESS: u64 = (1 << 12) - 1;

/// Where a file's inode number comes from: a mount, and the device and number within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) mount: u64,
    pub(crate) dev: u64,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) parent: u64,
    pub(crate) name: Arc<[u8]>,
}

/// What is remembered of a file.
pub(crate) struct Node {
    pub(crate) generation: u64,
    names: Vec<Name>,
    nlookup: u64,
    /// Handles that are open.
    pub(crate) handles: Vec<u64>,
    /// What the kernel was told last.
    pub(crate) last: Option<Attr>,
    /// The version of the content that the kernel's page cache may hold.
    pub(crate) cached: Option<Fingerprint>,
    /// The size that reading a file of unknown size brought to light, and the version that had it.
    pub(crate) learnt: Option<(Option<Fingerprint>, u64)>,
    /// Whether it lies where everything is answered from memory.
    pub(crate) instant: bool,
    path: Option<(u64, VPath)>,
    /// What keeps a file reachable that another one replaced: whoever had found its name before may still open it.
    pub(crate) pin: Option<Pin>,
}

/// A replaced file, open. One that is not `instant` may hold a descriptor of the process: it is only touched, and above all
/// dropped, on the bridge's side.
#[derive(Clone)]
pub(crate) struct Pin {
    /// The path that it had.
    pub(crate) path: VPath,
    pub(crate) instant: bool,
    pub(crate) file: FileHandle,
    /// Counts those that there are.
    pub(crate) _counted: Arc<()>,
}

impl Node {
    fn new() -> Self {
        Self {
            generation: 0,
            names: Vec::new(),
            nlookup: 0,
            handles: Vec::new(),
            last: None,
            cached: None,
            learnt: None,
            instant: false,
            path: None,
            pin: None,
        }
    }
}

/// See the module.
pub(crate) struct Inodes {
    root: VPath,
    /// What the root would be called if it were not the root.
    root_id: Option<u64>,
    nodes: HashMap<u64, Node, RandomState>,
    names: HashMap<Name, u64, RandomState>,
    origins: Vec<Origin>,
    hash: RandomState,
    /// Replaced files that the kernel has forgotten, to be closed where that may be done.
    forgotten: Vec<Pin>,
    /// Counts renames of directories: paths remembered before are void.
    epoch: u64,
}

impl Inodes {
    /// A table that holds the root.
    pub(crate) fn new(root: VPath) -> Self {
        let mut nodes = HashMap::with_hasher(RandomState::default());
        let mut node = Node::new();
        node.nlookup = 1;
        nodes.insert(ROOT, node);
        Self {
            root,
            root_id: None,
            nodes,
            names: HashMap::with_hasher(RandomState::default()),
            origins: Vec::new(),
            hash: RandomState::default(),
            forgotten: Vec::new(),
            epoch: 0,
        }
    }

    /// Says what the root is in its backend, so that its own number is not given to anybody else.
    pub(crate) fn set_root(&mut self, origin: Origin, ino: u64) {
        // Its backend is the first, whether or not it has numbers: number 1 of any other must not be the root's.
        self.origins = vec![origin];
        self.root_id = self.number(origin, ino);
    }

    /// What is remembered of `ino`.
    pub(crate) fn get(&mut self, ino: u64) -> Option<&mut Node> {
        self.nodes.get_mut(&ino)
    }

    /// How many files the kernel knows.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The path of `ino` in the workspace; `ESTALE` when it has no name any more.
    pub(crate) fn path(&mut self, ino: u64) -> Result<VPath> {
        if ino == ROOT {
            return Ok(self.root.clone());
        }
        if let Some(Node {
            path: Some((epoch, path)),
            ..
        }) = self.nodes.get(&ino)
            && *epoch == self.epoch
        {
            return Ok(path.clone());
        }
        let mut chain: Vec<&Name> = Vec::with_capacity(8);
        let mut at = ino;
        while at != ROOT {
            // The chain is as long as the tree is deep; a circle cannot arise, but must not hang either.
            let name = self.nodes.get(&at).and_then(|n| n.names.last()).ok_or(Errno::ESTALE)?;
            if chain.len() > self.nodes.len() {
                return Err(Errno::ESTALE.into());
            }
            chain.push(name);
            at = name.parent;
        }
        let path = self.root.below(chain.iter().rev().map(|n| &*n.name));
        let epoch = self.epoch;
        if let Some(node) = self.nodes.get_mut(&ino)
            && node.last.is_some_and(|a| a.kind == FileKind::Dir)
        {
            node.path = Some((epoch, path.clone()));
        }
        Ok(path)
    }

    /// The path of `name` in the directory `parent`.
    pub(crate) fn child(&mut self, parent: u64, name: &[u8]) -> Result<VPath> {
        self.path(parent)?.child(name)
    }

    /// The inode number that a file of this backend has; `None` where the backend has none.
    fn number(&mut self, origin: Origin, ino: u64) -> Option<u64> {
        if ino == 0 || ino > MASK {
            return None;
        }
        let place = match self.origins.iter().position(|o| *o == origin) {
            Some(place) => place as u64,
            None => {
                self.origins.push(origin);
                self.origins.len() as u64 - 1
            }
        };
        // Whoever changes mounts a few thousand times falls back on numbers from paths.
        (place < NAMELESS).then_some(place << LOW | ino)
    }

    /// The number that `name` in `parent` has or will have when it is looked up.
    pub(crate) fn expected(&mut self, parent: u64, name: &[u8], origin: Origin, stat: &Stat) -> u64 {
        match self.number(origin, stat.ino) {
            Some(id) if Some(id) == self.root_id => ROOT,
            // Number 1 is the root's, whatever it is called in its backend.
            Some(id) if id != ROOT => id,
            _ => self.numbered_by_name(parent, name),
        }
    }

    /// Whether what has this stat can be the file that the kernel calls `ino`. Names change hands while requests are under way.
    pub(crate) fn is(&mut self, ino: u64, origin: Origin, stat: &Stat) -> bool {
        match self.number(origin, stat.ino) {
            Some(id) if Some(id) == self.root_id => ino == ROOT,
            Some(id) if id != ROOT => id == ino,
            // Nothing but the name tells these apart.
            _ => true,
        }
    }

    fn numbered_by_name(&self, parent: u64, name: &[u8]) -> u64 {
        use std::hash::BuildHasher;
        let key = Name {
            parent,
            name: name.into(),
        };
        if let Some(id) = self.names.get(&key) {
            return *id;
        }
        let mut id = NAMELESS << LOW | (self.hash.hash_one(&key) & MASK);
        while self.nodes.contains_key(&id) {
            id = NAMELESS << LOW | ((id + 1) & MASK);
        }
        id
    }

    /// Notes that the kernel looked up `name` in `parent` and found a file with this stat: its number, and one more lookup
    /// that the kernel will forget.
    pub(crate) fn enter(&mut self, parent: u64, name: &[u8], origin: Origin, stat: &Stat) -> u64 {
        let id = self.expected(parent, name, origin, stat);
        let key = Name {
            parent,
            name: name.into(),
        };
        if let Some(old) = self.names.insert(key.clone(), id)
            && old != id
            && let Some(node) = self.nodes.get_mut(&old)
        {
            // The name now stands for another file: the one before lost it behind our back.
            node.names.retain(|n| *n != key);
            node.path = None;
        }
        let node = self.nodes.entry(id).or_insert_with(Node::new);
        if node.last.is_some_and(|last| last.kind != stat.kind) {
            // The backend used the number again.
            node.generation += 1;
            node.cached = None;
            node.learnt = None;
            node.path = None;
        }
        if node.names.last() != Some(&key) {
            node.names.retain(|n| *n != key);
            if stat.is_dir() && !node.names.is_empty() {
                // A directory has one name; it was moved behind our back.
                let old = std::mem::take(&mut node.names);
                for name in old {
                    if self.names.get(&name) == Some(&id) {
                        self.names.remove(&name);
                    }
                }
                self.epoch += 1;
            }
            node.names.push(key);
        }
        node.nlookup += 1;
        id
    }

    /// The kernel forgot `n` lookups of `ino`.
    pub(crate) fn forget(&mut self, ino: u64, n: u64) {
        if ino == ROOT {
            return;
        }
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.nlookup = node.nlookup.saturating_sub(n);
        }
        self.release(ino);
    }

    /// Drops `ino` when neither the kernel nor a handle needs it.
    pub(crate) fn release(&mut self, ino: u64) {
        let gone = self
            .nodes
            .get(&ino)
            .is_some_and(|n| ino != ROOT && n.nlookup == 0 && n.handles.is_empty());
        if gone && let Some(node) = self.nodes.remove(&ino) {
            self.forgotten.extend(node.pin);
            for name in node.names {
                if self.names.get(&name) == Some(&ino) {
                    self.names.remove(&name);
                }
            }
        }
    }

    /// Replaced files that nobody asks for any more, for dropping outside of the lock: all of them on the bridge's side, else those
    /// in memory.
    pub(crate) fn take_forgotten(&mut self, bridge: bool) -> Vec<Pin> {
        if self.forgotten.is_empty() {
            return Vec::new();
        }
        let (taken, kept) = std::mem::take(&mut self.forgotten)
            .into_iter()
            .partition(|p| bridge || p.instant);
        self.forgotten = kept;
        taken
    }

    /// All that is held, for dropping on the bridge's side when the mount goes.
    pub(crate) fn take_pins(&mut self) -> Vec<Pin> {
        let mut pins = std::mem::take(&mut self.forgotten);
        pins.extend(self.nodes.values_mut().filter_map(|node| node.pin.take()));
        pins
    }

    /// The inode that `name` in `parent` was last seen to stand for.
    pub(crate) fn known(&self, parent: u64, name: &[u8]) -> Option<u64> {
        let key = Name {
            parent,
            name: name.into(),
        };
        self.names.get(&key).copied()
    }

    /// The name is gone from its directory.
    pub(crate) fn unlinked(&mut self, parent: u64, name: &[u8]) -> Option<u64> {
        let key = Name {
            parent,
            name: name.into(),
        };
        let ino = self.names.remove(&key)?;
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.names.retain(|n| *n != key);
            node.path = None;
            if let Some(last) = &mut node.last {
                last.ctime = vfs::Time::now();
                last.nlink = match last.kind {
                    FileKind::Dir => 0,
                    _ => last.nlink.saturating_sub(1),
                };
                if last.kind == FileKind::Dir {
                    self.epoch += 1;
                }
            }
        }
        Some(ino)
    }

    /// `from` is now called `to`; what was called so lost its name, or got the other one with `exchange`.
    pub(crate) fn renamed(&mut self, from: (u64, &[u8]), to: (u64, &[u8]), exchange: bool) {
        let key = |(parent, name): (u64, &[u8])| Name {
            parent,
            name: name.into(),
        };
        let (from, to) = (key(from), key(to));
        if from == to {
            return;
        }
        self.epoch += 1;
        if exchange {
            let (a, b) = (self.names.remove(&from), self.names.remove(&to));
            self.rebind(a, &from, &to);
            self.rebind(b, &to, &from);
            return;
        }
        let moved = self.names.remove(&from);
        if self.names.get(&to) != moved.as_ref() {
            self.unlinked(to.parent, &to.name);
        }
        self.rebind(moved, &from, &to);
    }

    fn rebind(&mut self, ino: Option<u64>, from: &Name, to: &Name) {
        let Some(ino) = ino else { return };
        let Some(node) = self.nodes.get_mut(&ino) else { return };
        node.names.retain(|n| n != from && n != to);
        node.names.push(to.clone());
        node.path = None;
        self.names.insert(to.clone(), ino);
    }

    /// The inodes that the kernel knows on the way to `path` and at it: the last one found, and the first name below it that
    /// the kernel does not know, if any. `None` when the path does not lie in the mount.
    pub(crate) fn locate(&self, path: &VPath) -> Option<(u64, Option<Vec<u8>>, bool)> {
        let below = path.relative_to(&self.root)?;
        let mut at = ROOT;
        let mut names = below.components().peekable();
        while let Some(name) = names.next() {
            match self.known(at, name) {
                Some(next) => at = next,
                None => return Some((at, Some(name.to_vec()), names.peek().is_none())),
            }
        }
        Some((at, None, true))
    }

    /// A name of `ino` in its directory.
    pub(crate) fn name(&self, ino: u64) -> Option<(u64, Arc<[u8]>)> {
        let name = self.nodes.get(&ino)?.names.last()?;
        Some((name.parent, name.name.clone()))
    }

    /// The directory that holds `ino`, the root for the root.
    pub(crate) fn parent(&self, ino: u64) -> u64 {
        self.name(ino).map_or(ROOT, |(parent, _)| parent)
    }

    /// Every inode at and below `ino` that the kernel knows, with a name each.
    pub(crate) fn below(&self, ino: u64) -> Vec<(u64, u64, Arc<[u8]>)> {
        let mut found = Vec::new();
        let mut inside: HashMap<u64, bool, RandomState> = HashMap::with_hasher(RandomState::default());
        for (id, node) in &self.nodes {
            let Some(name) = node.names.last() else { continue };
            if self.is_below(*id, ino, &mut inside) {
                found.push((*id, name.parent, name.name.clone()));
            }
        }
        found
    }

    fn is_below(&self, id: u64, top: u64, seen: &mut HashMap<u64, bool, RandomState>) -> bool {
        let mut chain = Vec::new();
        let mut at = id;
        let answer = loop {
            if at == top {
                break true;
            }
            if let Some(known) = seen.get(&at) {
                break *known;
            }
            chain.push(at);
            match self.nodes.get(&at).and_then(|n| n.names.last()) {
                Some(name) if at != ROOT && chain.len() <= self.nodes.len() => at = name.parent,
                _ => break false,
            }
        };
        for id in chain {
            seen.insert(id, answer);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Origin = Origin { mount: 1, dev: 0 };

    fn file(ino: u64) -> Stat {
        Stat { ino, ..Stat::file(0) }
    }

    fn dir(ino: u64) -> Stat {
        Stat { ino, ..Stat::dir() }
    }

    fn table() -> Inodes {
        Inodes::new(VPath::new("/data").unwrap())
    }

    #[test]
    fn paths_follow_renames_of_directories() {
        let mut t = table();
        let d = t.enter(ROOT, b"d", HERE, &dir(10));
        let f = t.enter(d, b"f", HERE, &file(11));
        assert_eq!(t.path(f).unwrap(), VPath::new("/data/d/f").unwrap());
        t.renamed((ROOT, b"d"), (ROOT, b"e"), false);
        assert_eq!(t.path(f).unwrap(), VPath::new("/data/e/f").unwrap());
    }

    #[test]
    fn number_one_belongs_to_the_root_alone() {
        let other = Origin { mount: 2, dev: 0 };
        for root in [0, 1, 5] {
            let mut t = table();
            t.set_root(HERE, root);
            for (name, origin) in [(b"a", HERE), (b"b", other)] {
                let id = t.enter(ROOT, name, origin, &dir(1));
                assert_eq!(id == ROOT, root == 1 && origin == HERE);
            }
        }
    }

    #[test]
    fn hard_links_are_one_inode_and_losing_a_name_keeps_the_other() {
        let mut t = table();
        let a = t.enter(ROOT, b"a", HERE, &file(7));
        let b = t.enter(ROOT, b"b", HERE, &file(7));
        assert_eq!(a, b);
        t.unlinked(ROOT, b"b");
        assert_eq!(t.path(a).unwrap(), VPath::new("/data/a").unwrap());
        t.unlinked(ROOT, b"a");
        assert_eq!(t.path(a).unwrap_err().errno(), Errno::ESTALE);
    }

    #[test]
    fn files_without_numbers_keep_theirs_while_they_are_known() {
        let mut t = table();
        let a = t.enter(ROOT, b"a", HERE, &file(0));
        let b = t.enter(ROOT, b"b", HERE, &file(0));
        assert_ne!(a, b);
        assert_eq!(a, t.enter(ROOT, b"a", HERE, &file(0)));
        t.forget(a, 2);
        t.forget(b, 1);
        assert_eq!(t.len(), 1);
        assert_eq!(
            a,
            t.enter(ROOT, b"a", HERE, &file(0)),
            "and get the same again afterwards"
        );
    }

    #[test]
    fn replacing_a_file_takes_its_name() {
        let mut t = table();
        let a = t.enter(ROOT, b"a", HERE, &file(7));
        let b = t.enter(ROOT, b"b", HERE, &file(8));
        t.renamed((ROOT, b"a"), (ROOT, b"b"), false);
        assert_eq!(t.path(a).unwrap(), VPath::new("/data/b").unwrap());
        assert!(t.path(b).is_err());
        let c = t.enter(ROOT, b"c", HERE, &file(9));
        t.renamed((ROOT, b"b"), (ROOT, b"c"), true);
        assert_eq!(t.path(a).unwrap(), VPath::new("/data/c").unwrap());
        assert_eq!(t.path(c).unwrap(), VPath::new("/data/b").unwrap());
    }

    #[test]
    fn what_lies_below_a_directory_is_found() {
        let mut t = table();
        let d = t.enter(ROOT, b"d", HERE, &dir(10));
        let f = t.enter(d, b"f", HERE, &file(11));
        t.enter(ROOT, b"g", HERE, &file(12));
        let mut below: Vec<u64> = t.below(d).into_iter().map(|(id, ..)| id).collect();
        below.sort();
        let mut want = vec![d, f];
        want.sort();
        assert_eq!(below, want);
    }
}
