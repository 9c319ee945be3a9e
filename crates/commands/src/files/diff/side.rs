//! Two columns.

use unicode_width::UnicodeWidthChar;

use super::lines::Sides;
use super::myers::Change;
use super::print::Format;

/// Writes text with tabs as blanks, from column `at` up to column `limit`; the column reached.
pub(super) fn expand(text: &[u8], at: usize, limit: usize, tab: usize, out: &mut Vec<u8>) -> usize {
    let mut column = at;
    for c in bstr::ByteSlice::char_indices(text) {
        let (start, end, c) = c;
        if c == '\t' {
            let to = (column - at) / tab * tab + tab + at;
            let stop = to.min(limit);
            out.resize(out.len() + stop.saturating_sub(column), b' ');
            column = stop;
            continue;
        }
        let width = c.width().unwrap_or(0);
        if column + width > limit {
            break;
        }
        out.extend_from_slice(&text[start..end]);
        column += width;
    }
    column
}

/// Where the columns are: half of the width each, the second one at a tab stop.
fn columns(f: &Format) -> (usize, usize) {
    let tab = if f.expand { 1 } else { f.tab };
    let gutter = 3isize;
    let width = f.width as isize;
    let tab_i = tab as isize;
    let off = (width + tab_i + gutter) / (2 * tab_i) * tab_i;
    let half = (off - gutter).min(width - off).max(0);
    let second = if half > 0 { off } else { width };
    (half as usize, second as usize)
}

pub(super) fn print(f: &Format, sides: &Sides<'_>, changes: &[Change], out: &mut Vec<u8>) {
    let layout = columns(f);
    let (mut i, mut j) = (0, 0);
    let common = |i: usize, j: usize, out: &mut Vec<u8>| {
        if f.suppress_common {
            return;
        }
        let (a, b) = (sides.lines[0][i], sides.lines[1][j]);
        if f.left_column {
            row(f, layout, Some(a), b'(', None, out);
        } else {
            row(f, layout, Some(a), b' ', Some(b), out);
        }
    };
    for c in changes {
        while i < c.start {
            common(i, j, out);
            i += 1;
            j += 1;
        }
        if c.ignored {
            let both = c.deleted.min(c.inserted);
            for _ in 0..both {
                row(f, layout, Some(sides.lines[0][i]), b' ', Some(sides.lines[1][j]), out);
                i += 1;
                j += 1;
            }
        } else {
            let both = c.deleted.min(c.inserted);
            for _ in 0..both {
                row(f, layout, Some(sides.lines[0][i]), b'|', Some(sides.lines[1][j]), out);
                i += 1;
                j += 1;
            }
        }
        while i < c.start + c.deleted {
            row(f, layout, Some(sides.lines[0][i]), b'<', None, out);
            i += 1;
        }
        while j < c.new_start + c.inserted {
            row(f, layout, None, b'>', Some(sides.lines[1][j]), out);
            j += 1;
        }
    }
    while i < sides.lines[0].len() && j < sides.lines[1].len() {
        common(i, j, out);
        i += 1;
        j += 1;
    }
}

fn row(
    f: &Format,
    (half, second): (usize, usize),
    left: Option<&[u8]>,
    mark: u8,
    right: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    let ended = |line: &[u8]| line.ends_with(b"\n");
    let mark = match (mark, left, right) {
        // Lines that differ only in the newline at the end.
        (b'|', Some(a), Some(b)) if ended(a) != ended(b) => {
            if ended(a) {
                b'/'
            } else {
                b'\\'
            }
        }
        (m, ..) => m,
    };
    let body = |line: &[u8]| line.strip_suffix(b"\n").map_or_else(|| line.to_vec(), <[u8]>::to_vec);
    let mut column = 0;
    if let Some(line) = left {
        column = half_line(f, &body(line), 0, half, out);
    }
    if mark != b' ' {
        column = advance(f, column, (half + second - 1) / 2, out) + 1;
        out.push(if mark == b'|' && right.is_none() { b'<' } else { mark });
    }
    if let Some(line) = right {
        let text = body(line);
        if !text.is_empty() {
            advance(f, column, second, out);
            half_line(f, &text, second, second + half, out);
        }
    }
    out.push(b'\n');
}

/// A half line; tabs stay tabs where both columns agree on them.
fn half_line(f: &Format, text: &[u8], at: usize, limit: usize, out: &mut Vec<u8>) -> usize {
    if f.expand {
        return expand(text, at, limit, f.tab, out);
    }
    let mut column = at;
    for (start, end, c) in bstr::ByteSlice::char_indices(text) {
        if c == '\t' {
            let to = ((column - at) / f.tab + 1) * f.tab + at;
            if to > limit {
                out.resize(out.len() + limit.saturating_sub(column), b' ');
                return limit.max(column);
            }
            out.push(b'\t');
            column = to;
            continue;
        }
        let width = c.width().unwrap_or(0);
        if column + width > limit {
            break;
        }
        out.extend_from_slice(&text[start..end]);
        column += width;
    }
    column
}

/// Moves to a column with tabs and blanks.
fn advance(f: &Format, mut from: usize, to: usize, out: &mut Vec<u8>) -> usize {
    if !f.expand {
        while (from / f.tab + 1) * f.tab <= to {
            out.push(b'\t');
            from = (from / f.tab + 1) * f.tab;
        }
    }
    out.resize(out.len() + to.saturating_sub(from), b' ');
    from.max(to)
}
