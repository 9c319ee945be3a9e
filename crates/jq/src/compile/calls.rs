//! Function definitions and calls.

use super::scope::{Argument, Binding, ScopeId};
use super::{At, Compiler, FANOUT_LIMIT, INLINE_BUDGET, Result, Source};
use crate::builtins;
use crate::ir::{Arg, ByKey, Class, Function, NodeId, Op};
use crate::syntax::{Ast, Id};
use crate::value::Value;
use std::rc::Rc;
use std::sync::Arc;

impl Compiler<'_> {
    /// Adds a definition of the current source to the scope.
    pub(super) fn define(&mut self, at: At, definition: usize) -> ScopeId {
        let d = &self.sources[at.source].module.tree.definitions[definition];
        let binding = Binding::Function {
            name: Rc::from(d.name.as_str()),
            arity: d.params.len(),
            source: at.source,
            definition,
            depth: at.depth,
        };
        self.scopes.add(at.scope, binding)
    }

    pub(super) fn call(&mut self, at: At, name: &str, args: &[Id], span: (usize, usize)) -> Result<NodeId> {
        match self.scopes.function(at.scope, name, args.len()) {
            Some((_, Binding::Parameter { argument, .. })) => {
                let argument = argument.clone();
                self.parameter(at, &argument)
            }
            Some((entry, Binding::Function { .. })) => self.call_function(at, entry, args),
            _ => self.call_builtin(at, name, args, span),
        }
    }

    /// A use of a closure parameter.
    fn parameter(&mut self, at: At, argument: &Argument) -> Result<NodeId> {
        match argument {
            Argument::Inline { source, scope, id } => self.expr(
                At {
                    source: *source,
                    scope: *scope,
                    depth: at.depth,
                },
                *id,
            ),
            Argument::Slot(level) => self.emit(Op::CallSlot(*level)),
        }
    }

    pub(super) fn call_function(&mut self, at: At, entry: ScopeId, args: &[Id]) -> Result<NodeId> {
        let Some(Binding::Function { source, definition, .. }) = self.scopes.get(entry).cloned() else {
            return self.emit(Op::Empty);
        };
        let module = Arc::clone(&self.sources[source].module);
        let d = &module.tree.definitions[definition];
        let fanout = self.fanout.saturating_mul(d.uses.max(1));
        if !d.recursive && self.code.nodes.len() < INLINE_BUDGET && fanout <= FANOUT_LIMIT {
            let outer = std::mem::replace(&mut self.fanout, fanout);
            let node = self.expand(at, entry, source, definition, args);
            self.fanout = outer;
            return node;
        }
        let function = self.function(entry)?;
        // `$name` parameters are computed first, the first of them varying slowest, each in a slot of its own.
        let mut inner = at;
        let mut sources = Vec::new();
        for (p, a) in d.params.iter().zip(args) {
            if p.value {
                sources.push(self.expr(inner, *a)?);
                inner.depth += 1;
            }
        }
        let mut next_value = at.depth;
        let mut passed = Vec::with_capacity(args.len());
        for (p, a) in d.params.iter().zip(args) {
            passed.push(if p.value {
                next_value += 1;
                Arg::Slot(next_value - 1)
            } else {
                self.closure(inner, *a)?
            });
        }
        let mut node = self.emit(Op::Call {
            function,
            args: passed.into_boxed_slice(),
        })?;
        for (level, source) in (at.depth..).zip(sources).collect::<Vec<_>>().into_iter().rev() {
            node = self.emit(Op::Bind {
                source,
                body: node,
                level,
            })?;
        }
        Ok(node)
    }

    /// A closure argument. A parameter passed on as it is stays the same closure, so that recursion which hands its
    /// parameters down does not pile up environments.
    fn closure(&mut self, at: At, id: Id) -> Result<Arg> {
        let (mut here, mut id) = (at, id);
        loop {
            let module = Arc::clone(&self.sources[here.source].module);
            let Ast::Call { name, args, .. } = module.tree.node(id) else {
                break;
            };
            match self.scopes.function(here.scope, name, args.len()) {
                Some((
                    _,
                    Binding::Parameter {
                        argument: Argument::Slot(level),
                        ..
                    },
                )) => {
                    return Ok(Arg::Slot(*level));
                }
                Some((
                    _,
                    Binding::Parameter {
                        argument:
                            Argument::Inline {
                                source,
                                scope,
                                id: inner,
                            },
                        ..
                    },
                )) => {
                    here = At {
                        source: *source,
                        scope: *scope,
                        depth: at.depth,
                    };
                    id = *inner;
                }
                _ => break,
            }
        }
        Ok(Arg::Closure(self.expr(here, id)?))
    }

    /// The body of a function in place of a call to it.
    fn expand(&mut self, at: At, entry: ScopeId, source: usize, definition: usize, args: &[Id]) -> Result<NodeId> {
        let module = Arc::clone(&self.sources[source].module);
        let d = &module.tree.definitions[definition];
        let mut scope = entry;
        let mut depth = at.depth;
        let mut sources = Vec::new();
        for (p, a) in d.params.iter().zip(args) {
            let name: Rc<str> = Rc::from(p.name.as_str());
            if p.value {
                sources.push(self.expr(At { depth, ..at }, *a)?);
                scope = self.scopes.add(
                    scope,
                    Binding::Variable {
                        name: Rc::clone(&name),
                        level: depth,
                    },
                );
                scope = self.scopes.add(
                    scope,
                    Binding::Parameter {
                        name,
                        argument: Argument::Slot(depth),
                    },
                );
                depth += 1;
            } else {
                let argument = Argument::Inline {
                    source: at.source,
                    scope: at.scope,
                    id: *a,
                };
                scope = self.scopes.add(scope, Binding::Parameter { name, argument });
            }
        }
        let mut node = self.expr(At { source, scope, depth }, d.body)?;
        for (level, source) in (at.depth..).zip(sources).collect::<Vec<_>>().into_iter().rev() {
            node = self.emit(Op::Bind {
                source,
                body: node,
                level,
            })?;
        }
        Ok(node)
    }

    /// A function that is really called: its parameters are environment slots.
    fn function(&mut self, entry: ScopeId) -> Result<u32> {
        if let Some(f) = self.functions.get(&entry) {
            return Ok(*f);
        }
        let Some(Binding::Function {
            source,
            definition,
            depth,
            ..
        }) = self.scopes.get(entry).cloned()
        else {
            return Ok(0);
        };
        let id = u32::try_from(self.code.functions.len()).unwrap_or(u32::MAX);
        self.code.functions.push(Function { body: 0, base: depth });
        self.functions.insert(entry, id);
        let module = Arc::clone(&self.sources[source].module);
        let d = &module.tree.definitions[definition];
        let mut scope = entry;
        let mut level = depth;
        for p in &d.params {
            let name: Rc<str> = Rc::from(p.name.as_str());
            if p.value {
                scope = self.scopes.add(
                    scope,
                    Binding::Variable {
                        name: Rc::clone(&name),
                        level,
                    },
                );
            }
            scope = self.scopes.add(
                scope,
                Binding::Parameter {
                    name,
                    argument: Argument::Slot(level),
                },
            );
            level += 1;
        }
        let body = self.expr(
            At {
                source,
                scope,
                depth: level,
            },
            d.body,
        )?;
        self.code.functions[id as usize].body = body;
        Ok(id)
    }

    pub(super) fn call_builtin(&mut self, at: At, name: &str, args: &[Id], span: (usize, usize)) -> Result<NodeId> {
        if let Some(op) = self.special(at, name, args)? {
            return self.build(at, op);
        }
        if let Some(native) = builtins::find_native(name, args.len()) {
            let args = args.iter().map(|a| self.expr(at, *a)).collect::<Result<Vec<_>>>()?;
            return self.build(
                at,
                Op::Native {
                    native,
                    args: args.into_boxed_slice(),
                },
            );
        }
        if let Some(definition) = builtins::find_defined(name, args.len()) {
            let entry = self.prelude_entry(definition);
            return self.call_function(at, entry, args);
        }
        self.error(at, span, &format!("{name}/{} is not defined", args.len()))
    }

    /// The scope entry of a definition in the prelude. Definitions there see only builtins.
    fn prelude_entry(&mut self, definition: usize) -> ScopeId {
        let source = match self.prelude_source {
            Some(s) => s,
            None => {
                let module = builtins::prelude();
                self.sources.push(Source {
                    module,
                    text: Rc::from(""),
                    name: "<builtin>".to_owned(),
                });
                self.prelude_source = Some(self.sources.len() - 1);
                self.sources.len() - 1
            }
        };
        if let Some(e) = self.prelude.get(&definition) {
            return *e;
        }
        let entry = self.define(
            At {
                source,
                scope: ScopeId::NONE,
                depth: 0,
            },
            definition,
        );
        self.prelude.insert(definition, entry);
        entry
    }

    /// Builtins that are operations of their own.
    fn special(&mut self, at: At, name: &str, args: &[Id]) -> Result<Option<Op>> {
        let mut arg = |i: usize| self.expr(at, args[i]);
        Ok(Some(match (name, args.len()) {
            ("empty", 0) => Op::Empty,
            ("null", 0) => Op::Const(Value::Null),
            ("true", 0) => Op::Const(Value::Bool(true)),
            ("false", 0) => Op::Const(Value::Bool(false)),
            ("recurse", 0) => Op::Recurse,
            ("range", 1) => {
                let upto = arg(0)?;
                let from = self.emit(Op::Const(Value::number(0.0)))?;
                Op::Range { from, upto, by: None }
            }
            ("range", 2) => Op::Range {
                from: arg(0)?,
                upto: arg(1)?,
                by: None,
            },
            ("range", 3) => Op::Range {
                from: arg(0)?,
                upto: arg(1)?,
                by: Some(arg(2)?),
            },
            ("limit", 2) => Op::Limit {
                count: arg(0)?,
                body: arg(1)?,
            },
            ("skip", 2) => Op::Skip {
                count: arg(0)?,
                body: arg(1)?,
            },
            ("last", 1) => Op::Last(arg(0)?),
            ("path", 1) => Op::PathOf(arg(0)?),
            ("getpath", 1) => Op::GetPath(arg(0)?),
            ("sort_by", 1) => return self.by_key(at, ByKey::Sort, args[0]).map(Some),
            ("group_by", 1) => return self.by_key(at, ByKey::Group, args[0]).map(Some),
            ("unique_by", 1) => return self.by_key(at, ByKey::Unique, args[0]).map(Some),
            ("min_by", 1) => return self.by_key(at, ByKey::Min, args[0]).map(Some),
            ("max_by", 1) => return self.by_key(at, ByKey::Max, args[0]).map(Some),
            ("env", 0) => {
                let env = self.options.env.clone();
                Op::Const(env.unwrap_or_else(|| Value::Object(crate::value::Object::new())))
            }
            _ => return Ok(None),
        }))
    }

    /// `sort_by` and its family. A key expression that needs the machine is run for all elements first.
    fn by_key(&mut self, at: At, kind: ByKey, key: Id) -> Result<Op> {
        let key = self.expr(at, key)?;
        if self.class(key) != Class::General {
            return Ok(Op::ByKey { kind, key });
        }
        let this = self.emit(Op::Identity)?;
        let each = self.emit(Op::Iterate(this))?;
        let one = self.emit(Op::Array(key))?;
        let all = self.emit(Op::Pipe(each, one))?;
        let keys = self.emit(Op::Array(all))?;
        let name = match kind {
            ByKey::Sort => "_sort_by_impl",
            ByKey::Group => "_group_by_impl",
            ByKey::Unique => "_unique_by_impl",
            ByKey::Min => "_min_by_impl",
            ByKey::Max => "_max_by_impl",
        };
        match builtins::find_native(name, 1) {
            Some(native) => Ok(Op::Native {
                native,
                args: Box::new([keys]),
            }),
            None => Ok(Op::Empty),
        }
    }
}
