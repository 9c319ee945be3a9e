//! `date`: shows times.

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::Time;

use crate::input;
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quotef};
use crate::time::{Moment, Zone, parse};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "date",
    "[OPTION]... [+FORMAT]\n[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]",
    "Display date and time in the given FORMAT.\nWith -s, or with [MMDDhhmm[[CC]YY][.ss]], set the date and time.",
    &[
        value("d", "date", "STRING", "display time described by STRING, not 'now'"),
        flag("", "debug", "(accepted)"),
        value("f", "file", "DATEFILE", "like --date; once for each line of DATEFILE"),
        optional(
            "I",
            "iso-8601",
            "FMT",
            "output date/time in ISO 8601 format.\nFMT='date' for date only (the default),\n'hours', 'minutes', 'seconds', or 'ns'",
        ),
        flag("", "resolution", "output the available resolution of timestamps"),
        flag(
            "R",
            "rfc-email rfc-822 rfc-2822",
            "output date and time in RFC 5322 format.",
        ),
        value(
            "",
            "rfc-3339",
            "FMT",
            "output date/time in RFC 3339 format.\nFMT='date', 'seconds', or 'ns'",
        ),
        value("r", "reference", "FILE", "display the last modification time of FILE"),
        value("s", "set", "STRING", "set time described by STRING"),
        flag("u", "utc universal", "print or set Coordinated Universal Time (UTC)"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut format: Option<Vec<u8>> = None;
    let set = |format: &mut Option<Vec<u8>>, text: &str| -> Result<(), CommandError> {
        if format.is_some() {
            return Err(CommandError::fail(1, "multiple output formats specified"));
        }
        *format = Some(text.as_bytes().to_vec());
        Ok(())
    };
    let mut sources = 0;
    for o in &args.options {
        match o.key {
            "iso-8601" => {
                let table = [
                    ("hours", "%Y-%m-%dT%H%:z"),
                    ("minutes", "%Y-%m-%dT%H:%M%:z"),
                    ("date", "%Y-%m-%d"),
                    ("seconds", "%Y-%m-%dT%H:%M:%S%:z"),
                    ("ns", "%Y-%m-%dT%H:%M:%S,%N%:z"),
                ];
                let text = match &o.value {
                    None => "%Y-%m-%d",
                    Some(v) => SPEC.choose(cx, "--iso-8601", v, &table)?,
                };
                set(&mut format, text)?;
            }
            "rfc-3339" => {
                let table = [
                    ("date", "%Y-%m-%d"),
                    ("seconds", "%Y-%m-%d %H:%M:%S%:z"),
                    ("ns", "%Y-%m-%d %H:%M:%S.%N%:z"),
                ];
                let text = SPEC.choose(cx, "--rfc-3339", o.value(), &table)?;
                set(&mut format, text)?;
            }
            "rfc-email" => set(&mut format, "%a, %d %b %Y %H:%M:%S %z")?,
            "resolution" => set(&mut format, "%s.%N")?,
            "date" | "file" | "reference" => sources += 1,
            _ => {}
        }
    }
    let several_dates = args.options.iter().filter(|o| o.key == "date").count();
    if sources > several_dates.max(1) {
        return Err(SPEC.usage_error(cx, "the options to specify dates for printing are mutually exclusive"));
    }
    let zone = if args.has("utc") { Zone::utc() } else { Zone::of(cx) };
    if let Some(extra) = args.operands.get(1) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    match args.operands.first() {
        Some(word) if word.starts_with(b"+") => {
            if format.is_some() {
                return Err(CommandError::fail(1, "multiple output formats specified"));
            }
            format = Some(word[1..].to_vec());
        }
        Some(word) if sources > 0 => {
            let message = [
                &b"the argument "[..],
                &quote(word),
                b" lacks a leading '+';\nwhen using an option to specify date(s), any non-option\n\
                 argument must be a format string beginning with '+'",
            ]
            .concat();
            return Err(SPEC.usage_error(cx, message));
        }
        Some(word) => {
            return Err(match posix_time(word, &zone) {
                Some(_) => CommandError::fail(1, "cannot set date: Operation not permitted"),
                None => CommandError::fail(1, [&b"invalid date "[..], &quote(word)].concat()),
            });
        }
        None => {}
    }
    let format = format.unwrap_or_else(|| b"%a %b %e %H:%M:%S %Z %Y".to_vec());
    let now = Time::now();
    if args.has("resolution") {
        return show(cx, Time { seconds: 0, nanos: 1 }, &Zone::utc(), &format);
    }
    if let Some(text) = args.last("set") {
        return Err(match parse::parse(text, now, &zone) {
            Some(_) => CommandError::fail(1, "cannot set date: Operation not permitted"),
            None => CommandError::fail(1, [&b"invalid date "[..], &quote(text)].concat()),
        });
    }
    if let Some(file) = args.last("file") {
        return from_file(cx, file, now, &zone, &format);
    }
    let time = if let Some(file) = args.last("reference") {
        let stat = cx
            .path(file)
            .and_then(|p| cx.fs.stat(&p))
            .map_err(|e| CommandError::fail(1, [&quotef(file)[..], b": ", e.gnu_text().as_bytes()].concat()))?;
        stat.mtime.unwrap_or_default()
    } else if let Some(text) = args.last("date") {
        parse::parse(text, now, &zone)
            .ok_or_else(|| CommandError::fail(1, [&b"invalid date "[..], &quote(text)].concat()))?
    } else {
        now
    };
    show(cx, time, &zone, &format)
}

fn show(cx: &mut Context<'_>, time: Time, zone: &Zone, format: &[u8]) -> CommandResult {
    let mut line = Moment::new(time, zone).format(format);
    line.push(b'\n');
    cx.stdout.buffer().extend_from_slice(&line);
    cx.stdout.spill()?;
    Ok(ExitStatus::SUCCESS)
}

fn from_file(cx: &mut Context<'_>, file: &[u8], now: Time, zone: &Zone, format: &[u8]) -> CommandResult {
    let source = input::open(cx, file).map_err(|e| CommandError::fail(1, input::complaint(file, &e)))?;
    let mut lines = source.lines(b'\n');
    let mut ok = true;
    while let Some(line) = lines.next()? {
        match parse::parse(line, now, zone) {
            Some(time) => {
                show(cx, time, zone, format)?;
            }
            None => {
                ok = false;
                cx.warn([&b"invalid date "[..], &quote(line)].concat());
            }
        }
    }
    status(ok, 1)
}

/// `MMDDhhmm[[CC]YY][.ss]`, also `touch -t`'s order with the year first.
pub fn posix_time(text: &[u8], zone: &Zone) -> Option<Time> {
    let (digits, seconds) = match memchr::memchr(b'.', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let pairs = pairs(digits)?;
    let second = match seconds {
        Some(s) if s.len() == 2 => pairs_one(s)?,
        Some(_) => return None,
        None => 0,
    };
    let this_year = Moment::new(Time::now(), zone).civil.year;
    let year = match pairs[..] {
        [_, _, _, _] => this_year,
        [_, _, _, _, yy] => short_year(yy),
        [_, _, _, _, cc, yy] => cc * 100 + yy,
        _ => return None,
    };
    civil(year, &pairs[..4], second, zone)
}

/// `[[CC]YY]MMDDhhmm[.ss]` as `touch -t` takes it.
pub fn touch_time(text: &[u8], zone: &Zone) -> Option<Time> {
    let (digits, seconds) = match memchr::memchr(b'.', text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let pairs = pairs(digits)?;
    let second = match seconds {
        Some(s) if s.len() == 2 => pairs_one(s)?,
        Some(_) => return None,
        None => 0,
    };
    let this_year = Moment::new(Time::now(), zone).civil.year;
    let (year, rest) = match pairs[..] {
        [_, _, _, _] => (this_year, &pairs[..]),
        [yy, ..] if pairs.len() == 5 => (short_year(yy), &pairs[1..]),
        [cc, yy, ..] if pairs.len() == 6 => (cc * 100 + yy, &pairs[2..]),
        _ => return None,
    };
    civil(year, rest, second, zone)
}

fn short_year(yy: i64) -> i64 {
    if yy < 69 { 2000 + yy } else { 1900 + yy }
}

fn pairs(digits: &[u8]) -> Option<Vec<i64>> {
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(pairs_one).collect()
}

fn pairs_one(pair: &[u8]) -> Option<i64> {
    match pair {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i64::from(a - b'0') * 10 + i64::from(b - b'0')),
        _ => None,
    }
}

fn civil(year: i64, fields: &[i64], second: i64, zone: &Zone) -> Option<Time> {
    let [month, day, hour, minute] = *fields else {
        return None;
    };
    let leap = second == 60;
    let civil = crate::time::Civil {
        year,
        month,
        day,
        hour,
        minute,
        second: if leap { 59 } else { second },
    };
    if !civil.is_valid() {
        return None;
    }
    Some(Time {
        seconds: zone.seconds_of(&civil)? + i64::from(leap),
        nanos: 0,
    })
}
