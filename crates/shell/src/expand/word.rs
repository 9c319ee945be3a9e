//! Words to fields, strings and patterns.

use pattern::glob::{GlobOptions, Pattern};

use crate::shell::{Flow, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::syntax::ast::{ArithExpr, Word, WordFlags, WordPart};

use super::field::{Field, Ifs, Sink};

/// Stack that must remain before an expansion goes on in place.
const RED_ZONE: usize = 192 * 1024;
/// Size of the stack segment that takes over.
const SEGMENT: usize = 2 * 1024 * 1024;

/// Where a part of a word stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cx {
    /// Inside double quotes.
    pub quoted: bool,
    /// In the operand of an unquoted expansion, whose literal text is split too.
    pub split_literals: bool,
}

impl Cx {
    const PLAIN: Self = Self {
        quoted: false,
        split_literals: false,
    };
    const QUOTED: Self = Self {
        quoted: true,
        split_literals: false,
    };
}

impl Shell {
    /// The present value of `IFS`.
    pub(crate) fn ifs(&self) -> Ifs {
        let value = self.get_var(b"IFS");
        Ifs::new(value.as_deref(), self.utf8())
    }

    /// Words to arguments: all expansions.
    pub(crate) fn expand_words(&mut self, words: &[Word]) -> Result<Vec<Vec<u8>>, Flow> {
        let mut out = Vec::with_capacity(words.len());
        for word in words {
            self.expand_word_into(word, &mut out)?;
        }
        Ok(out)
    }

    /// One word to arguments.
    pub(crate) fn expand_word_into(&mut self, word: &Word, out: &mut Vec<Vec<u8>>) -> Result<(), Flow> {
        if let Some(text) = word.as_plain() {
            out.push(text.to_vec());
            return Ok(());
        }
        if word.flags.has(WordFlags::BRACE) && self.on(SetOpt::Braceexpand) {
            let limit = self.call.limits().words;
            let Ok(words) = crate::syntax::expand_braces(word, limit) else {
                return Err(self.limit("words made by a brace expansion"));
            };
            for w in &words {
                self.tick()?;
                self.expand_one_into(w, out)?;
            }
            return Ok(());
        }
        self.expand_one_into(word, out)
    }

    fn expand_one_into(&mut self, word: &Word, out: &mut Vec<Vec<u8>>) -> Result<(), Flow> {
        let fields = self.expand_fields(word)?;
        let noglob = self.on(SetOpt::Noglob);
        for field in fields {
            if !noglob && field.has_wildcard(self.shopt(ShOpt::Extglob)) {
                self.expand_glob(field, out)?;
            } else {
                out.push(field.text);
            }
        }
        if out.len() > self.call.limits().words {
            return Err(self.limit("words made by an expansion"));
        }
        Ok(())
    }

    /// Text that is read as words again (`compgen -W`): split, expanded, quotes removed.
    pub(crate) fn expand_text(&mut self, text: &[u8]) -> Result<Vec<Vec<u8>>, Flow> {
        let options = self.parse_options();
        let mut out = Vec::new();
        let parsed = crate::syntax::parse_word_text(bytes::Bytes::copy_from_slice(text), &options, self.line);
        let Ok(word) = parsed else { return Ok(out) };
        let ifs = self.ifs();
        let mut sink = Sink::fields(&ifs);
        let cx = Cx {
            quoted: false,
            split_literals: true,
        };
        self.expand_parts(&word.parts, cx, &mut sink)?;
        for field in sink.finish() {
            if !self.on(SetOpt::Noglob) && field.has_wildcard(self.shopt(ShOpt::Extglob)) {
                self.expand_glob(field, &mut out)?;
            } else {
                out.push(field.text);
            }
        }
        Ok(out)
    }

    /// Words to fields, before globbing.
    pub(crate) fn expand_fields(&mut self, word: &Word) -> Result<Vec<Field>, Flow> {
        // A single quoted or literal part needs no splitting.
        match word.parts.as_slice() {
            [WordPart::Literal(t)] => {
                return Ok(vec![Field {
                    text: t.to_vec(),
                    quoted: Vec::new(),
                }]);
            }
            [WordPart::Quoted(t)] => {
                return Ok(vec![Field {
                    text: t.to_vec(),
                    quoted: vec![(0, t.len())],
                }]);
            }
            _ => {}
        }
        let ifs = self.ifs();
        let mut sink = Sink::fields(&ifs);
        self.expand_parts(&word.parts, Cx::PLAIN, &mut sink)?;
        Ok(sink.finish())
    }

    /// A word to one string: no splitting, no globbing (assignments, `case`, redirections …).
    pub(crate) fn expand_string(&mut self, word: &Word) -> Result<Vec<u8>, Flow> {
        match word.parts.as_slice() {
            [] => return Ok(Vec::new()),
            [WordPart::Literal(t) | WordPart::Quoted(t)] => return Ok(t.to_vec()),
            _ => {}
        }
        let mut sink = Sink::string();
        self.expand_parts(&word.parts, Cx::PLAIN, &mut sink)?;
        Ok(sink.into_field().text)
    }

    /// A word to one string in which it is known what was quoted.
    pub(crate) fn expand_marked(&mut self, word: &Word) -> Result<Field, Flow> {
        let mut sink = Sink::string();
        self.expand_parts(&word.parts, Cx::PLAIN, &mut sink)?;
        Ok(sink.into_field())
    }

    /// Text as inside double quotes: here-documents, arithmetic, prompts.
    pub(crate) fn expand_double_quoted(&mut self, word: &Word) -> Result<Vec<u8>, Flow> {
        if let [WordPart::Literal(t) | WordPart::Quoted(t)] = word.parts.as_slice() {
            return Ok(t.to_vec());
        }
        let mut sink = Sink::string();
        self.expand_parts(&word.parts, Cx::QUOTED, &mut sink)?;
        Ok(sink.into_field().text)
    }

    /// A word to a pattern; quoted parts stand for themselves.
    pub(crate) fn expand_pattern(&mut self, word: &Word, nocase: bool) -> Result<Pattern, Flow> {
        let field = self.expand_marked(word)?;
        self.compile_pattern(&field, nocase)
    }

    /// Compiles a pattern; in `[[ ]]`, `case` and `${x#p}` extended lists are always on inside `[[ ]]` only, elsewhere as
    /// `extglob` says.
    pub(crate) fn compile_pattern(&mut self, field: &Field, nocase: bool) -> Result<Pattern, Flow> {
        self.compile_pattern_with(field, nocase, self.shopt(ShOpt::Extglob))
    }

    pub(crate) fn compile_pattern_with(&mut self, field: &Field, nocase: bool, extglob: bool) -> Result<Pattern, Flow> {
        let options = GlobOptions {
            extglob,
            nocase,
            utf8: self.utf8(),
            ..GlobOptions::default()
        };
        Pattern::from_pieces(field.pieces(), &options).map_err(|e| {
            self.error(e.to_string());
            Flow::Discard(1)
        })
    }

    /// Expands the parts of a word into `sink`.
    pub(crate) fn expand_parts(&mut self, parts: &[WordPart], cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        if stacker::remaining_stack().is_some_and(|left| left < RED_ZONE) {
            return stacker::grow(SEGMENT, || self.expand_parts_here(parts, cx, sink));
        }
        self.expand_parts_here(parts, cx, sink)
    }

    fn expand_parts_here(&mut self, parts: &[WordPart], cx: Cx, sink: &mut Sink<'_>) -> Result<(), Flow> {
        for part in parts {
            match part {
                WordPart::Literal(text) => {
                    if cx.quoted {
                        sink.quoted(text);
                    } else if cx.split_literals {
                        sink.expanded(text);
                    } else {
                        sink.literal(text);
                    }
                }
                WordPart::Quoted(text) => sink.quoted(text),
                WordPart::DoubleQuoted(inner) => {
                    let before = sink.mark();
                    self.expand_parts(inner, Cx::QUOTED, sink)?;
                    // `"$@"` without parameters is nothing at all; any other empty quotes make an empty field.
                    if sink.mark() == before && !inner.iter().any(|p| self.is_empty_list(p)) {
                        sink.quoted(b"");
                    }
                }
                WordPart::Tilde(prefix) => {
                    let text = self.expand_tilde(prefix);
                    // The result is neither split nor globbed.
                    sink.quoted(&text);
                }
                WordPart::Param(p) => self.expand_param(p, cx, sink)?,
                WordPart::Command(c) => {
                    let text = self.expand_command(c)?;
                    put(sink, cx, &text);
                }
                WordPart::Arith(e) => {
                    let n = self.arith(e)?;
                    let mut buf = itoa_buf();
                    put(sink, cx, format_i64(n, &mut buf));
                }
                WordPart::ProcessIn(list) => {
                    let path = self.process_substitution(list, true)?;
                    put(sink, cx, &path);
                }
                WordPart::ProcessOut(list) => {
                    let path = self.process_substitution(list, false)?;
                    put(sink, cx, &path);
                }
                WordPart::Unclosed { error, .. } => {
                    let prefix = [&self.name[..], b": "].concat();
                    let report = error.report(&prefix);
                    self.write_error(&report);
                    return Err(Flow::Discard(1));
                }
                WordPart::BadSubst(raw) => {
                    self.error([&raw[..], b": bad substitution"].concat());
                    return Err(self.bad_expansion());
                }
            }
        }
        let weight = sink.weight();
        self.check_memory(weight)
    }

    /// What an expansion that makes no sense does to the shell.
    pub(crate) fn bad_expansion(&self) -> Flow {
        if self.on(SetOpt::Posix) {
            Flow::Exit(127)
        } else {
            Flow::Discard(1)
        }
    }

    /// The value of `$((…))`.
    pub(crate) fn arith(&mut self, e: &ArithExpr) -> Result<i64, Flow> {
        if let Some(program) = e.program() {
            let program = program.clone();
            return self.eval_program(&program);
        }
        let text = self.expand_double_quoted(&e.word)?;
        self.arith_text(&text)
    }

    /// A tilde prefix; the text between `~` and the slash.
    pub(crate) fn expand_tilde(&mut self, prefix: &[u8]) -> Vec<u8> {
        let literal = || [b"~", prefix].concat();
        match prefix {
            b"" => match self.get_var(b"HOME") {
                Some(home) => home.into_owned(),
                None => b"/root".to_vec(),
            },
            b"+" => self.get_var(b"PWD").map_or_else(literal, |v| v.into_owned()),
            b"-" => self.get_var(b"OLDPWD").map_or_else(literal, |v| v.into_owned()),
            b"root" => b"/root".to_vec(),
            _ => {
                let (sign, digits) = match prefix {
                    [s @ (b'+' | b'-'), d @ ..] => (*s, d),
                    d => (b'+', d),
                };
                if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return literal();
                }
                let n: usize = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|d| d.parse().ok())
                    .unwrap_or(usize::MAX);
                let total = self.dirs.len() + 1;
                let at = if sign == b'+' {
                    Some(n)
                } else {
                    total.checked_sub(1).and_then(|t| t.checked_sub(n))
                };
                match at {
                    Some(0) => self.cwd.as_bytes().to_vec(),
                    Some(i) if i < total => self.dirs[total - 1 - i].as_bytes().to_vec(),
                    _ => literal(),
                }
            }
        }
    }
}

/// Adds the result of an expansion.
pub(super) fn put(sink: &mut Sink<'_>, cx: Cx, text: &[u8]) {
    if cx.quoted {
        if !text.is_empty() {
            sink.quoted(text);
        }
    } else {
        sink.expanded(text);
    }
}

/// Room for the digits of a number.
pub(crate) fn itoa_buf() -> [u8; 20] {
    [0; 20]
}

/// The decimal digits of `n`.
pub(crate) fn format_i64(n: i64, buf: &mut [u8; 20]) -> &[u8] {
    let mut at = buf.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        buf[at] = b'-';
    }
    &buf[at..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_format_at_their_limits() {
        for n in [0, 7, -1, i64::MAX, i64::MIN] {
            assert_eq!(format_i64(n, &mut itoa_buf()), n.to_string().as_bytes());
        }
    }
}
