//! Times: zones, the calendar, and `strftime` in the C locale. One implementation for the shell, awk and the commands.

mod format;

pub use format::{Dialect, strftime};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// A time zone, and what it was named.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

impl Zone {
    /// Universal time.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone that a value of `TZ` names: a name of the database or a POSIX string; the system's zone without one, and
    /// universal time for what can not be read, as glibc has it.
    pub fn of_variable(value: Option<&[u8]>) -> Self {
        match value {
            None => Self(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
            Some(text) => Self::named(text),
        }
    }

    /// See [`Zone::of_variable`].
    pub fn named(text: &[u8]) -> Self {
        let name = std::str::from_utf8(text).unwrap_or_default();
        let name = name.strip_prefix(':').unwrap_or(name);
        if name.is_empty() {
            return Self::utc();
        }
        TimeZone::get(name)
            .or_else(|_| TimeZone::posix(name))
            .map_or_else(|_| Self::utc(), Self)
    }

    /// Seconds east of Greenwich at a time, the zone's abbreviation, and whether it is summer time.
    pub fn at(&self, seconds: i64) -> (i32, String, bool) {
        // Outside of the calendar's range the rules of its ends go on.
        let clamped = seconds.clamp(
            Timestamp::MIN.as_second() + 100_000,
            Timestamp::MAX.as_second() - 100_000,
        );
        let Ok(stamp) = Timestamp::from_second(clamped) else {
            return (0, "UTC".into(), false);
        };
        let info = self.0.to_offset_info(stamp);
        (
            info.offset().seconds(),
            info.abbreviation().to_string(),
            info.dst().is_dst(),
        )
    }

    /// The time at which clocks show `civil` (with fields out of range carried over); `None` in a gap.
    pub fn seconds_of(&self, civil: &Civil) -> Option<i64> {
        let local = civil.as_if_utc()?;
        let c = Civil::from_seconds(local);
        let Some(datetime) = c.datetime() else {
            return local.checked_sub(i64::from(self.at(local).0));
        };
        let ambiguous = self.0.to_ambiguous_timestamp(datetime);
        if ambiguous.is_ambiguous() && matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return None;
        }
        // Of two times that look the same, the later one, as glibc guesses.
        ambiguous.later().ok().map(Timestamp::as_second)
    }

    /// As `mktime(3)`: of two times that look the same the earlier one if `daylight`; in a gap, what clocks would show had
    /// they not been moved.
    pub fn mktime(&self, civil: &Civil, daylight: bool) -> Option<i64> {
        let local = civil.as_if_utc()?;
        let Some(datetime) = Civil::from_seconds(local).datetime() else {
            return local.checked_sub(i64::from(self.at(local).0));
        };
        let offset = match self.0.to_ambiguous_timestamp(datetime).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } => before,
            AmbiguousOffset::Fold { before, .. } if daylight => before,
            AmbiguousOffset::Fold { after, .. } => after,
        };
        local.checked_sub(i64::from(offset.seconds()))
    }
}

impl AsRef<Zone> for Zone {
    fn as_ref(&self) -> &Zone {
        self
    }
}

/// A date and time of day on the Gregorian calendar, without zone. Fields may be out of range until they are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// Year, astronomical.
    pub year: i64,
    /// Month from 1.
    pub month: i64,
    /// Day from 1.
    pub day: i64,
    /// Hour.
    pub hour: i64,
    /// Minute.
    pub minute: i64,
    /// Second.
    pub second: i64,
}

impl Civil {
    /// The fields of a number of seconds since 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        Self {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// The seconds since 1970, as if the fields were universal time; `None` when that is out of range.
    pub fn as_if_utc(&self) -> Option<i64> {
        let months = self.month - 1;
        let year = self.year.checked_add(months.div_euclid(12))?;
        if !(-200_000_000_000..200_000_000_000).contains(&year) {
            return None;
        }
        let days = days_of(year, months.rem_euclid(12) + 1, 1).checked_add(self.day.checked_sub(1)?)?;
        days.checked_mul(86_400)?
            .checked_add(self.hour.checked_mul(3600)?)?
            .checked_add(self.minute.checked_mul(60)?)?
            .checked_add(self.second)
    }

    /// Whether all fields are in range.
    pub fn is_valid(&self) -> bool {
        self.as_if_utc().is_some_and(|s| Self::from_seconds(s) == *self)
    }

    /// Day of the week, 0 for Sunday.
    pub fn weekday(&self) -> i64 {
        (days_of(self.year, self.month, self.day) + 4).rem_euclid(7)
    }

    /// Day of the year, from 1.
    pub fn year_day(&self) -> i64 {
        days_of(self.year, self.month, self.day) - days_of(self.year, 1, 1) + 1
    }

    fn datetime(&self) -> Option<DateTime> {
        let small = |n: i64| i8::try_from(n).ok();
        DateTime::new(
            i16::try_from(self.year).ok().filter(|y| (-9998..=9998).contains(y))?,
            small(self.month)?,
            small(self.day)?,
            small(self.hour)?,
            small(self.minute)?,
            small(self.second)?,
            0,
        )
        .ok()
    }
}

/// Days since 1970-01-01 of a date (Howard Hinnant's algorithm).
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A moment with all that `strftime` may ask of it.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds.
    pub nanos: u32,
    /// What clocks show.
    pub civil: Civil,
    /// Seconds east of Greenwich.
    pub offset: i32,
    /// Abbreviation of the zone.
    pub zone: String,
}

impl Moment {
    /// A time (seconds and nanoseconds since 1970) in a zone.
    pub fn new(time: impl Into<(i64, u32)>, zone: &impl AsRef<Zone>) -> Self {
        let (seconds, nanos) = time.into();
        let (offset, name, _) = zone.as_ref().at(seconds);
        Self {
            seconds,
            nanos,
            civil: Civil::from_seconds(seconds.saturating_add(i64::from(offset))),
            offset,
            zone: name,
        }
    }

    /// Formatted as coreutils do it: see [`strftime`].
    pub fn format(&self, format: &[u8]) -> Vec<u8> {
        strftime(format, self, Dialect::Coreutils)
    }

    /// Formatted as the C library does it: see [`strftime`].
    pub fn format_libc(&self, format: &[u8]) -> Vec<u8> {
        strftime(format, self, Dialect::Libc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_goes_both_ways() {
        for (s, want) in [
            (0, (1970, 1, 1, 4)),
            (951_782_400, (2000, 2, 29, 2)),
            (-1, (1969, 12, 31, 3)),
            (-62_135_596_800, (1, 1, 1, 1)),
            (253_402_300_800, (10000, 1, 1, 6)),
        ] {
            let c = Civil::from_seconds(s);
            assert_eq!((c.year, c.month, c.day, c.weekday()), want);
            assert_eq!(c.as_if_utc(), Some(s));
        }
    }

    #[test]
    fn zones_come_from_names_and_posix_strings() {
        assert_eq!(Zone::named(b"EST5EDT").at(0).0, -18_000);
        assert_eq!(Zone::named(b"<+05>-5").at(0).0, 18_000);
        assert_eq!(Zone::named(b"").at(0).0, 0);
        assert_eq!(Zone::named(b"Europe/Berlin").at(1_720_000_000).1, "CEST");
    }

    #[test]
    fn the_c_library_knows_less_than_coreutils() {
        let m = Moment::new((-61_000_000_000, 5), &Zone::utc());
        assert_eq!(m.format(b"%Y %q %:z %N"), b"0036 4 +00:00 000000005");
        assert_eq!(m.format_libc(b"%Y %q %:z %N"), b"36 %q %:z %N");
    }

    #[test]
    fn clocks_that_jump_are_resolved_as_mktime_does() {
        let zone = Zone::named(b"Europe/Berlin");
        let at = |month, day, hour| Civil {
            year: 2024,
            month,
            day,
            hour,
            minute: 30,
            second: 0,
        };
        assert_eq!(zone.seconds_of(&at(3, 31, 2)), None);
        assert_eq!(zone.mktime(&at(3, 31, 2), false), Some(1_711_848_600));
        assert_eq!(zone.mktime(&at(10, 27, 2), true), Some(1_729_989_000));
        assert_eq!(zone.mktime(&at(10, 27, 2), false), Some(1_729_992_600));
    }
}
