//! Asynchronous lists: threads with a copy of the shell.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::io::Discard;
use crate::jobs::Job;
use crate::jobs::table::JobEnd;
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::SetOpt;
use crate::syntax::ast::AndOr;

impl Shell {
    /// Starts `list &`.
    pub(crate) fn start_background(&mut self, list: &Arc<AndOr>) -> Result<(), Flow> {
        self.tick()?;
        let mut sub = self.fork_process();
        if !self.on(SetOpt::Monitor) {
            sub.fds.set(0, Some(Arc::new(Discard)));
            sub.traps.ignore_keyboard();
            sub.traps.update_masks(&sub.proc);
        }
        let text = crate::syntax::print::and_or(list);
        let (job, end) = Job::new(self.jobs.next_number(), sub.proc.clone(), self.proc.clone(), text);
        let pid = sub.proc.pid();
        let list = list.clone();
        let (background, watched) = (self.call.background(), self.call.limit_cpu());
        self.spawn_thread(sub, end, move |sub| {
            let _counted = (background, watched);
            match list.first.commands.as_slice() {
                [one] if list.rest.is_empty() && !list.first.bang && list.first.time.is_none() => sub.exec_forked(one),
                _ => sub.exec_and_or(&list),
            }
        })?;
        self.jobs.add(job);
        self.last_background = Some(pid);
        Ok(())
    }

    /// Runs `body` in `sub` on another thread and reports its end.
    pub(crate) fn spawn_thread(
        &mut self,
        sub: Shell,
        end: JobEnd,
        body: impl FnOnce(&mut Shell) -> Exec + Send + 'static,
    ) -> Result<(), Flow> {
        let failed = end.clone();
        let spawned = crate::pool::spawn(move || {
            let mut sub = sub;
            let at_work = sub.call.enter();
            let proc = sub.proc.clone();
            let status = catch_unwind(AssertUnwindSafe(|| {
                let result = body(&mut sub);
                sub.finish_subshell(result)
            }));
            let status = match status {
                Ok(s) => s,
                Err(_) => {
                    sub.error("internal error");
                    134
                }
            };
            // Descriptors are closed before anybody hears of the end, as when a process exits.
            drop(sub);
            drop(at_work);
            end.finish(status, proc.killed_by());
        });
        if spawned.is_err() {
            failed.finish(254, None);
            self.error("fork: retry: Resource temporarily unavailable");
            return Err(Flow::Exit(254));
        }
        Ok(())
    }
}

impl Shell {
    /// `coproc`: a background job whose standard input and output are pipes to this shell.
    pub(super) fn exec_coproc(&mut self, c: &crate::syntax::ast::CoprocClause) -> Exec {
        self.tick()?;
        let name = match self.expand_string(&c.name)? {
            n if n.is_empty() => b"COPROC".to_vec(),
            n => n,
        };
        if !crate::state::vars::is_name(&name) {
            self.error([b"`", &name[..], b"': not a valid identifier"].concat());
            return self.checked(1);
        }
        let (from_job, job_out) = crate::pipe::pipe();
        let (job_in, to_job) = crate::pipe::pipe();
        let mut sub = self.fork_process();
        sub.fds.set(0, Some(job_in));
        sub.fds.set(1, Some(job_out));
        let text = [b"coproc ", &name[..], b" ", &c.body.text[..]].concat();
        let (job, end) = Job::new(self.jobs.next_number(), sub.proc.clone(), self.proc.clone(), text);
        let pid = sub.proc.pid();
        let body = c.body.clone();
        let (background, watched) = (self.call.background(), self.call.limit_cpu());
        self.spawn_thread(sub, end, move |sub| {
            let _counted = (background, watched);
            sub.exec_command(&body)
        })?;
        self.jobs.add(job);
        self.last_background = Some(pid);
        // As bash does: the highest descriptors that are free.
        let mut free = (10..=63).rev().filter(|fd| self.fds.get(*fd).is_none());
        let (Some(read), Some(write)) = (free.next(), free.next()) else {
            self.error("cannot make pipe for coproc: Too many open files");
            return self.checked(1);
        };
        self.fds.set(read, Some(from_job));
        self.fds.set(write, Some(to_job));
        let digits = |n: u32| n.to_string().into_bytes();
        let array = crate::state::value::Value::Indexed(vec![digits(read), digits(write)].into());
        let result = self.assign_value(&name, array).and_then(|()| {
            self.assign(
                &[&name[..], b"_PID"].concat(),
                crate::state::access::Elem::Whole,
                digits(pid),
                false,
            )
        });
        if let Err(e) = result {
            return Err(self.assign_failed(&e));
        }
        self.checked(0)
    }
}
