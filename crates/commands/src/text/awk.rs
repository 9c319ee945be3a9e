//! `awk`: pattern scanning and processing; the language is the `awk` crate.

mod help;
mod options;
mod world;

use std::io::Write;

use ::awk::{Outcome, Program, Source};
use shell::command::{Command, CommandError, CommandResult, Context, ExitStatus};

use crate::input;
use options::{Options, Parsed, Part};
use world::World;

/// The command. gawk's options follow rules of their own (some take a word only when attached, `-f` may be repeated and
/// decides whether the first operand is the program), so they are not described by a table.
pub struct Awk;

/// The command.
pub const COMMAND: Awk = Awk;

/// A program that cannot be run, or a wrong command line.
const USAGE: u8 = 1;
/// A fatal error.
const FATAL: u8 = 2;

impl Command for Awk {
    fn name(&self) -> &str {
        "awk"
    }

    fn aliases(&self) -> &[&str] {
        &["gawk", "mawk", "nawk"]
    }

    fn summary(&self) -> &str {
        "Pattern scanning and processing language."
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        let args = std::mem::take(&mut cx.args);
        let name = String::from_utf8_lossy(&cx.name).into_owned();
        match options::parse(args) {
            Ok(Parsed::Run(options)) => run(cx, &name, *options),
            Ok(Parsed::Help) => {
                cx.stdout.write_all(help::usage(&name).as_bytes())?;
                Ok(ExitStatus::SUCCESS)
            }
            Ok(Parsed::Version) => {
                cx.stdout.write_all(help::VERSION.as_bytes())?;
                Ok(ExitStatus::SUCCESS)
            }
            Err(error) => {
                if !error.message.is_empty() {
                    let line = [name.as_bytes(), b": ", &error.message, b"\n"].concat();
                    cx.stderr.write_all(&line)?;
                }
                if error.usage {
                    cx.stderr.write_all(help::usage(&name).as_bytes())?;
                }
                Ok(ExitStatus(error.status))
            }
        }
    }
}

fn run(cx: &mut Context<'_>, name: &str, options: Options) -> CommandResult {
    let mut sources = Vec::with_capacity(options.parts.len());
    for part in &options.parts {
        match part {
            Part::Text(text) => sources.push(Source::command_line(text)),
            Part::File(path) => match read_file(cx, path) {
                Ok(text) => sources.push(Source::file(path, text)),
                Err(error) => {
                    cx.cancel.check()?;
                    let shown = String::from_utf8_lossy(path);
                    let why = error.gnu_text();
                    return Err(CommandError::fail(
                        FATAL,
                        format!("fatal: cannot open source file `{shown}' for reading: {why}"),
                    ));
                }
            },
        }
    }
    let parsed = Program::parse(&sources, &mut |path| {
        read_file(cx, path).map_err(|error| world::plain(&error))
    });
    let program = match parsed {
        Ok(program) => program,
        Err(error) => {
            cx.stderr.write_all(&error.render(name))?;
            return Ok(ExitStatus(USAGE));
        }
    };
    let settings = ::awk::Options {
        name: name.to_owned(),
        assignments: options.assignments,
        separator: options.separator,
        utf8: cx.utf8() && !options.bytes,
        sandbox: options.sandbox,
        ..::awk::Options::default()
    };
    let cancel = cx.cancel.clone();
    let outcome = ::awk::run(&program, &mut World::new(cx), &settings, &options.operands);
    cancel.check()?;
    match outcome {
        Outcome::Exit(status) => Ok(ExitStatus(status)),
        Outcome::Cancelled => Err(CommandError::Cancelled),
        Outcome::BrokenPipe => Err(CommandError::BrokenPipe),
    }
}

fn read_file(cx: &mut Context<'_>, path: &[u8]) -> vfs::Result<Vec<u8>> {
    input::open(cx, path)?.read_all().map(|text| text.to_vec())
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    fn lab() -> Lab {
        let tree = vfs::Vfs::new();
        tree.mount(
            vfs::VPath::root(),
            std::sync::Arc::new(resources::ram::Ram::new()),
            vfs::Mode::Exec,
        )
        .unwrap();
        Lab::on(tree)
    }

    #[test]
    fn reads_and_writes_the_tree() {
        let lab = lab();
        let path = vfs::VPath::root().join(b"f").unwrap();
        lab.fs()
            .write_all(&path, bytes::Bytes::from_static(b"a 1\nb 2\n"))
            .unwrap();
        let out = lab.run(
            "awk",
            &["{ s += $2; print $1 > \"out\" } END { print s, NR }", "f"],
            b"",
        );
        assert_eq!((out.stdout, out.stderr, out.status), (b"3 2\n".to_vec(), Vec::new(), 0));
        assert_eq!(lab.run("cat", &["out"], b"").stdout, b"a\nb\n");
        let out = lab.run("gawk", &["-v", "x=3", "{ print $x }"], b"p q r\n");
        assert_eq!(out.stdout, b"r\n");
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_gawk() {
        let lab = Lab::new();
        let out = lab.run("awk", &["BEGIN { print 1 +* 2 }"], b"");
        let text = "awk: cmd. line:1: BEGIN { print 1 +* 2 }\nawk: cmd. line:1:                  ^ syntax error\n";
        assert_eq!((String::from_utf8(out.stderr).unwrap().as_str(), out.status), (text, 1));
        let out = lab.run("awk", &["1", "missing"], b"");
        assert_eq!(
            out.stderr,
            b"awk: fatal: cannot open file `missing' for reading: No such file or directory\n"
        );
        assert_eq!(out.status, 2);
    }
}
