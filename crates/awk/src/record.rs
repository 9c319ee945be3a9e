//! The record and its fields, split no further than somebody asks.

mod split;

pub use split::{Splitter, parse_widths, split};

use crate::value::{Str, Value, number};

/// Fields beyond this number are refused: a typo must not eat all memory.
pub const MAX_FIELDS: usize = 20_000_000;

/// A part of the record's text.
pub type Span = (u32, u32);

/// `$0` and what it splits into.
#[derive(Debug)]
pub struct Record {
    text: Vec<u8>,
    spans: Vec<Span>,
    /// Fields that were assigned, by index from 0; shorter than `spans` where nothing was.
    own: Vec<Option<Value>>,
    /// Whether all fields are in `spans`.
    complete: bool,
    /// Where splitting goes on.
    resume: usize,
    /// Whether `text` has yet to be put together from the fields.
    stale: bool,
    splitter: Splitter,
}

impl Default for Record {
    fn default() -> Self {
        Record {
            text: Vec::new(),
            spans: Vec::new(),
            own: Vec::new(),
            complete: true,
            resume: 0,
            stale: false,
            splitter: Splitter::blank(),
        }
    }
}

impl Record {
    /// The buffer to read the next record into; call [`Record::replaced`] afterwards.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Forgets the fields of the record before.
    #[inline]
    pub fn replaced(&mut self) {
        self.spans.clear();
        self.own.clear();
        self.complete = false;
        self.resume = 0;
        self.stale = false;
    }

    /// Sets `$0`.
    pub fn set_text(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.replaced();
    }

    /// How the next records are split; the one at hand keeps the way that was in force when it was read.
    pub fn set_splitter(&mut self, splitter: Splitter) {
        self.complete_split();
        self.splitter = splitter;
    }

    /// `$0`; fields that were assigned are joined with `ofs`.
    #[inline]
    pub fn text(&mut self, ofs: &[u8], convfmt: &[u8]) -> &[u8] {
        if self.stale {
            self.rebuild(ofs, convfmt);
        }
        &self.text
    }

    fn rebuild(&mut self, ofs: &[u8], convfmt: &[u8]) {
        let mut text = Vec::with_capacity(self.text.len() + 16);
        for index in 0..self.spans.len() {
            if index > 0 {
                text.extend_from_slice(ofs);
            }
            let start = text.len() as u32;
            match self.own.get(index) {
                Some(Some(value)) => value.append_to(&mut text, convfmt),
                _ => {
                    let (from, to) = self.spans[index];
                    text.extend_from_slice(&self.text[from as usize..to as usize]);
                }
            }
            self.spans[index] = (start, text.len() as u32);
        }
        self.text = text;
        self.stale = false;
    }

    #[inline]
    fn ensure(&mut self, count: usize) {
        if !self.complete && self.spans.len() < count {
            self.resume = self.splitter.advance(&self.text, &mut self.spans, self.resume, count);
            self.complete = self.resume == split::DONE;
        }
    }

    fn complete_split(&mut self) {
        self.ensure(usize::MAX);
    }

    /// Number of fields.
    pub fn count(&mut self) -> usize {
        self.complete_split();
        self.spans.len()
    }

    /// The bytes of field `index` (from 1) as they were read; `None` when it was assigned or does not exist.
    #[inline]
    pub fn raw(&mut self, index: usize) -> Option<&[u8]> {
        self.ensure(index);
        let (from, to) = *self.spans.get(index - 1)?;
        if let Some(Some(_)) = self.own.get(index - 1) {
            return None;
        }
        self.text.get(from as usize..to as usize)
    }

    /// The value of field `index` (from 1).
    pub fn value(&mut self, index: usize) -> Value {
        self.ensure(index);
        match self.own.get(index - 1) {
            Some(Some(value)) => value.clone(),
            _ => match self.raw(index) {
                Some(bytes) => Value::from_input(bytes),
                None => Value::Uninit,
            },
        }
    }

    /// The number in field `index` (from 1).
    #[inline]
    pub fn number(&mut self, index: usize) -> f64 {
        match self.raw(index) {
            Some(bytes) => number::leading(bytes),
            None => self.value(index).to_num(),
        }
    }

    /// Appends the text of field `index` (from 1).
    #[inline]
    pub fn append(&mut self, index: usize, out: &mut Vec<u8>, convfmt: &[u8]) {
        match self.raw(index) {
            Some(bytes) => out.extend_from_slice(bytes),
            None => self.value(index).append_to(out, convfmt),
        }
    }

    /// The text of field `index` (from 1).
    pub fn text_of(&mut self, index: usize, convfmt: &[u8]) -> Str {
        match self.raw(index) {
            Some(bytes) => Str::new(bytes),
            None => self.value(index).to_str(convfmt),
        }
    }

    /// Sets field `index` (from 1); fields in between come into being empty. False when there is no room for so many.
    pub fn set(&mut self, index: usize, value: Value) -> bool {
        if index > MAX_FIELDS {
            return false;
        }
        self.complete_split();
        if self.spans.len() < index {
            self.spans.resize(index, (0, 0));
        }
        if self.own.len() < index {
            self.own.resize(index, None);
        }
        self.own[index - 1] = Some(value);
        self.stale = true;
        true
    }

    /// Sets the number of fields. False when there is no room for so many.
    pub fn set_count(&mut self, count: usize) -> bool {
        if count > MAX_FIELDS {
            return false;
        }
        self.complete_split();
        self.spans.resize(count, (0, 0));
        self.own.truncate(count);
        self.stale = true;
        true
    }
}
