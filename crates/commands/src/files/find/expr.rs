//! What an expression is made of.

use pattern::regex::Regex;
use vfs::{FileKind, Time, VPath};

use super::printf::Format;
use crate::glob::Glob;

/// An expression.
pub(crate) enum Expr {
    /// All, in order, until one is false.
    And(Vec<Expr>),
    /// One after the other until one is true.
    Or(Vec<Expr>),
    /// All; the last one counts.
    List(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// A test or an action.
    Leaf(Box<Leaf>),
}

/// `N`, `+N` or `-N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    More,
    Less,
}

impl Compare {
    pub fn holds<T: PartialOrd>(self, value: T, bound: T) -> bool {
        match self {
            Self::Equal => value == bound,
            Self::More => value > bound,
            Self::Less => value < bound,
        }
    }
}

/// One of a file's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    Accessed,
    Born,
    Changed,
    Modified,
}

/// What `-perm` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Exactly,
    All,
    Any,
}

/// Where an action writes: standard output, or the file of that number.
pub(crate) type Sink = Option<usize>;

/// A command to run.
pub(crate) struct Exec {
    pub argv: Vec<Vec<u8>>,
    /// `{} +`.
    pub batch: bool,
    /// In the file's directory.
    pub in_dir: bool,
    /// Ask first.
    pub ask: bool,
    /// Index of its batch.
    pub slot: usize,
}

/// A test or an action.
pub(crate) enum Leaf {
    True,
    False,
    Name(Glob),
    Path(Glob),
    LinkName(Glob),
    Regex(Regex),
    Type(Vec<FileKind>),
    LinkedType(Vec<FileKind>),
    Empty,
    Access(u32),
    /// Bytes per unit.
    Size(Compare, u64, u64),
    Links(Compare, u64),
    Inode(Compare, u64),
    User(Compare, u64),
    Group(Compare, u64),
    NoUser,
    NoGroup,
    FileSystem(Vec<u8>),
    Perm(Permission, u32, u32),
    /// Whole days of age; the moment from which they count.
    Days(Stamp, Compare, i64, Time),
    Minutes(Stamp, Compare, i64, Time),
    /// Newer than.
    Newer(Stamp, Time),
    Used(Compare, i64),
    Same(VPath, u64),
    Print(Sink, u8),
    Printf(Sink, Format),
    Ls(Sink),
    Exec(Exec),
    Delete,
    Prune,
    Quit,
}
