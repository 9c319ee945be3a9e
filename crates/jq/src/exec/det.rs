//! Direct evaluation of expressions that have exactly one output.

use super::env::{Env, Slot};
use super::path::Path;
use super::{Cx, ops};
use crate::builtins;
use crate::error::Exc;
use crate::ir::{Class, InterpPart, NodeId, Op};
use crate::json;
use crate::syntax::BinaryOp;
use crate::value::{Object, Str, Value};
use std::borrow::Cow;

type Result<T> = std::result::Result<T, Exc>;

/// Stack that must be left before the next levels of the tree; see `Op::Grow`.
const RED_ZONE: usize = 256 * 1024;
const SEGMENT: usize = 2 * 1024 * 1024;

pub(super) fn grow<T>(f: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, f)
}

fn unbound() -> Exc {
    Exc::message("internal error: unbound variable")
}

impl<'c> Cx<'c, '_> {
    /// The output of a node for an input that stays with the caller. What is only looked up is borrowed.
    pub fn cow<'a>(&mut self, id: NodeId, env: &'a Env, input: &'a Value) -> Result<Cow<'a, Value>>
    where
        'c: 'a,
    {
        let code: &'c _ = self.code;
        match &code.node(id).op {
            Op::Identity => Ok(Cow::Borrowed(input)),
            Op::Const(v) => Ok(Cow::Borrowed(v)),
            Op::Var(level) => env.value(*level).map(Cow::Borrowed).ok_or_else(unbound),
            Op::Field { target, key } => match self.cow(*target, env, input)? {
                Cow::Borrowed(v) => ops::field(v, key).map(Cow::Borrowed),
                Cow::Owned(v) => ops::field(&v, key).map(|v| Cow::Owned(v.clone())),
            },
            Op::Index { target, key } => {
                let key = self.cow(*key, env, input)?;
                match self.cow(*target, env, input)? {
                    Cow::Borrowed(v) => ops::index(v, &key),
                    Cow::Owned(v) => ops::index(&v, &key).map(|v| Cow::Owned(v.into_owned())),
                }
            }
            Op::Slice { target, from, to } => {
                let from = from.map(|f| self.cow(f, env, input)).transpose()?;
                let to = to.map(|t| self.cow(t, env, input)).transpose()?;
                let target = self.cow(*target, env, input)?;
                ops::slice(&target, from.as_deref(), to.as_deref()).map(Cow::Owned)
            }
            Op::Pipe(a, b) => match self.cow(*a, env, input)? {
                Cow::Borrowed(v) => self.cow(*b, env, v),
                Cow::Owned(v) => self.owned(*b, env, v).map(Cow::Owned),
            },
            Op::Binary(op, a, b) => {
                let b = self.cow(*b, env, input)?;
                let a = self.cow(*a, env, input)?;
                if matches!(
                    op,
                    BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod
                ) {
                    ops::binary(self, *op, a.into_owned(), &b).map(Cow::Owned)
                } else {
                    ops::relation(*op, &a, &b).map(|r| Cow::Owned(Value::Bool(r)))
                }
            }
            Op::Neg(a) => ops::negate(&*self.cow(*a, env, input)?).map(Cow::Owned),
            Op::And(a, b) => {
                let r = self.truth(*a, env, input)? && self.truth(*b, env, input)?;
                Ok(Cow::Owned(Value::Bool(r)))
            }
            Op::Or(a, b) => {
                let r = self.truth(*a, env, input)? || self.truth(*b, env, input)?;
                Ok(Cow::Owned(Value::Bool(r)))
            }
            Op::Alt(a, b) => match self.cow(*a, env, input) {
                Ok(v) if v.is_truthy() => Ok(v),
                Ok(_) | Err(Exc::Raised(_)) => self.cow(*b, env, input),
                Err(e) => Err(e),
            },
            Op::If { cond, then, other } => {
                let branch = if self.truth(*cond, env, input)? { *then } else { *other };
                self.cow(branch, env, input)
            }
            Op::Try { body, handler: Some(h) } => match self.cow(*body, env, input) {
                Err(Exc::Raised(v)) => self.owned(*h, env, *v).map(Cow::Owned),
                r => r,
            },
            Op::Object(entries) => {
                let mut out = Object::builder(entries.len());
                for (k, v) in entries {
                    let key = match &*self.cow(*k, env, input)? {
                        Value::String(s) => s.clone(),
                        other => return Err(bad_key(other)),
                    };
                    let value = self.cow(*v, env, input)?.into_owned();
                    out.insert(key, value);
                }
                Ok(Cow::Owned(Value::Object(out.finish())))
            }
            Op::Interp { format, parts } => {
                let mut out = Str::new();
                for p in parts {
                    match p {
                        InterpPart::Text(t) => out.push_str(t),
                        InterpPart::Value(id) => {
                            let v = self.cow(*id, env, input)?;
                            match (format, &*v) {
                                (None, Value::String(s)) => out.push_str(s),
                                (None, v) => out.push_str(&json::print_compact(v)),
                                (Some(f), v) => out.push_str(&builtins::format(f, v)?),
                            }
                        }
                    }
                }
                Ok(Cow::Owned(Value::String(out)))
            }
            Op::Bind { source, body, level } => {
                let v = self.cow(*source, env, input)?.into_owned();
                let inner = env.push(*level, Slot::Value(v));
                self.cow(*body, &inner, input).map(|v| Cow::Owned(v.into_owned()))
            }
            Op::GetPath(path) => {
                let path = self.cow(*path, env, input)?;
                ops::get_path(input, &path).map(Cow::Owned)
            }
            Op::Grow(inner) => grow(|| self.cow(*inner, env, input)),
            _ => self.owned(id, env, input.clone()).map(Cow::Owned),
        }
    }

    /// Whether the output of a node counts as true.
    pub fn truth(&mut self, id: NodeId, env: &Env, input: &Value) -> Result<bool> {
        Ok(self.cow(id, env, input)?.is_truthy())
    }

    /// The output of a node that may use up its input: containers nobody else holds are changed in place.
    pub fn owned(&mut self, id: NodeId, env: &Env, input: Value) -> Result<Value> {
        let code: &'c _ = self.code;
        match &code.node(id).op {
            Op::Identity => Ok(input),
            Op::Pipe(a, b) => {
                let v = self.owned(*a, env, input)?;
                self.owned(*b, env, v)
            }
            Op::Binary(op @ (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul), a, b) => {
                let b = self.cow(*b, env, &input)?.into_owned();
                let a = self.owned(*a, env, input)?;
                ops::binary(self, *op, a, &b)
            }
            Op::If { cond, then, other } => {
                let branch = if self.truth(*cond, env, &input)? { *then } else { *other };
                self.owned(branch, env, input)
            }
            Op::Bind { source, body, level } => {
                let v = self.cow(*source, env, &input)?.into_owned();
                let inner = env.push(*level, Slot::Value(v));
                self.owned(*body, &inner, input)
            }
            Op::Native { native, args } => {
                self.tick()?;
                let arg = |cx: &mut Self, i: usize| Ok::<_, Exc>(cx.cow(args[i], env, &input)?.into_owned());
                match args.len() {
                    0 => (native.run)(self, input, &mut []),
                    1 => {
                        let mut a = [arg(self, 0)?];
                        (native.run)(self, input, &mut a)
                    }
                    2 => {
                        let mut a = [arg(self, 0)?, arg(self, 1)?];
                        (native.run)(self, input, &mut a)
                    }
                    n => {
                        let mut a = Vec::with_capacity(n);
                        for i in 0..n {
                            a.push(arg(self, i)?);
                        }
                        (native.run)(self, input, &mut a)
                    }
                }
            }
            Op::Array(body) => {
                let mut out = Vec::new();
                self.each(*body, env, input, Path::Off, &mut |_, v, _| {
                    out.push(v);
                    Ok(())
                })?;
                Ok(Value::array(out))
            }
            Op::Reduce {
                source,
                init,
                update,
                level,
            } => self.reduce(*source, *init, *update, *level, env, input),
            Op::Modify { path, update } => self.modify(*path, *update, env, input),
            Op::ModifyPaths { paths, update } => {
                let paths = self.cow(*paths, env, &input)?.into_owned();
                self.modify_paths(&paths, *update, env, input)
            }
            Op::Assign { path, value } => {
                let value = self.cow(*value, env, &input)?.into_owned();
                self.assign(*path, &value, env, input)
            }
            Op::ByKey { kind, key } => builtins::by_key(self, *kind, *key, env, input),
            Op::Grow(inner) => grow(|| self.owned(*inner, env, input)),
            // Everything else only looks at its input.
            _ => match self.cow(id, env, &input)? {
                Cow::Borrowed(v) => Ok(v.clone()),
                Cow::Owned(v) => Ok(v),
            },
        }
    }

    fn reduce(
        &mut self,
        source: NodeId,
        init: NodeId,
        update: NodeId,
        level: u32,
        env: &Env,
        input: Value,
    ) -> Result<Value> {
        let mut state = self.cow(init, env, &input)?.into_owned();
        let direct = self.code.node(update).class == Class::Det;
        self.each(source, env, input, Path::Off, &mut |cx, v, _| {
            let inner = env.push(level, Slot::Value(v));
            let old = std::mem::take(&mut state);
            if direct {
                state = cx.owned(update, &inner, old)?;
                return Ok(());
            }
            // The last output is the new state; without any it is null.
            cx.each(update, &inner, old, Path::Off, &mut |_, v, _| {
                state = v;
                Ok(())
            })
        })?;
        Ok(state)
    }

    /// One output together with its path, for nodes of class [`Class::Det`].
    pub fn located(&mut self, id: NodeId, env: &Env, input: Value, path: Path) -> Result<(Value, Path)> {
        if path.is_off() {
            return Ok((self.owned(id, env, input)?, Path::Off));
        }
        let code: &'c _ = self.code;
        match &code.node(id).op {
            Op::Identity => Ok((input, path)),
            Op::Field { target, key } => {
                let (v, path) = self.located(*target, env, input, path)?;
                let path = path.join(&v, || Value::String(key.clone()))?;
                Ok((ops::field(&v, key)?.clone(), path))
            }
            Op::Index { target, key } => {
                let key = self.cow(*key, env, &input)?.into_owned();
                let (v, path) = self.located(*target, env, input, path)?;
                let path = path.join(&v, || key.clone())?;
                Ok((ops::index(&v, &key)?.into_owned(), path))
            }
            Op::Slice { target, from, to } => {
                let from = from
                    .map(|f| self.cow(f, env, &input).map(Cow::into_owned))
                    .transpose()?;
                let to = to.map(|t| self.cow(t, env, &input).map(Cow::into_owned)).transpose()?;
                let (v, path) = self.located(*target, env, input, path)?;
                let path = path.join(&v, || ops::slice_key(from.as_ref(), to.as_ref()))?;
                Ok((ops::slice(&v, from.as_ref(), to.as_ref())?, path))
            }
            Op::Pipe(a, b) => {
                let (v, path) = self.located(*a, env, input, path)?;
                self.located(*b, env, v, path)
            }
            Op::If { cond, then, other } => {
                let branch = if self.truth(*cond, env, &input)? { *then } else { *other };
                self.located(branch, env, input, path)
            }
            Op::Alt(a, b) => match self.located(*a, env, input.clone(), path.clone()) {
                Ok((v, p)) if v.is_truthy() => Ok((v, p)),
                Ok(_) | Err(Exc::Raised(_)) => self.located(*b, env, input, path),
                Err(e) => Err(e),
            },
            Op::Try { body, handler: Some(h) } => match self.located(*body, env, input.clone(), path.clone()) {
                Err(Exc::Raised(v)) => {
                    let path = path.computed(&input, &v);
                    self.located(*h, env, *v, path)
                }
                r => r,
            },
            Op::Bind { source, body, level } => {
                let v = self.cow(*source, env, &input)?.into_owned();
                let inner = env.push(*level, Slot::Value(v));
                self.located(*body, &inner, input, path)
            }
            Op::GetPath(keys) => {
                let keys = self.cow(*keys, env, &input)?.into_owned();
                let v = ops::get_path(&input, &keys)?;
                let mut path = path;
                for k in ops::path_keys(&keys)? {
                    path = path.join(&input, || k.clone())?;
                }
                Ok((v, path))
            }
            Op::Grow(inner) => grow(|| self.located(*inner, env, input, path)),
            _ => {
                let v = self.cow(id, env, &input)?.into_owned();
                let path = path.computed(&input, &v);
                Ok((v, path))
            }
        }
    }
}

pub(super) fn bad_key(key: &Value) -> Exc {
    crate::error::Exc::message(format!(
        "Cannot use {} ({}) as object key",
        key.type_name(),
        crate::error::dump(key)
    ))
}
