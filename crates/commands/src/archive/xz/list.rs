//! `xz --list`: the index at the end of each stream (the .xz file format, 2.1.2 and 4).

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::input;

struct Totals {
    streams: u64,
    blocks: u64,
    packed: u64,
    plain: u64,
    checks: Vec<&'static str>,
}

/// `12 B`, `8.7 KiB`, `1,234.5 MiB`.
pub(super) fn nice(n: u64) -> String {
    if n < 10_000 {
        return format!("{n} B");
    }
    let (mut value, mut unit) = (n as f64, 0);
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    while value >= 10_000.0 || unit == 0 {
        value /= 1024.0;
        unit += 1;
        if unit + 1 == UNITS.len() {
            break;
        }
    }
    let text = format!("{value:.1}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "0"));
    let grouped = match whole.len() {
        4.. => format!("{},{}", &whole[..whole.len() - 3], &whole[whole.len() - 3..]),
        _ => whole.to_string(),
    };
    format!("{grouped}.{rest} {}", UNITS[unit])
}

/// Packed by plain size, with three digits after the point.
pub(super) fn ratio(packed: u64, plain: u64) -> String {
    if plain == 0 {
        return "---".to_string();
    }
    match packed as f64 / plain as f64 {
        r if r > 9.999 => "---".to_string(),
        r => format!("{r:.3}"),
    }
}

pub(super) fn run(cx: &mut Context<'_>, files: &[Vec<u8>], _verbose: bool) -> CommandResult {
    let mut sum: Option<Totals> = None;
    let (mut ok, mut shown) = (true, 0u64);
    for name in files {
        if name == b"-" {
            return Err(CommandError::fail(
                1,
                "--list does not support reading from standard input",
            ));
        }
        let data = match input::open(cx, name).and_then(|mut s| s.read_all()) {
            Ok(data) => data,
            Err(e) => {
                input::warn(cx, name, &e)?;
                ok = false;
                continue;
            }
        };
        let Some(t) = streams(&data) else {
            cx.warn([&name[..], b": File format not recognized"].concat());
            ok = false;
            continue;
        };
        if shown == 0 {
            let head = "Strms  Blocks   Compressed Uncompressed  Ratio  Check   Filename\n";
            cx.stdout.buffer().extend_from_slice(head.as_bytes());
        }
        line(cx, &t, name)?;
        shown += 1;
        match &mut sum {
            None => sum = Some(t),
            Some(s) => {
                s.streams += t.streams;
                s.blocks += t.blocks;
                s.packed += t.packed;
                s.plain += t.plain;
                s.checks.extend(t.checks);
            }
        }
    }
    if let Some(s) = sum.filter(|_| shown > 1) {
        cx.stdout
            .buffer()
            .extend_from_slice(format!("{}\n", "-".repeat(79)).as_bytes());
        line(cx, &s, format!("{shown} files").as_bytes())?;
    }
    Ok(ExitStatus(u8::from(!ok)))
}

fn line(cx: &mut Context<'_>, t: &Totals, name: &[u8]) -> Result<(), CommandError> {
    let mut checks = t.checks.clone();
    checks.sort_unstable();
    checks.dedup();
    let text = format!(
        "{:>5} {:>7} {:>12} {:>12} {:>6}  {:<7} ",
        t.streams,
        t.blocks,
        nice(t.packed),
        nice(t.plain),
        ratio(t.packed, t.plain),
        checks.join(",")
    );
    let out = cx.stdout.buffer();
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(name);
    out.push(b'\n');
    Ok(cx.stdout.spill()?)
}

/// Goes through the streams from the end.
fn streams(data: &[u8]) -> Option<Totals> {
    let mut t = Totals {
        streams: 0,
        blocks: 0,
        packed: data.len() as u64,
        plain: 0,
        checks: Vec::new(),
    };
    let mut end = data.len();
    while end > 0 {
        // Padding between streams comes in groups of four zeros.
        while end >= 4 && data[end - 4..end] == [0; 4] {
            end -= 4;
        }
        let footer = data.get(end.checked_sub(12)?..end)?;
        if &footer[10..] != b"YZ" {
            return None;
        }
        t.checks.push(match footer[9] & 0xf {
            0 => "None",
            1 => "CRC32",
            4 => "CRC64",
            10 => "SHA-256",
            _ => "Unknown",
        });
        let size = (u32::from_le_bytes([footer[4], footer[5], footer[6], footer[7]]) as usize + 1).checked_mul(4)?;
        let start = end.checked_sub(12)?.checked_sub(size)?;
        let index = &data[start..end - 12];
        let mut at = 1;
        let count = number(index, &mut at)?;
        let mut body = 0u64;
        for _ in 0..count {
            let unpadded = number(index, &mut at)?;
            t.plain = t.plain.checked_add(number(index, &mut at)?)?;
            body = body.checked_add(unpadded.checked_next_multiple_of(4)?)?;
        }
        t.blocks += count;
        t.streams += 1;
        end = start.checked_sub(usize::try_from(body).ok()?)?.checked_sub(12)?;
    }
    (t.streams > 0).then_some(t)
}

/// A number in groups of seven bits.
fn number(data: &[u8], at: &mut usize) -> Option<u64> {
    let mut n = 0u64;
    for shift in (0..63).step_by(7) {
        let b = *data.get(*at)?;
        *at += 1;
        n |= u64::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}
