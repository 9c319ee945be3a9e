//! Names in columns, across, or with commas.

use shell::command::{CommandError, Context};

use super::Ls;
use super::entry::{Entry, indicator};
use super::options::{Format, Indicator};
use crate::files::facts;

impl Ls {
    /// Inode and blocks before a name, as wide as the widest of `all`.
    pub(super) fn prefix(&self, entry: &Entry, all: &[Entry], line: &mut Vec<u8>) {
        let o = &self.options;
        let padded = o.format != Format::Commas;
        let width = |f: &dyn Fn(&Entry) -> String| {
            if padded {
                all.iter().map(|e| f(e).len()).max().unwrap_or(0)
            } else {
                0
            }
        };
        if o.inode {
            let text = |e: &Entry| e.stat.as_ref().map_or_else(|| "?".into(), |s| s.ino.to_string());
            let w = width(&text);
            line.extend_from_slice(format!("{:>w$} ", text(entry)).as_bytes());
        }
        if o.blocks {
            let text = |e: &Entry| {
                e.stat
                    .as_ref()
                    .map_or_else(|| "?".into(), |s| o.block_scale.show(facts::blocks(s) * 512))
            };
            let w = width(&text);
            line.extend_from_slice(format!("{:>w$} ", text(entry)).as_bytes());
        }
    }

    /// The name with its colour and indicator.
    pub(super) fn name(&mut self, entry: &Entry, line: &mut Vec<u8>) {
        self.colored_name(entry, line);
        let style = self.options.indicator;
        if let Some(stat) = &entry.stat
            && !(self.options.format == Format::Long && stat.is_symlink())
        {
            line.extend(indicator(stat, style));
        }
    }

    fn colored_name(&mut self, entry: &Entry, line: &mut Vec<u8>) {
        let color = self.options.color.as_ref().and_then(|c| c.of(entry));
        self.paint(color.map(<[u8]>::to_vec).as_deref(), &entry.shown, line);
    }

    /// Text in a colour; the first one is preceded by a reset.
    pub(super) fn paint(&mut self, color: Option<&[u8]>, text: &[u8], line: &mut Vec<u8>) {
        match color {
            Some(color) => {
                if !self.colored {
                    line.extend_from_slice(b"\x1b[0m");
                    self.colored = true;
                }
                line.extend_from_slice(&[b"\x1b[", color, b"m", text, b"\x1b[0m"].concat());
            }
            None => line.extend_from_slice(text),
        }
    }

    /// Columns that an entry takes with all that belongs to it.
    fn length(&self, entry: &Entry, all: &[Entry]) -> usize {
        let mut lead = Vec::new();
        self.prefix(entry, all, &mut lead);
        let mark = entry
            .stat
            .as_ref()
            .and_then(|s| indicator(s, self.options.indicator))
            .is_some()
            && self.options.indicator != Indicator::None;
        lead.len() + entry.width + usize::from(mark)
    }

    pub(super) fn show_commas(&mut self, cx: &mut Context<'_>, entries: &[Entry]) -> Result<(), CommandError> {
        let mut at = 0;
        let mut text = Vec::new();
        for (n, entry) in entries.iter().enumerate() {
            let length = self.length(entry, entries);
            if n > 0 {
                if at + length + 2 < self.options.width {
                    text.extend_from_slice(b", ");
                    at += 2;
                } else {
                    text.extend_from_slice(b",\n");
                    at = 0;
                }
            }
            at += length;
            self.prefix(entry, entries, &mut text);
            self.name(entry, &mut text);
        }
        if !entries.is_empty() {
            text.push(self.options.end);
        }
        cx.stdout.buffer().extend_from_slice(&text);
        Ok(cx.stdout.spill()?)
    }

    pub(super) fn show_columns(
        &mut self,
        cx: &mut Context<'_>,
        entries: &[Entry],
        down: bool,
    ) -> Result<(), CommandError> {
        let lengths: Vec<usize> = entries.iter().map(|e| self.length(e, entries)).collect();
        let (columns, widths) = fit(&lengths, self.options.width, down);
        let rows = entries.len().div_ceil(columns.max(1));
        let mut text = Vec::new();
        for row in 0..rows {
            let mut at = 0;
            let mut edge = 0;
            for (column, width) in widths.iter().enumerate() {
                let n = if down {
                    column * rows + row
                } else {
                    row * columns + column
                };
                let Some(entry) = entries.get(n) else { break };
                indent(at, edge, self.options.tab, &mut text);
                at = edge + lengths[n];
                edge += width;
                self.prefix(entry, entries, &mut text);
                self.name(entry, &mut text);
            }
            text.push(self.options.end);
        }
        cx.stdout.buffer().extend_from_slice(&text);
        Ok(cx.stdout.spill()?)
    }
}

/// The largest number of columns that fits, and their widths with the gap of two.
fn fit(lengths: &[usize], width: usize, down: bool) -> (usize, Vec<usize>) {
    let most = lengths.len().min((width / 3).max(1)).max(1);
    for columns in (1..=most).rev() {
        let rows = lengths.len().div_ceil(columns);
        let mut widths = vec![3; columns];
        for (n, length) in lengths.iter().enumerate() {
            let column = if down { n / rows.max(1) } else { n % columns };
            let last = column == columns - 1;
            widths[column] = widths[column].max(length + if last { 0 } else { 2 });
        }
        if columns == 1 || widths.iter().sum::<usize>() < width {
            return (columns, widths);
        }
    }
    (1, vec![0])
}

/// Moves from one column to another with tabs where they help.
fn indent(mut from: usize, to: usize, tab: usize, out: &mut Vec<u8>) {
    while from < to {
        if tab != 0 && to / tab > (from + 1) / tab {
            out.push(b'\t');
            from += tab - from % tab;
        } else {
            out.push(b' ');
            from += 1;
        }
    }
}
