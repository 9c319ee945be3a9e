//! Pictures.

use super::archive::{be, le};
use super::probe::Probe;
use super::verdict::{Tail, Verdict};

/// A picture.
pub(super) fn detect(p: &Probe<'_>) -> Option<Verdict> {
    let d = p.data;
    match d {
        _ if d.starts_with(b"\x89PNG\r\n\x1a\n") => png(d),
        [0xff, 0xd8, 0xff, ..] => Some(Verdict::new(jpeg(d), "image/jpeg").ext("jpeg/jpg/jpe/jfif")),
        _ if d.starts_with(b"GIF8") => {
            let mut text = "GIF image data".to_string();
            if let Some(v) = d.get(4..6).filter(|v| v.is_ascii()) {
                text.push_str(&format!(", version 8{}", String::from_utf8_lossy(v)));
            }
            if let (Some(w), Some(h)) = (le::<2>(d, 6), le::<2>(d, 8)) {
                text.push_str(&format!(", {w} x {h}"));
            }
            Some(Verdict::new(text, "image/gif").ext("gif"))
        }
        _ if d.starts_with(b"RIFF") && d.get(8..12) == Some(b"WEBP") => {
            Some(Verdict::new(webp(d), "image/webp").ext("webp"))
        }
        _ if d.starts_with(b"BM") => bmp(d),
        [b'I', b'I', 42, 0, ..] => tiff("little", le::<4>(d, 4)?, |at| le::<2>(d, at)),
        [b'M', b'M', 0, 42, ..] => tiff("big", be::<4>(d, 4)?, |at| be::<2>(d, at)),
        [0, 0, 1, 0, count, 0, ..] if *count > 0 && d.len() >= 22 => icon(d),
        _ if d.starts_with(b"8BPS\0\x01") && d.len() >= 26 => {
            let text = format!(
                "Adobe Photoshop Image, {} x {}, {}, {} x {}-bit channels",
                be::<4>(d, 18)?,
                be::<4>(d, 14)?,
                match be::<2>(d, 24)? {
                    0 => "bitmap",
                    1 => "grayscale",
                    2 => "indexed",
                    3 => "RGB",
                    4 => "CMYK",
                    7 => "multichannel",
                    8 => "duotone",
                    _ => "lab",
                },
                be::<2>(d, 12)?,
                be::<2>(d, 22)?
            );
            Some(Verdict::new(text, "image/vnd.adobe.photoshop").ext("psd"))
        }
        [0xff, 0x0a, ..] => Some(Verdict::new("JPEG XL codestream", "image/jxl").ext("jxl")),
        _ if d.starts_with(b"\0\0\0\x0cJXL \r\n\x87\n") => {
            Some(Verdict::new("JPEG XL container", "image/jxl").ext("jxl"))
        }
        _ if d.starts_with(b"\0\0\0\x0cjP  \r\n\x87\n") => {
            Some(Verdict::new("JPEG 2000 Part 1 (JP2)", "image/jp2").ext("jp2"))
        }
        _ if d.starts_with(b"qoif") => {
            let space = if d.get(13)? == &0 {
                "sRGB (linear alpha)"
            } else {
                "linear"
            };
            let text = format!("QOI image data {}x{}, {space}", be::<4>(d, 4)?, be::<4>(d, 8)?);
            Some(Verdict::new(text, "image/x-qoi").ext("qoi"))
        }
        [b'P', kind @ b'1'..=b'6', b'\n' | b' ' | b'\r' | b'\t', ..] => netpbm(d, *kind),
        _ if d.starts_with(b"gimp xcf ") => {
            let version = match d.get(9..13) {
                Some([b'v', digits @ ..]) => digits.iter().fold(0, |n, b| n * 10 + u32::from(b.wrapping_sub(b'0'))),
                _ => 0,
            };
            let mut text = format!("GIMP XCF image data, version {version},");
            if let (Some(w), Some(h), Some(kind)) = (be::<4>(d, 14), be::<4>(d, 18), be::<4>(d, 22)) {
                let kind = ["RGB Color", "Greyscale", "Indexed Color"]
                    .get(kind as usize)
                    .copied()
                    .unwrap_or("Unknown Image Type.");
                text.push_str(&format!(" {w} x {h}, {kind}"));
            }
            Some(Verdict::new(text, "image/x-xcf").ext("xcf"))
        }
        _ if d.starts_with(b"AT&TFORM") && d.get(12..16) == Some(b"DJVU") => {
            Some(Verdict::new("DjVu image or single page document", "image/vnd.djvu"))
        }
        _ if d.starts_with(b"#define ") && memchr::memmem::find(&d[..d.len().min(256)], b"_width ").is_some() => {
            Some(Verdict::new("xbm image", "image/x-xbmi").tail(Tail::Text))
        }
        _ if d.starts_with(b"/* XPM */") => Some(Verdict::new("X pixmap image", "image/x-xpmi").tail(Tail::Text)),
        _ => None,
    }
}

fn png(d: &[u8]) -> Option<Verdict> {
    let v = |text: String| Some(Verdict::new(text, "image/png").ext("png"));
    if d.get(12..16) != Some(b"IHDR") || d.len() < 29 {
        return v("PNG image data".to_string());
    }
    let color = match d[25] {
        0 => "grayscale, ",
        2 => "/color RGB, ",
        3 => " colormap, ",
        4 => "gray+alpha, ",
        6 => "/color RGBA, ",
        _ => " ",
    };
    let join = if matches!(d[25], 0 | 4) { " " } else { "" };
    let interlace = match d[28] {
        0 => "non-interlaced",
        1 => "interlaced",
        _ => "",
    };
    let (w, h) = (be::<4>(d, 16)?, be::<4>(d, 20)?);
    v(format!(
        "PNG image data, {w} x {h}, {}-bit{join}{color}{interlace}",
        d[24]
    ))
}

/// The segments up to the frame header (ITU T.81, annex B).
fn jpeg(d: &[u8]) -> String {
    let mut text = "JPEG image data".to_string();
    if d.get(6..11) == Some(b"JFIF\0") && d.len() >= 18 {
        text.push_str(&format!(", JFIF standard {}.{:02}", d[11], d[12]));
        let (x, y) = (be::<2>(d, 14).unwrap_or(0), be::<2>(d, 16).unwrap_or(0));
        text.push_str(match d[13] {
            0 => ", aspect ratio",
            1 => ", resolution (DPI)",
            2 => ", resolution (DPCM)",
            _ => "",
        });
        text.push_str(&format!(", density {x}x{y}"));
        if let Some(n) = be::<2>(d, 4) {
            text.push_str(&format!(", segment length {n}"));
        }
        if let (Some(w @ 1..), Some(h @ 1..)) = (d.get(18), d.get(19)) {
            text.push_str(&format!(", thumbnail {w}x{h}"));
        }
    }
    let mut at = 2;
    while let (Some(0xff), Some(kind), Some(len)) = (d.get(at), d.get(at + 1), be::<2>(d, at + 2)) {
        let body = at + 4;
        match kind {
            0xe1 if d[body..].starts_with(b"Exif\0\0") => text.push_str(", Exif Standard: [TIFF image data]"),
            0xfe => {
                let end = (at + 2 + len as usize).min(d.len());
                let comment = d.get(body..end).unwrap_or_default();
                let comment = comment.split(|b| *b == 0).next().unwrap_or_default();
                text.push_str(&format!(", comment: \"{}\"", String::from_utf8_lossy(comment)));
            }
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                text.push_str(match kind {
                    0xc0 => ", baseline",
                    0xc1 => ", extended sequential",
                    0xc2 => ", progressive",
                    _ => "",
                });
                if let (Some(precision), Some(h), Some(w), Some(n)) =
                    (d.get(body), be::<2>(d, body + 1), be::<2>(d, body + 3), d.get(body + 5))
                {
                    text.push_str(&format!(", precision {precision}, {w}x{h}, components {n}"));
                }
                break;
            }
            0xd9 | 0xda => break,
            _ => {}
        }
        at += 2 + (len as usize).max(2);
    }
    text
}

fn webp(d: &[u8]) -> String {
    let mut text = "RIFF (little-endian) data, Web/P image".to_string();
    let u24 = |at: usize| le::<3>(d, at).map_or(0, |n| n + 1);
    match d.get(12..16) {
        Some(b"VP8 ") => {
            text.push_str(", VP8 encoding");
            if d.get(23..26) == Some(&[0x9d, 0x01, 0x2a]) {
                let (w, h) = (le::<2>(d, 26).unwrap_or(0), le::<2>(d, 28).unwrap_or(0));
                text.push_str(&format!(", {}x{}", w & 0x3fff, h & 0x3fff));
                text.push_str(", Scaling: [none]x[none], YUV color, decoders should clamp");
            }
        }
        Some(b"VP8L") => {
            text.push_str(", VP8L encoding");
        }
        Some(b"VP8X") => {
            let flags = d.get(20).copied().unwrap_or(0);
            for (bit, word) in [
                (0x20, ", with ICC"),
                (0x10, ", with alpha"),
                (0x08, ", with EXIF"),
                (0x02, ", with animation"),
            ] {
                if flags & bit != 0 {
                    text.push_str(word);
                }
            }
            text.push_str(&format!(", {}x{}", u24(24), u24(27)));
        }
        _ => {}
    }
    text
}

fn bmp(d: &[u8]) -> Option<Verdict> {
    let (header, bits) = (le::<4>(d, 14)?, le::<2>(d, 28).unwrap_or(0));
    let name = match header {
        12 => "OS/2 1.x format",
        64 => "OS/2 2.x format",
        40 => "Windows 3.x format",
        108 => "Windows 95/NT4 and newer format",
        124 => "Windows 98/2000 and newer format",
        128 => "Windows NT/2000 format",
        _ => return None,
    };
    if header == 12 {
        let text = format!("PC bitmap, {name}, {} x {}", le::<2>(d, 18)?, le::<2>(d, 20)?);
        return Some(Verdict::new(text, "image/bmp").ext("bmp"));
    }
    let height = le::<4>(d, 22)? as u32 as i32;
    let mut text = format!("PC bitmap, {name}, {} x {height} x {bits}", le::<4>(d, 18)?);
    match le::<4>(d, 34)? {
        0 => {}
        n => text.push_str(&format!(", image size {n}")),
    }
    for (at, words) in [(38, "resolution"), (46, "colors"), (50, "important colors")] {
        let n = le::<4>(d, at).unwrap_or(0);
        if n > 0 {
            text.push_str(&match words {
                "resolution" => format!(", resolution {n} x {} px/m", le::<4>(d, 42).unwrap_or(0)),
                "colors" => format!(", {n} colors"),
                _ => format!(", {n} important colors"),
            });
        }
    }
    text.push_str(&format!(", cbSize {}, bits offset {}", le::<4>(d, 2)?, le::<4>(d, 10)?));
    Some(Verdict::new(text, "image/bmp").ext("bmp"))
}

fn tiff(order: &str, directory: u64, u16: impl Fn(usize) -> Option<u64>) -> Option<Verdict> {
    let entries = u16(usize::try_from(directory).ok()?).unwrap_or(0);
    let text = format!("TIFF image data, {order}-endian, direntries={entries}");
    Some(Verdict::new(text, "image/tiff").ext("tif/tiff"))
}

fn icon(d: &[u8]) -> Option<Verdict> {
    let count = le::<2>(d, 4)?;
    let side = |b: u8| if b == 0 { 256 } else { u16::from(b) };
    let mut text = format!(
        "MS Windows icon resource - {count} icon{}",
        if count == 1 { "" } else { "s" }
    );
    for n in 0..count.min(2) as usize {
        let at = 6 + n * 16;
        let (w, h) = (side(*d.get(at)?), side(*d.get(at + 1)?));
        text.push_str(&format!(", {w}x{h}"));
        if d.get(at + 2)? > &0 {
            text.push_str(&format!(", {} colors", d[at + 2]));
        }
        let (bits, offset) = (le::<2>(d, at + 6)?, le::<4>(d, at + 12)? as usize);
        if d.get(offset..).is_some_and(|i| i.starts_with(b"\x89PNG")) {
            text.push_str(" with PNG image data");
        } else if bits > 0 {
            text.push_str(&format!(", {bits} bits/pixel"));
        }
    }
    Some(Verdict::new(text, "image/vnd.microsoft.icon").ext("ico"))
}

/// PBM, PGM and PPM: two numbers after the magic, among blanks and comments.
fn netpbm(d: &[u8], kind: u8) -> Option<Verdict> {
    let text = d.get(2..d.len().min(512))?;
    let mut numbers = text
        .split(|b| *b == b'\n')
        .filter(|l| !l.starts_with(b"#"))
        .flat_map(|l| l.split(|b| b.is_ascii_whitespace()).filter(|w| !w.is_empty()));
    let mut next = || std::str::from_utf8(numbers.next()?).ok()?.parse::<u64>().ok();
    let (w, h) = (next()?, next()?);
    let raw = if kind >= b'4' { "rawbits, " } else { "" };
    let (name, mime, ext) = match (kind - b'1') % 3 {
        0 => ("bitmap", "image/x-portable-bitmap", "pbm"),
        1 => ("greymap", "image/x-portable-greymap", "pgm"),
        _ => (
            "pixmap",
            "image/x-portable-pixmap",
            if raw.is_empty() { "ppm" } else { "ppm/pnm" },
        ),
    };
    let v = Verdict::new(format!("Netpbm image data, size = {w} x {h}, {raw}{name}"), mime).ext(ext);
    Some(if raw.is_empty() { v.tail(Tail::Text) } else { v })
}
