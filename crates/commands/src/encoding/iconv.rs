//! `iconv`: text from one encoding to another.

mod charset;
mod plain;

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::OpenOptions;

use self::charset::{Charset, Decoder, Encoder, Fault};
use crate::input::{self, Source};
use crate::options::{Args, Spec, Suite, flag, value};
use crate::output;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "iconv",
    "[OPTION...] [FILE...]",
    "Convert encoding of given files from one encoding to another.",
    &[
        value("f", "from-code", "NAME", "encoding of original text"),
        value("t", "to-code", "NAME", "encoding for output"),
        flag("l", "list", "list all known coded character sets"),
        flag("c", "", "omit invalid characters from output"),
        value("o", "output", "FILE", "output file"),
        flag("s", "silent", "suppress warnings"),
        flag("", "verbose", "print progress information"),
        flag("V", "version", "print program version"),
    ],
)
.suite(Suite::Other("compatible with GNU libc 2.36"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run).prepare(own_hint);

/// The hint after a mistake has quotes of its own.
fn own_hint(spec: &Spec, cx: &mut Context<'_>) -> Result<(), CommandError> {
    let args = cx.args.clone();
    let mut probe = std::mem::take(&mut cx.args);
    let asks = probe.iter().any(|a| a == b"--help" || a == b"--version");
    let result = if asks {
        Ok(None)
    } else {
        spec.parse_list(cx, std::mem::take(&mut probe))
    };
    cx.args = args;
    match result {
        Err(CommandError::Fail { message, .. }) => {
            let first = message.split(|b| *b == b'\n').next().unwrap_or_default().to_vec();
            let hint = b"\nTry `iconv --help' or `iconv --usage' for more information.";
            Err(CommandError::fail(64, [&first[..], hint].concat()))
        }
        Err(other) => Err(other),
        Ok(_) => Ok(()),
    }
}

/// Where the text goes.
struct Sink {
    out: shell::io::Output,
    encoder: Encoder,
    buffer: Vec<u8>,
    /// Leave out what cannot be shown.
    omit: bool,
    translit: bool,
    /// Something was left out that should not have been.
    lost: bool,
}

impl Sink {
    fn put(&mut self, c: char) -> Result<(), ()> {
        if self.encoder.put(c, &mut self.buffer) {
            return Ok(());
        }
        if self.translit {
            let text = plain::spelled(c);
            if !text.is_empty() {
                for c in text.chars() {
                    self.encoder.put(c, &mut self.buffer);
                }
                return Ok(());
            }
            self.encoder.put('?', &mut self.buffer);
            return Ok(());
        }
        if self.omit {
            return Ok(());
        }
        Err(())
    }

    fn flush(&mut self) -> Result<(), CommandError> {
        Ok(self.out.write_bytes(std::mem::take(&mut self.buffer).into())?)
    }
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("version") {
        cx.stdout.write_bytes(SPEC.version(b"iconv").into())?;
        return status(true, 1);
    }
    if args.has("list") {
        for name in Charset::names() {
            cx.stdout.buffer().extend_from_slice(format!("{name}//\n").as_bytes());
        }
        return status(true, 1);
    }
    let part = |name: &[u8]| {
        let mut parts = name.split(|b| *b == b'/');
        let charset = parts.next().unwrap_or_default().to_vec();
        let flags: Vec<Vec<u8>> = parts
            .map(<[u8]>::to_ascii_uppercase)
            .filter(|p| !p.is_empty())
            .collect();
        (charset, flags)
    };
    let (from, _) = part(args.last("from-code").unwrap_or(b""));
    let (to, flags) = part(args.last("to-code").unwrap_or(b""));
    let unsupported = || CommandError::fail(1, "failed to start conversion processing: No such file or directory");
    let from = Charset::named(&from).ok_or_else(unsupported)?;
    let to = Charset::named(&to).ok_or_else(unsupported)?;
    let ignore = flags.iter().any(|f| f == b"IGNORE");
    let out = match args.last("output") {
        Some(name) if name != b"-" => output::open(cx, name, OpenOptions::writing()).map_err(|e| {
            let text = [&b"unable to open output file: "[..], e.gnu_text().as_bytes()].concat();
            CommandError::fail(1, text)
        })?,
        _ => cx.stdout.duplicate(),
    };
    cx.stdout.flush_now()?;
    let mut sink = Sink {
        out,
        encoder: Encoder::new(to),
        buffer: Vec::new(),
        omit: args.has("c") || ignore,
        translit: flags.iter().any(|f| f == b"TRANSLIT"),
        lost: false,
    };
    let mut worst = 0;
    for name in args.files() {
        let source = match input::open(cx, &name) {
            Ok(source) => source,
            Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
            Err(e) => {
                cx.warn([&b"cannot open input file `"[..], &name, b"': ", e.gnu_text().as_bytes()].concat());
                worst = 1;
                continue;
            }
        };
        worst = worst.max(convert(cx, from, source, &mut sink, ignore && !args.has("c"))?);
        if worst == 1 {
            break;
        }
    }
    sink.flush()?;
    sink.out.flush_now()?;
    if args.has("output") {
        sink.out.file().close(&cx.cancel)?;
    }
    Ok(ExitStatus(u8::from(worst > 0 || sink.lost)))
}

/// Converts one file; the status.
fn convert(
    cx: &mut Context<'_>,
    from: Charset,
    mut source: Source,
    sink: &mut Sink,
    report: bool,
) -> Result<u8, CommandError> {
    let mut decoder = Decoder::new(from);
    let mut data: Vec<u8> = Vec::new();
    let mut position = 0u64;
    let (mut text, mut skipped) = (Vec::new(), false);
    loop {
        cx.cancel.check()?;
        let chunk = source.chunk()?;
        let last = chunk.is_empty();
        data.extend_from_slice(&chunk);
        let mut at = 0;
        loop {
            text.clear();
            let (used, fault) = decoder.take(&data[at..], last, &mut text);
            let mut failed = None;
            for (c, offset) in &text {
                if sink.put(*c).is_err() {
                    failed = Some(position + (at + offset) as u64);
                    break;
                }
            }
            if let Some(place) = failed {
                sink.flush()?;
                cx.warn(format!("illegal input sequence at position {place}"));
                return Ok(1);
            }
            at += used;
            match fault {
                None => break,
                Some(Fault::Illegal(len)) if sink.omit => {
                    skipped = true;
                    at += len;
                }
                Some(Fault::Illegal(_)) => {
                    sink.flush()?;
                    cx.warn(format!("illegal input sequence at position {}", position + at as u64));
                    return Ok(1);
                }
                Some(Fault::Incomplete) => {
                    sink.flush()?;
                    cx.warn("incomplete character or shift sequence at end of buffer");
                    return Ok(1);
                }
            }
        }
        position += at as u64;
        data.drain(..at);
        sink.flush()?;
        if last {
            break;
        }
    }
    if skipped && report {
        sink.lost = true;
    }
    let _ = cx.stderr.flush();
    Ok(0)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn text_goes_from_one_encoding_to_another() {
        let lab = Lab::new();
        for (args, input, want) in [
            (&["-f", "latin1", "-t", "utf-8"][..], &b"caf\xe9"[..], "café".as_bytes()),
            (&["-f", "utf8", "-t", "iso-8859-1"], "café".as_bytes(), b"caf\xe9"),
            (&["-f", "cp1252"], b"\x80", "€".as_bytes()),
            (&["-t", "utf-16"], b"a", b"\xff\xfea\0"),
            (&["-f", "utf-16"], b"\xfe\xff\0a", b"a"),
            (&["-f", "sjis"], b"\x83\x65", "テ".as_bytes()),
            (&["-t", "euc-jp"], "テ".as_bytes(), b"\xa5\xc6"),
            (&["-t", "ascii//TRANSLIT"], "café €".as_bytes(), b"cafe EUR"),
            (&["-c", "-t", "ascii"], "café".as_bytes(), b"caf"),
        ] {
            assert_eq!(lab.run("iconv", args, input).stdout, want, "{args:?}");
        }
        let bad = lab.run("iconv", &["-t", "latin1"], "a€".as_bytes());
        assert_eq!((bad.status, bad.stdout.as_slice()), (1, &b"a"[..]));
        assert_eq!(bad.stderr, b"iconv: illegal input sequence at position 1\n");
    }
}
