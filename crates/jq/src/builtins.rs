//! The builtin functions: natives written in Rust, and a prelude written in jq.

mod by_key;
mod collections;
mod control;
mod dates;
mod format;
mod math;
mod prelude;
mod regex;
mod special_math;
mod strftime;
mod strings;
mod strptime;

pub(crate) use by_key::by_key;
pub(crate) use format::{format, is_format};
pub(crate) use prelude::{find_defined, prelude};
pub(crate) use regex::Regexes;

use crate::error::Exc;
use crate::exec::Cx;
use crate::value::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Takes the input and the arguments, whose values it may use up.
pub(crate) type Run = fn(&mut Cx<'_, '_>, Value, &mut [Value]) -> Result<Value, Exc>;

/// A builtin written in Rust.
#[derive(Debug)]
pub(crate) struct Native {
    pub name: &'static str,
    pub arity: usize,
    pub run: Run,
}

type Table = HashMap<(&'static str, usize), &'static Native>;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        [
            by_key::NATIVES,
            collections::NATIVES,
            strings::NATIVES,
            dates::NATIVES,
            control::NATIVES,
            regex::NATIVES,
        ]
        .into_iter()
        .flatten()
        .chain(math::natives())
        .map(|n| ((n.name, n.arity), n))
        .collect()
    })
}

pub(crate) fn find_native(name: &str, arity: usize) -> Option<&'static Native> {
    table().get(&(name, arity)).copied()
}

/// Functions that the compiler knows, for `builtins`.
const SPECIAL: [&str; 26] = [
    "empty/0",
    "null/0",
    "true/0",
    "false/0",
    "recurse/0",
    "range/1",
    "range/2",
    "range/3",
    "limit/2",
    "skip/2",
    "last/1",
    "path/1",
    "getpath/1",
    "sort_by/1",
    "group_by/1",
    "unique_by/1",
    "min_by/1",
    "max_by/1",
    "env/0",
    "not/0",
    "error/0",
    "add/0",
    "length/0",
    "keys/0",
    "input/0",
    "debug/0",
];

/// The names `builtins` lists: everything whose name does not start with an underscore.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = SPECIAL.iter().map(|s| (*s).to_owned()).collect();
    names.extend(table().values().map(|n| format!("{}/{}", n.name, n.arity)));
    names.extend(prelude::names());
    names.retain(|n| !n.starts_with('_'));
    names.sort();
    names.dedup();
    names
}
