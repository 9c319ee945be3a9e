//! Collects the parts of a word.

use bytes::Bytes;

use super::ast::{WordFlags, WordPart};

/// Text not yet made a part.
enum Pending {
    None,
    /// Literal text that is contiguous in the source: sliced, not copied.
    Range(usize, usize),
    /// Literal text that is not.
    Literal(Vec<u8>),
    /// Text from backslash escapes.
    Quoted(Vec<u8>),
}

/// The parts of a word so far.
pub(super) struct Builder {
    parts: Vec<WordPart>,
    pending: Pending,
    /// What the word contains.
    pub flags: WordFlags,
}

impl Builder {
    /// An empty word.
    pub fn new() -> Self {
        Self {
            parts: Vec::new(),
            pending: Pending::None,
            flags: WordFlags::default(),
        }
    }

    /// Adds literal text `src[start..end]`.
    pub fn range(&mut self, src: &Bytes, start: usize, end: usize) {
        if start >= end {
            return;
        }
        match &mut self.pending {
            Pending::Range(_, last) if *last == start => *last = end,
            Pending::Literal(text) => text.extend_from_slice(&src[start..end]),
            Pending::Range(first, last) => {
                let text = [&src[*first..*last], &src[start..end]].concat();
                self.pending = Pending::Literal(text);
            }
            Pending::None => self.pending = Pending::Range(start, end),
            Pending::Quoted(_) => {
                self.flush(src);
                self.pending = Pending::Range(start, end);
            }
        }
    }

    /// Adds a byte that a backslash made inert.
    pub fn quoted_byte(&mut self, src: &Bytes, byte: u8) {
        self.flags.insert(WordFlags::QUOTED);
        if let Pending::Quoted(text) = &mut self.pending {
            text.push(byte);
        } else {
            self.flush(src);
            self.pending = Pending::Quoted(vec![byte]);
        }
    }

    /// Adds a finished part.
    pub fn part(&mut self, src: &Bytes, part: WordPart) {
        self.flush(src);
        match &part {
            WordPart::Quoted(_) | WordPart::DoubleQuoted(_) => self.flags.insert(WordFlags::QUOTED),
            WordPart::Literal(_) => {}
            _ => self.flags.insert(WordFlags::EXPANSION),
        }
        if let WordPart::DoubleQuoted(parts) = &part
            && parts.iter().any(|part| !matches!(part, WordPart::Literal(_)))
        {
            self.flags.insert(WordFlags::EXPANSION);
        }
        self.parts.push(part);
    }

    /// The number of finished parts.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    fn flush(&mut self, src: &Bytes) {
        match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::None => {}
            Pending::Range(start, end) => self.parts.push(WordPart::Literal(src.slice(start..end))),
            Pending::Literal(text) => self.parts.push(WordPart::Literal(Bytes::from(text))),
            Pending::Quoted(text) => self.parts.push(WordPart::Quoted(Bytes::from(text))),
        }
    }

    /// The parts.
    pub fn finish(mut self, src: &Bytes) -> (Vec<WordPart>, WordFlags) {
        self.flush(src);
        (self.parts, self.flags)
    }
}
