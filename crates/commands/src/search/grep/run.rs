//! Searching the operands, and the trees below them.

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use shell::io::Input;
use vfs::resource::DirEntry;
use vfs::{BlockingFs, ByteRange, Cancel, Errno, FileKind, Stat, VPath, VfsError};

use super::config::{Binary, Config, Directories, Mode};
use super::print::Printer;
use crate::input::{Source, is_stdin};
use crate::search::inflate::Inflate;
use crate::search::output::Out;
use crate::search::parallel;
use crate::search::scan::{Scan, ScanError};

/// What came of one file.
#[derive(Default)]
struct Outcome {
    selected: bool,
    /// Lines were printed.
    printed: bool,
    /// A message for standard error, without the command's name.
    message: Option<Vec<u8>>,
    /// The message is an error, rather than a note.
    trouble: bool,
}

/// Everything a search of one file needs, on any thread.
struct Searcher<'a> {
    config: &'a Config,
    fs: BlockingFs,
    cancel: Cancel,
    memory: usize,
    output: Option<VPath>,
}

/// The state over all files.
struct Run<'a, 'c, 'd> {
    cx: &'c mut Context<'d>,
    searcher: Searcher<'a>,
    selected: bool,
    trouble: bool,
    printed: bool,
}

/// Runs the command.
pub(in crate::search) fn run(cx: &mut Context<'_>, config: &Config) -> CommandResult {
    if config.line_buffered {
        cx.stdout.set_unbuffered();
    }
    let recursive = config.directories == Directories::Recurse;
    let operands: Vec<Vec<u8>> = match (config.operands.is_empty(), recursive) {
        (true, true) => vec![Vec::new()],
        (true, false) => vec![b"-".to_vec()],
        _ => config.operands.clone(),
    };
    let searcher = Searcher {
        config,
        fs: cx.fs.clone(),
        cancel: cx.cancel.clone(),
        memory: cx.limits.memory,
        output: cx.stdout.file().path().cloned(),
    };
    let mut run = Run {
        cx,
        searcher,
        selected: false,
        trouble: false,
        printed: false,
    };
    for operand in &operands {
        if !run.operand(operand)? {
            break;
        }
    }
    let quiet = config.mode == Mode::Quiet;
    Ok(match (run.selected, run.trouble) {
        (true, _) if quiet => ExitStatus::SUCCESS,
        (_, true) => ExitStatus(2),
        (true, false) => ExitStatus::SUCCESS,
        (false, false) => ExitStatus::FAILURE,
    })
}

impl Run<'_, '_, '_> {
    fn config(&self) -> &Config {
        self.searcher.config
    }

    /// Searches one operand; `false` ends the command (a match, and nothing to print).
    fn operand(&mut self, operand: &[u8]) -> Result<bool, CommandError> {
        let config = self.searcher.config;
        if is_stdin(operand) {
            if config.filter.skips_file(operand, true) && operand != b"-" {
                return Ok(true);
            }
            return self.stdin();
        }
        let display = if operand.is_empty() { &b"."[..] } else { operand };
        let mut path = match self.cx.path(display) {
            Ok(path) => path,
            Err(e) => return self.failed(operand, &e),
        };
        let mut stat = self.cx.fs.stat(&path);
        if config.inflate && stat.as_ref().is_err_and(|e| e.errno() == Errno::ENOENT) {
            // gzip looks for the name with its suffix too.
            let with_suffix = [operand, b".gz"].concat();
            path = match self.cx.path(&with_suffix) {
                Ok(path) => path,
                Err(e) => return self.failed(operand, &e),
            };
            stat = self.cx.fs.stat(&path);
            if let Err(e) = &stat {
                return self.failed(&with_suffix, e);
            }
        }
        let stat = match stat {
            Ok(stat) => stat,
            Err(e) => return self.failed(operand, &e),
        };
        if operand.ends_with(b"/") && !stat.is_dir() {
            return self.failed(operand, &VfsError::new(Errno::ENOTDIR));
        }
        if stat.is_dir() {
            return match config.directories {
                Directories::Read => {
                    if config.filter.skips_dir(operand, true) {
                        return Ok(true);
                    }
                    self.failed(operand, &VfsError::new(Errno::EISDIR))
                }
                Directories::Skip => Ok(true),
                Directories::Recurse => {
                    if !operand.is_empty() && config.filter.skips_dir(operand, true) {
                        return Ok(true);
                    }
                    self.tree(operand, &path)
                }
            };
        }
        if config.filter.skips_file(operand, true) || (config.skip_devices_given() && is_device(&stat)) {
            return Ok(true);
        }
        let searcher = &self.searcher;
        let outcome = searcher.file(&path, operand, Some(&stat), self.printed, &mut self.cx.stdout)?;
        self.take(outcome)
    }

    fn stdin(&mut self) -> Result<bool, CommandError> {
        let again = self.cx.stdin.duplicate();
        let mut input: Input = std::mem::replace(&mut self.cx.stdin, again);
        let file = input.file().clone();
        if let Some(path) = file.path()
            && self.searcher.is_output(path)
        {
            let label = self.config().label.clone();
            return self.same_file(&label);
        }
        let config = self.searcher.config;
        let size = file
            .stat(&self.searcher.cancel)
            .ok()
            .filter(Stat::is_file)
            .and_then(|s| s.size);
        let mut read = 0u64;
        let mut source = || {
            let chunk = input.chunk()?;
            read += chunk.len() as u64;
            Ok(chunk)
        };
        let (outcome, stopped) =
            self.searcher
                .stream(&mut source, &config.label, size, self.printed, &mut self.cx.stdout)?;
        if let Some(at) = stopped {
            file.give_back(read.saturating_sub(at));
        }
        self.take(outcome)
    }

    /// Searches the files below a directory.
    fn tree(&mut self, operand: &[u8], path: &VPath) -> Result<bool, CommandError> {
        let mut jobs = Vec::new();
        self.walk(operand, path, &mut jobs)?;
        let searcher = &self.searcher;
        let mut failure = None;
        let mut go_on = true;
        // The heads of groups depend on what was printed before, so workers say what they have and the printing decides.
        let needs_gap = searcher.config.scan.gaps && searcher.config.mode == Mode::Lines;
        let (cx, selected, trouble, printed) =
            (&mut *self.cx, &mut self.selected, &mut self.trouble, &mut self.printed);
        parallel::in_order(
            &jobs,
            |(name, path)| {
                let mut out = Vec::new();
                let outcome = searcher.file(path, name, None, false, &mut out);
                (outcome, out)
            },
            |_, (outcome, out)| {
                let result = outcome.and_then(|outcome| {
                    if needs_gap
                        && !out.is_empty()
                        && *printed
                        && let Some(separator) = &searcher.config.separator
                    {
                        let buffer = cx.stdout.buffer();
                        match &searcher.config.colors {
                            Some(colors) => colors.paint(buffer, &colors.separator, separator),
                            None => buffer.extend_from_slice(separator),
                        }
                        buffer.push(b'\n');
                    }
                    cx.stdout.write_bytes(out.into())?;
                    settle(cx, searcher.config, outcome, selected, trouble, printed)
                });
                match result {
                    Ok(more) => go_on = more,
                    Err(e) => {
                        failure = Some(e);
                        go_on = false;
                    }
                }
                go_on
            },
        );
        match failure {
            Some(e) => Err(e),
            None => Ok(go_on),
        }
    }

    /// Lists the files below a directory, in the order of the listings.
    fn walk(&mut self, operand: &[u8], path: &VPath, jobs: &mut Vec<(Vec<u8>, VPath)>) -> Result<(), CommandError> {
        let config = self.searcher.config;
        let mut open: Vec<Level> = Vec::new();
        if let Some(level) = self.level(operand, path, &open)? {
            open.push(level);
        }
        while let Some(level) = open.last_mut() {
            let Some(entry) = level.entries.next() else {
                open.pop();
                continue;
            };
            let Ok(child) = level.path.child(&entry.name) else {
                continue;
            };
            let mut name = level.name.clone();
            if !name.is_empty() && !name.ends_with(b"/") {
                name.push(b'/');
            }
            name.extend_from_slice(&entry.name);
            let mut stat = match entry.stat {
                Some(stat) => Ok(stat),
                None => self.cx.fs.lstat(&child),
            };
            if stat.as_ref().is_ok_and(|s| s.kind == FileKind::Symlink) {
                if !config.dereference {
                    continue;
                }
                stat = self.cx.fs.stat(&child);
            }
            match stat {
                Ok(s) if s.is_dir() => {
                    if !config.filter.skips_dir(&name, false)
                        && let Some(level) = self.level(&name, &child, &open)?
                    {
                        open.push(level);
                    }
                }
                _ if config.filter.skips_file(&name, false) => {}
                Ok(s) if config.skip_devices && is_device(&s) => {}
                Ok(_) => jobs.push((name, child)),
                Err(e) => {
                    self.failed(&name, &e)?;
                }
            }
        }
        Ok(())
    }

    /// Lists one directory; `None` when that fails or it is above itself.
    fn level(&mut self, name: &[u8], path: &VPath, open: &[Level]) -> Result<Option<Level>, CommandError> {
        self.searcher.cancel.check()?;
        let mut real = None;
        if self.config().dereference {
            real = self.cx.fs.canonicalize(path).ok();
            if real.is_some() && open.iter().any(|l| l.real == real) {
                self.complain([name, b": warning: recursive directory loop"].concat(), false);
                return Ok(None);
            }
        }
        match self.cx.fs.read_dir(path) {
            Ok(entries) => Ok(Some(Level {
                name: name.to_vec(),
                path: path.clone(),
                real,
                entries: entries.into_iter(),
            })),
            Err(e) => {
                let name = if name.is_empty() { &b"."[..] } else { name };
                self.failed(name, &e)?;
                Ok(None)
            }
        }
    }

    fn same_file(&mut self, name: &[u8]) -> Result<bool, CommandError> {
        self.complain([name, b": input file is also the output"].concat(), true);
        Ok(true)
    }

    /// Says why an operand could not be searched.
    fn failed(&mut self, operand: &[u8], error: &VfsError) -> Result<bool, CommandError> {
        if error.errno() == Errno::ECANCELED {
            return Err(error.clone().into());
        }
        self.complain([operand, b": ", error.gnu_text().as_bytes()].concat(), true);
        Ok(true)
    }

    fn complain(&mut self, message: Vec<u8>, trouble: bool) {
        self.trouble |= trouble;
        if !self.config().silent {
            self.cx.warn(message);
        }
    }

    fn take(&mut self, outcome: Outcome) -> Result<bool, CommandError> {
        settle(
            self.cx,
            self.searcher.config,
            outcome,
            &mut self.selected,
            &mut self.trouble,
            &mut self.printed,
        )
    }
}

/// A directory that is being walked.
struct Level {
    name: Vec<u8>,
    path: VPath,
    /// Where it really is, when links are followed.
    real: Option<VPath>,
    entries: std::vec::IntoIter<DirEntry>,
}

/// Adds what came of one file to the whole; `false` when the command is done.
fn settle(
    cx: &mut Context<'_>,
    config: &Config,
    outcome: Outcome,
    selected: &mut bool,
    trouble: &mut bool,
    printed: &mut bool,
) -> Result<bool, CommandError> {
    *printed |= outcome.printed;
    *trouble |= outcome.trouble;
    if let Some(message) = outcome.message
        && !(config.silent && outcome.trouble)
    {
        cx.warn(message);
    }
    *selected |= outcome.selected;
    Ok(!(config.mode == Mode::Quiet && *selected))
}

fn is_device(stat: &Stat) -> bool {
    !matches!(stat.kind, FileKind::File | FileKind::Dir | FileKind::Symlink)
}

impl Config {
    /// Devices named on the command line are left out only when that was asked for.
    fn skip_devices_given(&self) -> bool {
        self.skip_devices && self.directories != Directories::Recurse
    }
}

impl Searcher<'_> {
    /// Whether this file is what is being written to, so that reading it would never end.
    fn is_output(&self, path: &VPath) -> bool {
        self.output.as_ref() == Some(path)
            && self.config.mode == Mode::Lines
            && self.config.scan.max > 1
            && self.fs.stat(path).is_ok_and(|s| s.is_file())
    }

    fn file(
        &self,
        path: &VPath,
        name: &[u8],
        stat: Option<&Stat>,
        after_other: bool,
        out: &mut impl Out,
    ) -> Result<Outcome, CommandError> {
        if self.is_output(path) {
            return Ok(trouble([name, b": input file is also the output"].concat()));
        }
        let mut source = match self.fs.read(path, ByteRange::ALL) {
            Ok(reader) => Source::File(reader),
            Err(e) if e.errno() == Errno::ECANCELED => return Err(e.into()),
            Err(e) => return Ok(trouble([name, b": ", e.gnu_text().as_bytes()].concat())),
        };
        let size = match stat {
            Some(stat) => stat.size,
            None if self.config.align => self.fs.stat(path).ok().and_then(|s| s.size),
            None => None,
        };
        Ok(self.stream(&mut || source.chunk(), name, size, after_other, out)?.0)
    }

    /// Searches a stream. Also returns where it stopped when the limit of lines was reached.
    fn stream(
        &self,
        next: &mut dyn FnMut() -> vfs::Result<bytes::Bytes>,
        name: &[u8],
        size: Option<u64>,
        after_other: bool,
        out: &mut impl Out,
    ) -> Result<(Outcome, Option<u64>), CommandError> {
        let config = self.config;
        let mut inflate;
        let mut plain;
        let next: &mut dyn FnMut() -> vfs::Result<bytes::Bytes> = if config.inflate {
            inflate = Inflate::new(next);
            plain = || inflate.chunk();
            &mut plain
        } else {
            next
        };
        let printer = Printer::new(config, out, name, size, after_other);
        let mut scan = Scan::new(&config.matcher, &config.scan, printer);
        let mut outcome = Outcome::default();
        match scan.run(next, &self.cancel, self.memory) {
            Ok(()) => {}
            Err(ScanError::Output(e)) => return Err(e.into()),
            Err(ScanError::Vfs(e)) if matches!(e.errno(), Errno::ECANCELED | Errno::EPIPE) => return Err(e.into()),
            Err(ScanError::Vfs(e)) => {
                outcome.message = Some([name, b": ", e.gnu_text().as_bytes()].concat());
                outcome.trouble = true;
            }
            Err(ScanError::Match(e)) => {
                outcome.message = Some([name, b": ", e.to_string().as_bytes()].concat());
                outcome.trouble = true;
            }
        }
        let stopped = scan.stopped_at();
        let count = scan.selected;
        outcome.printed = scan.sink.printed;
        let withheld = scan.sink.withheld;
        let skipped = scan.sink.skipped;
        let count = if skipped { 0 } else { count };
        outcome.selected = count > 0;
        match config.mode {
            Mode::Count => {
                if config.names {
                    self.name(out, name, b":");
                }
                out.buf().extend_from_slice(count.to_string().as_bytes());
                out.buf().push(b'\n');
            }
            Mode::With | Mode::Without if (count > 0) == (config.mode == Mode::With) => {
                self.name(out, name, if config.null { b"" } else { b"\n" });
            }
            _ => {}
        }
        out.spill()?;
        if withheld && config.binary == Binary::Report && outcome.message.is_none() {
            outcome.message = Some([name, b": binary file matches"].concat());
        }
        Ok((outcome, stopped))
    }

    fn name(&self, out: &mut impl Out, name: &[u8], end: &[u8]) {
        let out = out.buf();
        match &self.config.colors {
            Some(colors) => colors.paint(out, &colors.name, name),
            None => out.extend_from_slice(name),
        }
        if self.config.null {
            out.push(0);
        } else if end == b":" {
            match &self.config.colors {
                Some(colors) => colors.paint(out, &colors.separator, end),
                None => out.extend_from_slice(end),
            }
        } else {
            out.extend_from_slice(end);
        }
    }
}

fn trouble(message: Vec<u8>) -> Outcome {
    Outcome {
        message: Some(message),
        trouble: true,
        ..Outcome::default()
    }
}
