//! `cksum`: POSIX's CRC, and all digests under one roof.

use shell::command::{CommandError, CommandResult, Context};

use super::check::Checker;
use super::digest::{Algorithm, Sum};
use super::sums::{self, Style, VERIFY, length, manner, refuse_meaningless, verify};
use crate::input;
use crate::options::{Args, Spec, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "cksum",
    "[OPTION]... [FILE]...",
    "Print or verify checksums.\nBy default use the 32 bit CRC algorithm.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("a", "algorithm", "TYPE", "select the digest type to use.  See DIGEST below."),
        flag("b", "binary", ""),
        flag("t", "text", ""),
        flag("c", "check", "read checksums from the FILEs and check them"),
        value(
            "l",
            "length",
            "BITS",
            "digest length in bits; must not exceed the max for\n  the blake2 algorithm and must be a multiple of 8",
        ),
        flag("", "tag", "create a BSD-style checksum (the default)"),
        flag("", "untagged", "create a reversed style checksum, without digest type"),
        flag(
            "z",
            "zero",
            "end each output line with NUL, not newline,\n  and disable file name escaping",
        ),
        VERIFY[0],
        VERIFY[1],
        VERIFY[2],
        VERIFY[3],
        VERIFY[4],
        flag("", "debug", "indicate which implementation used"),
    ],
)
.notes(
    "DIGEST determines the digest algorithm and default output format:\n  \
sysv      (equivalent to sum -s)\n  \
bsd       (equivalent to sum -r)\n  \
crc       (equivalent to cksum)\n  \
md5       (equivalent to md5sum)\n  \
sha1      (equivalent to sha1sum)\n  \
sha224    (equivalent to sha224sum)\n  \
sha256    (equivalent to sha256sum)\n  \
sha384    (equivalent to sha384sum)\n  \
sha512    (equivalent to sha512sum)\n  \
blake2b   (equivalent to b2sum)\n  \
sm3       (only available through cksum)\n\n\
When checking, the input should be a former output of this program,\nor equivalent standalone program.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("bsd", Algorithm::Bsd),
    ("sysv", Algorithm::SysV),
    ("crc", Algorithm::Crc),
    ("md5", Algorithm::Md5),
    ("sha1", Algorithm::Sha1),
    ("sha224", Algorithm::Sha224),
    ("sha256", Algorithm::Sha256),
    ("sha384", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
    ("blake2b", Algorithm::Blake2b),
    ("sm3", Algorithm::Sm3),
];

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let chosen = match args.last("algorithm") {
        Some(text) => Some(algorithm_of(cx, text)?),
        None => None,
    };
    let algorithm = chosen.unwrap_or(Algorithm::Crc);
    let wanted = length(cx, &args, algorithm)?;
    if wanted.is_some() && algorithm != Algorithm::Blake2b {
        return Err(CommandError::fail(
            1,
            "--length is only supported with --algorithm=blake2b",
        ));
    }
    let check = args.has("check");
    if check && chosen.is_some_and(Algorithm::is_number) {
        return Err(CommandError::fail(
            1,
            "--check is not supported with --algorithm={bsd,sysv,crc}",
        ));
    }
    refuse_meaningless(cx, &args, &SPEC, check)?;
    if check {
        return verify(cx, &args, Checker::new(chosen, manner(&args)));
    }
    let style = Style {
        tag: args
            .options
            .iter()
            .rev()
            .find_map(|o| match o.key {
                "tag" => Some(true),
                "untagged" => Some(false),
                _ => None,
            })
            .unwrap_or(true),
        binary: args.has("binary"),
        zero: args.has("zero"),
        len: wanted.unwrap_or(algorithm.len()),
    };
    let show_names = !args.operands.is_empty();
    let mut ok = true;
    for file in args.files() {
        ok &= if algorithm.is_number() {
            print_number(cx, &file, algorithm, show_names, style.zero)?
        } else {
            sums::print(cx, &file, algorithm, style)?
        };
    }
    status(ok, 1)
}

/// The algorithm of a name; unlike other such words, it cannot be abbreviated.
fn algorithm_of(cx: &Context<'_>, text: &[u8]) -> Result<Algorithm, CommandError> {
    if let Some((_, algorithm)) = ALGORITHMS.iter().find(|(name, _)| name.as_bytes() == text) {
        return Ok(*algorithm);
    }
    let mut message = [
        b"invalid argument ",
        &quote(text)[..],
        b" for '--algorithm'\nValid arguments are:",
    ]
    .concat();
    for (name, _) in ALGORITHMS {
        message.extend_from_slice(format!("\n  - '{name}'").as_bytes());
    }
    Err(SPEC.usage_error(cx, message))
}

/// Prints `SUM SIZE NAME` as the old tools do.
pub(super) fn print_number(
    cx: &mut Context<'_>,
    file: &[u8],
    algorithm: Algorithm,
    show_name: bool,
    zero: bool,
) -> Result<bool, CommandError> {
    let summed = match input::open(cx, file) {
        Ok(mut source) => algorithm.sum(cx, &mut source, 0)?,
        Err(e) => Err(e),
    };
    let (sum, size) = match summed {
        Ok(Sum::Number(sum, size)) => (sum, size),
        Ok(Sum::Digest(_)) => return Ok(true),
        Err(e) => {
            cx.stdout.flush_now()?;
            input::warn(cx, file, &e)?;
            return Ok(false);
        }
    };
    let text = match algorithm {
        Algorithm::Bsd => format!("{sum:05} {:5}", size.div_ceil(1024)),
        Algorithm::SysV => format!("{sum} {}", size.div_ceil(512)),
        _ => format!("{sum} {size}"),
    };
    let out = cx.stdout.buffer();
    out.extend_from_slice(text.as_bytes());
    if show_name {
        out.push(b' ');
        out.extend_from_slice(file);
    }
    out.push(if zero { 0 } else { b'\n' });
    cx.stdout.spill()?;
    Ok(true)
}
