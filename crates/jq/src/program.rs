//! The public face: compile a program, run it over inputs.

use crate::builtins::Regexes;
use crate::compile::{CompileError, CompileOptions, compile};
use crate::error::{Error, Exc};
use crate::exec::env::Env;
use crate::exec::path::Path;
use crate::exec::{Cx, Machine};
use crate::host::Host;
use crate::ir::{Class, Code};
use crate::value::Value;
use std::sync::Arc;

/// A compiled program. It can be shared and run any number of times.
#[derive(Debug)]
pub struct Program {
    code: Code,
}

impl Program {
    /// Compiles the text of a program.
    ///
    /// # Errors
    /// [`CompileError`] with jq's messages.
    pub fn compile(text: &str, options: &CompileOptions<'_>) -> Result<Arc<Self>, CompileError> {
        Ok(Arc::new(Self {
            code: compile(text, options)?,
        }))
    }

    /// What is reused from one input to the next.
    pub fn runner(&self) -> Runner<'_> {
        Runner {
            code: &self.code,
            regexes: Regexes::default(),
        }
    }
}

/// Runs a program over one input after the other.
#[derive(Debug)]
pub struct Runner<'p> {
    code: &'p Code,
    regexes: Regexes,
}

impl<'p> Runner<'p> {
    /// Calls `output` with every output for one input, until it returns false.
    ///
    /// # Errors
    /// The error that ended the program; outputs before it were delivered.
    pub fn run(
        &mut self,
        input: Value,
        host: &mut dyn Host,
        output: &mut dyn FnMut(&mut dyn Host, Value) -> bool,
    ) -> Result<(), Error> {
        let code = self.code;
        let mut cx = Cx::new(code, host, &mut self.regexes, 0);
        match code.node(code.main).class {
            Class::Det => {
                let v = cx.owned(code.main, &Env::default(), input)?;
                output(cx.host, v);
                Ok(())
            }
            Class::Simple => {
                let mark = cx.mark();
                let r = cx.each(code.main, &Env::default(), input, Path::Off, &mut |cx, v, _| {
                    if output(cx.host, v) {
                        Ok(())
                    } else {
                        Err(Exc::Stop(mark))
                    }
                });
                match r {
                    Err(Exc::Stop(m)) if m == mark => Ok(()),
                    r => r.map_err(Error::from),
                }
            }
            Class::General => {
                let mut machine = Machine::new(code.main, input);
                while let Some(v) = machine.next(&mut cx)? {
                    if !output(cx.host, v) {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// The outputs for one input, one at a time.
    pub fn outputs<'r>(&'r mut self, input: Value, host: &'r mut dyn Host) -> Outputs<'r> {
        let machine = Machine::new(self.code.main, input);
        Outputs {
            code: self.code,
            regexes: &mut self.regexes,
            host,
            machine: Some(machine),
            marks: 0,
        }
    }
}

/// The outputs of a program for one input; ends after the first error.
pub struct Outputs<'r> {
    code: &'r Code,
    regexes: &'r mut Regexes,
    host: &'r mut dyn Host,
    machine: Option<Machine>,
    marks: u64,
}

impl Iterator for Outputs<'_> {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let machine = self.machine.as_mut()?;
        let mut cx = Cx::new(self.code, self.host, self.regexes, self.marks);
        let r = machine.next(&mut cx);
        self.marks = cx.marks();
        match r {
            Ok(Some(v)) => Some(Ok(v)),
            Ok(None) => {
                self.machine = None;
                None
            }
            Err(e) => {
                self.machine = None;
                Some(Err(e.into()))
            }
        }
    }
}
