//! Which fields a line is made of.

use shell::command::{CommandError, Context};

use super::Record;
use crate::number::decimal;
use crate::quote::quote;

/// A field of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// The field that was compared.
    Key,
    /// A field of a file, both counted from 0.
    Field(usize, usize),
}

/// A field's number, counted from 1 by the user and from 0 here.
pub(super) fn parse_field(text: &[u8]) -> Result<usize, CommandError> {
    match decimal(text) {
        Ok(n) if n > 0 => Ok(usize::try_from(n - 1).unwrap_or(usize::MAX)),
        Err(crate::number::NumberError::Overflow) => Ok(usize::MAX),
        _ => Err(CommandError::fail(
            1,
            [&b"invalid field number: "[..], &quote(text)].concat(),
        )),
    }
}

/// Reads `0,1.2 2.1`.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Item>, CommandError> {
    let mut items = Vec::new();
    for word in text.split(|b| matches!(b, b',' | b' ' | b'\t')) {
        items.push(match word {
            b"0" => Item::Key,
            [b'0', ..] => {
                return Err(CommandError::fail(
                    1,
                    [&b"invalid field specifier: "[..], &quote(word)].concat(),
                ));
            }
            [b'1', b'.', rest @ ..] => Item::Field(0, parse_field(rest)?),
            [b'2', b'.', rest @ ..] => Item::Field(1, parse_field(rest)?),
            [b'1' | b'2', ..] => {
                return Err(CommandError::fail(
                    1,
                    [&b"invalid field specifier: "[..], &quote(word)].concat(),
                ));
            }
            _ => {
                return Err(CommandError::fail(
                    1,
                    [&b"invalid file number in field spec: "[..], &quote(word)].concat(),
                ));
            }
        });
    }
    Ok(items)
}

/// How lines are put together.
pub(super) struct Layout {
    pub(super) items: Option<Vec<Item>>,
    /// Numbers of fields of the first lines, which all lines are brought to.
    pub(super) auto: Option<[usize; 2]>,
    pub(super) empty: Option<Vec<u8>>,
    pub(super) separator: u8,
    /// The fields that are compared.
    pub(super) keys: [usize; 2],
    pub(super) end: u8,
}

impl Layout {
    fn put(&self, out: &mut Vec<u8>, field: Option<&[u8]>) {
        match field.filter(|f| !f.is_empty()) {
            Some(text) => out.extend_from_slice(text),
            None => out.extend_from_slice(self.empty.as_deref().unwrap_or_default()),
        }
    }

    /// One line of the output, of a pair or of one that has no partner.
    pub(super) fn line(
        &self,
        cx: &mut Context<'_>,
        a: Option<&Record>,
        b: Option<&Record>,
    ) -> Result<(), CommandError> {
        let sides = [a, b];
        let key = || match (a, b) {
            (Some(a), _) => a.field(self.keys[0]),
            (None, Some(b)) => b.field(self.keys[1]),
            _ => None,
        };
        let out = cx.stdout.buffer();
        if let Some(items) = self.items.as_ref().filter(|_| self.auto.is_none()) {
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(self.separator);
                }
                match item {
                    Item::Key => self.put(out, key()),
                    Item::Field(side, n) => self.put(out, sides[*side].and_then(|r| r.field(*n))),
                }
            }
        } else {
            self.put(out, key());
            for (side, record) in sides.iter().enumerate() {
                let count = match (self.auto, record) {
                    (Some(counts), _) => counts[side],
                    (None, Some(r)) => r.fields.len(),
                    (None, None) => 0,
                };
                for n in (0..count).filter(|n| *n != self.keys[side]) {
                    out.push(self.separator);
                    self.put(out, record.and_then(|r| r.field(n)));
                }
            }
        }
        out.push(self.end);
        Ok(cx.stdout.spill()?)
    }
}
