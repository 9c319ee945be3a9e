//! The parser's public face.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    ast::{CommandSubst, CompleteCommand, List, Word},
    error::{ErrorKind, SyntaxError},
    machine::{Machine, normalise},
};

/// Alias definitions in force.
pub trait AliasLookup {
    /// The text of alias `name`.
    fn lookup(&self, name: &[u8]) -> Option<Bytes>;
}

/// No aliases.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAliases;

impl AliasLookup for NoAliases {
    fn lookup(&self, _name: &[u8]) -> Option<Bytes> {
        None
    }
}

/// Shell options that change how text is parsed. They may differ from one line to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// `shopt -s extglob`: `?( *( +( @( !(` start a group inside a word.
    pub extglob: bool,
    /// `set -o posix`.
    pub posix: bool,
    /// `shopt -s expand_aliases`.
    pub expand_aliases: bool,
}

/// Reads a script one complete command at a time: bash runs a line before it parses the next, so a line can define aliases,
/// switch `extglob`, and an error further down does not keep it from running.
#[derive(Debug, Clone)]
pub struct Parser {
    src: Bytes,
    pos: usize,
    line: u32,
    added_newline: bool,
}

impl Parser {
    /// A parser at the start of `source`.
    pub fn new(source: impl Into<Bytes>) -> Self {
        Self::with_line(source, 1)
    }

    /// As [`Parser::new`], with the number of the first line given (for `eval`, traps and other text inside a script).
    pub fn with_line(source: impl Into<Bytes>, line: u32) -> Self {
        let (src, added_newline) = normalise(source.into());
        Self {
            src,
            pos: 0,
            line,
            added_newline,
        }
    }

    /// Line number of the text not yet consumed.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The text not yet consumed (after alias expansion, and with a final newline added if there was none).
    pub fn rest(&self) -> Bytes {
        self.src.slice(self.pos.min(self.src.len())..)
    }

    /// Parses up to the end of the next line that completes a command. `None` at the end of the input.
    ///
    /// # Errors
    /// [`SyntaxError`]; its `kind` tells whether to go on.
    pub fn next_command(
        &mut self,
        aliases: &dyn AliasLookup,
        opts: &ParseOptions,
    ) -> Result<Option<CompleteCommand>, SyntaxError> {
        let rest = self.src.slice(self.pos.min(self.src.len())..);
        let mut machine = Machine::raw(rest, self.line, aliases, *opts);
        machine.added_newline = self.added_newline;
        let result = machine.complete_command();
        let mut result = result;
        if let Err(error) = &mut result {
            error.warnings = std::mem::take(&mut machine.warnings);
            // Give up the line, or everything.
            machine.pos = match error.kind {
                ErrorKind::CompoundAssignment => {
                    let from = machine.pos.min(machine.src.len());
                    memchr::memchr(b'\n', &machine.src[from..]).map_or(machine.src.len(), |i| from + i + 1)
                }
                _ => machine.src.len(),
            };
        }
        self.line = machine.line();
        self.pos = machine.pos;
        self.src = machine.src;
        result.map_err(|error| *error)
    }

    /// Parses everything into one list, for callers that need no line-by-line execution (`bash -n`, tests).
    ///
    /// # Errors
    /// The first [`SyntaxError`].
    pub fn parse_all(
        source: impl Into<Bytes>,
        aliases: &dyn AliasLookup,
        opts: &ParseOptions,
    ) -> Result<List, SyntaxError> {
        let mut parser = Self::new(source);
        let mut list = List::default();
        while let Some(command) = parser.next_command(aliases, opts)? {
            list.items.extend(command.list.items);
        }
        Ok(list)
    }
}

/// Parses text as the inside of a double-quoted string, for `PS4`, prompts, `${x@P}` and the like. Unbalanced expansions are
/// kept as [`super::ast::WordPart::BadSubst`].
pub fn parse_double_quoted(text: impl Into<Bytes>, opts: &ParseOptions, line: u32) -> Word {
    Machine::raw(text.into(), line, &NoAliases, *opts).here_doc_word()
}

/// Parses text as one word in the way of an operand: blanks and operators are ordinary, quotes and expansions work. For
/// values that the shell expands again (`BASH_ENV`, subscripts met in arithmetic).
///
/// # Errors
/// [`SyntaxError`] for an unclosed quote or expansion.
pub fn parse_word_text(text: impl Into<Bytes>, opts: &ParseOptions, line: u32) -> Result<Word, SyntaxError> {
    let text = text.into();
    let mut machine = Machine::raw(text.clone(), line, &NoAliases, *opts);
    let mut word = machine.free_word().map_err(|error| *error)?;
    word.raw = text;
    Ok(word)
}

/// A command substitution of `source`, as backticks make one: errors are kept for the time it runs.
pub fn parse_substitution(source: Bytes, aliases: &dyn AliasLookup, opts: &ParseOptions, line: u32) -> CommandSubst {
    let (body, warnings) = Machine::new(source.clone(), line, aliases, *opts).deferred_body();
    CommandSubst {
        body,
        backquoted: true,
        raw: source,
        line,
        warnings,
    }
}

/// Keeps the tree shareable between threads.
const _: () = {
    const fn shareable<T: Send + Sync + 'static>() {}
    shareable::<CompleteCommand>();
    shareable::<Arc<List>>();
    shareable::<SyntaxError>();
};
