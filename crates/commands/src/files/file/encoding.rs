//! In which encoding a text is, and how its lines end.

use bstr::ByteSlice;

/// How much is looked at.
const LOOK: usize = 65_536;
/// Lines with more characters are very long.
const LONG: usize = 300;

/// What is known of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoding {
    /// As MIME has it.
    pub(super) charset: &'static str,
    name: &'static str,
    facts: Lines,
    cut: bool,
}

/// What the characters of a text are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Lines {
    crlf: bool,
    cr: bool,
    lf: bool,
    nel: bool,
    ends_in_cr: bool,
    longest: usize,
    escapes: bool,
    backspaces: bool,
}

impl Encoding {
    /// Whether the text can be searched for words as it stands.
    pub(super) fn is_bytes(&self) -> bool {
        !(self.charset.starts_with("utf-16") || self.charset.starts_with("utf-32") || self.charset == "ebcdic")
    }

    /// `ASCII text, with CRLF line terminators`.
    pub(super) fn phrase(&self, truncated: bool, executable: bool) -> Vec<u8> {
        let f = &self.facts;
        let mut text = format!("{}{}", self.name, if self.name.is_empty() { "" } else { " text" });
        if executable {
            text.push_str(" executable");
        }
        if f.longest > 0 {
            text.push_str(&format!(", with very long lines ({})", f.longest));
        }
        let cr = f.cr || (f.ends_in_cr && !truncated && !self.cut);
        if !(f.crlf || cr || f.lf || f.nel) {
            text.push_str(", with no line terminators");
        } else if f.crlf || cr || f.nel {
            let kinds = [(f.crlf, "CRLF"), (cr, "CR"), (f.lf, "LF"), (f.nel, "NEL")];
            let names: Vec<&str> = kinds.iter().filter(|(yes, _)| *yes).map(|(_, n)| *n).collect();
            text.push_str(&format!(", with {} line terminators", names.join(", ")));
        }
        if f.escapes {
            text.push_str(", with escape sequences");
        }
        if f.backspaces {
            text.push_str(", with overstriking");
        }
        text.into_bytes()
    }
}

/// The text without a UTF-8 byte order mark.
pub(super) fn without_bom(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}

/// The kind of a character below 256.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// ASCII text, and NEL.
    Text,
    /// Printable in ISO 8859.
    Latin,
    /// C1 controls: printable only in encodings of vendors.
    Extended,
    /// Never in text.
    Never,
}

fn class(b: u8) -> Class {
    match b {
        7..=13 | 0x1b | 0x20..=0x7e | 0x85 => Class::Text,
        0xa0.. => Class::Latin,
        0x80..=0x9f => Class::Extended,
        _ => Class::Never,
    }
}

/// The encoding of a text; `None` for data that is no text.
pub(super) fn detect(all: &[u8]) -> Option<Encoding> {
    let data = &all[..all.len().min(LOOK)];
    let cut = all.len() > LOOK;
    let answer = |name, charset, facts| {
        Some(Encoding {
            charset,
            name,
            facts,
            cut,
        })
    };
    let bytes = || lines(data.iter().map(|b| u32::from(*b)));
    let worst = data
        .iter()
        .map(|b| class(*b))
        .fold(Class::Text, |worst, c| match (worst, c) {
            (Class::Never, _) | (_, Class::Never) => Class::Never,
            (Class::Extended, _) | (_, Class::Extended) => Class::Extended,
            (Class::Latin, _) | (_, Class::Latin) => Class::Latin,
            _ => Class::Text,
        });
    if worst == Class::Text {
        return answer("ASCII", "us-ascii", bytes());
    }
    if let Some(rest) = data.strip_prefix(b"\xef\xbb\xbf")
        && let Some(facts) = utf8(rest, cut)
    {
        return answer("Unicode text, UTF-8 (with BOM)", "utf-8", facts);
    }
    if let Some(facts) = utf8(data, cut) {
        return answer("Unicode text, UTF-8", "utf-8", facts);
    }
    if let Some((little, facts)) = utf32(data) {
        return if little {
            answer("Unicode text, UTF-32, little-endian", "utf-32le", facts)
        } else {
            answer("Unicode text, UTF-32, big-endian", "utf-32be", facts)
        };
    }
    if let Some((little, facts)) = utf16(data) {
        return if little {
            answer("Unicode text, UTF-16, little-endian", "utf-16le", facts)
        } else {
            answer("Unicode text, UTF-16, big-endian", "utf-16be", facts)
        };
    }
    match worst {
        Class::Latin => return answer("ISO-8859", "iso-8859-1", bytes()),
        Class::Extended => return answer("Non-ISO extended-ASCII", "unknown-8bit", bytes()),
        _ => {}
    }
    let turned = || data.iter().map(|b| EBCDIC[usize::from(*b)]);
    if turned().all(|b| class(b) == Class::Text) {
        return answer("EBCDIC", "ebcdic", lines(turned().map(u32::from)));
    }
    if turned().all(|b| matches!(class(b), Class::Text | Class::Latin)) {
        return answer("International EBCDIC", "ebcdic", lines(turned().map(u32::from)));
    }
    None
}

/// UTF-8 without control characters. A sequence that is cut off at the end is forgiven.
fn utf8(data: &[u8], cut: bool) -> Option<Lines> {
    let whole = match data.to_str() {
        Ok(_) => data,
        Err(e) if e.error_len().is_none() && (cut || e.valid_up_to() > 0) => &data[..e.valid_up_to()],
        Err(_) => return None,
    };
    let fine = |c: char| (c as u32) > 0xff || !matches!(class(c as u8), Class::Never) || (c as u32) > 0x7f;
    if !whole.chars().all(fine) {
        return None;
    }
    Some(lines(whole.chars().map(u32::from)))
}

/// Whether a character of UTF-16 or UTF-32 may stand in a text.
fn fine(c: u32) -> bool {
    c > 0x7f || class(c as u8) != Class::Never
}

fn utf16(data: &[u8]) -> Option<(bool, Lines)> {
    let little = match data {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        _ => return None,
    };
    let units: Vec<u32> = data[2..]
        .chunks_exact(2)
        .map(|p| {
            if little {
                u32::from(p[1]) << 8 | u32::from(p[0])
            } else {
                u32::from(p[0]) << 8 | u32::from(p[1])
            }
        })
        .collect();
    if units.is_empty() || units.contains(&0xfffe) || !units.iter().all(|u| fine(*u)) {
        return None;
    }
    Some((little, lines(units.into_iter())))
}

fn utf32(data: &[u8]) -> Option<(bool, Lines)> {
    let little = match data {
        [0xff, 0xfe, 0, 0, ..] => true,
        [0, 0, 0xfe, 0xff, ..] => false,
        _ => return None,
    };
    let units: Vec<u32> = data[4..]
        .chunks_exact(4)
        .map(|p| {
            let p = [p[0], p[1], p[2], p[3]];
            if little {
                u32::from_le_bytes(p)
            } else {
                u32::from_be_bytes(p)
            }
        })
        .collect();
    if !units.iter().all(|u| fine(*u) && *u != 0xfffe) {
        return None;
    }
    Some((little, lines(units.into_iter())))
}

fn lines(text: impl Iterator<Item = u32>) -> Lines {
    let mut f = Lines::default();
    // The place of the last line's end, counted from 1; 0 is the beginning.
    let (mut last_end, mut seen_cr) = (0usize, false);
    for (at, c) in (1usize..).zip(text) {
        if c == 0x0a {
            if seen_cr {
                f.crlf = true;
            } else {
                f.lf = true;
            }
            last_end = at;
        } else if seen_cr {
            f.cr = true;
        }
        seen_cr = c == 0x0d;
        match c {
            0x0d => last_end = at,
            0x85 => {
                f.nel = true;
                last_end = at;
            }
            0x1b => f.escapes = true,
            0x08 => f.backspaces = true,
            _ => {}
        }
        if at > last_end + LONG {
            f.longest = f.longest.max(at - last_end);
        }
    }
    f.ends_in_cr = seen_cr;
    f
}

/// EBCDIC (code page 37) in Latin-1.
#[rustfmt::skip]
const EBCDIC: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x9c, 0x09, 0x86, 0x7f, 0x97, 0x8d, 0x8e, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x9d, 0x85, 0x08, 0x87, 0x18, 0x19, 0x92, 0x8f, 0x1c, 0x1d, 0x1e, 0x1f,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x0a, 0x17, 0x1b, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x05, 0x06, 0x07,
    0x90, 0x91, 0x16, 0x93, 0x94, 0x95, 0x96, 0x04, 0x98, 0x99, 0x9a, 0x9b, 0x14, 0x15, 0x9e, 0x1a,
    0x20, 0xa0, 0xe2, 0xe4, 0xe0, 0xe1, 0xe3, 0xe5, 0xe7, 0xf1, 0xa2, 0x2e, 0x3c, 0x28, 0x2b, 0x7c,
    0x26, 0xe9, 0xea, 0xeb, 0xe8, 0xed, 0xee, 0xef, 0xec, 0xdf, 0x21, 0x24, 0x2a, 0x29, 0x3b, 0xac,
    0x2d, 0x2f, 0xc2, 0xc4, 0xc0, 0xc1, 0xc3, 0xc5, 0xc7, 0xd1, 0xa6, 0x2c, 0x25, 0x5f, 0x3e, 0x3f,
    0xf8, 0xc9, 0xca, 0xcb, 0xc8, 0xcd, 0xce, 0xcf, 0xcc, 0x60, 0x3a, 0x23, 0x40, 0x27, 0x3d, 0x22,
    0xd8, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xab, 0xbb, 0xf0, 0xfd, 0xfe, 0xb1,
    0xb0, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0xaa, 0xba, 0xe6, 0xb8, 0xc6, 0xa4,
    0xb5, 0x7e, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xa1, 0xbf, 0xd0, 0xdd, 0xde, 0xae,
    0x5e, 0xa3, 0xa5, 0xb7, 0xa9, 0xa7, 0xb6, 0xbc, 0xbd, 0xbe, 0x5b, 0x5d, 0xaf, 0xa8, 0xb4, 0xd7,
    0x7b, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0xad, 0xf4, 0xf6, 0xf2, 0xf3, 0xf5,
    0x7d, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0xb9, 0xfb, 0xfc, 0xf9, 0xfa, 0xff,
    0x5c, 0xf7, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xb2, 0xd4, 0xd6, 0xd2, 0xd3, 0xd5,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xb3, 0xdb, 0xdc, 0xd9, 0xda, 0x9f,
];
