//! RAM and Disk seen through the core: links of both, moves between them, open files, names that mounts imply.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like the tests themselves")]

use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use bytes::Bytes;
use resources::disk::Disk;
use resources::ram::Ram;
use vfs::resource::RenameMode;
use vfs::{BlockingFs, Cancel, Errno, FileKind, Mode, OpenOptions, Resource, Result, SetAttr, VPath, Vfs};

fn p(s: &str) -> VPath {
    VPath::new(s).unwrap()
}

fn b(s: &str) -> Bytes {
    Bytes::copy_from_slice(s.as_bytes())
}

fn errno<T: std::fmt::Debug>(r: Result<T>) -> Errno {
    r.unwrap_err().errno()
}

/// Both orders of RAM and Disk at `/` and `/n`, each in turn.
fn each(test: impl Fn(&BlockingFs)) {
    for disk_is_root in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let ram: Arc<dyn Resource> = Arc::new(Ram::new());
        let disk: Arc<dyn Resource> = Arc::new(Disk::new(dir.path()).unwrap());
        let (root, nested) = if disk_is_root { (disk, ram) } else { (ram, disk) };
        let vfs = Vfs::new();
        vfs.mount(p("/"), root, Mode::Write).unwrap();
        vfs.mount(p("/n/m"), nested, Mode::Write).unwrap();
        test(&BlockingFs::new(vfs.fs(), Cancel::new()));
    }
}

fn names(fs: &BlockingFs, dir: &str) -> Vec<String> {
    let entries = fs.read_dir(&p(dir)).unwrap();
    entries
        .iter()
        .map(|e| String::from_utf8_lossy(&e.name).into_owned())
        .collect()
}

#[test]
fn links_lead_from_one_backend_into_the_other() {
    each(|fs| {
        fs.mkdir_all(&p("/d/e"), None).unwrap();
        fs.write_all(&p("/d/e/f"), b("hello")).unwrap();
        fs.symlink(b"../d/e", &p("/d/l")).unwrap();
        fs.symlink(b"/d/l/f", &p("/n/m/far")).unwrap();
        fs.symlink(b"/n/m", &p("/into")).unwrap();
        assert_eq!(fs.read_all(&p("/into/far")).unwrap(), b("hello"));
        assert_eq!(fs.canonicalize(&p("/into/far")).unwrap(), p("/d/e/f"));
        assert_eq!(fs.lstat(&p("/into/far")).unwrap().kind, FileKind::Symlink);
        assert_eq!(fs.stat(&p("/into/far")).unwrap().size, Some(5));
        assert_eq!(fs.read_link(&p("/d/l")).unwrap(), b("../d/e"));
        assert_eq!(names(fs, "/d/l"), ["f"]);
        fs.append(&p("/into/far"), b(" world")).unwrap();
        fs.mkdir(&p("/d/l/sub"), None).unwrap();
        fs.copy(&p("/into/far"), &p("/into/copy")).unwrap();
        assert_eq!(fs.read_all(&p("/n/m/copy")).unwrap(), b("hello world"));
        fs.set_attr(
            &p("/into/far"),
            SetAttr {
                mode: Some(0o600),
                ..SetAttr::default()
            },
            true,
        )
        .unwrap();
        assert_eq!(fs.stat(&p("/d/e/f")).unwrap().mode, Some(0o600));
        fs.rename(&p("/into/copy"), &p("/into/copy2"), RenameMode::Replace)
            .unwrap();
        assert_eq!(
            errno(fs.rename(&p("/into/copy2"), &p("/x"), RenameMode::Replace)),
            Errno::EXDEV
        );
        fs.remove(&p("/into/far")).unwrap();
        assert_eq!(names(fs, "/n/m"), ["copy2"]);
        assert_eq!(fs.read_all(&p("/d/e/f")).unwrap(), b("hello world"));
        assert_eq!(errno(fs.rmdir(&p("/d/l"))), Errno::ENOTDIR);
        fs.symlink(b"loop", &p("/loop")).unwrap();
        assert_eq!(errno(fs.stat(&p("/loop"))), Errno::ELOOP);
        assert_eq!(
            errno(fs.open(&p("/loop/x"), OpenOptions::writing()).map(drop)),
            Errno::ELOOP
        );
    });
}

#[test]
fn open_follows_creates_and_refuses_as_posix_says() {
    each(|fs| {
        fs.symlink(b"/n/m/new", &p("/dangling")).unwrap();
        let exclusive = OpenOptions {
            exclusive: true,
            ..OpenOptions::writing()
        };
        assert_eq!(errno(fs.open(&p("/dangling"), exclusive).map(drop)), Errno::EEXIST);
        let no_follow = OpenOptions {
            no_follow: true,
            ..OpenOptions::reading()
        };
        assert_eq!(errno(fs.open(&p("/dangling"), no_follow).map(drop)), Errno::ELOOP);
        assert_eq!(
            errno(fs.open(&p("/dangling"), OpenOptions::reading()).map(drop)),
            Errno::ENOENT
        );
        let mut f = fs
            .open(
                &p("/dangling"),
                OpenOptions {
                    read: true,
                    ..OpenOptions::writing()
                },
            )
            .unwrap();
        f.write_all(b"hello").unwrap();
        assert_eq!(fs.read_all(&p("/n/m/new")).unwrap(), b("hello"));
        fs.remove(&p("/n/m/new")).unwrap();
        f.seek(SeekFrom::Start(0)).unwrap();
        let mut text = String::new();
        f.read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
        assert_eq!(
            errno(fs.open(&p("/n"), OpenOptions::writing()).map(drop)),
            Errno::EISDIR
        );
    });
}

#[test]
fn trees_move_between_the_two_and_names_can_be_made_beside_a_mount() {
    each(|fs| {
        fs.write_all(&p("/n/beside"), b("x")).unwrap();
        assert_eq!(names(fs, "/n"), ["beside", "m"]);
        fs.mkdir_all(&p("/t/u/v"), None).unwrap();
        fs.write_all(&p("/t/u/f"), b("1")).unwrap();
        fs.set_attr(
            &p("/t/u/f"),
            SetAttr {
                mode: Some(0o711),
                ..SetAttr::default()
            },
            true,
        )
        .unwrap();
        fs.symlink(b"u/f", &p("/t/l")).unwrap();
        let time = vfs::Time {
            seconds: 1_000_000_000,
            nanos: 5,
        };
        fs.set_attr(
            &p("/t/u"),
            SetAttr {
                mtime: Some(time),
                ..SetAttr::default()
            },
            true,
        )
        .unwrap();
        fs.move_tree(&p("/t"), &p("/n/m/t")).unwrap();
        assert_eq!(names(fs, "/n/m/t"), ["l", "u"]);
        assert_eq!(fs.stat(&p("/n/m/t/l")).unwrap().mode, Some(0o711));
        assert_eq!(fs.stat(&p("/n/m/t/u")).unwrap().mtime, Some(time));
        assert_eq!(errno(fs.stat(&p("/t"))), Errno::ENOENT);
        fs.move_tree(&p("/n/m/t"), &p("/back")).unwrap();
        assert_eq!(names(fs, "/back/u"), ["f", "v"]);
        assert_eq!(errno(fs.rename(&p("/n"), &p("/o"), RenameMode::Replace)), Errno::EBUSY);
    });
}

#[test]
fn errors_are_those_of_posix() {
    each(|fs| {
        for base in ["", "/n/m"] {
            let q = |s: &str| p(&format!("{base}{s}"));
            fs.write_all(&q("/f"), b("x")).unwrap();
            fs.mkdir(&q("/d"), None).unwrap();
            fs.write_all(&q("/d/x"), b("x")).unwrap();
            assert_eq!(errno(fs.stat(&q("/f/x"))), Errno::ENOTDIR);
            assert_eq!(errno(fs.write_all(&q("/no/x"), b("x"))), Errno::ENOENT);
            assert_eq!(errno(fs.write_all(&q("/d"), b("x"))), Errno::EISDIR);
            assert_eq!(errno(fs.read_all(&q("/d"))), Errno::EISDIR);
            assert_eq!(errno(fs.read_dir(&q("/f"))), Errno::ENOTDIR);
            assert_eq!(errno(fs.mkdir(&q("/d"), None)), Errno::EEXIST);
            assert_eq!(errno(fs.rmdir(&q("/d"))), Errno::ENOTEMPTY);
            assert_eq!(errno(fs.rmdir(&q("/f"))), Errno::ENOTDIR);
            assert_eq!(errno(fs.remove(&q("/d"))), Errno::EISDIR);
            assert_eq!(errno(fs.remove(&q("/none"))), Errno::ENOENT);
            assert_eq!(
                errno(fs.rename(&q("/d"), &q("/f"), RenameMode::Replace)),
                Errno::ENOTDIR
            );
            assert_eq!(errno(fs.rename(&q("/f"), &q("/d"), RenameMode::Replace)), Errno::EISDIR);
            assert_eq!(
                errno(fs.rename(&q("/d"), &q("/d/y"), RenameMode::Replace)),
                Errno::EINVAL
            );
            assert_eq!(
                errno(fs.rename(&q("/f"), &q("/d/x"), RenameMode::NoReplace)),
                Errno::EEXIST
            );
            assert_eq!(errno(fs.read_link(&q("/f"))), Errno::EINVAL);
            assert_eq!(errno(fs.symlink(b"x", &q("/f"))), Errno::EEXIST);
            assert_eq!(errno(fs.link(&q("/f"), &q("/d/x"))), Errno::EEXIST);
            fs.link(&q("/f"), &q("/hard")).unwrap();
            assert_eq!(fs.stat(&q("/f")).unwrap().nlink, 2);
        }
    });
}
