//! Running a parsed script.

mod address;
mod input;
mod list;
mod output;
mod substitute;

use std::io;
use std::sync::Arc;

use pattern::regex::Captures;

use crate::io::{Handle, SedIo};
use crate::regex::Re;
use crate::script::{Action, Options, Script, Translation};
use address::RangeState;
use input::{Input, Reader};
use output::{Output, Outputs};

/// Steps between two calls of [`SedIo::poll`].
const POLL_EVERY: u32 = 1024;

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With this exit status: 0, 1 for a bad script, 2 for missing input, 4 for failures, or that of `q`. Messages went to
    /// standard error.
    Exit(u8),
    /// Because [`SedIo::poll`] said so.
    Cancelled,
    /// Because nobody reads standard output any more.
    BrokenPipe,
}

/// Why a script stops before its end.
#[derive(Debug)]
enum Stop {
    /// A message (without the name of the program) and an exit status.
    Fatal(String, u8),
    Cancelled,
    BrokenPipe,
}

type Run<T> = Result<T, Stop>;

fn fatal<T>(message: String, status: u8) -> Run<T> {
    Err(Stop::Fatal(message, status))
}

/// A line with what is known about its end.
#[derive(Clone, Debug)]
struct Line {
    text: Vec<u8>,
    /// Whether a newline was taken off, to be put back on output.
    chomped: bool,
}

impl Default for Line {
    fn default() -> Self {
        Line {
            text: Vec::new(),
            chomped: true,
        }
    }
}

/// What waits for the end of the cycle.
#[derive(Debug)]
enum Queued<'s> {
    /// Text of `a`.
    Text(&'s [u8]),
    /// A file of `r`.
    File(&'s [u8]),
    /// A line of `R`.
    Line(Vec<u8>),
}

/// How a cycle ended.
enum End {
    /// At the end of the script: the pattern space is printed.
    Normal,
    /// The pattern space is gone.
    Deleted,
    /// `D`: again, without reading.
    Again,
    /// The pattern space is printed and no more read.
    Quit(u8),
    /// No more is read or printed.
    QuitSilently(u8),
}

struct Exec<'s, 'o> {
    script: &'s Script,
    io: &'o mut dyn SedIo,
    options: &'o Options,
    quiet: bool,
    delimiter: u8,
    input: Input,
    pattern: Line,
    hold: Line,
    ranges: Vec<RangeState>,
    outputs: Outputs,
    /// Readers of `R`; the second is false once there is nothing left.
    line_readers: Vec<Option<Option<Reader>>>,
    queue: Vec<Queued<'s>>,
    /// Whether `s` replaced something since the last line was read or `t` asked.
    replaced: bool,
    last_regex: Option<Arc<Re>>,
    captures: Captures,
    scratch: Vec<u8>,
    steps: u32,
    status: u8,
}

/// Runs `script` over `files`; standard input when there are none.
pub fn run(script: &Script, io: &mut dyn SedIo, options: &Options, files: &[Vec<u8>]) -> Outcome {
    let mut exec = Exec {
        script,
        io,
        options,
        quiet: options.quiet || script.quiet,
        delimiter: if options.null_data { 0 } else { b'\n' },
        input: Input::new(files, options.separate || options.in_place.is_some()),
        pattern: Line::default(),
        hold: Line::default(),
        ranges: vec![RangeState::default(); script.commands.len()],
        outputs: Outputs::default(),
        line_readers: Vec::new(),
        queue: Vec::new(),
        replaced: false,
        last_regex: None,
        captures: Captures::default(),
        scratch: Vec::new(),
        steps: 0,
        status: 0,
    };
    let result = exec.whole();
    exec.finish(result)
}

impl<'s> Exec<'s, '_> {
    fn whole(&mut self) -> Run<()> {
        self.open_outputs()?;
        self.line_readers.resize_with(self.script.line_sources.len(), || None);
        self.reset_ranges();
        let mut more = self.read_line(false)?;
        while more {
            match self.cycle()? {
                End::Normal => self.print_unless_quiet()?,
                End::Deleted => {}
                End::Again => {
                    self.flush_queue()?;
                    continue;
                }
                End::Quit(status) => {
                    self.print_unless_quiet()?;
                    self.flush_queue()?;
                    self.status = self.status.max(status);
                    return self.finish_input(true);
                }
                End::QuitSilently(status) => {
                    self.status = self.status.max(status);
                    return self.finish_input(true);
                }
            }
            self.flush_queue()?;
            more = self.read_line(false)?;
        }
        self.finish_input(false)
    }

    fn finish(mut self, result: Run<()>) -> Outcome {
        let mut status = self.status;
        let result = result.and_then(|()| self.outputs.flush_all(self.io));
        match result {
            Ok(()) => {}
            Err(Stop::Cancelled) => return Outcome::Cancelled,
            Err(Stop::BrokenPipe) => return Outcome::BrokenPipe,
            Err(Stop::Fatal(message, code)) => {
                if let Err(Stop::BrokenPipe) = self.outputs.flush_all(self.io) {
                    return Outcome::BrokenPipe;
                }
                self.complain(&message);
                status = code;
            }
        }
        self.outputs.close_all(self.io);
        Outcome::Exit(status)
    }

    /// Writes a line to standard error with the name of the program in front.
    fn complain(&mut self, message: &str) {
        let line = format!("{}: {message}\n", self.options.name);
        // A closed standard error is no reason to fail.
        let _ = self.io.write(Handle::STDERR, line.as_bytes());
    }

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

    /// Runs the script once over the pattern space.
    fn cycle(&mut self) -> Run<End> {
        let script = self.script;
        let mut at = 0;
        self.tick()?;
        while let Some(command) = script.commands.get(at) {
            let index = at;
            at += 1;
            if !self.selected(index, command)? {
                if let Action::Block(end) = command.action {
                    at = end;
                }
                continue;
            }
            match &command.action {
                Action::Block(_) => {}
                Action::Substitute(substitution) => self.substitute(substitution)?,
                Action::Print => self.print_pattern()?,
                Action::Delete => return Ok(End::Deleted),
                Action::DeleteFirst => match memchr::memchr(self.delimiter, &self.pattern.text) {
                    None => return Ok(End::Deleted),
                    Some(newline) => {
                        self.pattern.text.drain(..=newline);
                        return Ok(End::Again);
                    }
                },
                Action::Branch(target) => {
                    if *target == usize::MAX {
                        return Ok(End::Normal);
                    }
                    self.tick()?;
                    at = *target;
                }
                Action::BranchIf(target) => {
                    if std::mem::take(&mut self.replaced) {
                        if *target == usize::MAX {
                            return Ok(End::Normal);
                        }
                        self.tick()?;
                        at = *target;
                    }
                }
                Action::BranchUnless(target) => {
                    if !std::mem::take(&mut self.replaced) {
                        if *target == usize::MAX {
                            return Ok(End::Normal);
                        }
                        self.tick()?;
                        at = *target;
                    }
                }
                Action::Next => {
                    if self.at_last_line()? {
                        if self.options.posix {
                            return Ok(End::QuitSilently(0));
                        }
                        return Ok(End::Quit(0));
                    }
                    self.print_unless_quiet()?;
                    if !self.read_line(false)? {
                        return Ok(End::Quit(0));
                    }
                }
                Action::NextAppend => {
                    if self.at_last_line()? {
                        // POSIX deletes the pattern space without printing it; GNU prints it.
                        return Ok(if self.options.posix {
                            End::QuitSilently(0)
                        } else {
                            End::Quit(0)
                        });
                    }
                    self.pattern.text.push(self.delimiter);
                    if !self.read_line(true)? {
                        return Ok(End::Quit(0));
                    }
                }
                Action::PrintFirst => {
                    let end = memchr::memchr(self.delimiter, &self.pattern.text);
                    let text = &self.pattern.text[..end.unwrap_or(self.pattern.text.len())];
                    // A first line always ends, whatever the last one does.
                    self.outputs.main().line(text, true, self.delimiter);
                    self.outputs.spill(self.io, self.options.unbuffered)?;
                }
                Action::GetHold => self.pattern.clone_from(&self.hold),
                Action::Hold => self.hold.clone_from(&self.pattern),
                Action::AppendHold => {
                    self.pattern.text.push(self.delimiter);
                    self.pattern.text.extend_from_slice(&self.hold.text);
                    self.pattern.chomped = self.hold.chomped;
                    self.bounded()?;
                }
                Action::HoldAppend => {
                    self.hold.text.push(self.delimiter);
                    self.hold.text.extend_from_slice(&self.pattern.text);
                    self.hold.chomped = self.pattern.chomped;
                }
                Action::Exchange => std::mem::swap(&mut self.pattern, &mut self.hold),
                Action::Zap => self.pattern.text.clear(),
                Action::Translate(translation) => self.translate(translation),
                Action::Append(text) => self.queue.push(Queued::Text(text)),
                Action::Insert(text) => self.print_text(text)?,
                Action::Change(text) => {
                    if !self.ranges[index].is_active() || command.negated {
                        self.print_text(text)?;
                    }
                    return Ok(End::Deleted);
                }
                Action::LineNumber => {
                    let text = format!("{}\n", self.input.line_number);
                    self.print_text(text.as_bytes())?;
                }
                Action::FileName => {
                    let mut name = self.input.name.clone();
                    name.push(b'\n');
                    self.print_text(&name)?;
                }
                Action::List(width) => {
                    let width = width.unwrap_or(self.options.line_length);
                    let text = list::unambiguous(&self.pattern.text, width);
                    self.print_text(&text)?;
                }
                Action::ReadFile(name) => self.queue.push(Queued::File(name)),
                Action::ReadLine(source) => self.queue_line(*source)?,
                Action::WriteFile(output) => self.write_to(*output, false)?,
                Action::WriteFirst(output) => self.write_to(*output, true)?,
                Action::Execute(command) => self.execute(command)?,
                Action::Quit(status) => return Ok(End::Quit(*status)),
                Action::QuitSilently(status) => return Ok(End::QuitSilently(*status)),
            }
        }
        Ok(End::Normal)
    }

    /// Loops that double the pattern space must not eat all memory.
    fn bounded(&self) -> Run<()> {
        if self.pattern.text.len() > 1 << 30 {
            fatal("pattern space is too large".to_owned(), 4)
        } else {
            Ok(())
        }
    }

    fn translate(&mut self, translation: &Translation) {
        match translation {
            Translation::Bytes(map) => {
                for byte in &mut self.pattern.text {
                    *byte = map[usize::from(*byte)];
                }
            }
            Translation::Characters(map) => {
                let mut out = Vec::with_capacity(self.pattern.text.len());
                for character in crate::parse::text::characters(&self.pattern.text, self.options.utf8) {
                    match map.get(&character) {
                        Some(target) => out.extend_from_slice(target),
                        None => out.extend_from_slice(&character),
                    }
                }
                self.pattern.text = out;
            }
        }
    }

    /// `e`: runs a command and prints what it prints, or runs the pattern space and takes its output over.
    fn execute(&mut self, command: &[u8]) -> Run<()> {
        self.outputs.flush_all(self.io)?;
        if command.is_empty() {
            let mut text = self.run_command(&self.pattern.text.clone())?;
            if text.last() == Some(&self.delimiter) {
                text.pop();
            }
            self.pattern.text = text;
            return Ok(());
        }
        let text = self.run_command(command)?;
        self.print_text(&text)
    }

    fn run_command(&mut self, command: &[u8]) -> Run<Vec<u8>> {
        match self.io.execute(command) {
            Ok(text) => Ok(text),
            Err(_) if self.io.poll(0) => Err(Stop::Cancelled),
            Err(error) => fatal(format!("error running command: {}", describe(&error)), 4),
        }
    }

    fn open_outputs(&mut self) -> Run<()> {
        for name in &self.script.outputs {
            let output = match &name[..] {
                b"/dev/stdout" => Output::Stdout,
                b"/dev/stderr" => Output::Stderr,
                _ => match self.io.create(name) {
                    Ok(handle) => Output::File(handle),
                    Err(error) => {
                        let shown = String::from_utf8_lossy(name);
                        return fatal(format!("couldn't open file {shown}: {}", describe(&error)), 4);
                    }
                },
            };
            self.outputs.add(output);
        }
        Ok(())
    }
}

/// The text of an I/O error as `strerror` gives it, without Rust's error number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => match error.kind() {
            io::ErrorKind::NotFound => "No such file or directory".to_owned(),
            io::ErrorKind::PermissionDenied => "Permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "Is a directory".to_owned(),
            _ => text,
        },
    }
}
