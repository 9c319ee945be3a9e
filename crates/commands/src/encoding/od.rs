//! `od`: bytes as numbers and characters.

mod dump;
mod format;
mod number;
mod strings;

use shell::command::{CommandError, CommandResult, Context};

use crate::options::{Args, Spec, flag, optional, value};
use crate::quote::quote;
use crate::tool::{Tool, status};
use dump::{Address, Dump};
use format::{Format, parse_types};
use number::{bytes, old_offset};

use super::concat::Concat;

const SPEC: Spec = Spec::new(
    "od",
    "[OPTION]... [FILE]...\n[-abcdfilosx]... [FILE] [[+]OFFSET[.][b]]\n--traditional [OPTION]... [FILE] [[+]OFFSET[.][b] [+][LABEL][.][b]]",
    "Write an unambiguous representation, octal bytes by default,\nof FILE to standard output.  With more than one FILE argument,\n\
concatenate them in the listed order to form the input.\n\nWith no FILE, or when FILE is -, read standard input.",
    &[
        value("A", "address-radix", "RADIX", "output format for file offsets; RADIX is one\n  of [doxn], for Decimal, Octal, Hex or None"),
        value("", "endian", "{big|little}", "swap input bytes according the specified order"),
        value("j", "skip-bytes", "BYTES", "skip BYTES input bytes first"),
        value("N", "read-bytes", "BYTES", "limit dump to BYTES input bytes"),
        value("S", "", "BYTES", ""),
        optional("", "strings", "BYTES", "output strings of at least BYTES graphic chars;\n  3 is implied when BYTES is not specified"),
        value("t", "format", "TYPE", "select output format or formats"),
        flag("v", "output-duplicates", "do not use * to mark line suppression"),
        optional("w", "width", "BYTES", "output BYTES bytes per output line;\n  32 is implied when BYTES is not specified"),
        flag("", "traditional", "accept arguments in third form above"),
        flag("a", "", "same as -t a,  select named characters, ignoring high-order bit"),
        flag("b", "", "same as -t o1, select octal bytes"),
        flag("c", "", "same as -t c,  select printable characters or backslash escapes"),
        flag("d", "", "same as -t u2, select unsigned decimal 2-byte units"),
        flag("f", "", "same as -t fF, select floats"),
        flag("i", "", "same as -t dI, select decimal ints"),
        flag("l", "", "same as -t dL, select decimal longs"),
        flag("o", "", "same as -t o2, select octal 2-byte units"),
        flag("s", "", "same as -t d2, select decimal 2-byte units"),
        flag("x", "", "same as -t x2, select hexadecimal 2-byte units"),
        flag("B", "", ""),
        flag("D", "", ""),
        flag("F", "", ""),
        flag("H", "", ""),
        flag("I", "", ""),
        flag("L", "", ""),
        flag("O", "", ""),
        flag("X", "", ""),
        flag("e", "", ""),
        flag("h", "", ""),
    ],
)
.notes(
    "TYPE is made up of one or more of these specifications:\n  \
a          named character, ignoring high-order bit\n  \
c          printable character or backslash escape\n  \
d[SIZE]    signed decimal, SIZE bytes per integer\n  \
f[SIZE]    floating point, SIZE bytes per float\n  \
o[SIZE]    octal, SIZE bytes per integer\n  \
u[SIZE]    unsigned decimal, SIZE bytes per integer\n  \
x[SIZE]    hexadecimal, SIZE bytes per integer\n\n\
SIZE is a number.  For TYPE in [doux], SIZE may also be C for\n\
sizeof(char), S for sizeof(short), I for sizeof(int) or L for\n\
sizeof(long).  If TYPE is f, SIZE may also be F for sizeof(float), D\n\
for sizeof(double) or L for sizeof(long double).\n\n\
Adding a z suffix to any type displays printable characters at the end of\n\
each output line.",
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// The types that the letters of old stand for.
fn old_letter(key: &str) -> Option<&'static str> {
    Some(match key {
        "a" => "a",
        "b" => "o1",
        "c" => "c",
        "D" => "u4",
        "d" => "u2",
        "F" | "e" => "fD",
        "f" => "fF",
        "H" | "X" => "xI",
        "i" => "dI",
        "I" | "L" | "l" => "dL",
        "O" => "oI",
        "B" | "o" => "o2",
        "s" => "d2",
        "h" | "x" => "x2",
        _ => return None,
    })
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut radix, mut skip, mut limit) = (Some(8), 0, None);
    let (mut formats, mut width, mut strings) = (Vec::new(), None, None);
    let (mut big, mut modern, mut ok) = (cfg!(target_endian = "big"), false, true);
    for o in &args.options {
        // What the old form of the command line does not know settles the question of the form.
        modern |= old_letter(o.key).is_none() && !matches!(o.key, "output-duplicates" | "traditional");
        match o.key {
            "address-radix" => {
                radix = match o.value() {
                    [b'd', ..] => Some(10),
                    [b'o', ..] => Some(8),
                    [b'x', ..] => Some(16),
                    [b'n', ..] => None,
                    other => {
                        let c = other.first().copied().unwrap_or(0);
                        let shown = [
                            &b"invalid output address radix '"[..],
                            &[c],
                            b"'; it must be one character from [doxn]",
                        ];
                        return Err(CommandError::fail(1, shown.concat()));
                    }
                }
            }
            "endian" => big = SPEC.choose(cx, "--endian", o.value(), &[("little", false), ("big", true)])?,
            "skip-bytes" => skip = bytes(o)?,
            "read-bytes" => limit = Some(bytes(o)?),
            "S" => strings = Some(bytes(o)?),
            "strings" => strings = Some(if o.value.is_some() { bytes(o)? } else { 3 }),
            "format" => match parse_types(o.value(), &mut formats) {
                Ok(()) => {}
                Err(message) => {
                    cx.warn(message);
                    ok = false;
                }
            },
            "width" => width = Some(if o.value.is_some() { bytes(o)? } else { 32 }),
            key => {
                if let Some(types) = old_letter(key)
                    && parse_types(types.as_bytes(), &mut formats).is_err()
                {
                    ok = false;
                }
            }
        }
    }
    if !ok {
        return status(false, 1);
    }
    if strings.is_some() && !formats.is_empty() {
        return Err(CommandError::fail(1, "no type may be specified when dumping strings"));
    }
    let mut files = args.operands.clone();
    let mut label = None;
    if !modern || args.has("traditional") {
        (skip, label) = old_operands(cx, &mut files, skip, args.has("traditional"))?;
    }
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    if limit.is_some_and(|n| skip.checked_add(n).is_none()) {
        return Err(CommandError::fail(1, "skip-bytes + read-bytes is too large"));
    }
    let address = Address { radix, label };
    let mut input = Concat::new(files);
    let skipped = input.skip(cx, skip)?;
    if skipped < skip && input.opened {
        if input.failed {
            return status(false, 1);
        }
        return Err(CommandError::fail(1, "cannot skip past end of combined input"));
    }
    if let Some(min) = strings {
        strings::dump(cx, &mut input, &address, skip, limit, min)?;
    } else {
        if formats.is_empty() {
            formats.push(Format::DEFAULT);
        }
        let dump = Dump::new(cx, formats, width, big, args.has("output-duplicates"), address);
        dump.run(cx, &mut input, skip, limit)?;
    }
    let failed = input.failed;
    input.finish();
    status(!failed, 1)
}

/// Takes an offset (and a label) of the old form off the operands.
fn old_operands(
    cx: &mut Context<'_>,
    files: &mut Vec<Vec<u8>>,
    skip: u64,
    traditional: bool,
) -> Result<(u64, Option<u64>), CommandError> {
    let plus = |f: &[u8]| f.first() == Some(&b'+');
    match &files[..] {
        [one] if traditional || plus(one) => {
            if let Some(offset) = old_offset(one) {
                files.clear();
                return Ok((offset, None));
            }
        }
        [one, two] if traditional || plus(two) || two.first().is_some_and(u8::is_ascii_digit) => {
            if let Some(second) = old_offset(two) {
                if traditional && let Some(first) = old_offset(one) {
                    files.clear();
                    return Ok((first, Some(second)));
                }
                files.truncate(1);
                return Ok((second, None));
            }
        }
        [_, two, three] if traditional => {
            if let (Some(offset), Some(label)) = (old_offset(two), old_offset(three)) {
                files.truncate(1);
                return Ok((offset, Some(label)));
            }
        }
        _ => {}
    }
    if traditional && files.len() > 1 {
        cx.warn([b"extra operand ", &quote(&files[1])[..]].concat());
        return Err(SPEC.usage_error(cx, "compatibility mode supports at most one file"));
    }
    Ok((skip, None))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn the_usual_forms() {
        let lab = Lab::new();
        for (args, input, want) in [
            (&["-An", "-tx1"][..], &b"hello"[..], &b" 68 65 6c 6c 6f\n"[..]),
            (&["-c"], b"a\n\0\xff", b"0000000   a  \\n  \\0 377\n0000004\n"),
            (&[], b"abc", b"0000000 061141 000143\n0000003\n"),
            (&["-A", "d", "-t", "u1"], b"", b"0000000\n"),
            (
                &["-An", "-tx1z", "-w4"],
                b"abcde",
                b" 61 62 63 64  >abcd<\n 65           >e<\n",
            ),
            (&["-S2"], b"ab\0c\0def\0", b"0000000 ab\n0000005 def\n"),
        ] {
            let out = lab.run("od", args, input);
            assert_eq!(
                String::from_utf8_lossy(&out.stdout),
                String::from_utf8_lossy(want),
                "{args:?}"
            );
        }
    }
}
