//! `s`

use pattern::regex::Captures;

use super::address::matched;
use super::{Exec, Run};
use crate::script::{Case, Part, Substitution};

/// Length of the character at the start of `text`, which is not empty.
fn char_len(text: &[u8], utf8: bool) -> usize {
    let wanted = match text[0] {
        0xc2..=0xdf if utf8 => 2,
        0xe0..=0xef if utf8 => 3,
        0xf0..=0xf4 if utf8 => 4,
        _ => return 1,
    };
    match text.get(..wanted) {
        Some(part) if std::str::from_utf8(part).is_ok() => wanted,
        _ => 1,
    }
}

impl Exec<'_, '_> {
    #[inline]
    pub(super) fn substitute(&mut self, how: &Substitution) -> Run<()> {
        self.use_regex(&how.regex)?;
        let Some(re) = self.last_regex.clone() else {
            return Ok(());
        };
        let utf8 = self.options.utf8;
        let Some(mut found) = matched(re.find(&self.pattern.text, 0))? else {
            return Ok(());
        };
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        let mut captures = std::mem::take(&mut self.captures);
        let needs_groups = how.parts.iter().any(|part| matches!(part, Part::Group(1..)));
        let text = &self.pattern.text;
        let (mut copied, mut count, mut done) = (0, 0u64, false);
        loop {
            let (start, end) = found;
            count += 1;
            if count >= how.number {
                out.extend_from_slice(&text[copied..start]);
                match &how.plain {
                    Some(plain) => out.extend_from_slice(plain),
                    None => {
                        if needs_groups {
                            matched(re.captures(text, start, &mut captures))?;
                        }
                        append_replacement(&mut out, &how.parts, text, (start, end), &captures, utf8);
                    }
                }
                copied = end;
                done = true;
                if !how.global {
                    break;
                }
            }
            // After an empty match the search goes on one character later; an empty match that touches the one before it
            // does not count.
            let mut from = end;
            if start == end {
                if end >= text.len() {
                    break;
                }
                from += char_len(&text[end..], utf8);
            }
            match matched(re.find(text, from))? {
                Some((again, stop)) if again == stop && again == end && start != end => {
                    if end >= text.len() {
                        break;
                    }
                    let from = end + char_len(&text[end..], utf8);
                    match matched(re.find(text, from))? {
                        Some(next) => found = next,
                        None => break,
                    }
                }
                Some(next) => found = next,
                None => break,
            }
        }
        self.captures = captures;
        if !done {
            self.scratch = out;
            return Ok(());
        }
        out.extend_from_slice(&text[copied..]);
        self.scratch = std::mem::replace(&mut self.pattern.text, out);
        self.bounded()?;
        self.replaced = true;
        self.after(how)
    }

    /// The flags that act on a replaced pattern space.
    fn after(&mut self, how: &Substitution) -> Run<()> {
        if how.evaluate {
            if how.print & 2 != 0 {
                self.print_pattern()?;
            }
            self.execute(b"")?;
        }
        if how.print == 1 {
            self.print_pattern()?;
        }
        if let Some(output) = how.output {
            self.write_to(output, false)?;
        }
        Ok(())
    }
}

/// Appends the replacement of one match.
fn append_replacement(
    out: &mut Vec<u8>,
    parts: &[Part],
    text: &[u8],
    whole: (usize, usize),
    captures: &Captures,
    utf8: bool,
) {
    let mut lasting: Option<Case> = None;
    let mut once: Option<Case> = None;
    for part in parts {
        let piece: &[u8] = match part {
            Part::Text(literal) => literal,
            Part::Group(0) => &text[whole.0..whole.1],
            Part::Group(group) => captures.get(*group).map_or(&[], |span| &text[span.range()]),
            Part::Case(case) => {
                match case {
                    Case::Upper | Case::Lower => {
                        lasting = Some(*case);
                        once = None;
                    }
                    Case::UpperNext | Case::LowerNext => once = Some(*case),
                    Case::End => {
                        lasting = None;
                        once = None;
                    }
                }
                continue;
            }
        };
        if piece.is_empty() {
            continue;
        }
        let mut rest = piece;
        if let Some(case) = once.take() {
            let (first, others) = piece.split_at(char_len(piece, utf8));
            append_case(out, first, case == Case::UpperNext, utf8);
            rest = others;
        }
        match lasting {
            None => out.extend_from_slice(rest),
            Some(case) => append_case(out, rest, case == Case::Upper, utf8),
        }
    }
}

fn append_case(out: &mut Vec<u8>, text: &[u8], upper: bool, utf8: bool) {
    if !utf8 || text.is_ascii() {
        out.extend(text.iter().map(|byte| {
            if upper {
                byte.to_ascii_uppercase()
            } else {
                byte.to_ascii_lowercase()
            }
        }));
        return;
    }
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            // Like towupper(3), a character maps to exactly one character or to itself.
            let mapped = if upper {
                single(character.to_uppercase())
            } else {
                single(character.to_lowercase())
            };
            out.extend_from_slice(mapped.unwrap_or(character).encode_utf8(&mut [0; 4]).as_bytes());
        }
        out.extend_from_slice(chunk.invalid());
    }
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next();
    if mapped.next().is_some() { None } else { first }
}
