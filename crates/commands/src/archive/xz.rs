//! `xz`, `unxz`, `xzcat`, and the same for the older `.lzma` format.

mod list;

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, FileKind};

use super::codec::Codec;
use super::files::{NewFile, Sink};
use super::pack::{self, Fault};
use crate::input;
use crate::options::{Order, Spec, Suite, flag, optional, value};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "xz",
    "[OPTION]... [FILE]...",
    "Compress or decompress FILEs in the .xz format.",
    &[
        flag("z", "compress", "force compression"),
        flag("d", "decompress uncompress", "force decompression"),
        flag("t", "test", "test compressed file integrity"),
        flag("l", "list", "list information about .xz files"),
        flag("k", "keep", "keep (don't delete) input files"),
        flag("f", "force", "force overwrite of output file and (de)compress links"),
        flag(
            "c",
            "stdout to-stdout",
            "write to standard output and don't delete input files",
        ),
        flag("", "single-stream", ""),
        flag("", "no-sparse", ""),
        value("S", "suffix", ".SUF", "use the suffix '.SUF' on compressed files"),
        optional("", "files", "FILE", ""),
        optional("", "files0", "FILE", ""),
        value(
            "F",
            "format",
            "FMT",
            "file format to encode or decode; possible values are\n'auto' (default), 'xz', 'lzma'",
        ),
        value("C", "check", "CHECK", "integrity check type (accepted)"),
        flag("", "ignore-check", ""),
        flag("0", "", "compression preset"),
        flag("1", "fast", ""),
        flag("2", "", ""),
        flag("3", "", ""),
        flag("4", "", ""),
        flag("5", "", ""),
        flag("6", "", ""),
        flag("7", "", ""),
        flag("8", "", ""),
        flag("9", "best", ""),
        flag(
            "e",
            "extreme",
            "try to improve compression ratio by using more CPU time",
        ),
        value("T", "threads", "NUM", "(accepted)"),
        value("M", "memlimit memory", "LIMIT", "(accepted)"),
        value("", "memlimit-compress", "LIMIT", ""),
        value("", "memlimit-decompress", "LIMIT", ""),
        value("", "block-size", "SIZE", ""),
        flag("", "no-adjust", ""),
        flag("q", "quiet", "suppress warnings; specify twice to suppress errors too"),
        flag("v", "verbose", "be verbose; specify twice for even more verbose"),
        flag("Q", "no-warn", "make warnings not affect the exit status"),
        flag("", "robot", ""),
        flag("h", "help", "display this short help and exit"),
        flag("H", "long-help", ""),
        flag("V", "version", "display the version number and exit"),
    ],
)
.notes("With no FILE, or when FILE is -, read standard input.")
.order(Order::Verbatim)
.suite(Suite::Other("compatible with XZ Utils 5.4"));

/// `xz`.
pub const XZ: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands, false, false, None));
/// `unxz`.
pub const UNXZ: Tool = Tool::new(Spec { name: "unxz", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, false, None)
});
/// `xzcat`.
pub const XZCAT: Tool = Tool::new(Spec { name: "xzcat", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, true, None)
});
/// `lzma`.
pub const LZMA: Tool = Tool::new(Spec { name: "lzma", ..SPEC }, |cx, args| {
    run(cx, args.operands, false, false, Some(Codec::Lzma))
});
/// `unlzma`.
pub const UNLZMA: Tool = Tool::new(Spec { name: "unlzma", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, false, Some(Codec::Lzma))
});
/// `lzcat`.
pub const LZCAT: Tool = Tool::new(Spec { name: "lzcat", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, true, Some(Codec::Lzma))
});

struct Job {
    decompress: bool,
    test: bool,
    stdout: bool,
    keep: bool,
    force: bool,
    quiet: usize,
    verbose: bool,
    level: u32,
    /// The format that was asked for; `None` finds out.
    format: Option<Codec>,
    suffix: Option<Vec<u8>>,
}

/// The worst that happened: 2 for warnings, 1 for errors.
#[derive(Default)]
struct Outcome(u8);

impl Outcome {
    fn warn(&mut self, cx: &mut Context<'_>, job: &Job, text: &[u8]) {
        if self.0 == 0 {
            self.0 = 2;
        }
        if job.quiet == 0 {
            cx.warn(text);
        }
    }

    fn fail(&mut self, cx: &mut Context<'_>, job: &Job, text: &[u8]) {
        self.0 = 1;
        if job.quiet < 2 {
            cx.warn(text);
        }
    }
}

fn run(
    cx: &mut Context<'_>,
    argv: Vec<Vec<u8>>,
    decompress: bool,
    stdout: bool,
    format: Option<Codec>,
) -> CommandResult {
    const PERMUTED: Spec = Spec {
        order: Order::Permute,
        ..SPEC
    };
    let program = cx.name.clone();
    let args = PERMUTED.parse_list(cx, argv).map_err(|e| match e {
        CommandError::Fail { status, message } => {
            let first = message.split(|b| *b == b'\n').next().unwrap_or_default();
            let hint = [
                &b"\n"[..],
                &program,
                b": Try `",
                &program,
                b" --help' for more information.",
            ]
            .concat();
            CommandError::fail(status, [first, &hint].concat())
        }
        other => other,
    })?;
    let Some(args) = args else {
        return Ok(ExitStatus::SUCCESS);
    };
    let mut job = Job {
        decompress,
        test: false,
        stdout,
        keep: false,
        force: false,
        quiet: 0,
        verbose: false,
        level: 6,
        format,
        suffix: None,
    };
    let mut listing = false;
    for o in &args.options {
        match o.key {
            "help" | "long-help" => {
                cx.stdout.write_bytes(SPEC.help(&program).into())?;
                return Ok(ExitStatus::SUCCESS);
            }
            "version" => {
                cx.stdout.write_bytes(SPEC.version(&program).into())?;
                return Ok(ExitStatus::SUCCESS);
            }
            "compress" => (job.decompress, job.test, listing) = (false, false, false),
            "decompress" => (job.decompress, job.test, listing) = (true, false, false),
            "test" => (job.decompress, job.test, listing) = (true, true, false),
            "list" => listing = true,
            "keep" => job.keep = true,
            "force" => job.force = true,
            "stdout" => job.stdout = true,
            "quiet" => job.quiet += 1,
            "verbose" => job.verbose = true,
            "suffix" => job.suffix = Some(o.value().to_vec()),
            "files" | "files0" => {
                return Err(CommandError::fail(1, "--files is not supported; use xargs"));
            }
            "format" => {
                job.format = match o.value() {
                    b"auto" => None,
                    b"xz" => Some(Codec::Xz),
                    b"lzma" | b"alone" => Some(Codec::Lzma),
                    b"raw" => return Err(CommandError::fail(1, "--format=raw is not supported")),
                    other => return Err(CommandError::fail(1, [other, b": Unknown file format type"].concat())),
                }
            }
            "fast" => job.level = 1,
            "best" => job.level = 9,
            digit => job.level = digit.parse().unwrap_or(job.level),
        }
    }
    if let Some(suffix) = job.suffix.as_ref().filter(|s| s.is_empty() || s.contains(&b'/')) {
        return Err(CommandError::fail(
            1,
            [&suffix[..], b": Invalid filename suffix"].concat(),
        ));
    }
    let mut outcome = Outcome::default();
    if listing {
        return list::run(cx, &args.files(), job.verbose);
    }
    for name in args.files() {
        if name == b"-" {
            standard_input(cx, &job, &mut outcome)?;
        } else {
            file(cx, &job, &name, &mut outcome)?;
        }
    }
    let status = if outcome.0 == 2 && args.has("no-warn") {
        0
    } else {
        outcome.0
    };
    Ok(ExitStatus(status))
}

fn standard_input(cx: &mut Context<'_>, job: &Job, outcome: &mut Outcome) -> Result<(), CommandError> {
    let mut source = input::stdin(cx);
    cx.stdout.flush_now()?;
    let mut sink = if job.test {
        Sink::Nothing
    } else {
        Sink::Stdout(cx.stdout.duplicate())
    };
    work(cx, job, b"(stdin)", &mut source, &mut sink, outcome)?;
    sink.finish(None, None, cx.umask)
}

fn file(cx: &mut Context<'_>, job: &Job, name: &[u8], outcome: &mut Outcome) -> Result<(), CommandError> {
    let found = cx.path(name).and_then(|p| {
        let follow = job.stdout || job.force || job.test;
        let stat = if follow { cx.fs.stat(&p)? } else { cx.fs.lstat(&p)? };
        Ok((p, stat))
    });
    let (path, stat) = match found {
        Ok(found) => found,
        Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
        Err(e) => {
            outcome.fail(cx, job, &[name, b": ", e.gnu_text().as_bytes()].concat());
            return Ok(());
        }
    };
    let skip: Option<&[u8]> = match stat.kind {
        FileKind::Dir => Some(b": Is a directory, skipping"),
        FileKind::Symlink => Some(b": Is a symbolic link, skipping"),
        FileKind::File => None,
        _ if job.stdout || job.test => None,
        _ => Some(b": Not a regular file, skipping"),
    };
    if let Some(text) = skip {
        outcome.warn(cx, job, &[name, text].concat());
        return Ok(());
    }
    let in_place = !job.stdout && !job.test;
    let target = if in_place {
        match target(cx, job, name, outcome) {
            Some(target) => target,
            None => return Ok(()),
        }
    } else {
        Vec::new()
    };
    let mut source = match input::open(cx, name) {
        Ok(source) => source,
        Err(e) => {
            outcome.fail(cx, job, &[name, b": ", e.gnu_text().as_bytes()].concat());
            return Ok(());
        }
    };
    cx.stdout.flush_now()?;
    let mut sink = if job.test {
        Sink::Nothing
    } else if job.stdout {
        Sink::Stdout(cx.stdout.duplicate())
    } else {
        match cx.path(&target).and_then(|out| NewFile::create(cx, &out, job.force)) {
            Ok(new) => Sink::File(new),
            Err(e) => {
                outcome.fail(cx, job, &[&target[..], b": ", e.gnu_text().as_bytes()].concat());
                return Ok(());
            }
        }
    };
    if work(cx, job, name, &mut source, &mut sink, outcome)? {
        sink.finish(Some(&stat), None, cx.umask)?;
        if in_place && !job.keep {
            cx.fs.remove(&path)?;
        }
    }
    Ok(())
}

/// The name of the file to make.
fn target(cx: &mut Context<'_>, job: &Job, name: &[u8], outcome: &mut Outcome) -> Option<Vec<u8>> {
    let own = job.suffix.as_deref();
    let lzma = job.format == Some(Codec::Lzma);
    let known: &[(&[u8], &[u8])] = &[(b".xz", b""), (b".txz", b".tar"), (b".lzma", b""), (b".tlz", b".tar")];
    let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
    let fits = |s: &[u8]| base.len() > s.len() && base.ends_with(s);
    if job.decompress {
        let found = known.iter().find(|(s, _)| fits(s)).copied();
        let found = found.or_else(|| own.filter(|s| fits(s)).map(|s| (s, &b""[..])));
        let Some((suffix, becomes)) = found else {
            // What is no such file at all is an error, and not for its name.
            let start = input::open(cx, name)
                .and_then(|mut s| pack::start(&mut s))
                .unwrap_or_default();
            if !matches!(Codec::detect(&start), Some(Codec::Xz | Codec::Lzma)) {
                outcome.fail(cx, job, &[name, b": File format not recognized"].concat());
                return None;
            }
            outcome.warn(cx, job, &[name, b": Filename has an unknown suffix, skipping"].concat());
            return None;
        };
        return Some([&name[..name.len() - suffix.len()], becomes].concat());
    }
    let mine: &[&[u8]] = if lzma { &[b".lzma", b".tlz"] } else { &[b".xz", b".txz"] };
    if let Some(suffix) = mine.iter().copied().chain(own).find(|s| fits(s)) {
        outcome.warn(
            cx,
            job,
            &[name, b": File already has `", suffix, b"' suffix, skipping"].concat(),
        );
        return None;
    }
    Some([name, own.unwrap_or(if lzma { b".lzma" } else { b".xz" })].concat())
}

fn work(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    source: &mut input::Source,
    sink: &mut Sink,
    outcome: &mut Outcome,
) -> Result<bool, CommandError> {
    let result = if job.decompress {
        pack::start(source).map_err(Fault::Read).and_then(|start| {
            let found = Codec::detect(&start).filter(|c| match job.format {
                Some(f) => *c == f,
                None => matches!(c, Codec::Xz | Codec::Lzma),
            });
            match found {
                Some(codec) => pack::expand(cx, codec, &start, source, sink),
                None if job.force && job.stdout && !job.test => {
                    let other = |e: std::io::Error| Fault::Other(e.into());
                    sink.write_all(&start).map_err(other)?;
                    loop {
                        let chunk = source.chunk().map_err(Fault::Read)?;
                        if chunk.is_empty() {
                            return Ok((0, 0));
                        }
                        sink.write_all(&chunk).map_err(other)?;
                    }
                }
                None => Err(Fault::Magic),
            }
        })
    } else {
        pack::compress(cx, job.format.unwrap_or(Codec::Xz), Some(job.level), source, sink)
    };
    match result {
        Ok((from, to)) => {
            if job.verbose {
                let (packed, plain) = if job.decompress { (from, to) } else { (to, from) };
                let ratio = list::ratio(packed, plain);
                let line = format!(": {} / {} = {ratio}\n", list::nice(packed), list::nice(plain));
                let _ = cx.stderr.write_all(&[name, line.as_bytes()].concat());
            }
            Ok(true)
        }
        Err(Fault::Other(e)) => Err(e),
        Err(fault) => {
            // What was expanded before the fault comes out, if it goes to standard output.
            sink.flush()?;
            let text = match &fault {
                Fault::Read(e) => e.gnu_text().to_string(),
                Fault::Magic => "File format not recognized".to_string(),
                Fault::Truncated => "Unexpected end of input".to_string(),
                _ => "Compressed data is corrupt".to_string(),
            };
            outcome.fail(cx, job, &[name, b": ", text.as_bytes()].concat());
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn both_formats_go_there_and_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let packed = lab.run("xz", &["-0"], &data).stdout;
        assert!(packed.starts_with(b"\xfd7zXZ\0"));
        assert!(lab.run("xzcat", &[], &packed).stdout == data);
        let old = lab.run("lzma", &[], b"hello").stdout;
        assert_eq!(lab.run("unxz", &["-c"], &old).stdout, b"hello");
        let bad = lab.run("unxz", &[], &packed[..50]);
        assert_eq!(
            (bad.status, bad.stderr.as_slice()),
            (1, &b"unxz: (stdin): Unexpected end of input\n"[..])
        );
    }
}
