//! Adding nodes to the code, with their class and the stack checks that deep trees need.

use super::{At, CompileError, Compiler, NODE_LIMIT, Result};
use crate::ir::{Class, InterpPart, Node, NodeId, Op};
use crate::syntax::BinaryOp;
use crate::value::Value;

/// A stack check is placed each time a tree grows by so many levels.
const CHECK_EVERY: u32 = 8;

impl Compiler<'_> {
    /// Adds an operation whose operands may be anything: those that must have exactly one output and may not have are
    /// bound to variables, in the order in which jq varies them.
    pub(super) fn build(&mut self, at: At, mut op: Op) -> Result<NodeId> {
        let mut bound = Vec::new();
        let mut level = at.depth;
        // A key is evaluated on the input, not on the target: it has to be known before a target with several outputs
        // runs as a stage of its own.
        let split = match &op {
            Op::Field { target, .. } | Op::Iterate(target) | Op::Index { target, .. } | Op::Slice { target, .. }
                if self.class(*target) != Class::Det =>
            {
                Some(*target)
            }
            _ => None,
        };
        match op {
            Op::Binary(op, a, b) if let Some(v) = self.fold(op, a, b) => return self.emit(Op::Const(v)),
            Op::And(a, b) if self.class(b) != Class::Det => return self.connective(at, a, b, false),
            Op::Or(a, b) if self.class(b) != Class::Det => return self.connective(at, a, b, true),
            Op::Neg(a) if self.class(a) != Class::Det => {
                let this = self.emit(Op::Identity)?;
                let neg = self.emit(Op::Neg(this))?;
                return self.emit(Op::Pipe(a, neg));
            }
            _ => {}
        }
        for operand in operands(&mut op) {
            let simple = matches!(self.code.node(*operand).op, Op::Const(_) | Op::Var(_));
            if self.class(*operand) != Class::Det || (split.is_some() && !simple) {
                bound.push((*operand, level));
                *operand = self.emit(Op::Var(level))?;
                level += 1;
            }
        }
        let mut node = match split {
            None => self.emit(op)?,
            Some(first) => {
                let this = self.emit(Op::Identity)?;
                match &mut op {
                    Op::Field { target, .. }
                    | Op::Iterate(target)
                    | Op::Index { target, .. }
                    | Op::Slice { target, .. } => *target = this,
                    _ => {}
                }
                let second = self.emit(op)?;
                self.emit(Op::Pipe(first, second))?
            }
        };
        for (source, level) in bound.into_iter().rev() {
            node = self.emit(Op::Bind {
                source,
                body: node,
                level,
            })?;
        }
        Ok(node)
    }

    /// The value of arithmetic on two constant numbers. What would be an error is left for the run.
    fn fold(&self, op: BinaryOp, a: NodeId, b: NodeId) -> Option<Value> {
        let (Op::Const(Value::Number(a)), Op::Const(Value::Number(b))) = (&self.code.node(a).op, &self.code.node(b).op)
        else {
            return None;
        };
        let (x, y) = (a.as_f64(), b.as_f64());
        Some(Value::number(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div if y != 0.0 => x / y,
            _ => return None,
        }))
    }

    /// `a and b`, `a or b` where `b` may have any number of outputs.
    fn connective(&mut self, at: At, a: NodeId, b: NodeId, or: bool) -> Result<NodeId> {
        let this = self.emit(Op::Identity)?;
        let truth = self.emit(Op::And(this, this))?;
        let rest = self.emit(Op::Pipe(b, truth))?;
        let decided = self.emit(Op::Const(Value::Bool(or)))?;
        let (then, other) = if or { (decided, rest) } else { (rest, decided) };
        self.build(at, Op::If { cond: a, then, other })
    }

    pub(super) fn emit(&mut self, op: Op) -> Result<NodeId> {
        if self.code.nodes.len() >= NODE_LIMIT {
            return Err(CompileError {
                messages: vec!["jq: error: program is too large".to_owned()],
            });
        }
        let mut op = op;
        let height = 1 + children(&mut op)
            .into_iter()
            .map(|c| self.height(*c))
            .max()
            .unwrap_or(0);
        let class = self.classify(&mut op);
        let id = self.push(Node { op, class }, height);
        if height >= CHECK_EVERY {
            return Ok(self.push(
                Node {
                    op: Op::Grow(id),
                    class,
                },
                0,
            ));
        }
        Ok(id)
    }

    fn push(&mut self, node: Node, height: u32) -> NodeId {
        self.code.nodes.push(node);
        self.heights.push(height);
        NodeId::try_from(self.code.nodes.len() - 1).unwrap_or(NodeId::MAX)
    }

    fn height(&self, id: NodeId) -> u32 {
        self.heights.get(id as usize).copied().unwrap_or(0)
    }

    pub(super) fn class(&self, id: NodeId) -> Class {
        self.code.node(id).class
    }

    fn classify(&self, op: &mut Op) -> Class {
        let most = children(op)
            .into_iter()
            .map(|c| self.class(*c))
            .max()
            .unwrap_or(Class::Det);
        let at_least = |c: Class| most.max(c);
        match op {
            Op::Call { .. } | Op::CallSlot(_) => Class::General,
            Op::Empty
            | Op::Iterate(_)
            | Op::Recurse
            | Op::Comma(..)
            | Op::Foreach { .. }
            | Op::Alternatives(_)
            | Op::Label { .. }
            | Op::Break(_)
            | Op::Range { .. }
            | Op::Limit { .. }
            | Op::Skip { .. }
            | Op::Last(_)
            | Op::PathOf(_)
            | Op::Try { handler: None, .. } => at_least(Class::Simple),
            // These turn any number of outputs into one.
            Op::Array(_)
            | Op::ByKey { .. }
            | Op::Reduce { .. }
            | Op::Modify { .. }
            | Op::ModifyPaths { .. }
            | Op::Assign { .. } => {
                if most <= Class::Simple {
                    Class::Det
                } else {
                    Class::General
                }
            }
            _ => most,
        }
    }
}

/// The operands that must have exactly one output, the one that varies slowest first.
fn operands(op: &mut Op) -> Vec<&mut NodeId> {
    match op {
        Op::Binary(_, a, b) => vec![b, a],
        Op::And(a, _) | Op::Or(a, _) => vec![a],
        Op::If { cond, .. } => vec![cond],
        Op::Index { key, .. } => vec![key],
        Op::Slice { from, to, .. } => [from.as_mut(), to.as_mut()].into_iter().flatten().collect(),
        Op::Object(entries) => entries.iter_mut().flat_map(|(k, v)| [k, v]).collect(),
        Op::Interp { parts, .. } => parts
            .iter_mut()
            .rev()
            .filter_map(|p| match p {
                InterpPart::Value(id) => Some(id),
                InterpPart::Text(_) => None,
            })
            .collect(),
        Op::Native { args, .. } => args.iter_mut().rev().collect(),
        Op::Range { from, upto, by } => [Some(from), Some(upto), by.as_mut()].into_iter().flatten().collect(),
        Op::Limit { count, .. } | Op::Skip { count, .. } => vec![count],
        Op::GetPath(path) => vec![path],
        Op::Reduce { init, .. } | Op::Foreach { init, .. } => vec![init],
        _ => Vec::new(),
    }
}

/// The nodes an operation is made of (not the bodies of functions it calls).
fn children(op: &mut Op) -> Vec<&mut NodeId> {
    match op {
        Op::Identity
        | Op::Empty
        | Op::Const(_)
        | Op::Var(_)
        | Op::Recurse
        | Op::Break(_)
        | Op::CallSlot(_)
        | Op::Call { .. } => Vec::new(),
        Op::Field { target: a, .. }
        | Op::Iterate(a)
        | Op::Neg(a)
        | Op::Array(a)
        | Op::Label { body: a, .. }
        | Op::Last(a)
        | Op::PathOf(a)
        | Op::GetPath(a)
        | Op::ByKey { key: a, .. }
        | Op::Grow(a) => vec![a],
        Op::Index { target: a, key: b }
        | Op::Pipe(a, b)
        | Op::Comma(a, b)
        | Op::Binary(_, a, b)
        | Op::And(a, b)
        | Op::Or(a, b)
        | Op::Alt(a, b)
        | Op::Bind { source: a, body: b, .. }
        | Op::Limit { count: a, body: b }
        | Op::Skip { count: a, body: b }
        | Op::Modify { path: a, update: b }
        | Op::ModifyPaths { paths: a, update: b }
        | Op::Assign { path: a, value: b } => vec![a, b],
        Op::Slice { target, from, to } => [Some(target), from.as_mut(), to.as_mut()]
            .into_iter()
            .flatten()
            .collect(),
        Op::If { cond, then, other } => vec![cond, then, other],
        Op::Try { body, handler } => [Some(body), handler.as_mut()].into_iter().flatten().collect(),
        Op::Alternatives(a) => a.iter_mut().collect(),
        Op::Reduce {
            source, init, update, ..
        } => vec![source, init, update],
        Op::Foreach {
            source,
            init,
            update,
            extract,
            ..
        } => [Some(source), Some(init), Some(update), extract.as_mut()]
            .into_iter()
            .flatten()
            .collect(),
        Op::Object(_) | Op::Interp { .. } | Op::Native { .. } | Op::Range { .. } => operands(op),
    }
}
