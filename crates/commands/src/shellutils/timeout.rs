//! `timeout`: runs a command with a time limit.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use shell::command::{CommandError, CommandResult, Context, ExitStatus, Spawn};
use vfs::CancelReason;

use super::sleep::seconds;
use crate::options::{Args, Order, Spec, flag, value};
use crate::quote::quote;
use crate::signal;
use crate::spawn;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "timeout",
    "[OPTION] DURATION COMMAND [ARG]...\n[OPTION]",
    "Start COMMAND, and kill it if still running after DURATION.",
    &[
        flag(
            "",
            "preserve-status",
            "exit with the same status as COMMAND, even\nwhen the command times out",
        ),
        flag("", "foreground", "(accepted)"),
        value(
            "k",
            "kill-after",
            "DURATION",
            "also send a KILL signal if COMMAND is still running\nthis long after the initial signal was sent",
        ),
        value("s", "signal", "SIGNAL", "specify the signal to be sent on timeout"),
        flag("v", "verbose", "diagnose to stderr any signal sent upon timeout"),
    ],
)
.order(Order::Stop)
.trouble(125)
.notes(
    "DURATION is a floating point number with an optional suffix:\n\
     's' for seconds (the default), 'm' for minutes, 'h' for hours or 'd' for days.\n\
     A duration of 0 disables the associated timeout.\n\n\
     Upon timeout, send the TERM signal to COMMAND, if no other SIGNAL specified.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, mut args: Args) -> CommandResult {
    let interval = |cx: &Context<'_>, text: &[u8]| {
        seconds(text).ok_or_else(|| SPEC.usage_error(cx, [&b"invalid time interval "[..], &quote(text)].concat()))
    };
    let mut number = signal::TERM;
    for o in &args.options {
        match o.key {
            "kill-after" => {
                interval(cx, o.value())?;
            }
            "signal" => {
                number = {
                    signal::parse(o.value())
                        .ok_or_else(|| SPEC.usage_error(cx, [&quote(o.value())[..], b": invalid signal"].concat()))?
                }
            }
            _ => {}
        }
    }
    if args.operands.len() < 2 {
        // The only usage error without a message of its own.
        let _ = cx.stderr.write_all(b"Try 'timeout --help' for more information.\n");
        return Ok(ExitStatus(125));
    }
    let argv = args.operands.split_off(1);
    let limit = interval(cx, &args.operands[0])?;
    let name = argv[0].clone();
    let cancel = cx.cancel.child();
    let fired = Arc::new(AtomicBool::new(false));
    let (done, waiting) = channel::<()>();
    let timer = if limit > 0.0 {
        let (cancel, fired) = (cancel.clone(), fired.clone());
        let span = Duration::try_from_secs_f64(limit).unwrap_or(Duration::MAX);
        Some(std::thread::spawn(move || {
            if waiting.recv_timeout(span) == Err(RecvTimeoutError::Timeout) {
                fired.store(true, Ordering::SeqCst);
                cancel.cancel(CancelReason::Timeout);
            }
        }))
    } else {
        None
    };
    let result = spawn::run(
        cx,
        Spawn {
            cancel: Some(cancel),
            ..spawn::command(argv)
        },
    );
    // The timer ends as soon as it sees that nobody can tell it anything any more.
    drop(done);
    if let Some(timer) = timer {
        let _ = timer.join();
    }
    cx.cancel.check()?;
    if fired.load(Ordering::SeqCst) {
        if args.has("verbose") {
            let m = [
                &b"sending signal "[..],
                signal::name(number).as_bytes(),
                b" to command ",
                &quote(&name),
            ]
            .concat();
            cx.warn(m);
        }
        let status = if args.has("preserve-status") || number == signal::KILL {
            128 + number
        } else {
            124
        };
        return Ok(ExitStatus(status));
    }
    let status = result?;
    if status.0 == 127 && spawn::is_missing(cx, &name) {
        return Err(CommandError::fail(
            127,
            [
                &b"failed to run command "[..],
                &quote(&name),
                b": No such file or directory",
            ]
            .concat(),
        ));
    }
    Ok(status)
}
