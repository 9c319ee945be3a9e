//! `rev`: the characters of each line in reverse.

use shell::command::{CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, Suite, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "rev",
    "[options] [file ...]",
    "Reverse lines characterwise.",
    &[
        flag("h", "help", "display this help"),
        flag("V", "version", "display version"),
        flag("0", "zero", "use zero as the line separator"),
    ],
)
.suite(Suite::UtilLinux);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let utf8 = cx.utf8();
    let end = if args.has("zero") { 0 } else { b'\n' };
    let mut ok = true;
    for file in args.files() {
        let source = match input::open(cx, &file) {
            Ok(source) => source,
            Err(e) => {
                ok = false;
                if e.errno() == vfs::Errno::ECANCELED {
                    return Err(e.into());
                }
                let what: &[u8] = if e.errno() == vfs::Errno::EISDIR {
                    b""
                } else {
                    b"cannot open "
                };
                cx.warn([what, &file, b": ", e.gnu_text().as_bytes()].concat());
                continue;
            }
        };
        let mut lines = source.lines(end);
        loop {
            match lines.next() {
                Ok(Some(line)) => {
                    let out = cx.stdout.buffer();
                    if !utf8 || line.is_ascii() {
                        out.extend(line.iter().rev());
                    } else {
                        let parts: Vec<(usize, usize)> =
                            bstr::ByteSlice::char_indices(line).map(|(s, e, _)| (s, e)).collect();
                        for (start, stop) in parts.into_iter().rev() {
                            out.extend_from_slice(&line[start..stop]);
                        }
                    }
                }
                Ok(None) => break,
                Err(e) => {
                    input::warn(cx, &file, &e)?;
                    ok = false;
                    break;
                }
            }
            if lines.terminated() {
                cx.stdout.buffer().push(end);
            }
            cx.stdout.spill()?;
        }
    }
    status(ok, 1)
}
