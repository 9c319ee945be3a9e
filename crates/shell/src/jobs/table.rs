//! The job table of one shell.

use std::sync::Arc;

use parking_lot::Mutex;

use super::process::Proc;
use super::signal::Signal;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Still running.
    Running,
    /// Ended with a status; 128 + n for one that a signal ended.
    Done(u8, Option<Signal>),
}

/// A background job: one asynchronous list, or one process substitution.
#[derive(Clone)]
pub struct Job {
    /// The number in `%n`; 0 for a job that `jobs` does not list.
    pub number: u32,
    /// The process that `$!` names.
    pub proc: Arc<Proc>,
    /// Source text.
    pub text: Vec<u8>,
    /// Whether the user heard of its end.
    pub noted: bool,
    state: Arc<Mutex<JobState>>,
}

/// The end of a job that its thread holds.
#[derive(Clone)]
pub struct JobEnd {
    state: Arc<Mutex<JobState>>,
    owner: Arc<Proc>,
}

impl JobEnd {
    /// Records how the job ended, and wakes its owner.
    pub fn finish(&self, status: u8, signal: Option<Signal>) {
        *self.state.lock() = JobState::Done(status, signal);
        self.owner.notify();
    }
}

impl Job {
    /// A running job and the end that its thread holds. `owner` is the shell that may wait for it.
    pub fn new(number: u32, proc: Arc<Proc>, owner: Arc<Proc>, text: Vec<u8>) -> (Self, JobEnd) {
        let state = Arc::new(Mutex::new(JobState::Running));
        let end = JobEnd {
            state: state.clone(),
            owner,
        };
        let job = Self {
            number,
            proc,
            text,
            noted: false,
            state,
        };
        (job, end)
    }

    /// Where it stands.
    pub fn state(&self) -> JobState {
        *self.state.lock()
    }

    /// Whether it runs.
    pub fn running(&self) -> bool {
        self.state() == JobState::Running
    }

    /// A look at its state that outlives the borrow of the table.
    pub fn watch(&self) -> impl Fn() -> JobState + use<> {
        let state = self.state.clone();
        move || *state.lock()
    }
}

/// The jobs of one shell. A subshell starts without any.
#[derive(Default)]
pub struct Jobs {
    list: Vec<Job>,
    /// Jobs of the parent shell, which a subshell lists until it has some of its own.
    inherited: Vec<Job>,
    /// Statuses of jobs that are no longer listed, by process number: `wait PID` may still ask.
    ended: Vec<(u32, u8)>,
}

impl Jobs {
    /// The number for the next job.
    pub fn next_number(&self) -> u32 {
        self.list.iter().map(|j| j.number).max().unwrap_or(0) + 1
    }

    /// What a subshell starts with: it lists its parent's jobs, but they are not its own.
    pub fn for_subshell(&self) -> Self {
        Self {
            list: Vec::new(),
            inherited: self.listed().iter().filter(|j| j.number != 0).cloned().collect(),
            ended: Vec::new(),
        }
    }

    /// The jobs that `jobs` and job specifications are about.
    pub fn listed(&self) -> &[Job] {
        if self.list.is_empty() {
            &self.inherited
        } else {
            &self.list
        }
    }

    /// Adds a job.
    pub fn add(&mut self, job: Job) {
        self.list.push(job);
    }

    /// All jobs, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.list.iter()
    }

    /// Number of jobs that still run.
    pub fn running(&self) -> usize {
        self.list.iter().filter(|j| j.running()).count()
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The job of a process.
    pub fn by_pid(&self, pid: u32) -> Option<&Job> {
        self.listed().iter().find(|j| j.proc.pid() == pid)
    }

    /// The job of a number.
    pub fn by_number(&self, number: u32) -> Option<&Job> {
        self.listed().iter().find(|j| j.number == number && number != 0)
    }

    /// `%+`: the latest job.
    pub fn current(&self) -> Option<&Job> {
        self.listed().iter().rev().find(|j| j.number != 0)
    }

    /// `%-`: the one before.
    pub fn previous(&self) -> Option<&Job> {
        let mut all = self.listed().iter().rev().filter(|j| j.number != 0);
        let last = all.next();
        all.next().or(last)
    }

    /// The job that a specification (`%1`, `%+`, `%name`, `%?text`) means.
    ///
    /// # Errors
    /// What bash says after the specification.
    pub fn find(&self, spec: &[u8]) -> Result<&Job, &'static str> {
        let body = spec.strip_prefix(b"%").unwrap_or(spec);
        let found = match body {
            b"" | b"%" | b"+" => self.current(),
            b"-" => self.previous(),
            n if n.iter().all(u8::is_ascii_digit) => {
                let n = std::str::from_utf8(n).ok().and_then(|n| n.parse().ok()).unwrap_or(0);
                self.by_number(n)
            }
            text => {
                let (needle, anywhere) = match text.strip_prefix(b"?") {
                    Some(t) => (t, true),
                    None => (text, false),
                };
                let mut hits = self.listed().iter().filter(|j| {
                    j.number != 0
                        && if anywhere {
                            memchr::memmem::find(&j.text, needle).is_some()
                        } else {
                            j.text.starts_with(needle)
                        }
                });
                let first = hits.next();
                if hits.next().is_some() {
                    return Err("ambiguous job spec");
                }
                first
            }
        };
        found.ok_or("no such job")
    }

    /// Takes the job of a process out of the table, if it has ended, and remembers its status.
    pub fn reap(&mut self, pid: u32) -> Option<u8> {
        let at = self.list.iter().position(|j| j.proc.pid() == pid)?;
        let JobState::Done(status, _) = self.list[at].state() else {
            return None;
        };
        self.list.remove(at);
        self.ended.retain(|(p, _)| *p != pid);
        self.ended.push((pid, status));
        if self.ended.len() > 1024 {
            self.ended.remove(0);
        }
        Some(status)
    }

    /// The status of a job that was taken out before.
    pub fn ended(&self, pid: u32) -> Option<u8> {
        self.ended.iter().find(|(p, _)| *p == pid).map(|(_, s)| *s)
    }

    /// Takes a job out without asking how it ended (`disown`).
    pub fn forget(&mut self, pid: u32) {
        self.list.retain(|j| j.proc.pid() != pid);
    }
}
