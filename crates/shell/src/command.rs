//! What a command is: the [`Command`] trait, the [`Context`] it runs in, the [`Registry`] it stands in.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use vfs::{BlockingFs, Cancel, Errno, VPath, VfsError};

use crate::io::{Input, OUTPUT_LIMIT, Output};

/// An exit status, 0 to 255 (POSIX XCU 2.8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExitStatus(pub u8);

impl ExitStatus {
    /// 0.
    pub const SUCCESS: Self = Self(0);
    /// 1.
    pub const FAILURE: Self = Self(1);

    /// Whether it is 0.
    pub fn success(self) -> bool {
        self.0 == 0
    }
}

/// Why a command ended without a status of its own. The shell prints and maps it; commands just use `?`.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A write failed with `EPIPE`: ends silently with 141, as SIGPIPE would.
    #[error("broken pipe")]
    BrokenPipe,
    /// The token was cancelled: 124, 130 or 137, decided by the shell.
    #[error("cancelled")]
    Cancelled,
    /// Prints `NAME: MESSAGE` and ends with `status`.
    #[error("{message}")]
    Fail {
        /// The status, commonly 1 or 2.
        status: u8,
        /// What goes after `NAME: `; bytes, without newline.
        message: bstr::BString,
    },
    /// A limit of the call was hit, named here: the shell says so and stops the call.
    #[error("limit exceeded: {0}")]
    Limit(&'static str),
    /// This override does not want the call: the shell goes on to the next candidate of the cascade.
    #[error("declined")]
    Declined,
}

impl CommandError {
    /// A failure with a message.
    pub fn fail(status: u8, message: impl AsRef<[u8]>) -> Self {
        Self::Fail {
            status,
            message: message.as_ref().into(),
        }
    }
}

impl From<VfsError> for CommandError {
    fn from(e: VfsError) -> Self {
        match e.errno() {
            Errno::EPIPE => Self::BrokenPipe,
            Errno::ECANCELED => Self::Cancelled,
            _ if e.explanation() == Some(OUTPUT_LIMIT) => Self::Limit("output"),
            _ => match e.path() {
                Some(p) => Self::fail(1, [p, b": ", e.gnu_text().as_bytes()].concat()),
                None => Self::fail(1, format!("write error: {}", e.gnu_text())),
            },
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(e: std::io::Error) -> Self {
        VfsError::from(e).into()
    }
}

/// What a caught panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panic")
}

/// What [`Command::run`] answers.
pub type CommandResult = Result<ExitStatus, CommandError>;

/// A Unix command that is not part of the language. One value serves all calls, from many threads.
pub trait Command: Send + Sync {
    /// The name it is called by.
    fn name(&self) -> &str;

    /// Other names.
    fn aliases(&self) -> &[&str] {
        &[]
    }

    /// One line for `--help`, `whatis` and the generated documentation.
    fn summary(&self) -> &str;

    /// Runs it. Output is flushed by the shell afterwards.
    fn run(&self, cx: &mut Context<'_>) -> CommandResult;
}

/// Limits of one call; `None` is no limit. When one fires, the call ends with a message that names it and a status of
/// 124 (time), 126 (nesting) or 137 (memory, output, processor time).
#[derive(Debug, Clone)]
pub struct Limits {
    /// Wall-clock time of the call.
    pub wall: Option<Duration>,
    /// Wall-clock time of one command (`CMD: timed out after Ns`, 124).
    pub command_wall: Option<Duration>,
    /// Processor time of the call, all its threads together. Measured on Linux; elsewhere only threads that have ended count.
    pub cpu: Option<Duration>,
    /// Steps of the interpreter (commands and loop rounds).
    pub fuel: Option<u64>,
    /// Bytes of standard output and error each that are returned.
    pub output: Option<usize>,
    /// Nesting of function calls, `source`, `eval` and substitutions.
    pub depth: usize,
    /// Open descriptors.
    pub open_files: usize,
    /// Bytes that one expansion, variable or command buffer may hold.
    pub memory: usize,
    /// Words that one brace expansion or glob may make.
    pub words: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: None,
            command_wall: Some(Duration::from_secs(600)),
            cpu: Some(Duration::from_secs(600)),
            fuel: None,
            output: None,
            depth: 1000,
            open_files: 1024,
            memory: 1 << 30,
            words: 10_000_000,
        }
    }
}

/// A command to be run by another command: `xargs`, `find -exec`, `env`, `timeout`, awk's `system`.
#[derive(Default)]
pub struct Spawn {
    /// Name and arguments.
    pub argv: Vec<Vec<u8>>,
    /// Standard input; the caller's if `None`.
    pub stdin: Option<Input>,
    /// Standard output; the caller's if `None`.
    pub stdout: Option<Output>,
    /// Standard error; the caller's if `None`.
    pub stderr: Option<Output>,
    /// The whole environment; the caller's if `None`.
    pub env: Option<Environment>,
    /// Working directory; the caller's if `None`.
    pub cwd: Option<VPath>,
    /// A token of its own (a child of the caller's), for `timeout` and `kill`.
    pub cancel: Option<Cancel>,
}

/// Exported variables by name.
pub type Environment = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a command may ask of the shell that runs it. Cheap to clone through [`Host::fork`], so that commands can run others
/// in parallel.
pub trait Host: Send + Sync {
    /// Runs a command by name in a new execution environment (as `execvp` after `fork`: commands and standard utilities, no
    /// functions, aliases or special built-ins) and waits for it. A script goes through `sh -c`. 127 when there is none by
    /// that name (nothing is printed: the caller words the message), 126 when it may not run.
    fn spawn(&self, spawn: Spawn) -> CommandResult;

    /// Where `name` would be found: `/usr/bin/NAME` for a command; `None` when there is none.
    fn which(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// The open description that an absolute path such as `/dev/fd/63` or `/dev/stdin` names; `None` for any other path.
    /// Commands ask before they open an operand, so that process substitutions reach them.
    fn descriptor(&self, path: &VPath) -> Option<Arc<dyn crate::io::OpenFile>> {
        let _ = path;
        None
    }

    /// A host for another thread.
    fn fork(&self) -> Arc<dyn Host>;
}

/// What a command runs in.
pub struct Context<'a> {
    /// The name it was called by, without directory.
    pub name: Vec<u8>,
    /// The arguments after the name.
    pub args: Vec<Vec<u8>>,
    /// Standard input.
    pub stdin: Input,
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
    /// Exported variables.
    pub env: Arc<Environment>,
    /// Working directory.
    pub cwd: VPath,
    /// The tree as this session may use it; its waits end with `cancel`.
    pub fs: BlockingFs,
    /// Poll it in every long loop.
    pub cancel: Cancel,
    /// File mode creation mask.
    pub umask: u32,
    /// Limits of the call.
    pub limits: &'a Limits,
    /// The shell.
    pub host: &'a dyn Host,
}

impl Context<'_> {
    /// The absolute path of an operand. The error names the operand.
    pub fn path(&self, operand: &[u8]) -> vfs::Result<VPath> {
        self.cwd
            .join(operand)
            .map_err(|e| e.with_operand(operand))
            .and_then(|p| {
                if operand.is_empty() {
                    Err(VfsError::new(Errno::ENOENT).operand(operand))
                } else {
                    Ok(p)
                }
            })
    }

    /// Prints `NAME: MESSAGE` on standard error.
    pub fn warn(&mut self, message: impl AsRef<[u8]>) {
        let line = [&self.name[..], b": ", message.as_ref(), b"\n"].concat();
        // A closed standard error is no reason to fail: GNU tools ignore it too.
        let _ = self.stderr.write_all(&line);
    }

    /// An environment variable.
    pub fn var(&self, name: &str) -> Option<&[u8]> {
        self.env.get(name.as_bytes()).map(Vec::as_slice)
    }

    /// Whether text is UTF-8: `LC_ALL`, `LC_CTYPE`, `LANG` in that order decide; `C` and `POSIX` mean bytes, unset means UTF-8.
    pub fn utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|v| self.var(v).filter(|s| !s.is_empty()));
        !matches!(locale, Some(b"C" | b"POSIX"))
    }

    /// Whether text is compared by bytes: `LC_ALL`, `LC_COLLATE`, `LANG`. The only collation we have is by code point, which
    /// for UTF-8 is the order of bytes, so this is always true; kept as the one place to change.
    pub fn collate_bytes(&self) -> bool {
        true
    }
}

/// One implementation of a name: general, or an override for a backend and/or a file type.
#[derive(Clone)]
pub struct Candidate {
    /// Only when the first operand lies on a backend of this kind (`s3`).
    pub resource: Option<String>,
    /// Only when the first operand's name ends in this extension, with its dot (`.parquet`).
    pub filetype: Option<String>,
    /// The implementation.
    pub command: Arc<dyn Command>,
}

/// All commands of a workspace by name. Names may have several words (`gws docs get`); the longest match wins.
#[derive(Clone, Default)]
pub struct Registry(Arc<RwLock<HashMap<Vec<u8>, Vec<Candidate>>>>);

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a general command under its name and aliases, replacing what stood there.
    pub fn add(&self, command: Arc<dyn Command>) {
        let candidate = Candidate {
            resource: None,
            filetype: None,
            command,
        };
        let names: Vec<Vec<u8>> = std::iter::once(candidate.command.name())
            .chain(candidate.command.aliases().iter().copied())
            .map(|n| n.as_bytes().to_vec())
            .collect();
        for name in names {
            self.add_as(&name, candidate.clone());
        }
    }

    /// Adds a candidate under a name. The most specific candidates are asked first; an equal one is replaced.
    pub fn add_as(&self, name: &[u8], candidate: Candidate) {
        let mut map = self.0.write();
        let list = map.entry(name.to_vec()).or_default();
        list.retain(|c| (&c.resource, &c.filetype) != (&candidate.resource, &candidate.filetype));
        list.push(candidate);
        let rank = |c: &Candidate| (c.resource.is_none(), c.filetype.is_none());
        list.sort_by_key(rank);
    }

    /// Takes a name out.
    pub fn remove(&self, name: &[u8]) -> bool {
        self.0.write().remove(name).is_some()
    }

    /// The candidates of a name, most specific first.
    pub fn get(&self, name: &[u8]) -> Option<Vec<Candidate>> {
        self.0.read().get(name).cloned()
    }

    /// The general command of a name.
    pub fn general(&self, name: &[u8]) -> Option<Arc<dyn Command>> {
        self.0
            .read()
            .get(name)?
            .iter()
            .rfind(|c| c.resource.is_none() && c.filetype.is_none())
            .map(|c| c.command.clone())
    }

    /// Whether there is anything by this name.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.0.read().contains_key(name)
    }

    /// Whether any candidate but general ones stands under this name.
    pub fn has_overrides(&self, name: &[u8]) -> bool {
        self.0
            .read()
            .get(name)
            .is_some_and(|l| l.iter().any(|c| c.resource.is_some() || c.filetype.is_some()))
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<_> = self.0.read().keys().cloned().collect();
        all.sort();
        all
    }
}
