//! Evaluation by callback of expressions with any number of outputs, but no deeper recursion than their own nesting.

use super::det::grow;
use super::env::{Env, Slot};
use super::path::{Keys, Path};
use super::{Cx, ops};
use crate::error::Exc;
use crate::ir::{Class, NodeId, Op};
use crate::value::Value;

type Result<T> = std::result::Result<T, Exc>;

/// Takes one output and the path to it; an error stops the evaluation.
pub(super) type Sink<'s> = &'s mut dyn FnMut(&mut Cx<'_, '_>, Value, Path) -> Result<()>;

impl<'c> Cx<'c, '_> {
    /// Calls `sink` with every output of a node (class [`Class::Simple`] or less).
    #[allow(clippy::too_many_lines)]
    pub fn each(&mut self, id: NodeId, env: &Env, input: Value, path: Path, sink: Sink<'_>) -> Result<()> {
        let code: &'c _ = self.code;
        let (mut id, mut input, mut path) = (id, input, path);
        loop {
            self.tick()?;
            let node = code.node(id);
            if node.class == Class::Det {
                let (v, p) = self.located(id, env, input, path)?;
                return sink(self, v, p);
            }
            match &node.op {
                Op::Empty => return Ok(()),
                Op::Pipe(a, b) => {
                    if code.node(*a).class == Class::Det {
                        (input, path) = self.located(*a, env, input, path)?;
                        id = *b;
                        continue;
                    }
                    return self.each(*a, env, input, path, &mut |cx, v, p| cx.each(*b, env, v, p, sink));
                }
                Op::Comma(a, b) => {
                    self.each(*a, env, input.clone(), path.clone(), sink)?;
                    id = *b;
                }
                Op::If { cond, then, other } => {
                    id = if self.truth(*cond, env, &input)? { *then } else { *other };
                }
                Op::Iterate(target) => {
                    let (v, p) = self.located(*target, env, input, path)?;
                    return self.iterate(v, &p, sink);
                }
                Op::Recurse => return self.recurse(input, path, sink),
                Op::Alt(a, b) => {
                    let mut found = false;
                    let r = self.isolated(
                        &mut |cx, sink| {
                            cx.each(*a, env, input.clone(), path.clone(), &mut |cx, v, p| {
                                if v.is_truthy() {
                                    found = true;
                                    sink(cx, v, p)
                                } else {
                                    Ok(())
                                }
                            })
                        },
                        sink,
                    );
                    match r {
                        Ok(()) | Err(Outcome::Own(Exc::Raised(_))) => {}
                        Err(Outcome::Own(e) | Outcome::Sink(e)) => return Err(e),
                    }
                    if found {
                        return Ok(());
                    }
                    id = *b;
                }
                Op::Try { body, handler } => {
                    let r = self.isolated(
                        &mut |cx, sink| cx.each(*body, env, input.clone(), path.clone(), sink),
                        sink,
                    );
                    match (r, handler) {
                        (Ok(()), _) => return Ok(()),
                        (Err(Outcome::Own(Exc::Raised(_))), None) => return Ok(()),
                        (Err(Outcome::Own(Exc::Raised(v))), Some(h)) => {
                            path = path.computed(&input, &v);
                            input = *v;
                            id = *h;
                        }
                        (Err(Outcome::Own(e) | Outcome::Sink(e)), _) => return Err(e),
                    }
                }
                Op::Alternatives(alternatives) => {
                    let Some((last, others)) = alternatives.split_last() else {
                        return Ok(());
                    };
                    for a in others {
                        let r = self.isolated(
                            &mut |cx, sink| cx.each(*a, env, input.clone(), path.clone(), sink),
                            sink,
                        );
                        match r {
                            Ok(()) => return Ok(()),
                            Err(Outcome::Own(Exc::Raised(_))) => {}
                            Err(Outcome::Own(e) | Outcome::Sink(e)) => return Err(e),
                        }
                    }
                    id = *last;
                }
                Op::Bind { source, body, level } => {
                    if code.node(*source).class == Class::Det {
                        let v = self.cow(*source, env, &input)?.into_owned();
                        let inner = env.push(*level, Slot::Value(v));
                        return self.each(*body, &inner, input, path, sink);
                    }
                    return self.each(*source, env, input.clone(), Path::Off, &mut |cx, v, _| {
                        let inner = env.push(*level, Slot::Value(v));
                        cx.each(*body, &inner, input.clone(), path.clone(), sink)
                    });
                }
                Op::Foreach {
                    source,
                    init,
                    update,
                    extract,
                    level,
                } => {
                    let mut state = self.cow(*init, env, &input)?.into_owned();
                    let off = path.is_off();
                    return self.each(*source, env, input.clone(), Path::Off, &mut |cx, v, _| {
                        let inner = env.push(*level, Slot::Value(v));
                        let old = std::mem::take(&mut state);
                        cx.each(*update, &inner, old, Path::Off, &mut |cx, new, _| {
                            state = new.clone();
                            match extract {
                                None => {
                                    let p = if off {
                                        Path::Off
                                    } else {
                                        path.clone().computed(&input, &new)
                                    };
                                    sink(cx, new, p)
                                }
                                Some(e) => cx.each(*e, &inner, new, Path::Off, &mut |cx, out, _| {
                                    let p = if off {
                                        Path::Off
                                    } else {
                                        path.clone().computed(&input, &out)
                                    };
                                    sink(cx, out, p)
                                }),
                            }
                        })
                    });
                }
                Op::Label { body, level } => {
                    let mark = self.mark();
                    let inner = env.push(*level, Slot::Label(mark));
                    return match self.each(*body, &inner, input, path, sink) {
                        Err(Exc::Break(m)) if m == mark => Ok(()),
                        r => r,
                    };
                }
                Op::Break(level) => return Err(break_to(env, *level)),
                Op::Range { from, upto, by } => {
                    let (mut at, upto, by) = self.range(*from, *upto, *by, env, &input)?;
                    while if by > 0.0 { at < upto } else { at > upto } {
                        let v = Value::number(at);
                        let p = if path.is_off() {
                            Path::Off
                        } else {
                            path.clone().computed(&input, &v)
                        };
                        self.tick()?;
                        sink(self, v, p)?;
                        at += by;
                    }
                    return Ok(());
                }
                Op::Limit { count, body } => {
                    let n = self.count(*count, env, &input, "limit")?;
                    if n <= 0.0 {
                        return Ok(());
                    }
                    let mark = self.mark();
                    let mut left = n;
                    let r = self.each(*body, env, input, path, &mut |cx, v, p| {
                        left -= 1.0;
                        sink(cx, v, p)?;
                        if left <= 0.0 { Err(Exc::Stop(mark)) } else { Ok(()) }
                    });
                    return match r {
                        Err(Exc::Stop(m)) if m == mark => Ok(()),
                        r => r,
                    };
                }
                Op::Skip { count, body } => {
                    let mut left = self.count(*count, env, &input, "skip")?;
                    return self.each(*body, env, input, path, &mut |cx, v, p| {
                        if left > 0.0 {
                            left -= 1.0;
                            return Ok(());
                        }
                        sink(cx, v, p)
                    });
                }
                Op::Last(body) => {
                    let mut last = None;
                    self.each(*body, env, input, path, &mut |_, v, p| {
                        last = Some((v, p));
                        Ok(())
                    })?;
                    return match last {
                        Some((v, p)) => sink(self, v, p),
                        None => Ok(()),
                    };
                }
                Op::PathOf(body) => {
                    let start = Path::At(Keys::default());
                    return self.each(*body, env, input.clone(), start, &mut |cx, v, p| {
                        let out = p.finish(&v)?;
                        let p = if path.is_off() {
                            Path::Off
                        } else {
                            path.clone().computed(&input, &out)
                        };
                        sink(cx, out, p)
                    });
                }
                Op::Grow(inner) => return grow(|| self.each(*inner, env, input, path, sink)),
                _ => return Err(Exc::message("internal error: not an expression with several outputs")),
            }
        }
    }

    /// Runs an evaluation with a sink whose errors are told apart from those of the evaluation itself.
    fn isolated(
        &mut self,
        run: &mut dyn FnMut(&mut Self, Sink<'_>) -> Result<()>,
        sink: Sink<'_>,
    ) -> std::result::Result<(), Outcome> {
        let mark = self.mark();
        let mut from_sink = None;
        let r = run(self, &mut |cx, v, p| {
            sink(cx, v, p).map_err(|e| {
                from_sink = Some(e);
                Exc::Stop(mark)
            })
        });
        match (r, from_sink) {
            (_, Some(e)) => Err(Outcome::Sink(e)),
            (Err(e), None) => Err(Outcome::Own(e)),
            (Ok(()), None) => Ok(()),
        }
    }

    pub(super) fn range(
        &mut self,
        from: NodeId,
        upto: NodeId,
        by: Option<NodeId>,
        env: &Env,
        input: &Value,
    ) -> Result<(f64, f64, f64)> {
        let number = |cx: &mut Self, id: NodeId| {
            cx.cow(id, env, input)?
                .as_f64()
                .ok_or_else(|| Exc::message("Range bounds must be numeric"))
        };
        let (from, upto) = (number(self, from)?, number(self, upto)?);
        let by = match by {
            Some(by) => number(self, by)?,
            None => 1.0,
        };
        // A step of zero (or NaN) never gets anywhere: no outputs.
        if by == 0.0 || by.is_nan() {
            return Ok((0.0, 0.0, 1.0));
        }
        Ok((from, upto, by))
    }

    /// The count of `limit` and `skip`.
    pub(super) fn count(&mut self, count: NodeId, env: &Env, input: &Value, what: &str) -> Result<f64> {
        let v = self.cow(count, env, input)?;
        let n = match &*v {
            Value::Number(n) => n.as_f64(),
            // Comparison with a number is defined for every type.
            Value::Null | Value::Bool(_) => -1.0,
            _ => f64::INFINITY,
        };
        if n < 0.0 {
            return Err(Exc::message(format!("{what} doesn't support negative count")));
        }
        Ok(n)
    }

    /// `.[]`
    pub(super) fn iterate(&mut self, v: Value, path: &Path, sink: Sink<'_>) -> Result<()> {
        let keys = path.iterate(&v)?;
        match v {
            Value::Array(a) => {
                for (i, item) in a.into_vec().into_iter().enumerate() {
                    #[allow(clippy::cast_precision_loss)]
                    let p = keys
                        .as_ref()
                        .map_or(Path::Off, |k| Path::At(k.push(Value::number(i as f64))));
                    sink(self, item, p)?;
                }
                Ok(())
            }
            Value::Object(o) => {
                for (k, item) in o.into_entries() {
                    let p = match &keys {
                        Some(keys) => Path::At(keys.push(Value::String(k))),
                        None => Path::Off,
                    };
                    sink(self, item, p)?;
                }
                Ok(())
            }
            other => Err(ops::cannot_iterate(&other)),
        }
    }

    /// `..`: the value and everything in it, outermost first.
    fn recurse(&mut self, v: Value, path: Path, sink: Sink<'_>) -> Result<()> {
        let mut todo = vec![(v, path)];
        while let Some((v, p)) = todo.pop() {
            self.tick()?;
            push_children(&v, &p, &mut todo);
            sink(self, v, p)?;
        }
        Ok(())
    }
}

/// Adds the elements of a container, last first.
pub(super) fn push_children(v: &Value, path: &Path, todo: &mut Vec<(Value, Path)>) {
    let below = |key: &dyn Fn() -> Value| match path {
        Path::At(keys) => Path::At(keys.push(key())),
        other => other.clone(),
    };
    match v {
        Value::Array(a) => {
            for (i, item) in a.iter().enumerate().rev() {
                #[allow(clippy::cast_precision_loss)]
                todo.push((item.clone(), below(&|| Value::number(i as f64))));
            }
        }
        Value::Object(o) => {
            for i in (0..o.len()).rev() {
                if let Some((k, item)) = o.entry(i) {
                    todo.push((item.clone(), below(&|| Value::String(k.clone()))));
                }
            }
        }
        _ => {}
    }
}

pub(super) fn break_to(env: &Env, level: u32) -> Exc {
    match env.slot(level) {
        Some(Slot::Label(mark)) => Exc::Break(*mark),
        _ => Exc::message("internal error: unbound label"),
    }
}

enum Outcome {
    Own(Exc),
    Sink(Exc),
}
