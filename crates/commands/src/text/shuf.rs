//! `shuf`: lines in random order.

use std::hash::{BuildHasher, Hasher};

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::OpenOptions;

use crate::input;
use crate::number;
use crate::options::{Args, Spec, flag, value};
use crate::output;
use crate::quote::{quote, quoteaf};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "shuf",
    "[OPTION]... [FILE]\n-e [OPTION]... [ARG]...\n-i LO-HI [OPTION]...",
    "Write a random permutation of the input lines to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("e", "echo", "treat each ARG as an input line"),
        value(
            "i",
            "input-range",
            "LO-HI",
            "treat each number LO through HI as an input line",
        ),
        value("n", "head-count", "COUNT", "output at most COUNT lines"),
        value("o", "output", "FILE", "write result to FILE instead of standard output"),
        value("", "random-source", "FILE", "get random bytes from FILE"),
        flag("r", "repeat", "output lines can be repeated"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// A generator of the SplitMix64 kind: good enough to shuffle, and quick.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, all equally likely.
    fn below(&mut self, n: u64) -> u64 {
        let zone = u64::MAX - u64::MAX % n;
        loop {
            let v = self.next();
            if v < zone {
                return v % n;
            }
        }
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let fail = |m: Vec<u8>| CommandError::fail(1, m);
    let mut count = u64::MAX;
    let mut range: Option<(u64, u64)> = None;
    for o in &args.options {
        match o.key {
            "head-count" => match number::decimal(o.value()) {
                Ok(n) => count = count.min(n),
                Err(number::NumberError::Overflow) => {}
                Err(_) => return Err(fail([&b"invalid line count: "[..], &quote(o.value())].concat())),
            },
            "input-range" => {
                if range.is_some() {
                    return Err(fail(b"multiple -i options specified".to_vec()));
                }
                let mut parts = o.value().splitn(2, |b| *b == b'-');
                let low = parts.next().and_then(|t| number::decimal(t).ok());
                let high = parts.next().and_then(|t| number::decimal(t).ok());
                range = match (low, high) {
                    (Some(a), Some(b)) if a <= b || a == b.wrapping_add(1) => Some((a, b)),
                    _ => return Err(fail([&b"invalid input range: "[..], &quote(o.value())].concat())),
                };
            }
            _ => {}
        }
    }
    let echo = args.has("echo");
    if echo && range.is_some() {
        return Err(SPEC.usage_error(cx, "cannot combine -e and -i options"));
    }
    let extra = if echo {
        None
    } else {
        args.operands.get(usize::from(range.is_none()))
    };
    if let Some(extra) = extra {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let end = if args.has("zero-terminated") { 0 } else { b'\n' };
    let mut random = Random(seed(cx, args.last("random-source"))?);
    let data;
    let lines: Vec<&[u8]> = if echo {
        args.operands.iter().map(Vec::as_slice).collect()
    } else if range.is_some() {
        Vec::new()
    } else {
        let file = args.operands.first().cloned().unwrap_or_else(|| b"-".to_vec());
        data = input::open(cx, &file)
            .and_then(|mut s| s.read_all())
            .map_err(|e| fail(input::complaint(&file, &e)))?;
        let body = data.strip_suffix(&[end]).unwrap_or(&data);
        if data.is_empty() {
            Vec::new()
        } else {
            body.split(|b| *b == end).collect()
        }
    };
    let total = range.map_or(lines.len() as u64, |(a, b)| (b - a).wrapping_add(1));
    let text = |n: u64, out: &mut Vec<u8>| {
        match range {
            Some((low, _)) => out.extend_from_slice((low + n).to_string().as_bytes()),
            None => out.extend_from_slice(lines[n as usize]),
        }
        out.push(end);
    };
    let mut target = match args.last("output") {
        Some(name) => Some(
            output::open(cx, name, OpenOptions::writing())
                .map_err(|e| fail([&quoteaf(name)[..], b": ", e.gnu_text().as_bytes()].concat()))?,
        ),
        None => None,
    };
    let out = target.as_mut().unwrap_or(&mut cx.stdout);
    if args.has("repeat") {
        if total == 0 {
            if count == 0 {
                return Ok(ExitStatus::SUCCESS);
            }
            return Err(fail(b"no lines to repeat".to_vec()));
        }
        for n in 0..count {
            text(random.below(total), out.buffer());
            out.spill()?;
            if n % 4096 == 0 {
                cx.cancel.check()?;
            }
        }
    } else {
        // Fisher and Yates, as far as lines are wanted; a range is not written out when little of it is.
        let wanted = count.min(total);
        let mut moved = std::collections::HashMap::new();
        for n in 0..wanted {
            let other = n + random.below(total - n);
            let chosen = moved.get(&other).copied().unwrap_or(other);
            let here = moved.remove(&n).unwrap_or(n);
            if other != n {
                moved.insert(other, here);
            }
            text(chosen, out.buffer());
            out.spill()?;
            if n % 4096 == 0 {
                cx.cancel.check()?;
            }
        }
    }
    out.flush_now()?;
    Ok(ExitStatus::SUCCESS)
}

fn seed(cx: &mut Context<'_>, file: Option<&[u8]>) -> Result<u64, CommandError> {
    let Some(file) = file else {
        return Ok(std::collections::hash_map::RandomState::new().build_hasher().finish());
    };
    let mut source = input::open(cx, file).map_err(|e| CommandError::fail(1, input::complaint(file, &e)))?;
    let first = source.chunk()?;
    if first.is_empty() {
        return Err(CommandError::fail(1, [&quoteaf(file)[..], b": end of file"].concat()));
    }
    Ok(first.iter().take(4096).fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3)
    }))
}
