//! `tee`: standard input to several places.

use shell::command::{CommandResult, Context};
use shell::io::Output;
use vfs::{Errno, OpenOptions};

use crate::input;
use crate::options::{Args, Spec, flag, optional};
use crate::output;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "tee",
    "[OPTION]... [FILE]...",
    "Copy standard input to each FILE, and also to standard output.",
    &[
        flag("a", "append", "append to the given FILEs, do not overwrite"),
        flag("i", "ignore-interrupts", "ignore interrupt signals"),
        flag("p", "", "operate in a more appropriate MODE with pipes"),
        optional("", "output-error", "MODE", "set behavior on write error"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnError {
    /// As without the option: a closed standard output ends the command.
    Default,
    Warn,
    WarnButPipe,
    Exit,
    ExitButPipe,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut on_error = OnError::Default;
    for o in &args.options {
        match (o.key, &o.value) {
            ("p", _) | ("output-error", None) => on_error = OnError::WarnButPipe,
            ("output-error", Some(mode)) => {
                on_error = SPEC.choose(
                    cx,
                    "--output-error",
                    mode,
                    &[
                        ("warn", OnError::Warn),
                        ("warn-nopipe", OnError::WarnButPipe),
                        ("exit", OnError::Exit),
                        ("exit-nopipe", OnError::ExitButPipe),
                    ],
                )?;
            }
            _ => {}
        }
    }
    let options = if args.has("append") {
        OpenOptions::appending()
    } else {
        OpenOptions::writing()
    };
    let mut ok = true;
    let mut targets: Vec<(&[u8], Output)> = Vec::new();
    for file in &args.operands {
        match output::open(cx, file, options) {
            Ok(out) => targets.push((file, out)),
            Err(e) => {
                output::warn(cx, file, &e)?;
                ok = false;
                if matches!(on_error, OnError::Exit | OnError::ExitButPipe) {
                    return status(false, 1);
                }
            }
        }
    }
    let mut stdout_open = true;
    let mut source = input::stdin(cx);
    while stdout_open || !targets.is_empty() {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        if stdout_open {
            // Passed on at once: whoever reads may be waiting.
            match cx
                .stdout
                .write_bytes(chunk.clone())
                .and_then(|()| cx.stdout.flush_now())
            {
                Ok(()) => {}
                Err(e) if e.errno() == Errno::EPIPE && on_error != OnError::Default => {
                    stdout_open = false;
                    if matches!(on_error, OnError::Warn | OnError::Exit) {
                        ok = false;
                        cx.warn("'standard output': Broken pipe");
                    }
                    if on_error == OnError::Exit {
                        return status(false, 1);
                    }
                }
                Err(e) => return Err(e.into()),
            }
        }
        let mut failed = Vec::new();
        for (at, (_, out)) in targets.iter_mut().enumerate() {
            if let Err(e) = out.write_bytes(chunk.clone()).and_then(|()| out.flush_now()) {
                failed.push((at, e));
            }
        }
        for (at, e) in failed.into_iter().rev() {
            let (file, _) = targets.remove(at);
            output::warn(cx, file, &e)?;
            ok = false;
            if matches!(on_error, OnError::Exit | OnError::ExitButPipe) {
                return status(false, 1);
            }
        }
    }
    status(ok, 1)
}
