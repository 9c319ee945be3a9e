//! `which`: where commands would be found, as Debian's.

use shell::command::{CommandResult, Context};

use crate::options::{Args, Order, Spec};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new("which", "[-as] args", "Locate a command.", &[]).order(Order::Verbatim);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut silent = false;
    let mut names = &args.operands[..];
    while let [first, rest @ ..] = names {
        if first == b"--" {
            names = rest;
            break;
        }
        if first.len() < 2 || first[0] != b'-' {
            break;
        }
        for letter in &first[1..] {
            match letter {
                b'a' => {}
                b's' => silent = true,
                other => {
                    let message = [
                        &b"Illegal option -"[..],
                        &[*other],
                        b"\nUsage: /usr/bin/which [-as] args\n",
                    ]
                    .concat();
                    let _ = std::io::Write::write_all(&mut cx.stderr, &message);
                    return status(false, 2);
                }
            }
        }
        names = rest;
    }
    let mut ok = !names.is_empty();
    for name in names {
        match cx.host.which(name) {
            Some(path) if !silent => {
                let out = cx.stdout.buffer();
                out.extend_from_slice(&path);
                out.push(b'\n');
                cx.stdout.spill()?;
            }
            Some(_) => {}
            None => ok = false,
        }
    }
    status(ok, 1)
}
