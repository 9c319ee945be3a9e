//! Addresses.

use super::{Parsed, Parser};
use crate::script::Address;

impl Parser<'_> {
    /// Reads an address that starts with `byte`; `None` when it is none.
    pub(super) fn address(&mut self, byte: Option<u8>) -> Parsed<Option<Address>> {
        let Some(byte) = byte else { return Ok(None) };
        match byte {
            b'/' | b'\\' => {
                let delimiter = if byte == b'\\' { self.next() } else { Some(b'/') };
                let Some(delimiter) = delimiter else {
                    return self.error("unexpected `,'");
                };
                let Some(raw) = self.delimited(delimiter, true) else {
                    return self.error("unterminated address regex");
                };
                let (mut icase, mut multiline) = (false, false);
                loop {
                    match self.next_nonblank() {
                        Some(b'I') if !self.posix => icase = true,
                        Some(b'M') if !self.posix => multiline = true,
                        other => {
                            self.back(other);
                            break;
                        }
                    }
                }
                let regex = self.regex(&raw, icase, multiline)?;
                Ok(Some(Address::Match(regex)))
            }
            b'0'..=b'9' => {
                let first = self.number(byte);
                let next = self.next_nonblank();
                if next == Some(b'~') && !self.posix {
                    return Ok(Some(match self.number_or_zero() {
                        0 => Address::Line(first),
                        step => Address::Step(first, step),
                    }));
                }
                self.back(next);
                Ok(Some(Address::Line(first)))
            }
            b'+' if !self.posix => Ok(Some(Address::Plus(self.number_or_zero()))),
            b'~' if !self.posix => Ok(Some(Address::Multiple(self.number_or_zero()))),
            b'$' => Ok(Some(Address::Last)),
            _ => Ok(None),
        }
    }

    fn number_or_zero(&mut self) -> u64 {
        match self.next_nonblank() {
            Some(digit @ b'0'..=b'9') => self.number(digit),
            other => {
                self.back(other);
                0
            }
        }
    }

    /// Reads up to an unescaped `delimiter`. Escaped delimiters lose their backslash; in a regular expression `\n` becomes
    /// a newline and bracket expressions hide delimiters. `None` when the delimiter is missing.
    pub(super) fn delimited(&mut self, delimiter: u8, regex: bool) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        // Offset in `out` where the members of the bracket expression we are in begin.
        let mut bracket: Option<usize> = None;
        loop {
            let byte = self.next()?;
            if byte == delimiter && bracket.is_none() {
                return Some(out);
            }
            match byte {
                b'[' if regex && bracket.is_none() => {
                    out.push(byte);
                    if self.text.get(self.at) == Some(&b'^') && delimiter != b'^' {
                        out.extend(self.next());
                    }
                    bracket = Some(out.len());
                }
                b'[' if bracket.is_some() => {
                    out.push(byte);
                    let rest = &self.text[self.at..];
                    if let Some(kind @ (b':' | b'.' | b'=')) = rest.first()
                        && let Some(close) = rest[1..].windows(2).position(|pair| pair == [*kind, b']'])
                        && !rest[..close + 3].contains(&b'\n')
                    {
                        out.extend_from_slice(&rest[..close + 3]);
                        self.at += close + 3;
                    }
                }
                b']' if bracket.is_some_and(|start| out.len() > start) => {
                    out.push(byte);
                    bracket = None;
                }
                b'\n' if regex => {
                    self.back(Some(byte));
                    return None;
                }
                b'\\' => {
                    let escaped = self.next()?;
                    if escaped == delimiter {
                        // In a replacement `\&` must stay, even when `&` is the delimiter.
                        if !regex && escaped == b'&' {
                            out.push(b'\\');
                        }
                        out.push(escaped);
                    } else if regex && matches!(escaped, b'n' | b'\n') {
                        out.push(b'\n');
                    } else {
                        out.extend_from_slice(&[b'\\', escaped]);
                    }
                }
                _ => out.push(byte),
            }
        }
    }
}
