//! [`Tool`]: a command made of a table of options and a function.

use shell::command::{Command, CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Spec};

/// Rewrites arguments before they are parsed.
pub type Prepare = fn(&Spec, &mut Context<'_>) -> Result<(), CommandError>;

/// A command whose command line is described by a [`Spec`]; `--help`, `--version` and usage errors are dealt with before
/// `run` is called.
#[derive(Clone, Copy)]
pub struct Tool {
    /// The command line.
    pub spec: Spec,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// Rewrites old forms of arguments before they are parsed.
    pub prepare: Option<Prepare>,
    /// What it does.
    pub run: fn(&mut Context<'_>, Args) -> CommandResult,
}

impl Tool {
    /// A command without other names.
    pub const fn new(spec: Spec, run: fn(&mut Context<'_>, Args) -> CommandResult) -> Self {
        Self {
            spec,
            aliases: &[],
            prepare: None,
            run,
        }
    }

    /// With a function that rewrites old forms of arguments.
    #[must_use]
    pub const fn prepare(mut self, prepare: Prepare) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// With other names.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

impl Command for Tool {
    fn name(&self) -> &str {
        self.spec.name
    }

    fn aliases(&self) -> &[&str] {
        self.aliases
    }

    fn summary(&self) -> &str {
        self.spec.about.lines().next().unwrap_or_default()
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        if let Some(prepare) = self.prepare {
            prepare(&self.spec, cx)?;
        }
        match self.spec.parse(cx)? {
            Some(args) => (self.run)(cx, args),
            None => Ok(ExitStatus::SUCCESS),
        }
    }
}

/// The status of a command that goes on after failures: 0 if there was none, else `trouble`.
pub fn status(ok: bool, trouble: u8) -> CommandResult {
    Ok(if ok { ExitStatus::SUCCESS } else { ExitStatus(trouble) })
}
