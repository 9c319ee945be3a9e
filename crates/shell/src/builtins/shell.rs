//! `bash` and `sh` as commands: a shell of its own in the same tree.

use std::sync::Arc;

use vfs::Errno;

use crate::shell::{Exec, Origin, Shell};
use crate::state::dynamic::VERSION;
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::Var;

impl Shell {
    /// What `-i` switches on.
    fn become_interactive(&mut self) {
        self.interactive = true;
        self.opts.set_shopt(ShOpt::ExpandAliases, true);
        self.switch_option(SetOpt::History, true);
        self.switch_option(SetOpt::Histexpand, true);
        let home = self.var_text(b"HOME");
        let defaults: [(&[u8], Vec<u8>); 5] = [
            (b"HISTFILE", [&home[..], b"/.bash_history"].concat()),
            (b"HISTSIZE", b"500".to_vec()),
            (b"HISTFILESIZE", b"500".to_vec()),
            (b"PS1", br"\s-\v\$ ".to_vec()),
            (b"PS2", b"> ".to_vec()),
        ];
        for (name, value) in defaults {
            if self.vars.get(name).is_none() {
                self.vars.put(name, Var::scalar(value));
            }
        }
    }

    /// Runs `bash [options] [-c command [name [args]] | file [args] | -s [args]]`.
    pub(crate) fn run_shell_command(&mut self, args: Vec<Vec<u8>>) -> Exec {
        self.descend(b"bash")?;
        if std::mem::take(&mut self.in_place) {
            return self.shell_command(args);
        }
        let mut sub = self.fork_process();
        self.depth -= 1;
        let result = sub.shell_command(args);
        let status = sub.finish_subshell(result);
        if self.cancel.is_cancelled() {
            return Err(crate::shell::Flow::Stop);
        }
        Ok(status)
    }

    fn shell_command(&mut self, args: Vec<Vec<u8>>) -> Exec {
        let called = self.exec_name.take().unwrap_or_else(|| args[0].clone());
        let name = args[0].rsplit(|b| *b == b'/').next().unwrap_or(b"bash").to_vec();
        self.become_script(&called, Vec::new());
        if name == b"sh" {
            self.switch_option(SetOpt::Posix, true);
        }
        let mut at = 1;
        let (mut command, mut stdin) = (false, false);
        while let Some(a) = args.get(at).cloned() {
            if let Some(long) = a.strip_prefix(b"--") {
                at += 1;
                match long {
                    b"" => break,
                    b"posix" => self.switch_option(SetOpt::Posix, true),
                    b"verbose" => self.switch_option(SetOpt::Verbose, true),
                    b"version" => {
                        let text = format!("GNU bash, version {VERSION} (x86_64-pc-linux-gnu)\n");
                        return self.put(b"bash", text.as_bytes());
                    }
                    b"rcfile" | b"init-file" => at += 1,
                    b"norc" | b"noprofile" | b"login" | b"noediting" | b"debugger" | b"restricted" => {}
                    b"help" => {
                        return self.put(
                            b"bash",
                            b"GNU bash, version 5.2.15(1)-release-(x86_64-pc-linux-gnu)\nUsage:\tbash [GNU long option] [option] ...\n\tbash [GNU long option] [option] script-file ...\n",
                        );
                    }
                    _ => {
                        let line = [&self.name[..], b": ", &a, b": invalid option\n"].concat();
                        self.write_error(&line);
                        return Ok(2);
                    }
                }
                continue;
            }
            let (on, letters) = match a.as_slice() {
                b"-" => {
                    at += 1;
                    break;
                }
                [b'-', l @ ..] if !l.is_empty() => (true, l),
                [b'+', l @ ..] if !l.is_empty() => (false, l),
                _ => break,
            };
            at += 1;
            for l in letters {
                match l {
                    b'c' => command = true,
                    b's' if on => stdin = true,
                    b'i' if on => self.become_interactive(),
                    b'i' | b'l' | b'r' | b'D' => {}
                    b'o' => {
                        let Some(o) = args.get(at).cloned() else {
                            return self.run_builtin_named(b"set");
                        };
                        at += 1;
                        match SetOpt::from_name(&o) {
                            Some(o) => self.switch_option(o, on),
                            None => {
                                let line = [&self.name[..], b": ", &o, b": invalid option name\n"].concat();
                                self.write_error(&line);
                                return Ok(2);
                            }
                        }
                    }
                    b'O' => {
                        let Some(o) = args.get(at).cloned() else {
                            return Ok(0);
                        };
                        at += 1;
                        match ShOpt::from_name(&o) {
                            Some(o) => self.opts.set_shopt(o, on),
                            None => {
                                let line = [&self.name[..], b": ", &o, b": invalid shell option name\n"].concat();
                                self.write_error(&line);
                                return Ok(1);
                            }
                        }
                    }
                    l => match SetOpt::from_letter(*l) {
                        Some(o) => self.switch_option(o, on),
                        None => {
                            let line = [&self.name[..], b": ", &a, b": invalid option\n"].concat();
                            self.write_error(&line);
                            return Ok(2);
                        }
                    },
                }
            }
        }
        let mut rest = args[at.min(args.len())..].to_vec();
        if command {
            if rest.is_empty() {
                let line = [&self.name[..], b": -c: option requires an argument\n"].concat();
                self.write_error(&line);
                return Ok(2);
            }
            let text = rest.remove(0);
            if !rest.is_empty() {
                self.name = Arc::from(rest.remove(0));
            }
            self.positional = Arc::new(rest);
            self.origin = Origin::CommandString;
            return self.run_main(&text);
        }
        if stdin || rest.is_empty() {
            self.positional = Arc::new(rest);
            self.origin = Origin::Stream;
            return self.run_stdin();
        }
        let file = rest.remove(0);
        self.positional = Arc::new(rest);
        self.run_script_file(&file)
    }

    fn run_script_file(&mut self, file: &[u8]) -> Exec {
        let mut place = file.to_vec();
        if memchr::memchr(b'/', file).is_none()
            && self.test_stat(file, true).is_none()
            && let Some(found) = self.which(file)
        {
            place = found;
        }
        let opened = self
            .open_file(&place, vfs::OpenOptions::reading(), false)
            .and_then(|f| crate::io::Input::new(f, self.cancel.clone()).read_all());
        match opened {
            Ok(text) => {
                self.name = Arc::from(file);
                if memchr::memchr(0, &text[..text.len().min(80)]).is_some() {
                    let line = [file, b": ", file, b": cannot execute binary file\n"].concat();
                    self.write_error(&line);
                    return Ok(126);
                }
                self.run_script(text)
            }
            Err(e) => {
                let line = [&self.name[..], b": ", file, b": ", e.gnu_text().as_bytes(), b"\n"].concat();
                self.write_error(&line);
                Ok(if e.errno() == Errno::ENOENT { 127 } else { 126 })
            }
        }
    }
}
