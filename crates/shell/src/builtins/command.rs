//! `command`.

use crate::exec::Target;
use crate::shell::{Exec, Shell};
use crate::state::value::{Attrs, Var};
use crate::state::vars::ScopeKind;

use super::options::parse;

const DEFAULT_PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"pVv") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let words = args[p.operands..].to_vec();
    if words.is_empty() {
        return Ok(0);
    }
    let depth = sh.vars.depth();
    if p.has(b'p') {
        sh.vars.push(ScopeKind::Temporary);
        sh.vars
            .put_innermost(b"PATH", Var::scalar(DEFAULT_PATH).with(Attrs::EXPORT));
    }
    let result = if p.has(b'v') || p.has(b'V') {
        let verbose = p
            .options
            .iter()
            .rev()
            .find(|(l, _)| *l != b'p')
            .is_some_and(|(l, _)| *l == b'V');
        describe(sh, &words, verbose)
    } else {
        match sh.find_target(&words[0], false) {
            Target::Builtin(b) => sh.run_builtin(b, words, Vec::new()),
            _ => sh.run_external(words),
        }
    };
    sh.vars.pop_to(depth);
    result
}

fn describe(sh: &mut Shell, names: &[Vec<u8>], verbose: bool) -> Exec {
    let mut found = false;
    let mut out = Vec::new();
    for name in names {
        match super::type_::describe(
            sh,
            name,
            if verbose {
                super::type_::Form::Long
            } else {
                super::type_::Form::Reuse
            },
        ) {
            Some(text) => {
                out.extend_from_slice(&text);
                found = true;
            }
            None if verbose => sh.builtin_error(b"command", [&name[..], b": not found"].concat()),
            None => {}
        }
    }
    let written = sh.put(b"command", &out)?;
    Ok(if found { written } else { 1 })
}
