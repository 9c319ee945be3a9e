//! What other doors change is seen at once, and what a session may not do cannot be done.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use bytes::Bytes;
use fuse::{KernelMount, MountOptions};
use resources::{disk::Disk, ram::Ram};
use vfs::resource::RenameMode;
use vfs::{Mode, SessionView, Vfs};

use crate::rig::{Rig, available, errno, path};

/// Waits until `seen` holds: notices travel by a thread of their own.
fn soon(what: &str, seen: impl Fn() -> bool) {
    for _ in 0..300 {
        if seen() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the kernel never learnt: {what}");
}

/// Long-lived caches, so that only a notice can make the kernel look again.
fn patient() -> MountOptions {
    MountOptions {
        ttl: std::time::Duration::from_secs(3600),
        ..MountOptions::default()
    }
}

#[test]
fn changes_of_other_doors_are_seen() {
    let dir = tempfile::tempdir().unwrap();
    let backends: [Arc<dyn vfs::Resource>; 2] = [Arc::new(Ram::new()), Arc::new(Disk::new(dir.path()).unwrap())];
    for backend in backends {
        let Some(rig) = Rig::new(backend, patient()) else {
            return;
        };
        let (other, at) = (rig.fs(), |n: &str| rig.at(n));
        let write = |p: &str, s: &'static str| other.write_all(&path(p), Bytes::from_static(s.as_bytes())).unwrap();

        assert!(fs::metadata(at("new")).is_err());
        write("/data/new", "1");
        soon("a new file", || fs::read(at("new")).is_ok_and(|b| b == b"1"));

        write("/data/new", "other content");
        soon("new content and size", || {
            fs::read(at("new")).unwrap() == b"other content"
        });

        other.append(&path("/data/new"), Bytes::from_static(b"!")).unwrap();
        soon("an append", || fs::read(at("new")).unwrap() == b"other content!");

        other
            .rename(&path("/data/new"), &path("/data/moved"), RenameMode::Replace)
            .unwrap();
        soon("a rename", || {
            fs::metadata(at("new")).is_err() && fs::metadata(at("moved")).is_ok()
        });

        other.remove(&path("/data/moved")).unwrap();
        soon("a removal", || fs::metadata(at("moved")).is_err());

        other.mkdir_all(&path("/data/a/b"), None).unwrap();
        write("/data/a/b/c", "x");
        soon("directories", || fs::read(at("a/b/c")).is_ok_and(|b| b == b"x"));
        other
            .rename(&path("/data/a"), &path("/data/z"), RenameMode::Replace)
            .unwrap();
        soon("a moved tree", || {
            fs::metadata(at("a/b/c")).is_err() && fs::read(at("z/b/c")).is_ok_and(|b| b == b"x")
        });
        other.fs().vfs().invalidate(&path("/data"));
        assert_eq!(fs::read(at("z/b/c")).unwrap(), b"x");
    }
}

/// A directory in use stays usable when another door changes something in it, or its attributes.
#[test]
fn a_notice_does_not_disturb_who_stands_in_a_directory() {
    let Some(rig) = Rig::new(Arc::new(Ram::new()), patient()) else {
        return;
    };
    fs::create_dir(rig.at("d")).unwrap();
    let open = fs::File::open(rig.at("d")).unwrap();
    let attr = vfs::SetAttr {
        mode: Some(0o700),
        ..Default::default()
    };
    rig.fs().set_attr(&path("/data/d"), attr, true).unwrap();
    rig.fs()
        .write_all(&path("/data/d/f"), Bytes::from_static(b"x"))
        .unwrap();
    soon("a mode", || fs::metadata(rig.at("d")).unwrap().mode() & 0o777 == 0o700);
    let here = rustix::fs::readlinkat(rustix::fs::CWD, format!("/proc/self/fd/{}", fd(&open)), Vec::new()).unwrap();
    assert_eq!(
        here.to_bytes(),
        rig.at("d").as_os_str().as_encoded_bytes(),
        "still reachable by its name"
    );
}

fn fd(file: &fs::File) -> i32 {
    use std::os::fd::AsRawFd;
    file.as_raw_fd()
}

/// Two mounts of one tree see each other's changes.
#[test]
fn mounts_of_one_tree_agree() {
    let Some(rig) = Rig::new(Arc::new(Ram::new()), patient()) else {
        return;
    };
    let second = KernelMount::mount(rig.tree.fs(), path("/"), None, patient()).unwrap();
    let there = second.mountpoint().join("data/f");
    fs::write(rig.at("f"), "one").unwrap();
    soon("a file of the other mount", || {
        fs::read(&there).is_ok_and(|b| b == b"one")
    });
    fs::write(&there, "three").unwrap();
    soon("content of the other mount", || {
        fs::read(rig.at("f")).unwrap() == b"three"
    });
    // The whole workspace shows: mount points are directories.
    assert!(second.mountpoint().join("dev/null").symlink_metadata().is_ok());
}

#[test]
fn what_another_mount_replaces_all_the_time_can_always_be_opened() {
    let Some(rig) = Rig::new(Arc::new(Ram::new()), patient()) else {
        return;
    };
    let second = KernelMount::mount(rig.tree.fs(), path("/data"), None, patient()).unwrap();
    let (name, next) = (second.mountpoint().join("current"), second.mountpoint().join("next"));
    let here = rig.at("current");
    fs::write(&name, "0").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    fs::read(&here).unwrap();
                }
            });
        }
        for i in 0..2000 {
            fs::write(&next, i.to_string()).unwrap();
            fs::rename(&next, &name).unwrap();
        }
    });
}

#[test]
fn a_session_sees_and_does_only_what_it_may() {
    if !available() {
        return;
    }
    let tree = Vfs::new();
    for prefix in ["/open", "/shut", "/hidden"] {
        tree.mount(path(prefix), Arc::new(Ram::new()), Mode::Write).unwrap();
    }
    let ceilings = BTreeMap::from([(path("/open"), Mode::Write), (path("/shut"), Mode::Read)]);
    let session = SessionView {
        id: "s".into(),
        ceilings: Some(ceilings),
    };
    let mount = KernelMount::mount(tree.fs_for(Arc::new(session)), path("/"), None, MountOptions::default()).unwrap();
    let at = |n: &str| mount.mountpoint().join(n);
    fs::write(at("open/f"), "x").unwrap();
    assert_eq!(errno(fs::write(at("shut/f"), "x")), libc::EROFS);
    assert_eq!(errno(fs::create_dir(at("shut/d"))), libc::EROFS);
    assert_eq!(errno(fs::read_dir(at("hidden")).map(drop)), libc::EACCES);
    let mut names: Vec<_> = fs::read_dir(at("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["dev", "open", "shut"]);
}

/// Where nothing may be changed the kernel itself refuses, and says so in the mount table.
#[test]
fn a_read_only_mount_is_read_only() {
    if !available() {
        return;
    }
    let tree = Vfs::new();
    let ram = Arc::new(Ram::new());
    tree.mount(path("/data"), ram, Mode::Read).unwrap();
    let mount = KernelMount::mount(tree.fs(), path("/data"), None, MountOptions::default()).unwrap();
    assert_eq!(errno(fs::write(mount.mountpoint().join("f"), "x")), libc::EROFS);
    let stat = rustix::fs::statvfs(mount.mountpoint()).unwrap();
    assert!(stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
}
