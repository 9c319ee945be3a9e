//! `file`: what kind of file it is, in the words of the `file` of Debian (5.44).
//!
//! The tests run in its order: what the tree says (directory, link, device, empty), then formats that are parsed (tar, JSON, CSV), then
//! signatures of binary formats, then scripts and languages, and at last the encoding of plain text.

mod archive;
mod elf;
mod encoding;
mod image;
mod json;
mod language;
mod media;
mod probe;
mod signature;
mod struct_text;
mod verdict;

use std::io::Read;

use shell::command::{CommandError, CommandResult, Context};
use unicode_width::UnicodeWidthStr;
use vfs::{ByteRange, Errno, FileKind, Stat};

use self::probe::{Probe, Tests};
use crate::archive::codec::Codec;
use crate::input::{self, Source};
use crate::options::{Args, Item, Order, Spec, Suite, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "file",
    "[OPTION...] [FILE...]",
    "Determine type of FILEs.",
    &[
        flag("v", "version", "output version information and exit"),
        value("m", "magic-file", "LIST", ""),
        flag("z", "uncompress", "try to look inside compressed files"),
        flag(
            "Z",
            "uncompress-noreport",
            "only print the contents of compressed files",
        ),
        flag("b", "brief", "do not prepend filenames to output lines"),
        flag("c", "checking-printout", ""),
        value(
            "e",
            "exclude",
            "TEST",
            "exclude TEST from the list of test to be performed for file;\n\
             valid tests are: apptype, ascii, cdf, compress, csv, elf, encoding, soft, tar, json, text, tokens",
        ),
        value("", "exclude-quiet", "TEST", "like exclude, but ignore unknown tests"),
        value("f", "files-from", "FILE", "read the filenames to be examined from FILE"),
        value("F", "separator", "STRING", "use string as separator instead of `:'"),
        flag(
            "i",
            "mime",
            "output MIME type strings (--mime-type and --mime-encoding)",
        ),
        flag("", "apple", ""),
        flag("", "extension", "output a slash-separated list of extensions"),
        flag("", "mime-type", "output the MIME type"),
        flag("", "mime-encoding", "output the MIME encoding"),
        flag("k", "keep-going", "don't stop at the first match"),
        flag("l", "list", ""),
        flag(
            "L",
            "dereference",
            "follow symlinks (default if POSIXLY_CORRECT is set)",
        ),
        flag(
            "h",
            "no-dereference",
            "don't follow symlinks (default if POSIXLY_CORRECT is not set)",
        ),
        flag("n", "no-buffer", "do not buffer output"),
        flag("N", "no-pad", "do not pad output"),
        flag("0", "print0", "terminate filenames with ASCII NUL"),
        flag("p", "preserve-date", "preserve access times on files"),
        value("P", "parameter", "NAME=VALUE", "set file engine parameter limits"),
        flag("r", "raw", "don't translate unprintable chars to \\ooo"),
        flag(
            "s",
            "special-files",
            "treat special (block/char devices) files as ordinary ones",
        ),
        flag("S", "no-sandbox", "disable system call sandboxing"),
        flag("E", "", "on filesystem errors, issue an error message and exit"),
        flag("C", "compile", ""),
        flag("d", "debug", ""),
    ],
)
.order(Order::InOrder)
.suite(Suite::Other("file compatible) 5.44"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// How much of a file is looked at.
const LOOK: u64 = 1 << 20;

/// What is to be printed of each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Show {
    mime: bool,
    encoding: bool,
    extension: bool,
}

#[derive(Debug, Clone)]
struct Settings {
    show: Show,
    brief: bool,
    pad: bool,
    raw: bool,
    keep_going: bool,
    follow: bool,
    devices: bool,
    strict: bool,
    /// `-z`; the outer format is named too unless `-Z`.
    inside: Option<bool>,
    zeros: usize,
    separator: Vec<u8>,
    tests: Tests,
    look: u64,
}

/// The usage text of `file`, which it prints instead of a hint.
const USAGE: &str = "Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]
            [--mime-type] [-e <testname>] [-F <separator>]  [-f <namefile>]
            [-m <magicfiles>] [-P <parameter=value>] [--exclude-quiet]
            <file> ...
       file -C [-m <magicfiles>]
       file [--help]";

fn usage(cx: &mut Context<'_>) -> CommandResult {
    use std::io::Write;
    cx.stderr.write_all(USAGE.as_bytes())?;
    cx.stderr.write_all(b"\n")?;
    status(false, 1)
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut s = Settings {
        show: Show {
            mime: false,
            encoding: false,
            extension: false,
        },
        brief: false,
        pad: true,
        raw: false,
        keep_going: false,
        follow: cx.env.contains_key(&b"POSIXLY_CORRECT"[..]),
        devices: false,
        strict: false,
        inside: None,
        zeros: 0,
        separator: b":".to_vec(),
        tests: Tests::default(),
        look: LOOK,
    };
    let mut names = args.operands.clone();
    let (mut listed, mut ok) = (false, true);
    for o in &args.options {
        match o.key {
            "" => names.push(o.value().to_vec()),
            "files-from" => {
                listed = true;
                ok &= from_list(cx, &s, o.value())?;
            }
            "version" => {
                let out = cx.stdout.buffer();
                out.extend_from_slice(b"file-5.44 (@mirage/node-native ");
                out.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes());
                out.extend_from_slice(b")\n");
                return status(true, 0);
            }
            _ => match set(&mut s, o) {
                Setting::Done => {}
                Setting::Wrong => return usage(cx),
                Setting::Unsupported(what) => {
                    let text = format!("{what} is not supported: there are no magic files here");
                    return Err(CommandError::fail(1, text));
                }
            },
        }
    }
    if names.is_empty() && !listed {
        return usage(cx);
    }
    ok &= examine_all(cx, &s, &names)?;
    status(ok, 1)
}

enum Setting {
    Done,
    Wrong,
    Unsupported(&'static str),
}

fn set(s: &mut Settings, o: &Item) -> Setting {
    match o.key {
        "brief" => s.brief = true,
        "no-pad" => s.pad = false,
        "raw" => s.raw = true,
        "keep-going" => s.keep_going = true,
        "dereference" => s.follow = true,
        "no-dereference" => s.follow = false,
        "special-files" => s.devices = true,
        "E" => s.strict = true,
        "uncompress" => s.inside = Some(true),
        "uncompress-noreport" => s.inside = Some(false),
        "print0" => s.zeros += 1,
        "separator" => s.separator = o.value().to_vec(),
        "mime" => (s.show.mime, s.show.encoding) = (true, true),
        "mime-type" => s.show.mime = true,
        "mime-encoding" => s.show.encoding = true,
        "extension" => s.show.extension = true,
        "exclude" if !s.tests.exclude(o.value()) => return Setting::Wrong,
        "exclude-quiet" => {
            s.tests.exclude(o.value());
        }
        "parameter" => {
            let mut parts = o.value().splitn(2, |b| *b == b'=');
            let (name, number) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let Ok(number) = crate::number::decimal(number) else {
                return Setting::Wrong;
            };
            match name {
                b"bytes" => s.look = number,
                b"elf_notes" | b"elf_phnum" | b"elf_shnum" | b"encoding" | b"indir" | b"name" | b"regex" => {}
                _ => return Setting::Wrong,
            }
        }
        "magic-file" => return Setting::Unsupported("--magic-file"),
        "compile" => return Setting::Unsupported("--compile"),
        "checking-printout" => return Setting::Unsupported("--checking-printout"),
        "list" => return Setting::Unsupported("--list"),
        "apple" => return Setting::Unsupported("--apple"),
        _ => {}
    }
    Setting::Done
}

fn from_list(cx: &mut Context<'_>, s: &Settings, list: &[u8]) -> Result<bool, CommandError> {
    let text = match input::open(cx, list).and_then(|mut source| source.read_all()) {
        Ok(text) => text,
        Err(e) => {
            let text = [b"Cannot open `", list, b"' (", e.gnu_text().as_bytes(), b")"].concat();
            return Err(CommandError::fail(1, text));
        }
    };
    let mut names: Vec<Vec<u8>> = text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    if names.last().is_some_and(Vec::is_empty) {
        names.pop();
    }
    examine_all(cx, s, &names)
}

fn examine_all(cx: &mut Context<'_>, s: &Settings, names: &[Vec<u8>]) -> Result<bool, CommandError> {
    let shown: Vec<Vec<u8>> = names
        .iter()
        .map(|n| match &n[..] {
            b"-" => b"/dev/stdin".to_vec(),
            n if s.raw => n.to_vec(),
            n => verdict::printable(n),
        })
        .collect();
    let width = |n: &[u8]| String::from_utf8_lossy(n).width();
    let widest = shown.iter().map(|n| width(n)).max().unwrap_or(0);
    for (name, shown) in names.iter().zip(&shown) {
        let answer = examine(cx, s, name)?;
        let out = cx.stdout.buffer();
        if !s.brief {
            out.extend_from_slice(shown);
            if s.zeros > 0 {
                out.push(0);
            }
            if s.zeros < 2 {
                out.extend_from_slice(&s.separator);
                let pad = if s.pad { widest - width(shown) } else { 0 };
                out.extend(std::iter::repeat_n(b' ', pad + 1));
            }
        }
        let (text, fatal) = match answer {
            Answer::Text(text) => (text, false),
            Answer::Fatal(text) => (text, true),
        };
        out.extend_from_slice(&text);
        out.push(if s.zeros > 1 { 0 } else { b'\n' });
        if fatal {
            return Ok(false);
        }
        cx.stdout.spill()?;
    }
    Ok(true)
}

enum Answer {
    Text(Vec<u8>),
    Fatal(Vec<u8>),
}

fn examine(cx: &mut Context<'_>, s: &Settings, name: &[u8]) -> Result<Answer, CommandError> {
    if input::is_stdin(name) {
        let data = head(&mut input::stdin(cx), s.look)?;
        return contents(cx, s, None, &data).map(Answer::Text);
    }
    let found = cx.path(name).and_then(|path| {
        let stat = if s.follow {
            cx.fs.stat(&path)
        } else {
            cx.fs.lstat(&path)
        };
        stat.map(|stat| (path, stat))
    });
    let (path, stat) = match found {
        Ok(found) => found,
        Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
        Err(e) => {
            let name = verdict::printable(name);
            let reason = e.gnu_text();
            return Ok(if s.strict {
                Answer::Fatal([b"ERROR: cannot stat `", &name[..], b"' (", reason.as_bytes(), b")"].concat())
            } else {
                Answer::Text([b"cannot open `", &name[..], b"' (", reason.as_bytes(), b")"].concat())
            });
        }
    };
    if let Some((text, mime)) = by_kind(cx, s, &path, &stat) {
        return Ok(Answer::Text(if s.show.mime || s.show.encoding {
            let charset = if text.starts_with(b"broken") { "" } else { "binary" };
            mime_text(s.show, mime, charset)
        } else {
            text
        }));
    }
    let data = match input::open_range(cx, name, ByteRange::at(0, s.look)) {
        Ok(mut source) => head(&mut source, s.look)?,
        Err(e) if e.errno() == Errno::EACCES => {
            return Ok(Answer::Text(if s.show.mime || s.show.encoding {
                mime_text(s.show, "application/octet-stream", "binary")
            } else {
                b"regular file, no read permission".to_vec()
            }));
        }
        Err(e) => return Err(e.into()),
    };
    let text = contents(cx, s, Some((name, &stat)), &data)?;
    let special = stat.mode.unwrap_or(0);
    let prefix: &[u8] = match (s.show.mime || s.show.encoding, special & 0o6000) {
        (true, _) | (_, 0) => b"",
        (_, 0o4000) => b"setuid ",
        (_, 0o2000) => b"setgid ",
        _ => b"setuid, setgid ",
    };
    Ok(Answer::Text([prefix, &text].concat()))
}

/// What the tree alone says.
fn by_kind(cx: &Context<'_>, s: &Settings, path: &vfs::VPath, stat: &Stat) -> Option<(Vec<u8>, &'static str)> {
    let mode = stat.mode.unwrap_or(0);
    let device = |word: &str| format!("{word} special ({}/{})", stat.rdev >> 8, stat.rdev & 0xff).into_bytes();
    Some(match stat.kind {
        FileKind::Dir => {
            let mut text = Vec::new();
            for (bit, word) in [(0o4000, "setuid, "), (0o2000, "setgid, "), (0o1000, "sticky, ")] {
                if mode & bit != 0 {
                    text.extend_from_slice(word.as_bytes());
                }
            }
            text.extend_from_slice(b"directory");
            (text, "inode/directory")
        }
        FileKind::Symlink => {
            let target = cx.fs.read_link(path).unwrap_or_default();
            let broken: &[u8] = if cx.fs.stat(path).is_err() { b"broken " } else { b"" };
            let text = [broken, b"symbolic link to ", &verdict::printable(&target)].concat();
            (text, "inode/symlink")
        }
        FileKind::CharDevice if !s.devices => (device("character"), "inode/chardevice"),
        FileKind::BlockDevice if !s.devices => (device("block"), "inode/blockdevice"),
        FileKind::Fifo => (b"fifo (named pipe)".to_vec(), "inode/fifo"),
        FileKind::Socket => (b"socket".to_vec(), "inode/socket"),
        _ => return None,
    })
}

fn mime_text(show: Show, mime: &str, charset: &str) -> Vec<u8> {
    match (show.mime, show.encoding && !charset.is_empty()) {
        (true, true) => format!("{mime}; charset={charset}").into_bytes(),
        (false, true) => charset.as_bytes().to_vec(),
        _ => mime.as_bytes().to_vec(),
    }
}

/// The first `most` bytes.
fn head(source: &mut Source, most: u64) -> vfs::Result<Vec<u8>> {
    let mut data = Vec::new();
    while (data.len() as u64) < most {
        let chunk = source.chunk()?;
        if chunk.is_empty() {
            break;
        }
        let room = (most as usize).saturating_sub(data.len());
        data.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            source.unread(chunk.len() - room);
        }
    }
    Ok(data)
}

/// What the bytes say. `file` is the name and stat of what they are the beginning of, unless that is not known.
fn contents(
    cx: &mut Context<'_>,
    s: &Settings,
    file: Option<(&[u8], &Stat)>,
    data: &[u8],
) -> Result<Vec<u8>, CommandError> {
    let zone = crate::time::Zone::of(cx);
    let size = file.and_then(|(_, stat)| stat.size).unwrap_or(data.len() as u64);
    let tail = match file {
        Some((name, _)) if size > data.len() as u64 => {
            head(&mut input::open_range(cx, name, ByteRange::at(size - 4, 4))?, 4)?
        }
        _ => data[data.len().saturating_sub(4)..].to_vec(),
    };
    let probe = Probe {
        data,
        size,
        tail: &tail,
        zone: &zone,
        tests: s.tests,
        truncated: size > data.len() as u64,
    };
    if let Some(report) = s.inside
        && s.tests.compress
        && let Some(codec) = Codec::detect(data)
    {
        let mut inner = Vec::new();
        // What cannot be unpacked to the end is judged by what came out before the fault.
        if let Ok(reader) = codec.reader(data) {
            let _ = reader.take(s.look).read_to_end(&mut inner);
        }
        let inside = Probe {
            data: &inner,
            size: inner.len() as u64,
            tail: &inner[inner.len().saturating_sub(4)..],
            truncated: false,
            ..probe
        };
        let text = describe(s, &inside);
        if !report {
            return Ok(text);
        }
        let outer = describe(s, &Probe { tail: &[], ..probe });
        return Ok(if s.show.mime || s.show.encoding {
            [&text[..], b" compressed-encoding=", &outer].concat()
        } else {
            [&text[..], b" (", &outer, b")"].concat()
        });
    }
    Ok(describe(s, &probe))
}

fn describe(s: &Settings, probe: &Probe<'_>) -> Vec<u8> {
    let all = probe.run(s.keep_going);
    let first = &all.found[0];
    if s.show.mime || s.show.encoding {
        return mime_text(s.show, first.mime, all.charset);
    }
    if s.show.extension {
        return first.ext.as_bytes().to_vec();
    }
    let texts: Vec<Vec<u8>> = all
        .found
        .iter()
        .map(|f| {
            if s.raw {
                f.text.clone()
            } else {
                verdict::printable(&f.text)
            }
        })
        .collect();
    texts.join(if s.raw { &b"\n- "[..] } else { &b"\\012- "[..] })
}

#[cfg(test)]
mod tests;
