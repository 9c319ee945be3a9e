//! The operands.

use shell::command::{CommandError, Context};

use crate::number::{NumberError, size};
use crate::options::Spec;
use crate::quote::quote;

/// What is said at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    All,
    NoTransfer,
    None,
}

/// How records and lines become each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Records {
    None,
    Block,
    Unblock,
}

/// What is done to bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    None,
    Ascii,
    Ebcdic,
    Ibm,
}

#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) input: Option<Vec<u8>>,
    pub(super) output: Option<Vec<u8>>,
    pub(super) ibs: usize,
    pub(super) obs: usize,
    pub(super) cbs: usize,
    /// `bs=`: blocks are written as they were read.
    pub(super) whole_blocks: bool,
    pub(super) count: Option<u64>,
    pub(super) skip: u64,
    pub(super) seek: u64,
    pub(super) count_bytes: bool,
    pub(super) skip_bytes: bool,
    pub(super) seek_bytes: bool,
    pub(super) append: bool,
    pub(super) want_directory: bool,
    pub(super) records: Records,
    pub(super) table: Table,
    pub(super) lower: bool,
    pub(super) upper: bool,
    pub(super) swap: bool,
    pub(super) pad: bool,
    pub(super) sparse: bool,
    pub(super) exclusive: bool,
    pub(super) no_create: bool,
    pub(super) no_truncate: bool,
    pub(super) sync_data: bool,
    pub(super) sync_all: bool,
    pub(super) status: Status,
}

/// Largest block.
const MOST: u64 = 1 << 31;

/// A number with multipliers, and factors joined by `x`; whether it ends in `B` and counts bytes.
fn number(text: &[u8]) -> Result<(u64, bool), NumberError> {
    let mut product = 1u64;
    let mut bytes = false;
    for part in text.split(|b| *b == b'x') {
        let digits = part.first().is_some_and(u8::is_ascii_digit);
        if !digits {
            return Err(NumberError::Invalid);
        }
        let (body, ends) = match part.split_last() {
            Some((b'B', body)) if body.last().is_some_and(u8::is_ascii_digit) => (body, true),
            _ => (part, false),
        };
        bytes |= ends;
        let n = size(body, "bcEGkKMPTwYZ0").map_err(|_| NumberError::Invalid)?;
        product = product.checked_mul(n).ok_or(NumberError::Overflow)?;
    }
    Ok((product, bytes))
}

impl Settings {
    /// Whether bytes go through as they are.
    pub(super) fn plain(&self) -> bool {
        self.records == Records::None && self.table == Table::None && !self.lower && !self.upper && !self.swap
    }

    /// Whether blanks fill up, rather than zeros.
    pub(super) fn by_lines(&self) -> bool {
        self.records != Records::None
    }

    pub(super) fn parse(cx: &Context<'_>, spec: &Spec, operands: &[Vec<u8>]) -> Result<Self, CommandError> {
        let mut s = Self {
            input: None,
            output: None,
            ibs: 512,
            obs: 512,
            cbs: 0,
            whole_blocks: false,
            count: None,
            skip: 0,
            seek: 0,
            count_bytes: false,
            skip_bytes: false,
            seek_bytes: false,
            append: false,
            want_directory: false,
            records: Records::None,
            table: Table::None,
            lower: false,
            upper: false,
            swap: false,
            pad: false,
            sparse: false,
            exclusive: false,
            no_create: false,
            no_truncate: false,
            sync_data: false,
            sync_all: false,
            status: Status::All,
        };
        let (mut ascii, mut ebcdic, mut ibm, mut block, mut unblock) = (false, false, false, false, false);
        for operand in operands {
            let unknown = || spec.usage_error(cx, [&b"unrecognized operand "[..], &quote(operand)].concat());
            let Some(eq) = memchr::memchr(b'=', operand) else {
                return Err(unknown());
            };
            let (name, text) = (&operand[..eq], &operand[eq + 1..]);
            let invalid = |e: NumberError| {
                CommandError::fail(
                    1,
                    [&b"invalid number: "[..], &quote(text), e.detail().as_bytes()].concat(),
                )
            };
            let block_size = || match number(text) {
                Ok((n, _)) if n > 0 && n <= MOST => Ok(n as usize),
                Ok((0, _)) => Err(invalid(NumberError::Invalid)),
                Ok(_) => Err(invalid(NumberError::Overflow)),
                Err(e) => Err(invalid(e)),
            };
            match name {
                b"if" => s.input = Some(text.to_vec()),
                b"of" => s.output = Some(text.to_vec()),
                b"ibs" => s.ibs = block_size()?,
                b"obs" => s.obs = block_size()?,
                b"cbs" => s.cbs = block_size()?,
                b"bs" => {
                    let n = block_size()?;
                    (s.ibs, s.obs, s.whole_blocks) = (n, n, true);
                }
                b"count" => {
                    let (n, bytes) = number(text).map_err(invalid)?;
                    (s.count, s.count_bytes) = (Some(n), bytes || s.count_bytes);
                }
                b"skip" | b"iseek" => {
                    let (n, bytes) = number(text).map_err(invalid)?;
                    (s.skip, s.skip_bytes) = (n, bytes || s.skip_bytes);
                }
                b"seek" | b"oseek" => {
                    let (n, bytes) = number(text).map_err(invalid)?;
                    (s.seek, s.seek_bytes) = (n, bytes || s.seek_bytes);
                }
                b"status" => {
                    s.status = match text {
                        b"none" => Status::None,
                        b"noxfer" => Status::NoTransfer,
                        b"progress" => Status::All,
                        _ => {
                            let text = [&b"invalid status level: "[..], &quote(text)].concat();
                            return Err(spec.usage_error(cx, text));
                        }
                    }
                }
                b"conv" => {
                    for word in text.split(|b| *b == b',') {
                        match word {
                            b"ascii" => (ascii, unblock) = (true, true),
                            b"ebcdic" => (ebcdic, block) = (true, true),
                            b"ibm" => (ibm, block) = (true, true),
                            b"block" => block = true,
                            b"unblock" => unblock = true,
                            b"lcase" => s.lower = true,
                            b"ucase" => s.upper = true,
                            b"sparse" => s.sparse = true,
                            b"swab" => s.swap = true,
                            b"sync" => s.pad = true,
                            b"excl" => s.exclusive = true,
                            b"nocreat" => s.no_create = true,
                            b"notrunc" => s.no_truncate = true,
                            b"noerror" => {}
                            b"fdatasync" => s.sync_data = true,
                            b"fsync" => s.sync_all = true,
                            _ => {
                                let text = [&b"invalid conversion: "[..], &quote(word)].concat();
                                return Err(spec.usage_error(cx, text));
                            }
                        }
                    }
                }
                b"iflag" | b"oflag" => {
                    let input = name == b"iflag";
                    for word in text.split(|b| *b == b',') {
                        match word {
                            b"append" if !input => s.append = true,
                            b"fullblock" if input => {}
                            b"skip_bytes" if input => s.skip_bytes = true,
                            b"count_bytes" if input => s.count_bytes = true,
                            b"seek_bytes" if !input => s.seek_bytes = true,
                            b"directory" => s.want_directory = true,
                            b"append" | b"cio" | b"direct" | b"dsync" | b"sync" | b"nonblock" | b"noatime"
                            | b"nocache" | b"noctty" | b"nofollow" | b"nolinks" | b"binary" | b"text" => {}
                            _ => {
                                let kind: &[u8] = if input {
                                    b"invalid input flag: "
                                } else {
                                    b"invalid output flag: "
                                };
                                return Err(spec.usage_error(cx, [kind, &quote(word)].concat()));
                            }
                        }
                    }
                }
                _ => return Err(unknown()),
            }
        }
        let conflict = |text: &str| Err(CommandError::fail(1, text));
        if [ascii, ebcdic, ibm].iter().filter(|b| **b).count() > 1 {
            return conflict("cannot combine any two of {ascii,ebcdic,ibm}");
        }
        if block && unblock {
            return conflict("cannot combine block and unblock");
        }
        if s.lower && s.upper {
            return conflict("cannot combine lcase and ucase");
        }
        if s.exclusive && s.no_create {
            return conflict("cannot combine excl and nocreat");
        }
        s.table = match (ascii, ebcdic, ibm) {
            (true, _, _) => Table::Ascii,
            (_, true, _) => Table::Ebcdic,
            (_, _, true) => Table::Ibm,
            _ => Table::None,
        };
        if s.cbs > 0 {
            s.records = match (block, unblock) {
                (true, _) => Records::Block,
                (_, true) => Records::Unblock,
                _ => Records::None,
            };
        }
        if s.records != Records::None {
            s.whole_blocks = false;
        }
        Ok(s)
    }
}
