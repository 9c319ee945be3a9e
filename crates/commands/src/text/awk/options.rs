//! The command line.

/// A piece of the program.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// Text given on the command line.
    Text(Vec<u8>),
    /// A file of `-f`.
    File(Vec<u8>),
}

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The program.
    pub parts: Vec<Part>,
    /// `-v`: names and raw values.
    pub assignments: Vec<(Vec<u8>, Vec<u8>)>,
    /// `-F`
    pub separator: Option<Vec<u8>>,
    /// `-b`
    pub bytes: bool,
    /// `-S`
    pub sandbox: bool,
    /// What follows the program.
    pub operands: Vec<Vec<u8>>,
}

/// A command line that was understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Run a program.
    Run(Box<Options>),
    /// Print the usage.
    Help,
    /// Print the version.
    Version,
}

/// A command line that was not.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// What to say after the name of the program; may be empty.
    pub message: Vec<u8>,
    /// Whether the usage follows.
    pub usage: bool,
    /// The exit status.
    pub status: u8,
}

/// Whether an option takes an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Argument,
    /// Only attached.
    Attached,
}

const KNOWN: &[(u8, &str, Takes)] = &[
    (b'b', "characters-as-bytes", Takes::Nothing),
    (b'c', "traditional", Takes::Nothing),
    (b'C', "copyright", Takes::Nothing),
    (b'd', "dump-variables", Takes::Attached),
    (b'D', "debug", Takes::Attached),
    (b'e', "source", Takes::Argument),
    (b'E', "exec", Takes::Argument),
    (b'f', "file", Takes::Argument),
    (b'F', "field-separator", Takes::Argument),
    (b'g', "gen-pot", Takes::Nothing),
    (b'h', "help", Takes::Nothing),
    (b'i', "include", Takes::Argument),
    (b'I', "trace", Takes::Nothing),
    (b'l', "load", Takes::Argument),
    (b'L', "lint", Takes::Attached),
    (b'M', "bignum", Takes::Nothing),
    (b'n', "non-decimal-data", Takes::Nothing),
    (b'N', "use-lc-numeric", Takes::Nothing),
    (b'o', "pretty-print", Takes::Attached),
    (b'O', "optimize", Takes::Nothing),
    (b'p', "profile", Takes::Attached),
    (b'P', "posix", Takes::Nothing),
    (b'r', "re-interval", Takes::Nothing),
    (b's', "no-optimize", Takes::Nothing),
    (b'S', "sandbox", Takes::Nothing),
    (b't', "lint-old", Takes::Nothing),
    (b'v', "assign", Takes::Argument),
    (b'V', "version", Takes::Nothing),
    (b'W', "", Takes::Argument),
];

fn refused<T>(message: impl AsRef<[u8]>, usage: bool, status: u8) -> Result<T, Refused> {
    Err(Refused {
        message: message.as_ref().to_vec(),
        usage,
        status,
    })
}

/// Reads the arguments.
///
/// # Errors
/// What is wrong with them, in gawk's words.
pub fn parse(args: Vec<Vec<u8>>) -> Result<Parsed, Refused> {
    let mut options = Options::default();
    let mut rest = args.into_iter().peekable();
    // `-E` ends the options, so that what follows cannot be taken for some.
    let mut ended = false;
    while let Some(arg) = rest.next_if(|arg| !ended && arg.len() > 1 && arg[0] == b'-') {
        if arg == b"--" {
            break;
        }
        if let Some(long) = arg.strip_prefix(b"--") {
            let (name, attached) = split_long(long);
            let (letter, takes) = find_long(name)?;
            let value = match takes {
                Takes::Argument => match attached.or_else(|| rest.next()) {
                    Some(value) => Some(value),
                    None => {
                        let shown = String::from_utf8_lossy(name).into_owned();
                        return refused(format!("option '--{shown}' requires an argument"), true, 1);
                    }
                },
                _ => attached,
            };
            if let Some(done) = apply(letter, value, &mut options, &mut ended)? {
                return Ok(done);
            }
            continue;
        }
        let mut at = 1;
        while let Some(&letter) = arg.get(at) {
            at += 1;
            let Some((_, _, takes)) = KNOWN.iter().find(|(known, ..)| *known == letter) else {
                let shown = char::from(letter);
                return refused(format!("invalid option -- '{shown}'"), true, 1);
            };
            let attached = &arg[at..];
            let value = match takes {
                Takes::Nothing => None,
                Takes::Attached => {
                    at = arg.len();
                    (!attached.is_empty()).then(|| attached.to_vec())
                }
                Takes::Argument => {
                    at = arg.len();
                    let value = if attached.is_empty() {
                        rest.next()
                    } else {
                        Some(attached.to_vec())
                    };
                    match value {
                        Some(value) => Some(value),
                        None => {
                            let shown = char::from(letter);
                            return refused(format!("option requires an argument -- '{shown}'"), true, 1);
                        }
                    }
                }
            };
            if letter == b'W' {
                let word = value.unwrap_or_default();
                let (name, attached) = split_long(&word);
                let (letter, _) = find_long(name)?;
                if let Some(done) = apply(letter, attached, &mut options, &mut ended)? {
                    return Ok(done);
                }
            } else if let Some(done) = apply(letter, value, &mut options, &mut ended)? {
                return Ok(done);
            }
        }
    }
    if options.parts.is_empty() {
        match rest.next() {
            Some(text) => options.parts.push(Part::Text(text)),
            None => return refused("", true, 1),
        }
    }
    options.operands = rest.collect();
    Ok(Parsed::Run(Box::new(options)))
}

fn split_long(word: &[u8]) -> (&[u8], Option<Vec<u8>>) {
    match memchr::memchr(b'=', word) {
        Some(at) => (&word[..at], Some(word[at + 1..].to_vec())),
        None => (word, None),
    }
}

fn find_long(name: &[u8]) -> Result<(u8, Takes), Refused> {
    let exact = KNOWN
        .iter()
        .find(|(_, long, _)| long.as_bytes() == name && !name.is_empty());
    let mut beginning = KNOWN.iter().filter(|(_, long, _)| long.as_bytes().starts_with(name));
    let found = exact.or_else(|| match (beginning.next(), beginning.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    });
    match found {
        Some((letter, _, takes)) => Ok((*letter, *takes)),
        None => {
            let shown = String::from_utf8_lossy(name).into_owned();
            refused(format!("unrecognized option '--{shown}'"), true, 1)
        }
    }
}

fn apply(
    letter: u8,
    value: Option<Vec<u8>>,
    options: &mut Options,
    ended: &mut bool,
) -> Result<Option<Parsed>, Refused> {
    let value = value.unwrap_or_default();
    match letter {
        b'f' | b'i' => options.parts.push(Part::File(value)),
        b'E' => {
            options.parts.push(Part::File(value));
            *ended = true;
        }
        b'e' => options.parts.push(Part::Text(value)),
        b'F' => options.separator = Some(value),
        b'v' => match memchr::memchr(b'=', &value) {
            Some(at) => options
                .assignments
                .push((value[..at].to_vec(), value[at + 1..].to_vec())),
            None => {
                let shown = String::from_utf8_lossy(&value).into_owned();
                return refused(format!("`{shown}' argument to `-v' not in `var=value' form\n"), true, 1);
            }
        },
        b'b' => options.bytes = true,
        b'S' => options.sandbox = true,
        b'h' => return Ok(Some(Parsed::Help)),
        b'V' | b'C' => return Ok(Some(Parsed::Version)),
        // Without effect on what a program does, or already so.
        b'c' | b'L' | b'n' | b'N' | b'O' | b'P' | b'r' | b's' | b't' => {}
        _ => {
            let long = KNOWN
                .iter()
                .find(|(known, ..)| *known == letter)
                .map_or("", |(_, long, _)| long);
            return refused(format!("fatal: option --{long} is not supported"), false, 2);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn options_end_at_the_program() {
        let Ok(Parsed::Run(options)) = parse(words(&["-F:", "-v", "a=1=2", "{print}", "-v", "x"])) else {
            panic!()
        };
        assert_eq!(options.separator.as_deref(), Some(&b":"[..]));
        assert_eq!(options.assignments, [(b"a".to_vec(), b"1=2".to_vec())]);
        assert_eq!(options.parts, [Part::Text(b"{print}".to_vec())]);
        assert_eq!(options.operands, words(&["-v", "x"]));
    }

    #[test]
    fn files_take_the_place_of_the_program() {
        let Ok(Parsed::Run(options)) = parse(words(&["-f", "a", "--file=b", "--", "c"])) else {
            panic!()
        };
        assert_eq!(options.parts.len(), 2);
        assert_eq!(options.operands, words(&["c"]));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(parse(words(&[])).unwrap_err().status, 1);
        assert_eq!(
            parse(words(&["-F"])).unwrap_err().message,
            b"option requires an argument -- 'F'"
        );
        assert_eq!(
            parse(words(&["--foo"])).unwrap_err().message,
            b"unrecognized option '--foo'"
        );
        assert_eq!(
            parse(words(&["-M", "1"])).unwrap_err().message,
            b"fatal: option --bignum is not supported"
        );
    }
}
