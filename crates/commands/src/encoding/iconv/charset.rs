//! Encodings: the Unicode ones and the simple ones by themselves, the rest by tables of the web's standard.

use encoding_rs::Encoding;

/// An encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Ascii,
    Latin1,
    /// Big-endian or not; `None` finds out, and writes a mark.
    Utf16(Option<bool>),
    Utf32(Option<bool>),
    Table(&'static Encoding),
}

/// Names that `-l` lists.
const LISTED: &[&str] = &[
    "ASCII",
    "BIG5",
    "CP866",
    "CP1250",
    "CP1251",
    "CP1252",
    "CP1253",
    "CP1254",
    "CP1255",
    "CP1256",
    "CP1257",
    "CP1258",
    "EUC-JP",
    "EUC-KR",
    "GB18030",
    "GBK",
    "ISO-2022-JP",
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-10",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "KOI8-R",
    "KOI8-U",
    "MACINTOSH",
    "SHIFT_JIS",
    "UCS-2",
    "UCS-4",
    "UTF-8",
    "UTF-16",
    "UTF-16BE",
    "UTF-16LE",
    "UTF-32",
    "UTF-32BE",
    "UTF-32LE",
    "WINDOWS-874",
];

impl Charset {
    pub(super) fn names() -> &'static [&'static str] {
        LISTED
    }

    /// An encoding by one of its names; none is UTF-8.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(name).to_ascii_uppercase();
        let squeezed: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        Some(match squeezed.as_str() {
            "" | "UTF8" => Self::Utf8,
            "ASCII" | "USASCII" | "ANSIX341968" | "ANSIX341986" | "646" | "ISO646US" | "CP367" | "IBM367" | "C" => {
                Self::Ascii
            }
            "LATIN1" | "ISO88591" | "L1" | "CP819" | "IBM819" | "88591" => Self::Latin1,
            "UTF16" | "UNICODE" | "UCS2" | "ISO10646UCS2" => Self::Utf16(None),
            "UTF16LE" | "UCS2LE" | "UNICODELITTLE" => Self::Utf16(Some(false)),
            "UTF16BE" | "UCS2BE" | "UNICODEBIG" => Self::Utf16(Some(true)),
            "UTF32" => Self::Utf32(None),
            "UTF32LE" | "UCS4LE" => Self::Utf32(Some(false)),
            "UTF32BE" | "UCS4" | "UCS4BE" | "ISO10646" => Self::Utf32(Some(true)),
            other => {
                let label = match other {
                    "LATIN2" | "L2" => "iso-8859-2".to_string(),
                    "LATIN9" => "iso-8859-15".to_string(),
                    "SJIS" | "SHIFTJIS" | "MSKANJI" | "CP932" => "shift_jis".to_string(),
                    "EUCJP" => "euc-jp".to_string(),
                    "EUCKR" | "CP949" | "UHC" => "euc-kr".to_string(),
                    "EUCCN" | "GB2312" | "CP936" => "gbk".to_string(),
                    "KOI8R" => "koi8-r".to_string(),
                    "KOI8U" => "koi8-u".to_string(),
                    "MAC" | "MACINTOSH" => "macintosh".to_string(),
                    "TIS620" => "windows-874".to_string(),
                    _ => match (other.strip_prefix("CP125"), other.strip_prefix("ISO8859")) {
                        (Some(n), _) => format!("windows-125{n}"),
                        (_, Some(n)) => format!("iso-8859-{n}"),
                        _ => text.to_ascii_lowercase(),
                    },
                };
                let found = Encoding::for_label(label.as_bytes())?;
                // The web's standard takes some names for others; what it does not have is not supported.
                let replaced = [
                    encoding_rs::UTF_8,
                    encoding_rs::REPLACEMENT,
                    encoding_rs::X_USER_DEFINED,
                ]
                .contains(&found);
                let turkish = label == "iso-8859-9" || label == "iso-8859-11";
                if replaced || turkish || (found == encoding_rs::WINDOWS_1252 && !label.starts_with("windows-1252")) {
                    return None;
                }
                Self::Table(found)
            }
        })
    }
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// So many bytes are no character.
    Illegal(usize),
    /// The input ends within a character.
    Incomplete,
}

/// Turns bytes into characters.
pub(super) struct Decoder {
    charset: Charset,
    table: Option<encoding_rs::Decoder>,
    big: bool,
    begun: bool,
}

impl Decoder {
    pub(super) fn new(charset: Charset) -> Self {
        let table = match charset {
            Charset::Table(e) => Some(e.new_decoder_without_bom_handling()),
            _ => None,
        };
        let big = matches!(charset, Charset::Utf16(Some(true)) | Charset::Utf32(Some(true)));
        Self {
            charset,
            table,
            big,
            begun: false,
        }
    }

    /// Decodes what it can: characters with their places in `data`, how many bytes were used, and what stopped it. Bytes of
    /// a character that is not whole yet are not used.
    pub(super) fn take(&mut self, data: &[u8], last: bool, out: &mut Vec<(char, usize)>) -> (usize, Option<Fault>) {
        match self.charset {
            Charset::Utf8 => utf8(data, last, out),
            Charset::Ascii | Charset::Latin1 => {
                let most = if self.charset == Charset::Ascii { 0x7f } else { 0xff };
                for (at, b) in data.iter().enumerate() {
                    if *b > most {
                        return (at, Some(Fault::Illegal(1)));
                    }
                    out.push((char::from(*b), at));
                }
                (data.len(), None)
            }
            Charset::Utf16(_) => self.utf16(data, last, out),
            Charset::Utf32(_) => self.utf32(data, last, out),
            Charset::Table(_) => self.by_table(data, last, out),
        }
    }

    /// Takes the mark at the beginning, which says the order of bytes.
    fn mark(&mut self, data: &[u8], width: usize) -> usize {
        let marked = matches!(self.charset, Charset::Utf16(None) | Charset::Utf32(None));
        if self.begun || data.len() < width {
            return 0;
        }
        self.begun = true;
        let little: &[u8] = if width == 2 { &[0xff, 0xfe] } else { &[0xff, 0xfe, 0, 0] };
        let big: &[u8] = if width == 2 { &[0xfe, 0xff] } else { &[0, 0, 0xfe, 0xff] };
        if marked && data.starts_with(big) {
            self.big = true;
            return width;
        }
        if marked && data.starts_with(little) { width } else { 0 }
    }

    fn utf16(&mut self, data: &[u8], last: bool, out: &mut Vec<(char, usize)>) -> (usize, Option<Fault>) {
        let mut at = self.mark(data, 2);
        let unit = |big: bool, at: usize| {
            let pair = data.get(at..at + 2)?;
            Some(if big {
                u16::from_be_bytes([pair[0], pair[1]])
            } else {
                u16::from_le_bytes([pair[0], pair[1]])
            })
        };
        while let Some(first) = unit(self.big, at) {
            let (c, len) = match first {
                0xd800..=0xdbff => match unit(self.big, at + 2) {
                    Some(second @ 0xdc00..=0xdfff) => {
                        let code = 0x10000 + (u32::from(first - 0xd800) << 10) + u32::from(second - 0xdc00);
                        (char::from_u32(code), 4)
                    }
                    Some(_) => (None, 2),
                    None => break,
                },
                0xdc00..=0xdfff => (None, 2),
                _ => (char::from_u32(first.into()), 2),
            };
            let Some(c) = c else {
                return (at, Some(Fault::Illegal(len)));
            };
            out.push((c, at));
            at += len;
        }
        (at, (last && at < data.len()).then_some(Fault::Incomplete))
    }

    fn utf32(&mut self, data: &[u8], last: bool, out: &mut Vec<(char, usize)>) -> (usize, Option<Fault>) {
        let mut at = self.mark(data, 4);
        while let Some(unit) = data.get(at..at + 4) {
            let bytes = [unit[0], unit[1], unit[2], unit[3]];
            let code = if self.big {
                u32::from_be_bytes(bytes)
            } else {
                u32::from_le_bytes(bytes)
            };
            let Some(c) = char::from_u32(code) else {
                return (at, Some(Fault::Illegal(4)));
            };
            out.push((c, at));
            at += 4;
        }
        (at, (last && at < data.len()).then_some(Fault::Incomplete))
    }

    fn by_table(&mut self, data: &[u8], last: bool, out: &mut Vec<(char, usize)>) -> (usize, Option<Fault>) {
        let Some(table) = &mut self.table else {
            return (data.len(), None);
        };
        let mut at = 0;
        let mut buffer = [0u8; 4096];
        loop {
            let (result, read, written) = table.decode_to_utf8_without_replacement(&data[at..], &mut buffer, last);
            if let Ok(text) = std::str::from_utf8(&buffer[..written]) {
                // Places within a stretch are not known; its beginning is near enough for a message.
                out.extend(text.chars().map(|c| (c, at)));
            }
            at += read;
            match result {
                encoding_rs::DecoderResult::InputEmpty => return (at, None),
                encoding_rs::DecoderResult::OutputFull => {}
                encoding_rs::DecoderResult::Malformed(len, _) => {
                    let len = usize::from(len);
                    if last && at == data.len() && len <= at && read < 2 {
                        return (at, Some(Fault::Incomplete));
                    }
                    return (at.saturating_sub(len), Some(Fault::Illegal(len)));
                }
            }
        }
    }
}

fn utf8(data: &[u8], last: bool, out: &mut Vec<(char, usize)>) -> (usize, Option<Fault>) {
    let (valid, fault) = match std::str::from_utf8(data) {
        Ok(_) => (data.len(), None),
        Err(e) => match e.error_len() {
            None if !last => (e.valid_up_to(), None),
            None => (e.valid_up_to(), Some(Fault::Incomplete)),
            Some(len) => (e.valid_up_to(), Some(Fault::Illegal(len))),
        },
    };
    if let Ok(text) = std::str::from_utf8(&data[..valid]) {
        out.extend(text.char_indices().map(|(at, c)| (c, at)));
    }
    (valid, fault)
}

/// Turns characters into bytes.
pub(super) struct Encoder {
    charset: Charset,
    table: Option<encoding_rs::Encoder>,
    begun: bool,
}

impl Encoder {
    pub(super) fn new(charset: Charset) -> Self {
        let table = match charset {
            Charset::Table(e) => Some(e.new_encoder()),
            _ => None,
        };
        Self {
            charset,
            table,
            begun: false,
        }
    }

    /// Adds a character; false if the encoding does not have it.
    pub(super) fn put(&mut self, c: char, out: &mut Vec<u8>) -> bool {
        let code = u32::from(c);
        let first = !std::mem::replace(&mut self.begun, true);
        match self.charset {
            Charset::Utf8 => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Charset::Ascii | Charset::Latin1 => {
                let most = if self.charset == Charset::Ascii { 0x7f } else { 0xff };
                if code > most {
                    return false;
                }
                out.push(code as u8);
            }
            Charset::Utf16(order) => {
                if first && order.is_none() {
                    out.extend_from_slice(&[0xff, 0xfe]);
                }
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(&if order == Some(true) {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    });
                }
            }
            Charset::Utf32(order) => {
                if first && order.is_none() {
                    out.extend_from_slice(&[0xff, 0xfe, 0, 0]);
                }
                out.extend_from_slice(&if order == Some(true) {
                    code.to_be_bytes()
                } else {
                    code.to_le_bytes()
                });
            }
            Charset::Table(_) => {
                let Some(table) = &mut self.table else { return false };
                let mut buffer = [0u8; 16];
                let mut text = [0; 4];
                let (result, _, written) =
                    table.encode_from_utf8_without_replacement(c.encode_utf8(&mut text), &mut buffer, false);
                if matches!(result, encoding_rs::EncoderResult::Unmappable(_)) {
                    return false;
                }
                out.extend_from_slice(&buffer[..written]);
            }
        }
        true
    }
}
