//! The machine's single steps: running a node, returning an output, resuming a choice point.

use super::each::{break_to, push_children};
use super::env::{Env, Slot};
use super::machine::{Choice, Flow, Frame, Kont, Machine, State};
use super::path::{Keys, Path};
use super::{Cx, ops};
use crate::error::Exc;
use crate::ir::{Arg, Class, NodeId, Op};
use crate::value::Value;
use std::cell::Cell;
use std::rc::Rc;

type Result<T> = std::result::Result<T, Exc>;

/// An error, and the rest of the computation at the point where it was raised.
pub(super) struct Failed(pub Exc, pub Kont);

/// The value of a result, or a return from the step with the error.
macro_rules! attempt {
    ($result:expr, $kont:expr) => {
        match $result {
            Ok(v) => v,
            Err(e) => return Err(Failed(e, $kont)),
        }
    };
}

impl Machine {
    /// Runs one node as far as it goes without a choice.
    #[allow(clippy::too_many_lines)]
    pub(super) fn step(&mut self, cx: &mut Cx<'_, '_>, state: State) -> std::result::Result<Flow, Failed> {
        let code = cx.code;
        let State {
            node: id,
            env,
            input,
            path,
            kont,
        } = state;
        let node = code.node(id);
        if node.class == Class::Det {
            let (v, p) = attempt!(cx.located(id, &env, input, path), kont);
            return self.output(cx, v, p, kont).map_err(last);
        }
        let height = self.choices.len();
        let go = |node: NodeId, env: Env, input: Value, path: Path, kont: Kont| {
            Ok(Flow::Go(State {
                node,
                env,
                input,
                path,
                kont,
            }))
        };
        match &node.op {
            Op::Empty => Ok(Flow::Back),
            Op::Grow(inner) => go(*inner, env, input, path, kont),
            Op::Pipe(a, b) => {
                if code.node(*a).class == Class::Det {
                    let (v, p) = attempt!(cx.located(*a, &env, input, path), kont);
                    return go(*b, env, v, p, kont);
                }
                let kont = kont.push(Frame::Then {
                    node: *b,
                    env: env.clone(),
                });
                go(*a, env, input, path, kont)
            }
            Op::Comma(a, b) => {
                self.choices.push(Choice::Run(State {
                    node: *b,
                    env: env.clone(),
                    input: input.clone(),
                    path: path.clone(),
                    kont: kont.clone(),
                }));
                go(*a, env, input, path, kont)
            }
            Op::If { cond, then, other } => {
                let branch = if attempt!(cx.truth(*cond, &env, &input), kont) {
                    *then
                } else {
                    *other
                };
                go(branch, env, input, path, kont)
            }
            Op::Iterate(target) => {
                let (v, p) = attempt!(cx.located(*target, &env, input, path), kont);
                let keys = attempt!(p.iterate(&v), kont);
                self.choices.push(match v {
                    Value::Array(a) => Choice::Items {
                        items: a.into_vec().into_iter(),
                        next: 0,
                        keys,
                        kont,
                    },
                    Value::Object(o) => Choice::Entries {
                        entries: o.into_entries().into_iter(),
                        keys,
                        kont,
                    },
                    other => return Err(Failed(ops::cannot_iterate(&other), kont)),
                });
                Ok(Flow::Back)
            }
            Op::Recurse => {
                self.choices.push(Choice::Recurse {
                    todo: vec![(input, path)],
                    kont,
                });
                Ok(Flow::Back)
            }
            Op::Range { from, upto, by } => {
                let (at, upto, by) = attempt!(cx.range(*from, *upto, *by, &env, &input), kont);
                self.choices.push(Choice::Range {
                    at,
                    upto,
                    by,
                    input,
                    path,
                    kont,
                });
                Ok(Flow::Back)
            }
            Op::Alt(a, b) => {
                let other = State {
                    node: *b,
                    env: env.clone(),
                    input: input.clone(),
                    path: path.clone(),
                    kont: kont.clone(),
                };
                self.choices.push(Choice::Alt { found: false, other });
                go(*a, env, input, path, kont.push(Frame::AltLeft { at: height }))
            }
            Op::Try { body, handler } => {
                let frame = Frame::TryEnd {
                    height,
                    handler: *handler,
                    env: env.clone(),
                    input: input.clone(),
                    path: path.clone(),
                };
                go(*body, env, input, path, kont.push(frame))
            }
            Op::Alternatives(_) => Ok(Self::alternative(
                cx,
                0,
                State {
                    node: id,
                    env,
                    input,
                    path,
                    kont,
                },
                height,
            )),
            Op::Array(body) => {
                let off = path.is_off();
                let kept = if off { Value::Null } else { input.clone() };
                self.choices.push(Choice::Array {
                    items: Vec::new(),
                    input: kept,
                    path,
                    kont: kont.clone(),
                });
                go(*body, env, input, Path::Off, kont.push(Frame::Collect { at: height }))
            }
            Op::Bind { source, body, level } => {
                if code.node(*source).class == Class::Det {
                    let v = attempt!(cx.cow(*source, &env, &input), kont).into_owned();
                    return go(*body, env.push(*level, Slot::Value(v)), input, path, kont);
                }
                let frame = Frame::Bind {
                    body: *body,
                    level: *level,
                    env: env.clone(),
                    input: input.clone(),
                    path,
                };
                go(*source, env, input, Path::Off, kont.push(frame))
            }
            Op::Reduce {
                source,
                init,
                update,
                level,
            } => {
                let state = attempt!(cx.cow(*init, &env, &input), kont).into_owned();
                let kept = if path.is_off() { Value::Null } else { input.clone() };
                self.choices.push(Choice::Reduce {
                    state,
                    input: kept,
                    path,
                    kont: kont.clone(),
                });
                let frame = Frame::ReduceItem {
                    at: height,
                    update: *update,
                    level: *level,
                    env: env.clone(),
                };
                go(*source, env, input, Path::Off, kont.push(frame))
            }
            Op::Foreach { source, init, .. } => {
                let state = attempt!(cx.cow(*init, &env, &input), kont).into_owned();
                self.choices.push(Choice::Foreach { state });
                let frame = Frame::ForeachItem {
                    at: height,
                    node: id,
                    env: env.clone(),
                    input: input.clone(),
                    path,
                };
                go(*source, env, input, Path::Off, kont.push(frame))
            }
            Op::Label { body, level } => {
                let mark = cx.mark();
                let env = env.push(*level, Slot::Label(mark));
                go(*body, env, input, path, kont.push(Frame::LabelEnd { mark, height }))
            }
            Op::Break(level) => Err(Failed(break_to(&env, *level), kont)),
            Op::Call { function, args } => {
                let f = &code.functions[*function as usize];
                let mut inner = env.outside(f.base);
                for (level, arg) in (f.base..).zip(args) {
                    let slot = match arg {
                        Arg::Closure(node) => Slot::Closure(*node, env.clone()),
                        Arg::Slot(from) => {
                            attempt!(env.slot(*from).cloned().ok_or_else(unbound), kont)
                        }
                    };
                    inner = inner.push(level, slot);
                }
                go(f.body, inner, input, path, kont)
            }
            Op::CallSlot(level) => match env.slot(*level).cloned() {
                Some(Slot::Closure(node, env)) => go(node, env, input, path, kont),
                Some(Slot::Value(v)) => {
                    let path = path.computed(&input, &v);
                    self.output(cx, v, path, kont).map_err(last)
                }
                _ => Err(Failed(unbound(), kont)),
            },
            Op::Limit { count, body } => {
                let n = attempt!(cx.count(*count, &env, &input, "limit"), kont);
                if n <= 0.0 {
                    return Ok(Flow::Back);
                }
                let frame = Frame::Limit {
                    left: Rc::new(Cell::new(n)),
                    height,
                };
                go(*body, env, input, path, kont.push(frame))
            }
            Op::Skip { count, body } => {
                let n = attempt!(cx.count(*count, &env, &input, "skip"), kont);
                go(
                    *body,
                    env,
                    input,
                    path,
                    kont.push(Frame::Skip {
                        left: Rc::new(Cell::new(n)),
                    }),
                )
            }
            Op::Last(body) => {
                self.choices.push(Choice::Last {
                    last: None,
                    kont: kont.clone(),
                });
                go(*body, env, input, path, kont.push(Frame::Keep { at: height }))
            }
            Op::PathOf(body) => {
                let frame = Frame::PathEnd {
                    input: input.clone(),
                    path,
                };
                go(*body, env, input, Path::At(Keys::default()), kont.push(frame))
            }
            _ => Err(Failed(
                Exc::message("internal error: not an expression with several outputs"),
                kont,
            )),
        }
    }

    /// Runs alternative number `index` of the `?//` at `state.node`.
    pub(super) fn alternative(cx: &Cx<'_, '_>, index: usize, state: State, height: usize) -> Flow {
        let Op::Alternatives(list) = &cx.code.node(state.node).op else {
            return Flow::Back;
        };
        let Some(&node) = list.get(index) else {
            return Flow::Back;
        };
        if index + 1 == list.len() {
            return Flow::Go(State { node, ..state });
        }
        let frame = Frame::AlternativeEnd {
            height,
            node: state.node,
            index,
            env: state.env.clone(),
            input: state.input.clone(),
            path: state.path.clone(),
        };
        Flow::Go(State {
            node,
            kont: state.kont.push(frame),
            ..state
        })
    }

    /// Hands an output to the rest of the computation.
    fn output(&mut self, cx: &mut Cx<'_, '_>, v: Value, path: Path, kont: Kont) -> Result<Flow> {
        let (mut v, mut path, mut kont) = (v, path, kont);
        loop {
            let Some((frame, next)) = kont.pop() else {
                return Ok(Flow::Out(v));
            };
            kont = next;
            match frame {
                Frame::Then { node, env } => {
                    return Ok(Flow::Go(State {
                        node,
                        env,
                        input: v,
                        path,
                        kont,
                    }));
                }
                Frame::Bind {
                    body,
                    level,
                    env,
                    input,
                    path,
                } => {
                    let env = env.push(level, Slot::Value(v));
                    return Ok(Flow::Go(State {
                        node: body,
                        env,
                        input,
                        path,
                        kont,
                    }));
                }
                Frame::Collect { at } => {
                    if let Some(Choice::Array { items, .. }) = self.choices.get_mut(at) {
                        items.push(v);
                    }
                    return Ok(Flow::Back);
                }
                Frame::Keep { at } => {
                    if let Some(Choice::Last { last, .. }) = self.choices.get_mut(at) {
                        *last = Some((v, path));
                    }
                    return Ok(Flow::Back);
                }
                Frame::AltLeft { at } => {
                    if !v.is_truthy() {
                        return Ok(Flow::Back);
                    }
                    if let Some(Choice::Alt { found, .. }) = self.choices.get_mut(at) {
                        *found = true;
                    }
                }
                Frame::TryEnd { .. } | Frame::AlternativeEnd { .. } | Frame::LabelEnd { .. } => {}
                Frame::ReduceItem { at, update, level, env } => {
                    let Some(Choice::Reduce { state, .. }) = self.choices.get_mut(at) else {
                        return Ok(Flow::Back);
                    };
                    let input = std::mem::take(state);
                    let env = env.push(level, Slot::Value(v));
                    let kont = kont.push(Frame::ReduceStore { at });
                    return Ok(Flow::Go(State {
                        node: update,
                        env,
                        input,
                        path: Path::Off,
                        kont,
                    }));
                }
                Frame::ReduceStore { at } => {
                    if let Some(Choice::Reduce { state, .. }) = self.choices.get_mut(at) {
                        *state = v;
                    }
                    return Ok(Flow::Back);
                }
                Frame::ForeachItem {
                    at,
                    node,
                    env,
                    input,
                    path,
                } => {
                    let Op::Foreach {
                        update, extract, level, ..
                    } = &cx.code.node(node).op
                    else {
                        return Ok(Flow::Back);
                    };
                    let Some(Choice::Foreach { state }) = self.choices.get_mut(at) else {
                        return Ok(Flow::Back);
                    };
                    let old = std::mem::take(state);
                    let env = env.push(*level, Slot::Value(v));
                    let frame = Frame::ForeachStore {
                        at,
                        extract: *extract,
                        env: env.clone(),
                        input,
                        path,
                    };
                    let kont = kont.push(frame);
                    return Ok(Flow::Go(State {
                        node: *update,
                        env,
                        input: old,
                        path: Path::Off,
                        kont,
                    }));
                }
                Frame::ForeachStore {
                    at,
                    extract,
                    env,
                    input,
                    path: outer,
                } => {
                    if let Some(Choice::Foreach { state }) = self.choices.get_mut(at) {
                        *state = v.clone();
                    }
                    if let Some(node) = extract {
                        let kont = kont.push(Frame::Computed { input, path: outer });
                        return Ok(Flow::Go(State {
                            node,
                            env,
                            input: v,
                            path: Path::Off,
                            kont,
                        }));
                    }
                    path = outer.computed(&input, &v);
                }
                Frame::Computed { input, path: outer } => path = outer.computed(&input, &v),
                Frame::Limit { left, height } => {
                    left.set(left.get() - 1.0);
                    if left.get() <= 0.0 {
                        self.choices.truncate(height);
                    }
                }
                Frame::Skip { left } => {
                    if left.get() > 0.0 {
                        left.set(left.get() - 1.0);
                        return Ok(Flow::Back);
                    }
                }
                Frame::PathEnd { input, path: outer } => {
                    let out = match path.finish(&v) {
                        Ok(out) => out,
                        Err(e) => return self.unwind(cx, e, &kont),
                    };
                    path = outer.computed(&input, &out);
                    v = out;
                }
            }
        }
    }

    /// Takes the next output of a choice point.
    pub(super) fn resume(&mut self, cx: &mut Cx<'_, '_>, choice: Choice) -> Result<Flow> {
        match choice {
            Choice::Run(state) => Ok(Flow::Go(state)),
            Choice::Items {
                mut items,
                next,
                keys,
                kont,
            } => {
                let Some(v) = items.next() else { return Ok(Flow::Back) };
                #[allow(clippy::cast_precision_loss)]
                let path = keys
                    .as_ref()
                    .map_or(Path::Off, |k| Path::At(k.push(Value::number(next as f64))));
                let rest = kont.clone();
                if !items.as_slice().is_empty() {
                    self.choices.push(Choice::Items {
                        items,
                        next: next + 1,
                        keys,
                        kont,
                    });
                }
                self.output(cx, v, path, rest)
            }
            Choice::Entries {
                mut entries,
                keys,
                kont,
            } => {
                let Some((k, v)) = entries.next() else {
                    return Ok(Flow::Back);
                };
                let path = keys
                    .as_ref()
                    .map_or(Path::Off, |keys| Path::At(keys.push(Value::String(k))));
                let rest = kont.clone();
                if !entries.as_slice().is_empty() {
                    self.choices.push(Choice::Entries { entries, keys, kont });
                }
                self.output(cx, v, path, rest)
            }
            Choice::Range {
                at,
                upto,
                by,
                input,
                path,
                kont,
            } => {
                if !(if by > 0.0 { at < upto } else { at > upto }) {
                    return Ok(Flow::Back);
                }
                let v = Value::number(at);
                let p = if path.is_off() {
                    Path::Off
                } else {
                    path.clone().computed(&input, &v)
                };
                let rest = kont.clone();
                let next = at + by;
                if if by > 0.0 { next < upto } else { next > upto } {
                    self.choices.push(Choice::Range {
                        at: next,
                        upto,
                        by,
                        input,
                        path,
                        kont,
                    });
                }
                self.output(cx, v, p, rest)
            }
            Choice::Recurse { mut todo, kont } => {
                let Some((v, p)) = todo.pop() else {
                    return Ok(Flow::Back);
                };
                push_children(&v, &p, &mut todo);
                let rest = kont.clone();
                if !todo.is_empty() {
                    self.choices.push(Choice::Recurse { todo, kont });
                }
                self.output(cx, v, p, rest)
            }
            Choice::Array {
                items,
                input,
                path,
                kont,
            } => {
                let v = Value::array(items);
                let p = path.computed(&input, &v);
                self.output(cx, v, p, kont)
            }
            Choice::Reduce {
                state,
                input,
                path,
                kont,
            } => {
                let p = path.computed(&input, &state);
                self.output(cx, state, p, kont)
            }
            Choice::Foreach { .. } => Ok(Flow::Back),
            Choice::Last { last, kont } => match last {
                Some((v, p)) => self.output(cx, v, p, kont),
                None => Ok(Flow::Back),
            },
            Choice::Alt { found: true, .. } => Ok(Flow::Back),
            Choice::Alt { found: false, other } => Ok(Flow::Go(other)),
        }
    }
}

/// An error that was looked at already: nothing catches it.
fn last(e: Exc) -> Failed {
    Failed(e, Kont::default())
}

fn unbound() -> Exc {
    Exc::message("internal error: unbound slot")
}
