//! Asking before something is done.

use std::io::{BufRead, Write};

use shell::command::{CommandError, Context};

/// Prints `NAME: QUESTION` on standard error and reads a line: whether it begins with `y`.
pub fn confirm(cx: &mut Context<'_>, question: impl AsRef<[u8]>) -> Result<bool, CommandError> {
    cx.stdout.flush_now()?;
    let text = [&cx.name[..], b": ", question.as_ref()].concat();
    let _ = cx.stderr.write_all(&text);
    let mut answer = Vec::new();
    cx.stdin.read_until(b'\n', &mut answer)?;
    Ok(matches!(answer.first(), Some(b'y' | b'Y')))
}
