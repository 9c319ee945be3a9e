//! Output files one after the other, and the ways to fill them.

use bytes::Bytes;
use shell::command::{CommandError, Context};
use shell::io::Output;
use vfs::OpenOptions;

use crate::input::{Blocks, Source};
use crate::output;
use crate::quote::{quoteaf, quotef};
use crate::spawn;
use crate::spawn::job::{self, Job};

/// How names end.
#[derive(Debug, Clone)]
pub(super) struct Suffix {
    pub(super) alphabet: &'static [u8],
    /// `None` begins with 2 and grows.
    pub(super) length: Option<usize>,
    pub(super) fixed: bool,
    pub(super) start: u64,
    pub(super) started: bool,
    pub(super) extra: Vec<u8>,
}

impl Default for Suffix {
    fn default() -> Self {
        Self {
            alphabet: b"abcdefghijklmnopqrstuvwxyz",
            length: None,
            fixed: false,
            start: 0,
            started: false,
            extra: Vec::new(),
        }
    }
}

impl Suffix {
    fn digits(&self, mut n: u64) -> usize {
        let mut len = 1;
        while n >= self.alphabet.len() as u64 {
            n /= self.alphabet.len() as u64;
            len += 1;
        }
        len
    }

    /// Makes room for `count` files, where the number is known before.
    pub(super) fn fit(&mut self, count: u64) -> Result<(), CommandError> {
        let last = if self.start < count {
            self.start + count - 1
        } else {
            count - 1
        };
        let needed = self.digits(last);
        match self.length {
            Some(n) if n < needed => Err(CommandError::fail(
                1,
                format!("the suffix length needs to be at least {needed}"),
            )),
            Some(_) => Ok(()),
            None => {
                self.length = Some(needed.max(2));
                self.fixed = true;
                Ok(())
            }
        }
    }

    /// The suffix of the `n`th file; `None` when there are no more.
    fn of(&self, n: u64) -> Option<Vec<u8>> {
        let base = self.alphabet.len() as u64;
        let spell = |mut n: u64, len: usize| {
            let mut text = vec![self.alphabet[0]; len];
            for at in (0..len).rev() {
                text[at] = self.alphabet[(n % base) as usize];
                n /= base;
            }
            (n == 0).then_some(text)
        };
        let n = n.checked_add(self.start)?;
        if self.fixed || self.started {
            return spell(n, self.length.unwrap_or(2));
        }
        // Two letters up to the last but one first letter; then a longer suffix behind each of the last letter.
        let (mut n, mut width, mut lead) = (n, 2usize, 0usize);
        loop {
            let room = (base - 1).checked_mul(base.checked_pow(width as u32 - 1)?)?;
            if n < room {
                let mut text = vec![self.alphabet[base as usize - 1]; lead];
                text.extend(spell(n, width)?);
                return Some(text);
            }
            n -= room;
            width += 1;
            lead += 1;
        }
    }
}

enum Target {
    File(Output, Vec<u8>),
    Filter(Output, Job),
}

/// The output files.
pub(super) struct Pieces {
    prefix: Vec<u8>,
    suffix: Suffix,
    filter: Option<Vec<u8>>,
    verbose: bool,
    count: u64,
    current: Option<Target>,
}

impl Pieces {
    pub(super) fn new(prefix: Vec<u8>, suffix: Suffix, filter: Option<Vec<u8>>, verbose: bool) -> Self {
        Self {
            prefix,
            suffix,
            filter,
            verbose,
            count: 0,
            current: None,
        }
    }

    /// The name of the `n`th file.
    fn name(&self, n: u64) -> Result<Vec<u8>, CommandError> {
        match self.suffix.of(n) {
            Some(s) => Ok([&self.prefix[..], &s, &self.suffix.extra].concat()),
            None => Err(CommandError::fail(1, "output file suffixes exhausted")),
        }
    }

    /// Begins the next file.
    pub(super) fn next(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        self.close(cx)?;
        let name = self.name(self.count)?;
        self.count += 1;
        if self.verbose {
            let line: &[u8] = if self.filter.is_some() {
                b"executing with FILE="
            } else {
                b"creating file "
            };
            let shown = if self.filter.is_some() {
                quotef(&name)
            } else {
                quoteaf(&name)
            };
            cx.stdout.buffer().extend_from_slice(&[line, &shown, b"\n"].concat());
            cx.stdout.spill()?;
        }
        self.current = Some(match &self.filter {
            Some(command) => {
                let mut env = (*cx.env).clone();
                env.insert(b"FILE".to_vec(), name);
                let before = std::mem::replace(&mut cx.env, env.into());
                let started = job::writing(cx, spawn::script(command));
                cx.env = before;
                let (out, job) = started?;
                Target::Filter(out, job)
            }
            None => {
                let fail = |e: &vfs::VfsError| CommandError::fail(1, output::complaint(cx, &name, e));
                let out = output::open(cx, &name, OpenOptions::writing()).map_err(|e| fail(&e))?;
                Target::File(out, name)
            }
        });
        Ok(())
    }

    /// Writes to the current file, which there must be.
    pub(super) fn write(&mut self, data: Bytes) -> Result<(), CommandError> {
        match &mut self.current {
            Some(Target::File(out, _)) => Ok(out.write_bytes(data)?),
            // A filter that has seen enough is no failure.
            Some(Target::Filter(out, _)) => match out.write_bytes(data) {
                Err(e) if e.errno() == vfs::Errno::EPIPE => Ok(()),
                other => Ok(other?),
            },
            None => Ok(()),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.current.is_some()
    }

    /// Completes the current file.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) -> Result<(), CommandError> {
        match self.current.take() {
            None => Ok(()),
            Some(Target::File(mut out, name)) => {
                out.flush_now()?;
                out.file()
                    .close(&cx.cancel)
                    .map_err(|e| CommandError::fail(1, output::complaint(cx, &name, &e)))
            }
            Some(Target::Filter(mut out, job)) => {
                let _ = out.flush_now();
                drop(out);
                match job.wait() {
                    0 | 141 => Ok(()),
                    n => {
                        let command = self.filter.clone().unwrap_or_default();
                        let name = self.name(self.count - 1)?;
                        let number = n.to_string();
                        let text = [
                            &b"with FILE="[..],
                            &name,
                            b", exit ",
                            number.as_bytes(),
                            b" from command: ",
                            &command,
                        ];
                        Err(CommandError::fail(n, text.concat()))
                    }
                }
            }
        }
    }
}

pub(super) fn by_lines(
    cx: &mut Context<'_>,
    source: Source,
    pieces: &mut Pieces,
    count: u64,
    end: u8,
) -> Result<(), CommandError> {
    let mut blocks = Blocks::new(source, end);
    let mut left = 0;
    loop {
        cx.cancel.check()?;
        let block = blocks.next_block()?;
        if block.is_empty() {
            return Ok(());
        }
        let mut from = 0;
        while from < block.len() {
            if left == 0 {
                pieces.next(cx)?;
                left = count;
            }
            let mut to = from;
            for n in memchr::memchr_iter(end, &block[from..]) {
                to = from + n + 1;
                left -= 1;
                if left == 0 {
                    break;
                }
            }
            // The rest of the input without a final delimiter.
            if left > 0 {
                to = block.len();
            }
            pieces.write(block.slice(from..to))?;
            from = to;
        }
    }
}

pub(super) fn by_bytes(
    cx: &mut Context<'_>,
    mut source: Source,
    pieces: &mut Pieces,
    count: u64,
) -> Result<(), CommandError> {
    let mut left = 0u64;
    loop {
        cx.cancel.check()?;
        let mut chunk = source.chunk()?;
        if chunk.is_empty() {
            return Ok(());
        }
        while !chunk.is_empty() {
            if left == 0 {
                pieces.next(cx)?;
                left = count;
            }
            let n = left.min(chunk.len() as u64) as usize;
            pieces.write(chunk.split_to(n))?;
            left -= n as u64;
        }
    }
}

pub(super) fn by_line_bytes(
    cx: &mut Context<'_>,
    source: Source,
    pieces: &mut Pieces,
    most: u64,
    end: u8,
) -> Result<(), CommandError> {
    let mut blocks = Blocks::new(source, end);
    let mut used = 0u64;
    loop {
        cx.cancel.check()?;
        let mut block = blocks.next_block()?;
        if block.is_empty() {
            return Ok(());
        }
        while !block.is_empty() {
            let mut line = block.split_to(memchr::memchr(end, &block).map_or(block.len(), |n| n + 1));
            // A line that does not fit begins a new file; one that never fits is cut.
            if !pieces.is_open() || used + line.len() as u64 > most {
                pieces.next(cx)?;
                used = 0;
            }
            while line.len() as u64 > most {
                pieces.write(line.split_to(most as usize))?;
                pieces.next(cx)?;
            }
            used += line.len() as u64;
            pieces.write(line)?;
        }
    }
}
