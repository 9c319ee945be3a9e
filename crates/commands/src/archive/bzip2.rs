//! `bzip2`, `bunzip2`, `bzcat`.

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, FileKind};

use super::codec::Codec;
use super::files::{NewFile, Sink};
use super::pack::{self, Fault};
use crate::input;
use crate::options::{Order, Spec, Suite, flag};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "bzip2",
    "[flags and input files in any order]",
    "A block-sorting file compressor.",
    &[
        flag("h", "help", "print this message"),
        flag("d", "decompress", "force decompression"),
        flag("z", "compress", "force compression"),
        flag("k", "keep", "keep (don't delete) input files"),
        flag("f", "force", "overwrite existing output files"),
        flag("t", "test", "test compressed file integrity"),
        flag("c", "stdout", "output to standard out"),
        flag("q", "quiet", "suppress noncritical error messages"),
        flag("v", "verbose", "be verbose (a 2nd -v gives more)"),
        flag("LV", "version license", "display software version & license"),
        flag("s", "small", "use less memory (at most 2500k)"),
        flag("1", "fast repetitive-fast", "set block size to 100k"),
        flag("2", "", ""),
        flag("3", "", ""),
        flag("4", "", ""),
        flag("5", "", ""),
        flag("6", "", ""),
        flag("7", "", ""),
        flag("8", "", ""),
        flag("9", "best repetitive-best", "set block size to 900k"),
    ],
)
.order(Order::Verbatim)
.suite(Suite::Other("compatible with bzip2 1.0.8"));

/// `bzip2`.
pub const BZIP2: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands, false, false));
/// `bunzip2`.
pub const BUNZIP2: Tool = Tool::new(
    Spec {
        name: "bunzip2",
        ..SPEC
    },
    |cx, args| run(cx, args.operands, true, false),
);
/// `bzcat`.
pub const BZCAT: Tool = Tool::new(Spec { name: "bzcat", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, true)
});

struct Job {
    decompress: bool,
    test: bool,
    stdout: bool,
    keep: bool,
    force: bool,
    quiet: bool,
    verbose: bool,
    level: u32,
    /// Length of the longest name, for the columns of `-v`.
    widest: usize,
}

/// The suffixes of compressed files, and what becomes of them.
const SUFFIXES: [(&[u8], &[u8]); 4] = [(b".bz2", b""), (b".bz", b""), (b".tbz2", b".tar"), (b".tbz", b".tar")];

fn run(cx: &mut Context<'_>, argv: Vec<Vec<u8>>, decompress: bool, stdout: bool) -> CommandResult {
    const PERMUTED: Spec = Spec {
        order: Order::Permute,
        ..SPEC
    };
    let bad = argv
        .iter()
        .find(|a| a.len() > 1 && a.starts_with(b"-"))
        .cloned()
        .unwrap_or_default();
    let args = PERMUTED.parse_list(cx, argv).map_err(|e| match e {
        CommandError::Fail { status, .. } => {
            let usage = SPEC.help(&cx.name);
            CommandError::fail(
                status,
                [&b"Bad flag `"[..], &bad, b"'\n", usage.trim_ascii_end()].concat(),
            )
        }
        other => other,
    })?;
    let Some(args) = args else {
        return Ok(ExitStatus::SUCCESS);
    };
    if args.has("help") || args.has("version") {
        let text = if args.has("help") {
            SPEC.help(&cx.name)
        } else {
            SPEC.version(&cx.name)
        };
        cx.stdout.write_bytes(text.into())?;
        return Ok(ExitStatus::SUCCESS);
    }
    let mut job = Job {
        decompress,
        test: false,
        stdout,
        keep: false,
        force: false,
        quiet: false,
        verbose: false,
        level: 9,
        widest: args
            .operands
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(b"(stdin)".len()),
    };
    for o in &args.options {
        match o.key {
            "decompress" => (job.decompress, job.test) = (true, false),
            "compress" => (job.decompress, job.test) = (false, false),
            "test" => (job.decompress, job.test) = (true, true),
            "stdout" => job.stdout = true,
            "keep" => job.keep = true,
            "force" => job.force = true,
            "quiet" => job.quiet = true,
            "verbose" => job.verbose = true,
            "fast" => job.level = 1,
            "best" => job.level = 9,
            digit => job.level = digit.parse().unwrap_or(job.level),
        }
    }
    let mut worst = 0;
    for name in args.files() {
        worst = worst.max(if name == b"-" {
            standard_input(cx, &job)?
        } else {
            file(cx, &job, &name)?
        });
    }
    Ok(ExitStatus(worst))
}

fn say(cx: &mut Context<'_>, text: &[u8]) {
    let _ = cx.stderr.write_all(text);
}

fn standard_input(cx: &mut Context<'_>, job: &Job) -> Result<u8, CommandError> {
    let mut source = input::stdin(cx);
    cx.stdout.flush_now()?;
    let mut sink = if job.test {
        Sink::Nothing
    } else {
        Sink::Stdout(cx.stdout.duplicate())
    };
    let done = work(cx, job, b"(stdin)", b"(stdout)", &mut source, &mut sink)?;
    sink.finish(None, None, cx.umask)?;
    Ok(if done { 0 } else { 2 })
}

fn file(cx: &mut Context<'_>, job: &Job, name: &[u8]) -> Result<u8, CommandError> {
    let found = cx.path(name).and_then(|p| {
        let follow = job.stdout || job.force || job.test;
        let stat = if follow { cx.fs.stat(&p)? } else { cx.fs.lstat(&p)? };
        Ok((p, stat))
    });
    let (path, stat) = match found {
        Ok(found) => found,
        Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
        Err(e) => {
            cx.warn(
                [
                    &b"Can't open input file "[..],
                    name,
                    b": ",
                    e.gnu_text().as_bytes(),
                    b".",
                ]
                .concat(),
            );
            return Ok(1);
        }
    };
    let suffix = SUFFIXES.iter().find(|(s, _)| name.ends_with(s) && name.len() > s.len());
    if !job.decompress
        && let Some((suffix, _)) = suffix
    {
        if !job.quiet {
            cx.warn([&b"Input file "[..], name, b" already has ", suffix, b" suffix."].concat());
        }
        return Ok(1);
    }
    if stat.is_dir() {
        cx.warn([&b"Input file "[..], name, b" is a directory."].concat());
        return Ok(1);
    }
    if stat.kind != FileKind::File && !job.stdout && !job.test {
        if !job.quiet {
            cx.warn([&b"Input file "[..], name, b" is not a normal file."].concat());
        }
        return Ok(1);
    }
    let target = match (job.decompress, suffix) {
        (false, _) => [name, b".bz2"].concat(),
        (true, Some((suffix, becomes))) => [&name[..name.len() - suffix.len()], becomes].concat(),
        (true, None) => {
            let out = [name, b".out"].concat();
            if !job.stdout && !job.test && !job.quiet {
                cx.warn([&b"Can't guess original name for "[..], name, b" -- using ", &out].concat());
            }
            out
        }
    };
    let mut source = match input::open(cx, name) {
        Ok(source) => source,
        Err(e) => {
            cx.warn(
                [
                    &b"Can't open input file "[..],
                    name,
                    b": ",
                    e.gnu_text().as_bytes(),
                    b".",
                ]
                .concat(),
            );
            return Ok(1);
        }
    };
    cx.stdout.flush_now()?;
    let in_place = !job.stdout && !job.test;
    let mut sink = if job.test {
        Sink::Nothing
    } else if job.stdout {
        Sink::Stdout(cx.stdout.duplicate())
    } else {
        match cx.path(&target).and_then(|out| NewFile::create(cx, &out, job.force)) {
            Ok(new) => Sink::File(new),
            Err(e) if e.errno() == Errno::EEXIST => {
                cx.warn([&b"Output file "[..], &target, b" already exists."].concat());
                return Ok(1);
            }
            Err(e) => {
                cx.warn(
                    [
                        &b"Can't create output file "[..],
                        &target,
                        b": ",
                        e.gnu_text().as_bytes(),
                        b".",
                    ]
                    .concat(),
                );
                return Ok(1);
            }
        }
    };
    if job.verbose {
        say(
            cx,
            &[
                &b"  "[..],
                name,
                b": ",
                &vec![b' '; job.widest.saturating_sub(name.len())][..],
            ]
            .concat(),
        );
    }
    let shown: &[u8] = if in_place { &target } else { b"(stdout)" };
    if !work(cx, job, name, shown, &mut source, &mut sink)? {
        return Ok(2);
    }
    sink.finish(Some(&stat), None, cx.umask)?;
    if in_place && !job.keep {
        cx.fs.remove(&path)?;
    }
    Ok(0)
}

fn work(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    target: &[u8],
    source: &mut input::Source,
    sink: &mut Sink,
) -> Result<bool, CommandError> {
    let result = if job.decompress {
        pack::start(source).map_err(Fault::Read).and_then(|start| {
            if Codec::detect(&start) == Some(Codec::Bzip2) {
                return pack::expand(cx, Codec::Bzip2, &start, source, sink);
            }
            if job.force && job.stdout && !job.test {
                sink.write_all(&start).map_err(|e| Fault::Other(e.into()))?;
                loop {
                    let chunk = source.chunk().map_err(Fault::Read)?;
                    if chunk.is_empty() {
                        return Ok((0, 0));
                    }
                    sink.write_all(&chunk).map_err(|e| Fault::Other(e.into()))?;
                }
            }
            Err(Fault::Magic)
        })
    } else {
        pack::compress(cx, Codec::Bzip2, Some(job.level), source, sink)
    };
    let program = cx.name.clone();
    match result {
        Ok((from, to)) => {
            if job.verbose {
                let line = match (job.decompress, job.test) {
                    (true, true) => "ok\n".to_string(),
                    (true, false) => "done\n".to_string(),
                    _ if from == 0 => " no data compressed.\n".to_string(),
                    _ => format!(
                        "{:6.3}:1, {:6.3} bits/byte, {:5.2}% saved, {from} in, {to} out.\n",
                        from as f64 / to as f64,
                        to as f64 * 8.0 / from as f64,
                        100.0 * (1.0 - to as f64 / from as f64)
                    ),
                };
                say(cx, line.as_bytes());
            }
            Ok(true)
        }
        Err(Fault::Other(e)) => Err(e),
        Err(Fault::Read(e)) => {
            cx.warn(
                [
                    &b"I/O or other error, bailing out.  Possible reason follows.\n"[..],
                    &program,
                    b": ",
                    e.gnu_text().as_bytes(),
                ]
                .concat(),
            );
            Ok(false)
        }
        Err(Fault::Magic) if job.test => {
            let text = ": bad magic number (file not created by bzip2)\n";
            cx.warn([name, text.as_bytes(), RECOVER].concat());
            Ok(false)
        }
        Err(Fault::Magic) => {
            cx.warn([name, b" is not a bzip2 file."].concat());
            Ok(false)
        }
        Err(fault) => {
            let truncated = matches!(fault, Fault::Truncated);
            if job.test {
                let text = if truncated {
                    "file ends unexpectedly"
                } else {
                    "data integrity (CRC) error in data"
                };
                say(
                    cx,
                    &[&program[..], b": ", name, b": ", text.as_bytes(), b"\n", RECOVER, b"\n"].concat(),
                );
                return Ok(false);
            }
            let head: &[u8] = if truncated {
                b"Compressed file ends unexpectedly;\n\tperhaps it is corrupted?  *Possible* reason follows.\n"
            } else {
                b"Data integrity error when decompressing.\n"
            };
            let mut text = [&b"\n"[..], &program, b": ", head].concat();
            if truncated {
                text.extend_from_slice(&[&program[..], b": Success\n"].concat());
            }
            text.extend_from_slice(&[&b"\tInput file = "[..], name, b", output file = ", target, b"\n\n"].concat());
            text.extend_from_slice(
                b"It is possible that the compressed file(s) have become corrupted.\n\
                  You can use the -tvv option to test integrity of such files.\n",
            );
            text.extend_from_slice(RECOVER);
            text.push(b'\n');
            if !job.stdout && name != b"(stdin)" {
                text.extend_from_slice(
                    &[&program[..], b": Deleting output file ", target, b", if it exists.\n"].concat(),
                );
            }
            say(cx, &text);
            Err(CommandError::fail(2, "the remaining files were not processed"))
        }
    }
}

const RECOVER: &[u8] = b"\nYou can use the `bzip2recover' program to attempt to recover\ndata from undamaged sections of corrupted files.\n";

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_is_compressed_comes_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let packed = lab.run("bzip2", &["-1"], &data).stdout;
        assert!(packed.starts_with(b"BZh1") && packed.len() < data.len());
        assert!(lab.run("bunzip2", &[], &packed).stdout == data);
        assert!(lab.run("bzcat", &["-"], &packed).stdout == data);
        assert_eq!(
            lab.run("bunzip2", &[], b"no").stderr,
            b"bunzip2: (stdin) is not a bzip2 file.\n"
        );
        assert_eq!(lab.run("bunzip2", &[], &packed[..50]).status, 2);
    }
}
