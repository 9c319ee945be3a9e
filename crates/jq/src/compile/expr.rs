//! Compiling expressions.

use super::scope::Binding;
use super::{At, Compiler, Result};
use crate::builtins;
use crate::ir::{Class, InterpPart, NodeId, Op};
use crate::syntax::{Ast, Entry, EntryKey, Id, StrPart, UpdateOp};
use crate::value::{Object, Str, Value};
use std::rc::Rc;
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn expr_inner(&mut self, at: At, id: Id) -> Result<NodeId> {
        let module = Arc::clone(&self.sources[at.source].module);
        match module.tree.node(id) {
            Ast::Identity => self.emit(Op::Identity),
            Ast::RecurseDefault => self.emit(Op::Recurse),
            Ast::Literal(v) => self.emit(Op::Const(v.clone())),
            Ast::Location { line } => {
                let mut o = Object::new();
                o.insert(Str::from("file"), Value::from(self.sources[at.source].name.as_str()));
                #[allow(clippy::cast_precision_loss)]
                o.insert(Str::from("line"), Value::number(*line as f64));
                self.emit(Op::Const(Value::Object(o)))
            }
            Ast::Str { format, parts } => self.interpolation(at, format.as_deref(), parts),
            Ast::Format(name) => {
                let part = self.emit(Op::Identity)?;
                self.check_format(at, name)?;
                let parts = Box::new([InterpPart::Value(part)]);
                self.emit(Op::Interp {
                    format: Some(Str::from(name.as_str())),
                    parts,
                })
            }
            Ast::Index { target, key } => {
                let target = self.expr(at, *target)?;
                if let Ast::Literal(Value::String(s)) = module.tree.node(*key) {
                    return self.build(at, Op::Field { target, key: s.clone() });
                }
                let key = self.expr(at, *key)?;
                self.build(at, Op::Index { target, key })
            }
            Ast::Slice { target, from, to } => {
                let target = self.expr(at, *target)?;
                let from = from.map(|f| self.expr(at, f)).transpose()?;
                let to = to.map(|t| self.expr(at, t)).transpose()?;
                self.build(at, Op::Slice { target, from, to })
            }
            Ast::Iterate(target) => {
                let target = self.expr(at, *target)?;
                self.build(at, Op::Iterate(target))
            }
            Ast::Try { body, handler } => {
                let body = self.expr(at, *body)?;
                let handler = handler.map(|h| self.expr(at, h)).transpose()?;
                self.emit(Op::Try { body, handler })
            }
            Ast::Array(None) => self.emit(Op::Const(Value::array(Vec::new()))),
            Ast::Array(Some(body)) => {
                let body = self.expr(at, *body)?;
                self.emit(Op::Array(body))
            }
            Ast::Object(entries) => self.object(at, entries),
            Ast::Neg(body) => {
                let body = self.expr(at, *body)?;
                self.build(at, Op::Neg(body))
            }
            Ast::Pipe(a, b) => {
                // A long pipeline nests to the right: walk it rather than recurse.
                let mut stages = vec![self.expr(at, *a)?];
                let mut rest = *b;
                while let Ast::Pipe(a, b) = module.tree.node(rest) {
                    stages.push(self.expr(at, *a)?);
                    rest = *b;
                }
                let mut node = self.expr(at, rest)?;
                for s in stages.into_iter().rev() {
                    node = self.emit(Op::Pipe(s, node))?;
                }
                Ok(node)
            }
            Ast::Comma(..) => {
                let mut items = Vec::new();
                let mut left = id;
                while let Ast::Comma(a, b) = module.tree.node(left) {
                    items.push(*b);
                    left = *a;
                }
                // Built to the right, so that running through a long list takes no more than one step each.
                let mut items = items.into_iter();
                let Some(last) = items.next() else {
                    return self.expr(at, left);
                };
                let mut node = self.expr(at, last)?;
                for i in items.chain([left]) {
                    let a = self.expr(at, i)?;
                    node = self.emit(Op::Comma(a, node))?;
                }
                Ok(node)
            }
            Ast::Binary(op, a, b) => {
                // Chains of one precedence nest to the left.
                let mut chain = vec![(*op, *b)];
                let mut left = *a;
                while let Ast::Binary(op, a, b) = module.tree.node(left) {
                    chain.push((*op, *b));
                    left = *a;
                }
                let mut node = self.expr(at, left)?;
                for (op, b) in chain.into_iter().rev() {
                    let b = self.expr(at, b)?;
                    node = self.build(at, Op::Binary(op, node, b))?;
                }
                Ok(node)
            }
            Ast::And(a, b) => {
                let (a, b) = (self.expr(at, *a)?, self.expr(at, *b)?);
                self.build(at, Op::And(a, b))
            }
            Ast::Or(a, b) => {
                let (a, b) = (self.expr(at, *a)?, self.expr(at, *b)?);
                self.build(at, Op::Or(a, b))
            }
            Ast::Alt(a, b) => {
                let (a, b) = (self.expr(at, *a)?, self.expr(at, *b)?);
                self.emit(Op::Alt(a, b))
            }
            Ast::Update(op, path, value) => self.update(at, *op, *path, *value),
            Ast::As { source, patterns, body } => self.binding(at, *source, patterns, *body),
            Ast::Reduce {
                source,
                patterns,
                init,
                update,
            } => {
                let source = self.expr(at, *source)?;
                let init = self.expr(at, *init)?;
                let inner = At {
                    depth: at.depth + 1,
                    ..at
                };
                let update = self.destructure(inner, at.depth, patterns, &|c, at| c.expr(at, *update))?;
                self.build(
                    at,
                    Op::Reduce {
                        source,
                        init,
                        update,
                        level: at.depth,
                    },
                )
            }
            Ast::Foreach {
                source,
                patterns,
                init,
                update,
                extract,
            } => {
                let source = self.expr(at, *source)?;
                let init = self.expr(at, *init)?;
                self.foreach(at, source, init, patterns, *update, *extract)
            }
            Ast::If { cond, then, other } => {
                let cond = self.expr(at, *cond)?;
                let then = self.expr(at, *then)?;
                let other = match other {
                    Some(o) => self.expr(at, *o)?,
                    None => self.emit(Op::Identity)?,
                };
                self.build(at, Op::If { cond, then, other })
            }
            Ast::Def { definition, body } => {
                let scope = self.define(at, *definition);
                self.expr(At { scope, ..at }, *body)
            }
            Ast::Call { name, args, span } => self.call(at, name, args, *span),
            Ast::Var { name, span } => self.variable(at, name, *span),
            Ast::Label { name, body } => {
                let binding = Binding::Label {
                    name: Rc::from(name.as_str()),
                    level: at.depth,
                };
                let scope = self.scopes.add(at.scope, binding);
                let body = self.expr(
                    At {
                        scope,
                        depth: at.depth + 1,
                        ..at
                    },
                    *body,
                )?;
                self.emit(Op::Label { body, level: at.depth })
            }
            Ast::Break { name, span } => match self.scopes.label(at.scope, name) {
                Some(level) => self.emit(Op::Break(level)),
                None => self.error(at, *span, &format!("$*label-{name} is not defined")),
            },
        }
    }

    pub(super) fn variable(&mut self, at: At, name: &str, span: (usize, usize)) -> Result<NodeId> {
        match self.scopes.variable(at.scope, name) {
            Some(Binding::Variable { level, .. }) => {
                let level = *level;
                self.emit(Op::Var(level))
            }
            Some(Binding::Constant { value, .. }) => {
                let v = value.clone();
                self.emit(Op::Const(v))
            }
            _ => self.error(at, span, &format!("${name} is not defined")),
        }
    }

    fn check_format(&self, at: At, name: &str) -> Result<()> {
        if builtins::is_format(name) {
            return Ok(());
        }
        self.error(at, (0, 0), &format!("{name} is not a valid format"))
    }

    fn interpolation(&mut self, at: At, format: Option<&str>, parts: &[StrPart]) -> Result<NodeId> {
        if let Some(f) = format {
            self.check_format(at, f)?;
        }
        let mut out = Vec::with_capacity(parts.len());
        for p in parts {
            out.push(match p {
                StrPart::Text(t) => InterpPart::Text(Str::from(t.as_str())),
                StrPart::Interp(id) => InterpPart::Value(self.expr(at, *id)?),
            });
        }
        self.build(
            at,
            Op::Interp {
                format: format.map(Str::from),
                parts: out.into_boxed_slice(),
            },
        )
    }

    fn object(&mut self, at: At, entries: &[Entry]) -> Result<NodeId> {
        let mut out = Vec::with_capacity(entries.len());
        for e in entries {
            let key = match &e.key {
                EntryKey::Name(n) => self.emit(Op::Const(Value::from(n.as_str())))?,
                EntryKey::Variable(n) if e.value.is_some() => self.variable(at, n, e.span)?,
                EntryKey::Variable(n) => self.emit(Op::Const(Value::from(n.as_str())))?,
                EntryKey::Str(id) | EntryKey::Expr(id) => self.expr(at, *id)?,
            };
            if let Op::Const(v) = &self.code.node(key).op
                && !matches!(v, Value::String(_))
            {
                return self.error(at, e.span, "Object keys must be strings");
            }
            let value = match (&e.key, e.value) {
                (_, Some(v)) => self.expr(at, v)?,
                (EntryKey::Variable(n), None) => self.variable(at, n, e.span)?,
                (EntryKey::Name(n), None) => {
                    let target = self.emit(Op::Identity)?;
                    self.emit(Op::Field {
                        target,
                        key: Str::from(n.as_str()),
                    })?
                }
                (EntryKey::Str(id) | EntryKey::Expr(id), None) => {
                    let target = self.emit(Op::Identity)?;
                    let key = self.expr(at, *id)?;
                    self.build(at, Op::Index { target, key })?
                }
            };
            out.push((key, value));
        }
        if out.is_empty() {
            return self.emit(Op::Const(Value::Object(Object::new())));
        }
        self.build(at, Op::Object(out.into_boxed_slice()))
    }

    fn update(&mut self, at: At, op: UpdateOp, path: Id, value: Id) -> Result<NodeId> {
        if op == UpdateOp::Modify {
            let update = self.expr(at, value)?;
            if self.class(update) == Class::General {
                return self.call_builtin(at, "_modify", &[path, value], (0, 0));
            }
            let path = self.expr(at, path)?;
            return self.modify(at.depth, path, update);
        }
        // The right side is evaluated on the input and bound, then the left side is walked for each of its outputs.
        let source = self.expr(at, value)?;
        let level = at.depth;
        let path = self.expr(At { depth: level + 1, ..at }, path)?;
        let var = self.emit(Op::Var(level))?;
        let body = match op {
            UpdateOp::Alt => {
                let this = self.emit(Op::Identity)?;
                let update = self.emit(Op::Alt(this, var))?;
                self.modify(level + 1, path, update)?
            }
            UpdateOp::Arith(op) => {
                let this = self.emit(Op::Identity)?;
                let update = self.emit(Op::Binary(op, this, var))?;
                self.modify(level + 1, path, update)?
            }
            UpdateOp::Set | UpdateOp::Modify if self.class(path) != Class::General => {
                self.emit(Op::Assign { path, value: var })?
            }
            UpdateOp::Set | UpdateOp::Modify => {
                // `reduce path(p) as $p (.; setpath($p; $value))`
                let this = self.emit(Op::Identity)?;
                let source = self.emit(Op::PathOf(path))?;
                let element = self.emit(Op::Var(level + 1))?;
                let args = Box::new([element, var]);
                let Some(native) = builtins::find_native("setpath", 2) else {
                    return self.emit(Op::Empty);
                };
                let update = self.emit(Op::Native { native, args })?;
                self.emit(Op::Reduce {
                    source,
                    init: this,
                    update,
                    level: level + 1,
                })?
            }
        };
        self.emit(Op::Bind { source, body, level })
    }

    /// `path |= update` where the update is not general.
    fn modify(&mut self, level: u32, path: NodeId, update: NodeId) -> Result<NodeId> {
        if self.class(path) != Class::General {
            return self.emit(Op::Modify { path, update });
        }
        let paths = self.emit(Op::PathOf(path))?;
        let source = self.emit(Op::Array(paths))?;
        let paths = self.emit(Op::Var(level))?;
        let body = self.emit(Op::ModifyPaths { paths, update })?;
        self.emit(Op::Bind { source, body, level })
    }
}
