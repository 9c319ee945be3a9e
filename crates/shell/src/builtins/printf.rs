//! `printf`.

use crate::expand::quote;
use crate::format::PrintfHost;
use crate::shell::{Exec, Flow, Shell};

use super::options::parse;

const USAGE: &str = "printf [-v var] format [arguments]";

/// The shell as formatting sees it.
struct Host<'a> {
    shell: &'a mut Shell,
    flow: Option<Flow>,
}

impl PrintfHost for Host<'_> {
    fn complain(&mut self, message: &[u8]) {
        self.shell.builtin_error(b"printf", message);
    }

    fn quote(&mut self, text: &[u8]) -> Vec<u8> {
        quote::backslashed(text)
    }

    fn time(&mut self, format: &[u8], when: Option<i64>) -> Vec<u8> {
        // -2 is the time at which the shell was started.
        let seconds = match when {
            Some(-2) => self.shell.start_seconds(),
            None => crate::state::dynamic::now().as_secs() as i64,
            Some(n) => n,
        };
        let format: &[u8] = if format.is_empty() { b"%X" } else { format };
        self.shell.strftime(format, seconds)
    }

    fn store(&mut self, name: &[u8], count: usize) -> bool {
        match self.shell.set_for(b"printf", name, count.to_string().into_bytes()) {
            Ok(done) => done,
            Err(flow) => {
                self.flow.get_or_insert(flow);
                false
            }
        }
    }
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"v:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let variable = p.options.iter().rev().find(|(l, _)| *l == b'v').and_then(|(_, v)| *v);
    if let Some(name) = variable
        && let Err(e) = sh.parse_target(name)
    {
        if let crate::state::access::AssignError::Flow(f) = e {
            return Err(f);
        }
        sh.builtin_error(b"printf", e.to_string());
        return Ok(2);
    }
    let Some(format) = args.get(p.operands) else {
        sh.write_error(format!("printf: usage: {USAGE}\n").as_bytes());
        return Ok(2);
    };
    let limit = sh.call.limits().memory;
    let mut out = Vec::new();
    let mut host = Host { shell: sh, flow: None };
    let status = crate::format::printf(format, &args[p.operands + 1..], &mut host, &mut out, limit);
    if let Some(flow) = host.flow {
        return Err(flow);
    }
    if let Some(name) = variable {
        return Ok(if sh.set_for(b"printf", name, out)? { status } else { 1 });
    }
    let written = sh.put(b"printf", &out)?;
    Ok(written.max(status))
}
