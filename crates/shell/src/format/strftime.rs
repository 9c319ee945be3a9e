//! `strftime` in the C locale (POSIX XBD, with the GNU flags and extensions).

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The time zone that a value of `TZ` names: a zone of the database, a POSIX rule, `UTC` when it is empty or unknown; the
/// machine's own when unset.
pub fn time_zone(tz: Option<&[u8]>) -> TimeZone {
    let Some(name) = tz else {
        return TimeZone::system();
    };
    let name = name.strip_prefix(b":").unwrap_or(name);
    let Ok(name) = std::str::from_utf8(name) else {
        return TimeZone::UTC;
    };
    if name.is_empty() {
        return TimeZone::UTC;
    }
    TimeZone::get(name)
        .or_else(|_| TimeZone::posix(name))
        .unwrap_or(TimeZone::UTC)
}

/// A moment in a time zone; moments out of range are moved to the nearest one that is not.
pub fn at(seconds: i64, zone: TimeZone) -> Zoned {
    let limit = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(limit).to_zoned(zone)
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

/// How a number is padded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pad {
    /// As the conversion has it.
    Default,
    /// `-`.
    None,
    /// `_`.
    Space,
    /// `0`.
    Zero,
}

/// Expands `format` for a moment. Unknown conversions stay as they are.
pub fn strftime(format: &[u8], when: &Zoned) -> Vec<u8> {
    let mut out = Vec::with_capacity(format.len() * 2);
    let mut i = 0;
    while let Some(&c) = format.get(i) {
        if c != b'%' {
            out.push(c);
            i += 1;
            continue;
        }
        let start = i;
        i += 1;
        let mut pad = Pad::Default;
        let mut upper = false;
        let mut swap = false;
        while let Some(flag) = format.get(i) {
            match flag {
                b'-' => pad = Pad::None,
                b'_' => pad = Pad::Space,
                b'0' => pad = Pad::Zero,
                b'^' => upper = true,
                b'#' => swap = true,
                _ => break,
            }
            i += 1;
        }
        let mut width = 0usize;
        while let Some(digit @ b'0'..=b'9') = format.get(i) {
            width = (width * 10 + usize::from(digit - b'0')).min(1024);
            i += 1;
        }
        if matches!(format.get(i), Some(b'E' | b'O')) {
            i += 1;
        }
        let Some(&conversion) = format.get(i) else {
            out.extend_from_slice(&format[start..]);
            break;
        };
        i += 1;
        let from = out.len();
        if !convert(conversion, pad, width, when, &mut out) {
            out.truncate(from);
            out.extend_from_slice(&format[start..i]);
            continue;
        }
        if upper || swap && !matches!(conversion, b'p' | b'Z') {
            out[from..].make_ascii_uppercase();
        } else if swap {
            out[from..].make_ascii_lowercase();
        }
    }
    out
}

fn number(out: &mut Vec<u8>, value: i64, digits: usize, fill: u8, pad: Pad, width: usize) {
    let fill = match pad {
        Pad::Default => fill,
        Pad::None => 0,
        Pad::Space => b' ',
        Pad::Zero => b'0',
    };
    let text = value.unsigned_abs().to_string();
    let size = if fill == 0 { 0 } else { digits.max(width) };
    let missing = size.saturating_sub(text.len() + usize::from(value < 0));
    if fill == b'0' && value < 0 {
        out.push(b'-');
    }
    out.resize(out.len() + missing, fill);
    if fill != b'0' && value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(text.as_bytes());
}

fn text(out: &mut Vec<u8>, value: &[u8], pad: Pad, width: usize) {
    let fill = if pad == Pad::Zero { b'0' } else { b' ' };
    out.resize(out.len() + width.saturating_sub(value.len()), fill);
    out.extend_from_slice(value);
}

fn convert(conversion: u8, pad: Pad, width: usize, when: &Zoned, out: &mut Vec<u8>) -> bool {
    let year = i64::from(when.year());
    let weekday = usize::from(when.weekday().to_sunday_zero_offset().unsigned_abs());
    let month = usize::from(when.month().unsigned_abs()).clamp(1, 12);
    let year_day = i64::from(when.day_of_year());
    let hour = i64::from(when.hour());
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    let mut nested = |format: &[u8]| {
        let value = strftime(format, when);
        text(out, &value, pad, width);
    };
    match conversion {
        b'c' => nested(b"%a %b %e %H:%M:%S %Y"),
        b'D' | b'x' => nested(b"%m/%d/%y"),
        b'F' => nested(b"%Y-%m-%d"),
        b'R' => nested(b"%H:%M"),
        b'r' => nested(b"%I:%M:%S %p"),
        b'T' | b'X' => nested(b"%H:%M:%S"),
        b'a' => text(out, &DAYS[weekday % 7].as_bytes()[..3], pad, width),
        b'A' => text(out, DAYS[weekday % 7].as_bytes(), pad, width),
        b'b' | b'h' => text(out, &MONTHS[month - 1].as_bytes()[..3], pad, width),
        b'B' => text(out, MONTHS[month - 1].as_bytes(), pad, width),
        b'C' => number(out, year.div_euclid(100), 2, b'0', pad, width),
        b'd' => number(out, i64::from(when.day()), 2, b'0', pad, width),
        b'e' => number(out, i64::from(when.day()), 2, b' ', pad, width),
        b'G' => number(out, i64::from(when.date().iso_week_date().year()), 4, b'0', pad, width),
        b'g' => number(
            out,
            i64::from(when.date().iso_week_date().year()).rem_euclid(100),
            2,
            b'0',
            pad,
            width,
        ),
        b'H' => number(out, hour, 2, b'0', pad, width),
        b'I' => number(out, twelve, 2, b'0', pad, width),
        b'j' => number(out, year_day, 3, b'0', pad, width),
        b'k' => number(out, hour, 2, b' ', pad, width),
        b'l' => number(out, twelve, 2, b' ', pad, width),
        b'M' => number(out, i64::from(when.minute()), 2, b'0', pad, width),
        b'm' => number(out, month as i64, 2, b'0', pad, width),
        b'N' => number(out, i64::from(when.subsec_nanosecond()), 9, b'0', pad, width),
        b'n' => text(out, b"\n", pad, width),
        b'p' => text(out, if hour < 12 { b"AM" } else { b"PM" }, pad, width),
        b'P' => text(out, if hour < 12 { b"am" } else { b"pm" }, pad, width),
        b's' => number(out, when.timestamp().as_second(), 1, b' ', pad, width),
        b'S' => number(out, i64::from(when.second()), 2, b'0', pad, width),
        b't' => text(out, b"\t", pad, width),
        b'U' => number(out, (year_day + 6 - weekday as i64) / 7, 2, b'0', pad, width),
        b'u' => number(out, if weekday == 0 { 7 } else { weekday as i64 }, 1, b'0', pad, width),
        b'V' => number(out, i64::from(when.date().iso_week_date().week()), 2, b'0', pad, width),
        b'w' => number(out, weekday as i64, 1, b'0', pad, width),
        b'W' => number(
            out,
            (year_day + 6 - ((weekday as i64 + 6) % 7)) / 7,
            2,
            b'0',
            pad,
            width,
        ),
        b'Y' => number(out, year, 1, b'0', pad, width),
        b'y' => number(out, year.rem_euclid(100), 2, b'0', pad, width),
        b'Z' => {
            let name = when.time_zone().to_offset_info(when.timestamp());
            text(out, name.abbreviation().as_bytes(), pad, width);
        }
        b'z' => offset(out, when.offset().seconds()),
        b'%' => text(out, b"%", pad, width),
        _ => return false,
    }
    true
}

/// `%z`.
fn offset(out: &mut Vec<u8>, seconds: i32) {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    out.extend_from_slice(format!("{sign}{:02}{:02}", minutes / 60, minutes % 60).as_bytes());
}
