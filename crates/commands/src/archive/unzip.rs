//! `unzip`, as Info-ZIP's.

mod extract;
mod list;

use std::io::Write;

use pattern::glob::{GlobOptions, Pattern};
use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use super::zipfile::{Archive, Entry, Flaw};
use crate::options::{Order, Spec, Suite};
use crate::time::Zone;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "unzip",
    "[-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]",
    "List, test and extract files of zip archives.",
    &[],
)
.order(Order::Verbatim)
.suite(Suite::Other("compatible with Info-ZIP UnZip 6.00"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands));

const USAGE: &str = "UnZip 6.00 of 20 April 2009, by Debian. Original by Info-ZIP.

Usage: unzip [-Z] [-opts[modifiers]] file[.zip] [list] [-x xlist] [-d exdir]
  Default action is to extract files in list, except those in xlist, to exdir;
  file[.zip] may be a wildcard.  -Z => ZipInfo mode (\"unzip -Z\" for usage).

  -p  extract files to pipe, no messages     -l  list files (short format)
  -f  freshen existing files, create none    -t  test compressed archive data
  -u  update files, create if necessary      -z  display archive comment only
  -v  list verbosely/show version info       -T  timestamp archive to latest
  -x  exclude files that follow (in xlist)   -d  extract files into exdir
modifiers:
  -n  never overwrite existing files         -q  quiet mode (-qq => quieter)
  -o  overwrite files WITHOUT prompting      -a  auto-convert any text files
  -j  junk paths (do not make directories)   -aa treat ALL files as text
  -U  use escapes for all non-ASCII Unicode  -UU ignore any Unicode fields
  -C  match filenames case-insensitively     -L  make (some) names lowercase
  -X  restore UID/GID info                   -V  retain VMS version numbers
  -K  keep setuid/setgid/tacky permissions   -M  pipe through \"more\" pager
See \"unzip -hh\" or unzip.txt for more help.  Examples:
  unzip data1 -x joe   => extract all files except joe from zipfile data1.zip
  unzip -p foo | more  => send contents of foo.zip via pipe into program more
  unzip -fo foo ReadMe => quietly replace existing ReadMe if archive file newer
";

/// What to do with the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Extract,
    List,
    Verbose,
    Test,
    Pipe,
    /// As `Pipe`, with names.
    Show,
    Comment,
    Info,
    Names,
}

/// What to do with files that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Existing {
    Ask,
    Replace,
    Keep,
}

struct Settings {
    action: Action,
    existing: Existing,
    quiet: usize,
    junk: bool,
    freshen: bool,
    update: bool,
    lower: bool,
    special_bits: bool,
    dir: Vec<u8>,
    zone: Zone,
}

/// The entries that are asked for.
struct Wanted {
    include: Vec<(Vec<u8>, Pattern, bool)>,
    exclude: Vec<Pattern>,
}

impl Wanted {
    fn hit(&mut self, name: &[u8]) -> bool {
        let mut any = self.include.is_empty();
        for (_, pattern, used) in &mut self.include {
            if pattern.matches(name) {
                *used = true;
                any = true;
            }
        }
        any && !self.exclude.iter().any(|p| p.matches(name))
    }
}

fn usage(cx: &mut Context<'_>) -> CommandResult {
    // A closed standard error is no reason to fail otherwise.
    let _ = cx.stderr.write_all(USAGE.as_bytes());
    Ok(ExitStatus(10))
}

fn run(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> CommandResult {
    let mut s = Settings {
        action: Action::Extract,
        existing: Existing::Ask,
        quiet: 0,
        junk: false,
        freshen: false,
        update: false,
        lower: false,
        special_bits: false,
        dir: Vec::new(),
        zone: Zone::of(cx),
    };
    let (mut operands, mut exclude, mut nocase) = (Vec::new(), Vec::new(), false);
    let mut excluding = false;
    if args.is_empty() {
        cx.stdout.write_all(USAGE.as_bytes())?;
        return Ok(ExitStatus::SUCCESS);
    }
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        if arg.len() < 2 || arg[0] != b'-' {
            if excluding {
                exclude.push(arg);
            } else {
                operands.push(arg);
            }
            continue;
        }
        let mut letters = arg[1..].iter().copied();
        while let Some(letter) = letters.next() {
            match letter {
                b'd' => {
                    let rest: Vec<u8> = letters.by_ref().collect();
                    let dir = if rest.is_empty() { args.next() } else { Some(rest) };
                    match dir {
                        Some(dir) => s.dir = dir,
                        None => return usage(cx),
                    }
                    excluding = false;
                }
                b'x' => {
                    excluding = true;
                    let rest: Vec<u8> = letters.by_ref().collect();
                    if !rest.is_empty() {
                        exclude.push(rest);
                    }
                }
                b'l' => s.action = Action::List,
                b'v' => s.action = Action::Verbose,
                b't' => s.action = Action::Test,
                b'p' => s.action = Action::Pipe,
                b'c' => s.action = Action::Show,
                b'z' => s.action = Action::Comment,
                b'Z' => s.action = Action::Info,
                b'1' if s.action == Action::Info => s.action = Action::Names,
                b'o' => s.existing = Existing::Replace,
                b'n' => s.existing = Existing::Keep,
                b'q' => s.quiet += 1,
                b'j' => s.junk = true,
                b'f' => s.freshen = true,
                b'u' => s.update = true,
                b'C' => nocase = true,
                b'L' => s.lower = true,
                b'K' => s.special_bits = true,
                // What has no meaning here, or is always so.
                b'a' | b'b' | b'B' | b'D' | b'M' | b'N' | b's' | b'U' | b'V' | b'W' | b'X' | b':' | b'^' | b'/' => {}
                _ => return usage(cx),
            }
        }
    }
    let Some((file, names)) = operands.split_first() else {
        if s.action == Action::Verbose {
            cx.stdout
                .write_all(USAGE.lines().next().unwrap_or_default().as_bytes())?;
            cx.stdout.write_all(b"\n")?;
            return Ok(ExitStatus::SUCCESS);
        }
        return usage(cx);
    };
    let options = GlobOptions {
        extglob: false,
        nocase,
        ..GlobOptions::default()
    };
    let compile = |text: &Vec<u8>| Pattern::new(text, &options).map_err(|e| CommandError::fail(10, e.to_string()));
    let mut wanted = Wanted {
        include: names
            .iter()
            .map(|name| Ok((name.clone(), compile(name)?, false)))
            .collect::<Result<_, CommandError>>()?,
        exclude: exclude.iter().map(compile).collect::<Result<_, CommandError>>()?,
    };
    let (shown, archive) = match open(cx, file, &s)? {
        Ok(found) => found,
        Err(status) => return Ok(ExitStatus(status)),
    };
    let silent = matches!(s.action, Action::Pipe | Action::Names);
    if !silent && s.quiet == 0 {
        cx.stdout.write_all(&[b"Archive:  ", &shown[..], b"\n"].concat())?;
    }
    let chosen: Vec<Entry> = archive
        .entries
        .iter()
        .filter(|e| wanted.hit(&e.name))
        .cloned()
        .collect();
    let mut status = match s.action {
        Action::List | Action::Verbose => list::table(cx, &s, &chosen)?,
        Action::Info | Action::Names => list::info(cx, &s, &archive, &chosen)?,
        Action::Comment => {
            if !archive.comment.is_empty() {
                cx.stdout.write_all(&[&archive.comment[..], b"\n"].concat())?;
            }
            0
        }
        _ => extract::all(cx, &s, &archive, &chosen, &shown)?,
    };
    for (name, ..) in wanted.include.iter().filter(|(_, _, used)| !used) {
        if !matches!(s.action, Action::List | Action::Verbose) {
            cx.stdout.flush_now()?;
            let _ = cx
                .stderr
                .write_all(&[b"caution: filename not matched:  ", &name[..], b"\n"].concat());
        }
        status = status.max(11);
    }
    Ok(ExitStatus(status))
}

/// Finds the archive under its name, or with `.zip` or `.ZIP` after it.
fn open(cx: &mut Context<'_>, file: &[u8], s: &Settings) -> Result<Result<(Vec<u8>, Archive), u8>, CommandError> {
    let mut not_an_archive = None;
    for suffix in [&b""[..], b".zip", b".ZIP"] {
        let name = [file, suffix].concat();
        let path = cx.path(&name)?;
        match Archive::open(cx, &path) {
            Ok(archive) => return Ok(Ok((name, archive))),
            Err(Flaw::Read(e)) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
            Err(Flaw::Read(_)) => {}
            Err(Flaw::NoDirectory | Flaw::Damaged) => {
                not_an_archive = Some(name);
                break;
            }
        }
    }
    let shown = String::from_utf8_lossy(file).into_owned();
    let text = match not_an_archive {
        Some(name) => {
            if s.quiet == 0 && s.action != Action::Pipe {
                cx.stdout.write_all(&[b"Archive:  ", &name[..], b"\n"].concat())?;
            }
            cx.stdout.flush_now()?;
            format!(
                "  End-of-central-directory signature not found.  Either this file is not\n  \
                 a zipfile, or it constitutes one disk of a multi-part archive.  In the\n  \
                 latter case the central directory and zipfile comment will be found on\n  \
                 the last disk(s) of this archive.\n\
                 unzip:  cannot find zipfile directory in one of {shown} or\n        \
                 {shown}.zip, and cannot find {shown}.ZIP, period.\n"
            )
        }
        None => format!("unzip:  cannot find or open {shown}, {shown}.zip or {shown}.ZIP.\n"),
    };
    let _ = cx.stderr.write_all(text.as_bytes());
    Ok(Err(9))
}
