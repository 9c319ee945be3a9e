//! The statistics at the end.

use std::io::Write;
use std::time::Duration;

use shell::command::{CommandError, Context};

/// Records and bytes.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) full_in: u64,
    pub(super) part_in: u64,
    full_out: u64,
    part_out: u64,
    bytes: u64,
    pub(super) truncated: u64,
}

impl Counts {
    pub(super) fn written(&mut self, len: usize, block: usize) {
        self.bytes += len as u64;
        if len == block {
            self.full_out += 1;
        } else {
            self.part_out += 1;
        }
    }

    pub(super) fn print(&self, cx: &mut Context<'_>, transfer: bool, took: Duration) -> Result<(), CommandError> {
        cx.stdout.flush_now()?;
        let mut text = format!(
            "{}+{} records in\n{}+{} records out\n",
            self.full_in, self.part_in, self.full_out, self.part_out
        );
        match self.truncated {
            0 => {}
            1 => text.push_str("1 truncated record\n"),
            n => text.push_str(&format!("{n} truncated records\n")),
        }
        if transfer {
            let seconds = took.as_secs_f64();
            let rate = if seconds > 0.0 {
                self.bytes as f64 / seconds
            } else {
                0.0
            };
            let plural = if self.bytes == 1 { "" } else { "s" };
            let sizes = match self.bytes {
                0..=999 => String::new(),
                1000..=1023 => format!(" ({})", scaled(self.bytes as f64, 1000.0)),
                n => format!(" ({}, {})", scaled(n as f64, 1000.0), scaled(n as f64, 1024.0)),
            };
            let shown = crate::cformat::Conversion::parse(b"g").0.format(seconds);
            text.push_str(&format!(
                "{} byte{plural}{sizes} copied, {shown} s, {}/s\n",
                self.bytes,
                scaled(rate, 1000.0)
            ));
        }
        let _ = cx.stderr.write_all(text.as_bytes());
        Ok(())
    }
}

/// `3.1 MB`, `3.0 MiB`: rounded to the nearest, one digit after the point below ten.
fn scaled(n: f64, base: f64) -> String {
    let units = if base == 1000.0 {
        ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    } else {
        ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    };
    let (mut n, mut power) = (n, 0);
    while n >= base && power + 1 < units.len() {
        n /= base;
        power += 1;
    }
    if power == 0 || n >= 9.95 {
        if n.round() >= base && power + 1 < units.len() {
            return format!("1.0 {}", units[power + 1]);
        }
        return format!("{n:.0} {}", units[power]);
    }
    format!("{n:.1} {}", units[power])
}
