//! Ratios and listings.

use shell::command::{CommandError, Context};

use super::Job;
use super::member::Summary;
use crate::time::{Civil, Zone};

/// ` 53.0%`: how much smaller `part` of `whole` made it, in six columns.
pub(super) fn ratio(saved: i64, whole: u64) -> String {
    let percent = if whole == 0 {
        0.0
    } else {
        100.0 * saved as f64 / whole as f64
    };
    format!("{percent:5.1}%")
}

/// Sums of a listing.
#[derive(Debug, Default)]
pub(super) struct Totals {
    files: usize,
    packed: u64,
    plain: u64,
    overhead: u64,
}

impl Totals {
    /// One line of the listing.
    pub(super) fn add(
        &mut self,
        cx: &mut Context<'_>,
        job: &Job,
        name: &[u8],
        mtime: Option<vfs::Time>,
        packed: u64,
        summary: &Summary,
    ) -> Result<(), CommandError> {
        let zone = Zone::of(cx);
        let out = cx.stdout.buffer();
        if self.files == 0 && !job.quiet {
            if job.verbose {
                out.extend_from_slice(b"method  crc     date  time  ");
            }
            out.extend_from_slice(b"         compressed        uncompressed  ratio uncompressed_name\n");
        }
        if job.verbose {
            let when = mtime.map_or_else(|| "            ".into(), |t| date(t, &zone));
            out.extend_from_slice(format!("defla {:08x} {when} ", summary.crc).as_bytes());
        }
        self.files += 1;
        self.packed += packed;
        self.plain += summary.plain;
        // As the real tool has it: only the last file's headers count in the sum.
        self.overhead = summary.overhead;
        line(out, packed, summary.plain, summary.overhead);
        out.extend_from_slice(name);
        out.push(b'\n');
        Ok(cx.stdout.spill()?)
    }

    /// The line of the sums, when there are several files.
    pub(super) fn finish(&self, cx: &mut Context<'_>, job: &Job) -> Result<(), CommandError> {
        if self.files < 2 || job.quiet {
            return Ok(());
        }
        let out = cx.stdout.buffer();
        if job.verbose {
            out.extend_from_slice(b"                            ");
        }
        line(out, self.packed, self.plain, self.overhead);
        out.extend_from_slice(b"(totals)\n");
        Ok(cx.stdout.spill()?)
    }
}

fn line(out: &mut Vec<u8>, packed: u64, plain: u64, overhead: u64) {
    let saved = plain as i64 - (packed as i64 - overhead as i64);
    out.extend_from_slice(format!("{packed:19} {plain:19} {} ", ratio(saved, plain)).as_bytes());
}

/// `Nov 22 05:55`.
fn date(time: vfs::Time, zone: &Zone) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (offset, _, _) = zone.at(time.seconds);
    let civil = Civil::from_seconds(time.seconds + i64::from(offset));
    let month = usize::try_from(civil.month - 1)
        .ok()
        .and_then(|m| MONTHS.get(m))
        .copied()
        .unwrap_or("???");
    format!("{month} {:2} {:02}:{:02}", civil.day, civil.hour, civil.minute)
}
