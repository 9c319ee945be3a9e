//! Fields under construction: text with its quoted ranges, split at `IFS` as it comes in (POSIX XCU 2.6.5).

use pattern::glob::Piece;

/// A field: what becomes one argument unless globbing makes more of it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// The text, quotes removed.
    pub text: Vec<u8>,
    /// Ranges of `text` that were quoted, ascending and disjoint.
    pub quoted: Vec<(usize, usize)>,
}

impl Field {
    /// The field as a pattern: quoted ranges stand for themselves.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let mut out = Vec::with_capacity(self.quoted.len() * 2 + 1);
        let mut at = 0;
        for &(start, end) in &self.quoted {
            if at < start {
                out.push(Piece::Active(&self.text[at..start]));
            }
            if start < end {
                out.push(Piece::Literal(&self.text[start..end]));
            }
            at = end;
        }
        if at < self.text.len() {
            out.push(Piece::Active(&self.text[at..]));
        }
        out
    }

    /// Whether the unquoted parts hold a wildcard.
    pub fn has_wildcard(&self, extglob: bool) -> bool {
        if self.quoted.is_empty() {
            return pattern::glob::has_wildcard(&self.text, extglob);
        }
        // A bracket may span quoted text, so quoted bytes are shown to the scanner as ordinary ones.
        let mut masked = self.text.clone();
        for &(start, end) in &self.quoted {
            masked[start..end].fill(b'x');
        }
        pattern::glob::has_wildcard(&masked, extglob)
    }

    /// The field with backslashes before quoted characters that would be special to the matcher.
    pub fn escaped(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 8);
        for piece in self.pieces() {
            match piece {
                Piece::Active(b) => out.extend_from_slice(b),
                Piece::Literal(b) => {
                    for c in b {
                        if !c.is_ascii_alphanumeric() && *c < 128 && !matches!(c, b'/' | b'_') {
                            out.push(b'\\');
                        }
                        out.push(*c);
                    }
                }
            }
        }
        out
    }
}

/// The separators of `IFS`.
#[derive(Debug, Clone)]
pub struct Ifs {
    text: Vec<u8>,
    class: [u8; 256],
    wide: bool,
}

const SPACE: u8 = 1;
const OTHER: u8 = 2;

impl Ifs {
    /// The separators of a value of `IFS`; unset means blank, tab and newline.
    pub fn new(value: Option<&[u8]>, utf8: bool) -> Self {
        let text = value.unwrap_or(b" \t\n").to_vec();
        let mut class = [0; 256];
        let wide = utf8 && !text.is_ascii() && std::str::from_utf8(&text).is_ok();
        for b in &text {
            class[usize::from(*b)] = match b {
                b' ' | b'\t' | b'\n' => SPACE,
                b if wide && *b >= 128 => continue,
                _ => OTHER,
            };
        }
        Self { text, class, wide }
    }

    /// What joins `"$*"`: the first character.
    pub fn joiner(&self) -> &[u8] {
        match self.text.first() {
            None => b"",
            Some(b) if *b < 128 || !self.wide => &self.text[..1],
            Some(_) => {
                let end = (1..self.text.len())
                    .find(|i| self.text[*i] & 0xc0 != 0x80)
                    .unwrap_or(self.text.len());
                &self.text[..end]
            }
        }
    }

    /// The kind of separator that `b` begins with, and its length; `None` for ordinary text.
    #[inline]
    fn separator(&self, b: &[u8]) -> Option<(u8, usize)> {
        let class = self.class[usize::from(*b.first()?)];
        if class != 0 {
            return Some((class, 1));
        }
        if self.wide && b[0] >= 0xc0 {
            let len = (1..b.len()).find(|i| b[*i] & 0xc0 != 0x80).unwrap_or(b.len());
            if memchr::memmem::find(&self.text, &b[..len]).is_some() {
                return Some((OTHER, len));
            }
        }
        None
    }

    /// Whether nothing separates.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether `b` is white space that separates.
    pub fn is_space(&self, b: u8) -> bool {
        self.class[usize::from(b)] == SPACE
    }

    /// Whether `b` separates.
    pub fn is_separator(&self, b: u8) -> bool {
        self.class[usize::from(b)] != 0
    }
}

/// Where expansion puts its results.
pub struct Sink<'a> {
    /// `None`: everything becomes one string.
    ifs: Option<&'a Ifs>,
    done: Vec<Field>,
    cur: Field,
    open: bool,
    after_space: bool,
    bytes: usize,
}

impl<'a> Sink<'a> {
    /// Collects fields, splitting at `ifs`.
    pub fn fields(ifs: &'a Ifs) -> Self {
        Self {
            ifs: Some(ifs),
            ..Self::string()
        }
    }

    /// Collects one string.
    pub fn string() -> Self {
        Self {
            ifs: None,
            done: Vec::new(),
            cur: Field::default(),
            open: false,
            after_space: false,
            bytes: 0,
        }
    }

    /// Whether fields are wanted.
    pub fn splits(&self) -> bool {
        self.ifs.is_some()
    }

    /// Bytes collected so far, with a fixed cost per field.
    pub fn weight(&self) -> usize {
        self.bytes + self.done.len() * 64
    }

    /// Something that changes whenever anything is added.
    pub fn mark(&self) -> (usize, usize, bool) {
        (self.done.len(), self.cur.text.len(), self.open)
    }

    /// Adds unquoted text that is not subject to splitting.
    #[inline]
    pub fn literal(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.open = true;
        self.after_space = false;
        self.bytes += text.len();
        self.cur.text.extend_from_slice(text);
    }

    /// Adds quoted text; an empty one still makes a field.
    #[inline]
    pub fn quoted(&mut self, text: &[u8]) {
        self.open = true;
        self.after_space = false;
        self.bytes += text.len();
        let start = self.cur.text.len();
        self.cur.text.extend_from_slice(text);
        let end = self.cur.text.len();
        match self.cur.quoted.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => self.cur.quoted.push((start, end)),
        }
    }

    /// Adds the result of an unquoted expansion.
    pub fn expanded(&mut self, text: &[u8]) {
        let Some(ifs) = self.ifs else {
            self.literal(text);
            return;
        };
        self.bytes += text.len();
        let mut at = 0;
        let mut run = 0;
        while at < text.len() {
            let Some((class, len)) = ifs.separator(&text[at..]) else {
                at += 1;
                continue;
            };
            if run < at {
                self.cur.text.extend_from_slice(&text[run..at]);
                (self.open, self.after_space) = (true, false);
            }
            at += len;
            run = at;
            if class == SPACE {
                if self.open {
                    self.close();
                    self.after_space = true;
                }
            } else if self.open || !self.after_space {
                self.close();
                self.after_space = false;
            } else {
                self.after_space = false;
            }
        }
        if run < at {
            self.cur.text.extend_from_slice(&text[run..at]);
            (self.open, self.after_space) = (true, false);
        }
    }

    fn close(&mut self) {
        self.done.push(std::mem::take(&mut self.cur));
        self.open = false;
    }

    /// Ends the field between two elements of a list.
    pub fn next_element(&mut self) {
        if self.open {
            self.close();
        }
        self.after_space = false;
    }

    /// The fields.
    pub fn finish(mut self) -> Vec<Field> {
        if self.open {
            self.close();
        }
        self.done
    }

    /// The string.
    pub fn into_field(self) -> Field {
        self.cur
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(ifs: &str, texts: &[&str]) -> Vec<String> {
        let ifs = Ifs::new(Some(ifs.as_bytes()), true);
        let mut s = Sink::fields(&ifs);
        for t in texts {
            s.expanded(t.as_bytes());
        }
        s.finish()
            .into_iter()
            .map(|f| String::from_utf8(f.text).unwrap())
            .collect()
    }

    #[test]
    fn white_space_and_other_separators_follow_posix() {
        for (ifs, texts, want) in [
            (" \t\n", &["  a  b "][..], &["a", "b"][..]),
            (":", &["a::b:"], &["a", "", "b"]),
            (" :", &["a : b", ":c"], &["a", "b", "c"]),
            (" :", &[" : a"], &["", "a"]),
            (":", &[":", ":"], &["", ""]),
            ("", &["a b"], &["a b"]),
            ("é", &["aéb"], &["a", "b"]),
        ] {
            assert_eq!(split(ifs, texts), want, "{ifs:?} {texts:?}");
        }
    }

    #[test]
    fn quoted_text_is_neither_split_nor_active() {
        let ifs = Ifs::new(None, true);
        let mut s = Sink::fields(&ifs);
        s.expanded(b"x ");
        s.quoted(b"*");
        s.expanded(b" y*");
        let f = s.finish();
        assert_eq!(f.len(), 3);
        assert!(!f[1].has_wildcard(false) && f[2].has_wildcard(false));
        assert_eq!(f[1].escaped(), b"\\*");
    }
}
