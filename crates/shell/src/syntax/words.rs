//! Words: literal runs, quotes, tilde prefixes, extended glob groups, and the free text of operands.

use std::sync::Arc;

use bytes::Bytes;
use memchr::memchr2;

use super::{
    ast::{Word, WordFlags, WordPart},
    builder::Builder,
    escapes::decode_ansi_c,
    machine::{Machine, Parse, class},
};

/// Where a word stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WordContext {
    /// Tilde prefixes follow `:` too (assignments).
    pub assignment: bool,
    /// The right side of `=~`: parentheses and bars are ordinary.
    pub regex: bool,
    /// Extended globs work whatever the option says (patterns in `[[ ]]`).
    pub extglob: bool,
}

/// How text around an expansion is quoted, which decides what the text inside its braces means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    /// Not at all.
    None,
    /// By double quotes, or as the text of arithmetic, which follows the same rules.
    Double,
    /// A here-document: as double quotes, but `"` is ordinary.
    HereDoc,
}

/// What ends the operand of a parameter expansion besides the closing brace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// The word of `-`, `=`, `?`, `+`.
    Value,
    /// A pattern that extends to the brace: single quotes work even inside double quotes.
    Pattern,
    /// The pattern of `/`: ends at a slash.
    UntilSlash,
    /// Not an operand: the whole input.
    Free,
}

impl Machine<'_> {
    /// Reads the word at the cursor, which must not be at a blank or operator character.
    pub fn read_word(&mut self, cx: WordContext) -> Parse<Word> {
        let start = self.pos;
        self.continue_word(cx, start, Builder::new())
    }

    /// Reads on in a word that started at `start` and of which `b` holds the parts so far.
    pub fn continue_word(&mut self, cx: WordContext, start: usize, mut b: Builder) -> Parse<Word> {
        let text_start = self.pos;
        let mut run = self.pos;
        let mut open_brace = false;
        loop {
            let c = self.at(self.pos);
            if class::OF[c as usize] & class::STOP == 0 {
                self.pos += 1;
                continue;
            }
            match c {
                b'*' | b'?' | b'[' | b'!' | b'@' | b'+' => {
                    if matches!(c, b'*' | b'?' | b'[') {
                        b.flags.insert(WordFlags::GLOB);
                    }
                    self.pos += 1;
                    if c != b'[' && self.at(self.pos) == b'(' && (self.opts.extglob || cx.extglob) {
                        b.flags.insert(WordFlags::GLOB);
                        b.range(&self.src, run, self.pos);
                        self.nested(|m| m.glob_group(&mut b))?;
                        run = self.pos;
                    }
                }
                b'{' => {
                    open_brace = true;
                    self.pos += 1;
                }
                b'}' => {
                    if open_brace {
                        b.flags.insert(WordFlags::BRACE);
                    }
                    self.pos += 1;
                }
                b'~' => {
                    let previous = if self.pos > run { self.at(self.pos - 1) } else { 0 };
                    let at_start = self.pos == text_start
                        || cx.assignment
                            && (previous == b':' || previous == b'=' && first_equals(&self.src[start..self.pos]));
                    b.range(&self.src, run, self.pos);
                    run = self.pos;
                    self.pos += 1;
                    if at_start && let Some(end) = self.tilde_end(self.pos) {
                        b.part(&self.src, WordPart::Tilde(self.src.slice(self.pos..end)));
                        self.pos = end;
                        run = end;
                    }
                }
                b'\\' => {
                    b.range(&self.src, run, self.pos);
                    self.escape(&mut b);
                    run = self.pos;
                }
                b'\'' => {
                    b.range(&self.src, run, self.pos);
                    let part = self.single_quoted()?;
                    b.part(&self.src, part);
                    run = self.pos;
                }
                b'"' => {
                    b.range(&self.src, run, self.pos);
                    let parts = self.double_quoted()?;
                    b.part(&self.src, WordPart::DoubleQuoted(parts));
                    run = self.pos;
                }
                b'$' => {
                    b.range(&self.src, run, self.pos);
                    self.dollar(&mut b, Quote::None)?;
                    run = self.pos;
                }
                b'`' => {
                    b.range(&self.src, run, self.pos);
                    let part = self.backquoted(Quote::None)?;
                    b.part(&self.src, part);
                    run = self.pos;
                }
                b'<' | b'>' if self.at(self.pos + 1) == b'(' => {
                    b.range(&self.src, run, self.pos);
                    let part = self.process_substitution()?;
                    b.part(&self.src, part);
                    run = self.pos;
                }
                b'|' if cx.regex => self.pos += 1,
                b'(' if cx.regex => {
                    b.range(&self.src, run, self.pos);
                    self.nested(|m| m.glob_group(&mut b))?;
                    run = self.pos;
                }
                _ => break,
            }
        }
        b.range(&self.src, run, self.pos);
        self.end = self.pos;
        let (parts, flags) = b.finish(&self.src);
        let line = self.line_at(start);
        Ok(Word {
            parts,
            raw: self.src.slice(start..self.pos),
            assignment: None,
            line,
            flags,
        })
    }

    /// The end of a tilde prefix whose name starts at `from`, or `None` if it is none because of quotes or expansions.
    fn tilde_end(&self, from: usize) -> Option<usize> {
        let mut i = from;
        loop {
            let c = self.at(i);
            let k = class::OF[c as usize];
            if matches!(c, b'/' | b':') || k & class::META != 0 {
                return Some(i);
            }
            if k & class::SPECIAL != 0 || matches!(c, b'{' | b'}' | b'*' | b'?' | b'[' | b',') {
                return None;
            }
            i += 1;
        }
    }

    /// A backslash outside quotes.
    pub fn escape(&mut self, b: &mut Builder) {
        if self.is_continuation(self.pos) {
            self.pos += 2;
            return;
        }
        let next = self.at(self.pos + 1);
        if next == 0 || next == b'\n' {
            // The last byte of the input.
            b.quoted_byte(&self.src, b'\\');
            self.pos += 1;
        } else {
            b.quoted_byte(&self.src, next);
            self.pos += 2;
        }
    }

    /// `'…'` at the cursor.
    pub fn single_quoted(&mut self) -> Parse<WordPart> {
        let open = self.pos;
        let start = open + 1;
        match memchr::memchr(b'\'', &self.src[start..]) {
            Some(length) => {
                self.pos = start + length + 1;
                Ok(WordPart::Quoted(self.src.slice(start..start + length)))
            }
            None => Err(self.unclosed(open, b"'")),
        }
    }

    /// `$'…'` with the cursor on the quote.
    pub fn ansi_c_quoted(&mut self) -> Parse<WordPart> {
        let open = self.pos;
        let start = open + 1;
        let mut i = start;
        loop {
            match memchr2(b'\'', b'\\', &self.src[i.min(self.src.len())..]) {
                None => return Err(self.unclosed(open, b"'")),
                Some(offset) => {
                    i += offset;
                    if self.at(i) == b'\'' {
                        break;
                    }
                    i += 2;
                }
            }
        }
        self.pos = i + 1;
        Ok(WordPart::Quoted(Bytes::from(decode_ansi_c(&self.src[start..i]))))
    }

    /// `"…"` at the cursor.
    pub fn double_quoted(&mut self) -> Parse<Vec<WordPart>> {
        let open = self.pos;
        self.pos += 1;
        let mut b = Builder::new();
        let mut run = self.pos;
        loop {
            match self.at(self.pos) {
                b'"' => break,
                0 => return Err(self.unclosed(open, b"\"")),
                b'\\' => {
                    let next = self.at(self.pos + 1);
                    if next == b'\n' && self.is_continuation(self.pos) {
                        b.range(&self.src, run, self.pos);
                        self.pos += 2;
                        run = self.pos;
                    } else if matches!(next, b'$' | b'`' | b'"' | b'\\') {
                        b.range(&self.src, run, self.pos);
                        run = self.pos + 1;
                        self.pos += 2;
                    } else {
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
        self.pos += 1;
        Ok(b.finish(&self.src).0)
    }

    /// A parenthesised group that is part of a word: an extended glob or a regular expression. Blanks and operators in it are
    /// ordinary. The cursor is on the opening parenthesis.
    fn glob_group(&mut self, b: &mut Builder) -> Parse<()> {
        let open = self.pos;
        let mut run = self.pos;
        let mut level = 0usize;
        loop {
            let c = self.at(self.pos);
            match c {
                0 => return Err(self.unclosed(open, b")")),
                b'(' => {
                    level += 1;
                    self.pos += 1;
                }
                b')' => {
                    level -= 1;
                    self.pos += 1;
                    if level == 0 {
                        b.range(&self.src, run, self.pos);
                        return Ok(());
                    }
                }
                b'\\' | b'\'' | b'"' | b'$' | b'`' => {
                    b.range(&self.src, run, self.pos);
                    self.special(b, Quote::None)?;
                    run = self.pos;
                }
                _ => self.pos += 1,
            }
        }
    }

    /// Any of the quoting and expansion characters outside double quotes.
    pub fn special(&mut self, b: &mut Builder, quote: Quote) -> Parse<()> {
        match self.at(self.pos) {
            b'\\' => self.escape(b),
            b'\'' => {
                let part = self.single_quoted()?;
                b.part(&self.src, part);
            }
            b'"' => {
                let parts = self.double_quoted()?;
                b.part(&self.src, WordPart::DoubleQuoted(parts));
            }
            b'`' => {
                let part = self.backquoted(quote)?;
                b.part(&self.src, part);
            }
            _ => self.dollar(b, quote)?,
        }
        Ok(())
    }

    /// The operand of a parameter expansion, up to but without the brace or slash that ends it. `open` is where the expansion
    /// began.
    pub fn operand(&mut self, quote: Quote, kind: Operand, open: usize) -> Parse<Word> {
        let start = self.pos;
        let mut b = Builder::new();
        let mut run = start;
        // Patterns follow the rules of unquoted text even inside double quotes.
        let quoted_value = quote != Quote::None && kind == Operand::Value;
        let inner = if quoted_value { quote } else { Quote::None };
        // Inside double quotes a single quote stands for itself, but bash still pairs it when it looks for the brace.
        let mut single = None;
        loop {
            let c = self.at(self.pos);
            match c {
                0 if single.is_some() => return Err(self.unclosed(single.unwrap_or(open), b"'")),
                b'}' if single.is_some() => self.pos += 1,
                b'\'' if quoted_value && quote == Quote::Double => {
                    single = if single.is_some() { None } else { Some(self.pos) };
                    self.pos += 1;
                }
                0 if kind == Operand::Free => break,
                0 => return Err(self.unclosed(open, b"}")),
                b'}' if kind != Operand::Free => break,
                b'/' if kind == Operand::UntilSlash && self.pos > start => break,
                b'\\' if quoted_value => {
                    let next = self.at(self.pos + 1);
                    b.range(&self.src, run, self.pos);
                    if self.is_continuation(self.pos) {
                        self.pos += 2;
                    } else if matches!(next, b'$' | b'`' | b'\\' | b'}') || next == b'"' && quote == Quote::Double {
                        b.quoted_byte(&self.src, next);
                        self.pos += 2;
                    } else {
                        b.range(&self.src, self.pos, self.pos + 1);
                        self.pos += 1;
                    }
                    run = self.pos;
                }
                b'\'' if quoted_value => self.pos += 1,
                b'"' if quoted_value && quote == Quote::HereDoc => self.pos += 1,
                b'\\' | b'\'' | b'"' | b'$' | b'`' => {
                    b.range(&self.src, run, self.pos);
                    self.special(&mut b, inner)?;
                    run = self.pos;
                }
                b'<' | b'>' if !quoted_value && self.at(self.pos + 1) == b'(' => {
                    b.range(&self.src, run, self.pos);
                    let part = self.process_substitution()?;
                    b.part(&self.src, part);
                    run = self.pos;
                }
                b'~' if !quoted_value && self.pos == start => {
                    self.pos += 1;
                    let mut end = self.pos;
                    while !matches!(self.at(end), b'/' | b'}' | 0 | b' ' | b'\t' | b'\n' | b':') {
                        if class::OF[self.at(end) as usize] & (class::SPECIAL | class::GLOB) != 0 {
                            break;
                        }
                        end += 1;
                    }
                    if class::OF[self.at(end) as usize] & (class::SPECIAL | class::GLOB) == 0 {
                        b.part(&self.src, WordPart::Tilde(self.src.slice(self.pos..end)));
                        self.pos = end;
                        run = end;
                    }
                }
                _ => {
                    if matches!(c, b'*' | b'?' | b'[') || c == b'(' && self.pos > run {
                        b.flags.insert(WordFlags::GLOB);
                    }
                    self.pos += 1;
                }
            }
        }
        b.range(&self.src, run, self.pos);
        let (parts, flags) = b.finish(&self.src);
        let line = self.line_at(start);
        Ok(Word {
            parts,
            raw: self.src.slice(start..self.pos),
            assignment: None,
            line,
            flags,
        })
    }

    /// The whole input as one word.
    pub fn free_word(&mut self) -> Parse<Word> {
        self.operand(Quote::None, Operand::Free, 0)
    }

    /// The whole input as the body of a here-document: never fails, since bash reads it only when it expands it.
    pub fn here_doc_word(mut self) -> Word {
        let mut b = Builder::new();
        let mut run = 0;
        loop {
            match self.at(self.pos) {
                0 => break,
                b'\\' => {
                    let next = self.at(self.pos + 1);
                    if next == b'\n' {
                        b.range(&self.src, run, self.pos);
                        self.pos += 2;
                        run = self.pos;
                    } else if matches!(next, b'$' | b'`' | b'\\') {
                        b.range(&self.src, run, self.pos);
                        run = self.pos + 1;
                        self.pos += 2;
                    } else {
                        self.pos += 1;
                    }
                }
                c @ (b'$' | b'`') => {
                    b.range(&self.src, run, self.pos);
                    let from = self.pos;
                    let result = if c == b'$' {
                        self.dollar(&mut b, Quote::HereDoc)
                    } else {
                        self.backquoted(Quote::HereDoc).map(|part| b.part(&self.src, part))
                    };
                    if let Err(error) = result {
                        let rest = self.src.slice(from..);
                        b.part(
                            &self.src,
                            WordPart::Unclosed {
                                text: rest,
                                error: Arc::new(*error),
                            },
                        );
                        self.pos = self.src.len();
                    }
                    run = self.pos;
                }
                _ => self.pos += 1,
            }
        }
        b.range(&self.src, run, self.pos);
        let (parts, flags) = b.finish(&self.src);
        let line = self.line_at(0);
        Word {
            parts,
            raw: self.src.clone(),
            assignment: None,
            line,
            flags,
        }
    }
}

/// True if the only `=` in the text is its last byte.
fn first_equals(text: &[u8]) -> bool {
    memchr::memchr(b'=', text) == Some(text.len() - 1)
}
