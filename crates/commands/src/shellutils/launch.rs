//! `nohup`, `nice`, `stdbuf`, `setsid`: programs that run another one in changed circumstances. Hang-ups, priorities and
//! sessions do not exist in a workspace, and pipes carry every line at once, so the command runs as it is.

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Order, Spec, Suite, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::spawn;
use crate::tool::{Tool, status};

const NOHUP_SPEC: Spec = Spec::new(
    "nohup",
    "COMMAND [ARG]...\nOPTION",
    "Run COMMAND, ignoring hangup signals.",
    &[],
)
.order(Order::Stop)
.trouble(125);

const NICE_SPEC: Spec = Spec::new(
    "nice",
    "[OPTION] [COMMAND [ARG]...]",
    "Run COMMAND with an adjusted niceness, which affects process scheduling.\n\
     With no COMMAND, print the current niceness.  Niceness values range from\n\
     -20 (most favorable to the process) to 19 (least favorable to the process).",
    &[value(
        "n",
        "adjustment",
        "N",
        "add integer N to the niceness (default 10)",
    )],
)
.order(Order::Stop)
.trouble(125);

const STDBUF_SPEC: Spec = Spec::new(
    "stdbuf",
    "OPTION... COMMAND",
    "Run COMMAND, with modified buffering operations for its standard streams.",
    &[
        value("i", "input", "MODE", "adjust standard input stream buffering"),
        value("o", "output", "MODE", "adjust standard output stream buffering"),
        value("e", "error", "MODE", "adjust standard error stream buffering"),
    ],
)
.order(Order::Stop)
.trouble(125);

const SETSID_SPEC: Spec = Spec::new(
    "setsid",
    "[options] <program> [arguments ...]",
    "Run a program in a new session.",
    &[
        flag("c", "ctty", "set the controlling terminal to the current one"),
        flag("f", "fork", "always fork"),
        flag("w", "wait", "wait program to exit, and use the same return"),
    ],
)
.order(Order::Stop)
.suite(Suite::UtilLinux);

const IONICE_SPEC: Spec = Spec::new(
    "ionice",
    "[options] <command>",
    "Show or change the I/O-scheduling class and priority of a process.",
    &[
        value("c", "class", "class", "name or number of scheduling class"),
        value(
            "n",
            "classdata",
            "num",
            "priority (0..7) in the specified scheduling class",
        ),
        flag("t", "ignore", "ignore failures"),
        optional("p", "pid", "pid", ""),
    ],
)
.order(Order::Stop)
.suite(Suite::UtilLinux);

/// `nohup`.
pub const NOHUP: Tool = Tool::new(NOHUP_SPEC, |cx, args| match args.operands.first() {
    None => Err(NOHUP_SPEC.usage_error(cx, "missing operand")),
    Some(_) => start(cx, args.operands, |name| {
        [&b"failed to run command "[..], &quoteaf(name)].concat()
    }),
});

/// `nice`. The old form `-5` is `-n 5`.
pub const NICE: Tool = Tool::new(NICE_SPEC, nice).prepare(old_nice);

/// `stdbuf`.
pub const STDBUF: Tool = Tool::new(STDBUF_SPEC, stdbuf);

/// `setsid`.
pub const SETSID: Tool = Tool::new(SETSID_SPEC, |cx, args| match args.operands.first() {
    None => Err(SETSID_SPEC.usage_error(cx, "no command specified")),
    Some(_) => start(cx, args.operands, |name| [&b"failed to execute "[..], name].concat()),
});

/// `ionice`.
pub const IONICE: Tool = Tool::new(IONICE_SPEC, |cx, args| match args.operands.first() {
    None => {
        cx.stdout.buffer().extend_from_slice(b"none: prio 0\n");
        status(true, 1)
    }
    Some(_) => start(cx, args.operands, |name| [&b"failed to execute "[..], name].concat()),
});

/// Runs the command; `what` begins the message when there is none by that name.
fn start(cx: &mut Context<'_>, argv: Vec<Vec<u8>>, what: impl Fn(&[u8]) -> Vec<u8>) -> CommandResult {
    let name = argv.first().cloned().unwrap_or_default();
    let status = spawn::run(cx, spawn::command(argv))?;
    if status.0 == 127 && spawn::is_missing(cx, &name) {
        let text = [&what(&name)[..], b": No such file or directory"].concat();
        return Err(CommandError::fail(127, text));
    }
    Ok(status)
}

fn old_nice(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let mut at = 0;
    while let Some(arg) = cx.args.get(at) {
        let digits = arg
            .strip_prefix(b"--")
            .or_else(|| arg.strip_prefix(b"-+"))
            .or_else(|| arg.strip_prefix(b"-"));
        match digits {
            Some(d) if d.first().is_some_and(u8::is_ascii_digit) => {
                let sign: &[u8] = if arg.starts_with(b"--") { b"-" } else { b"" };
                cx.args[at] = [b"--adjustment=", sign, d].concat();
                at += 1;
            }
            Some(_) if arg == b"-n" || arg == b"--adjustment" => at += 2,
            Some(_) if arg != b"--" && arg.len() > 1 => at += 1,
            _ => break,
        }
    }
    Ok(())
}

fn nice(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if let Some(text) = args.last("adjustment") {
        let number = text.trim_ascii_start();
        let digits = number
            .strip_prefix(b"+")
            .or_else(|| number.strip_prefix(b"-"))
            .unwrap_or(number);
        if crate::number::decimal(digits).is_err() {
            return Err(CommandError::fail(
                125,
                [&b"invalid adjustment "[..], &quote(text)].concat(),
            ));
        }
    }
    if args.operands.is_empty() {
        if args.has("adjustment") {
            return Err(NICE_SPEC.usage_error(cx, "a command must be given with an adjustment"));
        }
        cx.stdout.buffer().extend_from_slice(b"0\n");
        return status(true, 1);
    }
    start(cx, args.operands, |name| quote(name))
}

fn stdbuf(cx: &mut Context<'_>, args: Args) -> CommandResult {
    for o in &args.options {
        let text = o.value().trim_ascii_start();
        if text == b"L" {
            if o.key == "input" {
                let text = "line buffering stdin is meaningless";
                return Err(STDBUF_SPEC.usage_error(cx, text));
            }
            continue;
        }
        if crate::number::size(text, "EGkKMPTYZ0").is_err() {
            return Err(CommandError::fail(
                125,
                [&b"invalid mode "[..], &quote(o.value())].concat(),
            ));
        }
    }
    if args.operands.is_empty() {
        return Err(STDBUF_SPEC.usage_error(cx, "missing operand"));
    }
    if args.options.is_empty() {
        return Err(STDBUF_SPEC.usage_error(cx, "you must specify a buffering mode option"));
    }
    cx.stderr.flush()?;
    let result = start(cx, args.operands, |name| {
        [&b"failed to run command "[..], &quote(name)].concat()
    })?;
    Ok(ExitStatus(result.0))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn the_command_runs_and_a_missing_one_is_named() {
        let lab = Lab::new();
        assert_eq!(lab.run("nohup", &["echo", "-n", "hi"], b"").stdout, b"hi");
        assert_eq!(
            lab.run("nice", &["-n", "5", "nice", "-3", "echo", "x"], b"").stdout,
            b"x\n"
        );
        assert_eq!(lab.run("stdbuf", &["-oL", "cat"], b"x").stdout, b"x");
        let out = lab.run("nohup", &["nosuch"], b"");
        assert_eq!(
            (out.status, out.stderr.as_slice()),
            (
                127,
                &b"nohup: failed to run command 'nosuch': No such file or directory\n"[..]
            )
        );
    }
}
