//! `sort -c` and `sort -m`: reading lines once, in order.

use std::cmp::Ordering;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use super::failed;
use super::order::Order;
use crate::input::{Lines, Source};
use crate::quote::quotef;

/// Whether a file is sorted; says where it is not.
pub(super) fn run(
    cx: &mut Context<'_>,
    file: &[u8],
    order: &Order,
    unique: bool,
    end: u8,
    loud: bool,
) -> CommandResult {
    let source = crate::input::open(cx, file).map_err(|e| failed("open failed", file, &e))?;
    let mut lines = source.lines(end);
    let mut previous: Option<Vec<u8>> = None;
    let mut number = 0u64;
    while let Some(line) = lines.next().map_err(|e| failed("read failed", file, &e))? {
        number += 1;
        if number.is_multiple_of(4096) {
            cx.cancel.check()?;
        }
        match &mut previous {
            Some(last) => {
                let by = order.compare(last, line);
                if by == Ordering::Greater || (unique && by == Ordering::Equal) {
                    if loud {
                        let message = [&quotef(file)[..], format!(":{number}: disorder: ").as_bytes(), line].concat();
                        cx.warn(message);
                    }
                    return Ok(ExitStatus::FAILURE);
                }
                last.clear();
                last.extend_from_slice(line);
            }
            None => previous = Some(line.to_vec()),
        }
    }
    Ok(ExitStatus::SUCCESS)
}

/// Merges sorted inputs, holding one line of each.
pub(super) fn merge(
    cx: &mut Context<'_>,
    sources: Vec<Source>,
    files: &[Vec<u8>],
    order: &Order,
    unique: bool,
    end: u8,
) -> Result<(), CommandError> {
    let mut inputs: Vec<(Lines, Vec<u8>, usize)> = Vec::new();
    for (at, source) in sources.into_iter().enumerate() {
        let mut lines = source.lines(end);
        if let Some(first) = lines.next().map_err(|e| failed("read failed", &files[at], &e))? {
            let first = first.to_vec();
            inputs.push((lines, first, at));
        }
    }
    let mut last: Option<Vec<u8>> = None;
    while !inputs.is_empty() {
        let mut best = 0;
        for at in 1..inputs.len() {
            // Of equal lines that of the earlier file comes first.
            if order.compare(&inputs[at].1, &inputs[best].1).is_lt() {
                best = at;
            }
        }
        let (lines, line, file) = &mut inputs[best];
        let repeated = unique && last.as_ref().is_some_and(|l| order.compare(l, line).is_eq());
        if !repeated {
            let out = cx.stdout.buffer();
            out.extend_from_slice(line);
            out.push(end);
            cx.stdout.spill()?;
            if unique {
                last = Some(line.clone());
            }
        }
        let next = lines.next().map_err(|e| failed("read failed", &files[*file], &e))?;
        match next {
            Some(text) => {
                line.clear();
                line.extend_from_slice(text);
            }
            None => {
                inputs.remove(best);
            }
        }
    }
    Ok(())
}
