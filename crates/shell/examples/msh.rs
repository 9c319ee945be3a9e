//! Runs a script in an empty tree in memory, for comparison with the real shell:
//! `msh [-c script | file] [args]`. Prints what the script prints and exits with its status.

use std::io::Write;
use std::sync::Arc;

use shell::command::{Command, CommandResult, Context, ExitStatus, Limits, Registry};
use shell::io::{Capture, Memory};
use shell::{Call, Engine, Session, SessionOptions, Stdio};
use vfs::{Mode, VPath, Vfs};

/// `cat` and little else, so that scripts can be tried without the commands crate.
struct Cat;

impl Command for Cat {
    fn name(&self) -> &str {
        "cat"
    }

    fn summary(&self) -> &str {
        "print files"
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        if cx.args.is_empty() {
            loop {
                let b = cx.stdin.chunk()?;
                if b.is_empty() {
                    return Ok(ExitStatus::SUCCESS);
                }
                cx.stdout.write_bytes(b)?;
            }
        }
        for a in cx.args.clone() {
            let path = cx.path(&a)?;
            let data = match cx.host.descriptor(&path) {
                Some(f) => shell::io::Input::new(f, cx.cancel.clone()).read_all()?,
                None => cx.fs.read_all(&path)?,
            };
            cx.stdout.write_bytes(data)?;
        }
        Ok(ExitStatus::SUCCESS)
    }
}

fn main() -> std::process::ExitCode {
    let mut args = std::env::args_os().skip(1).map(|a| {
        use std::os::unix::ffi::OsStringExt;
        a.into_vec()
    });
    let first = args.next().unwrap_or_default();
    let script = if first == b"-c" {
        args.next().unwrap_or_default()
    } else {
        std::fs::read(String::from_utf8_lossy(&first).as_ref()).unwrap_or_default()
    };
    let rest: Vec<Vec<u8>> = args.collect();
    let tree = Vfs::new();
    let ram = Arc::new(resources::ram::Ram::new());
    if tree.mount(VPath::root(), ram, Mode::Exec).is_err() {
        return std::process::ExitCode::from(255);
    }
    let registry = Registry::new();
    registry.add(Arc::new(Cat));
    let engine = Engine::new(registry, Limits::default());
    let mut options = SessionOptions::default();
    for (k, v) in [("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("LANG", "C.UTF-8")] {
        options.env.insert(k.into(), v.into());
    }
    let mut session = Session::new(&engine, tree.fs(), options);
    let (out, err) = (Capture::new(), Capture::new());
    let io = Stdio {
        stdin: Arc::new(Memory::new(Vec::new())),
        stdout: out.clone(),
        stderr: err.clone(),
    };
    let started = std::time::Instant::now();
    let outcome = session.run(
        &script,
        io,
        Call {
            fork: true,
            args: Some(rest),
            ..Call::default()
        },
    );
    if std::env::var_os("MSH_TIME").is_some() {
        eprintln!("{:?}", started.elapsed());
    }
    let _ = std::io::stdout().write_all(&out.take());
    let _ = std::io::stderr().write_all(&err.take());
    std::process::ExitCode::from(outcome.status)
}
