//! Where operands go: into a directory, or to one name.

use shell::command::{CommandError, Context};
use vfs::{Errno, VfsError};

use crate::files::rm::join;
use crate::quote::quoteaf;

/// Where operands go: into a directory, or to one name.
pub enum Goal {
    /// `DIR/NAME` for each.
    Into(Vec<u8>),
    /// This name.
    Exactly(Vec<u8>),
}

/// Finds out where operands go, as `cp`, `mv`, `ln` and `install` do: `-t DIR`, `-T`, or the last operand.
pub fn goal(
    cx: &Context<'_>,
    spec: &crate::options::Spec,
    operands: &mut Vec<Vec<u8>>,
    directory: Option<&[u8]>,
    no_directory: bool,
) -> Result<Goal, CommandError> {
    let is_dir = |name: &[u8]| cx.path(name).and_then(|p| cx.fs.stat(&p));
    let missing = |operand: Option<&Vec<u8>>| match operand {
        None => spec.usage_error(cx, "missing file operand"),
        Some(name) => spec.usage_error(
            cx,
            [&b"missing destination file operand after "[..], &quoteaf(name)].concat(),
        ),
    };
    if let Some(dir) = directory {
        if no_directory {
            return Err(CommandError::fail(
                1,
                "cannot combine --target-directory (-t) and --no-target-directory (-T)",
            ));
        }
        if operands.is_empty() {
            return Err(missing(None));
        }
        return match is_dir(dir) {
            Ok(s) if s.is_dir() => Ok(Goal::Into(dir.to_vec())),
            Ok(_) => Err(target_error("target directory ", dir, &Errno::ENOTDIR.into())),
            Err(e) => Err(target_error("target directory ", dir, &e)),
        };
    }
    if operands.len() < 2 {
        return Err(missing(operands.first()));
    }
    if no_directory {
        if let Some(extra) = operands.get(2) {
            return Err(spec.usage_error(cx, [&b"extra operand "[..], &quoteaf(extra)].concat()));
        }
        return Ok(Goal::Exactly(operands.pop().unwrap_or_default()));
    }
    let last = operands.pop().unwrap_or_default();
    match is_dir(&last) {
        Ok(s) if s.is_dir() => Ok(Goal::Into(last)),
        Ok(_) if operands.len() > 1 => Err(target_error("target ", &last, &Errno::ENOTDIR.into())),
        Err(e) if operands.len() > 1 => Err(target_error("target ", &last, &e)),
        Ok(_) if last.ends_with(b"/") => Err(target_error("target ", &last, &Errno::ENOTDIR.into())),
        _ => Ok(Goal::Exactly(last)),
    }
}

fn target_error(what: &str, name: &[u8], e: &VfsError) -> CommandError {
    CommandError::fail(
        1,
        [what.as_bytes(), &quoteaf(name), b": ", e.gnu_text().as_bytes()].concat(),
    )
}

impl Goal {
    /// The target of one operand.
    pub fn of(&self, operand: &[u8]) -> Vec<u8> {
        match self {
            Self::Exactly(name) => name.clone(),
            Self::Into(dir) => match crate::shellutils::basename::base_name(operand) {
                // `cp -r . dir` copies into the directory itself.
                b"." | b".." | b"/" => join(dir, crate::shellutils::basename::base_name(operand)),
                base => join(dir, base),
            },
        }
    }
}
