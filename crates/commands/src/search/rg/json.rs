//! `rg --json`: one JSON message per line.

use super::config::Config;
use crate::search::matcher::Matcher;
use crate::search::output::Out;
use crate::search::scan::{Found, ScanError, Sink};

/// Counts over one file or all.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stats {
    pub searches: u64,
    pub with_match: u64,
    pub bytes_searched: u64,
    pub bytes_printed: u64,
    pub lines: u64,
    pub matches: u64,
}

impl Stats {
    /// Adds those of a file.
    pub(super) fn add(&mut self, other: Stats) {
        self.searches += other.searches;
        self.with_match += other.with_match;
        self.bytes_searched += other.bytes_searched;
        self.bytes_printed += other.bytes_printed;
        self.lines += other.lines;
        self.matches += other.matches;
    }

    fn write(self, out: &mut Vec<u8>) {
        let text = format!(
            "{{\"elapsed\":{{\"secs\":0,\"nanos\":0,\"human\":\"0.000000s\"}},\"searches\":{},\"searches_with_match\":{},\
             \"bytes_searched\":{},\"bytes_printed\":{},\"matched_lines\":{},\"matches\":{}}}",
            self.searches, self.with_match, self.bytes_searched, self.bytes_printed, self.lines, self.matches
        );
        out.extend_from_slice(text.as_bytes());
    }

    /// The last message.
    pub(super) fn summary(self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"{\"data\":{\"elapsed_total\":{\"human\":\"0.000000s\",\"nanos\":0,\"secs\":0},\"stats\":",
        );
        self.write(out);
        out.extend_from_slice(b"},\"type\":\"summary\"}\n");
    }
}

/// Writes the messages of one file.
pub(super) struct JsonPrinter<'a, O> {
    matcher: &'a Matcher,
    config: &'a Config,
    out: &'a mut O,
    name: &'a [u8],
    begun: bool,
    explicit: bool,
    binary_at: Option<u64>,
    /// What was found.
    pub stats: Stats,
}

impl<'a, O: Out> JsonPrinter<'a, O> {
    /// For one file.
    pub(super) fn new(
        config: &'a Config,
        matcher: &'a Matcher,
        out: &'a mut O,
        name: &'a [u8],
        explicit: bool,
    ) -> Self {
        let stats = Stats {
            searches: 1,
            ..Stats::default()
        };
        JsonPrinter {
            matcher,
            config,
            out,
            name,
            begun: false,
            explicit,
            binary_at: None,
            stats,
        }
    }

    fn line(&mut self, kind: &str, line: Found<'_>, with_matches: bool) -> Result<(), ScanError> {
        let before = self.out.buf().len();
        if !self.begun {
            self.begun = true;
            let out = self.out.buf();
            out.extend_from_slice(b"{\"type\":\"begin\",\"data\":{\"path\":");
            data(out, self.name);
            out.extend_from_slice(b"}}\n");
        }
        let out = self.out.buf();
        out.extend_from_slice(format!("{{\"type\":\"{kind}\",\"data\":{{\"path\":").as_bytes());
        data(out, self.name);
        out.extend_from_slice(b",\"lines\":");
        let mut text = line.bytes.to_vec();
        text.push(self.matcher.eol());
        data(out, &text);
        let head = format!(
            ",\"line_number\":{},\"absolute_offset\":{},\"submatches\":[",
            line.number, line.offset
        );
        out.extend_from_slice(head.as_bytes());
        if with_matches {
            for (i, found) in self.matcher.regex().find_iter(line.bytes).enumerate() {
                let found = found?;
                if i > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(b"{\"match\":");
                data(out, &line.bytes[found.range()]);
                out.extend_from_slice(format!(",\"start\":{},\"end\":{}}}", found.start, found.end).as_bytes());
                self.stats.matches += 1;
            }
        }
        out.extend_from_slice(b"]}}\n");
        self.stats.bytes_printed += (out.len() - before) as u64;
        self.out.spill().map_err(ScanError::Output)
    }

    /// Writes the message that ends a file.
    pub(super) fn finish(&mut self, bytes_searched: u64) -> Result<(), ScanError> {
        self.stats.bytes_searched = bytes_searched;
        if !self.begun {
            return Ok(());
        }
        self.stats.with_match = 1;
        let out = self.out.buf();
        out.extend_from_slice(b"{\"type\":\"end\",\"data\":{\"path\":");
        data(out, self.name);
        match self.binary_at {
            Some(at) => out.extend_from_slice(format!(",\"binary_offset\":{at},\"stats\":").as_bytes()),
            None => out.extend_from_slice(b",\"binary_offset\":null,\"stats\":"),
        }
        self.stats.write(out);
        out.extend_from_slice(b"}}\n");
        self.out.spill().map_err(ScanError::Output)
    }
}

/// Bytes as `{"text":…}`, or in base 64 when they are not UTF-8.
fn data(out: &mut Vec<u8>, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            out.extend_from_slice(b"{\"text\":\"");
            for c in text.chars() {
                match c {
                    '"' => out.extend_from_slice(b"\\\""),
                    '\\' => out.extend_from_slice(b"\\\\"),
                    '\n' => out.extend_from_slice(b"\\n"),
                    '\r' => out.extend_from_slice(b"\\r"),
                    '\t' => out.extend_from_slice(b"\\t"),
                    '\u{8}' => out.extend_from_slice(b"\\b"),
                    '\u{c}' => out.extend_from_slice(b"\\f"),
                    c if c < ' ' => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
                    c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            out.extend_from_slice(b"\"}");
        }
        Err(_) => {
            out.extend_from_slice(b"{\"bytes\":\"");
            base64(out, bytes);
            out.extend_from_slice(b"\"}");
        }
    }
}

fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let b = [
            chunk[0],
            chunk.get(1).copied().unwrap_or(0),
            chunk.get(2).copied().unwrap_or(0),
        ];
        let n = u32::from(b[0]) << 16 | u32::from(b[1]) << 8 | u32::from(b[2]);
        for i in 0..4 {
            out.push(if i <= chunk.len() {
                DIGITS[(n >> (18 - 6 * i) & 63) as usize]
            } else {
                b'='
            });
        }
    }
}

impl<O: Out> Sink for JsonPrinter<'_, O> {
    fn selected(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        self.stats.lines += 1;
        self.line("match", line, !self.config.scan.invert)?;
        Ok(true)
    }

    fn context(&mut self, line: Found<'_>) -> Result<bool, ScanError> {
        self.line("context", line, false)?;
        Ok(true)
    }

    fn gap(&mut self) -> Result<(), ScanError> {
        Ok(())
    }

    fn binary(&mut self, offset: u64) -> Result<bool, ScanError> {
        self.binary_at = Some(offset);
        Ok(self.explicit || self.config.binary)
    }

    fn counts_only(&self) -> bool {
        false
    }
}
