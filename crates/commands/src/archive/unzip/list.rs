//! Listings.

use std::io::Write;

use shell::command::{CommandError, Context};
use vfs::Time;

use super::{Action, Settings};
use crate::archive::zipfile::{Archive, DEFLATED, Entry, STORED, percent};
use crate::files::modes;
use crate::time::Civil;

fn civil(time: Time, s: &Settings) -> Civil {
    let (offset, _, _) = s.zone.at(time.seconds);
    Civil::from_seconds(time.seconds + i64::from(offset))
}

fn date(e: &Entry, s: &Settings) -> String {
    let c = civil(e.mtime(&s.zone), s);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        c.year, c.month, c.day, c.hour, c.minute
    )
}

fn method(e: &Entry) -> String {
    match e.method {
        STORED => "Stored".into(),
        DEFLATED => format!(
            "Defl:{}",
            [b'N', b'X', b'F', b'S'][usize::from(e.flags >> 1 & 3)] as char
        ),
        9 => "Def64N".into(),
        12 => "BZip2".into(),
        14 => "LZMA".into(),
        n => format!("Unk:{n:03}"),
    }
}

/// `unzip -l` and `-v`.
pub(super) fn table(cx: &mut Context<'_>, s: &Settings, entries: &[Entry]) -> Result<u8, CommandError> {
    let verbose = s.action == Action::Verbose;
    let out = &mut cx.stdout;
    if s.quiet < 2 {
        let head: &[u8] = if verbose {
            b" Length   Method    Size  Cmpr    Date    Time   CRC-32   Name\n\
--------  ------  ------- ---- ---------- ----- --------  ----\n"
        } else {
            b"  Length      Date    Time    Name\n---------  ---------- -----   ----\n"
        };
        out.write_all(head)?;
    }
    let (mut size, mut packed) = (0u64, 0u64);
    for e in entries {
        size = size.saturating_add(e.size);
        packed = packed.saturating_add(e.packed);
        let line = if verbose {
            format!(
                "{:8}  {:6} {:8} {:3}% {} {:08x}  ",
                e.size,
                method(e),
                e.packed,
                percent(e.size, e.packed),
                date(e, s),
                e.crc
            )
        } else {
            format!("{:9}  {}   ", e.size, date(e, s))
        };
        out.write_all(line.as_bytes())?;
        out.write_all(&shown(&e.name))?;
        out.write_all(b"\n")?;
    }
    if s.quiet < 2 {
        let files = if entries.len() == 1 {
            "1 file".into()
        } else {
            format!("{} files", entries.len())
        };
        let foot = if verbose {
            format!(
                "--------          -------  ---                            -------\n{size:8}         {packed:8} {:3}%                            {files}\n",
                percent(size, packed)
            )
        } else {
            format!("---------                     -------\n{size:9}                     {files}\n")
        };
        out.write_all(foot.as_bytes())?;
    }
    Ok(if entries.is_empty() { 11 } else { 0 })
}

/// A name without control characters.
pub(super) fn shown(name: &[u8]) -> Vec<u8> {
    name.iter()
        .flat_map(|b| if *b < 32 { vec![b'^', b + 64] } else { vec![*b] })
        .collect()
}

/// `unzip -Z`.
pub(super) fn info(
    cx: &mut Context<'_>,
    s: &Settings,
    archive: &Archive,
    entries: &[Entry],
) -> Result<u8, CommandError> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let brief = s.action == Action::Names;
    if !brief {
        let text = format!(
            "Zip file size: {} bytes, number of entries: {}\n",
            archive.size,
            archive.entries.len()
        );
        cx.stdout.write_all(text.as_bytes())?;
    }
    let (mut size, mut packed) = (0u64, 0u64);
    for e in entries {
        if !brief {
            size = size.saturating_add(e.size);
            packed = packed.saturating_add(e.packed);
            let mode = e.mode().unwrap_or(if e.is_dir() { 0o040_755 } else { 0o100_644 });
            let kind = match mode & 0o170_000 {
                0o040_000 => 'd',
                0o120_000 => 'l',
                _ => '-',
            };
            let text = if e.internal & 1 != 0 { 't' } else { 'b' };
            let extra = match (e.flags & 8 != 0, e.extra.is_empty()) {
                (true, true) => 'l',
                (true, false) => 'X',
                (false, true) => '-',
                (false, false) => 'x',
            };
            let how = match e.method {
                STORED => "stor".to_owned(),
                DEFLATED => format!("def{}", [b'N', b'X', b'F', b'S'][usize::from(e.flags >> 1 & 3)] as char),
                n => format!("u{n:03}"),
            };
            let c = civil(e.mtime(&s.zone), s);
            let month = usize::try_from(c.month - 1)
                .ok()
                .and_then(|m| MONTHS.get(m))
                .copied()
                .unwrap_or("???");
            let host = if e.made_by >> 8 == 3 { "unx" } else { "fat" };
            let version = e.made_by & 0xff;
            let line = format!(
                "{kind}{}  {}.{} {host} {:8} {text}{extra} {how} {:02}-{month}-{:02} {:02}:{:02} ",
                modes::letters(mode),
                version / 10,
                version % 10,
                e.size,
                c.year.rem_euclid(100),
                c.day,
                c.hour,
                c.minute
            );
            cx.stdout.write_all(line.as_bytes())?;
        }
        cx.stdout.write_all(&shown(&e.name))?;
        cx.stdout.write_all(b"\n")?;
    }
    if !brief {
        let s = if entries.len() == 1 { "" } else { "s" };
        let ratio = if size == 0 {
            0.0
        } else {
            100.0 * (size as f64 - packed as f64) / size as f64
        };
        let text = format!(
            "{} file{s}, {size} bytes uncompressed, {packed} bytes compressed:  {ratio:.1}%\n",
            entries.len()
        );
        cx.stdout.write_all(text.as_bytes())?;
    }
    Ok(if entries.is_empty() { 11 } else { 0 })
}
