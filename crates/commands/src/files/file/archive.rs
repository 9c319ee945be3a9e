//! Archives and compressed data.

use super::probe::Probe;
use super::verdict::Verdict;
use crate::time::Moment;

/// A little-endian number of `N` bytes at `at`.
pub(super) fn le<const N: usize>(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at + N)?;
    Some(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// A big-endian number of `N` bytes at `at`.
pub(super) fn be<const N: usize>(data: &[u8], at: usize) -> Option<u64> {
    let bytes = data.get(at..at + N)?;
    Some(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

/// A tar header whose checksum is right.
pub(super) fn tar(data: &[u8]) -> Option<Verdict> {
    let block = data.get(..512)?;
    let text: Vec<u8> = block[148..156]
        .iter()
        .copied()
        .filter(|b| !matches!(b, b' ' | 0))
        .collect();
    let stored = u64::from_str_radix(std::str::from_utf8(&text).ok()?, 8).ok()?;
    let plain: u64 = block.iter().map(|b| u64::from(*b)).sum();
    let field: u64 = block[148..156].iter().map(|b| u64::from(*b)).sum();
    if stored == 0 || plain - field + 8 * 32 != stored {
        return None;
    }
    let kind = match &block[257..265] {
        b"ustar  \0" => "POSIX tar archive (GNU)",
        m if m.starts_with(b"ustar\0") => "POSIX tar archive",
        _ => "tar archive",
    };
    Some(Verdict::new(kind, "application/x-tar").ext("tar"))
}

/// Everything else that packs.
pub(super) fn detect(p: &Probe<'_>) -> Option<Verdict> {
    let d = p.data;
    let v = match d {
        [0x1f, 0x8b, ..] => gzip(p),
        [b'B', b'Z', b'h', level @ b'1'..=b'9', ..] => {
            let text = format!("bzip2 compressed data, block size = {}00k", level - b'0');
            Verdict::new(text, "application/x-bzip2").ext("bz2")
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            let check = match d.get(7).map(|b| b & 0xf) {
                Some(0) => ", checksum NONE",
                Some(1) => ", checksum CRC32",
                Some(4) => ", checksum CRC64",
                Some(10) => ", checksum SHA-256",
                _ => "",
            };
            Verdict::new(format!("XZ compressed data{check}"), "application/x-xz").ext("xz")
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => zstd(d),
        [0x5d, 0, 0, _, _, rest @ ..] if d.len() >= 13 => {
            let size = le::<8>(rest, 0)?;
            let text = match size {
                u64::MAX => "LZMA compressed data, streamed".to_string(),
                n if n < 1 << 40 => format!("LZMA compressed data, non-streamed, size {n}"),
                _ => return None,
            };
            Verdict::new(text, "application/x-lzma").ext("lzma")
        }
        [0x1f, 0x9d, bits, ..] => {
            let mode = if bits & 0x80 != 0 { "block compressed " } else { "" };
            let text = format!("compress'd data {mode}{} bits", bits & 0x1f);
            let text = text.replace("data block compressed 16", "data 16");
            Verdict::new(text, "application/x-compress").ext("Z")
        }
        [4, 0x22, 0x4d, 0x18, ..] => Verdict::new("LZ4 compressed data (v1.4+)", "application/x-lz4").ext("lz4"),
        [b'L', b'Z', b'I', b'P', version, ..] => Verdict::new(
            format!("lzip compressed data, version: {version}"),
            "application/x-lzip",
        )
        .ext("lz"),
        _ if d.starts_with(b"7z\xbc\xaf\x27\x1c") => {
            let version = d
                .get(6..8)
                .map_or(String::new(), |v| format!(", version {}.{}", v[0], v[1]));
            Verdict::new(format!("7-zip archive data{version}"), "application/x-7z-compressed").ext("7z/cb7")
        }
        _ if d.starts_with(b"PK\x05\x06") => Verdict::new("Zip archive data (empty)", "application/zip").ext("zip/cbz"),
        _ if d.starts_with(b"PK\x03\x04") => return zip(d),
        _ if d.starts_with(b"Rar!\x1a\x07\x01\x00") => {
            Verdict::new("RAR archive data, v5", "application/x-rar").ext("rar/cbr")
        }
        _ if d.starts_with(b"Rar!\x1a\x07") => Verdict::new("RAR archive data", "application/x-rar").ext("rar/cbr"),
        _ if d.starts_with(b"!<arch>\ndebian-binary") => deb(d),
        _ if d.starts_with(b"!<arch>") => Verdict::new("current ar archive", "application/x-archive"),
        _ if d.starts_with(b"070707") => cpio("pre-SVR4 or odc"),
        _ if d.starts_with(b"070701") => cpio("SVR4 with no CRC"),
        _ if d.starts_with(b"070702") => cpio("SVR4 with CRC"),
        [0xc7, 0x71, ..] => Verdict::new("cpio archive", "application/x-cpio"),
        [0x71, 0xc7, ..] => Verdict::new("byte-swapped cpio archive", "application/x-cpio"),
        _ if d.starts_with(b"xar!") => Verdict::new("xar archive compressed", "application/x-xar").ext("xar"),
        _ if d.starts_with(b"MSCF\0\0\0\0") => {
            Verdict::new("Microsoft Cabinet archive data", "application/vnd.ms-cab-compressed").ext("cab")
        }
        [0xed, 0xab, 0xee, 0xdb, major, minor, ..] => {
            Verdict::new(format!("RPM v{major}.{minor}"), "application/x-rpm").ext("rpm")
        }
        _ => return None,
    };
    Some(v)
}

fn cpio(kind: &str) -> Verdict {
    Verdict::new(format!("ASCII cpio archive ({kind})"), "application/x-cpio")
}

fn deb(d: &[u8]) -> Verdict {
    let version = d
        .get(68..)
        .and_then(|v| v.split(|b| *b == b'\n').next())
        .filter(|v| !v.is_empty() && v.len() < 8);
    let text = match version {
        Some(v) => format!("Debian binary package (format {})", String::from_utf8_lossy(v)),
        None => "Debian binary package".to_string(),
    };
    Verdict::new(text, "application/vnd.debian.binary-package").ext("deb/udeb/ipk")
}

/// RFC 1952: flags, name, date, method, system; the size from the end.
fn gzip(p: &Probe<'_>) -> Verdict {
    let d = p.data;
    let byte = |at: usize| d.get(at).copied().unwrap_or(0);
    let mut text = b"gzip compressed data".to_vec();
    match d.get(2) {
        Some(0..=7) => text.extend_from_slice(b", reserved method"),
        Some(9..) => text.extend_from_slice(b", unknown method"),
        _ => {}
    }
    let flags = byte(3);
    for (bit, words) in [(1, ", ASCII"), (2, ", has CRC"), (4, ", extra field")] {
        if flags & bit != 0 {
            text.extend_from_slice(words.as_bytes());
        }
    }
    if flags & 0xc == 8 && d.len() > 10 {
        let end = memchr::memchr(0, &d[10..]).map_or(d.len(), |n| 10 + n);
        text.extend_from_slice(&[b", was \"", &d[10..end], b"\""].concat());
    }
    for (bit, words) in [(0x10, ", has comment"), (0x20, ", encrypted")] {
        if flags & bit != 0 {
            text.extend_from_slice(words.as_bytes());
        }
    }
    if let Some(seconds) = le::<4>(d, 4).filter(|n| *n > 0) {
        let time = vfs::Time {
            seconds: seconds as i64,
            nanos: 0,
        };
        text.extend_from_slice(b", last modified: ");
        text.extend_from_slice(&Moment::new(time, p.zone).format(b"%a %b %e %H:%M:%S %Y"));
    }
    text.extend_from_slice(match byte(8) {
        2 => b", max compression",
        4 => b", max speed",
        _ => b"",
    });
    const SYSTEMS: [&str; 14] = [
        "FAT filesystem (MS-DOS, OS/2, NT)",
        "Amiga",
        "VMS",
        "Unix",
        "VM/CMS",
        "Atari",
        "HPFS filesystem (OS/2, NT)",
        "MacOS",
        "Z-System",
        "CP/M",
        "TOPS/20",
        "NTFS filesystem (NT)",
        "QDOS",
        "Acorn RISCOS",
    ];
    if let Some(system) = d.get(9).and_then(|n| SYSTEMS.get(usize::from(*n))) {
        text.extend_from_slice(format!(", from {system}").as_bytes());
    }
    if let Some(size) = le::<4>(p.tail, 0).filter(|_| p.size > 9) {
        text.extend_from_slice(format!(", original size modulo 2^32 {size}").as_bytes());
    }
    Verdict::new(text, "application/gzip").ext(if flags & 8 != 0 {
        "gz/tgz/tpz/zabw/svgz/adz/kmy/xcfgz"
    } else {
        "gz/tgz/tpz/ipk/vbox-extpack/svgz/blend/dia/gnucash/rdata/xoj"
    })
}

/// RFC 8878, 3.1.1.1: the dictionary's number stands after the window descriptor.
fn zstd(d: &[u8]) -> Verdict {
    let flags = d.get(4).copied().unwrap_or(0);
    let at = if flags & 0x20 == 0 { 6 } else { 5 };
    let id = match flags & 3 {
        1 => le::<1>(d, at),
        2 => le::<2>(d, at),
        3 => le::<4>(d, at),
        _ => None,
    };
    let id = id.map_or("None".to_string(), |n| n.to_string());
    Verdict::new(
        format!("Zstandard compressed data (v0.8+), Dictionary ID: {id}"),
        "application/zstd",
    )
    .ext("zst")
}

/// Office documents, Java archives and books are zip files; the first members tell.
fn zip(d: &[u8]) -> Option<Verdict> {
    let member = |at: usize| -> Option<(&[u8], usize)> {
        let head = d.get(at..at + 30).filter(|h| h.starts_with(b"PK\x03\x04"))?;
        let len = le::<2>(head, 26)? as usize;
        let extra = le::<2>(head, 28)? as usize;
        let name = d.get(at + 30..at + 30 + len)?;
        Some((name, at + 30 + len + extra))
    };
    let (name, body) = member(0)?;
    if name == b"mimetype" {
        let kind = &d[body..];
        const KINDS: &[(&str, &str, &str, &str)] = &[
            ("application/epub+zip", "EPUB document", "application/epub+zip", "epub"),
            (
                "application/vnd.oasis.opendocument.text",
                "OpenDocument Text",
                "application/vnd.oasis.opendocument.text",
                "odt",
            ),
            (
                "application/vnd.oasis.opendocument.spreadsheet",
                "OpenDocument Spreadsheet",
                "application/vnd.oasis.opendocument.spreadsheet",
                "ods",
            ),
            (
                "application/vnd.oasis.opendocument.presentation",
                "OpenDocument Presentation",
                "application/vnd.oasis.opendocument.presentation",
                "odp",
            ),
            (
                "application/vnd.oasis.opendocument.graphics",
                "OpenDocument Drawing",
                "application/vnd.oasis.opendocument.graphics",
                "odg",
            ),
        ];
        for (start, text, mime, ext) in KINDS {
            if kind.starts_with(start.as_bytes()) {
                return Some(Verdict::new(*text, mime).ext(ext));
            }
        }
    }
    if name == b"META-INF/" || name == b"META-INF/MANIFEST.MF" {
        return Some(Verdict::new("Java archive data (JAR)", "application/java-archive").ext("jar"));
    }
    if name == b"AndroidManifest.xml" {
        let text = "Android package (APK), with AndroidManifest.xml";
        return Some(Verdict::new(text, "application/vnd.android.package-archive").ext("apk"));
    }
    if matches!(
        name,
        b"[Content_Types].xml" | b"_rels/.rels" | b"docProps/app.xml" | b"docProps/core.xml"
    ) {
        let has = |word: &[u8]| memchr::memmem::find(&d[..d.len().min(64 << 10)], word).is_some();
        if has(b"word/") {
            let mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
            return Some(Verdict::new("Microsoft Word 2007+", mime).ext("docx"));
        } else if has(b"ppt/") {
            let mime = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
            return Some(Verdict::new("Microsoft PowerPoint 2007+", mime).ext("pptx"));
        } else if has(b"xl/") {
            let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            return Some(Verdict::new("Microsoft Excel 2007+", mime).ext("xlsx"));
        }
        return Some(Verdict::new("Microsoft OOXML", "application/octet-stream"));
    }
    let version = le::<1>(d, 4)?;
    let method = match le::<2>(d, 8)? {
        0 => "store",
        1 => "shrink",
        6 => "implode",
        8 => "deflate",
        9 => "deflate64",
        12 => "bzip2",
        14 => "lzma",
        93 => "zstd",
        95 => "xz",
        _ => "unknown",
    };
    let text = format!(
        "Zip archive data, at least v{}.{} to extract, compression method={method}",
        version / 10,
        version % 10
    );
    Some(Verdict::new(text, "application/zip").ext("zip/cbz"))
}
