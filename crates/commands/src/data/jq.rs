//! `jq`: filters JSON with the jq language.

mod help;
mod input;
mod options;
mod world;

use std::io::Write;

use jq::json::{Indent, PrintOptions};
use jq::{CompileOptions, Error, Interrupt, Program, Value, json};
use shell::command::{Command, CommandError, CommandResult, Context, ExitStatus};
use shell::io::Output;

use crate::input as source;
use input::Inputs;
use options::{Options, Parsed};
use world::{FsLoader, World};

/// The command. jq's options follow rules of their own (`--arg` takes two words, `--args` changes what operands are),
/// so they are not described by a table.
pub struct Jq;

/// The command.
pub const COMMAND: Jq = Jq;

/// A problem with the command line or a file it names.
const USAGE: u8 = 2;
/// The program does not compile.
const COMPILE: u8 = 3;
/// An error nobody caught, or input that is not JSON.
const UNCAUGHT: u8 = 5;

/// How the last input went, as far as the exit status is concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// No output.
    Nothing,
    /// The last output was `null` or `false`.
    Falsy,
    /// The last output was anything else.
    Truthy,
    /// It failed with this status.
    Failed(u8),
}

impl Command for Jq {
    fn name(&self) -> &str {
        "jq"
    }

    fn summary(&self) -> &str {
        "Filter and transform JSON with the jq language."
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        let args = std::mem::take(&mut cx.args);
        match options::parse(args) {
            Ok(Parsed::Run(options)) => run(cx, *options),
            Ok(Parsed::Print(text)) => {
                cx.stdout.write_all(text.as_bytes())?;
                Ok(ExitStatus::SUCCESS)
            }
            Ok(Parsed::Help) => {
                cx.stdout.write_all(help::TEXT.as_bytes())?;
                Ok(ExitStatus::SUCCESS)
            }
            Err(usage) => {
                complain(cx, &format!("jq: {}\n{}", usage.0, help::HINT))?;
                Ok(ExitStatus(USAGE))
            }
        }
    }
}

fn complain(cx: &mut Context<'_>, text: &str) -> Result<(), CommandError> {
    Ok(cx.stderr.write_all(text.as_bytes())?)
}

/// Reads a file named on the command line.
fn read_file(cx: &mut Context<'_>, name: &[u8]) -> vfs::Result<Vec<u8>> {
    Ok(source::open(cx, name)?.read_all()?.to_vec())
}

fn run(cx: &mut Context<'_>, mut options: Options) -> CommandResult {
    let mut named = Vec::new();
    for arg in std::mem::take(&mut options.named) {
        match arg.value(cx)? {
            Ok(pair) => named.push(pair),
            Err(message) => {
                complain(cx, &message)?;
                return Ok(ExitStatus(USAGE));
            }
        }
    }
    let text = match &options.program {
        options::Source::Text(text) => text.clone(),
        options::Source::File(name) => match read_file(cx, name) {
            Ok(bytes) => bytes,
            Err(e) if cx.cancel.is_cancelled() => return Err(e.into()),
            Err(e) => {
                let shown = String::from_utf8_lossy(name);
                complain(cx, &format!("jq: error: Could not open {shown}: {}\n", e.gnu_text()))?;
                return Ok(ExitStatus(USAGE));
            }
        },
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let loader = FsLoader::new(cx, &options.library);
    let compiled = Program::compile(
        &text,
        &CompileOptions {
            named,
            positional: std::mem::take(&mut options.positional),
            env: Some(world::environment(cx)),
            loader: Some(&loader),
        },
    );
    let program = match compiled {
        Ok(p) => p,
        Err(e) => {
            let count = e.messages.len();
            let plural = if count == 1 { "" } else { "s" };
            complain(cx, &format!("{e}\njq: {count} compile error{plural}\n"))?;
            return Ok(ExitStatus(COMPILE));
        }
    };
    let mut print = options.print.clone();
    if options.color {
        let colors = match cx.var("JQ_COLORS").map(|s| String::from_utf8_lossy(s).into_owned()) {
            None => Some(json::Colors::default()),
            Some(setting) => json::Colors::parse(&setting),
        };
        if colors.is_none() {
            complain(cx, "Failed to set $JQ_COLORS\n")?;
        }
        print.colors = Some(colors.unwrap_or_default());
    }
    if options.unbuffered {
        cx.stdout.set_unbuffered();
    }
    let stdout = std::mem::replace(&mut cx.stdout, Output::discard());
    let inputs = Inputs::new(&options);
    let mut world = World { cx, inputs, loader };
    let mut printer = Printer {
        out: stdout,
        print,
        options: &options,
        failed: None,
    };
    let result = process(&mut world, &program, &options, &mut printer);
    let Printer { out, failed, .. } = printer;
    world.cx.stdout = out;
    match (failed, result) {
        (Some(e), _) => Err(e),
        (None, r) => r,
    }
}

/// Writes outputs; the first failure to write ends everything.
struct Printer<'o> {
    out: Output,
    print: PrintOptions,
    options: &'o Options,
    failed: Option<CommandError>,
}

impl Printer<'_> {
    /// Whether the value could be written. `Err` is a value that cannot be shown in this form.
    fn write(&mut self, v: &Value) -> Result<bool, &'static str> {
        let options = self.options;
        let buffer = self.out.buffer();
        if options.seq {
            buffer.push(0x1E);
        }
        match v {
            Value::String(s) if options.raw && (s.is_ascii() || !options.print.ascii) => {
                if options.raw_nul && s.contains('\0') {
                    return Err("Cannot dump a string containing NUL with --raw-output0 option");
                }
                buffer.extend_from_slice(s.as_bytes());
            }
            _ => json::print(buffer, v, &self.print),
        }
        if options.raw_nul {
            buffer.push(0);
        } else if !options.join {
            buffer.push(b'\n');
        }
        match self.out.spill() {
            Ok(()) => Ok(true),
            Err(e) => {
                self.failed = Some(e.into());
                Ok(false)
            }
        }
    }
}

fn process(
    world: &mut World<'_, '_>,
    program: &Program,
    options: &Options,
    printer: &mut Printer<'_>,
) -> CommandResult {
    let mut runner = program.runner();
    let mut last = Last::Nothing;
    let mut last_result = Last::Nothing;
    let mut first = true;
    loop {
        let input = if options.null_input {
            if !first {
                break;
            }
            Some(Ok(Value::Null))
        } else {
            world.next()?
        };
        first = false;
        let value = match input {
            None => break,
            Some(Ok(v)) => v,
            Some(Err(message)) => {
                complain(world.cx, &format!("jq: parse error: {message}\n"))?;
                last = Last::Failed(UNCAUGHT);
                break;
            }
        };
        last = Last::Nothing;
        let mut unprintable = None;
        let end = runner.run(value, world, &mut |_, v| {
            match printer.write(&v) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(message) => {
                    unprintable = Some(message);
                    return false;
                }
            }
            last = if v.is_truthy() { Last::Truthy } else { Last::Falsy };
            true
        });
        if printer.failed.is_some() {
            return Ok(ExitStatus::FAILURE);
        }
        if let Some(message) = unprintable {
            let place = world.place();
            complain(world.cx, &format!("jq: error (at {place}): {message}\n"))?;
            last = Last::Failed(UNCAUGHT);
        }
        match end {
            Ok(()) => {}
            Err(Error::Raised(v)) => {
                report(world, &v)?;
                last = Last::Failed(UNCAUGHT);
            }
            Err(Error::Halt { status, output }) => {
                printer.out.flush_now()?;
                halt(world.cx, output)?;
                // Exit statuses are bytes.
                let status = u8::try_from(status.rem_euclid(256)).unwrap_or(UNCAUGHT);
                return Ok(ExitStatus(status));
            }
            Err(Error::Interrupted(i)) => return Err(world.interrupted(&i)),
        }
        if last == Last::Truthy || last == Last::Falsy {
            last_result = last;
        }
    }
    if let Some(e) = world.inputs.failure.take() {
        return Err(e);
    }
    if world.inputs.errors > 0 {
        last = Last::Failed(USAGE);
    }
    let decisive = if options.exit_status && last == Last::Nothing {
        last_result
    } else {
        last
    };
    Ok(ExitStatus(match decisive {
        Last::Failed(status) => status,
        Last::Truthy => 0,
        _ if !options.exit_status => 0,
        Last::Falsy => 1,
        Last::Nothing => 4,
    }))
}

/// `jq: error (at FILE:LINE): MESSAGE`
fn report(world: &mut World<'_, '_>, v: &Value) -> Result<(), CommandError> {
    let place = world.place();
    let text = match v {
        Value::String(s) => format!("jq: error (at {place}): {s}\n"),
        _ => format!("jq: error (at {place}) (not a string): {}\n", json::print_compact(v)),
    };
    complain(world.cx, &text)
}

/// What `halt_error` prints: a string as it is, anything else as a line of JSON.
fn halt(cx: &mut Context<'_>, output: Option<Value>) -> Result<(), CommandError> {
    match output {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(s)) => complain(cx, &s),
        Some(v) => complain(cx, &format!("{}\n", json::print_compact(&v))),
    }
}

impl World<'_, '_> {
    fn interrupted(&self, i: &Interrupt) -> CommandError {
        match i {
            Interrupt::Cancelled => CommandError::Cancelled,
            other => CommandError::fail(137, format!("error: {other}")),
        }
    }
}

/// The layout unless options say otherwise: two spaces per level.
fn default_print() -> PrintOptions {
    PrintOptions {
        indent: Indent::Spaces(2),
        ..PrintOptions::default()
    }
}

#[cfg(test)]
mod tests;
