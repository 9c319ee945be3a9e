//! What a running program needs from the outside.

use std::io;
use std::time::Duration;

/// An open file or command; the numbers are the implementation's own, except for the three below.
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

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading.
    Read,
    /// For writing, emptied or created.
    Write,
    /// For writing at its end, created if missing.
    Append,
}

/// Which end of a command the program holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The program reads what the command prints.
    FromCommand,
    /// The program writes what the command reads.
    ToCommand,
}

/// Files, commands, environment and clock. Every call may block; the interpreter is single-threaded.
pub trait AwkIo {
    /// Opens a file. `-` and `/dev/stdin` never get here.
    ///
    /// # Errors
    /// Why it cannot be opened; the text goes into messages and `ERRNO`.
    fn open(&mut self, path: &[u8], mode: OpenMode) -> io::Result<Handle>;

    /// Starts `sh -c command`.
    ///
    /// # Errors
    /// Why it cannot be started, also when commands are not allowed at all.
    fn spawn(&mut self, command: &[u8], direction: Direction) -> io::Result<Handle>;

    /// Reads up to `buffer.len()` bytes; 0 at the end.
    ///
    /// # Errors
    /// Any failure to read.
    fn read(&mut self, handle: Handle, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of `data`.
    ///
    /// # Errors
    /// Any failure to write; `BrokenPipe` on standard output ends the program silently.
    fn write(&mut self, handle: Handle, data: &[u8]) -> io::Result<()>;

    /// Hands on what `write` may have kept back.
    ///
    /// # Errors
    /// As [`AwkIo::write`].
    fn flush(&mut self, handle: Handle) -> io::Result<()>;

    /// Closes a file (0), or the end of a command: waits for it and gives its exit status (256 + signal when it was killed).
    ///
    /// # Errors
    /// A failure that only shows at the end.
    fn close(&mut self, handle: Handle) -> io::Result<i32>;

    /// Runs `sh -c command` with the program's own input and outputs and gives its exit status.
    ///
    /// # Errors
    /// Why it cannot be run, also when commands are not allowed at all.
    fn system(&mut self, command: &[u8]) -> io::Result<i32>;

    /// The exported environment, for `ENVIRON`.
    fn environment(&mut self) -> Vec<(Vec<u8>, Vec<u8>)>;

    /// Time since 1970 in UTC.
    fn now(&mut self) -> Duration;

    /// Process identity for `PROCINFO`: pid, parent pid, user id, group id.
    fn identity(&mut self) -> [u32; 4] {
        [1, 0, 0, 0]
    }

    /// Called about every thousand steps of the program with their number; `true` ends the program at once.
    fn poll(&mut self, steps: u32) -> bool;
}
