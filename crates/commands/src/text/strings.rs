//! `strings`: the printable sequences of files (GNU binutils).

use shell::command::{CommandError, CommandResult, Context};

use crate::input::{self, Source};
use crate::number::decimal;
use crate::options::{Args, Spec, Suite, flag, value};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "strings",
    "[option(s)] [file(s)]",
    "Display printable strings in [file(s)] (stdin by default)",
    &[
        flag("a", "all", "Scan the entire file, not just the data section [default]"),
        flag("d", "data", "Only scan the data sections in the file (scans all)"),
        flag("f", "print-file-name", "Print the name of the file before each string"),
        value(
            "n",
            "bytes",
            "number",
            "Locate & print any sequence of at least <number>\ndisplayable characters.  (The default is 4).",
        ),
        value(
            "t",
            "radix",
            "{o,d,x}",
            "Print the location of the string in base 8, 10 or 16",
        ),
        flag(
            "w",
            "include-all-whitespace",
            "Include all whitespace as valid string characters",
        ),
        flag("o", "", "An alias for --radix=o"),
        value("T", "target", "BFDNAME", ""),
        value(
            "e",
            "encoding",
            "{s,S,b,l,B,L}",
            "Select character size and endianness:\ns = 7-bit, S = 8-bit, {b,l} = 16-bit, {B,L} = 32-bit",
        ),
        value("U", "unicode", "MODE", ""),
        value(
            "s",
            "output-separator",
            "string",
            "String used to separate strings in output.",
        ),
        flag("h", "help", "Display this information"),
        flag("vV", "version", "Print the program's version number"),
        flag("0123456789", "", ""),
    ],
)
.suite(Suite::Other("compatible with GNU Binutils 2.40"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(old_number);

/// `-8` means `-n 8`.
#[allow(clippy::unnecessary_wraps)] // The signature of a hook.
fn old_number(_: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let mut skip = false;
    for arg in &mut cx.args {
        if arg == b"--" {
            break;
        }
        if std::mem::take(&mut skip) {
            continue;
        }
        if arg.len() > 1 && arg[0] == b'-' && arg[1..].iter().all(u8::is_ascii_digit) {
            *arg = [b"--bytes=", &arg[1..]].concat();
        }
        skip = matches!(&arg[..], b"-n" | b"-t" | b"-T" | b"-e" | b"-U" | b"-s");
    }
    Ok(())
}

struct Scan {
    least: usize,
    radix: Option<u8>,
    names: bool,
    blanks: bool,
    /// Bytes per character.
    width: usize,
    big: bool,
    eight_bits: bool,
    separator: Vec<u8>,
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut s = Scan {
        least: 4,
        radix: None,
        names: args.has("print-file-name"),
        blanks: args.has("include-all-whitespace"),
        width: 1,
        big: false,
        eight_bits: false,
        separator: b"\n".to_vec(),
    };
    let usage = || {
        CommandError::fail(
            1,
            String::from_utf8_lossy(SPEC.help(b"strings").trim_ascii_end()).into_owned(),
        )
    };
    for o in &args.options {
        match o.key {
            "bytes" => {
                let n = decimal(o.value())
                    .map_err(|_| CommandError::fail(1, [&b"invalid integer argument "[..], o.value()].concat()))?;
                if n == 0 {
                    return Err(CommandError::fail(1, "invalid minimum string length 0"));
                }
                s.least = usize::try_from(n).unwrap_or(usize::MAX);
            }
            "radix" => match o.value() {
                [b @ (b'o' | b'd' | b'x')] => s.radix = Some(*b),
                _ => return Err(usage()),
            },
            "o" => s.radix = Some(b'o'),
            "encoding" => {
                (s.width, s.big, s.eight_bits) = match o.value() {
                    b"s" => (1, false, false),
                    b"S" => (1, false, true),
                    b"b" => (2, true, false),
                    b"l" => (2, false, false),
                    b"B" => (4, true, false),
                    b"L" => (4, false, false),
                    _ => return Err(usage()),
                }
            }
            "output-separator" => s.separator = o.value().to_vec(),
            _ => {}
        }
    }
    let mut ok = true;
    if args.operands.is_empty() {
        let source = input::stdin(cx);
        s.file(cx, b"{standard input}", source)?;
    }
    for name in &args.operands {
        if name == b"-" {
            let source = input::stdin(cx);
            s.file(cx, b"{standard input}", source)?;
            continue;
        }
        match input::open(cx, name) {
            Ok(source) => s.file(cx, name, source)?,
            Err(e) => {
                ok = false;
                if e.errno() == vfs::Errno::ECANCELED {
                    return Err(e.into());
                }
                let text = match e.errno() {
                    vfs::Errno::ENOENT => [&b"'"[..], name, b"': No such file"].concat(),
                    vfs::Errno::EISDIR => [&b"Warning: '"[..], name, b"' is a directory"].concat(),
                    _ => [&name[..], b": ", e.gnu_text().as_bytes()].concat(),
                };
                cx.warn(text);
            }
        }
    }
    status(ok, 1)
}

impl Scan {
    fn printable(&self, c: u32) -> bool {
        match c {
            0x20..=0x7e | 0x09 => true,
            0x0a..=0x0d => self.blanks,
            0x80..=0xff => self.eight_bits,
            _ => false,
        }
    }

    fn file(&self, cx: &mut Context<'_>, name: &[u8], mut source: Source) -> Result<(), CommandError> {
        let mut run: Vec<u8> = Vec::new();
        let (mut start, mut at) = (0u64, 0u64);
        let mut carry: Vec<u8> = Vec::new();
        loop {
            let chunk = source.chunk()?;
            let last = chunk.is_empty();
            let data = if carry.is_empty() {
                chunk
            } else {
                [&carry[..], &chunk].concat().into()
            };
            carry.clear();
            let mut pos = 0;
            while pos + self.width <= data.len() {
                let unit = &data[pos..pos + self.width];
                let c = if self.big {
                    unit.iter().fold(0u32, |n, b| n << 8 | u32::from(*b))
                } else {
                    unit.iter().rev().fold(0u32, |n, b| n << 8 | u32::from(*b))
                };
                if self.printable(c) {
                    if run.is_empty() {
                        start = at;
                    }
                    run.push(c as u8);
                    pos += self.width;
                    at += self.width as u64;
                } else {
                    self.emit(cx, name, &mut run, start)?;
                    // Wide characters may begin at any byte.
                    pos += 1;
                    at += 1;
                }
            }
            carry.extend_from_slice(&data[pos..]);
            if last {
                break;
            }
            cx.cancel.check()?;
        }
        self.emit(cx, name, &mut run, start)
    }

    fn emit(&self, cx: &mut Context<'_>, name: &[u8], run: &mut Vec<u8>, start: u64) -> Result<(), CommandError> {
        if run.is_empty() {
            return Ok(());
        }
        if run.len() >= self.least {
            let out = cx.stdout.buffer();
            if self.names {
                out.extend_from_slice(&[name, b": "].concat());
            }
            let offset = match self.radix {
                Some(b'o') => format!("{start:7o} "),
                Some(b'd') => format!("{start:7} "),
                Some(_) => format!("{start:7x} "),
                None => String::new(),
            };
            out.extend_from_slice(offset.as_bytes());
            out.extend_from_slice(run);
            out.extend_from_slice(&self.separator);
            cx.stdout.spill()?;
        }
        run.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn printable_runs_are_found_with_their_places() {
        let lab = Lab::new();
        let data = b"\0\x01hello\0ab\0world!\xff";
        assert_eq!(lab.run("strings", &[], data).stdout, b"hello\nworld!\n");
        assert_eq!(lab.run("strings", &["-6"], data).stdout, b"world!\n");
        assert_eq!(
            lab.run("strings", &["-td"], data).stdout,
            b"      2 hello\n     11 world!\n"
        );
        assert_eq!(lab.run("strings", &["-el"], b"h\0e\0l\0l\0o\0").stdout, b"hello\n");
    }
}
