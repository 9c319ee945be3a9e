//! Sound and film.

use super::archive::{be, le};
use super::probe::Probe;
use super::verdict::Verdict;

/// Sound or film.
pub(super) fn detect(p: &Probe<'_>) -> Option<Verdict> {
    let d = p.data;
    match d {
        _ if d.starts_with(b"RIFF") => riff(d),
        _ if d.starts_with(b"ID3") => id3(d),
        [0xff, b, ..] if b & 0xe6 == 0xe2 => mpeg(d),
        [0xff, b, rate, rest @ ..] if b & 0xf6 == 0xf0 => aac(*b, *rate, rest.first().copied()),
        _ if d.starts_with(b"OggS") => Some(ogg(d)),
        _ if d.starts_with(b"fLaC") => Some(flac(d)),
        _ if d.starts_with(b"MThd") => {
            let mut text = "Standard MIDI data".to_string();
            if let (Some(format), Some(tracks), Some(ticks)) = (be::<2>(d, 8), be::<2>(d, 10), be::<2>(d, 12)) {
                text.push_str(&format!(
                    " (format {format}) using {tracks} track{}",
                    if tracks == 1 { "" } else { "s" }
                ));
                text.push_str(&format!(" at 1/{ticks}"));
            }
            Some(Verdict::new(text, "audio/midi"))
        }
        _ if d.starts_with(b"FORM") && d.get(8..12) == Some(b"AIFF") => {
            Some(Verdict::new("IFF data, AIFF audio", "audio/x-aiff"))
        }
        _ if d.starts_with(b"FORM") && d.get(8..12) == Some(b"AIFC") => {
            Some(Verdict::new("IFF data, AIFF-C compressed audio", "audio/x-aiff"))
        }
        _ if d.starts_with(b"#!AMR") => {
            Some(Verdict::new("Adaptive Multi-Rate Codec (GSM telephony)", "audio/AMR").ext("amr"))
        }
        _ if d.starts_with(b"FLV\x01") => Some(Verdict::new("Macromedia Flash Video", "video/x-flv")),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(matroska(d)),
        [0, 0, 1, 0xba, ..] => Some(Verdict::new("MPEG sequence", "video/mpeg").ext("vob/mpg")),
        [0, 0, 1, 0xb3, ..] => Some(Verdict::new("MPEG sequence, v1, system multiplex", "video/mpeg").ext("mpeg/mpg")),
        [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => {
            Some(Verdict::new("Microsoft ASF", "video/x-ms-asf").ext("asf/wma/wmv"))
        }
        _ if d.get(4..8) == Some(b"ftyp") => Some(iso(d)),
        _ if d.get(4..8) == Some(b"moov") => {
            Some(Verdict::new("Apple QuickTime movie", "video/quicktime").ext("mov/qt"))
        }
        _ => None,
    }
}

fn riff(d: &[u8]) -> Option<Verdict> {
    let mut text = "RIFF (little-endian) data".to_string();
    let kind = d.get(8..12)?;
    match kind {
        b"WAVE" => {
            text.push_str(", WAVE audio");
            if let Some(at) = memchr::memmem::find(&d[..d.len().min(4096)], b"fmt ") {
                text.push_str(&wave(d, at + 8));
            }
            Some(Verdict::new(text, "audio/x-wav").ext("wav"))
        }
        b"AVI " => {
            text.push_str(", AVI");
            let video = d.get(12..16) == Some(b"LIST") && d.get(20..28) == Some(b"hdrlavih");
            if let (true, Some(w), Some(h), Some(us)) = (video, le::<4>(d, 64), le::<4>(d, 68), le::<4>(d, 32)) {
                let rate = if us == 0 { 0.0 } else { 1e6 / us as f64 };
                text.push_str(&format!(", {w} x {h}, {rate:.2} fps, video:"));
            }
            Some(Verdict::new(text, "video/x-msvideo").ext("avi/divx"))
        }
        b"ACON" => Some(Verdict::new(text + ", animated cursor", "application/x-navi-animation").ext("ani")),
        b"RMID" => Some(Verdict::new(text + ", MIDI", "audio/midi").ext("mid")),
        _ => Some(Verdict::new(text, "application/octet-stream")),
    }
}

fn wave(d: &[u8], at: usize) -> String {
    let (Some(format), Some(channels), Some(rate)) = (le::<2>(d, at), le::<2>(d, at + 2), le::<4>(d, at + 4)) else {
        return String::new();
    };
    let bits = le::<2>(d, at + 14).unwrap_or(0);
    let mut text = match format {
        1 => ", Microsoft PCM".to_string(),
        2 => ", Microsoft ADPCM".to_string(),
        3 => ", IEEE Float".to_string(),
        6 => ", ITU G.711 A-law".to_string(),
        7 => ", ITU G.711 mu-law".to_string(),
        0x11 => ", IMA ADPCM".to_string(),
        0x31 => ", GSM 6.10".to_string(),
        0x50 => ", MPEG".to_string(),
        0x55 => ", MPEG Layer 3".to_string(),
        0xfffe => ", WAVE_FORMAT_EXTENSIBLE".to_string(),
        n => format!(", unknown format {n:#x}"),
    };
    if bits > 0 && matches!(format, 1 | 3 | 0xfffe) {
        text.push_str(&format!(", {bits} bit"));
    }
    text.push_str(&match channels {
        1 => ", mono".to_string(),
        2 => ", stereo".to_string(),
        n => format!(", {n} channels"),
    });
    text.push_str(&format!(" {rate} Hz"));
    text
}

fn id3(d: &[u8]) -> Option<Verdict> {
    let mut text = format!("Audio file with ID3 version 2.{}.{}", d.get(3)?, d.get(4)?);
    let mut mime = "application/octet-stream";
    if d.len() >= 10 {
        mime = "audio/mpeg";
        let size = d[6..10].iter().fold(0usize, |n, b| n << 7 | usize::from(b & 0x7f));
        if let Some(rest) = d.get(10 + size..)
            && let Some(v) = mpeg(rest)
        {
            text.push_str(", contains: ");
            text.push_str(&String::from_utf8_lossy(&v.text));
        }
    }
    Some(Verdict::new(text, mime).ext("mp3"))
}

/// A frame header of MPEG audio, layer III (ISO 11172-3, 2.4.2.3).
fn mpeg(d: &[u8]) -> Option<Verdict> {
    let (b1, b2, b3) = (*d.get(1)?, *d.get(2)?, *d.get(3).unwrap_or(&0));
    if d[0] != 0xff || b1 & 0xe6 != 0xe2 || b2 >> 4 == 15 || b2 & 0x0c == 0x0c {
        return None;
    }
    let (version, rates, kbps): (_, [&str; 3], [u32; 15]) = match b1 & 0x18 {
        0x18 => (
            "v1",
            ["44.1", "48", "32"],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        ),
        0x10 => (
            "v2",
            ["22.05", "24", "16"],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ),
        0x00 => (
            "v2.5",
            ["11.025", "12", "8"],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ),
        _ => return None,
    };
    let mut text = format!("MPEG ADTS, layer III, {version}");
    if let Some(n) = kbps.get(usize::from(b2 >> 4)).filter(|n| **n > 0) {
        text.push_str(&format!(", {n:>3} kbps"));
    }
    text.push_str(&format!(", {} kHz", rates[usize::from(b2 >> 2 & 3)]));
    text.push_str(match b3 >> 6 {
        0 => ", Stereo",
        1 => ", JntStereo",
        2 => ", 2x Monaural",
        _ => ", Monaural",
    });
    Some(Verdict::new(text, "audio/mpeg").ext("mp3"))
}

fn aac(b1: u8, b2: u8, b3: Option<u8>) -> Option<Verdict> {
    let version = if b1 & 8 == 0 { "v4" } else { "v2" };
    let profile = ["Main", "LC", "SSR", "LTP"][usize::from(b2 >> 6)];
    const RATES: [&str; 13] = [
        "96", "88.2", "64", "48", "44.1", "32", "24", "22.05", "16", "12", "11.025", "8", "7.35",
    ];
    let rate = RATES.get(usize::from(b2 >> 2 & 0xf))?;
    let channels = match (b2 & 1) << 2 | b3? >> 6 {
        1 => ", monaural",
        2 => ", stereo",
        3 => ", stereo + center",
        4 => ", stereo+center+LFE",
        5 => ", surround",
        6 => ", surround + LFE",
        7 => ", surround + side",
        _ => "",
    };
    let text = format!("MPEG ADTS, AAC, {version} {profile}, {rate} kHz{channels}");
    Some(Verdict::new(text, "audio/x-hx-aac-adts").ext("aac"))
}

fn ogg(d: &[u8]) -> Verdict {
    match d.get(28..) {
        Some(s) if s.starts_with(b"\x01vorbis") => {
            let channels = match s.get(11) {
                Some(1) => " mono,".to_string(),
                Some(2) => " stereo,".to_string(),
                Some(n) => format!(" {n} channels,"),
                None => String::new(),
            };
            let mut text = format!("Ogg data, Vorbis audio,{channels}");
            if let (Some(rate), Some(bits)) = (le::<4>(s, 12), le::<4>(s, 20)) {
                text.push_str(&format!(" {rate} Hz, ~{bits} bps"));
            }
            Verdict::new(text, "audio/ogg").ext("ogg/oga")
        }
        Some(s) if s.starts_with(b"OpusHead") => {
            let mut text = "Ogg data, Opus audio,".to_string();
            if let (Some(version), Some(channels), Some(rate)) = (s.get(8), s.get(9), le::<4>(s, 12)) {
                let channels = match channels {
                    1 => "mono".to_string(),
                    2 => "stereo".to_string(),
                    n => format!("{n} channels"),
                };
                text.push_str(&format!(
                    " version 0.{version}, {channels}, {rate} Hz (Input Sample Rate)"
                ));
            }
            Verdict::new(text, "audio/ogg").ext("opus")
        }
        Some(s) if s.starts_with(b"\x7fFLAC") => Verdict::new("Ogg data, FLAC audio", "audio/ogg").ext("oga"),
        Some(s) if s.starts_with(b"\x80theora") => Verdict::new("Ogg data, Theora video", "video/ogg").ext("ogv"),
        Some(s) if s.starts_with(b"Speex   ") => Verdict::new("Ogg data, Speex audio", "audio/ogg").ext("spx"),
        _ => Verdict::new("Ogg data", "application/octet-stream"),
    }
}

fn flac(d: &[u8]) -> Verdict {
    let mut text = "FLAC audio bitstream data".to_string();
    if let (Some(a), Some(total)) = (be::<4>(d, 18), be::<5>(d, 21)) {
        let (rate, channels, bits) = (a >> 12, (a >> 9 & 7) + 1, (a >> 4 & 31) + 1);
        text.push_str(&format!(", {bits} bit"));
        text.push_str(&match channels {
            1 => ", mono".to_string(),
            2 => ", stereo".to_string(),
            n => format!(", {n} channels"),
        });
        let khz = rate as f64 / 1000.0;
        text.push_str(&format!(", {khz} kHz"));
        match total & 0xf_ffff_ffff {
            0 => text.push_str(", length unknown"),
            n => text.push_str(&format!(", {n} samples")),
        }
    }
    Verdict::new(text, "audio/flac").ext("flac")
}

fn matroska(d: &[u8]) -> Verdict {
    let head = &d[..d.len().min(4096)];
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    if has(b"B\x82\x84webm") || has(b"B\x82\x88webm") {
        Verdict::new("WebM", "video/webm").ext("webm")
    } else if has(b"matroska") {
        Verdict::new("Matroska data", "video/x-matroska").ext("mkv/mka/mks")
    } else {
        Verdict::new("EBML file", "application/octet-stream")
    }
}

/// ISO 14496-12: the major brand tells.
fn iso(d: &[u8]) -> Verdict {
    const BRANDS: &[(&str, &str, &str, &str)] = &[
        ("isom", "MP4 Base Media v1 [ISO 14496-12:2003]", "video/mp4", "mp4"),
        ("iso2", "MP4 Base Media v2 [ISO 14496-12:2005]", "video/mp4", "mp4"),
        ("iso4", "MP4 Base Media v4", "video/mp4", "mp4"),
        ("iso5", "MP4 Base Media v5", "video/mp4", "mp4"),
        ("iso6", "MP4 Base Media v6", "video/mp4", "mp4"),
        ("mp41", "MP4 v1 [ISO 14496-1:ch13]", "video/mp4", "mp4"),
        ("mp42", "MP4 v2 [ISO 14496-14]", "video/mp4", "mp4"),
        ("avc1", "MP4 Base w/ AVC ext [ISO 14496-12:2005]", "video/mp4", "mp4"),
        (
            "dash",
            "MPEG v4 system, Dynamic Adaptive Streaming over HTTP",
            "video/mp4",
            "mp4",
        ),
        ("M4A ", "Apple iTunes ALAC/AAC-LC (.M4A) Audio", "audio/x-m4a", "m4a"),
        ("M4B ", "Apple iTunes ALAC/AAC-LC (.M4B) Audio Book", "audio/mp4", "m4b"),
        ("M4V ", "Apple iTunes Video (.M4V) Video", "video/x-m4v", "m4v"),
        (
            "qt  ",
            "Apple QuickTime movie, Apple QuickTime (.MOV/QT)",
            "video/quicktime",
            "mov/qt",
        ),
        (
            "heic",
            "HEIF Image HEVC Main or Main Still Picture Profile",
            "image/heic",
            "heic",
        ),
        ("heix", "HEIF Image HEVC Main 10 Profile", "image/heic", "heic"),
        ("mif1", "HEIF Image", "image/heif", "heif"),
        ("avif", "AVIF Image", "image/avif", "avif"),
        ("avis", "AVIF Image Sequence", "image/avif", "avif"),
        ("3gp4", "MPEG v4 system, 3GPP", "video/3gpp", "3gp"),
        ("3gp5", "MPEG v4 system, 3GPP", "video/3gpp", "3gp"),
        ("crx ", "Canon Raw", "image/x-canon-cr3", "cr3"),
    ];
    let brand = d.get(8..12).unwrap_or_default();
    match BRANDS.iter().find(|(b, ..)| b.as_bytes() == brand) {
        Some((_, text, mime, ext)) => Verdict::new(format!("ISO Media, {text}"), mime).ext(ext),
        None => Verdict::new("ISO Media", "video/mp4"),
    }
}
