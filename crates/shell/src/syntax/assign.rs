//! Assignments, scalar and compound.

use bytes::Bytes;

use super::{
    arithmetic::subscript_expr,
    ast::{ArrayElement, AssignValue, Assignment, Subscript, Word, WordPart},
    builder::Builder,
    error::ErrorKind,
    machine::{Machine, Parse, class},
    words::WordContext,
};

impl Machine<'_> {
    /// At the start of a command: an assignment, which is added to `assignments`, or else a word, which is returned. The
    /// cursor is at the first byte of an identifier.
    pub fn assignment_or_word(&mut self, assignments: &mut Vec<Assignment>) -> Parse<Option<Word>> {
        let start = self.pos;
        let mut end = start;
        while class::is_name(self.at(end)) {
            end += 1;
        }
        let mut subscript = None;
        if self.at(end) == b'[' {
            self.pos = end + 1;
            let sub = self.nested(|m| m.subscript(end))?;
            let after = self.at(self.pos);
            if after == b'=' || after == b'+' && self.at(self.pos + 1) == b'=' {
                subscript = Some(sub);
            } else {
                // Only a word, though blanks between the brackets belong to it.
                let mut b = Builder::new();
                b.flags.insert(super::ast::WordFlags::GLOB);
                b.range(&self.src, start, end + 1);
                if let Subscript::Expr(expr) = &sub {
                    for part in &expr.key.parts {
                        b.part(&self.src, part.clone());
                    }
                } else {
                    b.range(&self.src, end + 1, self.pos - 1);
                }
                b.range(&self.src, self.pos - 1, self.pos);
                return self.continue_word(WordContext::default(), start, b).map(Some);
            }
        } else {
            self.pos = end;
            if self.is_continuation(end) {
                // An identifier broken by a line continuation: rare enough to join it by copying.
                while self.is_continuation(self.pos) || class::is_name(self.at(self.pos)) {
                    self.pos += if self.is_continuation(self.pos) { 2 } else { 1 };
                }
            }
        }
        let name_end = if subscript.is_some() { end } else { self.pos };
        let append = self.at(self.pos) == b'+' && self.at(self.pos + 1) == b'=';
        if !append && self.at(self.pos) != b'=' {
            self.pos = start;
            return self.read_word(WordContext::default()).map(Some);
        }
        let name = self.src.slice(start..name_end);
        let name = if name.contains(&b'\\') {
            Bytes::from(name.iter().copied().filter(|&c| class::is_name(c)).collect::<Vec<u8>>())
        } else {
            name
        };
        self.pos += 1 + usize::from(append);
        let line = self.line_at(start);
        let value = self.assignment_value(true)?;
        self.end = self.pos;
        let raw = self.src.slice(start..self.pos);
        assignments.push(Assignment {
            name,
            subscript,
            append,
            value,
            raw,
            line,
        });
        Ok(None)
    }

    /// The text after `=`.
    fn assignment_value(&mut self, compound: bool) -> Parse<AssignValue> {
        let c = self.peek();
        if c == b'(' && compound {
            return Ok(AssignValue::Array(self.array()?));
        }
        let substitution = matches!(c, b'<' | b'>') && self.at(self.pos + 1) == b'(';
        if class::OF[c as usize] & class::META != 0 && !substitution {
            let line = self.line();
            let raw = self.src.slice(self.pos..self.pos);
            return Ok(AssignValue::Scalar(Word {
                raw,
                line,
                ..Word::default()
            }));
        }
        self.read_word(WordContext {
            assignment: true,
            ..WordContext::default()
        })
        .map(AssignValue::Scalar)
    }

    /// `( … )` of a compound assignment, with the cursor on the opening parenthesis.
    fn array(&mut self) -> Parse<Vec<ArrayElement>> {
        let open = self.pos;
        self.pos += 1;
        let mut elements = Vec::new();
        loop {
            self.skip_newlines()?;
            let c = self.peek();
            match c {
                b')' => {
                    self.bump();
                    return Ok(elements);
                }
                0 => {
                    let mut error = self.unclosed(open, b")");
                    error.kind = ErrorKind::CompoundAssignment;
                    return Err(error);
                }
                b'<' | b'>' if self.at(self.pos + 1) == b'(' => {}
                _ if class::OF[c as usize] & class::META != 0 => {
                    let mut error = self.unexpected();
                    error.kind = ErrorKind::CompoundAssignment;
                    return Err(error);
                }
                _ => {}
            }
            elements.push(self.array_element()?);
        }
    }

    fn array_element(&mut self) -> Parse<ArrayElement> {
        let start = self.pos;
        let cx = WordContext::default();
        if self.at(start) != b'[' {
            let value = self.read_word(cx)?;
            return Ok(ArrayElement {
                key: None,
                append: false,
                word: value.clone(),
                value,
            });
        }
        self.pos += 1;
        let key = self.nested(|m| m.subscript(start))?;
        let mut b = Builder::new();
        b.flags.insert(super::ast::WordFlags::GLOB);
        b.range(&self.src, start, start + 1);
        match &key {
            Subscript::Expr(expr) => {
                for part in &expr.key.parts {
                    b.part(&self.src, part.clone());
                }
            }
            Subscript::At | Subscript::Star => b.range(&self.src, start + 1, start + 2),
        }
        b.range(&self.src, self.pos - 1, self.pos);
        let append = self.at(self.pos) == b'+' && self.at(self.pos + 1) == b'=';
        if !append && self.at(self.pos) != b'=' {
            let value = self.continue_word(cx, start, b)?;
            return Ok(ArrayElement {
                key: None,
                append: false,
                word: value.clone(),
                value,
            });
        }
        let sign = self.pos;
        self.pos += 1 + usize::from(append);
        b.range(&self.src, sign, self.pos);
        let AssignValue::Scalar(value) = self.assignment_value(false)? else {
            return Err(self.unexpected());
        };
        for part in &value.parts {
            b.part(&self.src, part.clone());
        }
        b.flags.insert(value.flags);
        let (parts, flags) = b.finish(&self.src);
        let word = Word {
            parts,
            raw: self.src.slice(start..self.pos),
            assignment: None,
            line: value.line,
            flags,
        };
        Ok(ArrayElement {
            key: Some(key),
            append,
            value,
            word,
        })
    }

    /// An argument of a simple command. If it has the form of an assignment that is noted. `declares`: the command accepts
    /// compound assignments.
    pub fn argument(&mut self, declares: bool) -> Parse<Word> {
        let start = self.pos;
        let mut end = start;
        if class::is_name_start(self.at(start)) {
            while class::is_name(self.at(end)) {
                end += 1;
            }
        }
        if end == start {
            return self.read_word(WordContext::default());
        }
        let c = self.at(end);
        let assigns = c == b'=' || c == b'+' && self.at(end + 1) == b'=';
        if !assigns && c != b'[' {
            return self.read_word(WordContext::default());
        }
        if assigns && declares {
            let append = c == b'+';
            let value_start = end + 1 + usize::from(append);
            if self.at(value_start) == b'(' {
                self.pos = value_start;
                let line = self.line_at(start);
                let elements = self.array()?;
                let name = self.src.slice(start..end);
                let raw = self.src.slice(start..self.pos);
                self.end = self.pos;
                let value = AssignValue::Array(elements);
                let assignment = Assignment {
                    name,
                    subscript: None,
                    append,
                    value,
                    raw: raw.clone(),
                    line,
                };
                let mut word = Word {
                    parts: vec![WordPart::Literal(raw.clone())],
                    raw,
                    line,
                    ..Word::default()
                };
                word.assignment = Some(Box::new(assignment));
                return Ok(word);
            }
        }
        let mut word = self.read_word(WordContext {
            assignment: assigns,
            ..WordContext::default()
        })?;
        word.assignment = assignment_of(&word).map(Box::new);
        Ok(word)
    }
}

/// The assignment that a word amounts to, if its text has that form: what declaration builtins do with it.
pub fn assignment_of(word: &Word) -> Option<Assignment> {
    let [WordPart::Literal(first), ..] = word.parts.as_slice() else {
        return None;
    };
    if !class::is_name_start(*first.first()?) {
        return None;
    }
    let name_end = first.iter().position(|&c| !class::is_name(c))?;
    let name = first.slice(..name_end);
    let (subscript, index, offset) = if first[name_end] == b'[' {
        let (key, index, offset) = subscript_of(word, name_end + 1)?;
        (Some(key), index, offset)
    } else {
        (None, 0, name_end)
    };
    let WordPart::Literal(text) = word.parts.get(index)? else {
        return None;
    };
    let append = text.get(offset) == Some(&b'+');
    let sign = offset + usize::from(append);
    if text.get(sign) != Some(&b'=') {
        return None;
    }
    let mut parts = Vec::with_capacity(word.parts.len() - index);
    if sign + 1 < text.len() {
        parts.push(WordPart::Literal(text.slice(sign + 1..)));
    }
    parts.extend(word.parts[index + 1..].iter().cloned());
    let raw_start = memchr::memchr(b'=', &word.raw).map_or(0, |i| i + 1);
    let raw = if subscript.is_none() {
        word.raw.slice(raw_start..)
    } else {
        word.raw.clone()
    };
    let value = Word {
        parts,
        raw,
        assignment: None,
        line: word.line,
        flags: word.flags,
    };
    Some(Assignment {
        name,
        subscript,
        append,
        value: AssignValue::Scalar(value),
        raw: word.raw.clone(),
        line: word.line,
    })
}

/// The subscript whose text starts at `from` in the first part: itself, and part and offset after the bracket.
fn subscript_of(word: &Word, from: usize) -> Option<(Subscript, usize, usize)> {
    let mut level = 0usize;
    let mut key_parts = Vec::new();
    for (index, part) in word.parts.iter().enumerate() {
        let start = if index == 0 { from } else { 0 };
        let WordPart::Literal(text) = part else {
            key_parts.push(part.clone());
            continue;
        };
        for (i, &c) in text.iter().enumerate().skip(start) {
            match c {
                b'[' => level += 1,
                b']' if level > 0 => level -= 1,
                b']' => {
                    if i > start {
                        key_parts.push(WordPart::Literal(text.slice(start..i)));
                    }
                    let subscript = match key_parts.as_slice() {
                        [WordPart::Literal(text)] if &text[..] == b"@" => Subscript::At,
                        [WordPart::Literal(text)] if &text[..] == b"*" => Subscript::Star,
                        _ => {
                            let key = Word {
                                parts: key_parts,
                                raw: word.raw.clone(),
                                line: word.line,
                                ..Word::default()
                            };
                            Subscript::Expr(Box::new(subscript_expr(with_flags(key, word), &[])))
                        }
                    };
                    return Some((subscript, index, i + 1));
                }
                _ => {}
            }
        }
        if start < text.len() {
            key_parts.push(WordPart::Literal(text.slice(start..)));
        }
    }
    None
}

fn with_flags(mut key: Word, word: &Word) -> Word {
    key.flags = word.flags;
    key
}
