//! The syntax tree that all POSIX dialects parse into.

use regex_syntax::hir::Class;

/// A zero-width condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assert {
    /// `^`
    LineStart,
    /// `$`
    LineEnd,
    /// `` \` ``
    TextStart,
    /// `\'`
    TextEnd,
    /// `\b`
    WordEdge,
    /// `\B`
    NotWordEdge,
    /// `\<`
    WordStart,
    /// `\>`
    WordEnd,
    /// Nothing of a word before here (`grep -w`).
    NoWordBefore,
    /// Nothing of a word after here (`grep -w`).
    NoWordAfter,
}

/// A node of a parsed pattern.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Matches the empty string.
    Empty,
    /// One character (UTF-8 mode), matched with its case variants when case is ignored.
    Char(char),
    /// One byte: any in byte mode, one that is not part of UTF-8 otherwise.
    Byte(u8),
    /// One character of a set; case is already folded in.
    Class(Class),
    /// `.`
    Any,
    /// A zero-width condition.
    Assert(Assert),
    /// A group, numbered from 1.
    Group(u32, Box<Node>),
    /// The text that the group matched last.
    Backref(u32),
    /// One after the other.
    Concat(Vec<Node>),
    /// One of them, the earlier preferred between equally long ones.
    Alt(Vec<Node>),
    /// Greedy repetition; `None` is no upper limit.
    Repeat(u32, Option<u32>, Box<Node>),
}

impl Node {
    /// One after the other, without needless nesting.
    pub(super) fn concat(mut items: Vec<Node>) -> Node {
        match items.len() {
            0 => Node::Empty,
            1 => items.remove(0),
            _ => Node::Concat(items),
        }
    }

    /// One of them, without needless nesting.
    pub(super) fn alt(mut items: Vec<Node>) -> Node {
        match items.len() {
            0 => Node::Empty,
            1 => items.remove(0),
            _ => Node::Alt(items),
        }
    }
}

/// A parsed pattern with what the engines want to know about it.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    /// The tree.
    pub root: Node,
    /// Number of groups.
    pub groups: u32,
    /// Whether a back-reference occurs.
    pub backrefs: bool,
    /// What GNU grep warns about, without the `grep: warning: ` prefix.
    pub warnings: Vec<String>,
}
