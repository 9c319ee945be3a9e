//! `strftime` and `mktime`, in the C locale.

use calendar::{Civil, Moment, Zone};

/// The default of `PROCINFO["strftime"]`.
pub const DEFAULT_FORMAT: &[u8] = b"%a %b %e %H:%M:%S %Z %Y";

/// Formats seconds since 1970 in the zone that `TZ` names.
pub fn format(format: &[u8], seconds: f64, zone: Option<&[u8]>) -> Vec<u8> {
    Moment::new((seconds as i64, 0), &Zone::of_variable(zone)).format_libc(format)
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
    let civil = Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
    };
    let daylight = parts.get(6).copied().unwrap_or(-1) > 0;
    Zone::of_variable(zone)
        .mktime(&civil, daylight)
        .map_or(-1.0, |seconds| seconds as f64)
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
