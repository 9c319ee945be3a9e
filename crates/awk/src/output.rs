//! Files and commands that a program writes to.

use std::io;

use crate::io::{AwkIo, Handle};

/// Bytes gathered per output before they are handed on.
const BLOCK: usize = 32 * 1024;

#[derive(Debug)]
struct Output {
    name: Vec<u8>,
    handle: Handle,
    buffer: Vec<u8>,
    command: bool,
    /// Written at once, as standard error is.
    direct: bool,
}

/// The open outputs; the one used last is found first.
#[derive(Debug, Default)]
pub struct Outputs {
    open: Vec<Output>,
    last: usize,
}

impl Outputs {
    /// The index of an open output.
    #[inline]
    pub fn find(&mut self, name: &[u8], command: bool) -> Option<usize> {
        let fits = |output: &Output| output.command == command && output.name == name;
        if self.open.get(self.last).is_some_and(fits) {
            return Some(self.last);
        }
        let found = self.open.iter().position(fits)?;
        self.last = found;
        Some(found)
    }

    /// Adds an open handle and gives its index.
    pub fn add(&mut self, name: &[u8], handle: Handle, command: bool) -> usize {
        let direct = handle == Handle::STDERR;
        self.open.push(Output {
            name: name.to_vec(),
            handle,
            buffer: Vec::new(),
            command,
            direct,
        });
        self.last = self.open.len() - 1;
        self.last
    }

    /// Writes to the output with this index.
    ///
    /// # Errors
    /// Any failure to write.
    pub fn write(&mut self, io: &mut dyn AwkIo, index: usize, data: &[u8]) -> io::Result<()> {
        let Some(output) = self.open.get_mut(index) else {
            return Ok(());
        };
        output.buffer.extend_from_slice(data);
        if output.direct || output.buffer.len() >= BLOCK {
            let result = io.write(output.handle, &output.buffer);
            output.buffer.clear();
            return result;
        }
        Ok(())
    }

    fn flush(io: &mut dyn AwkIo, output: &mut Output) -> io::Result<()> {
        let result = if output.buffer.is_empty() {
            Ok(())
        } else {
            io.write(output.handle, &output.buffer)
        };
        output.buffer.clear();
        result.and_then(|()| io.flush(output.handle))
    }

    /// Hands on what was written to `name`, as file or as command. False when nothing of that name is open.
    ///
    /// # Errors
    /// Any failure to write.
    pub fn flush_named(&mut self, io: &mut dyn AwkIo, name: &[u8]) -> io::Result<bool> {
        let mut found = false;
        for output in self.open.iter_mut().filter(|output| output.name == name) {
            found = true;
            Self::flush(io, output)?;
        }
        Ok(found)
    }

    /// Hands on what was written to any output.
    ///
    /// # Errors
    /// The first failure, with the name of the output; that of a command that stopped reading does not count.
    pub fn flush_all(&mut self, io: &mut dyn AwkIo) -> Result<(), (Vec<u8>, io::Error)> {
        for output in &mut self.open {
            match Self::flush(io, output) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err((output.name.clone(), error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Closes the outputs of this name: the status of the last, `None` when there is none.
    ///
    /// # Errors
    /// A failure to write what was left.
    pub fn close(&mut self, io: &mut dyn AwkIo, name: &[u8]) -> Option<io::Result<i32>> {
        let mut result = None;
        while let Some(index) = self.open.iter().position(|output| output.name == name) {
            let output = self.open.remove(index);
            self.last = 0;
            result = Some(Self::finish(io, output));
        }
        result
    }

    fn finish(io: &mut dyn AwkIo, mut output: Output) -> io::Result<i32> {
        let flushed = Self::flush(io, &mut output);
        if output.direct || output.handle == Handle::STDOUT {
            return flushed.map(|()| 0);
        }
        let closed = io.close(output.handle);
        match flushed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => closed,
        }
    }

    /// Closes everything, in the order in which it was opened.
    pub fn close_all(&mut self, io: &mut dyn AwkIo) -> Vec<(Vec<u8>, io::Result<i32>)> {
        self.last = 0;
        std::mem::take(&mut self.open)
            .into_iter()
            .map(|output| (output.name.clone(), Self::finish(io, output)))
            .collect()
    }
}
