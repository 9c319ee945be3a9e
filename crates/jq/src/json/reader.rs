//! Values out of a byte stream that arrives in pieces, in memory bounded by the largest single value.

use super::parse::{Fast, ParseError, Stop, explain};
use crate::value::Value;

/// What [`Reader::next`] found.
#[derive(Debug)]
pub enum Next {
    /// The next value.
    Value(Value),
    /// Feed more text, or call [`Reader::finish`].
    NeedMore,
    /// The text is used up.
    End,
    /// The text is wrong; nothing more can be read from it.
    Error(ParseError),
}

/// Reads a sequence of JSON values from text that is fed in pieces of any size.
#[derive(Debug, Default)]
pub struct Reader {
    text: Vec<u8>,
    /// Where the next value starts in `text`.
    at: usize,
    /// Line breaks in text that was discarded.
    lines: u64,
    /// Bytes after the last line break in text that was discarded.
    column: u64,
    /// How much text a new attempt needs after one that ended in the middle of a value.
    wanted: usize,
    eof: bool,
    failed: bool,
    bom_checked: bool,
}

impl Reader {
    /// A reader without text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.discard();
        self.text.extend_from_slice(bytes);
    }

    /// Says that no more text will follow.
    pub fn finish(&mut self) {
        self.eof = true;
        self.wanted = 0;
    }

    /// Whether [`Reader::finish`] was called.
    pub fn is_finished(&self) -> bool {
        self.eof
    }

    /// The next value, if the text fed so far holds one completely.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Next {
        if self.failed {
            return Next::End;
        }
        if !self.bom_checked {
            const BOM: &[u8] = b"\xEF\xBB\xBF";
            if !self.eof && self.text.len() < 3 && BOM.starts_with(&self.text) {
                return Next::NeedMore;
            }
            if self.text.starts_with(BOM) {
                self.at = 3;
            }
            self.bom_checked = true;
        }
        let mut p = Fast::new(&self.text, self.at, self.eof);
        p.skip_space();
        self.at = p.at;
        let left = self.text.len() - self.at;
        if left == 0 {
            return if self.eof { Next::End } else { Next::NeedMore };
        }
        if left < self.wanted {
            return Next::NeedMore;
        }
        match p.value(0) {
            Ok(v) => {
                self.at = p.at;
                self.wanted = 0;
                Next::Value(v)
            }
            Err(Stop::Incomplete) if !self.eof => {
                // Asking for twice as much each time keeps the repeated attempts linear in total.
                self.wanted = left.saturating_mul(2);
                Next::NeedMore
            }
            _ => {
                let (line, column) = self.position();
                match explain(&self.text[self.at..], line, column, self.eof) {
                    Some(e) => {
                        self.failed = true;
                        Next::Error(e)
                    }
                    None => {
                        self.wanted = left.saturating_mul(2);
                        Next::NeedMore
                    }
                }
            }
        }
    }

    /// Line breaks read so far, counting to the end of the line that the last value ended on.
    pub fn lines(&self) -> u64 {
        let end = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n + 1);
        self.lines + count_lines(&self.text[..end])
    }

    fn position(&self) -> (u64, u64) {
        let used = &self.text[..self.at];
        let lines = count_lines(used);
        let column = match memchr::memrchr(b'\n', used) {
            Some(n) => used.len() - n - 1,
            None => used.len(),
        };
        let base = if lines == 0 { self.column } else { 0 };
        (1 + self.lines + lines, base + column as u64)
    }

    /// Forgets text that was read.
    fn discard(&mut self) {
        if self.at == 0 {
            return;
        }
        let (line, column) = self.position();
        self.lines = line - 1;
        self.column = column;
        self.text.drain(..self.at);
        self.at = 0;
    }
}

fn count_lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str]) -> (Vec<String>, Option<String>) {
        let mut r = Reader::new();
        let mut out = Vec::new();
        let mut pieces = pieces.iter();
        loop {
            match r.next() {
                Next::Value(v) => out.push(crate::json::print_compact(&v)),
                Next::NeedMore => match pieces.next() {
                    Some(p) => r.feed(p.as_bytes()),
                    None => r.finish(),
                },
                Next::End => return (out, None),
                Next::Error(e) => return (out, Some(e.to_string())),
            }
        }
    }

    /// Values may be cut anywhere, numbers included.
    #[test]
    fn pieces() {
        let (v, e) = read(&["1", "2 [1,", "{\"a\":tr", "ue}]", "\"x\\", "n\"", "3"]);
        assert_eq!(e, None);
        assert_eq!(v, ["12", "[1,{\"a\":true}]", "\"x\\n\"", "3"]);
    }

    /// Messages and positions are those of jq.
    #[test]
    fn errors() {
        for (text, want) in [
            ("{\"a\":1", "Unfinished JSON term at EOF at line 1, column 6"),
            ("[1,]", "Expected another array element at line 1, column 4"),
            ("tru", "Invalid literal at EOF at line 1, column 3"),
            ("\"abc", "Unfinished string at EOF at line 1, column 4"),
            ("[1 2]", "Expected separator between values at line 1, column 5"),
            ("1 \n\n tru\n", "Invalid literal at line 4, column 0"),
            ("1]", "Unmatched ']' at line 1, column 2"),
            ("{1:2}", "Object keys must be strings at line 1, column 3"),
            (
                "{'a':1}",
                "Invalid string literal; expected \", but got ' at line 1, column 5",
            ),
            ("[1}", "Objects must consist of key:value pairs at line 1, column 3"),
            ("{\"a\":1,}", "Expected another key-value pair at line 1, column 8"),
        ] {
            assert_eq!(read(&[text]).1.as_deref(), Some(want), "{text}");
        }
    }
}
