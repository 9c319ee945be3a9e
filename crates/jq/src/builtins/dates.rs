//! Dates: seconds since 1970, "broken down" arrays, and text.

use super::Native;
use super::strftime::strftime;
use super::strptime::strptime;
use crate::error::Exc;
use crate::exec::Cx;
use crate::value::Value;
use jiff::Timestamp;
use jiff::tz::TimeZone;

type Result<T> = std::result::Result<T, Exc>;

/// C's `struct tm`, with the year in full and seconds as a fraction.
#[derive(Clone, Debug, Default)]
pub(super) struct Broken {
    pub year: i64,
    /// From 0.
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: f64,
    /// From Sunday, 0.
    pub weekday: i64,
    /// From 0.
    pub yearday: i64,
    /// Seconds east of Greenwich.
    pub offset: i64,
    pub zone: String,
}

/// Days from 1970-01-01 to a day of the proleptic Gregorian calendar; month from 0, any values.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year + month.div_euclid(12);
    let month = month.rem_euclid(12);
    // Years counted from March put the leap day last.
    let (y, m) = if month < 2 {
        (year - 1, month + 10)
    } else {
        (year, month - 2)
    };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * m + 2) / 5;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year + day - 1 - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 2 } else { mp - 10 };
    (yoe + era * 400 + i64::from(month < 2), month, day)
}

impl Broken {
    /// From seconds since 1970, shifted by an offset.
    pub fn from_seconds(t: f64, offset: i64, zone: String) -> Self {
        let whole = t.floor();
        #[allow(clippy::cast_possible_truncation)]
        let secs = whole.clamp(-6e16, 6e16) as i64 + offset;
        let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        #[allow(clippy::cast_precision_loss)]
        let second = (rest % 60) as f64 + (t - whole);
        Self {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second,
            weekday: (days + 4).rem_euclid(7),
            yearday: days - days_from_civil(year, 0, 1),
            offset,
            zone,
        }
    }

    /// Day of the week and of the year from the date.
    pub fn complete(&mut self) {
        let days = days_from_civil(self.year, self.month, self.day);
        self.weekday = (days + 4).rem_euclid(7);
        self.yearday = days - days_from_civil(self.year, 0, 1);
    }

    /// Seconds since 1970, taking the fields as UTC and letting any of them be out of range.
    pub fn seconds(&self) -> i64 {
        #[allow(clippy::cast_possible_truncation)]
        let second = self.second as i64;
        days_from_civil(self.year, self.month, self.day) * 86_400 + self.hour * 3600 + self.minute * 60 + second
    }

    #[allow(clippy::cast_precision_loss)]
    fn to_value(&self) -> Value {
        let n = |i: i64| Value::number(i as f64);
        Value::array(vec![
            n(self.year),
            n(self.month),
            n(self.day),
            n(self.hour),
            n(self.minute),
            Value::number(self.second),
            n(self.weekday),
            n(self.yearday),
        ])
    }

    /// From the array form. `None` if it is not an array of numbers.
    fn from_value(v: &Value) -> Option<Self> {
        let Value::Array(a) = v else { return None };
        if a.is_empty() {
            return None;
        }
        let mut fields = [0.0; 8];
        for (slot, item) in fields.iter_mut().zip(a.iter()) {
            *slot = item.as_f64()?;
            if slot.is_nan() {
                return None;
            }
        }
        #[allow(clippy::cast_possible_truncation)]
        let int = |i: usize| fields[i].clamp(-1e9, 1e9) as i64;
        let mut b = Self {
            year: int(0),
            month: int(1),
            day: if a.len() > 2 { int(2) } else { 0 },
            hour: int(3),
            minute: int(4),
            second: fields[5],
            weekday: int(6),
            yearday: int(7),
            ..Self::default()
        };
        if a.len() < 8 {
            b.complete();
        }
        Some(b)
    }
}

fn zone(cx: &mut Cx<'_, '_>) -> TimeZone {
    let Some(name) = cx.host.timezone() else {
        return TimeZone::UTC;
    };
    let name = name.trim_start_matches(':');
    if name.is_empty() {
        return TimeZone::UTC;
    }
    TimeZone::get(name)
        .or_else(|_| TimeZone::posix(name))
        .unwrap_or(TimeZone::UTC)
}

fn local(cx: &mut Cx<'_, '_>, t: f64) -> Broken {
    let tz = zone(cx);
    #[allow(clippy::cast_possible_truncation)]
    let stamp =
        Timestamp::from_second(t.floor() as i64).unwrap_or(if t < 0.0 { Timestamp::MIN } else { Timestamp::MAX });
    let info = tz.to_offset_info(stamp);
    Broken::from_seconds(t, i64::from(info.offset().seconds()), info.abbreviation().to_owned())
}

/// The offset and zone name of a local time given by its fields.
fn localize(cx: &mut Cx<'_, '_>, mut b: Broken) -> Broken {
    #[allow(clippy::cast_precision_loss)]
    let wall = b.seconds() as f64;
    // A first guess by the offset then, corrected once across a change of it.
    let first = local(cx, wall).offset;
    #[allow(clippy::cast_precision_loss)]
    let second = local(cx, wall - first as f64);
    b.offset = second.offset;
    b.zone = second.zone;
    b
}

fn gmtime(v: &Value) -> Result<Value> {
    match v.as_f64() {
        Some(t) if t.is_finite() => Ok(Broken::from_seconds(t, 0, String::new()).to_value()),
        Some(_) => Err(Exc::message(
            "error converting number of seconds since epoch to datetime",
        )),
        None => Err(Exc::message("gmtime() requires a number")),
    }
}

fn localtime(cx: &mut Cx<'_, '_>, v: &Value) -> Result<Value> {
    match v.as_f64() {
        Some(t) if t.is_finite() => Ok(local(cx, t).to_value()),
        Some(_) => Err(Exc::message(
            "error converting number of seconds since epoch to datetime",
        )),
        None => Err(Exc::message("localtime() requires a number")),
    }
}

fn mktime(v: &Value) -> Result<Value> {
    if !matches!(v, Value::Array(_)) {
        return Err(Exc::message("mktime requires array of 6 numbers"));
    }
    let b = Broken::from_value(v).ok_or_else(|| Exc::message("mktime requires parsed datetime inputs"))?;
    #[allow(clippy::cast_precision_loss)]
    Ok(Value::number(b.seconds() as f64))
}

fn format_time(cx: &mut Cx<'_, '_>, v: &Value, format: &Value, name: &str, use_local: bool) -> Result<Value> {
    let Value::String(f) = format else {
        return Err(Exc::message(format!("{name}/1 requires a string format")));
    };
    let b = match v {
        Value::Number(n) if use_local => local(cx, n.as_f64()),
        Value::Number(n) => Broken::from_seconds(n.as_f64(), 0, "UTC".to_owned()),
        Value::Array(_) => match Broken::from_value(v) {
            Some(b) if use_local => localize(cx, b),
            Some(b) => Broken {
                zone: "UTC".to_owned(),
                ..b
            },
            None => return Err(Exc::message(format!("{name}/1 requires parsed datetime inputs"))),
        },
        _ => return Err(Exc::message(format!("{name}/1 requires parsed datetime inputs"))),
    };
    Ok(Value::from(strftime(f, &b)))
}

fn parse_time(v: &Value, format: &Value) -> Result<Value> {
    let (Value::String(s), Value::String(f)) = (v, format) else {
        return Err(Exc::message("strptime/1 requires string inputs and arguments"));
    };
    match strptime(s, f) {
        Some((b, rest)) => {
            let Value::Array(mut a) = b.to_value() else {
                return Ok(Value::Null);
            };
            if !rest.is_empty() {
                a.make_mut().push(Value::from(rest));
            }
            Ok(Value::Array(a))
        }
        None => Err(Exc::message(format!("date \"{s}\" does not match format \"{f}\""))),
    }
}

pub(super) const NATIVES: &[Native] = &[
    Native {
        name: "now",
        arity: 0,
        run: |cx, _, _| Ok(Value::number(cx.host.now())),
    },
    Native {
        name: "gmtime",
        arity: 0,
        run: |_, v, _| gmtime(&v),
    },
    Native {
        name: "localtime",
        arity: 0,
        run: |cx, v, _| localtime(cx, &v),
    },
    Native {
        name: "mktime",
        arity: 0,
        run: |_, v, _| mktime(&v),
    },
    Native {
        name: "strftime",
        arity: 1,
        run: |cx, v, a| format_time(cx, &v, &a[0], "strftime", false),
    },
    Native {
        name: "strflocaltime",
        arity: 1,
        run: |cx, v, a| format_time(cx, &v, &a[0], "strflocaltime", true),
    },
    Native {
        name: "strptime",
        arity: 1,
        run: |_, v, a| parse_time(&v, &a[0]),
    },
];
