//! The counting itself, block by block.

use unicode_width::UnicodeWidthChar;

/// Which counts are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub lines: bool,
    pub words: bool,
    pub chars: bool,
    pub bytes: bool,
    pub width: bool,
}

impl Wanted {
    pub fn only_bytes(self) -> bool {
        self == Self {
            bytes: true,
            ..Self::default()
        }
    }
}

/// The counts of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub lines: u64,
    pub words: u64,
    pub chars: u64,
    pub bytes: u64,
    pub width: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.words += other.words;
        self.chars += other.chars;
        self.bytes += other.bytes;
        self.width = self.width.max(other.width);
    }
}

/// Counts a stream; characters may be split between blocks.
pub(super) struct Counter {
    want: Wanted,
    utf8: bool,
    counts: Counts,
    in_word: bool,
    column: u64,
    /// The beginning of a character whose rest is in the next block.
    partial: Vec<u8>,
}

/// What a byte is for the counting of words.
const SPACE: u8 = 0;
const WORD: u8 = 1;
const OTHER: u8 = 2;
const HIGH: u8 = 3;

const CLASS: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut b = 0;
    while b < 256 {
        table[b] = match b as u8 {
            b' ' | 9..=13 => SPACE,
            33..=126 => WORD,
            0..=127 => OTHER,
            _ => HIGH,
        };
        b += 1;
    }
    table
};

impl Counter {
    pub fn new(want: Wanted, utf8: bool) -> Self {
        Self {
            want,
            utf8,
            counts: Counts::default(),
            in_word: false,
            column: 0,
            partial: Vec::new(),
        }
    }

    pub fn feed(&mut self, block: &[u8]) {
        self.counts.bytes += block.len() as u64;
        let by_char = self.want.width || (self.utf8 && (self.want.chars || self.want.words));
        if self.want.lines || by_char {
            self.counts.lines += memchr::memchr_iter(b'\n', block).count() as u64;
        }
        if self.want.chars && !self.utf8 {
            self.counts.chars += block.len() as u64;
        }
        if !self.want.words && !self.want.width {
            if self.want.chars && self.utf8 {
                self.chars(block);
            }
            return;
        }
        self.scan(block);
    }

    pub fn finish(mut self) -> Counts {
        if self.in_word {
            self.counts.words += 1;
        }
        self.counts.width = self.counts.width.max(self.column);
        self.counts
    }

    /// Characters alone: fast where the block is valid UTF-8.
    fn chars(&mut self, block: &[u8]) {
        if self.partial.is_empty()
            && let Ok(text) = std::str::from_utf8(block)
        {
            self.counts.chars += text.bytes().filter(|b| (*b as i8) >= -0x40).count() as u64;
            return;
        }
        self.scan(block);
    }

    fn scan(&mut self, block: &[u8]) {
        if self.partial.is_empty() {
            let n = self.run(block);
            self.partial.extend_from_slice(&block[n..]);
            return;
        }
        let mut joined = std::mem::take(&mut self.partial);
        joined.extend_from_slice(block);
        let n = self.run(&joined);
        self.partial.extend_from_slice(&joined[n..]);
    }

    /// Counts all complete characters; returns how many bytes those were.
    fn run(&mut self, block: &[u8]) -> usize {
        let mut at = 0;
        let words_only = !self.want.width;
        while at < block.len() {
            if words_only {
                // The hot loop: no branches that depend on the text but for bytes above 127.
                let start = at;
                let (mut words, mut in_word) = (0u64, self.in_word);
                while let Some(&b) = block.get(at) {
                    let class = CLASS[usize::from(b)];
                    if class == HIGH && self.utf8 {
                        break;
                    }
                    words += u64::from(class == SPACE && in_word);
                    in_word = (in_word | (class == WORD)) & (class != SPACE);
                    at += 1;
                }
                self.counts.words += words;
                self.in_word = in_word;
                if self.utf8 && self.want.chars {
                    self.counts.chars += (at - start) as u64;
                }
                if at >= block.len() {
                    break;
                }
            }
            let used = self.decode(&block[at..]);
            if used == 0 {
                break;
            }
            at += used;
        }
        at
    }

    /// Counts one character; 0 if the text ends within it and more may come.
    fn decode(&mut self, text: &[u8]) -> usize {
        let Some(&b) = text.first() else { return 0 };
        if b < 128 || !self.utf8 {
            self.ascii(b);
            return 1;
        }
        let len = match b {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return 1,
        };
        let have = &text[..text.len().min(len)];
        match std::str::from_utf8(have) {
            Ok(s) => {
                if let Some(c) = s.chars().next() {
                    self.wide(c);
                }
                len
            }
            Err(e) if e.error_len().is_none() && text.len() < len => 0,
            // An invalid byte is neither a character nor part of a word.
            Err(_) => 1,
        }
    }

    fn ascii(&mut self, b: u8) {
        if self.utf8 && self.want.chars {
            self.counts.chars += 1;
        }
        match b {
            b'\n' | b'\r' | 12 => {
                self.counts.width = self.counts.width.max(self.column);
                self.column = 0;
                self.end_word();
            }
            b'\t' => {
                self.column += 8 - self.column % 8;
                self.end_word();
            }
            b' ' => {
                self.column += 1;
                self.end_word();
            }
            11 => self.end_word(),
            33..=126 => {
                self.column += 1;
                self.in_word = true;
            }
            _ => {}
        }
    }

    fn wide(&mut self, c: char) {
        if self.want.chars {
            self.counts.chars += 1;
        }
        let nbsp = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{2060}');
        if nbsp || (c.is_whitespace() && c != '\u{85}') {
            self.column += c.width().unwrap_or(0) as u64;
            self.end_word();
        } else if !c.is_control() {
            self.column += c.width().unwrap_or(0) as u64;
            self.in_word = true;
        }
    }

    fn end_word(&mut self) {
        self.counts.words += u64::from(self.in_word);
        self.in_word = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(parts: &[&[u8]]) -> Counts {
        let want = Wanted {
            lines: true,
            words: true,
            chars: true,
            bytes: true,
            width: true,
        };
        let mut c = Counter::new(want, true);
        parts.iter().for_each(|p| c.feed(p));
        c.finish()
    }

    #[test]
    fn characters_split_between_blocks_count_once() {
        let whole = count(&["aé 漢字\n\tx".as_bytes()]);
        let bytes: Vec<&[u8]> = "aé 漢字\n\tx".as_bytes().chunks(1).collect();
        assert_eq!(whole, count(&bytes));
        assert_eq!((whole.chars, whole.words, whole.lines, whole.width), (8, 3, 1, 9));
    }

    #[test]
    fn invalid_bytes_are_no_characters() {
        assert_eq!(count(&[b"\xff\xfe a"]).chars, 2);
        assert_eq!(count(&[b"\xc3", b"a"]).chars, 1);
    }
}
