//! `strftime` and `mktime`, in the C locale.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The default of `PROCINFO["strftime"]`.
pub const DEFAULT_FORMAT: &[u8] = b"%a %b %e %H:%M:%S %Z %Y";

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

/// The zone that `TZ` names; UTC when it names none that is known, as libc does.
fn zone_of(name: Option<&[u8]>) -> TimeZone {
    let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else {
        return TimeZone::try_system().unwrap_or(TimeZone::UTC);
    };
    let name = name.strip_prefix(':').unwrap_or(name);
    if name.is_empty() {
        return TimeZone::UTC;
    }
    TimeZone::get(name)
        .or_else(|_| TimeZone::posix(name))
        .unwrap_or(TimeZone::UTC)
}

/// Formats seconds since 1970 in the zone that `TZ` names.
pub fn format(format: &[u8], seconds: f64, zone: Option<&[u8]>) -> Vec<u8> {
    let zone = zone_of(zone);
    let Ok(moment) = Timestamp::from_second(seconds as i64) else {
        return Vec::new();
    };
    let info = zone.to_offset_info(moment);
    let (offset, name) = (info.offset(), info.abbreviation().to_owned());
    let when = Broken {
        time: offset.to_datetime(moment),
        offset: offset.seconds(),
        name,
        seconds: moment.as_second(),
    };
    let mut out = Vec::new();
    when.append(format, &mut out, 0);
    out
}

/// A moment taken apart.
struct Broken {
    time: DateTime,
    offset: i32,
    name: String,
    seconds: i64,
}

impl Broken {
    fn append(&self, format: &[u8], out: &mut Vec<u8>, depth: usize) {
        let mut at = 0;
        while at < format.len() {
            if format[at] != b'%' {
                out.push(format[at]);
                at += 1;
                continue;
            }
            let start = at;
            at += 1;
            let mut flag = None;
            while let Some(byte @ (b'-' | b'_' | b'0' | b'^' | b'#')) = format.get(at) {
                flag = Some(*byte);
                at += 1;
            }
            let digits = format[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .take(4)
                .count();
            let width = format[at..at + digits]
                .iter()
                .fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            at += digits;
            if let Some(b'E' | b'O') = format.get(at)
                && at + 1 < format.len()
            {
                at += 1;
            }
            let Some(letter) = format.get(at) else {
                out.extend_from_slice(&format[start..]);
                return;
            };
            at += 1;
            let from = out.len();
            if !self.item(*letter, flag, out, depth) {
                out.extend_from_slice(&format[start..at]);
                continue;
            }
            match flag {
                Some(b'^') => out[from..].make_ascii_uppercase(),
                Some(b'#') if *letter == b'Z' || *letter == b'p' => out[from..].make_ascii_lowercase(),
                Some(b'#') => out[from..].make_ascii_uppercase(),
                _ => {}
            }
            let length = out.len() - from;
            if length < width {
                let numeric = out[from..].iter().all(u8::is_ascii_digit);
                let fill = if flag == Some(b'0') || (numeric && flag != Some(b'_')) {
                    b'0'
                } else {
                    b' '
                };
                out.splice(from..from, std::iter::repeat_n(fill, width - length));
            }
        }
    }

    fn item(&self, letter: u8, flag: Option<u8>, out: &mut Vec<u8>, depth: usize) -> bool {
        let time = &self.time;
        let weekday = usize::from(time.weekday().to_sunday_zero_offset().unsigned_abs());
        let month = usize::from(time.month().unsigned_abs()) - 1;
        let year_day = i64::from(time.day_of_year()) - 1;
        let (hour, year) = (i64::from(time.hour()), i64::from(time.year()));
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        let mut number = |value: i64, width: usize, pad: char| {
            let pad = match flag {
                Some(b'-') => None,
                Some(b'_') => Some(' '),
                Some(b'0') => Some('0'),
                _ => Some(pad),
            };
            let text = match pad {
                None => value.to_string(),
                Some('0') => format!("{value:0width$}"),
                Some(_) => format!("{value:width$}"),
            };
            out.extend_from_slice(text.as_bytes());
            true
        };
        match letter {
            b'C' => return number(year.div_euclid(100), 2, '0'),
            b'd' => return number(i64::from(time.day()), 2, '0'),
            b'e' => return number(i64::from(time.day()), 2, ' '),
            b'G' => return number(i64::from(time.date().iso_week_date().year()), 4, '0'),
            b'g' => return number(i64::from(time.date().iso_week_date().year()).rem_euclid(100), 2, '0'),
            b'H' => return number(hour, 2, '0'),
            b'I' => return number(hour12, 2, '0'),
            b'j' => return number(year_day + 1, 3, '0'),
            b'k' => return number(hour, 2, ' '),
            b'l' => return number(hour12, 2, ' '),
            b'M' => return number(i64::from(time.minute()), 2, '0'),
            b'm' => return number(month as i64 + 1, 2, '0'),
            b'S' => return number(i64::from(time.second()), 2, '0'),
            b's' => return number(self.seconds, 1, '0'),
            b'U' => return number((year_day + 7 - weekday as i64) / 7, 2, '0'),
            b'u' => return number(if weekday == 0 { 7 } else { weekday as i64 }, 1, '0'),
            b'V' => return number(i64::from(time.date().iso_week_date().week()), 2, '0'),
            b'W' => return number((year_day + 7 - (weekday as i64 + 6) % 7) / 7, 2, '0'),
            b'w' => return number(weekday as i64, 1, '0'),
            b'Y' => return number(year, 1, '0'),
            b'y' => return number(year.rem_euclid(100), 2, '0'),
            _ => {}
        }
        // Composites are written in terms of the others; they do not nest further.
        let composite: &[u8] = match letter {
            b'c' => b"%a %b %e %H:%M:%S %Y",
            b'D' | b'x' => b"%m/%d/%y",
            b'F' => b"%Y-%m-%d",
            b'r' => b"%I:%M:%S %p",
            b'R' => b"%H:%M",
            b'T' | b'X' => b"%H:%M:%S",
            _ => b"",
        };
        if !composite.is_empty() && depth == 0 {
            self.append(composite, out, 1);
            return true;
        }
        match letter {
            b'a' => out.extend_from_slice(&DAYS[weekday].as_bytes()[..3]),
            b'A' => out.extend_from_slice(DAYS[weekday].as_bytes()),
            b'b' | b'h' => out.extend_from_slice(&MONTHS[month].as_bytes()[..3]),
            b'B' => out.extend_from_slice(MONTHS[month].as_bytes()),
            b'p' => out.extend_from_slice(if hour < 12 { b"AM" } else { b"PM" }),
            b'P' => out.extend_from_slice(if hour < 12 { b"am" } else { b"pm" }),
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'%' => out.push(b'%'),
            b'Z' => out.extend_from_slice(self.name.as_bytes()),
            b'z' => {
                let minutes = self.offset.abs() / 60;
                let sign = if self.offset < 0 { '-' } else { '+' };
                out.extend_from_slice(format!("{sign}{:02}{:02}", minutes / 60, minutes % 60).as_bytes());
            }
            _ => return false,
        }
        true
    }
}

/// Seconds since 1970 for `YYYY MM DD HH MM SS [DST]` in the zone that `TZ` names, -1 when it is no such text.
pub fn make(text: &[u8], zone: Option<&[u8]>) -> f64 {
    let Ok(text) = std::str::from_utf8(text) else {
        return -1.0;
    };
    let parts: Result<Vec<i64>, _> = text.split_whitespace().map(str::parse).collect();
    let Ok(parts) = parts else { return -1.0 };
    let [year, month, day, hour, minute, second, ..] = parts[..] else {
        return -1.0;
    };
    // Values out of range carry over, as mktime(3) has it.
    let months = year.saturating_mul(12).saturating_add(month - 1);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let (Ok(year), Ok(month)) = (i16::try_from(year), i8::try_from(month)) else {
        return -1.0;
    };
    let Ok(first) = DateTime::new(year, month, 1, 0, 0, 0, 0) else {
        return -1.0;
    };
    let shift = jiff::SignedDuration::from_secs(
        (day - 1)
            .saturating_mul(86400)
            .saturating_add(hour.saturating_mul(3600))
            .saturating_add(minute.saturating_mul(60))
            .saturating_add(second),
    );
    let Ok(local) = first.checked_add(shift) else {
        return -1.0;
    };
    let zone = zone_of(zone);
    let daylight = parts.get(6).copied().unwrap_or(-1) > 0;
    let offset = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { before, after } => {
            if daylight {
                before
            } else {
                after
            }
        }
    };
    offset
        .to_timestamp(local)
        .map_or(-1.0, |moment| moment.as_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_as_the_c_library_prints_them() {
        let show = |text: &str| String::from_utf8(format(text.as_bytes(), 1_000_000_000.0, Some(b"UTC"))).unwrap();
        assert_eq!(show("%Y-%m-%d %H:%M:%S %Z%z"), "2001-09-09 01:46:40 UTC+0000");
        assert_eq!(
            show("%a %A %b %B %e %j %U %W %V %G %u %w %y %C"),
            "Sun Sunday Sep September  9 252 36 36 36 2001 7 0 01 20"
        );
        assert_eq!(
            show("%I %p %l %k %s %D %F %T %R %r %%"),
            "01 AM  1  1 1000000000 09/09/01 2001-09-09 01:46:40 01:46 01:46:40 AM %"
        );
        assert_eq!(show("%-d|%_H|%q"), "9| 1|%q");
    }

    #[test]
    fn dates_become_seconds() {
        assert_eq!(make(b"2001 09 09 01 46 40", Some(b"UTC")), 1e9);
        assert_eq!(
            make(b"2001 21 09 01 46 40", Some(b"UTC")),
            make(b"2002 09 09 01 46 40", Some(b"UTC"))
        );
        assert_eq!(make(b"1970 1 1 1 0 0", Some(b"CET-1")), 0.0);
        assert_eq!(make(b"nonsense", None), -1.0);
    }
}
