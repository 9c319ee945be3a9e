//! Arithmetic text in words: `$((…))`, `((…))`, subscripts, slices.

use bytes::Bytes;

use super::{
    ast::{ArithExpr, Subscript, SubscriptExpr, Word, WordFlags, WordPart},
    builder::Builder,
    machine::{Machine, Parse},
    words::Quote,
};

/// What ends a stretch of arithmetic text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArithEnd {
    /// A closing parenthesis.
    Paren,
    /// A closing bracket.
    Bracket,
    /// `:` or `}`: offset and length of `${x:o:l}`.
    Slice,
    /// `;` or a closing parenthesis: `for ((a; b; c))`.
    ForPart,
}

impl Machine<'_> {
    /// A subscript; the cursor is after `[` (at `open`) and ends up after `]`.
    pub fn subscript(&mut self, open: usize) -> Parse<Subscript> {
        let start = self.pos;
        if let (c @ (b'@' | b'*'), b']') = (self.at(start), self.at(start + 1)) {
            self.pos += 2;
            return Ok(if c == b'@' { Subscript::At } else { Subscript::Star });
        }
        let mut b = Builder::new();
        let mut run = start;
        let mut level = 0usize;
        // Parts that were single-quoted: arithmetic keeps those quotes (and fails on them).
        let mut single = Vec::new();
        loop {
            match self.at(self.pos) {
                0 => return Err(self.unclosed(open, b"]")),
                b'[' => {
                    level += 1;
                    self.pos += 1;
                }
                b']' => {
                    if level == 0 {
                        break;
                    }
                    level -= 1;
                    self.pos += 1;
                }
                c @ (b'\\' | b'\'' | b'"' | b'$' | b'`') => {
                    b.range(&self.src, run, self.pos);
                    self.special(&mut b, Quote::None)?;
                    if c == b'\'' {
                        single.push(b.len() - 1);
                    }
                    run = self.pos;
                }
                _ => self.pos += 1,
            }
        }
        b.range(&self.src, run, self.pos);
        let (parts, flags) = b.finish(&self.src);
        let raw = self.src.slice(start..self.pos);
        self.pos += 1;
        let line = self.line_at(start);
        let key = Word {
            parts,
            raw,
            assignment: None,
            line,
            flags,
        };
        Ok(Subscript::Expr(Box::new(subscript_expr(key, &single))))
    }

    /// `((…))` with the cursor on the second parenthesis, the first being consumed: an arithmetic expression if the matching
    /// parenthesis is doubled as well. Otherwise `None`, with the cursor back.
    pub fn try_double_paren(&mut self, start: usize) -> Parse<Option<ArithExpr>> {
        let mark = self.pos;
        if self.not_arith.contains(&mark) {
            return Ok(None);
        }
        let pending = self.pending.clone();
        let warnings = self.warnings.len();
        let (depth, in_subst) = (self.depth, self.in_subst);
        self.pos += 1;
        let result = self.nested(|m| m.speculate(|m| m.arith_text(ArithEnd::Paren, start)));
        match result {
            Ok(mut expr) => {
                self.pos += 1;
                if self.peek() == b')' {
                    self.pos += 1;
                    self.end = self.pos;
                    expr.word.raw = self.src.slice(start..self.pos);
                    return Ok(Some(expr));
                }
            }
            // The text itself is not closed, as opposed to something in it: nothing else can work.
            Err(error) if error.incomplete && error.offset == self.src.len() && error.message.ends_with(b"`)'") => {
                return Err(error);
            }
            Err(_) => {}
        }
        self.depth = depth;
        self.in_subst = in_subst;
        self.pending = pending;
        self.warnings.truncate(warnings);
        self.not_arith.insert(mark);
        self.pos = mark;
        Ok(None)
    }

    /// Arithmetic text up to its end, which is not consumed. Quotes are dropped; the text follows the rules of double quotes.
    pub fn arith_text(&mut self, end: ArithEnd, open: usize) -> Parse<ArithExpr> {
        let start = self.pos;
        let mut b = Builder::new();
        let mut run = start;
        let mut parens = 0usize;
        let mut brackets = 0usize;
        let mut questions = 0usize;
        let mut quoted = false;
        loop {
            let c = self.at(self.pos);
            let top = parens == 0 && !quoted;
            match c {
                0 => {
                    let close: &[u8] = match end {
                        ArithEnd::Paren | ArithEnd::ForPart => b")",
                        ArithEnd::Bracket => b"]",
                        ArithEnd::Slice => b"}",
                    };
                    return Err(self.unclosed(open, close));
                }
                b')' if top && matches!(end, ArithEnd::Paren | ArithEnd::ForPart) => break,
                b';' if top && end == ArithEnd::ForPart => break,
                b']' if top && brackets == 0 && end == ArithEnd::Bracket => break,
                b'}' if top && end == ArithEnd::Slice => break,
                b':' if top && brackets == 0 && end == ArithEnd::Slice => {
                    if questions == 0 {
                        break;
                    }
                    questions -= 1;
                    self.pos += 1;
                }
                b'?' => {
                    questions += 1;
                    self.pos += 1;
                }
                b'(' | b')' if quoted => self.pos += 1,
                b'(' => {
                    parens += 1;
                    self.pos += 1;
                }
                b')' => {
                    parens = parens.saturating_sub(1);
                    self.pos += 1;
                }
                b'[' => {
                    brackets += 1;
                    self.pos += 1;
                }
                b']' => {
                    brackets = brackets.saturating_sub(1);
                    self.pos += 1;
                }
                b'"' => {
                    quoted = !quoted;
                    b.range(&self.src, run, self.pos);
                    self.pos += 1;
                    run = self.pos;
                }
                b'\'' if !quoted => match memchr::memchr(b'\'', &self.src[self.pos + 1..]) {
                    Some(length) => self.pos += length + 2,
                    None => return Err(self.unclosed(self.pos, b"'")),
                },
                b'\\' => {
                    let next = self.at(self.pos + 1);
                    b.range(&self.src, run, self.pos);
                    if self.is_continuation(self.pos) {
                        self.pos += 2;
                        run = self.pos;
                    } else if matches!(next, b'$' | b'`' | b'"' | b'\\') {
                        run = self.pos + 1;
                        self.pos += 2;
                    } else {
                        run = self.pos;
                        self.pos += 1;
                    }
                }
                b'$' => {
                    b.range(&self.src, run, self.pos);
                    self.dollar(&mut b, Quote::Double)?;
                    run = self.pos;
                }
                b'`' => {
                    b.range(&self.src, run, self.pos);
                    let part = self.backquoted(Quote::Double)?;
                    b.part(&self.src, part);
                    run = self.pos;
                }
                _ => self.pos += 1,
            }
        }
        b.range(&self.src, run, self.pos);
        let (parts, flags) = b.finish(&self.src);
        let line = self.line_at(start);
        let word = Word {
            parts,
            raw: self.src.slice(start..self.pos),
            assignment: None,
            line,
            flags,
        };
        Ok(ArithExpr::new(word))
    }
}

/// A subscript in both readings, given the key reading: arithmetic text has no quotes but the single ones, which stood around
/// the parts with the numbers `single`.
pub(super) fn subscript_expr(key: Word, single: &[usize]) -> SubscriptExpr {
    let mut parts = Vec::with_capacity(key.parts.len());
    for (i, part) in key.parts.iter().enumerate() {
        match part {
            WordPart::Quoted(text) if single.contains(&i) => {
                parts.push(WordPart::Literal(Bytes::from([b"'", &text[..], b"'"].concat())));
            }
            WordPart::Quoted(text) => parts.push(WordPart::Literal(text.clone())),
            WordPart::DoubleQuoted(inner) => parts.extend(inner.iter().cloned()),
            other => parts.push(other.clone()),
        }
    }
    let parts = merge_literals(parts);
    let mut flags = WordFlags::default();
    if parts.iter().any(|part| !matches!(part, WordPart::Literal(_))) {
        flags.insert(WordFlags::EXPANSION);
    }
    let word = Word {
        parts,
        raw: key.raw.clone(),
        assignment: None,
        line: key.line,
        flags,
    };
    SubscriptExpr {
        key,
        index: ArithExpr::new(word),
    }
}

/// Joins neighbouring literals.
fn merge_literals(parts: Vec<WordPart>) -> Vec<WordPart> {
    let mut out: Vec<WordPart> = Vec::with_capacity(parts.len());
    for part in parts {
        match (out.last_mut(), part) {
            (Some(WordPart::Literal(last)), WordPart::Literal(text)) => {
                *last = Bytes::from([&last[..], &text[..]].concat());
            }
            (_, part) => out.push(part),
        }
    }
    out
}
