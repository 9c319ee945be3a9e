//! The command line: Info-ZIP's own rules.

use pattern::glob::{GlobOptions, Pattern};
use shell::command::{CommandError, Context};

use super::{Failure, failure};
use crate::time::Zone;

/// What to do with the names given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Add,
    Update,
    Freshen,
    Delete,
}

/// The command line.
pub(super) struct Settings {
    pub(super) archive: Vec<u8>,
    pub(super) to_stdout: bool,
    pub(super) names: Vec<Vec<u8>>,
    pub(super) mode: Mode,
    pub(super) recursive: bool,
    pub(super) junk: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    pub(super) symlinks: bool,
    pub(super) no_dirs: bool,
    pub(super) remove: bool,
    pub(super) test: bool,
    pub(super) no_extra: bool,
    pub(super) level: u32,
    pub(super) include: Vec<Pattern>,
    pub(super) exclude: Vec<Pattern>,
    pub(super) zone: Zone,
}

/// Long names of options, and their letters.
const LONG: &[(&str, u8)] = &[
    ("recurse-paths", b'r'),
    ("junk-paths", b'j'),
    ("quiet", b'q'),
    ("verbose", b'v'),
    ("symlinks", b'y'),
    ("no-dir-entries", b'D'),
    ("move", b'm'),
    ("test", b'T'),
    ("update", b'u'),
    ("freshen", b'f'),
    ("delete", b'd'),
    ("exclude", b'x'),
    ("include", b'i'),
    ("no-extra", b'X'),
    ("names-stdin", b'@'),
    ("filesync", b'F'),
];

/// A pattern as zip matches names: wildcards match slashes.
pub(super) fn compile(text: &[u8]) -> Result<Pattern, CommandError> {
    let options = GlobOptions {
        extglob: false,
        ..GlobOptions::default()
    };
    Pattern::new(text, &options).map_err(|e| CommandError::fail(16, e.to_string()))
}

#[derive(PartialEq)]
enum List {
    None,
    Include,
    Exclude,
}

impl Settings {
    pub(super) fn read(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> Result<Result<Self, Failure>, CommandError> {
        let mut s = Self {
            archive: Vec::new(),
            to_stdout: false,
            names: Vec::new(),
            mode: Mode::Add,
            recursive: false,
            junk: false,
            quiet: false,
            verbose: false,
            symlinks: false,
            no_dirs: false,
            remove: false,
            test: false,
            no_extra: false,
            level: 6,
            include: Vec::new(),
            exclude: Vec::new(),
            zone: Zone::of(cx),
        };
        let mut operands: Vec<Vec<u8>> = Vec::new();
        let (mut list, mut only_operands, mut from_stdin) = (List::None, false, false);
        for arg in args {
            if only_operands || arg.len() < 2 || arg[0] != b'-' {
                match list {
                    _ if arg == b"@" && list != List::None => list = List::None,
                    List::None => operands.push(arg),
                    List::Include => s.include.push(compile(&arg)?),
                    List::Exclude => s.exclude.push(compile(&arg)?),
                }
                continue;
            }
            if arg == b"--" {
                only_operands = true;
                continue;
            }
            list = List::None;
            let letters = match arg.strip_prefix(b"--") {
                Some(long) => match LONG.iter().find(|(name, _)| name.as_bytes().starts_with(long)) {
                    Some((_, letter)) => vec![*letter],
                    None => {
                        let name = String::from_utf8_lossy(long);
                        let text = format!("Invalid command arguments (long option '{name}' not supported)");
                        return Ok(Err(failure(16, text)));
                    }
                },
                None => arg[1..].to_vec(),
            };
            let mut letters = letters.into_iter();
            while let Some(letter) = letters.next() {
                match letter {
                    b'r' => s.recursive = true,
                    b'j' => s.junk = true,
                    b'q' => s.quiet = true,
                    b'v' => s.verbose = true,
                    b'y' => s.symlinks = true,
                    b'D' => s.no_dirs = true,
                    b'm' => s.remove = true,
                    b'T' => s.test = true,
                    b'u' => s.mode = Mode::Update,
                    b'f' => s.mode = Mode::Freshen,
                    b'd' => s.mode = Mode::Delete,
                    b'X' => s.no_extra = true,
                    b'@' => from_stdin = true,
                    b'0'..=b'9' => s.level = u32::from(letter - b'0'),
                    b'x' | b'i' => {
                        let exclude = letter == b'x';
                        list = if exclude { List::Exclude } else { List::Include };
                        let rest: Vec<u8> = letters.by_ref().collect();
                        if !rest.is_empty() {
                            let into = if exclude { &mut s.exclude } else { &mut s.include };
                            into.push(compile(&rest)?);
                            list = List::None;
                        }
                    }
                    // No effect here: line ends, times of the archive, system files.
                    b'o' | b'k' | b'S' | b'g' | b'w' => {}
                    other => {
                        let text = format!(
                            "Invalid command arguments (short option '{}' not supported)",
                            char::from(other)
                        );
                        return Ok(Err(failure(16, text)));
                    }
                }
            }
        }
        if from_stdin {
            let text = cx.stdin.read_all()?;
            operands.extend(
                text.split(|b| *b == b'\n')
                    .filter(|l| !l.is_empty())
                    .map(<[u8]>::to_vec),
            );
        }
        if operands.is_empty() {
            return Ok(Err(failure(16, "Invalid command arguments (nothing to select from)")));
        }
        s.archive = operands.remove(0);
        s.names = operands;
        s.to_stdout = s.archive == b"-";
        let base = s.archive.rsplit(|b| *b == b'/').next().unwrap_or_default();
        if !s.to_stdout && !base.contains(&b'.') {
            s.archive.extend_from_slice(b".zip");
        }
        Ok(Ok(s))
    }
}
