//! Commands found by name or path: the registry, and scripts in the tree.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use vfs::{CancelReason, Errno, FileKind, VPath};

use crate::command::{Candidate, CommandError, Context};
use crate::guard::{guards, notice};
use crate::io::{Input, Output};
use crate::jobs::Signal;
use crate::shell::{Exec, Flow, Shell};
use crate::timer::Deadline;

/// Directories in which the commands of the registry appear to lie.
pub(crate) const SYSTEM_DIRS: [&[u8]; 6] = [
    b"/usr/local/sbin",
    b"/usr/local/bin",
    b"/usr/sbin",
    b"/usr/bin",
    b"/sbin",
    b"/bin",
];

/// Most words that the name of a command may have.
const NAME_WORDS: usize = 4;

/// What a name leads to.
pub(crate) enum Found {
    /// A command of the registry, with the name it is registered by.
    Command(Vec<u8>),
    /// A file of the tree.
    File(VPath),
}

impl Shell {
    /// Where a command would be found (`type -p`, `command -v`).
    pub(crate) fn which(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        self.which_all(name, true).into_iter().next()
    }

    /// All places where a command would be found, in order of `PATH`.
    pub(crate) fn which_all(&mut self, name: &[u8], first_only: bool) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if memchr::memchr(b'/', name).is_some() {
            if matches!(self.resolve_path(name), Ok(Some(_))) && self.executable(name) {
                out.push(name.to_vec());
            }
            return out;
        }
        let Some(path) = self.get_var(b"PATH").map(std::borrow::Cow::into_owned) else {
            return out;
        };
        let mut registry_seen = false;
        for dir in path.split(|b| *b == b':') {
            let place = if dir.is_empty() {
                [b"./", name].concat()
            } else {
                [dir.strip_suffix(b"/").unwrap_or(dir), b"/", name].concat()
            };
            if SYSTEM_DIRS.contains(&dir) && self.is_command(name) {
                // Each command lies in one place: the first system directory of PATH that is /usr/bin or stands for it.
                let here = dir == b"/usr/bin" || dir == b"/bin" || !path_has_bin(&path);
                if here && !registry_seen {
                    registry_seen = true;
                    out.push(place);
                }
            } else if self.runnable_file(&place) {
                out.push(place);
            }
            if first_only && !out.is_empty() {
                break;
            }
        }
        if out.is_empty() {
            out.extend(self.unrunnable_file(&path, name));
        }
        out
    }

    /// Whether the registry, or the shell itself, has a command by this name.
    pub(crate) fn is_command(&self, name: &[u8]) -> bool {
        self.engine.registry().contains(name) || crate::builtins::also_command(name)
    }

    pub(crate) fn runnable_file(&mut self, place: &[u8]) -> bool {
        let Some(stat) = self.test_stat(place, true) else {
            return false;
        };
        stat.kind == FileKind::File && stat.mode.unwrap_or(0) & 0o111 != 0
    }

    /// The first file of that name in `PATH` that may not be run: what is found when nothing better is.
    fn unrunnable_file(&mut self, path: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        path.split(|b| *b == b':')
            .map(|dir| match dir {
                b"" => [b"./", name].concat(),
                dir => [dir.strip_suffix(b"/").unwrap_or(dir), b"/", name].concat(),
            })
            .find(|place| self.test_stat(place, true).is_some_and(|s| s.kind == FileKind::File))
    }

    fn executable(&mut self, name: &[u8]) -> bool {
        let Ok(path) = self.path(name) else { return false };
        system_name(path.as_bytes()).is_some_and(|n| self.is_command(n)) || self.runnable_file(name)
    }

    /// What a name with a slash leads to.
    fn resolve_path(&mut self, name: &[u8]) -> Result<Option<Found>, vfs::VfsError> {
        let path = self.path(name)?;
        match self.fs.stat(&path) {
            Ok(_) => Ok(Some(Found::File(path))),
            Err(e) => match system_name(path.as_bytes()) {
                Some(n) if self.is_command(n) => Ok(Some(Found::Command(n.to_vec()))),
                _ => Err(e),
            },
        }
    }

    /// What a name without a slash leads to, through `PATH`.
    fn resolve_name(&mut self, name: &[u8]) -> Option<Found> {
        if let Some((place, _)) = self.hashed.get(name) {
            let place = place.clone();
            if let Some(hits) = Arc::make_mut(&mut self.hashed).get_mut(name) {
                hits.1 += 1;
            }
            if let Ok(Some(found)) = self.resolve_path(&place) {
                return Some(found);
            }
            Arc::make_mut(&mut self.hashed).remove(name);
        }
        let path = self.get_var(b"PATH")?.into_owned();
        let mut unlisted = false;
        for dir in path.split(|b| *b == b':') {
            // System directories may hold files of the tree, too.
            if SYSTEM_DIRS.contains(&dir) && self.is_command(name) {
                if unlisted {
                    // Directories of the tree were searched in vain: remember the place.
                    let place = [dir, b"/", name].concat();
                    Arc::make_mut(&mut self.hashed).insert(name.to_vec(), (place, 1));
                }
                return Some(Found::Command(name.to_vec()));
            }
            unlisted = true;
            let place = if dir.is_empty() {
                [b"./", name].concat()
            } else {
                [dir.strip_suffix(b"/").unwrap_or(dir), b"/", name].concat()
            };
            if self.runnable_file(&place)
                && let Ok(p) = self.path(&place)
            {
                Arc::make_mut(&mut self.hashed).insert(name.to_vec(), (place, 1));
                return Some(Found::File(p));
            }
        }
        let place = self.unrunnable_file(&path, name)?;
        self.path(&place).ok().map(Found::File)
    }

    /// Runs what is neither a function nor a builtin.
    pub(crate) fn run_external(&mut self, args: Vec<Vec<u8>>) -> Exec {
        let name = args[0].clone();
        if name.is_empty() {
            self.error(": command not found");
            return Ok(127);
        }
        if memchr::memchr(b'/', &name).is_some() {
            return match self.resolve_path(&name) {
                Ok(Some(Found::Command(n))) => self.run_found(&n, args),
                Ok(Some(Found::File(path))) => self.run_file(&path, args),
                Ok(None) => Ok(127),
                Err(e) => {
                    if e.errno() == Errno::ECANCELED {
                        return Err(Flow::Stop);
                    }
                    self.error([&name[..], b": ", e.gnu_text().as_bytes()].concat());
                    Ok(if matches!(e.errno(), Errno::ENOENT | Errno::ENOTDIR) {
                        if e.errno() == Errno::ENOENT { 127 } else { 126 }
                    } else {
                        126
                    })
                }
            };
        }
        match self.resolve_name(&name) {
            Some(Found::Command(n)) => self.run_found(&n, args),
            Some(Found::File(path)) => self.run_file(&path, args),
            None => {
                if let Some(n) = self.long_name(&args) {
                    let words = n.iter().filter(|b| **b == b' ').count();
                    let mut rest = args;
                    rest.drain(..words);
                    return self.run_found(&n, rest);
                }
                self.not_found(args)
            }
        }
    }

    /// A command whose name has several words.
    fn long_name(&self, args: &[Vec<u8>]) -> Option<Vec<u8>> {
        (2..=NAME_WORDS.min(args.len()))
            .rev()
            .map(|n| args[..n].join(&b' '))
            .find(|n| self.engine.registry().contains(n))
    }

    fn not_found(&mut self, args: Vec<Vec<u8>>) -> Exec {
        if let Some(f) = self.funcs.get(&b"command_not_found_handle"[..]).cloned() {
            let mut sub = self.fork_process();
            let result = sub.call_function(&f, b"command_not_found_handle", args);
            return Ok(sub.finish_subshell(result));
        }
        let name = &args[0].clone();
        if self.get_var(b"PATH").is_none() {
            self.error([&name[..], b": No such file or directory"].concat());
        } else {
            self.named_error(name, "command not found");
        }
        Ok(127)
    }

    /// Runs a command of the registry, or the shell itself.
    fn run_found(&mut self, name: &[u8], args: Vec<Vec<u8>>) -> Exec {
        match self.engine.registry().get(name) {
            Some(candidates) => self.run_candidates(&candidates, args),
            None => self.run_own_command(name, args),
        }
    }

    /// Builtins that also exist as programs, and the shell.
    fn run_own_command(&mut self, name: &[u8], args: Vec<Vec<u8>>) -> Exec {
        if matches!(name, b"bash" | b"sh") {
            return self.run_shell_command(args);
        }
        match crate::builtins::find(name) {
            Some(b) => {
                let mut sub = self.fork_process();
                let mut args = args;
                args[0] = name.to_vec();
                let result = sub.run_builtin(b, args, Vec::new());
                Ok(sub.finish_subshell(result))
            }
            None => self.not_found(args),
        }
    }

    /// Asks the candidates of a name in turn, the most specific first.
    fn run_candidates(&mut self, candidates: &[Candidate], args: Vec<Vec<u8>>) -> Exec {
        let general_only =
            candidates.len() == 1 && candidates[0].resource.is_none() && candidates[0].filetype.is_none();
        let (kind, ext) = if general_only {
            (None, None)
        } else {
            self.first_operand(&args)
        };
        for c in candidates {
            let fits = c.resource.as_ref().is_none_or(|r| kind.as_deref() == Some(r.as_str()))
                && c.filetype.as_ref().is_none_or(|f| ext.as_deref() == Some(f.as_bytes()));
            if !fits {
                continue;
            }
            if let Some(status) = self.run_candidate(c, &args)? {
                return Ok(status);
            }
        }
        let wanted: Vec<&str> = candidates.iter().filter_map(|c| c.resource.as_deref()).collect();
        if wanted.is_empty() {
            return self.not_found(args);
        }
        let list = wanted.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(", ");
        let message = format!(
            "command '{}' is for resource(s) [{list}], not '{}'\n",
            String::from_utf8_lossy(&args[0]),
            kind.unwrap_or_default()
        );
        self.write_error(message.as_bytes());
        Ok(1)
    }

    /// The kind of backend and the extension of the first path operand, or of the working directory.
    fn first_operand(&self, args: &[Vec<u8>]) -> (Option<String>, Option<Vec<u8>>) {
        let operand = args.iter().skip(1).find(|a| !a.starts_with(b"-"));
        let path = operand
            .and_then(|o| self.path(o).ok())
            .unwrap_or_else(|| self.cwd.clone());
        let kind = self
            .fs
            .fs()
            .vfs()
            .mounts()
            .find(&path)
            .map(|(m, _)| m.resource.kind().to_string());
        let ext = path
            .file_name()
            .and_then(|n| memchr::memrchr(b'.', n).map(|i| n[i..].to_vec()));
        (kind, ext)
    }

    /// Runs one candidate; `None` when it declines.
    fn run_candidate(&mut self, c: &Candidate, args: &[Vec<u8>]) -> Result<Option<u8>, Flow> {
        let limits = self.call.limits().clone();
        let (cancel, deadline) = match limits.command_wall {
            Some(wall) => {
                let cancel = self.cancel.child();
                let deadline = Deadline::arm(wall, &cancel);
                (cancel, deadline)
            }
            None => (self.cancel.clone(), None),
        };
        let closed = || -> Arc<dyn crate::io::OpenFile> { Arc::new(crate::io::Closed) };
        let out = self.fds.get(1).cloned().unwrap_or_else(closed);
        let err = self.fds.get(2).cloned().unwrap_or_else(closed);
        let base = args[0].rsplit(|b| *b == b'/').next().unwrap_or(&args[0]);
        let guard = if guards(base) { self.call.guard(&out) } else { None };
        let out = match &guard {
            Some((g, _)) => g.clone(),
            None => out,
        };
        let env = self.vars.environment();
        let stdin = self.stdin();
        let host = super::host::ShellHost { shell: self };
        let mut cx = Context {
            name: base.to_vec(),
            args: args[1..].to_vec(),
            stdin: Input::new(stdin, cancel.clone()),
            stdout: Output::new(out, cancel.clone()),
            stderr: Output::unbuffered(err, cancel.clone()),
            env,
            cwd: host.shell.cwd.clone(),
            fs: host.shell.fs.with_cancel(cancel.clone()),
            cancel: cancel.clone(),
            umask: host.shell.umask,
            limits: &limits,
            host: &host,
        };
        let run = catch_unwind(AssertUnwindSafe(|| {
            let result = c.command.run(&mut cx);
            match result {
                Ok(status) => cx.stdout.flush_now().map(|()| status).map_err(CommandError::from),
                Err(e) => {
                    // What was printed before the failure is shown before its message.
                    if !matches!(e, CommandError::Cancelled) {
                        let _ = cx.stdout.flush_now();
                    }
                    Err(e)
                }
            }
        }));
        let mut say = |text: &[u8]| {
            let line = [&cx.name[..], b": ", text, b"\n"].concat();
            let _ = std::io::Write::write_all(&mut cx.stderr, &line);
        };
        let status = match run {
            Ok(Ok(status)) => Ok(status.0),
            Ok(Err(CommandError::Declined)) => return Ok(None),
            Ok(Err(CommandError::Fail { status, message })) => {
                say(&message);
                Ok(status)
            }
            Ok(Err(CommandError::Limit(what))) => {
                drop(cx);
                return Err(self.limit(what));
            }
            Ok(Err(CommandError::BrokenPipe)) => Err(Errno::EPIPE),
            Ok(Err(CommandError::Cancelled)) => Err(Errno::ECANCELED),
            Err(panic) => {
                say(format!("internal error: {}", crate::command::panic_text(&*panic)).as_bytes());
                Ok(134)
            }
        };
        drop(cx);
        drop(deadline);
        let timed_out = cancel.reason() == Some(CancelReason::Timeout) && !self.cancel.is_cancelled();
        match status {
            _ if self.cancel.is_cancelled() => Err(Flow::Stop),
            _ if timed_out => {
                let seconds = limits.command_wall.map_or(0.0, |w| w.as_secs_f64());
                let line = [base, format!(": timed out after {seconds}s\n").as_bytes()].concat();
                self.write_error(&line);
                Ok(Some(124))
            }
            Ok(s) => Ok(Some(s)),
            Err(Errno::EPIPE) if guard.as_ref().is_some_and(|(g, _)| g.cut()) => {
                if let Some((_, lines)) = guard {
                    self.write_error(notice(lines).as_bytes());
                }
                Ok(Some(0))
            }
            Err(Errno::EPIPE) => {
                if self.proc.ignores(Signal::PIPE) {
                    let line = [base, b": write error: Broken pipe\n"].concat();
                    self.write_error(&line);
                    return Ok(Some(1));
                }
                Ok(Some(141))
            }
            Err(_) => Ok(Some(130)),
        }
    }

    /// Runs a file of the tree: a script.
    fn run_file(&mut self, path: &VPath, args: Vec<Vec<u8>>) -> Exec {
        let name = &args[0];
        let stat = match self.fs.stat(path) {
            Ok(s) => s,
            Err(e) => {
                self.error([&name[..], b": ", e.gnu_text().as_bytes()].concat());
                return Ok(127);
            }
        };
        if stat.is_dir() {
            self.error([&name[..], b": Is a directory"].concat());
            return Ok(126);
        }
        if stat.mode.unwrap_or(0) & 0o111 == 0 {
            self.error([&name[..], b": Permission denied"].concat());
            return Ok(126);
        }
        let text = match self.fs.read_all(path) {
            Ok(t) => t,
            Err(e) => {
                self.error([&name[..], b": ", e.gnu_text().as_bytes()].concat());
                return Ok(126);
            }
        };
        let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
        if let Some(line) = first.strip_prefix(b"#!") {
            let line = line.trim_ascii();
            let (interpreter, rest) = match line.iter().position(|b| matches!(b, b' ' | b'\t')) {
                Some(at) => (&line[..at], line[at..].trim_ascii()),
                None => (line, &b""[..]),
            };
            let base = interpreter.rsplit(|b| *b == b'/').next().unwrap_or_default();
            let mut argv: Vec<Vec<u8>> = Vec::new();
            if base == b"env" {
                let rest = rest.strip_prefix(b"-S").unwrap_or(rest);
                argv.extend(rest.split(|b| *b == b' ').filter(|w| !w.is_empty()).map(<[u8]>::to_vec));
            } else {
                argv.push(base.to_vec());
                if !rest.is_empty() {
                    argv.push(rest.to_vec());
                }
            }
            let shell = argv.first().is_some_and(|a| {
                matches!(
                    a.rsplit(|b| *b == b'/').next(),
                    Some(b"bash" | b"sh" | b"dash" | b"ksh")
                )
            });
            argv.push(name.clone());
            argv.extend(args.into_iter().skip(1));
            if shell {
                return self.run_shell_command(argv);
            }
            if !self.is_command(&argv[0]) {
                let said = [
                    &argv[argv.len().min(1)..].first().cloned().unwrap_or_default()[..],
                    b": ",
                    interpreter,
                    b": bad interpreter: No such file or directory",
                ]
                .concat();
                self.error(said);
                return Ok(126);
            }
            let name = argv[0].clone();
            return self.run_found(&name, argv);
        }
        if memchr::memchr(0, &text[..text.len().min(80)]).is_some() {
            self.error([&name[..], b": cannot execute binary file: Exec format error"].concat());
            return Ok(126);
        }
        if std::mem::take(&mut self.in_place) {
            self.become_script(name, args[1..].to_vec());
            return self.run_script(text);
        }
        let mut sub = self.fork_process();
        sub.become_script(name, args[1..].to_vec());
        let result = sub.run_script(text);
        Ok(sub.finish_subshell(result))
    }
}

fn path_has_bin(path: &[u8]) -> bool {
    path.split(|b| *b == b':').any(|d| d == b"/usr/bin" || d == b"/bin")
}

/// The name of a command that a path such as `/usr/bin/ls` means.
pub(crate) fn system_name(path: &[u8]) -> Option<&[u8]> {
    let at = memchr::memrchr(b'/', path)?;
    SYSTEM_DIRS.contains(&&path[..at]).then(|| &path[at + 1..])
}
