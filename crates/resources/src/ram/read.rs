//! Reading files without disturbing other readers.

use vfs::{Result, Time};

use super::content::Content;
use super::file::{FileNode, FileState};

impl FileNode {
    /// Reads from one version of the file: `check` may refuse it, `range` says which bytes of it, `take` takes them. Parallel
    /// readers share the lock; only the first one after a change takes it alone, to make the chunks shareable and to note the
    /// access time (`relatime`: when it is not later than the last modification).
    pub(super) fn read<T>(
        &self,
        generation: u64,
        check: impl Fn(&FileState) -> Result<()>,
        range: impl Fn(&Content) -> (u64, u64),
        take: impl FnOnce(&Content, u64, u64) -> T,
    ) -> Result<T> {
        {
            let state = self.state.read();
            check(&state)?;
            let (start, end) = range(&state.content);
            if !self.wants_atime(&state, generation, start, end) && !state.content.wants_freeze(start, end) {
                return Ok(take(&state.content, start, end));
            }
        }
        let mut state = self.state.write();
        check(&state)?;
        let (start, end) = range(&state.content);
        if self.wants_atime(&state, generation, start, end) {
            state.attr.atime = Time::now();
        }
        if state.content.wants_freeze(start, end) {
            state.content.freeze(start, end);
        }
        Ok(take(&state.content, start, end))
    }

    /// Fills `buf` from `offset`; how many bytes there were.
    pub(super) fn read_into(&self, generation: u64, offset: u64, buf: &mut [u8]) -> usize {
        {
            let state = self.state.read();
            let end = offset.saturating_add(buf.len() as u64).min(state.content.len());
            if !self.wants_atime(&state, generation, offset, end) {
                return state.content.read_into(offset, buf);
            }
        }
        let mut state = self.state.write();
        state.attr.atime = Time::now();
        state.content.read_into(offset, buf)
    }

    /// A file that a snapshot shares keeps its access time until it is changed.
    fn wants_atime(&self, state: &FileState, generation: u64, start: u64, end: u64) -> bool {
        start < end && self.generation == generation && state.attr.atime <= state.attr.mtime
    }
}
