//! Disk passes the behaviour suite, whichever way it stays inside its root.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use resources::disk::{Containment, Disk};
use testkit::Rig;

fn rig(containment: Containment) -> Rig {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::with_containment(dir.path(), containment).unwrap();
    let mac = cfg!(target_os = "macos");
    let rig = Rig::new(disk).keep(dir);
    if mac { rig.utf8_names() } else { rig }
}

#[cfg(target_os = "linux")]
mod by_the_kernel {
    use super::*;
    testkit::conformance!(rig(Containment::Kernel));
}

mod by_walking {
    use super::*;
    testkit::conformance!(rig(Containment::Walk));
}
