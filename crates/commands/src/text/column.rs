//! `column`: lists in columns, and tables (util-linux).

mod table;

use shell::command::{CommandError, CommandResult, Context};
use unicode_width::UnicodeWidthStr;

use crate::input;
use crate::number::decimal;
use crate::options::{Args, Spec, Suite, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "column",
    "[options] [<file>...]",
    "Columnate lists.",
    &[
        flag("t", "table", "create a table"),
        value("n", "table-name", "name", "table name for JSON output"),
        value("O", "table-order", "columns", "specify order of output columns"),
        value("N", "table-columns", "names", "comma separated columns names"),
        value("l", "table-columns-limit", "num", "maximal number of input columns"),
        value(
            "E",
            "table-noextreme",
            "columns",
            "don't count long text from the columns to column width",
        ),
        flag("d", "table-noheadings", "don't print header"),
        flag("e", "table-header-repeat", "repeat header for each page"),
        value("H", "table-hide", "columns", "don't print the columns"),
        value("R", "table-right", "columns", "right align text in these columns"),
        value(
            "T",
            "table-truncate",
            "columns",
            "truncate text in the columns when necessary",
        ),
        value("W", "table-wrap", "columns", "wrap text in the columns when necessary"),
        flag("L", "keep-empty-lines", "don't ignore empty lines"),
        flag("m", "table-maxout", "fill all available space"),
        flag("J", "json", "use JSON output format for table"),
        value("r", "tree", "column", "column to use tree-like output for the table"),
        value("i", "tree-id", "column", "line ID to specify child-parent relation"),
        value("p", "tree-parent", "column", "parent to specify child-parent relation"),
        value(
            "c",
            "output-width columns",
            "width",
            "width of output in number of characters",
        ),
        value(
            "o",
            "output-separator",
            "string",
            "columns separator for table output (default is two spaces)",
        ),
        value("s", "separator", "string", "possible table delimiters"),
        flag("x", "fillrows", "fill rows before columns"),
        flag("h", "help", "display this help"),
        flag("V", "version", "display version"),
    ],
)
.suite(Suite::UtilLinux);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

pub(super) fn width(text: &[u8]) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        String::from_utf8_lossy(text).width()
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("help") || args.has("version") {
        let text = if args.has("help") {
            SPEC.help(b"column")
        } else {
            SPEC.version(b"column")
        };
        cx.stdout.write_bytes(text.into())?;
        return status(true, 1);
    }
    let mut columns = cx
        .var("COLUMNS")
        .and_then(|v| decimal(v).ok())
        .filter(|n| *n > 0)
        .unwrap_or(80) as usize;
    if let Some(text) = args.last("output-width") {
        columns = match text {
            b"unlimited" => usize::MAX,
            _ => decimal(text)
                .map_err(|_| CommandError::fail(1, [&b"invalid columns argument: "[..], &quote(text)].concat()))?
                as usize,
        };
    }
    if args.has("tree") || args.has("tree-id") || args.has("tree-parent") {
        return Err(CommandError::fail(
            1,
            "options --tree, --tree-id and --tree-parent are not supported",
        ));
    }
    if args.has("json") && !args.has("table-columns") {
        return Err(CommandError::fail(1, "option --table-columns required for --json"));
    }
    let keep = args.has("keep-empty-lines");
    let (mut lines, mut ok): (Vec<Vec<u8>>, bool) = (Vec::new(), true);
    let mut held = 0usize;
    for name in args.files() {
        let mut reader = match input::open(cx, &name) {
            Ok(source) => source.lines(b'\n'),
            Err(e) => {
                ok = false;
                input::warn(cx, &name, &e)?;
                continue;
            }
        };
        while let Some(line) = reader.next()? {
            let blank = line.iter().all(u8::is_ascii_whitespace);
            if blank && !keep {
                continue;
            }
            held += line.len() + 32;
            if held > cx.limits.memory {
                return Err(CommandError::Limit("memory"));
            }
            lines.push(if blank { Vec::new() } else { line.to_vec() });
            if lines.len().is_multiple_of(4096) {
                cx.cancel.check()?;
            }
        }
    }
    if args.has("table") || args.has("json") || args.has("table-columns") {
        table::print(cx, &args, &lines, columns)?;
    } else if !lines.is_empty() {
        fill(cx, &lines, columns, args.has("fillrows"))?;
    }
    status(ok, 1)
}

/// The list in columns of equal width, tabs between them.
fn fill(cx: &mut Context<'_>, lines: &[Vec<u8>], columns: usize, rows_first: bool) -> Result<(), CommandError> {
    const TAB: usize = 8;
    let widest = lines.iter().map(|l| width(l)).max().unwrap_or(0);
    if widest >= columns {
        for line in lines {
            cx.stdout.buffer().extend_from_slice(line);
            cx.stdout.buffer().push(b'\n');
            cx.stdout.spill()?;
        }
        return Ok(());
    }
    let cell = (widest + TAB) / TAB * TAB;
    let across = (columns / cell).max(1);
    let down = lines.len().div_ceil(across);
    for row in 0..down {
        let mut shown = 0;
        for column in 0..across {
            let n = if rows_first {
                row * across + column
            } else {
                column * down + row
            };
            let Some(line) = lines.get(n) else { break };
            let more = column + 1 < across && {
                let next = if rows_first { n + 1 } else { n + down };
                next < lines.len()
            };
            let out = cx.stdout.buffer();
            out.extend_from_slice(line);
            shown += width(line);
            if more {
                let goal = (column + 1) * cell;
                while shown < goal {
                    out.push(b'\t');
                    shown = (shown / TAB + 1) * TAB;
                }
            }
        }
        cx.stdout.buffer().push(b'\n');
        cx.stdout.spill()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn tables_line_up_and_lists_are_filled() {
        let lab = Lab::new();
        let csv = b"apple,red,1\nbanana,yellow,22\nfig,,333\n";
        for (args, input, want) in [
            (
                &["-t"][..],
                &b"a bb ccc\ndddd e f\n\ng  h\n"[..],
                "a     bb  ccc\ndddd  e   f\ng     h   \n",
            ),
            (
                &["-t", "-s,", "-o|"],
                csv,
                "apple |red   |1\nbanana|yellow|22\nfig   |      |333\n",
            ),
            (
                &["-t", "-s,", "-R1,3"],
                csv,
                " apple  red       1\nbanana  yellow   22\n   fig          333\n",
            ),
            (&["-t", "-s,", "-H2"], csv, "apple   1\nbanana  22\nfig     333\n"),
            (&["-c", "20"], b"1\n2\n3\n", "1\t3\n2\n"),
            (&["-x", "-c", "20"], b"1\n2\n3\n", "1\t2\n3\n"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&lab.run("column", args, input).stdout),
                want,
                "{args:?}"
            );
        }
        let json = lab.run("column", &["-J", "-s,", "-Na,b,c", "-nt"], b"fig,,3\n").stdout;
        let want = "{\n   \"t\": [\n      {\n         \"a\": \"fig\",\n         \"b\": null,\n         \"c\": \"3\"\n      }\n   ]\n}\n";
        assert_eq!(String::from_utf8_lossy(&json), want);
    }
}
