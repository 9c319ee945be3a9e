//! From text to a script.

mod address;
mod command;
mod substitute;
pub mod text;

use std::collections::HashMap;
use std::sync::Arc;

use crate::regex::{Flags, Re};
use crate::script::{Action, Command, Options, Regex, Script};

/// A part of a script: an argument of `-e` or the content of a file of `-f`.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The file's name; `None` for `-e`.
    pub file: Option<Vec<u8>>,
    /// The text.
    pub text: Vec<u8>,
}

impl Chunk {
    /// An argument of `-e`.
    pub fn expression(text: &[u8]) -> Self {
        Chunk {
            file: None,
            text: text.to_vec(),
        }
    }

    /// The content of a file of `-f`.
    pub fn file(name: &[u8], text: Vec<u8>) -> Self {
        Chunk {
            file: Some(name.to_vec()),
            text,
        }
    }
}

/// A script that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// The message without the name of the program.
    pub message: String,
    /// The exit status: 1, or 4 where GNU sed panics.
    pub status: u8,
}

/// How deep `{` may nest.
const MAX_DEPTH: usize = 10_000;

/// Text of `a`, `i` or `c` that may go on in the next chunk.
struct PendingText {
    command: usize,
    raw: Vec<u8>,
}

struct Parser<'a> {
    options: &'a Options,
    chunks: &'a [Chunk],
    chunk: usize,
    text: &'a [u8],
    at: usize,
    line: usize,
    /// Which `-e` this is, from 1.
    expression: usize,
    script: Script,
    /// Open blocks: the command and the expression it stands in.
    blocks: Vec<(usize, String)>,
    labels: HashMap<Vec<u8>, usize>,
    /// Branches whose label is not known yet.
    jumps: Vec<(usize, Vec<u8>)>,
    pending: Option<PendingText>,
    /// Whether `v` or a file asks for less than POSIX.
    posix: bool,
}

type Parsed<T> = Result<T, ScriptError>;

/// Parses all chunks as one script.
pub fn parse(chunks: &[Chunk], options: &Options) -> Parsed<Script> {
    let mut parser = Parser {
        options,
        chunks,
        chunk: 0,
        text: b"",
        at: 0,
        line: 1,
        expression: 0,
        script: Script::default(),
        blocks: Vec::new(),
        labels: HashMap::new(),
        jumps: Vec::new(),
        pending: None,
        posix: options.posix,
    };
    for (index, chunk) in chunks.iter().enumerate() {
        parser.chunk = index;
        parser.text = &chunk.text;
        parser.at = 0;
        parser.line = 1;
        if chunk.file.is_none() {
            parser.expression += 1;
        }
        if let Some(pending) = parser.pending.take() {
            parser.read_text(pending.command, pending.raw);
        }
        parser.commands()?;
    }
    parser.finish()
}

impl Parser<'_> {
    fn finish(mut self) -> Parsed<Script> {
        if let Some(pending) = self.pending.take() {
            self.set_text(pending.command, &pending.raw);
        }
        if let Some((_, place)) = self.blocks.pop() {
            return Err(ScriptError {
                message: format!("{place}unmatched `{{'"),
                status: 1,
            });
        }
        for (command, label) in std::mem::take(&mut self.jumps) {
            let Some(target) = self.labels.get(&label) else {
                let shown = String::from_utf8_lossy(&label);
                return Err(ScriptError {
                    message: format!("can't find label for jump to `{shown}'"),
                    status: 4,
                });
            };
            match &mut self.script.commands[command].action {
                Action::Branch(to) | Action::BranchIf(to) | Action::BranchUnless(to) => *to = *target,
                _ => {}
            }
        }
        Ok(self.script)
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.at).copied();
        if let Some(byte) = byte {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
            }
        }
        byte
    }

    /// Takes back what [`Parser::next`] gave.
    fn back(&mut self, byte: Option<u8>) {
        if let Some(byte) = byte {
            self.at -= 1;
            if byte == b'\n' {
                self.line -= 1;
            }
        }
    }

    fn next_nonblank(&mut self) -> Option<u8> {
        loop {
            match self.next() {
                Some(byte) if is_blank(byte) => {}
                other => return other,
            }
        }
    }

    /// The start of messages about this point.
    fn place(&self, at: usize) -> String {
        match &self.chunks[self.chunk].file {
            Some(name) => format!("file {} line {}: ", String::from_utf8_lossy(name), self.line),
            None => format!("-e expression #{}, char {at}: ", self.expression),
        }
    }

    fn error<T>(&self, message: &str) -> Parsed<T> {
        Err(ScriptError {
            message: format!("{}{message}", self.place(self.at)),
            status: 1,
        })
    }

    fn commands(&mut self) -> Parsed<()> {
        loop {
            let byte = loop {
                match self.next() {
                    Some(byte) if byte == b';' || byte.is_ascii_whitespace() || byte == 0x0b => {}
                    other => break other,
                }
            };
            let Some(byte) = byte else { return Ok(()) };
            self.command(byte)?;
        }
    }

    /// After a command: only a separator may follow.
    fn end_of_command(&mut self) -> Parsed<()> {
        match self.next_nonblank() {
            byte @ Some(b'}' | b'#') => {
                self.back(byte);
                Ok(())
            }
            None | Some(b'\n' | b';') => Ok(()),
            Some(b'\r') if matches!(self.text.get(self.at), None | Some(b'\n')) => Ok(()),
            Some(_) => self.error("extra characters after command"),
        }
    }

    fn add(&mut self, command: Command) -> usize {
        self.script.commands.push(command);
        self.script.commands.len() - 1
    }

    /// Compiles a regular expression as it stands between delimiters.
    fn regex(&mut self, raw: &[u8], icase: bool, multiline: bool) -> Parsed<Regex> {
        if raw.is_empty() {
            if icase || multiline {
                return self.error("cannot specify modifiers on empty regexp");
            }
            return Ok(None);
        }
        let extended = self.options.extended;
        let source = text::regex_escapes(raw, extended);
        if text::has_bare_class(&source) {
            let message = "character class syntax is [[:space:]], not [:space:]".to_owned();
            return Err(ScriptError { message, status: 4 });
        }
        // With `-z` lines end in NUL, and the pattern space holds none.
        let multiline = multiline && !self.options.null_data;
        let flags = Flags {
            extended,
            icase,
            multiline,
            utf8: self.options.utf8,
        };
        match Re::new(&source, flags) {
            Ok(re) => Ok(Some(Arc::new(re))),
            Err(error) => self.error(&error.to_string()),
        }
    }

    /// A decimal number whose first digit was just read.
    fn number(&mut self, first: u8) -> u64 {
        let mut value = u64::from(first - b'0');
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            value = value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        value
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
