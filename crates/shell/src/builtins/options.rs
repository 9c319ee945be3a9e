//! Options of builtins, read as bash's `internal_getopt` does.

use crate::shell::Shell;

/// The options found and where the operands start.
pub(crate) struct Parsed<'a> {
    /// Each option with its argument.
    pub options: Vec<(u8, Option<&'a [u8]>)>,
    /// Index of the first operand in the arguments (name included).
    pub operands: usize,
}

impl Parsed<'_> {
    /// Whether an option was given.
    pub fn has(&self, letter: u8) -> bool {
        self.options.iter().any(|(l, _)| *l == letter)
    }

    /// The last argument of an option.
    pub fn value(&self, letter: u8) -> Option<&[u8]> {
        self.options
            .iter()
            .rev()
            .find(|(l, _)| *l == letter)
            .and_then(|(_, v)| *v)
    }
}

/// Reads the options in `args` (name first). `accepted` lists the letters, a colon after one that takes an argument. An
/// unknown one is reported with the builtin's usage line.
pub(crate) fn parse<'a>(shell: &mut Shell, args: &'a [Vec<u8>], accepted: &[u8]) -> Result<Parsed<'a>, u8> {
    let name = args.first().cloned().unwrap_or_default();
    let mut options = Vec::new();
    let mut i = 1;
    while let Some(arg) = args.get(i) {
        if arg == b"--" {
            i += 1;
            break;
        }
        if arg.len() < 2 || arg[0] != b'-' {
            break;
        }
        let mut at = 1;
        while at < arg.len() {
            let letter = arg[at];
            at += 1;
            let known = accepted.iter().position(|a| *a == letter && *a != b':');
            match known {
                None => {
                    return Err(usage_error(
                        shell,
                        &name,
                        &[b"-", &[letter][..], b": invalid option"].concat(),
                    ));
                }
                Some(p) if accepted.get(p + 1) == Some(&b':') => {
                    let value = if at < arg.len() {
                        &arg[at..]
                    } else {
                        i += 1;
                        match args.get(i) {
                            Some(v) => &v[..],
                            None => {
                                return Err(usage_error(
                                    shell,
                                    &name,
                                    &[b"-", &[letter][..], b": option requires an argument"].concat(),
                                ));
                            }
                        }
                    };
                    options.push((letter, Some(value)));
                    break;
                }
                Some(_) => options.push((letter, None)),
            }
        }
        i += 1;
    }
    Ok(Parsed { options, operands: i })
}

/// Reports a misuse: the message, then the usage line. The status is 2.
pub(crate) fn usage_error(shell: &Shell, name: &[u8], message: &[u8]) -> u8 {
    shell.builtin_error(name, message);
    usage(shell, name)
}

/// Prints the usage line of a builtin; the status for a usage error.
pub(crate) fn usage(shell: &Shell, name: &[u8]) -> u8 {
    if let Some(synopsis) = super::usage::synopsis(name) {
        shell.write_error(&[name, b": usage: ", synopsis.as_bytes(), b"\n"].concat());
    }
    2
}

/// A decimal integer with an optional sign and blanks around it, as builtins read numbers.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let t = text.trim_ascii();
    let (negative, digits) = match t {
        [b'-', d @ ..] => (true, d),
        [b'+', d @ ..] => (false, d),
        d => (false, d),
    };
    if digits.is_empty() {
        return None;
    }
    let mut n: i64 = 0;
    for d in digits {
        if !d.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(d - b'0');
        n = n.checked_mul(10)?;
        n = if negative {
            n.checked_sub(digit)?
        } else {
            n.checked_add(digit)?
        };
    }
    Some(n)
}
