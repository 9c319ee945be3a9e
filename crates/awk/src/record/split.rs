//! Taking text apart: `FS`, `FPAT`, `FIELDWIDTHS`, and what `split` and `patsplit` do.

use std::rc::Rc;
use std::sync::Arc;

use super::Span;
use crate::regex::Re;
use crate::value::text;

/// Where splitting "goes on" when nothing is left.
pub const DONE: usize = usize::MAX;

/// Columns of `FIELDWIDTHS`: characters to skip, then the width; `None` takes the rest.
pub type Widths = Vec<(usize, Option<usize>)>;

/// A way to take text apart.
#[derive(Clone, Debug)]
pub enum Splitter {
    /// Runs of blanks, tabs and newlines; those at the ends do not count.
    Blank,
    /// One byte. With the second, a newline separates too (`RS = ""`).
    Byte(u8, bool),
    /// A regular expression.
    Regex(Arc<Re>),
    /// Every character is a field (in UTF-8 if true).
    Chars(bool),
    /// What a field looks like, rather than what is between.
    Fields(Arc<Re>),
    /// Fixed columns (in UTF-8 if true).
    Widths(Rc<Widths>, bool),
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

impl Splitter {
    /// The default.
    pub fn blank() -> Self {
        Splitter::Blank
    }

    /// Splits on from `resume` until there are `count` fields or nothing is left. Returns where to go on, or [`DONE`].
    pub fn advance(&self, text: &[u8], spans: &mut Vec<Span>, resume: usize, count: usize) -> usize {
        match self {
            Splitter::Blank => blank(text, spans, resume, count),
            Splitter::Byte(byte, false) => {
                if text.is_empty() {
                    return DONE;
                }
                let mut at = resume;
                while spans.len() < count {
                    match memchr::memchr(*byte, &text[at..]) {
                        Some(found) => {
                            spans.push((at as u32, (at + found) as u32));
                            at += found + 1;
                        }
                        None => {
                            spans.push((at as u32, text.len() as u32));
                            return DONE;
                        }
                    }
                }
                at
            }
            other => {
                split(text, other, spans, None);
                DONE
            }
        }
    }
}

#[inline]
fn blank(text: &[u8], spans: &mut Vec<Span>, resume: usize, count: usize) -> usize {
    let mut at = resume;
    let end = text.len();
    while spans.len() < count {
        while at < end && is_blank(text[at]) {
            at += 1;
        }
        if at == end {
            return DONE;
        }
        let start = at;
        while at < end && !is_blank(text[at]) {
            at += 1;
        }
        spans.push((start as u32, at as u32));
    }
    at
}

/// Splits all of `text`. `between` gets the separators; for the default splitter also the blanks in front and behind,
/// so that there is always one more than there are fields.
pub fn split(text: &[u8], splitter: &Splitter, spans: &mut Vec<Span>, between: Option<&mut Vec<Span>>) {
    let mut unused = Vec::new();
    let between = between.unwrap_or(&mut unused);
    if text.is_empty() && !matches!(splitter, Splitter::Fields(_)) {
        return;
    }
    match splitter {
        Splitter::Blank => {
            blank(text, spans, 0, usize::MAX);
            let mut last = 0;
            for (start, end) in spans.iter() {
                between.push((last, *start));
                last = *end;
            }
            between.push((last, text.len() as u32));
        }
        Splitter::Byte(byte, newline) => {
            let mut at = 0;
            loop {
                let rest = &text[at..];
                let found = if *newline {
                    memchr::memchr2(*byte, b'\n', rest)
                } else {
                    memchr::memchr(*byte, rest)
                };
                match found {
                    Some(found) => {
                        spans.push((at as u32, (at + found) as u32));
                        between.push(((at + found) as u32, (at + found + 1) as u32));
                        at += found + 1;
                    }
                    None => {
                        spans.push((at as u32, text.len() as u32));
                        return;
                    }
                }
            }
        }
        Splitter::Regex(re) => {
            let (mut field, mut from) = (0, 0);
            while let Some((start, end)) = re.find(text, from) {
                if start == end {
                    // Nothing separates nothing: an empty match is no separator.
                    if end >= text.len() {
                        break;
                    }
                    from = end + text::char_len(&text[end..]);
                    continue;
                }
                spans.push((field as u32, start as u32));
                between.push((start as u32, end as u32));
                field = end;
                from = end;
            }
            spans.push((field as u32, text.len() as u32));
        }
        Splitter::Chars(utf8) => {
            let mut at = 0;
            while at < text.len() {
                let length = if *utf8 { text::char_len(&text[at..]) } else { 1 };
                if at > 0 {
                    between.push((at as u32, at as u32));
                }
                spans.push((at as u32, (at + length) as u32));
                at += length;
            }
        }
        Splitter::Fields(re) => fields(text, re, spans, between),
        Splitter::Widths(widths, utf8) => {
            let mut at = 0;
            let move_on = |at: usize, count: usize| {
                if *utf8 {
                    at + text::offset_of(&text[at..], count)
                } else {
                    (at + count).min(text.len())
                }
            };
            for (skip, width) in widths.iter() {
                if at >= text.len() {
                    break;
                }
                let start = move_on(at, *skip);
                let end = width.map_or(text.len(), |width| move_on(start, width));
                spans.push((start as u32, end as u32));
                at = end;
            }
        }
    }
}

fn fields(text: &[u8], re: &Re, spans: &mut Vec<Span>, between: &mut Vec<Span>) {
    let (mut from, mut last_end) = (0, None);
    if text.is_empty() {
        return;
    }
    let mut gap = 0;
    while from <= text.len() {
        let Some((start, end)) = re.find(text, from) else { break };
        if start == end {
            from = if end < text.len() {
                end + text::char_len(&text[end..])
            } else {
                end + 1
            };
            // An empty match that touches the field before it is no field.
            if last_end == Some(end) {
                continue;
            }
        } else {
            from = end;
        }
        between.push((gap as u32, start as u32));
        spans.push((start as u32, end as u32));
        gap = end;
        last_end = Some(end);
    }
    between.push((gap as u32, text.len() as u32));
}

/// Reads `FIELDWIDTHS`: widths with optional `skip:`, the last may be `*`. The error is the offending field number.
pub fn parse_widths(text: &[u8]) -> Result<Widths, usize> {
    let mut widths = Vec::new();
    let words: Vec<&[u8]> = text
        .split(|byte| is_blank(*byte))
        .filter(|word| !word.is_empty())
        .collect();
    for (index, word) in words.iter().enumerate() {
        let number = |digits: &[u8]| -> Result<usize, usize> {
            std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or(index + 1)
        };
        if *word == b"*" {
            if index + 1 != words.len() {
                return Err(index + 1);
            }
            widths.push((0, None));
            continue;
        }
        match memchr::memchr(b':', word) {
            Some(colon) => {
                let width = &word[colon + 1..];
                let width = if width == b"*" { None } else { Some(number(width)?) };
                widths.push((number(&word[..colon])?, width));
            }
            None => {
                let width = number(word)?;
                if width == 0 {
                    return Err(index + 1);
                }
                widths.push((0, Some(width)));
            }
        }
    }
    Ok(widths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, splitter: &Splitter) -> Vec<String> {
        let mut spans = Vec::new();
        split(text.as_bytes(), splitter, &mut spans, None);
        spans
            .iter()
            .map(|(from, to)| text[*from as usize..*to as usize].to_owned())
            .collect()
    }

    fn regex(source: &[u8]) -> Arc<Re> {
        crate::regex::Cache::default().get(source, false, true).unwrap()
    }

    #[test]
    fn every_way_of_splitting() {
        assert_eq!(parts("  a b\tc ", &Splitter::Blank), ["a", "b", "c"]);
        assert_eq!(parts("a::b", &Splitter::Byte(b':', false)), ["a", "", "b"]);
        assert_eq!(parts("a:b\nc", &Splitter::Byte(b':', true)), ["a", "b", "c"]);
        assert_eq!(parts("a12b3", &Splitter::Regex(regex(b"[0-9]+"))), ["a", "b", ""]);
        assert_eq!(parts("aé", &Splitter::Chars(true)), ["a", "é"]);
        assert_eq!(
            parts("a,\"b,c\",,d", &Splitter::Fields(regex(b"([^,]*)|(\"[^\"]+\")"))),
            ["a", "\"b,c\"", "", "d"]
        );
        let widths = Rc::new(parse_widths(b"2 1:2 *").unwrap());
        assert_eq!(
            parts("abXcdrest", &Splitter::Widths(widths, true)),
            ["ab", "cd", "rest"]
        );
    }

    #[test]
    fn partial_splitting_resumes_where_it_stopped() {
        let mut spans = Vec::new();
        let resume = Splitter::Blank.advance(b" a b c", &mut spans, 0, 2);
        assert_eq!(spans, [(1, 2), (3, 4)]);
        assert_eq!(Splitter::Blank.advance(b" a b c", &mut spans, resume, usize::MAX), DONE);
        assert_eq!(spans.len(), 3);
    }
}
