//! Escapes in text, regular expressions and replacements (GNU sed manual, 5.8 and 6.x).

use crate::script::{Case, Part};

/// The byte that an escape stands for which begins with `escape[0]` (behind the backslash), and the length of the escape.
fn byte_escape(escape: &[u8]) -> Option<(u8, usize)> {
    let digits = |radix: u32, most: usize| {
        let length = escape[1..]
            .iter()
            .take(most)
            .take_while(|digit| char::from(**digit).is_digit(radix))
            .count();
        let value = escape[1..=length].iter().fold(0u32, |sum, digit| {
            sum * radix + char::from(*digit).to_digit(radix).unwrap_or(0)
        });
        (length > 0).then_some((value as u8, length + 1))
    };
    match escape.first()? {
        b'a' => Some((7, 1)),
        b'f' => Some((12, 1)),
        b'n' => Some((b'\n', 1)),
        b'r' => Some((b'\r', 1)),
        b't' => Some((b'\t', 1)),
        b'v' => Some((11, 1)),
        b'c' => escape.get(1).map(|letter| (letter.to_ascii_uppercase() ^ 0x40, 2)),
        b'd' => digits(10, 3),
        b'o' => digits(8, 3),
        b'x' => digits(16, 2),
        _ => None,
    }
}

/// The text of `a`, `i` and `c`: escapes replaced, other backslashes removed.
pub fn plain(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        at += 1;
        if byte != b'\\' || at == raw.len() {
            out.push(byte);
        } else if let Some((value, length)) = byte_escape(&raw[at..]) {
            out.push(value);
            at += length;
        } else {
            out.push(raw[at]);
            at += 1;
        }
    }
    out
}

/// One side of `y`.
pub fn plain_y(raw: &[u8]) -> Vec<u8> {
    plain(raw)
}

/// Takes text apart into characters.
pub fn characters(text: &[u8], utf8: bool) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    if !utf8 {
        return text.iter().map(|byte| vec![*byte]).collect();
    }
    for chunk in text.utf8_chunks() {
        out.extend(
            chunk
                .valid()
                .chars()
                .map(|character| character.to_string().into_bytes()),
        );
        out.extend(chunk.invalid().iter().map(|byte| vec![*byte]));
    }
    out
}

/// Replaces the escapes of a regular expression that stand for bytes; what would then be special is kept literal.
pub fn regex_escapes(raw: &[u8], extended: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    // Offset in `out` where the members of the bracket expression we are in begin.
    let mut bracket: Option<usize> = None;
    while at < raw.len() {
        let byte = raw[at];
        match byte {
            b'\\' if at + 1 < raw.len() => {
                let escape = &raw[at + 1..];
                // `\cX`, `\dNNN`, `\oNNN`, `\xHH` and the letters; `\b` and friends are left to the compiler.
                match byte_escape(escape) {
                    Some((value, length)) if bracket.is_some() => {
                        if value == b']' || value == b'^' || value == b'-' {
                            // Cannot be quoted within brackets; the raw escape is as good as anything.
                            out.push(value);
                        } else {
                            out.push(value);
                        }
                        at += 1 + length;
                    }
                    Some((value, length)) => {
                        let special: &[u8] = if extended { b"\\^$.[]|()*+?{}" } else { b"\\^$.[]*" };
                        if special.contains(&value) {
                            out.push(b'\\');
                        }
                        out.push(value);
                        at += 1 + length;
                    }
                    None if bracket.is_some() => {
                        out.push(b'\\');
                        at += 1;
                    }
                    None => {
                        out.extend_from_slice(&raw[at..at + 2]);
                        at += 2;
                    }
                }
                continue;
            }
            b'[' => match bracket {
                None => {
                    out.push(b'[');
                    at += 1;
                    if raw.get(at) == Some(&b'^') {
                        out.push(b'^');
                        at += 1;
                    }
                    bracket = Some(out.len());
                    continue;
                }
                Some(_) => {
                    if let Some(kind @ (b':' | b'.' | b'=')) = raw.get(at + 1)
                        && let Some(close) = raw[at + 2..].windows(2).position(|pair| pair == [*kind, b']'])
                    {
                        out.extend_from_slice(&raw[at..at + close + 4]);
                        at += close + 4;
                        continue;
                    }
                }
            },
            b']' if bracket.is_some_and(|start| out.len() > start) => bracket = None,
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    out
}

/// Whether there is a bracket expression like `[:space:]`, which GNU sed takes for a mistake.
pub fn has_bare_class(source: &[u8]) -> bool {
    let mut at = 0;
    while at < source.len() {
        match source[at] {
            b'\\' => at += 2,
            b'[' => {
                let mut end = at + 1;
                if source.get(end) == Some(&b'^') {
                    end += 1;
                }
                let start = end;
                while end < source.len() && (source[end] != b']' || end == start) {
                    if source[end] == b'['
                        && let Some(kind @ (b':' | b'.' | b'=')) = source.get(end + 1)
                        && let Some(close) = source[end + 2..].windows(2).position(|pair| pair == [*kind, b']'])
                    {
                        end += close + 4;
                    } else {
                        end += 1;
                    }
                }
                let inside = source.get(start..end).unwrap_or_default();
                if start == at + 1
                    && inside.len() > 2
                    && inside.starts_with(b":")
                    && inside.ends_with(b":")
                    && end < source.len()
                {
                    return true;
                }
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    false
}

/// Takes the replacement of `s` apart.
pub fn replacement(raw: &[u8], posix: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let byte = raw[at];
        at += 1;
        let part = match byte {
            b'&' => Part::Group(0),
            b'\\' if at < raw.len() => {
                let escaped = raw[at];
                match escaped {
                    b'0'..=b'9' => {
                        at += 1;
                        Part::Group(usize::from(escaped - b'0'))
                    }
                    b'U' | b'L' | b'u' | b'l' | b'E' if !posix => {
                        at += 1;
                        Part::Case(match escaped {
                            b'U' => Case::Upper,
                            b'L' => Case::Lower,
                            b'u' => Case::UpperNext,
                            b'l' => Case::LowerNext,
                            _ => Case::End,
                        })
                    }
                    _ => {
                        match byte_escape(&raw[at..]) {
                            Some((value, length)) => {
                                literal.push(value);
                                at += length;
                            }
                            None => {
                                literal.push(escaped);
                                at += 1;
                            }
                        }
                        continue;
                    }
                }
            }
            other => {
                literal.push(other);
                continue;
            }
        };
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(part);
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    parts
}

/// The group that a part refers to, 0 for none.
pub fn group_of(part: &Part) -> usize {
    match part {
        Part::Group(group) => *group,
        _ => 0,
    }
}

/// The replacement as one text, when it is nothing else.
pub fn as_plain(parts: &[Part]) -> Option<Vec<u8>> {
    match parts {
        [] => Some(Vec::new()),
        [Part::Text(text)] => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_loses_its_backslashes() {
        assert_eq!(plain(br"a\tb\\c\q\x41\d066\o103"), b"a\tb\\cqABC");
        assert_eq!(plain(b"one\\\ntwo\n"), b"one\ntwo\n");
    }

    #[test]
    fn escapes_in_regular_expressions_stay_literal() {
        assert_eq!(regex_escapes(br"a\x2eb\tc", false), b"a\\.b\tc");
        assert_eq!(regex_escapes(br"[\n]\n[]\t]", false), b"[\n]\n[]\t]");
        assert_eq!(regex_escapes(br"[\]x]\+", false), br"[\]x]\+");
    }

    #[test]
    fn bare_classes_are_found() {
        assert!(has_bare_class(b"[:alpha:]"));
        assert!(!has_bare_class(b"[[:alpha:]]"));
        assert!(!has_bare_class(b"[:a]"));
    }

    #[test]
    fn replacements_are_taken_apart() {
        assert_eq!(
            replacement(br"a&\1\n\&\U\q", false),
            [
                Part::Text(b"a".to_vec()),
                Part::Group(0),
                Part::Group(1),
                Part::Text(b"\n&".to_vec()),
                Part::Case(Case::Upper),
                Part::Text(b"q".to_vec())
            ]
        );
    }
}
