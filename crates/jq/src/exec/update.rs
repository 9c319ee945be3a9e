//! `|=` and `=`: changing values at paths, in place where the path expression allows it.

use super::env::Env;
use super::path::{Keys, Path};
use super::{Cx, ops};
use crate::error::Exc;
use crate::ir::{Class, NodeId, Op};
use crate::value::Value;

type Result<T> = std::result::Result<T, Exc>;

/// Makes the new value of one place; `None` deletes it.
type Change<'f> = &'f mut dyn FnMut(&mut Cx<'_, '_>, Value) -> Result<Option<Value>>;

impl<'c> Cx<'c, '_> {
    /// `path |= update`: the first output of `update` replaces each value, none deletes it.
    pub(super) fn modify(&mut self, path: NodeId, update: NodeId, env: &Env, input: Value) -> Result<Value> {
        if self.in_place(path) {
            let direct = self.code.node(update).class == Class::Det;
            let change: Change<'_> = &mut |cx, old| {
                if direct {
                    return cx.owned(update, env, old).map(Some);
                }
                cx.first(update, env, old)
            };
            // The whole value deleted is null, as `delpaths([[]])` makes it.
            return Ok(self.descend(path, env, input, change)?.unwrap_or(Value::Null));
        }
        let paths = self.paths(path, env, &input)?;
        self.modify_paths(&Value::array(paths), update, env, input)
    }

    pub(super) fn modify_paths(&mut self, paths: &Value, update: NodeId, env: &Env, input: Value) -> Result<Value> {
        let Value::Array(paths) = paths else { return Ok(input) };
        let mut root = input;
        let mut deleted = Vec::new();
        for p in paths.iter() {
            self.tick()?;
            let old = ops::get_path(&root, p)?;
            match self.first(update, env, old)? {
                Some(new) => root = ops::set_path(root, p, new)?,
                None => deleted.push(p.clone()),
            }
        }
        if deleted.is_empty() {
            Ok(root)
        } else {
            ops::delete_paths(root, deleted)
        }
    }

    /// `path = value`
    pub(super) fn assign(&mut self, path: NodeId, value: &Value, env: &Env, input: Value) -> Result<Value> {
        if self.in_place(path) {
            let change: Change<'_> = &mut |_, _| Ok(Some(value.clone()));
            return Ok(self.descend(path, env, input, change)?.unwrap_or(Value::Null));
        }
        let mut root = input.clone();
        let paths = self.paths(path, env, &input)?;
        drop(input);
        for p in paths {
            root = ops::set_path(root, &p, value.clone())?;
        }
        Ok(root)
    }

    fn paths(&mut self, path: NodeId, env: &Env, input: &Value) -> Result<Vec<Value>> {
        let mut paths = Vec::new();
        self.each(path, env, input.clone(), Path::At(Keys::default()), &mut |_, v, p| {
            paths.push(p.finish(&v)?);
            Ok(())
        })?;
        Ok(paths)
    }

    fn first(&mut self, id: NodeId, env: &Env, input: Value) -> Result<Option<Value>> {
        let mark = self.mark();
        let mut out = None;
        let r = self.each(id, env, input, Path::Off, &mut |_, v, _| {
            out = Some(v);
            Err(Exc::Stop(mark))
        });
        match r {
            Err(Exc::Stop(m)) if m == mark => Ok(out),
            Err(e) => Err(e),
            Ok(()) => Ok(out),
        }
    }

    /// Whether a path expression walks down the value visiting each place once, so that a change can be made on the
    /// way: what it decides at one place cannot depend on a change made at another.
    fn in_place(&self, path: NodeId) -> bool {
        let node = self.code.node(path);
        match &node.op {
            Op::Identity | Op::Empty => true,
            Op::Field { target, .. } | Op::Iterate(target) => self.in_place(*target),
            Op::Index { target, key } => {
                self.in_place(*target) && matches!(self.code.node(*key).op, Op::Const(_) | Op::Var(_))
            }
            Op::Pipe(a, b) => self.in_place(*a) && self.in_place(*b),
            Op::If { cond, then, other } => {
                self.code.node(*cond).class == Class::Det && self.in_place(*then) && self.in_place(*other)
            }
            Op::Grow(inner) => self.in_place(*inner),
            _ => false,
        }
    }

    /// Applies `change` at every place that `path` leads to.
    fn descend(&mut self, path: NodeId, env: &Env, input: Value, change: Change<'_>) -> Result<Option<Value>> {
        let code: &'c _ = self.code;
        self.tick()?;
        match &code.node(path).op {
            Op::Identity => change(self, input),
            Op::Empty => Ok(Some(input)),
            Op::Field { target, key } => self.descend(*target, env, input, &mut |cx, mut v| {
                let key = Value::String(key.clone());
                cx.at_key(&mut v, &key, change)?;
                Ok(Some(v))
            }),
            Op::Index { target, key } => {
                let key = self.cow(*key, env, &input)?.into_owned();
                self.descend(*target, env, input, &mut |cx, mut v| {
                    cx.at_key(&mut v, &key, change)?;
                    Ok(Some(v))
                })
            }
            Op::Iterate(target) => self.descend(*target, env, input, &mut |cx, v| cx.at_all(v, change).map(Some)),
            Op::Pipe(a, b) => self.descend(*a, env, input, &mut |cx, v| cx.descend(*b, env, v, change)),
            Op::If { cond, then, other } => {
                let branch = if self.truth(*cond, env, &input)? { *then } else { *other };
                self.descend(branch, env, input, change)
            }
            Op::Grow(inner) => super::det::grow(|| self.descend(*inner, env, input, change)),
            _ => Err(Exc::message("internal error: not a plain path")),
        }
    }

    fn at_key(&mut self, v: &mut Value, key: &Value, change: Change<'_>) -> Result<()> {
        // Reading first gives the errors of a path expression, and for a slice its elements.
        let was_there = !matches!(v, Value::Null);
        if let (Value::Null | Value::Array(_), Value::Object(_)) = (&*v, key) {
            let old = ops::index(v, key)?.into_owned();
            match change(self, old)? {
                Some(new) => *v = ops::set_path(std::mem::take(v), &Value::array(vec![key.clone()]), new)?,
                None => *v = ops::delete_paths(std::mem::take(v), vec![Value::array(vec![key.clone()])])?,
            }
            return Ok(());
        }
        ops::index(v, key)?;
        let beyond = match (&*v, key) {
            (Value::Array(a), Value::Number(n)) => {
                #[allow(clippy::cast_precision_loss)]
                let len = a.len() as f64;
                n.is_nan() || n.as_f64() < 0.0 || n.as_f64() >= len
            }
            (Value::Null, Value::Number(_)) => true,
            _ => false,
        };
        if beyond {
            // Such a place may not be writable at all, or must not be made if the update deletes it.
            let old = ops::index(v, key)?.into_owned();
            let path = Value::array(vec![key.clone()]);
            *v = match change(self, old)? {
                Some(new) => ops::set_path(std::mem::take(v), &path, new)?,
                None => ops::delete_paths(std::mem::take(v), vec![path])?,
            };
            return Ok(());
        }
        let place = ops::place(v, key)?;
        let old = std::mem::take(place);
        match change(self, old)? {
            Some(new) => *place = new,
            None if was_there => {
                *v = ops::delete_paths(std::mem::take(v), vec![Value::array(vec![key.clone()])])?;
            }
            None => *v = Value::Null,
        }
        Ok(())
    }

    fn at_all(&mut self, v: Value, change: Change<'_>) -> Result<Value> {
        match v {
            Value::Array(mut a) => {
                let mut gone = Vec::new();
                let items = a.make_mut();
                for (i, item) in items.iter_mut().enumerate() {
                    match change(self, std::mem::take(item))? {
                        Some(new) => *item = new,
                        None => gone.push(i),
                    }
                }
                if !gone.is_empty() {
                    let mut gone = gone.into_iter().peekable();
                    let mut at = 0;
                    items.retain(|_| {
                        let out = gone.next_if_eq(&at).is_some();
                        at += 1;
                        !out
                    });
                }
                Ok(Value::Array(a))
            }
            Value::Object(mut o) => {
                let mut failed = None;
                let mut any_gone = false;
                let mut keep = Vec::with_capacity(o.len());
                for item in o.values_mut() {
                    match change(self, std::mem::take(item)) {
                        Ok(Some(new)) => {
                            *item = new;
                            keep.push(true);
                        }
                        Ok(None) => {
                            any_gone = true;
                            keep.push(false);
                        }
                        Err(e) => {
                            failed = Some(e);
                            break;
                        }
                    }
                }
                if let Some(e) = failed {
                    return Err(e);
                }
                if any_gone {
                    let mut keep = keep.into_iter();
                    o.retain(|_, _| keep.next().unwrap_or(true));
                }
                Ok(Value::Object(o))
            }
            other => Err(ops::cannot_iterate(&other)),
        }
    }
}
