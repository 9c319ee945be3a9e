//! Lines, and when two of them count as equal.

use std::borrow::Cow;
use std::collections::HashMap;

use pattern::regex::{Options, Regex, Syntax};
use shell::command::{CommandError, Context};

use super::myers::Change;

/// What is ignored.
#[derive(Default)]
pub(super) struct Rules {
    pub icase: bool,
    pub tabs: bool,
    pub trailing: bool,
    pub space_change: bool,
    pub all_space: bool,
    pub blank_lines: bool,
    pub strip_cr: bool,
    pub ignore: Vec<Regex>,
}

impl Rules {
    /// Whether lines are equal only if all their bytes are.
    pub fn is_exact(&self) -> bool {
        !(self.icase
            || self.tabs
            || self.trailing
            || self.space_change
            || self.all_space
            || self.blank_lines
            || self.strip_cr)
            && self.ignore.is_empty()
    }

    /// What of a line is compared.
    fn key<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if !(self.icase || self.tabs || self.trailing || self.space_change || self.all_space) {
            return Cow::Borrowed(line);
        }
        let (body, ended) = match line.split_last() {
            Some((b'\n', body)) => (body, true),
            _ => (line, false),
        };
        let space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | 11 | 12);
        let mut out = Vec::with_capacity(line.len());
        if self.all_space {
            out.extend(body.iter().filter(|b| !space(b)));
        } else if self.space_change {
            let mut pending = false;
            for b in body {
                if space(b) {
                    pending = true;
                    continue;
                }
                if pending {
                    out.push(b' ');
                    pending = false;
                }
                out.push(*b);
            }
        } else {
            let body = if self.trailing { body.trim_ascii_end() } else { body };
            if self.tabs {
                for b in body {
                    match b {
                        b'\t' => out.resize(out.len() + 8 - out.len() % 8, b' '),
                        _ => out.push(*b),
                    }
                }
            } else {
                out.extend_from_slice(body);
            }
        }
        if self.icase {
            out.make_ascii_lowercase();
        }
        // Where white space does not count, neither does the missing newline at the end.
        if ended || self.all_space || self.space_change || self.trailing {
            out.push(b'\n');
        }
        Cow::Owned(out)
    }
}

/// Both files in lines, with a number for each line: equal numbers are equal lines.
pub(super) struct Sides<'a> {
    pub lines: [Vec<&'a [u8]>; 2],
    pub ids: [Vec<u32>; 2],
}

impl<'a> Sides<'a> {
    pub fn new(left: &'a [u8], right: &'a [u8], rules: &Rules) -> Self {
        let lines = [split(left), split(right)];
        let mut numbers: HashMap<Cow<'a, [u8]>, u32> = HashMap::new();
        let ids = [0, 1].map(|side: usize| {
            lines[side]
                .iter()
                .map(|line| {
                    let line: &'a [u8] = line;
                    let key = if rules.strip_cr && line.ends_with(b"\r\n") {
                        Cow::Owned([&line[..line.len() - 2], b"\n"].concat())
                    } else {
                        Cow::Borrowed(line)
                    };
                    let key = match key {
                        Cow::Borrowed(l) => rules.key(l),
                        Cow::Owned(l) => Cow::Owned(rules.key(&l).into_owned()),
                    };
                    let next = numbers.len() as u32;
                    *numbers.entry(key).or_insert(next)
                })
                .collect()
        });
        Self { lines, ids }
    }
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::with_capacity(data.len() / 32 + 1);
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', data) {
        lines.push(&data[start..=at]);
        start = at + 1;
    }
    if start < data.len() {
        lines.push(&data[start..]);
    }
    lines
}

/// A regular expression of `-I` or `-F`.
pub(super) fn regex(cx: &Context<'_>, text: &[u8]) -> Result<Regex, CommandError> {
    let options = Options {
        utf8: cx.utf8(),
        ..Options::new(Syntax::GrepBre)
    };
    Regex::new(text, &options).map_err(|e| CommandError::fail(2, [text, b": ", e.to_string().as_bytes()].concat()))
}

/// Marks changes that consist of nothing but what is to be ignored.
pub(super) fn with_ignored(
    sides: &Sides<'_>,
    mut changes: Vec<Change>,
    rules: &Rules,
) -> Result<Vec<Change>, CommandError> {
    if !rules.blank_lines && rules.ignore.is_empty() {
        return Ok(changes);
    }
    for change in &mut changes {
        let mut all = true;
        for (side, range) in [(0, change.removed()), (1, change.added())] {
            for line in &sides.lines[side][range] {
                let body = line.strip_suffix(b"\n").unwrap_or(line);
                let blank = rules.blank_lines
                    && if rules.all_space || rules.space_change {
                        body.iter().all(u8::is_ascii_whitespace)
                    } else {
                        body.is_empty()
                    };
                let mut matched = blank;
                for regex in &rules.ignore {
                    matched = matched || regex.is_match(body).map_err(|e| CommandError::fail(2, e.to_string()))?;
                }
                all &= matched;
            }
        }
        change.ignored = all;
    }
    Ok(changes)
}
