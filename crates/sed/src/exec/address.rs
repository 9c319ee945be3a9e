//! Which lines a command is for.

use super::{Exec, Run, Stop, fatal};
use crate::regex::Re;
use crate::script::{Address, Command, Regex};

/// Where a command with two addresses stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RangeState {
    #[default]
    Outside,
    /// Inside, up to and including this line.
    UpTo(u64),
    /// Inside, until the second address matches.
    Until,
}

impl RangeState {
    /// Whether more lines of the range are to come.
    pub fn is_active(self) -> bool {
        self != RangeState::Outside
    }
}

impl Exec<'_, '_> {
    /// The state at the start of the input: `0,/re/` is inside already.
    pub(super) fn reset_ranges(&mut self) {
        for (state, command) in self.ranges.iter_mut().zip(&self.script.commands) {
            *state = match command.first {
                Some(Address::Line(0)) => RangeState::Until,
                _ => RangeState::Outside,
            };
        }
    }

    /// Whether a command is to be carried out.
    #[inline]
    pub(super) fn selected(&mut self, index: usize, command: &Command) -> Run<bool> {
        let Some(first) = &command.first else {
            return Ok(!command.negated);
        };
        let inside = match &command.last {
            None => self.address_matches(first)?,
            Some(last) => self.in_range(index, first, last)?,
        };
        Ok(inside != command.negated)
    }

    fn in_range(&mut self, index: usize, first: &Address, last: &Address) -> Run<bool> {
        let line = self.input.line_number;
        match self.ranges[index] {
            RangeState::Outside => {}
            RangeState::UpTo(end) => {
                if line >= end {
                    self.ranges[index] = RangeState::Outside;
                }
                if line <= end {
                    return Ok(true);
                }
                // Commands like `n` stepped over the end.
            }
            RangeState::Until => {
                if self.address_matches(last)? {
                    self.ranges[index] = RangeState::Outside;
                }
                return Ok(true);
            }
        }
        if !self.address_matches(first)? {
            return Ok(false);
        }
        let end = match last {
            Address::Line(end) => *end,
            Address::Plus(count) => line.saturating_add(*count),
            Address::Multiple(0) => line,
            // The next multiple, also when this line is one.
            Address::Multiple(step) => (line / step + 1).saturating_mul(*step),
            Address::Last | Address::Match(_) | Address::Step(..) => {
                self.ranges[index] = RangeState::Until;
                if matches!(last, Address::Last) && self.at_last_line()? {
                    self.ranges[index] = RangeState::Outside;
                }
                return Ok(true);
            }
        };
        // An end that is already past makes a range of one line.
        if end > line {
            self.ranges[index] = RangeState::UpTo(end);
        }
        Ok(true)
    }

    fn address_matches(&mut self, address: &Address) -> Run<bool> {
        let line = self.input.line_number;
        match address {
            Address::Line(number) => Ok(line == *number),
            Address::Step(first, 0) => Ok(line == *first),
            Address::Step(first, step) => Ok(line >= *first && (line - first).is_multiple_of(*step)),
            Address::Last => self.at_last_line(),
            Address::Match(regex) => {
                self.use_regex(regex)?;
                match &self.last_regex {
                    Some(re) => matched(re.is_match(&self.pattern.text)),
                    None => Ok(false),
                }
            }
            Address::Plus(_) | Address::Multiple(_) => Ok(false),
        }
    }

    /// Makes `regex` the one used last; the empty one stays what it was.
    #[inline]
    pub(super) fn use_regex(&mut self, regex: &Regex) -> Run<()> {
        match regex {
            Some(re) => {
                if !self
                    .last_regex
                    .as_ref()
                    .is_some_and(|last| std::ptr::eq::<Re>(&**last, &**re))
                {
                    self.last_regex = Some(re.clone());
                }
                Ok(())
            }
            None if self.last_regex.is_some() => Ok(()),
            None => fatal("-e expression #1, char 0: no previous regular expression".to_owned(), 1),
        }
    }
}

/// Turns the one way a search can fail into an error.
pub fn matched<T>(result: Result<T, pattern::regex::MatchError>) -> Run<T> {
    result.map_err(|error| Stop::Fatal(error.to_string(), 4))
}
