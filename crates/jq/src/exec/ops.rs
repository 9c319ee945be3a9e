//! Operations on values: indexing, slicing, arithmetic, paths as data.

use super::Cx;
use crate::error::{Exc, dump, too_deep, type_error, type_error2};
use crate::syntax::BinaryOp;
use crate::value::{self, Array, MAX_DEPTH, Number, Object, Str, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

type Result<T> = std::result::Result<T, Exc>;

/// Elements an array may have, so that a mistaken index cannot exhaust memory (jq: the same).
const MAX_INDEX: f64 = 536_870_911.0;

fn cannot_index(v: &Value, key: &Value) -> Exc {
    Exc::message(format!(
        "Cannot index {} with {} ({})",
        v.type_name(),
        key.type_name(),
        dump(key)
    ))
}

/// `v[key]` with a string key.
#[inline]
pub(crate) fn field<'v>(v: &'v Value, key: &Str) -> Result<&'v Value> {
    const NULL: &Value = &Value::Null;
    match v {
        Value::Object(o) => Ok(o.get(key).unwrap_or(NULL)),
        Value::Null => Ok(NULL),
        _ => Err(cannot_index(v, &Value::String(key.clone()))),
    }
}

/// `v[key]`
pub(crate) fn index<'v>(v: &'v Value, key: &Value) -> Result<Cow<'v, Value>> {
    match (v, key) {
        (Value::Object(_) | Value::Null, Value::String(k)) => field(v, k).map(Cow::Borrowed),
        (Value::Array(a), Value::Number(n)) => Ok(position(n, a.len())
            .and_then(|i| a.get(i))
            .map_or(Cow::Owned(Value::Null), Cow::Borrowed)),
        (Value::Null, Value::Number(_)) => Ok(Cow::Owned(Value::Null)),
        (Value::Array(_) | Value::String(_) | Value::Null, Value::Object(o)) => {
            let (from, to) = slice_bounds(o);
            slice(v, from, to).map(Cow::Owned)
        }
        (Value::Array(a), Value::Array(b)) => Ok(Cow::Owned(indices_of(a, b)?)),
        _ => Err(cannot_index(v, key)),
    }
}

/// The element a number stands for, counted from the end if negative.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn position(n: &Number, len: usize) -> Option<usize> {
    let f = n.as_f64();
    if f.is_nan() {
        return None;
    }
    let f = f.floor();
    let f = if f < 0.0 { f + len as f64 } else { f };
    (f >= 0.0).then_some(f as usize)
}

fn slice_bounds(key: &Object) -> (Option<&Value>, Option<&Value>) {
    (key.get("start"), key.get("end"))
}

/// Start and end of a slice of something of length `len`: rounded outwards, counted from the end if negative, clamped.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn slice_range(len: usize, from: Option<&Value>, to: Option<&Value>) -> Result<(usize, usize)> {
    let bound = |v: Option<&Value>, default: f64| match v {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Number(n)) => Ok(n.as_f64()),
        Some(_) => Err(Exc::message("Start and end indices of an array slice must be numbers")),
    };
    let n = len as f64;
    let (mut start, mut end) = (bound(from, 0.0)?, bound(to, n)?);
    if start.is_nan() {
        start = 0.0;
    }
    if end.is_nan() {
        end = n;
    }
    if start < 0.0 {
        start += n;
    }
    if end < 0.0 {
        end += n;
    }
    let start = start.clamp(0.0, n).floor();
    let end = end.clamp(start, n).ceil().min(n);
    Ok((start as usize, end as usize))
}

/// `v[from:to]`
pub(crate) fn slice(v: &Value, from: Option<&Value>, to: Option<&Value>) -> Result<Value> {
    match v {
        Value::Null => Ok(Value::Null),
        Value::Array(a) => {
            let (s, e) = slice_range(a.len(), from, to)?;
            if s == 0 && e == a.len() {
                return Ok(v.clone());
            }
            Ok(Value::array(a[s..e].to_vec()))
        }
        Value::String(text) => {
            if text.is_ascii() {
                let (s, e) = slice_range(text.len(), from, to)?;
                return Ok(Value::from(&text[s..e]));
            }
            let (s, e) = slice_range(text.chars().count(), from, to)?;
            let mut at = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            let start = at.nth(s).unwrap_or(text.len());
            let end = if e > s {
                at.nth(e - s - 1).unwrap_or(text.len())
            } else {
                start
            };
            Ok(Value::from(&text[start..end]))
        }
        _ => Err(cannot_index(v, &slice_key(from, to))),
    }
}

/// A slice as a path element.
pub(crate) fn slice_key(from: Option<&Value>, to: Option<&Value>) -> Value {
    let mut o = Object::new();
    o.insert(Str::from("start"), from.cloned().unwrap_or_default());
    o.insert(Str::from("end"), to.cloned().unwrap_or_default());
    Value::Object(o)
}

/// Where `b` occurs in `a` as a run of elements.
pub(crate) fn indices_of(a: &Array, b: &Array) -> Result<Value> {
    if b.is_empty() {
        return Ok(Value::array(Vec::new()));
    }
    let mut out = Vec::new();
    for (i, window) in a.windows(b.len()).enumerate() {
        let mut all = true;
        for (x, y) in window.iter().zip(b.iter()) {
            if !equal(x, y)? {
                all = false;
                break;
            }
        }
        if all {
            #[allow(clippy::cast_precision_loss)]
            out.push(Value::number(i as f64));
        }
    }
    Ok(Value::array(out))
}

pub(crate) fn equal(a: &Value, b: &Value) -> Result<bool> {
    value::equal(a, b).map_err(too_deep("Equality check"))
}

pub(crate) fn compare(a: &Value, b: &Value) -> Result<Ordering> {
    value::compare(a, b).map_err(too_deep("Comparison"))
}

/// A place inside `v` that can be written, made if it is not there. Slices have none.
pub(crate) fn place<'v>(v: &'v mut Value, key: &Value) -> Result<&'v mut Value> {
    match key {
        Value::String(k) if matches!(v, Value::Null | Value::Object(_)) => {
            if matches!(v, Value::Null) {
                *v = Value::Object(Object::new());
            }
            match v {
                Value::Object(o) => Ok(o.slot(k)),
                _ => Err(cannot_index(&Value::Null, key)),
            }
        }
        Value::Number(n) if matches!(v, Value::Null | Value::Array(_)) => {
            if matches!(v, Value::Null) {
                *v = Value::Array(Array::new());
            }
            let Value::Array(a) = v else {
                return Err(cannot_index(&Value::Null, key));
            };
            if n.is_nan() {
                return Err(Exc::message("Cannot set array element at NaN index"));
            }
            if n.as_f64() > MAX_INDEX {
                return Err(Exc::message("Array index too large"));
            }
            let at = position(n, a.len()).ok_or_else(|| Exc::message("Out of bounds negative array index"))?;
            let items = a.make_mut();
            if at >= items.len() {
                items.resize(at + 1, Value::Null);
            }
            Ok(&mut items[at])
        }
        Value::Object(_) if matches!(v, Value::String(_)) => Err(Exc::message("Cannot update string slices")),
        Value::Object(_) if !matches!(v, Value::Null | Value::Array(_) | Value::Object(_)) => Err(Exc::message(
            format!("Cannot update field at object index of {}", v.type_name()),
        )),
        Value::Array(_) if matches!(v, Value::Array(_)) => {
            Err(Exc::message("Cannot update field at array index of array"))
        }
        _ => Err(cannot_index(v, key)),
    }
}

/// Replaces a slice of an array.
pub(crate) fn set_slice(v: &mut Value, key: &Object, with: Value) -> Result<()> {
    let (from, to) = slice_bounds(key);
    let mut items = match std::mem::take(v) {
        Value::Null => Vec::new(),
        Value::Array(a) => a.into_vec(),
        _ => Vec::new(),
    };
    let (s, e) = slice_range(items.len(), from, to)?;
    let Value::Array(with) = with else {
        return Err(Exc::message("A slice of an array can only be assigned another array"));
    };
    items.splice(s..e, with.into_vec());
    *v = Value::array(items);
    Ok(())
}

fn is_slice(v: &Value, key: &Value) -> bool {
    matches!((v, key), (Value::Null | Value::Array(_), Value::Object(_)))
}

pub(crate) fn path_keys(path: &Value) -> Result<&[Value]> {
    match path {
        Value::Array(a) if a.len() > MAX_DEPTH => Err(Exc::message("Path too deep")),
        Value::Array(a) => Ok(a),
        _ => Err(Exc::message("Path must be specified as an array")),
    }
}

/// `getpath`
pub(crate) fn get_path(v: &Value, path: &Value) -> Result<Value> {
    let mut at = Cow::Borrowed(v);
    for key in path_keys(path)? {
        if matches!(*at, Value::Null) {
            return Ok(Value::Null);
        }
        at = match at {
            Cow::Borrowed(v) => index(v, key)?,
            Cow::Owned(v) => Cow::Owned(index(&v, key)?.into_owned()),
        };
    }
    Ok(at.into_owned())
}

/// Applies `f` to the value at a path, in place. `f` gets `null` for what is not there.
pub(crate) fn update_path(v: &mut Value, keys: &[Value], f: &mut dyn FnMut(Value) -> Result<Value>) -> Result<()> {
    let mut at = v;
    for (i, key) in keys.iter().enumerate() {
        if is_slice(at, key) {
            let Value::Object(k) = key else { continue };
            let (from, to) = slice_bounds(k);
            let mut part = slice(at, from, to)?;
            update_path(&mut part, &keys[i + 1..], f)?;
            return set_slice(at, k, part);
        }
        at = place(at, key)?;
    }
    let old = std::mem::take(at);
    *at = f(old)?;
    Ok(())
}

/// `setpath`
pub(crate) fn set_path(mut v: Value, path: &Value, new: Value) -> Result<Value> {
    let mut new = Some(new);
    update_path(&mut v, path_keys(path)?, &mut |_| Ok(new.take().unwrap_or_default()))?;
    Ok(v)
}

/// `delpaths`
pub(crate) fn delete_paths(mut v: Value, paths: Vec<Value>) -> Result<Value> {
    let mut deep = false;
    let mut paths = paths;
    for p in &paths {
        path_keys(p)?;
    }
    paths.sort_by(|a, b| value::compare_depth(a, b, &mut deep));
    // Longest and last first, those with one parent together.
    let mut rest = paths.as_slice();
    while let Some(last) = rest.last() {
        let Some((_, parent)) = path_keys(last)?.split_last() else {
            return Ok(Value::Null);
        };
        let same = |p: &Value| match path_keys(p) {
            Ok(keys) => keys
                .split_last()
                .is_some_and(|(_, q)| q.len() == parent.len() && q == parent),
            Err(_) => false,
        };
        let first = rest.iter().rposition(|p| !same(p)).map_or(0, |i| i + 1);
        let keys: Vec<&Value> = rest[first..].iter().filter_map(|p| path_keys(p).ok()?.last()).collect();
        rest = &rest[..first];
        if matches!(get_path(&v, &Value::array(parent.to_vec()))?, Value::Null) {
            continue;
        }
        update_path(&mut v, parent, &mut |old| delete_keys(old, &keys))?;
    }
    Ok(v)
}

/// Removes elements of one container.
fn delete_keys(v: Value, keys: &[&Value]) -> Result<Value> {
    match v {
        Value::Null => Ok(Value::Null),
        Value::Object(mut o) => {
            for k in keys {
                match k {
                    Value::String(k) if keys.len() == 1 => {
                        o.remove(k);
                    }
                    Value::String(_) => {}
                    _ => {
                        return Err(Exc::message(format!(
                            "Cannot delete field at object index of {}",
                            k.type_name()
                        )));
                    }
                }
            }
            if keys.len() > 1 {
                let names: std::collections::HashSet<&str> = keys.iter().filter_map(|k| k.as_str()).collect();
                o.retain(|k, _| !names.contains(k.as_str()));
            }
            Ok(Value::Object(o))
        }
        Value::Array(a) => {
            let mut gone = vec![false; a.len()];
            for k in keys {
                match k {
                    Value::Number(n) => {
                        if let Some(g) = position(n, a.len()).and_then(|i| gone.get_mut(i)) {
                            *g = true;
                        }
                    }
                    Value::Object(o) => {
                        let (from, to) = slice_bounds(o);
                        let (s, e) = slice_range(a.len(), from, to)?;
                        gone[s..e].fill(true);
                    }
                    _ => {
                        return Err(Exc::message(format!(
                            "Cannot delete field at array index of {}",
                            k.type_name()
                        )));
                    }
                }
            }
            let mut gone = gone.into_iter();
            let mut items = a.into_vec();
            items.retain(|_| !gone.next().unwrap_or(false));
            Ok(Value::array(items))
        }
        other => Err(Exc::message(format!("Cannot delete fields from {}", other.type_name()))),
    }
}

/// A binary operator. `a` is consumed so that `. + [x]` need not copy.
pub(crate) fn binary(cx: &mut Cx<'_, '_>, op: BinaryOp, a: Value, b: &Value) -> Result<Value> {
    match op {
        BinaryOp::Add => add(cx, a, b),
        BinaryOp::Sub => match (&a, b) {
            (Value::Number(x), Value::Number(y)) => Ok(Value::number(x.as_f64() - y.as_f64())),
            (Value::Array(_), Value::Array(y)) => {
                let Value::Array(x) = a else { return Ok(Value::Null) };
                let mut failed = None;
                let mut items = x.into_vec();
                items.retain(|v| {
                    !y.iter().any(|w| {
                        equal(v, w).unwrap_or_else(|e| {
                            failed = Some(e);
                            false
                        })
                    })
                });
                failed.map_or(Ok(Value::array(items)), Err)
            }
            _ => Err(type_error2(&a, b, "cannot be subtracted")),
        },
        BinaryOp::Mul => multiply(cx, a, b),
        BinaryOp::Div => match (&a, b) {
            (Value::Number(x), Value::Number(y)) => {
                if y.as_f64() == 0.0 {
                    return Err(type_error2(&a, b, "cannot be divided because the divisor is zero"));
                }
                Ok(Value::number(x.as_f64() / y.as_f64()))
            }
            (Value::String(x), Value::String(y)) => Ok(split(x, y)),
            _ => Err(type_error2(&a, b, "cannot be divided")),
        },
        BinaryOp::Mod => match (&a, b) {
            (Value::Number(x), Value::Number(y)) => remainder(x.as_f64(), y.as_f64())
                .ok_or_else(|| type_error2(&a, b, "cannot be divided (remainder) because the divisor is zero")),
            _ => Err(type_error2(&a, b, "cannot be divided (remainder)")),
        },
        _ => relation(op, &a, b).map(Value::Bool),
    }
}

/// A comparison.
#[inline]
pub(crate) fn relation(op: BinaryOp, a: &Value, b: &Value) -> Result<bool> {
    Ok(match op {
        BinaryOp::Eq => equal(a, b)?,
        BinaryOp::Ne => !equal(a, b)?,
        _ => {
            // NaN is below every number, itself included.
            let less = |x: &Value, y: &Value| -> Result<bool> {
                if let (Value::Number(x), Value::Number(y)) = (x, y) {
                    return Ok(x.is_nan() || x.compare(y) == Some(Ordering::Less));
                }
                Ok(compare(x, y)?.is_lt())
            };
            let order = || -> Result<Ordering> {
                if less(a, b)? {
                    Ok(Ordering::Less)
                } else if let (Value::Number(x), Value::Number(y)) = (a, b) {
                    Ok(if x.compare(y) == Some(Ordering::Equal) {
                        Ordering::Equal
                    } else {
                        Ordering::Greater
                    })
                } else {
                    compare(a, b)
                }
            };
            let order = order()?;
            match op {
                BinaryOp::Lt => order.is_lt(),
                BinaryOp::Le => order.is_le(),
                BinaryOp::Gt => order.is_gt(),
                _ => order.is_ge(),
            }
        }
    })
}

/// `a + b`
pub(crate) fn add(cx: &mut Cx<'_, '_>, a: Value, b: &Value) -> Result<Value> {
    Ok(match (a, b) {
        (Value::Number(x), Value::Number(y)) => Value::number(x.as_f64() + y.as_f64()),
        (Value::Null, b) => b.clone(),
        (a, Value::Null) => a,
        (Value::String(mut x), Value::String(y)) => {
            if x.is_empty() {
                return Ok(b.clone());
            }
            if x.len() + y.len() > 1 << 20 {
                cx.host.reserve(x.len() + y.len())?;
            }
            x.push_str(y);
            Value::String(x)
        }
        (Value::Array(mut x), Value::Array(y)) => {
            if x.is_empty() {
                return Ok(b.clone());
            }
            if x.len() + y.len() > 1 << 16 {
                cx.host.reserve((x.len() + y.len()) * size_of::<Value>())?;
            }
            x.make_mut().extend_from_slice(y);
            Value::Array(x)
        }
        (Value::Object(mut x), Value::Object(y)) => {
            if x.is_empty() {
                return Ok(b.clone());
            }
            for (k, v) in y.iter() {
                x.insert(k.clone(), v.clone());
            }
            Value::Object(x)
        }
        (a, b) => return Err(type_error2(&a, b, "cannot be added")),
    })
}

fn multiply(cx: &mut Cx<'_, '_>, a: Value, b: &Value) -> Result<Value> {
    match (&a, b) {
        (Value::Number(x), Value::Number(y)) => Ok(Value::number(x.as_f64() * y.as_f64())),
        (Value::String(s), Value::Number(n)) | (Value::Number(n), Value::String(s)) => {
            let n = n.as_f64();
            if n.is_nan() || n < 0.0 {
                return Ok(Value::Null);
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let times = n.min(f64::from(i32::MAX)) as usize;
            let bytes = s.len().saturating_mul(times);
            if bytes > i32::MAX as usize {
                return Err(Exc::message("Repeat string result too long"));
            }
            cx.host.reserve(bytes)?;
            Ok(Value::from(s.as_str().repeat(times)))
        }
        (Value::Object(_), Value::Object(y)) => {
            let Value::Object(x) = a else { return Ok(Value::Null) };
            let merged = value::merge_deep(x, y.clone()).map_err(too_deep("Object merge"))?;
            Ok(Value::Object(merged))
        }
        _ => Err(type_error2(&a, b, "cannot be multiplied")),
    }
}

/// `%` on the integer parts. `None` if the divisor's is zero.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn remainder(x: f64, y: f64) -> Option<Value> {
    if x.is_nan() || y.is_nan() {
        return Some(Value::number(f64::NAN));
    }
    let divisor = y as i64;
    if divisor == 0 {
        return None;
    }
    let r = (x as i64).unsigned_abs() % divisor.unsigned_abs();
    let r = r as f64;
    Some(Value::number(if x < 0.0 && r != 0.0 { -r } else { r }))
}

/// `a / b` on strings: the pieces of `a` between occurrences of `b`.
pub(crate) fn split(a: &str, b: &str) -> Value {
    if a.is_empty() {
        return Value::array(Vec::new());
    }
    if b.is_empty() {
        let mut buf = [0u8; 4];
        return Value::array(a.chars().map(|c| Value::from(&*c.encode_utf8(&mut buf))).collect());
    }
    let finder = memchr::memmem::Finder::new(b);
    let mut out = Vec::new();
    let mut start = 0;
    for at in finder.find_iter(a.as_bytes()) {
        out.push(Value::from(&a[start..at]));
        start = at + b.len();
    }
    out.push(Value::from(&a[start..]));
    Value::array(out)
}

/// `-v`
pub(crate) fn negate(v: &Value) -> Result<Value> {
    match v {
        Value::Number(n) => Ok(Value::Number(n.negate())),
        _ => Err(type_error(v, "cannot be negated")),
    }
}

pub(crate) fn cannot_iterate(v: &Value) -> Exc {
    match v {
        Value::Null => Exc::message("Cannot iterate over null"),
        _ => Exc::message(format!("Cannot iterate over {} ({})", v.type_name(), dump(v))),
    }
}
