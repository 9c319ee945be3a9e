//! Statements.

use super::{Flow, Interp, output_error, sandboxed};
use crate::array::Cell;
use crate::error::{Run, Stop, describe, fatal};
use crate::io::{Direction, Handle, OpenMode};
use crate::parse::ast::{ArrayRef, Case, Compare, Expr, Redirect, Stmt, StmtKind};
use crate::value::format::{Context, FormatError, append_printf};
use crate::value::{Value, number};

/// Where output goes once its target is known.
enum Sink {
    Stdout,
    Other(usize),
}

impl<'p> Interp<'p, '_> {
    pub(super) fn block(&mut self, body: &'p [Stmt]) -> Run<Flow> {
        for statement in body {
            let flow = self.exec(statement)?;
            if flow != Flow::Normal {
                return Ok(flow);
            }
        }
        Ok(Flow::Normal)
    }

    fn exec(&mut self, statement: &'p Stmt) -> Run<Flow> {
        self.place = statement.place;
        match &statement.kind {
            StmtKind::Expr(expr) => self.effect(expr)?,
            StmtKind::Print(list, target) => self.print(list, target.as_ref())?,
            StmtKind::Printf(list, target) => self.printf(list, target.as_ref())?,
            StmtKind::Block(body) => return self.block(body),
            StmtKind::If(condition, then, otherwise) => {
                if self.truth(condition)? {
                    return self.exec(then);
                }
                if let Some(otherwise) = otherwise {
                    return self.exec(otherwise);
                }
            }
            StmtKind::While(condition, body) => {
                while self.truth(condition)? {
                    self.tick()?;
                    match self.exec(body)? {
                        Flow::Break => break,
                        Flow::Return => return Ok(Flow::Return),
                        Flow::Normal | Flow::Continue => {}
                    }
                }
            }
            StmtKind::DoWhile(body, condition) => loop {
                self.tick()?;
                match self.exec(body)? {
                    Flow::Break => break,
                    Flow::Return => return Ok(Flow::Return),
                    Flow::Normal | Flow::Continue => {}
                }
                if !self.truth(condition)? {
                    break;
                }
            },
            StmtKind::For(start, condition, step, body) => {
                if let Some(start) = start {
                    self.exec(start)?;
                }
                loop {
                    if let Some(condition) = condition
                        && !self.truth(condition)?
                    {
                        break;
                    }
                    self.tick()?;
                    match self.exec(body)? {
                        Flow::Break => break,
                        Flow::Return => return Ok(Flow::Return),
                        Flow::Normal | Flow::Continue => {}
                    }
                    if let Some(step) = step {
                        self.exec(step)?;
                    }
                }
            }
            StmtKind::ForIn(variable, array, body) => return self.for_in(variable, array, body),
            StmtKind::Switch(subject, cases) => return self.switch(subject, cases),
            StmtKind::Next => return Err(Stop::Next),
            StmtKind::NextFile => return Err(Stop::NextFile),
            StmtKind::Exit(status) => {
                if let Some(status) = status {
                    self.status = self.num(status)? as i64 as i32;
                }
                return Err(Stop::Exit);
            }
            StmtKind::Return(value) => {
                self.returned = match value {
                    Some(value) => self.eval(value)?,
                    None => Value::Uninit,
                };
                return Ok(Flow::Return);
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Delete(subscript) => {
                let array = self.array(&subscript.array)?;
                let mut key = self.take_buffer();
                let at = self.key(&subscript.index, &mut key)?;
                array.borrow_mut().remove(at);
                self.give_buffer(key);
            }
            StmtKind::DeleteAll(array) => self.array(array)?.borrow_mut().clear(),
        }
        Ok(Flow::Normal)
    }

    fn for_in(&mut self, variable: &'p Expr, array: &'p ArrayRef, body: &'p Stmt) -> Run<Flow> {
        let array = self.array(array)?;
        let keys = self.ordered_keys(&array)?;
        for key in keys {
            self.tick()?;
            self.assign(variable, Value::Str(key))?;
            match self.exec(body)? {
                Flow::Break => break,
                Flow::Return => return Ok(Flow::Return),
                Flow::Normal | Flow::Continue => {}
            }
        }
        Ok(Flow::Normal)
    }

    fn switch(&mut self, subject: &'p Expr, cases: &'p [(Option<Case>, Vec<Stmt>)]) -> Run<Flow> {
        let subject = self.eval(subject)?;
        let mut chosen = None;
        for (index, (case, _)) in cases.iter().enumerate() {
            let fits = match case {
                None => false,
                Some(Case::Regex(re)) => self.static_re(*re)?.is_match(subject.to_str(&self.convfmt).bytes()),
                Some(Case::Value(value)) => {
                    let value = self.eval(value)?;
                    // A string is never equal to a number here, unlike in a comparison.
                    match (&subject, &value) {
                        (Value::Num(_) | Value::StrNum(..), Value::Str(_)) | (Value::Str(_), Value::Num(_)) => {
                            matches!((&subject, &value), (Value::StrNum(text, _), Value::Str(other)) if text == other)
                        }
                        _ => self.compare_values(Compare::Equal, &subject, &value),
                    }
                }
            };
            if fits {
                chosen = Some(index);
                break;
            }
        }
        let Some(from) = chosen.or_else(|| cases.iter().position(|(case, _)| case.is_none())) else {
            return Ok(Flow::Normal);
        };
        for (_, body) in &cases[from..] {
            match self.block(body)? {
                Flow::Normal => {}
                Flow::Break => return Ok(Flow::Normal),
                other => return Ok(other),
            }
        }
        Ok(Flow::Normal)
    }

    fn print(&mut self, list: &'p [Expr], target: Option<&'p (Redirect, Expr)>) -> Run<()> {
        let mut line = self.take_buffer();
        if list.is_empty() {
            line.extend_from_slice(self.record.text(&self.ofs, &self.convfmt));
        }
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                line.extend_from_slice(&self.ofs);
            }
            match item {
                Expr::FieldAt(_) | Expr::Text(_) | Expr::Concat(_) => self.append(item, &mut line)?,
                _ => match self.eval(item)? {
                    Value::Num(value) => number::append(&mut line, value, &self.ofmt),
                    value => value.append_to(&mut line, &self.ofmt),
                },
            }
        }
        line.extend_from_slice(&self.ors);
        self.emit(line, target)
    }

    fn printf(&mut self, list: &'p [Expr], target: Option<&'p (Redirect, Expr)>) -> Run<()> {
        let mut line = self.take_buffer();
        self.format(list, &mut line)?;
        self.emit(line, target)
    }

    /// Formats a list whose first item is the format.
    pub(super) fn format(&mut self, list: &'p [Expr], out: &mut Vec<u8>) -> Run<()> {
        let Some((format, rest)) = list.split_first() else {
            return Ok(());
        };
        let format = self.text(format)?;
        let mut values = Vec::with_capacity(rest.len());
        for argument in rest {
            values.push(self.eval(argument)?);
        }
        self.format_values(format.bytes(), &values, out)
    }

    fn format_values(&self, format: &[u8], values: &[Value], out: &mut Vec<u8>) -> Run<()> {
        let context = Context {
            convfmt: &self.convfmt,
            utf8: self.options.utf8,
        };
        match append_printf(out, format, values, context) {
            Ok(()) => Ok(()),
            Err(FormatError::NotEnough(at)) => {
                let mut message = b"not enough arguments to satisfy format string\n\t`".to_vec();
                message.extend_from_slice(format);
                message.extend_from_slice(b"'\n\t");
                message.resize(message.len() + at.saturating_sub(1), b' ');
                message.extend_from_slice(b"^ ran out for this one");
                fatal(message)
            }
            Err(other) => fatal(other.to_string()),
        }
    }

    fn emit(&mut self, line: Vec<u8>, target: Option<&'p (Redirect, Expr)>) -> Run<()> {
        match target {
            None => {
                self.out.extend_from_slice(&line);
                self.spill()?;
            }
            Some((kind, name)) => match self.sink(*kind, name)? {
                Sink::Stdout => {
                    self.out.extend_from_slice(&line);
                    self.spill()?;
                }
                Sink::Other(index) => {
                    if let Err(error) = self.outputs.write(self.io, index, &line) {
                        // A command that stopped reading is no error of ours.
                        if *kind != Redirect::Pipe || error.kind() != std::io::ErrorKind::BrokenPipe {
                            let name = self.text(name)?;
                            return Err(output_error(name.bytes(), &error));
                        }
                    }
                }
            },
        }
        self.give_buffer(line);
        Ok(())
    }

    /// Opens the target of a redirection, if it is not open yet.
    fn sink(&mut self, kind: Redirect, target: &'p Expr) -> Run<Sink> {
        let name = self.text(target)?;
        let name = name.bytes();
        let sign = match kind {
            Redirect::Truncate => ">",
            Redirect::Append => ">>",
            Redirect::Pipe => "|",
            Redirect::Coprocess => return fatal("`|&' (coprocesses) is not supported"),
        };
        if name.is_empty() {
            return fatal(format!("expression for `{sign}' redirection has null string value"));
        }
        if self.options.sandbox {
            return sandboxed("redirection");
        }
        let command = kind == Redirect::Pipe;
        if !command && matches!(name, b"/dev/stdout" | b"-" | b"/dev/fd/1") {
            return Ok(Sink::Stdout);
        }
        if let Some(index) = self.outputs.find(name, command) {
            return Ok(Sink::Other(index));
        }
        if command {
            self.flush_all()?;
        }
        let opened = match kind {
            _ if !command && matches!(name, b"/dev/stderr" | b"/dev/fd/2") => Ok(Handle::STDERR),
            Redirect::Pipe => self.io.spawn(name, Direction::ToCommand),
            Redirect::Append => self.io.open(name, OpenMode::Append),
            _ => self.io.open(name, OpenMode::Write),
        };
        match opened {
            Ok(handle) => Ok(Sink::Other(self.outputs.add(name, handle, command))),
            Err(error) => {
                let mut message = if command {
                    b"cannot open pipe `".to_vec()
                } else {
                    b"cannot redirect to `".to_vec()
                };
                message.extend_from_slice(name);
                let rest = if command { "' for output: " } else { "': " };
                message.extend_from_slice(rest.as_bytes());
                message.extend_from_slice(describe(&error).as_bytes());
                fatal(message)
            }
        }
    }

    /// Whether a variable or element holds an array at this moment.
    pub(super) fn holds_array(&mut self, expr: &'p Expr) -> Run<bool> {
        Ok(match expr {
            Expr::Var(variable) => matches!(self.cell(*variable), Cell::Array(_)),
            Expr::Element(subscript) => {
                let outer = self.array(&subscript.array)?;
                let mut key = self.take_buffer();
                let at = self.key(&subscript.index, &mut key)?;
                let found = matches!(outer.borrow().get(at), Some(Cell::Array(_)));
                self.give_buffer(key);
                found
            }
            _ => false,
        })
    }
}
