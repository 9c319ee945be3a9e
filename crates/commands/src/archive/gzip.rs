//! `gzip`, `gunzip`, `zcat`.

mod file;
mod member;
mod report;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::options::{Args, Opt, Order, Spec, Suite, flag, value};
use crate::tool::Tool;

const OPTIONS: &[Opt] = &[
    flag("a", "ascii", ""),
    flag(
        "c",
        "stdout to-stdout",
        "write on standard output, keep original files unchanged",
    ),
    flag("d", "decompress uncompress", "decompress"),
    flag("f", "force", "force overwrite of output file and compress links"),
    flag("h", "help", ""),
    flag("k", "keep", "keep (don't delete) input files"),
    flag("l", "list", "list compressed file contents"),
    flag("L", "license", ""),
    flag("n", "no-name", "do not save or restore the original name and timestamp"),
    flag("N", "name", "save or restore the original name and timestamp"),
    flag("q", "quiet silent", "suppress all warnings"),
    flag("r", "recursive", "operate recursively on directories"),
    flag("", "rsyncable", "make rsync-friendly archive"),
    value("S", "suffix", "SUF", "use suffix SUF on compressed files"),
    flag(
        "",
        "synchronous",
        "synchronous output (safer if system crashes, but slower)",
    ),
    flag("t", "test", "test compressed file integrity"),
    flag("v", "verbose", "verbose mode"),
    flag("V", "version", ""),
    flag("1", "fast", "compress faster"),
    flag("2", "", ""),
    flag("3", "", ""),
    flag("4", "", ""),
    flag("5", "", ""),
    flag("6", "", ""),
    flag("7", "", ""),
    flag("8", "", ""),
    flag("9", "best", "compress better"),
];

const SPEC: Spec = Spec::new(
    "gzip",
    "[OPTION]... [FILE]...",
    "Compress or uncompress FILEs (by default, compress FILES in-place).",
    OPTIONS,
)
.notes("With no FILE, or when FILE is -, read standard input.")
.order(Order::Verbatim)
.suite(Suite::Other("compatible with GNU gzip 1.12"));

/// `gzip`.
pub const GZIP: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands, false, false));

/// `gunzip`, which is `gzip -d` in its messages too.
pub const GUNZIP: Tool = Tool::new(Spec { name: "gunzip", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, false)
})
.aliases(&["uncompress"])
.prepare(call_it_gzip);

/// `zcat`, which is `gzip -cd`.
pub const ZCAT: Tool = Tool::new(Spec { name: "zcat", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, true)
})
.aliases(&["gzcat"])
.prepare(call_it_gzip);

#[allow(clippy::unnecessary_wraps)] // The signature of a hook.
fn call_it_gzip(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    cx.name = b"gzip".to_vec();
    Ok(())
}

/// What to do.
#[derive(Debug, Clone)]
pub(super) struct Job {
    stdout: bool,
    decompress: bool,
    force: bool,
    keep: bool,
    list: bool,
    /// `-n`: off; `-N`: on; by default names are stored and not restored.
    names: Option<bool>,
    quiet: bool,
    recursive: bool,
    suffix: Vec<u8>,
    test: bool,
    verbose: bool,
    level: u32,
}

/// The worst that happened so far: 0, then 2 for warnings, then 1 for errors.
#[derive(Debug, Default)]
pub(super) struct Outcome(u8);

impl Outcome {
    pub(super) fn warning(&mut self) {
        if self.0 == 0 {
            self.0 = 2;
        }
    }

    pub(super) fn error(&mut self) {
        self.0 = 1;
    }
}

/// Reads the options; the hint after a mistake has quotes of its own.
fn parse(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> Result<Option<Args>, CommandError> {
    const PERMUTED: Spec = Spec {
        order: Order::Permute,
        ..SPEC
    };
    PERMUTED.parse_list(cx, args).map_err(|e| match e {
        CommandError::Fail { status, message } => {
            let first = message.split(|b| *b == b'\n').next().unwrap_or_default();
            CommandError::fail(status, [first, b"\nTry `gzip --help' for more information."].concat())
        }
        other => other,
    })
}

fn run(cx: &mut Context<'_>, args: Vec<Vec<u8>>, decompress: bool, stdout: bool) -> CommandResult {
    let Some(args) = parse(cx, args)? else {
        return Ok(ExitStatus::SUCCESS);
    };
    let mut job = Job {
        stdout,
        decompress,
        force: false,
        keep: false,
        list: false,
        names: None,
        quiet: false,
        recursive: false,
        suffix: b".gz".to_vec(),
        test: false,
        verbose: false,
        level: 6,
    };
    for o in &args.options {
        match o.key {
            "stdout" => job.stdout = true,
            "decompress" => job.decompress = true,
            "force" => job.force = true,
            "keep" => job.keep = true,
            "list" => (job.list, job.decompress, job.stdout) = (true, true, true),
            "no-name" => job.names = Some(false),
            "name" => job.names = Some(true),
            "quiet" => (job.quiet, job.verbose) = (true, false),
            "recursive" => job.recursive = true,
            "suffix" => job.suffix = o.value().to_vec(),
            "test" => (job.test, job.decompress, job.stdout) = (true, true, true),
            "verbose" => (job.verbose, job.quiet) = (true, false),
            "fast" => job.level = 1,
            "best" => job.level = 9,
            digit => {
                if let Ok(level) = digit.parse() {
                    job.level = level;
                }
            }
        }
    }
    if job.suffix.is_empty() && !job.decompress || job.suffix.len() > 30 || job.suffix.contains(&b'/') {
        return Err(CommandError::fail(
            1,
            [b"invalid suffix '", &job.suffix[..], b"'"].concat(),
        ));
    }
    let mut outcome = Outcome::default();
    let mut totals = report::Totals::default();
    if args.operands.is_empty() {
        file::standard_input(cx, &job, &mut outcome, &mut totals)?;
    }
    for operand in &args.operands {
        if operand[..] == *b"-" {
            file::standard_input(cx, &job, &mut outcome, &mut totals)?;
        } else {
            file::operand(cx, &job, operand, &mut outcome, &mut totals)?;
        }
    }
    if job.list {
        totals.finish(cx, &job)?;
    }
    Ok(ExitStatus(outcome.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use resources::ram::Ram;
    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    fn lab() -> Lab {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(Ram::new()), Mode::Exec).unwrap();
        Lab::on(tree)
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..200_000u32).flat_map(|n| n.to_le_bytes()).collect();
        for level in ["-1", "-6", "-9"] {
            let packed = lab.run("gzip", &[level], &data).stdout;
            assert!(packed.len() < data.len());
            let twice = [packed.clone(), packed].concat();
            assert!(lab.run("gunzip", &[], &twice).stdout == [data.clone(), data.clone()].concat());
        }
    }

    #[test]
    fn files_are_replaced_and_bad_data_is_named() {
        let lab = lab();
        let path = |p: &str| VPath::new(p).unwrap();
        lab.fs().write_all(&path("/f"), "content".into()).unwrap();
        assert_eq!(lab.run("gzip", &["f"], b"").status, 0);
        assert!(lab.fs().stat(&path("/f")).is_err());
        assert_eq!(lab.run("zcat", &["f"], b"").stdout, b"content");
        assert_eq!(lab.run("gunzip", &["f.gz"], b"").status, 0);
        assert_eq!(&lab.fs().read_all(&path("/f")).unwrap()[..], b"content");
        let bad = lab.run("gunzip", &[], b"no gzip");
        assert_eq!(
            (bad.status, bad.stderr.as_slice()),
            (1, &b"\ngzip: stdin: not in gzip format\n"[..])
        );
    }
}
