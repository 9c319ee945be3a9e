//! Mounts in the tree, permission, moving between mounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use vfs::resource::RenameMode;
use vfs::{BlockingFs, Cancel, Errno, Mode, Op, SessionView, Vfs};

use crate::fake::{Fake, LOCAL, OBJECTS};
use crate::support::{b, errno, names, p, tree};

#[test]
fn mounts_and_the_way_to_them_are_listed() {
    let (fs, fakes) = tree(&[("/", LOCAL), ("/a/b/c", OBJECTS), ("/a/d", LOCAL)]);
    fakes[0].put("/x", b"1");
    fakes[1].put("/f", b"1");
    assert_eq!(names(&fs, "/"), ["a", "dev", "x"]);
    assert_eq!(names(&fs, "/a"), ["b", "d"]);
    assert_eq!(names(&fs, "/a/b"), ["c"]);
    assert_eq!(names(&fs, "/a/b/c"), ["f"]);
    assert!(fs.stat(&p("/a/b")).unwrap().is_dir());
    assert_eq!(errno(fs.read_all(&p("/a/b"))), Errno::EISDIR);
    assert_eq!(errno(fs.write_all(&p("/a/b"), b("x"))), Errno::EISDIR);
    assert_eq!(errno(fs.list_all("/x")), Errno::ENOTDIR);
}

trait ListAll {
    fn list_all(&self, path: &str) -> vfs::Result<usize>;
}
impl ListAll for BlockingFs {
    fn list_all(&self, path: &str) -> vfs::Result<usize> {
        self.read_dir(&p(path)).map(|v| v.len())
    }
}

#[test]
fn names_can_be_made_where_only_a_mount_implies_the_directory() {
    let (fs, fakes) = tree(&[("/", LOCAL), ("/a/b/c", LOCAL)]);
    fs.write_all(&p("/a/b/f"), b("x")).unwrap();
    fs.mkdir(&p("/a/d"), None).unwrap();
    assert_eq!(fakes[0].content("/a/b/f").unwrap(), b"x");
    assert_eq!(names(&fs, "/a"), ["b", "d"]);
    assert_eq!(names(&fs, "/a/b"), ["c", "f"]);
}

#[test]
fn a_nested_mount_hides_what_was_there() {
    let (fs, fakes) = tree(&[("/", LOCAL), ("/a", LOCAL)]);
    fakes[0].put("/a/hidden", b"1");
    assert_eq!(names(&fs, "/a"), [""; 0]);
    assert_eq!(errno(fs.stat(&p("/a/hidden"))), Errno::ENOENT);
}

#[test]
fn mount_points_and_their_ancestors_are_busy() {
    let (fs, _) = tree(&[("/", LOCAL), ("/a/b", LOCAL)]);
    fs.mkdir(&p("/d"), None).unwrap();
    for path in ["/", "/a", "/a/b", "/dev"] {
        assert_eq!(errno(fs.rmdir(&p(path))), Errno::EBUSY, "{path}");
        assert_eq!(errno(fs.remove(&p(path))), Errno::EBUSY, "{path}");
        assert_eq!(
            errno(fs.rename(&p(path), &p("/e"), RenameMode::Replace)),
            Errno::EBUSY,
            "{path}"
        );
        assert_eq!(
            errno(fs.rename(&p("/d"), &p(path), RenameMode::Replace)),
            Errno::EBUSY,
            "{path}"
        );
        assert_eq!(errno(fs.mkdir(&p(path), None)), Errno::EEXIST, "{path}");
    }
}

#[test]
fn without_a_root_mount_the_root_is_an_empty_read_only_directory() {
    let (fs, _) = tree(&[("/m", LOCAL)]);
    assert_eq!(names(&fs, "/"), ["dev", "m"]);
    assert_eq!(errno(fs.write_all(&p("/x"), b("1"))), Errno::EROFS);
    assert_eq!(errno(fs.read_all(&p("/x"))), Errno::ENOENT);
    assert_eq!(fs.read_all(&p("/dev/null")).unwrap(), b(""));
    fs.write_all(&p("/dev/null"), b("gone")).unwrap();
}

#[test]
fn a_read_only_mount_refuses_every_change() {
    let vfs = Vfs::new();
    let fake = Arc::new(Fake::new(LOCAL));
    fake.put("/f", b"1");
    vfs.mount(p("/r"), fake, Mode::Read).unwrap();
    let fs = BlockingFs::new(vfs.fs(), Cancel::new());
    let (f, g) = (p("/r/f"), p("/r/g"));
    let answers = [
        errno(fs.write_all(&f, b("x"))),
        errno(fs.append(&f, b("x"))),
        errno(fs.truncate(&f, 0)),
        errno(fs.mkdir(&g, None)),
        errno(fs.remove(&f)),
        errno(fs.rmdir(&f)),
        errno(fs.rename(&f, &g, RenameMode::Replace)),
        errno(fs.copy(&f, &g)),
        errno(fs.link(&f, &g)),
        errno(fs.symlink(b"f", &g)),
        errno(fs.set_attr(
            &f,
            vfs::SetAttr {
                mode: Some(0),
                ..vfs::SetAttr::default()
            },
            true,
        )),
        errno(fs.open(&f, vfs::OpenOptions::writing()).map(drop)),
        errno(fs.check(Op::Write, &f)),
    ];
    assert_eq!(answers, [Errno::EROFS; 13]);
    assert_eq!(fs.read_all(&f).unwrap(), b("1"));
}

#[test]
fn a_session_sees_only_its_mounts_and_never_more_than_their_mode() {
    let (fs, _) = tree(&[("/a", LOCAL), ("/b", LOCAL), ("/c", LOCAL)]);
    fs.write_all(&p("/a/f"), b("1")).unwrap();
    let view = SessionView {
        id: "agent".into(),
        ceilings: Some(BTreeMap::from([(p("/a"), Mode::Read), (p("/b"), Mode::Write)])),
    };
    let fs = BlockingFs::new(fs.fs().vfs().fs_for(Arc::new(view)), Cancel::new());
    assert_eq!(fs.read_all(&p("/a/f")).unwrap(), b("1"));
    assert_eq!(errno(fs.write_all(&p("/a/f"), b("2"))), Errno::EROFS);
    fs.write_all(&p("/b/f"), b("2")).unwrap();
    let e = fs.read_all(&p("/c/f")).unwrap_err();
    assert_eq!(e.errno(), Errno::EACCES);
    assert_eq!(
        e.explanation(),
        Some("session 'agent' not allowed to access mount '/c'")
    );
    assert_eq!(names(&fs, "/"), ["a", "b", "dev"]);
    fs.write_all(&p("/dev/null"), b("x")).unwrap();
    // A link is no way around.
    fs.symlink(b"/c/f", &p("/b/way")).unwrap();
    assert_eq!(errno(fs.read_all(&p("/b/way"))), Errno::EACCES);
}

#[test]
fn between_mounts_rename_says_exdev_and_move_tree_moves() {
    for caps in [LOCAL, OBJECTS] {
        let (fs, _) = tree(&[("/a", LOCAL), ("/b", caps)]);
        fs.mkdir_all(&p("/a/t/u"), None).unwrap();
        fs.mkdir(&p("/a/t/empty"), None).unwrap();
        fs.write_all(&p("/a/t/u/f"), b("hello")).unwrap();
        fs.symlink(b"u/f", &p("/a/t/l")).unwrap();
        let mode = vfs::SetAttr {
            mode: Some(0o640),
            ..vfs::SetAttr::default()
        };
        fs.set_attr(&p("/a/t/u/f"), mode, true).unwrap();
        assert_eq!(
            errno(fs.rename(&p("/a/t"), &p("/b/t"), RenameMode::Replace)),
            Errno::EXDEV
        );
        fs.move_tree(&p("/a/t"), &p("/b/t")).unwrap();
        assert_eq!(errno(fs.lstat(&p("/a/t"))), Errno::ENOENT);
        assert_eq!(names(&fs, "/b/t"), ["empty", "l", "u"]);
        assert_eq!(fs.read_all(&p("/b/t/l")).unwrap(), b("hello"));
        assert_eq!(fs.stat(&p("/b/t/l")).unwrap().mode, Some(0o640));
        fs.write_all(&p("/a/g"), b("new")).unwrap();
        assert_eq!(errno(fs.move_tree(&p("/a/g"), &p("/b/t"))), Errno::EISDIR);
        fs.move_tree(&p("/a/g"), &p("/b/t/u/f")).unwrap();
        assert_eq!(fs.read_all(&p("/b/t/u/f")).unwrap(), b("new"));
    }
}

#[test]
fn errors_name_the_operation_and_the_path_as_asked() {
    let (fs, _) = tree(&[("/a", LOCAL)]);
    let e = fs.read_all(&p("/a/x")).unwrap_err();
    assert_eq!(e.to_string(), "ENOENT: no such file or directory, open '/a/x'");
    let e = fs.rename(&p("/a/x"), &p("/a/y"), RenameMode::Replace).unwrap_err();
    assert_eq!(
        e.to_string(),
        "ENOENT: no such file or directory, rename '/a/x' -> '/a/y'"
    );
    let e = fs.read_dir(&p("/a/x")).unwrap_err();
    assert_eq!(e.to_string(), "ENOENT: no such file or directory, scandir '/a/x'");
}
