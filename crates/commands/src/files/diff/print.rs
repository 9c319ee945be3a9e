//! The output formats.

use pattern::regex::Regex;
use shell::command::{CommandError, Context};
use vfs::Time;

use super::lines::{self, Sides};
use super::myers::Change;
use crate::options::{Item, Spec};
use crate::quote::quote;
use crate::time::{Moment, Zone};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Normal,
    Context,
    Unified,
    Ed,
    ForwardEd,
    Rcs,
    Side,
    Ifdef,
}

/// How differences are shown.
pub(super) struct Format {
    style: Style,
    context: usize,
    pub(super) width: usize,
    pub(super) left_column: bool,
    pub(super) suppress_common: bool,
    function: Option<Regex>,
    pub(super) expand: bool,
    initial_tab: bool,
    pub(super) tab: usize,
    suppress_blank: bool,
    name: Vec<u8>,
    color: bool,
}

impl Default for Format {
    fn default() -> Self {
        Self {
            style: Style::Normal,
            context: 3,
            width: 130,
            left_column: false,
            suppress_common: false,
            function: None,
            expand: false,
            initial_tab: false,
            tab: 8,
            suppress_blank: false,
            name: Vec::new(),
            color: false,
        }
    }
}

/// The name of a file in a header.
pub(super) struct Header {
    pub label: Option<Vec<u8>>,
    pub name: Vec<u8>,
    pub time: Time,
}

pub(super) const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// An option as it stands in announcements.
pub(super) fn shown_option(o: &Item) -> Vec<u8> {
    let value = o.value.as_deref().map(|v| crate::quote::shell_escape(v, false, false));
    match (o.short, value) {
        (Some(letter), None) => vec![b'-', letter],
        (Some(letter), Some(v)) => [&[b'-', letter][..], &v].concat(),
        (None, None) => [b"--", o.key.as_bytes()].concat(),
        (None, Some(v)) => [b"--", o.key.as_bytes(), b"=", &v].concat(),
    }
}

impl Format {
    /// Takes an option in.
    pub fn read(
        &mut self,
        cx: &Context<'_>,
        spec: &Spec,
        o: &Item,
        legacy: &mut Option<usize>,
    ) -> Result<(), CommandError> {
        let v = o.value();
        let count = |what: &str| {
            crate::number::decimal(v)
                .map(|n| n as usize)
                .map_err(|_| spec.usage_error(cx, [format!("invalid {what} ").as_bytes(), &quote(v)].concat()))
        };
        let clash = || spec.usage_error(cx, "conflicting output style options");
        let mut style = None;
        match o.key {
            "normal" => style = Some(Style::Normal),
            "context" | "c" | "C" => {
                style = Some(Style::Context);
                if o.value.is_some() {
                    self.context = count("context length")?;
                }
            }
            "unified" | "u" | "U" => {
                style = Some(Style::Unified);
                if o.value.is_some() {
                    self.context = count("context length")?;
                }
            }
            "ed" => style = Some(Style::Ed),
            "forward-ed" => style = Some(Style::ForwardEd),
            "rcs" => style = Some(Style::Rcs),
            "side-by-side" => style = Some(Style::Side),
            "ifdef" => {
                style = Some(Style::Ifdef);
                self.name = v.to_vec();
            }
            "width" => {
                self.width = count("width")?;
                if self.width == 0 {
                    return Err(spec.usage_error(cx, [&b"invalid width "[..], &quote(v)].concat()));
                }
            }
            "tabsize" => self.tab = count("tabsize")?.max(1),
            "left-column" => self.left_column = true,
            "suppress-common-lines" => self.suppress_common = true,
            "show-c-function" => {
                self.function = Some(lines::regex(cx, b"^[[:alpha:]$_]")?);
                if self.style == Style::Normal {
                    style = Some(Style::Context);
                }
            }
            "show-function-line" => self.function = Some(lines::regex(cx, v)?),
            "expand-tabs" => self.expand = true,
            "initial-tab" => self.initial_tab = true,
            "suppress-blank-empty" => self.suppress_blank = true,
            "color" => {
                let table = [("never", false), ("auto", false), ("always", true)];
                self.color = match &o.value {
                    None => false,
                    Some(v) => match table.iter().find(|(w, _)| w.as_bytes() == &v[..]) {
                        Some((_, on)) => *on,
                        None => {
                            return Err(spec.usage_error(cx, [&b"invalid color "[..], &quote(v)].concat()));
                        }
                    },
                };
            }
            "0" => {
                let digit = usize::from(o.short.unwrap_or(b'0') - b'0');
                let n = legacy.unwrap_or(0).saturating_mul(10).saturating_add(digit);
                *legacy = Some(n);
                self.context = n;
            }
            _ => {}
        }
        if let Some(style) = style {
            // `-p` alone means context, and gives way.
            let given = self.style != Style::Normal && self.style != style;
            if given && !(o.key == "show-c-function" || self.function.is_some()) {
                return Err(clash());
            }
            self.style = style;
        }
        Ok(())
    }

    /// Whether common lines are output too, so that equal files have output.
    pub fn shows_same(&self) -> bool {
        (self.style == Style::Side && !self.suppress_common) || self.style == Style::Ifdef
    }

    /// Text in a colour, if colours are wanted.
    pub fn paint(&self, code: &str, text: &[u8], out: &mut Vec<u8>) {
        if self.color {
            out.extend_from_slice(&[b"\x1b[", code.as_bytes(), b"m", text, b"\x1b[0m"].concat());
        } else {
            out.extend_from_slice(text);
        }
    }

    /// A line after its mark.
    fn line(&self, mark: &[u8], blank: &[u8], line: &[u8], color: Option<&str>, out: &mut Vec<u8>) {
        let (body, ended) = match line.split_last() {
            Some((b'\n', body)) => (body, true),
            _ => (line, false),
        };
        let mut text = mark.to_vec();
        if !(self.suppress_blank && body.is_empty()) {
            text.extend_from_slice(if self.initial_tab { b"\t" } else { blank });
        }
        if self.expand {
            super::side::expand(body, 0, usize::MAX, self.tab, &mut text);
        } else {
            text.extend_from_slice(body);
        }
        match color {
            Some(code) => self.paint(code, &text, out),
            None => out.extend_from_slice(&text),
        }
        out.push(b'\n');
        if !ended {
            out.extend_from_slice(b"\\ No newline at end of file\n");
        }
    }

    pub fn print(
        &self,
        cx: &Context<'_>,
        sides: &Sides<'_>,
        changes: &[Change],
        headers: &[Header; 2],
        out: &mut Vec<u8>,
    ) -> Result<(), CommandError> {
        match self.style {
            Style::Normal => self.normal(sides, changes, out),
            Style::Ed => self.ed(sides, changes, out),
            Style::ForwardEd => self.forward_ed(sides, changes, out),
            Style::Rcs => self.rcs(sides, changes, out),
            Style::Side => super::side::print(self, sides, changes, out),
            Style::Ifdef => self.ifdef(sides, changes, out),
            Style::Context | Style::Unified => self.in_context(cx, sides, changes, headers, out)?,
        }
        Ok(())
    }

    fn normal(&self, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
        for c in changes.iter().filter(|c| !c.ignored) {
            let head = format!(
                "{}{}{}",
                range(c.start, c.deleted),
                letter(c),
                range(c.new_start, c.inserted)
            );
            self.paint(CYAN, head.as_bytes(), out);
            out.push(b'\n');
            for line in &sides.lines[0][c.removed()] {
                self.line(b"<", b" ", line, Some(RED), out);
            }
            if c.deleted > 0 && c.inserted > 0 {
                out.extend_from_slice(b"---\n");
            }
            for line in &sides.lines[1][c.added()] {
                self.line(b">", b" ", line, Some(GREEN), out);
            }
        }
    }

    fn ed(&self, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
        for c in changes.iter().rev().filter(|c| !c.ignored) {
            out.extend_from_slice(format!("{}{}\n", range(c.start, c.deleted), letter(c)).as_bytes());
            if c.inserted == 0 {
                continue;
            }
            let mut inserting = true;
            for line in &sides.lines[1][c.added()] {
                if !inserting {
                    out.extend_from_slice(b"a\n");
                    inserting = true;
                }
                let body = line.strip_suffix(b"\n").unwrap_or(line);
                if body == b"." {
                    // A lone point would end the insertion: it goes in doubled and is cut again.
                    out.extend_from_slice(b"..\n.\ns/.//\n");
                    inserting = false;
                } else {
                    out.extend_from_slice(body);
                    out.push(b'\n');
                }
            }
            if inserting {
                out.extend_from_slice(b".\n");
            }
        }
    }

    fn forward_ed(&self, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
        for c in changes.iter().filter(|c| !c.ignored) {
            let lines = range(c.start, c.deleted).replace(',', " ");
            out.extend_from_slice(format!("{}{lines}\n", letter(c)).as_bytes());
            if c.inserted > 0 {
                for line in &sides.lines[1][c.added()] {
                    out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
                    out.push(b'\n');
                }
                out.extend_from_slice(b".\n");
            }
        }
    }

    fn rcs(&self, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
        for c in changes.iter().filter(|c| !c.ignored) {
            if c.deleted > 0 {
                out.extend_from_slice(format!("d{} {}\n", c.start + 1, c.deleted).as_bytes());
            }
            if c.inserted > 0 {
                out.extend_from_slice(format!("a{} {}\n", c.start + c.deleted, c.inserted).as_bytes());
                for line in &sides.lines[1][c.added()] {
                    out.extend_from_slice(line);
                }
            }
        }
    }

    fn ifdef(&self, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
        let name = &self.name[..];
        let mut at = 0;
        let emit = |lines: &[&[u8]], out: &mut Vec<u8>| {
            for line in lines {
                out.extend_from_slice(line);
                if !line.ends_with(b"\n") {
                    out.push(b'\n');
                }
            }
        };
        for c in changes.iter().filter(|c| !c.ignored) {
            emit(&sides.lines[0][at..c.start], out);
            at = c.start + c.deleted;
            let (old, new) = (&sides.lines[0][c.removed()], &sides.lines[1][c.added()]);
            match (c.deleted, c.inserted) {
                (_, 0) => {
                    out.extend_from_slice(&[b"#ifndef ", name, b"\n"].concat());
                    emit(old, out);
                    out.extend_from_slice(&[b"#endif /* ! ", name, b" */\n"].concat());
                }
                (0, _) => {
                    out.extend_from_slice(&[b"#ifdef ", name, b"\n"].concat());
                    emit(new, out);
                    out.extend_from_slice(&[b"#endif /* ", name, b" */\n"].concat());
                }
                _ => {
                    out.extend_from_slice(&[b"#ifndef ", name, b"\n"].concat());
                    emit(old, out);
                    out.extend_from_slice(&[b"#else /* ", name, b" */\n"].concat());
                    emit(new, out);
                    out.extend_from_slice(&[b"#endif /* ", name, b" */\n"].concat());
                }
            }
        }
        emit(&sides.lines[0][at..], out);
    }

    fn in_context(
        &self,
        cx: &Context<'_>,
        sides: &Sides<'_>,
        changes: &[Change],
        headers: &[Header; 2],
        out: &mut Vec<u8>,
    ) -> Result<(), CommandError> {
        let zone = Zone::of(cx);
        let unified = self.style == Style::Unified;
        let marks: [&[u8]; 2] = if unified {
            [b"--- ", b"+++ "]
        } else {
            [b"*** ", b"--- "]
        };
        let hunks = self.hunks(changes);
        if hunks.is_empty() {
            return Ok(());
        }
        for (mark, h) in marks.iter().zip(headers) {
            let mut line = mark.to_vec();
            match &h.label {
                Some(label) => line.extend_from_slice(label),
                None => {
                    line.extend_from_slice(&h.name);
                    line.push(b'\t');
                    line.extend(Moment::new(h.time, &zone).format(b"%Y-%m-%d %H:%M:%S.%N %z"));
                }
            }
            self.paint(BOLD, &line, out);
            out.push(b'\n');
        }
        for hunk in hunks {
            let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
            let start = first.start.saturating_sub(self.context);
            let new_start = first.new_start.saturating_sub(self.context.min(first.start));
            let end = (last.start + last.deleted + self.context).min(sides.lines[0].len());
            let new_end = (last.new_start + last.inserted + self.context).min(sides.lines[1].len());
            let function = self.function_before(sides, start)?;
            if unified {
                let head = format!(
                    "@@ -{} +{} @@",
                    unified_range(start, end - start),
                    unified_range(new_start, new_end - new_start)
                );
                self.paint(CYAN, head.as_bytes(), out);
                self.function_text(function, out);
                out.push(b'\n');
                self.unified(sides, hunk, start, end, out);
            } else {
                out.extend_from_slice(b"***************");
                self.function_text(function, out);
                out.push(b'\n');
                self.context_hunk(sides, hunk, (start, end), (new_start, new_end), out);
            }
        }
        Ok(())
    }

    /// Changes whose contexts touch go together; hunks of nothing but ignored changes are left out.
    fn hunks<'c>(&self, changes: &'c [Change]) -> Vec<&'c [Change]> {
        let mut all = Vec::new();
        let mut from = 0;
        for n in 0..changes.len() {
            let end = changes[n].start + changes[n].deleted;
            let joined = changes.get(n + 1).is_some_and(|next| {
                let gap = next.start - end;
                let reach = if next.ignored {
                    self.context
                } else {
                    2 * self.context + 1
                };
                gap < reach || (gap == 0 && !next.ignored)
            });
            if !joined {
                let hunk = &changes[from..=n];
                if hunk.iter().any(|c| !c.ignored) {
                    all.push(hunk);
                }
                from = n + 1;
            }
        }
        all
    }

    fn function_before<'s>(&self, sides: &Sides<'s>, start: usize) -> Result<Option<&'s [u8]>, CommandError> {
        let Some(regex) = &self.function else { return Ok(None) };
        for line in sides.lines[0][..start].iter().rev() {
            let body = line.strip_suffix(b"\n").unwrap_or(line);
            if regex.is_match(body).map_err(|e| CommandError::fail(2, e.to_string()))? {
                return Ok(Some(body));
            }
        }
        Ok(None)
    }

    fn function_text(&self, line: Option<&[u8]>, out: &mut Vec<u8>) {
        let Some(line) = line else { return };
        let text = line.trim_ascii_start();
        out.push(b' ');
        out.extend_from_slice(text[..text.len().min(39)].trim_ascii_end());
    }

    fn unified(&self, sides: &Sides<'_>, hunk: &[Change], start: usize, end: usize, out: &mut Vec<u8>) {
        let mut at = start;
        for c in hunk {
            for line in &sides.lines[0][at..c.start] {
                self.line(b"", b" ", line, None, out);
            }
            for line in &sides.lines[0][c.removed()] {
                self.line(b"-", b"", line, Some(RED), out);
            }
            for line in &sides.lines[1][c.added()] {
                self.line(b"+", b"", line, Some(GREEN), out);
            }
            at = c.start + c.deleted;
        }
        for line in &sides.lines[0][at..end] {
            self.line(b"", b" ", line, None, out);
        }
    }

    fn context_hunk(
        &self,
        sides: &Sides<'_>,
        hunk: &[Change],
        old: (usize, usize),
        new: (usize, usize),
        out: &mut Vec<u8>,
    ) {
        let halves = [
            (0, old, format!("*** {} ****", context_range(old)), RED, b"-"),
            (1, new, format!("--- {} ----", context_range(new)), GREEN, b"+"),
        ];
        for (side, (start, end), head, color, mark) in halves {
            self.paint(CYAN, head.as_bytes(), out);
            out.push(b'\n');
            let shown = hunk
                .iter()
                .any(|c| if side == 0 { c.deleted > 0 } else { c.inserted > 0 });
            if !shown {
                continue;
            }
            let mut at = start;
            for c in hunk {
                let range = if side == 0 { c.removed() } else { c.added() };
                for line in &sides.lines[side][at..range.start] {
                    self.line(b" ", b" ", line, None, out);
                }
                let mark: &[u8] = if c.deleted > 0 && c.inserted > 0 { b"!" } else { mark };
                at = range.end;
                for line in &sides.lines[side][range] {
                    self.line(mark, b" ", line, Some(color), out);
                }
            }
            for line in &sides.lines[side][at..end] {
                self.line(b" ", b" ", line, None, out);
            }
        }
    }
}

fn letter(c: &Change) -> char {
    match (c.deleted, c.inserted) {
        (0, _) => 'a',
        (_, 0) => 'd',
        _ => 'c',
    }
}

/// `5`, `5,7`; the line before for an empty range.
fn range(start: usize, count: usize) -> String {
    match count {
        0 => start.to_string(),
        1 => (start + 1).to_string(),
        _ => format!("{},{}", start + 1, start + count),
    }
}

fn unified_range(start: usize, count: usize) -> String {
    match count {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        _ => format!("{},{count}", start + 1),
    }
}

fn context_range((start, end): (usize, usize)) -> String {
    if end <= start + 1 {
        end.to_string()
    } else {
        format!("{},{end}", start + 1)
    }
}
