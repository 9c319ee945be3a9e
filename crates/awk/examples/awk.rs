//! A plain `awk` over the process's own files and commands: shows how to embed the interpreter, and serves to compare it
//! with other implementations.
//!
//! Usage: `awk [-F fs] [-v name=value]... [-f file]... ['program'] [operand]...`

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, SystemTime};

use awk::{AwkIo, Direction, Handle, OpenMode, Options, Outcome, Program, Source};

enum Open {
    File(File),
    Child(Child),
}

#[derive(Default)]
struct Host {
    open: HashMap<Handle, Open>,
    next: u32,
}

impl Host {
    fn add(&mut self, what: Open) -> Handle {
        self.next += 1;
        let handle = Handle(self.next + 10);
        self.open.insert(handle, what);
        handle
    }
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 256 + status.signal().unwrap_or(0))
}

impl AwkIo for Host {
    fn open(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Handle> {
        use std::os::unix::ffi::OsStrExt;
        let path = std::ffi::OsStr::from_bytes(path);
        let file = match mode {
            OpenMode::Read => File::open(path)?,
            OpenMode::Write => File::create(path)?,
            OpenMode::Append => OpenOptions::new().append(true).create(true).open(path)?,
        };
        if mode == OpenMode::Read && file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(self.add(Open::File(file)))
    }

    fn spawn(&mut self, command: &[u8], direction: Direction) -> io::Result<Handle> {
        use std::os::unix::ffi::OsStrExt;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(std::ffi::OsStr::from_bytes(command));
        match direction {
            Direction::FromCommand => shell.stdout(Stdio::piped()),
            Direction::ToCommand => shell.stdin(Stdio::piped()),
        };
        let child = shell.spawn()?;
        Ok(self.add(Open::Child(child)))
    }

    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize> {
        if handle == Handle::STDIN {
            return io::stdin().lock().read(buffer);
        }
        match self.open.get_mut(&handle) {
            Some(Open::File(file)) => file.read(buffer),
            Some(Open::Child(child)) => child.stdout.as_mut().map_or(Ok(0), |out| out.read(buffer)),
            None => Ok(0),
        }
    }

    fn write(&mut self, handle: Handle, data: &[u8]) -> io::Result<()> {
        match handle {
            Handle::STDOUT => io::stdout().write_all(data),
            Handle::STDERR => io::stderr().write_all(data),
            _ => match self.open.get_mut(&handle) {
                Some(Open::File(file)) => file.write_all(data),
                Some(Open::Child(child)) => child.stdin.as_mut().map_or(Ok(()), |input| input.write_all(data)),
                None => Ok(()),
            },
        }
    }

    fn flush(&mut self, handle: Handle) -> io::Result<()> {
        if handle == Handle::STDOUT {
            io::stdout().flush()
        } else {
            Ok(())
        }
    }

    fn close(&mut self, handle: Handle) -> io::Result<i32> {
        match self.open.remove(&handle) {
            Some(Open::Child(mut child)) => {
                drop(child.stdin.take());
                drop(child.stdout.take());
                child.wait().map(code)
            }
            _ => Ok(0),
        }
    }

    fn system(&mut self, command: &[u8]) -> io::Result<i32> {
        use std::os::unix::ffi::OsStrExt;
        Command::new("sh")
            .arg("-c")
            .arg(std::ffi::OsStr::from_bytes(command))
            .status()
            .map(code)
    }

    fn environment(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        use std::os::unix::ffi::OsStringExt;
        std::env::vars_os()
            .map(|(name, value)| (name.into_vec(), value.into_vec()))
            .collect()
    }

    fn now(&mut self) -> Duration {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn poll(&mut self, _steps: u32) -> bool {
        false
    }
}

fn main() -> ExitCode {
    use std::os::unix::ffi::OsStringExt;
    let mut args = std::env::args_os()
        .skip(1)
        .map(OsStringExt::into_vec)
        .collect::<std::collections::VecDeque<_>>();
    let utf8 = !matches!(std::env::var("LC_ALL").as_deref(), Ok("C" | "POSIX"));
    let mut options = Options {
        utf8,
        ..Options::default()
    };
    if let Ok(name) = std::env::var("AWK_NAME") {
        options.name = name;
    }
    let mut sources = Vec::new();
    while let Some(arg) = args.front().cloned() {
        if !arg.starts_with(b"-") || arg == b"-" {
            break;
        }
        args.pop_front();
        if arg == b"--" {
            break;
        }
        let letter = arg[1];
        let value = if arg.len() > 2 {
            arg[2..].to_vec()
        } else {
            args.pop_front().unwrap_or_default()
        };
        match letter {
            b'F' => options.separator = Some(value),
            b'v' => {
                let at = value.iter().position(|byte| *byte == b'=').unwrap_or(value.len());
                options
                    .assignments
                    .push((value[..at].to_vec(), value.get(at + 1..).unwrap_or_default().to_vec()));
            }
            b'f' => match std::fs::read(String::from_utf8_lossy(&value).as_ref()) {
                Ok(text) => sources.push(Source::file(&value, text)),
                Err(error) => {
                    eprintln!("awk: {error}");
                    return ExitCode::from(2);
                }
            },
            _ => return ExitCode::from(1),
        }
    }
    if sources.is_empty() {
        sources.push(Source::command_line(&args.pop_front().unwrap_or_default()));
    }
    let program = match Program::parse(&sources, &mut |path| {
        std::fs::read(String::from_utf8_lossy(path).as_ref())
    }) {
        Ok(program) => program,
        Err(error) => {
            let _ = io::stderr().write_all(&error.render(&options.name));
            return ExitCode::from(1);
        }
    };
    let operands: Vec<Vec<u8>> = args.into();
    match awk::run(&program, &mut Host::default(), &options, &operands) {
        Outcome::Exit(status) => ExitCode::from(status),
        Outcome::Cancelled => ExitCode::from(124),
        Outcome::BrokenPipe => ExitCode::from(141),
    }
}
