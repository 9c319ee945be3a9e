//! `-t`: a table out of fields.

use shell::command::{CommandError, Context};

use super::width;
use crate::number::decimal;
use crate::options::Args;
use crate::quote::quote;

#[derive(Debug, Clone, Default)]
struct Column {
    name: Option<Vec<u8>>,
    right: bool,
    hidden: bool,
    truncated: bool,
    wrapped: bool,
    /// Very long cells do not count for the width.
    no_extremes: bool,
}

fn fail(parts: &[&[u8]]) -> CommandError {
    CommandError::fail(1, parts.concat())
}

/// The fields of a line. Blanks count in runs, other separators one by one.
fn fields<'l>(line: &'l [u8], separators: Option<&[u8]>, limit: Option<usize>) -> Vec<&'l [u8]> {
    let mut cells = Vec::new();
    let mut rest = line;
    match separators {
        None => loop {
            let start = rest
                .iter()
                .position(|b| !matches!(b, b' ' | b'\t'))
                .unwrap_or(rest.len());
            if start == rest.len() {
                break;
            }
            if limit.is_some_and(|n| cells.len() + 1 == n) {
                cells.push(if cells.is_empty() { &rest[start..] } else { rest });
                break;
            }
            rest = &rest[start..];
            let end = rest
                .iter()
                .position(|b| matches!(b, b' ' | b'\t'))
                .unwrap_or(rest.len());
            cells.push(&rest[..end]);
            rest = &rest[(end + 1).min(rest.len())..];
        },
        Some(set) => loop {
            let end = rest.iter().position(|b| set.contains(b));
            match end {
                Some(n) if limit.is_none_or(|l| cells.len() + 1 < l) => {
                    cells.push(&rest[..n]);
                    rest = &rest[n + 1..];
                }
                _ => {
                    cells.push(rest);
                    break;
                }
            }
        },
    }
    cells
}

/// Which columns a list names, by number or by name.
fn listed(columns: &[Column], list: &[u8]) -> Result<Vec<usize>, CommandError> {
    let mut found = Vec::new();
    for word in list.split(|b| *b == b',') {
        match word {
            b"-" => found.extend((0..columns.len()).filter(|n| columns[*n].name.is_none())),
            b"0" => found.extend(0..columns.len()),
            _ => {
                let by_name = columns.iter().position(|c| c.name.as_deref() == Some(word));
                let by_number = || decimal(word).ok().and_then(|n| usize::try_from(n).ok()?.checked_sub(1));
                match by_name.or_else(by_number) {
                    Some(n) if n < columns.len() => found.push(n),
                    _ => return Err(fail(&[b"undefined column name ", &quote(word)])),
                }
            }
        }
    }
    Ok(found)
}

pub(super) fn print(cx: &mut Context<'_>, args: &Args, lines: &[Vec<u8>], room: usize) -> Result<(), CommandError> {
    let limit = match args.last("table-columns-limit") {
        Some(text) => match decimal(text) {
            Ok(n) if n > 0 => Some(n as usize),
            _ => return Err(fail(&[b"invalid columns limit argument: ", &quote(text)])),
        },
        None => None,
    };
    let separators = args.last("separator");
    let rows: Vec<Vec<&[u8]>> = lines.iter().map(|l| fields(l, separators, limit)).collect();
    let names: Vec<Vec<u8>> = match args.last("table-columns") {
        Some(list) => list.split(|b| *b == b',').map(<[u8]>::to_vec).collect(),
        None => Vec::new(),
    };
    let count = rows.iter().map(Vec::len).max().unwrap_or(0).max(names.len());
    if count == 0 {
        return Ok(());
    }
    let mut columns: Vec<Column> = (0..count)
        .map(|n| Column {
            name: names.get(n).cloned(),
            ..Column::default()
        })
        .collect();
    for o in &args.options {
        if !matches!(
            o.key,
            "table-right" | "table-hide" | "table-truncate" | "table-wrap" | "table-noextreme"
        ) {
            continue;
        }
        for n in listed(&columns, o.value())? {
            match o.key {
                "table-right" => columns[n].right = true,
                "table-hide" => columns[n].hidden = true,
                "table-truncate" => columns[n].truncated = true,
                "table-wrap" => columns[n].wrapped = true,
                _ => columns[n].no_extremes = true,
            }
        }
    }
    let mut order: Vec<usize> = Vec::new();
    if let Some(list) = args.last("table-order") {
        order = listed(&columns, list)?;
    }
    let rest: Vec<usize> = (0..count).filter(|n| !order.contains(n)).collect();
    order.extend(rest);
    order.retain(|n| !columns[*n].hidden);
    if args.has("json") {
        return json(cx, args, &columns, &order, &rows);
    }
    let header = !names.is_empty() && !args.has("table-noheadings");
    let cell = |row: &[&[u8]], n: usize| row.get(n).copied().unwrap_or_default().to_vec();
    let mut body: Vec<Vec<Vec<u8>>> = Vec::new();
    if header {
        body.push(
            order
                .iter()
                .map(|n| columns[*n].name.clone().unwrap_or_default())
                .collect(),
        );
    }
    body.extend(rows.iter().map(|row| order.iter().map(|n| cell(row, *n)).collect()));
    let separator = args.last("output-separator").unwrap_or(b"  ");
    let mut widths: Vec<usize> = order
        .iter()
        .enumerate()
        .map(|(at, n)| {
            let least = columns[*n].name.as_ref().filter(|_| header).map_or(0, |h| width(h));
            body.iter().map(|r| width(&r[at])).max().unwrap_or(0).max(least)
        })
        .collect();
    shrink(&mut widths, &order, &columns, room, width(separator));
    for row in &body {
        print_row(cx, row, &order, &columns, &widths, separator)?;
    }
    Ok(())
}

/// Takes from the columns that may be cut or wrapped what the table is too wide.
fn shrink(widths: &mut [usize], order: &[usize], columns: &[Column], room: usize, gap: usize) {
    let total: usize = widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1);
    let mut excess = total.saturating_sub(room);
    for (at, n) in order.iter().enumerate() {
        let c = &columns[*n];
        if (c.truncated || c.wrapped) && excess > 0 {
            let cut = excess.min(widths[at].saturating_sub(1));
            widths[at] -= cut;
            excess -= cut;
        }
    }
}

/// The first `most` columns of a text, and the rest.
fn cut(text: &[u8], most: usize) -> (&[u8], &[u8]) {
    let mut used = 0;
    for (start, end, _) in bstr::ByteSlice::char_indices(text) {
        used += width(&text[start..end]);
        if used > most {
            return text.split_at(start);
        }
    }
    (text, b"")
}

fn print_row(
    cx: &mut Context<'_>,
    row: &[Vec<u8>],
    order: &[usize],
    columns: &[Column],
    widths: &[usize],
    separator: &[u8],
) -> Result<(), CommandError> {
    let mut rest: Vec<&[u8]> = row.iter().map(Vec::as_slice).collect();
    loop {
        let mut more = false;
        let out = cx.stdout.buffer();
        let last = order.len() - 1;
        for (at, n) in order.iter().enumerate() {
            let c = &columns[*n];
            let mut shown = rest[at];
            rest[at] = b"";
            if (c.truncated || c.wrapped) && width(shown) > widths[at] {
                let (head, tail) = cut(shown, widths[at].max(1));
                shown = head;
                if c.wrapped {
                    rest[at] = tail;
                    more |= !tail.is_empty();
                }
            }
            let pad = widths[at].saturating_sub(width(shown));
            if c.right {
                out.extend(std::iter::repeat_n(b' ', pad));
            }
            out.extend_from_slice(shown);
            if at < last {
                if !c.right {
                    out.extend(std::iter::repeat_n(b' ', pad));
                }
                out.extend_from_slice(separator);
            }
        }
        out.push(b'\n');
        cx.stdout.spill()?;
        if !more {
            return Ok(());
        }
    }
}

fn escape(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for b in text {
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..=0x1f | 0x7f => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(*b),
        }
    }
    out.push(b'"');
}

fn json(
    cx: &mut Context<'_>,
    args: &Args,
    columns: &[Column],
    order: &[usize],
    rows: &[Vec<&[u8]>],
) -> Result<(), CommandError> {
    let out = cx.stdout.buffer();
    out.extend_from_slice(b"{\n   ");
    escape(args.last("table-name").unwrap_or(b"table"), out);
    out.extend_from_slice(b": [\n      ");
    for (at, row) in rows.iter().enumerate() {
        let out = cx.stdout.buffer();
        out.extend_from_slice(if at == 0 { b"{\n" } else { b",{\n" });
        for (field, n) in order.iter().enumerate() {
            let name = match &columns[*n].name {
                Some(name) => name.to_ascii_lowercase(),
                None => Vec::new(),
            };
            out.extend_from_slice(b"         ");
            escape(&name, out);
            out.extend_from_slice(b": ");
            match row.get(*n).filter(|c| !c.is_empty()) {
                Some(cell) => escape(cell, out),
                None => out.extend_from_slice(b"null"),
            }
            out.extend_from_slice(if field + 1 < order.len() { b",\n" } else { b"\n" });
        }
        out.extend_from_slice(b"      }");
        cx.stdout.spill()?;
    }
    cx.stdout.buffer().extend_from_slice(b"\n   ]\n}\n");
    Ok(cx.stdout.spill()?)
}
