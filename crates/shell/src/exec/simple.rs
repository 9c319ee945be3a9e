//! Simple commands: expansion, assignments, redirections, and finding what to run.

use std::sync::Arc;

use crate::builtins::{self, Builtin, Kind};
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::SetOpt;
use crate::state::vars::ScopeKind;
use crate::syntax::ast::{Command, SimpleCommand, Word};
use crate::trap::Event;

use super::{DeclArg, Undo};

/// What a simple command runs.
pub(crate) enum Target {
    /// A function.
    Function(Arc<crate::shell::Function>),
    /// A builtin.
    Builtin(&'static Builtin),
    /// Something found by name or path.
    External,
}

/// The words of a simple command after expansion.
struct Prepared {
    args: Vec<Vec<u8>>,
    decl: Vec<DeclArg>,
    /// The process was made for this command: a shell that it starts takes its place.
    in_place: bool,
}

impl Shell {
    /// Runs a simple command; whether its failure counts is the caller's business.
    pub(crate) fn exec_simple(&mut self, command: &Command, s: &SimpleCommand) -> Exec {
        self.tick()?;
        let in_place = std::mem::take(&mut self.in_place);
        self.line = command.line;
        self.set_command_text(command);
        if !std::mem::take(&mut self.skip_debug) && self.traps.get(Event::Debug).is_some() {
            self.debug_trap()?;
            self.line = command.line;
        }
        let substitutions = self.substitution_fds.len();
        let result = self.exec_simple_here(command, s, in_place);
        if self.substitution_fds.len() > substitutions {
            self.close_substitutions(substitutions);
        }
        match result {
            Ok(status) => {
                self.set_pipestatus(status);
                self.status = status;
                Ok(status)
            }
            Err(flow) => Err(flow),
        }
    }

    pub(crate) fn set_command_text(&mut self, command: &Command) {
        if !self.in_trap(Event::Debug) && !self.in_trap(Event::Err) {
            self.command_text = command.text.clone();
        }
    }

    pub(crate) fn debug_trap(&mut self) -> Result<(), Flow> {
        if self.traps.get(Event::Debug).is_none() || self.in_trap(Event::Debug) {
            return Ok(());
        }
        self.run_trap(Event::Debug)
    }

    fn exec_simple_here(&mut self, command: &Command, s: &SimpleCommand, in_place: bool) -> Exec {
        if s.words.is_empty() {
            return self.exec_assignments(command, s);
        }
        self.substitution_status = None;
        let mut args = Vec::with_capacity(s.words.len());
        let declared = declaration_at(&s.words);
        let mut decl: Vec<DeclArg> = Vec::new();
        if let Some(at) = declared {
            for w in &s.words[..=at] {
                self.expand_word_into(w, &mut args)?;
            }
            decl = self.declaration_args(&s.words[at + 1..])?;
        } else {
            for w in &s.words {
                self.expand_word_into(w, &mut args)?;
            }
        }
        if args.is_empty() {
            // Everything expanded to nothing: as if there were only assignments. The status is that of the last command
            // substitution.
            let before = self.substitution_status.take();
            let status = self.exec_assignments(command, s)?;
            return Ok(if s.assignments.is_empty() {
                before.unwrap_or(status)
            } else {
                status
            });
        }
        let depth = self.vars.depth();
        let mut undo = Undo::default();
        let prepared = Prepared { args, decl, in_place };
        let result = self.run_prepared(command, s, prepared, &mut undo, depth);
        self.vars.pop_to(depth);
        let closed = self.undo_redirects(undo);
        match result {
            Ok(0) if !closed => Ok(1),
            r => r,
        }
    }

    /// Temporary assignments, trace, redirections, then the command itself. The caller undoes them.
    fn run_prepared(
        &mut self,
        command: &Command,
        s: &SimpleCommand,
        prepared: Prepared,
        undo: &mut Undo,
        depth: usize,
    ) -> Exec {
        let Prepared { args, decl, in_place } = prepared;
        if !s.assignments.is_empty() {
            self.temporary_assignments(&s.assignments)?;
        }
        if self.on(SetOpt::Xtrace) {
            self.trace_command(&args, &decl)?;
        }
        if !command.redirects.is_empty() {
            match self.redirect_all(&command.redirects, undo) {
                Ok(()) => {}
                Err(Flow::Discard(status)) => {
                    if self.on(SetOpt::Posix) && builtins::is_special(&args[0]) {
                        return Err(Flow::Exit(status));
                    }
                    return Ok(status);
                }
                Err(flow) => return Err(flow),
            }
        }
        self.run_words(Prepared { args, decl, in_place }, undo, depth)
    }

    /// What runs under a name: function, builtin or command.
    pub(crate) fn find_target(&self, name: &[u8], functions: bool) -> Target {
        if self.on(SetOpt::Posix)
            && let Some(b) = builtins::find(name)
            && b.kind == Kind::Special
        {
            return Target::Builtin(b);
        }
        if functions
            && !self.funcs.is_empty()
            && let Some(f) = self.funcs.get(name)
        {
            return Target::Function(f.clone());
        }
        match builtins::find(name) {
            Some(b) if !self.disabled_builtins.iter().any(|d| d[..] == *name) => Target::Builtin(b),
            _ => Target::External,
        }
    }

    fn run_words(&mut self, prepared: Prepared, undo: &mut Undo, depth: usize) -> Exec {
        let Prepared {
            mut args,
            decl,
            in_place,
        } = prepared;
        let target = self.find_target(&args[0], true);
        match target {
            Target::Function(f) => {
                self.last_arg = args.last().cloned().unwrap_or_default();
                let last = args.last().cloned();
                let name = args.remove(0);
                if self.vars.depth() > depth {
                    self.vars.make_function_scope(depth);
                } else {
                    self.vars.push(ScopeKind::Function);
                }
                let result = self.call_function_here(&f, &name, args);
                self.last_arg = last.unwrap_or_default();
                result
            }
            Target::Builtin(b) => {
                if b.name == "exec" {
                    // What `exec` redirects stays.
                    self.keep_redirects = false;
                }
                let last = match decl.last() {
                    Some(d) => Some(d.last_argument()),
                    None => args.last().cloned(),
                };
                let result = self.run_builtin(b, args, decl);
                if let Some(last) = last {
                    self.last_arg = last;
                }
                if b.name == "exec" && self.keep_redirects {
                    undo.keep();
                }
                if b.kind == Kind::Special && self.on(SetOpt::Posix) && self.vars.depth() > depth {
                    self.keep_temporary(depth);
                }
                result
            }
            Target::External => {
                let last = args.last().cloned();
                self.in_place = in_place;
                let result = self.run_external(args);
                self.in_place = false;
                self.last_arg = last.unwrap_or_default();
                result
            }
        }
    }

    /// Runs a builtin; `decl` are the arguments of a declaration builtin in their parsed form.
    pub(crate) fn run_builtin(&mut self, b: &'static Builtin, args: Vec<Vec<u8>>, decl: Vec<DeclArg>) -> Exec {
        let result = match b.run {
            builtins::Run::Words(f) => {
                let mut args = args;
                for d in decl {
                    args.push(d.into_text());
                }
                f(self, &args)
            }
            builtins::Run::Declare(f) => {
                let mut all: Vec<DeclArg> = args.into_iter().skip(1).map(DeclArg::Word).collect();
                all.extend(decl);
                f(self, all)
            }
        };
        match result {
            // Usage errors and the like of special builtins end a POSIX shell.
            Ok(2) if b.kind == Kind::Special && self.on(SetOpt::Posix) && self.lenient == 0 => Err(Flow::Exit(2)),
            r => r,
        }
    }

    /// Assignments (and redirections) without a command.
    fn exec_assignments(&mut self, command: &Command, s: &SimpleCommand) -> Exec {
        self.substitution_status = None;
        for a in &s.assignments {
            self.exec_assignment(a)?;
        }
        self.last_arg.clear();
        if !command.redirects.is_empty() {
            let mut undo = Undo::default();
            let picks = command
                .redirects
                .iter()
                .any(|r| matches!(r.fd, Some(crate::syntax::ast::RedirectFd::Variable(_))));
            let (result, closed) = if picks {
                // What `{name}>` opens and sets lives as long as the command: in a process of its own.
                let mut sub = self.fork();
                let result = sub.redirect_all(&command.redirects, &mut undo);
                (result, sub.undo_redirects(undo))
            } else {
                let result = self.redirect_all(&command.redirects, &mut undo);
                (result, self.undo_redirects(undo))
            };
            match result {
                Ok(()) => {}
                Err(Flow::Discard(status)) => return Ok(status),
                Err(flow) => return Err(flow),
            }
            if !closed {
                return Ok(1);
            }
        }
        Ok(self.substitution_status.take().unwrap_or(0))
    }

    /// Opens a scope with the assignments before a command.
    fn temporary_assignments(&mut self, assignments: &[crate::syntax::ast::Assignment]) -> Result<(), Flow> {
        self.vars.push(ScopeKind::Temporary);
        for a in assignments {
            self.temporary_assignment(a)?;
        }
        Ok(())
    }

    /// Makes temporary assignments permanent (special builtins in POSIX mode).
    fn keep_temporary(&mut self, depth: usize) {
        for name in self.vars.names_at(depth) {
            if let Some(var) = self.vars.remove_at(depth, &name) {
                let scope = (0..depth)
                    .rev()
                    .find(|i| self.vars.get_at(*i, &name).is_some())
                    .unwrap_or(0);
                let mut var = (*var).clone();
                var.attrs.remove(crate::state::value::Attrs::TEMP);
                if let Some(old) = self.vars.get_at(scope, &name) {
                    var.attrs.insert(old.attrs);
                }
                self.vars.put_at(scope, &name, var);
            }
        }
    }
}

/// The position of a declaration builtin's name, if the command is one: its assignment arguments are not split.
fn declaration_at(words: &[Word]) -> Option<usize> {
    for (i, w) in words.iter().enumerate() {
        match w.as_plain()? {
            b"declare" | b"typeset" | b"local" | b"export" | b"readonly" | b"alias" | b"eval" | b"let" => {
                return matches!(
                    w.as_plain()?,
                    b"declare" | b"typeset" | b"local" | b"export" | b"readonly"
                )
                .then_some(i);
            }
            b"command" => {}
            _ => return None,
        }
    }
    None
}
