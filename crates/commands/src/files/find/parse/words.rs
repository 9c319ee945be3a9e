//! Small parts of expressions.

use pattern::regex::Syntax;
use shell::command::CommandError;

use super::fail;
use crate::files::find::expr::{Compare, Expr, Stamp};
use crate::quote::quote;

pub(super) fn unclosed() -> CommandError {
    fail(&[b"invalid expression; I was expecting to find a ')' somewhere but did not see one."])
}

pub(super) fn one_or(mut all: Vec<Expr>, make: fn(Vec<Expr>) -> Expr) -> Expr {
    match all.len() {
        1 => all.remove(0),
        _ => make(all),
    }
}

pub(super) fn stamp(letter: u8) -> Stamp {
    match letter {
        b'a' => Stamp::Accessed,
        b'B' => Stamp::Born,
        b'c' => Stamp::Changed,
        _ => Stamp::Modified,
    }
}

/// `N`, `+N`, `-N`; fractions are dropped.
pub(super) fn compare(text: &[u8]) -> Option<(Compare, i64)> {
    let (c, digits) = match text.first()? {
        b'+' => (Compare::More, &text[1..]),
        b'-' => (Compare::Less, &text[1..]),
        _ => (Compare::Equal, text),
    };
    let value = crate::float::parse(digits).filter(|v| v.is_finite() && *v >= 0.0)?;
    Some((c, value as i64))
}

pub(super) fn regex_type(name: &[u8]) -> Result<Syntax, CommandError> {
    Ok(match name {
        b"findutils-default" | b"emacs" => Syntax::Emacs,
        b"posix-basic" | b"ed" | b"sed" | b"posix-minimal-basic" => Syntax::Bre,
        b"grep" => Syntax::GrepBre,
        b"posix-extended" => Syntax::Ere,
        b"egrep" | b"posix-egrep" => Syntax::GrepEre,
        b"awk" | b"gnu-awk" | b"posix-awk" => Syntax::Awk,
        _ => {
            return Err(fail(&[
                b"Unknown regular expression type ",
                &quote(name),
                b"; valid types are 'findutils-default', 'ed', 'emacs', 'gnu-awk', 'grep', 'posix-awk', 'awk', 'posix-basic', 'posix-egrep', 'egrep', 'posix-extended', 'posix-minimal-basic', 'sed'.",
            ]));
        }
    })
}
