//! Running code.
//!
//! Three evaluators share the work. Expressions with exactly one output are evaluated directly ([`det`]). Expressions
//! with any number of outputs but bounded recursion call a sink for each output ([`each`]). What is left (recursive
//! functions) runs on a machine with an explicit stack of choice points ([`machine`]), so that no depth of recursion
//! in a program or its data uses up the native stack.

mod det;
mod each;
pub(crate) mod env;
mod machine;
mod machine_step;
pub(crate) mod ops;
pub(crate) mod path;
mod update;

pub(crate) use machine::Machine;

use crate::builtins::Regexes;
use crate::error::Exc;
use crate::host::Host;
use crate::ir::Code;

/// Steps between two calls of [`Host::poll`].
const POLL_EVERY: u32 = 4096;

/// What every evaluator needs at hand.
pub(crate) struct Cx<'c, 'h> {
    pub code: &'c Code,
    pub host: &'h mut dyn Host,
    pub regexes: &'h mut Regexes,
    ticks: u32,
    /// The next label or stop mark.
    marks: u64,
}

impl<'c, 'h> Cx<'c, 'h> {
    pub fn new(code: &'c Code, host: &'h mut dyn Host, regexes: &'h mut Regexes, marks: u64) -> Self {
        Self {
            code,
            host,
            regexes,
            ticks: 0,
            marks,
        }
    }

    /// Marks used so far: they stay unique over the pieces of one run.
    pub fn marks(&self) -> u64 {
        self.marks
    }

    #[inline]
    pub fn tick(&mut self) -> Result<(), Exc> {
        self.ticks += 1;
        if self.ticks >= POLL_EVERY {
            self.ticks = 0;
            self.host.poll()?;
        }
        Ok(())
    }

    pub fn mark(&mut self) -> u64 {
        self.marks += 1;
        self.marks
    }
}
