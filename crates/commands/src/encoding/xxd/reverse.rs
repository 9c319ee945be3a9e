//! `xxd -r`.

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::OpenOptions;

use crate::input::Source;

fn hex(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|d| d as u8)
}

/// Turns a dump back into bytes. Offsets may jump forwards (the gap is filled with zeros); into a file, which is not cut,
/// they may jump anywhere.
pub(super) fn run(
    cx: &mut Context<'_>,
    source: &mut Source,
    outfile: Option<&[u8]>,
    plain: bool,
    cols: usize,
    base: i64,
) -> CommandResult {
    let text = source.read_all()?;
    let mut sink = match outfile {
        None => Sink::Stream(0),
        Some(name) => {
            let options = OpenOptions {
                write: true,
                create: true,
                ..OpenOptions::default()
            };
            // Opened for its messages; the bytes go in by position.
            match cx.path(name).and_then(|path| {
                cx.fs.open(
                    &path,
                    OpenOptions {
                        mode: Some(0o666 & !cx.umask),
                        ..options
                    },
                )
            }) {
                Ok(file) => Sink::File(file, 0),
                Err(e) => {
                    cx.warn([name, &b": "[..], e.gnu_text().as_bytes()].concat());
                    return Ok(ExitStatus(3));
                }
            }
        }
    };
    if plain {
        let mut bytes = Vec::with_capacity(text.len() / 2);
        for line in text.split(|b| *b == b'\n') {
            let mut high = None;
            for b in line {
                match (hex(*b), high.take()) {
                    (Some(d), None) => high = Some(d),
                    (Some(d), Some(h)) => bytes.push(h << 4 | d),
                    (None, h) if b.is_ascii_whitespace() => high = h,
                    // What is no digit ends the line.
                    (None, _) => break,
                }
            }
        }
        sink.put(cx, 0, &bytes)?;
        return Ok(ExitStatus::SUCCESS);
    }
    for line in text.split(|b| *b == b'\n') {
        cx.cancel.check()?;
        let Some((at, bytes)) = parse_line(line, cols) else {
            continue;
        };
        let Some(at) = at.checked_add_signed(base) else {
            return Err(CommandError::fail(5, "Sorry, cannot seek backwards."));
        };
        if !sink.put(cx, at, &bytes)? {
            let _ = cx.stderr.flush();
            return Err(CommandError::fail(5, "Sorry, cannot seek backwards."));
        }
    }
    Ok(ExitStatus::SUCCESS)
}

/// Offset and bytes of a line `0000: 6865 6c6c  he`; the characters at the end are left out.
fn parse_line(line: &[u8], cols: usize) -> Option<(u64, Vec<u8>)> {
    let line = line.trim_ascii_start();
    let len = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let at = u64::from_str_radix(std::str::from_utf8(&line[..len]).ok()?, 16).ok()?;
    let mut rest = line[len..].strip_prefix(b":").unwrap_or(&line[len..]);
    let mut bytes = Vec::with_capacity(cols);
    while bytes.len() < cols {
        // Two blanks end the digits.
        let blanks = rest.iter().take_while(|b| **b == b' ' || **b == b'\t').count();
        if blanks > 1 && !bytes.is_empty() {
            break;
        }
        rest = &rest[blanks..];
        let (Some(high), Some(low)) = (rest.first().copied().and_then(hex), rest.get(1).copied().and_then(hex)) else {
            break;
        };
        bytes.push(high << 4 | low);
        rest = &rest[2..];
    }
    Some((at, bytes))
}

enum Sink {
    /// Standard output, and how far it is.
    Stream(u64),
    File(vfs::blocking::File, u64),
}

impl Sink {
    /// Puts bytes at an offset; false when that is behind what was written to a stream.
    fn put(&mut self, cx: &mut Context<'_>, at: u64, bytes: &[u8]) -> Result<bool, CommandError> {
        match self {
            Self::Stream(end) => {
                let Some(mut gap) = at.checked_sub(*end) else {
                    return Ok(false);
                };
                while gap > 0 {
                    let n = gap.min(64 * 1024) as usize;
                    cx.cancel.check()?;
                    cx.stdout.write_all(&vec![0; n])?;
                    gap -= n as u64;
                }
                cx.stdout.write_all(bytes)?;
                *end = at + bytes.len() as u64;
            }
            Self::File(file, end) => {
                file.write_at(at, bytes::Bytes::copy_from_slice(bytes))?;
                *end = at + bytes.len() as u64;
            }
        }
        Ok(true)
    }
}

/// ASCII of an EBCDIC character from 64 on; `.` for the others.
pub(super) fn from_ebcdic(b: u8) -> u8 {
    const TABLE: &[u8; 192] = b" ...........<(+|&.........!$*);~-/.........,%_>?.........`:#@'=\".abcdefghi.......jklmnopqr^.......stuvwxyz...[...............]..{ABCDEFGHI......}JKLMNOPQR......\\.STUVWXYZ......0123456789......";
    match b.checked_sub(64) {
        Some(n) => TABLE.get(usize::from(n)).copied().unwrap_or(b'.'),
        None => b'.',
    }
}
