//! `uuencode`, `uudecode`: bytes as text (POSIX XCU `uuencode`).

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, Suite, flag, value};
use crate::tool::{Tool, status};

const ENCODE: Spec = Spec::new(
    "uuencode",
    "[INFILE] REMOTEFILE",
    "Encode a file into email friendly text.",
    &[
        flag("m", "base64", "convert using base64"),
        flag("e", "encode-file-name", "encode the output file name"),
    ],
)
.suite(Suite::Other("compatible with GNU sharutils 4.15.2"));

const DECODE: Spec = Spec::new(
    "uudecode",
    "[FILE...]",
    "Decode an encoded file.",
    &[
        value("o", "output-file", "file", "direct output to file"),
        flag("c", "ignore-chmod", "ignore fchmod(3P) errors"),
    ],
)
.suite(Suite::Other("compatible with GNU sharutils 4.15.2"));

/// `uuencode`.
pub const UUENCODE: Tool = Tool::new(ENCODE, encode);
/// `uudecode`.
pub const UUDECODE: Tool = Tool::new(DECODE, decode);

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn letter(n: u8) -> u8 {
    if n == 0 { b'`' } else { n + 32 }
}

/// Three bytes as four groups of six bits.
fn groups(chunk: &[u8]) -> [u8; 4] {
    let at = |n: usize| chunk.get(n).copied().unwrap_or(0);
    let (a, b, c) = (at(0), at(1), at(2));
    [a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63]
}

fn base64(data: &[u8], out: &mut Vec<u8>) {
    for chunk in data.chunks(3) {
        let g = groups(chunk);
        for (n, six) in g.iter().enumerate() {
            out.push(if n <= chunk.len() {
                BASE64[usize::from(*six)]
            } else {
                b'='
            });
        }
    }
}

fn encode(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (source, name) = match &args.operands[..] {
        [name] => (None, name.clone()),
        [file, name] => (Some(file.clone()), name.clone()),
        _ => return Err(ENCODE.usage_error(cx, "wrong number of operands")),
    };
    let mut mode = 0o666 & !cx.umask;
    let data = match source.filter(|f| f != b"-") {
        Some(file) => {
            let fail = |e: vfs::VfsError| {
                CommandError::fail(1, [&b"fopen-ing "[..], &file, b": ", e.gnu_text().as_bytes()].concat())
            };
            let path = cx.path(&file).map_err(fail)?;
            mode = cx.fs.stat(&path).map_err(fail)?.mode.unwrap_or(0o644) & 0o777;
            cx.fs.read_all(&path).map_err(fail)?
        }
        None => input::stdin(cx).read_all()?,
    };
    let short = args.has("base64");
    let kind = if short { "begin-base64" } else { "begin" };
    let mut shown = name;
    let mut kind = kind.to_string();
    if args.has("encode-file-name") {
        let mut coded = Vec::new();
        base64(&shown, &mut coded);
        shown = coded;
        kind = if short {
            "begin-base64-encoded".into()
        } else {
            "begin-encoded".into()
        };
    }
    let out = cx.stdout.buffer();
    out.extend_from_slice(format!("{kind} {mode:03o} ").as_bytes());
    out.extend_from_slice(&shown);
    out.push(b'\n');
    for line in data.chunks(45) {
        let out = cx.stdout.buffer();
        if short {
            base64(line, out);
        } else {
            out.push(letter(line.len() as u8));
            for chunk in line.chunks(3) {
                out.extend(groups(chunk).map(letter));
            }
        }
        out.push(b'\n');
        cx.stdout.spill()?;
    }
    cx.stdout
        .buffer()
        .extend_from_slice(if short { b"====\n" } else { b"`\nend\n" });
    status(true, 1)
}

fn decode(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let mut ok = true;
    for file in args.files() {
        let shown = if file == b"-" {
            b"standard input".to_vec()
        } else {
            file.clone()
        };
        let data = match input::open(cx, &file).and_then(|mut s| s.read_all()) {
            Ok(data) => data,
            Err(e) => {
                ok = false;
                input::warn(cx, &file, &e)?;
                continue;
            }
        };
        ok &= one(cx, &args, &shown, &data)?;
    }
    status(ok, 1)
}

fn one(cx: &mut Context<'_>, args: &Args, shown: &[u8], data: &[u8]) -> Result<bool, CommandError> {
    let mut lines = data.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let header = lines.by_ref().find_map(|l| {
        let rest = l.strip_prefix(b"begin")?;
        let (short, rest) = match rest.strip_prefix(b"-base64") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (coded, rest) = match rest.strip_prefix(b"-encoded") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.strip_prefix(b" ")?;
        let blank = memchr::memchr(b' ', rest)?;
        let mode = u32::from_str_radix(std::str::from_utf8(&rest[..blank]).ok()?, 8).ok()?;
        Some((short, coded, mode, rest[blank + 1..].to_vec()))
    });
    let Some((short, coded, mode, mut name)) = header else {
        cx.warn([shown, b": No 'begin' line"].concat());
        return Ok(false);
    };
    if coded {
        let mut plain = Vec::new();
        sixes(&name, &mut plain);
        name = plain;
    }
    let (mut out, mut ended) = (Vec::new(), false);
    for line in lines {
        if short {
            if line.starts_with(b"====") {
                ended = true;
                break;
            }
            sixes(line, &mut out);
            continue;
        }
        let Some((first, body)) = line.split_first() else {
            continue;
        };
        let count = usize::from(first.wrapping_sub(32) & 63);
        if count == 0 {
            ended = true;
            break;
        }
        let start = out.len();
        for four in body.chunks(4) {
            let at = |n: usize| four.get(n).map_or(0, |b| b.wrapping_sub(32) & 63);
            let (a, b, c, d) = (at(0), at(1), at(2), at(3));
            out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        }
        out.truncate(start + count);
    }
    if !ended {
        cx.warn([shown, b": Short file"].concat());
        return Ok(false);
    }
    let target = args.last("output-file").unwrap_or(&name);
    if matches!(target, b"-" | b"/dev/stdout") {
        cx.stdout.write_bytes(out.into())?;
        return Ok(true);
    }
    let path = cx.path(target)?;
    cx.fs.write_all(&path, out.into()).map_err(|e| e.with_operand(target))?;
    let attr = vfs::SetAttr {
        mode: Some(mode & 0o777),
        ..vfs::SetAttr::default()
    };
    let _ = cx.fs.set_attr(&path, attr, true);
    Ok(true)
}

/// Base64 back to bytes; other characters are passed over.
fn sixes(text: &[u8], out: &mut Vec<u8>) {
    let values: Vec<u8> = text
        .iter()
        .take_while(|b| **b != b'=')
        .filter_map(|b| BASE64.iter().position(|l| l == b).map(|n| n as u8))
        .collect();
    for four in values.chunks(4) {
        let at = |n: usize| four.get(n).copied().unwrap_or(0);
        let bytes = [at(0) << 2 | at(1) >> 4, at(1) << 4 | at(2) >> 2, at(2) << 6 | at(3)];
        out.extend_from_slice(&bytes[..four.len().saturating_sub(1).min(3)]);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn bytes_come_back() {
        let lab = Lab::new();
        assert_eq!(
            lab.run("uuencode", &["name"], b"caf\xe9\n").stdout,
            b"begin 644 name\n%8V%FZ0H`\n`\nend\n"
        );
        let data: Vec<u8> = (0..=255).collect();
        for flag in [&["x"][..], &["-m", "x"], &["-e", "x"]] {
            let text = lab.run("uuencode", flag, &data).stdout;
            assert_eq!(lab.run("uudecode", &["-o", "-"], &text).stdout, data);
        }
        assert_eq!(
            lab.run("uudecode", &[], b"x\n").stderr,
            b"uudecode: standard input: No 'begin' line\n"
        );
    }
}
