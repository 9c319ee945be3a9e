//! Prompt strings: `PS4`, `${x@P}`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::shell::{Flow, Shell};
use crate::state::dynamic::VERSION;
use crate::state::options::ShOpt;

impl Shell {
    /// Expands a prompt: backslash escapes first, then parameters, commands and arithmetic (bash manual, "Controlling the
    /// Prompt").
    pub(crate) fn expand_prompt(&mut self, text: &[u8]) -> Result<Vec<u8>, Flow> {
        let text = self.prompt_escapes(text);
        if !self.shopt(ShOpt::Promptvars) || memchr::memchr3(b'$', b'`', b'\\', &text).is_none() {
            return Ok(text);
        }
        let options = self.parse_options();
        let word = crate::syntax::parse_double_quoted(bytes::Bytes::from(text), &options, self.line);
        let status = self.status;
        let result = self.expand_double_quoted(&word);
        self.status = status;
        result
    }

    fn prompt_escapes(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let b = text[at];
            at += 1;
            if b != b'\\' {
                out.push(b);
                continue;
            }
            let Some(&c) = text.get(at) else {
                out.push(b'\\');
                break;
            };
            at += 1;
            match c {
                b'a' => out.push(7),
                b'e' => out.push(27),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b'\\' => out.extend_from_slice(b"\\\\"),
                b'$' => out.extend_from_slice(if self.uid == 0 { b"#" } else { b"$" }),
                b'[' | b']' => {}
                b'h' => {
                    let end = memchr::memchr(b'.', &self.hostname).unwrap_or(self.hostname.len());
                    out.extend_from_slice(&self.hostname[..end]);
                }
                b'H' => out.extend_from_slice(&self.hostname),
                b'u' => out.extend_from_slice(&if self.uid == 0 {
                    b"root".to_vec()
                } else {
                    self.get_var(b"USER")
                        .map_or_else(|| b"user".to_vec(), |v| v.into_owned())
                }),
                b's' => {
                    let base = self.name.rsplit(|b| *b == b'/').next().unwrap_or(b"bash");
                    out.extend_from_slice(base);
                }
                b'v' => out.extend_from_slice(b"5.2"),
                b'V' => out.extend_from_slice(VERSION.split('(').next().unwrap_or(VERSION).as_bytes()),
                b'w' => out.extend_from_slice(&self.tilde_form(self.cwd.as_bytes())),
                b'W' => {
                    let shown = self.tilde_form(self.cwd.as_bytes());
                    let base = if shown == b"~" {
                        &shown[..]
                    } else {
                        self.cwd.file_name().unwrap_or(b"/")
                    };
                    out.extend_from_slice(base);
                }
                b'j' => out.extend_from_slice(self.jobs.running().to_string().as_bytes()),
                b'l' => out.extend_from_slice(b"tty"),
                b'!' => out.extend_from_slice((self.history.len() + 1).to_string().as_bytes()),
                b'#' => out.push(b'1'),
                b't' | b'T' | b'@' | b'A' | b'd' | b'D' => {
                    let format: &[u8] = match c {
                        b't' => b"%H:%M:%S",
                        b'T' => b"%I:%M:%S",
                        b'@' => b"%I:%M %p",
                        b'A' => b"%H:%M",
                        b'd' => b"%a %b %d",
                        _ => {
                            let rest = &text[at..];
                            let end = rest.strip_prefix(b"{").and_then(|r| memchr::memchr(b'}', r));
                            match end {
                                Some(end) => {
                                    at += end + 2;
                                    let f = &rest[1..=end];
                                    if f.is_empty() { b"%X" } else { f }
                                }
                                None => b"%X",
                            }
                        }
                    };
                    let now = SystemTime::now()
                        .duration_since(UNIX_EPOCH)
                        .map_or(0, |d| d.as_secs() as i64);
                    out.extend_from_slice(&self.strftime(format, now));
                }
                b'0'..=b'7' => {
                    let digits = text[at - 1..]
                        .iter()
                        .take(3)
                        .take_while(|b| (b'0'..=b'7').contains(b))
                        .count();
                    let n = text[at - 1..at - 1 + digits]
                        .iter()
                        .fold(0u32, |n, d| n * 8 + u32::from(d - b'0'));
                    at += digits - 1;
                    out.push(n as u8);
                }
                other => out.extend_from_slice(&[b'\\', other]),
            }
        }
        out
    }
}
