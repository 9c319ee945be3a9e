//! A plain `sed` over the process's own files: shows how to embed the interpreter, and serves to compare it with other
//! implementations.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{Command, ExitCode, Stdio};

use sed::{Chunk, Handle, Options, Outcome, Script, SedIo};

#[derive(Default)]
struct Host {
    open: HashMap<Handle, File>,
    next: u32,
}

impl Host {
    fn add(&mut self, file: File) -> Handle {
        self.next += 1;
        let handle = Handle(self.next + 10);
        self.open.insert(handle, file);
        handle
    }
}

impl SedIo for Host {
    fn open(&mut self, path: &[u8]) -> io::Result<Handle> {
        let file = File::open(OsStr::from_bytes(path))?;
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(self.add(file))
    }

    fn create(&mut self, path: &[u8]) -> io::Result<Handle> {
        let file = File::create(OsStr::from_bytes(path))?;
        Ok(self.add(file))
    }

    fn begin_edit(&mut self, path: &[u8]) -> io::Result<Handle> {
        let file = File::create(OsStr::from_bytes(&[path, b".sedtmp"].concat()))?;
        Ok(self.add(file))
    }

    fn finish_edit(&mut self, handle: Handle, path: &[u8], backup: Option<&[u8]>) -> io::Result<()> {
        self.open.remove(&handle);
        if let Some(backup) = backup {
            std::fs::rename(OsStr::from_bytes(path), OsStr::from_bytes(backup))?;
        }
        std::fs::rename(OsStr::from_bytes(&[path, b".sedtmp"].concat()), OsStr::from_bytes(path))
    }

    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize> {
        match self.open.get_mut(&handle) {
            Some(file) => file.read(buffer),
            None => io::stdin().lock().read(buffer),
        }
    }

    fn write(&mut self, handle: Handle, data: &[u8]) -> io::Result<()> {
        match handle {
            Handle::STDOUT => io::stdout().write_all(data),
            Handle::STDERR => io::stderr().write_all(data),
            _ => self.open.get_mut(&handle).map_or(Ok(()), |file| file.write_all(data)),
        }
    }

    fn flush(&mut self, _handle: Handle) -> io::Result<()> {
        io::stdout().flush()
    }

    fn close(&mut self, handle: Handle) -> io::Result<()> {
        self.open.remove(&handle);
        Ok(())
    }

    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        io::stdout().flush()?;
        let output = Command::new("sh")
            .arg("-c")
            .arg(OsStr::from_bytes(command))
            .stderr(Stdio::inherit())
            .output()?;
        Ok(output.stdout)
    }

    fn poll(&mut self, _steps: u32) -> bool {
        false
    }
}

fn main() -> ExitCode {
    let args: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    let utf8 = !matches!(std::env::var("LC_ALL").as_deref(), Ok("C" | "POSIX"));
    let mut options = Options {
        utf8,
        ..Options::default()
    };
    let (mut chunks, mut files) = (Vec::new(), Vec::new());
    let mut at = 0;
    let mut only_files = false;
    while at < args.len() {
        let arg = args[at].clone();
        at += 1;
        if only_files || !arg.starts_with(b"-") || arg == b"-" {
            files.push(arg);
            continue;
        }
        match &arg[..] {
            b"--" => only_files = true,
            b"--posix" => options.posix = true,
            b"--sandbox" => options.sandbox = true,
            b"--quiet" => options.quiet = true,
            b"--regexp-extended" => options.extended = true,
            _ => {
                let long = arg.strip_prefix(b"--expression=").map(|rest| (b'e', rest.to_vec()));
                let long = long.or_else(|| arg.strip_prefix(b"--line-length=").map(|rest| (b'l', rest.to_vec())));
                let mut letters = arg[1..].to_vec();
                if let Some((letter, rest)) = long {
                    letters = [&[letter][..], &rest].concat();
                }
                let mut index = 0;
                while index < letters.len() {
                    let letter = letters[index];
                    index += 1;
                    match letter {
                        b'n' => options.quiet = true,
                        b'E' | b'r' => options.extended = true,
                        b's' => options.separate = true,
                        b'z' => options.null_data = true,
                        b'u' => options.unbuffered = true,
                        b'i' => {
                            options.in_place = Some(letters[index..].to_vec());
                            index = letters.len();
                        }
                        _ => {
                            let value = if index < letters.len() {
                                letters[index..].to_vec()
                            } else {
                                at += 1;
                                args.get(at - 1).cloned().unwrap_or_default()
                            };
                            index = letters.len();
                            match letter {
                                b'e' => chunks.push(Chunk::expression(&value)),
                                b'l' => options.line_length = String::from_utf8_lossy(&value).parse().unwrap_or(70),
                                b'f' => match std::fs::read(OsStr::from_bytes(&value)) {
                                    Ok(text) => chunks.push(Chunk::file(&value, text)),
                                    Err(_) => return ExitCode::from(1),
                                },
                                _ => return ExitCode::from(1),
                            }
                        }
                    }
                }
            }
        }
    }
    if chunks.is_empty() {
        if files.is_empty() {
            return ExitCode::from(1);
        }
        chunks.push(Chunk::expression(&files.remove(0)));
    }
    let script = match Script::parse(&chunks, &options) {
        Ok(script) => script,
        Err(error) => {
            eprintln!("sed: {error}");
            return ExitCode::from(error.status);
        }
    };
    match sed::run(&script, &mut Host::default(), &options, &files) {
        Outcome::Exit(status) => ExitCode::from(status),
        Outcome::Cancelled => ExitCode::from(124),
        Outcome::BrokenPipe => ExitCode::from(141),
    }
}
