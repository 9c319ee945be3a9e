//! What a program may ask of the world it runs in.

use crate::compile::Loader;
use crate::value::Value;

/// Why a run was stopped from outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Interrupt {
    /// The caller cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// It wanted more memory than it may have.
    #[error("memory limit exceeded")]
    Memory,
    /// Any other limit, named by the host.
    #[error("{0}")]
    Limit(String),
}

/// The environment of a run. Every method has a default that knows nothing.
pub trait Host {
    /// Called every few thousand steps.
    ///
    /// # Errors
    /// An [`Interrupt`] ends the run; `try` does not catch it.
    fn poll(&mut self) -> Result<(), Interrupt> {
        Ok(())
    }

    /// Called before one operation allocates this many bytes at once.
    ///
    /// # Errors
    /// An [`Interrupt`] ends the run.
    fn reserve(&mut self, bytes: usize) -> Result<(), Interrupt> {
        if bytes > 1 << 30 {
            Err(Interrupt::Memory)
        } else {
            Ok(())
        }
    }

    /// The next input, for `input` and `inputs`; an error message if it does not parse.
    fn next_input(&mut self) -> Option<Result<Value, String>> {
        None
    }

    /// `debug`: a line for the standard error stream.
    fn debug(&mut self, _message: &Value) {}

    /// `stderr`: text for the standard error stream.
    fn stderr(&mut self, _message: &Value) {}

    /// `input_filename`
    fn input_filename(&mut self) -> Option<String> {
        None
    }

    /// `input_line_number`
    fn input_line_number(&mut self) -> u64 {
        0
    }

    /// `now`: seconds since 1970.
    fn now(&mut self) -> f64 {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0.0, |d| d.as_secs_f64())
    }

    /// The `TZ` setting that local times follow; UTC if there is none.
    fn timezone(&mut self) -> Option<String> {
        None
    }

    /// Where `modulemeta` finds modules.
    fn loader(&self) -> Option<&dyn Loader> {
        None
    }

    /// `get_search_list`
    fn search_list(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// A host that knows nothing.
#[derive(Debug, Default)]
pub struct NoHost;

impl Host for NoHost {}
