//! [`Session`]: one shell whose state lives on between calls.

use std::sync::Arc;

use vfs::{Cancel, CancelReason, Fs, VPath};

use crate::call::CallState;
use crate::command::{Environment, Limits};
use crate::engine::Engine;
use crate::io::OpenFile;
use crate::shell::{Flow, Shell};
use crate::timer::Deadline;

/// How a session starts.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Working directory (`$PWD`).
    pub cwd: VPath,
    /// Exported variables.
    pub env: Environment,
    /// File mode creation mask.
    pub umask: u32,
    /// User number (`$UID`).
    pub uid: u32,
    /// Group number.
    pub gid: u32,
    /// `$HOSTNAME`.
    pub hostname: Vec<u8>,
    /// `$0`, and what error messages begin with.
    pub name: Vec<u8>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            cwd: VPath::root(),
            env: Environment::new(),
            umask: 0o022,
            uid: 0,
            gid: 0,
            hostname: b"mirage".to_vec(),
            name: b"bash".to_vec(),
        }
    }
}

/// The three standard streams of a call.
#[derive(Clone)]
pub struct Stdio {
    /// Standard input.
    pub stdin: Arc<dyn OpenFile>,
    /// Standard output.
    pub stdout: Arc<dyn OpenFile>,
    /// Standard error.
    pub stderr: Arc<dyn OpenFile>,
}

/// Variables to set, or with `None` to remove.
pub type EnvironmentChanges = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// What one call brings along.
#[derive(Clone, Default)]
pub struct Call {
    /// Stops the call.
    pub cancel: Cancel,
    /// Limits; the engine's if `None`.
    pub limits: Option<Limits>,
    /// Run in a copy of the session: nothing leaks back, and the call ends only when its background jobs have ended.
    pub fork: bool,
    /// Working directory; implies `fork`.
    pub cwd: Option<VPath>,
    /// Exported variables set (or with `None` removed) on top of the session's; implies `fork`.
    pub env: Option<EnvironmentChanges>,
    /// Lines that the last `cat`, `grep`, `rg`, `head` or `tail` may print on the call's standard output; no guard if `None`.
    pub output_lines: Option<usize>,
    /// Positional parameters; the session's if `None`.
    pub args: Option<Vec<Vec<u8>>>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOutcome {
    /// The exit status.
    pub status: u8,
    /// `exit` was called (or `set -e`, a fatal error): the script did not run to its end.
    pub exited: bool,
    /// The call was stopped, and why.
    pub cancelled: Option<CancelReason>,
}

/// One shell. Its variables, functions, options, traps, jobs, working directory and descriptors live on between calls.
pub struct Session {
    shell: Shell,
}

impl Session {
    /// A new session on `fs`.
    pub fn new(engine: &Arc<Engine>, fs: Fs, options: SessionOptions) -> Self {
        Self {
            shell: Shell::new(engine.clone(), fs, options),
        }
    }

    /// Runs a script to its end on this thread, which must be one that may block. What the script did to the session stays,
    /// also when it was stopped half-way.
    pub fn run(&mut self, script: &[u8], io: Stdio, call: Call) -> RunOutcome {
        let limits = match &call.limits {
            Some(l) => Arc::new(l.clone()),
            None => Arc::new(self.shell.engine().limits().clone()),
        };
        let forked = call.fork || call.cwd.is_some() || call.env.is_some();
        let state = match call.output_lines {
            Some(lines) => CallState::guarded(&call.cancel, limits.clone(), io.stdout.clone(), lines),
            None => CallState::new(&call.cancel, limits.clone()),
        };
        let _watched = state.limit_cpu();
        let _deadline = limits.wall.and_then(|w| Deadline::arm(w, state.cancel()));
        let stderr = io.stderr.clone();
        let say_timeout = |state: &CallState| {
            let text = match (limits.wall, limits.cpu, state.cancel().reason()) {
                (Some(wall), _, Some(CancelReason::Timeout)) => {
                    format!("bash: limit exceeded: time ({} s)\n", wall.as_secs_f64())
                }
                (_, Some(cpu), Some(CancelReason::Limit)) if state.ran_out_of_cpu() => {
                    format!("bash: limit exceeded: processor time ({} s)\n", cpu.as_secs_f64())
                }
                _ => return,
            };
            // The call's token is cancelled, and a standard error that takes nothing has nobody to tell.
            let _ = stderr.write(text.as_bytes(), &Cancel::new());
        };
        if !forked {
            let outcome = run_in(&mut self.shell, script, io, &call, state.clone());
            say_timeout(&state);
            self.shell.end_call();
            return outcome;
        }
        let mut copy = self.shell.fork_for_call();
        if let Some(cwd) = &call.cwd {
            copy.set_cwd(cwd.clone());
        }
        for (name, value) in call.env.iter().flatten() {
            copy.set_env(name, value.as_deref());
        }
        let outcome = run_in(&mut copy, script, io, &call, state.clone());
        say_timeout(&state);
        copy.end_call();
        drop(copy);
        state.wait_for_background();
        outcome
    }

    /// Adds a line to what `history` lists, of which the last 500 are kept.
    pub fn record(&mut self, line: &[u8]) {
        const KEPT: usize = 500;
        let history = self.shell.history_mut();
        let excess = (history.len() + 1).saturating_sub(KEPT);
        history.drain(..excess);
        history.push(bytes::Bytes::copy_from_slice(line.trim_ascii_end()));
    }

    /// A copy of this session: as a subshell, but with a life of its own.
    pub fn fork(&self) -> Self {
        Self {
            shell: self.shell.fork_for_call(),
        }
    }

    /// The shell inside.
    pub fn shell(&self) -> &Shell {
        &self.shell
    }

    /// The shell inside, to look at or change its state between calls.
    pub fn shell_mut(&mut self) -> &mut Shell {
        &mut self.shell
    }

    /// The working directory.
    pub fn cwd(&self) -> &VPath {
        self.shell.cwd()
    }

    /// Changes the working directory (`$PWD` with it). Whether it exists is the caller's business.
    pub fn set_cwd(&mut self, cwd: VPath) {
        self.shell.set_cwd(cwd);
    }

    /// The exported variables.
    pub fn env(&mut self) -> Arc<Environment> {
        self.shell.environment()
    }

    /// Sets and exports a variable, or removes it.
    pub fn set_env(&mut self, name: &[u8], value: Option<&[u8]>) {
        self.shell.set_env(name, value);
    }

    /// The value of a variable or parameter, as `"$name"` would give it.
    pub fn var(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.shell.get_var(name).map(|v| v.into_owned())
    }

    /// The status of the last command (`$?`).
    pub fn last_status(&self) -> u8 {
        self.shell.status()
    }
}

fn run_in(shell: &mut Shell, script: &[u8], io: Stdio, call: &Call, state: CallState) -> RunOutcome {
    let state_cancel = state.cancel().clone();
    let _at_work = state.enter();
    shell.begin_call(io, state);
    if let Some(args) = &call.args {
        shell.set_positional(args.clone());
    }
    let result = shell.run_main(script);
    let exited = matches!(result, Err(Flow::Exit(_)));
    let status = shell.finish_main(result);
    shell.call.wait_for_substitutions();
    RunOutcome {
        status,
        exited,
        cancelled: state_cancel.reason(),
    }
}
