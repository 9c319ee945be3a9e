//! `as`, `reduce` and `foreach` with destructuring patterns.

use super::scope::Binding;
use super::{At, Compiler, Result};
use crate::ir::{NodeId, Op};
use crate::syntax::{Id, Pattern, PatternKey};
use crate::value::Value;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Compiles what a pattern's variables are bound for.
type Body<'b, 'a> = &'b dyn Fn(&mut Compiler<'a>, At) -> Result<NodeId>;

/// A step of the destructuring still to be compiled.
enum Step<'p> {
    /// Bind the value in the slot at this depth to a pattern.
    Match(u32, &'p Pattern),
    /// Compute part `key` of the value in the slot at this depth into a new slot, then match it.
    Part(u32, Part<'p>, Option<&'p Pattern>),
}

enum Part<'p> {
    Index(usize),
    Name(&'p str),
    /// The name is also bound as a variable.
    Variable(&'p str),
    Expr(Id),
}

impl<'a> Compiler<'a> {
    pub(super) fn binding(&mut self, at: At, source: Id, patterns: &[Pattern], body: Id) -> Result<NodeId> {
        let source = self.expr(at, source)?;
        let inner = At {
            depth: at.depth + 1,
            ..at
        };
        let body = self.destructure(inner, at.depth, patterns, &|c, at| c.expr(at, body))?;
        self.emit(Op::Bind {
            source,
            body,
            level: at.depth,
        })
    }

    pub(super) fn foreach(
        &mut self,
        at: At,
        source: NodeId,
        init: NodeId,
        patterns: &[Pattern],
        update: Id,
        extract: Option<Id>,
    ) -> Result<NodeId> {
        let inner = At {
            depth: at.depth + 1,
            ..at
        };
        if let [Pattern::Variable(name)] = patterns {
            let binding = Binding::Variable {
                name: Rc::from(name.as_str()),
                level: at.depth,
            };
            let inner = At {
                scope: self.scopes.add(at.scope, binding),
                ..inner
            };
            let update = self.expr(inner, update)?;
            let extract = extract.map(|e| self.expr(inner, e)).transpose()?;
            return self.build(
                at,
                Op::Foreach {
                    source,
                    init,
                    update,
                    extract,
                    level: at.depth,
                },
            );
        }
        // With a pattern, the element is taken apart once for the update and once for the extraction.
        let update = self.destructure(inner, at.depth, patterns, &|c, at| c.expr(at, update))?;
        let extract = match extract {
            Some(e) => Some(self.destructure(inner, at.depth, patterns, &|c, at| c.expr(at, e))?),
            None => None,
        };
        self.build(
            at,
            Op::Foreach {
                source,
                init,
                update,
                extract,
                level: at.depth,
            },
        )
    }

    /// Binds the value in the slot `level` to the patterns and compiles `body` with their variables.
    pub(super) fn destructure(
        &mut self,
        at: At,
        level: u32,
        patterns: &[Pattern],
        body: Body<'_, 'a>,
    ) -> Result<NodeId> {
        if let [only] = patterns {
            return self.steps(at, vec![Step::Match(level, only)], body);
        }
        // Every alternative binds the variables of all of them, those it lacks to null.
        let mut names = BTreeSet::new();
        for p in patterns {
            variables(p, &mut names);
        }
        let mut alternatives = Vec::with_capacity(patterns.len());
        for p in patterns {
            let mut inner = at;
            for name in &names {
                let binding = Binding::Variable {
                    name: Rc::from(*name),
                    level: inner.depth,
                };
                inner = At {
                    scope: self.scopes.add(inner.scope, binding),
                    depth: inner.depth + 1,
                    ..inner
                };
            }
            let mut node = self.steps(inner, vec![Step::Match(level, p)], body)?;
            for level in (at.depth..inner.depth).rev() {
                let null = self.emit(Op::Const(Value::Null))?;
                node = self.emit(Op::Bind {
                    source: null,
                    body: node,
                    level,
                })?;
            }
            alternatives.push(node);
        }
        self.emit(Op::Alternatives(alternatives.into_boxed_slice()))
    }

    fn steps(&mut self, at: At, mut todo: Vec<Step<'_>>, body: Body<'_, 'a>) -> Result<NodeId> {
        match todo.pop() {
            None => body(self, at),
            Some(Step::Match(level, Pattern::Variable(name))) => {
                let binding = Binding::Variable {
                    name: Rc::from(name.as_str()),
                    level,
                };
                let scope = self.scopes.add(at.scope, binding);
                self.steps(At { scope, ..at }, todo, body)
            }
            Some(Step::Match(level, Pattern::Array(items))) => {
                let parts = items
                    .iter()
                    .enumerate()
                    .map(|(i, p)| Step::Part(level, Part::Index(i), Some(p)));
                todo.extend(parts.rev());
                self.steps(at, todo, body)
            }
            Some(Step::Match(level, Pattern::Object(entries))) => {
                let parts = entries.iter().map(|(k, p)| {
                    let part = match k {
                        PatternKey::Name(n) => Part::Name(n),
                        PatternKey::Variable(n) => Part::Variable(n),
                        PatternKey::Expr(e) => Part::Expr(*e),
                    };
                    Step::Part(level, part, p.as_ref())
                });
                todo.extend(parts.rev());
                self.steps(at, todo, body)
            }
            Some(Step::Part(level, part, pattern)) => {
                let target = self.emit(Op::Var(level))?;
                let mut scope = at.scope;
                let source = match part {
                    #[allow(clippy::cast_precision_loss)]
                    Part::Index(i) => {
                        let key = self.emit(Op::Const(Value::number(i as f64)))?;
                        self.emit(Op::Index { target, key })?
                    }
                    Part::Name(n) => self.emit(Op::Field { target, key: n.into() })?,
                    Part::Variable(n) => {
                        let binding = Binding::Variable {
                            name: Rc::from(n),
                            level: at.depth,
                        };
                        scope = self.scopes.add(scope, binding);
                        self.emit(Op::Field { target, key: n.into() })?
                    }
                    Part::Expr(e) => {
                        let key = self.expr(at, e)?;
                        if let Op::Const(v) = &self.code.node(key).op
                            && !matches!(v, Value::String(_))
                        {
                            return self.error(at, (0, 0), "Object keys must be strings");
                        }
                        self.build(at, Op::Index { target, key })?
                    }
                };
                let inner = At {
                    scope,
                    depth: at.depth + 1,
                    ..at
                };
                if let Some(p) = pattern {
                    todo.push(Step::Match(at.depth, p));
                }
                let body = self.steps(inner, todo, body)?;
                self.emit(Op::Bind {
                    source,
                    body,
                    level: at.depth,
                })
            }
        }
    }
}

fn variables<'p>(pattern: &'p Pattern, names: &mut BTreeSet<&'p str>) {
    match pattern {
        Pattern::Variable(n) => {
            names.insert(n);
        }
        Pattern::Array(items) => items.iter().for_each(|p| variables(p, names)),
        Pattern::Object(entries) => {
            for (k, p) in entries {
                if let PatternKey::Variable(n) = k {
                    names.insert(n);
                }
                if let Some(p) = p {
                    variables(p, names);
                }
            }
        }
    }
}
