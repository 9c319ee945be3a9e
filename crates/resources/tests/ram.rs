//! RAM passes the behaviour suite.

use resources::ram::Ram;
use testkit::Rig;

testkit::conformance!(Rig::new(Ram::new()));

/// A fork of a fork, all of whose content is shared, behaves like a tree of its own.
mod forked {
    use super::*;

    testkit::conformance!({
        let origin = Ram::new();
        let rig = Rig::new(origin.fork().fork()).keep(origin.clone());
        rig.keep(origin.snapshot())
    });
}
