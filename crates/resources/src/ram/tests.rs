//! What the behaviour suite cannot see: sharing, snapshots, limits, and that everything is ready at the first poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use vfs::{ByteRange, ByteStream, Errno, OpenOptions, Resource, Result, VPath, WriteOptions};

use super::{Limits, Ram};

fn p(s: &str) -> VPath {
    VPath::new(s).unwrap()
}

/// Polls once: everything in memory must be ready then.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    future.now_or_never().unwrap()
}

fn put(ram: &Ram, path: &str, data: impl Into<Bytes>) -> Result<()> {
    now(ram.write(&p(path), ByteStream::Bytes(data.into()), &WriteOptions::default())).map(drop)
}

fn get(ram: &Ram, path: &str) -> Result<Bytes> {
    now(async { ram.read(&p(path), ByteRange::ALL, None).await?.collect().await })
}

#[test]
fn a_body_is_taken_over_and_read_back_without_a_copy() {
    let ram = Ram::new();
    let body = Bytes::from(vec![1; 10 << 20]);
    put(&ram, "/f", body.clone()).unwrap();
    assert_eq!(get(&ram, "/f").unwrap().as_ptr(), body.as_ptr());
}

#[test]
fn a_fork_and_its_origin_go_their_own_ways() {
    let a = Ram::new();
    now(a.mkdir(&p("/d"), None)).unwrap();
    put(&a, "/d/f", "one").unwrap();
    let handle = now(a.open(&p("/d/f"), &OpenOptions::reading())).unwrap();
    let b = a.fork();
    put(&a, "/d/f", "two").unwrap();
    now(b.append(&p("/d/f"), Bytes::from_static(b"!").into())).unwrap();
    put(&b, "/d/new", "x").unwrap();
    now(a.remove(&p("/d/f"))).unwrap();
    assert_eq!(get(&b, "/d/f").unwrap(), "one!");
    assert_eq!(get(&a, "/d/f").unwrap_err().errno(), Errno::ENOENT);
    assert_eq!(get(&a, "/d/new").unwrap_err().errno(), Errno::ENOENT);
    assert_eq!(now(handle.read_at(0, 10)).unwrap(), "two");
    now(handle.append("3".into())).unwrap();
    assert_eq!(now(handle.read_at(0, 10)).unwrap(), "two3");
    assert_eq!(get(&b, "/d/f").unwrap(), "one!");
}

#[test]
fn going_back_to_a_snapshot_restores_content_and_accounts() {
    let ram = Ram::with_limit(100);
    put(&ram, "/f", "before").unwrap();
    let handle;
    let snapshot = {
        put(&ram, "/open-but-gone", "12345").unwrap();
        handle = now(ram.open(&p("/open-but-gone"), &OpenOptions::reading())).unwrap();
        now(ram.remove(&p("/open-but-gone"))).unwrap();
        ram.snapshot()
    };
    put(&ram, "/f", "after, and longer").unwrap();
    put(&ram, "/g", "more").unwrap();
    ram.restore(&snapshot);
    assert_eq!(get(&ram, "/f").unwrap(), "before");
    assert_eq!(get(&ram, "/g").unwrap_err().errno(), Errno::ENOENT);
    assert_eq!(now(handle.read_at(0, 1)).unwrap_err().errno(), Errno::ESTALE);
    drop(handle);
    assert_eq!(now(ram.space()).unwrap().unwrap().free, 94);
    ram.restore(&snapshot);
    put(&ram, "/f", "again").unwrap();
    ram.restore(&snapshot);
    assert_eq!(get(&ram, "/f").unwrap(), "before");
}

#[test]
fn the_limit_counts_content_and_is_given_back() {
    let ram = Ram::with_limit(10);
    put(&ram, "/a", "12345").unwrap();
    put(&ram, "/b", "12345").unwrap();
    assert_eq!(put(&ram, "/c", "1").unwrap_err().errno(), Errno::ENOSPC);
    assert_eq!(now(ram.stat(&p("/c"))).unwrap_err().errno(), Errno::ENOENT);
    assert_eq!(
        now(ram.append(&p("/a"), Bytes::from_static(b"6").into()))
            .unwrap_err()
            .errno(),
        Errno::ENOSPC
    );
    put(&ram, "/a", "1234").unwrap();
    put(&ram, "/c", "1").unwrap();
    now(ram.truncate(&p("/c"), 1 << 40)).unwrap();
    let handle = now(ram.open(&p("/b"), &OpenOptions::reading())).unwrap();
    now(ram.remove(&p("/b"))).unwrap();
    assert_eq!(put(&ram, "/d", "1").unwrap_err().errno(), Errno::ENOSPC, "still open");
    drop(handle);
    put(&ram, "/d", "12345").unwrap();
    assert_eq!(now(ram.space()).unwrap().unwrap().free, 0);
}

#[test]
fn an_endless_body_stops_at_the_limit() {
    let ram = Ram::with_limit(1 << 20);
    let endless = ByteStream::new(futures::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 4096]))));
    let e = now(ram.write(&p("/f"), endless, &WriteOptions::default())).unwrap_err();
    assert_eq!(e.errno(), Errno::ENOSPC);
}

#[test]
fn the_number_of_files_can_be_bounded() {
    let ram = Ram::with_limits(Limits {
        bytes: None,
        files: Some(3),
    });
    put(&ram, "/a", "").unwrap();
    now(ram.mkdir(&p("/d"), None)).unwrap();
    assert_eq!(put(&ram, "/b", "").unwrap_err().errno(), Errno::ENOSPC);
    now(ram.rmdir(&p("/d"))).unwrap();
    put(&ram, "/b", "").unwrap();
}

#[test]
fn a_very_deep_tree_is_dropped_without_recursion() {
    let ram = Ram::new();
    let mut at = p("/d");
    now(ram.mkdir(&at, None)).unwrap();
    // Deeper than a path can be long: each step builds a tree and hangs the old one below it.
    for _ in 0..100_000 {
        now(ram.mkdir(&p("/n"), None)).unwrap();
        now(ram.rename(&at, &p("/n/d"), Default::default())).unwrap();
        now(ram.rename(&p("/n"), &at, Default::default())).unwrap();
        at = p("/d");
    }
    drop(ram);
}

#[test]
fn a_terabyte_of_nothing_costs_nothing() {
    let ram = Ram::with_limit(1 << 20);
    put(&ram, "/f", "x").unwrap();
    now(ram.truncate(&p("/f"), 1 << 40)).unwrap();
    let stat = now(ram.stat(&p("/f"))).unwrap();
    assert_eq!((stat.size, stat.blocks), (Some(1 << 40), Some(8)));
    let tail = now(async {
        ram.read(&p("/f"), ByteRange::at((1 << 40) - 3, 10), None)
            .await?
            .collect()
            .await
    });
    assert_eq!(tail.unwrap(), &[0, 0, 0][..]);
    assert!(now(ram.read(&p("/f"), ByteRange::ALL, None)).is_ok());
}

#[test]
fn the_access_time_follows_a_read_once() {
    let ram = Ram::new();
    put(&ram, "/f", "x").unwrap();
    let before = now(ram.stat(&p("/f"))).unwrap();
    get(&ram, "/f").unwrap();
    let after = now(ram.stat(&p("/f"))).unwrap();
    assert!(after.atime >= before.atime && after.mtime == before.mtime);
}

#[test]
fn a_meter_adds_up_what_its_trees_hold_until_they_are_gone() {
    let meter: Arc<AtomicI64> = Arc::default();
    let held = || meter.load(Ordering::Relaxed);
    let a = Ram::metered(Limits::default(), meter.clone());
    let b = Ram::metered(Limits::default(), meter.clone());
    put(&a, "/x", vec![1; 1000]).unwrap();
    put(&b, "/y", vec![2; 500]).unwrap();
    assert_eq!(held(), 1500);
    put(&a, "/x", vec![1; 10]).unwrap();
    assert_eq!(held(), 510);
    drop(b);
    assert_eq!(held(), 10);
    let fork = a.fork();
    assert_eq!(held(), 20);
    drop((a, fork));
    assert_eq!(held(), 0);
}
