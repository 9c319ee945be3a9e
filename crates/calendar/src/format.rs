//! `strftime` in the C locale: glibc's, and gnulib's `nstrftime` with `%N`, `%:z`, `%q` and the flag `+`.

use crate::{Civil, Moment};

/// Whose `strftime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The C library's, which bash and awk call.
    Libc,
    /// gnulib's, which `date`, `ls` and `find` call: `%N`, `%q`, `%:z`, the flag `+`; years have four digits.
    Coreutils,
}

const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[derive(Default, Clone, Copy)]
struct Flags {
    coreutils: bool,
    pad: Option<u8>,
    upper: bool,
    swap: bool,
    width: Option<usize>,
    colons: usize,
}

/// Formats a moment. What is no conversion stands for itself.
pub fn strftime(format: &[u8], m: &Moment, dialect: Dialect) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len() * 2);
    let flags = Flags {
        coreutils: dialect == Dialect::Coreutils,
        ..Flags::default()
    };
    expand(format, m, flags, &mut out);
    out
}

fn expand(format: &[u8], m: &Moment, outer: Flags, out: &mut Vec<u8>) {
    let mut at = 0;
    while at < format.len() {
        if format[at] != b'%' {
            let end = memchr::memchr(b'%', &format[at..]).map_or(format.len(), |n| at + n);
            push(&format[at..end], outer.upper, out);
            at = end;
            continue;
        }
        let start = at;
        at += 1;
        let mut f = Flags {
            coreutils: outer.coreutils,
            upper: outer.upper,
            ..Flags::default()
        };
        while let Some(b) = format.get(at) {
            match b {
                b'_' | b'-' | b'0' => f.pad = Some(*b),
                b'+' if f.coreutils => f.pad = Some(*b),
                b'^' => f.upper = true,
                b'#' => f.swap = true,
                _ => break,
            }
            at += 1;
        }
        let digits = format[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            let n = format[at..at + digits].iter().fold(0usize, |n, d| {
                n.saturating_mul(10).saturating_add(usize::from(d - b'0'))
            });
            f.width = Some(n.min(1 << 16));
            at += digits;
        }
        if matches!(format.get(at), Some(b'E' | b'O')) {
            at += 1;
        }
        while f.coreutils && format.get(at) == Some(&b':') {
            f.colons += 1;
            at += 1;
        }
        let Some(&letter) = format.get(at) else {
            out.extend_from_slice(&format[start..]);
            return;
        };
        at += 1;
        if (f.colons > 0 && letter != b'z') || !convert(letter, m, f, out) {
            out.extend_from_slice(&format[start..at]);
        }
    }
}

fn push(text: &[u8], upper: bool, out: &mut Vec<u8>) {
    if upper {
        out.extend(text.iter().map(u8::to_ascii_uppercase));
    } else {
        out.extend_from_slice(text);
    }
}

fn word(text: &str, f: Flags, out: &mut Vec<u8>) {
    let pad = f.width.unwrap_or(0).saturating_sub(text.len());
    let with = if f.pad == Some(b'0') || f.pad == Some(b'+') {
        b'0'
    } else {
        b' '
    };
    if f.pad != Some(b'-') {
        out.resize(out.len() + pad, with);
    }
    push(text.as_bytes(), f.upper, out);
}

fn number(n: i64, digits: usize, default: u8, f: Flags, out: &mut Vec<u8>) {
    let pad = f.pad.unwrap_or(default);
    let width = f.width.unwrap_or(digits);
    let text = n.unsigned_abs().to_string();
    let sign: &[u8] = if n < 0 {
        b"-"
    } else if pad == b'+' && text.len() > 4 {
        b"+"
    } else {
        b""
    };
    // The sign of a negative number comes on top of the default width.
    let total = if f.width.is_some() { width } else { width + sign.len() };
    let fill = total.saturating_sub(text.len() + sign.len());
    match pad {
        b'-' => out.extend_from_slice(sign),
        b'_' => {
            out.resize(out.len() + fill, b' ');
            out.extend_from_slice(sign);
        }
        _ => {
            out.extend_from_slice(sign);
            out.resize(out.len() + fill, b'0');
        }
    }
    out.extend_from_slice(text.as_bytes());
}

/// A format made of others, padded as one.
fn compound(format: &[u8], m: &Moment, f: Flags, out: &mut Vec<u8>) {
    let mut text = Vec::new();
    let inner = Flags {
        coreutils: f.coreutils,
        upper: f.upper,
        ..Flags::default()
    };
    expand(format, m, inner, &mut text);
    let pad = f.width.unwrap_or(0).saturating_sub(text.len());
    let with = if matches!(f.pad, Some(b'0' | b'+')) { b'0' } else { b' ' };
    if f.pad != Some(b'-') {
        out.resize(out.len() + pad, with);
    }
    out.extend_from_slice(&text);
}

/// Year and week of ISO 8601.
fn iso_week(c: &Civil) -> (i64, i64) {
    let monday_based = (c.weekday() + 6) % 7;
    let week = (c.year_day() - 1 - monday_based + 10) / 7;
    if week < 1 {
        let last = Civil {
            year: c.year - 1,
            month: 12,
            day: 31,
            ..*c
        };
        return (c.year - 1, iso_week(&last).1);
    }
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let days = if leap(c.year) { 366 } else { 365 };
    // The week of the year's Thursday decides.
    if week == 53 && c.year_day() - monday_based + 3 > days {
        return (c.year + 1, 1);
    }
    (c.year, week)
}

fn convert(letter: u8, m: &Moment, f: Flags, out: &mut Vec<u8>) -> bool {
    let c = &m.civil;
    let upper = Flags {
        upper: f.upper || f.swap,
        ..f
    };
    let hour12 = if c.hour % 12 == 0 { 12 } else { c.hour % 12 };
    let name = |list: &[&'static str], n: i64| {
        usize::try_from(n)
            .ok()
            .and_then(|n| list.get(n).copied())
            .unwrap_or("?")
    };
    match letter {
        b'%' => word("%", f, out),
        b'n' => word("\n", f, out),
        b't' => word("\t", f, out),
        b'a' => word(&name(&DAYS, c.weekday())[..3], upper, out),
        b'A' => word(name(&DAYS, c.weekday()), upper, out),
        b'b' | b'h' => word(&name(&MONTHS, c.month - 1)[..3], upper, out),
        b'B' => word(name(&MONTHS, c.month - 1), upper, out),
        b'c' => compound(b"%a %b %e %H:%M:%S %Y", m, f, out),
        b'C' => number(c.year.div_euclid(100), 2, b'0', f, out),
        b'd' => number(c.day, 2, b'0', f, out),
        b'D' | b'x' => compound(b"%m/%d/%y", m, f, out),
        b'e' => number(c.day, 2, b'_', f, out),
        b'F' => {
            let year = Flags {
                width: f.width.map(|w| w.saturating_sub(6)),
                ..f
            };
            let year = if f.coreutils && f.pad.is_none() && f.width.is_none() {
                Flags {
                    pad: Some(b'+'),
                    ..year
                }
            } else {
                year
            };
            number(c.year, year_digits(f), b'0', year, out);
            expand(b"-%m-%d", m, Flags::default(), out);
        }
        b'g' => number(iso_week(c).0.rem_euclid(100), 2, b'0', f, out),
        b'G' => number(iso_week(c).0, 4, b'0', f, out),
        b'H' => number(c.hour, 2, b'0', f, out),
        b'I' => number(hour12, 2, b'0', f, out),
        b'j' => number(c.year_day(), 3, b'0', f, out),
        b'k' => number(c.hour, 2, b'_', f, out),
        b'l' => number(hour12, 2, b'_', f, out),
        b'm' => number(c.month, 2, b'0', f, out),
        b'M' => number(c.minute, 2, b'0', f, out),
        b'N' if f.coreutils => {
            let digits = f.width.unwrap_or(9);
            let mut text = format!("{:09}", m.nanos);
            if digits < 9 {
                text.truncate(digits.max(1));
            }
            match f.pad {
                Some(b'_') => {
                    let kept = text.trim_end_matches('0').len().max(1);
                    text = format!("{:<1$}", &text[..kept], text.len().max(digits));
                }
                _ => text.extend(std::iter::repeat_n('0', digits.saturating_sub(9))),
            }
            out.extend_from_slice(text.as_bytes());
        }
        b'p' | b'P' => {
            let text = match (c.hour >= 12, letter == b'P' || f.swap) {
                (false, false) => "AM",
                (true, false) => "PM",
                (false, true) => "am",
                (true, true) => "pm",
            };
            word(text, f, out);
        }
        b'q' if f.coreutils => number((c.month - 1) / 3 + 1, 1, b'0', f, out),
        b'r' => compound(b"%I:%M:%S %p", m, f, out),
        b'R' => compound(b"%H:%M", m, f, out),
        b's' => number(m.seconds, 1, b'0', f, out),
        b'S' => number(c.second, 2, b'0', f, out),
        b'T' | b'X' => compound(b"%H:%M:%S", m, f, out),
        b'u' => number((c.weekday() + 6) % 7 + 1, 1, b'0', f, out),
        b'U' => number((c.year_day() - 1 - c.weekday() + 7) / 7, 2, b'0', f, out),
        b'V' => number(iso_week(c).1, 2, b'0', f, out),
        b'w' => number(c.weekday(), 1, b'0', f, out),
        b'W' => number((c.year_day() - 1 - (c.weekday() + 6) % 7 + 7) / 7, 2, b'0', f, out),
        b'y' => number(c.year.rem_euclid(100), 2, b'0', f, out),
        b'Y' => number(c.year, year_digits(f), b'0', f, out),
        b'z' => return zone(m.offset, f, out),
        b'Z' => {
            let text = if f.swap { m.zone.to_lowercase() } else { m.zone.clone() };
            word(&text, f, out);
        }
        _ => return false,
    }
    true
}

/// Digits that a year has at least.
fn year_digits(f: Flags) -> usize {
    if f.coreutils { 4 } else { 1 }
}

fn zone(offset: i32, f: Flags, out: &mut Vec<u8>) -> bool {
    let (sign, n) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
    let (h, m, s) = (n / 3600, n / 60 % 60, n % 60);
    let rest = match f.colons {
        0 => format!("{m:02}"),
        1 => format!(":{m:02}"),
        2 => format!(":{m:02}:{s:02}"),
        3 if s > 0 => format!(":{m:02}:{s:02}"),
        3 if m > 0 => format!(":{m:02}"),
        3 => String::new(),
        _ => return false,
    };
    let width = f.width.unwrap_or(0);
    let text = match f.pad {
        Some(b'-') => format!("{sign}{h}{rest}"),
        Some(b'_') => format!("{:>1$}", format!("{sign}{h}{rest}"), width.max(3 + rest.len())),
        _ => {
            let digits = width.saturating_sub(1 + rest.len()).max(2);
            format!("{sign}{h:0digits$}{rest}")
        }
    };
    out.extend_from_slice(text.as_bytes());
    true
}
