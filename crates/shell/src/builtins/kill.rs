//! `kill`: signals to the shell's virtual processes.

use crate::jobs::Signal;
use crate::shell::{Exec, Shell};

use super::options::integer;

const USAGE: &str = "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]";

/// The table of `kill -l`.
pub(super) fn list() -> Vec<u8> {
    let mut out = String::new();
    let mut column = 0;
    for n in (1..=Signal::LAST).filter(|n| !matches!(n, 32 | 33)) {
        column += 1;
        out.push_str(&format!("{n:2}) {}", Signal(n).name()));
        if column < 5 {
            out.push('\t');
        } else {
            out.push('\n');
            column = 0;
        }
    }
    if column != 0 {
        out.push('\n');
    }
    out.into_bytes()
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let mut signal = Signal::TERM;
    let mut zero = false;
    let mut at = 1;
    let usage = |sh: &mut Shell| {
        sh.write_error(format!("kill: usage: {USAGE}\n").as_bytes());
        Ok(2)
    };
    let mut given = false;
    while let Some(a) = args.get(at) {
        match &a[..] {
            b"-l" | b"-L" => return names(sh, &args[at + 1..]),
            b"-s" | b"-n" => {
                let Some(spec) = args.get(at + 1) else {
                    sh.builtin_error(b"kill", [&a[..], b": option requires an argument"].concat());
                    return Ok(1);
                };
                match parse_signal(spec) {
                    Some(s) => (signal, zero) = s,
                    None => {
                        sh.builtin_error(b"kill", [&spec[..], b": invalid signal specification"].concat());
                        return Ok(1);
                    }
                }
                at += 2;
                given = true;
            }
            b"--" => {
                at += 1;
                break;
            }
            [b'-', spec @ ..] if !given && !spec.is_empty() => {
                match parse_signal(spec) {
                    Some(s) => (signal, zero) = s,
                    None => {
                        sh.builtin_error(b"kill", [spec, b": invalid signal specification"].concat());
                        return Ok(1);
                    }
                }
                at += 1;
                given = true;
            }
            _ => break,
        }
    }
    let targets = &args[at..];
    if targets.is_empty() {
        return usage(sh);
    }
    let mut delivered = false;
    for t in targets {
        delivered |= send(sh, t, signal, zero)?;
    }
    // A signal to this very shell acts before `kill` returns.
    sh.tick()?;
    Ok(u8::from(!delivered))
}

/// A signal, or 0, which only asks whether the process is there.
fn parse_signal(spec: &[u8]) -> Option<(Signal, bool)> {
    if spec == b"0" {
        return Some((Signal(1), true));
    }
    Signal::parse(spec).map(|s| (s, false))
}

fn send(sh: &mut Shell, target: &[u8], signal: Signal, zero: bool) -> Result<bool, crate::shell::Flow> {
    let proc = if target.starts_with(b"%") {
        match sh.jobs.find(target) {
            Ok(job) => Some(job.proc.clone()),
            Err(why) => {
                sh.builtin_error(b"kill", [target, b": ", why.as_bytes()].concat());
                return Ok(false);
            }
        }
    } else {
        let Some(pid) = integer(target) else {
            sh.builtin_error(b"kill", [target, b": arguments must be process or job IDs"].concat());
            return Ok(false);
        };
        // Process groups: ours consist of their leader.
        let pid = if pid == 0 {
            u64::from(sh.main_pid)
        } else {
            pid.unsigned_abs()
        };
        u32::try_from(pid).ok().and_then(|p| sh.engine.processes.get(p))
    };
    let Some(proc) = proc else {
        sh.error([b"kill: (", target, b") - No such process"].concat());
        return Ok(false);
    };
    // A finished job is no process any more.
    if sh.jobs.by_pid(proc.pid()).is_some_and(|j| !j.running()) {
        sh.error(format!("kill: ({}) - No such process", proc.pid()));
        return Ok(false);
    }
    if !zero {
        proc.deliver(signal);
    }
    Ok(true)
}

fn names(sh: &mut Shell, specs: &[Vec<u8>]) -> Exec {
    if specs.is_empty() {
        let text = list();
        return sh.put(b"kill", &text);
    }
    let mut status = 0;
    let mut out = Vec::new();
    for s in specs {
        if let Some(n) = integer(s) {
            // An exit status of a process ended by a signal is understood, too.
            let n = if n > 128 { n - 128 } else { n };
            if n == 0 {
                out.extend_from_slice(b"EXIT\n");
                continue;
            }
            match u8::try_from(n).ok().filter(|n| *n <= Signal::LAST) {
                Some(n) => {
                    let name = Signal(n).name();
                    out.extend_from_slice(name.strip_prefix("SIG").unwrap_or(&name).as_bytes());
                    out.push(b'\n');
                }
                None => {
                    sh.builtin_error(b"kill", [&s[..], b": invalid signal specification"].concat());
                    status = 1;
                }
            }
            continue;
        }
        match crate::trap::Event::parse(s) {
            Some(crate::trap::Event::Signal(sig)) => out.extend_from_slice(format!("{}\n", sig.0).as_bytes()),
            Some(crate::trap::Event::Exit) => out.extend_from_slice(b"0\n"),
            _ => {
                sh.builtin_error(b"kill", [&s[..], b": invalid signal specification"].concat());
                status = 1;
            }
        }
    }
    let written = sh.put(b"kill", &out)?;
    Ok(written.max(status))
}
