//! `exec`.

use crate::shell::{Exec, Flow, Shell};
use crate::state::options::ShOpt;
use crate::state::value::Attrs;

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"cla:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let words = args[p.operands..].to_vec();
    if words.is_empty() {
        sh.keep_redirects = true;
        return Ok(0);
    }
    let name = words[0].clone();
    let found = if memchr::memchr(b'/', &name).is_some() {
        sh.test_stat(&name, true).is_some() || crate::exec::system_name(&name).is_some_and(|n| sh.is_command(n))
    } else {
        sh.which(&name).is_some()
    };
    if !found {
        let message: &[u8] = if memchr::memchr(b'/', &name).is_some() {
            b": No such file or directory"
        } else {
            b": not found"
        };
        if memchr::memchr(b'/', &name).is_some() {
            sh.error([&name[..], message].concat());
        } else {
            sh.builtin_error(b"exec", [&name[..], message].concat());
        }
        return if sh.shopt(ShOpt::Execfail) {
            Ok(127)
        } else {
            Err(Flow::Exit(127))
        };
    }
    if p.has(b'c') {
        let names: Vec<_> = sh.vars.environment().keys().cloned().collect();
        for n in names {
            while let Some(at) = sh.vars.scope_of(&n) {
                if n == b"PATH" {
                    // The command itself is still looked up.
                    if let Some(v) = sh.vars.entry_at(at, &n) {
                        v.attrs.remove(Attrs::EXPORT);
                    }
                    break;
                }
                sh.vars.remove_at(at, &n);
            }
        }
    }
    // The shell is replaced: nothing of it runs any more, not even its EXIT trap.
    sh.traps.set(crate::trap::Event::Exit, None);
    let mut words = words;
    if let Some((_, Some(zero))) = p.options.iter().find(|(l, _)| *l == b'a')
        && matches!(&name[..], b"bash" | b"sh")
    {
        sh.exec_name = Some(zero.to_vec());
    }
    words[0] = name;
    let status = sh.run_external(words)?;
    Err(Flow::Exit(status))
}
