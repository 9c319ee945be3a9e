//! Names and listings.

use vfs::Time;

use super::header::{Member, kind};
use super::settings::Settings;
use crate::files::modes;
use crate::time::Civil;

/// Columns of owner, group and size together, as long as they fit.
const OWNER_AND_SIZE: usize = 19;

/// A name as tar prints it: with C escapes.
pub(super) fn name(text: &[u8]) -> Vec<u8> {
    use bstr::ByteSlice;
    let mut out = Vec::with_capacity(text.len());
    for (start, end, c) in text.char_indices() {
        let raw = &text[start..end];
        let valid = c != '\u{fffd}' || raw == "\u{fffd}".as_bytes();
        match raw {
            b"\\" => out.extend_from_slice(b"\\\\"),
            b"\n" => out.extend_from_slice(b"\\n"),
            b"\t" => out.extend_from_slice(b"\\t"),
            b"\r" => out.extend_from_slice(b"\\r"),
            [7] => out.extend_from_slice(b"\\a"),
            [8] => out.extend_from_slice(b"\\b"),
            [11] => out.extend_from_slice(b"\\v"),
            [12] => out.extend_from_slice(b"\\f"),
            _ if valid && !c.is_control() => out.extend_from_slice(raw),
            _ => {
                for b in raw {
                    out.extend_from_slice(format!("\\{b:03o}").as_bytes());
                }
            }
        }
    }
    out
}

/// `2026-11-22 06:01`, or with seconds.
fn date(time: Time, s: &Settings) -> String {
    let (offset, _, _) = s.zone.at(time.seconds);
    let c = Civil::from_seconds(time.seconds + i64::from(offset));
    let date = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        c.year, c.month, c.day, c.hour, c.minute
    );
    match (s.full_time, time.nanos) {
        (false, _) => date,
        (true, 0) => format!("{date}:{:02}", c.second),
        (true, nanos) => format!("{date}:{:02}.{nanos:09}", c.second),
    }
}

/// One line of `tar -tv`, without its end. `width` grows with the widest line so far.
pub(super) fn line(m: &Member, s: &Settings, width: &mut usize) -> Vec<u8> {
    let letter = match m.kind {
        kind::DIR => 'd',
        kind::SYMLINK => 'l',
        kind::HARD_LINK => 'h',
        kind::CHAR_DEVICE => 'c',
        kind::BLOCK_DEVICE => 'b',
        kind::FIFO => 'p',
        kind::VOLUME => 'V',
        _ => '-',
    };
    let who = |name: &[u8], id: u64| {
        if s.numeric || name.is_empty() {
            id.to_string().into_bytes()
        } else {
            name.to_vec()
        }
    };
    let owner = [&who(&m.owner, m.uid)[..], b"/", &who(&m.group, m.gid)].concat();
    let size = match m.kind {
        kind::CHAR_DEVICE | kind::BLOCK_DEVICE => format!("{},{}", m.device.0, m.device.1),
        kind::HARD_LINK | kind::SYMLINK | kind::DIR | kind::FIFO => "0".into(),
        _ => m.size.to_string(),
    };
    *width = (*width).max(OWNER_AND_SIZE).max(owner.len() + 1 + size.len());
    let mut out = format!("{letter}{} ", modes::letters(m.mode)).into_bytes();
    let blanks = *width - owner.len() - size.len();
    out.extend_from_slice(&owner);
    out.resize(out.len() + blanks, b' ');
    out.extend_from_slice(format!("{size} {} ", date(m.mtime, s)).as_bytes());
    out.extend_from_slice(&name(&m.name));
    match m.kind {
        kind::SYMLINK => out.extend_from_slice(&[b" -> ", &name(&m.link)[..]].concat()),
        kind::HARD_LINK => out.extend_from_slice(&[b" link to ", &name(&m.link)[..]].concat()),
        _ => {}
    }
    out
}
