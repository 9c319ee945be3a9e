//! [`Shell`]: one shell execution environment (POSIX XCU 2.12). A subshell is a copy; copies are cheap.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use vfs::{BlockingFs, Cancel, CancelReason, Errno, Fs, VPath};

use crate::call::CallState;
use crate::engine::Engine;
use crate::io::{Discard, OpenFile};
use crate::jobs::{Jobs, Proc};
use crate::session::{SessionOptions, Stdio};
use crate::state::fds::{Fd, Fds};
use crate::state::options::{Options, SetOpt, ShOpt};
use crate::state::value::{Attrs, Var};
use crate::state::vars::{Name, Vars};
use crate::syntax::ast::FunctionDef;
use crate::syntax::{AliasLookup, ParseOptions};
use crate::trap::Traps;

/// How control leaves a construct other than by its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// `break N`.
    Break(u32),
    /// `continue N`.
    Continue(u32),
    /// `return N`.
    Return(u8),
    /// `exit N`, `set -e`, or an error that ends the shell.
    Exit(u8),
    /// An error that abandons the command line being run (bash's jump to the top level); the next line goes on.
    Discard(u8),
    /// The call was cancelled, the process killed, or a limit hit.
    Stop,
}

/// The status of what ran, or how control went elsewhere.
pub type Exec = Result<u8, Flow>;

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its definition.
    pub def: Arc<FunctionDef>,
    /// The file it was defined in (`BASH_SOURCE`).
    pub source: Name,
    /// `declare -fx`, `-ft`, `-fr`.
    pub attrs: Attrs,
}

/// What is being run inside what: the source of `FUNCNAME`, `BASH_SOURCE`, `BASH_LINENO` and `caller`.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The function's name, or `source`.
    pub name: Name,
    /// The file the code comes from.
    pub source: Name,
    /// The line it was called from.
    pub line: u32,
    /// A function call, not `source`.
    pub function: bool,
}

/// Where commands were found, and how often.
pub(crate) type Hashed = BTreeMap<Vec<u8>, (Vec<u8>, u32)>;

/// One shell execution environment.
pub struct Shell {
    pub(crate) engine: Arc<Engine>,
    pub(crate) fs: BlockingFs,
    pub(crate) call: CallState,
    pub(crate) cancel: Cancel,
    pub(crate) vars: Vars,
    pub(crate) funcs: Arc<HashMap<Name, Arc<Function>>>,
    pub(crate) aliases: Arc<BTreeMap<Vec<u8>, Vec<u8>>>,
    pub(crate) opts: Options,
    pub(crate) fds: Fds,
    pub(crate) cwd: VPath,
    pub(crate) positional: Arc<Vec<Vec<u8>>>,
    pub(crate) name: Name,
    pub(crate) status: u8,
    pub(crate) pipestatus: Vec<u8>,
    pub(crate) line: u32,
    pub(crate) frames: Vec<Frame>,
    /// Loops around the present command, for `break`.
    pub(crate) loops: u32,
    /// Contexts around the present command in which `errexit` and the ERR trap are ignored.
    pub(crate) lenient: u32,
    pub(crate) depth: usize,
    pub(crate) traps: Traps,
    pub(crate) jobs: Jobs,
    pub(crate) proc: Arc<Proc>,
    pub(crate) main_pid: u32,
    pub(crate) last_background: Option<u32>,
    pub(crate) subshell: u32,
    pub(crate) umask: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) hostname: Name,
    pub(crate) dirs: Arc<Vec<VPath>>,
    pub(crate) getopts_at: usize,
    pub(crate) hashed: Arc<Hashed>,
    pub(crate) history: Arc<Vec<bytes::Bytes>>,
    pub(crate) completions: Arc<BTreeMap<Vec<u8>, Vec<Vec<u8>>>>,
    pub(crate) started: Instant,
    pub(crate) seconds_base: i64,
    pub(crate) random: AtomicU32,
    pub(crate) last_random: AtomicU32,
    /// How the shell was given its commands.
    pub(crate) origin: Origin,
    /// The main program is a single line: messages do not number it.
    pub(crate) one_line: bool,
    /// The status of the last command substitution in the command being expanded.
    pub(crate) substitution_status: Option<u8>,
    /// Process substitutions opened by the present command: descriptors to close afterwards, and what they lead to.
    pub(crate) substitution_fds: Vec<(u32, Arc<crate::call::Substitution>)>,
    /// `BASH_COMMAND`.
    pub(crate) command_text: bytes::Bytes,
    /// `$_`.
    pub(crate) last_arg: Vec<u8>,
    /// Names switched off with `enable -n`.
    pub(crate) disabled_builtins: Arc<Vec<Vec<u8>>>,
    /// `exec` without a command ran: its redirections stay.
    pub(crate) keep_redirects: bool,
    /// For each function being called, the options that `local -` will restore.
    pub(crate) local_options: Vec<Option<u64>>,
    /// How often the first character of `PS4` is repeated.
    pub(crate) trace_level: usize,
    /// `exec -a`: the `$0` of the next shell started.
    pub(crate) exec_name: Option<Vec<u8>>,
    /// `bash -i`: errors that would end the shell only abandon the line, and lines go into the history.
    pub(crate) interactive: bool,
    /// What `bind` has been asked to keep; `None` while nobody has.
    pub(crate) bindings: Option<Arc<crate::builtins::Bindings>>,
    /// The present command has been put into the history.
    pub(crate) recorded: bool,
    /// The DEBUG trap has run for the command that this copy was made for.
    pub(crate) skip_debug: bool,
    /// The process was made for the next command: a shell that it starts takes its place.
    pub(crate) in_place: bool,
    /// The next command stands behind `!`: its own failure is none, those of commands inside it are.
    pub(crate) inverted: bool,
    /// A declaration builtin has reported an error that concerns one of its arguments only.
    pub(crate) declared_badly: bool,
}

/// How a shell was given its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A line or script handed to the session, or standard input.
    Stream,
    /// `bash -c`.
    CommandString,
    /// A script file.
    File,
}

impl Origin {
    /// `BASH_SOURCE` of what is defined outside of any file.
    pub(crate) fn source(self) -> &'static [u8] {
        match self {
            Self::CommandString => b"environment",
            Self::Stream | Self::File => b"main",
        }
    }
}

impl Shell {
    /// A shell as a session starts it.
    pub fn new(engine: Arc<Engine>, fs: Fs, options: SessionOptions) -> Self {
        let call = CallState::new(&Cancel::new(), Arc::new(engine.limits().clone()));
        let cancel = call.cancel().child();
        let proc = engine.processes.start(1, &cancel);
        let mut shell = Self {
            fs: BlockingFs::new(fs, cancel.clone()),
            call,
            cancel,
            vars: Vars::default(),
            funcs: Arc::default(),
            aliases: Arc::default(),
            opts: Options::default(),
            fds: Fds::standard(Arc::new(Discard), Arc::new(Discard), Arc::new(Discard)),
            cwd: options.cwd,
            positional: Arc::default(),
            name: options.name.into(),
            status: 0,
            pipestatus: vec![0],
            line: 1,
            frames: Vec::new(),
            loops: 0,
            lenient: 0,
            depth: 0,
            traps: Traps::default(),
            jobs: Jobs::default(),
            main_pid: proc.pid(),
            proc,
            last_background: None,
            subshell: 0,
            umask: options.umask,
            uid: options.uid,
            gid: options.gid,
            hostname: options.hostname.into(),
            dirs: Arc::default(),
            getopts_at: 0,
            hashed: Arc::default(),
            history: Arc::default(),
            completions: Arc::default(),
            started: Instant::now(),
            seconds_base: 0,
            random: AtomicU32::new(0),
            last_random: AtomicU32::new(0),
            origin: Origin::Stream,
            one_line: false,
            interactive: false,
            bindings: None,
            recorded: false,
            skip_debug: false,
            in_place: false,
            inverted: false,
            substitution_status: None,
            substitution_fds: Vec::new(),
            command_text: bytes::Bytes::new(),
            last_arg: Vec::new(),
            disabled_builtins: Arc::default(),
            keep_redirects: false,
            local_options: Vec::new(),
            trace_level: 1,
            exec_name: None,
            declared_badly: false,
            engine,
        };
        shell.seed_random();
        shell.install_variables(&options.env);
        shell
    }

    /// A copy that runs on its own: `( … )`, a pipeline stage, a command substitution. `cancel` stops it.
    pub(crate) fn fork(&self) -> Self {
        self.fork_with(self.cancel.clone(), self.proc.clone())
    }

    /// A copy with a process number and a token of its own.
    pub(crate) fn fork_process(&self) -> Self {
        let cancel = self.cancel.child();
        let proc = self.engine.processes.start(self.proc.pid(), &cancel);
        let copy = self.fork_with(cancel, proc);
        copy.traps.update_masks(&copy.proc);
        copy
    }

    fn fork_with(&self, cancel: Cancel, proc: Arc<Proc>) -> Self {
        Self {
            engine: self.engine.clone(),
            fs: self.fs.with_cancel(cancel.clone()),
            call: self.call.clone(),
            cancel,
            vars: self.vars.clone(),
            funcs: self.funcs.clone(),
            aliases: self.aliases.clone(),
            opts: self.opts,
            fds: self.fds.clone(),
            cwd: self.cwd.clone(),
            positional: self.positional.clone(),
            name: self.name.clone(),
            status: self.status,
            pipestatus: self.pipestatus.clone(),
            line: self.line,
            frames: self.frames.clone(),
            loops: 0,
            lenient: self.lenient,
            depth: self.depth,
            traps: self
                .traps
                .for_subshell(self.on(SetOpt::Errtrace), self.on(SetOpt::Functrace)),
            jobs: self.jobs.for_subshell(),
            proc,
            main_pid: self.main_pid,
            last_background: self.last_background,
            subshell: self.subshell + 1,
            umask: self.umask,
            uid: self.uid,
            gid: self.gid,
            hostname: self.hostname.clone(),
            dirs: self.dirs.clone(),
            getopts_at: self.getopts_at,
            hashed: self.hashed.clone(),
            history: self.history.clone(),
            completions: self.completions.clone(),
            started: self.started,
            seconds_base: self.seconds_base,
            random: AtomicU32::new(self.random.load(Ordering::Relaxed)),
            last_random: AtomicU32::new(self.last_random.load(Ordering::Relaxed)),
            origin: self.origin,
            one_line: self.one_line,
            interactive: self.interactive,
            bindings: self.bindings.clone(),
            recorded: self.recorded,
            skip_debug: false,
            in_place: false,
            inverted: false,
            substitution_status: None,
            substitution_fds: Vec::new(),
            command_text: self.command_text.clone(),
            last_arg: self.last_arg.clone(),
            disabled_builtins: self.disabled_builtins.clone(),
            keep_redirects: false,
            local_options: self.local_options.clone(),
            trace_level: self.trace_level,
            exec_name: self.exec_name.clone(),
            declared_badly: false,
        }
    }

    /// A copy that is a shell of its own (`$$` included) and inherits traps: for a call with its own directory or
    /// environment.
    pub(crate) fn fork_for_call(&self) -> Self {
        let cancel = Cancel::new();
        let proc = self.engine.processes.start(1, &cancel);
        let mut copy = self.fork_with(cancel, proc);
        copy.traps = self.traps.clone();
        copy.main_pid = copy.proc.pid();
        copy.subshell = self.subshell;
        copy
    }

    /// What all sessions share.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The tree, with waits that end when the present call does.
    pub fn fs(&self) -> &BlockingFs {
        &self.fs
    }

    /// The working directory.
    pub fn cwd(&self) -> &VPath {
        &self.cwd
    }

    /// `$?`.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// Functions by name.
    pub fn functions(&self) -> &HashMap<Name, Arc<Function>> {
        &self.funcs
    }

    /// What `history` lists; the caller adds the lines it was given.
    pub fn history_mut(&mut self) -> &mut Vec<bytes::Bytes> {
        Arc::make_mut(&mut self.history)
    }

    /// Options of `set` and `shopt`.
    pub fn options(&self) -> &Options {
        &self.opts
    }

    /// The job table.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Binds the shell to a call: its streams, its token, its limits.
    pub(crate) fn begin_call(&mut self, io: Stdio, call: CallState) {
        self.fds.set(0, Some(io.stdin));
        self.fds.set(1, Some(io.stdout));
        self.fds.set(2, Some(io.stderr));
        self.cancel = call.cancel().child();
        self.fs = self.fs.with_cancel(self.cancel.clone());
        self.proc.set_cancel(&self.cancel);
        self.call = call;
        self.line = 1;
    }

    /// Lets go of the call's streams and of everything a half-run script may have left.
    pub(crate) fn end_call(&mut self) {
        for fd in 0..3 {
            self.fds.set(fd, Some(Arc::new(Discard)));
        }
        for (fd, _) in std::mem::take(&mut self.substitution_fds) {
            self.fds.set(fd, None);
        }
        self.vars.pop_to(1);
        self.frames.clear();
        (self.loops, self.lenient, self.depth, self.trace_level) = (0, 0, 0, 1);
        self.local_options.clear();
    }

    /// Replaces the positional parameters.
    pub fn set_positional(&mut self, args: Vec<Vec<u8>>) {
        self.positional = Arc::new(args);
    }

    /// The status that a call ends with, after the EXIT trap.
    pub(crate) fn finish_main(&mut self, result: Exec) -> u8 {
        let status = match result {
            Ok(s) | Err(Flow::Exit(s) | Flow::Return(s) | Flow::Discard(s)) => s,
            Err(Flow::Break(_) | Flow::Continue(_)) => self.status,
            Err(Flow::Stop) => return self.stop_status(),
        };
        self.status = status;
        match self.run_exit_trap() {
            Ok(()) => self.status,
            Err(Flow::Exit(s)) => s,
            Err(Flow::Stop) => self.stop_status(),
            Err(_) => self.status,
        }
    }

    /// The status of a process that was stopped.
    pub(crate) fn stop_status(&mut self) -> u8 {
        self.status = match (self.proc.killed_by(), self.cancel.reason()) {
            (Some(signal), _) => 128u8.wrapping_add(signal.0),
            (None, Some(CancelReason::Timeout)) => 124,
            (None, Some(CancelReason::Limit)) => 137,
            (None, Some(CancelReason::Closed)) => 143,
            (None, _) => 130,
        };
        self.status
    }

    /// To be called before every command and every round of a loop.
    #[inline]
    pub(crate) fn tick(&mut self) -> Result<(), Flow> {
        if self.cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        if !self.call.burn() {
            return Err(self.limit("execution fuel exhausted"));
        }
        if self.proc.has_pending() {
            self.run_pending_traps()?;
        }
        Ok(())
    }

    /// Reports a limit that was hit and stops the call.
    pub(crate) fn limit(&mut self, what: &str) -> Flow {
        if self.call.hit_limit() {
            // The token is cancelled: standard error must be written with a fresh one.
            let text = format!("{}: limit exceeded: {what}\n", String::from_utf8_lossy(&self.name));
            if let Some(f) = self.fds.get(2) {
                let _ = f.write(text.as_bytes(), &Cancel::new());
            }
        }
        Flow::Stop
    }

    /// Checks that `bytes` may be held in memory by one expansion or variable.
    #[inline]
    pub(crate) fn check_memory(&mut self, bytes: usize) -> Result<(), Flow> {
        if bytes > self.call.limits().memory {
            let most = self.call.limits().memory;
            return Err(self.limit(&format!("memory (an expansion may hold {most} bytes)")));
        }
        Ok(())
    }

    /// The descriptor `fd`.
    pub(crate) fn fd(&self, fd: u32) -> Option<&Fd> {
        self.fds.get(fd)
    }

    /// Standard input, or an empty one when it is closed.
    pub(crate) fn stdin(&self) -> Arc<dyn OpenFile> {
        self.fds.get(0).cloned().unwrap_or_else(|| Arc::new(crate::io::Closed))
    }

    /// A relative or absolute path as the shell sees it.
    pub(crate) fn path(&self, operand: &[u8]) -> vfs::Result<VPath> {
        if operand.is_empty() {
            return Err(vfs::VfsError::new(Errno::ENOENT).operand(operand));
        }
        self.cwd.join(operand).map_err(|e| e.with_operand(operand))
    }

    /// Changes the working directory and `PWD`.
    pub fn set_cwd(&mut self, cwd: VPath) {
        let text = cwd.as_bytes().to_vec();
        self.cwd = cwd;
        let v = self.vars.entry(b"PWD");
        v.value = crate::state::value::Value::Scalar(text);
        v.attrs.insert(Attrs::EXPORT);
        self.vars.forget_environment();
    }

    /// Sets and exports a variable, or removes it.
    pub fn set_env(&mut self, name: &[u8], value: Option<&[u8]>) {
        match value {
            Some(text) => self.vars.put(name, Var::scalar(text).with(Attrs::EXPORT)),
            None => {
                self.vars.remove_at(0, name);
            }
        }
    }

    /// The exported variables.
    pub fn environment(&mut self) -> Arc<crate::command::Environment> {
        self.vars.environment()
    }

    /// Whether a `set` option is on.
    #[inline]
    pub(crate) fn on(&self, option: SetOpt) -> bool {
        self.opts.on(option)
    }

    /// Whether a `shopt` option is on.
    #[inline]
    pub(crate) fn shopt(&self, option: ShOpt) -> bool {
        self.opts.shopt(option)
    }

    /// Options for the parser as they stand.
    pub(crate) fn parse_options(&self) -> ParseOptions {
        ParseOptions {
            extglob: self.shopt(ShOpt::Extglob),
            posix: self.on(SetOpt::Posix),
            expand_aliases: self.shopt(ShOpt::ExpandAliases),
        }
    }

    /// The file that code being run comes from (`BASH_SOURCE` of what it defines).
    pub(crate) fn source_name(&self) -> Name {
        match self.frames.last() {
            Some(f) => f.source.clone(),
            None if self.origin == Origin::File => self.name.clone(),
            None => Arc::from(self.origin.source()),
        }
    }

    /// Goes one level down, or fails when the limit of nesting is reached.
    pub(crate) fn descend(&mut self, what: &[u8]) -> Result<(), Flow> {
        let most = self.call.limits().depth;
        if self.depth >= most {
            self.error([what, format!(": maximum nesting level exceeded ({most})").as_bytes()].concat());
            return Err(Flow::Discard(1));
        }
        self.depth += 1;
        Ok(())
    }
}

impl AliasLookup for BTreeMap<Vec<u8>, Vec<u8>> {
    fn lookup(&self, name: &[u8]) -> Option<bytes::Bytes> {
        self.get(name).map(|v| bytes::Bytes::copy_from_slice(v))
    }
}
