//! Verifying: lines of checksums and names, in all the forms that are in use.

use shell::command::{CommandError, Context};
use vfs::Errno;

use super::digest::{Algorithm, Sum};
use super::name::{escape, unescape};
use crate::input::{self, Source};
use crate::quote::quotef;

/// What to say, and what to forgive.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    pub(super) ignore_missing: bool,
    pub(super) quiet: bool,
    pub(super) status: bool,
    pub(super) strict: bool,
    pub(super) warn: bool,
}

/// Verifies lists of checksums.
pub(super) struct Checker {
    /// `None`: only lines that name their algorithm (`cksum`).
    pub(super) algorithm: Option<Algorithm>,
    pub(super) manner: Manner,
    /// Whether lines are `DIGEST NAME` with a single blank; decided by the first line.
    reversed: Option<bool>,
}

/// What a line says.
struct Line {
    algorithm: Algorithm,
    digest: Vec<u8>,
    name: Vec<u8>,
}

fn is_blank(b: Option<&u8>) -> bool {
    matches!(b, Some(b' ' | b'\t'))
}

/// Bytes out of hexadecimal digits of either case.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    text.chunks(2).map(|p| Some(digit(p[0])? << 4 | digit(p[1])?)).collect()
}

impl Checker {
    pub(super) fn new(algorithm: Option<Algorithm>, manner: Manner) -> Self {
        Self {
            algorithm,
            manner,
            reversed: None,
        }
    }

    fn parse(&mut self, line: &[u8]) -> Option<Line> {
        let mut rest = &line[line.iter().position(|b| !matches!(b, b' ' | b'\t'))?..];
        let escaped = rest.first() == Some(&b'\\');
        if escaped {
            rest = &rest[1..];
        }
        if let Some((algorithm, len, after)) = self.tag(rest) {
            return tagged(algorithm, len, after, escaped);
        }
        let algorithm = self.algorithm?;
        let digits = match algorithm {
            Algorithm::Blake2b => {
                let n = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
                if n < 2 || n % 2 != 0 || n > 128 {
                    return None;
                }
                n
            }
            _ => algorithm.len() * 2,
        };
        if rest.len() < digits + 2 || !is_blank(rest.get(digits)) {
            return None;
        }
        let digest = unhex(&rest[..digits])?;
        let mut name = &rest[digits + 1..];
        if name.len() == 1 || !matches!(name[0], b' ' | b'*') {
            if self.reversed == Some(false) {
                return None;
            }
            self.reversed = Some(true);
        } else if self.reversed != Some(true) {
            self.reversed = Some(false);
            name = &name[1..];
        }
        let name = if escaped { unescape(name)? } else { name.to_vec() };
        Some(Line {
            algorithm,
            digest,
            name,
        })
    }

    /// The algorithm that a line begins with, its digest length in bytes, and what follows the opening bracket.
    fn tag<'l>(&self, rest: &'l [u8]) -> Option<(Algorithm, usize, &'l [u8])> {
        // Longer names first, so that none is taken for the beginning of another.
        let algorithm = *Algorithm::TAGGED
            .iter()
            .filter(|a| rest.starts_with(a.tag().as_bytes()))
            .max_by_key(|a| a.tag().len())?;
        if self.algorithm.is_some_and(|a| a != algorithm) {
            return None;
        }
        let mut after = &rest[algorithm.tag().len()..];
        let mut len = algorithm.len();
        if algorithm == Algorithm::Blake2b
            && let Some(bits) = after.strip_prefix(b"-")
        {
            let digits = bits.iter().take_while(|b| b.is_ascii_digit()).count();
            let n: usize = std::str::from_utf8(&bits[..digits]).ok()?.parse().ok()?;
            if n == 0 || !n.is_multiple_of(8) || n > 512 {
                return None;
            }
            len = n / 8;
            after = &bits[digits..];
        }
        let after = after.strip_prefix(b" ").unwrap_or(after);
        after.strip_prefix(b"(").map(|name| (algorithm, len, name))
    }

    /// Verifies the list `file`; whether all is well.
    pub(super) fn check(&mut self, cx: &mut Context<'_>, file: &[u8]) -> Result<bool, CommandError> {
        self.reversed = None;
        let shown: &[u8] = if file == b"-" { b"standard input" } else { file };
        let mut lines = match input::open(cx, file) {
            Ok(source) => source.lines(b'\n'),
            Err(e) if e.errno() == Errno::EISDIR => {
                cx.warn([&quotef(shown)[..], b": read error"].concat());
                return Ok(false);
            }
            Err(e) => {
                input::warn(cx, shown, &e)?;
                return Ok(false);
            }
        };
        let (mut proper, mut improper, mut mismatched, mut unread) = (0u64, 0u64, 0u64, 0u64);
        let (mut matched, mut number) = (false, 0u64);
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
                Err(_) => {
                    cx.warn([&quotef(shown)[..], b": read error"].concat());
                    return Ok(false);
                }
            };
            number += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line[0] == b'#' {
                continue;
            }
            let parsed = self.parse(line).filter(|l| !(file == b"-" && l.name == b"-"));
            let Some(line) = parsed else {
                improper += 1;
                if self.manner.warn {
                    let kind = self.algorithm.map_or("", Algorithm::tag);
                    let text = if kind.is_empty() {
                        format!(": {number}: improperly formatted checksum line")
                    } else {
                        format!(": {number}: improperly formatted {kind} checksum line")
                    };
                    cx.warn([&quotef(shown)[..], text.as_bytes()].concat());
                }
                continue;
            };
            proper += 1;
            match verify(cx, &line, self.manner.ignore_missing)? {
                Verdict::Missing => {}
                Verdict::Unread => {
                    unread += 1;
                    if !self.manner.status {
                        say(cx, &line.name, "FAILED open or read")?;
                    }
                }
                Verdict::Same(same) => {
                    matched |= same;
                    mismatched += u64::from(!same);
                    let silent = self.manner.status || (same && self.manner.quiet);
                    if !silent {
                        say(cx, &line.name, if same { "OK" } else { "FAILED" })?;
                    }
                }
            }
        }
        if proper == 0 {
            cx.stdout.flush_now()?;
            cx.warn([&quotef(shown)[..], b": no properly formatted checksum lines found"].concat());
        } else if !self.manner.status {
            cx.stdout.flush_now()?;
            let mut warn = |n: u64, one: &str, many: &str| match n {
                0 => {}
                1 => cx.warn(format!("WARNING: 1 {one}")),
                n => cx.warn(format!("WARNING: {n} {many}")),
            };
            warn(
                improper,
                "line is improperly formatted",
                "lines are improperly formatted",
            );
            warn(
                unread,
                "listed file could not be read",
                "listed files could not be read",
            );
            warn(
                mismatched,
                "computed checksum did NOT match",
                "computed checksums did NOT match",
            );
            if self.manner.ignore_missing && !matched {
                cx.warn([&quotef(shown)[..], b": no file was verified"].concat());
            }
        }
        let strict = !self.manner.strict || improper == 0;
        Ok(proper > 0 && matched && mismatched == 0 && unread == 0 && strict)
    }
}

fn tagged(algorithm: Algorithm, len: usize, after: &[u8], escaped: bool) -> Option<Line> {
    let close = after.iter().rposition(|b| *b == b')')?;
    let mut rest = &after[close + 1..];
    while is_blank(rest.first()) {
        rest = &rest[1..];
    }
    rest = rest.strip_prefix(b"=")?;
    while is_blank(rest.first()) {
        rest = &rest[1..];
    }
    let digest = unhex(rest).filter(|d| d.len() == len)?;
    let name = &after[..close];
    let name = if escaped { unescape(name)? } else { name.to_vec() };
    Some(Line {
        algorithm,
        digest,
        name,
    })
}

enum Verdict {
    Same(bool),
    Unread,
    Missing,
}

fn verify(cx: &mut Context<'_>, line: &Line, ignore_missing: bool) -> Result<Verdict, CommandError> {
    let summed = match input::open(cx, &line.name) {
        Ok(mut source) => sum(cx, &mut source, line)?,
        Err(e) => Err(e),
    };
    match summed {
        Ok(same) => Ok(Verdict::Same(same)),
        Err(e) if ignore_missing && e.errno() == Errno::ENOENT => Ok(Verdict::Missing),
        Err(e) => {
            // The order of the two streams is that of the real tool, whose output is buffered by lines.
            cx.stdout.flush_now()?;
            input::warn(cx, &line.name, &e)?;
            Ok(Verdict::Unread)
        }
    }
}

fn sum(cx: &Context<'_>, source: &mut Source, line: &Line) -> Result<vfs::Result<bool>, CommandError> {
    Ok(line
        .algorithm
        .sum(cx, source, line.digest.len())?
        .map(|sum| matches!(sum, Sum::Digest(d) if *d == line.digest[..])))
}

fn say(cx: &mut Context<'_>, name: &[u8], verdict: &str) -> Result<(), CommandError> {
    let out = cx.stdout.buffer();
    // Unlike when printing sums, a backslash alone is no reason.
    if name.contains(&b'\n') {
        out.push(b'\\');
        escape(name, out);
    } else {
        out.extend_from_slice(name);
    }
    out.extend_from_slice(b": ");
    out.extend_from_slice(verdict.as_bytes());
    out.push(b'\n');
    Ok(cx.stdout.spill()?)
}
