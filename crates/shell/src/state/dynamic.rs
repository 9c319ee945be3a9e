//! Variables that the shell computes or sets itself.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::command::Environment;
use crate::shell::{Origin, Shell};

use super::array::Indexed;
use super::assoc::Assoc;
use super::value::{Attrs, Value, Var};

/// The version that `$BASH_VERSION` names, whose behaviour is followed.
pub const VERSION: &str = "5.2.15(1)-release";

const DYNAMIC: &[&[u8]] = &[
    b"RANDOM",
    b"SRANDOM",
    b"SECONDS",
    b"LINENO",
    b"BASHPID",
    b"EPOCHSECONDS",
    b"EPOCHREALTIME",
    b"FUNCNAME",
    b"BASH_SOURCE",
    b"BASH_LINENO",
    b"PIPESTATUS",
    b"DIRSTACK",
    b"BASH_SUBSHELL",
    b"BASH_COMMAND",
    b"SHELLOPTS",
    b"BASHOPTS",
    b"BASH_ALIASES",
    b"BASH_CMDS",
    b"BASH_ARGV0",
    b"GROUPS",
    b"HISTCMD",
    b"BASH_ARGC",
    b"BASH_ARGV",
    b"_",
];

fn number(n: impl ToString) -> Value {
    Value::Scalar(n.to_string().into_bytes())
}

/// Time since the epoch.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl Shell {
    /// Sets up the variables of a new shell.
    pub(crate) fn install_variables(&mut self, env: &Environment) {
        for (name, value) in env {
            self.vars.put(name, Var::scalar(value.clone()).with(Attrs::EXPORT));
        }
        for name in DYNAMIC {
            let attrs = match *name {
                b"SHELLOPTS" | b"BASHOPTS" => Attrs::DYNAMIC.union(Attrs::READONLY),
                b"FUNCNAME" | b"BASH_SOURCE" | b"BASH_LINENO" | b"PIPESTATUS" | b"DIRSTACK" | b"GROUPS"
                | b"BASH_ARGC" | b"BASH_ARGV" => Attrs::DYNAMIC.union(Attrs::INDEXED),
                b"BASH_ALIASES" | b"BASH_CMDS" => Attrs::DYNAMIC.union(Attrs::ASSOC),
                b"RANDOM" | b"SRANDOM" | b"SECONDS" | b"HISTCMD" | b"BASHPID" => Attrs::DYNAMIC.union(Attrs::INTEGER),
                _ => Attrs::DYNAMIC,
            };
            self.vars.put(
                name,
                Var {
                    value: Value::Scalar(Vec::new()),
                    attrs,
                },
            );
        }
        let plain: [(&[u8], &[u8]); 10] = [
            (b"IFS", b" \t\n"),
            (b"PS4", b"+ "),
            (b"OPTIND", b"1"),
            (b"OPTERR", b"1"),
            (b"BASH", b"/bin/bash"),
            (b"BASH_VERSION", VERSION.as_bytes()),
            (b"HOSTNAME", &self.hostname.clone()),
            (b"HOSTTYPE", b"x86_64"),
            (b"OSTYPE", b"linux-gnu"),
            (b"MACHTYPE", b"x86_64-pc-linux-gnu"),
        ];
        for (name, value) in plain {
            // What the environment says of the machine stands.
            if matches!(name, b"HOSTNAME" | b"HOSTTYPE" | b"OSTYPE" | b"MACHTYPE") && self.vars.get(name).is_some() {
                continue;
            }
            self.vars.put(name, Var::scalar(value));
        }
        for (name, value) in [(&b"UID"[..], self.uid), (b"EUID", self.uid), (b"PPID", 1)] {
            self.vars.put(
                name,
                Var::scalar(value.to_string()).with(Attrs::READONLY.union(Attrs::INTEGER)),
            );
        }
        let info: Indexed = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"]
            .iter()
            .map(|s| s.as_bytes().to_vec())
            .collect();
        self.vars.put(
            b"BASH_VERSINFO",
            Var {
                value: Value::Indexed(info),
                attrs: Attrs::READONLY,
            },
        );
        if self.vars.get(b"PATH").is_none() {
            self.vars.put(
                b"PATH",
                Var::scalar(&b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"[..]),
            );
        }
        if self.vars.get(b"TERM").is_none() {
            self.vars.put(b"TERM", Var::scalar(&b"dumb"[..]));
        }
        let level = self
            .vars
            .get(b"SHLVL")
            .and_then(|v| v.value.scalar())
            .and_then(|v| std::str::from_utf8(v).ok()?.parse::<i64>().ok())
            .unwrap_or(0);
        self.vars
            .put(b"SHLVL", Var::scalar((level + 1).to_string()).with(Attrs::EXPORT));
        self.last_arg = b"/bin/bash".to_vec();
        if self.vars.get(b"OLDPWD").is_none() {
            self.vars.put(
                b"OLDPWD",
                Var {
                    value: Value::Unset,
                    attrs: Attrs::EXPORT,
                },
            );
        }
        self.set_cwd(self.cwd.clone());
    }

    /// The value of a dynamic variable.
    pub(crate) fn dynamic(&self, name: &[u8]) -> Value {
        let list = |items: Vec<Vec<u8>>| Value::Indexed(items.into());
        match name {
            b"RANDOM" => number(self.next_random()),
            b"SRANDOM" => {
                let a = u32::from(self.next_random());
                let b = u32::from(self.next_random());
                let c = u32::from(self.next_random());
                number((a << 30) ^ (b << 15) ^ c ^ (now().subsec_nanos() << 3))
            }
            b"SECONDS" => number(self.seconds_base.wrapping_add(self.started.elapsed().as_secs() as i64)),
            b"LINENO" => number(self.line),
            b"BASHPID" => number(self.proc.pid()),
            b"EPOCHSECONDS" => number(now().as_secs()),
            b"EPOCHREALTIME" => {
                let t = now();
                Value::Scalar(format!("{}.{:06}", t.as_secs(), t.subsec_micros()).into_bytes())
            }
            b"FUNCNAME" => {
                if !self.frames.iter().any(|f| f.function) {
                    return Value::Unset;
                }
                let mut names: Vec<_> = self.frames.iter().rev().map(|f| f.name.to_vec()).collect();
                if self.origin == Origin::File {
                    names.push(b"main".to_vec());
                }
                list(names)
            }
            b"BASH_SOURCE" => {
                let mut names: Vec<_> = self.frames.iter().rev().map(|f| f.source.to_vec()).collect();
                if self.origin == Origin::File {
                    names.push(self.name.to_vec());
                }
                list(names)
            }
            b"BASH_LINENO" => {
                let mut lines: Vec<_> = self
                    .frames
                    .iter()
                    .rev()
                    .map(|f| f.line.to_string().into_bytes())
                    .collect();
                if self.origin == Origin::File {
                    lines.push(b"0".to_vec());
                }
                list(lines)
            }
            b"PIPESTATUS" => list(self.pipestatus.iter().map(|s| s.to_string().into_bytes()).collect()),
            b"DIRSTACK" => list(
                std::iter::once(&self.cwd)
                    .chain(self.dirs.iter().rev())
                    .map(|d| self.tilde_form(d.as_bytes()))
                    .collect(),
            ),
            b"BASH_SUBSHELL" => number(self.subshell),
            b"BASH_COMMAND" => Value::Scalar(self.command_text.to_vec()),
            b"SHELLOPTS" => Value::Scalar(self.opts.shellopts()),
            b"BASHOPTS" => Value::Scalar(self.opts.bashopts()),
            b"BASH_ALIASES" => {
                let mut map = Assoc::new();
                for (k, v) in self.aliases.iter() {
                    map.set(k, v.clone());
                }
                Value::Assoc(map)
            }
            b"BASH_CMDS" => {
                let mut map = Assoc::new();
                for (k, (v, _)) in self.hashed.iter() {
                    map.set(k, v.clone());
                }
                Value::Assoc(map)
            }
            b"BASH_ARGV0" => Value::Scalar(self.name.to_vec()),
            b"GROUPS" => list(vec![self.gid.to_string().into_bytes()]),
            b"HISTCMD" => number(self.history.len() + 1),
            b"BASH_ARGC" | b"BASH_ARGV" => list(Vec::new()),
            b"_" => Value::Scalar(self.last_arg.clone()),
            _ => Value::Unset,
        }
    }

    /// What an assignment to a dynamic variable does.
    pub(crate) fn assign_dynamic(&mut self, name: &[u8], value: &[u8]) {
        let n = std::str::from_utf8(value)
            .ok()
            .and_then(|v| v.trim().parse::<i64>().ok());
        match name {
            b"RANDOM" => {
                self.random.store(n.unwrap_or(0) as u32, Ordering::Relaxed);
                self.last_random.store(0, Ordering::Relaxed);
            }
            b"SECONDS" => {
                self.seconds_base = n.unwrap_or(0);
                self.started = std::time::Instant::now();
            }
            b"LINENO" => self.line = n.unwrap_or(0) as u32,
            b"BASH_ARGV0" => self.name = value.into(),
            _ => {}
        }
    }

    /// When the shell was started, in seconds since the epoch.
    pub(crate) fn start_seconds(&self) -> i64 {
        now().saturating_sub(self.started.elapsed()).as_secs() as i64
    }

    /// Starts the random numbers somewhere.
    pub(crate) fn seed_random(&self) {
        let t = now();
        let seed = t.subsec_nanos() ^ (t.as_secs() as u32) ^ (self.proc.pid() << 16);
        self.random.store(seed, Ordering::Relaxed);
    }

    /// The next of bash's random numbers: the minimal standard generator of Park and Miller, folded to 15 bits, never twice
    /// the same number in a row.
    fn next_random(&self) -> u16 {
        loop {
            let seed = match self.random.load(Ordering::Relaxed) {
                0 => 123_459_876,
                s => s as i32,
            };
            let (h, l) = (seed / 127_773, seed % 127_773);
            let t = 16_807i32.wrapping_mul(l).wrapping_sub(2_836i32.wrapping_mul(h));
            let next = (if t < 0 { t.wrapping_add(0x7fff_ffff) } else { t }) as u32;
            self.random.store(next, Ordering::Relaxed);
            let folded = ((next >> 16) ^ (next & 0xffff)) & 0x7fff;
            if self.last_random.swap(folded, Ordering::Relaxed) != folded {
                return folded as u16;
            }
        }
    }

    /// A directory as `dirs` shows it: `~` for the home directory.
    pub(crate) fn tilde_form(&self, dir: &[u8]) -> Vec<u8> {
        if let Some(home) = self.vars.get(b"HOME").and_then(|v| v.value.scalar())
            && home.len() > 1
            && let Some(rest) = dir.strip_prefix(&home[..])
            && (rest.is_empty() || rest[0] == b'/')
        {
            return [b"~", rest].concat();
        }
        dir.to_vec()
    }
}
