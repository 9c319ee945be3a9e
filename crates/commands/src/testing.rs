//! Running one command in memory: for tests, and for the comparison with the real tools (`examples/oracle.rs`).

use std::sync::Arc;

use shell::command::{
    Command, CommandError, CommandResult, Context, Environment, ExitStatus, Host, Limits, Registry, Spawn,
};
use shell::io::{Capture, Input, Output};
use vfs::{BlockingFs, Cancel, VPath, Vfs};

/// What a run gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Exit status.
    pub status: u8,
}

/// A tree, a working directory and an environment to run commands in.
#[derive(Clone)]
pub struct Lab {
    /// The tree.
    pub vfs: Arc<Vfs>,
    /// Working directory.
    pub cwd: VPath,
    /// Environment.
    pub env: Environment,
    registry: Registry,
    cancel: Cancel,
    limits: Limits,
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

impl Lab {
    /// An empty tree.
    pub fn new() -> Self {
        Self::on(Vfs::new())
    }

    /// On a tree of your own.
    pub fn on(vfs: Arc<Vfs>) -> Self {
        let registry = Registry::new();
        for command in crate::registry::all() {
            registry.add(command);
        }
        Self {
            vfs,
            cwd: VPath::root(),
            env: Environment::new(),
            registry,
            cancel: Cancel::new(),
            limits: Limits::default(),
        }
    }

    /// The tree, for blocking calls.
    pub fn fs(&self) -> BlockingFs {
        BlockingFs::new(self.vfs.fs(), self.cancel.clone())
    }

    /// Runs a command on `stdin`.
    pub fn run(&self, name: &str, args: &[&str], stdin: &[u8]) -> Outcome {
        let args = args.iter().map(|a| a.as_bytes().to_vec()).collect();
        self.run_bytes(name.as_bytes(), args, Input::from_bytes(stdin.to_vec()))
    }

    /// Runs a command on an input of your own.
    pub fn run_bytes(&self, name: &[u8], args: Vec<Vec<u8>>, stdin: Input) -> Outcome {
        let (out, err) = (Capture::new(), Capture::new());
        let mut argv = vec![name.to_vec()];
        argv.extend(args);
        let spawn = Spawn {
            argv,
            stdin: Some(stdin),
            stdout: Some(Output::new(out.clone(), self.cancel.clone())),
            stderr: Some(Output::unbuffered(err.clone(), self.cancel.clone())),
            ..Spawn::default()
        };
        let status = match self.spawn(spawn) {
            Ok(s) => s.0,
            Err(e) => {
                eprintln!("{e}");
                255
            }
        };
        Outcome {
            stdout: out.take(),
            stderr: err.take(),
            status,
        }
    }

    fn finish(&self, command: &dyn Command, cx: &mut Context<'_>) -> ExitStatus {
        let result = command.run(cx).and_then(|s| {
            cx.stdout.flush_now()?;
            Ok(s)
        });
        match result {
            Ok(status) => status,
            Err(CommandError::BrokenPipe) => ExitStatus(141),
            Err(CommandError::Limit(_)) => ExitStatus(137),
            Err(CommandError::Cancelled) => ExitStatus(124),
            Err(CommandError::Declined) => ExitStatus(127),
            Err(CommandError::Fail { status, message }) => {
                let _ = cx.stdout.flush_now();
                cx.warn(&message);
                ExitStatus(status)
            }
        }
    }
}

impl Host for Lab {
    fn spawn(&self, spawn: Spawn) -> CommandResult {
        let mut argv = spawn.argv.into_iter();
        let name = argv.next().unwrap_or_default();
        let base = name.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
        let Some(command) = self.registry.general(&base) else {
            return Ok(ExitStatus(127));
        };
        let cancel = spawn.cancel.unwrap_or_else(|| self.cancel.clone());
        let lab = Self {
            cwd: spawn.cwd.unwrap_or_else(|| self.cwd.clone()),
            env: spawn.env.unwrap_or_else(|| self.env.clone()),
            cancel: cancel.clone(),
            ..self.clone()
        };
        let mut cx = Context {
            name: base,
            args: argv.collect(),
            stdin: spawn.stdin.unwrap_or_else(Input::empty),
            stdout: spawn.stdout.unwrap_or_else(Output::discard),
            stderr: spawn.stderr.unwrap_or_else(Output::discard),
            env: Arc::new(lab.env.clone()),
            cwd: lab.cwd.clone(),
            fs: BlockingFs::new(self.vfs.fs(), cancel.clone()),
            cancel,
            umask: 0o022,
            limits: &self.limits,
            host: &lab,
        };
        Ok(lab.finish(&*command, &mut cx))
    }

    fn which(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.registry.contains(name).then(|| [b"/usr/bin/", name].concat())
    }

    fn fork(&self) -> Arc<dyn Host> {
        Arc::new(self.clone())
    }
}
