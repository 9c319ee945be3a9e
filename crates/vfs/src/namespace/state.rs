//! The namespace as plain data.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::resource::SetAttr;
use crate::stat::{FileKind, Stat};

/// Everything the namespace knows, for snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceState {
    /// By workspace path, without links on the way.
    pub nodes: BTreeMap<Box<[u8]>, Node>,
}

/// What the namespace keeps for one path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Attributes that the backend does not keep.
    pub attr: SetAttr,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NodeKind {
    /// Attributes of something that the backend holds.
    #[default]
    Attributes,
    /// A symbolic link with this text.
    Link(Arc<[u8]>),
    /// A directory of a backend that has none.
    Dir,
}

impl Node {
    /// The stat of a link or a directory that lives only in the namespace.
    pub(crate) fn stat(&self) -> Stat {
        let mut stat = match &self.kind {
            NodeKind::Link(text) => Stat {
                size: Some(text.len() as u64),
                mode: Some(0o777),
                ..Stat::new(FileKind::Symlink)
            },
            NodeKind::Dir => Stat::dir(),
            NodeKind::Attributes => Stat::new(FileKind::File),
        };
        self.overlay(&mut stat);
        stat
    }

    /// Lays the kept attributes over `stat`.
    pub(crate) fn overlay(&self, stat: &mut Stat) {
        let a = &self.attr;
        stat.mode = a.mode.or(stat.mode);
        stat.uid = a.uid.or(stat.uid);
        stat.gid = a.gid.or(stat.gid);
        stat.atime = a.atime.or(stat.atime);
        stat.mtime = a.mtime.or(stat.mtime);
        if stat.ctime.is_none() {
            stat.ctime = stat.mtime;
        }
    }
}
