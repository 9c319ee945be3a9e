//! What a sed script reaches outside: the tree and, for `e`, other commands.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use ::sed::{Handle, SedIo};
use bytes::Bytes;
use shell::command::{CommandError, Context};
use shell::io::{Capture, Output};
use vfs::{ByteRange, FileKind, OpenOptions, SetAttr, VfsError};

use crate::input::{self, Source};
use crate::output;
use crate::spawn;

/// First of our own handles.
const FIRST: u32 = 3;

enum Open {
    Reading(Source),
    Writing(Output),
    /// The new content of a file that is edited in place; written in one go, so that a failure leaves the old one.
    Editing(Vec<u8>),
}

/// The outside of one run.
pub struct World<'w, 'c> {
    cx: &'w mut Context<'c>,
    open: HashMap<Handle, Open>,
    next: u32,
    follow: bool,
}

impl<'w, 'c> World<'w, 'c> {
    /// The outside as `cx` has it. With `follow`, editing in place changes what a link points to, not the link.
    pub fn new(cx: &'w mut Context<'c>, follow: bool) -> Self {
        World {
            cx,
            open: HashMap::new(),
            next: FIRST,
            follow,
        }
    }

    fn add(&mut self, open: Open) -> Handle {
        let handle = Handle(self.next);
        self.next += 1;
        self.open.insert(handle, open);
        handle
    }

    fn replace(&mut self, path: &[u8], backup: Option<&[u8]>, content: Vec<u8>) -> vfs::Result<()> {
        let target = self.cx.path(path)?;
        let stat = self.cx.fs.stat(&target)?;
        if let Some(backup) = backup {
            let backup = self.cx.path(backup)?;
            self.cx.fs.copy(&target, &backup)?;
        }
        let linked = !self.follow && self.cx.fs.lstat(&target)?.kind == FileKind::Symlink;
        if linked {
            self.cx.fs.remove(&target)?;
        }
        self.cx.fs.write_all(&target, Bytes::from(content))?;
        if linked && stat.mode.is_some() {
            self.cx.fs.set_attr(
                &target,
                SetAttr {
                    mode: stat.mode,
                    ..SetAttr::default()
                },
                true,
            )?;
        }
        Ok(())
    }
}

/// The error as sed words it: `No such file or directory`.
fn plain(error: &VfsError) -> io::Error {
    io::Error::new(io::Error::from(error.clone()).kind(), error.gnu_text().to_owned())
}

impl SedIo for World<'_, '_> {
    fn open(&mut self, path: &[u8]) -> io::Result<Handle> {
        match input::open_range(self.cx, path, ByteRange::ALL) {
            Ok(source) => Ok(self.add(Open::Reading(source))),
            Err(error) => Err(plain(&error)),
        }
    }

    fn create(&mut self, path: &[u8]) -> io::Result<Handle> {
        let options = OpenOptions {
            write: true,
            create: true,
            truncate: true,
            ..OpenOptions::default()
        };
        match output::open(self.cx, path, options) {
            Ok(output) => Ok(self.add(Open::Writing(output))),
            Err(error) => Err(plain(&error)),
        }
    }

    fn begin_edit(&mut self, path: &[u8]) -> io::Result<Handle> {
        let checked = self.cx.path(path).and_then(|target| {
            let stat = self.cx.fs.stat(&target)?;
            self.cx.fs.check(vfs::Op::Write, &target)?;
            Ok(stat)
        });
        match checked {
            Ok(stat) if stat.kind == FileKind::File => Ok(self.add(Open::Editing(Vec::new()))),
            Ok(_) => Err(io::ErrorKind::IsADirectory.into()),
            Err(error) => Err(plain(&error)),
        }
    }

    fn finish_edit(&mut self, handle: Handle, path: &[u8], backup: Option<&[u8]>) -> io::Result<()> {
        let Some(Open::Editing(content)) = self.open.remove(&handle) else {
            return Ok(());
        };
        self.replace(path, backup, content).map_err(|error| plain(&error))
    }

    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize> {
        match self.open.get_mut(&handle) {
            Some(Open::Reading(source)) => source.read(buffer),
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
                Some(Open::Writing(output)) => output.write_all(data),
                Some(Open::Editing(content)) => {
                    content.extend_from_slice(data);
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    fn flush(&mut self, handle: Handle) -> io::Result<()> {
        match self.open.get_mut(&handle) {
            Some(Open::Writing(output)) => output.flush(),
            Some(_) => Ok(()),
            None if handle == Handle::STDOUT => self.cx.stdout.flush(),
            None => Ok(()),
        }
    }

    fn close(&mut self, handle: Handle) -> io::Result<()> {
        match self.open.remove(&handle) {
            Some(Open::Writing(mut output)) => output.flush(),
            _ => Ok(()),
        }
    }

    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        let capture = Capture::new();
        let mut run = spawn::command(spawn::script(command));
        run.stdout = Some(Output::new(capture.clone(), self.cx.cancel.clone()));
        match spawn::run(self.cx, run) {
            Err(CommandError::Cancelled) => Err(io::ErrorKind::Interrupted.into()),
            // What a failed command printed counts all the same.
            _ => Ok(capture.take()),
        }
    }

    fn poll(&mut self, _steps: u32) -> bool {
        self.cx.cancel.is_cancelled()
    }
}
