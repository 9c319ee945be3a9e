//! Lines of numbers.

use shell::command::{CommandError, Context};

use super::format::Format;
use crate::encoding::concat::Concat;

/// How offsets are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    /// 8, 10 or 16; `None` for no offsets.
    pub(super) radix: Option<u32>,
    /// What the first byte's offset is shown as, in brackets after the real one.
    pub(super) label: Option<u64>,
}

impl Address {
    pub(super) fn show(&self, at: u64, first: u64, end: &str, out: &mut Vec<u8>) {
        let number = |n: u64| match self.radix {
            Some(10) => format!("{n:07}"),
            Some(16) => format!("{n:06x}"),
            _ => format!("{n:07o}"),
        };
        match (self.radix, self.label) {
            (None, None) => return,
            (None, Some(label)) => out.extend_from_slice(format!("({})", number(at - first + label)).as_bytes()),
            (Some(_), None) => out.extend_from_slice(number(at).as_bytes()),
            (Some(_), Some(label)) => {
                out.extend_from_slice(format!("{} ({})", number(at), number(at - first + label)).as_bytes());
            }
        }
        out.extend_from_slice(end.as_bytes());
    }

    /// Columns of an offset.
    fn width(&self) -> usize {
        match self.radix {
            None => 0,
            Some(16) => 6,
            Some(_) => 7,
        }
    }
}

/// A dump in progress.
pub(super) struct Dump {
    formats: Vec<Column>,
    /// Bytes per line.
    line: usize,
    /// Least common multiple of all unit sizes.
    unit: usize,
    big: bool,
    all: bool,
    address: Address,
}

struct Column {
    format: Format,
    /// Blanks to spread over a line so that all types align.
    pad: usize,
    /// The texts of all bytes, with the blank before, for units of one byte that need no padding.
    table: Vec<u8>,
}

fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

impl Dump {
    pub(super) fn new(
        cx: &mut Context<'_>,
        formats: Vec<Format>,
        width: Option<u64>,
        big: bool,
        all: bool,
        address: Address,
    ) -> Self {
        let unit = formats.iter().fold(1, |l, f| lcm(l, f.size));
        let default = if unit < 16 { unit * (16 / unit) } else { unit };
        let line = match width.map(|w| usize::try_from(w).unwrap_or(usize::MAX)) {
            None => default,
            Some(w) if w > 0 && w.is_multiple_of(unit) && w < 1 << 30 => w,
            Some(w) => {
                cx.warn(format!("warning: invalid width {w}; using {unit} instead"));
                unit
            }
        };
        let columns = |f: &Format| (f.width + 1) * (line / f.size);
        let widest = formats.iter().map(columns).max().unwrap_or(0);
        let formats = formats
            .into_iter()
            .map(|format| {
                let pad = widest - columns(&format);
                let mut table = Vec::new();
                if format.size == 1 && pad == 0 {
                    let mut text = String::new();
                    for b in 0..=255u8 {
                        text.clear();
                        format.show(&[b], big, &mut text);
                        table.extend_from_slice(format!(" {text:>w$}", w = format.width).as_bytes());
                    }
                }
                Column { format, pad, table }
            })
            .collect();
        Self {
            formats,
            line,
            unit,
            big,
            all,
            address,
        }
    }

    pub(super) fn run(
        &self,
        cx: &mut Context<'_>,
        input: &mut Concat,
        start: u64,
        limit: Option<u64>,
    ) -> Result<(), CommandError> {
        let (mut at, mut left) = (start, limit.unwrap_or(u64::MAX));
        let (mut previous, mut current) = (Vec::with_capacity(self.line), Vec::with_capacity(self.line));
        let mut starred = false;
        while left > 0 {
            cx.cancel.check()?;
            let mut chunk = input.chunk(cx)?;
            if chunk.is_empty() {
                break;
            }
            if chunk.len() as u64 > left {
                input.put_back(chunk.split_off(left as usize));
            }
            left -= chunk.len() as u64;
            let mut rest = &chunk[..];
            while !rest.is_empty() {
                let take = (self.line - current.len()).min(rest.len());
                current.extend_from_slice(&rest[..take]);
                rest = &rest[take..];
                if current.len() < self.line {
                    break;
                }
                if !self.all && previous == current {
                    if !starred {
                        cx.stdout.buffer().extend_from_slice(b"*\n");
                        starred = true;
                    }
                } else {
                    starred = false;
                    self.line(cx.stdout.buffer(), at, start, &current, self.line);
                    cx.stdout.spill()?;
                }
                at += self.line as u64;
                std::mem::swap(&mut previous, &mut current);
                current.clear();
            }
        }
        if !input.opened && input.failed {
            return Ok(());
        }
        if !current.is_empty() {
            let len = current.len();
            current.resize(len.next_multiple_of(self.unit), 0);
            self.line(cx.stdout.buffer(), at, start, &current, len);
            at += len as u64;
        }
        self.address.show(at, start, "\n", cx.stdout.buffer());
        Ok(cx.stdout.spill()?)
    }

    /// One line of input in all types. `len` bytes of `data` are real, the rest completes the last unit.
    fn line(&self, out: &mut Vec<u8>, at: u64, start: u64, data: &[u8], len: usize) {
        let mut text = String::new();
        for (n, column) in self.formats.iter().enumerate() {
            if n == 0 {
                self.address.show(at, start, "", out);
            } else {
                out.resize(out.len() + self.address.width(), b' ');
            }
            let format = &column.format;
            let per_line = self.line / format.size;
            // A unit that is only partly there is shown, completed with zeros.
            let units = data[..len.next_multiple_of(format.size)].chunks_exact(format.size);
            let mut left = per_line;
            if !column.table.is_empty() {
                let w = format.width + 1;
                for b in &data[..len] {
                    let entry = usize::from(*b) * w;
                    out.extend_from_slice(&column.table[entry..entry + w]);
                }
                left -= len;
            } else {
                let mut pad = column.pad;
                for unit in units {
                    let next = column.pad * (left - 1) / per_line;
                    let width = format.width + 1 + pad - next;
                    text.clear();
                    format.show(unit, self.big, &mut text);
                    out.resize(out.len() + width.saturating_sub(text.len()), b' ');
                    out.extend_from_slice(text.as_bytes());
                    pad = next;
                    left -= 1;
                }
            }
            if format.trailer {
                let blanks = left * (format.width + 1) + column.pad * left / per_line;
                out.resize(out.len() + blanks, b' ');
                out.extend_from_slice(b"  >");
                out.extend(
                    data[..len]
                        .iter()
                        .map(|b| if matches!(b, 0x20..=0x7e) { *b } else { b'.' }),
                );
                out.push(b'<');
            }
            out.push(b'\n');
        }
    }
}
