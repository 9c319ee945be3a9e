//! Symbolic links, which a backend reports and never follows, and hard links.

use vfs::{Errno, FileKind, OpenOptions, Precondition};

use crate::rig::{Rig, fails, hits_link, p, run};

/// Whether the backend has symbolic links; if not, that it says so.
fn able(rig: &Rig) -> bool {
    if !rig.caps.symlinks {
        fails(rig.symlink("x", "/l"), Errno::ENOTSUP);
    }
    rig.caps.symlinks
}

pub(super) fn a_symbolic_link_is_itself(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.symlink("no/where", "/l").unwrap();
    let stat = rig.stat("/l").unwrap();
    assert_eq!((stat.kind, stat.size), (FileKind::Symlink, Some(8)));
    assert_eq!(rig.read_link("/l").unwrap(), "no/where");
    let listed = rig.list("/").unwrap();
    assert_eq!(&*listed[0].name, b"l");
    assert!(listed[0].stat.as_ref().is_none_or(|s| s.kind == FileKind::Symlink));
    rig.put("/f", "x").unwrap();
    fails(rig.read_link("/f"), Errno::EINVAL);
    fails(rig.read_link("/"), Errno::EINVAL);
    fails(rig.read_link("/none"), Errno::ENOENT);
}

pub(super) fn a_path_through_a_link_is_reported(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.mkdir("/d").unwrap();
    rig.mkdir("/d/e").unwrap();
    rig.put("/d/e/f", "x").unwrap();
    rig.symlink("d", "/l").unwrap();
    rig.symlink("../d/e", "/d/m").unwrap();
    hits_link(rig.stat("/l/e/f"), "/l", "d");
    hits_link(rig.stat("/l/none"), "/l", "d");
    hits_link(rig.get("/d/m/f"), "/d/m", "../d/e");
    hits_link(rig.list("/l/e"), "/l", "d");
    hits_link(rig.put("/l/new", "x"), "/l", "d");
    hits_link(rig.mkdir("/l/new"), "/l", "d");
    hits_link(rig.remove("/l/e/f"), "/l", "d");
    hits_link(rig.rmdir("/l/e"), "/l", "d");
    hits_link(rig.read_link("/l/m"), "/l", "d");
    hits_link(rig.symlink("x", "/l/x"), "/l", "d");
    if rig.caps.rename {
        hits_link(rig.rename("/l/e", "/x"), "/l", "d");
        hits_link(rig.rename("/d/e", "/l/x"), "/l", "d");
    }
    if rig.caps.random_access {
        hits_link(rig.open("/l/e/f", OpenOptions::reading()).map(drop), "/l", "d");
    }
    rig.holds("/d/e/f", "x");
}

pub(super) fn a_path_that_ends_in_a_link_is_reported(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.mkdir("/d").unwrap();
    rig.symlink("f", "/lf").unwrap();
    rig.symlink("/d", "/ld").unwrap();
    hits_link(rig.get("/lf"), "/lf", "f");
    hits_link(rig.put("/lf", "y"), "/lf", "f");
    hits_link(rig.list("/ld"), "/ld", "/d");
    hits_link(rig.list("/lf"), "/lf", "f");
    if rig.caps.append {
        hits_link(rig.append("/lf", "y"), "/lf", "f");
    }
    if rig.caps.copy {
        hits_link(rig.copy("/lf", "/x"), "/lf", "f");
        hits_link(rig.copy("/f", "/lf"), "/lf", "f");
    }
    if rig.caps.random_access {
        hits_link(rig.truncate("/lf", 0), "/lf", "f");
        hits_link(rig.open("/lf", OpenOptions::reading()).map(drop), "/lf", "f");
        hits_link(rig.open("/lf", OpenOptions::writing()).map(drop), "/lf", "f");
        let not_followed = OpenOptions {
            no_follow: true,
            ..OpenOptions::reading()
        };
        let refused = rig.open("/lf", not_followed).map(drop).unwrap_err();
        assert_eq!((refused.errno(), refused.link_hit().is_none()), (Errno::ELOOP, true));
    }
    rig.holds("/f", "x");
}

pub(super) fn a_link_in_the_way_of_making(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.symlink("nowhere", "/l").unwrap();
    fails(rig.mkdir("/l"), Errno::EEXIST);
    fails(rig.symlink("x", "/l"), Errno::EEXIST);
    fails(rig.symlink("x", "/"), Errno::EEXIST);
    fails(rig.symlink("", "/empty"), Errno::ENOENT);
    fails(rig.rmdir("/l"), Errno::ENOTDIR);
    fails(rig.put_if("/l", "x", Precondition::Absent), Errno::EEXIST);
    if rig.caps.random_access {
        let exclusive = OpenOptions {
            exclusive: true,
            ..OpenOptions::writing()
        };
        fails(rig.open("/l", exclusive).map(drop), Errno::EEXIST);
    }
    assert_eq!(rig.names("/").unwrap(), ["l"]);
}

pub(super) fn links_are_renamed_and_removed_themselves(rig: &Rig) {
    if !able(rig) {
        return;
    }
    rig.put("/f", "x").unwrap();
    rig.symlink("f", "/l").unwrap();
    if rig.caps.rename {
        rig.rename("/l", "/m").unwrap();
        assert_eq!(rig.read_link("/m").unwrap(), "f");
        rig.put("/g", "g").unwrap();
        rig.rename("/g", "/m").unwrap();
        rig.holds("/m", "g");
        rig.remove("/m").unwrap();
        rig.symlink("f", "/l").unwrap();
    }
    rig.remove("/l").unwrap();
    assert!(rig.missing("/l"));
    rig.holds("/f", "x");
}

pub(super) fn link_texts_are_kept_as_they_are(rig: &Rig) {
    if !able(rig) {
        return;
    }
    let long = "x/".repeat(2000);
    for (i, text) in ["../..", "./a//b/", "/abs olute", "a\nb", long.as_str(), ".", "/"]
        .iter()
        .enumerate()
    {
        let at = format!("/l{i}");
        rig.symlink(text, &at).unwrap();
        assert_eq!(rig.read_link(&at).unwrap(), text);
    }
    if rig.any_bytes {
        run(rig.fs.symlink(b"\xff\xfe", &p("/bytes"))).unwrap();
        assert_eq!(rig.read_link("/bytes").unwrap(), &b"\xff\xfe"[..]);
    }
}

pub(super) fn hard_links_share_everything(rig: &Rig) {
    if !rig.caps.hard_links {
        rig.put("/a", "x").unwrap();
        return fails(rig.link("/a", "/b"), Errno::ENOTSUP);
    }
    rig.mkdir("/d").unwrap();
    rig.put("/a", "x").unwrap();
    rig.link("/a", "/d/b").unwrap();
    let (a, b) = (rig.stat("/a").unwrap(), rig.stat("/d/b").unwrap());
    assert_eq!((a.ino, a.nlink, b.nlink), (b.ino, 2, 2));
    rig.put("/d/b", "written through the other name").unwrap();
    rig.holds("/a", "written through the other name");
    if rig.caps.append {
        rig.append("/a", "!").unwrap();
        rig.holds("/d/b", "written through the other name!");
    }
    rig.remove("/a").unwrap();
    assert_eq!(rig.stat("/d/b").unwrap().nlink, 1);
    assert_eq!(
        rig.get("/d/b").unwrap().len(),
        rig.stat("/d/b").unwrap().size.unwrap() as usize
    );
    if rig.caps.symlinks {
        rig.symlink("t", "/s").unwrap();
        rig.link("/s", "/s2").unwrap();
        assert_eq!(rig.read_link("/s2").unwrap(), "t");
        rig.remove("/s").unwrap();
        assert_eq!(rig.read_link("/s2").unwrap(), "t");
    }
}

pub(super) fn hard_link_refusals(rig: &Rig) {
    if !rig.caps.hard_links {
        return;
    }
    rig.mkdir("/d").unwrap();
    rig.put("/f", "x").unwrap();
    fails(rig.link("/d", "/e"), Errno::EPERM);
    fails(rig.link("/f", "/d"), Errno::EEXIST);
    fails(rig.link("/f", "/f"), Errno::EEXIST);
    fails(rig.link("/none", "/x"), Errno::ENOENT);
    fails(rig.link("/f", "/none/x"), Errno::ENOENT);
    fails(rig.link("/f", "/f/x"), Errno::ENOTDIR);
    assert_eq!(rig.stat("/f").unwrap().nlink, 1);
}
