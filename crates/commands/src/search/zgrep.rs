//! `zgrep`: `grep` in files that may be compressed with gzip.

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use super::grep::config::{Config, Stop};
use super::grep::{SPEC as GREP, run};
use crate::options::{Args, Spec, Suite};
use crate::tool::Tool;

const SPEC: Spec = Spec {
    name: "zgrep",
    usage: "[OPTION]... [-e] PATTERN [FILE]...",
    about: "Look for instances of PATTERN in the input FILEs, using their\nuncompressed contents if they are compressed.",
    suite: Suite::Other("gzip compatible) 1.12"),
    notes: "",
    ..GREP
};

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, zgrep);

/// Options that make no sense for a stream.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("directories", "-d"),
    ("recursive", "-r"),
    ("dereference-recursive", "-R"),
    ("null-data", "-z"),
    ("null", "-Z"),
    ("exclude", "--exclude"),
    ("exclude-from", "--exclude-from"),
    ("exclude-dir", "--exclude-dir"),
    ("include", "--include"),
];

fn zgrep(cx: &mut Context<'_>, args: Args) -> CommandResult {
    for o in &args.options {
        if let Some((_, name)) = UNSUPPORTED.iter().find(|(key, _)| *key == o.key) {
            return Err(CommandError::fail(2, format!("{name}: option not supported")));
        }
    }
    if args.operands.is_empty() && !args.has("regexp") && !args.has("file") {
        return Err(CommandError::fail(2, "missing pattern; try `zgrep --help' for help"));
    }
    // What is said of lines and patterns is said by grep.
    cx.name = b"grep".to_vec();
    match Config::new(cx, args) {
        Ok(mut config) => {
            config.inflate = true;
            run::run(cx, &config)
        }
        Err(Stop::Status(status)) => Ok(ExitStatus(status)),
        Err(Stop::Error(e)) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::testing::Lab;

    #[test]
    fn compressed_and_plain_input_are_searched_alike() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(b"one\ntwo\n").unwrap();
        let gz = gz.finish().unwrap();
        let lab = Lab::new();
        assert_eq!(lab.run("zgrep", &["-n", "two"], &gz).stdout, b"2:two\n");
        // Members one after the other are one stream; what follows them is ignored.
        assert_eq!(
            lab.run("zgrep", &["-c", "o"], &[&gz[..], &gz, b"rest"].concat()).stdout,
            b"4\n"
        );
        assert_eq!(
            lab.run("zgrep", &["-H", "two"], b"two\n").stdout,
            b"(standard input):two\n"
        );
        assert_eq!(lab.run("zgrep", &["two"], &gz[..gz.len() - 12]).status, 2);
        assert_eq!(lab.run("zgrep", &["-r", "x"], b"").status, 2);
    }
}
