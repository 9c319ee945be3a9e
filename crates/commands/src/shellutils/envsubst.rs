//! `envsubst`: values of environment variables in the place of `$NAME` and `${NAME}` (GNU gettext).

use shell::command::{CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, Suite, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "envsubst",
    "[OPTION] [SHELL-FORMAT]",
    "Substitutes the values of environment variables.",
    &[
        flag("v", "variables", "output the variables occurring in SHELL-FORMAT"),
        flag("h", "help", "display this help and exit"),
        flag("V", "version", "output version information and exit"),
    ],
)
.notes(
    "In normal operation mode, standard input is copied to standard output,\n\
     with references to environment variables of the form $VARIABLE or ${VARIABLE}\n\
     being replaced with the corresponding values.  If a SHELL-FORMAT is given,\n\
     only those environment variables that are referenced in SHELL-FORMAT are\n\
     substituted; otherwise all environment variables references occurring in\n\
     standard input are substituted.",
)
.suite(Suite::Other("compatible with GNU gettext-runtime 0.21"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// The reference at the beginning of `text`, which begins with `$`: the name and the length of the whole.
fn reference(text: &[u8]) -> Option<(&[u8], usize)> {
    let (from, braces) = if text.get(1) == Some(&b'{') {
        (2, true)
    } else {
        (1, false)
    };
    let name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let len = text[from..].iter().take_while(|b| name(b)).count();
    if len == 0 || text[from].is_ascii_digit() {
        return None;
    }
    let end = from + len;
    if !braces {
        return Some((&text[from..end], end));
    }
    (text.get(end) == Some(&b'}')).then(|| (&text[from..end], end + 1))
}

fn names(format: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'$', &format[at..]) {
        at += n;
        match reference(&format[at..]) {
            Some((name, len)) => {
                found.push(name);
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.operands.len() > 1 {
        return Err(shell::command::CommandError::fail(1, "too many arguments"));
    }
    let format = args.operands.first();
    if args.has("variables") {
        let Some(format) = format else {
            return Err(shell::command::CommandError::fail(1, "missing arguments"));
        };
        for name in names(format) {
            cx.stdout.buffer().extend_from_slice(&[name, b"\n"].concat());
        }
        return status(true, 1);
    }
    let only = format.map(|f| names(f));
    let text = input::stdin(cx).read_all()?;
    let env = cx.env.clone();
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'$', &text[at..]) {
        let out = cx.stdout.buffer();
        out.extend_from_slice(&text[at..at + n]);
        at += n;
        match reference(&text[at..]) {
            Some((name, len)) if only.as_ref().is_none_or(|o| o.contains(&name)) => {
                out.extend_from_slice(env.get(name).map_or(&b""[..], |v| v));
                at += len;
            }
            _ => {
                out.push(b'$');
                at += 1;
            }
        }
        cx.stdout.spill()?;
    }
    cx.stdout.write_bytes(text.slice(at..))?;
    status(true, 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn only_whole_references_are_replaced() {
        let mut lab = Lab::new();
        lab.env.insert(b"A".to_vec(), b"x y".to_vec());
        let text = b"$A ${A}b ${A $1 $$A $B. ${A-b} $\n";
        assert_eq!(
            lab.run("envsubst", &[], text).stdout,
            b"x y x yb ${A $1 $x y . ${A-b} $\n"
        );
        assert_eq!(lab.run("envsubst", &["$B"], b"$A$B|\n").stdout, b"$A|\n");
        assert_eq!(lab.run("envsubst", &["-v", "$A ${B}"], b"").stdout, b"A\nB\n");
    }
}
