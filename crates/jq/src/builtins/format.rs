//! `@json`, `@csv` and the other formats.

use crate::error::{Exc, type_error};
use crate::json;
use crate::value::{Str, Value, string_from_bytes};

type Result<T> = std::result::Result<T, Exc>;

const NAMES: [&str; 12] = [
    "text", "json", "html", "uri", "urid", "csv", "tsv", "sh", "base64", "base64d", "base32", "base32d",
];

pub(crate) fn is_format(name: &str) -> bool {
    NAMES.contains(&name)
}

fn text(v: &Value) -> Str {
    match v {
        Value::String(s) => s.clone(),
        other => Str::from(json::print_compact(other)),
    }
}

/// The value in a format, by name without the `@`.
pub(crate) fn format(name: &str, v: &Value) -> Result<Str> {
    match name {
        "text" => Ok(text(v)),
        "json" => Ok(Str::from(json::print_compact(v))),
        "html" => Ok(escape(&text(v), |c| match c {
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            '&' => Some("&amp;"),
            '\'' => Some("&#39;"),
            '"' => Some("&quot;"),
            _ => None,
        })),
        "uri" => Ok(uri(&text(v))),
        "urid" => uri_decode(v),
        "csv" => row(v, "csv", ',', |s| {
            let mut out = Str::from("\"");
            out.push_str(&escape(s, |c| (c == '"').then_some("\"\"")));
            out.push('"');
            out
        }),
        "tsv" => row(v, "tsv", '\t', |s| {
            escape(s, |c| match c {
                '\t' => Some("\\t"),
                '\r' => Some("\\r"),
                '\n' => Some("\\n"),
                '\\' => Some("\\\\"),
                _ => None,
            })
        }),
        "sh" => shell(v),
        "base64" => Ok(encode(text(v).as_bytes(), BASE64, 6, 4)),
        "base64d" => base64_decode(v),
        "base32" => Ok(encode(text(v).as_bytes(), BASE32, 5, 8)),
        "base32d" => base32_decode(v),
        _ => Err(Exc::message(format!("{name} is not a valid format"))),
    }
}

fn escape(s: &str, replace: impl Fn(char) -> Option<&'static str>) -> Str {
    let mut out = Str::with_capacity(s.len());
    let mut start = 0;
    for (i, c) in s.char_indices() {
        if let Some(r) = replace(c) {
            out.push_str(&s[start..i]);
            out.push_str(r);
            start = i + c.len_utf8();
        }
    }
    out.push_str(&s[start..]);
    out
}

fn uri(s: &str) -> Str {
    let mut out = String::with_capacity(s.len());
    for b in s.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            for d in [b >> 4, b & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(d)]));
            }
        }
    }
    Str::from(out)
}

fn uri_decode(v: &Value) -> Result<Str> {
    let s = text(v);
    let bad = || type_error(&Value::String(s.clone()), "is not a valid uri encoding");
    let bytes = s.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&b) = bytes.get(i) {
        if b == b'%' {
            let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
            let (Some(high), Some(low)) = (digit(i + 1), digit(i + 2)) else {
                return Err(bad());
            };
            out.push(u8::try_from(high * 16 + low).unwrap_or(0));
            i += 3;
        } else {
            out.push(b);
            i += 1;
        }
    }
    std::str::from_utf8(&out).map(Str::from).map_err(|_| bad())
}

fn row(v: &Value, name: &str, separator: char, quote: impl Fn(&str) -> Str) -> Result<Str> {
    let Value::Array(a) = v else {
        return Err(type_error(v, &format!("cannot be {name}-formatted, only array")));
    };
    let mut out = Str::new();
    for (i, item) in a.iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        match item {
            Value::Null => {}
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Number(n) if n.is_nan() => {}
            Value::Number(_) => out.push_str(&json::print_compact(item)),
            Value::String(s) => out.push_str(&quote(s)),
            other => {
                return Err(type_error(
                    other,
                    &format!("is not valid in a {name} row").replace("tsv", "csv"),
                ));
            }
        }
    }
    Ok(out)
}

fn shell(v: &Value) -> Result<Str> {
    let single = [v.clone()];
    let items: &[Value] = match v {
        Value::Array(a) => a,
        _ => &single,
    };
    let mut out = Str::new();
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        match item {
            Value::Array(_) | Value::Object(_) => return Err(type_error(item, "can not be escaped for shell")),
            Value::String(s) => {
                out.push('\'');
                out.push_str(&escape(s, |c| (c == '\'').then_some("'\\''")));
                out.push('\'');
            }
            other => out.push_str(&json::print_compact(other)),
        }
    }
    Ok(out)
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Groups of `bits` bits as digits, padded with `=` to a multiple of `group` digits.
fn encode(bytes: &[u8], alphabet: &[u8], bits: u32, group: usize) -> Str {
    let mut out = String::with_capacity(bytes.len() * 2);
    let (mut acc, mut have) = (0u32, 0u32);
    let mask = (1u32 << bits) - 1;
    let digit = |n: u32| char::from(alphabet[(n & mask) as usize]);
    for &b in bytes {
        acc = (acc << 8) | u32::from(b);
        have += 8;
        while have >= bits {
            have -= bits;
            out.push(digit(acc >> have));
        }
        acc &= (1 << have) - 1;
    }
    if have > 0 {
        out.push(digit(acc << (bits - have)));
    }
    while !out.len().is_multiple_of(group) {
        out.push('=');
    }
    Str::from(out)
}

fn base64_decode(v: &Value) -> Result<Str> {
    let s = text(v);
    let shown = Value::String(s.clone());
    let digits = s.trim_end_matches('=');
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut acc, mut have) = (0u32, 0u32);
    for b in digits.bytes() {
        let Some(d) = BASE64.iter().position(|x| *x == b) else {
            return Err(type_error(&shown, "is not valid base64 data"));
        };
        acc = (acc << 6) | u32::try_from(d).unwrap_or(0);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((acc >> have) as u8);
            acc &= (1 << have) - 1;
        }
    }
    if digits.len() % 4 == 1 {
        return Err(type_error(&shown, "trailing base64 byte found"));
    }
    Ok(string_from_bytes(&out))
}

fn base32_decode(v: &Value) -> Result<Str> {
    let s = text(v);
    let digits = s.trim_end_matches('=');
    let mut out = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut acc, mut have) = (0u32, 0u32);
    for b in digits.bytes() {
        let Some(d) = BASE32.iter().position(|x| *x == b) else {
            return Err(type_error(&Value::String(s.clone()), "is not valid base32 data"));
        };
        acc = (acc << 5) | u32::try_from(d).unwrap_or(0);
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((acc >> have) as u8);
            acc &= (1 << have) - 1;
        }
    }
    Ok(string_from_bytes(&out))
}
