//! Reading archives member by member.

use std::io::{self, Read};

use super::header::{BLOCK, Member, apply_pax, decode, kind};

/// Longest name or set of extended attributes that is taken in.
const MOST_EXTRA: u64 = 1 << 20;

/// What comes next.
pub(super) enum Next {
    Member(Box<Member>),
    /// Something that is no header: nothing but such since the beginning?
    Junk {
        first: bool,
        /// Whether it was a whole block.
        whole: bool,
    },
    /// A single block of zeros before something else, at this block number.
    LoneZero(u64),
    End,
}

/// An archive being read.
pub(super) struct Reader<'r> {
    source: Box<dyn Read + 'r>,
    /// Bytes read so far.
    at: u64,
    /// Data of the current member that has not been read, and the padding after it.
    left: u64,
    padding: u64,
    /// Where the last member ended: what is appended goes here.
    end: u64,
    started: bool,
    skipping: bool,
    global: Vec<u8>,
    pending: Option<[u8; BLOCK]>,
}

fn truncated() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected end of archive")
}

impl<'r> Reader<'r> {
    pub(super) fn new(source: Box<dyn Read + 'r>) -> Self {
        Self {
            source,
            at: 0,
            left: 0,
            padding: 0,
            end: 0,
            started: false,
            skipping: false,
            global: Vec::new(),
            pending: None,
        }
    }

    /// Where the last member ended.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The next block; fewer bytes at the end of the input.
    fn block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<usize> {
        if let Some(pending) = self.pending.take() {
            *block = pending;
            return Ok(BLOCK);
        }
        let mut have = 0;
        while have < BLOCK {
            match self.source.read(&mut block[have..])? {
                0 => break,
                n => have += n,
            }
        }
        self.at += have as u64;
        Ok(have)
    }

    /// Data of the current member; empty at its end. An archive that ends before is an error.
    pub(super) fn data(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        match self.source.read(&mut buf[..want])? {
            0 => Err(truncated()),
            n => {
                self.left -= n as u64;
                self.at += n as u64;
                Ok(n)
            }
        }
    }

    /// Leaves out what is left of the current member.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        let mut buf = vec![0; 64 * 1024];
        while self.left > 0 {
            self.data(&mut buf)?;
        }
        while self.padding > 0 {
            let want = (self.padding as usize).min(buf.len());
            match self.source.read(&mut buf[..want])? {
                // Some programs leave out the padding of the last member.
                0 => self.padding = 0,
                n => {
                    self.padding -= n as u64;
                    self.at += n as u64;
                }
            }
        }
        Ok(())
    }

    fn extra(&mut self, size: u64) -> io::Result<Vec<u8>> {
        if size > MOST_EXTRA {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "an extended header is too large",
            ));
        }
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
        let mut data = vec![0; size as usize];
        let mut have = 0;
        while have < data.len() {
            have += self.data(&mut data[have..])?;
        }
        self.skip()?;
        Ok(data)
    }

    /// The next member.
    pub(super) fn next(&mut self) -> io::Result<Next> {
        self.skip()?;
        let (mut long_name, mut long_link, mut pax) = (None, None, None);
        loop {
            let mut block = [0; BLOCK];
            let have = self.block(&mut block)?;
            if have == 0 {
                return Ok(Next::End);
            }
            if have < BLOCK {
                let first = !self.started;
                self.started = true;
                return if first {
                    Ok(Next::Junk { first, whole: false })
                } else {
                    Err(truncated())
                };
            }
            if block.iter().all(|b| *b == 0) {
                let number = self.at / BLOCK as u64;
                let mut second = [0; BLOCK];
                let have = self.block(&mut second)?;
                if have < BLOCK || second.iter().all(|b| *b == 0) {
                    return Ok(Next::End);
                }
                self.pending = Some(second);
                return Ok(Next::LoneZero(number));
            }
            let Some(mut member) = decode(&block) else {
                let first = !self.started;
                self.started = true;
                if self.skipping {
                    continue;
                }
                self.skipping = true;
                return Ok(Next::Junk { first, whole: true });
            };
            self.started = true;
            self.skipping = false;
            let untilnul = |mut text: Vec<u8>| {
                text.truncate(text.iter().position(|b| *b == 0).unwrap_or(text.len()));
                text
            };
            match member.kind {
                kind::LONG_NAME => long_name = Some(untilnul(self.extra(member.size)?)),
                kind::LONG_LINK => long_link = Some(untilnul(self.extra(member.size)?)),
                kind::PAX => pax = Some(self.extra(member.size)?),
                kind::PAX_GLOBAL => self.global = self.extra(member.size)?,
                _ => {
                    apply_pax(&self.global, &mut member);
                    if let Some(records) = &pax {
                        apply_pax(records, &mut member);
                    }
                    member.name = long_name.unwrap_or(member.name);
                    member.link = long_link.unwrap_or(member.link);
                    let has_data = !matches!(
                        member.kind,
                        kind::HARD_LINK
                            | kind::SYMLINK
                            | kind::CHAR_DEVICE
                            | kind::BLOCK_DEVICE
                            | kind::DIR
                            | kind::FIFO
                    );
                    self.left = if has_data { member.size } else { 0 };
                    self.padding = self.left.next_multiple_of(BLOCK as u64) - self.left;
                    self.end = self.at + self.left + self.padding;
                    return Ok(Next::Member(Box::new(member)));
                }
            }
        }
    }
}
