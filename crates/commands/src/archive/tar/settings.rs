//! The command line, read.

use shell::command::{CommandError, Context};
use vfs::Time;

use super::header::Format;
use super::select::Excludes;
use super::usage;
use crate::archive::codec::Codec;
use crate::files::modes;
use crate::input;
use crate::number;
use crate::options::Item;
use crate::time::{Zone, parse};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Append,
    Update,
    Extract,
    List,
}

/// What to do with files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    Replace,
    Refuse,
    Skip,
}

/// A name to add or to look for, below a directory that `-C` named.
pub(super) struct Target {
    pub(super) dir: Vec<u8>,
    pub(super) name: Vec<u8>,
}

/// The command line.
pub(super) struct Settings {
    pub(super) action: Action,
    pub(super) archive: Vec<u8>,
    pub(super) codec: Option<Codec>,
    pub(super) verbose: usize,
    pub(super) targets: Vec<Target>,
    /// The last `-C`: where to extract.
    pub(super) dir: Vec<u8>,
    pub(super) excludes: Excludes,
    pub(super) recursion: bool,
    pub(super) dereference: bool,
    pub(super) hard_dereference: bool,
    pub(super) absolute: bool,
    pub(super) existing: Existing,
    pub(super) touch: bool,
    pub(super) to_stdout: bool,
    pub(super) umask: bool,
    pub(super) numeric: bool,
    pub(super) owner: Option<(Vec<u8>, u64)>,
    pub(super) group: Option<(Vec<u8>, u64)>,
    pub(super) mode: Option<modes::ModeChange>,
    pub(super) mtime: Option<Time>,
    pub(super) format: Format,
    pub(super) strip: usize,
    pub(super) top: Option<Vec<u8>>,
    pub(super) wildcards: bool,
    pub(super) remove: bool,
    pub(super) full_time: bool,
    pub(super) totals: bool,
    pub(super) ignore_zeros: bool,
    pub(super) record: usize,
    pub(super) zone: Zone,
}

/// `NAME`, `NAME:ID`, `:ID` or `ID`.
fn owner(text: &[u8]) -> (Vec<u8>, u64) {
    let (name, id) = match text.iter().position(|b| *b == b':') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, text),
    };
    match number::decimal(id) {
        Ok(n) if name == id => (Vec::new(), n),
        Ok(n) => (name.to_vec(), n),
        Err(_) => (name.to_vec(), 0),
    }
}

fn join(dir: &[u8], more: &[u8]) -> Vec<u8> {
    if dir.is_empty() || more.starts_with(b"/") {
        more.to_vec()
    } else {
        [dir, b"/", more].concat()
    }
}

impl Settings {
    pub(super) fn read(cx: &mut Context<'_>, options: &[Item]) -> Result<Self, CommandError> {
        let mut action = None;
        let mut s = Self {
            action: Action::List,
            archive: b"-".to_vec(),
            codec: None,
            verbose: 0,
            targets: Vec::new(),
            dir: Vec::new(),
            excludes: Excludes::default(),
            recursion: true,
            dereference: false,
            hard_dereference: false,
            absolute: false,
            existing: Existing::Replace,
            touch: false,
            to_stdout: false,
            umask: false,
            numeric: false,
            owner: None,
            group: None,
            mode: None,
            mtime: None,
            format: Format::Gnu,
            strip: 0,
            top: None,
            wildcards: false,
            remove: false,
            full_time: false,
            totals: false,
            ignore_zeros: false,
            record: 20 * 512,
            zone: Zone::of(cx),
        };
        let null = options.iter().any(|o| o.key == "null");
        let mut auto = false;
        for o in options {
            let chosen = match o.key {
                "create" => Some(Action::Create),
                "append" => Some(Action::Append),
                "update" => Some(Action::Update),
                "extract" => Some(Action::Extract),
                "list" => Some(Action::List),
                "catenate" | "diff" | "delete" | "test-label" => {
                    return Err(CommandError::fail(2, format!("--{} is not supported", o.key)));
                }
                _ => None,
            };
            if let Some(chosen) = chosen {
                if action.is_some_and(|a| a != chosen) {
                    return Err(usage(
                        "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option",
                    ));
                }
                action = Some(chosen);
                continue;
            }
            match o.key {
                "" => s.targets.push(Target {
                    dir: s.dir.clone(),
                    name: o.value().to_vec(),
                }),
                "directory" => s.dir = join(&s.dir, o.value()),
                "file" => s.archive = o.value().to_vec(),
                "files-from" => {
                    let list = read(cx, o.value())?;
                    let end = if null { 0 } else { b'\n' };
                    for name in list.split(|b| *b == end).filter(|n| !n.is_empty()) {
                        s.targets.push(Target {
                            dir: s.dir.clone(),
                            name: name.to_vec(),
                        });
                    }
                }
                "exclude-from" => {
                    for line in read(cx, o.value())?.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                        s.excludes.add(line)?;
                    }
                }
                "exclude" => s.excludes.add(o.value())?,
                "exclude-vcs" => {
                    for name in [
                        ".git",
                        ".gitignore",
                        ".gitattributes",
                        ".gitmodules",
                        ".svn",
                        ".hg",
                        ".hgignore",
                        ".bzr",
                        "CVS",
                    ] {
                        s.excludes.add(name.as_bytes())?;
                    }
                }
                "no-recursion" => s.recursion = false,
                "recursion" => s.recursion = true,
                "dereference" => s.dereference = true,
                "hard-dereference" => s.hard_dereference = true,
                "absolute-names" => s.absolute = true,
                "keep-old-files" => s.existing = Existing::Refuse,
                "skip-old-files" => s.existing = Existing::Skip,
                "touch" => s.touch = true,
                "to-stdout" => s.to_stdout = true,
                "no-same-permissions" => s.umask = true,
                "preserve-permissions" => s.umask = false,
                "numeric-owner" => s.numeric = true,
                "owner" => s.owner = Some(owner(o.value())),
                "group" => s.group = Some(owner(o.value())),
                "mode" => {
                    let change = modes::ModeChange::parse(o.value());
                    s.mode = Some(change.ok_or_else(|| usage("Invalid mode given on option"))?);
                }
                "mtime" => s.mtime = Some(date(cx, o.value(), &s.zone)?),
                "sort" if !matches!(o.value(), b"none" | b"name" | b"inode") => {
                    return Err(usage([b"Invalid sort order: ", o.value()].concat()));
                }
                "format" => {
                    s.format = match o.value() {
                        b"gnu" | b"oldgnu" => Format::Gnu,
                        b"ustar" | b"v7" => Format::Ustar,
                        b"pax" | b"posix" => Format::Pax,
                        other => return Err(usage([other, b": Invalid archive format"].concat())),
                    }
                }
                "posix" => s.format = Format::Pax,
                "strip-components" => {
                    let n = number::decimal(o.value()).ok().and_then(|n| usize::try_from(n).ok());
                    s.strip = n.ok_or_else(|| usage([o.value(), b": Invalid number of elements"].concat()))?;
                }
                "one-top-level" => s.top = Some(o.value().to_vec()),
                "wildcards" => s.wildcards = true,
                "no-wildcards" => s.wildcards = false,
                "remove-files" => s.remove = true,
                "full-time" => s.full_time = true,
                "verbose" => s.verbose += 1,
                "utc" => s.zone = Zone::utc(),
                "totals" => s.totals = true,
                "ignore-zeros" => s.ignore_zeros = true,
                "blocking-factor" => match number::decimal(o.value()) {
                    Ok(n @ 1..=65_536) => s.record = n as usize * 512,
                    _ => return Err(usage("Invalid blocking factor")),
                },
                "auto-compress" => auto = true,
                "gzip" => s.codec = Some(Codec::Gzip),
                "bzip2" => s.codec = Some(Codec::Bzip2),
                "xz" => s.codec = Some(Codec::Xz),
                "lzma" => s.codec = Some(Codec::Lzma),
                "zstd" => s.codec = Some(Codec::Zstd),
                _ => {}
            }
        }
        s.action = action
            .ok_or_else(|| usage("You must specify one of the '-Acdtrux', '--delete' or '--test-label' options"))?;
        if auto && s.codec.is_none() && s.action == Action::Create {
            s.codec = by_suffix(&s.archive);
        }
        if s.top.as_deref() == Some(b"") {
            s.top = Some(without_suffix(&s.archive).to_vec());
        }
        Ok(s)
    }

    /// Whether the archive is standard input or output.
    pub(super) fn streams(&self) -> bool {
        self.archive == b"-"
    }
}

/// The contents of a list of names or patterns.
fn read(cx: &mut Context<'_>, name: &[u8]) -> Result<bytes::Bytes, CommandError> {
    input::open(cx, name).and_then(|mut s| s.read_all()).map_err(|e| {
        let text = [
            name,
            b": Cannot open: ",
            e.gnu_text().as_bytes(),
            b"\ntar: Error is not recoverable: exiting now",
        ];
        CommandError::fail(2, text.concat())
    })
}

fn date(cx: &Context<'_>, text: &[u8], zone: &Zone) -> Result<Time, CommandError> {
    if matches!(text.first(), Some(b'/' | b'.')) {
        let stat = cx.path(text).and_then(|p| cx.fs.stat(&p));
        return match stat {
            Ok(stat) => Ok(stat.mtime.unwrap_or_default()),
            Err(e) => Err(CommandError::fail(
                2,
                [text, b": Cannot stat: ", e.gnu_text().as_bytes()].concat(),
            )),
        };
    }
    parse::parse(text, Time::now(), zone).ok_or_else(|| CommandError::fail(2, [b"Invalid date: ", text].concat()))
}

const SUFFIXES: &[(&str, Codec)] = &[
    (".tar.gz", Codec::Gzip),
    (".tgz", Codec::Gzip),
    (".taz", Codec::Gzip),
    (".gz", Codec::Gzip),
    (".tar.bz2", Codec::Bzip2),
    (".tbz2", Codec::Bzip2),
    (".tbz", Codec::Bzip2),
    (".tz2", Codec::Bzip2),
    (".bz2", Codec::Bzip2),
    (".tar.xz", Codec::Xz),
    (".txz", Codec::Xz),
    (".xz", Codec::Xz),
    (".tar.lzma", Codec::Lzma),
    (".tlz", Codec::Lzma),
    (".lzma", Codec::Lzma),
    (".tar.zst", Codec::Zstd),
    (".tzst", Codec::Zstd),
    (".zst", Codec::Zstd),
];

fn by_suffix(name: &[u8]) -> Option<Codec> {
    SUFFIXES
        .iter()
        .find(|(s, _)| name.ends_with(s.as_bytes()))
        .map(|(_, c)| *c)
}

fn without_suffix(name: &[u8]) -> &[u8] {
    let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
    let cut = SUFFIXES
        .iter()
        .map(|(s, _)| *s)
        .chain([".tar"])
        .find(|s| base.ends_with(s.as_bytes()));
    &base[..base.len() - cut.map_or(0, str::len)]
}
