//! The zip format (PKWARE APPNOTE 6.3): the directory at the end, and entries by offset.

use bytes::Bytes;
use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use shell::command::{CommandError, Context};
use vfs::blocking::Reader;
use vfs::{ByteRange, Time, VPath};

use crate::time::{Civil, Zone};

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END64: u32 = 0x0606_4b50;
const LOCATOR64: u32 = 0x0706_4b50;

/// The end record, without its comment, and how far before the end of the file it may begin.
const END_LEN: usize = 22;
const MOST_COMMENT: u64 = 0xffff;

/// Most bytes of a directory that are taken in.
const MOST_DIRECTORY: u64 = 1 << 30;

/// One entry, as the directory describes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    /// MS-DOS time and date.
    pub(super) stamp: (u16, u16),
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) internal: u16,
    pub(super) external: u32,
    pub(super) offset: u64,
    pub(super) extra: Vec<u8>,
    pub(super) comment: Vec<u8>,
}

/// Why a file is no archive.
#[derive(Debug)]
pub(super) enum Flaw {
    /// There is no directory at its end.
    NoDirectory,
    /// The directory cannot be read.
    Damaged,
    Read(vfs::VfsError),
}

impl From<vfs::VfsError> for Flaw {
    fn from(e: vfs::VfsError) -> Self {
        Self::Read(e)
    }
}

/// A cursor over little-endian fields.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

impl Entry {
    pub(super) fn is_dir(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// The Unix mode, type bits included, if the entry has one.
    pub(super) fn mode(&self) -> Option<u32> {
        (self.made_by >> 8 == 3 && self.external >> 16 != 0).then_some(self.external >> 16)
    }

    pub(super) fn is_symlink(&self) -> bool {
        self.mode().is_some_and(|m| m & 0o170_000 == 0o120_000)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// A field of the extra data.
    fn extra(&self, id: u16) -> Option<&[u8]> {
        let mut fields = Fields(&self.extra);
        loop {
            let (found, len) = (fields.u16()?, fields.u16()?);
            let data = fields.take(len.into())?;
            if found == id {
                return Some(data);
            }
        }
    }

    /// The time of last modification: exact where the entry has it, else as clocks in `zone` showed it.
    pub(super) fn mtime(&self, zone: &Zone) -> Time {
        if let Some(data) = self.extra(0x5455)
            && let Some((1, rest)) = data.split_first().map(|(flags, rest)| (flags & 1, rest))
            && let Some(seconds) = Fields(rest).u32()
        {
            return Time {
                seconds: i64::from(seconds as i32),
                nanos: 0,
            };
        }
        let (time, date) = (i64::from(self.stamp.0), i64::from(self.stamp.1));
        let civil = Civil {
            year: 1980 + (date >> 9),
            month: date >> 5 & 15,
            day: date & 31,
            hour: time >> 11,
            minute: time >> 5 & 63,
            second: (time & 31) * 2,
        };
        Time {
            seconds: zone.seconds_of(&civil).or(civil.as_if_utc()).unwrap_or(0),
            nanos: 0,
        }
    }

    /// Sizes and offset beyond 32 bits.
    fn apply_zip64(&mut self) -> Option<()> {
        const MARK: u64 = 0xffff_ffff;
        if self.size != MARK && self.packed != MARK && self.offset != MARK {
            return Some(());
        }
        let data = self.extra(1)?.to_vec();
        let mut fields = Fields(&data);
        for field in [&mut self.size, &mut self.packed, &mut self.offset] {
            if *field == MARK {
                *field = fields.u64()?;
            }
        }
        Some(())
    }

    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        if fields.u32()? != CENTRAL {
            return None;
        }
        let made_by = fields.u16()?;
        let _needed = fields.u16()?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        let stamp = (fields.u16()?, fields.u16()?);
        let (crc, packed, size) = (fields.u32()?, fields.u32()?.into(), fields.u32()?.into());
        let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
        let _disk = fields.u16()?;
        let (internal, external, offset) = (fields.u16()?, fields.u32()?, fields.u32()?.into());
        let mut entry = Self {
            name: fields.take(name.into())?.to_vec(),
            made_by,
            flags,
            method,
            stamp,
            crc,
            packed,
            size,
            internal,
            external,
            offset,
            extra: fields.take(extra.into())?.to_vec(),
            comment: fields.take(comment.into())?.to_vec(),
        };
        entry.apply_zip64()?;
        Some(entry)
    }
}

/// An archive that is there.
pub(super) struct Archive {
    path: VPath,
    pub(super) size: u64,
    pub(super) entries: Vec<Entry>,
    pub(super) comment: Vec<u8>,
    /// Bytes before the archive proper (a self-extracting program).
    shift: u64,
}

fn range(cx: &Context<'_>, path: &VPath, start: u64, len: u64) -> vfs::Result<Vec<u8>> {
    let mut reader = cx.fs.read(path, ByteRange::at(start, len))?;
    let mut all = Vec::new();
    loop {
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&chunk);
    }
}

impl Archive {
    /// Reads the directory.
    pub(super) fn open(cx: &Context<'_>, path: &VPath) -> Result<Self, Flaw> {
        let stat = cx.fs.stat(path)?;
        let size = match stat.size {
            Some(size) if stat.is_file() => size,
            _ => range(cx, path, 0, u64::MAX)?.len() as u64,
        };
        let tail_len = size.min(MOST_COMMENT + END_LEN as u64 + 20);
        let tail = range(cx, path, size - tail_len, tail_len)?;
        let at = (0..tail.len().saturating_sub(END_LEN - 1))
            .rev()
            .find(|at| tail[*at..].starts_with(&END.to_le_bytes()))
            .ok_or(Flaw::NoDirectory)?;
        let mut end = Fields(&tail[at + 10..]);
        let mut read = || Some((end.u16()?, end.u32()?, end.u32()?, end.u16()?));
        let (count, length, offset, comment) = read().ok_or(Flaw::Damaged)?;
        let comment = tail
            .get(at + END_LEN..at + END_LEN + usize::from(comment))
            .unwrap_or_default()
            .to_vec();
        let (mut count, mut length, mut offset) = (u64::from(count), u64::from(length), u64::from(offset));
        let mut directory_end = size - tail_len + at as u64;
        if (count == 0xffff || length == 0xffff_ffff || offset == 0xffff_ffff) && at >= 20 {
            let mut locator = Fields(&tail[at - 20..at]);
            if locator.u32() == Some(LOCATOR64) {
                locator.take(4);
                let place = locator.u64().ok_or(Flaw::Damaged)?;
                let record = range(cx, path, place, 56)?;
                let mut fields = Fields(&record);
                if fields.u32() != Some(END64) {
                    return Err(Flaw::Damaged);
                }
                fields.take(28);
                let mut read = || Some((fields.u64()?, fields.u64()?, fields.u64()?));
                (count, length, offset) = read().ok_or(Flaw::Damaged)?;
                directory_end = place;
            }
        }
        if length > MOST_DIRECTORY || length > directory_end {
            return Err(Flaw::Damaged);
        }
        let start = directory_end - length;
        let shift = start.checked_sub(offset).ok_or(Flaw::Damaged)?;
        let directory = range(cx, path, start, length)?;
        let mut fields = Fields(&directory);
        let mut entries = Vec::new();
        while (entries.len() as u64) < count && !fields.0.is_empty() {
            entries.push(Entry::parse(&mut fields).ok_or(Flaw::Damaged)?);
        }
        Ok(Self {
            path: path.clone(),
            size,
            entries,
            comment,
            shift,
        })
    }

    /// The compressed bytes of an entry.
    pub(super) fn packed(&self, cx: &Context<'_>, entry: &Entry) -> Result<Reader, Flaw> {
        let start = entry.offset.checked_add(self.shift).ok_or(Flaw::Damaged)?;
        let header = range(cx, &self.path, start, 30)?;
        let mut fields = Fields(&header);
        if fields.u32() != Some(LOCAL) {
            return Err(Flaw::Damaged);
        }
        fields.take(22);
        let mut read = || Some((fields.u16()?, fields.u16()?));
        let (name, extra) = read().ok_or(Flaw::Damaged)?;
        let data = start + 30 + u64::from(name) + u64::from(extra);
        Ok(cx.fs.read(&self.path, ByteRange::at(data, entry.packed))?)
    }
}

/// How decompressing an entry ended.
pub(super) enum Unpacked {
    Fine,
    /// The checksum that was found.
    BadCrc(u32),
    Invalid,
    Unsupported(u16),
}

/// Decompresses an entry into `sink`.
pub(super) fn unpack(
    cx: &Context<'_>,
    archive: &Archive,
    entry: &Entry,
    mut sink: impl FnMut(&[u8]) -> Result<(), CommandError>,
) -> Result<Unpacked, CommandError> {
    if !matches!(entry.method, STORED | DEFLATED) {
        return Ok(Unpacked::Unsupported(entry.method));
    }
    let mut reader = match archive.packed(cx, entry) {
        Ok(reader) => reader,
        Err(Flaw::Read(e)) => return Err(e.into()),
        Err(_) => return Ok(Unpacked::Invalid),
    };
    let (mut crc, mut size) = (Hasher::new(), 0u64);
    if entry.method == STORED {
        loop {
            cx.cancel.check()?;
            let chunk = reader.chunk()?;
            if chunk.is_empty() {
                break;
            }
            crc.update(&chunk);
            size += chunk.len() as u64;
            sink(&chunk)?;
        }
    } else {
        let mut machine = Decompress::new(false);
        let mut out = vec![0; 128 * 1024];
        let mut chunk = Bytes::new();
        loop {
            cx.cancel.check()?;
            if chunk.is_empty() {
                chunk = reader.chunk()?;
            }
            let ended = chunk.is_empty();
            let (before_in, before_out) = (machine.total_in(), machine.total_out());
            let Ok(status) = machine.decompress(&chunk, &mut out, FlushDecompress::None) else {
                return Ok(Unpacked::Invalid);
            };
            let _ = chunk.split_to((machine.total_in() - before_in) as usize);
            let made = (machine.total_out() - before_out) as usize;
            size += made as u64;
            // Never more than the directory promises: what lies about its size is not trusted further.
            if size > entry.size {
                return Ok(Unpacked::Invalid);
            }
            crc.update(&out[..made]);
            sink(&out[..made])?;
            match status {
                Status::StreamEnd => break,
                _ if ended && made == 0 => return Ok(Unpacked::Invalid),
                _ => {}
            }
        }
    }
    let crc = crc.finalize();
    Ok(if size != entry.size {
        Unpacked::Invalid
    } else if crc != entry.crc {
        Unpacked::BadCrc(crc)
    } else {
        Unpacked::Fine
    })
}

/// MS-DOS time and date of a moment, as clocks in `zone` show it.
pub(super) fn stamp(time: Time, zone: &Zone) -> (u16, u16) {
    let (offset, _, _) = zone.at(time.seconds);
    let c = Civil::from_seconds(time.seconds + i64::from(offset));
    if !(1980..2108).contains(&c.year) {
        return (0, 0x21);
    }
    let time = (c.hour << 11) | (c.minute << 5) | (c.second / 2);
    let date = ((c.year - 1980) << 9) | (c.month << 5) | c.day;
    (time as u16, date as u16)
}

/// Extra data with the time of last modification (and the owner, which is always root here).
pub(super) fn extra(mtime: Time, local: bool) -> Vec<u8> {
    let seconds = i32::try_from(mtime.seconds).unwrap_or(0).to_le_bytes();
    let mut out = Vec::new();
    out.extend_from_slice(&0x5455u16.to_le_bytes());
    if local {
        out.extend_from_slice(&[9, 0, 3]);
        out.extend_from_slice(&seconds);
        out.extend_from_slice(&seconds);
    } else {
        out.extend_from_slice(&[5, 0, 3]);
        out.extend_from_slice(&seconds);
    }
    out.extend_from_slice(&[0x75, 0x78, 11, 0, 1, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    out
}

/// A local header. Entries of 4 GiB and more are refused before they get here.
pub(super) fn local_header(entry: &Entry, extra: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(30 + entry.name.len() + extra.len());
    let needed: u16 = if entry.is_dir() || entry.method == STORED {
        10
    } else {
        20
    };
    out.extend_from_slice(&LOCAL.to_le_bytes());
    for n in [needed, entry.flags & !8, entry.method, entry.stamp.0, entry.stamp.1] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    for n in [entry.crc, entry.packed as u32, entry.size as u32] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    for n in [entry.name.len() as u16, extra.len() as u16] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    out.extend_from_slice(&entry.name);
    out.extend_from_slice(extra);
    out
}

/// The directory and the end record of an archive of `at` bytes before.
pub(super) fn directory(entries: &[Entry], at: u64, comment: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for e in entries {
        let needed: u16 = if e.is_dir() || e.method == STORED { 10 } else { 20 };
        out.extend_from_slice(&CENTRAL.to_le_bytes());
        for n in [e.made_by, needed, e.flags & !8, e.method, e.stamp.0, e.stamp.1] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for n in [e.crc, e.packed as u32, e.size as u32] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for n in [
            e.name.len() as u16,
            e.extra.len() as u16,
            e.comment.len() as u16,
            0,
            e.internal,
        ] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for n in [e.external, e.offset as u32] {
            out.extend_from_slice(&n.to_le_bytes());
        }
        for field in [&e.name, &e.extra, &e.comment] {
            out.extend_from_slice(field);
        }
    }
    let len = out.len() as u32;
    out.extend_from_slice(&END.to_le_bytes());
    for n in [0, 0, entries.len() as u16, entries.len() as u16] {
        out.extend_from_slice(&n.to_le_bytes());
    }
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(at as u32).to_le_bytes());
    out.extend_from_slice(&(comment.len() as u16).to_le_bytes());
    out.extend_from_slice(comment);
    out
}

/// How much smaller, in percent, rounded.
pub(super) fn percent(size: u64, packed: u64) -> i64 {
    if size == 0 {
        return 0;
    }
    let saved = size as i128 - packed as i128;
    let rounded = if saved >= 0 {
        200 * saved / size as i128 + 1
    } else {
        200 * saved / size as i128 - 1
    };
    (rounded / 2) as i64
}
