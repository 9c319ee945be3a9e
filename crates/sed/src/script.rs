//! A parsed script.

use std::sync::Arc;

use crate::parse::{Chunk, ScriptError};
use crate::regex::Re;

/// How to read and run a script.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name in front of messages.
    pub name: String,
    /// `-n`: print only what is asked for.
    pub quiet: bool,
    /// `-E`, `-r`: extended regular expressions.
    pub extended: bool,
    /// `-s`: every file has lines of its own.
    pub separate: bool,
    /// `-i`: edit files in place, keeping the old ones under this suffix if it is not empty.
    pub in_place: Option<Vec<u8>>,
    /// `-z`: lines end in NUL.
    pub null_data: bool,
    /// `-u`: hand on every line at once.
    pub unbuffered: bool,
    /// `-l`: where `l` breaks lines.
    pub line_length: usize,
    /// `--posix`: no GNU extensions.
    pub posix: bool,
    /// `--sandbox`: no `e`, `r`, `w`.
    pub sandbox: bool,
    /// Characters are UTF-8; otherwise every byte is a character.
    pub utf8: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            name: "sed".to_owned(),
            quiet: false,
            extended: false,
            separate: false,
            in_place: None,
            null_data: false,
            unbuffered: false,
            line_length: 70,
            posix: false,
            sandbox: false,
            utf8: true,
        }
    }
}

/// A script, ready to run from any thread.
#[derive(Debug, Default)]
pub struct Script {
    pub(crate) commands: Vec<Command>,
    /// Files of `w`, by index.
    pub(crate) outputs: Vec<Vec<u8>>,
    /// Files of `R`, by index.
    pub(crate) line_sources: Vec<Vec<u8>>,
    /// The script starts with `#n`.
    pub(crate) quiet: bool,
}

impl Script {
    /// Parses the parts of a script, in order.
    ///
    /// # Errors
    /// The first mistake, in the words of GNU sed.
    pub fn parse(chunks: &[Chunk], options: &Options) -> Result<Script, ScriptError> {
        crate::parse::parse(chunks, options)
    }
}

/// A regular expression; `None` is the empty one, which stands for the one used last.
pub(crate) type Regex = Option<Arc<Re>>;

/// One end of an address.
#[derive(Debug)]
pub(crate) enum Address {
    /// A line number; 0 only as the first of two.
    Line(u64),
    /// `first~step`
    Step(u64, u64),
    /// `$`
    Last,
    /// `/re/`
    Match(Regex),
    /// `+N`: that many lines more.
    Plus(u64),
    /// `~N`: up to a multiple.
    Multiple(u64),
}

/// A command with its address.
#[derive(Debug)]
pub(crate) struct Command {
    pub first: Option<Address>,
    pub last: Option<Address>,
    pub negated: bool,
    pub action: Action,
}

/// What a command does.
#[derive(Debug)]
pub(crate) enum Action {
    /// `{`: goes on behind the matching `}` when the address does not match.
    Block(usize),
    LineNumber,
    Append(Vec<u8>),
    Insert(Vec<u8>),
    Change(Vec<u8>),
    Branch(usize),
    BranchIf(usize),
    BranchUnless(usize),
    Delete,
    DeleteFirst,
    Execute(Vec<u8>),
    FileName,
    GetHold,
    AppendHold,
    Hold,
    HoldAppend,
    List(Option<usize>),
    Next,
    NextAppend,
    Print,
    PrintFirst,
    Quit(u8),
    QuitSilently(u8),
    ReadFile(Vec<u8>),
    ReadLine(usize),
    Substitute(Box<Substitution>),
    WriteFile(usize),
    WriteFirst(usize),
    Exchange,
    Translate(Box<Translation>),
    Zap,
}

/// `s`
#[derive(Debug)]
pub(crate) struct Substitution {
    pub regex: Regex,
    pub parts: Vec<Part>,
    /// The replacement, when it is nothing but text.
    pub plain: Option<Vec<u8>>,
    pub global: bool,
    /// The match to start with, from 1.
    pub number: u64,
    pub print: u8,
    pub evaluate: bool,
    pub output: Option<usize>,
}

/// A part of a replacement.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(Vec<u8>),
    Group(usize),
    Case(Case),
}

/// A change of case in a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `\U`
    Upper,
    /// `\L`
    Lower,
    /// `\u`
    UpperNext,
    /// `\l`
    LowerNext,
    /// `\E`
    End,
}

/// `y`
#[derive(Debug)]
pub(crate) enum Translation {
    Bytes(Box<[u8; 256]>),
    Characters(std::collections::HashMap<Vec<u8>, Vec<u8>>),
}
