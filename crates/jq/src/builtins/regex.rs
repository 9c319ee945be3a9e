//! Regular expressions in Oniguruma's syntax.

use super::Native;
use super::collections::count;
use crate::error::{Exc, type_error};
use crate::exec::Cx;
use crate::value::{Object, Str, Value};
use std::collections::HashMap;
use std::rc::Rc;

type Result<T> = std::result::Result<T, Exc>;

/// Compiled expressions kept per run.
const CACHE: usize = 256;

/// The compiled regular expressions of a run.
#[derive(Debug, Default)]
pub(crate) struct Regexes {
    cache: HashMap<(Str, Str), Rc<Regex>>,
}

#[derive(Debug)]
struct Regex {
    regex: fancy_regex::Regex,
    names: Vec<Option<Str>>,
    global: bool,
    not_empty: bool,
    longest: bool,
}

fn failure(message: impl std::fmt::Display, pattern: &str) -> Exc {
    Exc::message(format!("{pattern} (at offset 0) is not a valid regex: {message}"))
}

fn compile(cx: &mut Cx<'_, '_>, pattern: &Value, flags: &Value, final_newline: bool) -> Result<Rc<Regex>> {
    let Value::String(p) = pattern else {
        return Err(type_error(pattern, "cannot be matched, as it is not a string"));
    };
    let f = match flags {
        Value::Null => Str::new(),
        Value::String(f) => f.clone(),
        other => return Err(type_error(other, "is not a string")),
    };
    let mut key_flags = f.clone();
    if final_newline {
        key_flags.push('$');
    }
    let key = (p.clone(), key_flags);
    if let Some(r) = cx.regexes.cache.get(&key) {
        return Ok(Rc::clone(r));
    }
    let r = Rc::new(build(p, &f, final_newline)?);
    if cx.regexes.cache.len() >= CACHE {
        cx.regexes.cache.clear();
    }
    cx.regexes.cache.insert(key, Rc::clone(&r));
    Ok(r)
}

fn build(pattern: &str, flags: &str, final_newline: bool) -> Result<Regex> {
    let (mut global, mut not_empty, mut longest) = (false, false, false);
    let mut modes = String::new();
    for c in flags.chars() {
        match c {
            'g' => global = true,
            'i' => modes.push('i'),
            'x' => modes.push('x'),
            // Single line mode is about anchors, which never match inside anyway.
            's' => {}
            'p' => modes.push('s'),
            'l' => longest = true,
            'n' => not_empty = true,
            _ => return Err(Exc::message(format!("{flags} is not a valid modifier string"))),
        }
    }
    let body = translate(pattern, final_newline);
    let text = if modes.is_empty() {
        body
    } else {
        format!("(?{modes}:{body}\n)").replace("\n)", if modes.contains('x') { "\n)" } else { ")" })
    };
    let regex = fancy_regex::RegexBuilder::new(&text)
        .backtrack_limit(2_000_000)
        .build()
        .map_err(|e| failure(e, pattern))?;
    let names = regex.capture_names().map(|n| n.map(Str::from)).collect();
    Ok(Regex {
        regex,
        names,
        global,
        not_empty,
        longest,
    })
}

/// Rewrites what Oniguruma writes differently: `\h` (hexadecimal digit), `\H`, `\Z`, POSIX brackets outside of their
/// brackets stay; `$` also matches before a final line break.
fn translate(pattern: &str, final_newline: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut class = 0u32;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('h') if class > 0 => out.push_str("0-9a-fA-F"),
                Some('h') => out.push_str("[0-9a-fA-F]"),
                Some('H') if class == 0 => out.push_str("[^0-9a-fA-F]"),
                Some('Z') if class == 0 => out.push_str("(?=\\n?\\z)"),
                Some('R') if class == 0 => out.push_str("(?:\\r\\n|[\\n\\x0b\\x0c\\r\\u{85}\\u{2028}\\u{2029}])"),
                Some('X') if class == 0 => out.push_str("(?:\\P{M}\\p{M}*)"),
                Some('e') => out.push_str("\\x1b"),
                Some('/') => out.push('/'),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            '[' => {
                class += 1;
                if class > 1 && chars.peek() == Some(&':') {
                    // A POSIX bracket inside a class: copied whole.
                    class -= 1;
                    out.push('[');
                    while let Some(d) = chars.next() {
                        out.push(d);
                        if d == ':' && chars.peek() == Some(&']') {
                            out.push(']');
                            chars.next();
                            break;
                        }
                    }
                    continue;
                }
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.push('^');
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    out.push_str("\\]");
                    chars.next();
                }
            }
            ']' if class > 0 => {
                class -= 1;
                out.push(']');
            }
            '$' if class == 0 && final_newline => out.push_str("(?=\\n?\\z)"),
            _ => out.push(c),
        }
    }
    out
}

/// One match: byte ranges of the whole and of each group.
struct Match {
    whole: (usize, usize),
    groups: Vec<Option<(usize, usize)>>,
}

fn find(r: &Regex, text: &str, from: usize) -> Result<Option<Match>> {
    let run = |at: usize| {
        r.regex
            .captures_from_pos(text, at)
            .map_err(|e| Exc::message(format!("Regex failure: {e}")))
    };
    let mut at = from;
    loop {
        let Some(c) = run(at)? else { return Ok(None) };
        let Some(whole) = c.get(0) else { return Ok(None) };
        if r.not_empty && whole.start() == whole.end() {
            // The empty match does not count: look for another one further on.
            match text[whole.start()..].chars().next() {
                Some(ch) => {
                    at = whole.start() + ch.len_utf8();
                    continue;
                }
                None => return Ok(None),
            }
        }
        let groups = (1..c.len()).map(|i| c.get(i).map(|g| (g.start(), g.end()))).collect();
        return Ok(Some(Match {
            whole: (whole.start(), whole.end()),
            groups,
        }));
    }
}

fn find_all(cx: &mut Cx<'_, '_>, r: &Regex, text: &str, global: bool) -> Result<Vec<Match>> {
    let mut out: Vec<Match> = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        cx.tick()?;
        let Some(m) = find(r, text, at)? else { break };
        let (start, end) = m.whole;
        at = if start == end {
            end + text[end..].chars().next().map_or(1, char::len_utf8)
        } else {
            end
        };
        if r.longest && !global {
            let longer = out.first().is_none_or(|best| end - start > best.whole.1 - best.whole.0);
            if longer {
                out = vec![m];
            }
            continue;
        }
        out.push(m);
        if !global {
            break;
        }
    }
    Ok(out)
}

/// Turns byte offsets that only grow into code point offsets.
struct Offsets<'t> {
    text: &'t str,
    byte: usize,
    chars: usize,
    ascii: bool,
}

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            byte: 0,
            chars: 0,
            ascii: text.is_ascii(),
        }
    }

    fn chars(text: &str) -> usize {
        text.bytes().filter(|b| (*b & 0xC0) != 0x80).count()
    }

    fn at(&mut self, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        if byte < self.byte {
            return Self::chars(&self.text[..byte]);
        }
        self.chars += Self::chars(&self.text[self.byte..byte]);
        self.byte = byte;
        self.chars
    }
}

fn object(entries: [(&str, Value); 4]) -> Value {
    let mut o = Object::builder(4);
    for (k, v) in entries {
        o.insert(Str::from(k), v);
    }
    Value::Object(o.finish())
}

fn describe(r: &Regex, text: &str, m: &Match, offsets: &mut Offsets<'_>) -> Value {
    let base = offsets.at(m.whole.0);
    let mut captures = Vec::with_capacity(m.groups.len());
    for (i, g) in m.groups.iter().enumerate() {
        let name = r.names.get(i + 1).cloned().flatten().map_or(Value::Null, Value::String);
        captures.push(match g {
            Some((s, e)) => {
                let offset = if *s >= m.whole.0 {
                    base + Offsets::chars(&text[m.whole.0..*s])
                } else {
                    Offsets::chars(&text[..*s])
                };
                let part = &text[*s..*e];
                object([
                    ("offset", count(offset)),
                    ("length", count(Offsets::chars(part))),
                    ("string", Value::from(part)),
                    ("name", name),
                ])
            }
            None => object([
                ("offset", Value::number(-1.0)),
                ("length", Value::number(0.0)),
                ("string", Value::Null),
                ("name", name),
            ]),
        });
    }
    let whole = &text[m.whole.0..m.whole.1];
    object([
        ("offset", count(base)),
        ("length", count(Offsets::chars(whole))),
        ("string", Value::from(whole)),
        ("captures", Value::array(captures)),
    ])
}

fn subject(v: &Value) -> Result<&Str> {
    match v {
        Value::String(s) => Ok(s),
        _ => Err(type_error(v, "cannot be matched, as it is not a string")),
    }
}

/// `_match(re; flags; test)`: an array of matches, or whether there is one.
fn match_impl(cx: &mut Cx<'_, '_>, v: &Value, args: &[Value]) -> Result<Value> {
    let text = subject(v)?;
    let r = compile(cx, &args[0], &args[1], text.ends_with('\n'))?;
    if matches!(args[2], Value::Bool(true)) {
        return Ok(Value::Bool(find(&r, text, 0)?.is_some()));
    }
    let found = find_all(cx, &r, text, r.global)?;
    let mut offsets = Offsets::new(text);
    Ok(Value::array(
        found.iter().map(|m| describe(&r, text, m, &mut offsets)).collect(),
    ))
}

/// The argument of the one-argument forms: a pattern, or an array of pattern and flags.
fn match_args(v: &Value) -> Result<Value> {
    match v {
        Value::String(_) => Ok(Value::array(vec![v.clone(), Value::Null])),
        Value::Array(a) if !a.is_empty() => Ok(Value::array(vec![a[0].clone(), a.get(1).cloned().unwrap_or_default()])),
        _ => Err(Exc::message(format!("{} not a string or array", v.type_name()))),
    }
}

/// `split` by an expression: the text between its matches.
fn split(cx: &mut Cx<'_, '_>, v: &Value, args: &[Value]) -> Result<Value> {
    let text = subject(v)?;
    let r = compile(cx, &args[0], &args[1], text.ends_with('\n'))?;
    let mut at = 0;
    let mut out = Vec::new();
    for m in find_all(cx, &r, text, true)? {
        out.push(Value::from(&text[at..m.whole.0]));
        at = m.whole.1;
    }
    out.push(Value::from(&text[at..]));
    Ok(Value::array(out))
}

/// What `sub` has to do: for each match the text before it, an object of its named captures, and the text after it.
fn edits(cx: &mut Cx<'_, '_>, v: &Value, args: &[Value]) -> Result<Value> {
    let text = subject(v)?;
    let r = compile(cx, &args[0], &args[1], text.ends_with('\n'))?;
    let found = find_all(cx, &r, text, r.global)?;
    let mut at = 0;
    let mut out = Vec::with_capacity(found.len());
    for m in &found {
        let mut captures = Object::new();
        for (i, g) in m.groups.iter().enumerate() {
            if let Some(Some(name)) = r.names.get(i + 1) {
                let s = g.map_or(Value::Null, |(s, e)| Value::from(&text[s..e]));
                // Of several groups with one name the one that took part counts.
                if !matches!(s, Value::Null) || captures.get(name).is_none() {
                    captures.insert(name.clone(), s);
                }
            }
        }
        out.push(Value::array(vec![
            Value::from(&text[at..m.whole.0]),
            Value::Object(captures),
            Value::from(&text[m.whole.1..]),
        ]));
        at = m.whole.1;
    }
    Ok(Value::array(out))
}

/// Puts the pieces together: one result for each output that the replacement had.
fn join_edits(cx: &mut Cx<'_, '_>, args: &[Value]) -> Result<Value> {
    let Value::Array(done) = &args[0] else {
        return Ok(Value::Null);
    };
    let mut results: Vec<Value> = Vec::new();
    for edit in done.iter() {
        let Value::Array(edit) = edit else { continue };
        let [gap, Value::Array(inserts)] = &edit[..] else {
            continue;
        };
        for (i, insert) in inserts.iter().enumerate() {
            cx.tick()?;
            let piece = crate::exec::ops::add(cx, gap.clone(), insert)?;
            if i >= results.len() {
                results.resize(i + 1, Value::Null);
            }
            let old = std::mem::take(&mut results[i]);
            results[i] = crate::exec::ops::add(cx, old, &piece)?;
        }
    }
    for r in &mut results {
        let old = std::mem::take(r);
        *r = crate::exec::ops::add(cx, old, &args[1])?;
    }
    Ok(Value::array(results))
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "_match",
        arity: 3,
        run: |cx, v, a| match_impl(cx, &v, a),
    },
    Native {
        name: "_match_args",
        arity: 1,
        run: |_, _, a| match_args(&a[0]),
    },
    Native {
        name: "split",
        arity: 2,
        run: |cx, v, a| split(cx, &v, a),
    },
    Native {
        name: "_edits",
        arity: 2,
        run: |cx, v, a| edits(cx, &v, a),
    },
    Native {
        name: "_join_edits",
        arity: 2,
        run: |cx, _, a| join_edits(cx, a),
    },
];
