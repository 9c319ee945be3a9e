//! Reading and running scripts: command strings, files, standard input, `eval`, traps.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::shell::{Exec, Flow, Frame, Origin, Shell};
use crate::state::options::SetOpt;
use crate::syntax::ast::CompleteCommand;
use crate::syntax::error::{ErrorKind, SyntaxError};
use crate::syntax::{NoAliases, ParseOptions, Parser};

/// Scripts longer than this are not kept.
const KEEP_BYTES: usize = 64 * 1024;
/// Scripts that are kept.
const KEEP_COUNT: usize = 512;

type Step = Result<Option<Arc<CompleteCommand>>, SyntaxError>;

#[derive(Default)]
struct Parsed {
    /// What each step gave, and the parser after it.
    steps: Vec<(Step, Parser)>,
}

/// A script as far as it has been parsed, under one set of options and without aliases.
struct Cached {
    start: Parser,
    parsed: Mutex<Parsed>,
}

/// A script's text, the number of its first line, and the options that change how it parses.
type Key = (Bytes, u32, u8);

/// Parsed scripts, so that running one again costs no parsing.
#[derive(Default)]
pub(crate) struct ScriptCache(Mutex<HashMap<Key, Arc<Cached>, ahash::RandomState>>);

fn option_bits(o: &ParseOptions) -> u8 {
    u8::from(o.extglob) | u8::from(o.posix) << 1
}

impl ScriptCache {
    fn get(&self, text: &Bytes, line: u32, options: &ParseOptions) -> Option<Arc<Cached>> {
        if text.len() > KEEP_BYTES {
            return None;
        }
        let key = (text.clone(), line, option_bits(options));
        let mut map = self.0.lock();
        if let Some(c) = map.get(&key) {
            return Some(c.clone());
        }
        if map.len() >= KEEP_COUNT {
            map.clear();
        }
        // The key must not keep a larger buffer alive.
        let key = (Bytes::copy_from_slice(text), key.1, key.2);
        let cached = Arc::new(Cached {
            start: Parser::with_line(key.0.clone(), line),
            parsed: Mutex::default(),
        });
        map.insert(key, cached.clone());
        Some(cached)
    }
}

/// Reads commands one after the other, from the cache where it can.
struct Reader {
    cached: Option<(Arc<Cached>, u8)>,
    at: usize,
    parser: Parser,
}

impl Reader {
    fn new(shell: &Shell, text: Bytes, line: u32) -> Self {
        let options = shell.parse_options();
        if shell.aliases.is_empty()
            && let Some(c) = shell.engine.scripts.get(&text, line, &options)
        {
            return Self {
                parser: c.start.clone(),
                cached: Some((c, option_bits(&options))),
                at: 0,
            };
        }
        Self {
            cached: None,
            at: 0,
            parser: Parser::with_line(text, line),
        }
    }

    fn next(&mut self, shell: &Shell) -> Step {
        let options = shell.parse_options();
        if let Some((cached, bits)) = &self.cached {
            let aliases = options.expand_aliases && !shell.aliases.is_empty();
            if *bits == option_bits(&options) && !aliases {
                let mut parsed = cached.parsed.lock();
                if self.at >= parsed.steps.len() {
                    let mut parser = parsed.steps.last().map_or(&cached.start, |s| &s.1).clone();
                    let step = parser.next_command(&NoAliases, &options).map(|c| c.map(Arc::new));
                    parsed.steps.push((step, parser));
                }
                let (step, parser) = &parsed.steps[self.at];
                self.at += 1;
                self.parser = parser.clone();
                return step.clone();
            }
            // From here on the script reads differently than before.
            self.cached = None;
        }
        let step = self.parser.next_command(&*shell.aliases, &options);
        step.map(|c| c.map(Arc::new))
    }
}

/// What a text is to the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The script itself: an abandoned command does not end it.
    Main,
    /// `eval`, a trap.
    Eval,
    /// A sourced file.
    Source,
}

/// Characters of the source that a report of the contract shows.
const NEAR: usize = 40;

/// A syntax error of a single line in the words of the public contract.
fn contract_report(e: &SyntaxError, script: &[u8]) -> Vec<u8> {
    if e.kind == ErrorKind::Conditional {
        return [b"mirage: ", &e.message[..], b"\n"].concat();
    }
    let rest = script.get(e.offset..).unwrap_or_default().trim_ascii();
    let near = if rest.is_empty() {
        let script = script.trim_ascii();
        &script[script.len().saturating_sub(NEAR)..]
    } else {
        &rest[..rest.len().min(NEAR)]
    };
    [b"mirage: syntax error near '", near, b"'\n"].concat()
}

impl Shell {
    /// Runs a command string or script as the shell's main program.
    pub(crate) fn run_main(&mut self, script: &[u8]) -> Exec {
        self.one_line = self.origin == Origin::Stream && memchr::memchr(b'\n', script.trim_ascii_end()).is_none();
        self.run_source(Bytes::copy_from_slice(script), 1, Kind::Main)
    }

    /// Runs the text of a script file in a shell made for it.
    pub(crate) fn run_script(&mut self, text: Bytes) -> Exec {
        self.run_source(text, 1, Kind::Main)
    }

    /// Runs text inside the present command (`eval`, traps).
    pub(crate) fn run_text(&mut self, text: Bytes, line: u32) -> Exec {
        self.descend(b"eval")?;
        let result = self.run_source(text, line, Kind::Eval);
        self.depth -= 1;
        result
    }

    /// Runs a sourced file under its name.
    pub(crate) fn run_sourced(&mut self, text: Bytes, name: &[u8]) -> Exec {
        self.descend(name)?;
        let line = self.line;
        self.frames.push(Frame {
            name: Arc::from(&b"source"[..]),
            source: Arc::from(name),
            line,
            function: false,
        });
        let result = self.run_source(text, 1, Kind::Source);
        self.frames.pop();
        self.line = line;
        self.depth -= 1;
        result
    }

    fn run_source(&mut self, text: Bytes, line: u32, kind: Kind) -> Exec {
        let mut reader = Reader::new(self, text.clone(), line);
        let mut status = 0;
        loop {
            self.tick()?;
            match reader.next(self) {
                Ok(None) => return Ok(status),
                Ok(Some(c)) => match self.run_complete(&c, kind, status) {
                    // `eval` and `.` end with it, outside of subshells.
                    Err(Flow::Discard(s)) if kind != Kind::Main && self.subshell == 0 => {
                        self.status = s;
                        return Ok(s);
                    }
                    result => status = result?,
                },
                Err(e) => {
                    let (s, goes_on) = self.syntax_error(&e, &text, kind)?;
                    status = s;
                    if !goes_on {
                        return Ok(s);
                    }
                }
            }
        }
    }

    fn run_complete(&mut self, c: &CompleteCommand, kind: Kind, before: u8) -> Exec {
        for w in &c.warnings {
            self.line = w.line;
            self.error(&w.message);
        }
        if self.on(SetOpt::Verbose) && kind != Kind::Eval {
            self.write_error(&[&c.text[..], b"\n"].concat());
        }
        if kind == Kind::Main && self.on(SetOpt::History) && !c.list.is_empty() {
            self.record_line(&c.text);
        }
        if c.list.is_empty() || self.on(SetOpt::Noexec) {
            return Ok(before);
        }
        match self.exec_list(&c.list) {
            Err(Flow::Discard(s)) if kind == Kind::Main && self.on(SetOpt::Errexit) => Err(Flow::Exit(s)),
            Err(Flow::Discard(s)) if kind == Kind::Main => {
                self.status = s;
                self.set_pipestatus(s);
                Ok(s)
            }
            Err(Flow::Break(_) | Flow::Continue(_)) if kind == Kind::Main => Ok(self.status),
            other => other,
        }
    }

    /// Reports a syntax error: the status, and whether the text goes on with the next line.
    fn syntax_error(&mut self, e: &SyntaxError, text: &[u8], kind: Kind) -> Result<(u8, bool), Flow> {
        let name = self.frames.last().map_or(&self.name, |f| &f.source).clone();
        let prefix = match kind {
            Kind::Main if self.origin == Origin::CommandString => [&name[..], b": -c: "].concat(),
            Kind::Eval => [&name[..], b": eval: "].concat(),
            _ => [&name[..], b": "].concat(),
        };
        let report = if kind == Kind::Main && self.one_line {
            contract_report(e, text)
        } else {
            e.report(&prefix)
        };
        self.write_error(&report);
        match e.kind {
            ErrorKind::CompoundAssignment => {
                self.status = 1;
                Ok((1, true))
            }
            ErrorKind::Conditional if kind == Kind::Main => Err(Flow::Exit(self.status.max(2))),
            _ => {
                self.status = 2;
                match kind {
                    Kind::Main => Err(Flow::Exit(2)),
                    _ if self.on(SetOpt::Posix) => Err(Flow::Exit(2)),
                    Kind::Eval | Kind::Source => Ok((2, false)),
                }
            }
        }
    }

    /// Turns a fresh copy into the shell of a script file: variables stay only where exported, everything else starts anew.
    pub(crate) fn become_script(&mut self, name: &[u8], args: Vec<Vec<u8>>) {
        let env = self.vars.environment();
        let exported: HashMap<_, _, _> = self
            .funcs
            .iter()
            .filter(|(_, f)| f.attrs.has(crate::state::value::Attrs::EXPORT))
            .map(|(n, f)| (n.clone(), f.clone()))
            .collect();
        self.funcs = Arc::new(exported);
        self.vars = Default::default();
        self.aliases = Arc::default();
        self.opts = Default::default();
        self.traps = self.traps.for_subshell(false, false).for_new_shell();
        self.traps.update_masks(&self.proc);
        self.frames.clear();
        self.loops = 0;
        self.lenient = 0;
        self.local_options.clear();
        self.disabled_builtins = Arc::default();
        self.dirs = Arc::default();
        self.hashed = Arc::default();
        self.subshell = 0;
        self.status = 0;
        self.trace_level = 1;
        self.last_background = None;
        self.getopts_at = 0;
        let parent = self.main_pid;
        self.main_pid = self.proc.pid();
        self.name = Arc::from(name);
        self.positional = Arc::new(args);
        self.origin = Origin::File;
        self.one_line = false;
        self.interactive = false;
        self.recorded = false;
        self.history = Arc::default();
        self.bindings = None;
        self.jobs = Default::default();
        self.line = 1;
        let inherited = env.get(&b"PWD"[..]).is_some_and(|pwd| pwd[..] == *self.cwd.as_bytes());
        if !inherited && let Ok(place) = self.fs.canonicalize(&self.cwd) {
            // Nobody says by which links the directory was reached.
            self.cwd = place;
        }
        self.install_variables(&env);
        self.vars.put(
            b"PPID",
            crate::state::value::Var::scalar(parent.to_string())
                .with(crate::state::value::Attrs::READONLY.union(crate::state::value::Attrs::INTEGER)),
        );
        self.started = std::time::Instant::now();
        self.seconds_base = 0;
    }

    /// Runs commands from standard input as they are read, so that a command may read the lines after its own.
    pub(crate) fn run_stdin(&mut self) -> Exec {
        let mut status = 0;
        let mut pending: Vec<u8> = Vec::new();
        let mut line = 1;
        loop {
            self.tick()?;
            let more = self.read_raw_line()?;
            let at_end = more.is_none();
            if let Some(l) = more {
                pending.extend_from_slice(&l);
            } else if pending.is_empty() {
                return Ok(status);
            }
            let mut parser = Parser::with_line(pending.clone(), line);
            loop {
                let step = parser.next_command(&*self.aliases.clone(), &self.parse_options());
                match step {
                    Ok(None) => {
                        line = parser.line();
                        pending.clear();
                        break;
                    }
                    Ok(Some(c)) => {
                        let unfinished = !at_end
                            && c.warnings
                                .iter()
                                .any(|w| memchr::memmem::find(&w.message, b"delimited by end-of-file").is_some());
                        if unfinished || (!at_end && pending.ends_with(b"\\\n")) {
                            // A here-document goes on: wait for its lines.
                            break;
                        }
                        status = self.run_complete(&c, Kind::Main, status)?;
                    }
                    Err(e) if e.incomplete && !at_end => break,
                    Err(e) => {
                        status = self.syntax_error(&e, &pending, Kind::Main)?.0;
                    }
                }
            }
            if at_end {
                return Ok(status);
            }
        }
    }
}
