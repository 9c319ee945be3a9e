//! `sed`: edits streams of lines; the language is the `sed` crate.

mod world;

use std::io::Write;

use ::sed::{Chunk, Outcome, Script};
use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::input;
use crate::options::{Args, Spec, Suite, flag, optional, value};
use crate::tool::Tool;
use world::World;

const SPEC: Spec = Spec::new(
    "sed",
    "[OPTION]... {script-only-if-no-other-script} [input-file]...",
    "Edit streams of lines.\n\nWith no input file, or when it is -, read standard input.",
    &[
        flag("n", "quiet silent", "suppress automatic printing of pattern space"),
        flag("", "debug", ""),
        value(
            "e",
            "expression",
            "script",
            "add the script to the commands to be executed",
        ),
        value(
            "f",
            "file",
            "script-file",
            "add the contents of script-file to the commands to be executed",
        ),
        flag("", "follow-symlinks", "follow symlinks when processing in place"),
        optional(
            "i",
            "in-place",
            "SUFFIX",
            "edit files in place (makes backup if SUFFIX supplied)",
        ),
        value(
            "l",
            "line-length",
            "N",
            "specify the desired line-wrap length for the `l' command",
        ),
        flag("", "posix", "disable all GNU extensions"),
        flag(
            "Er",
            "regexp-extended",
            "use extended regular expressions in the script (for portability use POSIX -E)",
        ),
        flag(
            "s",
            "separate",
            "consider files as separate rather than as a single continuous long stream",
        ),
        flag("", "sandbox", "operate in sandbox mode (disable e/r/w commands)"),
        flag(
            "u",
            "unbuffered",
            "load minimal amounts of data from the input files and flush the output buffers more often",
        ),
        flag("z", "null-data zero-terminated", "separate lines by NUL characters"),
        flag(
            "b",
            "binary",
            "open files in binary mode (CR+LFs are not treated specially)",
        ),
    ],
)
.suite(Suite::Other("GNU sed compatible) 4.9"))
.notes(
    "If no -e, --expression, -f, or --file option is given, then the first\n\
     non-option argument is taken as the sed script to interpret.  All\n\
     remaining arguments are names of input files; if no input files are\n\
     specified, then the standard input is read.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut options = ::sed::Options {
        name: String::from_utf8_lossy(&cx.name).into_owned(),
        utf8: cx.utf8(),
        ..::sed::Options::default()
    };
    let mut chunks = Vec::new();
    let mut follow = false;
    for option in &args.options {
        let value = option.value();
        match option.key {
            "quiet" => options.quiet = true,
            "expression" => chunks.push(Chunk::expression(value)),
            "file" => chunks.push(read_script(cx, value)?),
            "follow-symlinks" => follow = true,
            "in-place" => options.in_place = Some(value.to_vec()),
            "line-length" => options.line_length = line_length(value)?,
            "posix" => options.posix = true,
            "regexp-extended" => options.extended = true,
            "separate" => options.separate = true,
            "sandbox" => options.sandbox = true,
            "unbuffered" => options.unbuffered = true,
            "null-data" => options.null_data = true,
            "debug" => return Err(CommandError::fail(1, "--debug is not supported")),
            _ => {}
        }
    }
    let mut files = args.operands;
    if chunks.is_empty() {
        if files.is_empty() {
            let usage = SPEC.help(&cx.name);
            cx.stderr.write_all(&usage)?;
            return Ok(ExitStatus(1));
        }
        chunks.push(Chunk::expression(&files.remove(0)));
    }
    let script = match Script::parse(&chunks, &options) {
        Ok(script) => script,
        Err(error) => return Err(CommandError::fail(error.status, error.message)),
    };
    let cancel = cx.cancel.clone();
    let outcome = ::sed::run(&script, &mut World::new(cx, follow), &options, &files);
    cancel.check()?;
    match outcome {
        Outcome::Exit(status) => Ok(ExitStatus(status)),
        Outcome::Cancelled => Err(CommandError::Cancelled),
        Outcome::BrokenPipe => Err(CommandError::BrokenPipe),
    }
}

fn read_script(cx: &mut Context<'_>, name: &[u8]) -> Result<Chunk, CommandError> {
    match input::open(cx, name).and_then(|mut source| source.read_all()) {
        Ok(text) => {
            // The newline at the end of a file ends its last command, no more.
            let text = text.strip_suffix(b"\n").unwrap_or(&text).to_vec();
            Ok(Chunk::file(name, text))
        }
        Err(error) => {
            cx.cancel.check()?;
            let shown = String::from_utf8_lossy(name);
            Err(CommandError::fail(
                1,
                format!("couldn't open file {shown}: {}", error.gnu_text()),
            ))
        }
    }
}

fn line_length(text: &[u8]) -> Result<usize, CommandError> {
    // As atoi(3) reads it.
    let digits: Vec<u8> = text
        .trim_ascii()
        .iter()
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    Ok(String::from_utf8_lossy(&digits).parse().unwrap_or(0))
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
    fn edits_streams_and_files() {
        let lab = lab();
        let out = lab.run("sed", &["-n", "-e", "s/o/0/p"], b"one\nsix\ntwo\n");
        assert_eq!((out.stdout, out.status), (b"0ne\ntw0\n".to_vec(), 0));
        let path = vfs::VPath::root().join(b"f").unwrap();
        lab.fs().write_all(&path, bytes::Bytes::from_static(b"a\nb")).unwrap();
        let out = lab.run("sed", &["-i.bak", "s/b/B/;w copy", "f"], b"");
        assert_eq!((out.stdout, out.stderr, out.status), (Vec::new(), Vec::new(), 0));
        assert_eq!(lab.run("cat", &["f", "f.bak", "copy"], b"").stdout, b"a\nBa\nba\nB");
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_gnu_sed() {
        let lab = Lab::new();
        let out = lab.run("sed", &["s/a"], b"");
        assert_eq!(out.stderr, b"sed: -e expression #1, char 3: unterminated `s' command\n");
        assert_eq!(out.status, 1);
        let out = lab.run("sed", &["p", "missing"], b"");
        assert_eq!(out.stderr, b"sed: can't read missing: No such file or directory\n");
        assert_eq!(out.status, 2);
    }
}
