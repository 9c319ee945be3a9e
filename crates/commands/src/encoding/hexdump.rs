//! `hexdump` (and `hd`): bytes by format strings.

mod format;
mod parse;

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::number;
use crate::options::{Args, Opt, Spec, Suite, flag, optional, value};
use crate::quote::{quote, quotef};
use crate::tool::{Tool, status};
use format::Program;

use super::concat::Concat;

const OPTIONS: &[Opt] = &[
    flag("b", "one-byte-octal", "one-byte octal display"),
    flag("c", "one-byte-char", "one-byte character display"),
    flag("C", "canonical", "canonical hex+ASCII display"),
    flag("d", "two-bytes-decimal", "two-byte decimal display"),
    flag("o", "two-bytes-octal", "two-byte octal display"),
    flag("x", "two-bytes-hex", "two-byte hexadecimal display"),
    optional("L", "color", "<mode>", "interpret color formatting specifiers"),
    value(
        "e",
        "format",
        "<format>",
        "format string to be used for displaying data",
    ),
    value("f", "format-file", "<file>", "file that contains format strings"),
    value("n", "length", "<length>", "interpret only length bytes of input"),
    value("s", "skip", "<offset>", "skip offset bytes from the beginning"),
    flag("v", "no-squeezing", "output identical lines"),
    flag("h", "help", ""),
    flag("V", "version", ""),
];

const SPEC: Spec = Spec::new(
    "hexdump",
    "[options] <file>...",
    "Display file contents in hexadecimal, decimal, octal, or ascii.",
    OPTIONS,
)
.suite(Suite::UtilLinux);

/// `hexdump`.
pub const COMMAND: Tool = Tool::new(SPEC, |cx, args| run(cx, &args, false));

/// `hd`, which is `hexdump -C`.
pub const HD: Tool = Tool::new(Spec { name: "hd", ..SPEC }, |cx, args| run(cx, &args, true));

/// Reads a size; also hexadecimal and octal by prefix.
fn size(text: &[u8], what: &str) -> Result<u64, CommandError> {
    let bad = || {
        CommandError::fail(
            1,
            [what.as_bytes(), b": ", &quote(text)[..], b": Invalid argument"].concat(),
        )
    };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => (8, rest),
        _ => return number::size(text, "KMGTPEZY0").map_err(|_| bad()),
    };
    let len = digits.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
    let n = std::str::from_utf8(&digits[..len])
        .ok()
        .and_then(|t| u64::from_str_radix(t, radix).ok())
        .ok_or_else(bad)?;
    number::size(&[n.to_string().as_bytes(), &digits[len..]].concat(), "KMGTPEZY0").map_err(|_| bad())
}

fn run(cx: &mut Context<'_>, args: &Args, canonical: bool) -> CommandResult {
    let mut program = Program::default();
    let (mut skip, mut length, mut squeeze) = (0, None, true);
    if canonical {
        program.add_builtin("canonical");
    }
    for o in &args.options {
        match o.key {
            "format" => add(&mut program, o.value())?,
            "format-file" => {
                let lines = input::open(cx, o.value()).and_then(|mut s| s.read_all());
                let lines = lines.map_err(|e| {
                    let name = [b"can't read ", &quotef(o.value())[..], b": ", e.gnu_text().as_bytes()].concat();
                    CommandError::fail(1, name)
                })?;
                for line in lines.split(|b| *b == b'\n') {
                    let line = line.trim_ascii_start();
                    if !line.is_empty() && line[0] != b'#' {
                        add(&mut program, line)?;
                    }
                }
            }
            "length" => length = Some(size(o.value(), "failed to parse length")?),
            "skip" => skip = size(o.value(), "failed to parse offset")?,
            "no-squeezing" => squeeze = false,
            "color" => {}
            name => program.add_builtin(name),
        }
    }
    if program.is_empty() {
        program.add_builtin("");
    }
    program.finish().map_err(|m| CommandError::fail(1, m))?;
    let mut files = args.operands.clone();
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    let mut input = Concat::new(files);
    let skipped = input.skip(cx, skip)?;
    dump(cx, &mut input, &program, skipped, length, squeeze)?;
    if !input.opened && input.failed {
        cx.stdout.flush_now()?;
        cx.warn("all input file arguments failed");
    }
    let failed = input.failed;
    input.finish();
    status(!failed, 1)
}

fn add(program: &mut Program, text: &[u8]) -> Result<(), CommandError> {
    program.add(text).map_err(|m| CommandError::fail(1, m))
}

/// Shows the input block by block.
fn dump(
    cx: &mut Context<'_>,
    input: &mut Concat,
    program: &Program,
    start: u64,
    length: Option<u64>,
    squeeze: bool,
) -> Result<(), CommandError> {
    let block = program.block();
    if block == 0 {
        // Only texts, which take nothing of the input: the real tool shows nothing either.
        return Ok(());
    }
    let (mut at, mut left) = (start, length.unwrap_or(u64::MAX));
    let mut current: Vec<u8> = Vec::with_capacity(block);
    let mut previous: Option<Vec<u8>> = None;
    let mut starred = false;
    while left > 0 {
        cx.cancel.check()?;
        let mut chunk = input.chunk(cx)?;
        if chunk.is_empty() {
            break;
        }
        if chunk.len() as u64 > left {
            input.put_back(chunk.split_off(left as usize));
        }
        left -= chunk.len() as u64;
        let mut rest = &chunk[..];
        while !rest.is_empty() {
            let take = (block - current.len()).min(rest.len());
            current.extend_from_slice(&rest[..take]);
            rest = &rest[take..];
            if current.len() < block {
                break;
            }
            if squeeze && previous.as_deref() == Some(&current[..]) {
                if !starred {
                    cx.stdout.buffer().extend_from_slice(b"*\n");
                    starred = true;
                }
                current.clear();
            } else {
                starred = false;
                program.show(&current, at, None, cx.stdout.buffer());
                cx.stdout.spill()?;
                let old = previous.take().unwrap_or_default();
                previous = Some(std::mem::replace(&mut current, old));
                current.clear();
            }
            at += block as u64;
        }
    }
    let end = at + current.len() as u64;
    let out = cx.stdout.buffer();
    if !current.is_empty() {
        current.resize(block, 0);
        program.show(&current, at, Some(end), out);
    }
    if end > 0 {
        program.show_end(end, out);
    }
    Ok(cx.stdout.spill()?)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn the_usual_forms() {
        let lab = Lab::new();
        let canonical = lab.run("hexdump", &["-C"], b"hello\n");
        assert_eq!(
            String::from_utf8_lossy(&canonical.stdout),
            "00000000  68 65 6c 6c 6f 0a                                 |hello.|\n00000006\n"
        );
        let words = lab.run("hexdump", &[], b"abc");
        assert_eq!(
            String::from_utf8_lossy(&words.stdout),
            "0000000 6261 0063                              \n0000003\n"
        );
        let own = lab.run("hexdump", &["-ve", "1/1 \"%02X\""], b"\x01\xff");
        assert_eq!(own.stdout, b"01FF");
    }
}
