//! The fast JSON parser, and the slow one that explains what was wrong.

use super::lexer::{Lexer, literal};
use super::text::unescape;
use crate::value::{Array, MAX_DEPTH, Number, Object, Str, Value};

/// JSON text that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {}line {line}, column {column}", if *.eof { "EOF at " } else { "" })]
pub struct ParseError {
    /// What is wrong, in jq's words.
    pub message: &'static str,
    /// Line of the byte at which it was noticed, from 1.
    pub line: u64,
    /// Bytes of that line up to and including that byte.
    pub column: u64,
    /// Whether the end of the text was the problem.
    pub eof: bool,
}

/// Why the fast parser stopped without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// More text may complete the value.
    Incomplete,
    /// The text is wrong.
    Bad,
}

/// Whether a byte ends an unquoted token.
const ENDS_TOKEN: [bool; 256] = {
    let mut t = [false; 256];
    let ends = b" \t\r\n[]{}:,\"";
    let mut i = 0;
    while i < ends.len() {
        t[ends[i] as usize] = true;
        i += 1;
    }
    t
};

/// Bytes a string scan must stop at: quote, backslash, control characters.
const STOPS_STRING: [bool; 256] = {
    let mut t = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        t[i] = true;
        i += 1;
    }
    t[b'"' as usize] = true;
    t[b'\\' as usize] = true;
    t
};

/// A position in text that holds whole values.
pub(super) struct Fast<'a> {
    text: &'a [u8],
    pub(super) at: usize,
    /// No more text will follow.
    eof: bool,
}

impl<'a> Fast<'a> {
    pub(super) fn new(text: &'a [u8], at: usize, eof: bool) -> Self {
        Self { text, at, eof }
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// Parses the value that starts here (no leading space).
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, Stop> {
        match self.text.get(self.at) {
            None => Err(Stop::Incomplete),
            Some(b'"') => {
                self.at += 1;
                self.string().map(Value::String)
            }
            Some(b'{') => {
                self.at += 1;
                self.nested(depth, Self::object)
            }
            Some(b'[') => {
                self.at += 1;
                self.nested(depth, Self::array)
            }
            Some(_) => self.token(),
        }
    }

    fn nested(
        &mut self,
        depth: usize,
        body: impl FnOnce(&mut Self, usize) -> Result<Value, Stop>,
    ) -> Result<Value, Stop> {
        if depth >= MAX_DEPTH {
            return Err(Stop::Bad);
        }
        if depth & 31 == 31 {
            stacker::maybe_grow(128 * 1024, 1024 * 1024, || body(self, depth))
        } else {
            body(self, depth)
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Stop> {
        self.skip_space();
        if self.text.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Value::Array(Array::new()));
        }
        let mut items = Vec::new();
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            match self.text.get(self.at) {
                Some(b',') => {
                    self.at += 1;
                    self.skip_space();
                }
                Some(b']') => {
                    self.at += 1;
                    return Ok(Value::Array(Array::from(items)));
                }
                Some(_) => return Err(Stop::Bad),
                None => return Err(Stop::Incomplete),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, Stop> {
        self.skip_space();
        if self.text.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(Value::Object(Object::new()));
        }
        let mut object = Object::builder(4);
        loop {
            match self.text.get(self.at) {
                Some(b'"') => self.at += 1,
                Some(_) => return Err(Stop::Bad),
                None => return Err(Stop::Incomplete),
            }
            let key = self.string()?;
            self.skip_space();
            match self.text.get(self.at) {
                Some(b':') => self.at += 1,
                Some(_) => return Err(Stop::Bad),
                None => return Err(Stop::Incomplete),
            }
            self.skip_space();
            let value = self.value(depth + 2)?;
            object.insert(key, value);
            self.skip_space();
            match self.text.get(self.at) {
                Some(b',') => {
                    self.at += 1;
                    self.skip_space();
                }
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Value::Object(object.finish()));
                }
                Some(_) => return Err(Stop::Bad),
                None => return Err(Stop::Incomplete),
            }
        }
    }

    /// Parses a string after its opening quote.
    #[inline]
    fn string(&mut self) -> Result<Str, Stop> {
        let start = self.at;
        let rest = &self.text[start..];
        let mut n = rest
            .iter()
            .take(32)
            .take_while(|b| !STOPS_STRING[usize::from(**b)])
            .count();
        if n == 32 {
            n += memchr::memchr2(b'"', b'\\', &rest[32..]).unwrap_or(rest.len() - 32);
        }
        let raw = &rest[..n];
        if rest.get(n) == Some(&b'"')
            && (n < 32 || !raw.iter().any(|b| *b < 0x20))
            && let Ok(s) = std::str::from_utf8(raw)
        {
            self.at = start + n + 1;
            return Ok(Str::from(s));
        }
        self.string_slow(start, n)
    }

    #[cold]
    fn string_slow(&mut self, start: usize, mut n: usize) -> Result<Str, Stop> {
        let rest = &self.text[start..];
        loop {
            n += memchr::memchr2(b'"', b'\\', rest.get(n..).unwrap_or_default()).ok_or(Stop::Incomplete)?;
            if rest[n] == b'"' {
                break;
            }
            n += 2;
        }
        self.at = start + n + 1;
        unescape(&rest[..n]).map_err(|_| Stop::Bad)
    }

    #[inline]
    fn token(&mut self) -> Result<Value, Stop> {
        let rest = &self.text[self.at..];
        let n = rest.iter().take_while(|b| !ENDS_TOKEN[usize::from(**b)]).count();
        if n == rest.len() && !self.eof {
            return Err(Stop::Incomplete);
        }
        if n == 0 {
            return Err(Stop::Bad);
        }
        let token = &rest[..n];
        let v = match token {
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            b"null" => Value::Null,
            _ if token[0] == b'-' || token[0].is_ascii_digit() => Value::Number(Number::parse(token).ok_or(Stop::Bad)?),
            _ => literal(token).map_err(|_| Stop::Bad)?,
        };
        self.at += n;
        Ok(v)
    }
}

/// Skips a UTF-8 byte order mark.
pub(super) fn skip_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// Parses exactly one value, as `fromjson` does; `Ok(None)` if there is only white space.
///
/// # Errors
/// [`ParseError`]; a second value is the error "Unexpected extra JSON values".
pub fn parse_one(text: &[u8]) -> Result<Option<Value>, ParseError> {
    let text = skip_bom(text);
    let mut p = Fast::new(text, 0, true);
    p.skip_space();
    if p.at == text.len() {
        return Ok(None);
    }
    let v = match p.value(0) {
        Ok(v) => v,
        Err(_) => return Err(explain_all(text)),
    };
    p.skip_space();
    if p.at < text.len() {
        // What follows may be garbage rather than a value: then that is the error.
        return Err(match parse_all(text) {
            Err(e) => e,
            Ok(_) => ParseError {
                message: "Unexpected extra JSON values",
                line: 0,
                column: 0,
                eof: false,
            },
        });
    }
    Ok(Some(v))
}

/// Parses all the values of a text, as `--slurpfile` and `--argjson` do.
///
/// # Errors
/// [`ParseError`] for the first thing that is wrong.
pub fn parse_all(text: &[u8]) -> Result<Vec<Value>, ParseError> {
    let text = skip_bom(text);
    let mut out = Vec::new();
    let mut p = Fast::new(text, 0, true);
    loop {
        p.skip_space();
        if p.at == text.len() {
            return Ok(out);
        }
        match p.value(0) {
            Ok(v) => out.push(v),
            Err(_) => return Err(explain_all(text)),
        }
    }
}

/// What is open at a point of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array { any: bool },
    Object { any: bool },
    Key,
}

/// The first error of `text`, all of which is there.
fn explain_all(text: &[u8]) -> ParseError {
    explain(text, 1, 0, true).unwrap_or(ParseError {
        message: "Unfinished JSON term",
        line: 1,
        column: 0,
        eof: true,
    })
}

/// Finds the first error of `text`, which starts at the given position, by reading it the way jq does. `None` if it
/// shows only in text that is still to come.
pub(super) fn explain(text: &[u8], line: u64, column: u64, eof: bool) -> Option<ParseError> {
    let mut lexer = Lexer::at(line, column);
    let mut check = Check {
        stack: Vec::new(),
        next: None,
    };
    let mut message = None;
    for &b in text {
        let step = match lexer.step(b) {
            Ok(step) => step,
            Err(m) => {
                message = Some(m);
                break;
            }
        };
        let run = || -> Result<(), &'static str> {
            if let Some(v) = step.literal {
                check.value(&v)?;
                check.done();
            }
            if let Some(s) = step.structure {
                check.structure(s)?;
            }
            if let Some(v) = step.string {
                check.value(&v)?;
            }
            Ok(())
        };
        if let Err(m) = run() {
            message = Some(m);
            break;
        }
        check.done();
    }
    let at_eof = message.is_none();
    if at_eof && !eof {
        return None;
    }
    let message = message.unwrap_or_else(|| match lexer.finish() {
        Err(m) => m,
        Ok(v) => match v.map_or(Ok(()), |v| check.value(&v)) {
            Err(m) => m,
            Ok(()) => "Unfinished JSON term",
        },
    });
    let (line, column) = lexer.position();
    Some(ParseError {
        message,
        line,
        column,
        eof: at_eof,
    })
}

struct Check {
    stack: Vec<Open>,
    /// The value that waits for a separator: whether it is a string.
    next: Option<bool>,
}

impl Check {
    fn value(&mut self, v: &Value) -> Result<(), &'static str> {
        if self.next.is_some() {
            return Err("Expected separator between values");
        }
        self.next = Some(matches!(v, Value::String(_)));
        Ok(())
    }

    /// A complete top-level value leaves the parser.
    fn done(&mut self) {
        if self.stack.is_empty() {
            self.next = None;
        }
    }

    fn structure(&mut self, s: u8) -> Result<(), &'static str> {
        match s {
            b'[' | b'{' => {
                if self.stack.len() >= MAX_DEPTH {
                    return Err("Exceeds depth limit for parsing");
                }
                if self.next.is_some() {
                    return Err("Expected separator between values");
                }
                self.stack.push(if s == b'[' {
                    Open::Array { any: false }
                } else {
                    Open::Object { any: false }
                });
            }
            b':' => {
                let Some(is_string) = self.next else {
                    return Err("Expected string key before ':'");
                };
                if !matches!(self.stack.last(), Some(Open::Object { .. })) {
                    return Err("':' not as part of an object");
                }
                if !is_string {
                    return Err("Object keys must be strings");
                }
                self.stack.push(Open::Key);
                self.next = None;
            }
            b',' => {
                if self.next.is_none() {
                    return Err("Expected value before ','");
                }
                self.store()?;
            }
            b']' => {
                let Some(Open::Array { any }) = self.stack.last().copied() else {
                    return Err("Unmatched ']'");
                };
                if self.next.is_none() && any {
                    return Err("Expected another array element");
                }
                self.stack.pop();
                self.next = Some(false);
            }
            _ => {
                if self.stack.is_empty() {
                    return Err("Unmatched '}'");
                }
                if self.next.is_some() {
                    if self.stack.last() != Some(&Open::Key) {
                        return Err("Objects must consist of key:value pairs");
                    }
                    self.store()?;
                } else {
                    match self.stack.last() {
                        Some(Open::Object { any: true }) => return Err("Expected another key-value pair"),
                        Some(Open::Object { any: false }) => {}
                        _ => return Err("Unmatched '}'"),
                    }
                }
                self.stack.pop();
                self.next = Some(false);
            }
        }
        Ok(())
    }

    /// Puts the waiting value into what is open.
    fn store(&mut self) -> Result<(), &'static str> {
        match self.stack.last_mut() {
            Some(Open::Array { any }) => *any = true,
            Some(Open::Key) => {
                self.stack.pop();
                if let Some(Open::Object { any }) = self.stack.last_mut() {
                    *any = true;
                }
            }
            _ => return Err("Objects must consist of key:value pairs"),
        }
        self.next = None;
        Ok(())
    }
}
