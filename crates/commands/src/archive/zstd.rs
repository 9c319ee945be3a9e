//! `zstd`, `unzstd`, `zstdcat`.

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, FileKind, VPath};

use super::codec::Codec;
use super::files::{NewFile, Sink};
use super::pack::{self, Fault, Sizes};
use crate::input;
use crate::options::{Order, Spec, Suite};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "zstd",
    "[OPTIONS...] [INPUT... | -] [-o OUTPUT]",
    "Compress or decompress the INPUT file(s); reads from STDIN if INPUT is `-` or not provided.",
    &[],
)
.notes(
    "Options:\n  \
     -o OUTPUT                     Write output to a single file, OUTPUT.\n  \
     -k, --keep                    Preserve INPUT file(s). [Default]\n  \
     --rm                          Remove INPUT file(s) after successful (de)compression.\n  \
     -#                            Desired compression level, where `#` is a number between 1 and 19.\n  \
     -d, --decompress              Perform decompression.\n  \
     -t, --test                    Test compressed file integrity.\n  \
     -c, --stdout                  Write to STDOUT, and keep the INPUT file(s).\n  \
     -f, --force                   Disable input and output checks.\n  \
     -r                            Operate recursively on directories.\n  \
     -q, --quiet                   Suppress warnings; pass twice to suppress errors.\n  \
     -v, --verbose                 Enable verbose output.",
)
.order(Order::Verbatim)
.suite(Suite::Other("compatible with Zstandard 1.5.4"));

/// `zstd`.
pub const ZSTD: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands, false, false)).aliases(&["zstdmt"]);
/// `unzstd`.
pub const UNZSTD: Tool = Tool::new(Spec { name: "unzstd", ..SPEC }, |cx, args| {
    run(cx, args.operands, true, false)
});
/// `zstdcat`.
pub const ZSTDCAT: Tool = Tool::new(
    Spec {
        name: "zstdcat",
        ..SPEC
    },
    |cx, args| run(cx, args.operands, true, true),
);

struct Job {
    decompress: bool,
    test: bool,
    stdout: bool,
    remove: bool,
    force: bool,
    recursive: bool,
    /// 0 is silence, 1 errors, 2 results.
    talk: u8,
    level: u32,
    output: Option<Vec<u8>>,
    files: Vec<Vec<u8>>,
}

/// The suffixes of what can be expanded.
const SUFFIXES: [(&[u8], &[u8]); 7] = [
    (b".zst", b""),
    (b".tzst", b".tar"),
    (b".gz", b""),
    (b".tgz", b".tar"),
    (b".lzma", b""),
    (b".xz", b""),
    (b".txz", b".tar"),
];

/// Reads the options, which are zstd's own: `-19`, `--long=27`, `-T0`, `-o FILE` among files.
fn parse(cx: &mut Context<'_>, argv: Vec<Vec<u8>>, job: &mut Job) -> Result<bool, CommandError> {
    let wrong = |cx: &mut Context<'_>| {
        let text = [&b"Incorrect parameters \n"[..], &SPEC.help(b"zstd")].concat();
        let _ = cx.stderr.write_all(&text);
        Ok(false)
    };
    let mut words = argv.into_iter();
    let mut only_files = false;
    while let Some(word) = words.next() {
        if only_files || !word.starts_with(b"-") || word == b"-" {
            job.files.push(word);
            continue;
        }
        if let Some(long) = word.strip_prefix(b"--") {
            let name = long.split(|b| *b == b'=').next().unwrap_or_default();
            match name {
                b"" => only_files = true,
                b"help" => {
                    cx.stdout.write_bytes(SPEC.help(&cx.name).into())?;
                    return Ok(false);
                }
                b"version" => {
                    cx.stdout.write_bytes(SPEC.version(&cx.name).into())?;
                    return Ok(false);
                }
                b"compress" => (job.decompress, job.test) = (false, false),
                b"decompress" | b"uncompress" => (job.decompress, job.test) = (true, false),
                b"test" => (job.decompress, job.test) = (true, true),
                b"stdout" => job.stdout = true,
                b"force" => job.force = true,
                b"keep" => job.remove = false,
                b"rm" => job.remove = true,
                b"quiet" => job.talk = job.talk.saturating_sub(1),
                b"verbose" => job.talk += 1,
                b"fast" => job.level = 1,
                b"max" => job.level = 22,
                b"ultra"
                | b"long"
                | b"threads"
                | b"single-thread"
                | b"check"
                | b"no-check"
                | b"progress"
                | b"no-progress"
                | b"sparse"
                | b"no-sparse"
                | b"content-size"
                | b"no-content-size"
                | b"adapt"
                | b"rsyncable"
                | b"memory"
                | b"memlimit"
                | b"no-asyncio"
                | b"asyncio"
                | b"auto-threads"
                | b"pass-through"
                | b"no-pass-through"
                | b"no-dictID"
                | b"stream-size"
                | b"size-hint"
                | b"target-compressed-block-size"
                | b"exclude-compressed" => {}
                b"format" if long == b"format=zstd" => {}
                b"list" | b"train" | b"filelist" | b"patch-from" | b"output-dir-flat" | b"output-dir-mirror"
                | b"format" => {
                    return Err(CommandError::fail(1, [&word[..], b" is not supported"].concat()));
                }
                _ => return wrong(cx),
            }
            continue;
        }
        let mut at = 1;
        while let Some(letter) = word.get(at) {
            at += 1;
            match letter {
                b'0'..=b'9' => {
                    let len = word[at..].iter().take_while(|b| b.is_ascii_digit()).count();
                    let digits = &word[at - 1..at + len];
                    job.level = digits
                        .iter()
                        .fold(0u32, |n, d| n.saturating_mul(10) + u32::from(d - b'0'))
                        .min(22);
                    at += len;
                }
                b'd' => (job.decompress, job.test) = (true, false),
                b'z' => (job.decompress, job.test) = (false, false),
                b't' => (job.decompress, job.test) = (true, true),
                b'c' => job.stdout = true,
                b'f' => job.force = true,
                b'k' => job.remove = false,
                b'q' => job.talk = job.talk.saturating_sub(1),
                b'v' => job.talk += 1,
                b'r' => job.recursive = true,
                b'n' | b'C' => {}
                b'h' | b'H' => {
                    cx.stdout.write_bytes(SPEC.help(&cx.name).into())?;
                    return Ok(false);
                }
                b'V' => {
                    cx.stdout.write_bytes(SPEC.version(&cx.name).into())?;
                    return Ok(false);
                }
                b'T' | b'M' | b'B' => at = word.len(),
                b'o' => {
                    let rest = word[at..].to_vec();
                    at = word.len();
                    let Some(name) = Some(rest).filter(|r| !r.is_empty()).or_else(|| words.next()) else {
                        return wrong(cx);
                    };
                    job.output = Some(name);
                }
                b'D' | b'l' | b'b' => {
                    return Err(CommandError::fail(
                        1,
                        format!("-{} is not supported", char::from(*letter)),
                    ));
                }
                _ => return wrong(cx),
            }
        }
    }
    Ok(true)
}

fn run(cx: &mut Context<'_>, argv: Vec<Vec<u8>>, decompress: bool, stdout: bool) -> CommandResult {
    let called = cx.name.clone();
    cx.name = b"zstd".to_vec();
    let mut job = Job {
        decompress,
        test: false,
        stdout,
        remove: false,
        force: stdout,
        recursive: false,
        talk: if stdout { 1 } else { 2 },
        level: 3,
        output: None,
        files: Vec::new(),
    };
    let asked = argv
        .iter()
        .any(|a| matches!(&a[..], b"--help" | b"--version" | b"-h" | b"-H" | b"-V"));
    if !parse(cx, argv, &mut job)? {
        cx.name = called;
        return Ok(ExitStatus(u8::from(!asked)));
    }
    if job.files.is_empty() {
        job.files.push(b"-".to_vec());
    }
    if job.recursive {
        job.files = walk(cx, &job)?;
    }
    let (mut failed, mut sum, mut done) = (0u32, (0, 0), 0u32);
    let many = job.files.len() > 1;
    for name in job.files.clone() {
        match one(cx, &job, &name, many)? {
            Some(sizes) => {
                done += 1;
                sum = (sum.0 + sizes.0, sum.1 + sizes.1);
            }
            None => failed += 1,
        }
    }
    if many && job.talk >= 2 && !job.decompress && done > 0 {
        let line = format!(
            "{done:3} files compressed : {:.2}% ({} => {})\n",
            100.0 * sum.1 as f64 / (sum.0.max(1)) as f64,
            size(sum.0),
            size(sum.1)
        );
        say(cx, line.as_bytes());
    }
    Ok(ExitStatus(failed.min(1) as u8))
}

/// All files below the directories that were named.
fn walk(cx: &Context<'_>, job: &Job) -> Result<Vec<Vec<u8>>, CommandError> {
    let mut pending: Vec<Vec<u8>> = job.files.iter().rev().cloned().collect();
    let mut found = Vec::new();
    while let Some(name) = pending.pop() {
        cx.cancel.check()?;
        let path = cx.path(&name);
        let dir = path.ok().filter(|p| cx.fs.lstat(p).is_ok_and(|s| s.is_dir()));
        match dir {
            None => found.push(name),
            Some(path) => {
                let entries = cx.fs.read_dir(&path)?;
                pending.extend(entries.iter().rev().map(|e| crate::files::rm::join(&name, &e.name)));
            }
        }
    }
    Ok(found)
}

fn say(cx: &mut Context<'_>, text: &[u8]) {
    let _ = cx.stderr.write_all(text);
}

fn complain(cx: &mut Context<'_>, job: &Job, text: &[u8]) {
    if job.talk >= 1 {
        say(cx, &[b"zstd: ", text, b" \n"].concat());
    }
}

/// `8.68 KiB` in eight columns, `17.4 KiB`.
fn size(n: u64) -> String {
    if n < 1024 {
        return format!("{n:6} B");
    }
    let (mut value, mut unit) = (n as f64 / 1024.0, 0);
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 10.0 {
        2
    } else if value < 100.0 {
        1
    } else {
        0
    };
    format!("{value:6.digits$} {}", UNITS[unit])
}

fn one(cx: &mut Context<'_>, job: &Job, name: &[u8], many: bool) -> Result<Option<Sizes>, CommandError> {
    let stdin = name == b"-";
    let mut place: Option<(VPath, vfs::Stat)> = None;
    if !stdin {
        match cx.path(name).and_then(|p| Ok((cx.fs.lstat(&p)?, cx.fs.stat(&p)?, p))) {
            Ok((entry, stat, path)) => {
                if stat.is_dir() {
                    complain(cx, job, &[name, b" is a directory -- ignored"].concat());
                    return Ok(None);
                }
                if entry.kind == FileKind::Symlink && !job.force && !job.stdout {
                    complain(cx, job, &[name, b" is a symbolic link, ignoring"].concat());
                    return Ok(None);
                }
                place = Some((path, stat));
            }
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                complain(
                    cx,
                    job,
                    &[
                        &b"can't stat "[..],
                        name,
                        b" : ",
                        e.gnu_text().as_bytes(),
                        b" -- ignored",
                    ]
                    .concat(),
                );
                return Ok(None);
            }
        }
    }
    let in_place = !(job.stdout || job.test || stdin || job.output.is_some());
    let target = match (&job.output, in_place) {
        (Some(out), _) if !job.test => Some(out.clone()),
        (_, true) if job.decompress => match SUFFIXES.iter().find(|(s, _)| name.ends_with(s) && name.len() > s.len()) {
            Some((s, becomes)) => Some([&name[..name.len() - s.len()], becomes].concat()),
            None => {
                let text = ": unknown suffix (.zst/.tzst/.gz/.tgz/.lzma/.xz/.txz/.lz4/.tlz4 expected). \
                                Can't derive the output file name. Specify it with -o dstFileName. Ignoring.\n";
                if job.talk >= 1 {
                    say(cx, &[b"zstd: ", name, text.as_bytes()].concat());
                }
                return Ok(None);
            }
        },
        (_, true) => Some([name, b".zst"].concat()),
        _ => None,
    };
    let mut source = if stdin {
        input::stdin(cx)
    } else {
        match input::open(cx, name) {
            Ok(source) => source,
            Err(e) => {
                complain(cx, job, &[name, b": ", e.gnu_text().as_bytes()].concat());
                return Ok(None);
            }
        }
    };
    cx.stdout.flush_now()?;
    let mut sink = match &target {
        _ if job.test => Sink::Nothing,
        None => Sink::Stdout(cx.stdout.duplicate()),
        Some(target) => match cx.path(target).and_then(|out| NewFile::create(cx, &out, job.force)) {
            Ok(new) => Sink::File(new),
            Err(e) if e.errno() == Errno::EEXIST => {
                let end: &[u8] = if job.talk >= 2 {
                    b" already exists; overwrite (y/n) ? Not overwritten "
                } else {
                    b" already exists; not overwritten "
                };
                complain(cx, job, &[&target[..], end].concat());
                return Ok(None);
            }
            Err(e) => {
                complain(cx, job, &[&target[..], b": ", e.gnu_text().as_bytes()].concat());
                return Ok(None);
            }
        },
    };
    let result = if job.decompress {
        pack::start(&mut source)
            .map_err(Fault::Read)
            .and_then(|start| match Codec::detect(&start) {
                Some(codec) if codec != Codec::Bzip2 => pack::expand(cx, codec, &start, &mut source, &mut sink),
                _ => Err(Fault::Magic),
            })
    } else {
        pack::compress(cx, Codec::Zstd, Some(job.level.max(1)), &mut source, &mut sink)
    };
    let shown: &[u8] = if stdin { b"/*stdin*\\" } else { name };
    match result {
        Ok(sizes) => {
            sink.finish(place.as_ref().map(|(_, s)| s), None, cx.umask)?;
            if job.remove
                && (in_place || job.output.is_some())
                && let Some((path, _)) = &place
            {
                cx.fs.remove(path)?;
            }
            if job.talk >= 2 && !(stdin && target.is_none()) && target.is_some() | job.test {
                report(cx, job, shown, target.as_deref(), sizes, many);
            }
            Ok(Some(sizes))
        }
        Err(Fault::Other(e)) => Err(e),
        Err(fault) => {
            sink.flush()?;
            match fault {
                Fault::Read(e) => complain(cx, job, &[shown, b": ", e.gnu_text().as_bytes()].concat()),
                Fault::Magic => complain(cx, job, &[shown, b": unsupported format"].concat()),
                Fault::Truncated if job.talk >= 1 => {
                    say(cx, &[shown, b" : Read error (39) : premature end \n"].concat());
                }
                _ if job.talk >= 1 => say(
                    cx,
                    &[shown, b" : Decoding error (36) : Data corruption detected \n"].concat(),
                ),
                _ => {}
            }
            Ok(None)
        }
    }
}

fn report(cx: &mut Context<'_>, job: &Job, name: &[u8], target: Option<&[u8]>, sizes: Sizes, many: bool) {
    let padded = format!("{:<20}", String::from_utf8_lossy(name));
    let line = if job.decompress {
        format!("{padded}: {} bytes \n", sizes.1)
    } else if many {
        return;
    } else {
        let target = String::from_utf8_lossy(target.unwrap_or_default()).into_owned();
        format!(
            "{padded} :{:6.2}%   ({} => {}, {target}) \n",
            100.0 * sizes.1 as f64 / sizes.0.max(1) as f64,
            size(sizes.0),
            size(sizes.1)
        )
    };
    say(cx, line.as_bytes());
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn what_is_compressed_comes_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..100_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let packed = lab.run("zstd", &["-19", "-c"], &data).stdout;
        assert!(packed.starts_with(b"\x28\xb5\x2f\xfd") && packed.len() < data.len());
        assert!(lab.run("zstdcat", &[], &packed).stdout == data);
        assert_eq!(lab.run("unzstd", &[], b"bad").status, 1);
    }
}
