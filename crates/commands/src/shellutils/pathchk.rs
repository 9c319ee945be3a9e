//! `pathchk`: whether names are valid and portable (POSIX XCU `pathchk`).

use shell::command::{CommandResult, Context};
use vfs::Errno;

use crate::options::{Args, Spec, flag};
use crate::quote::{quote, quoteaf, quotef};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "pathchk",
    "[OPTION]... NAME...",
    "Diagnose invalid or unportable file names.",
    &[
        flag("p", "", "check for most POSIX systems"),
        flag("P", "", "check for empty names and leading \"-\""),
        flag("", "portability", "check for all POSIX systems (equivalent to -p -P)"),
    ],
);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let both = args.has("portability");
    let (basic, extra) = (both || args.has("p"), both || args.has("P"));
    if args.operands.is_empty() {
        return Err(SPEC.usage_error(cx, "missing operand"));
    }
    let mut ok = true;
    for name in &args.operands {
        if let Some(text) = problem(cx, name, basic, extra) {
            ok = false;
            cx.warn(text);
        }
    }
    status(ok, 1)
}

fn problem(cx: &Context<'_>, name: &[u8], basic: bool, extra: bool) -> Option<Vec<u8>> {
    let parts = || name.split(|b| *b == b'/').filter(|p| !p.is_empty());
    if extra && parts().any(|p| p.starts_with(b"-")) {
        return Some([&b"leading '-' in a component of file name "[..], &quoteaf(name)].concat());
    }
    if (basic || extra) && name.is_empty() {
        return Some(b"empty file name".to_vec());
    }
    if basic {
        let fine = |b: &u8| b.is_ascii_alphanumeric() || b"._-/".contains(b);
        if let Some(at) = name.iter().position(|b| !fine(b)) {
            let len = bstr::ByteSlice::char_indices(&name[at..])
                .next()
                .map_or(1, |(s, e, _)| e - s);
            return Some(
                [
                    &b"nonportable character "[..],
                    &quote(&name[at..at + len]),
                    b" in file name ",
                    &quoteaf(name),
                ]
                .concat(),
            );
        }
    } else {
        match cx.path(name).and_then(|p| cx.fs.lstat(&p)) {
            Ok(_) => return None,
            Err(e) if e.errno() == Errno::ENOENT && !name.is_empty() => {}
            Err(e) => {
                let shown = if name.is_empty() { quoteaf(name) } else { quotef(name) };
                return Some([&shown[..], b": ", e.gnu_text().as_bytes()].concat());
            }
        }
    }
    let (most, longest) = if basic { (256, 14) } else { (4096, 255) };
    if name.len() >= most {
        let text = format!("limit {} exceeded by length {} of file name ", most - 1, name.len());
        return Some([text.as_bytes(), &quoteaf(name)].concat());
    }
    let part = parts().find(|p| p.len() > longest)?;
    let text = format!(
        "limit {longest} exceeded by length {} of file name component ",
        part.len()
    );
    Some([text.as_bytes(), &quote(part)].concat())
}
