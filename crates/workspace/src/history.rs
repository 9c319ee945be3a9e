//! What was run: a ring of the last lines.

use std::collections::VecDeque;

use vfs::Time;

/// Bytes of standard output that an entry keeps.
pub const OUTPUT_KEPT: usize = 4096;

/// One line that was run.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// Who.
    pub agent: String,
    /// In which session.
    pub session: String,
    /// When it started.
    pub timestamp: Time,
    /// Where.
    pub cwd: Vec<u8>,
    /// What.
    pub command: Vec<u8>,
    /// How it ended.
    pub exit_code: u8,
    /// The first [`OUTPUT_KEPT`] bytes of its output.
    pub stdout: Vec<u8>,
}

/// A ring of entries: adding one costs the same however many there are.
#[derive(Debug, Default)]
pub struct History {
    entries: VecDeque<HistoryEntry>,
    limit: usize,
}

impl History {
    /// An empty history that keeps `limit` entries.
    pub fn new(limit: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            limit,
        }
    }

    /// Adds an entry, dropping the oldest if need be.
    pub fn push(&mut self, entry: HistoryEntry) {
        if self.limit == 0 {
            return;
        }
        if self.entries.len() == self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> Vec<HistoryEntry> {
        self.entries.iter().cloned().collect()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}
