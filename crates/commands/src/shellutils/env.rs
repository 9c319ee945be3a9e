//! `env`: runs a command in a changed environment.

mod split;

use shell::command::{CommandError, CommandResult, Context, Environment, ExitStatus, Spawn};

use crate::options::{Args, Order, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::spawn;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "env",
    "[OPTION]... [-] [NAME=VALUE]... [COMMAND [ARG]...]",
    "Set each NAME to VALUE in the environment and run COMMAND.",
    &[
        flag("i", "ignore-environment", "start with an empty environment"),
        flag("0", "null", "end each output line with NUL, not newline"),
        value("u", "unset", "NAME", "remove variable from the environment"),
        value("C", "chdir", "DIR", "change working directory to DIR"),
        value(
            "S",
            "split-string",
            "S",
            "process and split S into separate arguments;\nused to pass multiple arguments on shebang lines",
        ),
        optional("", "block-signal", "SIG", "(accepted)"),
        optional("", "default-signal", "SIG", "(accepted)"),
        optional("", "ignore-signal", "SIG", "(accepted)"),
        flag("", "list-signal-handling", ""),
        flag("v", "debug", "print verbose information for each processing step"),
    ],
)
.order(Order::Stop)
.trouble(125)
.notes("A mere - implies -i.  If no COMMAND, print the resulting environment.");

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(expand_split);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut operands = args.operands.as_slice();
    let mut clear = args.has("ignore-environment");
    if let [first, rest @ ..] = operands
        && first == b"-"
    {
        clear = true;
        operands = rest;
    }
    let mut env: Environment = if clear { Environment::new() } else { (*cx.env).clone() };
    let mut cwd = cx.cwd.clone();
    for o in &args.options {
        match o.key {
            "unset" => {
                let name = o.value();
                if name.is_empty() || name.contains(&b'=') {
                    return Err(CommandError::fail(
                        125,
                        [&b"cannot unset "[..], &quote(name), b": Invalid argument"].concat(),
                    ));
                }
                env.remove(name);
            }
            "chdir" => {
                cwd = cx
                    .path(o.value())
                    .and_then(|p| match cx.fs.stat(&p)?.is_dir() {
                        true => Ok(p),
                        false => Err(vfs::Errno::ENOTDIR.into()),
                    })
                    .map_err(|e| {
                        CommandError::fail(
                            125,
                            [
                                &b"cannot change directory to "[..],
                                &quoteaf(o.value()),
                                b": ",
                                e.gnu_text().as_bytes(),
                            ]
                            .concat(),
                        )
                    })?;
            }
            _ => {}
        }
    }
    while let [first, rest @ ..] = operands {
        let Some(at) = memchr::memchr(b'=', first) else { break };
        env.insert(first[..at].to_vec(), first[at + 1..].to_vec());
        operands = rest;
    }
    let Some(name) = operands.first() else {
        if args.has("chdir") {
            return Err(SPEC.usage_error(cx, "must specify command with --chdir (-C)"));
        }
        let end = if args.has("null") { 0 } else { b'\n' };
        for (name, value) in &env {
            let line = [name, &b"="[..], value, &[end]].concat();
            cx.stdout.buffer().extend_from_slice(&line);
            cx.stdout.spill()?;
        }
        return Ok(ExitStatus::SUCCESS);
    };
    if args.has("null") {
        return Err(SPEC.usage_error(cx, "cannot specify --null (-0) with command"));
    }
    let mut argv = operands.to_vec();
    // Without `PATH` the system's own directories are searched (POSIX `confstr`, `_CS_PATH`).
    if !env.contains_key(&b"PATH"[..])
        && !name.contains(&b'/')
        && let Some(place) = cx.host.which(name)
    {
        argv[0] = place;
    }
    let status = spawn::run(
        cx,
        Spawn {
            env: Some(env),
            cwd: Some(cwd),
            ..spawn::command(argv)
        },
    )?;
    if status.0 == 127 && spawn::is_missing(cx, name) {
        let hint: &[u8] = if name.contains(&b' ') {
            b"\nenv: use -[v]S to pass options in shebang lines"
        } else {
            b""
        };
        return Err(CommandError::fail(
            127,
            [&quote(name)[..], b": No such file or directory", hint].concat(),
        ));
    }
    Ok(status)
}

/// Puts the words of `-S` in its place.
fn expand_split(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let mut at = 0;
    while let Some(arg) = cx.args.get(at).cloned() {
        if arg == b"--" || !arg.starts_with(b"-") || arg == b"-" {
            return Ok(());
        }
        let attached = arg
            .strip_prefix(b"--split-string=")
            .or_else(|| arg.strip_prefix(b"-S"))
            .or_else(|| arg.strip_prefix(b"-vS"))
            .or_else(|| arg.strip_prefix(b"-iS"));
        let clear: &[Vec<u8>] = if arg.starts_with(b"-iS") {
            &[b"-i".to_vec()]
        } else {
            &[]
        };
        let (text, used) = match attached {
            Some(text) if !text.is_empty() => (text.to_vec(), 1),
            Some(_) => (cx.args.get(at + 1).cloned().unwrap_or_default(), 2),
            None if arg == b"--split-string" => (cx.args.get(at + 1).cloned().unwrap_or_default(), 2),
            None => {
                at += if matches!(&arg[..], b"-u" | b"-C" | b"--unset" | b"--chdir") {
                    2
                } else {
                    1
                };
                continue;
            }
        };
        let words = split::words(&text, &cx.env).map_err(|m| CommandError::fail(125, m))?;
        let end = (at + used).min(cx.args.len());
        cx.args.splice(at..end, clear.iter().cloned().chain(words));
        at += clear.len();
    }
    Ok(())
}
