//! Files whose size is known only when they have been read.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fuse::{MountOptions, StatFetch};

use crate::rig::{Rig, Unsized, bytes, errno};

fn rig(file: Unsized, options: MountOptions) -> Option<(Rig, Arc<std::sync::atomic::AtomicU64>)> {
    let reads = file.reads.clone();
    Some((Rig::new(Arc::new(file), options)?, reads))
}

/// Fetched inside `open`: the size is 0 before, right afterwards, and every byte arrives.
#[test]
fn a_small_file_gets_its_size_when_it_is_opened() {
    for len in [0, 1, 24, 4096, 3_000_001] {
        let file = Unsized {
            len,
            ..Unsized::default()
        };
        let Some((rig, _)) = rig(file, MountOptions::default()) else {
            return;
        };
        assert_eq!(fs::metadata(rig.at("f")).unwrap().len(), 0, "nobody knows yet");
        let mut open = File::open(rig.at("f")).unwrap();
        assert_eq!(open.metadata().unwrap().len(), len);
        let mut got = Vec::new();
        open.read_to_end(&mut got).unwrap();
        assert!(got == bytes(0, len), "{len} bytes");
        assert_eq!(
            fs::metadata(rig.at("f")).unwrap().len(),
            len,
            "and the size stays known"
        );
        open.seek(SeekFrom::End(-(len.min(5) as i64))).unwrap();
        let mut tail = Vec::new();
        open.read_to_end(&mut tail).unwrap();
        assert_eq!(tail, bytes(len - len.min(5), len));
    }
}

/// What does not fit into `open` is streamed: readers wait for bytes, none is lost, none is made up, and the size is known
/// at the end.
#[test]
fn a_large_file_is_streamed_without_a_false_size_or_end() {
    let len = 3_000_001;
    let file = Unsized {
        len,
        delay: Duration::from_millis(2),
        ..Unsized::default()
    };
    let options = MountOptions {
        open_limit_bytes: 100_000,
        ..MountOptions::default()
    };
    let Some((rig, reads)) = rig(file, options) else { return };
    let mut open = File::open(rig.at("f")).unwrap();
    assert_eq!(open.metadata().unwrap().len(), 0, "never what has arrived so far");
    let mut got = Vec::new();
    open.read_to_end(&mut got).unwrap();
    assert!(got == bytes(0, len));
    open.seek(SeekFrom::Start(1_000_000)).unwrap();
    let mut part = [0; 1000];
    open.read_exact(&mut part).unwrap();
    assert!(part[..] == bytes(1_000_000, 1_001_000)[..]);
    assert_eq!(reads.load(Ordering::SeqCst), 1, "fetched once");
    drop(open);
    assert_eq!(fs::metadata(rig.at("f")).unwrap().len(), len);
    assert!(fs::read(rig.at("f")).unwrap() == bytes(0, len));
}

#[test]
fn a_slow_file_is_streamed_after_the_deadline() {
    let len = 1_000_000;
    let file = Unsized {
        len,
        delay: Duration::from_millis(20),
        ..Unsized::default()
    };
    let options = MountOptions {
        open_deadline: Duration::from_millis(30),
        ..MountOptions::default()
    };
    let Some((rig, _)) = rig(file, options) else { return };
    assert!(fs::read(rig.at("f")).unwrap() == bytes(0, len));
}

/// A reader that has had enough stops the fetch, and the next one gets everything.
#[test]
fn leaving_early_is_fine() {
    let len = 2_000_000;
    let file = Unsized {
        len,
        ..Unsized::default()
    };
    let options = MountOptions {
        open_limit_bytes: 1000,
        ..MountOptions::default()
    };
    let Some((rig, _)) = rig(file, options) else { return };
    let mut head = [0; 10];
    File::open(rig.at("f")).unwrap().read_exact(&mut head).unwrap();
    assert_eq!(head[..], bytes(0, 10)[..]);
    assert!(fs::read(rig.at("f")).unwrap() == bytes(0, len));
}

/// `stat` believes it: `tar` and `rsync` are right in this mode.
#[test]
fn stat_can_be_made_to_know() {
    let file = Unsized {
        len: 70_000,
        version: Some("v1"),
        ..Unsized::default()
    };
    let options = MountOptions {
        stat_fetch: StatFetch::Always,
        ..MountOptions::default()
    };
    let Some((rig, _)) = rig(file, options) else { return };
    assert_eq!(fs::metadata(rig.at("f")).unwrap().len(), 70_000);
    let listed = fs::read_dir(rig.at("")).unwrap().next().unwrap().unwrap();
    assert_eq!(listed.metadata().unwrap().len(), 70_000);
}

/// A backend that fails in the middle is an error for the reader, never an end of file.
#[test]
fn a_broken_line_is_an_error() {
    for limit in [64 << 20, 1000] {
        let file = Unsized {
            len: 1_000_000,
            breaks_at: Some(300_000),
            ..Unsized::default()
        };
        let options = MountOptions {
            open_limit_bytes: limit,
            ..MountOptions::default()
        };
        let Some((rig, _)) = rig(file, options) else { return };
        assert_eq!(errno(fs::read(rig.at("f"))), libc::EIO);
        let failures = rig.mount.errors();
        assert!(
            rig.mount.error_count() >= 1 && failures[0].code == "EIO",
            "{failures:?}"
        );
        assert!(failures[0].message.contains("the line went dead"), "{failures:?}");
    }
}

/// Programs that map files see the content too.
#[test]
fn a_fetched_file_can_be_mapped() {
    for limit in [64 << 20, 1000] {
        let file = Unsized {
            len: 200_000,
            ..Unsized::default()
        };
        let options = MountOptions {
            open_limit_bytes: limit,
            ..MountOptions::default()
        };
        let Some((rig, _)) = rig(file, options) else { return };
        let open = File::open(rig.at("f")).unwrap();
        if limit == 1000 {
            // Streamed: the size is known at the end, and the mapping is of the page cache.
            std::io::copy(&mut &open, &mut std::io::sink()).unwrap();
        }
        let again = File::open(rig.at("f")).unwrap();
        let map = crate::semantics::Map::new(&again, 200_000, false);
        assert!(map.bytes() == &bytes(0, 200_000)[..]);
    }
}
