//! Words: the parts that expansion works on.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{List, drop_nested};
use crate::{arith::Program, syntax::error::SyntaxError};

/// Facts about a word known at parse time, so that plain words skip the expansion machinery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordFlags(u8);

impl WordFlags {
    /// Contains `$`, a backtick, a process substitution or a tilde prefix.
    pub const EXPANSION: Self = Self(1);
    /// Contains an unquoted `*`, `?`, `[` or extended glob group in literal text.
    pub const GLOB: Self = Self(2);
    /// May change under brace expansion: has an unquoted `{` and later an unquoted `}`.
    pub const BRACE: Self = Self(4);
    /// Contains any quoting (an empty expansion still yields a field).
    pub const QUOTED: Self = Self(8);

    /// True if any flag of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Sets the flags of `other`.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A word before expansion.
#[derive(Debug, Clone, Default)]
pub struct Word {
    /// The parts, left to right. Empty only for the empty text after `name=`, an empty operand as in `${x:-}`, and the like.
    pub parts: Vec<WordPart>,
    /// Source text.
    pub raw: Bytes,
    /// For a word that has the form of an assignment but stands among the arguments: its parsed form. Declaration builtins
    /// (`declare`, `export`, …) assign through it instead of splitting and globbing the expanded word.
    pub assignment: Option<Box<super::Assignment>>,
    /// Line of the first byte.
    pub line: u32,
    /// What the parts contain.
    pub flags: WordFlags,
}

impl Word {
    /// The text of a word that expansion leaves alone: literal, without glob characters or braces.
    pub fn as_plain(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [WordPart::Literal(text)]
                if !self.flags.has(WordFlags(
                    WordFlags::EXPANSION.0 | WordFlags::GLOB.0 | WordFlags::BRACE.0,
                )) =>
            {
                Some(text)
            }
            _ => None,
        }
    }

    /// True if any of it is quoted.
    pub fn is_quoted(&self) -> bool {
        self.flags.has(WordFlags::QUOTED)
    }
}

/// A piece of a word.
#[derive(Debug, Clone)]
pub enum WordPart {
    /// Unquoted text: characters special to globbing, braces and tilde are active. Inside [`WordPart::DoubleQuoted`], text
    /// whose escapes are already resolved; there nothing is active. Extended glob groups (`@(a|b)`) are literal text whose
    /// parentheses and bars are active for the pattern matcher.
    Literal(Bytes),
    /// Text from `'…'`, `\c` or `$'…'`, already decoded: nothing in it is active. May be empty (`''`).
    Quoted(Bytes),
    /// `"…"`, and `$"…"` (whose translation is the text itself). May be empty.
    DoubleQuoted(Vec<WordPart>),
    /// An unquoted tilde prefix: the text between `~` and the next `/`, `:` or the end (`""`, `+`, `-`, a user name, `+2`).
    Tilde(Bytes),
    /// `$name`, `${…}`.
    Param(Arc<ParamExpansion>),
    /// `$(…)`, `` `…` ``.
    Command(CommandSubst),
    /// `$((…))`, `$[…]`.
    Arith(Arc<ArithExpr>),
    /// `<(…)`.
    ProcessIn(ProcessSubst),
    /// `>(…)`.
    ProcessOut(ProcessSubst),
    /// `${…}` that makes no sense. bash finds out when it expands it: `${…}: bad substitution`.
    BadSubst(Bytes),
    /// An expansion in a here-document that is not closed or does not parse: bash finds out when it expands the document.
    Unclosed {
        /// Source text from the start of the expansion to the end of the document.
        text: Bytes,
        /// What is wrong.
        error: Arc<SyntaxError>,
    },
}

/// A process substitution. Stands for its list wherever one is expected.
#[derive(Debug, Clone)]
pub struct ProcessSubst {
    /// What to run.
    pub list: Arc<List>,
    /// Source text including the delimiters.
    pub raw: Bytes,
}

impl std::ops::Deref for ProcessSubst {
    type Target = Arc<List>;

    fn deref(&self) -> &Arc<List> {
        &self.list
    }
}

/// A command substitution.
#[derive(Debug, Clone)]
pub struct CommandSubst {
    /// What to run.
    pub body: SubstBody,
    /// Written with backticks.
    pub backquoted: bool,
    /// Source text including the delimiters.
    pub raw: Bytes,
    /// Line of the opening delimiter.
    pub line: u32,
    /// What bash says when it parses backticks, which it does each time it expands them.
    pub warnings: Vec<super::Warning>,
}

/// The content of a command substitution. bash reads backticks (and what stands in here-documents) only when they are
/// expanded, so an error in them is reported then.
#[derive(Debug, Clone)]
pub enum SubstBody {
    /// Commands.
    List(Arc<List>),
    /// `$(< word)`, which reads a file without a command; the list is the redirection alone.
    ReadFile(Arc<List>),
    /// Commands up to an error: what precedes it on earlier lines runs first.
    Broken {
        /// The commands before the offending line.
        before: Arc<List>,
        /// What is wrong.
        error: Arc<SyntaxError>,
    },
}

/// What a parameter expansion names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// An identifier.
    Name(Bytes),
    /// `$0` (0) or a positional parameter.
    Positional(u32),
    /// One of `@ * # ? - $ !`.
    Special(u8),
}

impl Default for Param {
    fn default() -> Self {
        Self::Name(Bytes::new())
    }
}

/// `[…]` after a name.
#[derive(Debug, Clone)]
pub enum Subscript {
    /// `[@]`.
    At,
    /// `[*]`.
    Star,
    /// Anything else. Arithmetic for an indexed array, a key (the word, expanded without splitting and with quotes removed)
    /// for an associative one: only the evaluator knows which.
    Expr(Box<SubscriptExpr>),
}

/// The text of a subscript in both readings.
#[derive(Debug, Clone, Default)]
pub struct SubscriptExpr {
    /// As the key of an associative array.
    pub key: Word,
    /// As an arithmetic expression.
    pub index: ArithExpr,
}

/// `$name` or `${…}`.
#[derive(Debug, Clone, Default)]
pub struct ParamExpansion {
    /// The parameter.
    pub param: Param,
    /// `[…]`.
    pub subscript: Option<Subscript>,
    /// `${!name…}`: the value names the parameter that is really meant. (`${!prefix*}` and `${!name[@]}` are operators of
    /// their own, see [`ParamOp`].)
    pub indirect: bool,
    /// What to do with it.
    pub op: ParamOp,
    /// Source text, `$` included.
    pub raw: Bytes,
    /// Line of the `$`.
    pub line: u32,
}

impl ParamExpansion {
    /// The plain value of `param`.
    pub fn value_of(param: Param, raw: Bytes, line: u32) -> Self {
        Self {
            param,
            subscript: None,
            indirect: false,
            op: ParamOp::Get,
            raw,
            line,
        }
    }
}

impl Drop for ParamExpansion {
    fn drop(&mut self) {
        if !matches!(self.op, ParamOp::Get) {
            drop_nested(&mut self.op);
        }
        if self.subscript.is_some() {
            drop_nested(&mut self.subscript);
        }
    }
}

/// The operator of a parameter expansion.
#[derive(Debug, Clone, Default)]
pub enum ParamOp {
    /// The value.
    #[default]
    Get,
    /// `${#x}`.
    Length,
    /// `${!prefix*}`, `${!prefix@}`: names of variables that start with the parameter's name.
    NamesWithPrefix {
        /// Written with `@`: separate fields inside double quotes.
        at: bool,
    },
    /// `${!name[*]}`, `${!name[@]}`: the keys.
    Keys {
        /// Written with `@`.
        at: bool,
    },
    /// `${x-w}`, `${x=w}`, `${x?w}`, `${x+w}` and the forms with a colon.
    Default {
        /// Which of the four.
        op: DefaultOp,
        /// With `:`, an empty value counts as unset.
        colon: bool,
        /// The operand. Inside double quotes its text follows the rules of double quotes.
        word: Word,
    },
    /// `${x#p}`, `${x##p}`.
    RemovePrefix {
        /// `##`.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${x%p}`, `${x%%p}`.
    RemoveSuffix {
        /// `%%`.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${x/p/r}` and its variants.
    Replace {
        /// Replace every match (`//`).
        all: bool,
        /// Where the match must be.
        anchor: ReplaceAnchor,
        /// The pattern.
        pattern: Word,
        /// The replacement; `None` if the second slash is missing. An unquoted `&` stands for the match when
        /// `patsub_replacement` is set (as it is by default).
        replacement: Option<Word>,
    },
    /// `${x:offset}`, `${x:offset:length}`.
    Substring {
        /// Start.
        offset: ArithExpr,
        /// Length.
        length: Option<ArithExpr>,
    },
    /// `${x^p}`, `${x^^p}`, `${x,p}`, `${x,,p}`, `${x~p}`, `${x~~p}`.
    Case {
        /// Which change.
        op: CaseOp,
        /// Doubled: every matching character, not only the first.
        all: bool,
        /// Pattern of the characters to change; `None` means any.
        pattern: Option<Word>,
    },
    /// `${x@Q}`: the operator letter (`U u L Q E P A K a k`).
    Transform(u8),
}

/// The four operators that test whether a parameter is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultOp {
    /// `-`: use the word instead.
    Use,
    /// `=`: assign the word.
    Assign,
    /// `?`: fail with the word as message.
    Error,
    /// `+`: use the word if the parameter is set.
    Alternate,
}

/// Position of a match in `${x/p/r}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceAnchor {
    /// Anywhere.
    None,
    /// `/#`: at the start.
    Start,
    /// `/%`: at the end.
    End,
}

/// Changes of case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseOp {
    /// `^`.
    Upper,
    /// `,`.
    Lower,
    /// `~`.
    Toggle,
}

/// Arithmetic text. bash expands the text as if inside double quotes and evaluates the result, so `$((1 $op 2))` is legal;
/// when nothing in it needs expanding the compiled form can be kept.
#[derive(Debug, Clone, Default)]
pub struct ArithExpr {
    /// The text as parts: literal pieces and expansions, quotes removed.
    pub word: Word,
    /// Compiled form if the text has no expansions; made at first use.
    pub(crate) program: OnceLock<Arc<Program>>,
}

impl Drop for ArithExpr {
    fn drop(&mut self) {
        if self.word.flags.has(WordFlags::EXPANSION) {
            drop_nested(&mut self.word);
        }
    }
}

impl ArithExpr {
    /// An expression over the given text.
    pub fn new(word: Word) -> Self {
        Self {
            word,
            program: OnceLock::new(),
        }
    }

    /// The text if it contains no expansions.
    pub fn as_static(&self) -> Option<&[u8]> {
        match self.word.parts.as_slice() {
            [] => Some(b""),
            [WordPart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The compiled form, if the text contains no expansions. Otherwise expand [`ArithExpr::word`] as a double-quoted string
    /// and give the result to [`crate::arith::Program::parse`].
    pub fn program(&self) -> Option<&Arc<Program>> {
        let text = self.as_static()?;
        Some(self.program.get_or_init(|| Arc::new(Program::parse(text))))
    }
}
