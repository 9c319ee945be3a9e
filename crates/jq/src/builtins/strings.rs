//! Builtins on strings.

use super::Native;
use super::collections::count;
use crate::error::{Exc, dump, type_error};
use crate::exec::ops;
use crate::json;
use crate::value::{Str, Value};

type Result<T> = std::result::Result<T, Exc>;

fn to_string(v: Value) -> Value {
    match v {
        Value::String(_) => v,
        other => Value::from(json::print_compact(&other)),
    }
}

fn from_json(v: &Value) -> Result<Value> {
    let Value::String(s) = v else {
        return Err(type_error(v, "only strings can be parsed"));
    };
    match json::parse_one(s.as_bytes()) {
        Ok(Some(v)) => Ok(v),
        Ok(None) => Err(Exc::message(format!("Expected JSON value (while parsing '{s}')"))),
        Err(e) if e.line == 0 => Err(Exc::message(format!("{} (while parsing '{s}')", e.message))),
        Err(e) => Err(Exc::message(format!("{e} (while parsing '{s}')"))),
    }
}

fn both<'v>(v: &'v Value, w: &'v Value, message: &str) -> Result<(&'v Str, &'v Str)> {
    match (v, w) {
        (Value::String(a), Value::String(b)) => Ok((a, b)),
        _ => Err(Exc::message(message)),
    }
}

const STARTS: &str = "startswith() requires string inputs";
const ENDS: &str = "endswith() requires string inputs";

fn trim_start_str(v: Value, w: &Value) -> Result<Value> {
    let (a, b) = both(&v, w, STARTS)?;
    Ok(match a.strip_prefix(b.as_str()) {
        Some(rest) => Value::from(rest),
        None => v,
    })
}

fn trim_end_str(v: Value, w: &Value) -> Result<Value> {
    let (a, b) = both(&v, w, ENDS)?;
    Ok(match a.strip_suffix(b.as_str()) {
        Some(rest) => Value::from(rest),
        None => v,
    })
}

fn trim(v: Value, f: fn(&str) -> &str) -> Result<Value> {
    match &v {
        Value::String(s) => {
            let t = f(s);
            Ok(if t.len() == s.len() { v } else { Value::from(t) })
        }
        _ => Err(Exc::message("trim input must be a string")),
    }
}

fn explode(v: &Value) -> Result<Value> {
    match v {
        Value::String(s) => Ok(Value::array(
            s.chars().map(|c| Value::number(f64::from(u32::from(c)))).collect(),
        )),
        _ => Err(Exc::message("explode input must be a string")),
    }
}

fn implode(v: &Value) -> Result<Value> {
    let Value::Array(a) = v else {
        return Err(Exc::message("implode input must be an array"));
    };
    let mut out = Str::new();
    for item in a.iter() {
        match item.as_f64() {
            Some(n) if !n.is_nan() => {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let c = if n < 0.0 {
                    None
                } else {
                    char::from_u32(n.min(4e9) as u32)
                };
                out.push(c.unwrap_or('\u{FFFD}'));
            }
            _ => {
                return Err(type_error(
                    item,
                    "can't be imploded, unicode codepoint needs to be numeric",
                ));
            }
        }
    }
    Ok(Value::String(out))
}

fn case(v: &Value, name: &str, f: fn(&mut [u8])) -> Result<Value> {
    match v {
        Value::String(s) => {
            let mut bytes = s.as_bytes().to_vec();
            f(&mut bytes);
            // Only ASCII letters changed.
            Ok(Value::from(String::from_utf8(bytes).unwrap_or_default()))
        }
        _ => Err(Exc::message(format!("{name} input must be a string"))),
    }
}

fn format_value(v: &Value, f: &Value) -> Result<Value> {
    match f {
        Value::String(name) if super::is_format(name) => super::format(name, v).map(Value::String),
        Value::String(name) => Err(Exc::message(format!("{name} is not a valid format"))),
        _ => Err(Exc::message(format!(
            "{} ({}) is not a valid format",
            f.type_name(),
            dump(f)
        ))),
    }
}

fn string_split(v: &Value, w: &Value) -> Result<Value> {
    let (a, b) = both(v, w, "split input and separator must be strings")?;
    Ok(ops::split(a, b))
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "tostring",
        arity: 0,
        run: |_, v, _| Ok(to_string(v)),
    },
    Native {
        name: "tojson",
        arity: 0,
        run: |_, v, _| Ok(Value::from(json::print_compact(&v))),
    },
    Native {
        name: "fromjson",
        arity: 0,
        run: |_, v, _| from_json(&v),
    },
    Native {
        name: "utf8bytelength",
        arity: 0,
        run: |_, v, _| match &v {
            Value::String(s) => Ok(count(s.len())),
            _ => Err(type_error(&v, "only strings have UTF-8 byte length")),
        },
    },
    Native {
        name: "startswith",
        arity: 1,
        run: |_, v, a| both(&v, &a[0], STARTS).map(|(s, p)| Value::Bool(s.starts_with(p.as_str()))),
    },
    Native {
        name: "endswith",
        arity: 1,
        run: |_, v, a| both(&v, &a[0], ENDS).map(|(s, p)| Value::Bool(s.ends_with(p.as_str()))),
    },
    Native {
        name: "ltrimstr",
        arity: 1,
        run: |_, v, a| trim_start_str(v, &a[0]),
    },
    Native {
        name: "rtrimstr",
        arity: 1,
        run: |_, v, a| trim_end_str(v, &a[0]),
    },
    Native {
        name: "trimstr",
        arity: 1,
        run: |_, v, a| trim_end_str(trim_start_str(v, &a[0])?, &a[0]),
    },
    Native {
        name: "trim",
        arity: 0,
        run: |_, v, _| trim(v, str::trim),
    },
    Native {
        name: "ltrim",
        arity: 0,
        run: |_, v, _| trim(v, str::trim_start),
    },
    Native {
        name: "rtrim",
        arity: 0,
        run: |_, v, _| trim(v, str::trim_end),
    },
    Native {
        name: "explode",
        arity: 0,
        run: |_, v, _| explode(&v),
    },
    Native {
        name: "implode",
        arity: 0,
        run: |_, v, _| implode(&v),
    },
    Native {
        name: "ascii_downcase",
        arity: 0,
        run: |_, v, _| case(&v, "ascii_downcase", |b| b.make_ascii_lowercase()),
    },
    Native {
        name: "ascii_upcase",
        arity: 0,
        run: |_, v, _| case(&v, "ascii_upcase", |b| b.make_ascii_uppercase()),
    },
    Native {
        name: "split",
        arity: 1,
        run: |_, v, a| string_split(&v, &a[0]),
    },
    Native {
        name: "format",
        arity: 1,
        run: |_, v, a| format_value(&v, &a[0]),
    },
];
