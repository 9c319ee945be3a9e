//! `set`.

use std::sync::Arc;

use crate::expand::{list_literal, quote};
use crate::shell::{Exec, Shell};
use crate::state::options::SetOpt;
use crate::state::value::Value;

use super::options::usage_error;

impl Shell {
    /// Switches a `set` option with what hangs on it.
    pub(crate) fn switch_option(&mut self, option: SetOpt, on: bool) {
        self.opts.set(option, on);
        match option {
            SetOpt::Posix if on => {
                self.opts.set_shopt(crate::state::options::ShOpt::ExpandAliases, true);
            }
            SetOpt::Emacs if on => self.opts.set(SetOpt::Vi, false),
            SetOpt::Vi if on => self.opts.set(SetOpt::Emacs, false),
            _ => {}
        }
    }

    /// Reads options as `set` and `bash` take them, from `args[at]` on: the index after them, or an error status.
    pub(crate) fn read_set_options(&mut self, args: &[Vec<u8>], mut at: usize) -> Result<Option<usize>, u8> {
        while let Some(a) = args.get(at) {
            let (on, letters) = match a.as_slice() {
                [b'-', rest @ ..] if !rest.is_empty() && rest != b"-" => (true, rest),
                [b'+', rest @ ..] if !rest.is_empty() => (false, rest),
                _ => return Ok(Some(at)),
            };
            for l in letters {
                if *l == b'o' {
                    let Some(name) = args.get(at + 1).filter(|n| {
                        // `set -o` alone lists.
                        !n.is_empty() && !n.starts_with(b"-") && !n.starts_with(b"+")
                    }) else {
                        self.list_options(on);
                        return Ok(None);
                    };
                    match SetOpt::from_name(name) {
                        Some(o) => self.switch_option(o, on),
                        None => {
                            self.builtin_error(b"set", [&name[..], b": invalid option name"].concat());
                            return Err(2);
                        }
                    }
                    at += 1;
                    continue;
                }
                match SetOpt::from_letter(*l) {
                    Some(o) => self.switch_option(o, on),
                    None => {
                        let sign: &[u8] = if on { b"-" } else { b"+" };
                        return Err(usage_error(
                            self,
                            b"set",
                            &[sign, &[*l][..], b": invalid option"].concat(),
                        ));
                    }
                }
            }
            at += 1;
        }
        Ok(Some(at))
    }

    fn list_options(&mut self, readable: bool) {
        let mut out = Vec::new();
        for o in SetOpt::ALL {
            let on = self.on(*o);
            let line = if readable {
                format!("{:<15}\t{}\n", o.name(), if on { "on" } else { "off" })
            } else {
                format!("set {} {}\n", if on { "-o" } else { "+o" }, o.name())
            };
            out.extend_from_slice(line.as_bytes());
        }
        // A failure is reported by `put`; the status of a listing is 0.
        let _ = self.put(b"set", &out);
    }
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    if args.len() == 1 {
        return list(sh);
    }
    let at = match sh.read_set_options(args, 1) {
        Ok(Some(at)) => at,
        Ok(None) => return Ok(0),
        Err(status) => return Ok(status),
    };
    match args.get(at).map(Vec::as_slice) {
        None => {}
        Some(b"--") => sh.positional = Arc::new(args[at + 1..].to_vec()),
        Some(b"-") => {
            sh.switch_option(SetOpt::Xtrace, false);
            sh.switch_option(SetOpt::Verbose, false);
            if args.len() > at + 1 {
                sh.positional = Arc::new(args[at + 1..].to_vec());
            }
        }
        // A lone `+` is ignored.
        Some(b"+") if args.len() == at + 1 => {}
        Some(b"+") => return run(sh, &[&args[..1], &args[at + 1..]].concat()),
        Some(_) => sh.positional = Arc::new(args[at..].to_vec()),
    }
    Ok(0)
}

/// All variables, then (outside POSIX mode) all functions.
fn list(sh: &mut Shell) -> Exec {
    let mut out = Vec::new();
    for name in sh.vars.names() {
        let Some(v) = sh.lookup(&name) else { continue };
        let text = match &v.value {
            Value::Unset => continue,
            Value::Scalar(s) => quote::for_set(s),
            list => list_literal(list),
        };
        out.extend_from_slice(&name);
        out.push(b'=');
        out.extend_from_slice(&text);
        out.push(b'\n');
    }
    if !sh.on(SetOpt::Posix) {
        let mut names: Vec<_> = sh.funcs.keys().cloned().collect();
        names.sort();
        for n in names {
            if let Some(text) = super::type_::function_text(sh, &n) {
                out.extend_from_slice(&text);
                out.push(b'\n');
            }
        }
    }
    sh.put(b"set", &out)
}
