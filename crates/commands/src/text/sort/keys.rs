//! Key definitions: `-k F[.C][OPTS][,F[.C][OPTS]]` and where they lie in a line.

use crate::quote::quote;

/// How the text of a key is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Text,
    Numeric,
    General,
    Human,
    Month,
    Version,
    Random,
}

/// Which bytes of a key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ignore {
    #[default]
    Nothing,
    /// `-d`: all but blanks and alphanumerics.
    Nondictionary,
    /// `-i`: all but printable ASCII.
    Nonprinting,
}

/// The ordering options of a key, or of the whole command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags {
    pub kind: Kind,
    pub ignore: Ignore,
    pub fold: bool,
    pub reverse: bool,
    pub skip_start: bool,
    pub skip_end: bool,
    /// All kinds that were asked for, as letters, for the complaint about incompatible ones.
    asked: [bool; 6],
}

const KINDS: [(u8, Kind); 6] = [
    (b'g', Kind::General),
    (b'h', Kind::Human),
    (b'M', Kind::Month),
    (b'n', Kind::Numeric),
    (b'R', Kind::Random),
    (b'V', Kind::Version),
];

impl Flags {
    /// Applies one letter other than `b`.
    pub fn set(&mut self, letter: u8) {
        match letter {
            b'd' => self.ignore = Ignore::Nondictionary,
            // `-d` wins over `-i`.
            b'i' if self.ignore == Ignore::Nothing => self.ignore = Ignore::Nonprinting,
            b'f' => self.fold = true,
            b'r' => self.reverse = true,
            _ => {
                for (at, (l, kind)) in KINDS.iter().enumerate() {
                    if *l == letter {
                        self.kind = *kind;
                        self.asked[at] = true;
                    }
                }
            }
        }
    }

    /// Whether nothing but perhaps `-r` was given.
    pub fn is_default(&self) -> bool {
        *self
            == Self {
                reverse: self.reverse,
                ..Self::default()
            }
    }

    /// Complains about kinds that exclude each other.
    pub fn check(&self) -> Result<(), String> {
        let [g, h, m, n, r, v] = self.asked;
        let last = r || v || self.ignore != Ignore::Nothing;
        if [g, h, m, n, last].iter().filter(|x| **x).count() < 2 {
            return Ok(());
        }
        let letters: String = [
            (self.ignore == Ignore::Nondictionary, 'd'),
            (self.fold, 'f'),
            (g, 'g'),
            (h, 'h'),
            (self.ignore == Ignore::Nonprinting, 'i'),
            (m, 'M'),
            (n, 'n'),
            (r, 'R'),
            (v, 'V'),
        ]
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, c)| *c)
        .collect();
        Err(format!("options '-{letters}' are incompatible"))
    }
}

/// A key: from a character of a field to a character of a field, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    start_field: usize,
    start_char: usize,
    end_field: usize,
    end_char: usize,
    pub flags: Flags,
}

impl Key {
    /// The whole line under the given flags.
    pub fn whole(flags: Flags) -> Self {
        Self {
            start_field: 0,
            start_char: 0,
            end_field: usize::MAX,
            end_char: 0,
            flags,
        }
    }

    /// Whether it is the whole line without any blank skipped.
    pub fn is_whole(&self) -> bool {
        self.start_field == 0 && self.start_char == 0 && self.end_field == usize::MAX && !self.flags.skip_start
    }

    /// Reads a definition; the error is the message for the user.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<u8>> {
        let bad = |what: &str| [what.as_bytes(), b": invalid field specification ", &quote(text)].concat();
        let mut key = Self::whole(Flags::default());
        let (field, mut rest) = count(text, "invalid number at field start")?;
        key.start_field = field.checked_sub(1).ok_or_else(|| bad("field number is zero"))?;
        if let Some(after) = rest.strip_prefix(b".") {
            let (char, left) = count(after, "invalid number after '.'")?;
            key.start_char = char.checked_sub(1).ok_or_else(|| bad("character offset is zero"))?;
            rest = left;
        }
        rest = key.options(rest, true);
        if let Some(after) = rest.strip_prefix(b",") {
            let (field, left) = count(after, "invalid number after ','")?;
            key.end_field = field.checked_sub(1).ok_or_else(|| bad("field number is zero"))?;
            rest = left;
            if let Some(after) = rest.strip_prefix(b".") {
                (key.end_char, rest) = count(after, "invalid number after '.'")?;
            }
            rest = key.options(rest, false);
        }
        if rest.is_empty() {
            Ok(key)
        } else {
            Err(bad("stray character in field spec"))
        }
    }

    fn options<'a>(&mut self, text: &'a [u8], start: bool) -> &'a [u8] {
        let len = text.iter().take_while(|b| b"bdfgiMhnRrV".contains(b)).count();
        for &letter in &text[..len] {
            match letter {
                b'b' if start => self.flags.skip_start = true,
                b'b' => self.flags.skip_end = true,
                _ => self.flags.set(letter),
            }
        }
        &text[len..]
    }

    /// Takes the global options if it has none of its own.
    pub fn inherit(&mut self, global: &Flags) {
        if self.flags.is_default() && !self.flags.reverse {
            self.flags = *global;
        }
    }

    /// The key's text in a line.
    #[inline]
    pub fn slice<'a>(&self, line: &'a [u8], separator: Option<u8>) -> &'a [u8] {
        if self.is_whole() {
            return line;
        }
        let begin = self.begin(line, separator);
        if self.end_field == usize::MAX {
            return &line[begin..];
        }
        &line[begin..self.end(line, separator).max(begin)]
    }

    fn begin(&self, line: &[u8], separator: Option<u8>) -> usize {
        let mut at = 0;
        match separator {
            Some(tab) => {
                for _ in 0..self.start_field {
                    match memchr::memchr(tab, &line[at..]) {
                        Some(n) => at += n + 1,
                        None => {
                            at = line.len();
                            break;
                        }
                    }
                }
            }
            None => {
                for _ in 0..self.start_field {
                    if at == line.len() {
                        break;
                    }
                    at = skip_field(line, at);
                }
            }
        }
        if self.flags.skip_start {
            at = skip_blanks(line, at);
        }
        at.saturating_add(self.start_char).min(line.len())
    }

    fn end(&self, line: &[u8], separator: Option<u8>) -> usize {
        let fields = if self.end_char == 0 {
            self.end_field.saturating_add(1)
        } else {
            self.end_field
        };
        let mut at = 0;
        match separator {
            Some(tab) => {
                for left in (0..fields).rev() {
                    if at >= line.len() {
                        break;
                    }
                    match memchr::memchr(tab, &line[at..]) {
                        // The separator after the last whole field is not part of the key.
                        Some(n) => at += n + usize::from(left > 0 || self.end_char > 0),
                        None => at = line.len(),
                    }
                }
            }
            None => {
                for _ in 0..fields {
                    if at == line.len() {
                        break;
                    }
                    at = skip_field(line, at);
                }
            }
        }
        if self.end_char > 0 {
            if self.flags.skip_end {
                at = skip_blanks(line, at);
            }
            at = at.saturating_add(self.end_char).min(line.len());
        }
        at
    }
}

/// Blanks as `sort` counts them: a newline too, for `-z`.
#[inline]
pub(super) fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n')
}

fn skip_blanks(line: &[u8], at: usize) -> usize {
    at + line[at..].iter().take_while(|b| is_blank(**b)).count()
}

fn skip_field(line: &[u8], at: usize) -> usize {
    let at = skip_blanks(line, at);
    at + line[at..].iter().take_while(|b| !is_blank(**b)).count()
}

fn count<'a>(text: &'a [u8], what: &str) -> Result<(usize, &'a [u8]), Vec<u8>> {
    let len = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if len == 0 {
        return Err([what.as_bytes(), b": invalid count at start of ", &quote(text)].concat());
    }
    let n = text[..len].iter().fold(0usize, |n, d| {
        n.saturating_mul(10).saturating_add(usize::from(d - b'0'))
    });
    Ok((n, &text[len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_where_posix_puts_them() {
        let at = |def: &str, line: &str, tab| {
            let key = Key::parse(def.as_bytes()).unwrap();
            String::from_utf8(key.slice(line.as_bytes(), tab).to_vec()).unwrap()
        };
        assert_eq!(at("2", "a b c", None), " b c");
        assert_eq!(at("2,2", "a b c", None), " b");
        assert_eq!(at("2b,2", "a  b c", None), "b");
        assert_eq!(at("2,2", "a:b:c", Some(b':')), "b");
        assert_eq!(at("1,2", "a:b:c", Some(b':')), "a:b");
        assert_eq!(at("2.2,3.1", "a:xyz:c", Some(b':')), "yz:c");
        assert_eq!(at("4", "a:b", Some(b':')), "");
        assert_eq!(at("1.3,1.4", "abcdef", None), "cd");
    }
}
