//! `wait`.

use crate::jobs::JobState;
use crate::shell::{Exec, Flow, Shell};
use crate::state::access::Elem;

use super::options::{integer, parse};

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"fnp:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let ids = &args[p.operands..];
    let var = p.options.iter().find(|(l, _)| *l == b'p').and_then(|(_, v)| *v);
    if let Some(var) = var {
        if !crate::state::vars::is_name(var) {
            sh.builtin_error(b"wait", [b"`", var, b"': not a valid identifier"].concat());
            return Ok(1);
        }
        while let Some(at) = sh.vars.scope_of(var) {
            sh.vars.remove_at(at, var);
        }
    }
    if p.has(b'n') {
        return wait_any(sh, ids, var);
    }
    if ids.is_empty() {
        let pids: Vec<u32> = sh.jobs.iter().map(|j| j.proc.pid()).collect();
        for pid in pids {
            if let Some((status, true)) = wait_pid(sh, pid)? {
                return Ok(status);
            }
        }
        return Ok(0);
    }
    let mut status = 0;
    for id in ids {
        let pid = match resolve(sh, id) {
            Ok(pid) => pid,
            Err(s) => {
                status = s;
                continue;
            }
        };
        match wait_pid(sh, pid)? {
            Some((s, interrupted)) => {
                status = s;
                if interrupted {
                    return Ok(s);
                }
                if let Some(var) = var {
                    let _ = sh.assign(var, Elem::Whole, pid.to_string().into_bytes(), false);
                }
            }
            None => {
                sh.builtin_error(b"wait", format!("pid {pid} is not a child of this shell"));
                status = 127;
            }
        }
    }
    Ok(status)
}

/// The process that an operand means; the error is the status after a message.
fn resolve(sh: &mut Shell, id: &[u8]) -> Result<u32, u8> {
    if id.starts_with(b"%") {
        return match sh.jobs.find(id) {
            Ok(job) => Ok(job.proc.pid()),
            Err(why) => {
                sh.builtin_error(b"wait", [id, b": ", why.as_bytes()].concat());
                Err(127)
            }
        };
    }
    match integer(id).and_then(|n| u32::try_from(n).ok()) {
        Some(pid) => Ok(pid),
        None => {
            sh.builtin_error(b"wait", [b"`", id, b"': not a pid or valid job spec"].concat());
            Err(1)
        }
    }
}

/// Waits for one child: its status and whether a trapped signal cut the wait short. `None` when it is no child.
fn wait_pid(sh: &mut Shell, pid: u32) -> Result<Option<(u8, bool)>, Flow> {
    let Some(watch) = sh.jobs.by_pid(pid).map(|j| j.watch()) else {
        return Ok(sh.jobs.ended(pid).map(|s| (s, false)));
    };
    let cancel = sh.cancel.clone();
    let done = sh
        .proc
        .wait_until(&cancel, false, || matches!(watch(), JobState::Done(..)));
    if !done {
        if cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        return Ok(Some((interrupted(sh)?, true)));
    }
    Ok(sh.jobs.reap(pid).map(|s| (s, false)))
}

/// A signal with a handler arrived: the handler runs, the status says which signal.
fn interrupted(sh: &mut Shell) -> Exec {
    let mut last = 128;
    while let Some(signal) = sh.proc.take_pending() {
        last = 128 + signal.0;
        sh.run_trap(crate::trap::Event::Signal(signal))?;
    }
    Ok(last)
}

fn wait_any(sh: &mut Shell, ids: &[Vec<u8>], var: Option<&[u8]>) -> Exec {
    let mut wanted = Vec::new();
    for id in ids {
        match resolve(sh, id) {
            Ok(pid) => wanted.push(pid),
            Err(s) => return Ok(s),
        }
    }
    let watches: Vec<(u32, _)> = sh
        .jobs
        .iter()
        .filter(|j| ids.is_empty() || wanted.contains(&j.proc.pid()))
        .map(|j| (j.proc.pid(), j.watch()))
        .collect();
    if watches.is_empty() {
        return Ok(127);
    }
    let mut first = None;
    let cancel = sh.cancel.clone();
    let done = sh.proc.wait_until(&cancel, false, || {
        first = watches
            .iter()
            .find(|(_, w)| matches!(w(), JobState::Done(..)))
            .map(|(p, _)| *p);
        first.is_some()
    });
    if !done {
        if cancel.is_cancelled() {
            return Err(Flow::Stop);
        }
        return interrupted(sh);
    }
    let Some(pid) = first else { return Ok(127) };
    if let Some(var) = var {
        let _ = sh.assign(var, Elem::Whole, pid.to_string().into_bytes(), false);
    }
    Ok(sh.jobs.reap(pid).unwrap_or(127))
}
