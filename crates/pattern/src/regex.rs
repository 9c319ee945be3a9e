//! Regular expressions over bytes in the dialects of the Unix tools.
//!
//! POSIX dialects find the leftmost-longest match and give groups the text that glibc gives them. Patterns without
//! back-references take linear time; the others run under a step limit ([`MatchError::StepLimit`]).
//!
//! ```
//! use pattern::regex::{Options, Regex, Syntax};
//! let re = Regex::new(b"x|xy", &Options::new(Syntax::Ere)).unwrap();
//! let found = re.find_at(b"abxy", 0).unwrap().unwrap();
//! assert_eq!((found.start, found.end), (2, 4));
//! ```

mod ast;
mod auto;
mod backtrack;
mod bracket;
mod cache;
pub(crate) mod chars;
mod classes;
mod error;
mod lower;
mod parse;
mod perl;
mod prefer;
mod required;
mod syntax;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex_automata::util::primitives::NonMaxUsize;

use ast::{Assert, Node};
use auto::Auto;
use backtrack::Backtrack;
pub use error::{MatchError, RegexError};
pub use syntax::{Options, Syntax, Wrap};

/// A range of byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether it holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end == self.start
    }

    /// The range, to index with.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start..self.end
    }
}

/// What the edges of the subject mean (`REG_NOTBOL`, `REG_NOTEOL`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// The start of the subject is not the start of a line.
    pub not_bol: bool,
    /// The end of the subject is not the end of a line.
    pub not_eol: bool,
}

/// Where the groups of a match are; make one with [`Regex::new_captures`] and use it again for every search.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    slots: Vec<Option<NonMaxUsize>>,
    groups: usize,
}

impl Captures {
    /// The text of a group, 0 being the whole match; `None` if the group took no part or does not exist.
    #[must_use]
    pub fn get(&self, group: usize) -> Option<Span> {
        match (self.slots.get(group * 2)?, self.slots.get(group * 2 + 1)?) {
            (Some(s), Some(e)) => Some(Span {
                start: s.get(),
                end: e.get(),
            }),
            _ => None,
        }
    }

    /// Number of groups with the whole match, so at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups
    }

    /// Whether there is not even room for the whole match: true only for a default value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups == 0
    }
}

/// A compiled regular expression. Cloning is cheap; clones share their caches and may be used from many threads.
#[derive(Debug, Clone)]
pub struct Regex {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    groups: usize,
    utf8: bool,
    whole_records: bool,
    warnings: Vec<String>,
    names: Vec<Option<String>>,
    required: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Engine {
    Auto(Box<Auto>),
    /// A filter that matches at least what the pattern matches, and the exact matcher.
    Backref(Box<Auto>, Box<Backtrack>),
    Fancy(Box<fancy_regex::Regex>),
}

impl Regex {
    /// Compiles one pattern, or takes it from the few that were compiled last. With [`Syntax::Fixed`], [`Syntax::GrepBre`] and [`Syntax::GrepEre`] a newline separates
    /// alternatives.
    ///
    /// # Errors
    /// What is wrong with the pattern, in glibc's words.
    pub fn new(pattern: &[u8], options: &Options) -> Result<Regex, RegexError> {
        if let Some(regex) = cache::get(pattern, options) {
            return Ok(regex);
        }
        let regex = Regex::compile(pattern, options)?;
        cache::put(pattern, options, &regex);
        Ok(regex)
    }

    fn compile(pattern: &[u8], options: &Options) -> Result<Regex, RegexError> {
        match options.syntax {
            Syntax::Fixed => {
                let lines: Vec<&[u8]> = pattern.split(|&b| b == b'\n').collect();
                Regex::new_many(&lines, options)
            }
            Syntax::Perl | Syntax::Rust => {
                let compiled = perl::compile(pattern, options)?;
                Regex::from_perl(compiled, options)
            }
            _ => {
                let parsed = parse::parse(pattern, options)?;
                Regex::from_tree(parsed.root, parsed.groups, parsed.backrefs, parsed.warnings, options)
            }
        }
    }

    /// Compiles several patterns into one that matches where any of them does. Groups are numbered through; a
    /// back-reference refers to a group of its own pattern.
    ///
    /// # Errors
    /// What is wrong with the first pattern that is wrong.
    pub fn new_many(patterns: &[&[u8]], options: &Options) -> Result<Regex, RegexError> {
        match options.syntax {
            Syntax::Fixed => {
                let branches = patterns.iter().map(|p| fixed(p, options.utf8)).collect();
                Regex::from_tree(Node::alt(branches), 0, false, Vec::new(), options)
            }
            Syntax::Perl | Syntax::Rust => {
                if let [one] = patterns {
                    return Regex::new(one, options);
                }
                let mut joined = Vec::new();
                for (i, p) in patterns.iter().enumerate() {
                    joined.extend_from_slice(if i == 0 { b"(?:" } else { b"|(?:" });
                    joined.extend_from_slice(p);
                    joined.push(b')');
                }
                Regex::new(&joined, options)
            }
            _ => {
                let (mut branches, mut groups, mut backrefs, mut warnings) = (Vec::new(), 0, false, Vec::new());
                for pattern in patterns {
                    let mut parsed = parse::parse(pattern, options)?;
                    if groups > 0 && parsed.groups > 0 {
                        renumber(&mut parsed.root, groups);
                    }
                    groups += parsed.groups;
                    backrefs |= parsed.backrefs;
                    warnings.extend(parsed.warnings);
                    branches.push(parsed.root);
                }
                let root = if branches.is_empty() {
                    // No pattern at all matches nothing, not everything.
                    Node::Class(classes::empty(options.utf8))
                } else {
                    Node::alt(branches)
                };
                Regex::from_tree(root, groups, backrefs, warnings, options)
            }
        }
    }

    fn from_tree(
        root: Node,
        groups: u32,
        backrefs: bool,
        warnings: Vec<String>,
        options: &Options,
    ) -> Result<Regex, RegexError> {
        let root = lower::sort_alternatives(prefer::rewrite(root));
        let mut first_is_longest = !backrefs && lower::first_is_longest(&root, options);
        let root = match options.wrap {
            Wrap::None => root,
            Wrap::Word => {
                // The condition at the end can make a shorter match the only one; only the second search knows.
                first_is_longest = first_is_longest && lower::is_fixed(&root);
                Node::Concat(vec![
                    Node::Assert(Assert::NoWordBefore),
                    root,
                    Node::Assert(Assert::NoWordAfter),
                ])
            }
            Wrap::Line => Node::Concat(vec![
                Node::Assert(Assert::LineStart),
                root,
                Node::Assert(Assert::LineEnd),
            ]),
        };
        let terminator = options.line_terminator.unwrap_or(b'\n');
        let hir = lower::lower(&root, options);
        let required = required::of_hir(&hir);
        let auto = Box::new(on_big_stack(|| Auto::new(hir, first_is_longest, terminator))?);
        let engine = if backrefs {
            Engine::Backref(auto, Box::new(Backtrack::new(&root, groups, options)?))
        } else {
            Engine::Auto(auto)
        };
        drop_deep(root);
        Ok(Regex {
            inner: Arc::new(Inner {
                engine,
                groups: groups as usize + 1,
                utf8: options.utf8,
                whole_records: options.line_terminator.is_some(),
                warnings,
                names: Vec::new(),
                required,
            }),
        })
    }

    fn from_perl(compiled: perl::Compiled, options: &Options) -> Result<Regex, RegexError> {
        let (engine, groups, names, required) = match compiled {
            perl::Compiled::Hir(hir) => {
                let required = required::of_hir(&hir);
                let groups = hir.properties().explicit_captures_len() + 1;
                let terminator = options.line_terminator.unwrap_or(b'\n');
                let auto = on_big_stack(|| Auto::new(hir, true, terminator))?;
                let names = auto.group_names();
                (Engine::Auto(Box::new(auto)), groups, names, required)
            }
            perl::Compiled::Fancy(re) => {
                let required = required::of_perl(re.as_str(), options.icase);
                let names = re.capture_names().map(|n| n.map(str::to_owned)).collect();
                let groups = re.captures_len();
                (Engine::Fancy(re), groups, names, required)
            }
        };
        let whole_records = options.line_terminator.is_some() && !matches!(engine, Engine::Fancy(_));
        Ok(Regex {
            inner: Arc::new(Inner {
                engine,
                groups,
                utf8: options.utf8,
                whole_records,
                warnings: Vec::new(),
                names,
                required,
            }),
        })
    }

    /// Number of groups with the whole match, so at least 1.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.inner.groups
    }

    /// The number of the group with this name (Perl and Rust syntax).
    #[must_use]
    pub fn group_index(&self, name: &str) -> Option<usize> {
        self.inner.names.iter().position(|n| n.as_deref() == Some(name))
    }

    /// What GNU grep would warn about (`* at start of expression`), without a prefix.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.inner.warnings
    }

    /// Whether a block of many records can be searched at once: [`Options::line_terminator`] was given and no match
    /// can cross it. False for Perl patterns that need backtracking: search those record by record.
    #[must_use]
    pub fn searches_blocks(&self) -> bool {
        self.inner.whole_records
    }

    /// A string that every match contains, when one is known and looking for it first may pay.
    #[must_use]
    pub fn required_literal(&self) -> Option<&[u8]> {
        self.inner.required.as_deref()
    }

    /// Room for the groups of this pattern.
    #[must_use]
    pub fn new_captures(&self) -> Captures {
        Captures {
            slots: Vec::new(),
            groups: self.inner.groups,
        }
    }

    /// Whether the pattern matches anywhere. Faster than finding where.
    ///
    /// # Errors
    /// [`MatchError::StepLimit`], only for patterns that need backtracking.
    pub fn is_match(&self, hay: &[u8]) -> Result<bool, MatchError> {
        match &self.inner.engine {
            Engine::Auto(auto) => Ok(auto.is_match(hay, 0, hay.len())),
            Engine::Fancy(re) => re.is_match(hay).map_err(|_| MatchError::StepLimit),
            Engine::Backref(..) => Ok(self.find_at(hay, 0)?.is_some()),
        }
    }

    /// A position inside of the leftmost match at or after `start`, or at its end: enough to know in which record the
    /// match is, and faster than finding it.
    ///
    /// # Errors
    /// As [`Regex::is_match`].
    pub fn position_in_match(&self, hay: &[u8], start: usize) -> Result<Option<usize>, MatchError> {
        match &self.inner.engine {
            Engine::Auto(auto) => Ok(auto.any_end(hay, start)),
            _ => Ok(self.find_at(hay, start)?.map(|m| m.end)),
        }
    }

    /// The leftmost-longest match that starts at or after `start`. The bytes before `start` are context: `^` does not
    /// match at `start` unless it is 0 or follows a newline in a mode where that counts.
    ///
    /// # Errors
    /// As [`Regex::is_match`].
    pub fn find_at(&self, hay: &[u8], start: usize) -> Result<Option<Span>, MatchError> {
        self.find_in(hay, Span { start, end: hay.len() })
    }

    /// As [`Regex::find_at`], for a match that lies within `range`; bytes outside of it are context.
    ///
    /// # Errors
    /// As [`Regex::is_match`].
    pub fn find_in(&self, hay: &[u8], range: Span) -> Result<Option<Span>, MatchError> {
        if range.start > range.end || range.end > hay.len() {
            return Ok(None);
        }
        match &self.inner.engine {
            Engine::Auto(auto) => Ok(auto.find(hay, range.start, range.end)),
            Engine::Fancy(re) => {
                let input = fancy_regex::RegexInput::new(hay)
                    .range(range.range())
                    .from_pos(range.start);
                match re.find_input(input) {
                    Ok(found) => Ok(found.map(|m| Span {
                        start: m.start(),
                        end: m.end(),
                    })),
                    Err(_) => Err(MatchError::StepLimit),
                }
            }
            Engine::Backref(filter, exact) => {
                let mut captures = self.new_captures();
                let candidate = |at| filter.find_first(hay, at, range.end).map(|m| m.start);
                backtrack::search(exact, hay, range.start, range.end, candidate, &mut captures)
            }
        }
    }

    /// As [`Regex::find_at`], with the groups. Returns whether there was a match.
    ///
    /// # Errors
    /// As [`Regex::is_match`].
    pub fn captures_at(&self, hay: &[u8], start: usize, into: &mut Captures) -> Result<bool, MatchError> {
        into.groups = self.inner.groups;
        if start > hay.len() {
            into.slots.clear();
            return Ok(false);
        }
        match &self.inner.engine {
            Engine::Auto(auto) => Ok(auto.captures(hay, start, hay.len(), into)),
            Engine::Fancy(re) => {
                into.slots.clear();
                let Some(found) = re.captures_from_pos(hay, start).map_err(|_| MatchError::StepLimit)? else {
                    return Ok(false);
                };
                for i in 0..self.inner.groups {
                    let m = found.get(i);
                    into.slots.push(m.as_ref().and_then(|m| NonMaxUsize::new(m.start())));
                    into.slots.push(m.as_ref().and_then(|m| NonMaxUsize::new(m.end())));
                }
                Ok(true)
            }
            Engine::Backref(filter, exact) => {
                let candidate = |at| filter.find_first(hay, at, hay.len()).map(|m| m.start);
                Ok(backtrack::search(exact, hay, start, hay.len(), candidate, into)?.is_some())
            }
        }
    }

    /// As [`Regex::captures_at`] for a subject whose edges are not those of a line. Copies the subject when a flag is
    /// set: to search on in one subject, use a later `start` instead.
    ///
    /// # Errors
    /// As [`Regex::is_match`].
    pub fn captures_with(
        &self,
        hay: &[u8],
        start: usize,
        flags: Flags,
        into: &mut Captures,
    ) -> Result<bool, MatchError> {
        if flags == Flags::default() {
            return self.captures_at(hay, start, into);
        }
        // A NUL beyond either edge is no newline and no part of a word; the search itself stays within.
        let front = usize::from(flags.not_bol);
        let mut padded = Vec::with_capacity(hay.len() + 2);
        padded.resize(front, 0);
        padded.extend_from_slice(hay);
        padded.resize(padded.len() + usize::from(flags.not_eol), 0);
        let end = front + hay.len();
        let Some(found) = self.find_in(
            &padded,
            Span {
                start: start + front,
                end,
            },
        )?
        else {
            into.slots.clear();
            return Ok(false);
        };
        let ok = match &self.inner.engine {
            Engine::Auto(auto) => auto.captures(&padded, found.start, end, into),
            Engine::Backref(_, exact) => backtrack::search(exact, &padded, found.start, end, Some, into)?.is_some(),
            Engine::Fancy(_) => self.captures_at(&padded, found.start, into)?,
        };
        for slot in &mut into.slots {
            *slot = slot.and_then(|s| NonMaxUsize::new(s.get().saturating_sub(front)));
        }
        Ok(ok)
    }

    /// All matches, one after the other, as `grep -o` and `s///g` see them: after an empty match the search goes on
    /// one character later, and an empty match right after another match is skipped.
    pub fn find_iter<'r, 'h>(&'r self, hay: &'h [u8]) -> FindIter<'r, 'h> {
        FindIter {
            re: self,
            hay,
            at: 0,
            last_end: None,
        }
    }

    /// The offset after the character at `at`, where a search goes on after an empty match.
    #[must_use]
    pub fn next_char(&self, hay: &[u8], at: usize) -> usize {
        at + chars::step(hay.get(at..).unwrap_or_default(), self.inner.utf8)
    }
}

/// The iterator of [`Regex::find_iter`].
#[derive(Debug)]
pub struct FindIter<'r, 'h> {
    re: &'r Regex,
    hay: &'h [u8],
    at: usize,
    last_end: Option<usize>,
}

impl Iterator for FindIter<'_, '_> {
    type Item = Result<Span, MatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.at > self.hay.len() {
                return None;
            }
            let found = match self.re.find_at(self.hay, self.at) {
                Ok(found) => found?,
                Err(error) => {
                    self.at = self.hay.len() + 1;
                    return Some(Err(error));
                }
            };
            if found.is_empty() {
                self.at = self.re.next_char(self.hay, found.end);
                if self.last_end == Some(found.end) {
                    continue;
                }
            } else {
                self.at = found.end;
            }
            self.last_end = Some(found.end);
            return Some(Ok(found));
        }
    }
}

fn fixed(pattern: &[u8], utf8: bool) -> Node {
    let mut items = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        match chars::decode(&pattern[at..]).filter(|_| utf8) {
            Some((c, len)) => {
                items.push(Node::Char(c));
                at += len;
            }
            None => {
                items.push(Node::Byte(pattern[at]));
                at += 1;
            }
        }
    }
    Node::concat(items)
}

fn renumber(node: &mut Node, by: u32) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || match node {
        Node::Group(n, inner) => {
            *n += by;
            renumber(inner, by);
        }
        Node::Backref(n) => *n += by,
        Node::Repeat(_, _, inner) => renumber(inner, by),
        Node::Concat(items) | Node::Alt(items) => items.iter_mut().for_each(|i| renumber(i, by)),
        _ => {}
    });
}

/// Automata are built by functions that recurse as deep as the pattern nests.
fn on_big_stack<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(4 * 1024 * 1024, 16 * 1024 * 1024, f)
}

/// Drops a tree without deep recursion on a small stack.
fn drop_deep(node: Node) {
    stacker::maybe_grow(1024 * 1024, 4 * 1024 * 1024, || drop(node));
}
