//! The resolved program: variables are slots, constants and regular expressions are indices.

use super::token::{Builtin, Place};

/// A variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarRef {
    /// A global; the first [`SPECIALS`](super::special::COUNT) of them are the built-in ones.
    Global(u32),
    /// A parameter or local of the function at hand.
    Local(u32),
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
}

/// Comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Compare {
    Less,
    LessEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
}

/// Something that names an array.
#[derive(Clone, Debug)]
pub enum ArrayRef {
    /// A whole variable.
    Var(VarRef),
    /// An element that is itself an array.
    Element(Box<Subscript>),
}

/// `array[subscript]`.
#[derive(Clone, Debug)]
pub struct Subscript {
    /// The array.
    pub array: ArrayRef,
    /// The parts of the subscript, joined with `SUBSEP`.
    pub index: Vec<Expr>,
}

/// A regular expression operand.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// A constant one (index into the program's table).
    Static(u32),
    /// Computed at run time.
    Dynamic(Box<Expr>),
}

/// Where `getline` reads from.
#[derive(Clone, Debug)]
pub enum Input {
    /// The next record of the main input.
    Main,
    /// `getline < file`.
    File(Box<Expr>),
    /// `command | getline`.
    Command(Box<Expr>),
    /// `command |& getline`.
    Coprocess,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A number.
    Num(f64),
    /// A string constant (index into the program's table).
    Text(u32),
    /// `/re/` on its own: whether `$0` matches.
    Regex(u32),
    /// `@/re/`.
    TypedRegex(u32),
    /// A variable.
    Var(VarRef),
    /// `$n` for a constant `n`.
    FieldAt(u32),
    /// `$(expression)`.
    Field(Box<Expr>),
    /// An array element.
    Element(Box<Subscript>),
    /// `left = right`.
    Assign(Box<Expr>, Box<Expr>),
    /// `left = left right`, where evaluating `right` cannot touch `left`: appends in place.
    Append(Box<Expr>, Box<Expr>),
    /// `left += right` and friends.
    AssignArith(Arith, Box<Expr>, Box<Expr>),
    /// `++x`, `--x`: the new value.
    PreStep(Box<Expr>, f64),
    /// `x++`, `x--`: the old value.
    PostStep(Box<Expr>, f64),
    /// `c ? a : b`.
    Cond(Box<(Expr, Expr, Expr)>),
    /// `a && b`.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`.
    Or(Box<Expr>, Box<Expr>),
    /// `!a`.
    Not(Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `+a`.
    Plus(Box<Expr>),
    /// Arithmetic.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// Comparison.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `text ~ pattern`; negated for `!~`.
    Match(Box<Expr>, Pattern, bool),
    /// Strings side by side.
    Concat(Vec<Expr>),
    /// `(subscript) in array`.
    In(Vec<Expr>, ArrayRef),
    /// A call of a function that the program defines.
    Call(u32, Vec<Expr>, Place),
    /// `@name(…)`: a call of the function that a variable names.
    Indirect(Box<Expr>, Vec<Expr>, Place),
    /// A call of a function of the language.
    Builtin(Builtin, Vec<Expr>),
    /// `length`, `split` and others that take an array argument carry it as this.
    ArrayArg(ArrayRef),
    /// A regular expression passed as an argument.
    PatternArg(Pattern),
    /// One of the forms of `getline`.
    Getline(Input, Option<Box<Expr>>),
}

/// Where `print` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// `> file`
    Truncate,
    /// `>> file`
    Append,
    /// `| command`
    Pipe,
    /// `|& command`
    Coprocess,
}

/// A statement with its place.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// Where it starts.
    pub place: Place,
}

/// The statements.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// An expression for its effect.
    Expr(Expr),
    /// `print list > target`
    Print(Vec<Expr>, Option<(Redirect, Expr)>),
    /// `printf list > target`
    Printf(Vec<Expr>, Option<(Redirect, Expr)>),
    /// `if`
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    /// `while`
    While(Expr, Box<Stmt>),
    /// `do … while`
    DoWhile(Box<Stmt>, Expr),
    /// `for (a; b; c)`
    For(Option<Box<Stmt>>, Option<Expr>, Option<Box<Stmt>>, Box<Stmt>),
    /// `for (key in array)`
    ForIn(Expr, ArrayRef, Box<Stmt>),
    /// `switch`: cases in order, `None` for `default`; bodies fall through.
    Switch(Expr, Vec<(Option<Case>, Vec<Stmt>)>),
    /// `{ … }`
    Block(Vec<Stmt>),
    /// `next`
    Next,
    /// `nextfile`
    NextFile,
    /// `exit [status]`
    Exit(Option<Expr>),
    /// `return [value]`
    Return(Option<Expr>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `delete array[subscript]`
    Delete(Subscript),
    /// `delete array`
    DeleteAll(ArrayRef),
}

/// What a `case` label compares with.
#[derive(Clone, Debug)]
pub enum Case {
    /// A number or string constant.
    Value(Expr),
    /// A regular expression.
    Regex(u32),
}

/// When a rule runs.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// For every record.
    Always,
    /// For records where the expression is true.
    When(Expr),
    /// From a record where the first is true to one where the second is; the number tells ranges apart.
    Range(Expr, Expr, usize),
}

/// A rule of the main loop.
#[derive(Clone, Debug)]
pub struct Rule {
    /// When it runs.
    pub trigger: Trigger,
    /// What it does; `None` prints the record.
    pub body: Option<Vec<Stmt>>,
    /// Where the pattern starts.
    pub place: Place,
}

/// A function that the program defines.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Its name.
    pub name: Vec<u8>,
    /// Names of its parameters.
    pub params: Vec<Vec<u8>>,
    /// For each parameter, whether the body uses it as an array.
    pub arrays: Vec<bool>,
    /// Its statements.
    pub body: Vec<Stmt>,
    /// Whether the program defines it (and does not only call it).
    pub defined: bool,
}
