//! What a program is compiled to: a flat arena of operations with variables resolved to positions.

use crate::builtins::Native;
use crate::syntax::BinaryOp;
use crate::value::{Str, Value};

/// Index of a node in [`Code::nodes`].
pub(crate) type NodeId = u32;
/// Index of a function in [`Code::functions`].
pub(crate) type FunctionId = u32;

/// How an operation behaves, from simplest to most general. The order matters: a composite is at least as general as
/// its most general part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Exactly one output or an error; evaluated directly.
    Det,
    /// Any number of outputs, but recursion no deeper than the program's own nesting; evaluated by callbacks.
    Simple,
    /// Anything; needs the machine.
    General,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub op: Op,
    pub class: Class,
}

/// An argument of a function call.
#[derive(Debug)]
pub(crate) enum Arg {
    /// A closure over the caller's environment.
    Closure(NodeId),
    /// What is in the caller's environment at this level, passed on as it is.
    Slot(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByKey {
    Sort,
    Group,
    Unique,
    Min,
    Max,
}

/// An operation. Operands marked (det) are always of class [`Class::Det`]: the compiler binds any other to a variable
/// first. A `level` names an environment slot; the innermost slot of that level is meant.
#[derive(Debug)]
pub(crate) enum Op {
    Identity,
    Empty,
    Const(Value),
    /// The value in a slot.
    Var(u32),
    /// `target.key` with a constant key; target (det).
    Field {
        target: NodeId,
        key: Str,
    },
    /// All (det).
    Index {
        target: NodeId,
        key: NodeId,
    },
    /// All (det).
    Slice {
        target: NodeId,
        from: Option<NodeId>,
        to: Option<NodeId>,
    },
    /// `target[]`, target (det).
    Iterate(NodeId),
    /// `..`
    Recurse,
    Pipe(NodeId, NodeId),
    Comma(NodeId, NodeId),
    /// Both (det).
    Binary(BinaryOp, NodeId, NodeId),
    /// (det)
    Neg(NodeId),
    /// Both (det).
    And(NodeId, NodeId),
    /// Both (det).
    Or(NodeId, NodeId),
    Alt(NodeId, NodeId),
    /// cond (det)
    If {
        cond: NodeId,
        then: NodeId,
        other: NodeId,
    },
    Try {
        body: NodeId,
        handler: Option<NodeId>,
    },
    /// All outputs of the body, as an array.
    Array(NodeId),
    /// All (det).
    Object(Box<[(NodeId, NodeId)]>),
    /// String parts (det), each converted to text by `format`.
    Interp {
        format: Option<Str>,
        parts: Box<[InterpPart]>,
    },
    /// Runs `source`, then `body` on the original input with each output in a new slot.
    Bind {
        source: NodeId,
        body: NodeId,
        level: u32,
    },
    /// `?//`: runs the first alternative that does not raise an error.
    Alternatives(Box<[NodeId]>),
    /// init (det); the element goes into a slot.
    Reduce {
        source: NodeId,
        init: NodeId,
        update: NodeId,
        level: u32,
    },
    /// init (det); the element goes into a slot.
    Foreach {
        source: NodeId,
        init: NodeId,
        update: NodeId,
        extract: Option<NodeId>,
        level: u32,
    },
    /// A new slot that `Break` refers to.
    Label {
        body: NodeId,
        level: u32,
    },
    Break(u32),
    Call {
        function: FunctionId,
        args: Box<[Arg]>,
    },
    /// Runs the closure in a slot.
    CallSlot(u32),
    /// A function on values; arguments (det) are evaluated on the input.
    Native {
        native: &'static Native,
        args: Box<[NodeId]>,
    },
    /// Numbers from `from` up to `upto` in steps of `by`, all (det).
    Range {
        from: NodeId,
        upto: NodeId,
        by: Option<NodeId>,
    },
    /// At most `count` (det) outputs.
    Limit {
        count: NodeId,
        body: NodeId,
    },
    /// All but the first `count` (det) outputs.
    Skip {
        count: NodeId,
        body: NodeId,
    },
    Last(NodeId),
    /// The paths that `body` takes.
    PathOf(NodeId),
    /// (det)
    GetPath(NodeId),
    /// `path |= update`, neither general.
    Modify {
        path: NodeId,
        update: NodeId,
    },
    /// The same for an array of paths (det) that is known already.
    ModifyPaths {
        paths: NodeId,
        update: NodeId,
    },
    /// `path = value`: path not general, value (det).
    Assign {
        path: NodeId,
        value: NodeId,
    },
    /// Keys not general.
    ByKey {
        kind: ByKey,
        key: NodeId,
    },
    /// Makes sure there is stack for the next levels.
    Grow(NodeId),
}

#[derive(Debug)]
pub(crate) enum InterpPart {
    Text(Str),
    Value(NodeId),
}

#[derive(Debug)]
pub(crate) struct Function {
    pub body: NodeId,
    /// Slots that exist where the function is defined; its parameters come next.
    pub base: u32,
}

/// A compiled program.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub nodes: Vec<Node>,
    pub functions: Vec<Function>,
    pub main: NodeId,
}

impl Code {
    #[inline]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }
}
