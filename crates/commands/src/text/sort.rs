//! `sort`: lines in order, by keys.

mod check;
mod engine;
mod keys;
mod order;

use std::sync::Arc;

use bytes::Bytes;
use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::{Errno, OpenOptions, VfsError};

use crate::input::{self, Source};
use crate::number;
use crate::options::{Args, Spec, flag, optional, value};
use crate::output;
use crate::quote::{quote, quoteaf, quotef};
use crate::tool::Tool;
use keys::{Flags, Key, Kind};
use order::Order;

const SPEC: Spec = Spec::new(
    "sort",
    "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    "Write sorted concatenation of all FILE(s) to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("b", "ignore-leading-blanks", "ignore leading blanks"),
        optional("", "check", "diagnose-first|quiet|silent", "check for sorted input; do not sort"),
        flag("c", "", "check for sorted input; do not sort"),
        flag("C", "", "like -c, but do not report first bad line"),
        value("", "compress-program", "PROG", "(accepted; nothing is spilled to temporary files)"),
        flag("", "debug", ""),
        flag("d", "dictionary-order", "consider only blanks and alphanumeric characters"),
        flag("f", "ignore-case", "fold lower case to upper case characters"),
        value("", "files0-from", "F", "read input from the files specified by\nNUL-terminated names in file F"),
        flag("g", "general-numeric-sort", "compare according to general numerical value"),
        flag("i", "ignore-nonprinting", "consider only printable characters"),
        value("k", "key", "KEYDEF", "sort via a key; KEYDEF gives location and type"),
        flag("m", "merge", "merge already sorted files; do not sort"),
        flag("M", "month-sort", "compare (unknown) < 'JAN' < ... < 'DEC'"),
        flag("n", "numeric-sort", "compare according to string numerical value"),
        flag("h", "human-numeric-sort", "compare human readable numbers (e.g., 2K 1G)"),
        flag("V", "version-sort", "natural sort of (version) numbers within text"),
        flag("R", "random-sort", "shuffle, but group identical keys"),
        value("", "random-source", "FILE", "get random bytes from FILE"),
        value("", "sort", "WORD", "sort according to WORD:\ngeneral-numeric -g, human-numeric -h, month -M,\nnumeric -n, random -R, version -V"),
        value("o", "output", "FILE", "write result to FILE instead of standard output"),
        flag("r", "reverse", "reverse the result of comparisons"),
        flag("s", "stable", "stabilize sort by disabling last-resort comparison"),
        value("", "batch-size", "NMERGE", "(accepted)"),
        value("S", "buffer-size", "SIZE", "(accepted; lines are sorted in memory)"),
        value("t", "field-separator", "SEP", "use SEP instead of non-blank to blank transition"),
        value("T", "temporary-directory", "DIR", "(accepted)"),
        value("", "parallel", "N", "change the number of sorts run concurrently to N"),
        flag("u", "unique", "with -c, check for strict ordering;\nwithout -c, output only the first of an equal run"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
        value("y", "", "", ""),
    ],
)
.trouble(2)
.notes(
    "KEYDEF is F[.C][OPTS][,F[.C][OPTS]] for start and stop position, where F is a\n\
     field number and C a character position in the field; both are origin 1, and\n\
     the stop position defaults to the line's end.  If neither -t nor -b is in\n\
     effect, characters in a field are counted from the beginning of the preceding\n\
     whitespace.  OPTS is one or more single-letter ordering options [bdfgiMhnRrV],\n\
     which override global ordering options for that key.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    Loud,
    Quiet,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut global = Flags::default();
    let mut keys: Vec<Key> = Vec::new();
    let (mut check, mut separator, mut threads): (Option<Check>, Option<u8>, usize) = (None, None, default_threads());
    let mut salt_from = None;
    for o in &args.options {
        let v = o.value();
        match o.key {
            "ignore-leading-blanks" => (global.skip_start, global.skip_end) = (true, true),
            "check" | "c" | "C" => {
                let kind = match (o.key, &o.value) {
                    ("C", _) => Check::Quiet,
                    ("check", Some(v)) => SPEC.trouble(1).choose(
                        cx,
                        "--check",
                        v,
                        &[
                            ("quiet", Check::Quiet),
                            ("silent", Check::Quiet),
                            ("diagnose-first", Check::Loud),
                        ],
                    )?,
                    _ => Check::Loud,
                };
                if check.is_some_and(|c| c != kind) {
                    return Err(fail("options '-cC' are incompatible"));
                }
                check = Some(kind);
            }
            "debug" => return Err(fail("--debug is not supported")),
            "dictionary-order" => global.set(b'd'),
            "ignore-case" => global.set(b'f'),
            "general-numeric-sort" => global.set(b'g'),
            "ignore-nonprinting" => global.set(b'i'),
            "month-sort" => global.set(b'M'),
            "numeric-sort" => global.set(b'n'),
            "human-numeric-sort" => global.set(b'h'),
            "version-sort" => global.set(b'V'),
            "random-sort" => global.set(b'R'),
            "reverse" => global.reverse = true,
            "sort" => {
                let letter = SPEC.trouble(1).choose(
                    cx,
                    "--sort",
                    v,
                    &[
                        ("general-numeric", b'g'),
                        ("human-numeric", b'h'),
                        ("month", b'M'),
                        ("numeric", b'n'),
                        ("random", b'R'),
                        ("version", b'V'),
                    ],
                )?;
                global.set(letter);
            }
            "key" => keys.push(Key::parse(v).map_err(fail)?),
            "random-source" => salt_from = Some(v.to_vec()),
            "field-separator" => {
                let tab = match v {
                    [] => return Err(fail("empty tab")),
                    [t] => *t,
                    b"\\0" => 0,
                    _ => return Err(fail([&b"multi-character tab "[..], &quote(v)].concat())),
                };
                if separator.is_some_and(|s| s != tab) {
                    return Err(fail("incompatible tabs"));
                }
                separator = Some(tab);
            }
            "buffer-size" => {
                let text = v.strip_suffix(b"%").unwrap_or(v);
                if number::size(text, "bBkKmMGTPEZY").is_err() {
                    return Err(fail([&b"invalid -S argument "[..], &quote(v)].concat()));
                }
            }
            "parallel" => {
                threads = match number::decimal(v) {
                    Ok(0) => return Err(fail("number in parallel must be nonzero")),
                    Ok(n) => n.min(64) as usize,
                    Err(_) => return Err(fail([&b"invalid --parallel argument "[..], &quote(v)].concat())),
                };
            }
            "batch-size" if number::decimal(v).is_err() => {
                return Err(fail([&b"invalid --batch-size argument "[..], &quote(v)].concat()));
            }
            _ => {}
        }
    }
    for key in &mut keys {
        key.inherit(&global);
    }
    if keys.is_empty() && !global.is_default() {
        keys.push(Key::whole(global));
    }
    for flags in keys.iter().map(|k| &k.flags).chain([&global]) {
        flags.check().map_err(fail)?;
    }
    let unique = args.has("unique");
    let end = if args.has("zero-terminated") { 0 } else { b'\n' };
    let salt = salt(cx, &keys, salt_from.as_deref())?;
    let order = Order::new(keys, separator, salt, global.reverse, !(unique || args.has("stable")));

    let files = operands(cx, &args)?;
    if let Some(check) = check {
        if let Some(extra) = files.get(1) {
            let c = if check == Check::Loud { "-c" } else { "-C" };
            return Err(fail(
                [
                    &b"extra operand "[..],
                    &quoteaf(extra),
                    format!(" not allowed with {c}").as_bytes(),
                ]
                .concat(),
            ));
        }
        if args.has("output") {
            let c = if check == Check::Loud { 'c' } else { 'C' };
            return Err(fail(format!("options '-{c}o' are incompatible")));
        }
        return check::run(cx, &files[0], &order, unique, end, check == Check::Loud);
    }
    let target = args.last("output").map(<[u8]>::to_vec);
    // The target may be one of the inputs: everything is read before it is opened.
    let mut sources = Vec::new();
    for file in &files {
        sources.push(open(cx, file)?);
    }
    if args.has("merge") && target.is_none() {
        check::merge(cx, sources, &files, &order, unique, end)?;
        return Ok(ExitStatus::SUCCESS);
    }
    let arena = load(cx, sources, &files, end)?;
    let sorted = engine::sort(&arena, &Arc::new(order), end, unique, threads, &cx.cancel)?;
    match target {
        Some(name) if !input::is_stdin(&name) => {
            let mut out =
                output::open(cx, &name, OpenOptions::writing()).map_err(|e| failed("open failed", &name, &e))?;
            engine::print(&mut out, &arena, &sorted, end)?;
            out.flush_now()?;
        }
        _ => engine::print(&mut cx.stdout, &arena, &sorted, end)?,
    }
    Ok(ExitStatus::SUCCESS)
}

fn fail(message: impl AsRef<[u8]>) -> CommandError {
    CommandError::fail(2, message)
}

fn failed(what: &str, file: &[u8], e: &VfsError) -> CommandError {
    match e.errno() {
        Errno::EPIPE | Errno::ECANCELED => e.clone().into(),
        _ => fail([what.as_bytes(), b": ", &quotef(file), b": ", e.gnu_text().as_bytes()].concat()),
    }
}

fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(8))
}

/// What makes `-R` different each time, or the same with `--random-source`.
fn salt(cx: &mut Context<'_>, keys: &[Key], from: Option<&[u8]>) -> Result<u64, CommandError> {
    if !keys.iter().any(|k| k.flags.kind == Kind::Random) {
        return Ok(0);
    }
    match from {
        Some(file) => {
            let data = open(cx, file)?
                .read_all()
                .map_err(|e| failed("read failed", file, &e))?;
            Ok(data.iter().take(16).fold(0xcbf2_9ce4_8422_2325, |h, b| {
                (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3)
            }))
        }
        None => {
            use std::hash::{BuildHasher, Hasher};
            Ok(std::collections::hash_map::RandomState::new().build_hasher().finish())
        }
    }
}

fn operands(cx: &mut Context<'_>, args: &Args) -> Result<Vec<Vec<u8>>, CommandError> {
    let Some(list) = args.last("files0-from") else {
        return Ok(args.files());
    };
    if let Some(extra) = args.operands.first() {
        return Err(SPEC.usage_error(
            cx,
            [
                &b"extra operand "[..],
                &quote(extra),
                b"\nfile operands cannot be combined with --files0-from",
            ]
            .concat(),
        ));
    }
    let data = open(cx, list)?
        .read_all()
        .map_err(|e| failed("cannot read", list, &e))?;
    if data.is_empty() {
        return Err(fail([&b"no input from "[..], &quote(list)].concat()));
    }
    Ok(data
        .strip_suffix(b"\0")
        .unwrap_or(&data)
        .split(|b| *b == 0)
        .map(<[u8]>::to_vec)
        .collect())
}

fn open(cx: &mut Context<'_>, file: &[u8]) -> Result<Source, CommandError> {
    input::open(cx, file).map_err(|e| {
        let what = if e.errno() == Errno::EISDIR {
            "read failed"
        } else {
            "cannot read"
        };
        failed(what, file, &e)
    })
}

/// All input in one piece. A single file is taken as it is; otherwise a missing last delimiter is supplied.
fn load(cx: &mut Context<'_>, sources: Vec<Source>, files: &[Vec<u8>], end: u8) -> Result<Bytes, CommandError> {
    let single = sources.len() == 1;
    let mut all: Vec<u8> = Vec::new();
    for (mut source, file) in sources.into_iter().zip(files) {
        let read = |e: VfsError| failed("read failed", file, &e);
        if single {
            return source.read_all().map_err(read);
        }
        loop {
            let chunk = source.chunk().map_err(read)?;
            if chunk.is_empty() {
                break;
            }
            all.extend_from_slice(&chunk);
            cx.cancel.check()?;
        }
        if all.last().is_some_and(|b| *b != end) {
            all.push(end);
        }
    }
    Ok(all.into())
}
