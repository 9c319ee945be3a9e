//! Lists of tab stops, for `expand` and `unexpand`.

use shell::command::CommandError;

use crate::quote::quote;

/// Where tab stops are.
#[derive(Debug, Clone, Default)]
pub(super) struct Tabs {
    stops: Vec<usize>,
    /// `/N` after the list: every multiple of N.
    every: Option<usize>,
    /// `+N` after the list: every N after the last stop.
    after: Option<usize>,
}

impl Tabs {
    /// Adds a list such as `4,8,+4`.
    pub fn add(&mut self, list: &[u8]) -> Result<(), CommandError> {
        for word in list
            .split(|b| matches!(b, b',' | b' ' | b'\t'))
            .filter(|w| !w.is_empty())
        {
            let (mark, digits) = match word.first() {
                Some(m @ (b'/' | b'+')) => (Some(*m), &word[1..]),
                _ => (None, word),
            };
            if let Some(at) = digits.iter().position(|b| !b.is_ascii_digit()) {
                return Err(fail(
                    [&b"tab size contains invalid character(s): "[..], &quote(&digits[at..])].concat(),
                ));
            }
            let n = crate::number::decimal(digits)
                .map_err(|_| fail([&b"tab stop is too large "[..], &quote(digits)].concat()))?
                as usize;
            match mark {
                Some(b'/') => self.every = Some(n),
                Some(_) => self.after = Some(n),
                None => self.stops.push(n),
            }
        }
        Ok(())
    }

    /// Checks the list and completes it.
    pub fn finish(mut self) -> Result<Self, CommandError> {
        let mut last = 0;
        for stop in &self.stops {
            if *stop == 0 {
                return Err(fail("tab size cannot be 0"));
            }
            if *stop <= last {
                return Err(fail("tab sizes must be ascending"));
            }
            last = *stop;
        }
        if self.every.is_some() && self.after.is_some() {
            return Err(fail("'/' specifier is mutually exclusive with '+'"));
        }
        if self.every == Some(0) || self.after == Some(0) {
            (self.every, self.after) = (None, None);
        }
        if self.stops.len() == 1 && self.every.is_none() && self.after.is_none() {
            self.every = self.stops.pop();
        } else if self.stops.is_empty() && self.every.is_none() {
            self.every = Some(self.after.take().unwrap_or(8));
        }
        Ok(self)
    }

    /// The first stop after `column`; `None` past the last one.
    pub fn next(&self, column: usize) -> Option<usize> {
        if let Some(stop) = self.stops.iter().find(|s| **s > column) {
            return Some(*stop);
        }
        if let Some(n) = self.every {
            return Some((column / n + 1) * n);
        }
        let (n, last) = (self.after?, self.stops.last().copied().unwrap_or(0));
        Some(last + ((column - last) / n + 1) * n)
    }
}

fn fail(message: impl AsRef<[u8]>) -> CommandError {
    CommandError::fail(1, message)
}
