//! The syntax tree: an arena of nodes, so that no depth of nesting recurses when it is dropped.

use crate::value::Value;

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(pub u32);

/// The nodes of one source text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub nodes: Vec<Ast>,
    pub definitions: Vec<Definition>,
}

impl Tree {
    pub fn node(&self, id: Id) -> &Ast {
        &self.nodes[id.0 as usize]
    }
}

/// A whole source text: a program or a module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub tree: Tree,
    /// The constant object of a leading `module` directive.
    pub metadata: Option<Value>,
    pub imports: Vec<Import>,
    /// Indices of the top-level definitions, in order.
    pub definitions: Vec<usize>,
    /// The main filter; a module has none.
    pub main: Option<Id>,
}

/// `import "path" as name {…};` or `include "path" {…};`
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub path: String,
    /// `None` for `include`.
    pub name: Option<String>,
    /// `import … as $name`: JSON data rather than code.
    pub data: bool,
    pub metadata: Option<Value>,
    pub span: (usize, usize),
}

/// `def name(params): body;`
#[derive(Debug)]
pub(crate) struct Definition {
    pub name: String,
    pub params: Vec<Param>,
    pub body: Id,
    /// Whether the body mentions a function of this name and arity: it may be recursive.
    pub recursive: bool,
    /// How often the most used of the filter parameters is mentioned in the body.
    pub uses: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub name: String,
    /// `$name`: also bound as a variable.
    pub value: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpdateOp {
    /// `=`
    Set,
    /// `|=`
    Modify,
    /// `//=`
    Alt,
    /// `+=` and so on
    Arith(BinaryOp),
}

#[derive(Debug)]
pub(crate) enum StrPart {
    Text(String),
    Interp(Id),
}

#[derive(Debug)]
pub(crate) enum EntryKey {
    /// A name or constant string.
    Name(String),
    /// `$name`: the key is the name (without a value) or the variable's value (with one).
    Variable(String),
    /// A string with interpolation.
    Str(Id),
    /// `(expression)`
    Expr(Id),
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub key: EntryKey,
    pub value: Option<Id>,
    pub span: (usize, usize),
}

#[derive(Debug)]
pub(crate) enum PatternKey {
    Name(String),
    /// `$name`: looks up the key `name` and binds it.
    Variable(String),
    Expr(Id),
}

#[derive(Debug)]
pub(crate) enum Pattern {
    Variable(String),
    Array(Vec<Pattern>),
    Object(Vec<(PatternKey, Option<Pattern>)>),
}

#[derive(Debug)]
pub(crate) enum Ast {
    Identity,
    RecurseDefault,
    Literal(Value),
    /// `@name "…"` or a plain string with interpolations.
    Str {
        format: Option<String>,
        parts: Vec<StrPart>,
    },
    /// `@name` on its own.
    Format(String),
    Index {
        target: Id,
        key: Id,
    },
    Slice {
        target: Id,
        from: Option<Id>,
        to: Option<Id>,
    },
    Iterate(Id),
    /// `body?` or `try body catch handler`
    Try {
        body: Id,
        handler: Option<Id>,
    },
    Array(Option<Id>),
    Object(Vec<Entry>),
    Neg(Id),
    Pipe(Id, Id),
    Comma(Id, Id),
    Binary(BinaryOp, Id, Id),
    And(Id, Id),
    Or(Id, Id),
    Alt(Id, Id),
    Update(UpdateOp, Id, Id),
    /// `source as pattern ?// pattern … | body`
    As {
        source: Id,
        patterns: Vec<Pattern>,
        body: Id,
    },
    Reduce {
        source: Id,
        patterns: Vec<Pattern>,
        init: Id,
        update: Id,
    },
    Foreach {
        source: Id,
        patterns: Vec<Pattern>,
        init: Id,
        update: Id,
        extract: Option<Id>,
    },
    If {
        cond: Id,
        then: Id,
        other: Option<Id>,
    },
    /// `def …; body`
    Def {
        definition: usize,
        body: Id,
    },
    Call {
        name: String,
        args: Vec<Id>,
        span: (usize, usize),
    },
    Var {
        name: String,
        span: (usize, usize),
    },
    /// `$__loc__`
    Location {
        line: u64,
    },
    Label {
        name: String,
        body: Id,
    },
    Break {
        name: String,
        span: (usize, usize),
    },
}
