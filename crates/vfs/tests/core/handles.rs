//! Open files: the same behaviour with and without random access.

use std::io::{Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use proptest::prelude::*;
use vfs::resource::RenameMode;
use vfs::{BlockingFs, Capabilities, Errno, OpenOptions, SetAttr};

use crate::fake::{LOCAL, OBJECTS};
use crate::support::{b, errno, p, tree};

const UPDATE: OpenOptions = OpenOptions {
    read: true,
    write: true,
    append: false,
    truncate: false,
    create: true,
    exclusive: false,
    no_follow: false,
    mode: None,
};
/// An object store that can append.
const LOG: Capabilities = Capabilities {
    append: true,
    ..OBJECTS
};
/// Without caches.
const NEAR: Capabilities = Capabilities {
    remote: false,
    instant: true,
    ..OBJECTS
};
const KINDS: [Capabilities; 4] = [LOCAL, OBJECTS, LOG, NEAR];

#[test]
fn what_is_written_is_there_after_close() {
    for caps in KINDS {
        let (fs, fakes) = tree(&[("/", caps)]);
        let mut f = fs.open(&p("/f"), OpenOptions::writing()).unwrap();
        f.write_all(b"hello ").unwrap();
        f.write_all(b"world").unwrap();
        assert_eq!(f.stat().unwrap().size, Some(11));
        f.close().unwrap();
        assert_eq!(fakes[0].content("/f").unwrap(), b"hello world");
        let mut f = fs.open(&p("/f"), UPDATE).unwrap();
        f.seek(SeekFrom::Start(6)).unwrap();
        f.write_all(b"W").unwrap();
        f.seek(SeekFrom::Start(0)).unwrap();
        let mut all = String::new();
        f.read_to_string(&mut all).unwrap();
        assert_eq!(all, "hello World");
        f.close().unwrap();
        assert_eq!(fakes[0].content("/f").unwrap(), b"hello World");
        for part in ["!", "?"] {
            let mut f = fs.open(&p("/f"), OpenOptions::appending()).unwrap();
            f.write_all(part.as_bytes()).unwrap();
            f.sync(false).unwrap();
            f.write_all(b".").unwrap();
            f.close().unwrap();
        }
        assert_eq!(fakes[0].content("/f").unwrap(), b"hello World!.?.");
        fs.open(&p("/empty"), OpenOptions::writing()).unwrap().close().unwrap();
        assert_eq!(fs.stat(&p("/empty")).unwrap().size, Some(0));
        assert_eq!(
            errno(fs.open(&p("/no/f"), OpenOptions::writing()).map(drop)),
            Errno::ENOENT
        );
        assert_eq!(
            errno(fs.open(&p("/none"), OpenOptions::reading()).map(drop)),
            Errno::ENOENT
        );
        let exclusive = OpenOptions {
            exclusive: true,
            ..OpenOptions::writing()
        };
        assert_eq!(errno(fs.open(&p("/f"), exclusive).map(drop)), Errno::EEXIST);
        let f = fs.open(&p("/new"), exclusive).unwrap();
        assert_eq!(fs.stat(&p("/new")).unwrap().size, Some(0));
        assert_eq!(errno(f.read_at(0, 1)), Errno::EBADF);
    }
}

#[test]
fn a_lost_race_is_stale_and_not_an_overwrite() {
    for caps in [OBJECTS, NEAR] {
        let (fs, fakes) = tree(&[("/", caps)]);
        fs.write_all(&p("/f"), b("old old")).unwrap();
        let f = fs.open(&p("/f"), UPDATE).unwrap();
        f.write_at(0, b("new")).unwrap();
        fakes[0].put("/f", b"foreign");
        assert_eq!(errno(f.sync(false)), Errno::ESTALE);
        assert_eq!(fakes[0].content("/f").unwrap(), b"foreign");
        // Who replaces all of it did not read the old version.
        let f = fs.open(&p("/f"), OpenOptions::writing()).unwrap();
        fakes[0].put("/f", b"again");
        f.write_at(0, b("mine")).unwrap();
        f.close().unwrap();
        assert_eq!(fakes[0].content("/f").unwrap(), b"mine");
    }
}

#[test]
fn open_files_survive_their_name() {
    for caps in KINDS {
        let (fs, fakes) = tree(&[("/", caps)]);
        fs.write_all(&p("/f"), b("content")).unwrap();
        fs.write_all(&p("/h"), b("other")).unwrap();
        let f = fs.open(&p("/f"), UPDATE).unwrap();
        fs.rename(&p("/f"), &p("/g"), RenameMode::Replace).unwrap();
        f.write_at(0, b("C")).unwrap();
        f.sync(false).unwrap();
        assert_eq!(fakes[0].content("/g").unwrap(), b"Content");
        assert!(fakes[0].content("/f").is_none());
        fs.rename(&p("/h"), &p("/g"), RenameMode::Replace).unwrap();
        assert_eq!(f.read_at(0, 100).unwrap(), b("Content"));
        f.write_at(0, b("lost")).unwrap();
        f.sync(false).unwrap();
        assert_eq!(fs.read_all(&p("/g")).unwrap(), b("other"));
        let g = fs.open(&p("/g"), OpenOptions::reading()).unwrap();
        fs.remove(&p("/g")).unwrap();
        assert_eq!(g.read_at(0, 100).unwrap(), b("other"));
    }
}

#[test]
fn a_dropped_file_commits_by_itself() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    let f = fs.open(&p("/f"), OpenOptions::writing()).unwrap();
    f.write_at(0, b("kept")).unwrap();
    drop(f);
    while fakes[0].content("/f").is_none() {
        std::thread::yield_now();
    }
    assert_eq!(fakes[0].content("/f").unwrap(), b"kept");
}

#[test]
fn a_mode_given_at_creation_and_one_given_later_are_kept() {
    for caps in KINDS {
        let (fs, _) = tree(&[("/", caps)]);
        let f = fs
            .open(
                &p("/f"),
                OpenOptions {
                    mode: Some(0o700),
                    ..OpenOptions::writing()
                },
            )
            .unwrap();
        f.write_at(0, b("x")).unwrap();
        f.close().unwrap();
        assert_eq!(fs.stat(&p("/f")).unwrap().mode, Some(0o700));
        let attr = SetAttr {
            mode: Some(0o600),
            ..SetAttr::default()
        };
        fs.set_attr(&p("/f"), attr, true).unwrap();
        assert_eq!(
            fs.open(&p("/f"), OpenOptions::reading()).unwrap().stat().unwrap().kind,
            vfs::FileKind::File
        );
        assert_eq!(fs.stat(&p("/f")).unwrap().mode, Some(0o600));
    }
}

#[test]
fn a_file_larger_than_memory_allows_is_spooled_to_disk() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    let f = fs.open(&p("/f"), UPDATE).unwrap();
    let part = Bytes::from(vec![7; 3 << 20]);
    for i in 0..5 {
        f.write_at(i * (3 << 20) + 1, part.clone()).unwrap();
    }
    f.close().unwrap();
    let data = fakes[0].content("/f").unwrap();
    assert_eq!((data.len(), data[0]), ((15 << 20) + 1, 0));
    assert!(data[1..].iter().all(|b| *b == 7));
}

#[derive(Debug, Clone)]
enum Step {
    Write(u64, Vec<u8>),
    Append(Vec<u8>),
    Truncate(u64),
    Read(u64, usize),
    Sync,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let data = || proptest::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        (0u64..60, data()).prop_map(|(at, d)| Step::Write(at, d)),
        data().prop_map(Step::Append),
        (0u64..60).prop_map(Step::Truncate),
        (0u64..80, 0usize..80).prop_map(|(at, n)| Step::Read(at, n)),
        Just(Step::Sync),
        Just(Step::Reopen),
    ]
}

fn run(fs: &BlockingFs, steps: &[Step], start: &[u8]) -> Vec<u8> {
    let path = p("/f");
    fs.write_all(&path, Bytes::copy_from_slice(start)).unwrap();
    let mut model = start.to_vec();
    let mut f = fs.open(&path, UPDATE).unwrap();
    for step in steps {
        match step {
            Step::Write(at, data) => {
                f.write_at(*at, data.clone().into()).unwrap();
                let end = *at as usize + data.len();
                if !data.is_empty() {
                    model.resize(model.len().max(end), 0);
                    model[*at as usize..end].copy_from_slice(data);
                }
            }
            Step::Append(data) => {
                let at = model.len() as u64;
                f.write_at(at, data.clone().into()).unwrap();
                model.extend_from_slice(data);
            }
            Step::Truncate(len) => {
                f.truncate(*len).unwrap();
                model.resize(*len as usize, 0);
            }
            Step::Read(at, n) => {
                let from = (*at as usize).min(model.len());
                let to = (from + n).min(model.len());
                assert_eq!(f.read_at(*at, *n).unwrap(), &model[from..to]);
            }
            Step::Sync => {
                f.sync(false).unwrap();
                assert_eq!(fs.read_all(&path).unwrap(), &model[..]);
            }
            Step::Reopen => {
                f.close().unwrap();
                f = fs.open(&path, UPDATE).unwrap();
            }
        }
        assert_eq!(f.stat().unwrap().size, Some(model.len() as u64));
    }
    f.close().unwrap();
    assert_eq!(fs.read_all(&path).unwrap(), &model[..]);
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// A file behaves as a growing array of bytes, whatever its backend can do.
    #[test]
    fn files_are_arrays_of_bytes(
        steps in proptest::collection::vec(step(), 0..24),
        start in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        for caps in KINDS {
            let (fs, fakes) = tree(&[("/", caps)]);
            let model = run(&fs, &steps, &start);
            prop_assert_eq!(fakes[0].content("/f").unwrap(), model);
        }
    }
}
