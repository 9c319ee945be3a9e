//! Builtins that deal with errors, inputs and the world outside.

use super::Native;
use crate::compile::module_metadata;
use crate::error::{Exc, type_error};
use crate::exec::Cx;
use crate::value::{Number, Object, Str, Value};

type Result<T> = std::result::Result<T, Exc>;

fn input(cx: &mut Cx<'_, '_>) -> Result<Value> {
    match cx.host.next_input() {
        None => Err(Exc::message("break")),
        Some(Ok(v)) => Ok(v),
        Some(Err(m)) => Err(Exc::message(m)),
    }
}

fn halt_error(v: Value, status: &Value) -> Result<Value> {
    match status.as_f64() {
        #[allow(clippy::cast_possible_truncation)]
        Some(n) => Err(Exc::Halt(Box::new((n as i32, Some(v))))),
        None => Err(Exc::message("halt_error/1: number required")),
    }
}

fn module_meta(cx: &Cx<'_, '_>, v: &Value) -> Result<Value> {
    let Value::String(name) = v else {
        return Err(Exc::message("modulemeta input module name must be a string"));
    };
    match cx.host.loader() {
        Some(l) => module_metadata(l, name).map_err(Exc::message),
        None => Err(Exc::message(format!("module not found: {name}"))),
    }
}

fn splits_name(cx: &mut Cx<'_, '_>) -> Value {
    cx.host.input_filename().map_or(Value::Null, Value::from)
}

fn to_boolean(v: Value) -> Result<Value> {
    match &v {
        Value::Bool(_) => Ok(v),
        Value::String(s) if s == "true" => Ok(Value::Bool(true)),
        Value::String(s) if s == "false" => Ok(Value::Bool(false)),
        _ => Err(type_error(&v, "cannot be parsed as a boolean")),
    }
}

fn to_number(v: Value) -> Result<Value> {
    match &v {
        Value::Number(_) => Ok(v),
        Value::String(s) => match Number::parse(s.as_bytes()) {
            Some(n) => Ok(Value::Number(n)),
            None => Err(type_error(&v, "cannot be parsed as a number")),
        },
        _ => Err(type_error(&v, "cannot be parsed as a number")),
    }
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "error",
        arity: 0,
        run: |_, v, _| Err(Exc::value(v)),
    },
    Native {
        name: "halt",
        arity: 0,
        run: |_, _, _| Err(Exc::Halt(Box::new((0, None)))),
    },
    Native {
        name: "halt_error",
        arity: 1,
        run: |_, v, a| halt_error(v, &a[0]),
    },
    Native {
        name: "input",
        arity: 0,
        run: |cx, _, _| input(cx),
    },
    Native {
        name: "debug",
        arity: 0,
        run: |cx, v, _| {
            cx.host.debug(&v);
            Ok(v)
        },
    },
    Native {
        name: "stderr",
        arity: 0,
        run: |cx, v, _| {
            cx.host.stderr(&v);
            Ok(v)
        },
    },
    Native {
        name: "input_filename",
        arity: 0,
        run: |cx, _, _| Ok(splits_name(cx)),
    },
    Native {
        name: "_input_line_number",
        arity: 0,
        #[allow(clippy::cast_precision_loss)]
        run: |cx, _, _| Ok(Value::number(cx.host.input_line_number() as f64)),
    },
    Native {
        name: "_search_list",
        arity: 0,
        run: |cx, _, _| {
            Ok(Value::array(
                cx.host.search_list().into_iter().map(Value::from).collect(),
            ))
        },
    },
    Native {
        name: "modulemeta",
        arity: 0,
        run: |cx, v, _| module_meta(cx, &v),
    },
    Native {
        name: "builtins",
        arity: 0,
        run: |_, _, _| Ok(Value::array(super::names().into_iter().map(Value::from).collect())),
    },
    Native {
        name: "toboolean",
        arity: 0,
        run: |_, v, _| to_boolean(v),
    },
    Native {
        name: "tonumber",
        arity: 0,
        run: |_, v, _| to_number(v),
    },
    Native {
        name: "have_literal_numbers",
        arity: 0,
        run: |_, _, _| Ok(Value::Bool(true)),
    },
    Native {
        name: "have_decnum",
        arity: 0,
        run: |_, _, _| Ok(Value::Bool(true)),
    },
    Native {
        name: "_captures",
        arity: 0,
        run: |_, v, _| {
            let mut out = Object::new();
            if let Value::Object(m) = &v
                && let Some(Value::Array(captures)) = m.get("captures")
            {
                for c in captures.iter() {
                    if let Value::Object(c) = c
                        && let Some(Value::String(name)) = c.get("name")
                    {
                        out.insert(Str::clone(name), c.get("string").cloned().unwrap_or_default());
                    }
                }
            }
            Ok(Value::Object(out))
        },
    },
];
