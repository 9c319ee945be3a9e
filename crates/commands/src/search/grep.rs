//! `grep`, `egrep`, `fgrep`, `rgrep`: lines that match patterns, as GNU grep 3.8 prints them.

pub(super) mod config;
mod files;
mod print;
pub(super) mod run;

use shell::command::{Command, CommandResult, Context, ExitStatus};

use crate::options::{Args, Spec, Suite, flag, optional, value};
use crate::tool::Tool;
use config::{Config, Stop};

const ABOUT: &str = "Search for PATTERNS in each FILE.\nExample: grep -i 'hello world' menu.h main.c\n\
PATTERNS can contain multiple patterns separated by newlines.";

const NOTES: &str = "When FILE is '-', read standard input.  With no FILE, read '.' if\n\
recursive, '-' otherwise.  With fewer than two FILEs, assume -h.\n\
Exit status is 0 if any line is selected, 1 otherwise;\n\
if any error occurs and -q is not given, the exit status is 2.";

/// The options, which `zgrep` shares.
pub(super) const SPEC: Spec = Spec::new(
    "grep",
    "[OPTION]... PATTERNS [FILE]...",
    ABOUT,
    &[
        flag("E", "extended-regexp", "PATTERNS are extended regular expressions"),
        flag("F", "fixed-strings fixed-regexp", "PATTERNS are strings"),
        flag("G", "basic-regexp", "PATTERNS are basic regular expressions"),
        flag("P", "perl-regexp", "PATTERNS are Perl regular expressions"),
        value("X", "", "MATCHER", ""),
        value("e", "regexp", "PATTERNS", "use PATTERNS for matching"),
        value("f", "file", "FILE", "take PATTERNS from FILE"),
        flag("iy", "ignore-case", "ignore case distinctions in patterns and data"),
        flag("", "no-ignore-case", "do not ignore case distinctions (default)"),
        flag("w", "word-regexp", "match only whole words"),
        flag("x", "line-regexp", "match only whole lines"),
        flag("z", "null-data", "a data line ends in 0 byte, not newline"),
        flag("s", "no-messages", "suppress error messages"),
        flag("v", "invert-match", "select non-matching lines"),
        flag("V", "version", "display version information and exit"),
        value("m", "max-count", "NUM", "stop after NUM selected lines"),
        flag("b", "byte-offset", "print the byte offset with output lines"),
        flag("n", "line-number", "print line number with output lines"),
        flag("", "line-buffered", "flush output on every line"),
        flag("H", "with-filename", "print file name with output lines"),
        flag("h", "no-filename", "suppress the file name prefix on output"),
        value("", "label", "LABEL", "use LABEL as the standard input file name prefix"),
        flag("o", "only-matching", "show only nonempty parts of lines that match"),
        flag("q", "quiet silent", "suppress all normal output"),
        value(
            "",
            "binary-files",
            "TYPE",
            "assume that binary files are TYPE;\nTYPE is 'binary', 'text', or 'without-match'",
        ),
        flag("a", "text", "equivalent to --binary-files=text"),
        flag("I", "", "equivalent to --binary-files=without-match"),
        value(
            "d",
            "directories",
            "ACTION",
            "how to handle directories;\nACTION is 'read', 'recurse', or 'skip'",
        ),
        value(
            "D",
            "devices",
            "ACTION",
            "how to handle devices, FIFOs and sockets;\nACTION is 'read' or 'skip'",
        ),
        flag("r", "recursive", "like --directories=recurse"),
        flag("R", "dereference-recursive", "likewise, but follow all symlinks"),
        value(
            "",
            "include",
            "GLOB",
            "search only files that match GLOB (a file pattern)",
        ),
        value("", "exclude", "GLOB", "skip files that match GLOB"),
        value(
            "",
            "exclude-from",
            "FILE",
            "skip files that match any file pattern from FILE",
        ),
        value("", "exclude-dir", "GLOB", "skip directories that match GLOB"),
        flag(
            "L",
            "files-without-match",
            "print only names of FILEs with no selected lines",
        ),
        flag(
            "l",
            "files-with-matches",
            "print only names of FILEs with selected lines",
        ),
        flag("c", "count", "print only a count of selected lines per FILE"),
        flag("T", "initial-tab", "make tabs line up (if needed)"),
        flag("Z", "null", "print 0 byte after FILE name"),
        value("B", "before-context", "NUM", "print NUM lines of leading context"),
        value("A", "after-context", "NUM", "print NUM lines of trailing context"),
        value("C", "context", "NUM", "print NUM lines of output context"),
        flag("0123456789", "", ""),
        value(
            "",
            "group-separator",
            "SEP",
            "print SEP on line between matches with context",
        ),
        flag(
            "",
            "no-group-separator",
            "do not print separator for matches with context",
        ),
        optional(
            "",
            "color colour",
            "WHEN",
            "use markers to highlight the matching strings;\nWHEN is 'always', 'never', or 'auto'",
        ),
        flag("U", "binary", "do not strip CR characters at EOL (MSDOS/Windows)"),
        flag("u", "unix-byte-offsets", ""),
    ],
)
.trouble(2)
.suite(Suite::Other("GNU grep compatible) 3.8"))
.notes(NOTES);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, grep).aliases(&["rgrep"]);

/// `grep -E`.
pub const EGREP: Variant = Variant {
    name: "egrep",
    option: "extended-regexp",
};

/// `grep -F`.
pub const FGREP: Variant = Variant {
    name: "fgrep",
    option: "fixed-strings",
};

fn grep(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let recursive = (cx.name == b"rgrep").then_some("recursive");
    with_option(cx, args, recursive)
}

fn with_option(cx: &mut Context<'_>, mut args: Args, first: Option<&'static str>) -> CommandResult {
    if let Some(key) = first {
        args.options.insert(
            0,
            crate::options::Item {
                key,
                short: None,
                value: None,
            },
        );
    }
    match Config::new(cx, args) {
        Ok(config) => run::run(cx, &config),
        Err(Stop::Status(status)) => Ok(ExitStatus(status)),
        Err(Stop::Error(e)) => Err(e),
    }
}

/// `grep` under a name that implies an option.
pub struct Variant {
    name: &'static str,
    option: &'static str,
}

impl Command for Variant {
    fn name(&self) -> &str {
        self.name
    }

    fn summary(&self) -> &str {
        "Search for PATTERNS in each FILE."
    }

    fn run(&self, cx: &mut Context<'_>) -> CommandResult {
        match SPEC.parse(cx)? {
            Some(args) => with_option(cx, args, Some(self.option)),
            None => Ok(ExitStatus::SUCCESS),
        }
    }
}

#[cfg(test)]
mod tests;
