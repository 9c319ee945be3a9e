//! Writing values as JSON text.

use crate::value::{MAX_DEPTH, Str, Value};

/// How nested values are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indent {
    /// Everything on one line, no spaces.
    None,
    /// A line per element, so many spaces per level.
    Spaces(u8),
    /// A line per element, a tab per level.
    Tab,
}

/// The escape sequences of coloured output.
#[derive(Clone, Debug)]
pub struct Colors {
    /// For null, false, true, numbers, strings, arrays, objects and object keys, in this order.
    codes: [String; 8],
}

impl Default for Colors {
    /// jq 1.8's colours.
    fn default() -> Self {
        Self {
            codes: ["0;90", "0;39", "0;39", "0;39", "0;32", "1;39", "1;39", "34;1"].map(|c| format!("\x1b[{c}m")),
        }
    }
}

impl Colors {
    /// Applies a `JQ_COLORS` setting: up to eight colon-separated codes.
    ///
    /// # Errors
    /// Returns `None` if a field holds anything but digits and semicolons.
    pub fn parse(setting: &str) -> Option<Self> {
        let mut colors = Self::default();
        for (slot, code) in colors.codes.iter_mut().zip(setting.split(':')) {
            if !code.bytes().all(|b| b.is_ascii_digit() || b == b';') {
                return None;
            }
            *slot = format!("\x1b[{code}m");
        }
        Some(colors)
    }

    fn of(&self, v: &Value) -> &str {
        &self.codes[match v {
            Value::Null => 0,
            Value::Bool(false) => 1,
            Value::Bool(true) => 2,
            Value::Number(_) => 3,
            Value::String(_) => 4,
            Value::Array(_) => 5,
            Value::Object(_) => 6,
        }]
    }
}

/// How to print.
#[derive(Clone, Debug)]
pub struct PrintOptions {
    /// Layout.
    pub indent: Indent,
    /// Object keys in code point order (`-S`).
    pub sort_keys: bool,
    /// Everything beyond ASCII as `\u` escapes (`-a`).
    pub ascii: bool,
    /// Colours (`-C`).
    pub colors: Option<Colors>,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            indent: Indent::None,
            sort_keys: false,
            ascii: false,
            colors: None,
        }
    }
}

const RESET: &[u8] = b"\x1b[0m";

/// The value on one line.
pub fn print_compact(v: &Value) -> String {
    let mut out = Vec::new();
    print(&mut out, v, &PrintOptions::default());
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the value to `out`; no line break follows. What is nested deeper than 10 000 levels is replaced by
/// `<skipped: too deep>`, as jq does.
pub fn print(out: &mut Vec<u8>, v: &Value, options: &PrintOptions) {
    Printer { options }.value(out, v, 0);
}

struct Printer<'o> {
    options: &'o PrintOptions,
}

impl Printer<'_> {
    fn value(&self, out: &mut Vec<u8>, v: &Value, depth: usize) {
        if let Some(c) = &self.options.colors {
            return self.colored(out, v, depth, c);
        }
        match v {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Number(n) => n.write(out),
            Value::String(s) => write_string(out, s, self.options.ascii),
            _ if depth > MAX_DEPTH => out.extend_from_slice(b"<skipped: too deep>"),
            Value::Array(a) if a.is_empty() => out.extend_from_slice(b"[]"),
            Value::Object(o) if o.is_empty() => out.extend_from_slice(b"{}"),
            _ if depth & 31 == 31 => {
                stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.container(out, v, depth));
            }
            _ => self.container(out, v, depth),
        }
    }

    fn container(&self, out: &mut Vec<u8>, v: &Value, depth: usize) {
        match v {
            Value::Array(a) => {
                out.push(b'[');
                for (i, item) in a.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.newline(out, depth + 1);
                    self.value(out, item, depth + 1);
                }
                self.newline(out, depth);
                out.push(b']');
            }
            Value::Object(o) => {
                out.push(b'{');
                let mut entry = |i: usize, k: &Str, item: &Value| {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.newline(out, depth + 1);
                    write_string(out, k, self.options.ascii);
                    out.push(b':');
                    if self.options.indent != Indent::None {
                        out.push(b' ');
                    }
                    self.value(out, item, depth + 1);
                };
                if self.options.sort_keys {
                    for (i, k) in o.sorted_keys().into_iter().enumerate() {
                        if let Some(item) = o.get(k) {
                            entry(i, k, item);
                        }
                    }
                } else {
                    for (i, (k, item)) in o.iter().enumerate() {
                        entry(i, k, item);
                    }
                }
                self.newline(out, depth);
                out.push(b'}');
            }
            _ => {}
        }
    }

    fn newline(&self, out: &mut Vec<u8>, depth: usize) {
        match self.options.indent {
            Indent::None => {}
            Indent::Spaces(n) => {
                out.push(b'\n');
                out.resize(out.len() + depth * usize::from(n), b' ');
            }
            Indent::Tab => {
                out.push(b'\n');
                out.resize(out.len() + depth, b'\t');
            }
        }
    }

    /// The coloured form: every value starts with its colour and ends with a reset; containers repeat theirs around
    /// what is their own (brackets, commas, colons).
    fn colored(&self, out: &mut Vec<u8>, v: &Value, depth: usize, colors: &Colors) {
        let color = colors.of(v).as_bytes();
        out.extend_from_slice(color);
        let plain = PrintOptions {
            colors: None,
            ..self.options.clone()
        };
        let plain = Printer { options: &plain };
        match v {
            _ if depth > MAX_DEPTH => out.extend_from_slice(b"<skipped: too deep>"),
            Value::Array(a) if !a.is_empty() => {
                out.push(b'[');
                for (i, item) in a.iter().enumerate() {
                    if i > 0 {
                        out.extend_from_slice(color);
                        out.push(b',');
                    }
                    self.newline(out, depth + 1);
                    self.deeper(out, item, depth);
                }
                out.extend_from_slice(color);
                self.newline(out, depth);
                out.extend_from_slice(color);
                out.push(b']');
            }
            Value::Object(o) if !o.is_empty() => {
                out.push(b'{');
                let keys: Vec<&Str> = if self.options.sort_keys {
                    o.sorted_keys()
                } else {
                    o.iter().map(|(k, _)| k).collect()
                };
                for (i, k) in keys.into_iter().enumerate() {
                    if i > 0 {
                        out.extend_from_slice(color);
                        out.push(b',');
                    }
                    self.newline(out, depth + 1);
                    out.extend_from_slice(RESET);
                    out.extend_from_slice(colors.codes[7].as_bytes());
                    write_string(out, k, self.options.ascii);
                    out.extend_from_slice(RESET);
                    out.extend_from_slice(color);
                    out.push(b':');
                    if self.options.indent != Indent::None {
                        out.push(b' ');
                    }
                    out.extend_from_slice(RESET);
                    if let Some(item) = o.get(k) {
                        self.deeper(out, item, depth);
                    }
                }
                out.extend_from_slice(color);
                self.newline(out, depth);
                out.extend_from_slice(color);
                out.push(b'}');
            }
            _ => plain.value(out, v, depth),
        }
        out.extend_from_slice(RESET);
    }

    fn deeper(&self, out: &mut Vec<u8>, v: &Value, depth: usize) {
        if depth & 31 == 31 {
            stacker::maybe_grow(128 * 1024, 1024 * 1024, || self.value(out, v, depth + 1));
        } else {
            self.value(out, v, depth + 1);
        }
    }
}

/// Bytes that cannot stand for themselves in a JSON string (jq escapes DEL too).
const ESCAPED: [bool; 256] = {
    let mut t = [false; 256];
    let mut i = 0;
    while i < 0x20 {
        t[i] = true;
        i += 1;
    }
    t[b'"' as usize] = true;
    t[b'\\' as usize] = true;
    t[0x7F] = true;
    t
};

/// Appends `s` as a JSON string, quotes included.
pub fn write_string(out: &mut Vec<u8>, s: &str, ascii: bool) {
    out.push(b'"');
    if ascii && !s.is_ascii() {
        write_ascii(out, s);
    } else {
        write_plain(out, s.as_bytes());
    }
    out.push(b'"');
}

fn write_plain(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut start = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if ESCAPED[usize::from(b)] {
            out.extend_from_slice(&bytes[start..i]);
            write_escape(out, b);
            start = i + 1;
        }
    }
    out.extend_from_slice(&bytes[start..]);
}

fn write_ascii(out: &mut Vec<u8>, s: &str) {
    for c in s.chars() {
        if c.is_ascii() {
            write_plain(out, &[c as u8]);
        } else {
            let mut units = [0u16; 2];
            for u in c.encode_utf16(&mut units) {
                push_u(out, *u);
            }
        }
    }
}

#[cold]
fn write_escape(out: &mut Vec<u8>, b: u8) {
    let short = match b {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => return push_u(out, u16::from(b)),
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn push_u(out: &mut Vec<u8>, unit: u16) {
    out.extend_from_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        let d = (unit >> shift) & 15;
        out.push(b"0123456789abcdef"[usize::from(d)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_one;

    fn show(text: &str, options: &PrintOptions) -> String {
        let mut out = Vec::new();
        print(&mut out, &parse_one(text.as_bytes()).unwrap().unwrap(), options);
        String::from_utf8(out).unwrap()
    }

    /// The layouts of `jq .`, `--tab`, `-S` and `-a`.
    #[test]
    fn layouts() {
        let v = r#"{"b":[1,{"c":[]}],"a":"é😀\u007f\n"}"#;
        assert_eq!(
            show(v, &PrintOptions::default()),
            "{\"b\":[1,{\"c\":[]}],\"a\":\"é😀\\u007f\\n\"}"
        );
        let pretty = PrintOptions {
            indent: Indent::Spaces(2),
            ..Default::default()
        };
        assert_eq!(
            show(v, &pretty),
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ],\n  \"a\": \"é😀\\u007f\\n\"\n}"
        );
        let sorted = PrintOptions {
            sort_keys: true,
            ascii: true,
            ..Default::default()
        };
        assert_eq!(
            show(v, &sorted),
            r#"{"a":"\u00e9\ud83d\ude00\u007f\n","b":[1,{"c":[]}]}"#
        );
    }
}
