//! What a command line of `rg` asks for.

use pattern::regex::{Syntax, Wrap};
use shell::command::{CommandError, Context};
use vfs::Errno;

use super::ignore::{Glob, Rules};
use super::types::Types;
use crate::input;
use crate::options::Args;
use crate::search::matcher::{MatchOptions, Matcher};
use crate::search::scan::ScanOptions;

/// What is printed for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Lines.
    Lines,
    /// JSON messages.
    Json,
    /// The number of selected lines.
    Count,
    /// The number of matches.
    CountMatches,
    /// The name, if there is a match.
    With,
    /// The name, if there is none.
    Without,
    /// Nothing.
    Quiet,
}

/// What is done besides searching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Search.
    Search,
    /// List the files that would be searched.
    Files,
    /// List the known types.
    TypeList,
}

/// In which order files come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortBy {
    /// By path.
    Path,
    /// By a time of the file.
    Modified,
    /// See above.
    Accessed,
    /// See above.
    Created,
}

/// Which files of a tree are searched.
#[derive(Debug, Clone)]
pub(super) struct Select {
    pub overrides: Rules,
    pub types: Types,
    pub hidden: bool,
    pub dot_ignore: bool,
    pub vcs_ignore: bool,
    pub parent_ignore: bool,
    pub require_git: bool,
    pub extra: Rules,
    pub follow: bool,
    pub max_depth: Option<usize>,
    pub max_size: Option<u64>,
    pub sort: SortBy,
    pub reverse: bool,
}

/// How lines are printed.
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub names: Option<bool>,
    pub column: bool,
    pub offset: bool,
    pub only_matching: bool,
    pub replace: Option<Vec<u8>>,
    pub heading: bool,
    pub color: bool,
    pub null: bool,
    pub vimgrep: bool,
    pub trim: bool,
    pub max_columns: Option<usize>,
    pub preview: bool,
    pub context_separator: Option<Vec<u8>>,
    pub match_separator: Vec<u8>,
    pub field_separator: Vec<u8>,
    pub path_separator: Option<u8>,
    pub include_zero: bool,
}

/// Everything that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub matcher: Option<Matcher>,
    pub scan: ScanOptions,
    pub mode: Mode,
    pub action: Action,
    pub style: Style,
    pub select: Select,
    /// NUL bytes do not make a file binary.
    pub text: bool,
    /// Binary files of a tree are searched like those named.
    pub binary: bool,
    pub multiline: bool,
    pub messages: bool,
    pub line_buffered: bool,
    pub paths: Vec<Vec<u8>>,
}

fn number(name: &str, text: &[u8]) -> Result<u64, CommandError> {
    let parsed = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
    parsed.ok_or_else(|| {
        let text = String::from_utf8_lossy(text);
        CommandError::fail(
            2,
            format!("error parsing flag {name}: value is not a valid number: {text}"),
        )
    })
}

fn size(text: &[u8]) -> Result<u64, CommandError> {
    let (digits, unit) = match text.split_last() {
        Some((b'K' | b'k', rest)) => (rest, 1 << 10),
        Some((b'M' | b'm', rest)) => (rest, 1 << 20),
        Some((b'G' | b'g', rest)) => (rest, 1 << 30),
        _ => (text, 1),
    };
    Ok(number("--max-filesize", digits)?.saturating_mul(unit))
}

/// Reads `\t`, `\n`, `\x7F` and the like in separators.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let (byte, used) = match rest.first() {
            Some(b't') => (b'\t', 1),
            Some(b'n') => (b'\n', 1),
            Some(b'r') => (b'\r', 1),
            Some(b'0') => (0, 1),
            Some(b'\\') => (b'\\', 1),
            Some(b'x') => {
                let hex = rest.get(1..3).and_then(|h| std::str::from_utf8(h).ok());
                match hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                    Some(value) => (value, 3),
                    None => (b'\\', 0),
                }
            }
            _ => (b'\\', 0),
        };
        out.push(byte);
        rest = &rest[used..];
    }
    out
}

impl Config {
    /// Reads the options.
    pub(super) fn new(cx: &mut Context<'_>, args: Args) -> Result<Config, CommandError> {
        let mut patterns: Option<Vec<Vec<u8>>> = None;
        let (mut fixed, mut perl, mut dotall, mut unicode) = (false, false, false, cx.utf8());
        let mut case = b'-';
        let mut wrap = Wrap::None;
        let (mut before, mut after, mut both) = (None, None, None);
        let mut unrestricted = 0;
        let mut globs: Vec<(Vec<u8>, bool)> = Vec::new();
        let mut all_iglob = false;
        let mut eol = b'\n';
        let mut pretty = false;
        let mut ignore_files = Vec::new();
        let mut use_ignore_files = true;
        let mut mode = Mode::Lines;
        let (mut count, mut line_number) = (false, None);
        let mut c = Config {
            matcher: None,
            scan: ScanOptions {
                invert: false,
                max: u64::MAX,
                before: 0,
                after: 0,
                gaps: false,
                numbers: false,
                detect_binary: true,
                passthru: false,
            },
            mode,
            action: Action::Search,
            style: Style {
                names: None,
                column: false,
                offset: false,
                only_matching: false,
                replace: None,
                heading: false,
                color: false,
                null: false,
                vimgrep: false,
                trim: false,
                max_columns: None,
                preview: false,
                context_separator: Some(b"--".to_vec()),
                match_separator: b":".to_vec(),
                field_separator: b"-".to_vec(),
                path_separator: None,
                include_zero: false,
            },
            select: Select {
                overrides: Rules::default(),
                types: Types::new(),
                hidden: false,
                dot_ignore: true,
                vcs_ignore: true,
                parent_ignore: true,
                require_git: true,
                extra: Rules::default(),
                follow: false,
                max_depth: None,
                max_size: None,
                sort: SortBy::Path,
                reverse: false,
            },
            text: false,
            binary: false,
            multiline: false,
            messages: true,
            line_buffered: false,
            paths: Vec::new(),
        };
        for o in &args.options {
            let v = o.value();
            match o.key {
                "regexp" => patterns.get_or_insert_default().push(v.to_vec()),
                "file" => {
                    let text = read(cx, v)?;
                    let all = patterns.get_or_insert_default();
                    all.extend(
                        text.strip_suffix(b"\n")
                            .unwrap_or(&text)
                            .split(|&b| b == b'\n')
                            .filter(|_| !text.is_empty())
                            .map(|l| l.strip_suffix(b"\r").unwrap_or(l).to_vec()),
                    );
                }
                "fixed-strings" => fixed = true,
                "no-fixed-strings" => fixed = false,
                "ignore-case" => case = b'i',
                "case-sensitive" => case = b's',
                "smart-case" => case = b'S',
                "invert-match" => c.scan.invert = true,
                "no-invert-match" => c.scan.invert = false,
                "word-regexp" => wrap = Wrap::Word,
                "line-regexp" => wrap = Wrap::Line,
                "count" => {
                    mode = Mode::Count;
                    count = true;
                }
                "count-matches" => mode = Mode::CountMatches,
                "include-zero" => c.style.include_zero = true,
                "no-include-zero" => c.style.include_zero = false,
                "files-with-matches" => mode = Mode::With,
                "files-without-match" => mode = Mode::Without,
                "files" => c.action = Action::Files,
                "type-list" => c.action = Action::TypeList,
                "max-count" => c.scan.max = number("-m", v)?,
                "line-number" => line_number = Some(true),
                "no-line-number" => line_number = Some(false),
                "column" => c.style.column = true,
                "no-column" => c.style.column = false,
                "byte-offset" => c.style.offset = true,
                "no-byte-offset" => c.style.offset = false,
                "with-filename" => c.style.names = Some(true),
                "no-filename" => c.style.names = Some(false),
                "only-matching" => c.style.only_matching = true,
                "replace" => c.style.replace = Some(v.to_vec()),
                "after-context" => after = Some(number("-A", v)?),
                "before-context" => before = Some(number("-B", v)?),
                "context" => both = Some(number("-C", v)?),
                "passthru" => c.scan.passthru = true,
                "quiet" => mode = Mode::Quiet,
                "glob" => globs.push((v.to_vec(), false)),
                "iglob" => globs.push((v.to_vec(), true)),
                "glob-case-insensitive" => all_iglob = true,
                "type" => c.select.types.select(v, true)?,
                "type-not" => c.select.types.select(v, false)?,
                "type-add" => c.select.types.add(v)?,
                "type-clear" => c.select.types.clear(v),
                "hidden" => c.select.hidden = true,
                "no-hidden" => c.select.hidden = false,
                "no-ignore" => {
                    (c.select.dot_ignore, c.select.vcs_ignore, c.select.parent_ignore) = (false, false, false)
                }
                "ignore" => (c.select.dot_ignore, c.select.vcs_ignore, c.select.parent_ignore) = (true, true, true),
                "no-ignore-dot" => c.select.dot_ignore = false,
                "no-ignore-vcs" => c.select.vcs_ignore = false,
                "no-ignore-parent" => c.select.parent_ignore = false,
                "no-ignore-files" => use_ignore_files = false,
                "no-require-git" => c.select.require_git = false,
                "require-git" => c.select.require_git = true,
                "ignore-file" => ignore_files.push(v.to_vec()),
                "unrestricted" => unrestricted += 1,
                "follow" => c.select.follow = true,
                "no-follow" => c.select.follow = false,
                "max-depth" => c.select.max_depth = Some(number("-d", v)? as usize),
                "max-filesize" => c.select.max_size = Some(size(v)?),
                "text" => c.text = true,
                "no-text" => c.text = false,
                "binary" => c.binary = true,
                "no-binary" => c.binary = false,
                "null" => c.style.null = true,
                "null-data" => eol = 0,
                "multiline" => c.multiline = true,
                "no-multiline" => c.multiline = false,
                "multiline-dotall" => dotall = true,
                "no-multiline-dotall" => dotall = false,
                "pcre2" => perl = true,
                "no-pcre2" => perl = false,
                "engine" => match v {
                    b"default" => perl = false,
                    b"pcre2" | b"auto" => perl = true,
                    _ => return Err(unrecognized("engine", v)),
                },
                "no-unicode" => unicode = false,
                "unicode" => unicode = cx.utf8(),
                "sort" | "sortr" => {
                    c.select.reverse = o.key == "sortr";
                    c.select.sort = match v {
                        b"none" | b"path" => SortBy::Path,
                        b"modified" => SortBy::Modified,
                        b"accessed" => SortBy::Accessed,
                        b"created" => SortBy::Created,
                        _ => return Err(unrecognized(o.key, v)),
                    };
                }
                "color" => match v {
                    b"never" | b"auto" => c.style.color = false,
                    b"always" | b"ansi" => c.style.color = true,
                    _ => return Err(unrecognized("color", v)),
                },
                "heading" => c.style.heading = true,
                "no-heading" => c.style.heading = false,
                "pretty" => pretty = true,
                "vimgrep" => c.style.vimgrep = true,
                "json" => mode = Mode::Json,
                "trim" => c.style.trim = true,
                "no-trim" => c.style.trim = false,
                "max-columns" => c.style.max_columns = Some(number("-M", v)? as usize).filter(|n| *n > 0),
                "max-columns-preview" => c.style.preview = true,
                "no-max-columns-preview" => c.style.preview = false,
                "context-separator" => c.style.context_separator = Some(unescape(v)),
                "no-context-separator" => c.style.context_separator = None,
                "field-match-separator" => c.style.match_separator = unescape(v),
                "field-context-separator" => c.style.field_separator = unescape(v),
                "path-separator" => c.style.path_separator = unescape(v).first().copied(),
                "no-messages" => c.messages = false,
                "messages" => c.messages = true,
                "line-buffered" => c.line_buffered = true,
                "encoding" if !matches!(&v.to_ascii_lowercase()[..], b"auto" | b"none" | b"utf-8" | b"utf8") => {
                    return Err(CommandError::fail(2, [b"unsupported encoding: ", v].concat()));
                }
                "stop-on-nonmatch" => return Err(CommandError::fail(2, "--stop-on-nonmatch is not supported")),
                "crlf" => {
                    return Err(CommandError::fail(2, "--crlf is not supported"));
                }
                _ => {}
            }
        }
        if unrestricted > 0 {
            (c.select.dot_ignore, c.select.vcs_ignore, c.select.parent_ignore) = (false, false, false);
            use_ignore_files = false;
        }
        c.select.hidden |= unrestricted > 1;
        c.binary |= unrestricted > 2;
        if count && c.style.only_matching && mode == Mode::Count {
            mode = Mode::CountMatches;
        }
        c.mode = mode;
        if pretty {
            (c.style.color, c.style.heading) = (true, true);
        }
        c.scan.before = before.or(both).unwrap_or(0) as usize;
        c.scan.after = after.or(both).unwrap_or(0) as usize;
        c.scan.gaps = c.scan.before > 0 || c.scan.after > 0;
        c.scan.detect_binary = !c.text && eol == b'\n';
        let numbers = pretty || c.style.column || c.style.vimgrep || mode == Mode::Json;
        c.scan.numbers = line_number.unwrap_or(numbers) || mode == Mode::Json;
        for (glob, icase) in globs {
            c.select.overrides.push(Glob::for_override(&glob, icase || all_iglob)?);
        }
        if use_ignore_files {
            for file in ignore_files {
                let text = read(cx, &file)?;
                c.select.extra.add_file(&text);
            }
        }
        let mut operands = args.operands;
        if c.action == Action::Search {
            if patterns.is_none() {
                if operands.is_empty() {
                    return Err(CommandError::fail(2, "usage: rg [flags] pattern [path]"));
                }
                patterns = Some(vec![operands.remove(0)]);
            }
            let patterns: Vec<Vec<u8>> = patterns.unwrap_or_default();
            let icase = match case {
                b'i' => true,
                b'S' => patterns.iter().all(|p| is_lowercase(p, fixed)),
                _ => false,
            };
            let syntax = match (fixed, perl) {
                (true, _) => Syntax::Fixed,
                (_, true) => Syntax::Perl,
                _ => Syntax::Rust,
            };
            let options = MatchOptions {
                syntax,
                icase,
                wrap,
                eol,
                utf8: unicode,
            };
            let list: Vec<&[u8]> = patterns.iter().map(Vec::as_slice).collect();
            let prepared;
            let matcher = if c.multiline && !fixed {
                prepared = list
                    .iter()
                    .map(|p| [if dotall { &b"(?s)"[..] } else { b"" }, p].concat())
                    .collect::<Vec<_>>();
                let list: Vec<&[u8]> = prepared.iter().map(Vec::as_slice).collect();
                Matcher::multiline(&list, &options)
            } else {
                Matcher::new(&list, &options)
            };
            c.matcher = Some(matcher.map_err(|e| CommandError::fail(2, e.to_string()))?);
        }
        c.paths = operands;
        Ok(c)
    }
}

fn unrecognized(flag: &str, v: &[u8]) -> CommandError {
    let v = String::from_utf8_lossy(v);
    CommandError::fail(2, format!("error parsing flag --{flag}: choice '{v}' is unrecognized"))
}

/// Whether a pattern holds no literal in upper case, for `--smart-case`; escapes such as `\S` do not count.
fn is_lowercase(pattern: &[u8], fixed: bool) -> bool {
    let text = String::from_utf8_lossy(pattern);
    let mut chars = text.chars();
    let mut letters = false;
    while let Some(c) = chars.next() {
        if c == '\\' && !fixed {
            if matches!(chars.next(), Some('p' | 'P')) {
                let rest = chars.as_str();
                if let Some(end) = rest.strip_prefix('{').and_then(|r| r.find('}')) {
                    chars = rest[end + 2..].chars();
                }
            }
            continue;
        }
        if c.is_uppercase() {
            return false;
        }
        letters |= c.is_alphanumeric();
    }
    letters
}

fn read(cx: &mut Context<'_>, operand: &[u8]) -> Result<bytes::Bytes, CommandError> {
    let read = input::open(cx, operand).and_then(|mut source| source.read_all());
    read.map_err(|e| {
        if e.errno() == Errno::ECANCELED {
            e.into()
        } else {
            CommandError::fail(2, os_error(operand, &e))
        }
    })
}

/// `x: No such file or directory (os error 2)`, as Rust programs say it.
pub(super) fn os_error(operand: &[u8], e: &vfs::VfsError) -> Vec<u8> {
    let text = format!(": {} (os error {})", e.gnu_text(), e.errno().number());
    [operand, text.as_bytes()].concat()
}
