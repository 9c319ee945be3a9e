//! The fake passes the suite it is meant to help with, and its counters and faults work.

use std::time::Duration;

use testkit::fake_remote::{Behaviour, Call, FakeRemote};
use testkit::rig::{Rig, fails};
use vfs::{ByteRange, Errno};

testkit::conformance!(Rig::new(FakeRemote::new()));

#[test]
fn requests_and_bytes_are_counted() {
    let remote = FakeRemote::with(Behaviour {
        latency: Duration::from_millis(1),
        piece: 3,
        ..Behaviour::default()
    });
    remote.edit("/d/f", "0123456789");
    let rig = Rig::new(remote.clone());
    assert_eq!(rig.get_range("/d/f", ByteRange::at(2, 5)).unwrap(), "23456");
    rig.stat("/d").unwrap();
    assert_eq!(
        (remote.count(Call::Read), remote.count(Call::Stat), remote.bytes_sent()),
        (1, 1, 5)
    );
    assert_eq!(remote.requests()[0].range, Some(ByteRange::at(2, 5)));
    assert_eq!(remote.most_in_flight(), 1);
}

#[test]
fn faults_come_once_and_in_order() {
    let remote = FakeRemote::new();
    remote.edit("/f", "0123456789");
    remote
        .fail_next(Call::Stat, Errno::EAGAIN)
        .fail_next(Call::Stat, Errno::ETIMEDOUT);
    remote.break_next_read(4, Errno::ECONNRESET);
    let rig = Rig::new(remote);
    fails(rig.stat("/f"), Errno::EAGAIN);
    fails(rig.stat("/f"), Errno::ETIMEDOUT);
    rig.stat("/f").unwrap();
    fails(rig.get("/f"), Errno::ECONNRESET);
    rig.holds("/f", "0123456789");
}

#[test]
fn a_read_only_one_refuses_to_change() {
    let rig = Rig::new(FakeRemote::with(Behaviour {
        writable: false,
        known_sizes: false,
        ..Behaviour::default()
    }));
    fails(rig.put("/f", "x"), Errno::EROFS);
    fails(rig.mkdir("/d"), Errno::EROFS);
    assert!(!rig.caps.write);
}
