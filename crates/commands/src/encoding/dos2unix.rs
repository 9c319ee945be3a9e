//! `dos2unix`, `unix2dos`, `mac2unix`, `unix2mac`: line ends.

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Opt, Spec, Suite, flag, value};
use crate::tool::{Tool, status};

const OPTIONS: &[Opt] = &[
    flag("b", "keep-bom", "keep Byte Order Mark"),
    value("c", "convmode", "CONVMODE", ""),
    flag("f", "force", "force conversion of binary files"),
    flag("h", "help", "display this help text"),
    flag("k", "keepdate", "keep output file date"),
    flag("l", "newline", "add additional newline"),
    flag("m", "add-bom", "add Byte Order Mark"),
    flag("n", "newfile", "write to new file"),
    flag("o", "oldfile", "write to old file (default)"),
    flag("O", "to-stdout", "write to standard output"),
    flag("q", "quiet", "quiet mode, suppress all warnings"),
    flag("r", "remove-bom", "remove Byte Order Mark"),
    flag("s", "safe", "skip binary files (default)"),
    flag("F", "follow-symlink", "follow symbolic links"),
    flag("v", "verbose", "verbose operation"),
    flag("V", "version", "display version number"),
];

const SPEC: Spec = Spec::new(
    "dos2unix",
    "[options] [file ...] [-n infile outfile ...]",
    "Convert line ends of text files.",
    OPTIONS,
)
.suite(Suite::Other("compatible with dos2unix 7.4.3"));

/// From CR LF to LF.
pub const DOS2UNIX: Tool = Tool::new(SPEC, |cx, args| run(cx, &args, Ends::ToUnix)).aliases(&["fromdos"]);
/// From LF to CR LF.
pub const UNIX2DOS: Tool = Tool::new(
    Spec {
        name: "unix2dos",
        ..SPEC
    },
    |cx, args| run(cx, &args, Ends::ToDos),
)
.aliases(&["todos"]);
/// From CR to LF.
pub const MAC2UNIX: Tool = Tool::new(
    Spec {
        name: "mac2unix",
        ..SPEC
    },
    |cx, args| run(cx, &args, Ends::FromMac),
);
/// From LF to CR.
pub const UNIX2MAC: Tool = Tool::new(
    Spec {
        name: "unix2mac",
        ..SPEC
    },
    |cx, args| run(cx, &args, Ends::ToMac),
);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    ToUnix,
    ToDos,
    FromMac,
    ToMac,
}

impl Ends {
    fn format(self) -> &'static str {
        match self {
            Self::ToUnix | Self::FromMac => "Unix",
            Self::ToDos => "DOS",
            Self::ToMac => "Mac",
        }
    }

    fn convert(self, data: &[u8], double: bool) -> Vec<u8> {
        let end: &[u8] = match self {
            Self::ToUnix | Self::FromMac => b"\n",
            Self::ToDos => b"\r\n",
            Self::ToMac => b"\r",
        };
        let mut out = Vec::with_capacity(data.len() + data.len() / 16);
        let mut at = 0;
        while let Some(n) = memchr::memchr2(b'\r', b'\n', &data[at..]) {
            out.extend_from_slice(&data[at..at + n]);
            at += n;
            let crlf = data[at..].starts_with(b"\r\n");
            let taken = if crlf { 2 } else { 1 };
            let is_end = match self {
                Self::ToUnix => crlf,
                Self::ToDos => data[at] == b'\n',
                Self::FromMac => data[at] == b'\r' && !crlf,
                Self::ToMac => data[at] == b'\n',
            };
            if is_end {
                out.extend_from_slice(end);
                if double {
                    out.extend_from_slice(end);
                }
            } else {
                // What is an end already, or none, stays.
                out.extend_from_slice(&data[at..at + taken]);
                if double && data[at + taken - 1] == b'\n' && self == Self::ToUnix {
                    out.push(b'\n');
                }
            }
            at += taken;
        }
        out.extend_from_slice(&data[at..]);
        out
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn finish(args: &Args, ends: Ends, data: &[u8]) -> Vec<u8> {
    let marked = data.starts_with(MARK);
    let body = data.strip_prefix(MARK).unwrap_or(data);
    let keep =
        args.has("add-bom") || (marked && !args.has("remove-bom") && (args.has("keep-bom") || ends == Ends::ToDos));
    let mut out = if keep { MARK.to_vec() } else { Vec::new() };
    out.extend(ends.convert(body, args.has("newline")));
    out
}

/// The first byte that no text has.
fn binary(data: &[u8]) -> Option<(u8, usize)> {
    let at = data
        .iter()
        .position(|b| *b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1a | 0x1b))?;
    Some((data[at], 1 + memchr::memchr_iter(b'\n', &data[..at]).count()))
}

fn run(cx: &mut Context<'_>, args: &Args, ends: Ends) -> CommandResult {
    if args.has("help") || args.has("version") {
        let spec = Spec {
            name: "dos2unix",
            ..SPEC
        };
        let text = if args.has("help") {
            spec.help(&cx.name)
        } else {
            spec.version(&cx.name)
        };
        cx.stdout.write_bytes(text.into())?;
        return status(true, 1);
    }
    if args.operands.is_empty() {
        let data = input::stdin(cx).read_all()?;
        cx.stdout.write_bytes(finish(args, ends, &data).into())?;
        return status(true, 1);
    }
    let quiet = args.has("quiet");
    let pairs: Vec<(Vec<u8>, Vec<u8>)> = if args.has("newfile") {
        if args.operands.len() % 2 == 1 {
            let last = args.operands[args.operands.len() - 1].clone();
            return Err(CommandError::fail(
                1,
                [&b"target of file "[..], &last, b" not specified in new-file mode"].concat(),
            ));
        }
        args.operands.chunks(2).map(|p| (p[0].clone(), p[1].clone())).collect()
    } else {
        args.operands.iter().map(|o| (o.clone(), o.clone())).collect()
    };
    let mut ok = true;
    for (from, to) in pairs {
        let found = cx.path(&from).and_then(|p| Ok((cx.fs.stat(&p)?, p)));
        let (stat, path) = match found {
            Ok(found) => found,
            Err(e) => {
                ok = false;
                if !quiet {
                    cx.warn([&from[..], b": ", e.gnu_text().as_bytes()].concat());
                    cx.warn([&b"Skipping "[..], &from, b", not a regular file."].concat());
                }
                continue;
            }
        };
        if !stat.is_file() {
            if !quiet {
                cx.warn([&b"Skipping "[..], &from, b", not a regular file."].concat());
            }
            continue;
        }
        let data = cx.fs.read_all(&path)?;
        if let Some((byte, line)) = binary(&data).filter(|_| !args.has("force")) {
            if !quiet {
                let text = format!("Binary symbol 0x{byte:02X} found at line {line}");
                cx.warn(text);
                cx.warn([&b"Skipping binary file "[..], &from].concat());
            }
            continue;
        }
        let new = finish(args, ends, &data);
        if args.has("to-stdout") {
            cx.stdout.write_bytes(new.into())?;
            continue;
        }
        if !quiet {
            let text = if args.has("newfile") {
                [
                    &b"converting file "[..],
                    &from,
                    b" to file ",
                    &to,
                    b" in ",
                    ends.format().as_bytes(),
                    b" format...",
                ]
                .concat()
            } else {
                [
                    &b"converting file "[..],
                    &from,
                    b" to ",
                    ends.format().as_bytes(),
                    b" format...",
                ]
                .concat()
            };
            cx.warn(text);
        }
        let target = cx.path(&to)?;
        cx.fs.write_all(&target, new.into()).map_err(|e| e.with_operand(&to))?;
        if args.has("keepdate") {
            let attr = vfs::SetAttr {
                mtime: stat.mtime,
                atime: stat.atime,
                ..vfs::SetAttr::default()
            };
            let _ = cx.fs.set_attr(&target, attr, true);
        }
    }
    status(ok, 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn line_ends_go_both_ways() {
        let lab = Lab::new();
        assert_eq!(lab.run("dos2unix", &[], b"a\r\nb\nc\rd").stdout, b"a\nb\nc\rd");
        assert_eq!(lab.run("unix2dos", &[], b"a\nb\r\n").stdout, b"a\r\nb\r\n");
        assert_eq!(lab.run("mac2unix", &[], b"a\rb").stdout, b"a\nb");
    }
}
