//! What an awk program reaches outside: the tree, other commands, the clock.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use ::awk::{AwkIo, Direction, Handle, OpenMode};
use shell::command::{CommandError, Context, Spawn};
use shell::io::{Input, Output};
use vfs::{ByteRange, OpenOptions, VfsError};

use crate::input::{self, Source};
use crate::output;
use crate::spawn;
use crate::spawn::job::{self, Job};

/// First of our own handles.
const FIRST: u32 = 3;

enum Open {
    Reading(Source),
    Writing(Output),
    FromCommand(Input, Job),
    ToCommand(Output, Job),
}

/// The outside of one run.
pub struct World<'w, 'c> {
    cx: &'w mut Context<'c>,
    open: HashMap<Handle, Open>,
    next: u32,
}

impl<'w, 'c> World<'w, 'c> {
    /// The outside as `cx` has it.
    pub fn new(cx: &'w mut Context<'c>) -> Self {
        World {
            cx,
            open: HashMap::new(),
            next: FIRST,
        }
    }

    fn add(&mut self, open: Open) -> Handle {
        let handle = Handle(self.next);
        self.next += 1;
        self.open.insert(handle, open);
        handle
    }
}

/// The error as awk words it: `No such file or directory`.
pub fn plain(error: &VfsError) -> io::Error {
    io::Error::new(io::Error::from(error.clone()).kind(), error.gnu_text().to_owned())
}

impl AwkIo for World<'_, '_> {
    fn open(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Handle> {
        let opened = match mode {
            OpenMode::Read => input::open_range(self.cx, path, ByteRange::ALL).map(Open::Reading),
            OpenMode::Write | OpenMode::Append => {
                let append = mode == OpenMode::Append;
                let options = OpenOptions {
                    write: true,
                    create: true,
                    append,
                    truncate: !append,
                    ..OpenOptions::default()
                };
                output::open(self.cx, path, options).map(Open::Writing)
            }
        };
        match opened {
            Ok(open) => Ok(self.add(open)),
            Err(error) => Err(plain(&error)),
        }
    }

    fn spawn(&mut self, command: &[u8], direction: Direction) -> io::Result<Handle> {
        let argv = spawn::script(command);
        let open = match direction {
            Direction::FromCommand => {
                let (input, job) = job::reading(self.cx, argv)?;
                Open::FromCommand(input, job)
            }
            Direction::ToCommand => {
                let (output, job) = job::writing(self.cx, argv)?;
                Open::ToCommand(output, job)
            }
        };
        Ok(self.add(open))
    }

    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize> {
        match self.open.get_mut(&handle) {
            Some(Open::Reading(source)) => source.read(buffer),
            Some(Open::FromCommand(input, _)) => input.read(buffer),
            Some(_) => Ok(0),
            None => self.cx.stdin.read(buffer),
        }
    }

    fn write(&mut self, handle: Handle, data: &[u8]) -> io::Result<()> {
        match handle {
            Handle::STDOUT => self.cx.stdout.write_all(data),
            // A cancelled run has nothing to say.
            Handle::STDERR if self.cx.cancel.is_cancelled() => Ok(()),
            Handle::STDERR => self.cx.stderr.write_all(data),
            _ => match self.open.get_mut(&handle) {
                Some(Open::Writing(output) | Open::ToCommand(output, _)) => output.write_all(data),
                _ => Ok(()),
            },
        }
    }

    fn flush(&mut self, handle: Handle) -> io::Result<()> {
        match self.open.get_mut(&handle) {
            Some(Open::Writing(output) | Open::ToCommand(output, _)) => output.flush(),
            Some(_) => Ok(()),
            None if handle == Handle::STDOUT => self.cx.stdout.flush(),
            None => Ok(()),
        }
    }

    fn close(&mut self, handle: Handle) -> io::Result<i32> {
        match self.open.remove(&handle) {
            Some(Open::Writing(mut output)) => output.flush().map(|()| 0),
            Some(Open::FromCommand(input, job)) => {
                drop(input);
                Ok(i32::from(job.wait()))
            }
            Some(Open::ToCommand(mut output, job)) => {
                // Whoever stopped reading early is waited for all the same.
                let flushed = output.flush();
                drop(output);
                let status = i32::from(job.wait());
                match flushed {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                    _ => Ok(status),
                }
            }
            Some(Open::Reading(_)) | None => Ok(0),
        }
    }

    fn system(&mut self, command: &[u8]) -> io::Result<i32> {
        match spawn::run(
            self.cx,
            Spawn {
                ..spawn::command(spawn::script(command))
            },
        ) {
            Ok(status) => Ok(i32::from(status.0)),
            Err(CommandError::BrokenPipe) => Ok(141),
            Err(CommandError::Cancelled | CommandError::Limit(_)) => Err(io::ErrorKind::Interrupted.into()),
            Err(CommandError::Fail { status, .. }) => Ok(i32::from(status)),
            Err(CommandError::Declined) => Ok(127),
        }
    }

    fn environment(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.cx
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn now(&mut self) -> Duration {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn poll(&mut self, _steps: u32) -> bool {
        self.cx.cancel.is_cancelled()
    }
}
