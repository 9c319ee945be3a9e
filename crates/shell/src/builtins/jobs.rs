//! `jobs`, `fg`, `bg`, `disown`, `suspend`.

use crate::jobs::{Job, JobState};
use crate::shell::{Exec, Flow, Shell};
use crate::state::options::SetOpt;

use super::options::parse;

pub(super) fn jobs(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"lpnxrs") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let mut status = 0;
    let mut pids = Vec::new();
    for spec in &args[p.operands..] {
        match sh.jobs.find(spec) {
            Ok(j) => pids.push(j.proc.pid()),
            Err(why) => {
                sh.builtin_error(b"jobs", [&spec[..], b": ", why.as_bytes()].concat());
                status = 1;
            }
        }
    }
    if p.operands == args.len() {
        pids = sh
            .jobs
            .listed()
            .iter()
            .filter(|j| j.number != 0)
            .map(|j| j.proc.pid())
            .collect();
    }
    let mut out = Vec::new();
    for pid in &pids {
        let Some(job) = sh.jobs.by_pid(*pid) else { continue };
        let running = job.running();
        if p.has(b'r') && !running || p.has(b's') {
            continue;
        }
        if p.has(b'p') {
            out.extend_from_slice(format!("{pid}\n").as_bytes());
            continue;
        }
        out.extend_from_slice(&describe(sh, job, p.has(b'l')));
    }
    // What has ended was shown once.
    for pid in pids {
        sh.jobs.reap(pid);
    }
    let written = sh.put(b"jobs", &out)?;
    Ok(written.max(status))
}

/// A line as `jobs` prints it.
fn describe(sh: &Shell, job: &Job, long: bool) -> Vec<u8> {
    let pid = job.proc.pid();
    let mark = if sh.jobs.current().is_some_and(|j| j.proc.pid() == pid) {
        '+'
    } else if sh.jobs.previous().is_some_and(|j| j.proc.pid() == pid) {
        '-'
    } else {
        ' '
    };
    let state = match job.state() {
        JobState::Running => "Running".to_string(),
        JobState::Done(_, Some(signal)) => signal.text(),
        JobState::Done(0, None) => "Done".to_string(),
        JobState::Done(s, None) => format!("Exit {s}"),
    };
    let number = job.number;
    let mut line = if long {
        format!("[{number}]{mark} {pid} {state:<24}")
    } else {
        format!("[{number}]{mark}  {state:<24}")
    }
    .into_bytes();
    line.extend_from_slice(&job.text);
    if job.running() {
        line.extend_from_slice(b" &");
    }
    line.push(b'\n');
    line
}

pub(super) fn fg(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    // A line of a session is as good as typed: waiting for one of its jobs needs no terminal.
    if !sh.on(SetOpt::Monitor) && !sh.one_line {
        sh.builtin_error(b"fg", "no job control");
        return Ok(1);
    }
    let spec = args.get(1).map_or(&b"%%"[..], |a| &a[..]);
    let (pid, text, watch) = match sh.jobs.find(spec) {
        Ok(j) => (j.proc.pid(), j.text.clone(), j.watch()),
        Err(why) => {
            let shown = if args.len() > 1 { spec } else { b"current" };
            sh.builtin_error(b"fg", [shown, b": ", why.as_bytes()].concat());
            return Ok(1);
        }
    };
    sh.put(b"fg", &[&text[..], b"\n"].concat())?;
    let cancel = sh.cancel.clone();
    sh.proc
        .wait_until(&cancel, true, || matches!(watch(), JobState::Done(..)));
    if cancel.is_cancelled() {
        return Err(Flow::Stop);
    }
    Ok(sh.jobs.reap(pid).unwrap_or(0))
}

pub(super) fn bg(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    if !sh.on(SetOpt::Monitor) {
        sh.builtin_error(b"bg", "no job control");
        return Ok(1);
    }
    let spec = args.get(1).map_or(&b"%%"[..], |a| &a[..]);
    let message = match sh.jobs.find(spec) {
        Ok(j) if j.running() => format!("job {} already in background", j.number),
        Ok(_) => "job has terminated".to_string(),
        Err(why) => format!(
            "{}: {why}",
            if args.len() > 1 {
                String::from_utf8_lossy(spec)
            } else {
                "current".into()
            }
        ),
    };
    sh.builtin_error(b"bg", message);
    Ok(1)
}

pub(super) fn disown(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"ahr") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    if p.has(b'h') {
        return Ok(0);
    }
    if p.has(b'a') || p.has(b'r') {
        let pids: Vec<u32> = sh
            .jobs
            .iter()
            .filter(|j| p.has(b'a') || j.running())
            .map(|j| j.proc.pid())
            .collect();
        for pid in pids {
            sh.jobs.forget(pid);
        }
        return Ok(0);
    }
    let specs: Vec<&[u8]> = if p.operands == args.len() {
        vec![b"%%"]
    } else {
        args[p.operands..].iter().map(|a| &a[..]).collect()
    };
    let mut status = 0;
    for spec in specs {
        let found = match super::options::integer(spec).and_then(|n| u32::try_from(n).ok()) {
            Some(pid) if sh.jobs.by_pid(pid).is_some() => Ok(pid),
            _ => sh.jobs.find(spec).map(|j| j.proc.pid()),
        };
        match found {
            Ok(pid) => sh.jobs.forget(pid),
            Err(why) => {
                let shown: &[u8] = if p.operands == args.len() { b"current" } else { spec };
                sh.builtin_error(b"disown", [shown, b": ", why.as_bytes()].concat());
                status = 1;
            }
        }
    }
    Ok(status)
}

pub(super) fn suspend(sh: &mut Shell, _: &[Vec<u8>]) -> Exec {
    sh.builtin_error(b"suspend", "cannot suspend: no job control");
    Ok(1)
}
