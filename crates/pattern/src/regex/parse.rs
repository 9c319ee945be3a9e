//! The parser of the POSIX dialects, with the context rules of glibc's `regcomp`.

use super::ast::{Assert, Node, Parsed};
use super::bracket;
use super::chars::decode;
use super::classes;
use super::error::RegexError;
use super::syntax::{Dialect, Options};

/// `RE_DUP_MAX`: the largest count in an interval.
const DUP_MAX: u32 = 0x7fff;
/// How deep groups may nest.
const MAX_DEPTH: usize = 2_000;
/// Below this much stack, a nested group moves to a new stack segment.
const RED_ZONE: usize = 64 * 1024;
/// Size of a new stack segment.
const SEGMENT: usize = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Tok {
    End,
    TrailingBackslash,
    Char(char),
    Byte(u8),
    Alt,
    Star,
    Plus,
    Question,
    OpenBrace,
    CloseBrace,
    Open,
    Close,
    Bracket,
    Any,
    Backref(u32),
    Word,
    NotWord,
    Space,
    NotSpace,
    Assert(Assert),
}

/// Parses a pattern of one of the POSIX dialects.
pub(super) fn parse(pattern: &[u8], options: &Options) -> Result<Parsed, RegexError> {
    let mut p = Parser {
        pat: pattern,
        pos: 0,
        next: 0,
        tok: Tok::End,
        dialect: Dialect::of(options.syntax),
        utf8: options.utf8,
        options,
        groups: 0,
        done: 0,
        backrefs: false,
        bare_class: false,
        depth: 0,
        warnings: Vec::new(),
    };
    p.fetch(true);
    let root = p.alternation()?;
    if p.tok != Tok::End {
        // Only a `)` that nothing opened can stop the parser early.
        return Err(RegexError::CloseParen);
    }
    if p.bare_class {
        return Err(RegexError::BareClass);
    }
    Ok(Parsed {
        root,
        groups: p.groups,
        backrefs: p.backrefs,
        warnings: p.warnings,
    })
}

struct Parser<'a> {
    pat: &'a [u8],
    /// Where the current token starts.
    pos: usize,
    /// Where the token after it starts.
    next: usize,
    tok: Tok,
    dialect: Dialect,
    utf8: bool,
    options: &'a Options,
    groups: u32,
    /// Groups that are closed and may be referred to, as bits.
    done: u32,
    backrefs: bool,
    /// `[:space:]` was seen, which is refused when nothing else is wrong.
    bare_class: bool,
    depth: usize,
    warnings: Vec<String>,
}

impl Parser<'_> {
    /// Moves to the next token. `start` says that an expression starts here, where `^` is an anchor in every dialect.
    fn fetch(&mut self, start: bool) {
        self.pos = self.next;
        let (tok, len) = self.peek(self.pos, start);
        self.tok = tok;
        self.next = self.pos + len;
    }

    fn literal(&self, at: usize) -> (Tok, usize) {
        if self.utf8
            && let Some((c, len)) = decode(&self.pat[at..])
        {
            return (Tok::Char(c), len);
        }
        (Tok::Byte(self.pat[at]), 1)
    }

    fn peek(&self, at: usize, start: bool) -> (Tok, usize) {
        let d = self.dialect;
        let Some(&b) = self.pat.get(at) else {
            return (Tok::End, 0);
        };
        match b {
            b'\\' => self.escape(at),
            b'\n' if d.newline_alt => (Tok::Alt, 1),
            b'|' if !d.bk_vbar => (Tok::Alt, 1),
            b'*' => (Tok::Star, 1),
            b'+' if !d.bk_plus_qm => (Tok::Plus, 1),
            b'?' if !d.bk_plus_qm => (Tok::Question, 1),
            b'{' if d.intervals && !d.bk_braces => (Tok::OpenBrace, 1),
            b'}' if d.intervals && !d.bk_braces => (Tok::CloseBrace, 1),
            b'(' if !d.bk_parens => (Tok::Open, 1),
            b')' if !d.bk_parens => (Tok::Close, 1),
            b'[' => (Tok::Bracket, 1),
            b'.' => (Tok::Any, 1),
            b'^' => {
                let after_newline = d.newline_alt && at > 0 && self.pat[at - 1] == b'\n';
                if d.indep_anchors || start || at == 0 || after_newline {
                    (Tok::Assert(Assert::LineStart), 1)
                } else {
                    self.literal(at)
                }
            }
            b'$' => {
                if !d.indep_anchors && at + 1 != self.pat.len() {
                    let (after, _) = self.peek(at + 1, false);
                    if after != Tok::Alt && after != Tok::Close {
                        return self.literal(at);
                    }
                }
                (Tok::Assert(Assert::LineEnd), 1)
            }
            _ => self.literal(at),
        }
    }

    fn escape(&self, at: usize) -> (Tok, usize) {
        let d = self.dialect;
        let Some(&b) = self.pat.get(at + 1) else {
            return (Tok::TrailingBackslash, 1);
        };
        if d.awk
            && let Some((byte, len)) = awk_escape(&self.pat[at + 1..])
        {
            let tok = if self.utf8 && byte < 0x80 {
                Tok::Char(char::from(byte))
            } else {
                Tok::Byte(byte)
            };
            return (tok, len + 1);
        }
        let tok = match b {
            b'|' if d.bk_vbar => Tok::Alt,
            b'1'..=b'9' if !d.awk => Tok::Backref(u32::from(b - b'0')),
            b'<' => Tok::Assert(Assert::WordStart),
            b'>' => Tok::Assert(Assert::WordEnd),
            b'b' if !d.awk => Tok::Assert(Assert::WordEdge),
            b'y' if d.awk => Tok::Assert(Assert::WordEdge),
            b'B' => Tok::Assert(Assert::NotWordEdge),
            b'w' => Tok::Word,
            b'W' => Tok::NotWord,
            b's' => Tok::Space,
            b'S' => Tok::NotSpace,
            b'`' => Tok::Assert(Assert::TextStart),
            b'\'' => Tok::Assert(Assert::TextEnd),
            b'(' if d.bk_parens => Tok::Open,
            b')' if d.bk_parens => Tok::Close,
            b'+' if d.bk_plus_qm => Tok::Plus,
            b'?' if d.bk_plus_qm => Tok::Question,
            b'{' if d.intervals && d.bk_braces => Tok::OpenBrace,
            b'}' if d.intervals && d.bk_braces => Tok::CloseBrace,
            _ => {
                let (tok, len) = self.literal(at + 1);
                return (tok, len + 1);
            }
        };
        (tok, 2)
    }

    /// Whether the current token ends the branch being parsed.
    fn at_branch_end(&self) -> bool {
        match self.tok {
            Tok::Alt | Tok::End => true,
            Tok::Close => self.depth > 0,
            _ => false,
        }
    }

    fn alternation(&mut self) -> Result<Node, RegexError> {
        // A group of one alternative cannot be referred to in another.
        let before = self.done;
        let mut after = self.done;
        let mut branches = Vec::new();
        loop {
            self.done = before;
            branches.push(self.branch()?);
            after |= self.done;
            if self.tok != Tok::Alt {
                self.done = after;
                return Ok(Node::alt(branches));
            }
            self.fetch(true);
        }
    }

    fn branch(&mut self) -> Result<Node, RegexError> {
        let mut items = Vec::new();
        while !self.at_branch_end() {
            match self.expression()? {
                Node::Empty => {}
                node => items.push(node),
            }
        }
        Ok(Node::concat(items))
    }

    /// One atom with its repetition operators.
    fn expression(&mut self) -> Result<Node, RegexError> {
        let mut tok = self.tok;
        let mut after_interval = false;
        loop {
            match tok {
                Tok::OpenBrace if self.dialect.invalid_dup => return Err(RegexError::Repetition),
                Tok::OpenBrace | Tok::Star | Tok::Plus | Tok::Question => {
                    if self.dialect.invalid_ops {
                        return Err(RegexError::Repetition);
                    }
                    // A brace that starts no interval is a character.
                    let literal =
                        tok == Tok::OpenBrace && !matches!(self.interval(self.next), Ok(Interval::Counts(..)));
                    if !self.dialect.indep_ops || literal {
                        break;
                    }
                    self.skip_leading_op(after_interval);
                    after_interval |= tok == Tok::OpenBrace;
                    tok = self.tok;
                }
                _ => break,
            }
        }
        let atom = match tok {
            Tok::Char(c) => Node::Char(c),
            Tok::Byte(b) => Node::Byte(b),
            Tok::Any => Node::Any,
            Tok::Word => Node::Class(self.without_terminator(classes::word(self.utf8))),
            Tok::NotWord => Node::Class(self.negated(classes::word(self.utf8))),
            Tok::Space => Node::Class(self.without_terminator(classes::space(self.utf8))),
            Tok::NotSpace => Node::Class(self.negated(classes::space(self.utf8))),
            Tok::Bracket => self.bracket()?,
            Tok::Open => self.group()?,
            Tok::Backref(n) => {
                if self.done & 1 << n == 0 {
                    return Err(RegexError::BackReference);
                }
                self.backrefs = true;
                Node::Backref(n)
            }
            Tok::Assert(assert) => {
                // An anchor takes no repetition: what follows starts an expression of its own (`^*` in basic syntax).
                self.fetch(false);
                return Ok(Node::Assert(assert));
            }
            Tok::Close if !self.dialect.unmatched_paren_literal => return Err(RegexError::CloseParen),
            Tok::Close => self.plain(b')'),
            Tok::OpenBrace => self.plain(b'{'),
            Tok::CloseBrace => self.plain(b'}'),
            Tok::Star => self.plain(b'*'),
            Tok::Plus => self.plain(b'+'),
            Tok::Question => self.plain(b'?'),
            Tok::TrailingBackslash => return Err(RegexError::TrailingBackslash),
            // After skipped operators only: `(*|a)`.
            Tok::Alt | Tok::End => return Ok(Node::Empty),
        };
        self.fetch(false);
        self.repetitions(atom)
    }

    fn plain(&self, b: u8) -> Node {
        if self.utf8 {
            Node::Char(char::from(b))
        } else {
            Node::Byte(b)
        }
    }

    fn skip_leading_op(&mut self, after_interval: bool) {
        let what = match self.tok {
            Tok::Star => "*",
            Tok::Plus => "+",
            Tok::Question => "?",
            _ => "{...}",
        };
        // What follows a leading interval is not at the start any more.
        if !after_interval {
            self.warnings.push(format!("{what} at start of expression"));
        }
        if self.tok == Tok::OpenBrace
            && let Ok(Interval::Counts(_, _, end)) = self.interval(self.next)
        {
            self.next = end;
        }
        self.fetch(false);
    }

    fn negated(&self, mut set: regex_syntax::hir::Class) -> regex_syntax::hir::Class {
        classes::negate(&mut set);
        if self.options.newline {
            classes::remove(&mut set, b'\n');
        }
        self.without_terminator(set)
    }

    fn without_terminator(&self, mut set: regex_syntax::hir::Class) -> regex_syntax::hir::Class {
        if let Some(end) = self.options.line_terminator {
            classes::remove(&mut set, end);
        }
        set
    }

    fn bracket(&mut self) -> Result<Node, RegexError> {
        self.bare_class |= self.dialect.refuse_bare_class && bracket::is_bare_class(self.pat, self.next);
        let (node, end) = bracket::parse(self.pat, self.next, &self.dialect, self.options)?;
        self.next = end;
        Ok(node)
    }

    fn group(&mut self) -> Result<Node, RegexError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RegexError::TooBig);
        }
        self.groups += 1;
        let number = self.groups;
        self.fetch(true);
        let inner = stacker::maybe_grow(RED_ZONE, SEGMENT, || self.alternation())?;
        if self.tok != Tok::Close {
            return Err(RegexError::OpenParen);
        }
        self.depth -= 1;
        if number <= 9 {
            self.done |= 1 << number;
        }
        Ok(Node::Group(number, Box::new(inner)))
    }

    fn repetitions(&mut self, mut atom: Node) -> Result<Node, RegexError> {
        loop {
            let (min, max) = match self.tok {
                Tok::Star => (0, None),
                Tok::Plus => (1, None),
                Tok::Question => (0, Some(1)),
                Tok::OpenBrace => match self.interval(self.next)? {
                    Interval::Counts(min, max, end) => {
                        self.next = end;
                        (min, max)
                    }
                    Interval::Literal => {
                        // `a{x` where that is allowed: the brace is a character, and what it may be repeated by follows.
                        self.fetch(false);
                        let brace = self.plain(b'{');
                        let brace = self.repetitions(brace)?;
                        return Ok(Node::Concat(vec![atom, brace]));
                    }
                },
                _ => return Ok(atom),
            };
            self.fetch(false);
            atom = repeat(min, max, atom);
            if self.dialect.invalid_dup && matches!(self.tok, Tok::Star | Tok::OpenBrace) {
                return Err(RegexError::Repetition);
            }
        }
    }

    /// Reads the interval whose content starts at `at`.
    fn interval(&self, at: usize) -> Result<Interval, RegexError> {
        let bad = |at_end: bool| {
            if self.dialect.invalid_interval_literal {
                Ok(Interval::Literal)
            } else if at_end {
                Err(RegexError::Brace)
            } else {
                Err(RegexError::BraceContent)
            }
        };
        let mut i = at;
        let (min, mut end) = match self.number(&mut i) {
            Number::None if end_is(&end_token(self, i), ',') => (0, Tok::Char(',')),
            // `{}` holds no number at all, which is refused even where other malformed intervals are literal.
            Number::None if self.dialect.invalid_interval_literal => return Ok(Interval::Literal),
            Number::None => return bad(self.peek(i, false).0 == Tok::End),
            Number::Bad => return bad(self.at_pattern_end(at)),
            Number::Value(n) => (n, end_token(self, i)),
        };
        let mut max = Some(min);
        if end_is(&end, ',') {
            i += 1;
            let second = i;
            max = match self.number(&mut i) {
                Number::None => None,
                Number::Bad => return bad(self.at_pattern_end(second)),
                Number::Value(n) => Some(n),
            };
            end = end_token(self, i);
        }
        if end != Tok::CloseBrace {
            return bad(end == Tok::End);
        }
        let (_, len) = self.peek(i, false);
        if max.is_some_and(|max| min > max) {
            return if self.dialect.invalid_interval_literal && self.dialect.refuse_bare_class {
                Err(RegexError::BraceContent)
            } else {
                bad(false)
            };
        }
        if max.unwrap_or(min) > DUP_MAX {
            return Err(RegexError::TooBig);
        }
        Ok(Interval::Counts(min, max, i + len))
    }

    /// Whether what starts at `at` runs to the end of the pattern without a comma or a closing brace.
    fn at_pattern_end(&self, at: usize) -> bool {
        let mut i = at;
        loop {
            match self.peek(i, false) {
                (Tok::End, _) => return true,
                (Tok::CloseBrace | Tok::Char(',') | Tok::Byte(b','), _) => return false,
                (_, len) => i += len,
            }
        }
    }

    fn number(&self, i: &mut usize) -> Number {
        let start = *i;
        let mut value: u32 = 0;
        while let Some(d @ b'0'..=b'9') = self.pat.get(*i) {
            value = (value * 10 + u32::from(d - b'0')).min(DUP_MAX + 1);
            *i += 1;
        }
        let stop = end_token(self, *i);
        if !(stop == Tok::CloseBrace || end_is(&stop, ',')) {
            return Number::Bad;
        }
        if *i == start {
            Number::None
        } else {
            Number::Value(value)
        }
    }
}

fn end_token(p: &Parser<'_>, at: usize) -> Tok {
    p.peek(at, false).0
}

fn end_is(tok: &Tok, c: char) -> bool {
    match tok {
        Tok::Char(x) => *x == c,
        Tok::Byte(b) => char::from(*b) == c,
        _ => false,
    }
}

enum Number {
    None,
    Bad,
    Value(u32),
}

enum Interval {
    /// Minimum, maximum, and where the closing brace ends.
    Counts(u32, Option<u32>, usize),
    /// Not an interval; the brace stands for itself.
    Literal,
}

/// Builds a repetition, merging `x**` so that stacked operators cost nothing.
fn repeat(min: u32, max: Option<u32>, atom: Node) -> Node {
    match (min, max, atom) {
        (0, Some(0), _) | (_, _, Node::Empty) => Node::Empty,
        (1, Some(1), atom) => atom,
        (0 | 1, None, Node::Repeat(m @ (0 | 1), None, inner)) => Node::Repeat(min.min(m), None, inner),
        (0, Some(1), Node::Repeat(0, max, inner)) => Node::Repeat(0, max, inner),
        (0, Some(1), Node::Repeat(1, max, inner)) => Node::Repeat(0, max, inner),
        (min @ (0 | 1), None, Node::Repeat(m @ (0 | 1), Some(1), inner)) => Node::Repeat(min.min(m), None, inner),
        (min, max, atom) => Node::Repeat(min, max, Box::new(atom)),
    }
}

/// awk's escape sequences (POSIX XCU awk, "Lexical Conventions"); `s` starts after the backslash.
pub(super) fn awk_escape(s: &[u8]) -> Option<(u8, usize)> {
    let byte = match s.first()? {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'f' => 12,
        b'v' => 11,
        b'a' => 7,
        b'b' => 8,
        b'/' => b'/',
        b'"' => b'"',
        b'0'..=b'7' => {
            let digits = s.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let value = s[..digits].iter().fold(0u32, |v, b| v * 8 + u32::from(b - b'0'));
            return Some(((value & 0xff) as u8, digits));
        }
        b'x' => {
            let digits = s[1..].iter().take(2).take_while(|b| b.is_ascii_hexdigit()).count();
            let text = std::str::from_utf8(&s[1..=digits]).ok()?;
            return u8::from_str_radix(text, 16).ok().map(|v| (v, digits + 1));
        }
        _ => return None,
    };
    Some((byte, 1))
}
