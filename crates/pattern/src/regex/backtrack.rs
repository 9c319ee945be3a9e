//! The engine for patterns with back-references: a backtracking matcher that tries every way to match for the longest,
//! remembers the states it has been in, and stops with an error at a step limit.

use std::collections::{HashMap, HashSet};

use regex_automata::util::primitives::NonMaxUsize;
use regex_syntax::hir::Class;

use super::ast::{Assert, Node};
use super::chars::{decode, decode_last, step};
use super::classes;
use super::error::{MatchError, RegexError};
use super::lower;
use super::syntax::Options;
use super::{Captures, Span};

/// Instructions a program may have.
const MAX_PROGRAM: usize = 400_000;
/// States that one search may remember.
const MAX_STATES: usize = 3_000_000;

#[derive(Debug)]
enum Inst {
    Char(char),
    Byte(u8),
    Set(Class),
    Assert(Assert),
    Save(usize),
    Backref(usize),
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    /// Notes where an iteration starts that could be empty.
    Mark(usize),
    /// Refuses an iteration that was empty.
    NotEmpty(usize),
    Fail,
    Match,
}

/// The program of one pattern.
#[derive(Debug)]
pub(super) struct Backtrack {
    prog: Vec<Inst>,
    /// Slots that decide what can match later: those of groups that are referred to.
    watched: Vec<usize>,
    marks: usize,
    slots: usize,
    icase: bool,
    utf8: bool,
    lines: bool,
    text_is_line: bool,
    terminator: u8,
    step_limit: usize,
}

impl Backtrack {
    /// Compiles a tree with `groups` groups.
    pub(super) fn new(root: &Node, groups: u32, options: &Options) -> Result<Backtrack, RegexError> {
        let mut c = Compiler {
            prog: Vec::new(),
            watched: Vec::new(),
            marks: 0,
            options,
        };
        c.node(root)?;
        c.emit(Inst::Match)?;
        c.watched.sort_unstable();
        c.watched.dedup();
        Ok(Backtrack {
            prog: c.prog,
            watched: c.watched,
            marks: c.marks,
            slots: (groups as usize + 1) * 2,
            icase: options.icase,
            utf8: options.utf8,
            lines: options.newline || options.line_terminator.is_some(),
            text_is_line: options.line_terminator.is_some(),
            terminator: options.line_terminator.unwrap_or(b'\n'),
            step_limit: options.step_limit,
        })
    }

    /// The longest match that starts exactly at `start`, with its groups. `steps` counts over calls.
    pub(super) fn match_at(
        &self,
        hay: &[u8],
        start: usize,
        limit: usize,
        steps: &mut usize,
        into: &mut Captures,
    ) -> Result<bool, MatchError> {
        let mut run = Run {
            p: self,
            hay,
            limit,
            slots: vec![None; self.slots],
            marks: vec![usize::MAX; self.marks],
            stack: Vec::new(),
            seen: HashSet::new(),
            contexts: HashMap::new(),
        };
        run.slots[0] = Some(start);
        let found = run.longest(start, steps)?;
        into.slots.clear();
        if let Some(slots) = &found {
            into.slots.extend(slots.iter().map(|s| s.and_then(NonMaxUsize::new)));
        }
        Ok(found.is_some())
    }

    /// How many steps a search over `len` bytes may take in all.
    pub(super) fn budget(&self, len: usize) -> usize {
        self.step_limit.saturating_add(len.saturating_mul(64))
    }

    /// The start position after `at`.
    pub(super) fn after(&self, hay: &[u8], at: usize) -> usize {
        at + step(&hay[at.min(hay.len())..], self.utf8)
    }

    fn holds(&self, assert: Assert, hay: &[u8], at: usize) -> bool {
        let line_start = at == 0 || (self.lines && hay[at - 1] == self.terminator);
        let line_end = at == hay.len() || (self.lines && hay[at] == self.terminator);
        match assert {
            Assert::LineStart => line_start,
            Assert::LineEnd => line_end,
            Assert::TextStart => at == 0 || (self.text_is_line && line_start),
            Assert::TextEnd => at == hay.len() || (self.text_is_line && line_end),
            Assert::WordEdge => self.word_before(hay, at) != self.word_after(hay, at),
            Assert::NotWordEdge => self.word_before(hay, at) == self.word_after(hay, at),
            Assert::WordStart => !self.word_before(hay, at) && self.word_after(hay, at),
            Assert::WordEnd => self.word_before(hay, at) && !self.word_after(hay, at),
            Assert::NoWordBefore => !self.word_before(hay, at),
            Assert::NoWordAfter => !self.word_after(hay, at),
        }
    }

    fn word_before(&self, hay: &[u8], at: usize) -> bool {
        match hay[..at].last() {
            Some(&b) if b < 0x80 => b.is_ascii_alphanumeric() || b == b'_',
            Some(_) if self.utf8 => decode_last(&hay[..at]).is_some_and(|(c, _)| is_word(c)),
            _ => false,
        }
    }

    fn word_after(&self, hay: &[u8], at: usize) -> bool {
        match hay.get(at) {
            Some(&b) if b < 0x80 => b.is_ascii_alphanumeric() || b == b'_',
            Some(_) if self.utf8 => decode(&hay[at..]).is_some_and(|(c, _)| is_word(c)),
            _ => false,
        }
    }
}

fn is_word(c: char) -> bool {
    regex_syntax::try_is_word_character(c).unwrap_or(false)
}

struct Compiler<'a> {
    prog: Vec<Inst>,
    watched: Vec<usize>,
    marks: usize,
    options: &'a Options,
}

impl Compiler<'_> {
    fn emit(&mut self, inst: Inst) -> Result<usize, RegexError> {
        if self.prog.len() >= MAX_PROGRAM {
            return Err(RegexError::TooBig);
        }
        self.prog.push(inst);
        Ok(self.prog.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Result<(), RegexError> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.node_inner(node))
    }

    fn node_inner(&mut self, node: &Node) -> Result<(), RegexError> {
        let o = self.options;
        match node {
            Node::Empty => {}
            Node::Char(c) if o.line_terminator.is_some_and(|t| char::from(t) == *c) => {
                self.emit(Inst::Fail)?;
            }
            Node::Byte(b) if o.line_terminator == Some(*b) => {
                self.emit(Inst::Fail)?;
            }
            Node::Char(c) if o.icase => {
                self.emit(Inst::Set(classes::of_char(*c, true)))?;
            }
            Node::Char(c) => {
                self.emit(Inst::Char(*c))?;
            }
            Node::Byte(b) if o.icase && !o.utf8 => {
                self.emit(Inst::Set(classes::of_byte(*b, true)))?;
            }
            Node::Byte(b) => {
                self.emit(Inst::Byte(*b))?;
            }
            Node::Class(set) => {
                self.emit(Inst::Set(set.clone()))?;
            }
            Node::Any => {
                self.emit(Inst::Set(lower::any(o)))?;
            }
            Node::Assert(a) => {
                self.emit(Inst::Assert(*a))?;
            }
            Node::Group(n, inner) => {
                let slot = *n as usize * 2;
                self.emit(Inst::Save(slot))?;
                self.node(inner)?;
                self.emit(Inst::Save(slot + 1))?;
            }
            Node::Backref(n) => {
                let slot = *n as usize * 2;
                self.watched.extend([slot, slot + 1]);
                self.emit(Inst::Backref(slot))?;
            }
            Node::Concat(items) => {
                for item in items {
                    self.node(item)?;
                }
            }
            Node::Alt(items) => {
                let mut jumps = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    if i + 1 == items.len() {
                        self.node(item)?;
                        break;
                    }
                    let split = self.emit(Inst::Fail)?;
                    self.node(item)?;
                    jumps.push(self.emit(Inst::Fail)?);
                    self.prog[split] = Inst::Split(split + 1, self.prog.len());
                }
                let end = self.prog.len();
                for jump in jumps {
                    self.prog[jump] = Inst::Jump(end);
                }
            }
            Node::Repeat(min, max, inner) => self.repeat(*min, *max, inner)?,
        }
        Ok(())
    }

    fn repeat(&mut self, min: u32, max: Option<u32>, inner: &Node) -> Result<(), RegexError> {
        for _ in 0..min {
            self.node(inner)?;
        }
        let Some(max) = max else {
            let split = self.emit(Inst::Fail)?;
            let mark = self.marks;
            self.marks += 1;
            self.emit(Inst::Mark(mark))?;
            self.node(inner)?;
            self.emit(Inst::NotEmpty(mark))?;
            self.emit(Inst::Jump(split))?;
            self.prog[split] = Inst::Split(split + 1, self.prog.len());
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in min..max {
            splits.push(self.emit(Inst::Fail)?);
            self.node(inner)?;
        }
        let end = self.prog.len();
        for split in splits {
            self.prog[split] = Inst::Split(split + 1, end);
        }
        Ok(())
    }
}

enum Undo {
    Branch(usize, usize),
    Slot(usize, Option<usize>),
    Mark(usize, usize),
}

struct Run<'a> {
    p: &'a Backtrack,
    hay: &'a [u8],
    limit: usize,
    slots: Vec<Option<usize>>,
    marks: Vec<usize>,
    stack: Vec<Undo>,
    seen: HashSet<(usize, usize, usize)>,
    /// Numbers for the values of watched slots and marks, which are the third part of a state.
    contexts: HashMap<Vec<usize>, usize>,
}

impl Run<'_> {
    fn longest(&mut self, start: usize, steps: &mut usize) -> Result<Option<Vec<Option<usize>>>, MatchError> {
        let mut best: Option<(usize, Vec<Option<usize>>)> = None;
        self.stack.push(Undo::Branch(0, start));
        while let Some(undo) = self.stack.pop() {
            match undo {
                Undo::Slot(i, old) => self.slots[i] = old,
                Undo::Mark(i, old) => self.marks[i] = old,
                Undo::Branch(pc, at) => {
                    let Some(end) = self.follow(pc, at, steps)? else {
                        continue;
                    };
                    if best.as_ref().is_none_or(|(e, _)| end > *e) {
                        let mut slots = self.slots.clone();
                        slots[1] = Some(end);
                        best = Some((end, slots));
                        if end == self.limit {
                            break;
                        }
                    }
                }
            }
        }
        Ok(best.map(|(_, slots)| slots))
    }

    /// Runs one thread until it matches (its end) or fails (`None`); other ways to go are left on the stack.
    fn follow(&mut self, mut pc: usize, mut at: usize, steps: &mut usize) -> Result<Option<usize>, MatchError> {
        loop {
            *steps = steps.checked_sub(1).ok_or(MatchError::StepLimit)?;
            let window = &self.hay[at..self.limit];
            match &self.p.prog[pc] {
                Inst::Match => return Ok(Some(at)),
                Inst::Fail => return Ok(None),
                Inst::Char(c) => match decode(window) {
                    Some((d, len)) if d == *c => at += len,
                    _ => return Ok(None),
                },
                Inst::Byte(b) => match window.first() {
                    Some(d) if d == b => at += 1,
                    _ => return Ok(None),
                },
                Inst::Set(set) => match set_len(set, window) {
                    Some(len) => at += len,
                    None => return Ok(None),
                },
                Inst::Assert(a) => {
                    if !self.p.holds(*a, self.hay, at) {
                        return Ok(None);
                    }
                }
                Inst::Save(slot) => {
                    self.stack.push(Undo::Slot(*slot, self.slots[*slot]));
                    self.slots[*slot] = Some(at);
                }
                Inst::Mark(mark) => {
                    self.stack.push(Undo::Mark(*mark, self.marks[*mark]));
                    self.marks[*mark] = at;
                }
                Inst::NotEmpty(mark) => {
                    if self.marks[*mark] == at {
                        return Ok(None);
                    }
                }
                Inst::Backref(slot) => {
                    let (Some(s), Some(e)) = (self.slots[*slot], self.slots[*slot + 1]) else {
                        return Ok(None);
                    };
                    let text = &self.hay[s.min(e)..e];
                    *steps = steps.checked_sub(text.len() / 16).ok_or(MatchError::StepLimit)?;
                    match same_prefix(text, window, self.p.icase, self.p.utf8) {
                        Some(len) => at += len,
                        None => return Ok(None),
                    }
                }
                Inst::Jump(to) => {
                    pc = *to;
                    continue;
                }
                Inst::Split(a, b) => {
                    let (a, b) = (*a, *b);
                    let context = self.context();
                    if !self.seen.insert((pc, at, context)) {
                        return Ok(None);
                    }
                    if self.seen.len() > MAX_STATES {
                        return Err(MatchError::StepLimit);
                    }
                    self.stack.push(Undo::Branch(b, at));
                    pc = a;
                    continue;
                }
            }
            pc += 1;
        }
    }

    fn context(&mut self) -> usize {
        let key: Vec<usize> = self
            .p
            .watched
            .iter()
            .map(|&i| self.slots[i].unwrap_or(usize::MAX))
            .chain(self.marks.iter().copied())
            .collect();
        let next = self.contexts.len();
        *self.contexts.entry(key).or_insert(next)
    }
}

/// The length of the character at the start of `s` if it is in the set.
fn set_len(set: &Class, s: &[u8]) -> Option<usize> {
    match set {
        Class::Unicode(set) => {
            let (c, len) = decode(s)?;
            let ranges = set.ranges();
            let i = ranges.partition_point(|r| r.end() < c);
            ranges.get(i).is_some_and(|r| r.start() <= c).then_some(len)
        }
        Class::Bytes(set) => {
            let &b = s.first()?;
            set.ranges().iter().any(|r| r.start() <= b && b <= r.end()).then_some(1)
        }
    }
}

/// How many bytes at the start of `s` are the text again.
fn same_prefix(text: &[u8], s: &[u8], icase: bool, utf8: bool) -> Option<usize> {
    if !icase {
        return s.starts_with(text).then_some(text.len());
    }
    if !utf8 {
        return s
            .get(..text.len())
            .filter(|t| t.eq_ignore_ascii_case(text))
            .map(<[u8]>::len);
    }
    let (mut i, mut j) = (0, 0);
    while i < text.len() {
        match (decode(&text[i..]), decode(s.get(j..)?)) {
            (Some((a, n)), Some((b, m))) => {
                if a != b && set_len(&classes::of_char(a, true), &s[j..]).is_none() {
                    return None;
                }
                i += n;
                j += m;
            }
            (None, None) if s.get(j) == Some(&text[i]) => {
                i += 1;
                j += 1;
            }
            _ => return None,
        }
    }
    Some(j)
}

/// Searches from `start` for the leftmost-longest match; `candidate` gives the next place where one could start.
pub(super) fn search(
    p: &Backtrack,
    hay: &[u8],
    start: usize,
    end: usize,
    mut candidate: impl FnMut(usize) -> Option<usize>,
    into: &mut Captures,
) -> Result<Option<Span>, MatchError> {
    let mut steps = p.budget(end - start);
    let mut at = start;
    while at <= end {
        let Some(next) = candidate(at) else { return Ok(None) };
        if p.match_at(hay, next, end, &mut steps, into)? {
            return Ok(into.get(0));
        }
        at = p.after(hay, next);
    }
    Ok(None)
}
