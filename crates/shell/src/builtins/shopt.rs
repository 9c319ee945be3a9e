//! `shopt`.

use crate::shell::{Exec, Shell};
use crate::state::options::{SetOpt, ShOpt};

use super::options::parse;

/// An option of either kind.
#[derive(Clone, Copy)]
enum Opt {
    Set(SetOpt),
    Shopt(ShOpt),
}

impl Opt {
    fn name(self) -> &'static str {
        match self {
            Self::Set(o) => o.name(),
            Self::Shopt(o) => o.name(),
        }
    }

    fn on(self, sh: &Shell) -> bool {
        match self {
            Self::Set(o) => sh.on(o),
            Self::Shopt(o) => sh.shopt(o),
        }
    }

    fn line(self, sh: &Shell, reusable: bool) -> Vec<u8> {
        let on = self.on(sh);
        match (reusable, self) {
            (true, Self::Shopt(o)) => format!("shopt {} {}\n", if on { "-s" } else { "-u" }, o.name()),
            (true, Self::Set(o)) => format!("set {} {}\n", if on { "-o" } else { "+o" }, o.name()),
            (false, o) => format!("{:<15}\t{}\n", o.name(), if on { "on" } else { "off" }),
        }
        .into_bytes()
    }
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"psuqo") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let (set, unset, quiet) = (p.has(b's'), p.has(b'u'), p.has(b'q'));
    if set && unset {
        sh.builtin_error(b"shopt", "cannot set and unset shell options simultaneously");
        return Ok(1);
    }
    let of_set = p.has(b'o');
    let operands = &args[p.operands..];
    if operands.is_empty() {
        let every: Vec<Opt> = if of_set {
            SetOpt::ALL.iter().map(|o| Opt::Set(*o)).collect()
        } else {
            ShOpt::ALL.iter().map(|o| Opt::Shopt(*o)).collect()
        };
        let mut out = Vec::new();
        for o in every {
            let on = o.on(sh);
            if set && !on || unset && on {
                continue;
            }
            out.extend_from_slice(&o.line(sh, p.has(b'p')));
        }
        return if quiet { Ok(0) } else { sh.put(b"shopt", &out) };
    }
    let mut status = 0;
    let mut out = Vec::new();
    for name in operands {
        let found = if of_set {
            SetOpt::from_name(name).map(Opt::Set)
        } else {
            ShOpt::from_name(name).map(Opt::Shopt)
        };
        let Some(o) = found else {
            let kind: &[u8] = if of_set {
                b": invalid option name"
            } else {
                b": invalid shell option name"
            };
            sh.builtin_error(b"shopt", [&name[..], kind].concat());
            status = 1;
            continue;
        };
        if set || unset {
            match o {
                Opt::Set(s) => sh.switch_option(s, set),
                Opt::Shopt(ShOpt::RestrictedShell | ShOpt::LoginShell) => {}
                Opt::Shopt(s) => sh.opts.set_shopt(s, set),
            }
        } else {
            if !o.on(sh) {
                status = 1;
            }
            if !quiet {
                out.extend_from_slice(&o.line(sh, p.has(b'p')));
            }
        }
    }
    let written = sh.put(b"shopt", &out)?;
    Ok(written.max(status))
}
