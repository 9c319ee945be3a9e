//! Formats that a signature at a fixed place gives away: documents, databases, programs, fonts, keys.

use super::archive::{be, le};
use super::probe::Probe;
use super::verdict::Verdict;

/// `(signature, description, MIME type, extensions)`, all at the beginning of the file.
#[rustfmt::skip]
const PLAIN: &[(&[u8], &str, &str, &str)] = &[
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE 2 Compound Document", "application/octet-stream", "???"),
    (b"PAR1", "Apache Parquet", "application/vnd.apache.parquet", "parquet"),
    (b"PARE", "Apache Parquet, encrypted", "application/vnd.apache.parquet", "parquet"),
    (b"ORC", "Apache ORC", "application/octet-stream", "orc"),
    (b"ARROW1\0\0", "Apache Arrow columnar file", "application/vnd.apache.arrow.file", "arrow/feather"),
    (b"FEA1", "Feather V1 data", "application/octet-stream", "feather"),
    (b"Obj\x01", "Apache Avro version 1", "application/octet-stream", "???"),
    (b"\x89HDF\r\n\x1a\n", "Hierarchical Data Format (version 5) data", "application/x-hdf5", "h5/hdf5/hdf/he5"),
    (b"\x0e\x03\x13\x01", "Hierarchical Data Format (version 4) data", "application/x-hdf", "hdf/hdf4/h4"),
    (b"MATLAB 5.0", "Matlab v5 mat-file", "application/x-matlab-data", "mat"),
    (b"OTTO\0", "OpenType font data", "application/vnd.ms-opentype", "otf"),
    (b"-----BEGIN CERTIFICATE-----", "PEM certificate", "text/plain", "???"),
    (b"-----BEGIN CERTIFICATE REQ", "PEM certificate request", "text/plain", "???"),
    (b"-----BEGIN RSA PRIVATE KEY-----", "PEM RSA private key", "text/plain", "???"),
    (b"-----BEGIN DSA PRIVATE KEY-----", "PEM DSA private key", "text/plain", "???"),
    (b"-----BEGIN EC PRIVATE KEY-----", "PEM EC private key", "text/plain", "???"),
    (b"-----BEGIN OPENSSH PRIVATE KEY-----", "OpenSSH private key", "text/plain", "???"),
    (b"-----BEGIN PGP MESSAGE-", "PGP message", "application/pgp", "???"),
    (b"-----BEGIN PGP SIGNATURE-", "PGP signature", "application/pgp-signature", "???"),
    (b"-----BEGIN PGP PUBLIC KEY BLOCK-", "PGP public key block", "application/pgp-keys", "???"),
    (b"ssh-rsa ", "OpenSSH RSA public key", "text/plain", "???"),
    (b"ssh-dss ", "OpenSSH DSA public key", "text/plain", "???"),
    (b"ssh-ed25519 ", "OpenSSH ED25519 public key", "text/plain", "???"),
    (b"ecdsa-sha2-nistp256 ", "OpenSSH ECDSA public key", "text/plain", "???"),
    (b"BEGIN:VCARD", "vCard visiting card", "text/vcard", "vcf/vcard"),
    (b"BEGIN:VCALENDAR", "vCalendar calendar file", "text/calendar", "ics"),
    (b"BC\xc0\xde", "LLVM IR bitcode", "text/plain", "???"),
    (b"\xca\xfe\xd0\x0d", "JAR compressed with pack200", "application/x-java-pack200", "pack"),
    (b"\xac\xed\0\x05", "Java serialization data, version 5", "application/x-java-serialized-object", "???"),
    (b"KDMV", "VMware4 disk image", "application/x-vmdk", "vmdk"),
    (b"hsqs", "Squashfs filesystem, little endian", "application/octet-stream", "???"),
    (b"caff", "CoreAudio Format audio file", "text/plain", "???"),
    (b"!BDN", "Microsoft Outlook Personal Storage", "application/vnd.ms-outlook", "pst"),
    (b"ITSF\x03\0\0\0\x60\0\0\0", "MS Windows HtmlHelp Data", "application/octet-stream", "chm"),
    (b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", "MS Windows shortcut", "application/x-ms-shortcut", "lnk"),
];

/// A format with a signature.
pub(super) fn detect(p: &Probe<'_>) -> Option<Verdict> {
    let d = p.data;
    if let Some(v) = document(d).or_else(|| program(d)).or_else(|| data(d)) {
        return Some(v);
    }
    let (_, text, mime, ext) = PLAIN.iter().find(|(s, ..)| d.starts_with(s))?;
    Some(Verdict::new(*text, mime).ext(ext))
}

fn document(d: &[u8]) -> Option<Verdict> {
    if let Some(at) = d.starts_with(b"%PDF-").then_some(0) {
        let version = d.get(at + 5..at + 8)?;
        let mut text = "PDF document".to_string();
        if let [major, b'.', minor] = version {
            text.push_str(&format!(", version {}.{}", char::from(*major), char::from(*minor)));
        }
        if let Some(n) = pages(d) {
            text.push_str(&format!(", {n} page(s)"));
        }
        return Some(Verdict::new(text, "application/pdf").ext("pdf"));
    }
    if d.starts_with(b"%!") {
        let line = d[2..].split(|b| matches!(b, b'\n' | b'\r')).next()?;
        if !line.starts_with(b"PS") {
            return None;
        }
        let mut text = b"PostScript document text".to_vec();
        if let Some(level) = line.strip_prefix(b"PS-Adobe-") {
            text.extend_from_slice(b" conforming DSC level ");
            let end = level.iter().position(|b| *b == b' ').unwrap_or(level.len());
            text.extend_from_slice(&level[..end]);
            if level[end..].starts_with(b" EPSF") {
                text.extend_from_slice(b", type EPS");
            }
        }
        return Some(Verdict::new(text, "application/postscript").ext("eps"));
    }
    let rest = d.strip_prefix(b"{\\rtf")?;
    let mut text = "Rich Text Format data".to_string();
    if let Some(v) = rest.first().filter(|b| b.is_ascii_digit()) {
        text.push_str(&format!(", version {}", char::from(*v)));
        for (word, name) in [
            (&b"\\ansi"[..], ", ANSI"),
            (b"\\mac", ", Apple Macintosh"),
            (b"\\pc", ", IBM PC, code page 437"),
        ] {
            if rest[1..].starts_with(word) {
                text.push_str(name);
                if let Some(page) = rest[1 + word.len()..].strip_prefix(b"\\ansicpg") {
                    let n = page.iter().take_while(|b| b.is_ascii_digit()).count();
                    text.push_str(&format!(", code page {}", String::from_utf8_lossy(&page[..n])));
                }
                break;
            }
        }
    }
    Some(Verdict::new(text, "text/rtf").ext("rtf"))
}

/// `/Count N` of the page tree, where it stands in the clear near the beginning.
fn pages(d: &[u8]) -> Option<u64> {
    let head = &d[..d.len().min(64 << 10)];
    let tree = memchr::memmem::find(head, b"/Type /Pages").or_else(|| memchr::memmem::find(head, b"/Type/Pages"))?;
    let at = tree + memchr::memmem::find(&head[tree..head.len().min(tree + 512)], b"/Count ")? + 7;
    let digits = head[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&head[at..at + digits]).ok()?.parse().ok()
}

fn program(d: &[u8]) -> Option<Verdict> {
    match d {
        [0, b'a', b's', b'm', rest @ ..] if rest.len() >= 4 => {
            let version = le::<4>(d, 4)?;
            let kind = if version == 1 { " (MVP)" } else { "" };
            let text = format!("WebAssembly (wasm) binary module version {version:#x}{kind}");
            Some(Verdict::new(text, "application/wasm").ext("wasm"))
        }
        [0xca, 0xfe, 0xba, 0xbe, rest @ ..] if rest.len() >= 4 => {
            let (minor, major) = (be::<2>(d, 4)?, be::<2>(d, 6)?);
            if major < 43 {
                let text = format!("Mach-O universal binary with {} architectures", be::<4>(d, 4)?);
                return Some(Verdict::new(text, "application/x-mach-binary"));
            }
            let mut text = format!("compiled Java class data, version {major}.{minor}");
            match major {
                45 => text.push_str(" (Java 1.0/1.1)"),
                46..=52 => text.push_str(&format!(" (Java 1.{})", major - 44)),
                53..=70 => text.push_str(&format!(" (Java SE {})", major - 44)),
                _ => {}
            }
            Some(Verdict::new(text, "application/x-java-applet").ext("class"))
        }
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => {
            let mut text = if d[0] == 0xcf {
                "Mach-O 64-bit".to_string()
            } else {
                "Mach-O".to_string()
            };
            if let (Some(cpu), Some(kind)) = (le::<4>(d, 4), le::<4>(d, 12)) {
                text.push_str(match cpu {
                    7 => " i386",
                    0x0100_0007 => " x86_64",
                    12 => " arm",
                    0x0100_000c => " arm64",
                    18 => " ppc",
                    _ => " unknown",
                });
                text.push_str(match kind {
                    1 => " object",
                    2 => " executable",
                    4 => " core",
                    6 => " dynamically linked shared library",
                    7 => " dynamic linker",
                    8 => " bundle",
                    _ => "",
                });
            }
            Some(Verdict::new(text, "application/x-mach-binary"))
        }
        [b'M', b'Z', ..] => windows(d),
        [_, _, b'\r', b'\n', ..] => python(le::<2>(d, 0)?, d),
        _ if d.starts_with(b"dex\n") => {
            let version = String::from_utf8_lossy(d.get(4..7)?).into_owned();
            Some(Verdict::new(format!("Dalvik dex file version {version}"), "application/octet-stream").ext("dex"))
        }
        _ => None,
    }
}

/// The header of Windows programs (PE format, "COFF File Header").
fn windows(d: &[u8]) -> Option<Verdict> {
    let at = le::<4>(d, 0x3c)? as usize;
    if d.get(at..at + 4) != Some(b"PE\0\0") {
        let dos = le::<2>(d, 0x18)? < 0x40;
        return dos.then(|| Verdict::new("MS-DOS executable", "application/x-dosexec").ext("exe/com"));
    }
    let (machine, flags) = (le::<2>(d, at + 4)?, le::<2>(d, at + 22)?);
    let magic = le::<2>(d, at + 24)?;
    let mut text = match magic {
        0x10b => "PE32 executable".to_string(),
        0x20b => "PE32+ executable".to_string(),
        _ => "PE Unknown PE signature executable".to_string(),
    };
    if flags & 0x2000 != 0 {
        text.push_str(" (DLL)");
    }
    text.push_str(match le::<2>(d, at + 24 + 68)? {
        1 => " (native)",
        2 => " (GUI)",
        3 => " (console)",
        10 => " (EFI application)",
        _ => "",
    });
    text.push_str(match machine {
        0x14c => " Intel 80386",
        0x8664 => " x86-64",
        0xaa64 => " Aarch64",
        0x1c0 => " ARM",
        _ => " unknown processor",
    });
    text.push_str(", for MS Windows");
    text.push_str(&format!(", {} sections", le::<2>(d, at + 6)?));
    Some(Verdict::new(text, "application/x-dosexec").ext("exe/com"))
}

/// Byte code of CPython: the magic number grows by a block per version (PEP 3147, PEP 552).
fn python(magic: u64, d: &[u8]) -> Option<Verdict> {
    let version = match magic {
        3390..=3394 => "3.7",
        3400..=3413 => "3.8",
        3420..=3425 => "3.9",
        3430..=3439 => "3.10",
        3450..=3495 => "3.11",
        3500..=3700 => "3.12 or newer",
        _ => return None,
    };
    let how = if le::<4>(d, 4)? & 1 == 1 {
        "hash-based"
    } else {
        "timestamp-based"
    };
    let mut text = format!("Byte-compiled Python module for CPython {version}, {how},");
    if let (true, Some(seconds), Some(size)) = (how.starts_with('t'), le::<4>(d, 8), le::<4>(d, 12)) {
        let time = vfs::Time {
            seconds: seconds as i64,
            nanos: 0,
        };
        let when = crate::time::Moment::new(time, &crate::time::Zone::utc()).format(b"%a %b %e %H:%M:%S %Y UTC");
        text.push_str(&format!(
            " .py timestamp: {}, .py size: {size} bytes",
            String::from_utf8_lossy(&when)
        ));
    }
    Some(Verdict::new(text, "application/x-bytecode.python"))
}

fn data(d: &[u8]) -> Option<Verdict> {
    match d {
        _ if d.starts_with(b"SQLite format 3\0") && d.len() > 16 => Some(sqlite(d)),
        _ if d.starts_with(b"\x93NUMPY") => {
            let text = format!("NumPy array, version {}.{},{}", d.get(6)?, d.get(7)?, numpy(d));
            Some(Verdict::new(text, "application/octet-stream").ext("npy"))
        }
        [0xde, 0x12, 4, 0x95, ..] => message_catalog("little", le::<2>(d, 4)?, le::<2>(d, 6)?, le::<4>(d, 8)?),
        [0x95, 4, 0x12, 0xde, ..] => message_catalog("big", be::<2>(d, 6)?, be::<2>(d, 4)?, be::<4>(d, 8)?),
        _ if d.starts_with(b"wOFF") => {
            let text = match be::<4>(d, 8) {
                Some(n) if d.len() >= 24 => {
                    let (major, minor) = (be::<2>(d, 20)?, be::<2>(d, 22)?);
                    format!(
                        "Web Open Font Format, {}, length {n}, version {major}.{minor}",
                        flavor(d)
                    )
                }
                Some(n) => format!("Web Open Font Format, {}, length {n}", flavor(d)),
                None => format!("Web Open Font Format, {}", flavor(d)),
            };
            Some(Verdict::new(text, "font/woff").ext("woff"))
        }
        _ if d.starts_with(b"wOF2") => {
            let text = match be::<4>(d, 8) {
                Some(n) if d.len() >= 28 => {
                    let (major, minor) = (be::<2>(d, 24)?, be::<2>(d, 26)?);
                    format!(
                        "Web Open Font Format (Version 2), {}, length {n}, version {major}.{minor}",
                        flavor(d)
                    )
                }
                _ => format!("Web Open Font Format (Version 2), {}", flavor(d)),
            };
            Some(Verdict::new(text, "font/woff2").ext("woff2"))
        }
        [0, 1, 0, 0, 0, tables @ 1..=63, ..]
            if d.len() > 28 && d[12..16].iter().all(|b| b.is_ascii_graphic() || *b == b' ') =>
        {
            let first = String::from_utf8_lossy(&d[12..16]).into_owned();
            let text = format!("TrueType Font data, {tables} tables, 1st \"{first}\"");
            Some(Verdict::new(text, "font/sfnt").ext("ttf/tte"))
        }
        _ if d.starts_with(b"DIRC") => {
            let text = format!("Git index, version {}, {} entries", be::<4>(d, 4)?, be::<4>(d, 8)?);
            Some(Verdict::new(text, "application/octet-stream"))
        }
        _ if d.starts_with(b"PACK") => {
            let text = format!("Git pack, version {}, {} objects", be::<4>(d, 4)?, be::<4>(d, 8)?);
            Some(Verdict::new(text, "application/x-git").ext("pack"))
        }
        _ if d.starts_with(b"commit ") => {
            let id = d[7..].split(|b| matches!(b, b' ' | b'\n')).next()?;
            Some(Verdict::new([b"Git commit ", id].concat(), "text/plain"))
        }
        [0xd4, 0xc3, 0xb2, 0xa1, ..] => pcap("little", le::<2>(d, 4)?, le::<2>(d, 6)?),
        [0xa1, 0xb2, 0xc3, 0xd4, ..] => pcap("big", be::<2>(d, 4)?, be::<2>(d, 6)?),
        _ if d.starts_with(b"glTF") => {
            let text = format!("glTF binary model, version {}", le::<4>(d, 4)?);
            Some(Verdict::new(text, "model/gltf-binary").ext("glb"))
        }
        _ => None,
    }
}

fn flavor(d: &[u8]) -> &'static str {
    match d.get(4..8) {
        Some([0, 1, 0, 0]) => "TrueType",
        Some(b"OTTO") => "CFF",
        _ => "TrueType",
    }
}

fn message_catalog(order: &str, minor: u64, major: u64, count: u64) -> Option<Verdict> {
    let many = if count == 1 { "message" } else { "messages" };
    let text = format!("GNU message catalog ({order} endian), revision {major}.{minor}, {count} {many}");
    Some(Verdict::new(text, "application/x-gettext-translation").ext("gmo/mo"))
}

fn pcap(order: &str, major: u64, minor: u64) -> Option<Verdict> {
    let text = format!("pcap capture file, microsecond ts ({order}-endian) - version {major}.{minor}");
    Some(Verdict::new(text, "application/vnd.tcpdump.pcap").ext("pcap/cap/dmp"))
}

/// The dictionary at the beginning of a NumPy file.
fn numpy(d: &[u8]) -> String {
    let head = &d[..d.len().min(256)];
    let part = |key: &[u8], end: &[u8]| -> Option<String> {
        let at = memchr::memmem::find(head, key)? + key.len();
        let len = memchr::memmem::find(&head[at..], end)?;
        Some(String::from_utf8_lossy(&head[at..at + len]).into_owned())
    };
    let (Some(kind), Some(order), Some(shape)) = (
        part(b"'descr': '", b"'"),
        part(b"'fortran_order': ", b","),
        part(b"'shape': (", b")"),
    ) else {
        return String::new();
    };
    format!(
        " header length {}, description '{kind}', fortran order {order}, shape ({shape})",
        le::<2>(d, 8).unwrap_or(0)
    )
}

/// <https://www.sqlite.org/fileformat2.html>, "The Database Header".
fn sqlite(d: &[u8]) -> Verdict {
    let n = |at: usize| be::<4>(d, at).unwrap_or(0);
    let mut text = "SQLite 3.x database".to_string();
    if d.len() < 100 {
        return Verdict::new(text, "application/vnd.sqlite3").ext("sqlite/sqlite3/db/db3/dbe/sdb/help");
    }
    let user = n(60);
    if user != 0 {
        text.push_str(&format!(", user version {user}"));
    }
    if n(96) != 0 {
        text.push_str(&format!(", last written using SQLite version {}", n(96)));
    }
    match be::<2>(d, 16) {
        Some(4096) | None => {}
        Some(1) => text.push_str(", page size 65536"),
        Some(size) => text.push_str(&format!(", page size {size}")),
    }
    if d[18] == 2 {
        text.push_str(", writer version 2");
    }
    if d[19] == 2 {
        text.push_str(", read version 2");
    }
    if d[20] > 0 {
        text.push_str(&format!(", unused bytes {}", d[20]));
    }
    text.push_str(&format!(", file counter {}, database pages {}", n(24), n(28)));
    if n(32) != 0 {
        text.push_str(&format!(", 1st free page {}", n(32)));
    }
    if n(36) != 0 {
        text.push_str(&format!(", free pages {}", n(36)));
    }
    text.push_str(&format!(", cookie {:#x}, schema {}", n(40), n(44)));
    if n(48) != 0 {
        text.push_str(&format!(", cache page size {}", n(48)));
    }
    if n(52) != 0 {
        text.push_str(&format!(", largest root page {}", n(52)));
    }
    text.push_str(match n(56) {
        1 => ", UTF-8",
        2 => ", UTF-16 little endian",
        3 => ", UTF-16 big endian",
        _ => ", unknown encoding",
    });
    if n(64) != 0 {
        text.push_str(", vacuum mode 1");
    }
    text.push_str(&format!(", version-valid-for {}", n(92)));
    Verdict::new(text, "application/vnd.sqlite3").ext("sqlite/sqlite3/db/db3/dbe/sdb/help")
}
