//! Equality, ordering, containment and deep merge, all bounded in depth.

use super::{MAX_DEPTH, Object, Value};
use std::cmp::Ordering;

/// Two values are nested deeper than [`MAX_DEPTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep;

/// Stack kept free below each group of levels; one level takes well under 1 KiB.
fn guarded<T>(depth: usize, f: impl FnOnce() -> T) -> T {
    if depth % 32 == 31 {
        stacker::maybe_grow(128 * 1024, 1024 * 1024, f)
    } else {
        f()
    }
}

/// Equality as `==` has it: object order does not matter, NaN equals nothing.
pub fn equal(a: &Value, b: &Value) -> Result<bool, TooDeep> {
    equal_at(a, b, 0)
}

fn equal_at(a: &Value, b: &Value, depth: usize) -> Result<bool, TooDeep> {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            if x.same(y) {
                return Ok(true);
            }
            if depth > MAX_DEPTH {
                return Err(TooDeep);
            }
            if x.len() != y.len() {
                return Ok(false);
            }
            guarded(depth, || {
                for (p, q) in x.iter().zip(y.iter()) {
                    if !equal_at(p, q, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        }
        (Value::Object(x), Value::Object(y)) => {
            if x.same(y) {
                return Ok(true);
            }
            if depth > MAX_DEPTH {
                return Err(TooDeep);
            }
            if x.len() != y.len() {
                return Ok(false);
            }
            guarded(depth, || {
                for (k, p) in x.iter() {
                    match y.get(k) {
                        Some(q) if equal_at(p, q, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            })
        }
        (Value::Number(x), Value::Number(y)) => Ok(x.compare(y) == Some(Ordering::Equal)),
        (Value::String(x), Value::String(y)) => Ok(x == y),
        (Value::Bool(x), Value::Bool(y)) => Ok(x == y),
        (Value::Null, Value::Null) => Ok(true),
        _ => Ok(false),
    }
}

fn rank(v: &Value) -> u8 {
    match v {
        Value::Null => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

/// The order of `sort`: null, false, true, numbers, strings, arrays, objects. NaN sorts below every number.
///
/// # Errors
/// [`TooDeep`] when both sides are nested deeper than [`MAX_DEPTH`].
pub fn compare(a: &Value, b: &Value) -> Result<Ordering, TooDeep> {
    let mut deep = false;
    let r = compare_depth(a, b, &mut deep);
    if deep { Err(TooDeep) } else { Ok(r) }
}

/// Like [`compare`], for use inside a sort: what is nested too deeply counts as equal and sets `deep`, so the order
/// stays consistent.
pub fn compare_depth(a: &Value, b: &Value, deep: &mut bool) -> Ordering {
    compare_at(a, b, 0, deep)
}

fn compare_at(a: &Value, b: &Value, depth: usize, deep: &mut bool) -> Ordering {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x.compare(y).unwrap_or_else(|| y.is_nan().cmp(&x.is_nan())),
        (Value::String(x), Value::String(y)) => x.as_str().cmp(y.as_str()),
        (Value::Array(x), Value::Array(y)) => {
            if depth > MAX_DEPTH {
                *deep = true;
                return Ordering::Equal;
            }
            guarded(depth, || {
                for (p, q) in x.iter().zip(y.iter()) {
                    let o = compare_at(p, q, depth + 1, deep);
                    if o.is_ne() {
                        return o;
                    }
                }
                x.len().cmp(&y.len())
            })
        }
        (Value::Object(x), Value::Object(y)) => {
            if depth > MAX_DEPTH {
                *deep = true;
                return Ordering::Equal;
            }
            guarded(depth, || {
                let (kx, ky) = (x.sorted_keys(), y.sorted_keys());
                let keys = kx.cmp(&ky);
                if keys.is_ne() {
                    return keys;
                }
                for k in kx {
                    if let (Some(p), Some(q)) = (x.get(k), y.get(k)) {
                        let o = compare_at(p, q, depth + 1, deep);
                        if o.is_ne() {
                            return o;
                        }
                    }
                }
                Ordering::Equal
            })
        }
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Whether `b` is contained in `a`: objects by key, arrays by element, strings by substring.
///
/// # Errors
/// [`TooDeep`] when `b` is nested deeper than [`MAX_DEPTH`].
pub fn contains(a: &Value, b: &Value) -> Result<bool, TooDeep> {
    contains_at(a, b, 0)
}

fn contains_at(a: &Value, b: &Value, depth: usize) -> Result<bool, TooDeep> {
    if depth > MAX_DEPTH {
        return Err(TooDeep);
    }
    guarded(depth, || match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            for (k, q) in y.iter() {
                match x.get(k) {
                    Some(p) if contains_at(p, q, depth + 1)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Value::Array(x), Value::Array(y)) => {
            'each: for q in y.iter() {
                for p in x.iter() {
                    if contains_at(p, q, depth + 1)? {
                        continue 'each;
                    }
                }
                return Ok(false);
            }
            Ok(true)
        }
        (Value::String(x), Value::String(y)) => Ok(memchr::memmem::find(x.as_bytes(), y.as_bytes()).is_some()),
        _ => equal(a, b),
    })
}

/// `a * b` on objects: where both sides hold an object under a key these are merged too, else `b` wins.
///
/// # Errors
/// [`TooDeep`] when both are nested deeper than [`MAX_DEPTH`].
pub fn merge_deep(a: Object, b: Object) -> Result<Object, TooDeep> {
    merge_at(a, b, 0)
}

fn merge_at(mut a: Object, b: Object, depth: usize) -> Result<Object, TooDeep> {
    if depth > MAX_DEPTH {
        return Err(TooDeep);
    }
    guarded(depth, || {
        for (k, v) in b.into_entries() {
            let slot = a.slot(&k);
            *slot = match (std::mem::take(slot), v) {
                (Value::Object(x), Value::Object(y)) => Value::Object(merge_at(x, y, depth + 1)?),
                (_, v) => v,
            };
        }
        Ok(a)
    })
}
