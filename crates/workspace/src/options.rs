//! Options of a workspace.

use std::collections::BTreeMap;

use shell::command::Limits;
use vfs::Mode;

/// How a workspace is set up. The defaults are those of the public contract.
#[derive(Debug, Clone)]
pub struct WorkspaceOptions {
    /// Id of the session that `execute` uses when none is named.
    pub session_id: String,
    /// Recorded with every line of history.
    pub agent_id: String,
    /// Lines of history kept.
    pub history_limit: usize,
    /// Limits of every call, unless it brings its own.
    pub limits: Limits,
    /// The guard on what the last `cat`, `grep`, `rg`, `head` or `tail` of a line prints: this many lines, `None` for none.
    pub output_lines: Option<usize>,
    /// First environment of every session.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Working directory of every new session.
    pub cwd: Vec<u8>,
    /// Mode of the tree in memory that stands at `/` until something else is mounted there.
    pub root_mode: Mode,
}

impl Default for WorkspaceOptions {
    fn default() -> Self {
        Self {
            session_id: "default".into(),
            agent_id: "default".into(),
            history_limit: 100,
            limits: Limits::default(),
            output_lines: Some(2000),
            env: BTreeMap::new(),
            cwd: b"/".to_vec(),
            root_mode: Mode::Read,
        }
    }
}
