//! Sorting, grouping and extremes by a computed key.

use super::Native;
use crate::error::{Exc, type_error, type_error2};
use crate::exec::Cx;
use crate::exec::env::Env;
use crate::exec::ops;
use crate::exec::path::Path;
use crate::ir::{ByKey, Class, NodeId};
use crate::value::{Value, compare_depth};
use std::cmp::Ordering;

type Result<T> = std::result::Result<T, Exc>;

/// `sort_by(key)` and its family.
pub(crate) fn by_key(cx: &mut Cx<'_, '_>, kind: ByKey, key: NodeId, env: &Env, input: Value) -> Result<Value> {
    let Value::Array(items) = &input else {
        return Err(match (&input, kind) {
            (Value::Object(_), _) => type_error2(&input, &Value::array(Vec::new()), both(kind)),
            _ => ops::cannot_iterate(&input),
        });
    };
    let single = cx.code.node(key).class == Class::Det;
    let mut keys = Vec::with_capacity(items.len());
    for item in items.iter() {
        cx.tick()?;
        if single {
            keys.push(cx.cow(key, env, item)?.into_owned());
            continue;
        }
        let mut all = Vec::new();
        cx.each(key, env, item.clone(), Path::Off, &mut |_, v, _| {
            all.push(v);
            Ok(())
        })?;
        keys.push(Value::array(all));
    }
    arrange(kind, input, keys)
}

fn both(kind: ByKey) -> &'static str {
    match kind {
        ByKey::Sort => "cannot be sorted, as they are not both arrays",
        ByKey::Group | ByKey::Unique => "cannot be grouped, as they are not both arrays",
        ByKey::Min | ByKey::Max => "cannot be iterated over",
    }
}

/// The result for items whose keys are known.
fn arrange(kind: ByKey, input: Value, keys: Vec<Value>) -> Result<Value> {
    let Value::Array(items) = input else {
        return Ok(Value::Null);
    };
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items.into_vec()).collect();
    let mut deep = false;
    match kind {
        ByKey::Min | ByKey::Max => {
            // Of equal ones the first is the minimum and the last the maximum.
            let mut best: Option<(Value, Value)> = None;
            for (k, v) in pairs {
                let better = match &best {
                    None => true,
                    Some((b, _)) => {
                        let o = compare_depth(&k, b, &mut deep);
                        if kind == ByKey::Min {
                            o == Ordering::Less
                        } else {
                            o != Ordering::Less
                        }
                    }
                };
                if better {
                    best = Some((k, v));
                }
            }
            check(deep)?;
            return Ok(best.map_or(Value::Null, |(_, v)| v));
        }
        ByKey::Sort | ByKey::Group | ByKey::Unique => {
            pairs.sort_by(|a, b| compare_depth(&a.0, &b.0, &mut deep));
        }
    }
    check(deep)?;
    if kind == ByKey::Sort {
        return Ok(Value::array(pairs.into_iter().map(|(_, v)| v).collect()));
    }
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut last: Option<Value> = None;
    for (k, v) in pairs {
        let same = match &last {
            Some(l) => ops::equal(l, &k)?,
            None => false,
        };
        match groups.last_mut() {
            Some(group) if same => {
                if kind == ByKey::Group {
                    group.push(v);
                }
            }
            _ => {
                groups.push(vec![v]);
                last = Some(k);
            }
        }
    }
    Ok(Value::array(match kind {
        ByKey::Unique => groups.into_iter().flatten().collect(),
        _ => groups.into_iter().map(Value::array).collect(),
    }))
}

fn check(deep: bool) -> Result<()> {
    if deep {
        Err(Exc::message("Comparison too deep"))
    } else {
        Ok(())
    }
}

/// The form for keys computed elsewhere: an array as long as the input.
fn with_keys(kind: ByKey, input: Value, args: &mut [Value]) -> Result<Value> {
    match (&input, args) {
        (Value::Array(items), [Value::Array(keys)]) if items.len() == keys.len() => {
            let keys = std::mem::take(keys).into_vec();
            arrange(kind, input, keys)
        }
        (_, [keys]) => Err(type_error2(&input, keys, both(kind))),
        _ => Ok(Value::Null),
    }
}

fn sort(input: Value) -> Result<Value> {
    let Value::Array(a) = input else {
        return Err(type_error(&input, "cannot be sorted, as it is not an array"));
    };
    let mut items = a.into_vec();
    let mut deep = false;
    items.sort_by(|a, b| compare_depth(a, b, &mut deep));
    check(deep)?;
    Ok(Value::array(items))
}

fn extreme(kind: ByKey, input: Value) -> Result<Value> {
    match &input {
        Value::Array(a) => {
            let keys = a.to_vec();
            arrange(kind, input, keys)
        }
        _ => Err(type_error2(&input, &input, both(kind))),
    }
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "sort",
        arity: 0,
        run: |_, v, _| sort(v),
    },
    Native {
        name: "min",
        arity: 0,
        run: |_, v, _| extreme(ByKey::Min, v),
    },
    Native {
        name: "max",
        arity: 0,
        run: |_, v, _| extreme(ByKey::Max, v),
    },
    Native {
        name: "_sort_by_impl",
        arity: 1,
        run: |_, v, a| with_keys(ByKey::Sort, v, a),
    },
    Native {
        name: "_group_by_impl",
        arity: 1,
        run: |_, v, a| with_keys(ByKey::Group, v, a),
    },
    Native {
        name: "_unique_by_impl",
        arity: 1,
        run: |_, v, a| with_keys(ByKey::Unique, v, a),
    },
    Native {
        name: "_min_by_impl",
        arity: 1,
        run: |_, v, a| with_keys(ByKey::Min, v, a),
    },
    Native {
        name: "_max_by_impl",
        arity: 1,
        run: |_, v, a| with_keys(ByKey::Max, v, a),
    },
];
