//! `getopts` (POSIX XCU `getopts`).

use crate::shell::{Exec, Shell};
use crate::state::vars::is_name;

use super::options::{integer, parse};

const USAGE: &str = "getopts optstring name [arg ...]";

/// What one call finds.
struct Found {
    /// What goes into the variable.
    name: u8,
    /// `OPTARG`; unset if `None`.
    argument: Option<Vec<u8>>,
    /// A message, unless messages are off.
    message: Option<&'static str>,
}

/// Where the search is.
struct Position {
    /// `OPTIND`.
    index: usize,
    /// The next letter in that argument; 0 at its start.
    letter: usize,
}

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let [optstring, name, rest @ ..] = &args[p.operands..] else {
        sh.write_error(format!("getopts: usage: {USAGE}\n").as_bytes());
        return Ok(2);
    };
    let operands = if rest.is_empty() {
        sh.positional.clone()
    } else {
        rest.to_vec().into()
    };
    let index = integer(&sh.var_text(b"OPTIND"))
        .and_then(|n| usize::try_from(n).ok())
        .unwrap_or(1)
        .max(1);
    let mut position = Position {
        index,
        letter: sh.getopts_at,
    };
    let (silent, letters) = match optstring.strip_prefix(b":") {
        Some(letters) => (true, letters),
        None => (false, &optstring[..]),
    };
    let quiet = silent || sh.get_var(b"OPTERR").is_some_and(|value| integer(&value) == Some(0));
    let found = next(letters, silent, &operands, &mut position);
    if let Some(Found {
        message: Some(message),
        name: _,
        argument: _,
    }) = &found
        && !quiet
        && let Some(letter) = position_letter(&found)
    {
        let text = [&sh.name[..], b": ", message.as_bytes(), b" -- ", &[letter], b"\n"].concat();
        sh.write_error(&text);
    }
    let status = u8::from(found.is_none());
    let (value, argument) = match found {
        None => (b'?', None),
        Some(found) if found.message.is_some() && !silent => (b'?', None),
        Some(found) => (found.name, found.argument),
    };
    // Setting `OPTIND` restarts the search inside the argument; that is why the letter is stored afterwards.
    sh.set_for(b"getopts", b"OPTIND", position.index.to_string().into_bytes())?;
    sh.getopts_at = position.letter;
    match argument {
        Some(text) => {
            sh.set_for(b"getopts", b"OPTARG", text)?;
        }
        None => {
            if let Some(scope) = sh.vars.scope_of(b"OPTARG") {
                sh.vars.remove_at(scope, b"OPTARG");
            }
        }
    }
    if !is_name(name) {
        sh.builtin_error(b"getopts", [b"`", &name[..], b"': not a valid identifier"].concat());
        return Ok(1);
    }
    let stored = sh.set_for(b"getopts", name, vec![value])?;
    Ok(if stored { status } else { 1 })
}

/// The letter a message is about.
fn position_letter(found: &Option<Found>) -> Option<u8> {
    found.as_ref()?.argument.as_ref()?.first().copied()
}

/// The next option; `None` when there are no more.
fn next(letters: &[u8], silent: bool, args: &[Vec<u8>], position: &mut Position) -> Option<Found> {
    let arg = args.get(position.index - 1);
    if position.letter == 0 {
        match arg.map(Vec::as_slice) {
            Some(b"--") => {
                position.index += 1;
                return None;
            }
            Some([b'-', _, ..]) => position.letter = 1,
            _ => return None,
        }
    }
    let Some(&letter) = arg.and_then(|arg| arg.get(position.letter)) else {
        // The arguments changed between two calls.
        position.letter = 0;
        return None;
    };
    let arg = arg.map_or(&[][..], Vec::as_slice);
    position.letter += 1;
    let rest = &arg[position.letter..];
    let known = letters.iter().position(|&c| c == letter && c != b':');
    let takes = known.is_some_and(|at| letters.get(at + 1) == Some(&b':'));
    if rest.is_empty() || takes {
        position.index += 1;
        position.letter = 0;
    }
    if known.is_none() {
        return Some(Found {
            name: b'?',
            argument: Some(vec![letter]),
            message: Some("illegal option"),
        });
    }
    if !takes {
        return Some(Found {
            name: letter,
            argument: None,
            message: None,
        });
    }
    if !rest.is_empty() {
        return Some(Found {
            name: letter,
            argument: Some(rest.to_vec()),
            message: None,
        });
    }
    if let Some(value) = args.get(position.index - 1) {
        position.index += 1;
        return Some(Found {
            name: letter,
            argument: Some(value.clone()),
            message: None,
        });
    }
    Some(Found {
        name: if silent { b':' } else { b'?' },
        argument: Some(vec![letter]),
        message: Some("option requires an argument"),
    })
}
