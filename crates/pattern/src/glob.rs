//! Shell patterns (POSIX XCU 2.13, with bash's `extglob`): whole matches, prefixes and suffixes for `${v#p}` and its
//! kin, searches for `${v/p/r}`, and file names.
//!
//! A subject and a pattern that are both UTF-8 are compared by character, otherwise by byte, as bash does. Nothing here
//! backtracks: every operation takes time linear in the subject for a given pattern.
//!
//! ```
//! use pattern::glob::{GlobOptions, Pattern};
//! let p = Pattern::new(b"*.@(tar|t)gz", &GlobOptions::default()).unwrap();
//! assert!(p.matches(b"a.tgz"));
//! ```

mod ext;
mod parse;
mod set;
mod simple;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use thiserror::Error;

use crate::regex::Span;
use ext::{Extended, Rules};
use parse::PatByte;
use simple::Simple;

/// Why a pattern was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GlobError {
    /// Extended lists nest more than a thousand deep.
    #[error("pattern is nested too deeply")]
    TooDeep,
}

/// How a pattern is read and matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GlobOptions {
    /// `?(a|b)`, `*(…)`, `+(…)`, `@(…)` and `!(…)` are operators.
    pub extglob: bool,
    /// Case does not matter (`nocasematch`, `nocaseglob`).
    pub nocase: bool,
    /// Characters are UTF-8 sequences where pattern and subject allow it.
    pub utf8: bool,
    /// A backslash in active bytes quotes the next byte (the opposite of `FNM_NOESCAPE`).
    pub escape: bool,
    /// Wildcards and brackets do not match a slash (`FNM_PATHNAME`).
    pub pathname: bool,
    /// A dot at the start of the subject, and with `pathname` after a slash, is only matched by a dot (`FNM_PERIOD`).
    pub period: bool,
}

impl Default for GlobOptions {
    fn default() -> Self {
        GlobOptions {
            extglob: true,
            nocase: false,
            utf8: true,
            escape: true,
            pathname: false,
            period: false,
        }
    }
}

/// A part of a pattern: what was quoted stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes in which wildcards act.
    Active(&'a [u8]),
    /// Bytes that stand for themselves.
    Literal(&'a [u8]),
}

/// A compiled pattern. Cloning is cheap; clones may be used from many threads.
#[derive(Debug, Clone)]
pub struct Pattern {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: Vec<PatByte>,
    options: GlobOptions,
    /// By character; `None` when the pattern is not UTF-8.
    chars: Option<Form>,
    /// By byte; made when first needed.
    bytes: OnceLock<Form>,
}

#[derive(Debug)]
enum Form {
    Simple(Simple),
    Extended(Extended),
}

impl Form {
    fn new(source: &[PatByte], options: &GlobOptions, utf8: bool) -> Result<Form, GlobError> {
        let toks = parse::parse(source, options, utf8)?;
        // Components need their own bookkeeping, which the extended matcher has.
        if !options.pathname
            && let Some(simple) = Simple::new(&toks, utf8, options.nocase)
        {
            return Ok(Form::Simple(simple));
        }
        let rules = Rules {
            utf8,
            nocase: options.nocase,
            pathname: options.pathname,
        };
        Ok(Form::Extended(Extended::new(toks, rules)))
    }

    /// A form that needs no compiling, for what cannot happen: the other form of the pattern compiled.
    fn empty() -> Form {
        Form::Extended(Extended::new(Vec::new(), Rules::default()))
    }
}

impl Pattern {
    /// Compiles a pattern in which nothing but backslashes quotes.
    ///
    /// # Errors
    /// [`GlobError::TooDeep`].
    pub fn new(pattern: &[u8], options: &GlobOptions) -> Result<Pattern, GlobError> {
        Pattern::from_pieces([Piece::Active(pattern)], options)
    }

    /// Compiles a pattern of quoted and active pieces.
    ///
    /// # Errors
    /// [`GlobError::TooDeep`].
    pub fn from_pieces<'a>(
        pieces: impl IntoIterator<Item = Piece<'a>>,
        options: &GlobOptions,
    ) -> Result<Pattern, GlobError> {
        let mut source = Vec::new();
        for piece in pieces {
            let (bytes, quoted) = match piece {
                Piece::Active(bytes) => (bytes, false),
                Piece::Literal(bytes) => (bytes, true),
            };
            source.extend(bytes.iter().map(|&byte| PatByte { byte, quoted }));
        }
        let chars = options.utf8 && parse::is_utf8(&source);
        let chars = if chars {
            Some(Form::new(&source, options, true)?)
        } else {
            None
        };
        let bytes = OnceLock::new();
        if chars.is_none() {
            let _ = bytes.set(Form::new(&source, options, false)?);
        }
        Ok(Pattern {
            inner: Arc::new(Inner {
                source,
                options: *options,
                chars,
                bytes,
            }),
        })
    }

    /// The form to use for a subject.
    fn form(&self, hay: &[u8]) -> &Form {
        if let Some(chars) = &self.inner.chars {
            let bytewise = matches!(chars, Form::Simple(s) if s.is_bytewise());
            if bytewise || hay.is_ascii() || std::str::from_utf8(hay).is_ok() {
                return chars;
            }
        }
        self.inner
            .bytes
            .get_or_init(|| Form::new(&self.inner.source, &self.inner.options, false).unwrap_or_else(|_| Form::empty()))
    }

    /// The only subject that matches, when the pattern holds no wildcard (and case matters): quotes and backslashes
    /// are removed.
    #[must_use]
    pub fn literal(&self) -> Option<&[u8]> {
        match self.inner.chars.as_ref().or_else(|| self.inner.bytes.get())? {
            Form::Simple(simple) => simple.literal(),
            Form::Extended(_) => None,
        }
    }

    /// Whether the whole subject matches.
    #[must_use]
    pub fn matches(&self, hay: &[u8]) -> bool {
        self.matches_with(hay, self.inner.options.period)
    }

    /// Whether a file name matches. Without `dotglob`, a name that starts with a dot matches only a pattern that says
    /// the dot. Whether `.` and `..` are candidates at all (`globskipdots`) is for the caller to decide.
    #[must_use]
    pub fn matches_name(&self, name: &[u8], dotglob: bool) -> bool {
        self.matches_with(name, !dotglob)
    }

    fn matches_with(&self, hay: &[u8], period: bool) -> bool {
        match self.form(hay) {
            Form::Simple(simple) => {
                !(period && hay.first() == Some(&b'.') && !simple.starts_with(u32::from(b'.'))) && simple.matches(hay)
            }
            Form::Extended(ext) => ext.matches(hay, period),
        }
    }

    /// Length of the longest prefix that matches (`${v##p}`).
    #[must_use]
    pub fn longest_prefix(&self, hay: &[u8]) -> Option<usize> {
        match self.form(hay) {
            Form::Simple(simple) => simple.longest_from(hay, 0),
            Form::Extended(ext) => ext.end_from(hay, 0, true),
        }
    }

    /// Length of the shortest prefix that matches (`${v#p}`).
    #[must_use]
    pub fn shortest_prefix(&self, hay: &[u8]) -> Option<usize> {
        match self.form(hay) {
            Form::Simple(simple) => simple.shortest_from(hay, 0),
            Form::Extended(ext) => ext.end_from(hay, 0, false),
        }
    }

    /// Where the longest suffix that matches starts (`${v%%p}`).
    #[must_use]
    pub fn longest_suffix(&self, hay: &[u8]) -> Option<usize> {
        match self.form(hay) {
            Form::Simple(simple) => simple.suffix(hay, true),
            Form::Extended(ext) => ext.suffix(hay, true),
        }
    }

    /// Where the shortest suffix that matches starts (`${v%p}`).
    #[must_use]
    pub fn shortest_suffix(&self, hay: &[u8]) -> Option<usize> {
        match self.form(hay) {
            Form::Simple(simple) => simple.suffix(hay, false),
            Form::Extended(ext) => ext.suffix(hay, false),
        }
    }

    /// Prepares searches in a subject, for `${v/p/r}` and `${v//p/r}`.
    #[must_use]
    pub fn searcher<'p, 'h>(&'p self, hay: &'h [u8]) -> Searcher<'p, 'h> {
        let form = self.form(hay);
        let starts = match form {
            Form::Simple(_) => Vec::new(),
            Form::Extended(ext) => ext.starts(hay),
        };
        Searcher { form, hay, starts }
    }
}

/// Finds matches in one subject; from [`Pattern::searcher`].
#[derive(Debug)]
pub struct Searcher<'p, 'h> {
    form: &'p Form,
    hay: &'h [u8],
    starts: Vec<u64>,
}

impl Searcher<'_, '_> {
    /// The leftmost-longest match that starts at or after `from`, an offset at a character. It may be empty.
    #[must_use]
    pub fn find(&self, from: usize) -> Option<Span> {
        if from > self.hay.len() {
            return None;
        }
        match self.form {
            Form::Simple(simple) => simple.search(self.hay, from),
            Form::Extended(ext) => ext.search(self.hay, &self.starts, from),
        }
    }
}

/// Whether bytes hold an active wildcard, so that a word is to be expanded to file names: `*`, `?`, a closed bracket
/// expression, or with `extglob` an operator followed by `(`. A backslash quotes.
#[must_use]
pub fn has_wildcard(bytes: &[u8], extglob: bool) -> bool {
    let mut at = 0;
    let mut open_bracket = false;
    while at < bytes.len() {
        match bytes[at] {
            b'*' | b'?' => return true,
            b'[' => open_bracket = true,
            b']' if open_bracket => return true,
            b'+' | b'@' | b'!' if extglob && bytes.get(at + 1) == Some(&b'(') => return true,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    false
}
