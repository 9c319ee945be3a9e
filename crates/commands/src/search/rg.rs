//! `rg`: recursive search that honours ignore files, as ripgrep prints when its output is not a terminal.

mod config;
mod ignore;
mod json;
mod print;
mod run;
mod types;
mod walk;

use shell::command::{CommandResult, Context};

use crate::options::{Args, Spec, Suite, flag, optional, value};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "rg",
    "[OPTIONS] PATTERN [PATH ...]\n[OPTIONS] -e PATTERN ... [PATH ...]\n[OPTIONS] --files [PATH ...]",
    "Search recursively for lines that match a pattern.\n\nIgnore files, hidden files and binary files are left out.",
    &[
        value("e", "regexp", "PATTERN", "a pattern to search for"),
        value("f", "file", "PATTERNFILE", "search for patterns from the given file"),
        flag("F", "fixed-strings", "treat all patterns as literals"),
        flag("", "no-fixed-strings", ""),
        flag("i", "ignore-case", "case insensitive search"),
        flag("s", "case-sensitive", "search case sensitively (default)"),
        flag("S", "smart-case", "ignore case if the pattern is all lowercase"),
        flag("v", "invert-match", "invert matching"),
        flag("", "no-invert-match", ""),
        flag("w", "word-regexp", "show matches surrounded by word boundaries"),
        flag("x", "line-regexp", "show matches surrounded by line boundaries"),
        flag("c", "count", "show count of matching lines for each file"),
        flag("", "count-matches", "show count of every match for each file"),
        flag("", "include-zero", "include zero matches in summary output"),
        flag("", "no-include-zero", ""),
        flag("l", "files-with-matches", "print the paths with at least one match"),
        flag("", "files-without-match", "print the paths that contain zero matches"),
        flag("", "files", "print each file that would be searched"),
        value(
            "m",
            "max-count",
            "NUM",
            "limit the number of matching lines of each file",
        ),
        flag("n", "line-number", "show line numbers"),
        flag("N", "no-line-number", "suppress line numbers"),
        flag("", "column", "show column numbers"),
        flag("", "no-column", ""),
        flag("b", "byte-offset", "print the byte offset for each matching line"),
        flag("", "no-byte-offset", ""),
        flag("H", "with-filename", "print the file path with each matching line"),
        flag("I", "no-filename", "never print the path with each matching line"),
        flag("o", "only-matching", "print only matched parts of a line"),
        value("r", "replace", "TEXT", "replace matches with the given text"),
        value("A", "after-context", "NUM", "show NUM lines after each match"),
        value("B", "before-context", "NUM", "show NUM lines before each match"),
        value("C", "context", "NUM", "show NUM lines before and after each match"),
        flag("", "passthru passthrough", "print both matching and non-matching lines"),
        flag("q", "quiet", "do not print anything to stdout"),
        value("g", "glob", "GLOB", "include or exclude file paths"),
        value("", "iglob", "GLOB", "include or exclude paths case insensitively"),
        flag(
            "",
            "glob-case-insensitive",
            "process all glob patterns case insensitively",
        ),
        value("t", "type", "TYPE", "only search files matching TYPE"),
        value("T", "type-not", "TYPE", "do not search files matching TYPE"),
        value("", "type-add", "TYPESPEC", "add a new glob for a file type"),
        value("", "type-clear", "TYPE", "clear globs for a file type"),
        flag("", "type-list", "show all supported file types"),
        flag(".", "hidden", "search hidden files and directories"),
        flag("", "no-hidden", ""),
        flag("", "no-ignore", "don't use ignore files"),
        flag("", "ignore", ""),
        flag("", "no-ignore-dot", "don't use .ignore or .rgignore files"),
        flag("", "no-ignore-vcs", "don't use ignore files from source control"),
        flag("", "no-ignore-parent", "don't use ignore files in parent directories"),
        flag("", "no-ignore-files", "don't use --ignore-file arguments"),
        flag("", "no-ignore-global no-ignore-exclude no-ignore-messages", ""),
        flag("", "no-require-git", "use .gitignore outside of git repositories"),
        flag("", "require-git", ""),
        value("", "ignore-file", "PATH", "specify additional ignore files"),
        flag("u", "unrestricted", "reduce the level of \"smart\" filtering"),
        flag("L", "follow", "follow symbolic links"),
        flag("", "no-follow", ""),
        value("d", "max-depth maxdepth", "NUM", "descend at most NUM directories"),
        value(
            "",
            "max-filesize",
            "NUM+SUFFIX?",
            "ignore files larger than NUM in size",
        ),
        flag("a", "text", "search binary files as if they were text"),
        flag("", "no-text", ""),
        flag("", "binary", "search binary files"),
        flag("", "no-binary", ""),
        flag("0", "null", "print a NUL byte after file paths"),
        flag("", "null-data", "use NUL as a line terminator"),
        flag("", "crlf", "use CRLF line terminators"),
        flag("", "no-crlf", ""),
        flag("U", "multiline", "enable searching across multiple lines"),
        flag("", "no-multiline", ""),
        flag("", "multiline-dotall", "make '.' match line terminators"),
        flag("", "no-multiline-dotall", ""),
        flag("P", "pcre2", "enable look-around and back-references"),
        flag("", "no-pcre2", ""),
        value("", "engine", "ENGINE", "specify which regex engine to use"),
        flag("", "auto-hybrid-regex no-auto-hybrid-regex", ""),
        flag("", "no-unicode", "disable Unicode mode"),
        flag("", "unicode", ""),
        value("j", "threads", "NUM", "set the approximate number of threads to use"),
        value("", "sort", "SORTBY", "sort results in ascending order"),
        value("", "sortr", "SORTBY", "sort results in descending order"),
        flag("", "sort-files", ""),
        value("", "color", "WHEN", "when to use color: never, auto, always, ansi"),
        value("", "colors", "COLOR_SPEC", ""),
        flag("", "heading", "print matches grouped by each file"),
        flag("", "no-heading", ""),
        flag("p", "pretty", "alias for colors, headings and line numbers"),
        flag("", "vimgrep", "print results in a vim compatible format"),
        flag("", "json", "show search results in a JSON Lines format"),
        flag("", "no-json", ""),
        flag("", "trim", "trim prefix whitespace from matches"),
        flag("", "no-trim", ""),
        value("M", "max-columns", "NUM", "omit lines longer than this limit"),
        flag("", "max-columns-preview", "show preview for lines exceeding the limit"),
        flag("", "no-max-columns-preview", ""),
        value(
            "",
            "context-separator",
            "SEPARATOR",
            "set the separator for contextual chunks",
        ),
        flag("", "no-context-separator", "hide context chunk separators"),
        value(
            "",
            "field-match-separator",
            "SEPARATOR",
            "set the field match separator",
        ),
        value(
            "",
            "field-context-separator",
            "SEPARATOR",
            "set the field context separator",
        ),
        value(
            "",
            "path-separator",
            "SEPARATOR",
            "set the path separator for printing paths",
        ),
        flag("", "no-messages", "suppress some error messages"),
        flag("", "messages", ""),
        flag("", "line-buffered", "force line buffering"),
        flag("", "stop-on-nonmatch", "stop searching after a non-match"),
        value("E", "encoding", "ENCODING", "specify the text encoding of files"),
        flag("", "no-encoding", ""),
        flag("", "no-config", ""),
        flag("", "one-file-system no-one-file-system", ""),
        flag("", "mmap no-mmap block-buffered no-block-buffered no-line-buffered", ""),
        flag(
            "",
            "ignore-vcs ignore-dot ignore-parent ignore-files ignore-global ignore-exclude ignore-messages",
            "",
        ),
        value("", "dfa-size-limit", "NUM", ""),
        value("", "regex-size-limit", "NUM", ""),
        optional("", "hyperlink-format", "FORMAT", ""),
        flag("V", "version", "print the version"),
    ],
)
.trouble(2)
.suite(Suite::Other("ripgrep compatible) 14"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, rg);

fn rg(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let config = config::Config::new(cx, args)?;
    run::run(cx, &config)
}

#[cfg(test)]
mod tests;
