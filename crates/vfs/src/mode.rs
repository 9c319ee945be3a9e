//! Mount modes, the operations they allow, and what a session may see.

use std::collections::BTreeMap;

use crate::path::VPath;

/// What a mount allows; each mode includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Mode {
    /// Look and read.
    #[default]
    Read,
    /// Also change.
    Write,
    /// Also run interpreters on what lies there.
    Exec,
}

impl Mode {
    /// Parses `read`/`r`, `write`/`rw`, `exec`/`rwx`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" | "r" => Some(Self::Read),
            "write" | "rw" => Some(Self::Write),
            "exec" | "rwx" => Some(Self::Exec),
            _ => None,
        }
    }

    /// `read`, `write` or `exec`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Exec => "exec",
        }
    }
}

/// What is about to be done; the input of the one permission check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Stat, list, read, read a link.
    Read,
    /// Any change.
    Write,
}

/// What one session may do: a ceiling per mount prefix. Narrows a mount's own mode, never widens it.
#[derive(Debug, Clone, Default)]
pub struct SessionView {
    /// The session's id, for messages.
    pub id: String,
    /// Ceiling per mount prefix (`/data`); `None` when the session is not narrowed. A mount that is absent from the map is
    /// not allowed at all. Mounts marked as infrastructure (`/dev`, history, the synthetic root) are always allowed.
    pub ceilings: Option<BTreeMap<VPath, Mode>>,
}
