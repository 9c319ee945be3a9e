//! A lane: one session's queue. Lines of one session run one after the other, in the order they came; lanes and forked calls
//! run in parallel.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use shell::command::Limits;
use shell::io::{Capture, Memory, OpenFile};
use shell::pool;
use shell::session::{Call, Session, Stdio};
use vfs::{Cancel, CancelReason, VPath};

use crate::error::{Result, WorkspaceError};

/// Where standard input comes from.
pub enum StdinSource {
    /// Nothing.
    Empty,
    /// Bytes at hand.
    Bytes(Bytes),
    /// Anything that can be read.
    File(Arc<dyn OpenFile>),
}

/// Where output goes.
pub enum StdoutSink {
    /// It is collected and returned.
    Collect,
    /// Anything that can be written; nothing is returned.
    File(Arc<dyn OpenFile>),
}

/// Variables to set, or with `None` to remove.
pub type EnvChanges = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// One call of `execute`.
pub struct Execute {
    /// The script.
    pub script: Vec<u8>,
    /// Standard input.
    pub stdin: StdinSource,
    /// Standard output.
    pub stdout: StdoutSink,
    /// Standard error.
    pub stderr: StdoutSink,
    /// The session; the default one if `None`.
    pub session: Option<String>,
    /// Who asks, for the history.
    pub agent: Option<String>,
    /// Runs in a fork of the session with this working directory.
    pub cwd: Option<VPath>,
    /// Runs in a fork of the session with these variables set and exported, or with `None` removed.
    pub env: Option<EnvChanges>,
    /// Whether the line goes into the history.
    pub record: bool,
    /// Ends the call.
    pub cancel: Cancel,
    /// Limits of this call; the workspace's if `None`.
    pub limits: Option<Limits>,
}

impl Execute {
    /// A call with nothing but a script.
    pub fn new(script: impl Into<Vec<u8>>) -> Self {
        Self {
            script: script.into(),
            stdin: StdinSource::Empty,
            stdout: StdoutSink::Collect,
            stderr: StdoutSink::Collect,
            session: None,
            agent: None,
            cwd: None,
            env: None,
            record: true,
            cancel: Cancel::new(),
            limits: None,
        }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Exit status.
    pub status: u8,
    /// What was written to standard output, if it was collected.
    pub stdout: Vec<u8>,
    /// What was written to standard error, if it was collected.
    pub stderr: Vec<u8>,
}

/// Called once with the end of a call, on the thread that ran it.
pub type Done = Box<dyn FnOnce(Result<Finished>) + Send>;

/// Called with the end of a call and the directory it ran in, before the caller hears of it.
pub type After = Box<dyn FnOnce(&Finished, &VPath) + Send>;

/// A call on its way: taken by whoever ends it first, the thread that runs it or the abort that comes before.
struct Job {
    call: Execute,
    limits: Limits,
    output_lines: Option<usize>,
    done: Done,
    after: After,
}

type Slot = Arc<Mutex<Option<Job>>>;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Slot, vfs::cancel::CancelGuard)>,
    running: bool,
}

/// One session and its queue.
pub struct Lane {
    session: Mutex<Session>,
    /// The session as it was after the last finished line: what forks start from while a line is running.
    settled: Mutex<Session>,
    queue: Mutex<Queue>,
}

impl Lane {
    /// A lane for `session`.
    pub fn new(session: Session) -> Arc<Self> {
        Arc::new(Self {
            settled: Mutex::new(session.fork()),
            session: Mutex::new(session),
            queue: Mutex::default(),
        })
    }

    /// Looks at the session as it was after the last finished line.
    pub fn look<T>(&self, f: impl FnOnce(&mut Session) -> T) -> T {
        f(&mut self.settled.lock())
    }

    /// Changes the session; waits for a line that is running.
    pub fn change(&self, f: impl FnOnce(&mut Session)) {
        let mut session = self.session.lock();
        f(&mut session);
        *self.settled.lock() = session.fork();
    }

    /// Runs a call: in its turn, or at once in a fork when it brings its own working directory or environment.
    pub fn submit(
        self: &Arc<Self>,
        call: Execute,
        limits: Limits,
        output_lines: Option<usize>,
        done: Done,
        after: After,
    ) -> Result<()> {
        let forked = call.cwd.is_some() || call.env.is_some();
        let cancel = call.cancel.clone();
        let job = Job {
            call,
            limits,
            output_lines,
            done,
            after,
        };
        if forked {
            let lane = self.clone();
            return pool::spawn(move || {
                let mut session = lane.settled.lock().fork();
                // A fork is thrown away whatever became of it.
                run_with(&mut session, job, |_, _| {});
            })
            .map_err(thread_error);
        }
        let slot: Slot = Arc::new(Mutex::new(Some(job)));
        let aborted = slot.clone();
        let guard = cancel.on_cancel(move || {
            // Still waiting in the queue: it never ran, so it ends now.
            if let Some(job) = aborted.lock().take() {
                (job.done)(Err(WorkspaceError::Aborted));
            }
        });
        let mut queue = self.queue.lock();
        queue.waiting.push_back((slot, guard));
        if queue.running {
            return Ok(());
        }
        queue.running = true;
        drop(queue);
        let lane = self.clone();
        pool::spawn(move || lane.drain()).map_err(|e| {
            // Nobody will come for what is waiting: this call is refused by the error, those that came meanwhile by theirs.
            let mut queue = self.queue.lock();
            queue.running = false;
            let stranded = std::mem::take(&mut queue.waiting);
            drop(queue);
            for (i, (slot, guard)) in stranded.into_iter().enumerate() {
                drop(guard);
                if let Some(job) = slot.lock().take().filter(|_| i > 0) {
                    (job.done)(Err(thread_error(std::io::Error::from(e.kind()))));
                }
            }
            thread_error(e)
        })
    }

    fn drain(&self) {
        loop {
            let (slot, guard) = {
                let mut queue = self.queue.lock();
                match queue.waiting.pop_front() {
                    Some(next) => next,
                    None => {
                        queue.running = false;
                        return;
                    }
                }
            };
            drop(guard);
            let Some(job) = slot.lock().take() else { continue };
            let mut session = self.session.lock();
            run_with(&mut session, job, |s, intact| {
                let mut settled = self.settled.lock();
                if intact {
                    *settled = s.fork();
                } else {
                    *s = settled.fork();
                }
            });
        }
    }
}

fn thread_error(e: std::io::Error) -> WorkspaceError {
    vfs::VfsError::from(e)
        .detail("cannot start a thread for the shell")
        .into()
}

/// Runs one job. `settle` gets the session back and whether it is as the script left it: after a panic of the interpreter it
/// may be half changed.
fn run_with(session: &mut Session, job: Job, settle: impl FnOnce(&mut Session, bool)) {
    let Job {
        call,
        limits,
        output_lines,
        done,
        after,
    } = job;
    let captured = |sink: &StdoutSink| match sink {
        StdoutSink::Collect => Some(match limits.output {
            Some(limit) => Capture::with_limit(limit),
            None => Capture::new(),
        }),
        StdoutSink::File(_) => None,
    };
    let (out, err) = (captured(&call.stdout), captured(&call.stderr));
    let open = |sink: StdoutSink, capture: &Option<Arc<Capture>>| -> Arc<dyn OpenFile> {
        match (sink, capture) {
            (StdoutSink::File(f), _) => f,
            (StdoutSink::Collect, Some(c)) => c.clone(),
            (StdoutSink::Collect, None) => Arc::new(shell::io::Discard),
        }
    };
    let stdin: Arc<dyn OpenFile> = match call.stdin {
        StdinSource::Empty => Arc::new(Memory::new(Bytes::new())),
        StdinSource::Bytes(b) => Arc::new(Memory::new(b)),
        StdinSource::File(f) => f,
    };
    let stdio = Stdio {
        stdin,
        stdout: open(call.stdout, &out),
        stderr: open(call.stderr, &err),
    };
    if let Some(cwd) = &call.cwd {
        session.set_cwd(cwd.clone());
    }
    for (name, value) in call.env.iter().flatten() {
        session.set_env(name, value.as_deref());
    }
    let cwd = session.cwd().clone();
    let complaints = stdio.stderr.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        vfs::runtime::allow_blocking(|| {
            session.run(
                &call.script,
                stdio,
                Call {
                    cancel: call.cancel.clone(),
                    limits: Some(limits),
                    output_lines,
                    ..Call::default()
                },
            )
        })
    }));
    if call.record {
        session.record(&call.script);
    }
    settle(session, outcome.is_ok());
    let status = match outcome {
        Ok(o) => o.status,
        Err(panic) => {
            let line = format!("bash: internal error: {}\n", shell::command::panic_text(&*panic));
            // If standard error cannot take it the status still tells.
            let _ = complaints.write(line.as_bytes(), &call.cancel);
            134
        }
    };
    let take = |c: Option<Arc<Capture>>| c.map(|c| c.take()).unwrap_or_default();
    let finished = Finished {
        status,
        stdout: take(out),
        stderr: take(err),
    };
    match call.cancel.reason() {
        Some(CancelReason::Aborted) => done(Err(WorkspaceError::Aborted)),
        Some(CancelReason::Closed) => done(Err(WorkspaceError::Closed)),
        _ => {
            after(&finished, &cwd);
            done(Ok(finished));
        }
    }
}
