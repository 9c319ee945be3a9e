//! The list of ranges of `cut` and `numfmt`: `1,3-5,7-`.

use crate::quote::quote;

/// Ranges from 1, ascending and apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(usize, usize)>);

impl Ranges {
    /// Reads a list; the error is the message for the user. `fields` decides its wording.
    pub(crate) fn parse(list: &[u8], fields: bool, complement: bool) -> Result<Self, Vec<u8>> {
        let from_one: &[u8] = if fields {
            b"fields are numbered from 1"
        } else {
            b"byte/character positions are numbered from 1"
        };
        let invalid = |part: &[u8]| {
            let what: &[u8] = if fields {
                b"invalid field value "
            } else {
                b"invalid byte/character position "
            };
            [what, &quote(part)].concat()
        };
        let number = |text: &[u8], part: &[u8]| -> Result<usize, Vec<u8>> {
            if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
                let bad = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(0);
                return Err(invalid(&part[part.len() - (text.len() - bad).min(part.len())..]));
            }
            std::str::from_utf8(text)
                .ok()
                .and_then(|t| t.parse().ok())
                .filter(|n| *n < usize::MAX)
                .ok_or_else(|| {
                    let what: &[u8] = if fields {
                        b"field number "
                    } else {
                        b"byte/character offset "
                    };
                    [what, &quote(text), b" is too large"].concat()
                })
        };
        let mut ranges = Vec::new();
        for part in list.split(|b| matches!(b, b',' | b' ' | b'\t')) {
            let range = match memchr::memchr(b'-', part) {
                None if part.is_empty() => return Err(from_one.to_vec()),
                None => {
                    let n = number(part, part)?;
                    (n, n)
                }
                Some(at) => {
                    let (low, high) = (&part[..at], &part[at + 1..]);
                    if low.is_empty() && high.is_empty() {
                        return Err(b"invalid range with no endpoint: -".to_vec());
                    }
                    if high.contains(&b'-') {
                        return Err(if fields {
                            b"invalid field range".to_vec()
                        } else {
                            b"invalid byte or character range".to_vec()
                        });
                    }
                    let from = if low.is_empty() { 1 } else { number(low, part)? };
                    let to = if high.is_empty() {
                        usize::MAX
                    } else {
                        number(high, part)?
                    };
                    if from != 0 && to < from {
                        return Err(b"invalid decreasing range".to_vec());
                    }
                    (from, to)
                }
            };
            if range.0 == 0 {
                return Err(from_one.to_vec());
            }
            ranges.push(range);
        }
        ranges.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (from, to) in ranges {
            match merged.last_mut() {
                // Ranges that only touch stay apart: the output delimiter goes between them.
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        if complement {
            let mut inverse = Vec::new();
            let mut next = 1;
            for (from, to) in merged {
                if from > next {
                    inverse.push((next, from - 1));
                }
                next = to.saturating_add(1);
                if to == usize::MAX {
                    return Ok(Self(inverse));
                }
            }
            inverse.push((next, usize::MAX));
            merged = inverse;
        }
        Ok(Self(merged))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.iter().copied()
    }

    pub(crate) fn as_slice(&self) -> &[(usize, usize)] {
        &self.0
    }

    pub(crate) fn contains(&self, n: usize) -> bool {
        self.0.iter().any(|(from, to)| (*from..=*to).contains(&n))
    }
}
