//! From source text to a resolved program.

pub mod ast;
mod check;
pub mod escape;
mod expr;
mod lexer;
mod operand;
pub mod special;
mod statement;
pub mod token;
mod toplevel;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use ast::{Function, Rule, Stmt};
use token::{Place, Tok, Token};

use crate::regex::Re;

/// One piece of program text with the name that messages use for it.
#[derive(Clone, Debug)]
pub struct Source {
    /// `cmd. line` for text from the command line, else the file name.
    pub name: String,
    /// The text.
    pub text: Vec<u8>,
}

impl Source {
    /// Program text given on the command line.
    pub fn command_line(text: &[u8]) -> Self {
        Source {
            name: "cmd. line".to_owned(),
            text: text.to_vec(),
        }
    }

    /// Program text from a file.
    pub fn file(name: &[u8], text: Vec<u8>) -> Self {
        Source {
            name: String::from_utf8_lossy(name).into_owned(),
            text,
        }
    }

    fn line_at(&self, offset: usize) -> (usize, &[u8]) {
        let offset = offset.min(self.text.len());
        let start = memchr::memrchr(b'\n', &self.text[..offset]).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &self.text[offset..]).map_or(self.text.len(), |length| offset + length);
        (start, &self.text[start..end])
    }
}

/// A program that cannot be run: message lines, each without the name of the program in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", String::from_utf8_lossy(&.0.join(&b'\n')))]
pub struct SyntaxError(pub Vec<Vec<u8>>);

impl SyntaxError {
    fn source_line(source: &Source, line: u32, offset: usize) -> Vec<u8> {
        let mut out = format!("{}:{line}: ", source.name).into_bytes();
        out.extend_from_slice(source.line_at(offset).1);
        out
    }

    fn caret_line(source: &Source, line: u32, offset: usize, message: &str) -> Vec<u8> {
        let mut out = format!("{}:{line}: ", source.name).into_bytes();
        let (start, text) = source.line_at(offset);
        for byte in &text[..(offset.min(source.text.len()) - start).min(text.len())] {
            out.push(if *byte == b'\t' { b'\t' } else { b' ' });
        }
        out.extend_from_slice(b"^ ");
        out.extend_from_slice(message.as_bytes());
        out
    }

    /// The line of the mistake and a caret below it.
    fn at(source: &Source, line: u32, offset: usize, message: &str) -> Self {
        SyntaxError(vec![
            Self::source_line(source, line, offset),
            Self::caret_line(source, line, offset, message),
        ])
    }

    fn lines(lines: Vec<Vec<u8>>) -> Self {
        SyntaxError(lines)
    }

    fn with_note(mut self, note: String) -> Self {
        self.0.push(note.into_bytes());
        self
    }

    /// A message about a line as a whole.
    fn plain(source: &Source, line: u32, message: &str) -> Self {
        SyntaxError(vec![format!("{}:{line}: error: {message}", source.name).into_bytes()])
    }

    /// The message as written to standard error, every line starting with the name of the program.
    pub fn render(&self, program: &str) -> Vec<u8> {
        let mut out = Vec::new();
        for line in &self.0 {
            out.extend_from_slice(program.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        out
    }
}

/// How deep expressions and statements may nest.
const MAX_DEPTH: usize = 1000;

/// Reads a file named by `@include`.
pub type Include<'a> = dyn FnMut(&[u8]) -> std::io::Result<Vec<u8>> + 'a;

/// A parsed program; it can be kept and run many times, from any thread.
#[derive(Debug, Default)]
pub struct Program {
    pub(crate) begin: Vec<Vec<Stmt>>,
    pub(crate) end: Vec<Vec<Stmt>>,
    pub(crate) begin_file: Vec<Vec<Stmt>>,
    pub(crate) end_file: Vec<Vec<Stmt>>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) ranges: usize,
    pub(crate) functions: Vec<Function>,
    pub(crate) globals: Vec<Vec<u8>>,
    pub(crate) texts: Vec<Vec<u8>>,
    pub(crate) regexes: Vec<Constant>,
    pub(crate) source_names: Vec<String>,
    /// Lines to print on standard error before the program runs, without the name of the program.
    pub warnings: Vec<Vec<u8>>,
}

impl Program {
    /// Parses the sources, one after the other, as one program. `include` reads the files named by `@include`.
    ///
    /// # Errors
    /// The first mistake, in the words of gawk. Programs are given exit status 1 for it.
    pub fn parse(sources: &[Source], include: &mut Include<'_>) -> Result<Program, SyntaxError> {
        toplevel::parse(sources, include)
    }
}

/// A constant regular expression.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) source: Vec<u8>,
    pub(crate) place: Place,
    /// Its compiled form and whether that is for UTF-8, made by the first run.
    pub(crate) compiled: OnceLock<(bool, Arc<Re>)>,
}

/// What a set of statements may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Begin,
    End,
    BeginFile,
    EndFile,
    Main,
    Function,
}

/// The state of a parse.
struct Parser<'a> {
    sources: &'a [Source],
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Inside the head of a `for`, where a bare `in` must not be taken as an operator.
    no_in: bool,
    /// Inside an unparenthesised `print`, where `>` redirects.
    no_greater: bool,
    loops: usize,
    switches: usize,
    section: Section,
    global_slots: HashMap<Vec<u8>, u32>,
    text_slots: HashMap<Vec<u8>, u32>,
    regex_slots: HashMap<Vec<u8>, u32>,
    function_slots: HashMap<Vec<u8>, u32>,
    /// The function being parsed, and its parameters.
    function: Option<u32>,
    locals: HashMap<Vec<u8>, u32>,
    /// Calls with the number of their arguments.
    calls: Vec<(u32, usize, Place)>,
    /// Parameters that are passed on as arguments: (function, parameter) to (function, parameter).
    passed_on: Vec<((u32, u32), (u32, u32))>,
    program: Program,
}

type Parsed<T> = Result<T, SyntaxError>;

impl Parser<'_> {
    fn peek(&self) -> &Tok {
        &self.tokens[self.at.min(self.tokens.len() - 1)].tok
    }

    fn peek_at(&self, ahead: usize) -> &Tok {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].tok
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn bump(&mut self) -> Tok {
        let tok = self.peek().clone();
        self.at += 1;
        tok
    }

    fn take(&mut self, wanted: &Tok) -> bool {
        let found = self.peek() == wanted;
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, wanted: &Tok) -> Parsed<()> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn skip_newlines(&mut self) {
        while *self.peek() == Tok::Newline {
            self.at += 1;
        }
    }

    fn source_of(&self, token: &Token) -> &Source {
        &self.sources[usize::from(token.place.source)]
    }

    /// The error for a token that does not fit.
    fn unexpected(&self) -> SyntaxError {
        let token = self.token();
        let source = self.source_of(token);
        match token.tok {
            // gawk has already moved to the next line when it complains.
            Tok::Newline => SyntaxError::at(
                source,
                token.place.line + 1,
                token.offset,
                "unexpected newline or end of string",
            ),
            Tok::Eof => SyntaxError::at(
                source,
                token.place.line,
                token.offset,
                "unexpected newline or end of string",
            ),
            _ => self.error_here("syntax error"),
        }
    }

    fn error_here(&self, message: &str) -> SyntaxError {
        self.error_at(self.token(), message)
    }

    fn error_at(&self, token: &Token, message: &str) -> SyntaxError {
        SyntaxError::at(self.source_of(token), token.place.line, token.offset, message)
    }

    /// An error about a line, without a caret.
    fn error_plain(&self, token: &Token, message: &str) -> SyntaxError {
        SyntaxError::plain(self.source_of(token), token.place.line, message)
    }

    /// Runs `inner` one level deeper.
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error_here("program is nested too deeply"));
        }
        let result = stacker::maybe_grow(256 * 1024, 2 * 1024 * 1024, || inner(self));
        self.depth -= 1;
        result
    }

    fn text_slot(&mut self, text: Vec<u8>) -> u32 {
        slot(&mut self.text_slots, &mut self.program.texts, text)
    }

    fn regex_slot(&mut self, source: Vec<u8>) -> u32 {
        if let Some(index) = self.regex_slots.get(&source) {
            return *index;
        }
        let index = self.program.regexes.len() as u32;
        self.regex_slots.insert(source.clone(), index);
        let place = self.token().place;
        self.program.regexes.push(Constant {
            source,
            place,
            compiled: OnceLock::new(),
        });
        index
    }

    fn variable(&mut self, name: Vec<u8>) -> ast::VarRef {
        match self.locals.get(&name) {
            Some(index) => ast::VarRef::Local(*index),
            None => ast::VarRef::Global(slot(&mut self.global_slots, &mut self.program.globals, name)),
        }
    }

    fn function_slot(&mut self, name: &[u8]) -> u32 {
        if let Some(index) = self.function_slots.get(name) {
            return *index;
        }
        let index = self.program.functions.len() as u32;
        self.function_slots.insert(name.to_vec(), index);
        self.program.functions.push(Function {
            name: name.to_vec(),
            ..Function::default()
        });
        index
    }

    /// Notes a warning about a place.
    fn warn_at(&mut self, place: Place, message: &str) {
        let name = &self.sources[usize::from(place.source)].name;
        self.program
            .warnings
            .push(format!("{name}:{}: warning: {message}", place.line).into_bytes());
    }

    /// Notes that a variable is used as an array.
    fn mark_array(&mut self, variable: ast::VarRef) {
        if let (ast::VarRef::Local(index), Some(function)) = (variable, self.function)
            && let Some(flag) = self.program.functions[function as usize].arrays.get_mut(index as usize)
        {
            *flag = true;
        }
    }
}

fn slot(slots: &mut HashMap<Vec<u8>, u32>, values: &mut Vec<Vec<u8>>, value: Vec<u8>) -> u32 {
    if let Some(index) = slots.get(&value) {
        return *index;
    }
    let index = values.len() as u32;
    slots.insert(value.clone(), index);
    values.push(value);
    index
}
