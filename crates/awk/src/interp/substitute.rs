//! `match`, `sub`, `gsub` and `gensub`.

use pattern::regex::Captures;

use super::Interp;
use crate::array::Cell;
use crate::error::Run;
use crate::parse::ast::Expr;
use crate::parse::special;
use crate::value::{Value, number, text};

/// A replacement, taken apart once per call.
enum Piece {
    Text(Vec<u8>),
    /// A group; 0 is the whole match.
    Group(usize),
}

/// The replacement of `sub` and `gsub` (gawk manual, 9.1.3.1): `&` is the match, `\&` an ampersand, `\\&` a backslash and
/// the match, `\\\&` a backslash and an ampersand; any other backslash is itself.
fn plain_pieces(replacement: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while at < replacement.len() {
        let rest = &replacement[at..];
        if rest.starts_with(b"\\\\\\&") {
            literal.extend_from_slice(b"\\&");
            at += 4;
        } else if rest.starts_with(b"\\\\&") {
            literal.push(b'\\');
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
            pieces.push(Piece::Group(0));
            at += 3;
        } else if rest.starts_with(b"\\&") {
            literal.push(b'&');
            at += 2;
        } else if rest[0] == b'&' {
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Group(0));
            at += 1;
        } else {
            literal.push(rest[0]);
            at += 1;
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    pieces
}

/// The replacement of `gensub`: `\0` to `\9` are groups, `&` the match, a backslash makes anything else itself.
fn group_pieces(replacement: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut bytes = replacement.iter().copied();
    while let Some(byte) = bytes.next() {
        let group = match byte {
            b'&' => 0,
            b'\\' => match bytes.next() {
                Some(digit @ b'0'..=b'9') => usize::from(digit - b'0'),
                Some(other) => {
                    literal.push(other);
                    continue;
                }
                None => {
                    literal.push(b'\\');
                    continue;
                }
            },
            other => {
                literal.push(other);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut literal)));
        pieces.push(Piece::Group(group));
    }
    pieces.push(Piece::Text(literal));
    pieces
}

impl<'p> Interp<'p, '_> {
    fn set_match(&mut self, start: f64, length: f64) {
        self.globals[special::RSTART as usize] = Cell::Value(Value::Num(start));
        self.globals[special::RLENGTH as usize] = Cell::Value(Value::Num(length));
    }

    pub(super) fn match_function(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let subject = self.text_at(arguments, 0)?;
        let Some(Expr::PatternArg(pattern)) = arguments.get(1) else {
            return Ok(Value::Num(0.0));
        };
        let re = self.pattern(pattern)?;
        let groups = match arguments.get(2) {
            Some(Expr::ArrayArg(array)) => {
                let array = self.array(array)?;
                array.borrow_mut().clear();
                Some(array)
            }
            _ => None,
        };
        let Some((start, end)) = re.find(&subject, 0) else {
            self.set_match(0.0, -1.0);
            return Ok(Value::Num(0.0));
        };
        if let Some(array) = groups
            && let Some(captures) = re.captures(&subject, 0)
        {
            let mut array = array.borrow_mut();
            for group in 0..captures.len() {
                let Some(span) = captures.get(group) else { continue };
                let mut key = Vec::new();
                number::append_integer(&mut key, group as i64);
                array.set(&key, Value::from_input(&subject[span.range()]));
                let plain = key.len();
                for (name, value) in [
                    (&b"start"[..], self.char_count(&subject[..span.start]) + 1),
                    (&b"length"[..], self.char_count(&subject[span.range()])),
                ] {
                    key.truncate(plain);
                    key.extend_from_slice(&self.subsep);
                    key.extend_from_slice(name);
                    array.set(&key, Value::Num(value as f64));
                }
            }
        }
        let at = (self.char_count(&subject[..start]) + 1) as f64;
        self.set_match(at, self.char_count(&subject[start..end]) as f64);
        Ok(Value::Num(at))
    }

    /// `sub` and `gsub`.
    pub(super) fn substitute(&mut self, arguments: &'p [Expr], global: bool) -> Run<Value> {
        let [Expr::PatternArg(pattern), replacement, target] = arguments else {
            return Ok(Value::Num(0.0));
        };
        let re = self.pattern(pattern)?;
        let mut with = self.take_buffer();
        self.append(replacement, &mut with)?;
        let mut subject = self.take_buffer();
        self.append(target, &mut subject)?;
        let Some(mut found) = re.find(&subject, 0) else {
            self.give_buffer(with);
            self.give_buffer(subject);
            return Ok(Value::Num(0.0));
        };
        let special = memchr::memchr2(b'&', b'\\', &with).is_some();
        let pieces = if special { plain_pieces(&with) } else { Vec::new() };
        let mut out = self.take_buffer();
        let (mut copied, mut count) = (0, 0u64);
        loop {
            let (start, end) = found;
            out.extend_from_slice(&subject[copied..start]);
            if special {
                for piece in &pieces {
                    match piece {
                        Piece::Text(text) => out.extend_from_slice(text),
                        Piece::Group(_) => out.extend_from_slice(&subject[start..end]),
                    }
                }
            } else {
                out.extend_from_slice(&with);
            }
            count += 1;
            copied = end;
            if !global {
                break;
            }
            match self.following(&re, &subject, start, end) {
                Some(next) => found = next,
                None => break,
            }
        }
        out.extend_from_slice(&subject[copied..]);
        if is_assignable(target) {
            self.assign(target, Value::text(&out))?;
        }
        self.give_buffer(out);
        self.give_buffer(with);
        self.give_buffer(subject);
        Ok(Value::Num(count as f64))
    }

    /// The match after the one at `start..end`; an empty one that touches it does not count.
    fn following(&self, re: &crate::regex::Re, subject: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
        let mut from = end;
        if start == end {
            from += self.char_at(subject, from)?;
        }
        let found = re.find(subject, from)?;
        if found.0 == found.1 && found.0 == end && start != end {
            let from = end + self.char_at(subject, end)?;
            return re.find(subject, from);
        }
        Some(found)
    }

    /// Length of the character at `at`, or of the end of the text: `None` beyond it.
    fn char_at(&self, subject: &[u8], at: usize) -> Option<usize> {
        if at >= subject.len() {
            return None;
        }
        Some(if self.options.utf8 {
            text::char_len(&subject[at..])
        } else {
            1
        })
    }

    pub(super) fn gensub(&mut self, arguments: &'p [Expr]) -> Run<Value> {
        let [Expr::PatternArg(pattern), replacement, how, target] = arguments else {
            return Ok(Value::text(b""));
        };
        let re = self.pattern(pattern)?;
        let replacement = self.text(replacement)?;
        let how = self.eval(how)?;
        let wanted = match how.to_str(&self.convfmt).bytes() {
            [b'g' | b'G', ..] => None,
            _ => {
                let number = how.to_num();
                if number < 1.0 {
                    let shown = String::from_utf8_lossy(how.to_str(&self.convfmt).bytes()).into_owned();
                    self.warn(&format!("gensub: third argument `{shown}' treated as 1"))?;
                }
                Some(number.max(1.0) as u64)
            }
        };
        let subject = self.text(target)?;
        let subject = subject.bytes();
        let pieces = group_pieces(replacement.bytes());
        let mut out = Vec::with_capacity(subject.len());
        let (mut copied, mut count) = (0, 0u64);
        let mut found = re.find(subject, 0);
        while let Some((start, end)) = found {
            count += 1;
            if wanted.is_none_or(|wanted| wanted == count) {
                out.extend_from_slice(&subject[copied..start]);
                let captures: Option<Captures> = re.captures(subject, start);
                for piece in &pieces {
                    match piece {
                        Piece::Text(text) => out.extend_from_slice(text),
                        Piece::Group(0) => out.extend_from_slice(&subject[start..end]),
                        Piece::Group(group) => {
                            if let Some(span) = captures.as_ref().and_then(|captures| captures.get(*group)) {
                                out.extend_from_slice(&subject[span.range()]);
                            }
                        }
                    }
                }
                copied = end;
                if wanted.is_some() {
                    break;
                }
            }
            found = self.following(&re, subject, start, end);
        }
        out.extend_from_slice(&subject[copied..]);
        Ok(Value::from_vec(out))
    }
}

fn is_assignable(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Var(_) | Expr::FieldAt(_) | Expr::Field(_) | Expr::Element(_)
    )
}
