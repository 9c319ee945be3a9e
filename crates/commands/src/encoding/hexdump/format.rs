//! [`Program`]: format strings, ready to be applied to blocks of input.

use super::parse::{Piece, Show, Unit, parse};
use crate::encoding::general::{general, scientific, special};

/// One format string.
#[derive(Debug, Default)]
struct Line {
    units: Vec<Unit>,
    /// Bytes that it shows of a block.
    bytes: usize,
}

/// All format strings of a command line; each is applied to every block.
#[derive(Debug, Default)]
pub(super) struct Program {
    lines: Vec<Line>,
    block: usize,
    /// The unit that is shown once at the end (`%_A`).
    end: Option<(usize, usize)>,
}

impl Program {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of a block.
    pub(super) fn block(&self) -> usize {
        self.block
    }

    /// The format strings of an option.
    pub(super) fn add_builtin(&mut self, option: &str) {
        let strings: &[&str] = match option {
            "canonical" => &[
                r#""%08.8_Ax\n""#,
                r#""%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x " "#,
                r#""  |" 16/1 "%_p" "|\n""#,
            ],
            "one-byte-octal" => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 16/1 "%03o " "\n""#],
            "one-byte-char" => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 16/1 "%3_c " "\n""#],
            "two-bytes-decimal" => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 8/2 "  %05u " "\n""#],
            "two-bytes-octal" => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 8/2 " %06o " "\n""#],
            "two-bytes-hex" => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 8/2 "   %04x " "\n""#],
            _ => &[r#""%07.7_Ax\n""#, r#""%07.7_ax " 8/2 "%04x " "\n""#],
        };
        for text in strings {
            // They are well formed, as the tests show.
            let _ = self.add(text.as_bytes());
        }
    }

    /// Adds a format string; a message if it is none.
    pub(super) fn add(&mut self, text: &[u8]) -> Result<(), Vec<u8>> {
        self.lines.push(Line {
            units: parse(text)?,
            bytes: 0,
        });
        Ok(())
    }

    /// Works out the block size once all strings are known.
    pub(super) fn finish(&mut self) -> Result<(), Vec<u8>> {
        for line in &mut self.lines {
            line.bytes = line
                .units
                .iter()
                .map(|u| u.bytes.saturating_mul(u.count))
                .fold(0, usize::saturating_add);
            self.block = self.block.max(line.bytes);
        }
        if self.block > 1 << 24 {
            return Err(b"byte count of a format string is too large".to_vec());
        }
        let mut end = None;
        for (l, line) in self.lines.iter_mut().enumerate() {
            // The last unit repeats until the block is used up, if it does not say how often.
            if line.bytes < self.block
                && let Some(unit) = line.units.last_mut()
                && unit.bytes > 0
                && !unit.counted
            {
                unit.count += (self.block - line.bytes) / unit.bytes;
            }
            for (u, unit) in line.units.iter_mut().enumerate() {
                // Between repetitions, not after the last one.
                if unit.count > 1
                    && let Some(piece) = unit.pieces.last_mut()
                    && piece.after.last().is_some_and(u8::is_ascii_whitespace)
                {
                    piece.separator = true;
                }
                if unit.pieces.iter().any(|p| matches!(p.show, Show::EndAddress(_))) {
                    end = Some((l, u));
                }
            }
        }
        self.end = end;
        Ok(())
    }

    /// Applies all format strings to a block at offset `at`; bytes from offset `end` on are only padding.
    pub(super) fn show(&self, block: &[u8], at: u64, end: Option<u64>, out: &mut Vec<u8>) {
        for line in &self.lines {
            let mut place = 0;
            for unit in &line.units {
                if unit.pieces.iter().any(|p| matches!(p.show, Show::EndAddress(_))) {
                    break;
                }
                for round in 0..unit.count {
                    for piece in &unit.pieces {
                        let address = at + place as u64;
                        let size = piece.bytes;
                        let data = block.get(place..place + size).unwrap_or_default();
                        let missing = end.is_some_and(|e| address >= e) && !matches!(piece.show, Show::Text);
                        piece.print(data, address, missing, out);
                        let trimmed = piece.separator && round + 1 == unit.count;
                        out.extend_from_slice(&piece.after[..piece.after.len() - usize::from(trimmed)]);
                        place += size;
                    }
                }
            }
        }
    }

    /// What is shown once after the last block.
    pub(super) fn show_end(&self, end: u64, out: &mut Vec<u8>) {
        let Some(unit) = self.end.and_then(|(l, u)| self.lines.get(l)?.units.get(u)) else {
            return;
        };
        for piece in &unit.pieces {
            piece.print(&[], end, false, out);
            out.extend_from_slice(&piece.after);
        }
    }
}

const CONTROL: [&str; 33] = [
    "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "lf", "vt", "ff", "cr", "so", "si", "dle",
    "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp",
];

impl Piece {
    fn print(&self, data: &[u8], address: u64, missing: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.before);
        if missing {
            // Blanks as wide as the number would be.
            out.resize(out.len() + self.width, b' ');
            return;
        }
        let mut raw = [0u8; 8];
        raw[..data.len().min(8)].copy_from_slice(&data[..data.len().min(8)]);
        if cfg!(target_endian = "big") {
            raw[..data.len().min(8)].reverse();
        }
        let n = u64::from_le_bytes(raw);
        let shift = 64u32.saturating_sub(8 * data.len() as u32).min(63);
        let byte = data.first().copied().unwrap_or(0);
        match self.show {
            Show::Text => {}
            Show::Address(radix) | Show::EndAddress(radix) => self.number(address, radix, out),
            Show::Char => self.text(&[byte], out),
            Show::Printable => self.text(&[if matches!(byte, 0x20..=0x7e) { byte } else { b'.' }], out),
            Show::Escaped => match byte {
                0 => self.text(b"\\0", out),
                7 => self.text(b"\\a", out),
                8 => self.text(b"\\b", out),
                9 => self.text(b"\\t", out),
                10 => self.text(b"\\n", out),
                11 => self.text(b"\\v", out),
                12 => self.text(b"\\f", out),
                13 => self.text(b"\\r", out),
                0x20..=0x7e => self.text(&[byte], out),
                b => self.text(format!("{b:03o}").as_bytes(), out),
            },
            Show::Named => match byte {
                b if b <= 0x1f => self.text(CONTROL[usize::from(b)].as_bytes(), out),
                0x20..=0x7e => self.text(&[byte], out),
                0x7f => self.text(b"del", out),
                b => self.text(format!("{b:x}").as_bytes(), out),
            },
            Show::Signed => {
                let value = ((n << shift) as i64) >> shift;
                let digits = value.unsigned_abs().to_string();
                let sign: &[u8] = match (value < 0, self.plus, self.blank) {
                    (true, ..) => b"-",
                    (_, true, _) => b"+",
                    (_, _, true) => b" ",
                    _ => b"",
                };
                self.padded(sign, digits.as_bytes(), true, out);
            }
            Show::Unsigned(radix) => self.number(n, radix, out),
            Show::Float(letter) => {
                let value = match data.len() {
                    4 => f64::from(f32::from_bits(n as u32)),
                    _ => f64::from_bits(n),
                };
                let precision = self.precision.unwrap_or(6);
                let text = match letter {
                    _ if !value.is_finite() => special(value),
                    b'f' => format!("{value:.precision$}"),
                    b'e' | b'E' => scientific(value, precision),
                    _ => general(value, precision),
                };
                let text = if letter.is_ascii_uppercase() {
                    text.to_uppercase()
                } else {
                    text
                };
                self.padded(b"", text.as_bytes(), false, out);
            }
            Show::String => {
                let end = data.iter().position(|b| *b == 0).unwrap_or(data.len());
                let end = end.min(self.precision.unwrap_or(usize::MAX));
                self.text(&data[..end], out);
            }
        }
    }

    fn number(&self, n: u64, radix: u8, out: &mut Vec<u8>) {
        let digits = match radix {
            b'o' => format!("{n:o}"),
            b'x' => format!("{n:x}"),
            b'X' => format!("{n:X}"),
            _ => n.to_string(),
        };
        let prefix: &[u8] = match radix {
            b'o' if self.alternate && n != 0 => b"0",
            b'x' if self.alternate && n != 0 => b"0x",
            b'X' if self.alternate && n != 0 => b"0X",
            _ => b"",
        };
        self.padded(prefix, digits.as_bytes(), true, out);
    }

    fn text(&self, text: &[u8], out: &mut Vec<u8>) {
        let blanks = self.width.saturating_sub(text.len());
        if !self.left {
            out.resize(out.len() + blanks, b' ');
        }
        out.extend_from_slice(text);
        if self.left {
            out.resize(out.len() + blanks, b' ');
        }
    }

    /// As `printf` pads numbers; the precision of an integer is its least number of digits.
    fn padded(&self, prefix: &[u8], digits: &[u8], integer: bool, out: &mut Vec<u8>) {
        let least = if integer { self.precision.unwrap_or(0) } else { 0 };
        let zeros = least.saturating_sub(digits.len());
        let blanks = self.width.saturating_sub(prefix.len() + zeros + digits.len());
        let zero_fill = self.zero && !self.left && !(integer && self.precision.is_some());
        if !self.left && !zero_fill {
            out.resize(out.len() + blanks, b' ');
        }
        out.extend_from_slice(prefix);
        if zero_fill {
            out.resize(out.len() + blanks, b'0');
        }
        out.resize(out.len() + zeros, b'0');
        out.extend_from_slice(digits);
        if self.left {
            out.resize(out.len() + blanks, b' ');
        }
    }
}
