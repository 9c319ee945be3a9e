//! Lines out of the files.

use std::collections::VecDeque;
use std::io;

use super::output::Output;
use super::{Exec, Line, Queued, Run, Stop, describe, fatal};
use crate::io::{Handle, SedIo};

/// Size of the blocks that are asked for.
const BLOCK: usize = 128 * 1024;

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
    fn new(handle: Handle) -> Self {
        Reader {
            handle,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            finished: false,
        }
    }

    fn fill(&mut self, io: &mut dyn SedIo) -> io::Result<()> {
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

    /// Whether nothing is left.
    fn at_end(&mut self, io: &mut dyn SedIo) -> io::Result<bool> {
        while self.start == self.end && !self.finished {
            self.fill(io)?;
        }
        Ok(self.start == self.end)
    }

    /// Appends the next line to `line`. `None` at the end, else whether a delimiter ended it.
    #[inline]
    fn next(&mut self, io: &mut dyn SedIo, delimiter: u8, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(found) = memchr::memchr(delimiter, &unread[searched..]) {
                let length = searched + found;
                line.extend_from_slice(&unread[..length]);
                self.start += length + 1;
                return Ok(Some(true));
            }
            searched = unread.len();
            if self.finished {
                line.extend_from_slice(unread);
                self.start = self.end;
                return Ok((searched > 0).then_some(false));
            }
            self.fill(io)?;
        }
    }
}

/// Where the input stands.
#[derive(Debug)]
pub struct Input {
    waiting: VecDeque<Vec<u8>>,
    current: Option<(Vec<u8>, Reader)>,
    /// Opened to find out whether there is another line.
    ahead: Option<(Vec<u8>, Reader)>,
    separate: bool,
    /// Number of the line in the pattern space.
    pub line_number: u64,
    /// The file it came from; `-` for standard input.
    pub name: Vec<u8>,
}

impl Input {
    /// Reads `files`, or standard input when there are none.
    pub fn new(files: &[Vec<u8>], separate: bool) -> Self {
        let mut waiting: VecDeque<Vec<u8>> = files.iter().cloned().collect();
        if waiting.is_empty() {
            waiting.push_back(b"-".to_vec());
        }
        Input {
            waiting,
            current: None,
            ahead: None,
            separate,
            line_number: 0,
            name: b"-".to_vec(),
        }
    }
}

impl<'s> Exec<'s, '_> {
    /// Reads the next line into the pattern space, or appends it. False when there is none.
    pub(super) fn read_line(&mut self, append: bool) -> Run<bool> {
        if append {
            self.flush_queue()?;
        } else {
            if !self.queue.is_empty() {
                self.flush_queue()?;
            }
            self.pattern.text.clear();
            self.replaced = false;
        }
        loop {
            if self.input.current.is_none() && !self.open_next()? {
                return Ok(false);
            }
            let Some((name, reader)) = &mut self.input.current else {
                return Ok(false);
            };
            match reader.next(self.io, self.delimiter, &mut self.pattern.text) {
                Ok(Some(chomped)) => {
                    self.pattern.chomped = chomped;
                    self.input.line_number += 1;
                    return Ok(true);
                }
                Ok(None) => self.close_current(false)?,
                Err(error) => {
                    if self.io.poll(0) {
                        return Err(Stop::Cancelled);
                    }
                    let shown = String::from_utf8_lossy(name).into_owned();
                    return fatal(format!("read error on {shown}: {}", describe(&error)), 4);
                }
            }
        }
    }

    /// Makes the next file that can be opened the current one.
    fn open_next(&mut self) -> Run<bool> {
        if let Some(next) = self.input.ahead.take() {
            self.input.name.clone_from(&next.0);
            self.input.current = Some(next);
            return Ok(true);
        }
        while let Some(name) = self.input.waiting.pop_front() {
            let Some(reader) = self.open_file(&name)? else { continue };
            if self.input.separate {
                self.input.line_number = 0;
                self.hold = Line::default();
                self.reset_ranges();
            }
            if self.options.in_place.is_some() && reader.handle != Handle::STDIN {
                match self.io.begin_edit(&name) {
                    Ok(handle) => self.outputs.set_edit(Some(Output::File(handle))),
                    Err(error) => {
                        let _ = self.io.close(reader.handle);
                        let shown = String::from_utf8_lossy(&name).into_owned();
                        if error.kind() == io::ErrorKind::IsADirectory {
                            self.complain(&format!("couldn't edit {shown}: not a regular file"));
                            self.status = 4;
                            continue;
                        }
                        return fatal(
                            format!("couldn't open temporary file for {shown}: {}", describe(&error)),
                            4,
                        );
                    }
                }
            }
            self.input.name.clone_from(&name);
            self.input.current = Some((name, reader));
            return Ok(true);
        }
        Ok(false)
    }

    fn open_file(&mut self, name: &[u8]) -> Run<Option<Reader>> {
        if name == b"-" && self.options.in_place.is_none() {
            return Ok(Some(Reader::new(Handle::STDIN)));
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        match self.io.open(name) {
            Ok(handle) => Ok(Some(Reader::new(handle))),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                if self.options.in_place.is_some() {
                    self.complain(&format!("couldn't edit {shown}: not a regular file"));
                    self.status = 4;
                    return Ok(None);
                }
                fatal(format!("read error on {shown}: Is a directory"), 4)
            }
            Err(error) => {
                self.complain(&format!("can't read {shown}: {}", describe(&error)));
                self.status = 2;
                Ok(None)
            }
        }
    }

    /// Closes the current file; with `-i` the new one takes its place. `rest` copies what was not read.
    fn close_current(&mut self, rest: bool) -> Run<()> {
        let Some((name, mut reader)) = self.input.current.take() else {
            return Ok(());
        };
        if let Some(Output::File(handle)) = self.outputs.edit() {
            if rest {
                self.copy_rest(&mut reader)?;
            }
            self.outputs.flush_all(self.io)?;
            self.outputs.set_edit(None);
            let _ = self.io.close(reader.handle);
            let backup = self
                .options
                .in_place
                .as_deref()
                .filter(|suffix| !suffix.is_empty())
                .map(|suffix| backup(&name, suffix));
            if let Err(error) = self.io.finish_edit(handle, &name, backup.as_deref()) {
                let shown = String::from_utf8_lossy(&name).into_owned();
                return fatal(format!("cannot rename {shown}: {}", describe(&error)), 4);
            }
            return Ok(());
        }
        if reader.handle != Handle::STDIN {
            let _ = self.io.close(reader.handle);
        }
        Ok(())
    }

    fn copy_rest(&mut self, reader: &mut Reader) -> Run<()> {
        loop {
            match reader.at_end(self.io) {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    self.outputs.main().raw(&reader.buffer[reader.start..reader.end]);
                    reader.start = reader.end;
                    self.outputs.spill(self.io, false)?;
                }
                Err(error) => return fatal(format!("read error: {}", describe(&error)), 4),
            }
        }
    }

    /// After the last line or `q`: what is still open is closed, an edited file is completed.
    pub(super) fn finish_input(&mut self, quit: bool) -> Run<()> {
        self.flush_queue()?;
        self.close_current(quit)
    }

    /// Whether the line in the pattern space is the last one: looks into the following files.
    pub(super) fn at_last_line(&mut self) -> Run<bool> {
        loop {
            let (name, reader) = match (&mut self.input.ahead, &mut self.input.current) {
                (Some((name, reader)), _) | (None, Some((name, reader))) => (name, reader),
                (None, None) => return Ok(self.input.waiting.is_empty()),
            };
            match reader.at_end(self.io) {
                Ok(false) => return Ok(false),
                Ok(true) => {}
                Err(error) => {
                    let shown = String::from_utf8_lossy(name).into_owned();
                    return fatal(format!("read error on {shown}: {}", describe(&error)), 4);
                }
            }
            if self.input.separate {
                return Ok(true);
            }
            if let Some((_, reader)) = self.input.ahead.take()
                && reader.handle != Handle::STDIN
            {
                let _ = self.io.close(reader.handle);
            }
            let Some(name) = self.input.waiting.pop_front() else {
                return Ok(true);
            };
            if let Some(reader) = self.open_file(&name)? {
                self.input.ahead = Some((name, reader));
            }
            if self.input.ahead.is_none() && self.input.waiting.is_empty() {
                return Ok(true);
            }
        }
    }

    /// `R`: queues the next line of a file.
    pub(super) fn queue_line(&mut self, source: usize) -> Run<()> {
        let name: &'s [u8] = &self.script.line_sources[source];
        if self.line_readers[source].is_none() {
            self.outputs.flush_all(self.io)?;
            let reader = if name == b"/dev/stdin" || name == b"-" {
                Some(Reader::new(Handle::STDIN))
            } else {
                self.io.open(name).ok().map(Reader::new)
            };
            self.line_readers[source] = Some(reader);
        }
        let Some(Some(Some(reader))) = self.line_readers.get_mut(source) else {
            return Ok(());
        };
        let mut line = Vec::new();
        if let Ok(Some(chomped)) = reader.next(self.io, self.delimiter, &mut line) {
            if chomped {
                line.push(self.delimiter);
            }
            self.queue.push(Queued::Line(line));
        }
        Ok(())
    }

    /// Prints what was queued for the end of the cycle.
    pub(super) fn flush_queue(&mut self) -> Run<()> {
        for queued in std::mem::take(&mut self.queue) {
            match queued {
                Queued::Text(text) => self.outputs.main().raw(text),
                Queued::Line(line) => self.outputs.main().raw(&line),
                Queued::File(name) => {
                    // The file may be one that was just written.
                    self.outputs.flush_all(self.io)?;
                    let stdin = name == b"/dev/stdin" || name == b"-";
                    let Ok(handle) = (if stdin { Ok(Handle::STDIN) } else { self.io.open(name) }) else {
                        continue;
                    };
                    let mut block = vec![0; BLOCK];
                    while let Ok(count @ 1..) = self.io.read(handle, &mut block) {
                        self.outputs.main().raw(&block[..count]);
                        self.outputs.spill(self.io, false)?;
                    }
                    if !stdin {
                        let _ = self.io.close(handle);
                    }
                }
            }
            self.outputs.spill(self.io, self.options.unbuffered)?;
        }
        Ok(())
    }
}

/// The name of a backup: the suffix is appended, or, when it has `*`, the name takes their place.
fn backup(path: &[u8], suffix: &[u8]) -> Vec<u8> {
    let slash = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    let (folder, base) = path.split_at(slash);
    let mut made = Vec::new();
    if suffix.contains(&b'*') {
        for byte in suffix {
            match byte {
                b'*' => made.extend_from_slice(base),
                _ => made.push(*byte),
            }
        }
    } else {
        made.extend_from_slice(base);
        made.extend_from_slice(suffix);
    }
    if made.contains(&b'/') {
        made
    } else {
        [folder, &made].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::backup;

    #[test]
    fn backups_are_named_by_suffix_or_pattern() {
        assert_eq!(backup(b"a/b.txt", b".bak"), b"a/b.txt.bak");
        assert_eq!(backup(b"a/b.txt", b"old_*"), b"a/old_b.txt");
        assert_eq!(backup(b"a/b.txt", b"bak/*.1"), b"bak/b.txt.1");
    }
}
