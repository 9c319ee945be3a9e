//! `od -S`: strings that end with NUL.

use shell::command::{CommandError, Context};

use super::dump::Address;
use crate::encoding::concat::Concat;

/// Prints all runs of at least `min` graphic characters that a NUL ends.
pub(super) fn dump(
    cx: &mut Context<'_>,
    input: &mut Concat,
    address: &Address,
    start: u64,
    limit: Option<u64>,
    min: u64,
) -> Result<(), CommandError> {
    let (mut at, mut left) = (start, limit.unwrap_or(u64::MAX));
    let mut string = Vec::new();
    while left > 0 {
        cx.cancel.check()?;
        let mut chunk = input.chunk(cx)?;
        if chunk.is_empty() {
            break;
        }
        if chunk.len() as u64 > left {
            input.put_back(chunk.split_off(left as usize));
        }
        left -= chunk.len() as u64;
        for b in chunk {
            at += 1;
            match b {
                0x20..=0x7e => string.push(b),
                0 if string.len() as u64 >= min => {
                    let out = cx.stdout.buffer();
                    address.show(at - 1 - string.len() as u64, start, " ", out);
                    out.append(&mut string);
                    out.push(b'\n');
                    cx.stdout.spill()?;
                }
                _ => string.clear(),
            }
        }
    }
    Ok(())
}
