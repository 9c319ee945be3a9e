//! Links, directories and attributes, in backends that have them and in those that have not.

use proptest::prelude::*;
use vfs::resource::RenameMode;
use vfs::{BlockingFs, Capabilities, Errno, FileKind, OpenOptions, SetAttr};

use crate::fake::{LOCAL, OBJECTS};
use crate::support::{b, errno, names, p, tree};

/// A backend without names of its own for links, directories or attributes, but fast.
const PLAIN: Capabilities = Capabilities {
    remote: false,
    instant: true,
    ..OBJECTS
};
const KINDS: [Capabilities; 3] = [LOCAL, PLAIN, OBJECTS];

#[test]
fn links_are_followed_in_the_middle_and_at_the_end_but_not_by_operations_on_names() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/", caps), ("/n", LOCAL)]);
        fs.mkdir_all(&p("/d/e"), None).unwrap();
        fs.write_all(&p("/d/e/f"), b("hello")).unwrap();
        fs.symlink(b"../d/e", &p("/d/l")).unwrap();
        fs.symlink(b"/d/l/f", &p("/n/far")).unwrap();
        assert_eq!(fs.read_all(&p("/n/far")).unwrap(), b("hello"));
        assert_eq!(fs.read_all(&p("/d/l/f")).unwrap(), b("hello"));
        assert_eq!(fs.read_link(&p("/d/l")).unwrap(), b("../d/e"));
        assert_eq!(fs.lstat(&p("/d/l")).unwrap().kind, FileKind::Symlink);
        assert_eq!(fs.lstat(&p("/d/l")).unwrap().size, Some(6));
        assert!(fs.stat(&p("/d/l")).unwrap().is_dir());
        assert_eq!(names(&fs, "/d"), ["e", "l"]);
        let entries = fs.read_dir(&p("/d")).unwrap();
        assert_eq!(entries[1].stat.as_ref().unwrap().kind, FileKind::Symlink);
        assert_eq!(names(&fs, "/d/l"), ["f"]);
        assert_eq!(fs.canonicalize(&p("/n/far")).unwrap(), p("/d/e/f"));
        assert_eq!(errno(fs.read_link(&p("/d/e"))), Errno::EINVAL);

        fs.mkdir(&p("/d/l/sub"), None).unwrap();
        fs.write_all(&p("/d/l/sub/x"), b("1")).unwrap();
        fs.append(&p("/n/far"), b(" world")).unwrap();
        assert_eq!(fs.read_all(&p("/d/e/f")).unwrap(), b("hello world"));
        fs.truncate(&p("/n/far"), 2).unwrap();
        assert_eq!(fs.read_all(&p("/d/e/f")).unwrap(), b("he"));
        fs.copy(&p("/n/far"), &p("/d/l/copy")).unwrap();
        fs.rename(&p("/d/l/copy"), &p("/d/l/sub/copy"), RenameMode::Replace)
            .unwrap();
        assert_eq!(names(&fs, "/d/e/sub"), ["copy", "x"]);

        fs.rename(&p("/d/l"), &p("/d/m"), RenameMode::Replace).unwrap();
        assert_eq!(fs.read_link(&p("/d/m")).unwrap(), b("../d/e"));
        assert_eq!(errno(fs.rmdir(&p("/d/m"))), Errno::ENOTDIR);
        fs.remove(&p("/d/m")).unwrap();
        assert_eq!(names(&fs, "/d"), ["e"]);
        assert_eq!(fs.read_all(&p("/d/e/f")).unwrap(), b("he"));
    }
}

#[test]
fn loops_end_and_dangling_links_are_created_through() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/", caps)]);
        fs.symlink(b"b", &p("/a")).unwrap();
        fs.symlink(b"a", &p("/b")).unwrap();
        assert_eq!(errno(fs.stat(&p("/a"))), Errno::ELOOP);
        assert_eq!(errno(fs.write_all(&p("/a"), b("x"))), Errno::ELOOP);
        assert_eq!(errno(fs.read_dir(&p("/a/c"))), Errno::ELOOP);
        fs.symlink(b"new", &p("/dangling")).unwrap();
        assert_eq!(errno(fs.stat(&p("/dangling"))), Errno::ENOENT);
        assert_eq!(errno(fs.mkdir(&p("/dangling"), None)), Errno::EEXIST);
        assert_eq!(errno(fs.symlink(b"x", &p("/dangling"))), Errno::EEXIST);
        fs.write_all(&p("/dangling"), b("x")).unwrap();
        assert_eq!(fs.read_all(&p("/new")).unwrap(), b("x"));
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
    }
}

#[test]
fn a_file_takes_the_place_of_a_link_and_a_link_that_of_a_file() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/", caps)]);
        fs.write_all(&p("/f"), b("1")).unwrap();
        fs.symlink(b"f", &p("/l")).unwrap();
        assert_eq!(
            errno(fs.rename(&p("/f"), &p("/l"), RenameMode::NoReplace)),
            Errno::EEXIST
        );
        fs.rename(&p("/f"), &p("/l"), RenameMode::Replace).unwrap();
        assert!(fs.lstat(&p("/l")).unwrap().is_file());
        fs.symlink(b"x", &p("/m")).unwrap();
        fs.rename(&p("/m"), &p("/l"), RenameMode::Replace).unwrap();
        assert_eq!(fs.read_link(&p("/l")).unwrap(), b("x"));
        assert_eq!(names(&fs, "/"), ["dev", "l"]);
    }
}

#[test]
fn directories_behave_alike_whether_the_backend_has_them_or_not() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/m", caps)]);
        assert_eq!(errno(fs.write_all(&p("/m/no/f"), b("x"))), Errno::ENOENT);
        assert_eq!(errno(fs.mkdir(&p("/m/no/d"), None)), Errno::ENOENT);
        fs.mkdir(&p("/m/d"), None).unwrap();
        assert_eq!(errno(fs.mkdir(&p("/m/d"), None)), Errno::EEXIST);
        assert!(fs.stat(&p("/m/d")).unwrap().is_dir());
        assert_eq!(errno(fs.read_all(&p("/m/d"))), Errno::EISDIR);
        assert_eq!(errno(fs.write_all(&p("/m/d"), b("x"))), Errno::EISDIR);
        assert_eq!(errno(fs.remove(&p("/m/d"))), Errno::EISDIR);
        fs.write_all(&p("/m/d/f"), b("x")).unwrap();
        assert_eq!(errno(fs.mkdir(&p("/m/d/f"), None)), Errno::EEXIST);
        assert_eq!(errno(fs.mkdir(&p("/m/d/f/g"), None)), Errno::ENOTDIR);
        assert_eq!(errno(fs.rmdir(&p("/m/d"))), Errno::ENOTEMPTY);
        assert_eq!(errno(fs.rmdir(&p("/m/d/f"))), Errno::ENOTDIR);
        fs.rename(&p("/m/d"), &p("/m/e"), RenameMode::Replace).unwrap();
        assert_eq!(fs.read_all(&p("/m/e/f")).unwrap(), b("x"));
        assert_eq!(names(&fs, "/m"), ["e"]);
        assert_eq!(
            errno(fs.rename(&p("/m/e"), &p("/m/e/x"), RenameMode::Replace)),
            Errno::EINVAL
        );
        fs.remove(&p("/m/e/f")).unwrap();
        assert_eq!(names(&fs, "/m/e"), [""; 0]);
        fs.rmdir(&p("/m/e")).unwrap();
        assert_eq!(errno(fs.stat(&p("/m/e"))), Errno::ENOENT);
        assert_eq!(names(&fs, "/m"), [""; 0]);
    }
}

#[test]
fn attributes_follow_a_rename_and_die_with_the_file() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/", caps)]);
        fs.write_all(&p("/f"), b("x")).unwrap();
        let attr = SetAttr {
            mode: Some(0o600),
            ..SetAttr::default()
        };
        fs.set_attr(&p("/f"), attr, true).unwrap();
        fs.rename(&p("/f"), &p("/g"), RenameMode::Replace).unwrap();
        assert_eq!(fs.stat(&p("/g")).unwrap().mode, Some(0o600));
        fs.remove(&p("/g")).unwrap();
        fs.write_all(&p("/g"), b("x")).unwrap();
        assert_ne!(fs.stat(&p("/g")).unwrap().mode, Some(0o600));
        assert_eq!(errno(fs.set_attr(&p("/none"), attr, true)), Errno::ENOENT);
    }
}

#[test]
fn the_namespace_survives_a_snapshot() {
    let (fs, _) = tree(&[("/", OBJECTS)]);
    fs.write_all(&p("/f"), b("x")).unwrap();
    fs.symlink(b"f", &p("/l")).unwrap();
    let state = fs.fs().vfs().namespace();
    fs.remove(&p("/l")).unwrap();
    fs.fs().vfs().set_namespace(state);
    assert_eq!(fs.read_all(&p("/l")).unwrap(), b("x"));
}

/// Follows a path through a table of links as path_resolution(7) describes, one component at a time.
fn naive(links: &[(String, String)], path: &str, last: bool) -> Option<String> {
    let mut todo: Vec<String> = path
        .split('/')
        .filter(|c| !c.is_empty())
        .rev()
        .map(String::from)
        .collect();
    let (mut at, mut hops) = (String::new(), 0);
    while let Some(part) = todo.pop() {
        let here = format!("{at}/{part}");
        match links.iter().find(|(name, _)| *name == here) {
            Some((_, target)) if last || !todo.is_empty() => {
                hops += 1;
                if hops > 40 {
                    return None;
                }
                if target.starts_with('/') {
                    at.clear();
                }
                todo.extend(target.split('/').filter(|c| !c.is_empty()).rev().map(String::from));
            }
            _ => at = here,
        }
    }
    Some(if at.is_empty() { "/".into() } else { at })
}

fn linked(caps: Capabilities) -> BlockingFs {
    let (fs, _) = tree(&[("/", caps)]);
    for d in ["/a", "/b", "/a/a", "/a/b", "/b/a", "/b/b"] {
        fs.mkdir(&p(d), None).unwrap();
    }
    fs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Both kinds of links lead where a walk over single components leads.
    #[test]
    fn walks_end_where_a_naive_walk_ends(
        links in proptest::collection::vec(("(/[ab]){0,2}/[xy]", "/?[abxy](/[abxy]){0,2}"), 1..6),
        asked in "(/[abxy]){1,4}",
    ) {
        for caps in [LOCAL, PLAIN] {
            let fs = linked(caps);
            let mut made: Vec<(String, String)> = Vec::new();
            for (at, target) in &links {
                // Only names whose directory is real, so that the name is the link's true place.
                if fs.symlink(target.as_bytes(), &p(at)).is_ok() {
                    made.push((at.clone(), target.clone()));
                }
            }
            let want = naive(&made, &asked, true);
            match fs.canonicalize(&p(&asked)) {
                Ok(found) => prop_assert_eq!(Some(found.to_string()), want),
                Err(e) if e.errno() == Errno::ELOOP => prop_assert_eq!(None, want),
                Err(e) => {
                    prop_assert_eq!(e.errno(), Errno::ENOENT);
                    let Some(want) = want else {
                        // The loop may lie behind a name that is missing.
                        return Ok(());
                    };
                    prop_assert_eq!(fs.lstat(&p(&want)).map_err(|e| e.errno()), Err(Errno::ENOENT));
                }
            }
        }
    }
}
