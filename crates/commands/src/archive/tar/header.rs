//! Headers: blocks of 512 bytes in the GNU and POSIX (ustar) formats.

use vfs::Time;

/// Size of a block.
pub(super) const BLOCK: usize = 512;

/// Types of members.
pub(super) mod kind {
    pub(in super::super) const FILE: u8 = b'0';
    pub(in super::super) const HARD_LINK: u8 = b'1';
    pub(in super::super) const SYMLINK: u8 = b'2';
    pub(in super::super) const CHAR_DEVICE: u8 = b'3';
    pub(in super::super) const BLOCK_DEVICE: u8 = b'4';
    pub(in super::super) const DIR: u8 = b'5';
    pub(in super::super) const FIFO: u8 = b'6';
    pub(in super::super) const LONG_LINK: u8 = b'K';
    pub(in super::super) const LONG_NAME: u8 = b'L';
    pub(in super::super) const SPARSE: u8 = b'S';
    pub(in super::super) const PAX: u8 = b'x';
    pub(in super::super) const PAX_GLOBAL: u8 = b'g';
    pub(in super::super) const VOLUME: u8 = b'V';
}

/// Which format to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Gnu,
    Ustar,
    Pax,
}

/// One member of an archive.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) size: u64,
    pub(super) mtime: Time,
    pub(super) owner: Vec<u8>,
    pub(super) group: Vec<u8>,
    pub(super) device: (u64, u64),
}

/// Text up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|b| *b == 0).unwrap_or(field.len())]
}

/// An octal number, or a binary one marked by the top bit.
fn number(field: &[u8]) -> Option<i64> {
    match field.first()? {
        0x80 => field[1..]
            .iter()
            .try_fold(0i64, |n, b| n.checked_mul(256)?.checked_add(i64::from(*b))),
        0xff => field[1..]
            .iter()
            .try_fold(-1i64, |n, b| n.checked_mul(256)?.checked_add(i64::from(*b))),
        _ => {
            let digits = text(field).trim_ascii();
            let mut n = 0i64;
            for d in digits {
                if !(b'0'..=b'7').contains(d) {
                    return None;
                }
                n = n.checked_mul(8)?.checked_add(i64::from(d - b'0'))?;
            }
            Some(n)
        }
    }
}

/// What a block says as a header; `None` when it is none.
pub(super) fn decode(block: &[u8; BLOCK]) -> Option<Member> {
    let stated = number(&block[148..156])?;
    let blank = |i: usize| (148..156).contains(&i);
    let sum = |signed: bool| -> i64 {
        block
            .iter()
            .enumerate()
            .map(|(i, b)| match (blank(i), signed) {
                (true, _) => 32,
                // Old programs summed signed characters.
                (false, true) => i64::from(*b as i8),
                (false, false) => i64::from(*b),
            })
            .sum()
    };
    if stated != sum(false) && stated != sum(true) {
        return None;
    }
    let mut name = text(&block[..100]).to_vec();
    let posix = &block[257..263] == b"ustar\0";
    if posix && block[345] != 0 {
        name = [text(&block[345..500]), b"/", &name].concat();
    }
    let unsigned = |field: &[u8]| number(field).and_then(|n| u64::try_from(n).ok());
    let modern = posix || &block[257..262] == b"ustar";
    let mut kind = block[156];
    if kind == 0 || kind == b'7' {
        kind = kind::FILE;
    }
    // Before ustar, a directory was a file whose name ends in a slash.
    if kind == kind::FILE && name.ends_with(b"/") {
        kind = kind::DIR;
    }
    Some(Member {
        link: text(&block[157..257]).to_vec(),
        kind,
        mode: unsigned(&block[100..108]).unwrap_or(0) as u32 & 0o7777,
        uid: unsigned(&block[108..116]).unwrap_or(0),
        gid: unsigned(&block[116..124]).unwrap_or(0),
        size: unsigned(&block[124..136])?,
        mtime: Time {
            seconds: number(&block[136..148]).unwrap_or(0),
            nanos: 0,
        },
        owner: if modern {
            text(&block[265..297]).to_vec()
        } else {
            Vec::new()
        },
        group: if modern {
            text(&block[297..329]).to_vec()
        } else {
            Vec::new()
        },
        device: (
            unsigned(&block[329..337]).unwrap_or(0),
            unsigned(&block[337..345]).unwrap_or(0),
        ),
        name,
    })
}

/// Puts a number into a field: octal with a NUL at the end if it fits, else binary.
fn put(field: &mut [u8], n: i64) {
    let digits = field.len() - 1;
    if n >= 0 && (digits * 3 >= 63 || n < 1 << (3 * digits)) {
        let text = format!("{n:0digits$o}\0");
        field.copy_from_slice(text.as_bytes());
        return;
    }
    let fill = if n < 0 { 0xff } else { 0 };
    field.fill(fill);
    let bytes = n.to_be_bytes();
    let take = bytes.len().min(field.len() - 1);
    let len = field.len();
    field[len - take..].copy_from_slice(&bytes[bytes.len() - take..]);
    field[0] = if n < 0 { 0xff } else { 0x80 };
}

fn copy(field: &mut [u8], text: &[u8]) {
    let n = text.len().min(field.len());
    field[..n].copy_from_slice(&text[..n]);
}

/// The blocks of a member's header, with the members before it that carry what does not fit.
pub(super) fn encode(member: &Member, format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(BLOCK);
    let (mut name, mut prefix) = (&member.name[..], &b""[..]);
    let mut link = &member.link[..];
    match format {
        Format::Gnu => {
            for (text, kind) in [(link, kind::LONG_LINK), (name, kind::LONG_NAME)] {
                if text.len() > 100 {
                    extra(b"././@LongLink", kind, &[text, b"\0"].concat(), format, &mut out);
                }
            }
        }
        Format::Ustar | Format::Pax => {
            let mut records = Vec::new();
            if name.len() > 100 {
                match split(name) {
                    Some((p, n)) => (prefix, name) = (p, n),
                    None => record("path", name, &mut records),
                }
            }
            if link.len() > 100 {
                record("linkpath", link, &mut records);
            }
            if member.size >= 1 << 33 {
                record("size", member.size.to_string().as_bytes(), &mut records);
            }
            if format == Format::Pax && member.mtime.nanos != 0 {
                let text = format!("{}.{:09}", member.mtime.seconds, member.mtime.nanos);
                record("mtime", text.trim_end_matches('0').as_bytes(), &mut records);
            }
            if !records.is_empty() {
                let base = member
                    .name
                    .rsplit(|b| *b == b'/')
                    .find(|p| !p.is_empty())
                    .unwrap_or_default();
                let label = [b"./PaxHeaders/", &base[..base.len().min(80)]].concat();
                extra(&label, kind::PAX, &records, format, &mut out);
            }
            link = &link[..link.len().min(100)];
        }
    }
    let mut block = [0u8; BLOCK];
    copy(&mut block[..100], name);
    put(&mut block[100..108], i64::from(member.mode));
    put(&mut block[108..116], member.uid as i64);
    put(&mut block[116..124], member.gid as i64);
    put(&mut block[124..136], member.size as i64);
    put(&mut block[136..148], member.mtime.seconds);
    block[156] = member.kind;
    copy(&mut block[157..257], link);
    block[257..265].copy_from_slice(if format == Format::Gnu {
        b"ustar  \0"
    } else {
        b"ustar\x0000"
    });
    copy(&mut block[265..296], &member.owner);
    copy(&mut block[297..328], &member.group);
    if matches!(member.kind, kind::CHAR_DEVICE | kind::BLOCK_DEVICE) || format != Format::Gnu {
        put(&mut block[329..337], member.device.0 as i64);
        put(&mut block[337..345], member.device.1 as i64);
    }
    copy(&mut block[345..500], prefix);
    seal(&mut block);
    out.extend_from_slice(&block);
    out
}

/// Where a long name can be cut for ustar: prefix and name.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = (0..name.len().min(156))
        .rev()
        .find(|i| name[*i] == b'/' && name.len() - i - 1 <= 100 && *i > 0)?;
    (at + 1 < name.len()).then(|| (&name[..at], &name[at + 1..]))
}

fn seal(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    let text = format!("{sum:06o}\0 ");
    block[148..156].copy_from_slice(text.as_bytes());
}

fn extra(name: &[u8], kind: u8, data: &[u8], format: Format, out: &mut Vec<u8>) {
    let mut block = [0u8; BLOCK];
    copy(&mut block[..100], name);
    put(&mut block[100..108], 0o644);
    put(&mut block[108..116], 0);
    put(&mut block[116..124], 0);
    put(&mut block[124..136], data.len() as i64);
    put(&mut block[136..148], 0);
    block[156] = kind;
    block[257..265].copy_from_slice(if format == Format::Gnu {
        b"ustar  \0"
    } else {
        b"ustar\x0000"
    });
    if format == Format::Gnu {
        copy(&mut block[265..297], b"root");
        copy(&mut block[297..329], b"root");
    }
    seal(&mut block);
    out.extend_from_slice(&block);
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// One pax record, `LEN KEY=VALUE\n`, whose length counts itself.
fn record(key: &str, value: &[u8], out: &mut Vec<u8>) {
    let body = key.len() + value.len() + 3;
    let mut len = body + 1;
    while len != body + len.to_string().len() {
        len = body + len.to_string().len();
    }
    out.extend_from_slice(format!("{len} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// Applies pax records to a member.
pub(super) fn apply_pax(records: &[u8], member: &mut Member) {
    let mut rest = records;
    while !rest.is_empty() {
        let Some(blank) = rest.iter().position(|b| *b == b' ') else {
            return;
        };
        let Some(len) = std::str::from_utf8(&rest[..blank])
            .ok()
            .and_then(|t| t.parse::<usize>().ok())
        else {
            return;
        };
        if len <= blank + 1 || len > rest.len() {
            return;
        }
        let line = rest[blank + 1..len]
            .strip_suffix(b"\n")
            .unwrap_or(&rest[blank + 1..len]);
        rest = &rest[len..];
        let Some(equals) = line.iter().position(|b| *b == b'=') else {
            continue;
        };
        let (key, value) = (&line[..equals], &line[equals + 1..]);
        let number = || std::str::from_utf8(value).ok().and_then(|t| t.parse::<u64>().ok());
        match key {
            b"path" => member.name = value.to_vec(),
            b"linkpath" => member.link = value.to_vec(),
            b"uname" => member.owner = value.to_vec(),
            b"gname" => member.group = value.to_vec(),
            b"size" => member.size = number().unwrap_or(member.size),
            b"uid" => member.uid = number().unwrap_or(member.uid),
            b"gid" => member.gid = number().unwrap_or(member.gid),
            b"mtime" => {
                if let Some(time) = time(value) {
                    member.mtime = time;
                }
            }
            _ => {}
        }
    }
}

fn time(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let nanos: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(match (whole.starts_with('-'), nanos) {
        (true, 1..) => Time {
            seconds: seconds - 1,
            nanos: 1_000_000_000 - nanos,
        },
        _ => Time { seconds, nanos },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_the_round_trip() {
        for format in [Format::Gnu, Format::Ustar, Format::Pax] {
            let member = Member {
                name: b"dir/file".to_vec(),
                kind: kind::FILE,
                mode: 0o640,
                uid: 5_000_000,
                size: 123_456,
                mtime: Time {
                    seconds: 1_700_000_000,
                    nanos: 0,
                },
                owner: b"me".to_vec(),
                ..Member::default()
            };
            let blocks = encode(&member, format);
            let back = decode(blocks.last_chunk().unwrap()).unwrap();
            assert_eq!(
                (back.name, back.mode, back.uid, back.size),
                (member.name, 0o640, 5_000_000, 123_456)
            );
            assert_eq!((back.mtime, back.owner), (member.mtime, member.owner));
        }
    }

    #[test]
    fn pax_records_count_themselves() {
        for len in [1, 90, 91, 92, 93, 990] {
            let mut records = Vec::new();
            record("path", &vec![b'x'; len], &mut records);
            let mut member = Member::default();
            apply_pax(&records, &mut member);
            assert_eq!(member.name.len(), len);
        }
    }

    #[test]
    fn a_block_of_text_is_no_header() {
        assert!(decode(&[b'x'; BLOCK]).is_none());
    }
}
