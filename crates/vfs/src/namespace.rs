//! What the tree holds beyond its backends: symbolic links, empty directories and attributes of files whose backend keeps
//! none of these.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use crate::path::VPath;
use crate::resource::{DirEntry, RenameMode, SetAttr};
use crate::stat::{FileKind, Stat, Time};

mod state;

pub use state::{NamespaceState, Node, NodeKind};

/// The namespace of one workspace. While it is empty every question costs one atomic load.
#[derive(Default)]
pub(crate) struct Namespace {
    count: AtomicUsize,
    state: RwLock<NamespaceState>,
}

impl Namespace {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn change<T>(&self, f: impl FnOnce(&mut NamespaceState) -> T) -> T {
        let mut state = self.state.write();
        let out = f(&mut state);
        self.count.store(state.nodes.len(), Ordering::Release);
        out
    }

    /// A copy of everything, for a snapshot.
    pub(crate) fn export(&self) -> NamespaceState {
        self.state.read().clone()
    }

    /// Replaces everything, from a snapshot.
    pub(crate) fn import(&self, state: NamespaceState) {
        self.change(|s| *s = state);
    }

    /// The first link on the way to `path`, the last component included if `last`: the link's path as a length of `path`'s
    /// bytes, and its text. `shadowed` says whether a name is hidden by a mount.
    pub(crate) fn link_on_the_way(
        &self,
        path: &VPath,
        last: bool,
        shadowed: impl Fn(&[u8]) -> bool,
    ) -> Option<(usize, Arc<[u8]>)> {
        if self.is_empty() {
            return None;
        }
        let bytes = path.as_bytes();
        let state = self.state.read();
        let ends = memchr::memchr_iter(b'/', bytes)
            .skip(1)
            .chain(last.then_some(bytes.len()));
        for end in ends {
            if let Some(Node {
                kind: NodeKind::Link(text),
                ..
            }) = state.nodes.get(&bytes[..end])
                && !shadowed(&bytes[..end])
            {
                return Some((end, text.clone()));
            }
        }
        None
    }

    /// The node at exactly `path`.
    pub(crate) fn node(&self, path: &VPath) -> Option<Node> {
        if self.is_empty() {
            return None;
        }
        self.state.read().nodes.get(path.as_bytes()).cloned()
    }

    /// The link at exactly `path`, as a stat and its text.
    pub(crate) fn link(&self, path: &VPath) -> Option<(Stat, Arc<[u8]>)> {
        let node = self.node(path)?;
        match &node.kind {
            NodeKind::Link(text) => Some((node.stat(), text.clone())),
            _ => None,
        }
    }

    /// The stat of `path` if it is a directory that exists only here: made by `mkdir`, or on the way to a node that keeps a
    /// name alive.
    pub(crate) fn directory(&self, path: &VPath) -> Option<Stat> {
        if self.is_empty() {
            return None;
        }
        let state = self.state.read();
        match state.nodes.get(path.as_bytes()) {
            Some(node) if node.kind == NodeKind::Dir => Some(node.stat()),
            _ if state.children(path).next().is_some() => Some(Stat::dir()),
            _ => None,
        }
    }

    /// Whether any name below `path` lives only here.
    pub(crate) fn holds_names_below(&self, path: &VPath) -> bool {
        !self.is_empty() && self.state.read().children(path).next().is_some()
    }

    /// Whether anything is kept for `path` or below.
    pub(crate) fn touches(&self, path: &VPath) -> bool {
        if self.is_empty() {
            return false;
        }
        let state = self.state.read();
        state.nodes.contains_key(path.as_bytes()) || state.below(path).next().is_some()
    }

    /// Lays the attributes kept for `path` over what the backend says.
    pub(crate) fn overlay(&self, path: &VPath, stat: &mut Stat) {
        if self.is_empty() {
            return;
        }
        if let Some(node) = self.state.read().nodes.get(path.as_bytes()) {
            node.overlay(stat);
        }
    }

    /// Adds the names that live only here to a listing, and lays attributes over the entries' stats.
    pub(crate) fn merge_listing(&self, dir: &VPath, entries: &mut Vec<DirEntry>) {
        if self.is_empty() {
            return;
        }
        let state = self.state.read();
        if state.below(dir).next().is_none() {
            return;
        }
        let mut names: Vec<(&[u8], Stat)> = state.children(dir).collect();
        for entry in entries.iter_mut() {
            if let Ok(i) = names.binary_search_by(|(name, _)| (*name).cmp(&entry.name)) {
                let (_, here) = names.remove(i);
                if here.kind == FileKind::Symlink {
                    entry.stat = Some(here);
                }
            }
            if let Some(stat) = &mut entry.stat
                && let Ok(path) = dir.child(&entry.name)
                && let Some(node) = state.nodes.get(path.as_bytes())
            {
                node.overlay(stat);
            }
        }
        entries.extend(names.into_iter().map(|(name, stat)| DirEntry {
            name: name.into(),
            stat: Some(stat),
        }));
    }

    /// Puts a link or a directory at `path`; `false` if a name is there already.
    pub(crate) fn insert(&self, path: &VPath, kind: NodeKind, mode: Option<u32>) -> bool {
        self.change(|state| {
            if state
                .nodes
                .get(path.as_bytes())
                .is_some_and(|n| n.kind != NodeKind::Attributes)
            {
                return false;
            }
            let now = Time::now();
            let attr = SetAttr {
                mode,
                atime: Some(now),
                mtime: Some(now),
                ..SetAttr::default()
            };
            state.nodes.insert(path.as_bytes().into(), Node { kind, attr });
            true
        })
    }

    /// Keeps a directory alive whose backend forgets directories that hold nothing.
    pub(crate) fn keep_directory(&self, path: &VPath) {
        if path.is_root() {
            return;
        }
        self.change(|state| {
            let node = state.nodes.entry(path.as_bytes().into()).or_default();
            if node.kind == NodeKind::Attributes {
                node.kind = NodeKind::Dir;
            }
        });
    }

    /// Keeps changed attributes for `path`, a name of the backend or of the namespace.
    pub(crate) fn set_attr(&self, path: &VPath, attr: SetAttr) {
        self.change(|state| {
            let kept = &mut state.nodes.entry(path.as_bytes().into()).or_default().attr;
            kept.mode = attr.mode.or(kept.mode);
            kept.uid = attr.uid.or(kept.uid);
            kept.gid = attr.gid.or(kept.gid);
            kept.atime = attr.atime.or(kept.atime);
            kept.mtime = attr.mtime.or(kept.mtime);
        });
    }

    /// The content of `path` changed: times kept for it are no longer true.
    pub(crate) fn forget_times(&self, path: &VPath) {
        if self.is_empty() || !self.touches(path) {
            return;
        }
        self.change(|state| {
            if let Some(node) = state.nodes.get_mut(path.as_bytes())
                && node.kind == NodeKind::Attributes
            {
                node.attr.mtime = None;
                node.attr.atime = None;
                if node.attr == SetAttr::default() {
                    state.nodes.remove(path.as_bytes());
                }
            }
        });
    }

    /// `path` and all below it are gone.
    pub(crate) fn forget(&self, path: &VPath) {
        if self.touches(path) {
            self.change(|state| drop(state.take(path)));
        }
    }

    /// Entries follow a rename; what was kept for the target is gone, or comes back here with [`RenameMode::Exchange`].
    pub(crate) fn rename(&self, from: &VPath, to: &VPath, mode: RenameMode) {
        if !self.touches(from) && !self.touches(to) {
            return;
        }
        self.change(|state| {
            let moved = state.take(from);
            let replaced = state.take(to);
            state.put(to, moved);
            if mode == RenameMode::Exchange {
                state.put(from, replaced);
            }
        });
    }
}

impl NamespaceState {
    /// Nodes strictly below `dir`, sorted by path.
    fn below(&self, dir: &VPath) -> impl Iterator<Item = (&[u8], &Node)> {
        let base = if dir.is_root() { &b""[..] } else { dir.as_bytes() };
        let start = [base, b"/"].concat();
        let skip = base.len();
        self.nodes
            .range::<[u8], _>((Bound::Excluded(&start[..]), Bound::Unbounded))
            .map(|(k, n)| (&**k, n))
            .take_while(move |(k, _)| k.starts_with(&start))
            .map(move |(k, n)| (&k[skip + 1..], n))
    }

    /// Names in `dir` that live only here, sorted: links, made directories, and directories on the way to such.
    fn children(&self, dir: &VPath) -> impl Iterator<Item = (&[u8], Stat)> {
        let mut last: &[u8] = b"";
        let mut rest = self.below(dir).peekable();
        std::iter::from_fn(move || {
            loop {
                let (path, node) = rest.next()?;
                let (name, deeper) = match memchr::memchr(b'/', path) {
                    Some(i) => (&path[..i], true),
                    None => (path, false),
                };
                if name == last || node.kind == NodeKind::Attributes {
                    continue;
                }
                last = name;
                return Some((name, if deeper { Stat::dir() } else { node.stat() }));
            }
        })
    }

    /// Takes out `path` and all below; keys seen from `path`, the node itself under the empty key.
    fn take(&mut self, path: &VPath) -> Vec<(Box<[u8]>, Node)> {
        let keys: Vec<Box<[u8]>> = self.below(path).map(|(k, _)| k.into()).collect();
        let mut out = Vec::with_capacity(keys.len() + 1);
        if let Some(node) = self.nodes.remove(path.as_bytes()) {
            out.push((Box::default(), node));
        }
        for key in keys {
            if let Some(node) = self.nodes.remove(&Self::key(path, &key)) {
                out.push((key, node));
            }
        }
        out
    }

    fn put(&mut self, path: &VPath, nodes: Vec<(Box<[u8]>, Node)>) {
        for (key, node) in nodes {
            self.nodes.insert(Self::key(path, &key), node);
        }
    }

    fn key(dir: &VPath, below: &[u8]) -> Box<[u8]> {
        if below.is_empty() {
            return dir.as_bytes().into();
        }
        let base = if dir.is_root() { &b""[..] } else { dir.as_bytes() };
        [base, b"/", below].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    fn names(ns: &Namespace, dir: &str) -> Vec<String> {
        let mut entries = Vec::new();
        ns.merge_listing(&p(dir), &mut entries);
        entries
            .iter()
            .map(|e| String::from_utf8_lossy(&e.name).into_owned())
            .collect()
    }

    #[test]
    fn names_show_up_in_their_directory_and_imply_the_ones_above() {
        let ns = Namespace::default();
        assert!(ns.insert(&p("/s/a/l"), NodeKind::Link(Arc::from(&b"x"[..])), None));
        assert!(ns.insert(&p("/s/a-b"), NodeKind::Dir, None));
        ns.set_attr(
            &p("/s/f"),
            SetAttr {
                mode: Some(0o600),
                ..SetAttr::default()
            },
        );
        assert_eq!(names(&ns, "/s"), ["a-b", "a"]);
        assert!(ns.directory(&p("/s/a")).is_some() && ns.directory(&p("/s/f")).is_none());
        assert!(!ns.insert(&p("/s/a-b"), NodeKind::Dir, None));
    }

    #[test]
    fn a_rename_carries_a_subtree_and_drops_what_it_replaces() {
        let ns = Namespace::default();
        ns.insert(&p("/a/l"), NodeKind::Link(Arc::from(&b"x"[..])), None);
        ns.insert(&p("/b/old"), NodeKind::Dir, None);
        ns.rename(&p("/a"), &p("/b"), RenameMode::Replace);
        assert_eq!(names(&ns, "/b"), ["l"]);
        assert!(names(&ns, "/a").is_empty());
        ns.forget(&p("/b"));
        assert!(ns.is_empty());
    }
}
