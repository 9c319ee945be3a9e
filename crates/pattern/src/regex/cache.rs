//! The patterns compiled last. Scripts run `grep`, `sed` and `[[ =~ ]]` in loops with the same few patterns, and building
//! automata takes longer than most of the matching.

use std::sync::Mutex;

use super::Regex;
use super::syntax::Options;

/// Patterns to keep.
const ENTRIES: usize = 64;
/// Longer patterns are not kept: they are rare and their automata are large.
const MAX_PATTERN: usize = 512;

struct Entry {
    pattern: Vec<u8>,
    options: Options,
    regex: Regex,
}

/// The most recently used last.
static CACHE: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// The compiled pattern, if it is remembered.
pub(super) fn get(pattern: &[u8], options: &Options) -> Option<Regex> {
    if pattern.len() > MAX_PATTERN {
        return None;
    }
    let mut entries = CACHE.lock().ok()?;
    let found = entries
        .iter()
        .rposition(|e| e.pattern == pattern && e.options == *options)?;
    let entry = entries.remove(found);
    let regex = entry.regex.clone();
    entries.push(entry);
    Some(regex)
}

/// Remembers a compiled pattern.
pub(super) fn put(pattern: &[u8], options: &Options, regex: &Regex) {
    if pattern.len() > MAX_PATTERN {
        return;
    }
    if let Ok(mut entries) = CACHE.lock() {
        if entries.len() >= ENTRIES {
            entries.remove(0);
        }
        entries.push(Entry {
            pattern: pattern.to_vec(),
            options: options.clone(),
            regex: regex.clone(),
        });
    }
}
