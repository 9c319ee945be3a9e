//! `-printf` and `-ls`.

use shell::command::{CommandError, Context};
use vfs::FileKind;

use super::Here;
use super::eval::{Run, time_of};
use super::expr::Stamp;
use crate::files::facts;
use crate::quote::escape;
use crate::shellutils::basename::{base_name, strip_slashes};
use crate::time::Moment;

/// A format.
pub(crate) struct Format(Vec<Piece>);

enum Piece {
    Text(Vec<u8>),
    /// Flags and width, letter, and the letter of a time.
    Value {
        left: bool,
        zero: bool,
        plus: bool,
        alternative: bool,
        width: usize,
        precision: Option<usize>,
        letter: u8,
        time: u8,
    },
    /// `\c`: nothing after it, and out at once.
    Stop,
}

impl Format {
    pub fn parse(cx: &mut Context<'_>, text: &[u8]) -> Result<Self, CommandError> {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        let mut at = 0;
        while let Some(&b) = text.get(at) {
            at += 1;
            match b {
                b'\\' => {
                    let Some(&e) = text.get(at) else {
                        plain.push(b'\\');
                        break;
                    };
                    at += 1;
                    match e {
                        b'a' => plain.push(7),
                        b'b' => plain.push(8),
                        b'f' => plain.push(12),
                        b'n' => plain.push(b'\n'),
                        b'r' => plain.push(b'\r'),
                        b't' => plain.push(b'\t'),
                        b'v' => plain.push(11),
                        b'\\' => plain.push(b'\\'),
                        b'c' => {
                            pieces.push(Piece::Text(plain));
                            pieces.push(Piece::Stop);
                            return Ok(Self(pieces));
                        }
                        b'0'..=b'7' => {
                            let mut n = u32::from(e - b'0');
                            for _ in 0..2 {
                                let Some(d @ b'0'..=b'7') = text.get(at) else { break };
                                n = n * 8 + u32::from(d - b'0');
                                at += 1;
                            }
                            plain.push(n as u8);
                        }
                        other => {
                            cx.warn([&b"warning: unrecognized escape `\\"[..], &[other], b"'"].concat());
                            plain.extend_from_slice(&[b'\\', other]);
                        }
                    }
                }
                b'%' => {
                    let start = at - 1;
                    if text.get(at) == Some(&b'%') {
                        plain.push(b'%');
                        at += 1;
                        continue;
                    }
                    let (mut left, mut zero, mut plus, mut alternative) = (false, false, false, false);
                    while let Some(f) = text.get(at) {
                        match f {
                            b'-' => left = true,
                            b'0' => zero = true,
                            b'+' => plus = true,
                            b'#' => alternative = true,
                            b' ' => {}
                            _ => break,
                        }
                        at += 1;
                    }
                    let number = |at: &mut usize| {
                        let len = text[*at..].iter().take_while(|b| b.is_ascii_digit()).count();
                        let n = text[*at..*at + len].iter().fold(0usize, |n, d| {
                            n.saturating_mul(10).saturating_add(usize::from(d - b'0'))
                        });
                        *at += len;
                        n.min(1 << 16)
                    };
                    let width = number(&mut at);
                    let mut precision = None;
                    if text.get(at) == Some(&b'.') {
                        at += 1;
                        precision = Some(number(&mut at));
                    }
                    let Some(&letter) = text.get(at) else {
                        return Err(CommandError::fail(1, "error: % at end of format string"));
                    };
                    at += 1;
                    if b"abcdDfFgGhHiklmMnpPsStuUyYZ".contains(&letter) || b"ABCT".contains(&letter) {
                        let mut time = 0;
                        if b"ABCT".contains(&letter) {
                            time = text.get(at).copied().ok_or_else(|| {
                                CommandError::fail(
                                    1,
                                    format!("error: the format directive `%{}' is incomplete", letter as char),
                                )
                            })?;
                            at += 1;
                        }
                        pieces.push(Piece::Text(std::mem::take(&mut plain)));
                        pieces.push(Piece::Value {
                            left,
                            zero,
                            plus,
                            alternative,
                            width,
                            precision,
                            letter,
                            time,
                        });
                    } else {
                        cx.warn([&b"warning: unrecognized format directive `%"[..], &[letter], b"'"].concat());
                        plain.extend_from_slice(&text[start..at]);
                    }
                }
                _ => plain.push(b),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    /// Writes the format for a file; whether it is to go out at once.
    pub(super) fn expand(&self, cx: &Context<'_>, run: &Run, here: &Here<'_>, out: &mut Vec<u8>) -> bool {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Stop => return true,
                Piece::Value {
                    left,
                    zero,
                    plus,
                    alternative,
                    width,
                    precision,
                    letter,
                    time,
                } => {
                    let numeric = b"dDGnUm".contains(letter);
                    let mut text = value(cx, run, here, *letter, *time, *alternative);
                    if let Some(p) = precision
                        && !numeric
                    {
                        text.truncate(*p);
                    }
                    if *plus && numeric {
                        text.insert(0, b'+');
                    }
                    let fill = width.saturating_sub(text.len());
                    if *left {
                        out.extend_from_slice(&text);
                        out.resize(out.len() + fill, b' ');
                    } else {
                        out.resize(out.len() + fill, if *zero && numeric { b'0' } else { b' ' });
                        out.extend_from_slice(&text);
                    }
                }
            }
        }
        false
    }
}

fn value(cx: &Context<'_>, run: &Run, here: &Here<'_>, letter: u8, time: u8, alternative: bool) -> Vec<u8> {
    let s = here.stat;
    let number = |n: u64| n.to_string().into_bytes();
    match letter {
        b'a' => moment(run, here, Stamp::Accessed, 0),
        b'c' => moment(run, here, Stamp::Changed, 0),
        b't' => moment(run, here, Stamp::Modified, 0),
        b'A' => moment(run, here, Stamp::Accessed, time),
        b'B' => moment(run, here, Stamp::Born, time),
        b'C' => moment(run, here, Stamp::Changed, time),
        b'T' => moment(run, here, Stamp::Modified, time),
        b'b' => number(facts::blocks(s)),
        b'd' => number(here.depth as u64),
        b'D' => number(facts::device(cx, here.path)),
        b'f' => base_name(here.name).to_vec(),
        b'F' => cx
            .fs
            .fs()
            .vfs()
            .mounts()
            .find(here.path)
            .map_or_else(|| b"unknown".to_vec(), |(m, _)| m.resource.kind().as_bytes().to_vec()),
        b'g' => {
            let id = s.gid.unwrap_or(0);
            run.names
                .group(id)
                .map_or_else(|| number(u64::from(id)), |n| n.as_bytes().to_vec())
        }
        b'G' => number(u64::from(s.gid.unwrap_or(0))),
        b'h' => {
            let trimmed = strip_slashes(here.name);
            match memchr::memrchr(b'/', trimmed) {
                Some(at) => trimmed[..at].to_vec(),
                None if here.name.starts_with(b"/") => Vec::new(),
                None => b".".to_vec(),
            }
        }
        b'H' => here.root.to_vec(),
        b'i' => number(s.ino),
        b'k' => number(facts::blocks(s).div_ceil(2)),
        b'l' => {
            if s.is_symlink() {
                cx.fs.read_link(here.path).map(|t| t.to_vec()).unwrap_or_default()
            } else {
                Vec::new()
            }
        }
        b'm' => {
            let mode = facts::mode(s);
            if alternative {
                format!("0{mode:o}")
            } else {
                format!("{mode:o}")
            }
            .into_bytes()
        }
        b'M' => facts::letters(s).into_bytes(),
        b'n' => number(u64::from(s.nlink)),
        b'p' => here.name.to_vec(),
        b'P' => {
            let rest = here.name.strip_prefix(here.root).unwrap_or_default();
            rest.strip_prefix(b"/").unwrap_or(rest).to_vec()
        }
        b's' => number(facts::size(s)),
        b'S' => {
            let size = facts::size(s);
            let ratio = if size == 0 {
                1.0
            } else {
                512.0 * facts::blocks(s) as f64 / size as f64
            };
            crate::cformat::Conversion {
                letter: b'g',
                ..Default::default()
            }
            .format(ratio)
            .into_bytes()
        }
        b'u' => {
            let id = s.uid.unwrap_or(0);
            run.names
                .user(id)
                .map_or_else(|| number(u64::from(id)), |n| n.as_bytes().to_vec())
        }
        b'U' => number(u64::from(s.uid.unwrap_or(0))),
        b'y' => vec![kind_letter(s.kind)],
        b'Y' => {
            if !s.is_symlink() {
                return vec![kind_letter(s.kind)];
            }
            match cx.fs.stat(here.path) {
                Ok(t) => vec![kind_letter(t.kind)],
                Err(e) if e.errno() == vfs::Errno::ENOENT => b"N".to_vec(),
                Err(e) if e.errno() == vfs::Errno::ELOOP => b"L".to_vec(),
                Err(_) => b"?".to_vec(),
            }
        }
        _ => Vec::new(),
    }
}

fn kind_letter(kind: FileKind) -> u8 {
    match kind {
        FileKind::File => b'f',
        FileKind::Dir => b'd',
        FileKind::Symlink => b'l',
        FileKind::Fifo => b'p',
        FileKind::Socket => b's',
        FileKind::CharDevice => b'c',
        FileKind::BlockDevice => b'b',
    }
}

/// A time in `strftime`'s letter, whose seconds have ten decimals; 0 is the form of `ctime`.
fn moment(run: &Run, here: &Here<'_>, stamp: Stamp, letter: u8) -> Vec<u8> {
    let time = time_of(here.stat, stamp);
    let m = Moment::new(time, &run.zone);
    let fraction = format!(".{:09}0", time.nanos).into_bytes();
    let with = |before: &[u8], after: &[u8]| [m.format(before), fraction.clone(), m.format(after)].concat();
    match letter {
        0 => with(b"%a %b %e %H:%M:%S", b" %Y"),
        b'@' => with(b"%s", b""),
        b'S' => with(b"%S", b""),
        b'T' | b'X' => with(b"%H:%M:%S", b""),
        b'+' => with(b"%Y-%m-%d+%H:%M:%S", b""),
        _ => m.format(&[b'%', letter]),
    }
}

/// A line as `ls -dils` has it.
pub(super) fn ls_line(cx: &Context<'_>, run: &Run, here: &Here<'_>) -> Vec<u8> {
    let s = here.stat;
    let time = time_of(s, Stamp::Modified);
    let now = run.globals.now;
    let recent = time.seconds > now.seconds - 15_778_476 && time.seconds <= now.seconds + 3600;
    let format: &[u8] = if recent { b"%b %e %H:%M" } else { b"%b %e  %Y" };
    let date = String::from_utf8_lossy(&Moment::new(time, &run.zone).format(format)).into_owned();
    let name = |id: u32, name: Option<&str>| name.map_or_else(|| id.to_string(), String::from);
    let user = name(s.uid.unwrap_or(0), run.names.user(s.uid.unwrap_or(0)));
    let group = name(s.gid.unwrap_or(0), run.names.group(s.gid.unwrap_or(0)));
    let mut line = format!(
        "{:>9} {:>6} {} {:>3} {user:<8} {group:<8} {:>8} {date} ",
        s.ino,
        facts::blocks(s).div_ceil(2),
        facts::letters(s),
        s.nlink,
        facts::size(s),
    )
    .into_bytes();
    line.extend(escape(here.name));
    if s.is_symlink()
        && let Ok(target) = cx.fs.read_link(here.path)
    {
        line.extend_from_slice(b" -> ");
        line.extend(escape(&target));
    }
    line.push(b'\n');
    line
}
