//! `-exec`, `-execdir`, `-ok`, `-okdir`.

use shell::command::{CommandError, Context, Spawn};
use vfs::VPath;

use super::Here;
use super::eval::Run;
use super::expr::Exec;
use crate::quote::quote;
use crate::shellutils::basename::base_name;
use crate::spawn;

/// Most bytes of arguments in one command line.
const MOST: usize = 128 * 1024;

/// File names waiting for a `{} +` command.
#[derive(Default)]
pub(super) struct Batch {
    argv: Vec<Vec<u8>>,
    names: Vec<Vec<u8>>,
    size: usize,
    cwd: Option<VPath>,
}

impl Batch {
    /// Runs the command on what is waiting; whether it succeeded.
    pub fn run(self, cx: &mut Context<'_>) -> Result<bool, CommandError> {
        if self.names.is_empty() {
            return Ok(true);
        }
        let mut argv = self.argv;
        argv.extend(self.names);
        start(cx, argv, self.cwd)
    }
}

impl Run {
    pub(super) fn exec(&mut self, cx: &mut Context<'_>, exec: &Exec, here: &Here<'_>) -> Result<bool, CommandError> {
        let (name, cwd) = if exec.in_dir {
            let base = base_name(here.name);
            let name = if base.starts_with(b"/") {
                base.to_vec()
            } else {
                [b"./", base].concat()
            };
            (name, Some(here.path.parent().unwrap_or_else(VPath::root)))
        } else {
            (here.name.to_vec(), None)
        };
        if exec.batch {
            let waiting = &self.batches[exec.slot];
            let full = waiting.size + name.len() + 1 > MOST || (!waiting.names.is_empty() && waiting.cwd != cwd);
            if full {
                let batch = std::mem::take(&mut self.batches[exec.slot]);
                self.ok &= batch.run(cx)?;
            }
            let batch = &mut self.batches[exec.slot];
            if batch.names.is_empty() {
                batch.argv.clone_from(&exec.argv);
                batch.size = exec.argv.iter().map(|a| a.len() + 1).sum();
                batch.cwd = cwd;
            }
            batch.size += name.len() + 1;
            batch.names.push(name);
            return Ok(true);
        }
        let argv: Vec<Vec<u8>> = exec.argv.iter().map(|a| replace(a, &name)).collect();
        if exec.ask {
            let question = [b"< ", &argv[0][..], b" ... ", here.name, b" > ? "].concat();
            if !ask(cx, &question)? {
                return Ok(false);
            }
        }
        start(cx, argv, cwd)
    }
}

/// Puts `name` in place of every `{}`.
fn replace(arg: &[u8], name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(arg.len());
    let mut at = 0;
    while let Some(n) = memchr::memmem::find(&arg[at..], b"{}") {
        out.extend_from_slice(&arg[at..at + n]);
        out.extend_from_slice(name);
        at += n + 2;
    }
    out.extend_from_slice(&arg[at..]);
    out
}

fn ask(cx: &mut Context<'_>, question: &[u8]) -> Result<bool, CommandError> {
    use std::io::{BufRead, Write};
    cx.stdout.flush_now()?;
    let _ = cx.stderr.write_all(question);
    let mut answer = Vec::new();
    cx.stdin.read_until(b'\n', &mut answer)?;
    Ok(matches!(answer.first(), Some(b'y' | b'Y')))
}

fn start(cx: &mut Context<'_>, argv: Vec<Vec<u8>>, cwd: Option<VPath>) -> Result<bool, CommandError> {
    let name = argv[0].clone();
    let status = spawn::run(
        cx,
        Spawn {
            cwd,
            ..spawn::command(argv)
        },
    )?;
    if status.0 == 127 && spawn::is_missing(cx, &name) {
        cx.warn([&quote(&name)[..], b": No such file or directory"].concat());
    }
    Ok(status.success())
}
