//! Patterns compiled for finding lines in blocks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::memmem;
use pattern::regex::{MatchError, Options, Regex, RegexError, Span, Syntax, Wrap};

/// What the patterns mean.
#[derive(Debug, Clone)]
pub(super) struct MatchOptions {
    /// The dialect.
    pub syntax: Syntax,
    /// Ignore case.
    pub icase: bool,
    /// Whole words or lines only.
    pub wrap: Wrap,
    /// What ends a line.
    pub eol: u8,
    /// Text is UTF-8.
    pub utf8: bool,
}

/// Patterns that lines are searched for.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    regex: Regex,
    eol: u8,
    literal: Option<Arc<Literal>>,
}

/// A string that every matching line holds. Only lines with it are matched, unless it turns out to be common.
#[derive(Debug)]
struct Literal {
    finder: memmem::Finder<'static>,
    /// Lines that held it, and bytes they were found in.
    lines: AtomicU64,
    bytes: AtomicU64,
}

impl Literal {
    /// As many lines are looked at before it is judged.
    const TRIAL: u64 = 64;
    /// With a line in fewer bytes than this, the automaton alone is faster.
    const SPARSE: u64 = 512;

    fn pays(&self, needed: bool) -> bool {
        let lines = self.lines.load(Ordering::Relaxed);
        needed || lines < Self::TRIAL || self.bytes.load(Ordering::Relaxed) / lines > Self::SPARSE
    }
}

/// A line in a block, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    /// Offset of its first byte.
    pub start: usize,
    /// Offset of its terminator, or the end of the block.
    pub end: usize,
}

impl Matcher {
    /// Compiles patterns, any of which may match.
    pub(super) fn new(patterns: &[&[u8]], o: &MatchOptions) -> Result<Matcher, RegexError> {
        let options = Options {
            icase: o.icase,
            utf8: o.utf8,
            line_terminator: Some(o.eol),
            wrap: o.wrap,
            ..Options::new(o.syntax)
        };
        let regex = match patterns {
            [one] => Regex::new(one, &options)?,
            many => Regex::new_many(many, &options)?,
        };
        let literal = regex.required_literal().filter(|l| !l.contains(&o.eol)).map(|l| {
            let finder = memmem::Finder::new(l).into_owned();
            Arc::new(Literal {
                finder,
                lines: AtomicU64::new(0),
                bytes: AtomicU64::new(0),
            })
        });
        Ok(Matcher {
            regex,
            eol: o.eol,
            literal,
        })
    }

    /// Compiles patterns whose matches may span lines; see [`Matcher::lines_of_matches`].
    pub(super) fn multiline(patterns: &[&[u8]], o: &MatchOptions) -> Result<Matcher, RegexError> {
        let options = Options {
            icase: o.icase,
            utf8: o.utf8,
            newline: true,
            wrap: o.wrap,
            ..Options::new(o.syntax)
        };
        Ok(Matcher {
            regex: Regex::new_many(patterns, &options)?,
            eol: o.eol,
            literal: None,
        })
    }

    /// The runs of lines that matches touch, in order; runs that share a line are one.
    pub(super) fn lines_of_matches(&self, data: &[u8]) -> Result<Vec<Line>, MatchError> {
        let mut runs: Vec<Line> = Vec::new();
        for found in self.regex.find_iter(data) {
            let found = found?;
            let start = memchr::memrchr(self.eol, &data[..found.start]).map_or(0, |n| n + 1);
            if start >= data.len() {
                break;
            }
            // A match that ends behind a terminator does not touch the next line.
            let last = if found.is_empty() { found.end } else { found.end - 1 };
            let end = self.line_end(data, last);
            match runs.last_mut() {
                Some(run) if start <= run.end => run.end = run.end.max(end),
                _ => runs.push(Line { start, end }),
            }
        }
        Ok(runs)
    }

    /// The expression.
    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }

    /// What ends a line.
    pub(super) fn eol(&self) -> u8 {
        self.eol
    }

    /// The first matching line that starts at or after `from`, where a line starts.
    pub(super) fn next_line(&self, block: &[u8], from: usize) -> Result<Option<Line>, MatchError> {
        if from >= block.len() {
            return Ok(None);
        }
        if let Some(literal) = self.literal.as_ref().filter(|l| l.pays(!self.regex.searches_blocks())) {
            return self.next_line_with(literal, block, from);
        }
        if !self.regex.searches_blocks() {
            return self.next_line_by_line(block, from);
        }
        let Some(at) = self.regex.position_in_match(block, from)? else {
            return Ok(None);
        };
        let start = memchr::memrchr(self.eol, &block[from..at]).map_or(from, |n| from + n + 1);
        // An empty match behind the last terminator is on no line.
        if start >= block.len() {
            return Ok(None);
        }
        Ok(Some(Line {
            start,
            end: self.line_end(block, at),
        }))
    }

    fn next_line_with(&self, literal: &Literal, block: &[u8], from: usize) -> Result<Option<Line>, MatchError> {
        let mut at = from;
        let mut lines = 0;
        let mut result = None;
        while let Some(found) = literal.finder.find(&block[at..]) {
            let found = at + found;
            let start = memchr::memrchr(self.eol, &block[at..found]).map_or(at, |n| at + n + 1);
            let end = self.line_end(block, found);
            lines += 1;
            at = end + 1;
            if self.regex.is_match(&block[start..end])? {
                result = Some(Line { start, end });
                break;
            }
            if at >= block.len() {
                break;
            }
        }
        literal.lines.fetch_add(lines, Ordering::Relaxed);
        literal
            .bytes
            .fetch_add((at.min(block.len()) - from) as u64, Ordering::Relaxed);
        Ok(result)
    }

    fn next_line_by_line(&self, block: &[u8], from: usize) -> Result<Option<Line>, MatchError> {
        let mut start = from;
        while start < block.len() {
            let end = self.line_end(block, start);
            if self.regex.is_match(&block[start..end])? {
                return Ok(Some(Line { start, end }));
            }
            start = end + 1;
        }
        Ok(None)
    }

    /// Where the line that holds `at` ends.
    pub(super) fn line_end(&self, block: &[u8], at: usize) -> usize {
        memchr::memchr(self.eol, &block[at..]).map_or(block.len(), |n| at + n)
    }

    /// The next match in a line, at or after `from`.
    pub(super) fn find(&self, line: &[u8], from: usize) -> Result<Option<Span>, MatchError> {
        self.regex.find_at(line, from)
    }
}
