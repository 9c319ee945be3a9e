//! Modes and times.

use vfs::{Errno, OpenOptions, SetAttr, Time, WriteOptions};

use crate::rig::{Rig, fails, p, run};

/// Whether the backend keeps attributes; if not, that it says so.
fn able(rig: &Rig) -> bool {
    if !rig.caps.attributes {
        rig.put("/f", "x").unwrap();
        fails(rig.set_attr("/f", mode(0o600)), Errno::ENOTSUP);
    }
    rig.caps.attributes
}

fn mode(bits: u32) -> SetAttr {
    SetAttr {
        mode: Some(bits),
        ..SetAttr::default()
    }
}

fn times(atime: Option<Time>, mtime: Option<Time>) -> SetAttr {
    SetAttr {
        atime,
        mtime,
        ..SetAttr::default()
    }
}

pub(super) fn modes_are_kept(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    for bits in [0o600, 0o755, 0o4711, 0o644] {
        rig.set_attr("/f", mode(bits)).unwrap();
        assert_eq!(rig.stat("/f").unwrap().mode, Some(bits));
    }
    rig.set_attr("/d", mode(0o1770)).unwrap();
    assert_eq!(rig.stat("/d").unwrap().mode, Some(0o1770));
    rig.set_attr("/f", mode(0o640)).unwrap();
    rig.put("/f", "replaced").unwrap();
    assert_eq!(
        rig.stat("/f").unwrap().mode,
        Some(0o640),
        "replacing the content keeps the mode"
    );
}

pub(super) fn a_mode_for_what_is_made(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let options = WriteOptions {
        mode: Some(0o666),
        ..WriteOptions::default()
    };
    let stat = run(rig.fs.write(&p("/f"), Vec::new().into(), &options)).unwrap();
    assert_eq!(stat.mode, Some(0o666), "the caller has applied its umask");
    run(rig.fs.mkdir(&p("/d"), Some(0o777))).unwrap();
    assert_eq!(rig.stat("/d").unwrap().mode, Some(0o777));
    if rig.caps.random_access {
        let options = OpenOptions {
            mode: Some(0o622),
            ..OpenOptions::writing()
        };
        drop(rig.open("/h", options).unwrap());
        assert_eq!(rig.stat("/h").unwrap().mode, Some(0o622));
        drop(rig.open("/f", options).unwrap());
        assert_eq!(rig.stat("/f").unwrap().mode, Some(0o666), "only for a new file");
    }
}

pub(super) fn times_are_kept(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    let (a, m) = (
        Time {
            seconds: 1_000_000_000,
            nanos: 123_456_789,
        },
        Time {
            seconds: -86_400,
            nanos: 500_000_000,
        },
    );
    for path in ["/f", "/d"] {
        rig.set_attr(path, times(Some(a), Some(m))).unwrap();
        let stat = rig.stat(path).unwrap();
        assert_eq!((stat.atime, stat.mtime), (Some(a), Some(m)), "{path}");
    }
    rig.set_attr("/f", times(Some(m), None)).unwrap();
    assert_eq!(
        (rig.stat("/f").unwrap().atime, rig.stat("/f").unwrap().mtime),
        (Some(m), Some(m))
    );
    rig.set_attr("/f", times(None, Some(a))).unwrap();
    assert_eq!(
        (rig.stat("/f").unwrap().atime, rig.stat("/f").unwrap().mtime),
        (Some(m), Some(a))
    );
}

pub(super) fn writing_moves_the_times(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let old = Time {
        seconds: 1000,
        nanos: 0,
    };
    let aged = |path: &str| rig.set_attr(path, times(Some(old), Some(old))).unwrap();
    let mtime = |path: &str| rig.stat(path).unwrap().mtime.unwrap();
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    aged("/f");
    rig.put("/f", "y").unwrap();
    assert!(mtime("/f") > old);
    if rig.caps.append {
        aged("/f");
        rig.append("/f", "y").unwrap();
        assert!(mtime("/f") > old);
    }
    if rig.caps.random_access {
        aged("/f");
        rig.truncate("/f", 0).unwrap();
        assert!(mtime("/f") > old);
    }
    aged("/d");
    rig.put("/d/g", "x").unwrap();
    assert!(mtime("/d") > old, "a directory changes with its names");
    aged("/d");
    rig.put("/d/g", "in place or not, the names are the same").unwrap();
    rig.remove("/d/g").unwrap();
    assert!(mtime("/d") > old);
    aged("/f");
    rig.set_attr("/f", mode(0o600)).unwrap();
    assert_eq!(mtime("/f"), old, "a change of mode is not one of content");
    assert!(rig.stat("/f").unwrap().ctime.is_none_or(|t| t > old));
}

pub(super) fn attributes_of_a_link_are_its_own(rig: &Rig) {
    if !able(rig) || !rig.caps.symlinks {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.symlink("f", "/l").unwrap();
    let (before, then) = (rig.stat("/f").unwrap(), Time { seconds: 77, nanos: 0 });
    rig.set_attr("/l", times(None, Some(then))).unwrap();
    assert_eq!(rig.stat("/l").unwrap().mtime, Some(then));
    assert_eq!(rig.stat("/f").unwrap().mtime, before.mtime);
}

pub(super) fn refused_for_what_is_not_there(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    fails(rig.set_attr("/none", mode(0o600)), Errno::ENOENT);
    fails(rig.set_attr("/f/g", mode(0o600)), Errno::ENOTDIR);
}

pub(super) fn numbers_are_stable(rig: &Rig) {
    let before = rig.put("/f", "x").unwrap();
    if before.ino == 0 {
        return;
    }
    rig.put("/g", "x").unwrap();
    rig.mkdir("/d").unwrap();
    let inos = ["/", "/f", "/g", "/d"].map(|path| rig.stat(path).unwrap().ino);
    for (i, a) in inos.iter().enumerate() {
        assert!(inos[..i].iter().all(|b| a != b), "{inos:?}");
    }
    assert_eq!(rig.stat("/f").unwrap().ino, before.ino);
}
