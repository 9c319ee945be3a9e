//! `md5sum`, `sha1sum`, `sha224sum`, `sha256sum`, `sha384sum`, `sha512sum`, `b2sum`, and `md5` as another name of the first.

use shell::command::{CommandError, CommandResult, Context};

use super::check::{Checker, Manner};
use super::digest::{Algorithm, Sum, hex};
use super::name::{escape, needs_escape};
use crate::input;
use crate::number;
use crate::options::{Args, Opt, Spec, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

/// How lines look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) tag: bool,
    pub(super) binary: bool,
    pub(super) zero: bool,
    /// Digest length in bytes.
    pub(super) len: usize,
}

pub(super) const VERIFY: [Opt; 5] = [
    flag("", "ignore-missing", "don't fail or report status for missing files"),
    flag("", "quiet", "don't print OK for each successfully verified file"),
    flag("", "status", "don't output anything, status code shows success"),
    flag("", "strict", "exit non-zero for improperly formatted checksum lines"),
    flag("w", "warn", "warn about improperly formatted checksum lines"),
];

const ZERO: Opt = flag(
    "z",
    "zero",
    "end each output line with NUL, not newline,\n  and disable file name escaping",
);
const BINARY: Opt = flag("b", "binary", "read in binary mode");
const CHECK: Opt = flag("c", "check", "read checksums from the FILEs and check them");
const TAG: Opt = flag("", "tag", "create a BSD-style checksum");
const TEXT: Opt = flag("t", "text", "read in text mode (default)");

const OPTIONS: &[Opt] = &[
    BINARY, CHECK, TAG, TEXT, ZERO, VERIFY[0], VERIFY[1], VERIFY[2], VERIFY[3], VERIFY[4],
];

const B2_OPTIONS: &[Opt] = &[
    BINARY,
    CHECK,
    value(
        "l",
        "length",
        "BITS",
        "digest length in bits; must not exceed the max for\n  the blake2 algorithm and must be a multiple of 8",
    ),
    TAG,
    TEXT,
    ZERO,
    VERIFY[0],
    VERIFY[1],
    VERIFY[2],
    VERIFY[3],
    VERIFY[4],
];

const NOTES: &str = "When checking, the input should be a former output of this program.\n\
The default mode is to print a line with: checksum, a space,\n\
a character indicating input mode ('*' for binary, ' ' for text\n\
or where binary is insignificant), and name for each FILE.";

macro_rules! sums {
    ($($constant:ident $spec:ident $name:literal $algorithm:ident $options:ident $about:literal;)*) => {
        $(const $spec: Spec = Spec::new(
            $name,
            "[OPTION]... [FILE]...",
            concat!("Print or check ", $about, " checksums.\n\nWith no FILE, or when FILE is -, read standard input."),
            $options,
        )
        .notes(NOTES);

        #[doc = concat!("`", $name, "`.")]
        pub const $constant: Tool = Tool::new($spec, |cx, args| run(cx, &args, &$spec, Algorithm::$algorithm));)*
    };
}

sums! {
    MD5 MD5_SPEC "md5" Md5 OPTIONS "MD5 (128-bit)";
    MD5SUM MD5SUM_SPEC "md5sum" Md5 OPTIONS "MD5 (128-bit)";
    SHA1SUM SHA1SUM_SPEC "sha1sum" Sha1 OPTIONS "SHA1 (160-bit)";
    SHA224SUM SHA224SUM_SPEC "sha224sum" Sha224 OPTIONS "SHA224 (224-bit)";
    SHA256SUM SHA256SUM_SPEC "sha256sum" Sha256 OPTIONS "SHA256 (256-bit)";
    SHA384SUM SHA384SUM_SPEC "sha384sum" Sha384 OPTIONS "SHA384 (384-bit)";
    SHA512SUM SHA512SUM_SPEC "sha512sum" Sha512 OPTIONS "SHA512 (512-bit)";
    B2SUM B2SUM_SPEC "b2sum" Blake2b B2_OPTIONS "BLAKE2b (512-bit)";
}

fn run(cx: &mut Context<'_>, args: &Args, spec: &Spec, algorithm: Algorithm) -> CommandResult {
    let len = length(cx, args, algorithm)?.unwrap_or(algorithm.len());
    let mode = args.options.iter().rev().find_map(|o| match o.key {
        "binary" => Some(true),
        "text" => Some(false),
        "tag" => Some(true),
        _ => None,
    });
    // A later `--text` does not undo what `--tag` implies, but contradicts it.
    let tag = args.has("tag");
    if tag && args.has("text") && mode == Some(false) {
        return Err(spec.usage_error(cx, "--tag does not support --text mode"));
    }
    let check = args.has("check");
    refuse_meaningless(cx, args, spec, check)?;
    if check {
        return verify(cx, args, Checker::new(Some(algorithm), manner(args)));
    }
    let style = Style {
        tag,
        binary: mode == Some(true),
        zero: args.has("zero"),
        len,
    };
    let mut ok = true;
    for file in args.files() {
        ok &= print(cx, &file, algorithm, style)?;
    }
    status(ok, 1)
}

/// Options that only make sense with, or without, `--check`.
pub(super) fn refuse_meaningless(cx: &Context<'_>, args: &Args, spec: &Spec, check: bool) -> Result<(), CommandError> {
    if check {
        for (key, message) in [
            ("zero", "the --zero option is not supported when verifying checksums"),
            ("tag", "the --tag option is meaningless when verifying checksums"),
            (
                "binary",
                "the --binary and --text options are meaningless when verifying checksums",
            ),
            (
                "text",
                "the --binary and --text options are meaningless when verifying checksums",
            ),
        ] {
            if args.has(key) {
                return Err(spec.usage_error(cx, message));
            }
        }
        return Ok(());
    }
    for key in ["ignore-missing", "status", "warn", "quiet", "strict"] {
        // These three exclude each other: the last one given is the one that counts.
        let given = match key {
            "status" | "warn" | "quiet" => last_of(args, &["status", "warn", "quiet"]) == Some(key),
            key => args.has(key),
        };
        if given {
            let message = format!("the --{key} option is meaningful only when verifying checksums");
            return Err(spec.usage_error(cx, message));
        }
    }
    Ok(())
}

fn last_of(args: &Args, keys: &[&str]) -> Option<&'static str> {
    args.options.iter().rev().find(|o| keys.contains(&o.key)).map(|o| o.key)
}

/// How to verify.
pub(super) fn manner(args: &Args) -> Manner {
    let loudness = last_of(args, &["status", "warn", "quiet"]);
    Manner {
        ignore_missing: args.has("ignore-missing"),
        quiet: loudness == Some("quiet"),
        status: loudness == Some("status"),
        strict: args.has("strict"),
        warn: loudness == Some("warn"),
    }
}

/// Verifies all operands.
pub(super) fn verify(cx: &mut Context<'_>, args: &Args, mut checker: Checker) -> CommandResult {
    let mut ok = true;
    for file in args.files() {
        ok &= checker.check(cx, &file)?;
    }
    status(ok, 1)
}

/// The value of `--length` in bytes; 0 means the full length.
pub(super) fn length(cx: &mut Context<'_>, args: &Args, algorithm: Algorithm) -> Result<Option<usize>, CommandError> {
    let Some(text) = args.last("length") else {
        return Ok(None);
    };
    let invalid = || [b"invalid length: ", &quote(text)[..]].concat();
    let Ok(bits) = number::decimal(text) else {
        return Err(CommandError::fail(1, invalid()));
    };
    if bits % 8 != 0 {
        cx.warn(invalid());
        return Err(CommandError::fail(1, "length is not a multiple of 8"));
    }
    if bits > 512 && algorithm == Algorithm::Blake2b {
        cx.warn(invalid());
        let text = format!("maximum digest length for '{}' is 512 bits", algorithm.tag());
        return Err(CommandError::fail(1, text));
    }
    Ok(Some(if bits == 0 {
        algorithm.len()
    } else {
        (bits / 8) as usize
    }))
}

/// Prints the line of one file; false (and a message) if it cannot be read.
pub(super) fn print(
    cx: &mut Context<'_>,
    file: &[u8],
    algorithm: Algorithm,
    style: Style,
) -> Result<bool, CommandError> {
    let summed = match input::open(cx, file) {
        Ok(mut source) => algorithm.sum(cx, &mut source, style.len)?,
        Err(e) => Err(e),
    };
    let digest = match summed {
        Ok(Sum::Digest(digest)) => digest,
        Ok(Sum::Number(..)) => return Ok(true),
        Err(e) => {
            cx.stdout.flush_now()?;
            input::warn(cx, file, &e)?;
            return Ok(false);
        }
    };
    let out = cx.stdout.buffer();
    let escaped = !style.zero && needs_escape(file);
    let name = |out: &mut Vec<u8>| {
        if escaped {
            escape(file, out);
        } else {
            out.extend_from_slice(file);
        }
    };
    if escaped {
        out.push(b'\\');
    }
    if style.tag {
        out.extend_from_slice(algorithm.tag().as_bytes());
        if algorithm == Algorithm::Blake2b && style.len < algorithm.len() {
            out.extend_from_slice(format!("-{}", style.len * 8).as_bytes());
        }
        out.extend_from_slice(b" (");
        name(out);
        out.extend_from_slice(b") = ");
        hex(&digest, out);
    } else {
        hex(&digest, out);
        out.extend_from_slice(if style.binary { b" *" } else { b"  " });
        name(out);
    }
    out.push(if style.zero { 0 } else { b'\n' });
    cx.stdout.spill()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn digests_of_the_empty_input_are_the_published_ones() {
        let lab = Lab::new();
        for (tool, want) in [
            ("md5sum", "d41d8cd98f00b204e9800998ecf8427e"),
            ("sha1sum", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("sha224sum", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"),
            (
                "sha256sum",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
        ] {
            assert_eq!(
                lab.run(tool, &[], b"").stdout,
                format!("{want}  -\n").as_bytes(),
                "{tool}"
            );
        }
        let tagged = lab.run("b2sum", &["--tag", "-l", "16"], b"hello").stdout;
        assert_eq!(tagged, b"BLAKE2b-16 (-) = accd\n".as_slice());
    }

    #[test]
    fn a_bad_list_is_named_as_such() {
        let out = Lab::new().run("md5sum", &["-c"], b"nothing\n");
        assert_eq!((out.status, out.stdout.as_slice()), (1, &b""[..]));
        assert_eq!(
            out.stderr,
            b"md5sum: 'standard input': no properly formatted checksum lines found\n"
        );
    }
}
