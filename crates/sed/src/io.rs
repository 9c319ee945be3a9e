//! What a running script needs from the outside.

use std::io;

/// An open file; the numbers are the implementation's own, except for the three below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

impl Handle {
    /// Standard input.
    pub const STDIN: Handle = Handle(0);
    /// Standard output.
    pub const STDOUT: Handle = Handle(1);
    /// Standard error.
    pub const STDERR: Handle = Handle(2);
}

/// Files and commands. Every call may block; the interpreter is single-threaded.
pub trait SedIo {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Why it cannot be opened; `IsADirectory` for a directory. The text goes into messages.
    fn open(&mut self, path: &[u8]) -> io::Result<Handle>;

    /// Opens a file for writing, emptied or created.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn create(&mut self, path: &[u8]) -> io::Result<Handle>;

    /// Opens the file that will replace `path` once it is finished (`-i`).
    ///
    /// # Errors
    /// Why it cannot be edited; `IsADirectory` for what is no regular file.
    fn begin_edit(&mut self, path: &[u8]) -> io::Result<Handle>;

    /// Puts what was written to `handle` in the place of `path`; the old content is kept as `backup`, if there is one.
    ///
    /// # Errors
    /// Any failure to write or rename.
    fn finish_edit(&mut self, handle: Handle, path: &[u8], backup: Option<&[u8]>) -> io::Result<()>;

    /// Reads up to `buffer.len()` bytes; 0 at the end.
    ///
    /// # Errors
    /// Any failure to read.
    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `data`.
    ///
    /// # Errors
    /// Any failure to write; `BrokenPipe` on standard output ends the script silently.
    fn write(&mut self, handle: Handle, data: &[u8]) -> io::Result<()>;

    /// Hands on what `write` may have kept back.
    ///
    /// # Errors
    /// As [`SedIo::write`].
    fn flush(&mut self, handle: Handle) -> io::Result<()>;

    /// Closes a file.
    ///
    /// # Errors
    /// A failure that only shows at the end.
    fn close(&mut self, handle: Handle) -> io::Result<()>;

    /// Runs `sh -c command` and gives what it prints (the `e` command).
    ///
    /// # Errors
    /// Why it cannot be run, also when commands are not allowed at all.
    fn execute(&mut self, command: &[u8]) -> io::Result<Vec<u8>>;

    /// Called about every thousand steps of the script with their number; `true` ends the script at once.
    fn poll(&mut self, steps: u32) -> bool;
}
