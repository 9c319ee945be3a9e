//! Reading dates by a format, as glibc does in the C locale.

use super::dates::{Broken, days_from_civil};
use super::strftime::{DAYS, MONTHS};

/// What was read beside the fields of [`Broken`].
#[derive(Default)]
struct Seen {
    pm: Option<bool>,
    century: Option<i64>,
    year_in_century: Option<i64>,
    month: bool,
    day: bool,
    yearday: bool,
    weekday: bool,
    week_sunday: Option<i64>,
    week_monday: Option<i64>,
    epoch: Option<i64>,
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.text = self
            .text
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    }

    fn number(&mut self, low: i64, high: i64, digits: usize) -> Option<i64> {
        self.skip_space();
        let n = self.text.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        let v: i64 = self.text.get(..n)?.parse().ok()?;
        if v < low || v > high {
            return None;
        }
        self.text = &self.text[n..];
        Some(v)
    }

    fn name(&mut self, names: &[&str]) -> Option<i64> {
        // The full name first: it begins with the short one.
        for (i, full) in names.iter().enumerate() {
            for candidate in [*full, full.get(..3).unwrap_or(full)] {
                if self
                    .text
                    .get(..candidate.len())
                    .is_some_and(|t| t.eq_ignore_ascii_case(candidate))
                {
                    self.text = &self.text[candidate.len()..];
                    return i64::try_from(i).ok();
                }
            }
        }
        None
    }
}

/// The date that a text gives in a format, and what is left of the text (nothing, or something that begins with a
/// space). `None` if it does not match.
pub(super) fn strptime<'t>(text: &'t str, format: &str) -> Option<(Broken, &'t str)> {
    let mut r = Reader { text };
    let mut b = Broken {
        year: 1900,
        ..Broken::default()
    };
    let mut seen = Seen::default();
    read(&mut r, format, &mut b, &mut seen, 0)?;
    let rest = &text[text.len() - r.text.len()..];
    if !rest.is_empty() && !rest.starts_with(|c: char| c.is_ascii_whitespace()) {
        return None;
    }
    finish(&mut b, &seen);
    Some((b, rest))
}

fn read(r: &mut Reader<'_>, format: &str, b: &mut Broken, seen: &mut Seen, depth: u8) -> Option<()> {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c.is_ascii_whitespace() {
            r.skip_space();
            continue;
        }
        if c != '%' {
            r.text = r.text.strip_prefix(c)?;
            continue;
        }
        let mut c = chars.next()?;
        while matches!(c, '-' | '_' | '0' | '^' | '#' | 'E' | 'O') {
            c = chars.next()?;
        }
        convert(r, c, b, seen, depth)?;
    }
    Some(())
}

#[allow(clippy::too_many_lines)]
fn convert(r: &mut Reader<'_>, c: char, b: &mut Broken, seen: &mut Seen, depth: u8) -> Option<()> {
    let mut compound = |r: &mut Reader<'_>, f: &str, b: &mut Broken| {
        if depth > 2 {
            None
        } else {
            read(r, f, b, seen, depth + 1)
        }
    };
    match c {
        '%' => r.text = r.text.strip_prefix('%')?,
        'a' | 'A' => {
            b.weekday = r.name(&DAYS)?;
            seen.weekday = true;
        }
        'b' | 'B' | 'h' => {
            b.month = r.name(&MONTHS)?;
            seen.month = true;
        }
        'c' => compound(r, "%a %b %e %H:%M:%S %Y", b)?,
        'C' => seen.century = Some(r.number(0, 99, 2)?),
        'd' | 'e' => {
            b.day = r.number(1, 31, 2)?;
            seen.day = true;
        }
        'D' | 'x' => compound(r, "%m/%d/%y", b)?,
        'F' => compound(r, "%Y-%m-%d", b)?,
        'k' | 'H' => {
            b.hour = r.number(0, 23, 2)?;
            seen.pm = None;
        }
        'l' | 'I' => {
            b.hour = r.number(1, 12, 2)? % 12;
            seen.pm.get_or_insert(false);
        }
        'j' => {
            b.yearday = r.number(1, 366, 3)? - 1;
            seen.yearday = true;
        }
        'm' => {
            b.month = r.number(1, 12, 2)? - 1;
            seen.month = true;
        }
        'M' => b.minute = r.number(0, 59, 2)?,
        'n' | 't' => r.skip_space(),
        'p' | 'P' => {
            let pm = if r.text.get(..2)?.eq_ignore_ascii_case("PM") {
                true
            } else if r.text.get(..2)?.eq_ignore_ascii_case("AM") {
                false
            } else {
                return None;
            };
            r.text = &r.text[2..];
            seen.pm = Some(pm);
        }
        'r' => compound(r, "%I:%M:%S %p", b)?,
        'R' => compound(r, "%H:%M", b)?,
        's' => {
            r.skip_space();
            let neg = r.text.starts_with('-');
            let digits = r.text.trim_start_matches('-');
            let n = digits.bytes().take_while(u8::is_ascii_digit).count();
            let v: i64 = digits.get(..n)?.parse().ok()?;
            r.text = &digits[n..];
            seen.epoch = Some(if neg { -v } else { v });
        }
        #[allow(clippy::cast_precision_loss)]
        'S' => b.second = r.number(0, 61, 2)? as f64,
        'T' | 'X' => compound(r, "%H:%M:%S", b)?,
        'u' => {
            b.weekday = r.number(1, 7, 1)? % 7;
            seen.weekday = true;
        }
        'w' => {
            b.weekday = r.number(0, 6, 1)?;
            seen.weekday = true;
        }
        'g' => {
            r.number(0, 99, 2)?;
        }
        'G' => {
            let n = r.text.bytes().take(4).take_while(u8::is_ascii_digit).count();
            if n == 0 {
                return None;
            }
            r.text = &r.text[n..];
        }
        'U' => seen.week_sunday = Some(r.number(0, 53, 2)?),
        'V' => {
            r.number(0, 53, 2)?;
        }
        'W' => seen.week_monday = Some(r.number(0, 53, 2)?),
        'y' => seen.year_in_century = Some(r.number(0, 99, 2)?),
        'Y' => {
            r.skip_space();
            let neg = r.text.starts_with('-');
            if neg {
                r.text = &r.text[1..];
            }
            let y = r.number(0, 9999, 4)?;
            b.year = if neg { -y } else { y };
            seen.century = None;
            seen.year_in_century = None;
        }
        'Z' => {
            r.skip_space();
            let n = r.text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(r.text.len());
            r.text = &r.text[n..];
        }
        'z' => offset(r, b)?,
        _ => return None,
    }
    Some(())
}

/// `Z`, `+hh`, `+hhmm` or `+hh:mm`
fn offset(r: &mut Reader<'_>, b: &mut Broken) -> Option<()> {
    r.skip_space();
    if let Some(rest) = r.text.strip_prefix('Z') {
        r.text = rest;
        b.offset = 0;
        return Some(());
    }
    let neg = match r.text.as_bytes().first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    r.text = &r.text[1..];
    let mut digits = Vec::new();
    while digits.len() < 4 {
        match r.text.as_bytes().first() {
            Some(d) if d.is_ascii_digit() => {
                digits.push(i64::from(d - b'0'));
                r.text = &r.text[1..];
            }
            Some(b':') if digits.len() == 2 => r.text = &r.text[1..],
            _ => break,
        }
    }
    let (hours, minutes) = match digits.as_slice() {
        [a, b] => (a * 10 + b, 0),
        [a, b, c, d] => (a * 10 + b, c * 10 + d),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    b.offset = (hours * 3600 + minutes * 60) * if neg { -1 } else { 1 };
    Some(())
}

/// Derives the fields that were not given from those that were.
fn finish(b: &mut Broken, seen: &Seen) {
    if let Some(t) = seen.epoch {
        #[allow(clippy::cast_precision_loss)]
        let fresh = Broken::from_seconds(t as f64, 0, String::new());
        *b = fresh;
        return;
    }
    if seen.pm == Some(true) {
        b.hour = b.hour % 12 + 12;
    }
    match (seen.century, seen.year_in_century) {
        (Some(c), y) => b.year = c * 100 + y.unwrap_or(0),
        (None, Some(y)) => b.year = if y < 69 { 2000 + y } else { 1900 + y },
        (None, None) => {}
    }
    let first = days_from_civil(b.year, 0, 1);
    if seen.yearday && !(seen.month && seen.day) {
        let yearday = b.yearday;
        let mut month = 11;
        while month > 0 && days_from_civil(b.year, month, 1) - first > yearday {
            month -= 1;
        }
        b.month = month;
        b.day = yearday - (days_from_civil(b.year, month, 1) - first) + 1;
    } else if seen.weekday && !seen.month && (seen.week_sunday.is_some() || seen.week_monday.is_some()) {
        let (week, shift) = match (seen.week_sunday, seen.week_monday) {
            (Some(w), _) => (w, 0),
            (None, w) => (w.unwrap_or(0), 1),
        };
        let jan1 = (first + 4).rem_euclid(7);
        let day = (b.weekday - shift).rem_euclid(7);
        let yearday = (7 - (jan1 - shift)).rem_euclid(7) + (week - 1) * 7 + day;
        let fresh = first + yearday;
        #[allow(clippy::cast_precision_loss)]
        let date = Broken::from_seconds((fresh * 86_400) as f64, 0, String::new());
        (b.year, b.month, b.day) = (date.year, date.month, date.day);
    }
    b.complete();
}
