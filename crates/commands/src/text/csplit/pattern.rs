//! What the operands and `--suffix-format` say.

use ::pattern::regex::{Options, Regex, Syntax};
use shell::command::{CommandError, Context};

use crate::number::decimal;
use crate::quote::{quote, quotef};

/// Where to cut.
#[derive(Debug)]
pub(super) enum Kind {
    /// Before a line, and then each so many lines.
    Line(u64),
    /// Before a match, or as many lines away from it; what is before may be skipped.
    Regex { regex: Box<Regex>, offset: i64, skip: bool },
}

/// How often after the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    Times(u64),
    Forever,
}

/// An operand with its repetition.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) kind: Kind,
    pub(super) repeat: Repeat,
    /// As it was given, for messages.
    pub(super) text: Vec<u8>,
}

fn fail(parts: &[&[u8]]) -> CommandError {
    CommandError::fail(1, parts.concat())
}

/// Reads the operands after the file.
pub(super) fn parse(cx: &mut Context<'_>, operands: &[Vec<u8>]) -> Result<Vec<Control>, CommandError> {
    let mut controls: Vec<Control> = Vec::new();
    let mut last_line = 0;
    let mut rest = operands.iter().peekable();
    while let Some(text) = rest.next() {
        let kind = match text.first() {
            Some(delimiter @ (b'/' | b'%')) => regex(text, *delimiter)?,
            _ => {
                let n = decimal(text).map_err(|_| fail(&[&quote(text), b": invalid pattern"]))?;
                if n == 0 {
                    return Err(fail(&[&quotef(text), b": line number must be greater than zero"]));
                }
                if n < last_line {
                    let before = last_line.to_string();
                    let text: [&[u8]; 4] = [
                        b"line number ",
                        &quote(text),
                        b" is smaller than preceding line number, ",
                        before.as_bytes(),
                    ];
                    return Err(fail(&text));
                }
                if n == last_line {
                    cx.warn(
                        [
                            &b"warning: line number "[..],
                            &quote(text),
                            b" is the same as preceding line number",
                        ]
                        .concat(),
                    );
                }
                last_line = n;
                Kind::Line(n)
            }
        };
        let repeat = match rest.next_if(|t| t.starts_with(b"{")) {
            Some(times) => repetition(times)?,
            None => Repeat::Times(0),
        };
        controls.push(Control {
            kind,
            repeat,
            text: text.clone(),
        });
    }
    Ok(controls)
}

fn regex(text: &[u8], delimiter: u8) -> Result<Kind, CommandError> {
    let Some(end) = memchr::memrchr(delimiter, text).filter(|n| *n > 0) else {
        return Err(fail(&[
            &quotef(text),
            b": closing delimiter '",
            &[delimiter],
            b"' missing",
        ]));
    };
    let tail = &text[end + 1..];
    let offset = if tail.is_empty() {
        0
    } else {
        let digits = tail
            .strip_prefix(b"+")
            .or_else(|| tail.strip_prefix(b"-"))
            .unwrap_or(tail);
        let n = decimal(digits).map_err(|_| fail(&[&quote(text), b": integer expected after delimiter"]))?;
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        if tail[0] == b'-' { -n } else { n }
    };
    let source = &text[1..end];
    let compiled = Regex::new(source, &Options::new(Syntax::Bre)).map_err(|e| {
        fail(&[
            &quote(text),
            b": invalid regular expression: ",
            e.to_string().as_bytes(),
        ])
    })?;
    Ok(Kind::Regex {
        regex: Box::new(compiled),
        offset,
        skip: delimiter == b'%',
    })
}

fn repetition(text: &[u8]) -> Result<Repeat, CommandError> {
    let Some(inner) = text.strip_suffix(b"}") else {
        return Err(fail(&[&quote(text), b": '}' is required in repeat count"]));
    };
    let inner = &inner[1..];
    if inner == b"*" {
        return Ok(Repeat::Forever);
    }
    match decimal(inner) {
        Ok(n) => Ok(Repeat::Times(n)),
        // As the real tool says it, which has put an end to the text in its bracket's place.
        Err(_) => Err(fail(&[
            &quote(&text[..text.len() - 1]),
            b"}: integer required between '{' and '}'",
        ])),
    }
}

/// How the names end: one conversion of a number among other text.
#[derive(Debug, Clone)]
pub(super) struct Template {
    before: Vec<u8>,
    left: bool,
    zero: bool,
    alternative: bool,
    width: usize,
    precision: usize,
    letter: u8,
    after: Vec<u8>,
}

impl Template {
    /// `%0Nd`.
    pub(super) fn digits(width: usize) -> Self {
        Self {
            before: Vec::new(),
            left: false,
            zero: true,
            alternative: false,
            width,
            precision: 0,
            letter: b'd',
            after: Vec::new(),
        }
    }

    /// Reads a format.
    pub(super) fn parse(text: &[u8]) -> Result<Self, CommandError> {
        let mut t = Self::digits(0);
        t.zero = false;
        let (mut at, mut seen) = (0, false);
        while at < text.len() {
            let b = text[at];
            at += 1;
            if b != b'%' {
                if seen {
                    t.after.push(b)
                } else {
                    t.before.push(b)
                }
                continue;
            }
            if text.get(at) == Some(&b'%') {
                at += 1;
                if seen {
                    t.after.push(b'%')
                } else {
                    t.before.push(b'%')
                }
                continue;
            }
            if seen {
                return Err(fail(&[b"too many % conversion specifications in suffix"]));
            }
            seen = true;
            while let Some(f) = text.get(at) {
                match f {
                    b'-' => t.left = true,
                    b'0' => t.zero = true,
                    b'#' => t.alternative = true,
                    b'\'' => {}
                    _ => break,
                }
                at += 1;
            }
            let number = |at: &mut usize| {
                let len = text[*at..].iter().take_while(|b| b.is_ascii_digit()).count();
                let n = text[*at..*at + len]
                    .iter()
                    .fold(0usize, |n, d| (n * 10 + usize::from(d - b'0')).min(4096));
                *at += len;
                n
            };
            t.width = number(&mut at);
            if text.get(at) == Some(&b'.') {
                at += 1;
                t.precision = number(&mut at);
                t.zero = false;
            }
            match text.get(at) {
                Some(l @ (b'd' | b'i' | b'u' | b'o' | b'x' | b'X')) => t.letter = *l,
                Some(l) => return Err(fail(&[b"invalid conversion specifier in suffix: ", &[*l]])),
                None => return Err(fail(&[b"missing conversion specifier in suffix"])),
            }
            at += 1;
        }
        if seen {
            Ok(t)
        } else {
            Err(fail(&[b"missing % conversion specification in suffix"]))
        }
    }

    /// The suffix of the `n`th file.
    pub(super) fn show(&self, n: u64) -> Vec<u8> {
        let (digits, lead) = match self.letter {
            b'o' => (format!("{n:o}"), "0"),
            b'x' => (format!("{n:x}"), "0x"),
            b'X' => (format!("{n:X}"), "0X"),
            _ => (n.to_string(), ""),
        };
        let lead = if self.alternative && n > 0 { lead } else { "" };
        let fill = self.precision.saturating_sub(digits.len());
        let digits = format!("{}{digits}", "0".repeat(fill));
        let pad = self.width.saturating_sub(digits.len() + lead.len());
        let body = if self.left {
            format!("{lead}{digits}{}", " ".repeat(pad))
        } else if self.zero {
            format!("{lead}{}{digits}", "0".repeat(pad))
        } else {
            format!("{}{lead}{digits}", " ".repeat(pad))
        };
        [&self.before[..], body.as_bytes(), &self.after].concat()
    }
}
