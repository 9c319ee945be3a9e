//! Builtins on arrays, objects and values in general.

use super::Native;
use crate::error::{Exc, too_deep, type_error, type_error2};
use crate::exec::{Cx, ops};
use crate::json;
use crate::value::{self, Array, Object, Str, Value};
use std::cmp::Ordering;

type Result<T> = std::result::Result<T, Exc>;

#[allow(clippy::cast_precision_loss)]
pub(super) fn count(n: usize) -> Value {
    Value::number(n as f64)
}

fn length(v: &Value) -> Result<Value> {
    Ok(match v {
        Value::Null => Value::number(0.0),
        Value::Bool(_) => return Err(type_error(v, "has no length")),
        Value::Number(n) => Value::Number(n.abs()),
        Value::String(s) => count(if s.is_ascii() { s.len() } else { s.chars().count() }),
        Value::Array(a) => count(a.len()),
        Value::Object(o) => count(o.len()),
    })
}

fn keys(v: &Value, sorted: bool) -> Result<Value> {
    Ok(Value::array(match v {
        Value::Object(o) if sorted => o.sorted_keys().into_iter().cloned().map(Value::String).collect(),
        Value::Object(o) => o.iter().map(|(k, _)| Value::String(k.clone())).collect(),
        Value::Array(a) => (0..a.len()).map(count).collect(),
        _ => return Err(type_error(v, "has no keys")),
    }))
}

fn has(v: &Value, key: &Value) -> Result<Value> {
    match (v, key) {
        (Value::Object(o), Value::String(k)) => Ok(Value::Bool(o.get(k).is_some())),
        #[allow(clippy::cast_precision_loss)]
        (Value::Array(a), Value::Number(n)) => {
            let n = n.as_f64();
            Ok(Value::Bool(n >= 0.0 && n < a.len() as f64))
        }
        _ => Err(Exc::message(format!(
            "Cannot check whether {} has a {} key",
            v.type_name(),
            key.type_name()
        ))),
    }
}

fn contains(a: &Value, b: &Value) -> Result<Value> {
    if a.type_name() != b.type_name() {
        return Err(type_error2(a, b, "cannot have their containment checked"));
    }
    value::contains(a, b)
        .map(Value::Bool)
        .map_err(too_deep("Containment check"))
}

fn add(cx: &mut Cx<'_, '_>, v: Value) -> Result<Value> {
    let items: Vec<Value> = match v {
        Value::Array(a) => a.into_vec(),
        Value::Object(o) => o.into_entries().into_iter().map(|(_, v)| v).collect(),
        other => return Err(ops::cannot_iterate(&other)),
    };
    let mut sum = Value::Null;
    for item in items {
        cx.tick()?;
        sum = ops::add(cx, sum, &item)?;
    }
    Ok(sum)
}

fn to_entries(v: Value) -> Result<Value> {
    let entry = |k: Value, v: Value| {
        let mut o = Object::builder(2);
        o.insert(Str::from("key"), k);
        o.insert(Str::from("value"), v);
        Value::Object(o.finish())
    };
    match v {
        Value::Object(o) => Ok(Value::array(
            o.into_entries()
                .into_iter()
                .map(|(k, v)| entry(Value::String(k), v))
                .collect(),
        )),
        Value::Array(a) => Ok(Value::array(
            a.into_vec()
                .into_iter()
                .enumerate()
                .map(|(i, v)| entry(count(i), v))
                .collect(),
        )),
        other => Err(type_error(&other, "has no keys")),
    }
}

fn from_entries(v: Value) -> Result<Value> {
    let items: Vec<Value> = match v {
        Value::Array(a) => a.into_vec(),
        Value::Object(o) => o.into_entries().into_iter().map(|(_, v)| v).collect(),
        other => return Err(ops::cannot_iterate(&other)),
    };
    let mut out = Object::builder(items.len());
    for item in items {
        let get = |name: &str| ops::field(&item, &Str::from(name)).cloned();
        let mut key = get("key")?;
        if matches!(key, Value::Null) {
            for name in ["k", "name", "Name", "K", "Key"] {
                let v = get(name)?;
                if v.is_truthy() || name == "Key" {
                    key = v;
                    break;
                }
            }
        }
        let key = match key {
            Value::String(s) => s,
            Value::Null | Value::Bool(_) | Value::Number(_) => Str::from(json::print_compact(&key)),
            other => {
                let shown = crate::error::dump(&other);
                return Err(Exc::message(format!(
                    "Cannot use {} ({shown}) as object key",
                    other.type_name()
                )));
            }
        };
        let value = match &item {
            Value::Object(o) => ["value", "v", "Value", "V"]
                .iter()
                .find_map(|n| o.get(n))
                .cloned()
                .unwrap_or_default(),
            _ => Value::Null,
        };
        out.insert(key, value);
    }
    Ok(Value::Object(out.finish()))
}

fn flatten(v: &Value, depth: f64) -> Result<Value> {
    if depth < 0.0 {
        return Err(Exc::message("flatten depth must not be negative"));
    }
    let mut out = Vec::new();
    // Levels still to be walked: what is left of each array, and how much flattening is left inside it.
    let values: Vec<Value> = match v {
        Value::Array(a) => a.to_vec(),
        Value::Object(o) => o.iter().map(|(_, v)| v.clone()).collect(),
        other => return Err(ops::cannot_iterate(other)),
    };
    let mut levels = vec![(values.into_iter(), depth)];
    while let Some((items, depth)) = levels.last_mut() {
        let depth = *depth;
        match items.next() {
            None => {
                levels.pop();
            }
            Some(Value::Array(a)) if depth > 0.0 => levels.push((a.into_vec().into_iter(), depth - 1.0)),
            Some(v) => out.push(v),
        }
    }
    Ok(Value::array(out))
}

fn indices(v: &Value, what: &Value) -> Result<Value> {
    match (v, what) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::String(s), Value::String(x)) => Ok(string_indices(s, x)),
        (Value::Array(a), Value::Array(b)) => ops::indices_of(a, b),
        (Value::Array(a), b) => ops::indices_of(a, &Array::from(vec![b.clone()])),
        _ => ops::index(v, what).map(std::borrow::Cow::into_owned),
    }
}

/// Code point offsets of all occurrences, overlapping ones included.
fn string_indices(s: &str, x: &str) -> Value {
    if x.is_empty() {
        return Value::Null;
    }
    let finder = memchr::memmem::Finder::new(x);
    let bytes = s.as_bytes();
    let mut out = Vec::new();
    let (mut at, mut chars) = (0, 0);
    let mut from = 0;
    while let Some(i) = finder.find(&bytes[from..]) {
        let hit = from + i;
        chars += bytes[at..hit].iter().filter(|b| (**b & 0xC0) != 0x80).count();
        at = hit;
        out.push(count(chars));
        from = hit + 1;
    }
    Value::array(out)
}

fn bsearch(v: &Value, target: &Value) -> Result<Value> {
    let Value::Array(a) = v else {
        return Err(type_error(v, "cannot be searched from"));
    };
    let (mut low, mut high) = (0, a.len());
    while low < high {
        let mid = low.midpoint(high);
        match ops::compare(&a[mid], target)? {
            Ordering::Equal => return Ok(count(mid)),
            Ordering::Less => low = mid + 1,
            Ordering::Greater => high = mid,
        }
    }
    #[allow(clippy::cast_precision_loss)]
    Ok(Value::number(-1.0 - low as f64))
}

fn transpose(v: &Value) -> Result<Value> {
    let Value::Array(rows) = v else {
        return Err(ops::cannot_iterate(v));
    };
    let mut width = 0;
    for r in rows.iter() {
        match r {
            Value::Array(a) => width = width.max(a.len()),
            Value::Null => {}
            other => {
                return Err(Exc::message(format!(
                    "Cannot index {} with number (0)",
                    other.type_name()
                )));
            }
        }
    }
    let cell = |row: &Value, i: usize| match row {
        Value::Array(a) => a.get(i).cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    Ok(Value::array(
        (0..width)
            .map(|i| Value::array(rows.iter().map(|r| cell(r, i)).collect()))
            .collect(),
    ))
}

fn reverse(v: Value) -> Result<Value> {
    Ok(match v {
        Value::String(s) => Value::from(s.chars().rev().collect::<String>()),
        Value::Null => Value::array(Vec::new()),
        Value::Array(a) => {
            let mut items = a.into_vec();
            items.reverse();
            Value::array(items)
        }
        Value::Number(_) | Value::Bool(_) | Value::Object(_) => {
            if matches!(&v, Value::Object(o) if o.is_empty()) || matches!(&v, Value::Number(n) if n.as_f64() == 0.0) {
                return Ok(Value::array(Vec::new()));
            }
            if let Value::Bool(_) = v {
                return Err(type_error(&v, "has no length"));
            }
            return Err(Exc::message(format!(
                "Cannot index {} with number ({})",
                v.type_name(),
                match &v {
                    Value::Object(o) => o.len() as i64 - 1,
                    #[allow(clippy::cast_possible_truncation)]
                    other => other.as_f64().unwrap_or(0.0).abs() as i64 - 1,
                }
            )));
        }
    })
}

/// The `--stream` events of a value.
fn to_stream(v: &Value) -> Value {
    let mut out = Vec::new();
    let mut path: Vec<Value> = Vec::new();
    // Containers being walked and the position in each.
    let mut open: Vec<(&Value, usize)> = Vec::new();
    let mut at = Some(v);
    loop {
        if let Some(v) = at.take() {
            let empty = match v {
                Value::Array(a) => a.is_empty(),
                Value::Object(o) => o.is_empty(),
                _ => true,
            };
            if empty {
                out.push(Value::array(vec![Value::array(path.clone()), v.clone()]));
            } else {
                open.push((v, 0));
                path.push(Value::Null);
            }
        }
        let Some((container, next)) = open.last_mut() else {
            return Value::array(out);
        };
        let i = *next;
        *next += 1;
        let item = match container {
            Value::Array(a) => a.get(i).map(|v| (count(i), v)),
            Value::Object(o) => o.entry(i).map(|(k, v)| (Value::String(k.clone()), v)),
            _ => None,
        };
        match item {
            Some((key, v)) => {
                if let Some(last) = path.last_mut() {
                    *last = key;
                }
                at = Some(v);
            }
            None => {
                out.push(Value::array(vec![Value::array(path.clone())]));
                open.pop();
                path.pop();
            }
        }
    }
}

fn join(cx: &mut Cx<'_, '_>, v: &Value, sep: &Value) -> Result<Value> {
    let items: Vec<&Value> = match v {
        Value::Array(a) => a.iter().collect(),
        Value::Object(o) => o.iter().map(|(_, v)| v).collect(),
        other => return Err(ops::cannot_iterate(other)),
    };
    if items.is_empty() {
        return Ok(Value::from(""));
    }
    let mut out = Value::Null;
    for (i, item) in items.into_iter().enumerate() {
        cx.tick()?;
        out = if i == 0 {
            Value::from("")
        } else {
            ops::add(cx, out, sep)?
        };
        let text = match item {
            Value::Null => Value::from(""),
            Value::Bool(_) | Value::Number(_) => Value::from(json::print_compact(item)),
            other => other.clone(),
        };
        out = ops::add(cx, out, &text)?;
    }
    Ok(out)
}

fn ascii_key(v: &Value) -> Value {
    Value::from(v.type_name())
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "not",
        arity: 0,
        run: |_, v, _| Ok(Value::Bool(!v.is_truthy())),
    },
    Native {
        name: "type",
        arity: 0,
        run: |_, v, _| Ok(ascii_key(&v)),
    },
    Native {
        name: "length",
        arity: 0,
        run: |_, v, _| length(&v),
    },
    Native {
        name: "keys",
        arity: 0,
        run: |_, v, _| keys(&v, true),
    },
    Native {
        name: "keys_unsorted",
        arity: 0,
        run: |_, v, _| keys(&v, false),
    },
    Native {
        name: "has",
        arity: 1,
        run: |_, v, a| has(&v, &a[0]),
    },
    Native {
        name: "contains",
        arity: 1,
        run: |_, v, a| contains(&v, &a[0]),
    },
    Native {
        name: "add",
        arity: 0,
        run: |cx, v, _| add(cx, v),
    },
    Native {
        name: "to_entries",
        arity: 0,
        run: |_, v, _| to_entries(v),
    },
    Native {
        name: "from_entries",
        arity: 0,
        run: |_, v, _| from_entries(v),
    },
    Native {
        name: "flatten",
        arity: 0,
        run: |_, v, _| flatten(&v, f64::INFINITY),
    },
    Native {
        name: "flatten",
        arity: 1,
        run: |_, v, a| match a[0].as_f64() {
            Some(n) => flatten(&v, n),
            None => Err(Exc::message("flatten depth must not be negative")),
        },
    },
    Native {
        name: "indices",
        arity: 1,
        run: |_, v, a| indices(&v, &a[0]),
    },
    Native {
        name: "_indices",
        arity: 1,
        run: |_, v, a| indices(&v, &a[0]),
    },
    Native {
        name: "bsearch",
        arity: 1,
        run: |_, v, a| bsearch(&v, &a[0]),
    },
    Native {
        name: "transpose",
        arity: 0,
        run: |_, v, _| transpose(&v),
    },
    Native {
        name: "reverse",
        arity: 0,
        run: |_, v, _| reverse(v),
    },
    Native {
        name: "_tostream",
        arity: 0,
        run: |_, v, _| Ok(to_stream(&v)),
    },
    Native {
        name: "join",
        arity: 1,
        run: |cx, v, a| join(cx, &v, &a[0]),
    },
    Native {
        name: "toarray",
        arity: 0,
        run: |_, v, _| {
            Ok(if matches!(v, Value::Array(_)) {
                v
            } else {
                Value::array(vec![v])
            })
        },
    },
    Native {
        name: "setpath",
        arity: 2,
        run: |_, v, a| ops::set_path(v, &a[0], a[1].clone()),
    },
    Native {
        name: "delpaths",
        arity: 1,
        run: |_, v, a| match &a[0] {
            Value::Array(paths) => ops::delete_paths(v, paths.to_vec()),
            _ => Err(Exc::message("Paths must be specified as an array")),
        },
    },
];
