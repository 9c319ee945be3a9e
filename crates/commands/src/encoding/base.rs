//! `base64`, `base32`, `basenc`.

mod codec;

use shell::command::{CommandError, CommandResult, Context};
use vfs::Errno;

use crate::input;
use crate::number;
use crate::options::{Args, Opt, Spec, flag, value};
use crate::quote::quote;
use crate::tool::Tool;
use codec::{Code, Decoder, Encoder};

const DECODE: Opt = flag("d", "decode", "decode data");
const IGNORE: Opt = flag("i", "ignore-garbage", "when decoding, ignore non-alphabet characters");
const WRAP: Opt = value(
    "w",
    "wrap",
    "COLS",
    "wrap encoded lines after COLS character (default 76).\n  Use 0 to disable line wrapping",
);

const NOTES: &str = "When decoding, the input may contain newlines in addition to the bytes of\n\
the formal alphabet.  Use --ignore-garbage to attempt to recover\n\
from any other non-alphabet bytes in the encoded stream.";

const BASE64_SPEC: Spec = Spec::new(
    "base64",
    "[OPTION]... [FILE]",
    "Base64 encode or decode FILE, or standard input, to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[DECODE, IGNORE, WRAP],
)
.notes(NOTES);

const BASE32_SPEC: Spec = Spec::new(
    "base32",
    "[OPTION]... [FILE]",
    "Base32 encode or decode FILE, or standard input, to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[DECODE, IGNORE, WRAP],
)
.notes(NOTES);

const BASENC_SPEC: Spec = Spec::new(
    "basenc",
    "[OPTION]... [FILE]",
    "basenc encode or decode FILE, or standard input, to standard output.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        flag("", "base64", "same as 'base64' program (RFC4648 section 4)"),
        flag("", "base64url", "file- and url-safe base64 (RFC4648 section 5)"),
        flag("", "base32", "same as 'base32' program (RFC4648 section 6)"),
        flag("", "base32hex", "extended hex alphabet base32 (RFC4648 section 7)"),
        flag("", "base16", "hex encoding (RFC4648 section 8)"),
        flag("", "base2msbf", "bit string with most significant bit (msb) first"),
        flag("", "base2lsbf", "bit string with least significant bit (lsb) first"),
        DECODE,
        IGNORE,
        WRAP,
        flag(
            "",
            "z85",
            "ascii85-like encoding (ZeroMQ spec:32/Z85);\n  when encoding, input length must be a multiple of 4;\n  when decoding, input length must be a multiple of 5",
        ),
    ],
)
.notes(NOTES);

/// `base64`.
pub const BASE64: Tool = Tool::new(BASE64_SPEC, |cx, args| run(cx, &args, &BASE64_SPEC, Code::Base64));

/// `base32`.
pub const BASE32: Tool = Tool::new(BASE32_SPEC, |cx, args| run(cx, &args, &BASE32_SPEC, Code::Base32));

/// `basenc`.
pub const BASENC: Tool = Tool::new(BASENC_SPEC, |cx, args| {
    let code = args.options.iter().rev().find_map(|o| match o.key {
        "base64" => Some(Code::Base64),
        "base64url" => Some(Code::Base64Url),
        "base32" => Some(Code::Base32),
        "base32hex" => Some(Code::Base32Hex),
        "base16" => Some(Code::Base16),
        "base2msbf" => Some(Code::Base2Msbf),
        "base2lsbf" => Some(Code::Base2Lsbf),
        "z85" => Some(Code::Z85),
        _ => None,
    });
    match code {
        Some(code) => run(cx, &args, &BASENC_SPEC, code),
        None => Err(BASENC_SPEC.usage_error(cx, "missing encoding type")),
    }
});

fn run(cx: &mut Context<'_>, args: &Args, spec: &Spec, code: Code) -> CommandResult {
    let mut wrap = 76;
    for o in args.options.iter().filter(|o| o.key == "wrap") {
        wrap = match number::decimal(o.value()) {
            Ok(n) => n,
            // More columns than there can be is no wrapping at all.
            Err(number::NumberError::Overflow) => 0,
            Err(_) => {
                return Err(CommandError::fail(
                    1,
                    [b"invalid wrap size: ", &quote(o.value())[..]].concat(),
                ));
            }
        };
    }
    if let Some(extra) = args.operands.get(1) {
        return Err(spec.usage_error(cx, [b"extra operand ", &quote(extra)[..]].concat()));
    }
    let file = args.operands.first().map_or(&b"-"[..], Vec::as_slice);
    let mut source = match input::open(cx, file) {
        Ok(source) => source,
        Err(e) => return fail(cx, file, &e),
    };
    let decode = args.has("decode");
    let mut encoder = Encoder::new(code, usize::try_from(wrap).unwrap_or(0));
    let mut decoder = Decoder::new(code, args.has("ignore-garbage"));
    loop {
        cx.cancel.check()?;
        let chunk = match source.chunk() {
            Ok(chunk) => chunk,
            Err(e) => return fail(cx, file, &e),
        };
        // A bounded piece at a time: what comes out may be many times larger.
        for piece in chunk.chunks(16 * 1024) {
            let out = cx.stdout.buffer();
            let done = if decode {
                decoder.feed(piece, out)
            } else {
                encoder.feed(piece, out);
                Ok(())
            };
            cx.stdout.spill()?;
            done.map_err(|text| CommandError::fail(1, text))?;
        }
        if chunk.is_empty() {
            break;
        }
    }
    let out = cx.stdout.buffer();
    let done = if decode {
        decoder.finish(out)
    } else {
        encoder.finish(out)
    };
    cx.stdout.spill()?;
    done.map_err(|text| CommandError::fail(1, text))?;
    Ok(shell::command::ExitStatus::SUCCESS)
}

fn fail(cx: &mut Context<'_>, file: &[u8], error: &vfs::VfsError) -> CommandResult {
    match error.errno() {
        Errno::ECANCELED => Err(error.clone().into()),
        Errno::EISDIR => Err(CommandError::fail(1, "read error: Is a directory")),
        _ => {
            input::warn(cx, file, error)?;
            Ok(shell::command::ExitStatus::FAILURE)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn every_code_goes_there_and_back() {
        let lab = Lab::new();
        let data: Vec<u8> = (0..=255u8).cycle().take(10_000).collect();
        for code in [
            "base64",
            "base64url",
            "base32",
            "base32hex",
            "base16",
            "base2msbf",
            "base2lsbf",
            "z85",
        ] {
            let option = format!("--{code}");
            let encoded = lab.run("basenc", &[&option, "-w", "60"], &data);
            assert!(encoded.stdout.split(|b| *b == b'\n').all(|l| l.len() <= 60), "{code}");
            let back = lab.run("basenc", &[&option, "-d"], &encoded.stdout);
            assert!(
                back.stdout == data && back.status == 0,
                "{code}: {}",
                String::from_utf8_lossy(&back.stderr)
            );
        }
    }

    #[test]
    fn what_comes_before_bad_input_is_decoded() {
        let lab = Lab::new();
        let out = lab.run("base64", &["-d"], b"aGVsbG8=\n!");
        assert_eq!((out.stdout.as_slice(), out.status), (&b"hello"[..], 1));
        assert_eq!(out.stderr, b"base64: invalid input\n");
        assert_eq!(lab.run("base64", &["-di"], b"aG Vs!bG8=\n").stdout, b"hello");
        assert_eq!(lab.run("base64", &["-w0"], b"hello").stdout, b"aGVsbG8=");
    }
}
