//! Printing selected lines as GNU grep does.

use super::config::{Binary, Config, Mode};
use crate::search::output::{Out, number};
use crate::search::scan::{Found, ScanError, Sink};

/// Prints what is found in one file.
pub(super) struct Printer<'a, O> {
    config: &'a Config,
    out: &'a mut O,
    name: &'a [u8],
    /// Width of numbers with `-T`.
    width: usize,
    /// Something was printed for an earlier file, so that a gap comes first.
    after_other: bool,
    /// Something was printed for this file.
    pub printed: bool,
    binary: bool,
    /// Binary text would have had to be printed.
    pub withheld: bool,
    /// The file is binary and counts as one without a match.
    pub skipped: bool,
}

impl<'a, O: Out> Printer<'a, O> {
    /// For a file called `name` of `size` bytes, if that is known.
    pub(super) fn new(
        config: &'a Config,
        out: &'a mut O,
        name: &'a [u8],
        size: Option<u64>,
        after_other: bool,
    ) -> Self {
        let mut width = 0;
        if config.align {
            let mut n = size.unwrap_or(u64::MAX).saturating_add(u64::from(config.scan.numbers));
            while n > 0 || width == 0 {
                width += 1;
                n /= 10;
            }
        }
        Printer {
            config,
            out,
            name,
            width,
            after_other,
            printed: false,
            binary: false,
            withheld: false,
            skipped: false,
        }
    }

    fn paint(&mut self, sgr: impl Fn(&crate::search::color::Colors) -> &Vec<u8>, text: &[u8]) {
        match &self.config.colors {
            Some(colors) => colors.paint(self.out.buf(), sgr(colors), text),
            None => self.out.buf().extend_from_slice(text),
        }
    }

    /// What stands before a line. `false` when the text is binary and nothing may be printed.
    fn head(&mut self, text: &[u8], line: &Found<'_>, offset: u64, separator: u8) -> bool {
        let c = self.config;
        if c.binary != Binary::Text && c.utf8 && !text.is_ascii() && std::str::from_utf8(text).is_err() {
            self.withheld = true;
            return false;
        }
        if c.names {
            let name = self.name;
            self.paint(|c| &c.name, name);
            if c.null {
                self.out.buf().push(0);
            } else {
                self.paint(|c| &c.separator, &[separator]);
            }
        }
        if c.scan.numbers {
            self.numeral(line.number, true);
            self.paint(|c| &c.separator, &[separator]);
        }
        if c.offsets {
            self.numeral(offset, false);
            self.paint(|c| &c.separator, &[separator]);
        }
        if c.align && (c.names || c.scan.numbers || c.offsets) && !text.is_empty() {
            self.out.buf().push(b'\t');
        }
        true
    }

    fn numeral(&mut self, n: u64, is_line: bool) {
        let mut text = Vec::new();
        number(&mut text, n, self.width);
        self.paint(|c| if is_line { &c.number } else { &c.offset }, &text);
    }

    fn line(&mut self, line: Found<'_>, selected: bool) -> Result<bool, ScanError> {
        let c = self.config;
        let separator = if selected { b':' } else { b'-' };
        let matching = selected != c.scan.invert;
        if !c.only_matching && !self.head(line.bytes, &line, line.offset, separator) {
            self.printed = true;
            return Ok(true);
        }
        let mut done = 0;
        if c.only_matching {
            if matching {
                self.parts(line, if c.scan.invert { b'-' } else { b':' })?;
            }
        } else if c.colors.is_some() {
            done = self.colored(line, selected, matching)?;
        }
        if !c.only_matching {
            let out = self.out.buf();
            out.extend_from_slice(&line.bytes[done..]);
            out.push(c.matcher.eol());
        }
        self.printed = true;
        self.out.spill().map_err(ScanError::Output)?;
        Ok(true)
    }

    /// `-o`: each match on a line of its own.
    fn parts(&mut self, line: Found<'_>, separator: u8) -> Result<(), ScanError> {
        let c = self.config;
        let mut at = 0;
        while at < line.bytes.len() {
            let Some(found) = c.matcher.find(line.bytes, at)? else {
                break;
            };
            if found.is_empty() {
                at = c.matcher.regex().next_char(line.bytes, found.end);
                continue;
            }
            let text = &line.bytes[found.range()];
            if !self.head(text, &line, line.offset + found.start as u64, separator) {
                break;
            }
            self.paint(|c| &c.selected_match, text);
            self.out.buf().push(c.matcher.eol());
            at = found.end;
        }
        Ok(())
    }

    /// Prints a line with its matches marked. Returns how much of it was printed.
    fn colored(&mut self, line: Found<'_>, selected: bool, matching: bool) -> Result<usize, ScanError> {
        let c = self.config;
        let Some(colors) = &c.colors else { return Ok(0) };
        let as_selected = selected != (c.scan.invert && colors.reverse);
        let line_color = if as_selected {
            &colors.selected_line
        } else {
            &colors.context_line
        };
        let match_color = if selected {
            &colors.selected_match
        } else {
            &colors.context_match
        };
        let bytes = line.bytes;
        let mut printed = 0;
        if matching && !match_color.is_empty() {
            let mut at = 0;
            while at < bytes.len() {
                let Some(found) = c.matcher.find(bytes, at)? else { break };
                if found.is_empty() {
                    at = c.matcher.regex().next_char(bytes, found.end);
                    continue;
                }
                colors.paint_part(self.out.buf(), line_color, &bytes[printed..found.start]);
                colors.paint(self.out.buf(), match_color, &bytes[found.range()]);
                at = found.end;
                printed = at;
            }
        }
        if !line_color.is_empty() {
            // A carriage return before the end keeps its place after the colour.
            let end = if bytes.ends_with(b"\r") {
                bytes.len() - 1
            } else {
                bytes.len()
            };
            if end > printed {
                colors.paint(self.out.buf(), line_color, &bytes[printed..end]);
                printed = end;
            }
        }
        Ok(printed)
    }
}

impl crate::search::color::Colors {
    /// Appends what is between matches; the colour of the match that follows ends this one.
    fn paint_part(&self, out: &mut Vec<u8>, sgr: &[u8], text: &[u8]) {
        if !sgr.is_empty() {
            self.start(out, sgr);
        }
        out.extend_from_slice(text);
    }
}

impl<O: Out> Sink for Printer<'_, O> {
    fn selected(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        if self.binary {
            self.withheld = true;
            self.printed = true;
            return Ok(false);
        }
        if self.config.mode != Mode::Lines {
            return Ok(self.config.mode == Mode::Count);
        }
        if self.after_other && !self.printed && self.config.scan.gaps {
            self.gap()?;
        }
        self.line(line, true)
    }

    fn context(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        if self.binary || self.config.mode != Mode::Lines {
            return Ok(true);
        }
        if self.after_other && !self.printed && self.config.scan.gaps {
            self.gap()?;
        }
        self.line(line, false)
    }

    fn gap(&mut self) -> Result<(), ScanError> {
        self.after_other = false;
        if self.config.mode == Mode::Lines
            && !self.binary
            && let Some(separator) = &self.config.separator
        {
            let separator = separator.clone();
            self.paint(|c| &c.separator, &separator);
            self.out.buf().push(b'\n');
        }
        Ok(())
    }

    fn binary(&mut self, _offset: u64) -> Result<bool, ScanError> {
        if self.config.binary == Binary::Without {
            self.skipped = true;
            return Ok(false);
        }
        self.binary = self.config.mode == Mode::Lines;
        Ok(true)
    }

    fn counts_only(&self) -> bool {
        self.config.mode == Mode::Count
    }
}
