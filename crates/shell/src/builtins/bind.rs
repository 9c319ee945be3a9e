//! `bind`: there is no line editor to bind keys in.

use crate::shell::{Exec, Shell};

pub(super) fn run(sh: &mut Shell, _: &[Vec<u8>]) -> Exec {
    sh.builtin_error(b"bind", "warning: line editing not enabled");
    Ok(0)
}
