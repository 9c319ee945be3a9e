//! What a command line of `grep` asks for.

use pattern::regex::{Syntax, Wrap};
use shell::command::{CommandError, Context};
use vfs::Errno;

use super::files::Filter;
use crate::input;
use crate::options::Args;
use crate::search::color::Colors;
use crate::search::matcher::{MatchOptions, Matcher};
use crate::search::scan::ScanOptions;

/// What to do with binary files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Binary {
    /// Say that they match.
    Report,
    /// Treat them as text.
    Text,
    /// Treat them as if nothing matched.
    Without,
}

/// What to do with directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Directories {
    /// Complain.
    Read,
    /// Leave out.
    Skip,
    /// Search what is in them.
    Recurse,
}

/// What is printed for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::search) enum Mode {
    /// Lines.
    Lines,
    /// The number of lines.
    Count,
    /// The name, if there is such a line.
    With,
    /// The name, if there is none.
    Without,
    /// Nothing.
    Quiet,
}

/// Everything that was asked for.
#[derive(Debug, Clone)]
pub(in crate::search) struct Config {
    pub matcher: Matcher,
    pub scan: ScanOptions,
    pub mode: Mode,
    pub binary: Binary,
    pub only_matching: bool,
    pub offsets: bool,
    pub names: bool,
    pub null: bool,
    pub align: bool,
    pub line_buffered: bool,
    pub separator: Option<Vec<u8>>,
    pub colors: Option<Colors>,
    pub label: Vec<u8>,
    pub silent: bool,
    pub directories: Directories,
    pub skip_devices: bool,
    pub dereference: bool,
    pub filter: Filter,
    pub operands: Vec<Vec<u8>>,
    pub utf8: bool,
    /// Decompress what is compressed (`zgrep`).
    pub inflate: bool,
}

/// The context of a number on the command line: `-A`, `-B`, `-C`, `-NUM`.
fn context_length(text: &[u8]) -> Result<usize, CommandError> {
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(CommandError::fail(
            2,
            [text, b": invalid context length argument"].concat(),
        ));
    }
    // A number that is too large is as good as no limit.
    Ok(std::str::from_utf8(digits)
        .ok()
        .and_then(|d| d.parse::<u32>().ok())
        .map_or(usize::MAX / 4, |n| n as usize))
}

fn max_count(text: &[u8]) -> Result<u64, CommandError> {
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(CommandError::fail(2, "invalid max count"));
    }
    if negative {
        return Ok(u64::MAX);
    }
    Ok(std::str::from_utf8(digits)
        .ok()
        .and_then(|d| d.parse().ok())
        .unwrap_or(u64::MAX))
}

/// Why there is nothing to run.
pub(in crate::search) enum Stop {
    /// The command ends with this status; what there is to say has been said.
    Status(u8),
    /// The command fails.
    Error(CommandError),
}

impl From<CommandError> for Stop {
    fn from(e: CommandError) -> Self {
        Stop::Error(e)
    }
}

fn usage(cx: &mut Context<'_>) -> Stop {
    // GNU prints the usage without the name of the program before it.
    use std::io::Write;
    let name = cx.name.clone();
    let text = [
        b"Usage: ",
        &name[..],
        b" [OPTION]... PATTERNS [FILE]...\nTry '",
        &name,
        b" --help' for more information.\n",
    ];
    let _ = cx.stderr.write_all(&text.concat());
    Stop::Status(2)
}

#[derive(Default)]
struct Given {
    syntax: Option<Syntax>,
    patterns: Option<Vec<u8>>,
    icase: bool,
    before: Option<usize>,
    after: Option<usize>,
    both: Option<usize>,
    digits: Vec<u8>,
    with_name: Option<bool>,
    count: bool,
    quiet: bool,
    list: Option<Mode>,
}

impl Given {
    fn syntax(&mut self, syntax: Syntax) -> Result<(), CommandError> {
        match self.syntax {
            // -E and -F may follow each other; -P stands alone.
            Some(old) if old != syntax && (old == Syntax::Perl || syntax == Syntax::Perl) => {
                Err(CommandError::fail(2, "conflicting matchers specified"))
            }
            _ => {
                self.syntax = Some(syntax);
                Ok(())
            }
        }
    }

    fn add(&mut self, patterns: &[u8]) {
        let all = self.patterns.get_or_insert_with(Vec::new);
        all.extend_from_slice(patterns);
        all.push(b'\n');
    }
}

impl Config {
    /// Reads the options.
    pub(in crate::search) fn new(cx: &mut Context<'_>, args: Args) -> Result<Config, Stop> {
        let utf8 = cx.utf8();
        let mut g = Given::default();
        let mut wrap = Wrap::None;
        let mut eol = b'\n';
        let mut color = None;
        let mut c = Partial::default();
        for o in &args.options {
            match o.key {
                "extended-regexp" => g.syntax(Syntax::GrepEre)?,
                "fixed-strings" => g.syntax(Syntax::Fixed)?,
                "basic-regexp" => g.syntax(Syntax::GrepBre)?,
                "perl-regexp" => g.syntax(Syntax::Perl)?,
                "X" => match o.value() {
                    b"grep" | b"G" => g.syntax(Syntax::GrepBre)?,
                    b"egrep" | b"E" => g.syntax(Syntax::GrepEre)?,
                    b"fgrep" | b"F" => g.syntax(Syntax::Fixed)?,
                    b"awk" | b"gawk" | b"posixawk" => g.syntax(Syntax::Awk)?,
                    b"perl" | b"P" => g.syntax(Syntax::Perl)?,
                    other => return Err(CommandError::fail(2, [b"invalid matcher ", other].concat()).into()),
                },
                "regexp" => g.add(o.value()),
                "file" => {
                    let text = read_patterns(cx, o.value())?;
                    let all = g.patterns.get_or_insert_with(Vec::new);
                    all.extend_from_slice(&text);
                    if !text.is_empty() && !text.ends_with(b"\n") {
                        all.push(b'\n');
                    }
                }
                "ignore-case" => g.icase = true,
                "no-ignore-case" => g.icase = false,
                "word-regexp" if wrap == Wrap::None => wrap = Wrap::Word,
                "line-regexp" => wrap = Wrap::Line,
                "null-data" => eol = 0,
                "no-messages" => c.silent = true,
                "invert-match" => c.invert = true,
                "max-count" => c.max = Some(max_count(o.value())?),
                "byte-offset" => c.offsets = true,
                "line-number" => c.numbers = true,
                "line-buffered" => c.line_buffered = true,
                "with-filename" => g.with_name = Some(true),
                "no-filename" => g.with_name = Some(false),
                "label" => c.label = Some(o.value().to_vec()),
                "only-matching" => c.only_matching = true,
                "quiet" => g.quiet = true,
                "binary-files" => {
                    c.binary = Some(match o.value() {
                        b"binary" => Binary::Report,
                        b"text" => Binary::Text,
                        b"without-match" => Binary::Without,
                        _ => return Err(CommandError::fail(2, "unknown binary-files type").into()),
                    });
                }
                "text" => c.binary = Some(Binary::Text),
                "I" => c.binary = Some(Binary::Without),
                "directories" => c.directories = Some(directories(cx, o.value())?),
                "devices" => {
                    c.skip_devices = Some(match o.value() {
                        b"read" => false,
                        b"skip" => true,
                        _ => return Err(CommandError::fail(2, "unknown devices method").into()),
                    });
                }
                "recursive" => c.directories = Some(Directories::Recurse),
                "dereference-recursive" => {
                    c.directories = Some(Directories::Recurse);
                    c.dereference = true;
                }
                "include" => c.filter.add_files(o.value(), true),
                "exclude" => c.filter.add_files(o.value(), false),
                "exclude-from" => {
                    let text = read_patterns(cx, o.value())?;
                    for line in text
                        .split(|&b| b == b'\n')
                        .filter(|l| !l.is_empty() && !l.starts_with(b"#"))
                    {
                        c.filter.add_files(line, false);
                    }
                }
                "exclude-dir" => c.filter.add_dir(o.value()),
                "files-without-match" => g.list = Some(Mode::Without),
                "files-with-matches" => g.list = Some(Mode::With),
                "count" => g.count = true,
                "initial-tab" => c.align = true,
                "null" => c.null = true,
                "before-context" => g.before = Some(context_length(o.value())?),
                "after-context" => g.after = Some(context_length(o.value())?),
                "context" => g.both = Some(context_length(o.value())?),
                "0" => {
                    g.digits.extend(o.short);
                    g.both = Some(context_length(&g.digits)?);
                }
                "group-separator" => c.separator = Some(Some(o.value().to_vec())),
                "no-group-separator" => c.separator = Some(None),
                "color" => {
                    color = Some(match o.value.as_deref() {
                        Some(b"always" | b"yes" | b"force") => true,
                        None | Some(b"never" | b"no" | b"none" | b"auto" | b"tty" | b"if-tty") => false,
                        Some(_) => return Err(usage(cx)),
                    });
                }
                "unix-byte-offsets" => cx.warn("warning: --unix-byte-offsets (-u) is obsolete"),
                _ => {}
            }
        }
        let mut operands = args.operands;
        if g.patterns.is_none() {
            if operands.is_empty() {
                return Err(usage(cx));
            }
            let first = operands.remove(0);
            g.add(&first);
        }
        // Everything matches the empty pattern, so with -v nothing is selected.
        let nothing = c.invert && wrap == Wrap::None && g.patterns.as_deref() == Some(b"\n");
        if (c.max == Some(0) || nothing) && g.list != Some(Mode::Without) {
            // Nothing can be selected, whatever the input.
            return Err(Stop::Status(1));
        }
        let syntax = g.syntax.unwrap_or(Syntax::GrepBre);
        let matcher = compile(
            cx,
            &g,
            &MatchOptions {
                syntax,
                icase: g.icase,
                wrap,
                eol,
                utf8,
            },
        )?;
        let directories = c.directories.unwrap_or(Directories::Read);
        let recursive = directories == Directories::Recurse;
        let names = g.with_name.unwrap_or(operands.len() > 1 || recursive);
        let default = g.both;
        let mode = match (g.quiet, g.list, g.count) {
            (true, ..) => Mode::Quiet,
            (_, Some(list), _) => list,
            (_, _, true) => Mode::Count,
            _ => Mode::Lines,
        };
        let binary = c.binary.unwrap_or(Binary::Report);
        let scan = ScanOptions {
            invert: c.invert,
            max: c.max.unwrap_or(u64::MAX),
            before: g.before.or(default).unwrap_or(0),
            after: g.after.or(default).unwrap_or(0),
            gaps: g.before.or(g.after).or(default).is_some(),
            numbers: c.numbers,
            detect_binary: binary != Binary::Text && eol == b'\n',
            passthru: false,
        };
        if color == Some(true)
            && let Some(value) = cx.var("GREP_COLOR").filter(|v| !v.is_empty())
        {
            let text = [
                b"warning: GREP_COLOR='",
                value,
                b"' is deprecated; use GREP_COLORS='mt=",
                value,
                b"'",
            ]
            .concat();
            cx.warn(text);
        }
        let names_kept = g.with_name.is_none() && recursive && operands.len() == 1;
        let mut config = Config {
            matcher,
            scan,
            mode,
            binary,
            only_matching: c.only_matching,
            offsets: c.offsets,
            names,
            null: c.null,
            align: c.align,
            line_buffered: c.line_buffered,
            separator: c.separator.unwrap_or_else(|| Some(b"--".to_vec())),
            colors: (color == Some(true)).then(|| Colors::from_env(cx.var("GREP_COLOR"), cx.var("GREP_COLORS"))),
            label: c.label.unwrap_or_else(|| b"(standard input)".to_vec()),
            silent: c.silent,
            directories,
            skip_devices: c.skip_devices.unwrap_or(recursive),
            dereference: c.dereference,
            filter: c.filter,
            operands,
            utf8,
            inflate: false,
        };
        // A single file is not named, also with -r; a directory's files are.
        if names_kept && let Ok(path) = cx.path(&config.operands[0]) {
            config.names = cx.fs.stat(&path).is_ok_and(|s| s.is_dir());
        }
        Ok(config)
    }
}

#[derive(Default)]
struct Partial {
    silent: bool,
    invert: bool,
    max: Option<u64>,
    offsets: bool,
    numbers: bool,
    line_buffered: bool,
    label: Option<Vec<u8>>,
    only_matching: bool,
    binary: Option<Binary>,
    directories: Option<Directories>,
    skip_devices: Option<bool>,
    dereference: bool,
    filter: Filter,
    align: bool,
    null: bool,
    separator: Option<Option<Vec<u8>>>,
}

fn directories(cx: &mut Context<'_>, text: &[u8]) -> Result<Directories, Stop> {
    const NAMES: [(&[u8], Directories); 3] = [
        (b"read", Directories::Read),
        (b"recurse", Directories::Recurse),
        (b"skip", Directories::Skip),
    ];
    let found: Vec<Directories> = NAMES
        .iter()
        .filter(|(n, _)| n.starts_with(text) && !text.is_empty())
        .map(|(_, d)| *d)
        .collect();
    if let [one] = found[..] {
        return Ok(one);
    }
    let what = if found.is_empty() { "invalid" } else { "ambiguous" };
    let (open, close) = if cx.utf8() {
        ("\u{2018}", "\u{2019}")
    } else {
        ("'", "'")
    };
    let mut message = format!("{what} argument {open}").into_bytes();
    message.extend_from_slice(text);
    message.extend_from_slice(format!("{close} for {open}--directories{close}\nValid arguments are:").as_bytes());
    for (name, _) in NAMES {
        message.extend_from_slice(format!("\n  - {open}{}{close}", String::from_utf8_lossy(name)).as_bytes());
    }
    cx.warn(&message);
    let _ = usage(cx);
    // GNU's argmatch ends with 1 here.
    Err(Stop::Status(1))
}

fn read_patterns(cx: &mut Context<'_>, operand: &[u8]) -> Result<bytes::Bytes, CommandError> {
    let read = input::open(cx, operand).and_then(|mut source| source.read_all());
    read.map_err(|e| {
        if e.errno() == Errno::ECANCELED {
            return e.into();
        }
        CommandError::fail(2, [operand, b": ", e.gnu_text().as_bytes()].concat())
    })
}

fn compile(cx: &mut Context<'_>, g: &Given, o: &MatchOptions) -> Result<Matcher, CommandError> {
    let text = g.patterns.as_deref().unwrap_or_default();
    let text = text.strip_suffix(b"\n");
    // No pattern at all (an empty file) matches nothing.
    let patterns: Vec<&[u8]> = text.map_or_else(Vec::new, |t| t.split(|&b| b == b'\n').collect());
    if o.syntax == Syntax::Perl && patterns.len() > 1 {
        return Err(CommandError::fail(2, "the -P option only supports a single pattern"));
    }
    let matcher = Matcher::new(&patterns, o).map_err(|e| CommandError::fail(2, e.to_string()))?;
    for warning in matcher.regex().warnings().to_vec() {
        cx.warn(format!("warning: {warning}"));
    }
    Ok(matcher)
}
