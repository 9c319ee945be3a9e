//! `xargs`: command lines out of standard input.

mod items;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use shell::command::{CommandError, CommandResult, Context, ExitStatus, Spawn};
use shell::io::Input;

use self::items::{Items, Split};
use crate::input;
use crate::options::{Args, Order, Spec, Suite, flag, optional, value};
use crate::spawn;
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "xargs",
    "[OPTION]... COMMAND [INITIAL-ARGS]...",
    "Run COMMAND with arguments INITIAL-ARGS and more arguments read from input.",
    &[
        flag("0", "null", "items are separated by a null, not whitespace;\ndisables quote and backslash processing and\nlogical EOF processing"),
        value("a", "arg-file", "FILE", "read arguments from FILE, not standard input"),
        value("d", "delimiter", "CHARACTER", "items in input stream are separated by CHARACTER,\nnot by whitespace; disables quote and backslash\nprocessing and logical EOF processing"),
        value("E", "", "END", "set logical EOF string; if END occurs as a line\nof input, the rest of the input is ignored"),
        optional("e", "eof", "END", "equivalent to -E END if END is specified;\notherwise, there is no end-of-file string"),
        value("I", "", "R", "same as --replace=R"),
        optional("i", "replace", "R", "replace R in INITIAL-ARGS with names read\nfrom standard input, split at newlines;\nif R is unspecified, assume {}"),
        value("L", "", "MAX-LINES", "use at most MAX-LINES non-blank input lines per\ncommand line"),
        optional("l", "max-lines", "MAX-LINES", "similar to -L but defaults to at most one non-\nblank input line if MAX-LINES is not specified"),
        value("n", "max-args", "MAX-ARGS", "use at most MAX-ARGS arguments per command line"),
        flag("o", "open-tty", "(accepted)"),
        value("P", "max-procs", "MAX-PROCS", "run at most MAX-PROCS processes at a time"),
        flag("p", "interactive", "prompt before running commands"),
        value("", "process-slot-var", "VAR", "set environment variable VAR in child processes"),
        flag("r", "no-run-if-empty", "if there are no arguments, then do not run COMMAND;\nif this option is not given, COMMAND will be\nrun at least once"),
        value("s", "max-chars", "MAX-CHARS", "limit length of command line to MAX-CHARS"),
        flag("", "show-limits", "(accepted)"),
        flag("t", "verbose", "print commands before executing them"),
        flag("x", "exit", "exit if the size (see -s) is exceeded"),
    ],
)
.order(Order::Stop)
.suite(Suite::Findutils);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// Longest command line, as GNU's default.
const MOST: usize = 128 * 1024;

struct Xargs {
    argv: Vec<Vec<u8>>,
    replace: Option<Vec<u8>>,
    lines: Option<usize>,
    args: Option<usize>,
    chars: usize,
    exit_if_long: bool,
    ask: bool,
    verbose: bool,
    keep_stdin: bool,
    slot_var: Option<Vec<u8>>,
    procs: usize,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut x = Xargs {
        argv: args.operands.clone(),
        replace: None,
        lines: None,
        args: None,
        chars: MOST,
        exit_if_long: args.has("exit"),
        ask: args.has("interactive"),
        verbose: args.has("verbose") || args.has("interactive"),
        keep_stdin: args.has("arg-file") || args.has("open-tty"),
        slot_var: args.last("process-slot-var").map(<[u8]>::to_vec),
        procs: 1,
    };
    if x.argv.is_empty() {
        x.argv.push(b"echo".to_vec());
    }
    let mut split = Split::Words;
    let mut end: Option<Vec<u8>> = None;
    for o in &args.options {
        let v = o.value();
        match o.key {
            "null" => split = Split::At(0),
            "delimiter" => split = Split::At(delimiter(v)?),
            "E" => end = Some(v.to_vec()).filter(|e| !e.is_empty()),
            "eof" => end = o.value.clone().filter(|e| !e.is_empty()),
            "I" | "replace" => {
                x.replace = Some(o.value.clone().unwrap_or_else(|| b"{}".to_vec()));
                if x.args.is_some() {
                    conflict(cx, "--replace/-I/-i", "--max-args");
                }
                if x.lines.is_some() {
                    conflict(cx, "--replace/-I/-i", "--max-lines");
                }
                (x.args, x.lines) = (None, None);
            }
            "L" | "max-lines" => {
                x.lines = Some(match &o.value {
                    Some(_) => number(cx, v, "L", 1)?,
                    None => 1,
                });
                if x.args.is_some() {
                    conflict(cx, "--max-lines", "--max-args");
                }
                if x.replace.is_some() {
                    conflict(cx, "--max-lines", "--replace");
                }
                (x.args, x.replace) = (None, None);
                x.exit_if_long |= o.key == "max-lines";
            }
            "max-args" => {
                let n = number(cx, v, "n", 1)?;
                // `-n 1` goes with `-I`, which means the same.
                if x.replace.is_some() && n == 1 {
                    continue;
                }
                if x.lines.is_some() {
                    conflict(cx, "--max-args/-n", "--max-lines");
                }
                if x.replace.is_some() {
                    conflict(cx, "--max-args/-n", "--replace");
                }
                (x.args, x.lines, x.replace) = (Some(n), None, None);
            }
            "max-procs" => {
                x.procs = match number(cx, v, "P", 0)? {
                    0 => 64,
                    n => n.min(64),
                };
            }
            "max-chars" => x.chars = number(cx, v, "s", 1)?.min(MOST),
            _ => {}
        }
    }
    if x.replace.is_some() {
        if split == Split::Words {
            split = Split::Lines;
        }
        x.exit_if_long = true;
    }
    let file = args.last("arg-file").unwrap_or(b"-").to_vec();
    let source = input::open(cx, &file).map_err(|e| {
        let m = [
            &b"Cannot open input file "[..],
            &crate::quote::quote(&file),
            b": ",
            e.gnu_text().as_bytes(),
        ]
        .concat();
        CommandError::fail(1, m)
    })?;
    let mut items = Items::new(source, split, end);
    let run_if_empty = !args.has("no-run-if-empty") && x.replace.is_none();
    if x.procs > 1 && !x.ask {
        return x.parallel(cx, &mut items, run_if_empty);
    }
    let mut status = Status::default();
    let mut first = true;
    while let Some(argv) = x.next_line(cx, &mut items, first && run_if_empty)? {
        first = false;
        if !x.announce(cx, &argv)? {
            continue;
        }
        let spawn = x.spawn(cx, argv.clone(), 0);
        let result = spawn::run(cx, spawn)?;
        let missing = result.0 == 127 && spawn::is_missing(cx, &argv[0]);
        if let Some(stop) = status.take(cx, &argv[0], result, missing) {
            return Ok(stop);
        }
    }
    items.check(cx)?;
    Ok(status.result())
}

fn conflict(cx: &mut Context<'_>, now: &str, before: &str) {
    cx.warn(format!(
        "warning: options {before} and {now} are mutually exclusive, ignoring previous {before} value"
    ));
}

fn number(cx: &Context<'_>, text: &[u8], letter: &str, minimum: usize) -> Result<usize, CommandError> {
    let bad = |what: &str| {
        let m = format!("{what} for -{letter} option");
        SPEC.usage_error(cx, m)
    };
    let shown = String::from_utf8_lossy(text);
    match std::str::from_utf8(text).ok().and_then(|t| t.parse::<i64>().ok()) {
        Some(n) if n < minimum as i64 => {
            let m = format!("value {shown} for -{letter} option should be >= {minimum}");
            Err(SPEC.usage_error(cx, m))
        }
        Some(n) => Ok(n as usize),
        None => Err(bad(&format!("invalid number \"{shown}\""))),
    }
}

fn delimiter(text: &[u8]) -> Result<u8, CommandError> {
    let bad = |why: &str| {
        CommandError::fail(
            1,
            [
                &b"Invalid "[..],
                b"input delimiter specification ",
                text,
                b": ",
                why.as_bytes(),
            ]
            .concat(),
        )
    };
    match text {
        [b] => Ok(*b),
        [b'\\', rest @ ..] => match rest {
            [b'a'] => Ok(7),
            [b'b'] => Ok(8),
            [b'f'] => Ok(12),
            [b'n'] => Ok(b'\n'),
            [b'r'] => Ok(b'\r'),
            [b't'] => Ok(b'\t'),
            [b'v'] => Ok(11),
            [b'\\'] => Ok(b'\\'),
            [b'x', hex @ ..] => std::str::from_utf8(hex)
                .ok()
                .and_then(|h| u8::from_str_radix(h, 16).ok())
                .ok_or_else(|| bad("the escape sequence is not a character")),
            _ => std::str::from_utf8(rest)
                .ok()
                .and_then(|o| u8::from_str_radix(o, 8).ok())
                .ok_or_else(|| bad("the escape sequence is not a character")),
        },
        _ => Err(bad(
            "the delimiter must be either a single character or an escape sequence starting with \\.",
        )),
    }
}

/// What the statuses of all commands come to.
#[derive(Default)]
struct Status {
    failed: bool,
}

impl Status {
    /// Takes a status in; the status to end with at once, if it is one of those.
    fn take(&mut self, cx: &mut Context<'_>, name: &[u8], status: ExitStatus, missing: bool) -> Option<ExitStatus> {
        match status.0 {
            0 => None,
            126 => Some(ExitStatus(126)),
            127 => {
                if missing {
                    cx.warn([name, b": No such file or directory"].concat());
                }
                Some(ExitStatus(127))
            }
            255 => {
                cx.warn([name, b": exited with status 255; aborting"].concat());
                Some(ExitStatus(124))
            }
            _ => {
                self.failed = true;
                None
            }
        }
    }

    fn result(&self) -> ExitStatus {
        ExitStatus(if self.failed { 123 } else { 0 })
    }
}

impl Xargs {
    /// The next command line; `None` at the end. With `even_empty`, there is one even without any item.
    fn next_line(
        &self,
        cx: &mut Context<'_>,
        items: &mut Items,
        even_empty: bool,
    ) -> Result<Option<Vec<Vec<u8>>>, CommandError> {
        cx.cancel.check()?;
        if let Some(mark) = &self.replace {
            let Some(item) = items.next(cx)? else { return Ok(None) };
            let argv: Vec<Vec<u8>> = std::iter::once(self.argv[0].clone())
                .chain(self.argv[1..].iter().map(|a| substitute(a, mark, &item.text)))
                .collect();
            if size(&argv) > self.chars {
                return Err(CommandError::fail(1, "argument list too long"));
            }
            return Ok(Some(argv));
        }
        let mut argv = self.argv.clone();
        let mut used = size(&argv);
        let (mut args, mut lines) = (0, 0);
        while let Some(item) = items.next(cx)? {
            if used + item.text.len() + 1 > self.chars {
                if args == 0 || (self.exit_if_long && (self.args.is_some() || self.lines.is_some())) {
                    return Err(CommandError::fail(
                        1,
                        if args == 0 {
                            "argument line too long"
                        } else {
                            "argument list too long"
                        },
                    ));
                }
                items.put_back(item);
                break;
            }
            used += item.text.len() + 1;
            args += 1;
            lines += usize::from(item.ends_line);
            argv.push(item.text);
            if self.args == Some(args) || self.lines == Some(lines) {
                break;
            }
        }
        Ok((args > 0 || even_empty).then_some(argv))
    }

    fn spawn(&self, cx: &Context<'_>, argv: Vec<Vec<u8>>, slot: usize) -> Spawn {
        let mut spawn = if self.keep_stdin {
            spawn::command(argv)
        } else {
            spawn::detached(argv)
        };
        if let Some(var) = &self.slot_var {
            let mut env = (*cx.env).clone();
            env.insert(var.clone(), slot.to_string().into_bytes());
            spawn.env = Some(env);
        }
        spawn
    }

    /// Shows the command line if that is wanted, and asks; whether to run it.
    fn announce(&self, cx: &mut Context<'_>, argv: &[Vec<u8>]) -> Result<bool, CommandError> {
        if !self.verbose {
            return Ok(true);
        }
        cx.stdout.flush_now()?;
        let words: Vec<Vec<u8>> = argv
            .iter()
            .map(|a| crate::quote::shell_escape(a, false, false))
            .collect();
        let mut line = words.join(&b' ');
        line.extend_from_slice(if self.ask { b" ?..." } else { b"\n" });
        let _ = cx.stderr.write_all(&line);
        if !self.ask {
            return Ok(true);
        }
        let mut answer = Vec::new();
        std::io::BufRead::read_until(&mut cx.stdin, b'\n', &mut answer)?;
        Ok(matches!(answer.first(), Some(b'y' | b'Y')))
    }

    /// Several commands at a time.
    fn parallel(&self, cx: &mut Context<'_>, items: &mut Items, run_if_empty: bool) -> CommandResult {
        cx.stdout.flush_now()?;
        let (host, cancel) = (cx.host.fork(), cx.cancel.clone());
        let busy = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let results: Mutex<Vec<(Vec<u8>, CommandResult)>> = Mutex::default();
        let mut status = Status::default();
        let mut ended = None;
        std::thread::scope(|scope| -> Result<(), CommandError> {
            let mut slots: Vec<Option<std::thread::ScopedJoinHandle<'_, ()>>> = Vec::new();
            slots.resize_with(self.procs, || None);
            let mut first = true;
            loop {
                if ended.is_some() || stop.load(Ordering::SeqCst) {
                    break;
                }
                let Some(argv) = self.next_line(cx, items, first && run_if_empty)? else {
                    break;
                };
                first = false;
                self.announce(cx, &argv)?;
                // Waits for a free place.
                let slot = loop {
                    let free = slots.iter().position(|s| s.as_ref().is_none_or(|h| h.is_finished()));
                    match free {
                        Some(at) => break at,
                        None => crate::wait::sleep(&cancel, Some(std::time::Duration::from_micros(500)))?,
                    }
                };
                let mut spawn = self.spawn(cx, argv, slot);
                spawn.stdin.get_or_insert_with(Input::empty);
                spawn.stdout = Some(cx.stdout.duplicate());
                spawn.stderr = Some(cx.stderr.duplicate());
                spawn.env.get_or_insert_with(|| (*cx.env).clone());
                spawn.cwd = Some(cx.cwd.clone());
                spawn.cancel = Some(cancel.clone());
                let (host, results, stop, busy) = (&host, &results, &stop, &busy);
                busy.fetch_add(1, Ordering::SeqCst);
                slots[slot] = Some(scope.spawn(move || {
                    let name = spawn.argv.first().cloned().unwrap_or_default();
                    let result = host.spawn(spawn);
                    if !matches!(&result, Ok(s) if s.0 < 126) {
                        stop.store(true, Ordering::SeqCst);
                    }
                    results.lock().push((name, result));
                    busy.fetch_sub(1, Ordering::SeqCst);
                }));
                for (name, result) in std::mem::take(&mut *results.lock()) {
                    let s = result?;
                    let missing = s.0 == 127 && spawn::is_missing(cx, &name);
                    ended = ended.or(status.take(cx, &name, s, missing));
                }
            }
            Ok(())
        })?;
        for (name, result) in results.into_inner() {
            let s = result?;
            let missing = s.0 == 127 && spawn::is_missing(cx, &name);
            ended = ended.or(status.take(cx, &name, s, missing));
        }
        items.check(cx)?;
        Ok(ended.unwrap_or_else(|| status.result()))
    }
}

fn size(argv: &[Vec<u8>]) -> usize {
    argv.iter().map(|a| a.len() + 1).sum()
}

fn substitute(arg: &[u8], mark: &[u8], text: &[u8]) -> Vec<u8> {
    if mark.is_empty() {
        return arg.to_vec();
    }
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(n) = memchr::memmem::find(&arg[at..], mark) {
        out.extend_from_slice(&arg[at..at + n]);
        out.extend_from_slice(text);
        at += n + mark.len();
    }
    out.extend_from_slice(&arg[at..]);
    out
}
