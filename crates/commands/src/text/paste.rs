//! `paste`: lines of files side by side.

use shell::command::{CommandError, CommandResult, Context};

use crate::input::{self, Lines};
use crate::options::{Args, Spec, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "paste",
    "[OPTION]... [FILE]...",
    "Write lines consisting of the sequentially corresponding lines from\n\
     each FILE, separated by TABs, to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("d", "delimiters", "LIST", "reuse characters from LIST instead of TABs"),
        flag("s", "serial", "paste one file at a time instead of in parallel"),
        flag("z", "zero-terminated", "line delimiter is NUL, not newline"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let delimiters = delimiters(args.last("delimiters").unwrap_or(b"\t"))?;
    let end = if args.has("zero-terminated") { 0 } else { b'\n' };
    if args.has("serial") {
        serial(cx, &args.files(), &delimiters, end)
    } else {
        parallel(cx, &args.files(), &delimiters, end)
    }
}

/// The list with its escapes; `None` is the empty delimiter.
fn delimiters(list: &[u8]) -> Result<Vec<Option<u8>>, CommandError> {
    let mut all = Vec::new();
    let mut bytes = list.iter();
    while let Some(&b) = bytes.next() {
        all.push(if b != b'\\' {
            Some(b)
        } else {
            match bytes.next() {
                Some(b'0') => None,
                Some(b'b') => Some(8),
                Some(b'f') => Some(12),
                Some(b'n') => Some(b'\n'),
                Some(b'r') => Some(b'\r'),
                Some(b't') => Some(b'\t'),
                Some(b'v') => Some(11),
                Some(&other) => Some(other),
                None => {
                    return Err(CommandError::fail(
                        1,
                        [&b"delimiter list ends with an unescaped backslash: "[..], list].concat(),
                    ));
                }
            }
        });
    }
    if all.is_empty() {
        all.push(None);
    }
    Ok(all)
}

fn serial(cx: &mut Context<'_>, files: &[Vec<u8>], delimiters: &[Option<u8>], end: u8) -> CommandResult {
    let mut ok = true;
    for file in files {
        let Some(source) = input::open_or_warn(cx, file)? else {
            ok = false;
            continue;
        };
        let mut lines = source.lines(end);
        let mut count = 0usize;
        loop {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(e) => {
                    input::warn(cx, file, &e)?;
                    ok = false;
                    break;
                }
            };
            let out = cx.stdout.buffer();
            if count > 0 {
                out.extend(delimiters[(count - 1) % delimiters.len()]);
            }
            out.extend_from_slice(line);
            count += 1;
            cx.stdout.spill()?;
        }
        cx.stdout.buffer().push(end);
        cx.stdout.spill()?;
    }
    status(ok, 1)
}

fn parallel(cx: &mut Context<'_>, files: &[Vec<u8>], delimiters: &[Option<u8>], end: u8) -> CommandResult {
    // All operands that mean standard input share it, line by line.
    let mut readers: Vec<Option<Lines>> = Vec::new();
    let mut column_reader = Vec::new();
    let mut stdin_at = None;
    for file in files {
        if input::is_stdin(file)
            && let Some(at) = stdin_at
        {
            column_reader.push(at);
            continue;
        }
        let source = input::open(cx, file).map_err(|e| CommandError::fail(1, input::complaint(file, &e)))?;
        if input::is_stdin(file) {
            stdin_at = Some(readers.len());
        }
        column_reader.push(readers.len());
        readers.push(Some(source.lines(end)));
    }
    let mut ok = true;
    loop {
        // Delimiters are held back until a column has something to print, as a row without any line is the end.
        let mut pending: Vec<u8> = Vec::new();
        let mut any = false;
        for (column, at) in column_reader.iter().enumerate() {
            if column > 0 {
                let d = delimiters[(column - 1) % delimiters.len()];
                if any {
                    cx.stdout.buffer().extend(d)
                } else {
                    pending.extend(d)
                }
            }
            let Some(lines) = &mut readers[*at] else { continue };
            match lines.next() {
                Ok(Some(line)) => {
                    let out = cx.stdout.buffer();
                    if !any {
                        out.append(&mut pending);
                        any = true;
                    }
                    out.extend_from_slice(line);
                }
                Ok(None) => readers[*at] = None,
                Err(e) => {
                    input::warn(cx, &files[column], &e)?;
                    ok = false;
                    readers[*at] = None;
                }
            }
        }
        if !any {
            return status(ok, 1);
        }
        cx.stdout.buffer().push(end);
        cx.stdout.spill()?;
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn standard_input_is_shared_line_by_line() {
        let lab = Lab::new();
        assert_eq!(
            lab.run("paste", &["-", "-", "-"], b"1\n2\n3\n4\n").stdout,
            b"1\t2\t3\n4\t\t\n"
        );
        assert_eq!(lab.run("paste", &["-sd", "+,"], b"1\n2\n3\n").stdout, b"1+2,3\n");
        assert_eq!(
            lab.run("paste", &["-d", r"\0-", "-", "-", "-"], b"1\n2\n3\n").stdout,
            b"12-3\n"
        );
    }
}
