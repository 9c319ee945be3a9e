//! One operand: what becomes of it, and what is said about it.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use shell::command::{CommandError, Context};
use vfs::{Errno, FileKind, Stat, Time, VPath, VfsError};

use super::member::{Bits, Flaw, Stop, Summary, inflate, is_gzip};
use super::report::{Totals, ratio};
use super::{Job, Outcome};
use crate::archive::files::{NewFile, Sink};
use crate::input::{self, Source};

/// Suffixes that decompressing knows, and what they become.
const SUFFIXES: &[(&[u8], &[u8])] = &[
    (b".gz", b""),
    (b".z", b""),
    (b".taz", b".tar"),
    (b".tgz", b".tar"),
    (b"-gz", b""),
    (b"-z", b""),
    (b"_z", b""),
    (b".Z", b""),
];

fn say(cx: &mut Context<'_>, name: &[u8], text: &str) {
    cx.warn([name, b": ", text.as_bytes()].concat());
}

/// A message after an empty line, as the real tool says what is wrong with data.
fn complain(cx: &mut Context<'_>, name: &[u8], text: &str) -> Result<(), CommandError> {
    cx.stdout.flush_now()?;
    let line = [b"\n", &cx.name[..], b": ", name, b": ", text.as_bytes(), b"\n"].concat();
    let _ = cx.stderr.write_all(&line);
    Ok(())
}

fn verbose(cx: &mut Context<'_>, text: impl AsRef<[u8]>) {
    let _ = cx.stderr.write_all(text.as_ref());
}

fn read_failed(cx: &mut Context<'_>, name: &[u8], e: &VfsError, outcome: &mut Outcome) -> Result<(), CommandError> {
    if e.errno() == Errno::ECANCELED {
        return Err(e.clone().into());
    }
    cx.stdout.flush_now()?;
    say(cx, name, e.gnu_text());
    outcome.error();
    Ok(())
}

/// The suffix of a name that marks compressed files.
fn known_suffix<'s>(name: &[u8], job: &'s Job) -> Option<(&'s [u8], &'static [u8])> {
    let own: (&[u8], &'static [u8]) = (&job.suffix, b"");
    let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
    std::iter::once(own)
        .chain(SUFFIXES.iter().map(|(s, t)| (*s, *t)))
        .find(|(s, _)| {
            !s.is_empty() && base.len() > s.len() && base.to_ascii_lowercase().ends_with(&s.to_ascii_lowercase())
        })
}

pub(super) fn standard_input(
    cx: &mut Context<'_>,
    job: &Job,
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Result<(), CommandError> {
    let source = input::stdin(cx);
    let sink = if job.test || job.list {
        Sink::Nothing
    } else {
        Sink::Stdout(cx.stdout.duplicate())
    };
    let job = Job {
        stdout: true,
        ..job.clone()
    };
    work(cx, &job, b"stdin", source, None, sink, None, outcome, totals).map(drop)
}

pub(super) fn operand(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Result<(), CommandError> {
    let mut name = name.to_vec();
    let mut found = stat(cx, &name, job);
    // To decompress `x` is to decompress `x.gz` when there is no `x`.
    if job.decompress && matches!(&found, Err(e) if e.errno() == Errno::ENOENT) && known_suffix(&name, job).is_none() {
        let with = [&name[..], &job.suffix].concat();
        found = stat(cx, &with, job);
        name = with;
    }
    let (path, stat) = match found {
        Ok(found) => found,
        Err(e) => return read_failed(cx, &name, &e, outcome),
    };
    if stat.is_dir() {
        if job.recursive {
            return directory(cx, job, &name, &path, outcome, totals);
        }
        outcome.warning();
        if !job.quiet {
            cx.warn([&name[..], b" is a directory -- ignored"].concat());
        }
        return Ok(());
    }
    one_file(cx, job, &name, &path, &stat, outcome, totals)
}

fn stat(cx: &Context<'_>, name: &[u8], job: &Job) -> vfs::Result<(VPath, Stat)> {
    let path = cx.path(name)?;
    let stat = if job.force || job.stdout {
        cx.fs.stat(&path)?
    } else {
        cx.fs.lstat(&path)?
    };
    if stat.is_symlink() {
        return Err(Errno::ELOOP.into());
    }
    Ok((path, stat))
}

/// All files below a directory, without recursion.
fn directory(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    path: &VPath,
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Result<(), CommandError> {
    let mut todo = vec![(name.to_vec(), path.clone())];
    while let Some((name, path)) = todo.pop() {
        cx.cancel.check()?;
        let entries = match cx.fs.read_dir(&path) {
            Ok(entries) => entries,
            Err(e) => {
                read_failed(cx, &name, &e, outcome)?;
                continue;
            }
        };
        for entry in entries {
            let slash: &[u8] = if name.ends_with(b"/") { b"" } else { b"/" };
            let below = [&name[..], slash, &entry.name].concat();
            match stat(cx, &below, job) {
                Ok((path, s)) if s.is_dir() => todo.push((below, path)),
                Ok((path, s)) => one_file(cx, job, &below, &path, &s, outcome, totals)?,
                Err(e) => read_failed(cx, &below, &e, outcome)?,
            }
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)] // One call site; a struct of borrowed arguments would say no more.
fn one_file(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    path: &VPath,
    stat: &Stat,
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Result<(), CommandError> {
    let mut refuse = |cx: &mut Context<'_>, text: &str| {
        outcome.warning();
        if !job.quiet {
            cx.warn([name, text.as_bytes()].concat());
        }
        Ok(())
    };
    if stat.kind != FileKind::File && !job.stdout {
        return refuse(cx, " is not a directory or a regular file - ignored");
    }
    if stat.nlink > 1 && !job.force && !job.stdout {
        let others = stat.nlink - 1;
        let s = if others == 1 { "" } else { "s" };
        return refuse(cx, &format!(" has {others} other link{s} -- file ignored"));
    }
    let suffix = known_suffix(name, job);
    let target = match (job.decompress, suffix) {
        (false, Some((suffix, _))) if !job.stdout => {
            // Not even a warning, as far as the status is concerned.
            if !job.quiet {
                let text = [name, b" already has ", suffix, b" suffix -- unchanged"].concat();
                cx.warn(text);
            }
            return Ok(());
        }
        (false, _) => [name, &job.suffix].concat(),
        (true, Some((suffix, becomes))) => [&name[..name.len() - suffix.len()], becomes].concat(),
        (true, None) if job.stdout || job.list || job.test => name.to_vec(),
        (true, None) => {
            return refuse(cx, ": unknown suffix -- ignored");
        }
    };
    let source = match input::open(cx, name) {
        Ok(source) => source,
        Err(e) => return read_failed(cx, name, &e, outcome),
    };
    let sink = if job.test || job.list {
        Sink::Nothing
    } else if job.stdout {
        Sink::Stdout(cx.stdout.duplicate())
    } else {
        let out = cx.path(&target)?;
        match NewFile::create(cx, &out, job.force) {
            Ok(new) => Sink::File(new),
            Err(e) if e.errno() == Errno::EEXIST => {
                verbose(
                    cx,
                    [&b"gzip: "[..], &target, b" already exists;\tnot overwritten\n"].concat(),
                );
                outcome.warning();
                return Ok(());
            }
            Err(e) => return read_failed(cx, &target, &e, outcome),
        }
    };
    let done = work(cx, job, name, source, Some(stat), sink, Some(&target), outcome, totals)?;
    if done
        && !job.stdout
        && !job.keep
        && let Err(e) = cx.fs.remove(path)
    {
        read_failed(cx, name, &e, outcome)?;
    }
    Ok(())
}

/// Compresses, decompresses, tests or lists; whether all went well.
#[allow(clippy::too_many_arguments)] // As above.
fn work(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    mut source: Source,
    stat: Option<&Stat>,
    mut sink: Sink,
    target: Option<&[u8]>,
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Result<bool, CommandError> {
    cx.stdout.flush_now()?;
    let told = job.verbose && !job.list;
    let announce = |cx: &mut Context<'_>| {
        if told && stat.is_some() {
            verbose(cx, [name, b":\t"].concat());
        }
    };
    if !job.decompress {
        announce(cx);
        let (size, packed, header) = match compress(cx, job, name, &mut source, stat, &mut sink)? {
            Ok(sizes) => sizes,
            Err(e) => return read_failed(cx, name, &e, outcome).map(|()| false),
        };
        sink.finish(stat, None, cx.umask)?;
        if told {
            let saved = size as i64 - (packed as i64 - header as i64);
            finish_line(cx, job, &ratio(saved, size), target);
        }
        return Ok(true);
    }
    let mut bits = Bits::new(&mut source);
    // `zcat -f` is `cat` for what is not compressed.
    if job.force && job.stdout && !job.test && !job.list {
        match bits.peek(2) {
            Ok(start) if !is_gzip(start) => return copy(cx, name, &mut bits, sink, outcome),
            _ => {}
        }
    }
    if matches!(bits.peek(2), Ok(start) if is_gzip(start)) {
        announce(cx);
    }
    match inflate(cx, &mut bits, |data| Ok(sink.write_all(data)?)) {
        Ok(summary) => finish_inflate(cx, job, name, stat, sink, target, outcome, totals, &summary),
        Err(Stop::Other(e)) => Err(e),
        Err(Stop::Read(e)) => read_failed(cx, name, &e, outcome).map(|()| false),
        Err(Stop::Flaw(flaw)) => {
            // What was decompressed before it comes out, if it goes to standard output.
            if let Sink::Stdout(_) = sink {
                sink.flush()?;
            }
            let text = match flaw {
                Flaw::NotGzip => "not in gzip format".to_owned(),
                Flaw::UnexpectedEnd => "unexpected end of file".to_owned(),
                Flaw::Method(m) => format!("unknown method {m} -- not supported"),
                Flaw::Encrypted => "is encrypted -- not supported".to_owned(),
                Flaw::Checksum => "invalid compressed data--crc error".to_owned(),
                Flaw::Length => "invalid compressed data--length error".to_owned(),
                Flaw::Format => "invalid compressed data--format violated".to_owned(),
            };
            complain(cx, name, &text)?;
            outcome.error();
            Ok(false)
        }
    }
}

#[allow(clippy::too_many_arguments)] // As above.
fn finish_inflate(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    stat: Option<&Stat>,
    mut sink: Sink,
    target: Option<&[u8]>,
    outcome: &mut Outcome,
    totals: &mut Totals,
    summary: &Summary,
) -> Result<bool, CommandError> {
    if job.list {
        let shown = match (&summary.first.name, target) {
            (Some(stored), _) if job.names == Some(true) => &stored[..],
            (_, Some(target)) => target,
            _ => b"stdout",
        };
        let stored = (summary.first.mtime > 0).then(|| Time {
            seconds: summary.first.mtime.into(),
            nanos: 0,
        });
        let mtime = stored
            .filter(|_| job.names != Some(false))
            .or(stat.and_then(|s| s.mtime));
        let packed = stat.and_then(|s| s.size).unwrap_or(summary.packed);
        totals.add(cx, job, shown, mtime, packed, summary)?;
        return Ok(true);
    }
    sink.flush()?;
    if summary.garbage {
        if !job.quiet {
            complain(cx, name, "decompression OK, trailing garbage ignored")?;
        }
        outcome.warning();
    }
    let restored = job.names == Some(true) && summary.first.mtime > 0;
    let mtime = restored.then(|| Time {
        seconds: summary.first.mtime.into(),
        nanos: 0,
    });
    sink.finish(stat, mtime, cx.umask)?;
    let mut target = target.map(<[u8]>::to_vec);
    if job.names == Some(true)
        && !job.stdout
        && let (Some(stored), Some(made)) = (&summary.first.name, &target)
    {
        target = restore_name(cx, stored, made)?;
    }
    if job.verbose {
        if job.test {
            verbose(cx, " OK\n");
        } else if stat.is_some() {
            let packed = stat.and_then(|s| s.size).unwrap_or(summary.packed);
            let saved = summary.plain as i64 - (packed as i64 - summary.overhead as i64);
            finish_line(cx, job, &ratio(saved, summary.plain), target.as_deref());
        }
    }
    Ok(true)
}

/// Gives the file the name that the header says; only its last part, so that it cannot lead elsewhere.
fn restore_name(cx: &mut Context<'_>, stored: &[u8], made: &[u8]) -> Result<Option<Vec<u8>>, CommandError> {
    let base = stored.rsplit(|b| *b == b'/').next().unwrap_or_default();
    if matches!(base, b"" | b"." | b"..") {
        return Ok(Some(made.to_vec()));
    }
    let dir = made.iter().rposition(|b| *b == b'/').map_or(0, |n| n + 1);
    let wanted = [&made[..dir], base].concat();
    if wanted != made {
        let (from, to) = (cx.path(made)?, cx.path(&wanted)?);
        cx.fs.rename(&from, &to, vfs::resource::RenameMode::NoReplace)?;
    }
    Ok(Some(wanted))
}

fn finish_line(cx: &mut Context<'_>, job: &Job, ratio: &str, target: Option<&[u8]>) {
    let mut line = ratio.as_bytes().to_vec();
    if let Some(target) = target {
        let verb: &[u8] = if job.keep {
            b" -- created "
        } else {
            b" -- replaced with "
        };
        line.extend_from_slice(verb);
        line.extend_from_slice(if job.stdout { b"stdout" } else { target });
    }
    line.push(b'\n');
    verbose(cx, line);
}

fn copy(
    cx: &mut Context<'_>,
    name: &[u8],
    bits: &mut Bits<'_>,
    mut sink: Sink,
    outcome: &mut Outcome,
) -> Result<bool, CommandError> {
    loop {
        cx.cancel.check()?;
        let n = match bits.fill() {
            Ok([]) => break,
            Ok(data) => {
                sink.write_all(data)?;
                data.len()
            }
            Err(Stop::Read(e)) => return read_failed(cx, name, &e, outcome).map(|()| false),
            Err(Stop::Other(e)) => return Err(e),
            Err(Stop::Flaw(_)) => break,
        };
        bits.consume(n);
    }
    sink.flush()?;
    Ok(true)
}

/// Bytes read, bytes written, and bytes of header and trailer among them.
type Sizes = (u64, u64, u64);

fn compress(
    cx: &mut Context<'_>,
    job: &Job,
    name: &[u8],
    source: &mut Source,
    stat: Option<&Stat>,
    sink: &mut Sink,
) -> Result<vfs::Result<Sizes>, CommandError> {
    let mut builder = GzBuilder::new().operating_system(3);
    let mut header = 18;
    if job.names != Some(false) && stat.is_some() {
        let base = name.rsplit(|b| *b == b'/').next().unwrap_or(name);
        header += base.len() as u64 + 1;
        builder = builder.filename(base);
        let mtime = stat.and_then(|s| s.mtime).and_then(|t| u32::try_from(t.seconds).ok());
        builder = builder.mtime(mtime.unwrap_or(0));
    }
    // The library's level 1 makes no Huffman tables and may make data larger; its level 2 is what `-1` stands for elsewhere.
    let mut packer = builder.write(Counted(sink, 0), Compression::new(job.level.max(2)));
    let mut size = 0;
    loop {
        cx.cancel.check()?;
        let chunk = match source.chunk() {
            Ok(chunk) => chunk,
            Err(e) => return Ok(Err(e)),
        };
        if chunk.is_empty() {
            break;
        }
        size += chunk.len() as u64;
        packer.write_all(&chunk)?;
    }
    let Counted(_, packed) = packer.finish()?;
    Ok(Ok((size, packed, header)))
}

struct Counted<'s>(&'s mut Sink, u64);

impl Write for Counted<'_> {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        let n = self.0.write(data)?;
        self.1 += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
