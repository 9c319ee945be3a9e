//! Canonical names: every link followed, `.` and `..` resolved (POSIX `realpath`, with GNU's leniencies).

use shell::command::Context;
use vfs::{Errno, VPath, VfsError};

/// What must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing need exist.
    Any,
    /// All but the last component must.
    Last,
    /// Everything must.
    None,
}

/// Longest chain of links (Linux's `MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// The canonical path of an operand. With `logical`, `..` is resolved before links are followed; with `!follow`, links stay.
pub fn canonical(
    cx: &Context<'_>,
    operand: &[u8],
    missing: Missing,
    logical: bool,
    follow: bool,
) -> vfs::Result<VPath> {
    if operand.is_empty() {
        return Err(VfsError::new(Errno::ENOENT).operand(operand));
    }
    let lexical;
    let mut pending: Vec<Vec<u8>> = Vec::new();
    let push_all = |text: &[u8], pending: &mut Vec<Vec<u8>>| {
        let parts = text.split(|b| *b == b'/').filter(|p| !p.is_empty() && *p != b".");
        pending.extend(parts.rev().map(<[u8]>::to_vec));
    };
    let start = if logical || !follow {
        lexical = cx.path(operand)?;
        push_all(lexical.as_bytes(), &mut pending);
        VPath::root()
    } else {
        push_all(operand, &mut pending);
        if operand.starts_with(b"/") {
            VPath::root()
        } else {
            cx.cwd.clone()
        }
    };
    let must_be_dir = operand.ends_with(b"/") || operand.ends_with(b"/.");
    let mut at = start;
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == b".." {
            at = at.parent().unwrap_or_else(VPath::root);
            continue;
        }
        let next = at.child(&name).map_err(|e| e.with_operand(operand))?;
        let stat = match cx.fs.lstat(&next) {
            Ok(stat) => stat,
            Err(e)
                if e.errno() == Errno::ENOENT
                    || (missing == Missing::Any && matches!(e.errno(), Errno::ENOTDIR | Errno::ELOOP)) =>
            {
                let last = pending.is_empty();
                if missing == Missing::None || (missing == Missing::Last && !last) {
                    return Err(e.with_operand(operand));
                }
                at = next;
                continue;
            }
            Err(e) => return Err(e.with_operand(operand)),
        };
        if stat.is_symlink() && follow {
            links += 1;
            if links > MOST_LINKS {
                if missing == Missing::Any {
                    at = next;
                    continue;
                }
                return Err(VfsError::new(Errno::ELOOP).operand(operand));
            }
            let target = cx.fs.read_link(&next)?;
            if target.starts_with(b"/") {
                at = VPath::root();
            }
            push_all(&target, &mut pending);
            continue;
        }
        let more = pending.iter().any(|p| p != b"..") || !pending.is_empty() || must_be_dir;
        if more && !stat.is_dir() && !stat.is_symlink() && missing != Missing::Any {
            return Err(VfsError::new(Errno::ENOTDIR).operand(operand));
        }
        at = next;
    }
    Ok(at)
}
