//! What commands may ask of the shell: running other commands.

use std::sync::Arc;

use vfs::{OpenOptions, VPath};

use crate::command::{CommandError, CommandResult, ExitStatus, Host, Spawn};
use crate::io::OpenFile;
use crate::shell::Shell;
use crate::state::value::{Attrs, Var};

/// The host of a command that runs in `shell`.
pub(crate) struct ShellHost<'a> {
    pub shell: &'a Shell,
}

/// A host with a shell of its own, for other threads.
struct OwnedHost {
    shell: Shell,
}

fn spawn(shell: &Shell, mut s: Spawn) -> CommandResult {
    // What the caller has buffered comes before what the command prints.
    let mut sub = shell.fork_process();
    if let Some(cancel) = s.cancel {
        sub.cancel = cancel;
        sub.fs = sub.fs.with_cancel(sub.cancel.clone());
        sub.proc.set_cancel(&sub.cancel);
    }
    sub.funcs = Arc::default();
    sub.lenient = 0;
    sub.opts = Default::default();
    sub.depth += 1;
    if sub.depth > sub.call.limits().depth {
        return Err(CommandError::fail(126, "commands are nested too deeply"));
    }
    if let Some(i) = &s.stdin {
        sub.fds.set(0, Some(i.file().clone()));
    }
    if let Some(o) = &mut s.stdout {
        o.flush_now()?;
        sub.fds.set(1, Some(o.file().clone()));
    }
    if let Some(e) = &mut s.stderr {
        e.flush_now()?;
        sub.fds.set(2, Some(e.file().clone()));
    }
    if let Some(cwd) = s.cwd {
        sub.set_cwd(cwd);
    }
    if let Some(env) = s.env {
        let old = sub.vars.environment();
        for name in old.keys().filter(|k| !env.contains_key(*k)) {
            while let Some(at) = sub.vars.scope_of(name) {
                sub.vars.remove_at(at, name);
            }
        }
        for (name, value) in env {
            sub.vars.put_innermost(&name, Var::scalar(value).with(Attrs::EXPORT));
        }
    }
    let Some(name) = s.argv.first().cloned() else {
        return Ok(ExitStatus::SUCCESS);
    };
    if memchr::memchr(b'/', &name).is_none() && sub.which(&name).is_none() {
        return Ok(ExitStatus(127));
    }
    let result = sub.run_external(s.argv);
    let status = sub.finish_subshell(result);
    if shell.cancel.is_cancelled() {
        return Err(CommandError::Cancelled);
    }
    Ok(ExitStatus(status))
}

impl Host for ShellHost<'_> {
    fn spawn(&self, s: Spawn) -> CommandResult {
        spawn(self.shell, s)
    }

    fn which(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.shell.fork().which(name)
    }

    fn descriptor(&self, path: &VPath) -> Option<Arc<dyn OpenFile>> {
        self.shell.device(path.as_bytes(), &OpenOptions::reading())?.ok()
    }

    fn fork(&self) -> Arc<dyn Host> {
        Arc::new(OwnedHost {
            shell: self.shell.fork(),
        })
    }
}

impl Host for OwnedHost {
    fn spawn(&self, s: Spawn) -> CommandResult {
        spawn(&self.shell, s)
    }

    fn which(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.shell.fork().which(name)
    }

    fn descriptor(&self, path: &VPath) -> Option<Arc<dyn OpenFile>> {
        self.shell.device(path.as_bytes(), &OpenOptions::reading())?.ok()
    }

    fn fork(&self) -> Arc<dyn Host> {
        Arc::new(Self {
            shell: self.shell.fork(),
        })
    }
}
