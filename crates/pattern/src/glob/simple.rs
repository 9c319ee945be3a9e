//! Patterns without extended lists: runs of single-symbol tests with `*` between them.
//!
//! Putting every run as early as possible decides a match in one pass, since what is left of the subject only shrinks
//! when a run is put later. The last run is put as late as possible where the longest match is wanted.

use std::sync::OnceLock;

use memchr::memmem;

use super::parse::Tok;
use super::set::{Set, fold};
use crate::regex::Span;
use crate::regex::chars::{decode, decode_last};

/// A test on one symbol.
#[derive(Debug, Clone)]
enum Elem {
    Symbol(u32),
    Any,
    Set(Box<Set>),
}

/// Tests in a row.
#[derive(Debug)]
struct Run {
    elems: Vec<Elem>,
    /// The bytes, when all tests are for given symbols and case matters.
    literal: Option<Vec<u8>>,
    finder: OnceLock<memmem::Finder<'static>>,
}

/// A compiled pattern: runs with stars between, and perhaps at the edges.
#[derive(Debug)]
pub(super) struct Simple {
    runs: Vec<Run>,
    star_first: bool,
    star_last: bool,
    utf8: bool,
    nocase: bool,
}

impl Simple {
    /// Compiles tokens; `None` when they hold an extended list.
    pub(super) fn new(toks: &[Tok], utf8: bool, nocase: bool) -> Option<Simple> {
        let mut runs = Vec::new();
        let mut elems = Vec::new();
        for tok in toks {
            match tok {
                Tok::Symbol(s) => elems.push(Elem::Symbol(if nocase { fold(*s, utf8) } else { *s })),
                Tok::Any => elems.push(Elem::Any),
                Tok::Set(set) => elems.push(Elem::Set(Box::new(set.clone()))),
                Tok::Star => {
                    if !elems.is_empty() {
                        runs.push(Run::new(std::mem::take(&mut elems), utf8, nocase));
                    }
                }
                Tok::Ext(..) => return None,
            }
        }
        if !elems.is_empty() {
            runs.push(Run::new(elems, utf8, nocase));
        }
        Some(Simple {
            runs,
            star_first: toks.first() == Some(&Tok::Star),
            star_last: toks.last() == Some(&Tok::Star),
            utf8,
            nocase,
        })
    }

    /// The bytes that alone match, when the pattern has no wildcard and case matters.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        match &self.runs[..] {
            _ if self.star_first => None,
            [] => Some(b""),
            [run] if !self.star_last => run.literal.as_deref(),
            _ => None,
        }
    }

    /// Whether only the bytes count, so that both modes give the same answer: nothing but literals and stars.
    pub(super) fn is_bytewise(&self) -> bool {
        self.runs.iter().all(|r| r.literal.is_some())
    }

    /// Whether the pattern starts with this symbol itself.
    pub(super) fn starts_with(&self, symbol: u32) -> bool {
        !self.star_first
            && matches!(self.runs.first().and_then(|r| r.elems.first()), Some(Elem::Symbol(s)) if *s == symbol)
    }

    /// Whether the whole subject matches.
    pub(super) fn matches(&self, hay: &[u8]) -> bool {
        if let Some(literal) = self.literal() {
            return literal == hay;
        }
        match self.middle(hay, 0) {
            None => false,
            Some((at, None)) => self.star_last || at == hay.len(),
            Some((at, Some(last))) => match (self.anchored_single(), self.star_last) {
                (true, true) => self.at(last, hay, at).is_some(),
                (true, false) => self.at(last, hay, at) == Some(hay.len()),
                (false, true) => self.find(last, hay, at).is_some(),
                (false, false) => self.at_end(last, hay).is_some_and(|start| start >= at),
            },
        }
    }

    /// Places all runs but the last from `start`. Returns where they end, and the last; the only run of a pattern that
    /// does not start with a star is the last too, and is to start at `start`.
    fn middle(&self, hay: &[u8], start: usize) -> Option<(usize, Option<&Run>)> {
        let Some((last, others)) = self.runs.split_last() else {
            return Some((start, None));
        };
        let mut at = start;
        for (i, run) in others.iter().enumerate() {
            at = if i == 0 && !self.star_first {
                self.at(run, hay, at)?
            } else {
                self.find(run, hay, at)?.end
            };
        }
        Some((at, Some(last)))
    }

    fn anchored_single(&self) -> bool {
        self.runs.len() == 1 && !self.star_first
    }

    /// The end of the longest match that starts at `start`.
    pub(super) fn longest_from(&self, hay: &[u8], start: usize) -> Option<usize> {
        let (at, last) = self.middle(hay, start)?;
        let Some(last) = last else {
            return Some(if self.star_last { hay.len() } else { at });
        };
        if self.anchored_single() {
            let end = self.at(last, hay, at)?;
            return Some(if self.star_last { hay.len() } else { end });
        }
        if self.star_last {
            return self.find(last, hay, at).map(|_| hay.len());
        }
        self.rfind(last, hay, at).map(|m| m.end)
    }

    /// The end of the shortest match that starts at `start`.
    pub(super) fn shortest_from(&self, hay: &[u8], start: usize) -> Option<usize> {
        let (at, last) = self.middle(hay, start)?;
        let Some(last) = last else { return Some(at) };
        if self.anchored_single() {
            self.at(last, hay, at)
        } else {
            self.find(last, hay, at).map(|m| m.end)
        }
    }

    /// The start of the longest or shortest match that ends at the end of the subject.
    pub(super) fn suffix(&self, hay: &[u8], longest: bool) -> Option<usize> {
        let Some((first, others)) = self.runs.split_first() else {
            return Some(if self.star_first && longest { 0 } else { hay.len() });
        };
        // Runs from the right, each as late as possible.
        let mut end = hay.len();
        for (i, run) in others.iter().enumerate().rev() {
            end = if i + 1 == others.len() && !self.star_last {
                self.at_end(run, &hay[..end])?
            } else {
                self.rfind(run, &hay[..end], 0)?.start
            };
        }
        if others.is_empty() && !self.star_last {
            let start = self.at_end(first, hay)?;
            return Some(if self.star_first && longest { 0 } else { start });
        }
        if self.star_first && longest {
            return self.rfind(first, &hay[..end], 0).map(|_| 0);
        }
        if longest {
            self.find(first, &hay[..end], 0).map(|m| m.start)
        } else {
            self.rfind(first, &hay[..end], 0).map(|m| m.start)
        }
    }

    /// The leftmost-longest match at or after `from`.
    pub(super) fn search(&self, hay: &[u8], from: usize) -> Option<Span> {
        let start = match self.runs.first() {
            Some(first) if !self.star_first => self.find(first, hay, from)?.start,
            _ => from,
        };
        // If the rest does not fit behind the first place of the first run, it fits behind no later one.
        let end = self.longest_from(hay, start)?;
        Some(Span { start, end })
    }

    fn symbol(&self, hay: &[u8], at: usize) -> Option<(u32, usize)> {
        let &b = hay.get(at)?;
        if b >= 0x80 && self.utf8 {
            return Some(decode(&hay[at..]).map_or((u32::from(b), 1), |(c, n)| (u32::from(c), n)));
        }
        Some((u32::from(b), 1))
    }

    fn test(&self, elem: &Elem, symbol: u32) -> bool {
        match elem {
            Elem::Any => true,
            Elem::Symbol(s) => *s == symbol || (self.nocase && fold(symbol, self.utf8) == *s),
            Elem::Set(set) => set.has(symbol),
        }
    }

    /// Where the run ends if it starts at `at`.
    fn at(&self, run: &Run, hay: &[u8], at: usize) -> Option<usize> {
        if let Some(literal) = &run.literal {
            return hay.get(at..)?.starts_with(literal).then_some(at + literal.len());
        }
        let mut pos = at;
        for elem in &run.elems {
            let (symbol, len) = self.symbol(hay, pos)?;
            if !self.test(elem, symbol) {
                return None;
            }
            pos += len;
        }
        Some(pos)
    }

    /// Where the run starts if it ends at the end of the subject.
    fn at_end(&self, run: &Run, hay: &[u8]) -> Option<usize> {
        if let Some(literal) = &run.literal {
            return hay.ends_with(literal).then(|| hay.len() - literal.len());
        }
        let mut pos = hay.len();
        for elem in run.elems.iter().rev() {
            let &b = hay[..pos].last()?;
            let (symbol, len) = if b >= 0x80 && self.utf8 {
                decode_last(&hay[..pos]).map_or((u32::from(b), 1), |(c, n)| (u32::from(c), n))
            } else {
                (u32::from(b), 1)
            };
            if !self.test(elem, symbol) {
                return None;
            }
            pos -= len;
        }
        Some(pos)
    }

    fn find(&self, run: &Run, hay: &[u8], from: usize) -> Option<Span> {
        if let Some(literal) = &run.literal {
            let rest = hay.get(from..)?;
            let found = match (&literal[..], rest.len()) {
                ([byte], _) => memchr::memchr(*byte, rest)?,
                (_, 0..=64) => memmem::find(rest, literal)?,
                _ => run
                    .finder
                    .get_or_init(|| memmem::Finder::new(literal).into_owned())
                    .find(rest)?,
            };
            return Some(Span {
                start: from + found,
                end: from + found + literal.len(),
            });
        }
        let mut at = from;
        loop {
            if let Some(end) = self.at(run, hay, at) {
                return Some(Span { start: at, end });
            }
            at += self.symbol(hay, at)?.1;
        }
    }

    fn rfind(&self, run: &Run, hay: &[u8], from: usize) -> Option<Span> {
        if let Some(literal) = &run.literal {
            let found = memmem::rfind(hay.get(from..)?, literal)?;
            return Some(Span {
                start: from + found,
                end: from + found + literal.len(),
            });
        }
        let mut end = hay.len();
        loop {
            let start = self.at_end(run, &hay[..end]);
            if let Some(start) = start.filter(|s| *s >= from) {
                return Some(Span { start, end });
            }
            if end <= from {
                return None;
            }
            end -= match decode_last(&hay[..end]) {
                Some((_, n)) if self.utf8 => n,
                _ => 1,
            };
        }
    }
}

impl Run {
    fn new(elems: Vec<Elem>, utf8: bool, nocase: bool) -> Run {
        let literal = elems
            .iter()
            .map(|e| match e {
                Elem::Symbol(s) if !nocase || is_caseless(*s) => Some(*s),
                _ => None,
            })
            .collect::<Option<Vec<u32>>>()
            .map(|symbols| symbol_bytes(&symbols, utf8));
        Run {
            elems,
            literal,
            finder: OnceLock::new(),
        }
    }
}

fn is_caseless(symbol: u32) -> bool {
    symbol < 128 && !u8::try_from(symbol).is_ok_and(|b| b.is_ascii_alphabetic())
}

fn symbol_bytes(symbols: &[u32], utf8: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(symbols.len());
    for &s in symbols {
        match char::from_u32(s) {
            Some(c) if utf8 => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.push((s & 0xff) as u8),
        }
    }
    out
}
