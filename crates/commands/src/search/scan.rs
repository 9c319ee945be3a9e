//! Walking a stream of blocks line by line where it matters: which lines are selected, which are context.

use std::collections::VecDeque;

use bytes::Bytes;
use pattern::regex::MatchError;
use vfs::{Cancel, Errno, VfsError};

use super::matcher::{Line, Matcher};

/// How much is searched between two looks at the cancellation.
const SLICE: usize = 4 << 20;
/// The distance of GNU grep's looks at whether a file is binary.
const WINDOW: u64 = 96 * 1024;

/// Why a scan ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// Reading or writing failed.
    #[error("{0}")]
    Vfs(#[from] VfsError),
    /// Writing failed.
    #[error("{0}")]
    Output(VfsError),
    /// The pattern needed too many steps.
    #[error("{0}")]
    Match(#[from] MatchError),
}

/// A line as it is given out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// The bytes without the terminator.
    pub bytes: &'a [u8],
    /// From 1; 0 when lines are not counted.
    pub number: u64,
    /// Offset of the first byte in the stream.
    pub offset: u64,
}

/// Takes what a scan finds. A `false` ends the scan.
pub(super) trait Sink {
    /// A selected line.
    fn selected(&mut self, line: Found<'_>) -> Result<bool, ScanError>;

    /// A line next to a selected one.
    fn context(&mut self, line: Found<'_>) -> Result<bool, ScanError>;

    /// Lines were left out between what came before and what comes next.
    fn gap(&mut self) -> Result<(), ScanError>;

    /// Bytes from here on are binary (a NUL was found). A `false` ends the scan.
    fn binary(&mut self, offset: u64) -> Result<bool, ScanError>;

    /// Whether lines are of no interest, only their number.
    fn counts_only(&self) -> bool;
}

/// What is to be selected.
#[derive(Debug, Clone)]
pub(super) struct ScanOptions {
    /// Select lines that do not match.
    pub invert: bool,
    /// Stop after so many selected lines.
    pub max: u64,
    /// Lines of context before and after.
    pub before: usize,
    /// See `before`.
    pub after: usize,
    /// Tell gaps, also when no context lines are wanted.
    pub gaps: bool,
    /// Count lines.
    pub numbers: bool,
    /// Look for NUL bytes.
    pub detect_binary: bool,
    /// Give every line that is not selected as context.
    pub passthru: bool,
}

/// The state of one stream.
pub(super) struct Scan<'a, S> {
    matcher: &'a Matcher,
    options: &'a ScanOptions,
    /// Takes the lines.
    pub sink: S,
    /// Selected lines so far.
    pub selected: u64,
    binary: bool,
    /// Offset of the block in the stream.
    base: u64,
    /// Lines before `counted`, an offset in the block.
    lines: u64,
    counted: usize,
    after_left: usize,
    /// Where the last line that was given out ends, in the stream.
    last_end: Option<u64>,
    /// Lines before the block that may become context, the oldest first.
    ring: VecDeque<(Vec<u8>, u64)>,
    carry: Vec<u8>,
    /// Where the last selected line ends, in the stream.
    selected_end: u64,
    done: bool,
}

impl<'a, S: Sink> Scan<'a, S> {
    /// A scan at the start of a stream.
    pub(super) fn new(matcher: &'a Matcher, options: &'a ScanOptions, sink: S) -> Self {
        Scan {
            matcher,
            options,
            sink,
            selected: 0,
            binary: false,
            base: 0,
            lines: 0,
            counted: 0,
            after_left: 0,
            last_end: None,
            ring: VecDeque::new(),
            carry: Vec::new(),
            selected_end: 0,
            done: false,
        }
    }

    /// Reads a stream to its end or until nothing more is wanted.
    pub(super) fn run(
        &mut self,
        mut next: impl FnMut() -> vfs::Result<Bytes>,
        cancel: &Cancel,
        memory: usize,
    ) -> Result<(), ScanError> {
        let mut read = 0u64;
        loop {
            let chunk = next()?;
            if chunk.is_empty() {
                break;
            }
            self.chunk(&chunk, read, cancel)?;
            if self.done {
                return Ok(());
            }
            if self.carry.len() > memory {
                return Err(VfsError::new(Errno::ENOMEM).detail("line is too long").into());
            }
            read += chunk.len() as u64;
        }
        let rest = std::mem::take(&mut self.carry);
        if !rest.is_empty() {
            self.block(&rest)?;
        }
        Ok(())
    }

    /// As [`Scan::run`] over data in memory, with the selected runs of lines known already.
    pub(super) fn run_selected(&mut self, data: &[u8], runs: &[Line]) -> Result<(), ScanError> {
        if self.options.detect_binary
            && let Some(at) = memchr::memchr(0, data)
            && !self.sink.binary(at as u64)?
        {
            return Ok(());
        }
        let mut used = 0;
        let mut at = 0;
        for run in runs.iter().copied().chain([Line {
            start: data.len(),
            end: data.len(),
        }]) {
            if self.done || self.selected >= self.options.max {
                break;
            }
            if !self.options.invert {
                if run.start < data.len() {
                    self.select(data, &mut used, run)?;
                }
                continue;
            }
            while at < run.start && !self.done && self.selected < self.options.max {
                let line = Line {
                    start: at,
                    end: self.matcher.line_end(data, at),
                };
                self.select(data, &mut used, line)?;
                at = line.end + 1;
            }
            at = run.end + 1;
        }
        if !self.done {
            self.after_until(data, used, data.len())?;
        }
        Ok(())
    }

    /// When the limit of selected lines was reached, the offset in the stream after the last of them.
    pub(super) fn stopped_at(&self) -> Option<u64> {
        (self.selected >= self.options.max).then_some(self.selected_end)
    }

    fn chunk(&mut self, chunk: &[u8], offset: u64, cancel: &Cancel) -> Result<(), ScanError> {
        let mut chunk = chunk;
        if self.options.detect_binary
            && !self.binary
            && let Some(at) = memchr::memchr(0, chunk)
        {
            let nul = offset + at as u64;
            // What GNU grep had in its buffer before it saw the NUL is text.
            let text = (nul - nul % WINDOW).saturating_sub(offset) as usize;
            self.feed(&chunk[..text.min(chunk.len())], cancel)?;
            chunk = &chunk[text.min(chunk.len())..];
            if self.done {
                return Ok(());
            }
            self.binary = true;
            for b in &mut self.carry {
                if *b == 0 {
                    *b = self.matcher.eol();
                }
            }
            if !self.sink.binary(nul)? {
                self.done = true;
                return Ok(());
            }
        }
        if self.binary {
            let eol = self.matcher.eol();
            let zapped: Vec<u8> = chunk.iter().map(|&b| if b == 0 { eol } else { b }).collect();
            return self.feed(&zapped, cancel);
        }
        self.feed(chunk, cancel)
    }

    /// Searches the whole lines in `data`, and keeps what is after them.
    fn feed(&mut self, data: &[u8], cancel: &Cancel) -> Result<(), ScanError> {
        let eol = self.matcher.eol();
        let mut data = data;
        if !self.carry.is_empty() {
            let Some(end) = memchr::memchr(eol, data) else {
                self.carry.extend_from_slice(data);
                return Ok(());
            };
            let mut line = std::mem::take(&mut self.carry);
            line.extend_from_slice(&data[..=end]);
            data = &data[end + 1..];
            self.block(&line)?;
            line.clear();
            self.carry = line;
        }
        while !data.is_empty() && !self.done {
            cancel.check()?;
            let limit = data.len().min(SLICE);
            let whole = match memchr::memrchr(eol, &data[..limit]) {
                Some(end) => end + 1,
                None => match memchr::memchr(eol, &data[limit..]) {
                    Some(end) => limit + end + 1,
                    None => break,
                },
            };
            self.block(&data[..whole])?;
            data = &data[whole..];
        }
        if !self.done {
            self.carry.extend_from_slice(data);
        }
        Ok(())
    }

    /// Searches a block of whole lines; the last may lack its end.
    fn block(&mut self, block: &[u8]) -> Result<(), ScanError> {
        self.counted = 0;
        let mut at = 0;
        let mut used = 0;
        if self.options.invert {
            self.inverted(block, &mut used)?;
        } else {
            while !self.done && self.selected < self.options.max {
                let Some(line) = self.matcher.next_line(block, at)? else {
                    break;
                };
                at = line.end + 1;
                if self.sink.counts_only() {
                    self.selected += 1;
                    self.selected_end = self.base + at.min(block.len()) as u64;
                    continue;
                }
                self.select(block, &mut used, line)?;
            }
        }
        let used = used.min(block.len());
        if !self.done {
            let past = self.after_until(block, used, block.len())?;
            self.remember(block, past);
            self.done |= self.selected >= self.options.max && self.after_left == 0 && !self.options.passthru;
        }
        if self.options.numbers && !self.done {
            self.lines += count(self.matcher.eol(), &block[self.counted..]);
        }
        self.base += block.len() as u64;
        Ok(())
    }

    /// Selects the lines between matching ones.
    fn inverted(&mut self, block: &[u8], used: &mut usize) -> Result<(), ScanError> {
        let eol = self.matcher.eol();
        let mut at = 0;
        while at < block.len() && !self.done && self.selected < self.options.max {
            let hit = self.matcher.next_line(block, at)?;
            let stop = hit.map_or(block.len(), |l| l.start);
            if self.sink.counts_only() && stop > at {
                let region = &block[at..stop];
                let lines = count(eol, region) + u64::from(region.last() != Some(&eol));
                let n = lines.min(self.options.max - self.selected);
                self.selected += n;
                let end = if n == lines {
                    stop
                } else {
                    nth_end(eol, region, n).map_or(stop, |e| at + e)
                };
                self.selected_end = self.base + end as u64;
                at = stop;
            }
            while at < stop && !self.done && self.selected < self.options.max {
                let line = Line {
                    start: at,
                    end: self.matcher.line_end(block, at),
                };
                self.select(block, used, line)?;
                at = line.end + 1;
            }
            at = at.max(hit.map_or(block.len(), |l| l.end + 1));
        }
        Ok(())
    }

    /// Gives out a selected line after its context; `used` is where what was given out ends.
    fn select(&mut self, block: &[u8], used: &mut usize, line: Line) -> Result<(), ScanError> {
        let mut at = *used;
        if self.options.before > 0 || self.options.after > 0 || self.options.gaps || self.options.passthru {
            at = self.after_until(block, at, line.start)?;
            if self.done {
                return Ok(());
            }
            self.before(block, at, line.start)?;
        }
        self.selected += 1;
        let found = self.found(block, line);
        if !self.sink.selected(found)? {
            self.done = true;
        }
        self.after_left = self.options.after;
        *used = (line.end + 1).min(block.len());
        self.last_end = Some(self.base + line.end as u64 + 1);
        self.selected_end = self.base + *used as u64;
        Ok(())
    }

    fn found<'b>(&mut self, block: &'b [u8], line: Line) -> Found<'b> {
        let number = if self.options.numbers {
            self.lines += count(self.matcher.eol(), &block[self.counted..line.start]);
            self.counted = line.start;
            self.lines + 1
        } else {
            0
        };
        Found {
            bytes: &block[line.start..line.end],
            number,
            offset: self.base + line.start as u64,
        }
    }

    /// Gives out lines after a selected one, from `at` up to `stop`. Returns where it ended.
    fn after_until(&mut self, block: &[u8], mut at: usize, stop: usize) -> Result<usize, ScanError> {
        while at < stop && (self.after_left > 0 || self.options.passthru) && !self.done {
            let line = Line {
                start: at,
                end: self.matcher.line_end(block, at),
            };
            let found = self.found(block, line);
            if !self.sink.context(found)? {
                self.done = true;
            }
            self.after_left = self.after_left.saturating_sub(1);
            at = (line.end + 1).min(block.len());
            self.last_end = Some(self.base + line.end as u64 + 1);
        }
        Ok(at)
    }

    /// Gives out the lines before a selected one that starts at `start`; what is before `at` has been dealt with.
    fn before(&mut self, block: &[u8], at: usize, start: usize) -> Result<(), ScanError> {
        let eol = self.matcher.eol();
        let wanted = self.options.before;
        let mut from = start;
        let mut have = 0;
        while have < wanted && from > at {
            from = memchr::memrchr(eol, &block[at..from - 1]).map_or(at, |n| at + n + 1);
            have += 1;
        }
        let mut old = Vec::new();
        if at == 0 && have < wanted {
            let take = (wanted - have).min(self.ring.len());
            old = self.ring.drain(self.ring.len() - take..).collect();
        }
        self.ring.clear();
        let first = old.first().map_or(self.base + from as u64, |(_, offset)| *offset);
        if self.options.gaps && self.last_end.is_some_and(|end| end < first) {
            self.sink.gap()?;
        }
        let mut back = old.len() as u64;
        for (bytes, offset) in &old {
            let number = if self.options.numbers {
                (self.lines + 1).saturating_sub(back)
            } else {
                0
            };
            back -= 1;
            if !self.sink.context(Found {
                bytes,
                number,
                offset: *offset,
            })? {
                self.done = true;
            }
        }
        let mut line_start = from;
        while line_start < start {
            let line = Line {
                start: line_start,
                end: self.matcher.line_end(block, line_start),
            };
            let found = self.found(block, line);
            if !self.sink.context(found)? {
                self.done = true;
            }
            line_start = line.end + 1;
        }
        Ok(())
    }

    /// Keeps the last lines of a block that were not given out.
    fn remember(&mut self, block: &[u8], from: usize) {
        if self.options.before == 0 {
            return;
        }
        let eol = self.matcher.eol();
        if from > 0 {
            self.ring.clear();
        }
        let mut starts = Vec::new();
        let mut end = block.len();
        while starts.len() < self.options.before && end > from {
            let start = memchr::memrchr(eol, &block[from..end - 1]).map_or(from, |n| from + n + 1);
            starts.push((start, end));
            end = start;
        }
        for (start, end) in starts.into_iter().rev() {
            let bytes = &block[start..end];
            let bytes = bytes.strip_suffix(&[eol]).unwrap_or(bytes);
            self.ring.push_back((bytes.to_vec(), self.base + start as u64));
            if self.ring.len() > self.options.before {
                self.ring.pop_front();
            }
        }
    }
}

/// The offset after the `n`th line.
fn nth_end(eol: u8, data: &[u8], n: u64) -> Option<usize> {
    memchr::memchr_iter(eol, data)
        .nth(usize::try_from(n.checked_sub(1)?).ok()?)
        .map(|at| at + 1)
}

/// How often a byte occurs.
fn count(byte: u8, data: &[u8]) -> u64 {
    memchr::memchr_iter(byte, data).count() as u64
}
