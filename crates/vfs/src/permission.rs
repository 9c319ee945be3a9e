//! The one permission check. The core calls it before every operation and nobody else does.

use crate::error::{Errno, Result, VfsError};
use crate::mode::{Mode, Op, SessionView};
use crate::mount::Mount;
use crate::path::VPath;

/// Whether `session` may do `op` to `path`, which lies on `mount`: `EACCES` when the session may not see the mount at all,
/// `EROFS` for a change where the mount, the backend or the session's ceiling is read-only.
#[inline]
pub fn check(session: &SessionView, mount: &Mount, op: Op, path: &VPath) -> Result<()> {
    let mut writable = mount.writable();
    if let Some(ceilings) = &session.ceilings
        && !mount.infrastructure
    {
        let Some(ceiling) = ceilings.get(&mount.prefix) else {
            return Err(hidden(session, mount, path));
        };
        writable &= *ceiling >= Mode::Write;
    }
    if op == Op::Write && !writable {
        return Err(VfsError::new(Errno::EROFS).operand(path.as_bytes()));
    }
    Ok(())
}

/// Whether `session` may see `mount` at all.
pub(crate) fn visible(session: &SessionView, mount: &Mount) -> bool {
    match &session.ceilings {
        Some(ceilings) => mount.infrastructure || ceilings.contains_key(&mount.prefix),
        None => true,
    }
}

#[cold]
fn hidden(session: &SessionView, mount: &Mount, path: &VPath) -> VfsError {
    VfsError::new(Errno::EACCES)
        .detail(format!(
            "session '{}' not allowed to access mount '{}'",
            session.id, mount.prefix
        ))
        .operand(path.as_bytes())
}
