//! Regular expressions of a script.

use memchr::memmem::Finder;
use pattern::regex::{Captures, MatchError, Options, Regex, RegexError, Syntax};

/// A compiled expression with a shortcut for plain text.
#[derive(Debug)]
pub struct Re {
    regex: Regex,
    literal: Option<Finder<'static>>,
}

/// How to compile an expression.
#[derive(Clone, Copy, Debug)]
pub struct Flags {
    pub extended: bool,
    pub icase: bool,
    pub multiline: bool,
    pub utf8: bool,
}

impl Re {
    /// Compiles `source`, whose escapes have been replaced by [`crate::parse::text::regex_escapes`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(source: &[u8], flags: Flags) -> Result<Self, RegexError> {
        let syntax = if flags.extended { Syntax::SedEre } else { Syntax::Bre };
        let options = Options {
            icase: flags.icase,
            utf8: flags.utf8,
            newline: flags.multiline,
            ..Options::new(syntax)
        };
        let regex = Regex::new(source, &options)?;
        let special: &[u8] = if flags.extended {
            b"\\^$.[]|()*+?{}"
        } else {
            b"\\^$.[]*"
        };
        let plain =
            !flags.icase && !source.is_empty() && !source.iter().any(|byte| *byte >= 0x80 || special.contains(byte));
        let literal = plain.then(|| Finder::new(source).into_owned());
        Ok(Re { regex, literal })
    }

    /// Number of groups, not counting the whole match.
    pub fn groups(&self) -> usize {
        self.regex.group_count() - 1
    }

    /// Whether it matches anywhere.
    #[inline]
    pub fn is_match(&self, text: &[u8]) -> Result<bool, MatchError> {
        match &self.literal {
            Some(finder) => Ok(finder.find(text).is_some()),
            None => self.regex.is_match(text),
        }
    }

    /// The leftmost-longest match that starts at or after `from`.
    #[inline]
    pub fn find(&self, text: &[u8], from: usize) -> Result<Option<(usize, usize)>, MatchError> {
        match &self.literal {
            Some(finder) => Ok(text
                .get(from..)
                .and_then(|rest| finder.find(rest))
                .map(|at| (from + at, from + at + finder.needle().len()))),
            None => Ok(self.regex.find_at(text, from)?.map(|span| (span.start, span.end))),
        }
    }

    /// As [`Re::find`], with the groups.
    pub fn captures(&self, text: &[u8], from: usize, into: &mut Captures) -> Result<bool, MatchError> {
        self.regex.captures_at(text, from, into)
    }
}
