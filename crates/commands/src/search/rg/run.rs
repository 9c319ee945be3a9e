//! Searching the paths given, or the working directory, or standard input.

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use shell::io::Input;
use vfs::{BlockingFs, ByteRange, Cancel, Errno, FileKind, Stat, VfsError};

use super::config::{Action, Config, Mode, os_error};
use super::json::{JsonPrinter, Stats};
use super::print::Printer;
use super::walk::{File, Walker};
use crate::input::{Source, is_stdin};
use crate::search::matcher::Matcher;
use crate::search::output::Out;
use crate::search::parallel;
use crate::search::scan::{Scan, ScanError};

#[derive(Default)]
struct Outcome {
    selected: bool,
    printed: bool,
    error: Option<Vec<u8>>,
    stats: Stats,
}

struct Searcher<'a> {
    config: &'a Config,
    matcher: &'a Matcher,
    fs: BlockingFs,
    cancel: Cancel,
    memory: usize,
    names: bool,
}

/// What is known after some files.
#[derive(Default)]
struct Total {
    selected: bool,
    failed: bool,
    printed: bool,
    stats: Stats,
}

/// Runs the command.
pub(super) fn run(cx: &mut Context<'_>, config: &Config) -> CommandResult {
    if config.line_buffered {
        cx.stdout.set_unbuffered();
    }
    if config.action == Action::TypeList {
        cx.stdout.write_bytes(config.select.types.list().into())?;
        return Ok(ExitStatus::SUCCESS);
    }
    let mut paths = config.paths.clone();
    if paths.is_empty() {
        let stdin = config.action == Action::Search && has_stdin(&cx.stdin, &cx.cancel);
        paths.push(if stdin { b"-".to_vec() } else { Vec::new() });
    }
    let mut total = Total::default();
    let mut any_dir = false;
    let mut stdin = false;
    let fs = cx.fs.clone();
    let cwd = cx.cwd.clone();
    let mut walker = Walker {
        fs: &fs,
        select: &config.select,
        cwd: &cwd,
        files: Vec::new(),
        errors: Vec::new(),
    };
    for path in &paths {
        if is_stdin(path) {
            stdin = true;
            continue;
        }
        let target = match cx.path(if path.is_empty() { b"." } else { path }) {
            Ok(target) => target,
            Err(e) => {
                walker.errors.push((path.clone(), e));
                continue;
            }
        };
        match fs.stat(&target) {
            Ok(stat) if stat.is_dir() => {
                any_dir = true;
                walker.tree(path, &target)?;
            }
            Ok(_) => walker.files.push(File::explicit(path.clone(), target)),
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => walker.errors.push((path.clone(), e)),
        }
    }
    let (files, errors) = (walker.files, walker.errors);
    for (name, e) in errors {
        complain(cx, config, &mut total, &os_error(&name, &e));
    }
    let names = config
        .style
        .names
        .unwrap_or(any_dir || paths.len() > 1 || config.style.vimgrep);
    match (&config.matcher, config.action) {
        (Some(matcher), Action::Search) => {
            let searcher = Searcher {
                config,
                matcher,
                fs: fs.clone(),
                cancel: cx.cancel.clone(),
                memory: cx.limits.memory,
                names,
            };
            if stdin {
                search_stdin(cx, &searcher, &mut total)?;
            }
            search_files(cx, &searcher, &files, &mut total)?;
            if config.mode == Mode::Json {
                total.stats.summary(cx.stdout.buffer());
                cx.stdout.spill()?;
            }
        }
        _ => list(cx, config, &files, &mut total)?,
    }
    Ok(match (total.selected, total.failed) {
        (true, _) if config.mode == Mode::Quiet => ExitStatus::SUCCESS,
        (_, true) => ExitStatus(2),
        (true, false) => ExitStatus::SUCCESS,
        (false, false) => ExitStatus::FAILURE,
    })
}

/// Whether standard input is something to search: a pipe, a socket or a file that holds something.
fn has_stdin(stdin: &Input, cancel: &Cancel) -> bool {
    stdin.file().stat(cancel).is_ok_and(|s: Stat| match s.kind {
        FileKind::Fifo | FileKind::Socket => true,
        FileKind::File => s.size != Some(0),
        _ => false,
    })
}

fn complain(cx: &mut Context<'_>, config: &Config, total: &mut Total, message: &[u8]) {
    total.failed = true;
    if config.messages {
        cx.warn(message);
    }
}

fn list(cx: &mut Context<'_>, config: &Config, files: &[File], total: &mut Total) -> Result<(), CommandError> {
    for file in files {
        total.selected = true;
        if config.mode == Mode::Quiet {
            break;
        }
        let out = cx.stdout.buffer();
        out.extend_from_slice(&file.name);
        out.push(if config.style.null { 0 } else { b'\n' });
        cx.stdout.spill()?;
    }
    Ok(())
}

fn search_stdin(cx: &mut Context<'_>, searcher: &Searcher<'_>, total: &mut Total) -> Result<(), CommandError> {
    let again = cx.stdin.duplicate();
    let mut input = std::mem::replace(&mut cx.stdin, again);
    let outcome = searcher.stream(&mut || input.chunk(), b"<stdin>", true, &mut cx.stdout)?;
    settle(cx, searcher, outcome, total);
    Ok(())
}

fn search_files(
    cx: &mut Context<'_>,
    searcher: &Searcher<'_>,
    files: &[File],
    total: &mut Total,
) -> Result<(), CommandError> {
    let config = searcher.config;
    let mut failure = None;
    parallel::in_order(
        files,
        |file| {
            let mut out = Vec::new();
            let outcome = searcher.file(file, &mut out);
            (outcome, out)
        },
        |_, (outcome, out)| {
            let done = outcome.and_then(|outcome| {
                if outcome.printed && total.printed && config.mode == Mode::Lines {
                    if config.style.heading {
                        cx.stdout.buffer().push(b'\n');
                    } else if config.scan.gaps
                        && let Some(separator) = &config.style.context_separator
                    {
                        let buffer = cx.stdout.buffer();
                        buffer.extend_from_slice(separator);
                        buffer.push(b'\n');
                    }
                }
                cx.stdout.write_bytes(out.into())?;
                settle(cx, searcher, outcome, total);
                Ok(())
            });
            if let Err(e) = done {
                failure = Some(e);
                return false;
            }
            !(config.mode == Mode::Quiet && total.selected)
        },
    );
    failure.map_or(Ok(()), Err)
}

fn settle(cx: &mut Context<'_>, searcher: &Searcher<'_>, outcome: Outcome, total: &mut Total) {
    total.selected |= outcome.selected;
    total.printed |= outcome.printed;
    total.stats.add(outcome.stats);
    if let Some(message) = outcome.error {
        complain(cx, searcher.config, total, &message);
    }
}

fn failed(name: &[u8], e: &VfsError) -> Result<Outcome, CommandError> {
    if e.errno() == Errno::ECANCELED {
        return Err(e.clone().into());
    }
    Ok(Outcome {
        error: Some(os_error(name, e)),
        ..Outcome::default()
    })
}

impl Searcher<'_> {
    fn file(&self, file: &File, out: &mut Vec<u8>) -> Result<Outcome, CommandError> {
        let mut source = match self.fs.read(&file.path, ByteRange::ALL) {
            Ok(reader) => Source::File(reader),
            Err(e) => return failed(&file.name, &e),
        };
        if self.config.multiline {
            return match source.read_all() {
                Ok(data) => self.multiline(&data, &file.name, file.explicit, out),
                Err(e) => failed(&file.name, &e),
            };
        }
        self.stream(&mut || source.chunk(), &file.name, file.explicit, out)
    }

    fn stream(
        &self,
        next: &mut dyn FnMut() -> vfs::Result<bytes::Bytes>,
        name: &[u8],
        explicit: bool,
        out: &mut impl Out,
    ) -> Result<Outcome, CommandError> {
        if self.config.multiline {
            let mut data = Vec::new();
            loop {
                match next() {
                    Ok(chunk) if chunk.is_empty() => break,
                    Ok(chunk) => data.extend_from_slice(&chunk),
                    Err(e) => return failed(name, &e),
                }
            }
            return self.multiline(&data, name, explicit, out);
        }
        let mut bytes = 0;
        let mut counted = || {
            let chunk = next()?;
            bytes += chunk.len() as u64;
            Ok(chunk)
        };
        let mut outcome = Outcome::default();
        if self.config.mode == Mode::Json {
            let printer = JsonPrinter::new(self.config, self.matcher, out, name, explicit);
            let mut scan = Scan::new(self.matcher, &self.config.scan, printer);
            let result = scan
                .run(counted, &self.cancel, self.memory)
                .and_then(|()| scan.sink.finish(bytes));
            outcome.stats = scan.sink.stats;
            outcome.selected = scan.selected > 0;
            self.result(result, name, &mut outcome)?;
            return Ok(outcome);
        }
        let printer = Printer::new(self.config, self.matcher, out, name, self.names, explicit);
        let mut scan = Scan::new(self.matcher, &self.config.scan, printer);
        let result = scan.run(&mut counted, &self.cancel, self.memory);
        outcome.selected = scan.selected > 0;
        outcome.printed = scan.sink.printed;
        let (lines, matches) = (scan.selected, scan.sink.matches);
        self.result(result, name, &mut outcome)?;
        self.summary(name, lines, matches, explicit, out, &mut outcome)?;
        Ok(outcome)
    }

    fn result(&self, result: Result<(), ScanError>, name: &[u8], outcome: &mut Outcome) -> Result<(), CommandError> {
        match result {
            Ok(()) => {}
            Err(ScanError::Output(e)) => return Err(e.into()),
            Err(ScanError::Vfs(e)) if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) => return Err(e.into()),
            Err(ScanError::Vfs(e)) => outcome.error = Some(os_error(name, &e)),
            Err(ScanError::Match(e)) => outcome.error = Some([name, b": ", e.to_string().as_bytes()].concat()),
        }
        Ok(())
    }

    /// What is printed after a file: its count or its name.
    fn summary(
        &self,
        name: &[u8],
        lines: u64,
        matches: u64,
        explicit: bool,
        out: &mut impl Out,
        outcome: &mut Outcome,
    ) -> Result<(), CommandError> {
        let config = self.config;
        let mut printer = Printer::new(config, self.matcher, out, name, self.names, explicit);
        let end = if config.style.null { 0 } else { b'\n' };
        match config.mode {
            Mode::Count | Mode::CountMatches => {
                let n = if config.mode == Mode::Count || config.scan.invert {
                    lines
                } else {
                    matches
                };
                if n > 0 || config.style.include_zero {
                    if self.names {
                        printer.path();
                        out.buf().push(if config.style.null { 0 } else { b':' });
                    }
                    out.buf().extend_from_slice(format!("{n}\n").as_bytes());
                }
            }
            Mode::With | Mode::Without if (lines > 0) == (config.mode == Mode::With) => {
                printer.path();
                out.buf().push(end);
            }
            _ => {}
        }
        // Here success is to list something.
        if config.mode == Mode::Without {
            outcome.selected = lines == 0;
        }
        Ok(out.spill()?)
    }

    /// Searches with matches that may span lines: each line that a match touches is selected.
    fn multiline(&self, data: &[u8], name: &[u8], explicit: bool, out: &mut impl Out) -> Result<Outcome, CommandError> {
        let selected = match self.matcher.lines_of_matches(data) {
            Ok(selected) => selected,
            Err(e) => {
                let error = Some([name, b": ", e.to_string().as_bytes()].concat());
                return Ok(Outcome {
                    error,
                    ..Outcome::default()
                });
            }
        };
        let mut outcome = Outcome::default();
        let printer = Printer::new(self.config, self.matcher, out, name, self.names, explicit);
        let mut scan = Scan::new(self.matcher, &self.config.scan, printer);
        let result = scan.run_selected(data, &selected);
        outcome.selected = scan.selected > 0;
        outcome.printed = scan.sink.printed;
        let (lines, matches) = (scan.selected, scan.sink.matches);
        self.result(result, name, &mut outcome)?;
        self.summary(name, lines, matches, explicit, out, &mut outcome)?;
        Ok(outcome)
    }
}
