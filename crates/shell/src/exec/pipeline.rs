//! Pipelines: a thread for each stage but the last.

use std::sync::Arc;
use std::time::Instant;

use crate::jobs::{Job, JobState};
use crate::pipe::{pipe, unbounded_pipe};
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::syntax::ast::{Command, CommandKind, Param, Pipeline, TimeFormat, Word, WordPart};

impl Shell {
    /// Runs a pipeline.
    pub(crate) fn exec_pipeline(&mut self, p: &Pipeline) -> Exec {
        if let Some(format) = p.time {
            return self.exec_timed(p, format);
        }
        self.exec_untimed(p)
    }

    fn exec_untimed(&mut self, p: &Pipeline) -> Exec {
        if !p.bang {
            return self.exec_stages(p);
        }
        let saved = self.lenient;
        // Under `errexit` nothing inside counts; without it, `set -e` inside a function called here does.
        if self.on(SetOpt::Errexit) {
            self.lenient = saved + 1;
        }
        let result = match p.commands.as_slice() {
            [one] => {
                self.inverted = true;
                self.exec_command(one)
            }
            [] => Ok(0),
            many => self.exec_pipe(many, true),
        };
        self.lenient = saved;
        let status = result?;
        self.status = if p.negated { u8::from(status == 0) } else { status };
        Ok(self.status)
    }

    fn exec_stages(&mut self, p: &Pipeline) -> Exec {
        match p.commands.as_slice() {
            [] => Ok(0),
            [one] => self.exec_command(one),
            many => {
                let status = self.exec_pipe(many, false)?;
                self.checked(status)
            }
        }
    }

    fn exec_timed(&mut self, p: &Pipeline, format: TimeFormat) -> Exec {
        let start = Instant::now();
        let cpu = cpu_times();
        let result = self.exec_untimed(p);
        let real = start.elapsed().as_secs_f64();
        let (user, system) = cpu_times();
        let text = match format {
            TimeFormat::Posix => b"real %2R\nuser %2U\nsys %2S".to_vec(),
            TimeFormat::Default => match self.get_var(b"TIMEFORMAT") {
                Some(f) => f.into_owned(),
                None => b"\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS".to_vec(),
            },
        };
        if !text.is_empty() {
            let mut out = time_text(&text, real, user - cpu.0, system - cpu.1);
            out.push(b'\n');
            self.write_error(&out);
        }
        result
    }

    /// Runs the stages of a pipeline; whether their failure counts is the caller's business, but for a subshell at the end
    /// of one that is not `inverted`.
    fn exec_pipe(&mut self, stages: &[Arc<Command>], inverted: bool) -> Exec {
        self.tick()?;
        let last = stages.len() - 1;
        let mut input: Option<Arc<crate::pipe::PipeReader>> = None;
        let mut jobs: Vec<Option<Job>> = Vec::with_capacity(stages.len());
        let mut statuses = vec![0u8; stages.len()];
        for (i, stage) in stages[..last].iter().enumerate() {
            let inline = i == 0 && self.is_bounded_output(stage);
            let (reader, writer) = if inline { unbounded_pipe() } else { pipe() };
            let traced = self.debug_trap_of_stage(stage)?;
            let mut sub = self.fork_process();
            sub.skip_debug = traced;
            sub.fds.set(1, Some(writer));
            if let Some(reader) = input.take() {
                sub.fds.set(0, Some(reader));
            }
            input = Some(reader);
            if inline {
                let result = sub.exec_forked(stage);
                statuses[i] = sub.finish_subshell(result);
                jobs.push(None);
                continue;
            }
            let (job, end) = Job::new(0, sub.proc.clone(), self.proc.clone(), Vec::new());
            let stage = stage.clone();
            self.spawn_thread(sub, end, move |sub| sub.exec_forked(&stage))?;
            jobs.push(Some(job));
        }
        let result = self.exec_last_stage(&stages[last], input);
        self.line = stages[last].line;
        let cancelled = self.cancel.is_cancelled();
        let cancel = self.cancel.clone();
        // Waits also when cancelled: the stages have tokens below this one and end at once.
        for (i, job) in jobs.iter().enumerate() {
            let Some(job) = job else { continue };
            let watch = job.watch();
            let ended = || matches!(watch(), JobState::Done(..));
            if !self.proc.wait_until(&cancel, true, ended) || cancelled {
                self.wait_for_end(&watch);
            }
            if let JobState::Done(status, _) = watch() {
                statuses[i] = status;
            }
        }
        statuses[last] = match result {
            Ok(s) => s,
            Err(flow) => {
                self.pipestatus = statuses;
                return Err(flow);
            }
        };
        if self.cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        let status = if self.on(SetOpt::Pipefail) {
            statuses.iter().rev().copied().find(|s| *s != 0).unwrap_or(0)
        } else {
            statuses[last]
        };
        let ended = statuses[last];
        self.pipestatus = statuses;
        if ended != 0 && !inverted && matches!(stages[last].kind, CommandKind::Subshell(_)) && self.lenient == 0 {
            // The ERR trap runs for the subshell and again for the pipeline.
            let pipestatus = self.pipestatus.clone();
            self.status = ended;
            self.run_err_trap()?;
            self.pipestatus = pipestatus;
        }
        Ok(status)
    }

    /// Runs the DEBUG trap for a stage that is a simple command, before the process for it is made.
    fn debug_trap_of_stage(&mut self, stage: &Command) -> Result<bool, Flow> {
        if !matches!(stage.kind, CommandKind::Simple(_)) || self.traps.get(crate::trap::Event::Debug).is_none() {
            return Ok(false);
        }
        self.line = stage.line;
        self.set_command_text(stage);
        self.debug_trap()?;
        Ok(true)
    }

    /// Waits for a thread that is about to end because its token is cancelled.
    fn wait_for_end(&self, watch: &impl Fn() -> JobState) {
        let never = vfs::Cancel::new();
        self.proc
            .wait_until(&never, true, || matches!(watch(), JobState::Done(..)));
    }

    fn exec_last_stage(&mut self, stage: &Arc<Command>, input: Option<Arc<crate::pipe::PipeReader>>) -> Exec {
        if self.shopt(ShOpt::Lastpipe) && !self.on(SetOpt::Monitor) {
            let Some(reader) = input else {
                return self.exec_command(stage);
            };
            let saved = self.fds.set(0, Some(reader));
            let lenient = self.lenient;
            self.lenient += 1;
            let result = self.exec_command(stage);
            self.lenient = lenient;
            self.fds.set(0, saved);
            return result;
        }
        let traced = self.debug_trap_of_stage(stage)?;
        let mut sub = self.fork_process();
        sub.skip_debug = traced;
        if let Some(reader) = input {
            sub.fds.set(0, Some(reader));
        }
        let result = sub.exec_forked(stage);
        let status = sub.finish_subshell(result);
        if self.cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        Ok(status)
    }

    /// Whether a stage prints a bounded amount without running anything else, so that it may run before its reader starts:
    /// `echo` with plain arguments.
    fn is_bounded_output(&self, stage: &Command) -> bool {
        let CommandKind::Simple(s) = &stage.kind else {
            return false;
        };
        let Some(name) = s.words.first().and_then(Word::as_plain) else {
            return false;
        };
        let simple_builtin = match name {
            b"echo" | b":" | b"true" | b"false" => true,
            b"printf" => s.words.get(1).is_some_and(|f| {
                f.raw.windows(2).all(|w| {
                    w[0] != b'%' || !(w[1].is_ascii_digit() || matches!(w[1], b'*' | b'-' | b'.' | b'+' | b' '))
                })
            }),
            _ => false,
        };
        simple_builtin
            && stage.redirects.is_empty()
            && s.assignments.is_empty()
            && !self.funcs.contains_key(name)
            && self.traps.get(crate::trap::Event::Debug).is_none()
            && s.words.iter().all(|w| w.parts.iter().all(is_quick))
    }
}

/// Whether a part expands without running a command and without making many words.
fn is_quick(part: &WordPart) -> bool {
    match part {
        WordPart::Literal(_) | WordPart::Quoted(_) | WordPart::Tilde(_) => true,
        WordPart::DoubleQuoted(inner) => inner.iter().all(is_quick),
        WordPart::Param(p) => {
            matches!(p.op, crate::syntax::ast::ParamOp::Get)
                && p.subscript.is_none()
                && !p.indirect
                && matches!(p.param, Param::Name(_) | Param::Positional(_) | Param::Special(_))
        }
        _ => false,
    }
}

/// User and system time of this process in seconds. Linux tells them apart only through calls that are not safe to make
/// from here, so all of it counts as user time.
pub(crate) fn cpu_times() -> (f64, f64) {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    (t.tv_sec as f64 + t.tv_nsec as f64 / 1e9, 0.0)
}

/// `TIMEFORMAT`: `%[digits][l]R`, `U`, `S`, and `%P`.
fn time_text(format: &[u8], real: f64, user: f64, system: f64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < format.len() {
        if format[at] != b'%' {
            out.push(format[at]);
            at += 1;
            continue;
        }
        at += 1;
        let mut digits = 3;
        if let Some(d) = format.get(at).filter(|d| d.is_ascii_digit()) {
            digits = usize::from(d - b'0').min(3);
            at += 1;
        }
        let long = format.get(at) == Some(&b'l');
        at += usize::from(long);
        let value = match format.get(at) {
            Some(b'R') => real,
            Some(b'U') => user,
            Some(b'S') => system,
            Some(b'P') => {
                let percent = if real > 0.0 {
                    (user + system) * 100.0 / real
                } else {
                    0.0
                };
                out.extend_from_slice(format!("{percent:.2}").as_bytes());
                at += 1;
                continue;
            }
            Some(b'%') => {
                out.push(b'%');
                at += 1;
                continue;
            }
            _ => {
                out.push(b'%');
                continue;
            }
        };
        at += 1;
        let text = if long {
            format!("{}m{:.*}s", (value / 60.0) as u64, digits, value % 60.0)
        } else {
            format!("{value:.digits$}")
        };
        out.extend_from_slice(text.as_bytes());
    }
    out
}
