//! What the shell says: messages on standard error with bash's prefixes, output of builtins.

use vfs::Errno;

use crate::jobs::Signal;
use crate::shell::{Exec, Flow, Shell};

impl Shell {
    /// Whether messages leave out where they come from: a line of its own needs no line number, which is how the public
    /// contract words errors. Files that a line sources or runs are named as ever.
    fn terse(&self) -> bool {
        self.one_line && self.frames.last().is_none_or(|f| &f.source[..] == self.origin.source())
    }

    /// What error messages begin with: `bash: line 3: `.
    pub(crate) fn prolog(&self) -> Vec<u8> {
        if self.terse() {
            return [&self.name[..], b": "].concat();
        }
        let name = self.frames.last().map_or(&self.name, |f| &f.source);
        let mut out = name.to_vec();
        if self.line > 0 {
            out.extend_from_slice(b": line ");
            out.extend_from_slice(self.line.to_string().as_bytes());
        }
        out.extend_from_slice(b": ");
        out
    }

    /// Prints an error message with bash's prefix.
    pub(crate) fn error(&self, message: impl AsRef<[u8]>) {
        let mut line = self.prolog();
        line.extend_from_slice(message.as_ref());
        line.push(b'\n');
        self.write_error(&line);
    }

    /// Prints an error message of a builtin.
    pub(crate) fn builtin_error(&self, name: &[u8], message: impl AsRef<[u8]>) {
        self.named_error(name, message);
    }

    /// Prints an error message that begins with the name of a command.
    pub(crate) fn named_error(&self, name: &[u8], message: impl AsRef<[u8]>) {
        let message = [name, b": ", message.as_ref()].concat();
        if self.terse() {
            self.write_error(&[&message[..], b"\n"].concat());
        } else {
            self.error(message);
        }
    }

    /// Writes to standard error as it is.
    pub(crate) fn write_error(&self, text: &[u8]) {
        if let Some(f) = self.fds.get(2) {
            // Nothing can be said about a standard error that does not take anything.
            let _ = f.write(text, &self.cancel);
        }
    }

    /// Writes a builtin's output to standard output. The status: 0, or 1 after a message when it cannot be written.
    pub(crate) fn put(&mut self, name: &[u8], text: &[u8]) -> Exec {
        let result = match self.fds.get(1) {
            Some(f) => f.write(text, &self.cancel),
            None if text.is_empty() => return Ok(0),
            None => Err(Errno::EBADF.into()),
        };
        match result {
            Ok(()) => Ok(0),
            Err(e) => self.write_failed(name, &e),
        }
    }

    /// What a failed write of a builtin leads to.
    pub(crate) fn write_failed(&mut self, name: &[u8], e: &vfs::VfsError) -> Exec {
        match e.errno() {
            Errno::EPIPE if !self.proc.ignores(Signal::PIPE) => Err(Flow::Exit(141)),
            Errno::ECANCELED => Err(Flow::Stop),
            _ if e.explanation() == Some(crate::io::OUTPUT_LIMIT) => Err(self.limit("output")),
            _ => {
                self.builtin_error(name, format!("write error: {}", e.gnu_text()));
                Ok(1)
            }
        }
    }
}
