//! `look`: lines that begin with a word, as util-linux has it.

use std::cmp::Ordering;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};

use crate::input;
use crate::options::{Args, Spec, Suite, flag, value};
use crate::tool::Tool;

const SPEC: Spec = Spec::new(
    "look",
    "[options] <string> [<file>...]",
    "Display lines beginning with a specified string.",
    &[
        flag("a", "alternative", "use the alternative dictionary"),
        flag("d", "alphanum", "compare only blanks and alphanumeric characters"),
        flag("f", "ignore-case", "ignore case differences when comparing"),
        value("t", "terminate", "<char>", "define the string-termination character"),
        flag("h", "help", "display this help"),
        flag("V", "version", "display version"),
    ],
)
.suite(Suite::UtilLinux);

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    let (mut alphanum, mut fold) = (args.has("alphanum"), args.has("ignore-case"));
    let (word, file) = match args.operands.as_slice() {
        [word] => {
            // The dictionary is sorted that way.
            (alphanum, fold) = (true, true);
            (word, b"/usr/share/dict/words".to_vec())
        }
        [word, file] => (word, file.clone()),
        _ => return Err(SPEC.usage_error(cx, "bad usage")),
    };
    let mut word = word.clone();
    if let Some(end) = args.last("terminate").and_then(<[u8]>::first)
        && let Some(at) = memchr::memchr(*end, &word)
    {
        word.truncate(at + 1);
    }
    let key = |text: &[u8]| -> Vec<u8> {
        text.iter()
            .filter(|b| !alphanum || b.is_ascii_alphanumeric() || matches!(b, b' ' | b'\t'))
            .map(|b| if fold { b.to_ascii_lowercase() } else { *b })
            .collect()
    };
    let wanted = key(&word);
    let data = input::open(cx, &file)
        .and_then(|mut s| s.read_all())
        .map_err(|e| CommandError::fail(1, [&file[..], b": ", e.gnu_text().as_bytes()].concat()))?;
    let compare = |line: &[u8]| {
        let key = key(line);
        key[..key.len().min(wanted.len())].cmp(&wanted[..])
    };
    // The file is sorted: halve it until the first line that is not before the word.
    let line_at = |at: usize| {
        let end = memchr::memchr(b'\n', &data[at..]).map_or(data.len(), |n| at + n);
        &data[at..end]
    };
    let (mut low, mut high) = (0, data.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = memchr::memrchr(b'\n', &data[low..middle]).map_or(low, |n| low + n + 1);
        let line = line_at(start);
        if compare(line) == Ordering::Less {
            low = (start + line.len() + 1).min(high);
        } else {
            high = start;
        }
    }
    let mut found = false;
    let mut at = low;
    while at < data.len() {
        let line = line_at(at);
        if compare(line) != Ordering::Equal {
            break;
        }
        found = true;
        let out = cx.stdout.buffer();
        out.extend_from_slice(line);
        out.push(b'\n');
        cx.stdout.spill()?;
        at += line.len() + 1;
    }
    Ok(if found {
        ExitStatus::SUCCESS
    } else {
        ExitStatus::FAILURE
    })
}
