//! From pattern bytes to tokens.

use super::set::{CharClass, Item, Set};
use super::{GlobError, GlobOptions};
use crate::regex::chars::decode;

/// How deep extended patterns may nest.
const MAX_DEPTH: usize = 1_000;

/// One byte of a pattern, and whether it was quoted so that it stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PatByte {
    pub byte: u8,
    pub quoted: bool,
}

/// The operator in front of an extended pattern list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ext {
    /// `?(`
    Optional,
    /// `*(`
    Any,
    /// `+(`
    Many,
    /// `@(`
    One,
    /// `!(`
    Not,
}

/// A token of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tok {
    /// This symbol.
    Symbol(u32),
    /// `?`
    Any,
    /// `*`
    Star,
    /// A bracket expression.
    Set(Set),
    /// An extended pattern list.
    Ext(Ext, Vec<Vec<Tok>>),
}

/// Parses a pattern for one of the two modes: characters when `utf8`, bytes otherwise.
pub(super) fn parse(pattern: &[PatByte], options: &GlobOptions, utf8: bool) -> Result<Vec<Tok>, GlobError> {
    let mut p = Parser {
        pat: pattern,
        at: 0,
        options,
        utf8,
        depth: 0,
    };
    let (toks, _) = p.sequence()?;
    Ok(toks)
}

/// Whether all the bytes together are UTF-8.
pub(super) fn is_utf8(pattern: &[PatByte]) -> bool {
    let bytes: Vec<u8> = pattern.iter().map(|p| p.byte).collect();
    std::str::from_utf8(&bytes).is_ok()
}

struct Parser<'a> {
    pat: &'a [PatByte],
    at: usize,
    options: &'a GlobOptions,
    utf8: bool,
    depth: usize,
}

impl Parser<'_> {
    fn active(&self, ahead: usize) -> Option<u8> {
        self.pat.get(self.at + ahead).filter(|p| !p.quoted).map(|p| p.byte)
    }

    /// Reads one symbol, whether quoted or not.
    fn symbol(&mut self) -> u32 {
        let mut buf = [0; 4];
        let rest = &self.pat[self.at..];
        let len = rest.len().min(4);
        for (to, from) in buf.iter_mut().zip(rest) {
            *to = from.byte;
        }
        if self.utf8
            && let Some((c, n)) = decode(&buf[..len])
        {
            self.at += n;
            return u32::from(c);
        }
        self.at += 1;
        u32::from(buf[0])
    }

    /// Parses up to the end, or inside of a list up to `|` or `)`, which it consumes and returns; `None` is the end.
    fn sequence(&mut self) -> Result<(Vec<Tok>, Option<u8>), GlobError> {
        let mut toks: Vec<Tok> = Vec::new();
        let mut parens = 0usize;
        while self.at < self.pat.len() {
            let active = self.active(0);
            if self.depth > 0 {
                match active {
                    Some(b'(') => parens += 1,
                    Some(b')') if parens > 0 => parens -= 1,
                    Some(end @ (b'|' | b')')) if parens == 0 => {
                        self.at += 1;
                        return Ok((toks, Some(end)));
                    }
                    _ => {}
                }
            }
            if self.options.extglob && self.active(1) == Some(b'(') {
                let kind = match active {
                    Some(b'?') => Some(Ext::Optional),
                    Some(b'*') => Some(Ext::Any),
                    Some(b'+') => Some(Ext::Many),
                    Some(b'@') => Some(Ext::One),
                    Some(b'!') => Some(Ext::Not),
                    _ => None,
                };
                if let Some(kind) = kind
                    && let Some(list) = self.list()?
                {
                    toks.push(Tok::Ext(kind, list));
                    continue;
                }
            }
            match active {
                Some(b'*') => {
                    self.at += 1;
                    if toks.last() != Some(&Tok::Star) {
                        toks.push(Tok::Star);
                    }
                }
                Some(b'?') => {
                    self.at += 1;
                    toks.push(Tok::Any);
                }
                Some(b'[') => match self.bracket() {
                    Some(set) => toks.push(Tok::Set(set)),
                    None => {
                        self.at += 1;
                        toks.push(Tok::Symbol(u32::from(b'[')));
                    }
                },
                Some(b'\\') if self.options.escape => {
                    // A backslash at the very end stands for itself.
                    if self.at + 1 < self.pat.len() {
                        self.at += 1;
                    }
                    toks.push(Tok::Symbol(self.symbol()));
                }
                _ => toks.push(Tok::Symbol(self.symbol())),
            }
        }
        Ok((toks, None))
    }

    /// Parses `X(a|b)`; `None`, without moving, if it is not closed.
    fn list(&mut self) -> Result<Option<Vec<Vec<Tok>>>, GlobError> {
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            return Err(GlobError::TooDeep);
        }
        self.at += 2;
        self.depth += 1;
        let mut branches = Vec::new();
        let closed = loop {
            let (branch, end) = stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.sequence())?;
            branches.push(branch);
            match end {
                Some(b'|') => {}
                Some(_) => break true,
                None => break false,
            }
        };
        self.depth -= 1;
        if closed {
            return Ok(Some(branches));
        }
        self.at = start;
        Ok(None)
    }

    /// Parses a bracket expression; `None`, without moving, if it is not closed.
    fn bracket(&mut self) -> Option<Set> {
        let start = self.at;
        let set = self.bracket_inner();
        if set.is_none() {
            self.at = start;
        }
        set
    }

    fn bracket_inner(&mut self) -> Option<Set> {
        self.at += 1;
        let mut items = Vec::new();
        let negated = matches!(self.active(0), Some(b'!' | b'^'));
        self.at += usize::from(negated);
        let mut first = true;
        loop {
            let active = self.active(0);
            if self.at >= self.pat.len() {
                return None;
            }
            // A slash ends the attempt where slashes separate components (POSIX XCU 2.13.3).
            if self.options.pathname && self.pat[self.at].byte == b'/' {
                return None;
            }
            if active == Some(b']') && !first {
                self.at += 1;
                break;
            }
            first = false;
            if active == Some(b'[')
                && let Some(kind @ (b':' | b'=' | b'.')) = self.active(1)
                && let Some(name) = self.named(kind)
            {
                match kind {
                    // An unknown class has no member.
                    b':' => items.extend(CharClass::named(&name).map(Item::Class)),
                    b'=' => items.extend(self.collating(&name).map(|s| Item::Range(s, s))),
                    _ => match self.collating(&name) {
                        Some(lo) => self.range(lo, &mut items)?,
                        None => continue,
                    },
                }
                continue;
            }
            let lo = self.element()?;
            self.range(lo, &mut items)?;
        }
        Some(Set::new(items, negated, self.options.nocase, self.utf8))
    }

    /// One character of a list, a backslash quoting the next.
    fn element(&mut self) -> Option<u32> {
        if self.active(0) == Some(b'\\') && self.options.escape && self.at + 1 < self.pat.len() {
            self.at += 1;
        }
        (self.at < self.pat.len()).then(|| self.symbol())
    }

    /// Adds `lo` or, when a dash and an end follow, the range.
    fn range(&mut self, lo: u32, items: &mut Vec<Item>) -> Option<()> {
        let dash = self.active(0) == Some(b'-');
        if !dash || self.active(1) == Some(b']') {
            items.push(Item::Range(lo, lo));
            return Some(());
        }
        self.at += 1;
        let hi = if self.active(0) == Some(b'[') && self.active(1) == Some(b'.') {
            match self.named(b'.') {
                Some(name) => self.collating(&name),
                None => self.element(),
            }
        } else {
            Some(self.element()?)
        };
        // A range that runs backwards, or to no character, is empty.
        if let Some(hi) = hi
            && lo <= hi
        {
            items.push(Item::Range(lo, hi));
        }
        Some(())
    }

    /// Reads the name in `[:name:]`; `None`, without moving, when it has no end.
    fn named(&mut self, kind: u8) -> Option<Vec<u8>> {
        let rest = self.pat.get(self.at + 2..)?;
        let len = rest.windows(2).position(|w| w[0].byte == kind && w[1].byte == b']')?;
        let name: Vec<u8> = rest[..len].iter().map(|p| p.byte).collect();
        if kind == b':' && !name.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        self.at += 2 + len + 2;
        Some(name)
    }

    /// The symbol that a collating symbol names: itself, or one of the names of POSIX XBD 6.1.
    fn collating(&self, name: &[u8]) -> Option<u32> {
        if self.utf8
            && let Some((c, n)) = decode(name)
            && n == name.len()
        {
            return Some(u32::from(c));
        }
        if let [byte] = name {
            return Some(u32::from(*byte));
        }
        NAMES
            .iter()
            .find(|(n, _)| n.as_bytes() == name)
            .map(|(_, c)| u32::from(*c))
    }
}

/// Names of the portable character set (POSIX XBD table 6-1).
const NAMES: &[(&str, char)] = &[
    ("NUL", '\0'),
    ("alert", '\x07'),
    ("backspace", '\x08'),
    ("tab", '\t'),
    ("newline", '\n'),
    ("vertical-tab", '\x0b'),
    ("form-feed", '\x0c'),
    ("carriage-return", '\r'),
    ("space", ' '),
    ("exclamation-mark", '!'),
    ("quotation-mark", '"'),
    ("number-sign", '#'),
    ("dollar-sign", '$'),
    ("percent-sign", '%'),
    ("ampersand", '&'),
    ("apostrophe", '\''),
    ("left-parenthesis", '('),
    ("right-parenthesis", ')'),
    ("asterisk", '*'),
    ("plus-sign", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("hyphen-minus", '-'),
    ("minus", '-'),
    ("period", '.'),
    ("full-stop", '.'),
    ("dot", '.'),
    ("slash", '/'),
    ("solidus", '/'),
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("colon", ':'),
    ("semicolon", ';'),
    ("less-than-sign", '<'),
    ("equals-sign", '='),
    ("greater-than-sign", '>'),
    ("question-mark", '?'),
    ("commercial-at", '@'),
    ("left-square-bracket", '['),
    ("backslash", '\\'),
    ("reverse-solidus", '\\'),
    ("right-square-bracket", ']'),
    ("circumflex", '^'),
    ("circumflex-accent", '^'),
    ("underscore", '_'),
    ("low-line", '_'),
    ("grave-accent", '`'),
    ("left-brace", '{'),
    ("left-curly-bracket", '{'),
    ("vertical-line", '|'),
    ("right-brace", '}'),
    ("right-curly-bracket", '}'),
    ("tilde", '~'),
    ("DEL", '\x7f'),
];
