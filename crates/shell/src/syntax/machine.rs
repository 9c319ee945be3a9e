//! The state of a parse: a cursor over bytes, line numbers, aliases, here-documents that await their bodies.
//!
//! There is no separate tokeniser: what a byte means depends on the grammar around it, so the grammar functions look at the
//! bytes themselves.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytes::Bytes;
use memchr::{memchr, memrchr};

use super::{
    ast::{HereDoc, Warning, WordPart},
    error::{ErrorKind, SyntaxError},
    parser::{AliasLookup, ParseOptions},
};

/// Nesting beyond which a script is refused. Real scripts stay below 50.
pub(super) const MAX_DEPTH: usize = 5_000;
/// Stack that must remain before a nested construct is parsed in place.
const RED_ZONE: usize = 192 * 1024;
/// Size of a further stack segment.
const SEGMENT: usize = 4 * 1024 * 1024;

/// Result of the grammar functions.
pub(super) type Parse<T> = Result<T, Box<SyntaxError>>;

/// Byte classes.
pub(super) mod class {
    /// Ends a word: blank, newline, operator characters, end of input.
    pub const META: u8 = 1;
    /// Quoting and expansion characters.
    pub const SPECIAL: u8 = 2;
    /// Characters of patterns.
    pub const GLOB: u8 = 4;
    /// Braces.
    pub const BRACE: u8 = 8;
    /// The tilde.
    pub const TILDE: u8 = 16;
    /// Letters, digits, underscore.
    pub const NAME: u8 = 32;
    /// First byte of a reserved word.
    pub const KEYWORD: u8 = 64;
    /// Any class that interrupts a run of literal bytes in a word.
    pub const STOP: u8 = META | SPECIAL | GLOB | BRACE | TILDE;

    /// Class of every byte.
    pub static OF: [u8; 256] = table();

    const fn table() -> [u8; 256] {
        let mut t = [0u8; 256];
        let mut i = 0;
        while i < 256 {
            let c = i as u8;
            let mut k = 0;
            if matches!(
                c,
                0 | b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
            ) {
                k |= META;
            }
            if matches!(c, b'\\' | b'\'' | b'"' | b'`' | b'$') {
                k |= SPECIAL;
            }
            if matches!(c, b'*' | b'?' | b'[' | b'!' | b'@' | b'+') {
                k |= GLOB;
            }
            if matches!(c, b'{' | b'}') {
                k |= BRACE;
            }
            if c == b'~' {
                k |= TILDE;
            }
            if c.is_ascii_alphanumeric() || c == b'_' {
                k |= NAME;
            }
            if matches!(
                c,
                b'!' | b'{' | b'}' | b'[' | b']' | b'c' | b'd' | b'e' | b'f' | b'i' | b's' | b't' | b'u' | b'w'
            ) {
                k |= KEYWORD;
            }
            t[i] = k;
            i += 1;
        }
        t
    }

    /// True for a byte that may stand in an identifier.
    pub fn is_name(c: u8) -> bool {
        OF[c as usize] & NAME != 0
    }

    /// True for a byte that may start an identifier.
    pub fn is_name_start(c: u8) -> bool {
        c.is_ascii_alphabetic() || c == b'_'
    }
}

/// An alias whose text is being read.
#[derive(Debug, Clone)]
pub(super) struct AliasFrame {
    name: Vec<u8>,
    /// Bytes that follow its text in the buffer: constant while the buffer grows before them.
    remaining_after: usize,
    /// The text ended in a blank: the next word may be an alias too.
    expand_next: bool,
}

/// A parse in progress.
pub(super) struct Machine<'a> {
    /// The buffer. Ends with a newline when it holds commands.
    pub src: Bytes,
    /// The cursor.
    pub pos: usize,
    /// End of the last token consumed.
    pub end: usize,
    /// The final newline was not in the input.
    pub added_newline: bool,
    /// A position and its line number: others are counted from here.
    line_mark: (usize, u32),
    alias_frames: Vec<AliasFrame>,
    /// The word at the cursor may be an alias although it is an argument.
    pub alias_next: bool,
    /// Here-documents whose bodies start after the next newline.
    pub pending: Vec<Arc<HereDoc>>,
    /// Warnings so far.
    pub warnings: Vec<Warning>,
    /// Alias definitions.
    pub aliases: &'a dyn AliasLookup,
    /// Options.
    pub opts: ParseOptions,
    /// Present nesting.
    pub depth: usize,
    /// Inside `$( )` or `<( )`, where `)` ends the input.
    pub in_subst: bool,
    /// Levels of text that may be read a second time in another way.
    speculation: usize,
    /// What the expansions in such text turned out to be, so that no reading repeats the work: start, then end and part.
    memo: HashMap<usize, Parse<(usize, WordPart)>>,
    /// Positions of `((` that turned out to be two parentheses.
    pub not_arith: HashSet<usize>,
}

impl<'a> Machine<'a> {
    /// Starts at the beginning of `src`, which is made to end with a newline and to contain no NUL.
    pub fn new(src: Bytes, line: u32, aliases: &'a dyn AliasLookup, opts: ParseOptions) -> Self {
        let (src, added_newline) = normalise(src);
        Machine {
            added_newline,
            ..Machine::raw(src, line, aliases, opts)
        }
    }

    /// Starts at the beginning of `src`, taken as it is.
    pub fn raw(src: Bytes, line: u32, aliases: &'a dyn AliasLookup, opts: ParseOptions) -> Self {
        Self {
            src,
            pos: 0,
            end: 0,
            added_newline: false,
            line_mark: (0, line),
            alias_frames: Vec::new(),
            alias_next: false,
            pending: Vec::new(),
            warnings: Vec::new(),
            aliases,
            opts,
            depth: 0,
            in_subst: false,
            speculation: 0,
            memo: HashMap::new(),
            not_arith: HashSet::new(),
        }
    }

    /// The byte at `i`; 0 at the end (the input contains no NUL).
    #[inline]
    pub fn at(&self, i: usize) -> u8 {
        self.src.get(i).copied().unwrap_or(0)
    }

    /// True if a backslash at `i` is a line continuation. At the very end of input without a newline it is a backslash.
    #[inline]
    pub fn is_continuation(&self, i: usize) -> bool {
        self.at(i) == b'\\' && self.at(i + 1) == b'\n' && !(self.added_newline && i + 2 == self.src.len())
    }

    /// The byte at the cursor after any line continuations, which are consumed.
    #[inline]
    pub fn peek(&mut self) -> u8 {
        loop {
            let c = self.at(self.pos);
            if c == b'\\' && self.is_continuation(self.pos) {
                self.pos += 2;
                continue;
            }
            return c;
        }
    }

    /// The byte after the one at the cursor, looking through line continuations.
    pub fn peek_second(&mut self) -> u8 {
        if self.peek() == 0 {
            return 0;
        }
        let mut i = self.pos + 1;
        while self.is_continuation(i) {
            i += 2;
        }
        self.at(i)
    }

    /// Consumes the byte at the cursor.
    pub fn bump(&mut self) {
        self.pos += 1;
        self.end = self.pos;
    }

    /// Consumes `text` if it comes next, looking through line continuations.
    pub fn eat(&mut self, text: &[u8]) -> bool {
        let start = self.pos;
        for &c in text {
            if self.peek() != c {
                self.pos = start;
                return false;
            }
            self.pos += 1;
        }
        self.end = self.pos;
        true
    }

    /// Skips blanks, line continuations and a comment, up to the next token.
    pub fn skip_blanks(&mut self) {
        loop {
            match self.at(self.pos) {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.is_continuation(self.pos) => self.pos += 2,
                b'#' => {
                    let rest = &self.src[self.pos..];
                    self.pos += memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
        if !self.alias_frames.is_empty() {
            self.leave_aliases();
        }
    }

    /// Skips blanks and newlines; reads the here-documents that start after a newline.
    pub fn skip_newlines(&mut self) -> Parse<()> {
        loop {
            self.skip_blanks();
            if self.at(self.pos) != b'\n' {
                return Ok(());
            }
            self.newline()?;
        }
    }

    /// Consumes the newline at the cursor and then the bodies of pending here-documents.
    pub fn newline(&mut self) -> Parse<()> {
        self.pos += 1;
        if self.pending.is_empty() {
            Ok(())
        } else {
            self.read_here_docs()
        }
    }

    /// Line number of a position.
    pub fn line_at(&mut self, pos: usize) -> u32 {
        let (mark, line) = self.line_mark;
        let line = if pos >= mark {
            line + count_newlines(self.src.get(mark..pos).unwrap_or_default())
        } else {
            line.saturating_sub(count_newlines(self.src.get(pos..mark).unwrap_or_default()))
        };
        self.line_mark = (pos, line);
        line
    }

    /// Line number at the cursor.
    pub fn line(&mut self) -> u32 {
        self.line_at(self.pos)
    }

    /// Runs `f` one nesting level deeper, on more stack if necessary.
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= MAX_DEPTH {
            let message = format!("syntax error: nesting deeper than {MAX_DEPTH} levels");
            return Err(self.error_at(self.pos, message.into_bytes()));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(RED_ZONE, SEGMENT, || f(self));
        self.depth -= 1;
        result
    }

    /// Runs `f` on text that may have to be read again in another way.
    pub fn speculate<T>(&mut self, f: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.speculation += 1;
        let result = f(self);
        self.speculation -= 1;
        result
    }

    /// Reads the expansion at the cursor with `f`, at most once per position while speculating: otherwise nested doubtful
    /// constructs would take time exponential in their depth.
    pub fn memoised(&mut self, f: impl FnOnce(&mut Self) -> Parse<WordPart>) -> Parse<WordPart> {
        if self.speculation == 0 && self.memo.is_empty() {
            return f(self);
        }
        let start = self.pos;
        if let Some(known) = self.memo.get(&start) {
            let (end, part) = known.clone()?;
            self.pos = end;
            return Ok(part);
        }
        let (depth, in_subst) = (self.depth, self.in_subst);
        let result = f(self);
        (self.depth, self.in_subst) = (depth, in_subst);
        self.memo.insert(start, result.clone().map(|part| (self.pos, part)));
        result
    }

    // ---- errors ----

    fn kind(&self) -> ErrorKind {
        if self.in_subst {
            ErrorKind::Substitution
        } else {
            ErrorKind::Grammar
        }
    }

    /// An error with the line number of `pos`.
    pub fn error_at(&mut self, pos: usize, message: Vec<u8>) -> Box<SyntaxError> {
        let line = self.line_at(pos);
        let kind = self.kind();
        Box::new(SyntaxError {
            kind,
            message,
            line,
            detail: None,
            incomplete: false,
            token: Bytes::new(),
            offset: pos,
            warnings: Vec::new(),
        })
    }

    /// Input ended inside a construct that began at `start` and ends with `close`.
    pub fn unclosed(&mut self, start: usize, close: &[u8]) -> Box<SyntaxError> {
        let message = [b"unexpected EOF while looking for matching `", close, b"'"].concat();
        let mut error = self.error_at(start, message);
        error.incomplete = true;
        error.offset = self.src.len();
        error
    }

    /// Input ended inside `$(`.
    pub fn unclosed_subst(&mut self) -> Box<SyntaxError> {
        let end = self.src.len();
        let mut error = self.unclosed(end, b")");
        error.kind = ErrorKind::Grammar;
        error
    }

    /// The token at the cursor is not allowed there.
    pub fn unexpected(&mut self) -> Box<SyntaxError> {
        self.skip_blanks();
        let pos = self.pos;
        if self.at(pos) == 0 {
            if self.in_subst {
                return self.unclosed_subst();
            }
            let mut error = self.error_at(pos, b"syntax error: unexpected end of file".to_vec());
            error.incomplete = true;
            return error;
        }
        let token = self.token_text();
        self.unexpected_token(token)
    }

    /// `token`, which stands at the cursor, is not allowed there.
    pub fn unexpected_token(&mut self, token: Bytes) -> Box<SyntaxError> {
        let pos = self.pos;
        let message = [b"syntax error near unexpected token `", &token[..], b"'"].concat();
        let mut error = self.error_at(pos, message);
        error.detail = Some(self.quoted_line(pos));
        error.token = token;
        error
    }

    /// The source line around `pos` between a backtick and a quote.
    pub fn quoted_line(&self, pos: usize) -> Vec<u8> {
        let pos = pos.min(self.src.len());
        let start = memrchr(b'\n', &self.src[..pos]).map_or(0, |i| i + 1);
        let end = memchr(b'\n', &self.src[pos..]).map_or(self.src.len(), |i| pos + i);
        [b"`", &self.src[start..end], b"'"].concat()
    }

    /// The text of the token at the cursor, for messages.
    pub fn token_text(&mut self) -> Bytes {
        let start = self.pos;
        if self.at(start) == b'\n' {
            return Bytes::from_static(b"newline");
        }
        const OPERATORS: [&[u8]; 22] = [
            b";;&", b";;", b";&", b";", b"&&", b"&>>", b"&>", b"&", b"||", b"|&", b"|", b"<<<", b"<<-", b"<<", b"<&",
            b"<>", b"<", b">>", b">&", b">|", b">", b"(",
        ];
        if let Some(op) = OPERATORS.iter().find(|op| self.src[start..].starts_with(op)) {
            return self.src.slice(start..start + op.len());
        }
        if self.at(start) == b')' {
            return Bytes::from_static(b")");
        }
        let word = self
            .read_word(super::words::WordContext::default())
            .map(|word| word.raw);
        self.pos = start;
        word.unwrap_or_else(|_| {
            let mut end = start;
            while class::OF[self.at(end) as usize] & class::META == 0 {
                end += 1;
            }
            self.src.slice(start..end)
        })
    }

    // ---- aliases ----

    fn leave_aliases(&mut self) {
        let remaining = self.src.len().saturating_sub(self.pos);
        while let Some(frame) = self.alias_frames.last() {
            if remaining > frame.remaining_after {
                break;
            }
            self.alias_next |= frame.expand_next;
            self.alias_frames.pop();
        }
    }

    /// Replaces an alias at the cursor by its text, repeatedly. The cursor must be at the start of a word that may be one.
    pub fn expand_alias(&mut self) {
        if !self.opts.expand_aliases {
            return;
        }
        self.leave_aliases();
        loop {
            let mut end = self.pos;
            while class::OF[self.at(end) as usize] & (class::META | class::SPECIAL) == 0 {
                end += 1;
            }
            // A word with quotes in it is never an alias.
            if end == self.pos || class::OF[self.at(end) as usize] & class::SPECIAL != 0 {
                return;
            }
            let name = &self.src[self.pos..end];
            if self.alias_frames.iter().any(|frame| frame.name == name)
                || (self.opts.posix && super::keywords::is_reserved(name))
            {
                return;
            }
            let Some(text) = self.aliases.lookup(name) else { return };
            let mut buffer = Vec::with_capacity(self.src.len() + text.len());
            let remaining_after = self.src.len() - end;
            let frame = AliasFrame {
                name: name.to_vec(),
                remaining_after,
                expand_next: text.last().is_some_and(|c| matches!(c, b' ' | b'\t')),
            };
            self.line();
            buffer.extend_from_slice(&self.src[..self.pos]);
            buffer.extend(text.iter().filter(|&&c| c != 0));
            buffer.extend_from_slice(&self.src[end..]);
            self.src = Bytes::from(buffer);
            let pos = self.pos;
            self.not_arith.retain(|&start| start < pos);
            self.memo.retain(|&start, _| start < pos);
            self.alias_frames.push(frame);
            self.skip_blanks();
        }
    }

    /// Forgets what has been consumed, so that the buffer does not grow with every alias.
    pub fn discard_consumed(&mut self) {
        if self.opts.expand_aliases && self.pos > 0 {
            self.line();
            let (_, line) = self.line_mark;
            self.src = self.src.slice(self.pos..);
            self.pos = 0;
            self.end = 0;
            self.line_mark = (0, line);
            self.not_arith.clear();
        }
        self.memo.clear();
    }
}

fn count_newlines(text: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u32::MAX)
}

/// Drops NUL bytes, as bash does, and adds the final newline.
pub(super) fn normalise(src: Bytes) -> (Bytes, bool) {
    let has_nul = memchr(0, &src).is_some();
    let has_newline = src.last() == Some(&b'\n');
    if has_newline && !has_nul || src.is_empty() {
        return (src, false);
    }
    let mut buffer = Vec::with_capacity(src.len() + 1);
    if has_nul {
        buffer.extend(src.iter().filter(|&&c| c != 0));
    } else {
        buffer.extend_from_slice(&src);
    }
    let added = buffer.last() != Some(&b'\n');
    if added {
        buffer.push(b'\n');
    }
    (Bytes::from(buffer), added)
}
