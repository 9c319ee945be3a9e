//! `nl`: numbers lines, with logical pages.

use pattern::regex::{Options, Regex, Syntax};
use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "nl",
    "[OPTION]... [FILE]...",
    "Write each FILE to standard output, with line numbers added.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("b", "body-numbering", "STYLE", "use STYLE for numbering body lines"),
        value("d", "section-delimiter", "CC", "use CC for logical page delimiters"),
        value("f", "footer-numbering", "STYLE", "use STYLE for numbering footer lines"),
        value("h", "header-numbering", "STYLE", "use STYLE for numbering header lines"),
        value("i", "line-increment", "NUMBER", "line number increment at each line"),
        value("l", "join-blank-lines", "NUMBER", "group of NUMBER empty lines counted as one"),
        value("n", "number-format", "FORMAT", "insert line numbers according to FORMAT"),
        flag("p", "no-renumber", "do not reset line numbers for each section"),
        value("s", "number-separator", "STRING", "add STRING after (possible) line number"),
        value("v", "starting-line-number", "NUMBER", "first line number for each section"),
        value("w", "number-width", "NUMBER", "use NUMBER columns for line numbers"),
    ],
)
.notes(
    "Default options are: -bt -d'\\:' -fn -hn -i1 -l1 -n'rn' -s<TAB> -v1 -w6\n\n\
     CC are two delimiter characters used to construct logical page delimiters;\n\
     a missing second character implies ':'.  As a GNU extension one can specify\n\
     more than two characters, and also specifying the empty string (-d '')\n\
     disables section matching.\n\nSTYLE is one of:\n\n  \
     a      number all lines\n  t      number only nonempty lines\n  n      number no lines\n  \
     pBRE   number only lines that contain a match for the basic regular\n         expression, BRE\n\n\
     FORMAT is one of:\n\n  ln     left justified, no leading zeros\n  \
     rn     right justified, no leading zeros\n  rz     right justified, leading zeros",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

enum Style {
    All,
    Nonempty,
    None,
    Matching(Regex),
}

#[derive(Clone, Copy)]
enum Format {
    Left,
    Right,
    Zeros,
}

struct Numbering {
    header: Style,
    body: Style,
    footer: Style,
    format: Format,
    width: usize,
    separator: Vec<u8>,
    start: i64,
    step: i64,
    blanks: u64,
    renumber: bool,
    marks: [Vec<u8>; 3],
}

#[derive(Clone, Copy)]
enum Section {
    Header,
    Body,
    Footer,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut n = Numbering {
        header: Style::None,
        body: Style::Nonempty,
        footer: Style::None,
        format: Format::Right,
        width: 6,
        separator: b"\t".to_vec(),
        start: 1,
        step: 1,
        blanks: 1,
        renumber: true,
        marks: [Vec::new(), Vec::new(), Vec::new()],
    };
    let mut delimiter = b"\\:".to_vec();
    for o in &args.options {
        let v = o.value();
        match o.key {
            "body-numbering" => n.body = style(cx, v, "body")?,
            "header-numbering" => n.header = style(cx, v, "header")?,
            "footer-numbering" => n.footer = style(cx, v, "footer")?,
            "section-delimiter" => match v.len() {
                0 => delimiter.clear(),
                1 => delimiter = vec![v[0], b':'],
                _ => delimiter = v.to_vec(),
            },
            "line-increment" => n.step = integer(v, "line number increment", i64::MIN)?,
            "starting-line-number" => n.start = integer(v, "starting line number", i64::MIN)?,
            "join-blank-lines" => n.blanks = integer(v, "line number of blank lines", 1)?.unsigned_abs(),
            "number-width" => {
                let width = integer(v, "line number field width", 1)?;
                n.width = usize::try_from(width.min(i64::from(i32::MAX))).unwrap_or(6);
            }
            "number-separator" => n.separator = v.to_vec(),
            "no-renumber" => n.renumber = false,
            "number-format" => {
                n.format = match v {
                    b"ln" => Format::Left,
                    b"rn" => Format::Right,
                    b"rz" => Format::Zeros,
                    _ => {
                        return Err(SPEC.usage_error(cx, [&b"invalid line numbering format: "[..], &quote(v)].concat()));
                    }
                }
            }
            _ => {}
        }
    }
    if !delimiter.is_empty() {
        n.marks = [delimiter.repeat(3), delimiter.repeat(2), delimiter];
    }
    number(cx, &args, &n)
}

fn style(cx: &Context<'_>, text: &[u8], part: &str) -> Result<Style, CommandError> {
    match text.split_first() {
        Some((b'a', _)) => Ok(Style::All),
        Some((b't', _)) => Ok(Style::Nonempty),
        Some((b'n', _)) => Ok(Style::None),
        Some((b'p', pattern)) => {
            let options = Options {
                utf8: cx.utf8(),
                ..Options::new(Syntax::GrepBre)
            };
            Regex::new(pattern, &options)
                .map(Style::Matching)
                .map_err(|e| CommandError::fail(1, e.to_string()))
        }
        _ => Err(SPEC.usage_error(
            cx,
            [format!("invalid {part} numbering style: ").as_bytes(), &quote(text)].concat(),
        )),
    }
}

fn integer(text: &[u8], what: &str, minimum: i64) -> Result<i64, CommandError> {
    let bad = |tail: &str| {
        CommandError::fail(
            1,
            [format!("invalid {what}: ").as_bytes(), &quote(text), tail.as_bytes()].concat(),
        )
    };
    let trimmed = text.trim_ascii_start();
    let digits = trimmed
        .strip_prefix(b"-")
        .or(trimmed.strip_prefix(b"+"))
        .unwrap_or(trimmed);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(bad(""));
    }
    match std::str::from_utf8(trimmed).ok().and_then(|t| t.parse::<i64>().ok()) {
        Some(n) if n < minimum => Err(bad(": Numerical result out of range")),
        Some(n) => Ok(n),
        None => Err(bad(": Value too large for defined data type")),
    }
}

fn number(cx: &mut Context<'_>, args: &Args, n: &Numbering) -> CommandResult {
    let mut section = Section::Body;
    let mut next = Some(n.start);
    let mut blank_run = 0u64;
    let mut ok = true;
    let pad = vec![b' '; n.width + n.separator.len()];
    for file in args.files() {
        let Some(source) = input::open_or_warn(cx, &file)? else {
            ok = false;
            continue;
        };
        let mut lines = source.lines(b'\n');
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(e) => {
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            };
            let out = cx.stdout.buffer();
            if let Some(at) = n.marks.iter().position(|m| !m.is_empty() && m == line) {
                section = [Section::Header, Section::Body, Section::Footer][at];
                if n.renumber {
                    next = Some(n.start);
                }
                out.push(b'\n');
                cx.stdout.spill()?;
                continue;
            }
            let style = match section {
                Section::Header => &n.header,
                Section::Body => &n.body,
                Section::Footer => &n.footer,
            };
            let numbered = match style {
                Style::All if n.blanks > 1 => {
                    let counted = !line.is_empty() || blank_run + 1 == n.blanks;
                    blank_run = if counted { 0 } else { blank_run + 1 };
                    counted
                }
                Style::All => true,
                Style::Nonempty => !line.is_empty(),
                Style::None => false,
                Style::Matching(re) => re.is_match(line).map_err(|e| CommandError::fail(1, e.to_string()))?,
            };
            if numbered {
                let Some(value) = next else {
                    return Err(CommandError::fail(1, "line number overflow"));
                };
                let text = match n.format {
                    Format::Left => format!("{value:<0$}", n.width),
                    Format::Right => format!("{value:>0$}", n.width),
                    Format::Zeros => format!("{value:00$}", n.width),
                };
                out.extend_from_slice(text.as_bytes());
                out.extend_from_slice(&n.separator);
                next = value.checked_add(n.step);
            } else {
                out.extend_from_slice(&pad);
            }
            out.extend_from_slice(line);
            out.push(b'\n');
            cx.stdout.spill()?;
        }
    }
    status(ok, 1)
}
