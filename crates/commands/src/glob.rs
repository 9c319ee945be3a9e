//! `fnmatch`, for the options of commands that take shell patterns.

use pattern::glob::{GlobOptions, Pattern};

/// A compiled pattern. A pattern that can not be compiled matches nothing.
#[derive(Clone)]
pub struct Glob(Option<Pattern>);

impl Glob {
    /// Compiles a pattern; `icase` ignores case.
    pub fn new(text: &[u8], icase: bool) -> Self {
        let options = GlobOptions {
            extglob: false,
            nocase: icase,
            ..GlobOptions::default()
        };
        Self(Pattern::new(text, &options).ok())
    }

    /// Whether the whole of `text` matches; slashes and leading points are ordinary.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|p| p.matches(text))
    }
}
