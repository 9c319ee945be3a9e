//! `-n`: a given number of parts.

use bytes::Bytes;
use shell::command::{CommandError, Context};
use shell::io::Output;

use super::pieces::Pieces;
use crate::input::Source;

/// Which of how many: all, or one for standard output.
type Part = (u64, Option<u64>);

/// Parts of equal size; the first ones are a byte larger where it does not come out even.
pub(super) fn by_size(
    cx: &mut Context<'_>,
    mut source: Source,
    pieces: &mut Pieces,
    count: u64,
    one: Option<u64>,
    elide: bool,
) -> Result<(), CommandError> {
    let data = source.read_all()?;
    let size = data.len() as u64;
    let (base, larger) = (size / count, size % count);
    let mut at = 0;
    for n in 0..count {
        let len = base + u64::from(n < larger);
        let part = data.slice(at as usize..(at + len) as usize);
        at += len;
        emit(cx, pieces, n, one, elide, part)?;
    }
    Ok(())
}

fn emit(
    cx: &mut Context<'_>,
    pieces: &mut Pieces,
    n: u64,
    one: Option<u64>,
    elide: bool,
    part: Bytes,
) -> Result<(), CommandError> {
    match one {
        Some(k) if k == n + 1 => Ok(cx.stdout.write_bytes(part)?),
        Some(_) => Ok(()),
        None if part.is_empty() && elide => Ok(()),
        None => {
            pieces.next(cx)?;
            pieces.write(part)
        }
    }
}

/// Parts of equal size that end with whole lines: a line belongs to the part in which it begins.
pub(super) fn by_size_in_lines(
    cx: &mut Context<'_>,
    mut source: Source,
    pieces: &mut Pieces,
    (count, one): Part,
    end: u8,
    elide: bool,
) -> Result<(), CommandError> {
    let data = source.read_all()?;
    let size = data.len() as u64;
    let (base, larger) = (size / count, size % count);
    let (mut from, mut border) = (0usize, 0u64);
    for n in 0..count {
        border += base + u64::from(n < larger);
        let to = if n + 1 == count {
            data.len()
        } else if border <= from as u64 {
            from
        } else {
            // The line that holds the last byte before the border ends the part.
            let last = border as usize - 1;
            memchr::memchr(end, &data[last..]).map_or(data.len(), |m| last + m + 1)
        };
        emit(cx, pieces, n, one, elide, data.slice(from..to))?;
        from = to;
    }
    Ok(())
}

/// Line after line to one part after the other.
pub(super) fn round_robin(
    cx: &mut Context<'_>,
    source: Source,
    pieces: &mut Pieces,
    (count, one): Part,
    end: u8,
    elide: bool,
) -> Result<(), CommandError> {
    let mut lines = source.lines(end);
    let mut parts: Vec<Vec<u8>> = Vec::new();
    if one.is_none() {
        if count > 1 << 20 {
            return Err(CommandError::fail(1, "too many parts"));
        }
        parts.resize(count as usize, Vec::new());
    }
    let mut n = 0u64;
    let mut terminated;
    while let Some(line) = lines.next()? {
        let line = line.to_vec();
        terminated = lines.terminated();
        let put = |out: &mut Vec<u8>| {
            out.extend_from_slice(&line);
            if terminated {
                out.push(end);
            }
        };
        match one {
            Some(k) if n % count == k - 1 => {
                put(cx.stdout.buffer());
                spill(&mut cx.stdout)?;
            }
            Some(_) => {}
            None => put(&mut parts[(n % count) as usize]),
        }
        n += 1;
        if n.is_multiple_of(4096) {
            cx.cancel.check()?;
        }
    }
    for part in parts {
        if !(part.is_empty() && elide) {
            pieces.next(cx)?;
            pieces.write(part.into())?;
        }
    }
    Ok(())
}

fn spill(out: &mut Output) -> Result<(), CommandError> {
    Ok(out.spill()?)
}
