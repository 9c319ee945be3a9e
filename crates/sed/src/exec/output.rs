//! Where lines go: standard output, the file being edited, the files of `w`.

use std::io;

use super::{Exec, Run, Stop, describe};
use crate::io::{Handle, SedIo};

/// Bytes gathered per output before they are handed on.
const BLOCK: usize = 64 * 1024;

/// A target.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// The script's standard output, shared with everything printed there.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file.
    File(Handle),
}

/// A target with what is gathered for it.
#[derive(Debug)]
pub struct Stream {
    handle: Handle,
    buffer: Vec<u8>,
    /// The last line came without its newline, which is due when more follows.
    newline_due: Option<u8>,
}

impl Stream {
    fn new(handle: Handle) -> Self {
        Stream {
            handle,
            buffer: Vec::new(),
            newline_due: None,
        }
    }

    /// Prints bytes as they are.
    #[inline]
    pub fn raw(&mut self, text: &[u8]) {
        if let Some(newline) = self.newline_due.take() {
            self.buffer.push(newline);
        }
        self.buffer.extend_from_slice(text);
    }

    /// Prints a line; without its delimiter when it had none.
    #[inline]
    pub fn line(&mut self, text: &[u8], chomped: bool, delimiter: u8) {
        self.raw(text);
        if chomped {
            self.buffer.push(delimiter);
        } else {
            self.newline_due = Some(delimiter);
        }
    }

    fn flush(&mut self, io: &mut dyn SedIo) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = io.write(self.handle, &self.buffer);
        self.buffer.clear();
        result
    }
}

/// All targets.
#[derive(Debug)]
pub struct Outputs {
    stdout: Stream,
    stderr: Stream,
    edit: Option<Stream>,
    /// By index of the script's `w` files: the target, and the stream of those that are files.
    files: Vec<(Output, Stream)>,
}

impl Default for Outputs {
    fn default() -> Self {
        let (stdout, stderr) = (Stream::new(Handle::STDOUT), Stream::new(Handle::STDERR));
        Outputs {
            stdout,
            stderr,
            edit: None,
            files: Vec::new(),
        }
    }
}

impl Outputs {
    /// The next of the script's `w` files.
    pub fn add(&mut self, output: Output) {
        let handle = match output {
            Output::Stdout => Handle::STDOUT,
            Output::Stderr => Handle::STDERR,
            Output::File(handle) => handle,
        };
        self.files.push((output, Stream::new(handle)));
    }

    /// Where the pattern space is printed.
    #[inline]
    pub fn main(&mut self) -> &mut Stream {
        self.edit.as_mut().unwrap_or(&mut self.stdout)
    }

    /// The file being edited.
    pub fn edit(&self) -> Option<Output> {
        self.edit.as_ref().map(|stream| Output::File(stream.handle))
    }

    /// Starts or ends editing a file.
    pub fn set_edit(&mut self, output: Option<Output>) {
        self.edit = match output {
            Some(Output::File(handle)) => Some(Stream::new(handle)),
            _ => None,
        };
    }

    /// The stream of a `w` file.
    fn file(&mut self, index: usize) -> Option<&mut Stream> {
        match self.files.get_mut(index)? {
            (Output::Stdout, _) => Some(&mut self.stdout),
            (Output::Stderr, _) => Some(&mut self.stderr),
            (Output::File(_), stream) => Some(stream),
        }
    }

    /// Hands the main output on once there is enough of it, or at once.
    #[inline]
    pub fn spill(&mut self, io: &mut dyn SedIo, now: bool) -> Run<()> {
        let main = self.main();
        if main.buffer.len() < BLOCK && !now {
            return Ok(());
        }
        main.flush(io).map_err(|error| failed(&error))?;
        if now {
            io.flush(Handle::STDOUT).map_err(|error| failed(&error))
        } else {
            Ok(())
        }
    }

    /// Hands everything on.
    pub fn flush_all(&mut self, io: &mut dyn SedIo) -> Run<()> {
        let streams = [&mut self.stdout, &mut self.stderr];
        for stream in streams
            .into_iter()
            .chain(self.edit.as_mut())
            .chain(self.files.iter_mut().map(|(_, stream)| stream))
        {
            stream.flush(io).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Closes the files.
    pub fn close_all(&mut self, io: &mut dyn SedIo) {
        for (output, _) in self.files.drain(..) {
            if let Output::File(handle) = output {
                let _ = io.close(handle);
            }
        }
    }
}

fn failed(error: &io::Error) -> Stop {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Stop::BrokenPipe;
    }
    Stop::Fatal(format!("couldn't write to output: {}", describe(error)), 4)
}

impl Exec<'_, '_> {
    #[inline]
    pub(super) fn print_pattern(&mut self) -> Run<()> {
        self.outputs
            .main()
            .line(&self.pattern.text, self.pattern.chomped, self.delimiter);
        self.outputs.spill(self.io, self.options.unbuffered)
    }

    #[inline]
    pub(super) fn print_unless_quiet(&mut self) -> Run<()> {
        if self.quiet { Ok(()) } else { self.print_pattern() }
    }

    pub(super) fn print_text(&mut self, text: &[u8]) -> Run<()> {
        self.outputs.main().raw(text);
        self.outputs.spill(self.io, self.options.unbuffered)
    }

    /// `w` and `W`.
    pub(super) fn write_to(&mut self, output: usize, first: bool) -> Run<()> {
        let end = if first {
            memchr::memchr(self.delimiter, &self.pattern.text)
        } else {
            None
        };
        let text = &self.pattern.text[..end.unwrap_or(self.pattern.text.len())];
        let chomped = end.is_some() || self.pattern.chomped;
        let Some(stream) = self.outputs.file(output) else {
            return Ok(());
        };
        stream.line(text, chomped, self.delimiter);
        let due = stream.buffer.len() >= BLOCK || stream.handle == Handle::STDERR || self.options.unbuffered;
        if due {
            stream.flush(self.io).map_err(|error| failed(&error))
        } else {
            Ok(())
        }
    }
}
