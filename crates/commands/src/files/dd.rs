//! `dd`: copies in blocks, converting on the way (POSIX XCU `dd`).

mod convert;
mod report;
mod settings;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context};
use shell::io::OpenFile;
use vfs::blocking::File;
use vfs::{Errno, OpenOptions, VfsError};

use self::convert::Converter;
use self::report::Counts;
use self::settings::{Settings, Status};
use crate::options::{Args, Order, Spec};
use crate::quote::{quoteaf, quotef};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "dd",
    "[OPERAND]...\nOPTION",
    "Copy a file, converting and formatting according to the operands.",
    &[],
)
.notes(
    "  bs=BYTES        read and write up to BYTES bytes at a time (default: 512);\n                  overrides ibs and obs\n  \
     cbs=BYTES       convert BYTES bytes at a time\n  \
     conv=CONVS      convert the file as per the comma separated symbol list\n  \
     count=N         copy only N input blocks\n  \
     ibs=BYTES       read up to BYTES bytes at a time (default: 512)\n  \
     if=FILE         read from FILE instead of stdin\n  \
     iflag=FLAGS     read as per the comma separated symbol list\n  \
     obs=BYTES       write BYTES bytes at a time (default: 512)\n  \
     of=FILE         write to FILE instead of stdout\n  \
     oflag=FLAGS     write as per the comma separated symbol list\n  \
     seek=N          (or oseek=N) skip N obs-sized output blocks\n  \
     skip=N          (or iseek=N) skip N ibs-sized input blocks\n  \
     status=LEVEL    The LEVEL of information to print to stderr;\n                  \
     'none' suppresses everything but error messages,\n                  \
     'noxfer' suppresses the final transfer statistics,\n                  \
     'progress' shows periodic transfer statistics\n\n\
     N and BYTES may be followed by the following multiplicative suffixes:\n\
     c=1, w=2, b=512, kB=1000, K=1024, MB=1000*1000, M=1024*1024, xM=M,\n\
     GB=1000*1000*1000, G=1024*1024*1024, and so on for T, P, E, Z, Y.\n\
     If N ends in 'B', it counts bytes not blocks.",
)
.order(Order::Permute);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// Where blocks come from.
enum Reader {
    File(File, u64),
    Stdin(Arc<dyn OpenFile>),
}

impl Reader {
    /// A whole block unless the input ends.
    fn block(&mut self, cx: &Context<'_>, size: usize) -> vfs::Result<Bytes> {
        match self {
            Self::File(file, at) => {
                let data = file.read_at(*at, size)?;
                *at += data.len() as u64;
                Ok(data)
            }
            Self::Stdin(file) => {
                let first = file.read(size, &cx.cancel)?;
                if first.len() == size || first.is_empty() {
                    return Ok(first);
                }
                let mut all = first.to_vec();
                while all.len() < size {
                    let more = file.read(size - all.len(), &cx.cancel)?;
                    if more.is_empty() {
                        break;
                    }
                    all.extend_from_slice(&more);
                }
                Ok(all.into())
            }
        }
    }

    /// Skips bytes; how many could not be skipped because the input ended.
    fn skip(&mut self, cx: &Context<'_>, mut count: u64) -> vfs::Result<u64> {
        match self {
            Self::File(file, at) => {
                // What cannot tell its size has to be read.
                let size = file.stat()?.size.unwrap_or(u64::MAX);
                *at += count;
                Ok(at.saturating_sub(size).min(count))
            }
            Self::Stdin(_) => {
                while count > 0 {
                    let got = self.block(cx, count.min(1 << 16) as usize)?.len() as u64;
                    if got == 0 {
                        break;
                    }
                    count -= got;
                }
                Ok(count)
            }
        }
    }
}

/// Where blocks go to.
enum Writer {
    File {
        file: File,
        at: u64,
        sparse: bool,
        hole: bool,
    },
    Stdout,
}

impl Writer {
    fn write(&mut self, cx: &mut Context<'_>, data: Bytes) -> vfs::Result<()> {
        match self {
            Self::File { file, at, sparse, hole } => {
                if *sparse && !data.is_empty() && data.iter().all(|b| *b == 0) {
                    *at += data.len() as u64;
                    *hole = true;
                    return Ok(());
                }
                *hole = false;
                *at = file.write_at(*at, data)?;
                Ok(())
            }
            Self::Stdout => cx.stdout.write_bytes(data),
        }
    }

    fn finish(self, cx: &mut Context<'_>, s: &Settings) -> vfs::Result<()> {
        match self {
            Self::File { file, at, hole, .. } => {
                if hole {
                    file.truncate(at)?;
                }
                if s.sync_data || s.sync_all {
                    file.sync(!s.sync_all)?;
                }
                file.close()
            }
            Self::Stdout => cx.stdout.flush_now(),
        }
    }
}

fn failed(what: &str, name: &[u8], e: &VfsError) -> CommandError {
    CommandError::fail(
        1,
        [what.as_bytes(), &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat(),
    )
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let s = Settings::parse(cx, &SPEC, &args.operands)?;
    let mut reader = open_input(cx, &s)?;
    let mut writer = open_output(cx, &s)?;
    let started = Instant::now();
    let mut counts = Counts::default();
    let result = transfer(cx, &s, &mut reader, &mut writer, &mut counts);
    let closed = writer.finish(cx, &s);
    let ok = result?;
    closed.map_err(|e| match &s.output {
        Some(name) => failed("closing output file ", name, &e),
        None => e.into(),
    })?;
    if s.status != Status::None {
        counts.print(cx, s.status != Status::NoTransfer, started.elapsed())?;
    }
    status(ok, 1)
}

fn open_input(cx: &mut Context<'_>, s: &Settings) -> Result<Reader, CommandError> {
    let Some(name) = &s.input else {
        return Ok(Reader::Stdin(cx.stdin.file().clone()));
    };
    let opened = cx.path(name).and_then(|path| {
        if let Some(file) = cx.host.descriptor(&path) {
            return Ok(Reader::Stdin(file));
        }
        if s.want_directory && !cx.fs.stat(&path)?.is_dir() {
            return Err(Errno::ENOTDIR.into());
        }
        Ok(Reader::File(cx.fs.open(&path, OpenOptions::reading())?, 0))
    });
    opened.map_err(|e| failed("failed to open ", name, &e))
}

fn open_output(cx: &mut Context<'_>, s: &Settings) -> Result<Writer, CommandError> {
    let seek = if s.seek_bytes {
        s.seek
    } else {
        s.seek.saturating_mul(s.obs as u64)
    };
    let Some(name) = &s.output else {
        if seek > 0 && !s.append {
            cx.stdout.flush_now()?;
            let moved = cx
                .stdout
                .file()
                .seek(std::io::SeekFrom::Current(seek as i64), &cx.cancel);
            moved.map_err(|e| {
                CommandError::fail(
                    1,
                    [b"'standard output': cannot seek: ", e.gnu_text().as_bytes()].concat(),
                )
            })?;
        }
        return Ok(Writer::Stdout);
    };
    let opened = cx.path(name).and_then(|path| {
        let options = OpenOptions {
            create: !s.no_create,
            exclusive: s.exclusive,
            truncate: !s.no_truncate && seek == 0,
            append: s.append,
            mode: Some(0o666 & !cx.umask),
            ..OpenOptions::writing()
        };
        let file = cx.fs.open(&path, options)?;
        if seek > 0 && !s.no_truncate && file.stat()?.is_file() {
            file.truncate(seek)?;
        }
        Ok(file)
    });
    let file = opened.map_err(|e| failed("failed to open ", name, &e))?;
    Ok(Writer::File {
        file,
        at: seek,
        sparse: s.sparse,
        hole: false,
    })
}

fn transfer(
    cx: &mut Context<'_>,
    s: &Settings,
    reader: &mut Reader,
    writer: &mut Writer,
    counts: &mut Counts,
) -> Result<bool, CommandError> {
    let from = s.input.as_deref().unwrap_or(b"standard input");
    let to = s.output.as_deref().unwrap_or(b"standard output");
    let reading = |e: &VfsError| match e.errno() {
        Errno::ECANCELED | Errno::EPIPE => e.clone().into(),
        _ => failed("error reading ", from, e),
    };
    let writing = |e: &VfsError| match e.errno() {
        Errno::ECANCELED | Errno::EPIPE => e.clone().into(),
        _ => failed("error writing ", to, e),
    };
    if s.skip > 0 {
        let bytes = if s.skip_bytes {
            s.skip
        } else {
            s.skip.saturating_mul(s.ibs as u64)
        };
        let short = reader.skip(cx, bytes).map_err(|e| reading(&e))?;
        if short > 0 {
            let shown: &[u8] = if s.input.is_some() { from } else { b"standard input" };
            let shown = if s.input.is_some() {
                quotef(shown)
            } else {
                quoteaf(shown)
            };
            cx.warn([&shown[..], b": cannot skip to specified offset"].concat());
        }
    }
    let mut converter = Converter::new(s);
    let mut pending: Vec<u8> = Vec::new();
    let mut left = s.count.map(|n| {
        if s.count_bytes {
            n
        } else {
            n.saturating_mul(s.ibs as u64)
        }
    });
    loop {
        cx.cancel.check()?;
        let size = left.map_or(s.ibs as u64, |n| n.min(s.ibs as u64)) as usize;
        if size == 0 {
            break;
        }
        let mut block = reader.block(cx, size).map_err(|e| reading(&e))?;
        if block.is_empty() {
            break;
        }
        if let Some(n) = &mut left {
            // A short block counts as a whole one, unless bytes are counted.
            *n = n.saturating_sub(if s.count_bytes {
                block.len() as u64
            } else {
                s.ibs as u64
            });
        }
        if block.len() == s.ibs {
            counts.full_in += 1;
        } else {
            counts.part_in += 1;
            if s.pad {
                let mut padded = block.to_vec();
                padded.resize(s.ibs, if s.by_lines() { b' ' } else { 0 });
                block = padded.into();
            }
        }
        if s.plain() && s.whole_blocks {
            counts.written(block.len(), s.obs);
            writer.write(cx, block).map_err(|e| writing(&e))?;
            continue;
        }
        converter.feed(&block, &mut pending);
        let whole = if s.whole_blocks {
            pending.len()
        } else {
            pending.len() / s.obs * s.obs
        };
        if whole > 0 {
            emit(cx, s, writer, counts, &mut pending, whole).map_err(|e| writing(&e))?;
        }
    }
    converter.finish(&mut pending);
    let rest = pending.len();
    if rest > 0 {
        emit(cx, s, writer, counts, &mut pending, rest).map_err(|e| writing(&e))?;
    }
    counts.truncated = converter.truncated;
    Ok(true)
}

/// Writes the first `len` bytes of what is pending, in blocks.
fn emit(
    cx: &mut Context<'_>,
    s: &Settings,
    writer: &mut Writer,
    counts: &mut Counts,
    pending: &mut Vec<u8>,
    len: usize,
) -> vfs::Result<()> {
    let rest = pending.split_off(len);
    let data = Bytes::from(std::mem::replace(pending, rest));
    let step = if s.whole_blocks { len } else { s.obs };
    let mut at = 0;
    while at < len {
        let end = (at + step).min(len);
        counts.written(end - at, s.obs);
        if s.sparse {
            writer.write(cx, data.slice(at..end))?;
        }
        at = end;
    }
    if s.sparse { Ok(()) } else { writer.write(cx, data) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    #[test]
    fn blocks_are_cut_converted_and_counted() {
        let lab = Lab::new();
        let quiet = "status=none";
        let run = |args: &[&str], input: &[u8]| lab.run("dd", args, input);
        assert_eq!(run(&["bs=2", "skip=1", "count=2", quiet], b"abcdefg").stdout, b"cdef");
        assert_eq!(run(&["conv=ucase,swab", quiet], b"abcde").stdout, b"BADCE");
        assert_eq!(run(&["cbs=3", "conv=block", quiet], b"a\nbcde\n").stdout, b"a  bcd");
        assert_eq!(run(&["cbs=3", "conv=unblock", quiet], b"a  bcd").stdout, b"a\nbcd\n");
        assert_eq!(run(&["skip=3B", "count=2B", quiet], b"abcdefg").stdout, b"de");
        let out = run(&["ibs=3", "obs=2", "status=noxfer"], b"abcdefg");
        assert_eq!(out.stderr, b"2+1 records in\n3+1 records out\n");
        assert_eq!(
            run(&["foo=1"], b"").stderr,
            b"dd: unrecognized operand 'foo=1'\nTry 'dd --help' for more information.\n"
        );
    }

    #[test]
    fn a_file_is_kept_beyond_and_before_what_is_written() {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
            .unwrap();
        let lab = Lab::on(tree);
        let path = VPath::new("/f").unwrap();
        lab.fs().write_all(&path, "0123456789".into()).unwrap();
        lab.run("dd", &["of=f", "bs=1", "seek=2", "conv=notrunc", "status=none"], b"AB");
        assert_eq!(&lab.fs().read_all(&path).unwrap()[..], b"01AB456789");
        lab.run("dd", &["of=f", "bs=1", "seek=2", "status=none"], b"C");
        assert_eq!(&lab.fs().read_all(&path).unwrap()[..], b"01C");
    }
}
