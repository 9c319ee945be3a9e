//! The tree that the parser builds and the interpreter runs.
//!
//! Conventions:
//! * Text is [`Bytes`]: a slice of the source buffer wherever possible, so a tree costs few allocations and no copies.
//! * Whatever may outlive the call that parsed it (function bodies, background jobs, pipeline stages, substitutions) sits
//!   behind an [`Arc`]. The tree is immutable after parsing, `Send + Sync`.
//! * Words are parsed completely ([`Word`]); nothing is left as text to be scanned again, except where bash itself decides
//!   at run time (subscripts and arithmetic keep their text, see [`ArithExpr`]).
//! * Dropping a tree of any depth is safe: nodes that can nest move to a new stack segment when the current one runs short.

mod word;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub use word::{
    ArithExpr, CaseOp, CommandSubst, DefaultOp, Param, ParamExpansion, ParamOp, ProcessSubst, ReplaceAnchor, Subscript,
    SubscriptExpr, SubstBody, Word, WordFlags, WordPart,
};

/// Stack that must remain before a nested node is dropped in place.
const DROP_RED_ZONE: usize = 128 * 1024;
/// Size of the stack segment that takes over.
const DROP_SEGMENT: usize = 4 * 1024 * 1024;

/// Drops the content of `slot` on a fresh stack segment if the present one is nearly used up; otherwise leaves it to the
/// ordinary field-by-field drop.
fn drop_nested<T: Default>(slot: &mut T) {
    if stacker::remaining_stack().is_some_and(|left| left < DROP_RED_ZONE) {
        let value = std::mem::take(slot);
        stacker::grow(DROP_SEGMENT, move || drop(value));
    }
}

/// What one call of the parser returns: the commands of one logical line, which bash runs before it reads the next.
#[derive(Debug, Clone, Default)]
pub struct CompleteCommand {
    /// The commands in order. Empty only for input that holds nothing but comments and blank lines.
    pub list: List,
    /// Source text of the line(s), without the final newline; what history and `set -v` show.
    pub text: Bytes,
    /// Line on which the text starts, from 1.
    pub line: u32,
    /// Warnings that bash prints while reading (a here-document ended by end of input).
    pub warnings: Vec<Warning>,
}

/// Something that bash reports while parsing without giving up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Line number shown in the prefix `line N:`.
    pub line: u32,
    /// Text after the prefix, e.g. ``warning: here-document at line 1 delimited by end-of-file (wanted `X')``.
    pub message: Vec<u8>,
}

/// A sequence of and-or lists separated by `;`, `&` or newline (POSIX XCU 2.9.3).
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The members in source order.
    pub items: Vec<ListItem>,
}

impl List {
    /// True when there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// One member of a [`List`].
#[derive(Debug, Clone)]
pub struct ListItem {
    /// What to run.
    pub and_or: Arc<AndOr>,
    /// Terminated by `&`: run asynchronously.
    pub background: bool,
    /// Terminated by a newline; kept because bash prints command substitutions that way.
    pub newline: bool,
}

/// Pipelines joined by `&&` and `||`, which have equal precedence and associate to the left.
#[derive(Debug, Clone, Default)]
pub struct AndOr {
    /// The first pipeline, always run.
    pub first: Pipeline,
    /// The others with the operator before each.
    pub rest: Vec<(AndOrOp, Pipeline)>,
}

/// The operator between two pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AndOrOp {
    /// `&&`: run the right side if the status so far is zero.
    And,
    /// `||`: run the right side if the status so far is not zero.
    Or,
}

/// Commands joined by `|`. `a |& b` is stored, as bash does, as `a 2>&1 | b`.
#[derive(Debug, Clone, Default)]
pub struct Pipeline {
    /// The stages. Empty for a lone `!` or `time`, which run nothing and succeed.
    pub commands: Vec<Arc<Command>>,
    /// An odd number of `!` before it: the status is inverted, and `errexit` ignores it.
    pub negated: bool,
    /// Any `!` at all, even a double one: exempt from `errexit`.
    pub bang: bool,
    /// The `time` keyword before it.
    pub time: Option<TimeFormat>,
    /// Line of the first token.
    pub line: u32,
}

/// How the `time` keyword reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// `time`: the format in `TIMEFORMAT`.
    Default,
    /// `time -p`: the POSIX format.
    Posix,
}

/// One command with its redirections.
#[derive(Debug, Clone, Default)]
pub struct Command {
    /// What it is.
    pub kind: CommandKind,
    /// Redirections in source order. For a simple command these may have stood anywhere among its words.
    pub redirects: Vec<Redirect>,
    /// Line of its first token (`$LINENO`).
    pub line: u32,
    /// Line of its last token; bash reports a function's or a compound command's end in some messages.
    pub end_line: u32,
    /// Source text of the command including redirections, without here-document bodies.
    pub text: Bytes,
}

impl Drop for Command {
    fn drop(&mut self) {
        if !matches!(self.kind, CommandKind::Empty) {
            drop_nested(&mut self.kind);
        }
        drop_nested(&mut self.redirects);
    }
}

/// The kinds of command.
#[derive(Debug, Clone, Default)]
pub enum CommandKind {
    /// Nothing; only the placeholder of a tree under construction or being dropped.
    #[default]
    Empty,
    /// Assignments, a command name and arguments.
    Simple(SimpleCommand),
    /// `{ list; }`.
    Brace(List),
    /// `( list )`.
    Subshell(Arc<List>),
    /// `if … then … elif … else … fi`.
    If(IfClause),
    /// `while` and `until`.
    While(WhileClause),
    /// `for name in words; do …; done`.
    For(ForClause),
    /// `for ((init; cond; step))`.
    ArithFor(ArithForClause),
    /// `select name in words; do …; done`.
    Select(ForClause),
    /// `case word in … esac`.
    Case(CaseClause),
    /// `(( expression ))`.
    Arith(ArithExpr),
    /// `[[ expression ]]`.
    Cond(CondExpr),
    /// A function definition. The redirections that follow the body belong to [`FunctionDef::body`].
    Function(Arc<FunctionDef>),
    /// `coproc [NAME] command`.
    Coproc(CoprocClause),
}

/// Assignments, then words. Both may be empty when there are redirections.
#[derive(Debug, Clone, Default)]
pub struct SimpleCommand {
    /// Assignments before the command name.
    pub assignments: Vec<Assignment>,
    /// Command name and arguments, before expansion.
    pub words: Vec<Word>,
}

/// `name=value`, `name+=value`, `name[subscript]=value`, `name=(elements)`.
#[derive(Debug, Clone, Default)]
pub struct Assignment {
    /// The variable, a valid identifier.
    pub name: Bytes,
    /// `[…]` after the name.
    pub subscript: Option<Subscript>,
    /// `+=` instead of `=`.
    pub append: bool,
    /// The right side.
    pub value: AssignValue,
    /// Source text of the whole assignment.
    pub raw: Bytes,
    /// Line of its first byte.
    pub line: u32,
}

/// The right side of an assignment.
#[derive(Debug, Clone)]
pub enum AssignValue {
    /// Text: no splitting, no globbing; tilde prefixes after `=` and each unquoted `:` are marked in the word.
    Scalar(Word),
    /// `( … )`.
    Array(Vec<ArrayElement>),
}

impl Default for AssignValue {
    fn default() -> Self {
        Self::Scalar(Word::default())
    }
}

/// One element of a compound assignment.
#[derive(Debug, Clone, Default)]
pub struct ArrayElement {
    /// `[key]=` before the value; then the value is neither split nor globbed.
    pub key: Option<Subscript>,
    /// `[key]+=`.
    pub append: bool,
    /// The value. Without a key it goes through all expansions, including braces, and may give many elements.
    pub value: Word,
    /// The whole element as one word (`[key]=value` included): what an associative array gets when only some elements
    /// have keys, and what a globbing expansion of `[ab]=x` sees.
    pub word: Word,
}

/// `if` with its branches.
#[derive(Debug, Clone, Default)]
pub struct IfClause {
    /// Condition and body of `if` and of every `elif`.
    pub branches: Vec<(List, List)>,
    /// Body of `else`.
    pub otherwise: Option<List>,
}

/// `while` or `until`.
#[derive(Debug, Clone, Default)]
pub struct WhileClause {
    /// `until`: loop while the condition fails.
    pub until: bool,
    /// The condition.
    pub condition: List,
    /// The body.
    pub body: List,
}

/// `for NAME in WORDS` and `select NAME in WORDS`.
#[derive(Debug, Clone, Default)]
pub struct ForClause {
    /// The loop variable as written; bash checks at run time that it is an identifier (``"`x-y': not a valid identifier"``).
    pub name: Bytes,
    /// The words; `None` when `in` is absent, meaning `"$@"`.
    pub words: Option<Vec<Word>>,
    /// The body.
    pub body: List,
}

/// `for ((init; condition; step))`. An empty expression counts as 1.
#[derive(Debug, Clone, Default)]
pub struct ArithForClause {
    /// Evaluated once.
    pub init: Option<ArithExpr>,
    /// Evaluated before each turn.
    pub condition: Option<ArithExpr>,
    /// Evaluated after each turn.
    pub step: Option<ArithExpr>,
    /// The body.
    pub body: List,
}

/// `case WORD in … esac`.
#[derive(Debug, Clone, Default)]
pub struct CaseClause {
    /// The word that is matched.
    pub word: Word,
    /// The clauses in order.
    pub items: Vec<CaseItem>,
}

/// One clause of `case`.
#[derive(Debug, Clone)]
pub struct CaseItem {
    /// Patterns separated by `|`.
    pub patterns: Vec<Word>,
    /// Commands to run.
    pub body: List,
    /// What happens afterwards.
    pub end: CaseEnd,
}

/// Terminator of a `case` clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseEnd {
    /// `;;`: leave the `case`.
    Break,
    /// `;&`: go on with the next body without matching.
    FallThrough,
    /// `;;&`: go on matching the following clauses.
    Continue,
}

/// A function definition.
#[derive(Debug, Clone, Default)]
pub struct FunctionDef {
    /// The name; bash allows nearly any characters.
    pub name: Bytes,
    /// Written with the `function` keyword.
    pub keyword: bool,
    /// The body, a compound command with its redirections.
    pub body: Arc<Command>,
    /// Line of the definition.
    pub line: u32,
    /// Source text of the definition.
    pub text: Bytes,
}

/// `coproc [NAME] command`.
#[derive(Debug, Clone, Default)]
pub struct CoprocClause {
    /// Array that receives the descriptors; `COPROC` when not given.
    pub name: Word,
    /// The command.
    pub body: Arc<Command>,
}

/// `[[ … ]]`.
#[derive(Debug, Clone, Default)]
pub enum CondExpr {
    /// Placeholder of a tree under construction or being dropped.
    #[default]
    Empty,
    /// Operands of `||`, at least two; evaluated until one holds.
    Or(Vec<CondExpr>),
    /// Operands of `&&`, at least two; evaluated until one fails.
    And(Vec<CondExpr>),
    /// `! expr`.
    Not(Arc<CondExpr>),
    /// `( expr )`; kept for printing.
    Group(Arc<CondExpr>),
    /// `-f word` and so on.
    Unary {
        /// The letter after the dash.
        op: u8,
        /// The operand; not split, not globbed.
        operand: Word,
    },
    /// `left op right`.
    Binary {
        /// The operator.
        op: CondOp,
        /// Left operand; not split, not globbed.
        left: Word,
        /// Right operand: a pattern for `==`/`!=`, a regular expression for `=~`, in both of which quoted parts are literal.
        right: Word,
    },
    /// A word alone: true when it is not empty.
    Word(Word),
}

impl Drop for CondExpr {
    fn drop(&mut self) {
        if !matches!(self, Self::Empty) {
            drop_nested(self);
        }
    }
}

/// Binary operators of `[[ ]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CondOp {
    /// `=`: pattern match.
    Equal,
    /// `==`: pattern match.
    EqualEqual,
    /// `!=`: no pattern match.
    NotEqual,
    /// `=~`: extended regular expression.
    Regex,
    /// `<`: sorts before.
    Less,
    /// `>`: sorts after.
    Greater,
    /// `-eq`: arithmetic.
    NumEq,
    /// `-ne`.
    NumNe,
    /// `-lt`.
    NumLt,
    /// `-le`.
    NumLe,
    /// `-gt`.
    NumGt,
    /// `-ge`.
    NumGe,
    /// `-nt`: newer than.
    Newer,
    /// `-ot`: older than.
    Older,
    /// `-ef`: same file.
    SameFile,
}

impl CondOp {
    /// The operator as written in source.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::EqualEqual => "==",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::Less => "<",
            Self::Greater => ">",
            Self::NumEq => "-eq",
            Self::NumNe => "-ne",
            Self::NumLt => "-lt",
            Self::NumLe => "-le",
            Self::NumGt => "-gt",
            Self::NumGe => "-ge",
            Self::Newer => "-nt",
            Self::Older => "-ot",
            Self::SameFile => "-ef",
        }
    }
}

/// One redirection.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// The descriptor on the left, if written.
    pub fd: Option<RedirectFd>,
    /// The operator.
    pub op: RedirectOp,
    /// The operand. For here-documents see [`Redirect::here_doc`]; then this is the delimiter.
    pub target: Word,
    /// The here-document of `<<` and `<<-`.
    pub here_doc: Option<Arc<HereDoc>>,
    /// Line of the operator.
    pub line: u32,
}

/// What stands before a redirection operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectFd {
    /// `3>`.
    Number(u32),
    /// `{name}>` or `{name[subscript]}>`: the shell picks a descriptor (10 or above) and stores it; with `>&-` it closes
    /// the one stored.
    Variable(Bytes),
}

/// Redirection operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectOp {
    /// `<`.
    Read,
    /// `>`.
    Write,
    /// `>>`.
    Append,
    /// `>|`.
    Clobber,
    /// `<>`.
    ReadWrite,
    /// `<&`: the operand, expanded, is a descriptor, `-` (close) or a descriptor and `-` (move).
    DupInput,
    /// `>&`: as `<&`; a word that is no descriptor, without a number on the left, means `&>`.
    DupOutput,
    /// `&>`.
    OutputAndError,
    /// `&>>`.
    AppendOutputAndError,
    /// `<<`.
    HereDoc,
    /// `<<-`: leading tabs removed.
    HereDocStripTabs,
    /// `<<<`.
    HereString,
}

impl RedirectOp {
    /// The operator as written in source.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "<",
            Self::Write => ">",
            Self::Append => ">>",
            Self::Clobber => ">|",
            Self::ReadWrite => "<>",
            Self::DupInput => "<&",
            Self::DupOutput => ">&",
            Self::OutputAndError => "&>",
            Self::AppendOutputAndError => "&>>",
            Self::HereDoc => "<<",
            Self::HereDocStripTabs => "<<-",
            Self::HereString => "<<<",
        }
    }

    /// The descriptor redirected when none is written.
    pub fn default_fd(self) -> u32 {
        match self {
            Self::Read
            | Self::ReadWrite
            | Self::DupInput
            | Self::HereDoc
            | Self::HereDocStripTabs
            | Self::HereString => 0,
            Self::Write
            | Self::Append
            | Self::Clobber
            | Self::DupOutput
            | Self::OutputAndError
            | Self::AppendOutputAndError => 1,
        }
    }
}

/// A here-document. Its body follows later in the source than the operator, so it is filled in when the parser gets there.
#[derive(Debug, Default)]
pub struct HereDoc {
    /// The delimiter after quote removal.
    pub delimiter: Bytes,
    /// No part of the delimiter was quoted: the body is expanded as if inside double quotes (but `"` is ordinary).
    pub expand: bool,
    /// `<<-`.
    pub strip_tabs: bool,
    /// Line of the operator.
    pub line: u32,
    /// The body; use [`HereDoc::body`].
    pub(crate) content: OnceLock<HereDocBody>,
}

/// The text of a here-document.
#[derive(Debug, Clone, Default)]
pub struct HereDocBody {
    /// Source text, tabs already stripped for `<<-`, without the delimiter line.
    pub raw: Bytes,
    /// The parts to expand. A single quoted part if the document is not expanded.
    pub word: Word,
}

impl HereDoc {
    /// The body. Empty if the input ended before it.
    pub fn body(&self) -> &HereDocBody {
        static EMPTY: OnceLock<HereDocBody> = OnceLock::new();
        self.content
            .get()
            .unwrap_or_else(|| EMPTY.get_or_init(HereDocBody::default))
    }
}
