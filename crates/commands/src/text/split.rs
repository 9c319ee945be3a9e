//! `split`: cuts a file into pieces.

mod chunks;
mod pieces;

use shell::command::{CommandError, CommandResult, Context};

use self::pieces::{Pieces, Suffix};
use crate::input;
use crate::number::{NumberError, decimal, size};
use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "split",
    "[OPTION]... [FILE [PREFIX]]",
    "Output pieces of FILE to PREFIXaa, PREFIXab, ...;\ndefault size is 1000 lines, and default PREFIX is 'x'.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("a", "suffix-length", "N", "generate suffixes of length N (default 2)"),
        value("", "additional-suffix", "SUFFIX", "append an additional SUFFIX to file names"),
        value("b", "bytes", "SIZE", "put SIZE bytes per output file"),
        value("C", "line-bytes", "SIZE", "put at most SIZE bytes of records per output file"),
        flag("d", "", "use numeric suffixes starting at 0, not alphabetic"),
        optional("", "numeric-suffixes", "FROM", "same as -d, but allow setting the start value"),
        flag("x", "", "use hex suffixes starting at 0, not alphabetic"),
        optional("", "hex-suffixes", "FROM", "same as -x, but allow setting the start value"),
        flag("e", "elide-empty-files", "do not generate empty output files with '-n'"),
        value("", "filter", "COMMAND", "write to shell COMMAND; file name is $FILE"),
        value("l", "lines", "NUMBER", "put NUMBER lines/records per output file"),
        value("n", "number", "CHUNKS", "generate CHUNKS output files; see explanation below"),
        value("t", "separator", "SEP", "use SEP instead of newline as the record separator;\n'\\0' (zero) specifies the NUL character"),
        flag("u", "unbuffered", "immediately copy input to output with '-n r/...'"),
        flag("", "verbose", "print a diagnostic just before each\noutput file is opened"),
    ],
)
.notes(
    "The SIZE argument is an integer and optional unit (example: 10K is 10*1024).\n\
     Units are K,M,G,T,P,E,Z,Y (powers of 1024) or KB,MB,... (powers of 1000).\n\n\
     CHUNKS may be:\n  \
     N       split into N files based on size of input\n  \
     K/N     output Kth of N to stdout\n  \
     l/N     split into N files without splitting lines/records\n  \
     l/K/N   output Kth of N to stdout without splitting lines/records\n  \
     r/N     like 'l' but use round robin distribution\n  \
     r/K/N   likewise but only output Kth of N to stdout",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(old_number);

/// `-10` means `-l 10`.
#[allow(clippy::unnecessary_wraps)] // The signature of a hook.
fn old_number(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let mut skip = false;
    for arg in &mut cx.args {
        if arg == b"--" {
            break;
        }
        if std::mem::take(&mut skip) {
            continue;
        }
        if arg.len() > 1 && arg[0] == b'-' && arg[1..].iter().all(u8::is_ascii_digit) {
            *arg = [b"--lines=", &arg[1..]].concat();
        }
        skip = matches!(&arg[..], b"-a" | b"-b" | b"-C" | b"-l" | b"-n" | b"-t");
    }
    Ok(())
}

/// How pieces are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Lines(u64),
    Bytes(u64),
    LineBytes(u64),
    /// So many parts; only one of them, on standard output.
    Chunks(u64, Option<u64>),
    LineChunks(u64, Option<u64>),
    RoundRobin(u64, Option<u64>),
}

fn wrong(what: &str, text: &[u8], e: NumberError) -> CommandError {
    let detail = if e == NumberError::Overflow {
        ": Numerical result out of range"
    } else {
        ""
    };
    CommandError::fail(
        1,
        [b"invalid ", what.as_bytes(), b": ", &quote(text), detail.as_bytes()].concat(),
    )
}

fn amount(what: &str, text: &[u8]) -> Result<u64, CommandError> {
    match size(text, "bEGKkMmPTYZ0") {
        Ok(0) => Err(wrong(what, text, NumberError::Overflow)),
        Ok(n) => Ok(n),
        Err(e @ NumberError::Overflow) => Err(wrong(what, text, e)),
        Err(_) => Err(wrong(what, text, NumberError::Invalid)),
    }
}

fn chunks(text: &[u8]) -> Result<By, CommandError> {
    let (kind, rest) = match text {
        [k @ (b'l' | b'r'), b'/', rest @ ..] => (*k, rest),
        _ => (b'b', text),
    };
    let count = |t: &[u8]| match decimal(t) {
        Ok(0) => Err(wrong("number of chunks", t, NumberError::Overflow)),
        Ok(n) => Ok(n),
        Err(e) => Err(wrong("number of chunks", t, e)),
    };
    let (one, n) = match memchr::memchr(b'/', rest) {
        Some(at) => {
            let n = count(&rest[at + 1..])?;
            let k = decimal(&rest[..at]).map_err(|e| wrong("chunk number", &rest[..at], e))?;
            if k == 0 || k > n {
                return Err(wrong("chunk number", &rest[..at], NumberError::Overflow));
            }
            (Some(k), n)
        }
        None => (None, count(rest)?),
    };
    Ok(match kind {
        b'l' => By::LineChunks(n, one),
        b'r' => By::RoundRobin(n, one),
        _ => By::Chunks(n, one),
    })
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut by: Option<By> = None;
    let mut suffix = Suffix::default();
    let mut separator = b'\n';
    let mut asked_separator: Option<&[u8]> = None;
    for o in &args.options {
        let new = match o.key {
            "lines" => By::Lines(amount("number of lines", o.value())?),
            "bytes" => By::Bytes(amount("number of bytes", o.value())?),
            "line-bytes" => By::LineBytes(amount("number of lines", o.value())?),
            "number" => chunks(o.value())?,
            "suffix-length" => {
                let n = decimal(o.value()).map_err(|e| wrong("suffix length", o.value(), e))?;
                suffix.length = Some(n as usize).filter(|n| *n > 0);
                suffix.fixed = suffix.length.is_some();
                continue;
            }
            "additional-suffix" => {
                if o.value().contains(&b'/') {
                    let text = [
                        &b"invalid suffix "[..],
                        &quote(o.value()),
                        b", contains directory separator",
                    ]
                    .concat();
                    return Err(SPEC.usage_error(cx, text));
                }
                suffix.extra = o.value().to_vec();
                continue;
            }
            "d" | "numeric-suffixes" | "x" | "hex-suffixes" => {
                let hex = o.key.starts_with(['x', 'h']);
                suffix.alphabet = if hex { b"0123456789abcdef" } else { b"0123456789" };
                if let Some(start) = &o.value {
                    let radix = if hex { 16 } else { 10 };
                    let n = std::str::from_utf8(start)
                        .ok()
                        .and_then(|t| u64::from_str_radix(t, radix).ok());
                    let Some(n) = n else {
                        let kind = if hex { "hexadecimal" } else { "numerical" };
                        let text = [
                            &quote(start)[..],
                            b": invalid start value for ",
                            kind.as_bytes(),
                            b" suffix",
                        ]
                        .concat();
                        return Err(SPEC.usage_error(cx, text));
                    };
                    suffix.start = n;
                    suffix.started = true;
                }
                continue;
            }
            "separator" => {
                separator = match o.value() {
                    [b] => *b,
                    b"\\0" => 0,
                    b"" => return Err(CommandError::fail(1, "empty record separator")),
                    other => {
                        return Err(CommandError::fail(
                            1,
                            [&b"multi-character separator "[..], &quote(other)].concat(),
                        ));
                    }
                };
                if asked_separator.is_some_and(|s| s != o.value()) {
                    return Err(CommandError::fail(1, "multiple separator characters specified"));
                }
                asked_separator = Some(o.value());
                continue;
            }
            _ => continue,
        };
        if by.is_some() {
            return Err(SPEC.usage_error(cx, "cannot split in more than one way"));
        }
        by = Some(new);
    }
    if let Some(extra) = args.operands.get(2) {
        return Err(SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let by = by.unwrap_or(By::Lines(1000));
    let filter = args.last("filter").map(<[u8]>::to_vec);
    if let (By::Chunks(_, Some(_)) | By::LineChunks(_, Some(_)) | By::RoundRobin(_, Some(_)), Some(_)) = (by, &filter) {
        return Err(SPEC.usage_error(cx, "--filter does not process a chunk extracted to stdout"));
    }
    let name = args.operands.first().cloned().unwrap_or_else(|| b"-".to_vec());
    let prefix = args.operands.get(1).cloned().unwrap_or_else(|| b"x".to_vec());
    if let By::Chunks(n, None) | By::LineChunks(n, None) | By::RoundRobin(n, None) = by {
        suffix.fit(n)?;
    }
    let source = input::open(cx, &name).map_err(|e| {
        let text = [
            &b"cannot open "[..],
            &quoteaf(&name),
            b" for reading: ",
            e.gnu_text().as_bytes(),
        ]
        .concat();
        CommandError::fail(1, text)
    })?;
    let mut pieces = Pieces::new(prefix, suffix, filter, args.has("verbose"));
    let elide = args.has("elide-empty-files");
    match by {
        By::Lines(n) => pieces::by_lines(cx, source, &mut pieces, n, separator)?,
        By::Bytes(n) => pieces::by_bytes(cx, source, &mut pieces, n)?,
        By::LineBytes(n) => pieces::by_line_bytes(cx, source, &mut pieces, n, separator)?,
        By::Chunks(n, one) => chunks::by_size(cx, source, &mut pieces, n, one, elide)?,
        By::LineChunks(n, one) => chunks::by_size_in_lines(cx, source, &mut pieces, (n, one), separator, elide)?,
        By::RoundRobin(n, one) => chunks::round_robin(cx, source, &mut pieces, (n, one), separator, elide)?,
    }
    pieces.close(cx)?;
    status(true, 1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    #[test]
    fn pieces_put_together_are_the_whole() {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)
            .unwrap();
        let lab = Lab::on(tree);
        let data: Vec<u8> = (1..=30).flat_map(|n| format!("{n}\n").into_bytes()).collect();
        for args in [
            &["-l", "7"][..],
            &["-b", "10"],
            &["-C", "20"],
            &["-n", "4"],
            &["-n", "l/4"],
            &["-d", "-l1"],
            &["-10"],
        ] {
            assert_eq!(lab.run("split", args, &data).status, 0);
            let mut names: Vec<_> = lab.fs().read_dir(&VPath::root()).unwrap();
            names.retain(|e| e.name.starts_with(b"x"));
            names.sort_by(|a, b| a.name.cmp(&b.name));
            let mut whole = Vec::new();
            for entry in names {
                let path = VPath::root().child(&entry.name).unwrap();
                whole.extend_from_slice(&lab.fs().read_all(&path).unwrap());
                lab.fs().remove(&path).unwrap();
            }
            assert!(whole == data, "{args:?}");
        }
        assert_eq!(lab.run("split", &["-n", "2/3"], &data).stdout, &data[27..54]);
        let out = lab.run("split", &["-a1", "-l1"], &data);
        assert_eq!(
            (out.status, out.stderr.as_slice()),
            (1, &b"split: output file suffixes exhausted\n"[..])
        );
    }
}
