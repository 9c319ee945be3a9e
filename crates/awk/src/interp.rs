//! Running a parsed program.

mod array;
mod assign;
mod builtin;
mod call;
mod expr;
mod getline;
mod math;
mod setup;
mod sort;
mod stmt;
mod strings;
mod substitute;

use std::io;
use std::sync::Arc;

pub use math::power;

use crate::array::Cell;
use crate::error::{Message, Run, Stop, describe, fatal};
use crate::input::{Ending, Reader};
use crate::io::{AwkIo, Handle};
use crate::output::Outputs;
use crate::parse::Program;
use crate::parse::ast::{Rule, Trigger};
use crate::parse::special;
use crate::parse::token::Place;
use crate::random::Random;
use crate::record::Record;
use crate::regex::{Cache, Re};
use crate::value::Value;

/// Bytes of standard output that are gathered before they are handed on.
const BLOCK: usize = 64 * 1024;

/// Steps between two calls of [`AwkIo::poll`].
const POLL_EVERY: u32 = 1024;

/// How to run a program.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name in front of messages, and `ARGV[0]`.
    pub name: String,
    /// `-v name=value`, in order, the values as given (escapes not yet replaced).
    pub assignments: Vec<(Vec<u8>, Vec<u8>)>,
    /// `-F`, as given.
    pub separator: Option<Vec<u8>>,
    /// Characters are UTF-8; otherwise every byte is a character.
    pub utf8: bool,
    /// `-S`: no commands, no redirections, no further files.
    pub sandbox: bool,
    /// How deep functions may call each other.
    pub max_depth: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            name: "awk".to_owned(),
            assignments: Vec::new(),
            separator: None,
            utf8: true,
            sandbox: false,
            max_depth: 20_000,
        }
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this exit status; 2 after a fatal error, whose message went to standard error.
    Exit(u8),
    /// Because [`AwkIo::poll`] said so.
    Cancelled,
    /// Because nobody reads standard output any more.
    BrokenPipe,
}

/// How a list of statements ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Normal,
    Break,
    Continue,
    Return,
}

/// Where the main input stands.
#[derive(Debug, Default)]
struct MainInput {
    reader: Option<Reader>,
    /// The operand to look at next.
    next: usize,
    /// Whether any operand was a file, so that standard input is not read for lack of one.
    any: bool,
    finished: bool,
}

struct Interp<'p, 'o> {
    program: &'p Program,
    io: &'o mut dyn AwkIo,
    options: &'o Options,
    globals: Vec<Cell>,
    locals: Vec<Cell>,
    base: usize,
    /// The functions being run, innermost last.
    locals_of: Vec<u32>,
    texts: Vec<Value>,
    statics: Vec<Option<Arc<Re>>>,
    cache: Cache,
    record: Record,
    terminator: Vec<u8>,
    nr: f64,
    fnr: f64,
    ofs: Vec<u8>,
    ors: Vec<u8>,
    subsep: Vec<u8>,
    convfmt: Vec<u8>,
    ofmt: Vec<u8>,
    icase: bool,
    ending: Ending,
    splitting: assign::Splitting,
    main: MainInput,
    out: Vec<u8>,
    outputs: Outputs,
    readers: Vec<(Vec<u8>, bool, Reader)>,
    ranges: Vec<bool>,
    returned: Value,
    status: i32,
    random: Random,
    seed: f64,
    place: Place,
    steps: u32,
    buffers: Vec<Vec<u8>>,
    warned: Box<[bool; 256]>,
}

/// Runs `program` with `args` as the operands (`ARGV[1]` and on).
pub fn run(program: &Program, io: &mut dyn AwkIo, options: &Options, args: &[Vec<u8>]) -> Outcome {
    // Room for what nests within one call level; calls add more as they need it.
    stacker::maybe_grow(16 << 20, 32 << 20, || {
        let mut interp = Interp::new(program, io, options);
        let result = interp.whole(args);
        interp.finish(result)
    })
}

impl<'p> Interp<'p, '_> {
    /// BEGIN, the records, END.
    fn whole(&mut self, args: &[Vec<u8>]) -> Run<()> {
        for warning in &self.program.warnings {
            self.complain(warning)?;
        }
        self.compile_all()?;
        self.prepare(args)?;
        let mut exited = false;
        for body in &self.program.begin {
            match self.block(body) {
                Err(Stop::Exit) => {
                    exited = true;
                    break;
                }
                other => other.map(drop)?,
            }
        }
        let program = self.program;
        let reads = !program.rules.is_empty()
            || !program.end.is_empty()
            || !program.begin_file.is_empty()
            || !program.end_file.is_empty();
        if !exited && reads {
            match self.records() {
                Err(Stop::Exit) => {}
                other => other?,
            }
        }
        for body in &self.program.end {
            match self.block(body) {
                Err(Stop::Exit) => break,
                other => other.map(drop)?,
            }
        }
        Ok(())
    }

    fn records(&mut self) -> Run<()> {
        let program = self.program;
        while self.next_record()? {
            self.tick()?;
            match self.rules(&program.rules) {
                Ok(()) | Err(Stop::Next) => {}
                Err(Stop::NextFile) => self.next_file()?,
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn rules(&mut self, rules: &'p [Rule]) -> Run<()> {
        for rule in rules {
            let applies = match &rule.trigger {
                Trigger::Always => true,
                Trigger::When(condition) => {
                    self.place = rule.place;
                    self.truth(condition)?
                }
                Trigger::Range(first, last, index) => {
                    self.place = rule.place;
                    let inside = self.ranges[*index] || self.truth(first)?;
                    if inside {
                        self.ranges[*index] = !self.truth(last)?;
                    }
                    inside
                }
            };
            if !applies {
                continue;
            }
            match &rule.body {
                Some(body) => drop(self.block(body)?),
                None => {
                    let text = self.record.text(&self.ofs, &self.convfmt);
                    self.out.extend_from_slice(text);
                    self.out.extend_from_slice(&self.ors);
                    self.spill()?;
                }
            }
        }
        Ok(())
    }

    /// Counts a step; now and then asks whether to go on.
    #[inline]
    fn tick(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps >= POLL_EVERY {
            let steps = std::mem::take(&mut self.steps);
            if self.io.poll(steps) {
                return Err(Stop::Cancelled);
            }
        }
        Ok(())
    }

    /// Hands gathered output on once there is enough of it.
    #[inline]
    fn spill(&mut self) -> Run<()> {
        if self.out.len() >= BLOCK {
            self.flush_stdout(false)
        } else {
            Ok(())
        }
    }

    fn flush_stdout(&mut self, through: bool) -> Run<()> {
        let mut result = Ok(());
        if !self.out.is_empty() {
            result = self.io.write(Handle::STDOUT, &self.out);
            self.out.clear();
        }
        if through && result.is_ok() {
            result = self.io.flush(Handle::STDOUT);
        }
        result.map_err(|error| Self::stdout_error(&error))
    }

    fn stdout_error(error: &io::Error) -> Stop {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Stop::Broken;
        }
        let message = format!("print to \"standard output\" failed: {}", describe(error));
        Stop::Fatal(Box::new(Message(message.into_bytes())))
    }

    /// Hands on everything that was written so far, to all outputs.
    fn flush_all(&mut self) -> Run<()> {
        self.flush_stdout(true)?;
        self.outputs
            .flush_all(self.io)
            .map_err(|(name, error)| output_error(&name, &error))
    }

    /// Writes a line to standard error with the name of the program in front.
    fn complain(&mut self, message: &[u8]) -> Run<()> {
        let mut line = self.options.name.clone().into_bytes();
        line.extend_from_slice(b": ");
        line.extend_from_slice(message);
        line.push(b'\n');
        // A closed standard error is no reason to fail.
        let _ = self.io.write(Handle::STDERR, &line);
        Ok(())
    }

    /// Warns about something at the statement at hand.
    fn warn(&mut self, message: &str) -> Run<()> {
        let mut line = self.where_we_are();
        line.extend_from_slice(b"warning: ");
        line.extend_from_slice(message.as_bytes());
        self.complain(&line)
    }

    /// `cmd. line:1: (FILENAME=- FNR=1) `.
    fn where_we_are(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.place.line > 0 {
            let name = self
                .program
                .source_names
                .get(usize::from(self.place.source))
                .map_or("cmd. line", String::as_str);
            out.extend_from_slice(format!("{name}:{}: ", self.place.line).as_bytes());
        }
        if self.fnr > 0.0 {
            out.extend_from_slice(b"(");
            if let Cell::Value(file) = &self.globals[special::FILENAME as usize] {
                out.extend_from_slice(b"FILENAME=");
                file.append_to(&mut out, b"%.6g");
                out.push(b' ');
            }
            out.extend_from_slice(format!("FNR={}) ", self.fnr).as_bytes());
        }
        out
    }

    /// Closes everything and turns the way the program ended into an outcome.
    fn finish(&mut self, result: Run<()>) -> Outcome {
        let mut status = self.status;
        match result {
            Ok(()) | Err(Stop::Exit | Stop::Next | Stop::NextFile) => {}
            Err(Stop::Cancelled) => return Outcome::Cancelled,
            Err(Stop::Broken) => return Outcome::BrokenPipe,
            Err(Stop::Refused(message)) => {
                status = 1;
                let _ = self.complain(&message.0);
            }
            Err(Stop::Fatal(message)) => {
                status = 2;
                // What was printed before the error comes before its message.
                let _ = self.flush_stdout(true);
                let mut line = if message.0.starts_with(b"cannot open file `") {
                    Vec::new()
                } else {
                    self.where_we_are()
                };
                line.extend_from_slice(b"fatal: ");
                line.extend_from_slice(&message.0);
                let _ = self.complain(&line);
            }
        }
        let mut broken = false;
        for (name, result) in self.outputs.close_all(self.io) {
            if let Err(error) = result
                && error.kind() != io::ErrorKind::BrokenPipe
            {
                let shown = String::from_utf8_lossy(&name).into_owned();
                let _ = self.complain(format!("fatal: close of `{shown}' failed: {}", describe(&error)).as_bytes());
                status = 2;
            }
        }
        match self.flush_stdout(true) {
            Err(Stop::Broken) => broken = true,
            Err(Stop::Fatal(message)) => {
                let mut line = b"fatal: ".to_vec();
                line.extend_from_slice(&message.0);
                let _ = self.complain(&line);
                status = 2;
            }
            _ => {}
        }
        for (_, _, reader) in std::mem::take(&mut self.readers) {
            if reader.handle() != Handle::STDIN {
                let _ = self.io.close(reader.handle());
            }
        }
        if let Some(reader) = self.main.reader.take()
            && reader.handle() != Handle::STDIN
        {
            let _ = self.io.close(reader.handle());
        }
        if broken {
            Outcome::BrokenPipe
        } else {
            Outcome::Exit(status as u8)
        }
    }

    #[inline]
    fn take_buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }

    #[inline]
    fn give_buffer(&mut self, mut buffer: Vec<u8>) {
        // A huge string once is no reason to keep the room for ever.
        if buffer.capacity() <= 1 << 20 && self.buffers.len() < 32 {
            buffer.clear();
            self.buffers.push(buffer);
        }
    }
}

/// The fatal error of an output other than standard output.
fn output_error(name: &[u8], error: &io::Error) -> Stop {
    let shown = String::from_utf8_lossy(name);
    let message = format!("flush to \"{shown}\" failed: {}", describe(error));
    Stop::Fatal(Box::new(Message(message.into_bytes())))
}

/// Refuses what `-S` forbids.
fn sandboxed<T>(what: &str) -> Run<T> {
    fatal(format!("{what} not allowed in sandbox mode"))
}
