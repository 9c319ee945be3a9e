//! `tac`: files with their lines in reverse.

use bytes::Bytes;
use pattern::regex::{Options, Regex, Syntax};
use shell::command::{CommandError, CommandResult, Context};
use vfs::Errno;

use crate::input;
use crate::options::{Args, Spec, flag, value};
use crate::quote::{quoteaf, quotef};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "tac",
    "[OPTION]... [FILE]...",
    "Write each FILE to standard output, last line first.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("b", "before", "attach the separator before instead of after"),
        flag("r", "regex", "interpret the separator as a regular expression"),
        value(
            "s",
            "separator",
            "STRING",
            "use STRING as the separator instead of newline",
        ),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

enum Separator {
    Byte(u8),
    Text(Vec<u8>),
    Regex(Regex),
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let before = args.has("before");
    let text = args.last("separator").unwrap_or(b"\n");
    let separator = if args.has("regex") {
        if text.is_empty() {
            return Err(CommandError::fail(1, "separator cannot be empty"));
        }
        let options = Options {
            newline: true,
            utf8: cx.utf8(),
            ..Options::new(Syntax::Bre)
        };
        Separator::Regex(Regex::new(text, &options).map_err(|e| CommandError::fail(1, e.to_string()))?)
    } else {
        match text {
            // The empty separator is NUL, as in GNU's tool.
            b"" => Separator::Byte(0),
            [b] => Separator::Byte(*b),
            _ => Separator::Text(text.to_vec()),
        }
    };
    let mut ok = true;
    for file in args.files() {
        let data = match input::open(cx, &file).and_then(|mut s| s.read_all()) {
            Ok(data) => data,
            Err(e) => {
                ok = false;
                match e.errno() {
                    Errno::ECANCELED => return Err(e.into()),
                    Errno::EISDIR => cx.warn([&quotef(&file)[..], b": read error: Invalid argument"].concat()),
                    _ => cx.warn(
                        [
                            &b"failed to open "[..],
                            &quoteaf(&file),
                            b" for reading: ",
                            e.gnu_text().as_bytes(),
                        ]
                        .concat(),
                    ),
                }
                continue;
            }
        };
        reverse(cx, &data, &separator, before)?;
    }
    status(ok, 1)
}

fn reverse(cx: &mut Context<'_>, data: &Bytes, separator: &Separator, before: bool) -> Result<(), CommandError> {
    if let (Separator::Byte(b), false) = (separator, before) {
        let mut end = data.len();
        // The separator at the very end belongs to the last record.
        let searched = end.saturating_sub(usize::from(data.last() == Some(b)));
        for at in memchr::memrchr_iter(*b, &data[..searched]) {
            cx.stdout.buffer().extend_from_slice(&data[at + 1..end]);
            cx.stdout.spill()?;
            end = at + 1;
        }
        cx.stdout.buffer().extend_from_slice(&data[..end]);
        return Ok(cx.stdout.spill()?);
    }
    let cuts = cuts(data, separator)?;
    let mut end = data.len();
    for (start, stop) in cuts.into_iter().rev() {
        let at = if before { start } else { stop };
        if at == data.len() && !before {
            continue;
        }
        cx.stdout.buffer().extend_from_slice(&data[at..end]);
        cx.stdout.spill()?;
        end = at;
    }
    cx.stdout.buffer().extend_from_slice(&data[..end]);
    Ok(cx.stdout.spill()?)
}

/// Where the separators are, found from the end as GNU's tool does.
fn cuts(data: &[u8], separator: &Separator) -> Result<Vec<(usize, usize)>, CommandError> {
    let mut all = Vec::new();
    match separator {
        Separator::Byte(b) => all.extend(memchr::memchr_iter(*b, data).map(|at| (at, at + 1))),
        Separator::Text(text) => {
            all.extend(memchr::memmem::rfind_iter(data, text).map(|at| (at, at + text.len())));
            all.reverse();
        }
        Separator::Regex(regex) => {
            let mut at = 0;
            while let Some(m) = regex
                .find_at(data, at)
                .map_err(|e| CommandError::fail(1, e.to_string()))?
            {
                if m.end > m.start {
                    all.push((m.start, m.end));
                }
                at = if m.end > m.start { m.end } else { m.end + 1 };
                if at > data.len() {
                    break;
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn records_are_reversed_with_their_separators() {
        let lab = Lab::new();
        assert_eq!(lab.run("tac", &[], b"a\nb\nc").stdout, b"cb\na\n");
        assert_eq!(lab.run("tac", &["-b"], b"a\nb\n").stdout, b"\n\nba");
        assert_eq!(lab.run("tac", &["-s", "--"], b"a--b--c").stdout, b"cb--a--");
        assert_eq!(lab.run("tac", &["-rs", "[0-9]+"], b"a1+b2+c").stdout, b"cb2+a1+");
    }
}
