//! Command and process substitution.

use std::sync::Arc;

use bytes::Bytes;
use vfs::{Cancel, Stat};

use crate::call::Substitution;
use crate::io::{Capture, OpenFile};
use crate::jobs::{Job, Proc};
use crate::pipe::pipe;
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::syntax::ast::{CommandSubst, List, SubstBody};

/// Descriptors of process substitutions are taken from here downwards, as bash does.
const SUBSTITUTION_FD: u32 = 63;

/// Says that a process substitution has ended, also when it ends by a panic.
struct Ending(Arc<Substitution>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.ended();
    }
}

/// Standard output of a substitution. A background job may hold it for longer than the substitution's own commands run.
struct Collector {
    capture: Arc<Capture>,
    owner: Arc<Proc>,
}

impl OpenFile for Collector {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        self.capture.read(max, cancel)
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> vfs::Result<()> {
        self.capture.write(data, cancel)
    }

    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        self.capture.write_bytes(data, cancel)
    }

    fn stat(&self, cancel: &Cancel) -> vfs::Result<Stat> {
        self.capture.stat(cancel)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.owner.notify();
    }
}

impl Shell {
    /// The output of a command substitution, trailing newlines removed.
    pub(crate) fn expand_command(&mut self, c: &CommandSubst) -> Result<Vec<u8>, Flow> {
        for w in &c.warnings {
            self.line = w.line;
            self.error(&w.message);
        }
        let mut text = match &c.body {
            SubstBody::ReadFile(list) => self.read_file_substitution(list)?.unwrap_or_default(),
            SubstBody::List(list) => self.capture(c.line, |sub| sub.exec_list(list))?,
            SubstBody::Broken { before, error } => self.capture(c.line, |sub| {
                let status = sub.exec_list(before)?;
                sub.status = status;
                let prefix = [&sub.name[..], b": command substitution: "].concat();
                let report = error.report(&prefix);
                sub.write_error(&report);
                Err(Flow::Exit(2))
            })?,
        };
        let end = text.iter().rposition(|b| *b != b'\n').map_or(0, |i| i + 1);
        text.truncate(end);
        if memchr::memchr(0, &text).is_some() {
            self.error("warning: command substitution: ignored null byte in input");
            text.retain(|b| *b != 0);
        }
        self.check_memory(text.len())?;
        Ok(text)
    }

    /// Runs `body` in a subshell on this thread and collects what it prints.
    pub(crate) fn capture(&mut self, line: u32, body: impl FnOnce(&mut Shell) -> Exec) -> Result<Vec<u8>, Flow> {
        self.descend(b"command substitution")?;
        let mut sub = self.fork_process();
        self.depth -= 1;
        if !self.on(SetOpt::Posix) && !self.shopt(ShOpt::InheritErrexit) {
            sub.opts.set(SetOpt::Errexit, false);
        }
        if line > 0 {
            sub.line = line;
        }
        sub.trace_level += 1;
        let capture = Capture::with_limit(self.call.limits().memory);
        let collector: Arc<dyn OpenFile> = Arc::new(Collector {
            capture: capture.clone(),
            owner: self.proc.clone(),
        });
        let open = Arc::downgrade(&collector);
        sub.fds.set(1, Some(collector));
        let result = body(&mut sub);
        let status = sub.finish_subshell(result);
        drop(sub);
        if open.strong_count() > 0 {
            let cancel = self.cancel.clone();
            self.proc.wait_until(&cancel, true, || open.strong_count() == 0);
        }
        if self.cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        self.substitution_status = Some(status);
        self.status = status;
        if capture.overflowed() {
            return Err(self.limit("memory (output of a command substitution)"));
        }
        Ok(capture.take())
    }

    /// The output of a command given as text.
    pub(crate) fn capture_text(&mut self, text: &[u8]) -> Result<Vec<u8>, Flow> {
        let text = Bytes::copy_from_slice(text);
        let line = self.line;
        self.capture(line, |sub| sub.run_text(text, line))
    }

    /// `$(<file)`.
    fn read_file_substitution(&mut self, list: &Arc<List>) -> Result<Option<Vec<u8>>, Flow> {
        let redirect = list
            .items
            .first()
            .and_then(|i| i.and_or.first.commands.first())
            .and_then(|c| c.redirects.first().cloned());
        let Some(redirect) = redirect else { return Ok(None) };
        let mut sub = self.fork();
        let text = match sub.redirect(&redirect, None) {
            Ok(()) => {
                self.substitution_status = Some(0);
                let mut input = crate::io::Input::new(sub.stdin(), self.cancel.clone());
                match input.read_all() {
                    Ok(b) => Some(b.to_vec()),
                    Err(e) => {
                        let shown = self.expand_string(&redirect.target)?;
                        self.error([&shown[..], b": ", e.gnu_text().as_bytes()].concat());
                        self.substitution_status = Some(1);
                        None
                    }
                }
            }
            Err(Flow::Stop) => return Err(Flow::Stop),
            Err(_) => {
                self.substitution_status = Some(1);
                None
            }
        };
        Ok(text)
    }

    /// `<(list)` and `>(list)`: the path of a descriptor of the present command.
    pub(crate) fn process_substitution(&mut self, list: &Arc<List>, input: bool) -> Result<Vec<u8>, Flow> {
        self.descend(b"process substitution")?;
        self.depth -= 1;
        let (reader, writer) = pipe();
        let mut sub = self.fork_process();
        sub.depth += 1;
        sub.opts.set(SetOpt::Errexit, self.on(SetOpt::Errexit));
        for (fd, _) in &self.substitution_fds {
            sub.fds.set(*fd, None);
        }
        let mine: Arc<dyn OpenFile> = if input {
            sub.fds.set(1, Some(writer));
            reader
        } else {
            sub.fds.set(0, Some(reader));
            writer
        };
        let fd = (10..=SUBSTITUTION_FD)
            .rev()
            .find(|fd| self.fds.get(*fd).is_none())
            .unwrap_or_else(|| self.fds.free_from(SUBSTITUTION_FD + 1));
        if self.fds.len() >= self.call.limits().open_files {
            self.error("cannot make pipe for process substitution: Too many open files");
            return Err(Flow::Discard(1));
        }
        self.fds.set(fd, Some(mine));
        let pid = sub.proc.pid();
        let counted = self.call.substitution();
        self.substitution_fds.push((fd, counted.clone()));
        let (job, end) = Job::new(0, sub.proc.clone(), self.proc.clone(), Vec::new());
        let list = list.clone();
        self.spawn_thread(sub, end, move |sub| {
            let counted = Ending(counted);
            let result = sub.exec_list(&list);
            sub.status = sub.finish_subshell(result);
            drop(counted);
            Ok(sub.status)
        })?;
        self.jobs.add(job);
        self.last_background = Some(pid);
        Ok(format!("/dev/fd/{fd}").into_bytes())
    }

    /// Closes the process substitutions that the present command opened; `from` are those open before it.
    pub(crate) fn close_substitutions(&mut self, from: usize) {
        while self.substitution_fds.len() > from {
            if let Some((fd, counted)) = self.substitution_fds.pop()
                && let Some(file) = self.fds.set(fd, None)
                && Arc::strong_count(&file) == 1
            {
                // Nothing else holds the pipe: its end is in sight, and the call waits for what it still prints.
                counted.wait_later();
            }
        }
        // Ended jobs without a number are of no more interest, except to `wait $!`.
        let done: Vec<u32> = self
            .jobs
            .iter()
            .filter(|j| j.number == 0 && !j.running())
            .map(|j| j.proc.pid())
            .collect();
        for pid in done {
            self.jobs.reap(pid);
        }
    }
}
