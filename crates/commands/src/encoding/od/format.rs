//! Output types: `-t x1z`.

use crate::encoding::general::general;
use crate::quote::quote;

/// How a unit of input is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Named,
    Char,
    Signed,
    Unsigned,
    Octal,
    Hex,
    Float,
}

/// One output type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) kind: Kind,
    /// Bytes per unit.
    pub(super) size: usize,
    /// Columns of a unit, without the blank before it.
    pub(super) width: usize,
    /// Whether printable characters follow each line.
    pub(super) trailer: bool,
}

const NAMES: [&str; 33] = [
    "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr", "so", "si", "dle",
    "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp",
];

impl Format {
    /// `-t oS`.
    pub(super) const DEFAULT: Self = Self {
        kind: Kind::Octal,
        size: 2,
        width: 6,
        trailer: false,
    };

    fn new(kind: Kind, size: usize) -> Self {
        let width = match (kind, size) {
            (Kind::Named | Kind::Char, _) => 3,
            (Kind::Octal, size) => (size * 8).div_ceil(3),
            (Kind::Hex, size) => size * 2,
            (Kind::Signed, 1) => 4,
            (Kind::Signed, 2) => 6,
            (Kind::Signed, 4) => 11,
            (Kind::Unsigned, 1) => 3,
            (Kind::Unsigned, 2) => 5,
            (Kind::Unsigned, 4) => 10,
            (Kind::Signed | Kind::Unsigned, _) => 20,
            (Kind::Float, 4) => 15,
            (Kind::Float, _) => 24,
        };
        Self {
            kind,
            size,
            width,
            trailer: false,
        }
    }

    /// Appends the text of one unit, without padding.
    pub(super) fn show(&self, unit: &[u8], big: bool, out: &mut String) {
        use std::fmt::Write;
        let mut raw = [0u8; 8];
        for (n, b) in unit.iter().enumerate() {
            let at = if big { unit.len() - 1 - n } else { n };
            raw[at] = *b;
        }
        let n = u64::from_le_bytes(raw);
        let shift = 64 - 8 * self.size as u32;
        let width = self.width;
        let _ = match self.kind {
            Kind::Named => {
                let b = (n & 0x7f) as u8;
                match (NAMES.get(usize::from(b)), b) {
                    (Some(name), _) => out.write_str(name),
                    (None, 0x7f) => out.write_str("del"),
                    (None, b) => out.write_char(char::from(b)),
                }
            }
            Kind::Char => match n as u8 {
                0 => out.write_str("\\0"),
                7 => out.write_str("\\a"),
                8 => out.write_str("\\b"),
                9 => out.write_str("\\t"),
                10 => out.write_str("\\n"),
                11 => out.write_str("\\v"),
                12 => out.write_str("\\f"),
                13 => out.write_str("\\r"),
                b @ 0x20..=0x7e => out.write_char(char::from(b)),
                b => write!(out, "{b:03o}"),
            },
            Kind::Signed => write!(out, "{}", ((n << shift) as i64) >> shift),
            Kind::Unsigned => write!(out, "{n}"),
            Kind::Octal => write!(out, "{n:0width$o}"),
            Kind::Hex => write!(out, "{n:0width$x}"),
            Kind::Float if self.size == 4 => out.write_str(&shortest_f32(f32::from_bits(n as u32))),
            Kind::Float => out.write_str(&shortest_f64(f64::from_bits(n))),
        };
    }
}

/// The fewest digits that read back as the same number (gnulib `ftoastr`).
fn shortest_f32(value: f32) -> String {
    let text = |p| general(f64::from(value), p);
    (6..9)
        .map(text)
        .find(|t| t.parse() == Ok(value))
        .unwrap_or_else(|| text(9))
}

fn shortest_f64(value: f64) -> String {
    let text = |p| general(value, p);
    (15..17)
        .map(text)
        .find(|t| t.parse() == Ok(value))
        .unwrap_or_else(|| text(17))
}

/// Reads a `-t` argument; a message if it is none.
pub(super) fn parse_types(text: &[u8], into: &mut Vec<Format>) -> Result<(), Vec<u8>> {
    if text.is_empty() {
        return Ok(());
    }
    let mut rest = text;
    while let Some((&letter, tail)) = rest.split_first() {
        rest = tail;
        let kind = match letter {
            b'a' => Kind::Named,
            b'c' => Kind::Char,
            b'd' => Kind::Signed,
            b'u' => Kind::Unsigned,
            b'o' => Kind::Octal,
            b'x' => Kind::Hex,
            b'f' => Kind::Float,
            other => {
                let message = [
                    &b"invalid character '"[..],
                    &[other],
                    b"' in type string ",
                    &quote(text),
                ];
                return Err(message.concat());
            }
        };
        let size = match kind {
            Kind::Named | Kind::Char => 1,
            Kind::Float => match rest.first() {
                Some(b'F') => take(&mut rest, 4),
                Some(b'D') => take(&mut rest, 8),
                Some(b'L') => take(&mut rest, 16),
                _ => digits(text, &mut rest)?.unwrap_or(8),
            },
            _ => match rest.first() {
                Some(b'C') => take(&mut rest, 1),
                Some(b'S') => take(&mut rest, 2),
                Some(b'I') => take(&mut rest, 4),
                Some(b'L') => take(&mut rest, 8),
                _ => digits(text, &mut rest)?.unwrap_or(4),
            },
        };
        let known: &[u64] = match kind {
            Kind::Float => &[4, 8],
            _ => &[1, 2, 4, 8],
        };
        if !known.contains(&size) {
            let what = if kind == Kind::Float {
                "floating point"
            } else {
                "integral"
            };
            let message = format!(";\nthis system doesn't provide a {size}-byte {what} type");
            return Err([b"invalid type string ", &quote(text)[..], message.as_bytes()].concat());
        }
        let mut format = Format::new(kind, size as usize);
        if let Some(tail) = rest.strip_prefix(b"z") {
            format.trailer = true;
            rest = tail;
        }
        into.push(format);
    }
    Ok(())
}

fn take(rest: &mut &[u8], size: u64) -> u64 {
    *rest = &rest[1..];
    size
}

fn digits(text: &[u8], rest: &mut &[u8]) -> Result<Option<u64>, Vec<u8>> {
    let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if len == 0 {
        return Ok(None);
    }
    let number = std::str::from_utf8(&rest[..len]).ok().and_then(|t| t.parse().ok());
    *rest = &rest[len..];
    match number {
        // Zero means the default size.
        Some(0) => Err([
            b"invalid type string ",
            &quote(text)[..],
            b";\nthis system doesn't provide a 0-byte integral type",
        ]
        .concat()),
        Some(n) => Ok(Some(n)),
        None => Err([b"invalid type string ", &quote(text)[..]].concat()),
    }
}
