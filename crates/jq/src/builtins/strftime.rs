//! Writing dates by a format, as glibc does in the C locale.

use super::dates::{Broken, days_from_civil};

pub(super) const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
pub(super) const MONTHS: [&str; 12] = [
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

/// The text of a date in a format.
pub(super) fn strftime(format: &str, b: &Broken) -> String {
    let mut out = String::new();
    write(&mut out, format, b);
    out
}

/// Flags and width between `%` and the conversion.
#[derive(Clone, Copy, Default)]
struct Spec {
    pad: Option<char>,
    width: Option<usize>,
    upper: bool,
    swap: bool,
}

impl Spec {
    fn number(self, out: &mut String, n: i64, width: usize, pad: char) {
        let pad = match self.pad {
            Some('-') => None,
            Some('_') => Some(' '),
            Some(p) => Some(p),
            None => Some(pad),
        };
        let width = self.width.unwrap_or(width);
        let digits = n.unsigned_abs().to_string();
        let sign = usize::from(n < 0);
        if n < 0 && pad != Some(' ') {
            out.push('-');
        }
        if let Some(p) = pad {
            for _ in digits.len() + sign..width {
                out.push(p);
            }
        }
        if n < 0 && pad == Some(' ') {
            out.push('-');
        }
        out.push_str(&digits);
    }

    fn text(self, out: &mut String, s: &str) {
        let pad = if self.pad == Some('0') { '0' } else { ' ' };
        for _ in s.len()..self.width.unwrap_or(0) {
            out.push(pad);
        }
        if self.upper {
            out.push_str(&s.to_ascii_uppercase());
        } else {
            out.push_str(s);
        }
    }
}

fn write(out: &mut String, format: &str, b: &Broken) {
    let mut rest = format;
    while let Some(i) = rest.find('%') {
        out.push_str(&rest[..i]);
        let directive = &rest[i..];
        let mut spec = Spec::default();
        let mut at = 1;
        let bytes = directive.as_bytes();
        while let Some(c) = bytes.get(at) {
            match c {
                b'_' | b'-' | b'0' => spec.pad = Some(char::from(*c)),
                b'^' => spec.upper = true,
                b'#' => spec.swap = true,
                _ => break,
            }
            at += 1;
        }
        while let Some(d) = bytes.get(at).filter(|d| d.is_ascii_digit()) {
            // Wider than any use of it.
            spec.width = Some((spec.width.unwrap_or(0) * 10 + usize::from(d - b'0')).min(1000));
            at += 1;
        }
        while matches!(bytes.get(at), Some(b'E' | b'O')) {
            at += 1;
        }
        let Some(&c) = bytes.get(at) else {
            out.push_str(directive);
            return;
        };
        if !convert(out, c, spec, b) {
            // An unknown conversion stands for itself.
            let end = at + directive[at..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&directive[..end]);
            rest = &directive[end..];
            continue;
        }
        rest = &directive[at + 1..];
    }
    out.push_str(rest);
}

fn name<'n>(list: &[&'n str], i: i64) -> &'n str {
    usize::try_from(i)
        .ok()
        .and_then(|i| list.get(i))
        .copied()
        .unwrap_or("?")
}

#[allow(clippy::too_many_lines)]
fn convert(out: &mut String, c: u8, spec: Spec, b: &Broken) -> bool {
    let hour12 = match b.hour.rem_euclid(12) {
        0 => 12,
        h => h,
    };
    #[allow(clippy::cast_possible_truncation)]
    let second = b.second as i64;
    let compound = |out: &mut String, f: &str| {
        let mut s = String::new();
        write(&mut s, f, b);
        spec.text(out, &s);
    };
    match c {
        b'a' => spec.text(out, short(name(&DAYS, b.weekday))),
        b'A' => spec.text(out, name(&DAYS, b.weekday)),
        b'b' | b'h' => spec.text(out, short(name(&MONTHS, b.month))),
        b'B' => spec.text(out, name(&MONTHS, b.month)),
        b'c' => compound(out, "%a %b %e %H:%M:%S %Y"),
        b'C' => spec.number(out, b.year.div_euclid(100), 2, '0'),
        b'd' => spec.number(out, b.day, 2, '0'),
        b'D' | b'x' => compound(out, "%m/%d/%y"),
        b'e' => spec.number(out, b.day, 2, ' '),
        b'F' => compound(out, "%Y-%m-%d"),
        b'g' => spec.number(out, iso_week(b).0.rem_euclid(100), 2, '0'),
        b'G' => spec.number(out, iso_week(b).0, 1, '0'),
        b'H' => spec.number(out, b.hour, 2, '0'),
        b'I' => spec.number(out, hour12, 2, '0'),
        b'j' => spec.number(out, b.yearday + 1, 3, '0'),
        b'k' => spec.number(out, b.hour, 2, ' '),
        b'l' => spec.number(out, hour12, 2, ' '),
        b'm' => spec.number(out, b.month + 1, 2, '0'),
        b'M' => spec.number(out, b.minute, 2, '0'),
        b'n' => out.push('\n'),
        b'p' if spec.swap => spec.text(out, if b.hour < 12 { "am" } else { "pm" }),
        b'p' => spec.text(out, if b.hour < 12 { "AM" } else { "PM" }),
        b'P' => spec.text(out, if b.hour < 12 { "am" } else { "pm" }),
        b'r' => compound(out, "%I:%M:%S %p"),
        b'R' => compound(out, "%H:%M"),
        b's' => spec.number(out, b.seconds() - b.offset, 1, '0'),
        b'S' => spec.number(out, second, 2, '0'),
        b't' => out.push('\t'),
        b'T' | b'X' => compound(out, "%H:%M:%S"),
        b'u' => spec.number(out, if b.weekday == 0 { 7 } else { b.weekday }, 1, '0'),
        b'U' => spec.number(out, (b.yearday + 7 - b.weekday).div_euclid(7), 2, '0'),
        b'V' => spec.number(out, iso_week(b).1, 2, '0'),
        b'w' => spec.number(out, b.weekday, 1, '0'),
        b'W' => spec.number(
            out,
            (b.yearday + 7 - (b.weekday + 6).rem_euclid(7)).div_euclid(7),
            2,
            '0',
        ),
        b'y' => spec.number(out, b.year.rem_euclid(100), 2, '0'),
        b'Y' => spec.number(out, b.year, 1, '0'),
        b'z' => {
            out.push(if b.offset < 0 { '-' } else { '+' });
            let minutes = b.offset.abs() / 60;
            Spec::default().number(out, minutes / 60 * 100 + minutes % 60, 4, '0');
        }
        b'Z' => spec.text(out, &b.zone),
        b'%' => out.push('%'),
        b'+' => compound(out, "%a %b %e %H:%M:%S %Z %Y"),
        _ => return false,
    }
    true
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// ISO 8601 year and week.
fn iso_week(b: &Broken) -> (i64, i64) {
    let days = days_from_civil(b.year, 0, 1) + b.yearday;
    // The week belongs to the year that its Thursday is in.
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let mut year = b.year;
    while days_from_civil(year + 1, 0, 1) <= thursday {
        year += 1;
    }
    while days_from_civil(year, 0, 1) > thursday {
        year -= 1;
    }
    (year, (thursday - days_from_civil(year, 0, 1)) / 7 + 1)
}
