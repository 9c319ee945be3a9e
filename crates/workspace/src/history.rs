//! What was run: a ring of the last lines.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use vfs::resource::{Capabilities, Resource};
use vfs::stat::{Fingerprint, Stat};
use vfs::stream::{ByteRange, ByteStream, EntryStream};
use vfs::{Errno, Time, VPath, VfsError};

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

/// Where the history can be read as a file.
pub const HISTORY_VIEW: &[u8] = b"/.bash_history";

/// The history as bash would write it to its file: `#` and the time, then the line.
pub struct HistoryView(pub Arc<Mutex<History>>);

impl HistoryView {
    fn text(&self) -> Bytes {
        let history = self.0.lock();
        let mut out = Vec::new();
        for entry in &history.entries {
            out.extend_from_slice(format!("#{}\n", entry.timestamp.seconds).as_bytes());
            out.extend_from_slice(&entry.command);
            if !entry.command.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
        out.into()
    }
}

fn only_root(path: &VPath) -> vfs::Result<()> {
    if path.is_root() {
        Ok(())
    } else {
        Err(VfsError::new(Errno::ENOTDIR).operand(path.as_bytes()))
    }
}

#[async_trait]
impl Resource for HistoryView {
    fn kind(&self) -> &str {
        "history"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            remote: false,
            instant: true,
            ..Capabilities::READ_ONLY
        }
    }

    async fn stat(&self, path: &VPath) -> vfs::Result<Stat> {
        only_root(path)?;
        let mtime = self.0.lock().entries.back().map(|e| e.timestamp);
        Ok(Stat {
            mode: Some(0o444),
            mtime,
            ..Stat::file(self.text().len() as u64)
        })
    }

    async fn list(&self, path: &VPath) -> vfs::Result<EntryStream> {
        Err(VfsError::new(Errno::ENOTDIR).operand(path.as_bytes()))
    }

    async fn read(&self, path: &VPath, range: ByteRange, _: Option<&Fingerprint>) -> vfs::Result<ByteStream> {
        only_root(path)?;
        let text = self.text();
        let (start, end) = range.clamp(text.len() as u64);
        Ok(text.slice(start as usize..end as usize).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_reads_as_bash_writes_its_history() {
        let history = Arc::new(Mutex::new(History::new(2)));
        for (seconds, command) in [(1, "a"), (2, "b"), (3, "c\nd")] {
            history.lock().push(HistoryEntry {
                agent: String::new(),
                session: String::new(),
                timestamp: Time { seconds, nanos: 0 },
                cwd: Vec::new(),
                command: command.into(),
                exit_code: 0,
                stdout: Vec::new(),
            });
        }
        let view = HistoryView(history);
        let stat = vfs::runtime::block_on(&vfs::Cancel::new(), view.stat(&VPath::root())).unwrap();
        assert_eq!(&view.text()[..], b"#2\nb\n#3\nc\nd\n");
        assert_eq!((stat.size, stat.mtime.map(|t| t.seconds)), (Some(12), Some(3)));
    }
}
