//! `:`, `true` and `false`.

use crate::shell::{Exec, Shell};

pub(super) fn run_true(_: &mut Shell, _: &[Vec<u8>]) -> Exec {
    Ok(0)
}

pub(super) fn run_false(_: &mut Shell, _: &[Vec<u8>]) -> Exec {
    Ok(1)
}
