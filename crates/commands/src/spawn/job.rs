//! A command that runs beside its caller, connected to it by a pipe: awk's `cmd | getline` and `print | cmd`.

use std::io;
use std::thread::{Builder, JoinHandle};

use shell::command::{CommandError, Context, Spawn};
use shell::io::{Input, Output};
use shell::pipe::pipe;

/// Stack of the thread that waits for the command; the command itself brings its own where it nests deeply.
const STACK: usize = 2 << 20;

/// A running command. Dropping it does not end the command; dropping the caller's end of the pipe does.
pub struct Job(JoinHandle<u8>);

impl Job {
    /// Starts `spawn` on a thread of its own.
    fn start(cx: &Context<'_>, spawn: Spawn) -> io::Result<Self> {
        let host = cx.host.fork();
        let run = move || match host.spawn(spawn) {
            Ok(status) => status.0,
            Err(CommandError::BrokenPipe) => 141,
            Err(CommandError::Cancelled) => 130,
            Err(CommandError::Limit(_)) => 137,
            Err(CommandError::Fail { status, .. }) => status,
            Err(CommandError::Declined) => 127,
        };
        Builder::new()
            .name("mirage-job".into())
            .stack_size(STACK)
            .spawn(run)
            .map(Job)
    }

    /// Waits for the command's exit status.
    pub fn wait(self) -> u8 {
        self.0.join().unwrap_or(1)
    }
}

/// Fills in what the caller and the command share.
fn shared(cx: &Context<'_>, argv: Vec<Vec<u8>>) -> Spawn {
    Spawn {
        argv,
        stdin: Some(cx.stdin.duplicate()),
        stdout: Some(cx.stdout.duplicate()),
        stderr: Some(cx.stderr.duplicate()),
        env: Some((*cx.env).clone()),
        cwd: Some(cx.cwd.clone()),
        cancel: Some(cx.cancel.clone()),
    }
}

/// Starts a command whose output the caller reads.
pub fn reading(cx: &mut Context<'_>, argv: Vec<Vec<u8>>) -> io::Result<(Input, Job)> {
    cx.stdout.flush_now()?;
    let (reader, writer) = pipe();
    let mut spawn = shared(cx, argv);
    spawn.stdout = Some(Output::new(writer, cx.cancel.clone()));
    let job = Job::start(cx, spawn)?;
    Ok((Input::new(reader, cx.cancel.clone()), job))
}

/// Starts a command that reads what the caller writes.
pub fn writing(cx: &mut Context<'_>, argv: Vec<Vec<u8>>) -> io::Result<(Output, Job)> {
    cx.stdout.flush_now()?;
    let (reader, writer) = pipe();
    let mut spawn = shared(cx, argv);
    spawn.stdin = Some(Input::new(reader, cx.cancel.clone()));
    let job = Job::start(cx, spawn)?;
    Ok((Output::new(writer, cx.cancel.clone()), job))
}
