//! Open files with random access.

use std::sync::Arc;

use bytes::Bytes;
use vfs::{Errno, OpenOptions, RandomFile, SetAttr};

use super::files::pattern;
use crate::rig::{Rig, fails, run};

/// Whether the backend opens files; if not, that it says so.
fn able(rig: &Rig) -> bool {
    if !rig.caps.random_access {
        rig.put("/f", "x").unwrap();
        fails(rig.open("/f", OpenOptions::reading()).map(drop), Errno::ENOTSUP);
    }
    rig.caps.random_access
}

/// `O_RDWR|O_CREAT`.
pub(super) fn both() -> OpenOptions {
    OpenOptions {
        read: true,
        write: true,
        create: true,
        ..OpenOptions::default()
    }
}

fn read(file: &Arc<dyn RandomFile>, offset: u64, len: usize) -> Bytes {
    run(file.read_at(offset, len)).unwrap()
}

fn write(file: &Arc<dyn RandomFile>, offset: u64, data: &'static str) {
    run(file.write_at(offset, Bytes::from_static(data.as_bytes()))).unwrap();
}

pub(super) fn opening_what_is_not_there(rig: &Rig) {
    if !able(rig) {
        return;
    }
    fails(rig.open("/none", OpenOptions::reading()).map(drop), Errno::ENOENT);
    fails(rig.open("/none/f", both()).map(drop), Errno::ENOENT);
    let no_create = OpenOptions {
        create: false,
        ..both()
    };
    fails(rig.open("/none", no_create).map(drop), Errno::ENOENT);
    let file = rig.open("/new", both()).unwrap();
    assert_eq!(read(&file, 0, 10), "");
    rig.holds("/new", "");
    fails(rig.open("/new/f", both()).map(drop), Errno::ENOTDIR);
}

pub(super) fn exclusive_creation(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let exclusive = OpenOptions {
        exclusive: true,
        ..both()
    };
    drop(rig.open("/f", exclusive).unwrap());
    fails(rig.open("/f", exclusive).map(drop), Errno::EEXIST);
    rig.mkdir("/d").unwrap();
    fails(rig.open("/d", exclusive).map(drop), Errno::EEXIST);
}

pub(super) fn truncating_on_open(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "content").unwrap();
    drop(rig.open("/f", both()).unwrap());
    rig.holds("/f", "content");
    drop(rig.open("/f", OpenOptions::writing()).unwrap());
    rig.holds("/f", "");
}

pub(super) fn directories_are_not_opened(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.mkdir("/d").unwrap();
    for path in ["/d", "/"] {
        fails(rig.open(path, OpenOptions::reading()).map(drop), Errno::EISDIR);
        fails(rig.open(path, OpenOptions::writing()).map(drop), Errno::EISDIR);
    }
}

pub(super) fn random_reads_and_writes(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let file = rig.open("/f", both()).unwrap();
    write(&file, 0, "0123456789");
    write(&file, 3, "abc");
    assert_eq!(read(&file, 0, 100), "012abc6789");
    assert_eq!(read(&file, 8, 100), "89");
    assert_eq!(read(&file, 10, 100), "");
    assert_eq!(read(&file, 1000, 100), "");
    assert_eq!(read(&file, 2, 0), "");
    let mut buf = *b"............";
    assert_eq!(run(file.read_into(2, &mut buf)).unwrap(), 8);
    assert_eq!(&buf, b"2abc6789....");
    write(&file, 10, "tail");
    write(&file, 5, "");
    rig.holds("/f", "012abc6789tail");
    let big = pattern(3_000_000);
    run(file.write_at(100_000, Bytes::from(big.clone()))).unwrap();
    assert!(
        read(&file, 100_000, usize::MAX >> 1) == big,
        "a huge length is not a huge buffer"
    );
    assert!(read(&file, 100_001, 1_000_000) == big[1..1_000_001]);
    assert_eq!(run(file.stat()).unwrap().size, Some(3_100_000));
    run(file.sync(false)).unwrap();
    run(file.sync(true)).unwrap();
}

pub(super) fn gaps_read_as_zeros(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let file = rig.open("/f", both()).unwrap();
    write(&file, 300_000, "x");
    assert_eq!(run(file.stat()).unwrap().size, Some(300_001));
    assert!(read(&file, 0, 300_000) == vec![0; 300_000]);
    assert_eq!(read(&file, 299_999, 5), "\0x");
}

pub(super) fn appending_goes_to_the_end(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "start").unwrap();
    let options = OpenOptions {
        read: true,
        ..OpenOptions::appending()
    };
    let file = rig.open("/f", options).unwrap();
    assert_eq!(run(file.append("-one".into())).unwrap(), 5);
    rig.append("/f", "-other").unwrap();
    assert_eq!(run(file.append("-two".into())).unwrap(), 15);
    assert_eq!(read(&file, 0, 100), "start-one-other-two");
    let plain = rig.open("/f", both()).unwrap();
    assert_eq!(run(plain.append("!".into())).unwrap(), 19);
    assert_eq!(run(plain.append(Bytes::new())).unwrap(), 20);
}

pub(super) fn an_unlinked_file_lives_on(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "content").unwrap();
    let file = rig.open("/f", both()).unwrap();
    let second = rig.open("/f", OpenOptions::reading()).unwrap();
    rig.remove("/f").unwrap();
    assert!(rig.missing("/f"));
    write(&file, 7, " and more");
    assert_eq!(read(&second, 0, 100), "content and more");
    assert_eq!(run(file.stat()).unwrap().nlink, 0);
    rig.put("/f", "somebody else").unwrap();
    assert_eq!(read(&file, 0, 7), "content");
    drop(file);
    assert_eq!(read(&second, 0, 7), "content");
    drop(second);
    rig.holds("/f", "somebody else");
}

pub(super) fn a_renamed_file_keeps_its_handle(rig: &Rig) {
    if !able(rig) || !rig.caps.rename {
        return;
    }
    rig.put("/a", "a").unwrap();
    rig.put("/b", "b").unwrap();
    let (a, b) = (rig.open("/a", both()).unwrap(), rig.open("/b", both()).unwrap());
    rig.rename("/a", "/b").unwrap();
    write(&a, 1, "!");
    write(&b, 1, "?");
    rig.holds("/b", "a!");
    assert_eq!(read(&b, 0, 10), "b?");
}

pub(super) fn handles_see_each_other(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let (one, two) = (rig.open("/f", both()).unwrap(), rig.open("/f", both()).unwrap());
    write(&one, 0, "hello");
    assert_eq!(read(&two, 0, 10), "hello");
    let before = read(&two, 0, 10);
    write(&two, 0, "J");
    assert_eq!(read(&one, 0, 10), "Jello");
    assert_eq!(before, "hello", "what was read does not change");
    rig.holds("/f", "Jello");
}

pub(super) fn truncating_a_handle(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let file = rig.open("/f", both()).unwrap();
    write(&file, 0, "0123456789");
    run(file.truncate(3)).unwrap();
    run(file.truncate(5)).unwrap();
    assert_eq!(read(&file, 0, 10), "012\0\0");
    // More than fits into any memory: must cost nothing.
    run(file.truncate(1 << 40)).unwrap();
    let stat = run(file.stat()).unwrap();
    assert_eq!(stat.size, Some(1 << 40));
    assert!(stat.blocks.is_none_or(|b| b < 10_000), "{stat:?}");
    assert_eq!(read(&file, (1 << 40) - 3, 10), "\0\0\0");
    run(file.truncate(1)).unwrap();
    rig.holds("/f", "0");
}

pub(super) fn a_handle_has_attributes(rig: &Rig) {
    if !able(rig) || !rig.caps.attributes {
        return;
    }
    let file = rig.open("/f", both()).unwrap();
    let attr = SetAttr {
        mode: Some(0o604),
        mtime: Some(vfs::Time { seconds: 99, nanos: 7 }),
        ..SetAttr::default()
    };
    run(file.set_attr(attr)).unwrap();
    for stat in [run(file.stat()).unwrap(), rig.stat("/f").unwrap()] {
        assert_eq!((stat.mode, stat.mtime), (attr.mode, attr.mtime));
    }
}
