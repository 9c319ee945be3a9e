//! Bracket expressions (POSIX XBD 9.3.5).

use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange};

use super::ast::Node;
use super::chars::decode;
use super::classes;
use super::error::RegexError;
use super::parse::awk_escape;
use super::syntax::{Dialect, Options};

/// One end of a range, or a set that can be none.
enum Element {
    Char(u32),
    /// A byte that is not part of UTF-8, in UTF-8 mode.
    RawByte(u8),
    Set(Class),
}

/// Parses the bracket expression whose `[` stands just before `at`. Returns the node and where the expression ends.
pub(super) fn parse(pat: &[u8], at: usize, dialect: &Dialect, options: &Options) -> Result<(Node, usize), RegexError> {
    let mut b = Bracket {
        pat,
        at,
        utf8: options.utf8,
        awk: dialect.awk,
    };
    let mut set = classes::empty(options.utf8);
    let mut raw = Vec::new();
    let negated = b.eat(b'^');
    if b.at >= pat.len() {
        return Err(RegexError::BadPattern);
    }
    let mut first = true;
    loop {
        if b.peek() == Some(b']') && !first {
            b.at += 1;
            break;
        }
        let dash = b.peek() == Some(b'-');
        let start = b.element()?;
        // A dash is itself only at either end of the list or as the end of a range.
        if dash && !first && b.peek() != Some(b']') && !(b.peek() == Some(b'-') && b.peek_at(1) != Some(b']')) {
            return Err(RegexError::RangeEnd);
        }
        first = false;
        if b.peek() == Some(b'-') && b.peek_at(1) != Some(b']') {
            if b.peek_at(1).is_none() {
                return Err(RegexError::Bracket);
            }
            b.at += 1;
            let end = b.element()?;
            match (upper(start, options), upper(end, options)) {
                (Element::Char(lo), Element::Char(hi)) if lo <= hi => push_range(&mut set, lo, hi),
                (Element::RawByte(lo), Element::RawByte(hi)) if lo <= hi => raw.extend(lo..=hi),
                _ => return Err(RegexError::RangeEnd),
            }
        } else {
            match start {
                Element::Char(c) => push_range(&mut set, c, c),
                Element::RawByte(byte) => raw.push(byte),
                Element::Set(s) => classes::union(&mut set, &s),
            }
        }
    }
    if options.icase {
        classes::fold(&mut set);
    }
    if negated {
        classes::negate(&mut set);
        if options.newline {
            classes::remove(&mut set, b'\n');
        }
    }
    if let Some(end) = options.line_terminator {
        classes::remove(&mut set, end);
    }
    let mut node = Node::Class(set);
    if !raw.is_empty() && !negated {
        node = Node::Alt(std::iter::once(node).chain(raw.into_iter().map(Node::Byte)).collect());
    }
    Ok((node, b.at))
}

/// Whether this is `[:space:]`, which is almost always a typing error for `[[:space:]]`. The `[` stands before `at`.
pub(super) fn is_bare_class(pat: &[u8], at: usize) -> bool {
    let rest = &pat[at.min(pat.len())..];
    let end = rest.iter().position(|&b| b == b']');
    rest.first() == Some(&b':') && end.is_some_and(|end| end >= 2 && rest[end - 1] == b':')
}

/// Ends of ranges are in upper case when case does not matter, as glibc has them: `[a-\\]` is a range then.
fn upper(e: Element, options: &Options) -> Element {
    match e {
        Element::Char(c) if options.icase => {
            let single = char::from_u32(c)
                .filter(|_| options.utf8 || c < 0x80)
                .map(char::to_uppercase);
            let folded = single.and_then(|mut u| u.next().filter(|_| u.next().is_none()));
            Element::Char(folded.map_or(c, u32::from))
        }
        e => e,
    }
}

fn push_range(set: &mut Class, lo: u32, hi: u32) {
    match set {
        Class::Unicode(set) => {
            // Surrogates are no characters: a range that starts or ends there shrinks to what exists.
            let lo = if (0xD800..0xE000).contains(&lo) { 0xE000 } else { lo };
            let hi = if (0xD800..0xE000).contains(&hi) { 0xD7FF } else { hi };
            if let (Some(a), Some(b)) = (char::from_u32(lo), char::from_u32(hi)) {
                set.push(ClassUnicodeRange::new(a, b));
            }
        }
        Class::Bytes(set) => {
            if let (Ok(a), Ok(b)) = (u8::try_from(lo), u8::try_from(hi)) {
                set.push(ClassBytesRange::new(a, b));
            }
        }
    }
}

struct Bracket<'a> {
    pat: &'a [u8],
    at: usize,
    utf8: bool,
    awk: bool,
}

impl Bracket<'_> {
    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.pat.get(self.at + ahead).copied()
    }

    fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        self.at += usize::from(found);
        found
    }

    fn element(&mut self) -> Result<Element, RegexError> {
        let Some(b) = self.peek() else {
            return Err(RegexError::Bracket);
        };
        match (b, self.peek_at(1)) {
            (b'[', Some(kind @ (b':' | b'.' | b'='))) => self.special(kind),
            (b'\\', Some(_)) if self.awk => {
                self.at += 1;
                if let Some((byte, len)) = awk_escape(&self.pat[self.at..]) {
                    self.at += len;
                    return Ok(if self.utf8 && byte >= 0x80 {
                        Element::RawByte(byte)
                    } else {
                        Element::Char(u32::from(byte))
                    });
                }
                Ok(self.character())
            }
            _ => Ok(self.character()),
        }
    }

    fn character(&mut self) -> Element {
        let rest = &self.pat[self.at..];
        if self.utf8 {
            return match decode(rest) {
                Some((c, len)) => {
                    self.at += len;
                    Element::Char(u32::from(c))
                }
                None => {
                    self.at += 1;
                    Element::RawByte(rest.first().copied().unwrap_or_default())
                }
            };
        }
        self.at += 1;
        Element::Char(u32::from(rest.first().copied().unwrap_or_default()))
    }

    /// `[:class:]`, `[.collating symbol.]` or `[=equivalence class=]`.
    fn special(&mut self, kind: u8) -> Result<Element, RegexError> {
        let start = self.at + 2;
        let rest = self.pat.get(start..).unwrap_or_default();
        let Some(len) = rest.windows(2).position(|w| w == [kind, b']']) else {
            return Err(RegexError::Bracket);
        };
        let name = &rest[..len];
        self.at = start + len + 2;
        if kind == b':' {
            return classes::named(name, self.utf8)
                .map(Element::Set)
                .ok_or(RegexError::CharClass);
        }
        // The C locales know no collating element but single characters.
        let c = match name {
            [b] if *b < 0x80 || !self.utf8 => u32::from(*b),
            _ if self.utf8 => match decode(name) {
                Some((c, n)) if n == name.len() => u32::from(c),
                _ => return Err(RegexError::Collation),
            },
            _ => return Err(RegexError::Collation),
        };
        if kind == b'=' {
            let mut set = classes::empty(self.utf8);
            push_range(&mut set, c, c);
            return Ok(Element::Set(set));
        }
        Ok(Element::Char(c))
    }
}
