//! Dates as people write them (gnulib `parse_datetime`): calendar dates, times, zones, weekdays, relative items, `@SECONDS`.

mod lex;
mod words;

use vfs::Time;

use super::{Civil, Moment, Zone};
use lex::{Token, tokens};
use words::{Unit, full_year, hour12, meridian, month, ordinal, unit, weekday, zone_offset};

/// Parses a date relative to `now` in `zone`; `None` for what is none.
pub fn parse(text: &[u8], now: Time, zone: &Zone) -> Option<Time> {
    let text = text.trim_ascii_start();
    let (zone, text) = match text.strip_prefix(b"TZ=\"") {
        Some(rest) => {
            let end = memchr::memchr(b'"', rest)?;
            (&Zone::named(&rest[..end]), &rest[end + 1..])
        }
        None => (zone, text),
    };
    let tokens = tokens(text)?;
    let mut p = Parser {
        tokens: &tokens,
        at: 0,
        found: Found::default(),
        local: Moment::new(now, zone),
        zone,
    };
    if let [Token::At, rest @ ..] = &tokens[..] {
        return seconds(rest);
    }
    while p.at < tokens.len() {
        p.item()?;
    }
    p.resolve(now)
}

/// `@SECONDS[.FRACTION]`, alone.
fn seconds(tokens: &[Token]) -> Option<Time> {
    match tokens {
        [
            Token::Number {
                value, sign, fraction, ..
            },
        ] => {
            let seconds = if *sign == -1 { value.checked_neg()? } else { *value };
            let nanos = fraction.unwrap_or(0);
            if *sign == -1 && nanos > 0 {
                return Some(Time {
                    seconds: seconds.checked_sub(1)?,
                    nanos: 1_000_000_000 - nanos,
                });
            }
            Some(Time { seconds, nanos })
        }
        _ => None,
    }
}

#[derive(Default)]
struct Found {
    date: Option<(i64, i64, i64)>,
    /// The year was written.
    year_given: bool,
    time: Option<(i64, i64, i64, u32)>,
    offset: Option<i64>,
    /// Ordinal and day of the week.
    weekday: Option<(i64, i64)>,
    relative: Relative,
    relative_given: bool,
    dates: u32,
    times: u32,
    zones: u32,
    weekdays: u32,
}

#[derive(Default, Clone, Copy)]
struct Relative {
    years: i64,
    months: i64,
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    nanos: i64,
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    found: Found,
    local: Moment,
    zone: &'a Zone,
}

impl Parser<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.peek(ahead) {
            Some(Token::Word(w)) => Some(w),
            _ => None,
        }
    }

    /// An unsigned whole number.
    fn plain(&self, ahead: usize) -> Option<(i64, usize)> {
        match self.peek(ahead) {
            Some(Token::Number {
                value,
                digits,
                sign: 0,
                fraction: None,
                ..
            }) => Some((*value, *digits)),
            _ => None,
        }
    }

    /// A number with a minus or plus.
    fn signed(&self, ahead: usize) -> Option<(i64, usize, i64)> {
        match self.peek(ahead) {
            Some(Token::Number {
                value,
                digits,
                sign,
                fraction: None,
                ..
            }) if *sign != 0 => Some((*value, *digits, i64::from(*sign))),
            _ => None,
        }
    }

    fn item(&mut self) -> Option<()> {
        match self.peek(0)?.clone() {
            Token::Word(w) => self.word_item(&w),
            Token::Number { sign: 0, .. } => self.number_item(),
            Token::Number {
                value, sign, fraction, ..
            } => {
                let amount = value.checked_mul(i64::from(sign))?;
                if let Some(w) = self.word(1).map(str::to_string) {
                    if let Some(u) = unit(&w) {
                        self.at += 2;
                        return self.add(amount, fraction.map(|f| i64::from(f) * i64::from(sign)), u);
                    }
                    if let Some(d) = weekday(&w) {
                        self.at += 2;
                        self.found.weekday = Some((amount, d));
                        self.found.weekdays += 1;
                        return Some(());
                    }
                }
                None
            }
            Token::Char(b',') => {
                self.at += 1;
                Some(())
            }
            _ => None,
        }
    }

    fn add(&mut self, amount: i64, nanos: Option<i64>, u: Unit) -> Option<()> {
        // `ago` turns round all that came before it in this item list.
        let r = &mut self.found.relative;
        self.found.relative_given = true;
        let sum = |field: &mut i64, n: i64| -> Option<()> {
            *field = field.checked_add(n)?;
            Some(())
        };
        match u {
            _ if nanos.is_some() && u != Unit::Seconds => return None,
            Unit::Years => sum(&mut r.years, amount)?,
            Unit::Months => sum(&mut r.months, amount)?,
            Unit::Days(n) => sum(&mut r.days, amount.checked_mul(n)?)?,
            Unit::Hours => sum(&mut r.hours, amount)?,
            Unit::Minutes => sum(&mut r.minutes, amount)?,
            Unit::Seconds => {
                sum(&mut r.seconds, amount)?;
                sum(&mut r.nanos, nanos.unwrap_or(0))?;
            }
        }
        if self.word(0) == Some("ago") {
            self.at += 1;
            let mut undo = |field: fn(&mut Relative) -> &mut i64, n: i64| -> Option<()> {
                let f = field(&mut self.found.relative);
                *f = f.checked_sub(n.checked_mul(2)?)?;
                Some(())
            };
            match u {
                Unit::Years => undo(|r| &mut r.years, amount)?,
                Unit::Months => undo(|r| &mut r.months, amount)?,
                Unit::Days(n) => undo(|r| &mut r.days, amount.checked_mul(n)?)?,
                Unit::Hours => undo(|r| &mut r.hours, amount)?,
                Unit::Minutes => undo(|r| &mut r.minutes, amount)?,
                Unit::Seconds => {
                    undo(|r| &mut r.seconds, amount)?;
                    undo(|r| &mut r.nanos, nanos.unwrap_or(0))?;
                }
            }
        }
        Some(())
    }

    fn word_item(&mut self, w: &str) -> Option<()> {
        match w {
            "now" | "today" => {
                self.at += 1;
                self.found.relative_given = true;
                return Some(());
            }
            "tomorrow" => {
                self.at += 1;
                return self.add(1, None, Unit::Days(1));
            }
            "yesterday" => {
                self.at += 1;
                return self.add(-1, None, Unit::Days(1));
            }
            "t" if self.found.dates > 0 && self.plain(1).is_some() => {
                self.at += 1;
                return self.time_of_day(true);
            }
            _ => {}
        }
        if let Some(n) = ordinal(w) {
            let next = self.word(1)?.to_string();
            self.at += 2;
            if let Some(u) = unit(&next) {
                return self.add(n, None, u);
            }
            self.found.weekday = Some((n, weekday(&next)?));
            self.found.weekdays += 1;
            return Some(());
        }
        if let Some(m) = month(w) {
            self.at += 1;
            return self.after_month(m);
        }
        if let Some(d) = weekday(w) {
            self.at += 1;
            if self.peek(0) == Some(&Token::Char(b',')) {
                self.at += 1;
            }
            self.found.weekday = Some((0, d));
            self.found.weekdays += 1;
            return Some(());
        }
        if let Some(u) = unit(w) {
            self.at += 1;
            return self.add(1, None, u);
        }
        self.zone_item(w)
    }

    /// A zone's name, perhaps with a correction (`UTC+3`) or `DST`.
    fn zone_item(&mut self, w: &str) -> Option<()> {
        let here = self.local.zone.to_lowercase();
        let mut offset = match zone_offset(w) {
            Some(offset) => offset,
            None if w == here => i64::from(self.local.offset),
            None => return None,
        };
        self.at += 1;
        if self.word(0) == Some("dst") {
            self.at += 1;
            offset += 3600;
        }
        let unit_follows = self.word(1).is_some_and(|w| unit(w).is_some());
        if self.signed(0).is_some() && !unit_follows {
            offset += self.correction()?;
        }
        self.found.offset = Some(offset);
        self.found.zones += 1;
        Some(())
    }

    /// `+hh`, `+hhmm`, `+hh:mm`.
    fn correction(&mut self) -> Option<i64> {
        let (value, digits, sign) = self.signed(0)?;
        self.at += 1;
        let minutes = if self.peek(0) == Some(&Token::Char(b':')) {
            let (m, _) = self.plain(1)?;
            self.at += 2;
            value * 60 + m
        } else if digits <= 2 {
            value * 60
        } else {
            value / 100 * 60 + value % 100
        };
        (minutes <= 24 * 60).then_some(sign * minutes * 60)
    }

    fn after_month(&mut self, m: i64) -> Option<()> {
        // `Jun-17-1992`
        if let (Some((day, _, -1)), Some((year, digits, -1))) = (self.signed(0), self.signed(1)) {
            self.at += 2;
            return self.date(full_year(year, digits), m, day, true);
        }
        let (day, _) = self.plain(0)?;
        if self.peek(1) == Some(&Token::Char(b':')) {
            return None;
        }
        self.at += 1;
        if self.peek(0) == Some(&Token::Char(b','))
            && let Some((year, digits)) = self.plain(1).filter(|_| self.peek(2) != Some(&Token::Char(b':')))
        {
            self.at += 2;
            return self.date(full_year(year, digits), m, day, true);
        }
        self.date(self.local.civil.year, m, day, false)
    }

    fn date(&mut self, year: i64, month: i64, day: i64, year_given: bool) -> Option<()> {
        self.found.date = Some((year, month, day));
        self.found.year_given = year_given;
        self.found.dates += 1;
        Some(())
    }

    fn number_item(&mut self) -> Option<()> {
        let fraction = matches!(self.peek(0), Some(Token::Number { fraction: Some(_), .. }));
        if fraction {
            // Only seconds have fractions: `1.5 seconds`.
            if let Some(Token::Number { value, fraction, .. }) = self.peek(0).cloned()
                && let Some(u) = self.word(1).and_then(unit)
            {
                self.at += 2;
                return self.add(value, fraction.map(i64::from), u);
            }
            return None;
        }
        let (n, digits) = self.plain(0)?;
        if self.peek(1) == Some(&Token::Char(b':')) {
            return self.time_of_day(false);
        }
        if self.peek(1) == Some(&Token::Char(b'/')) {
            let (second, second_digits) = self.plain(2)?;
            if self.peek(3) == Some(&Token::Char(b'/')) {
                let (third, third_digits) = self.plain(4)?;
                self.at += 5;
                return if digits >= 4 {
                    self.date(n, second, third, true)
                } else {
                    self.date(full_year(third, third_digits), n, second, true)
                };
            }
            let _ = second_digits;
            self.at += 3;
            return self.date(self.local.civil.year, n, second, false);
        }
        if let (Some((m, _, -1)), Some((d, _, -1))) = (self.signed(1), self.signed(2)) {
            self.at += 3;
            return self.date(full_year(n, digits), m, d, true);
        }
        if let Some(w) = self.word(1).map(str::to_string) {
            if let Some(pm) = meridian(&w) {
                self.at += 2;
                return self.set_time(hour12(n, pm)?, 0, 0, 0);
            }
            if let Some(m) = month(&w) {
                self.at += 2;
                if let Some((year, digits, -1)) = self.signed(0) {
                    self.at += 1;
                    return self.date(full_year(year, digits), m, n, true);
                }
                let clock =
                    self.peek(1) == Some(&Token::Char(b':')) || self.word(1).is_some_and(|w| meridian(w).is_some());
                if let Some((year, digits)) = self.plain(0).filter(|_| !clock) {
                    self.at += 1;
                    return self.date(full_year(year, digits), m, n, true);
                }
                return self.date(self.local.civil.year, m, n, false);
            }
            if let Some(u) = unit(&w) {
                self.at += 2;
                return self.add(n, None, u);
            }
            if let Some(d) = weekday(&w) {
                self.at += 2;
                self.found.weekday = Some((n, d));
                self.found.weekdays += 1;
                return Some(());
            }
        }
        self.at += 1;
        let f = &mut self.found;
        if f.dates > 0 && !f.year_given && !f.relative_given && (f.times > 0 || digits > 2) {
            let (_, m, d) = f.date?;
            f.date = Some((full_year(n, digits), m, d));
            f.year_given = true;
        } else if digits > 4 {
            return self.date(full_year(n / 10_000, digits - 4), n / 100 % 100, n % 100, true);
        } else if digits <= 2 {
            return self.set_time(n, 0, 0, 0);
        } else {
            return self.set_time(n / 100, n % 100, 0, 0);
        }
        Some(())
    }

    fn set_time(&mut self, hour: i64, minute: i64, second: i64, nanos: u32) -> Option<()> {
        self.found.time = Some((hour, minute, second, nanos));
        self.found.times += 1;
        Some(())
    }

    /// `HH[:MM[:SS[.FRACTION]]]`, with `am`, `pm` or a zone.
    fn time_of_day(&mut self, hour_alone: bool) -> Option<()> {
        let (hour, digits) = self.plain(0)?;
        self.at += 1;
        let (mut minute, mut second, mut nanos) = (0, 0, 0);
        if self.peek(0) == Some(&Token::Char(b':')) {
            self.at += 1;
            (minute, _) = self.plain(0)?;
            self.at += 1;
            if self.peek(0) == Some(&Token::Char(b':')) {
                match self.peek(1)? {
                    Token::Number {
                        value,
                        sign: 0,
                        fraction,
                        ..
                    } => {
                        second = *value;
                        nanos = fraction.unwrap_or(0);
                    }
                    _ => return None,
                }
                self.at += 2;
            }
        } else if !hour_alone || digits > 2 {
            return None;
        }
        if let Some(pm) = self.word(0).and_then(meridian) {
            self.at += 1;
            return self.set_time(hour12(hour, pm)?, minute, second, nanos);
        }
        self.set_time(hour, minute, second, nanos)?;
        if self.signed(0).is_some() {
            let offset = self.correction()?;
            self.found.offset = Some(offset);
            self.found.zones += 1;
        }
        Some(())
    }

    fn resolve(self, now: Time) -> Option<Time> {
        let f = &self.found;
        if f.dates > 1 || f.times > 1 || f.zones > 1 || f.weekdays > 1 {
            return None;
        }
        let zone = self.zone;
        let mut c = self.local.civil;
        if let Some(offset) = f.offset {
            // What is not said is taken from the clock in that zone.
            c = Civil::from_seconds(now.seconds + offset);
            if f.dates == 0 {
                c = Moment::new(now, zone).civil;
            }
        }
        let mut nanos = i64::from(now.nanos);
        if let Some((y, m, d)) = f.date {
            (c.year, c.month, c.day) = (y, m, d);
        }
        if let Some((h, m, s, n)) = f.time {
            (c.hour, c.minute, c.second, nanos) = (h, m, s, i64::from(n));
        } else if f.dates > 0 || f.weekdays > 0 || !f.relative_given {
            (c.hour, c.minute, c.second, nanos) = (0, 0, 0, 0);
        }
        if !c.is_valid() {
            return None;
        }
        if let (Some((count, day)), 0) = (f.weekday, f.dates) {
            let today = c.weekday();
            let weeks = count - i64::from(count > 0 && today != day);
            c.day = c
                .day
                .checked_add((day - today + 7) % 7)?
                .checked_add(weeks.checked_mul(7)?)?;
        }
        let r = &f.relative;
        c.year = c.year.checked_add(r.years)?;
        c.month = c.month.checked_add(r.months)?;
        c.day = c.day.checked_add(r.days)?;
        let base = match f.offset {
            Some(offset) => c.as_if_utc()?.checked_sub(offset)?,
            None => zone.seconds_of(&c)?,
        };
        let span = r
            .hours
            .checked_mul(3600)?
            .checked_add(r.minutes.checked_mul(60)?)?
            .checked_add(r.seconds)?;
        let nanos = nanos.checked_add(r.nanos)?;
        Some(Time {
            seconds: base.checked_add(span)?.checked_add(nanos.div_euclid(1_000_000_000))?,
            nanos: nanos.rem_euclid(1_000_000_000) as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_gnu_reads_them() {
        // Wednesday, 2021-06-16 12:34:56 UTC.
        let now = Time {
            seconds: 1_623_846_896,
            nanos: 5,
        };
        let zone = Zone::utc();
        for (text, want) in [
            ("2020-02-29", Some("2020-02-29 00:00:00")),
            ("2020-02-30", None),
            ("20200229", Some("2020-02-29 00:00:00")),
            ("2/29/2020 5pm", Some("2020-02-29 17:00:00")),
            ("29 Feb 2020 10:11:12", Some("2020-02-29 10:11:12")),
            ("Feb 29, 2020", Some("2020-02-29 00:00:00")),
            ("Feb 29 2020", Some("2020-02-29 00:00:00")),
            ("29-Feb-2020", Some("2020-02-29 00:00:00")),
            ("2020-01-01T10:00:00Z", Some("2020-01-01 10:00:00")),
            ("2020-01-01T10:00:00+02:00", Some("2020-01-01 08:00:00")),
            ("2020-01-01 10:00 EST", Some("2020-01-01 15:00:00")),
            ("@86400", Some("1970-01-02 00:00:00")),
            ("tomorrow", Some("2021-06-17 12:34:56")),
            ("yesterday 10:00", Some("2021-06-15 10:00:00")),
            ("2 days ago", Some("2021-06-14 12:34:56")),
            ("next month", Some("2021-07-16 12:34:56")),
            ("2021-01-31 +1 month", Some("2021-03-03 00:00:00")),
            ("monday", Some("2021-06-21 00:00:00")),
            ("last monday", Some("2021-06-14 00:00:00")),
            ("next wednesday", Some("2021-06-23 00:00:00")),
            ("1 hour 30 minutes ago", Some("2021-06-16 13:04:56")),
            ("", Some("2021-06-16 00:00:00")),
            ("noon", None),
            ("foo", None),
            ("TZ=\"America/New_York\" 2020-01-01 00:00", Some("2020-01-01 05:00:00")),
        ] {
            let got = parse(text.as_bytes(), now, &zone)
                .map(|t| String::from_utf8(Moment::new(t, &zone).format(b"%F %T")).unwrap());
            assert_eq!(got.as_deref(), want, "{text}");
        }
    }
}
