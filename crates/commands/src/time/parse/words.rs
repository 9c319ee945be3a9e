//! The words of dates: units, ordinals, months, weekdays, zones.

/// What a relative amount counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Years,
    Months,
    Days(i64),
    Hours,
    Minutes,
    Seconds,
}

pub(super) fn unit(word: &str) -> Option<Unit> {
    let singular = word.strip_suffix('s').filter(|w| w.len() > 2).unwrap_or(word);
    Some(match singular {
        "year" => Unit::Years,
        "month" => Unit::Months,
        "fortnight" => Unit::Days(14),
        "week" => Unit::Days(7),
        "day" => Unit::Days(1),
        "hour" => Unit::Hours,
        "minute" | "min" => Unit::Minutes,
        "second" | "sec" => Unit::Seconds,
        _ => return None,
    })
}

pub(super) fn ordinal(word: &str) -> Option<i64> {
    let list = [
        "first", "", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
    ];
    match word {
        "last" => Some(-1),
        "this" => Some(0),
        "next" => Some(1),
        "" => None,
        _ => list.iter().position(|w| *w == word).map(|n| n as i64 + 1),
    }
}

pub(super) fn named(word: &str, list: &[&str], extra: &[(&str, usize)]) -> Option<i64> {
    if let Some((_, n)) = extra.iter().find(|(w, _)| *w == word) {
        return Some(*n as i64);
    }
    if word.len() < 3 {
        return None;
    }
    list.iter()
        .position(|full| *full == word || (word.len() == 3 && full.starts_with(word)))
        .map(|n| n as i64)
}

pub(super) fn month(word: &str) -> Option<i64> {
    let list = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    named(word, &list, &[("sept", 8)]).map(|n| n + 1)
}

pub(super) fn weekday(word: &str) -> Option<i64> {
    let list = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    named(word, &list, &[("tues", 2), ("wednes", 3), ("thur", 4), ("thurs", 4)])
}

/// Seconds east of Greenwich of a zone's abbreviation.
pub(super) fn zone_offset(word: &str) -> Option<i64> {
    let hours = |h: f64| Some((h * 3600.0) as i64);
    match word {
        "gmt" | "ut" | "utc" | "wet" | "z" => hours(0.0),
        "west" | "bst" | "cet" | "met" | "mez" | "wat" => hours(1.0),
        "cest" | "mest" | "mesz" | "eet" | "cat" | "sast" => hours(2.0),
        "eest" | "eat" | "msk" => hours(3.0),
        "msd" | "gst" => hours(4.0),
        "ist" => hours(5.5),
        "sgt" => hours(8.0),
        "kst" | "jst" => hours(9.0),
        "nzst" => hours(12.0),
        "nzdt" => hours(13.0),
        "art" | "brt" | "clst" | "adt" => hours(-3.0),
        "brst" => hours(-2.0),
        "nst" => hours(-3.5),
        "ndt" => hours(-2.5),
        "ast" | "clt" | "edt" => hours(-4.0),
        "est" | "cdt" => hours(-5.0),
        "cst" | "mdt" => hours(-6.0),
        "mst" | "pdt" => hours(-7.0),
        "pst" | "akdt" => hours(-8.0),
        "akst" | "hadt" => hours(-9.0),
        "hst" | "hast" => hours(-10.0),
        "sst" => hours(-12.0),
        _ => match word.as_bytes() {
            // Military zones; J is local time and not taken, T separates date and time.
            [c @ b'a'..=b'i'] => hours(f64::from(c - b'a' + 1)),
            [c @ b'k'..=b'm'] => hours(f64::from(c - b'k' + 10)),
            [c @ b'n'..=b's'] => hours(-f64::from(c - b'n' + 1)),
            [c @ b'u'..=b'y'] => hours(-f64::from(c - b'u' + 8)),
            _ => None,
        },
    }
}

/// `am` or `pm`, with or without points: whether it is `pm`.
pub(super) fn meridian(word: &str) -> Option<bool> {
    match word {
        "am" | "a.m." | "a.m" => Some(false),
        "pm" | "p.m." | "p.m" => Some(true),
        _ => None,
    }
}

pub(super) fn hour12(hour: i64, pm: bool) -> Option<i64> {
    match (hour, pm) {
        (12, false) => Some(0),
        (12, true) => Some(12),
        (1..=11, false) => Some(hour),
        (1..=11, true) => Some(hour + 12),
        _ => None,
    }
}

/// Two digits mean 1969 to 2068.
pub(super) fn full_year(year: i64, digits: usize) -> i64 {
    match (digits, year) {
        (0..=2, 0..=68) => year + 2000,
        (0..=2, _) => year + 1900,
        _ => year,
    }
}
