//! Records out of a stream of bytes.

use std::io;
use std::sync::Arc;

use crate::io::{AwkIo, Handle};
use crate::regex::Re;

/// Size of the blocks that are asked for.
const BLOCK: usize = 128 * 1024;

/// What ends a record.
#[derive(Clone, Debug)]
pub enum Ending {
    /// One byte.
    Byte(u8),
    /// Blank lines.
    Paragraph,
    /// A regular expression.
    Regex(Arc<Re>),
}

/// A stream and what was read ahead of it.
#[derive(Debug)]
pub struct Reader {
    handle: Handle,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    finished: bool,
}

impl Reader {
    /// Reads from an open handle.
    pub fn new(handle: Handle) -> Self {
        Reader {
            handle,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            finished: false,
        }
    }

    /// The handle it reads from.
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// Reads more into the buffer, keeping what is unread. Nothing changes at the end of input.
    fn fill(&mut self, io: &mut dyn AwkIo) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < BLOCK {
            let grown = (self.buffer.len() * 2).max(BLOCK * 2);
            self.buffer.resize(grown, 0);
        }
        let count = io.read(self.handle, &mut self.buffer[self.end..])?;
        self.end += count;
        self.finished = count == 0;
        Ok(())
    }

    /// Replaces `record` with the next record and `terminator` with what ended it. False at the end of input.
    ///
    /// # Errors
    /// Any failure to read.
    #[inline]
    pub fn next(
        &mut self,
        io: &mut dyn AwkIo,
        ending: &Ending,
        record: &mut Vec<u8>,
        terminator: &mut Vec<u8>,
    ) -> io::Result<bool> {
        match ending {
            Ending::Byte(byte) => {
                let mut searched = 0;
                loop {
                    let unread = &self.buffer[self.start..self.end];
                    if let Some(found) = memchr::memchr(*byte, &unread[searched..]) {
                        let length = searched + found;
                        record.clear();
                        record.extend_from_slice(&unread[..length]);
                        terminator.clear();
                        terminator.push(*byte);
                        self.start += length + 1;
                        return Ok(true);
                    }
                    searched = unread.len();
                    if self.finished {
                        return Ok(self.rest(record, terminator));
                    }
                    self.fill(io)?;
                }
            }
            Ending::Paragraph => self.paragraph(io, record, terminator),
            Ending::Regex(re) => loop {
                let unread = &self.buffer[self.start..self.end];
                let mut from = 0;
                let mut found = re.find(unread, from);
                while let Some((start, end)) = found
                    && start == end
                {
                    from = end + 1;
                    found = if from <= unread.len() {
                        re.find(unread, from)
                    } else {
                        None
                    };
                }
                match found {
                    // A match that touches the end of what was read might go on.
                    Some((start, end)) if end < unread.len() || self.finished => {
                        record.clear();
                        record.extend_from_slice(&unread[..start]);
                        terminator.clear();
                        terminator.extend_from_slice(&unread[start..end]);
                        self.start += end;
                        return Ok(true);
                    }
                    _ if self.finished => return Ok(self.rest(record, terminator)),
                    _ => self.fill(io)?,
                }
            },
        }
    }

    /// What is left at the end of input, as a last record without terminator.
    fn rest(&mut self, record: &mut Vec<u8>, terminator: &mut Vec<u8>) -> bool {
        if self.start == self.end {
            return false;
        }
        record.clear();
        record.extend_from_slice(&self.buffer[self.start..self.end]);
        terminator.clear();
        self.start = self.end;
        true
    }

    fn paragraph(&mut self, io: &mut dyn AwkIo, record: &mut Vec<u8>, terminator: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            while self.start < self.end && self.buffer[self.start] == b'\n' {
                self.start += 1;
            }
            if self.start < self.end {
                break;
            }
            if self.finished {
                return Ok(false);
            }
            self.fill(io)?;
        }
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(found) = memchr::memmem::find(&unread[searched..], b"\n\n") {
                let length = searched + found;
                let newlines = unread[length..].iter().take_while(|byte| **byte == b'\n').count();
                if length + newlines < unread.len() || self.finished {
                    record.clear();
                    record.extend_from_slice(&unread[..length]);
                    terminator.clear();
                    terminator.resize(newlines, b'\n');
                    self.start += length + newlines;
                    return Ok(true);
                }
                searched = length;
            } else {
                searched = unread.len().saturating_sub(1);
                if self.finished {
                    let more = self.rest(record, terminator);
                    if record.last() == Some(&b'\n') {
                        record.pop();
                        terminator.push(b'\n');
                    }
                    return Ok(more);
                }
            }
            self.fill(io)?;
        }
    }
}
