//! Reading items: words with quotes, whole lines, or pieces between delimiters.

use bytes::Bytes;
use shell::command::{CommandError, Context};

use crate::input::Source;

/// How input is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// At blanks and newlines, with quotes and backslashes.
    Words,
    /// At newlines, with quotes and backslashes; leading blanks are dropped.
    Lines,
    /// At a byte, literally.
    At(u8),
}

/// One argument.
pub(super) struct Item {
    pub text: Vec<u8>,
    /// A line of input ends after it.
    pub ends_line: bool,
}

pub(super) struct Items {
    source: Source,
    split: Split,
    end: Option<Vec<u8>>,
    block: Bytes,
    at: usize,
    done: bool,
    back: Option<Item>,
    error: Option<&'static str>,
}

impl Items {
    pub fn new(source: Source, split: Split, end: Option<Vec<u8>>) -> Self {
        Self {
            source,
            split,
            end,
            block: Bytes::new(),
            at: 0,
            done: false,
            back: None,
            error: None,
        }
    }

    /// Gives an item back; it comes again next.
    pub fn put_back(&mut self, item: Item) {
        self.back = Some(item);
    }

    /// Fails if the input was malformed. What came before has been used by then.
    pub fn check(&self, _: &Context<'_>) -> Result<(), CommandError> {
        match self.error {
            Some(message) => Err(CommandError::fail(1, message)),
            None => Ok(()),
        }
    }

    fn byte(&mut self) -> vfs::Result<Option<u8>> {
        if self.at == self.block.len() {
            self.block = self.source.chunk()?;
            self.at = 0;
            if self.block.is_empty() {
                return Ok(None);
            }
        }
        self.at += 1;
        Ok(Some(self.block[self.at - 1]))
    }

    fn peek(&mut self) -> vfs::Result<Option<u8>> {
        let b = self.byte()?;
        if b.is_some() {
            self.at -= 1;
        }
        Ok(b)
    }

    /// The next item.
    pub fn next(&mut self, cx: &Context<'_>) -> Result<Option<Item>, CommandError> {
        if let Some(item) = self.back.take() {
            return Ok(Some(item));
        }
        if self.done {
            return Ok(None);
        }
        cx.cancel.check()?;
        let item = match self.split {
            Split::At(delimiter) => self.piece(delimiter)?,
            _ => self.quoted()?,
        };
        match &item {
            Some(i) if self.end.as_ref() == Some(&i.text) && !matches!(self.split, Split::At(_)) => {
                self.done = true;
                Ok(None)
            }
            None => {
                self.done = true;
                self.check(cx)?;
                Ok(None)
            }
            _ => Ok(item),
        }
    }

    fn piece(&mut self, delimiter: u8) -> vfs::Result<Option<Item>> {
        let mut text = Vec::new();
        let mut any = false;
        while self.peek()?.is_some() {
            any = true;
            let rest = &self.block[self.at..];
            match memchr::memchr(delimiter, rest) {
                Some(n) => {
                    text.extend_from_slice(&rest[..n]);
                    self.at += n + 1;
                    break;
                }
                None => {
                    text.extend_from_slice(rest);
                    self.at = self.block.len();
                }
            }
        }
        Ok(any.then_some(Item { text, ends_line: true }))
    }

    fn quoted(&mut self) -> vfs::Result<Option<Item>> {
        let words = self.split == Split::Words;
        let mut text = Vec::new();
        let mut started = false;
        let mut quote = 0u8;
        let mut last_blank = false;
        loop {
            let Some(b) = self.byte()? else {
                if quote != 0 {
                    self.error = Some(if quote == b'"' {
                        "unmatched double quote; by default quotes are special to xargs unless you use the -0 option"
                    } else {
                        "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
                    });
                    return Ok(None);
                }
                return Ok(started.then_some(Item { text, ends_line: true }));
            };
            if quote != 0 {
                match b {
                    b'\n' => {
                        self.error = Some(if quote == b'"' {
                            "unmatched double quote; by default quotes are special to xargs unless you use the -0 option"
                        } else {
                            "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
                        });
                        return Ok(None);
                    }
                    _ if b == quote => quote = 0,
                    _ => text.push(b),
                }
                continue;
            }
            match b {
                b'\n' if !started => {}
                b'\n' => {
                    // A line that ends in a blank goes on in the next one.
                    return Ok(Some(Item {
                        text,
                        ends_line: !last_blank,
                    }));
                }
                b' ' | b'\t' if !started => {}
                b' ' | b'\t' if words => {
                    let mut ends_line = false;
                    while let Some(next) = self.peek()? {
                        match next {
                            b' ' | b'\t' => self.at += 1,
                            b'\n' => {
                                // Only trailing blanks: the logical line continues.
                                self.at += 1;
                                ends_line = false;
                                break;
                            }
                            _ => break,
                        }
                    }
                    if self.peek()?.is_none() {
                        ends_line = true;
                    }
                    return Ok(Some(Item { text, ends_line }));
                }
                b'\'' | b'"' => {
                    quote = b;
                    started = true;
                }
                b'\\' => {
                    started = true;
                    match self.byte()? {
                        Some(next) => text.push(next),
                        None => {
                            self.error = Some("backslash at EOF");
                            return Ok(None);
                        }
                    }
                }
                _ => {
                    started = true;
                    last_blank = false;
                    text.push(b);
                }
            }
        }
    }
}
