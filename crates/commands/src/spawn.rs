//! Running other commands.

pub mod job;

use shell::command::{CommandResult, Context, Spawn};
use shell::io::Input;

/// Runs a command with the caller's standard streams, environment and directory where `spawn` names no others. What was
/// written so far goes out first.
pub fn run(cx: &mut Context<'_>, mut spawn: Spawn) -> CommandResult {
    cx.stdout.flush_now()?;
    if spawn.stdin.is_none() {
        let again = cx.stdin.duplicate();
        spawn.stdin = Some(std::mem::replace(&mut cx.stdin, again));
    }
    spawn.stdout.get_or_insert_with(|| cx.stdout.duplicate());
    spawn.stderr.get_or_insert_with(|| cx.stderr.duplicate());
    spawn.env.get_or_insert_with(|| (*cx.env).clone());
    spawn.cwd.get_or_insert_with(|| cx.cwd.clone());
    spawn.cancel.get_or_insert_with(|| cx.cancel.clone());
    cx.host.spawn(spawn)
}

/// A command line with nothing else said.
pub fn command(argv: Vec<Vec<u8>>) -> Spawn {
    Spawn {
        argv,
        ..Spawn::default()
    }
}

/// As [`command`], with nothing on standard input.
pub fn detached(argv: Vec<Vec<u8>>) -> Spawn {
    Spawn {
        stdin: Some(Input::empty()),
        ..command(argv)
    }
}

/// The words that run a command line: `sh -c LINE`.
pub fn script(line: &[u8]) -> Vec<Vec<u8>> {
    vec![b"sh".to_vec(), b"-c".to_vec(), line.to_vec()]
}

/// Whether there is no command by that name. Asked after a status of 127, to word the message.
pub fn is_missing(cx: &Context<'_>, name: &[u8]) -> bool {
    cx.host.which(name).is_none()
}
