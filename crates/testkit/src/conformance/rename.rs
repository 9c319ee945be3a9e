//! Renaming: POSIX `rename`, `renameat2(2)`.

use vfs::Errno;
use vfs::resource::RenameMode;

use crate::rig::{Rig, fails};

/// Whether the backend renames; if not, that it says so.
fn able(rig: &Rig) -> bool {
    if !rig.caps.rename {
        rig.put("/a", "x").unwrap();
        fails(rig.rename("/a", "/b"), Errno::ENOTSUP);
        rig.holds("/a", "x");
    }
    rig.caps.rename
}

pub(super) fn a_file_moves(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.mkdir("/d").unwrap();
    let before = rig.put("/a", "content").unwrap();
    rig.rename("/a", "/d/b").unwrap();
    assert!(rig.missing("/a"));
    rig.holds("/d/b", "content");
    let after = rig.stat("/d/b").unwrap();
    assert_eq!((after.ino, after.mtime), (before.ino, before.mtime));
    assert_eq!(
        (rig.names("/").unwrap(), rig.names("/d").unwrap()),
        (vec!["d".into()], vec!["b".into()])
    );
}

pub(super) fn onto_a_file(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/a", "new").unwrap();
    rig.put("/b", "old").unwrap();
    rig.rename("/a", "/b").unwrap();
    rig.holds("/b", "new");
    assert_eq!(rig.names("/").unwrap(), ["b"]);
}

pub(super) fn onto_itself(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/a", "x").unwrap();
    rig.rename("/a", "/a").unwrap();
    rig.holds("/a", "x");
    rig.mkdir("/d").unwrap();
    rig.put("/d/f", "x").unwrap();
    rig.rename("/d", "/d").unwrap();
    rig.holds("/d/f", "x");
    if rig.caps.hard_links {
        // POSIX: two names of one file: nothing happens, both stay.
        rig.link("/a", "/b").unwrap();
        rig.rename("/a", "/b").unwrap();
        rig.holds("/a", "x");
        rig.holds("/b", "x");
    }
}

pub(super) fn a_tree_moves(rig: &Rig) {
    if !able(rig) {
        return;
    }
    for d in ["/t", "/t/u", "/t/u/v", "/other"] {
        rig.mkdir(d).unwrap();
    }
    rig.put("/t/u/v/f", "deep").unwrap();
    rig.rename("/t", "/other/moved").unwrap();
    assert!(rig.missing("/t"));
    assert!(rig.missing("/t/u/v/f"));
    rig.holds("/other/moved/u/v/f", "deep");
    rig.put("/other/moved/u/g", "new").unwrap();
    assert_eq!(rig.names("/other/moved/u").unwrap(), ["g", "v"]);
}

pub(super) fn onto_a_directory(rig: &Rig) {
    if !able(rig) {
        return;
    }
    for d in ["/a", "/empty", "/full"] {
        rig.mkdir(d).unwrap();
    }
    rig.put("/a/f", "x").unwrap();
    rig.put("/full/f", "x").unwrap();
    fails(rig.rename("/a", "/full"), Errno::ENOTEMPTY);
    rig.rename("/a", "/empty").unwrap();
    rig.holds("/empty/f", "x");
    assert!(rig.missing("/a"));
}

pub(super) fn into_itself(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.mkdir("/d").unwrap();
    rig.mkdir("/d/e").unwrap();
    fails(rig.rename("/d", "/d/x"), Errno::EINVAL);
    fails(rig.rename("/d", "/d/e"), Errno::EINVAL);
    fails(rig.rename("/d", "/d/e/x"), Errno::EINVAL);
    fails(rig.rename("/d/e", "/d"), Errno::ENOTEMPTY);
    rig.mkdir("/d2").unwrap();
    rig.rename("/d", "/d2/x").unwrap();
    assert_eq!(rig.names("/d2/x").unwrap(), ["e"]);
}

pub(super) fn refusals(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    fails(rig.rename("/none", "/x"), Errno::ENOENT);
    fails(rig.rename("/f", "/none/x"), Errno::ENOENT);
    fails(rig.rename("/none/f", "/x"), Errno::ENOENT);
    fails(rig.rename("/f/g", "/x"), Errno::ENOTDIR);
    fails(rig.rename("/d", "/f/g"), Errno::ENOTDIR);
    fails(rig.rename("/f", "/d"), Errno::EISDIR);
    fails(rig.rename("/d", "/f"), Errno::ENOTDIR);
    rig.holds("/f", "x");
    assert_eq!(rig.names("/").unwrap(), ["d", "f"]);
}

pub(super) fn without_replacing(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/a", "a").unwrap();
    rig.put("/b", "b").unwrap();
    rig.mkdir("/empty").unwrap();
    fails(rig.rename_as("/a", "/b", RenameMode::NoReplace), Errno::EEXIST);
    fails(rig.rename_as("/a", "/a", RenameMode::NoReplace), Errno::EEXIST);
    fails(rig.rename_as("/a", "/empty", RenameMode::NoReplace), Errno::EEXIST);
    fails(rig.rename_as("/none", "/b", RenameMode::NoReplace), Errno::ENOENT);
    rig.rename_as("/a", "/c", RenameMode::NoReplace).unwrap();
    rig.holds("/c", "a");
    rig.holds("/b", "b");
}

pub(super) fn exchanging(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/a", "a").unwrap();
    rig.put("/b", "b").unwrap();
    rig.rename_as("/a", "/b", RenameMode::Exchange).unwrap();
    rig.holds("/a", "b");
    rig.holds("/b", "a");
    rig.mkdir("/d").unwrap();
    rig.put("/d/f", "inside").unwrap();
    rig.rename_as("/a", "/d", RenameMode::Exchange).unwrap();
    rig.holds("/d", "b");
    rig.holds("/a/f", "inside");
    fails(rig.rename_as("/a", "/none", RenameMode::Exchange), Errno::ENOENT);
    fails(rig.rename_as("/a", "/a/f", RenameMode::Exchange), Errno::EINVAL);
    fails(rig.rename_as("/a/f", "/a", RenameMode::Exchange), Errno::EINVAL);
}

pub(super) fn the_root_does_not_move(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.mkdir("/d").unwrap();
    fails(rig.rename("/", "/x"), Errno::EBUSY);
    fails(rig.rename("/d", "/"), Errno::EBUSY);
}
