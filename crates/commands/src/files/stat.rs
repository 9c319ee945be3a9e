//! `stat`: what is known of files.

use shell::command::{CommandError, CommandResult, Context};
use vfs::{Errno, FileKind, Stat, Time, VPath};

use super::facts::{self, Names};
use crate::options::{Args, Spec, flag, value};
use crate::quote::quoteaf;
use crate::time::{Moment, Zone};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "stat",
    "[OPTION]... FILE...",
    "Display file or file system status.",
    &[
        flag("L", "dereference", "follow links"),
        flag("f", "file-system", "display file system status instead of file status"),
        value("", "cached", "MODE", "(accepted)"),
        value(
            "c",
            "format",
            "FORMAT",
            "use the specified FORMAT instead of the default;\noutput a newline after each use of FORMAT",
        ),
        value(
            "",
            "printf",
            "FORMAT",
            "like --format, but interpret backslash escapes,\nand do not output a mandatory trailing newline",
        ),
        flag("t", "terse", "print the information in terse form"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

const DEFAULT: &[u8] =
    b"  File: %N\n  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\nDevice: %Hd,%Ld\tInode: %-10i  Links: %h";
const DEFAULT_TAIL: &[u8] =
    b"\nAccess: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\nAccess: %x\nModify: %y\nChange: %z\n Birth: %w\n";
const TERSE: &[u8] = b"%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n";
const FS_DEFAULT: &[u8] = b"  File: \"%n\"\n    ID: %-8i Namelen: %-7l Type: %T\nBlock size: %-10s Fundamental block size: %S\nBlocks: Total: %-10b Free: %-10f Available: %a\nInodes: Total: %-10c Free: %d\n";
const FS_TERSE: &[u8] = b"%n %i %l %t %s %S %b %f %a %c %d\n";

/// How names are shown.
struct View {
    names: Names,
    always_quote: bool,
}

struct Subject<'a> {
    name: &'a [u8],
    path: VPath,
    stat: Stat,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let mut format: Option<(Vec<u8>, bool)> = None;
    for o in &args.options {
        match o.key {
            "format" => format = Some((o.value().to_vec(), false)),
            "printf" => format = Some((o.value().to_vec(), true)),
            _ => {}
        }
    }
    let file_system = args.has("file-system");
    let follow = args.has("dereference");
    let names = View {
        names: Names::load(cx),
        // The default format quotes only what needs it.
        always_quote: format.is_some(),
    };
    let zone = Zone::of(cx);
    let mut ok = true;
    for name in &args.operands {
        let found = if name == b"-" {
            if file_system {
                cx.warn("using '-' to denote standard input does not work in file system mode");
                ok = false;
                continue;
            }
            cx.stdin.file().stat(&cx.cancel).map(|s| (cx.cwd.clone(), s))
        } else {
            cx.path(name).and_then(|p| {
                let s = if follow || file_system || name.ends_with(b"/") {
                    cx.fs.stat(&p)?
                } else {
                    cx.fs.lstat(&p)?
                };
                if name.ends_with(b"/") && !s.is_dir() {
                    return Err(Errno::ENOTDIR.into());
                }
                Ok((p, s))
            })
        };
        let (path, stat) = match found {
            Ok(found) => found,
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                ok = false;
                let what: &[u8] = if file_system {
                    b"cannot read file system information for "
                } else {
                    b"cannot statx "
                };
                cx.warn([what, &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat());
                continue;
            }
        };
        let subject = Subject { name, path, stat };
        let (text, escapes, newline) = match &format {
            Some((text, printf)) => (text.clone(), *printf, !printf),
            None if file_system => {
                let text = if args.has("terse") { FS_TERSE } else { FS_DEFAULT };
                (text.to_vec(), false, false)
            }
            None if args.has("terse") => (TERSE.to_vec(), false, false),
            None => {
                let device = matches!(subject.stat.kind, FileKind::CharDevice | FileKind::BlockDevice);
                let middle: &[u8] = if device { b"     Device type: %Hr,%Lr" } else { b"" };
                ([DEFAULT, middle, DEFAULT_TAIL].concat(), false, false)
            }
        };
        let mut out = Vec::new();
        let good = expand(cx, &subject, &text, escapes, file_system, &names, &zone, &mut out)?;
        if newline {
            out.push(b'\n');
        }
        cx.stdout.buffer().extend_from_slice(&out);
        cx.stdout.spill()?;
        ok &= good;
    }
    status(ok, 1)
}

#[allow(clippy::too_many_arguments)]
fn expand(
    cx: &mut Context<'_>,
    s: &Subject<'_>,
    format: &[u8],
    escapes: bool,
    file_system: bool,
    names: &View,
    zone: &Zone,
    out: &mut Vec<u8>,
) -> Result<bool, CommandError> {
    let mut at = 0;
    while let Some(&b) = format.get(at) {
        at += 1;
        match b {
            b'%' => {
                let start = at;
                at += format[at..].iter().take_while(|b| b"-#0+ '".contains(b)).count();
                let flags = &format[start..at];
                let digits = |at: &mut usize| {
                    let len = format[*at..].iter().take_while(|b| b.is_ascii_digit()).count();
                    let n = format[*at..*at + len].iter().fold(0usize, |n, d| {
                        n.saturating_mul(10).saturating_add(usize::from(d - b'0'))
                    });
                    *at += len;
                    n.min(1 << 16)
                };
                let width = digits(&mut at);
                let precision = if format.get(at) == Some(&b'.') {
                    at += 1;
                    Some(digits(&mut at))
                } else {
                    None
                };
                let Some(&letter) = format.get(at) else {
                    if format[start..].is_empty() {
                        out.push(b'%');
                        return Ok(true);
                    }
                    return Err(CommandError::fail(
                        1,
                        [&crate::quote::quote(&format[start - 1..])[..], b": invalid directive"].concat(),
                    ));
                };
                at += 1;
                let pair = (letter == b'H' || letter == b'L')
                    .then(|| format.get(at).copied())
                    .flatten()
                    .filter(|c| matches!(c, b'd' | b'r'));
                if pair.is_some() && !file_system {
                    at += 1;
                }
                if letter == b'%' {
                    if at - start > 1 {
                        return Err(CommandError::fail(
                            1,
                            [&crate::quote::quote(&format[start - 1..at])[..], b": invalid directive"].concat(),
                        ));
                    }
                    out.push(b'%');
                    continue;
                }
                let shown = if file_system {
                    system_value(cx, s, letter)
                } else {
                    file_value(cx, s, letter, pair, flags.contains(&b'#'), names, zone)
                };
                pad(&shown, flags, width, precision, out);
            }
            b'\\' if escapes => at = escape(cx, format, at, out),
            _ => out.push(b),
        }
    }
    Ok(true)
}

/// A value, and whether it is a number (padded with zeros on demand).
enum Shown {
    Number(String),
    Text(Vec<u8>),
    /// Seconds with a fraction.
    Time(Time),
}

fn pad(shown: &Shown, flags: &[u8], width: usize, precision: Option<usize>, out: &mut Vec<u8>) {
    let left = flags.contains(&b'-');
    let (text, zeros) = match shown {
        Shown::Number(n) => {
            let n = match precision {
                Some(p) => format!("{n:0>p$}"),
                None => n.clone(),
            };
            let plus = if flags.contains(&b'+') && !n.starts_with('-') {
                "+"
            } else if flags.contains(&b' ') && !n.starts_with('-') {
                " "
            } else {
                ""
            };
            (
                format!("{plus}{n}").into_bytes(),
                flags.contains(&b'0') && !left && precision.is_none(),
            )
        }
        Shown::Text(t) => {
            let len = precision.map_or(t.len(), |p| p.min(t.len()));
            (t[..len].to_vec(), false)
        }
        Shown::Time(t) => {
            let text = match precision {
                None => t.seconds.to_string(),
                Some(0) => format!("{}.{:09}", t.seconds, t.nanos),
                Some(p) => {
                    let nanos = format!("{:09}", t.nanos);
                    let digits: String = nanos.chars().chain(std::iter::repeat('0')).take(p).collect();
                    format!("{}.{digits}", t.seconds)
                }
            };
            (text.into_bytes(), flags.contains(&b'0') && !left)
        }
    };
    let fill = width.saturating_sub(text.len());
    match (left, zeros) {
        (true, _) => {
            out.extend_from_slice(&text);
            out.resize(out.len() + fill, b' ');
        }
        (_, true) => {
            out.resize(out.len() + fill, b'0');
            out.extend_from_slice(&text);
        }
        _ => {
            out.resize(out.len() + fill, b' ');
            out.extend_from_slice(&text);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn file_value(
    cx: &Context<'_>,
    s: &Subject<'_>,
    letter: u8,
    pair: Option<u8>,
    alternative: bool,
    names: &View,
    zone: &Zone,
) -> Shown {
    let stat = &s.stat;
    let number = |n: u64| Shown::Number(n.to_string());
    let text = |t: &str| Shown::Text(t.as_bytes().to_vec());
    let full_mode = facts::mode(stat) | stat.kind.mode_bits();
    let time = |t: Option<Time>| t.unwrap_or_default();
    let changed = stat.ctime.or(stat.mtime);
    let accessed = stat.atime.or(stat.mtime);
    let human = |t: Option<Time>| match t {
        Some(t) => Shown::Text(Moment::new(t, zone).format(b"%Y-%m-%d %H:%M:%S.%N %z")),
        None => text("-"),
    };
    let device = facts::device(cx, &s.path);
    let (major, minor) = (|d: u64| d >> 8, |d: u64| d & 0xff);
    match (letter, pair) {
        (b'H', Some(b'd')) => number(major(device)),
        (b'L', Some(b'd')) => number(minor(device)),
        (b'H', Some(_)) => number(major(stat.rdev)),
        (b'L', Some(_)) => number(minor(stat.rdev)),
        (b'a', _) => {
            let octal = format!("{:o}", facts::mode(stat));
            Shown::Number(if alternative && octal != "0" {
                format!("0{octal}")
            } else {
                octal
            })
        }
        (b'A', _) => text(&facts::letters(stat)),
        (b'b', _) => number(facts::blocks(stat)),
        (b'B', _) => number(512),
        (b'C', _) => text("?"),
        (b'd', _) => number(device),
        (b'D', _) => Shown::Number(format!("{device:x}")),
        (b'f', _) => Shown::Number(format!("{full_mode:x}")),
        (b'F', _) => text(facts::kind_name(stat)),
        (b'g', _) => number(u64::from(stat.gid.unwrap_or(0))),
        (b'G', _) => text(names.names.group(stat.gid.unwrap_or(0)).unwrap_or("UNKNOWN")),
        (b'h', _) => number(u64::from(stat.nlink)),
        (b'i', _) => number(stat.ino),
        (b'm', _) => Shown::Text(facts::mount_point(cx, &s.path).as_bytes().to_vec()),
        (b'n', _) => Shown::Text(s.name.to_vec()),
        (b'N', _) => {
            let mut shown = crate::quote::shell_escape(s.name, names.always_quote, false);
            if stat.is_symlink()
                && let Ok(target) = cx.fs.read_link(&s.path)
            {
                shown.extend_from_slice(b" -> ");
                shown.extend_from_slice(&crate::quote::shell_escape(&target, names.always_quote, false));
            }
            Shown::Text(shown)
        }
        (b'o', _) => number(4096),
        (b'r', _) => number(stat.rdev),
        (b'R', _) => Shown::Number(format!("{:x}", stat.rdev)),
        (b's', _) => number(facts::size(stat)),
        (b't', _) => Shown::Number(format!("{:x}", major(stat.rdev))),
        (b'T', _) => Shown::Number(format!("{:x}", minor(stat.rdev))),
        (b'u', _) => number(u64::from(stat.uid.unwrap_or(0))),
        (b'U', _) => text(names.names.user(stat.uid.unwrap_or(0)).unwrap_or("UNKNOWN")),
        (b'w', _) => human(stat.btime),
        (b'W', _) => Shown::Time(time(stat.btime)),
        (b'x', _) => human(accessed),
        (b'X', _) => Shown::Time(time(accessed)),
        (b'y', _) => human(stat.mtime),
        (b'Y', _) => Shown::Time(time(stat.mtime)),
        (b'z', _) => human(changed),
        (b'Z', _) => Shown::Time(time(changed)),
        _ => text("?"),
    }
}

fn system_value(cx: &Context<'_>, s: &Subject<'_>, letter: u8) -> Shown {
    let space = cx.fs.space(&s.path).ok().flatten();
    let number = |n: u64| Shown::Number(n.to_string());
    let blocks = |n: Option<u64>| number(n.unwrap_or(0) / 4096);
    let kind = cx
        .fs
        .fs()
        .vfs()
        .mounts()
        .find(&s.path)
        .map_or_else(|| "none".into(), |(m, _)| m.resource.kind().to_string());
    match letter {
        b'a' | b'f' => blocks(space.map(|s| s.free)),
        b'b' => blocks(space.map(|s| s.total)),
        b'c' => number(space.map_or(0, |s| s.files)),
        b'd' => number(space.map_or(0, |s| s.files_free)),
        b'i' => Shown::Number(format!("{:x}", facts::device(cx, &s.path))),
        b'l' => number(255),
        b'n' => Shown::Text(s.name.to_vec()),
        b's' | b'S' => number(4096),
        b't' => Shown::Number("0".into()),
        b'T' => Shown::Text(kind.into_bytes()),
        _ => Shown::Text(b"?".to_vec()),
    }
}

/// An escape of `--printf`; where it ends.
fn escape(cx: &mut Context<'_>, format: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    let Some(&e) = format.get(at) else {
        cx.warn("warning: backslash at end of format");
        out.push(b'\\');
        return at;
    };
    let digits = |from: usize, radix: u32, most: usize| {
        let len = format[from..]
            .iter()
            .take(most)
            .take_while(|b| (**b as char).is_digit(radix))
            .count();
        let n = format[from..from + len]
            .iter()
            .fold(0u32, |n, b| n * radix + (*b as char).to_digit(radix).unwrap_or(0));
        (n as u8, len)
    };
    match e {
        b'0'..=b'7' => {
            let (n, len) = digits(at, 8, 3);
            out.push(n);
            return at + len;
        }
        b'x' if format.get(at + 1).is_some_and(u8::is_ascii_hexdigit) => {
            let (n, len) = digits(at + 1, 16, 2);
            out.push(n);
            return at + 1 + len;
        }
        b'a' => out.push(7),
        b'b' => out.push(8),
        b'e' => out.push(27),
        b'f' => out.push(12),
        b'n' => out.push(b'\n'),
        b'r' => out.push(b'\r'),
        b't' => out.push(b'\t'),
        b'v' => out.push(11),
        b'"' | b'\\' => out.push(e),
        other => {
            cx.warn([&b"warning: unrecognized escape '\\"[..], &[other], b"'"].concat());
            out.push(other);
        }
    }
    at + 1
}
