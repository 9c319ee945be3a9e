//! Lists, and-or lists, and the dispatch over kinds of command.

use std::sync::Arc;

use crate::shell::{Exec, Flow, Shell};
use crate::state::options::SetOpt;
use crate::syntax::ast::{AndOr, AndOrOp, Command, CommandKind, List};

/// Stack that must remain before a command runs in place.
const RED_ZONE: usize = 256 * 1024;
/// Size of the stack segment that takes over.
const SEGMENT: usize = 4 * 1024 * 1024;

impl Shell {
    /// Runs a list; the status is that of its last command.
    pub(crate) fn exec_list(&mut self, list: &List) -> Exec {
        let mut status = 0;
        for item in &list.items {
            if item.background {
                self.start_background(&item.and_or)?;
                status = 0;
                self.status = 0;
            } else {
                status = self.exec_and_or(&item.and_or)?;
            }
        }
        Ok(status)
    }

    /// Runs pipelines joined by `&&` and `||`. All but the last are exempt from `errexit`.
    pub(crate) fn exec_and_or(&mut self, a: &AndOr) -> Exec {
        if a.rest.is_empty() {
            return self.exec_pipeline(&a.first);
        }
        let saved = self.lenient;
        self.lenient = saved + 1;
        let mut result = self.exec_pipeline(&a.first);
        for (i, (op, pipeline)) in a.rest.iter().enumerate() {
            let Ok(status) = result else { break };
            if (*op == AndOrOp::And) != (status == 0) {
                continue;
            }
            if i + 1 == a.rest.len() {
                self.lenient = saved;
            }
            result = self.exec_pipeline(pipeline);
        }
        self.lenient = saved;
        result
    }

    /// Runs a command in a process made for it: the failure of a simple command is the parent's business.
    pub(crate) fn exec_forked(&mut self, command: &Arc<Command>) -> Exec {
        self.inverted = matches!(command.kind, CommandKind::Simple(_));
        self.in_place = self.inverted;
        self.exec_command(command)
    }

    /// Runs a list whose failure is part of the control flow: the condition of `if` or `while`.
    pub(crate) fn exec_condition(&mut self, list: &List) -> Exec {
        let saved = self.lenient;
        self.lenient = saved + 1;
        let result = self.exec_list(list);
        self.lenient = saved;
        result
    }

    /// Runs one command, on a further stack segment when this one runs short.
    pub(crate) fn exec_command(&mut self, command: &Arc<Command>) -> Exec {
        if stacker::remaining_stack().is_some_and(|left| left < RED_ZONE) {
            return stacker::grow(SEGMENT, || self.exec_command_here(command));
        }
        self.exec_command_here(command)
    }

    fn exec_command_here(&mut self, command: &Arc<Command>) -> Exec {
        let inverted = std::mem::take(&mut self.inverted);
        if let CommandKind::Simple(simple) = &command.kind {
            let status = self.exec_simple(command, simple)?;
            return if inverted { Ok(status) } else { self.checked(status) };
        }
        if inverted && let CommandKind::Arith(_) | CommandKind::Cond(_) = &command.kind {
            // Nothing runs inside them whose failure would count.
            self.lenient += 1;
            let result = self.exec_command_here(command);
            self.lenient = self.lenient.saturating_sub(1);
            return result;
        }
        self.tick()?;
        if let CommandKind::Subshell(list) = &command.kind {
            // The redirections happen inside, so that what they open goes away with it.
            let status = self.exec_subshell(command, list)?;
            return if inverted { Ok(status) } else { self.checked(status) };
        }
        if command.redirects.is_empty() {
            return self.exec_compound(command);
        }
        self.line = command.line;
        let substitutions = self.substitution_fds.len();
        let mut undo = super::Undo::default();
        let result = match self.redirect_all(&command.redirects, &mut undo) {
            Ok(()) => self.exec_compound(command),
            Err(Flow::Discard(status)) => self.failed(status),
            Err(flow) => Err(flow),
        };
        let closed = self.undo_redirects(undo);
        self.close_substitutions(substitutions);
        match (result, closed) {
            (Ok(0), false) => Ok(1),
            (r, _) => r,
        }
    }

    /// Records the status of a command that may end the shell under `errexit`, after the ERR trap.
    pub(crate) fn checked(&mut self, status: u8) -> Exec {
        self.status = status;
        if status != 0 {
            return self.failed(status);
        }
        Ok(0)
    }

    /// A command failed: ERR trap, `errexit`.
    #[cold]
    pub(crate) fn failed(&mut self, status: u8) -> Exec {
        self.status = status;
        if self.lenient > 0 {
            return Ok(status);
        }
        self.run_err_trap()?;
        if self.on(SetOpt::Errexit) {
            return Err(Flow::Exit(status));
        }
        Ok(status)
    }

    /// The status of a subshell from how control left it. Traps of the subshell run.
    pub(crate) fn finish_subshell(&mut self, result: Exec) -> u8 {
        match result {
            Err(Flow::Stop) => self.stop_status(),
            other => {
                self.status = match other {
                    Ok(s) | Err(Flow::Exit(s) | Flow::Return(s) | Flow::Discard(s)) => s,
                    Err(_) => self.status,
                };
                match self.run_exit_trap() {
                    Ok(()) => self.status,
                    Err(Flow::Exit(s)) => s,
                    Err(Flow::Stop) => self.stop_status(),
                    Err(_) => self.status,
                }
            }
        }
    }
}
