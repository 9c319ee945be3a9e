//! The main input and `getline`.

use super::{Flow, Interp, sandboxed};
use crate::array::Cell;
use crate::error::{Run, Stop, describe, fatal};
use crate::input::Reader;
use crate::io::{Direction, Handle, OpenMode};
use crate::parse::ast::{Expr, Input, Stmt};
use crate::parse::special;
use crate::value::Value;

impl<'p> Interp<'p, '_> {
    /// Reads the next record of the main input into `$0`. False when there is none.
    pub(super) fn next_record(&mut self) -> Run<bool> {
        loop {
            if self.main.reader.is_none() && !self.open_next()? {
                return Ok(false);
            }
            let Some(reader) = &mut self.main.reader else {
                return Ok(false);
            };
            match reader.next(self.io, &self.ending, self.record.buffer(), &mut self.terminator) {
                Ok(true) => {
                    self.record.replaced();
                    self.nr += 1.0;
                    self.fnr += 1.0;
                    return Ok(true);
                }
                Ok(false) => self.close_main()?,
                Err(error) => self.reading_failed(&error)?,
            }
        }
    }

    /// Reads the next record of the main input into `line`.
    fn next_line(&mut self, line: &mut Vec<u8>) -> Run<bool> {
        loop {
            if self.main.reader.is_none() && !self.open_next()? {
                return Ok(false);
            }
            let Some(reader) = &mut self.main.reader else {
                return Ok(false);
            };
            match reader.next(self.io, &self.ending, line, &mut self.terminator) {
                Ok(true) => {
                    self.nr += 1.0;
                    self.fnr += 1.0;
                    return Ok(true);
                }
                Ok(false) => self.close_main()?,
                Err(error) => self.reading_failed(&error)?,
            }
        }
    }

    fn reading_failed(&mut self, error: &std::io::Error) -> Run<()> {
        if self.io.poll(0) {
            return Err(Stop::Cancelled);
        }
        let name = self.global_text(special::FILENAME);
        let shown = String::from_utf8_lossy(name.bytes()).into_owned();
        if error.kind() == std::io::ErrorKind::IsADirectory {
            let message = format!("warning: command line argument `{shown}' is a directory: skipped");
            self.complain(message.as_bytes())?;
            return self.close_main();
        }
        let shown = if shown.is_empty() { "-".to_owned() } else { shown };
        fatal(format!("error reading input file `{shown}': {}", describe(error)))
    }

    fn close_main(&mut self) -> Run<()> {
        self.run_all(&self.program.end_file)?;
        if let Some(reader) = self.main.reader.take()
            && reader.handle() != Handle::STDIN
        {
            let _ = self.io.close(reader.handle());
        }
        Ok(())
    }

    fn run_all(&mut self, bodies: &'p [Vec<Stmt>]) -> Run<()> {
        for body in bodies {
            let _: Flow = self.block(body)?;
        }
        Ok(())
    }

    /// Goes on to the next file.
    pub(super) fn next_file(&mut self) -> Run<()> {
        if self.main.reader.is_some() {
            self.close_main()
        } else {
            Ok(())
        }
    }

    /// Opens the next operand that is a file, carrying out assignments on the way.
    fn open_next(&mut self) -> Run<bool> {
        loop {
            if self.main.finished {
                return Ok(false);
            }
            let count = match &self.globals[special::ARGC as usize] {
                Cell::Value(value) => value.to_num() as usize,
                Cell::Array(_) => 0,
            };
            if self.main.next >= count {
                self.main.finished = true;
                if self.main.any {
                    return Ok(false);
                }
                self.main.any = true;
                self.start_file(Handle::STDIN, b"")?;
                if self.main.reader.is_some() {
                    return Ok(true);
                }
                continue;
            }
            let index = self.main.next;
            self.main.next += 1;
            let operand = match &self.globals[special::ARGV as usize] {
                Cell::Array(argv) => match argv.borrow().get(index.to_string().as_bytes()) {
                    Some(Cell::Value(value)) => value.to_str(&self.convfmt),
                    _ => continue,
                },
                Cell::Value(_) => continue,
            };
            let operand = operand.bytes().to_vec();
            if operand.is_empty() {
                continue;
            }
            if let Some(equals) = memchr::memchr(b'=', &operand)
                && super::setup::is_name(&operand[..equals])
            {
                self.assign_operand(&operand[..equals], &operand[equals + 1..])?;
                continue;
            }
            self.main.any = true;
            self.globals[special::ARGIND as usize] = Cell::Value(Value::Num(index as f64));
            if matches!(&operand[..], b"-" | b"/dev/stdin" | b"/dev/fd/0") {
                self.start_file(Handle::STDIN, &operand)?;
            } else {
                match self.io.open(&operand, OpenMode::Read) {
                    Ok(handle) => self.start_file(handle, &operand)?,
                    Err(error) => self.open_failed(&operand, &error)?,
                }
            }
            if self.main.reader.is_some() {
                return Ok(true);
            }
        }
    }

    fn open_failed(&mut self, operand: &[u8], error: &std::io::Error) -> Run<()> {
        let shown = String::from_utf8_lossy(operand).into_owned();
        if !self.program.begin_file.is_empty() {
            // BEGINFILE sees ERRNO and may skip the file.
            self.globals[special::FILENAME as usize] = Cell::Value(Value::from_input(operand));
            self.fnr = 0.0;
            self.globals[special::ERRNO as usize] = Cell::Value(Value::text(describe(error).as_bytes()));
            match self.run_all(&self.program.begin_file) {
                Err(Stop::NextFile) => return Ok(()),
                other => other?,
            }
        } else if error.kind() == std::io::ErrorKind::IsADirectory {
            let message = format!("warning: command line argument `{shown}' is a directory: skipped");
            return self.complain(message.as_bytes());
        }
        fatal(format!("cannot open file `{shown}' for reading: {}", describe(error)))
    }

    fn start_file(&mut self, handle: Handle, name: &[u8]) -> Run<()> {
        self.main.reader = Some(Reader::new(handle));
        self.globals[special::FILENAME as usize] = Cell::Value(Value::from_input(name));
        self.fnr = 0.0;
        if self.program.begin_file.is_empty() {
            return Ok(());
        }
        self.globals[special::ERRNO as usize] = Cell::Value(Value::text(b""));
        match self.run_all(&self.program.begin_file) {
            Err(Stop::NextFile) => self.close_main(),
            other => other,
        }
    }

    /// One of the forms of `getline`: 1 for a record, 0 at the end, -1 on failure.
    pub(super) fn getline(&mut self, source: &'p Input, target: Option<&'p Expr>) -> Run<f64> {
        let (name, command) = match source {
            Input::Main => return self.getline_main(target),
            Input::File(name) => (self.text(name)?, false),
            Input::Command(name) => (self.text(name)?, true),
            Input::Coprocess => return fatal("`|&' (coprocesses) is not supported"),
        };
        let name = name.bytes();
        if name.is_empty() {
            let sign = if command { "|" } else { "<" };
            return fatal(format!("expression for `{sign}' redirection has null string value"));
        }
        if self.options.sandbox {
            return sandboxed("redirection");
        }
        let found = self
            .readers
            .iter()
            .position(|(known, kind, _)| known == name && *kind == command);
        let index = match found {
            Some(index) => index,
            None => {
                let opened = if command {
                    self.flush_all()?;
                    self.io.spawn(name, Direction::FromCommand)
                } else if matches!(name, b"-" | b"/dev/stdin" | b"/dev/fd/0") {
                    Ok(Handle::STDIN)
                } else {
                    self.io.open(name, OpenMode::Read)
                };
                match opened {
                    Ok(handle) => {
                        self.readers.push((name.to_vec(), command, Reader::new(handle)));
                        self.readers.len() - 1
                    }
                    Err(error) => return self.getline_failed(&error),
                }
            }
        };
        let mut line = self.take_buffer();
        let result = self.readers[index]
            .2
            .next(self.io, &self.ending, &mut line, &mut self.terminator);
        match result {
            Ok(true) => {
                match target {
                    Some(target) => self.assign(target, Value::from_input(&line))?,
                    None => self.record.set_text(&line),
                }
                self.give_buffer(line);
                Ok(1.0)
            }
            Ok(false) => {
                self.give_buffer(line);
                Ok(0.0)
            }
            Err(error) => self.getline_failed(&error),
        }
    }

    fn getline_failed(&mut self, error: &std::io::Error) -> Run<f64> {
        if self.io.poll(0) {
            return Err(Stop::Cancelled);
        }
        self.globals[special::ERRNO as usize] = Cell::Value(Value::text(describe(error).as_bytes()));
        Ok(-1.0)
    }

    fn getline_main(&mut self, target: Option<&'p Expr>) -> Run<f64> {
        let Some(target) = target else {
            return Ok(if self.next_record()? { 1.0 } else { 0.0 });
        };
        let mut line = self.take_buffer();
        let found = self.next_line(&mut line)?;
        if found {
            self.assign(target, Value::from_input(&line))?;
        }
        self.give_buffer(line);
        Ok(if found { 1.0 } else { 0.0 })
    }

    /// Closes whatever is open under this name.
    pub(super) fn close(&mut self, name: &[u8]) -> Run<f64> {
        let mut status = None;
        if let Some(result) = self.outputs.close(self.io, name) {
            match result {
                Ok(code) => status = Some(code),
                Err(error) => return Err(super::output_error(name, &error)),
            }
        }
        while let Some(index) = self.readers.iter().position(|(known, ..)| known == name) {
            let (_, _, reader) = self.readers.remove(index);
            if reader.handle() == Handle::STDIN {
                status = Some(0);
            } else {
                status = Some(self.io.close(reader.handle()).unwrap_or(-1));
            }
        }
        if status.is_none() {
            self.globals[special::ERRNO as usize] =
                Cell::Value(Value::text(b"close of redirection that was never opened"));
        }
        Ok(f64::from(status.unwrap_or(-1)))
    }
}
