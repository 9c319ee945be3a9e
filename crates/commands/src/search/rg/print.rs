//! Printing selected lines as ripgrep does.

use pattern::regex::Captures;

use super::config::{Config, Mode};
use crate::search::matcher::Matcher;
use crate::search::output::{Out, number};
use crate::search::scan::{Found, ScanError, Sink};

/// Prints what is found in one file.
pub(super) struct Printer<'a, O> {
    config: &'a Config,
    matcher: &'a Matcher,
    out: &'a mut O,
    name: &'a [u8],
    names: bool,
    /// The file was named, so that binary data ends the search only at a match.
    explicit: bool,
    /// Matches found, where they are counted.
    pub matches: u64,
    /// Something was printed.
    pub printed: bool,
    binary_at: Option<u64>,
    captures: Captures,
}

const RESET: &[u8] = b"\x1b[0m";
const PATH: &[u8] = b"\x1b[0m\x1b[35m";
const NUMBER: &[u8] = b"\x1b[0m\x1b[32m";
const MATCH: &[u8] = b"\x1b[0m\x1b[1m\x1b[31m";

impl<'a, O: Out> Printer<'a, O> {
    /// For one file.
    pub(super) fn new(
        config: &'a Config,
        matcher: &'a Matcher,
        out: &'a mut O,
        name: &'a [u8],
        names: bool,
        explicit: bool,
    ) -> Self {
        Printer {
            config,
            matcher,
            out,
            name,
            names,
            explicit,
            matches: 0,
            printed: false,
            binary_at: None,
            captures: matcher.regex().new_captures(),
        }
    }

    fn paint(&mut self, color: &[u8], text: &[u8]) {
        let on = self.config.style.color;
        let out = self.out.buf();
        if on {
            out.extend_from_slice(color);
        }
        out.extend_from_slice(text);
        if on {
            out.extend_from_slice(RESET);
        }
    }

    /// The path with its separators replaced.
    pub(super) fn path(&mut self) {
        match self.config.style.path_separator {
            Some(separator) => {
                let name: Vec<u8> = self
                    .name
                    .iter()
                    .map(|&b| if b == b'/' { separator } else { b })
                    .collect();
                self.paint(PATH, &name);
            }
            None => {
                let name = self.name;
                self.paint(PATH, name);
            }
        }
    }

    /// What stands before a line.
    fn head(&mut self, line: &Found<'_>, offset: u64, column: Option<usize>, selected: bool) {
        let style = &self.config.style;
        let separator = if selected {
            &style.match_separator
        } else {
            &style.field_separator
        };
        if style.heading {
            if !self.printed && self.names {
                self.path();
                self.out.buf().push(if style.null { 0 } else { b'\n' });
            }
        } else if self.names {
            self.path();
            if style.null {
                self.out.buf().push(0);
            } else {
                self.out.buf().extend_from_slice(separator);
            }
        }
        self.printed = true;
        for n in [
            (line.number > 0 && self.config.scan.numbers).then_some(line.number),
            column.filter(|_| selected).map(|c| c as u64),
            style.offset.then_some(offset),
        ]
        .into_iter()
        .enumerate()
        .filter_map(|(i, n)| n.map(|n| (i, n)))
        {
            let mut text = Vec::new();
            number(&mut text, n.1, 0);
            self.paint(if n.0 == 0 { NUMBER } else { b"\x1b[0m" }, &text);
            self.out.buf().extend_from_slice(separator);
        }
    }

    /// Where matches are in a line.
    fn spans(&self, line: &[u8]) -> Result<Vec<(usize, usize)>, ScanError> {
        let mut all = Vec::new();
        for found in self.matcher.regex().find_iter(line) {
            let found = found?;
            all.push((found.start, found.end));
        }
        Ok(all)
    }

    /// What replaces the match at `start`.
    fn replacement(&mut self, line: &[u8], start: usize, template: &[u8], into: &mut Vec<u8>) -> Result<(), ScanError> {
        let regex = self.matcher.regex();
        if regex.captures_at(line, start, &mut self.captures)? {
            let captures = &self.captures;
            expand(template, into, |name| {
                let group = std::str::from_utf8(name)
                    .ok()
                    .and_then(|n| n.parse().ok().or_else(|| regex.group_index(n)));
                group.and_then(|g| captures.get(g)).map(|s| &line[s.range()])
            });
        }
        Ok(())
    }

    fn text(&mut self, bytes: &[u8], spans: &[(usize, usize)], selected: bool) {
        let style = &self.config.style;
        let trimmed = if style.trim {
            bytes.len() - bytes.trim_ascii_start().len()
        } else {
            0
        };
        if let Some(max) = style.max_columns
            && bytes.len() - trimmed > max
        {
            let note = if style.preview {
                let end = (trimmed + max..=bytes.len()).find(|&i| bytes.get(i).is_none_or(|b| b & 0xC0 != 0x80));
                self.out
                    .buf()
                    .extend_from_slice(&bytes[trimmed..end.unwrap_or(bytes.len())]);
                let more = spans.iter().filter(|s| s.0 >= trimmed + max).count();
                if selected && !spans.is_empty() {
                    format!(" [... {more} more match{}]", if more == 1 { "" } else { "es" })
                } else {
                    " [... omitted end of long line]".to_owned()
                }
            } else if !selected {
                "[Omitted long context line]".to_owned()
            } else if spans.is_empty() {
                "[Omitted long matching line]".to_owned()
            } else {
                format!("[Omitted long line with {} matches]", spans.len())
            };
            self.out.buf().extend_from_slice(note.as_bytes());
            return;
        }
        let mut at = trimmed;
        if style.color && selected {
            for &(start, end) in spans {
                if end <= at || start == end {
                    continue;
                }
                let start = start.max(at);
                self.out.buf().extend_from_slice(&bytes[at..start]);
                self.paint(MATCH, &bytes[start..end]);
                at = end;
            }
        }
        self.out.buf().extend_from_slice(&bytes[at..]);
    }

    fn end(&mut self) -> Result<(), ScanError> {
        self.out.buf().push(self.matcher.eol());
        self.out.spill().map_err(ScanError::Output)
    }

    fn matched(&mut self, line: Found<'_>) -> Result<(), ScanError> {
        let config = self.config;
        let style = &config.style;
        let detailed = style.color
            || style.column
            || style.only_matching
            || style.vimgrep
            || style.replace.is_some()
            || style.max_columns.is_some();
        if !detailed || config.scan.invert {
            return self.each_line(line, line.bytes, line.offset, None);
        }
        let spans = self.spans(line.bytes)?;
        let column = |start: usize| (style.column || style.vimgrep).then_some(start + 1);
        if style.only_matching {
            for &(start, end) in &spans {
                if start == end {
                    continue;
                }
                let before = memchr::memchr_iter(self.matcher.eol(), &line.bytes[..start]).count() as u64;
                let part = Found {
                    number: line.number + before,
                    ..line
                };
                let mut text = line.bytes[start..end].to_vec();
                if let Some(template) = &style.replace {
                    text.clear();
                    self.replacement(line.bytes, start, template, &mut text)?;
                }
                self.each_line(part, &text, line.offset + start as u64, column(start))?;
            }
            return Ok(());
        }
        let mut replaced;
        let mut bytes = line.bytes;
        let mut shown = spans.clone();
        if let Some(template) = &style.replace {
            (replaced, shown) = (Vec::new(), Vec::new());
            let mut at = 0;
            for &(start, end) in &spans {
                replaced.extend_from_slice(&bytes[at..start]);
                let from = replaced.len();
                self.replacement(line.bytes, start, template, &mut replaced)?;
                shown.push((from, replaced.len()));
                at = end;
            }
            replaced.extend_from_slice(&bytes[at..]);
            bytes = &replaced;
        }
        if style.vimgrep {
            for &(start, _) in &shown {
                self.head(&line, line.offset, column(start), true);
                self.text(bytes, &shown, true);
                self.end()?;
            }
            return Ok(());
        }
        let first = shown.first().and_then(|s| column(s.0));
        if memchr::memchr(self.matcher.eol(), bytes).is_some() {
            let bytes = bytes.to_vec();
            return self.each_line(line, &bytes, line.offset, first);
        }
        self.head(&line, line.offset, first, true);
        self.text(bytes, &shown, true);
        self.end()
    }

    /// Prints text that may hold several lines, each with its head; all of it is a match when it has a column.
    fn each_line(&mut self, at: Found<'_>, text: &[u8], offset: u64, column: Option<usize>) -> Result<(), ScanError> {
        let eol = self.matcher.eol();
        let whole = self.config.style.only_matching;
        let text = text.strip_suffix(&[eol]).unwrap_or(text);
        let mut done = 0;
        for (n, part) in text.split(|&b| b == eol).enumerate() {
            let line = Found {
                number: at.number + n as u64,
                ..at
            };
            self.head(&line, offset + done as u64, column, true);
            let all = [(0, part.len())];
            self.text(part, if whole { &all } else { &[] }, true);
            self.end()?;
            done += part.len() + 1;
        }
        Ok(())
    }

    fn binary_note(&mut self, text: &str, offset: u64) -> Result<(), ScanError> {
        if self.names {
            self.path();
            self.out.buf().extend_from_slice(b": ");
        }
        self.out
            .buf()
            .extend_from_slice(format!("{text} (found \"\\0\" byte around offset {offset})\n").as_bytes());
        self.printed = true;
        self.out.spill().map_err(ScanError::Output)
    }
}

/// Expands `$1`, `${name}` and `$$` in a replacement.
fn expand<'h>(template: &[u8], into: &mut Vec<u8>, group: impl Fn(&[u8]) -> Option<&'h [u8]>) {
    let mut rest = template;
    while let Some(at) = memchr::memchr(b'$', rest) {
        into.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix(b"$") {
            into.push(b'$');
            rest = tail;
            continue;
        }
        let (name, used) = match rest.strip_prefix(b"{") {
            Some(inner) => match memchr::memchr(b'}', inner) {
                Some(end) => (&inner[..end], end + 2),
                None => (&rest[..0], 0),
            },
            None => {
                let len = rest
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                (&rest[..len], len)
            }
        };
        if used == 0 {
            into.push(b'$');
            continue;
        }
        into.extend_from_slice(group(name).unwrap_or_default());
        rest = &rest[used..];
    }
    into.extend_from_slice(rest);
}

impl<O: Out> Sink for Printer<'_, O> {
    fn selected(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        match self.config.mode {
            Mode::CountMatches => {
                self.matches += self
                    .spans(line.bytes)?
                    .iter()
                    .filter(|s| s.0 < s.1 || line.bytes.is_empty())
                    .count() as u64;
                return Ok(true);
            }
            Mode::Count => return Ok(true),
            Mode::Lines | Mode::Json => {}
            Mode::With | Mode::Without | Mode::Quiet => return Ok(false),
        }
        if let Some(offset) = self.binary_at {
            self.binary_note("binary file matches", offset)?;
            return Ok(false);
        }
        self.matched(line)?;
        Ok(true)
    }

    fn context(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        if self.config.mode == Mode::Lines && self.binary_at.is_none() {
            self.head(&line, line.offset, None, false);
            self.text(line.bytes, &[], false);
            self.end()?;
        }
        Ok(true)
    }

    fn gap(&mut self) -> Result<(), ScanError> {
        if self.config.mode == Mode::Lines
            && let Some(separator) = &self.config.style.context_separator
        {
            let out = self.out.buf();
            out.extend_from_slice(separator);
            out.push(b'\n');
        }
        Ok(())
    }

    fn binary(&mut self, offset: u64) -> Result<bool, ScanError> {
        if !self.explicit && !self.config.binary {
            if self.printed {
                self.binary_note("WARNING: stopped searching binary file after match", offset)?;
            }
            return Ok(false);
        }
        if self.config.mode == Mode::Lines {
            self.binary_at = Some(offset);
        }
        Ok(true)
    }

    fn counts_only(&self) -> bool {
        self.config.mode == Mode::Count
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn replacements_name_groups() {
        let mut out = Vec::new();
        super::expand(b"<$1|${name}|$$|$x!$", &mut out, |n| match n {
            b"1" => Some(b"one"),
            b"name" => Some(b"two"),
            _ => None,
        });
        assert_eq!(out, b"<one|two|$|!$");
    }
}
