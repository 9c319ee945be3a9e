//! `fmt`: fills paragraphs, with line breaks where they look best.

mod paragraph;

use shell::command::{CommandError, CommandResult, Context};

use self::paragraph::{Settings, Style};
use crate::input;
use crate::number::{NumberError, decimal};
use crate::options::{Args, Spec, flag, value};
use crate::quote::{quote, quoteaf};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "fmt",
    "[-WIDTH] [OPTION]... [FILE]...",
    "Reformat each paragraph in the FILE(s), writing to standard output.\nThe option -WIDTH is an abbreviated form of --width=DIGITS.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("c", "crown-margin", "preserve indentation of first two lines"),
        value(
            "p",
            "prefix",
            "STRING",
            "reformat only lines beginning with STRING,\nreattaching the prefix to reformatted lines",
        ),
        flag("s", "split-only", "split long lines, but do not refill"),
        flag(
            "t",
            "tagged-paragraph",
            "indentation of first line different from second",
        ),
        flag("u", "uniform-spacing", "one space between words, two after sentences"),
        value("w", "width", "WIDTH", "maximum line width (default of 75 columns)"),
        value("g", "goal", "WIDTH", "goal width (default of 93% of width)"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(old_width);

/// `-30` as the first argument means `-w 30`.
#[allow(clippy::unnecessary_wraps)] // The signature of a hook.
fn old_width(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(first) = cx.args.first_mut()
        && first.len() > 1
        && first[0] == b'-'
        && first[1].is_ascii_digit()
    {
        *first = [b"--width=", &first[1..]].concat();
    }
    Ok(())
}

fn width(text: &[u8], most: u64) -> Result<i64, CommandError> {
    match decimal(text) {
        Ok(n) if n <= most => Ok(n as i64),
        other => {
            let range = !matches!(other, Err(NumberError::Invalid | NumberError::Suffix));
            let detail = if range { ": Numerical result out of range" } else { "" };
            Err(CommandError::fail(
                1,
                [&b"invalid width: "[..], &quote(text), detail.as_bytes()].concat(),
            ))
        }
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut s = Settings {
        width: 75,
        goal: 0,
        style: Style::Plain,
        uniform: args.has("uniform-spacing"),
        prefix: Vec::new(),
        lead: 0,
        full: 0,
    };
    let (mut asked_width, mut asked_goal) = (None, None);
    for o in &args.options {
        match o.key {
            "width" => asked_width = Some(width(o.value(), 2500)?),
            "goal" => asked_goal = Some(o.value()),
            "prefix" => {
                let text = o.value();
                s.lead = text.iter().take_while(|b| **b == b' ').count() as i64;
                let body = &text[s.lead as usize..];
                s.full = body.len() as i64;
                let end = body.iter().rposition(|b| *b != b' ').map_or(0, |n| n + 1);
                s.prefix = body[..end].to_vec();
            }
            _ => {}
        }
    }
    for o in &args.options {
        match o.key {
            "crown-margin" => s.style = Style::Crown,
            "tagged-paragraph" if s.style != Style::Crown => s.style = Style::Tagged,
            _ => {}
        }
    }
    if args.has("split-only") {
        s.style = Style::Split;
    }
    s.width = asked_width.unwrap_or(75);
    match asked_goal {
        Some(text) => {
            // A goal may not be wider than the line; without a width the line is ten wider than the goal.
            s.goal = width(text, if asked_width.is_some() { s.width as u64 } else { 2500 })?;
            if asked_width.is_none() {
                s.width = s.goal + 10;
            }
        }
        None => s.goal = s.width * (2 * (100 - 7) + 1) / 200,
    }
    let mut ok = true;
    for name in args.files() {
        match input::open(cx, &name).and_then(|mut source| source.read_all()) {
            Ok(data) => paragraph::format(cx, &s, &data)?,
            Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                ok = false;
                cx.warn(
                    [
                        &b"cannot open "[..],
                        &quoteaf(&name),
                        b" for reading: ",
                        e.gnu_text().as_bytes(),
                    ]
                    .concat(),
                );
            }
        }
    }
    status(ok, 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn paragraphs_are_filled_and_sentences_end_with_two_blanks() {
        let lab = Lab::new();
        let text =
            b"This is a paragraph with many words that should be filled by fmt to the width.\nAnd another line here.\n";
        let out = lab.run("fmt", &["-w", "30"], text).stdout;
        let want = "This is a paragraph with\nmany words that should be\nfilled by fmt to the width.\nAnd another line here.\n";
        assert_eq!(String::from_utf8_lossy(&out), want);
        let out = lab.run("fmt", &[], text).stdout;
        assert!(out.ends_with(b"the width.  And another line here.\n"));
        assert_eq!(lab.run("fmt", &["-p", "# "], b"# a\n# b\nc\n").stdout, b"# a b\nc\n");
    }
}
