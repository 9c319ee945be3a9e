//! Perl-compatible patterns and those of Rust's `regex` crate.
//!
//! What needs no backtracking runs on the automata; look-around, back-references, atomic groups and `\K` go to a
//! backtracking matcher with a step limit.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use regex_syntax::hir::{Look, Repetition};

use super::error::RegexError;
use super::syntax::{Options, Syntax, Wrap};

/// What a pattern became.
pub(super) enum Compiled {
    /// It is regular.
    Hir(Hir),
    /// It needs backtracking.
    Fancy(Box<fancy_regex::Regex>),
}

/// Compiles a pattern of [`Syntax::Perl`] or [`Syntax::Rust`].
pub(super) fn compile(pattern: &[u8], options: &Options) -> Result<Compiled, RegexError> {
    let text = escape_invalid(pattern, options.utf8);
    let text = if options.syntax == Syntax::Perl {
        translate(&text, options.utf8)
    } else {
        text
    };
    let lines = options.line_terminator.is_some() || options.newline;
    let parsed = ParserBuilder::new()
        .utf8(false)
        .unicode(options.utf8)
        .case_insensitive(options.icase)
        .multi_line(lines)
        .nest_limit(500)
        .build()
        .parse(&text);
    match parsed {
        Ok(hir) => {
            let hir = match options.line_terminator {
                Some(end) => strip(hir, end)?,
                None => hir,
            };
            Ok(Compiled::Hir(wrap(hir, options)))
        }
        Err(error) if options.syntax == Syntax::Rust => Err(RegexError::Perl(error.to_string())),
        Err(_) => {
            let text = match options.wrap {
                Wrap::None => text,
                Wrap::Word => format!("(?<![0-9A-Za-z_])(?:{text})(?![0-9A-Za-z_])"),
                Wrap::Line => format!("^(?:{text})$"),
            };
            let mut builder = fancy_regex::RegexBuilder::new(&text);
            builder
                .case_insensitive(options.icase)
                .multi_line(lines)
                .backtrack_limit(options.step_limit)
                .bytes_mode(if options.utf8 {
                    fancy_regex::BytesMode::UnicodeBytes
                } else {
                    fancy_regex::BytesMode::Ascii
                });
            builder
                .build()
                .map(|re| Compiled::Fancy(Box::new(re)))
                .map_err(|e| RegexError::Perl(perl_error(&e)))
        }
    }
}

/// The words of PCRE2 for the common mistakes.
fn perl_error(error: &fancy_regex::Error) -> String {
    let text = error.to_string();
    for (theirs, ours) in [
        ("closing parenthesis", "missing closing parenthesis"),
        ("Invalid character class", "missing terminating ] for character class"),
        (
            "Target of repeat operator is invalid",
            "quantifier does not follow a repeatable item",
        ),
        ("ack reference", "reference to non-existent subpattern"),
        ("without following character", "\\ at end of pattern"),
    ] {
        if text.contains(theirs) {
            return ours.to_owned();
        }
    }
    text
}

fn wrap(hir: Hir, options: &Options) -> Hir {
    // PCRE's word characters are ASCII unless asked otherwise.
    let unicode = options.utf8 && options.syntax == Syntax::Rust;
    let (before, after) = match (options.wrap, unicode, options.line_terminator.is_some()) {
        (Wrap::None, ..) => return hir,
        (Wrap::Word, true, _) => (Look::WordStartHalfUnicode, Look::WordEndHalfUnicode),
        (Wrap::Word, false, _) => (Look::WordStartHalfAscii, Look::WordEndHalfAscii),
        (Wrap::Line, _, true) => (Look::StartLF, Look::EndLF),
        (Wrap::Line, _, false) => (Look::Start, Look::End),
    };
    Hir::concat(vec![Hir::look(before), hir, Hir::look(after)])
}

/// Writes bytes that are not UTF-8 as escapes, since the parsers read text.
fn escape_invalid(pattern: &[u8], utf8: bool) -> String {
    let mut out = String::new();
    for chunk in pattern.utf8_chunks() {
        if utf8 {
            out.push_str(chunk.valid());
        } else {
            for b in chunk.valid().bytes() {
                push_byte(&mut out, b);
            }
        }
        for &b in chunk.invalid() {
            out.push_str(&format!("(?-u:\\x{b:02X})"));
        }
    }
    out
}

fn push_byte(out: &mut String, b: u8) {
    if b < 0x80 {
        out.push(char::from(b));
    } else {
        out.push_str(&format!("\\x{b:02X}"));
    }
}

/// Takes the record terminator out of everything that could match it.
fn strip(hir: Hir, end: u8) -> Result<Hir, RegexError> {
    Ok(match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(l) if l.0.contains(&end) => {
            return Err(RegexError::Perl(format!(
                "the literal {:?} is not allowed in a regex",
                char::from(end).to_string()
            )));
        }
        HirKind::Literal(l) => Hir::literal(l.0),
        HirKind::Class(Class::Unicode(mut set)) => {
            if end < 0x80 {
                let c = char::from(end);
                set.difference(&ClassUnicode::new([ClassUnicodeRange::new(c, c)]));
            }
            Hir::class(Class::Unicode(set))
        }
        HirKind::Class(Class::Bytes(mut set)) => {
            set.difference(&ClassBytes::new([ClassBytesRange::new(end, end)]));
            Hir::class(Class::Bytes(set))
        }
        // Each record is searched as if alone: its edges are those of the text.
        HirKind::Look(Look::Start) => Hir::look(Look::StartLF),
        HirKind::Look(Look::End) => Hir::look(Look::EndLF),
        HirKind::Look(l) => Hir::look(l),
        HirKind::Repetition(r) => {
            let sub = Box::new(strip(*r.sub, end)?);
            Hir::repetition(Repetition {
                min: r.min,
                max: r.max,
                greedy: r.greedy,
                sub,
            })
        }
        HirKind::Capture(c) => {
            let sub = Box::new(strip(*c.sub, end)?);
            Hir::capture(Capture {
                index: c.index,
                name: c.name,
                sub,
            })
        }
        HirKind::Concat(subs) => Hir::concat(subs.into_iter().map(|s| strip(s, end)).collect::<Result<_, _>>()?),
        HirKind::Alternation(subs) => {
            Hir::alternation(subs.into_iter().map(|s| strip(s, end)).collect::<Result<_, _>>()?)
        }
    })
}

/// Rewrites what Perl means differently from the `regex` crate.
fn translate(p: &str, utf8: bool) -> String {
    let mut out = String::with_capacity(p.len() + 16);
    let mut chars = p.chars().peekable();
    let mut class = ClassState::Outside;
    while let Some(c) = chars.next() {
        if c == '\\' {
            let Some(e) = chars.next() else {
                out.push('\\');
                break;
            };
            escape(e, &mut chars, &mut out, class != ClassState::Outside, utf8);
            if class == ClassState::Start {
                class = ClassState::Inside;
            }
            continue;
        }
        match class {
            ClassState::Outside => match c {
                '[' => {
                    out.push('[');
                    if chars.peek() == Some(&'^') {
                        chars.next();
                        out.push('^');
                    }
                    class = ClassState::Start;
                }
                '{' if !is_quantifier(chars.clone()) => out.push_str("\\{"),
                '}' if !open_quantifier(&out) => out.push_str("\\}"),
                _ => out.push(c),
            },
            ClassState::Start | ClassState::Inside => {
                match c {
                    ']' if class == ClassState::Start => out.push_str("\\]"),
                    ']' => {
                        out.push(']');
                        class = ClassState::Outside;
                        continue;
                    }
                    '[' if matches!(chars.peek(), Some(':')) && posix_class(chars.clone()) => {
                        out.push('[');
                        for d in chars.by_ref() {
                            out.push(d);
                            if d == ']' {
                                break;
                            }
                        }
                    }
                    '[' | '&' | '~' => {
                        out.push('\\');
                        out.push(c);
                    }
                    '-' if chars.peek() == Some(&'-') => out.push_str("\\-"),
                    _ => out.push(c),
                }
                class = ClassState::Inside;
            }
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum ClassState {
    Outside,
    Start,
    Inside,
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Whether `{` is followed by the rest of `{n}`, `{n,}` or `{n,m}`.
fn is_quantifier(chars: Chars<'_>) -> bool {
    let mut digits = 0;
    let mut comma = false;
    for c in chars {
        match c {
            '0'..='9' => digits += 1,
            ',' if digits > 0 && !comma => comma = true,
            '}' => return digits > 0,
            _ => return false,
        }
    }
    false
}

fn open_quantifier(out: &str) -> bool {
    let body = out.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',');
    body.len() < out.len() && body.ends_with('{') && !body.ends_with("\\{")
}

fn posix_class(chars: Chars<'_>) -> bool {
    let rest: String = chars.skip(1).take_while(|c| *c != ']').collect();
    rest.ends_with(':')
        && rest
            .trim_start_matches('^')
            .trim_end_matches(':')
            .chars()
            .all(|c| c.is_ascii_alphabetic())
}

fn escape(e: char, chars: &mut Chars<'_>, out: &mut String, in_class: bool, utf8: bool) {
    let blank = if utf8 { r"\t\p{Zs}" } else { r"\t\x20" };
    match (e, in_class) {
        ('Q', _) => {
            while let Some(c) = chars.next() {
                if c == '\\' && chars.peek() == Some(&'E') {
                    chars.next();
                    break;
                }
                if !c.is_alphanumeric() && c.is_ascii() {
                    out.push('\\');
                }
                out.push(c);
            }
        }
        ('E', _) => {}
        ('d', _) => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
        ('D', false) => out.push_str("[^0-9]"),
        ('w', _) => out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
        ('W', false) => out.push_str("[^0-9A-Za-z_]"),
        ('s', _) => out.push_str(if in_class { r"\t-\r\x20" } else { r"[\t-\r\x20]" }),
        ('S', false) => out.push_str(r"[^\t-\r\x20]"),
        ('D', true) => out.push_str("[^0-9]"),
        ('W', true) => out.push_str("[^0-9A-Za-z_]"),
        ('S', true) => out.push_str(r"[^\t-\r\x20]"),
        ('b', false) => out.push_str(r"(?-u:\b)"),
        ('B', false) => out.push_str(r"(?-u:\B)"),
        ('b', true) => out.push_str(r"\x08"),
        ('h', true) => out.push_str(blank),
        ('h', false) => {
            out.push('[');
            out.push_str(blank);
            out.push(']');
        }
        ('H', _) => {
            out.push_str("[^");
            out.push_str(blank);
            out.push(']');
        }
        ('v', true) => out.push_str(r"\n-\r"),
        ('v', false) => out.push_str(r"[\n-\r]"),
        ('V', _) => out.push_str(r"[^\n-\r]"),
        ('N', false) => out.push_str(r"[^\n]"),
        ('R', false) => out.push_str(r"(?:\r\n|[\n-\r])"),
        ('e', _) => out.push_str(r"\x1B"),
        ('a', _) => out.push_str(r"\x07"),
        ('Z', false) => out.push_str(r"(?=\n?\z)"),
        ('c', _) => {
            if let Some(c) = chars.next() {
                out.push_str(&format!("\\x{:02X}", (c.to_ascii_uppercase() as u32 ^ 64) & 0x7f));
            }
        }
        ('0', _) => {
            let mut value = 0;
            for _ in 0..2 {
                match chars.peek().and_then(|c| c.to_digit(8)) {
                    Some(d) => {
                        value = value * 8 + d;
                        chars.next();
                    }
                    None => break,
                }
            }
            out.push_str(&format!("\\x{{{value:X}}}"));
        }
        // Letters keep their meaning; the rest is literal, also `\<`, which the crate would read as a word edge.
        (c, _) if c.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(c);
        }
        ('<' | '>', _) => out.push(e),
        (c, _) if c.is_ascii_punctuation() => {
            out.push('\\');
            out.push(c);
        }
        (c, _) => out.push(c),
    }
}
