//! Directories: make, list, remove.

use vfs::{Errno, FileKind};

use crate::rig::{Rig, fails};

pub(super) fn made_and_listed(rig: &Rig) {
    assert!(rig.stat("/").unwrap().is_dir());
    assert_eq!(rig.list("/").unwrap(), []);
    rig.mkdir("/a").unwrap();
    rig.mkdir("/a/b").unwrap();
    rig.put("/a/f", "x").unwrap();
    assert_eq!(rig.names("/").unwrap(), ["a"]);
    assert_eq!(rig.names("/a").unwrap(), ["b", "f"]);
    assert_eq!(rig.list("/a/b").unwrap(), []);
    assert!(rig.stat("/a/b").unwrap().is_dir());
}

pub(super) fn listing_knows_what_stat_knows(rig: &Rig) {
    rig.put("/f", "12345").unwrap();
    rig.mkdir("/d").unwrap();
    for entry in rig.list("/").unwrap() {
        let path = format!("/{}", String::from_utf8_lossy(&entry.name));
        let stat = rig.stat(&path).unwrap();
        if let Some(listed) = entry.stat {
            assert_eq!(
                (listed.kind, listed.size, listed.ino),
                (stat.kind, stat.size, stat.ino),
                "{path}"
            );
            assert_eq!((listed.mtime, listed.mode), (stat.mtime, stat.mode), "{path}");
            assert_eq!(listed.fingerprint, stat.fingerprint, "{path}");
        }
    }
    fails(rig.list("/f"), Errno::ENOTDIR);
    fails(rig.list("/f/g"), Errno::ENOTDIR);
    fails(rig.list("/none"), Errno::ENOENT);
    fails(rig.list("/none/d"), Errno::ENOENT);
}

pub(super) fn making_where_it_cannot_be(rig: &Rig) {
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    fails(rig.mkdir("/d"), Errno::EEXIST);
    fails(rig.mkdir("/f"), Errno::EEXIST);
    fails(rig.mkdir("/"), Errno::EEXIST);
    fails(rig.mkdir("/f/d"), Errno::ENOTDIR);
    fails(rig.mkdir("/none/d"), Errno::ENOENT);
    rig.holds("/f", "x");
}

pub(super) fn a_large_directory_is_listed_once(rig: &Rig) {
    rig.mkdir("/d").unwrap();
    let mut want: Vec<String> = (0..2500).map(|i| format!("file-{i}")).collect();
    for name in &want {
        rig.put(&format!("/d/{name}"), "").unwrap();
    }
    want.sort();
    assert_eq!(rig.names("/d").unwrap(), want);
}

pub(super) fn removing_directories(rig: &Rig) {
    rig.mkdir("/d").unwrap();
    rig.mkdir("/d/e").unwrap();
    rig.put("/f", "x").unwrap();
    fails(rig.rmdir("/d"), Errno::ENOTEMPTY);
    fails(rig.rmdir("/f"), Errno::ENOTDIR);
    fails(rig.rmdir("/none"), Errno::ENOENT);
    fails(rig.rmdir("/none/d"), Errno::ENOENT);
    fails(rig.rmdir("/f/d"), Errno::ENOTDIR);
    rig.put("/d/e/f", "x").unwrap();
    fails(rig.rmdir("/d/e"), Errno::ENOTEMPTY);
    rig.remove("/d/e/f").unwrap();
    rig.rmdir("/d/e").unwrap();
    rig.rmdir("/d").unwrap();
    fails(rig.rmdir("/d"), Errno::ENOENT);
    assert_eq!(rig.names("/").unwrap(), ["f"]);
}

pub(super) fn the_root_stays(rig: &Rig) {
    fails(rig.rmdir("/"), Errno::EBUSY);
    rig.put("/f", "x").unwrap();
    fails(rig.rmdir("/"), Errno::EBUSY);
    assert!(rig.stat("/").unwrap().is_dir());
}

pub(super) fn removed_and_made_again(rig: &Rig) {
    rig.mkdir("/x").unwrap();
    rig.rmdir("/x").unwrap();
    rig.put("/x", "a file now").unwrap();
    assert_eq!(rig.stat("/x").unwrap().kind, FileKind::File);
    rig.remove("/x").unwrap();
    rig.mkdir("/x").unwrap();
    assert_eq!(rig.stat("/x").unwrap().kind, FileKind::Dir);
    assert_eq!(rig.list("/x").unwrap(), []);
}
