//! Caches: fewer requests, never another answer.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use vfs::resource::RenameMode;
use vfs::{BlockingFs, ByteRange, Cancel, Consistency, Errno, Mode, MountOptions, OpenOptions, Recording, Vfs};

use crate::fake::{Fake, OBJECTS};
use crate::support::{b, errno, names, p, tree};

fn mounted(options: MountOptions, prepare: impl FnOnce(&mut Fake)) -> (BlockingFs, Arc<Fake>) {
    let mut fake = Fake::new(OBJECTS);
    prepare(&mut fake);
    let (vfs, fake) = (Vfs::new(), Arc::new(fake));
    vfs.mount_with(p("/"), fake.clone(), options).unwrap();
    (BlockingFs::new(vfs.fs(), Cancel::new()), fake)
}

#[test]
fn the_second_question_costs_nothing() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fakes[0].put("/d/f", b"hello");
    for _ in 0..3 {
        assert_eq!(fs.stat(&p("/d/f")).unwrap().size, Some(5));
        assert_eq!(names(&fs, "/d"), ["f"]);
        assert_eq!(fs.read_all(&p("/d/f")).unwrap(), b("hello"));
        assert_eq!(errno(fs.stat(&p("/d/g"))), Errno::ENOENT);
    }
    let c = &fakes[0].counts;
    assert_eq!(
        (c.stat.load(SeqCst), c.list.load(SeqCst), c.read.load(SeqCst)),
        (1, 1, 1)
    );
    let stats = fs.fs().vfs().cache_stats();
    assert_eq!((stats.block_misses, stats.block_hits), (1, 2));
    assert!(stats.index_hits >= 8 && stats.bytes >= 5);
}

#[test]
fn a_listing_answers_for_the_names_in_it_and_for_those_that_are_not() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fakes[0].put("/d/f", b"hello");
    names(&fs, "/d");
    assert_eq!(fs.stat(&p("/d/f")).unwrap().size, Some(5));
    assert_eq!(errno(fs.stat(&p("/d/none"))), Errno::ENOENT);
    assert_eq!(fakes[0].counts.stat.load(SeqCst), 0);
}

#[test]
fn the_head_of_a_huge_file_is_one_small_request_and_all_of_it_few_large_ones() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    let data: Vec<u8> = (0..40_000_000u32).map(|i| (i >> 8) as u8).collect();
    fakes[0].put("/big", &data);
    let mut head = [0; 100];
    fs.read(&p("/big"), ByteRange::ALL)
        .unwrap()
        .read_exact(&mut head)
        .unwrap();
    assert_eq!(head, data[..100]);
    let c = &fakes[0].counts;
    assert_eq!((c.read.load(SeqCst), c.read_bytes.load(SeqCst)), (1, 256 * 1024));
    assert_eq!(fs.read_all(&p("/big")).unwrap(), data);
    assert!(c.read.load(SeqCst) < 12, "{}", c.read.load(SeqCst));
    assert_eq!(c.read_bytes.load(SeqCst), data.len() as u64);
    let mut all = Vec::new();
    fs.read(&p("/big"), ByteRange::ALL)
        .unwrap()
        .read_to_end(&mut all)
        .unwrap();
    assert_eq!(all, data);
    assert_eq!(c.read_bytes.load(SeqCst), data.len() as u64);
    let mut middle = Vec::new();
    fs.read(&p("/big"), ByteRange::at(999_999, 1_000_000))
        .unwrap()
        .read_to_end(&mut middle)
        .unwrap();
    assert_eq!(middle, &data[999_999..1_999_999]);
}

#[test]
fn a_streaming_reader_asks_for_more_each_time() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fakes[0].put("/big", &vec![1; 30 << 20]);
    let mut all = Vec::new();
    fs.read(&p("/big"), ByteRange::ALL)
        .unwrap()
        .read_to_end(&mut all)
        .unwrap();
    assert_eq!(all.len(), 30 << 20);
    assert!(fakes[0].counts.read.load(SeqCst) <= 12);
}

#[test]
fn an_open_file_that_is_read_from_front_to_back_asks_for_more_each_time() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    let data: Vec<u8> = (0..20_000_000u32).map(|i| (i >> 8) as u8).collect();
    fakes[0].put("/big", &data);
    let mut all = Vec::new();
    let mut f = fs.open(&p("/big"), OpenOptions::reading()).unwrap();
    let mut buf = vec![0; 65_536];
    loop {
        let n = f.read(&mut buf).unwrap();
        if n == 0 {
            break;
        }
        all.extend_from_slice(&buf[..n]);
    }
    assert_eq!(all, data);
    let c = &fakes[0].counts;
    assert!(c.read.load(SeqCst) <= 12, "{}", c.read.load(SeqCst));
    assert_eq!(c.read_bytes.load(SeqCst), data.len() as u64);
    // A look here and there brings one block each.
    fakes[0].put("/other", &data);
    let f = fs.open(&p("/other"), OpenOptions::reading()).unwrap();
    let before = c.read_bytes.load(SeqCst);
    for at in [10_000_000, 3_000_000, 15_000_000] {
        assert_eq!(f.read_at(at, 10).unwrap(), &data[at as usize..at as usize + 10]);
    }
    assert_eq!(c.read_bytes.load(SeqCst) - before, 3 * 256 * 1024);
}

#[test]
fn a_listing_of_a_whole_tree_answers_for_every_directory_in_it() {
    let (fs, fakes) = tree(&[("/m", OBJECTS), ("/m/n/o", OBJECTS)]);
    for f in ["/d/e/f", "/d/e/g", "/d/h", "/i"] {
        fakes[0].put(f, b"x");
    }
    let all = fs.flat_list(&p("/m/d")).unwrap().unwrap();
    let paths: Vec<String> = all.iter().map(|e| e.path.to_string()).collect();
    assert_eq!(paths, ["/m/d/e/f", "/m/d/e/g", "/m/d/h"]);
    assert_eq!(names(&fs, "/m/d"), ["e", "h"]);
    assert_eq!(names(&fs, "/m/d/e"), ["f", "g"]);
    assert_eq!(errno(fs.stat(&p("/m/d/e/none"))), Errno::ENOENT);
    assert!(fs.stat(&p("/m/d/e")).unwrap().is_dir());
    let c = &fakes[0].counts;
    assert_eq!((c.list.load(SeqCst), c.stat.load(SeqCst)), (1, 0));
    assert_eq!(names(&fs, "/m"), ["d", "i", "n"]);
    // Where a mount or a link lies below, the caller walks.
    assert!(fs.flat_list(&p("/m")).unwrap().is_none());
    fs.symlink(b"x", &p("/m/d/l")).unwrap();
    assert!(fs.flat_list(&p("/m/d")).unwrap().is_none());
    fs.write_all(&p("/m/d/e/new"), b("y")).unwrap();
    assert_eq!(names(&fs, "/m/d/e"), ["f", "g", "new"]);
}

#[test]
fn many_askers_share_one_request() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fakes[0].put("/f", &vec![5; 100_000]);
    std::thread::scope(|s| {
        for _ in 0..16 {
            s.spawn(|| assert_eq!(fs.read_all(&p("/f")).unwrap().len(), 100_000));
        }
    });
    let c = &fakes[0].counts;
    assert_eq!((c.stat.load(SeqCst), c.read.load(SeqCst)), (1, 1));
}

#[test]
fn an_asker_that_gives_up_does_not_take_the_others_with_it() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fakes[0].put("/f", b"hello");
    let (one, two, path) = (fs.fs().clone(), fs.fs().clone(), p("/f"));
    let mut first = Box::pin(one.stat(&path));
    let mut second = Box::pin(two.stat(&path));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(first.as_mut().poll(&mut cx).is_pending());
    assert!(second.as_mut().poll(&mut cx).is_pending());
    drop(first);
    let stat = vfs::runtime::block_on(&Cancel::new(), second).unwrap();
    assert_eq!(stat.size, Some(5));
    assert_eq!(fakes[0].counts.stat.load(SeqCst), 1);
}

#[test]
fn outside_changes_are_seen_after_invalidation_or_always() {
    let (fs, fake) = mounted(MountOptions::new(Mode::Write), |_| {});
    fake.put("/f", b"one");
    assert_eq!(fs.read_all(&p("/f")).unwrap(), b("one"));
    fake.put("/f", b"three");
    assert_eq!(fs.read_all(&p("/f")).unwrap(), b("one"));
    fs.fs().vfs().invalidate(&p("/f"));
    assert_eq!(fs.read_all(&p("/f")).unwrap(), b("three"));

    for prepare in [|_: &mut Fake| {}, |f: &mut Fake| f.fingerprints = false] {
        let options = MountOptions::new(Mode::Write).consistency(Consistency::Always);
        let (fs, fake) = mounted(options, prepare);
        fake.put("/f", b"one");
        assert_eq!(fs.read_all(&p("/f")).unwrap(), b("one"));
        fake.put("/f", b"two");
        assert_eq!(fs.read_all(&p("/f")).unwrap(), b("two"));
        fs.read_all(&p("/f")).unwrap();
        let reads = if fake.fingerprints { 2 } else { 3 };
        assert_eq!(fake.counts.read.load(SeqCst), reads);
    }
    let (fs, fake) = mounted(MountOptions::new(Mode::Write).ttl(Duration::ZERO), |_| {});
    fake.put("/f", b"one");
    fs.stat(&p("/f")).unwrap();
    fake.put("/f", b"three");
    assert_eq!(fs.stat(&p("/f")).unwrap().size, Some(5));
}

#[test]
fn a_change_between_stat_and_read_starts_the_read_again() {
    let (fs, fake) = mounted(MountOptions::new(Mode::Write), |_| {});
    fake.put("/f", b"one");
    fs.stat(&p("/f")).unwrap();
    fake.put("/f", b"three");
    assert_eq!(fs.read_all(&p("/f")).unwrap(), b("three"));
    let f = fs.open(&p("/f"), OpenOptions::reading()).unwrap();
    fake.put("/f", b"seventeen");
    fs.fs().vfs().set_cache_limit(0);
    assert_eq!(f.read_at(0, 100).unwrap(), b("seventeen"));
    fake.put("/f", b"x");
    assert_eq!(errno(f.read_at(0, 100)), Errno::ESTALE);
}

#[test]
fn a_finished_write_is_seen_by_every_later_read() {
    for fingerprints in [true, false] {
        let (fs, _) = mounted(MountOptions::new(Mode::Write), |f| f.fingerprints = fingerprints);
        let path = p("/f");
        let finished = std::sync::atomic::AtomicU64::new(0);
        let number = |bytes: &[u8]| String::from_utf8_lossy(bytes).parse::<u64>().unwrap();
        fs.write_all(&path, b("0")).unwrap();
        std::thread::scope(|s| {
            s.spawn(|| {
                for i in 1..300u64 {
                    let written = fs.write_all(&path, b(&i.to_string()));
                    let read = fs.read_all(&path).map(|bytes| number(&bytes));
                    // Before anything can fail: the readers wait for the last number.
                    finished.store(i, SeqCst);
                    written.unwrap();
                    assert_eq!(read.unwrap(), i);
                }
            });
            for _ in 0..3 {
                s.spawn(|| {
                    while finished.load(SeqCst) < 299 {
                        let before = finished.load(SeqCst);
                        // Without fingerprints a read across two versions of different length is refused.
                        match fs.read_all(&path) {
                            Ok(bytes) => assert!(number(&bytes) >= before),
                            Err(e) => assert_eq!(e.errno(), Errno::ESTALE),
                        }
                        assert_eq!(names(&fs, "/"), ["dev", "f"]);
                    }
                });
            }
        });
    }
}

#[test]
fn appends_from_many_threads_are_all_kept() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    std::thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| (0..20).for_each(|_| fs.append(&p("/log"), b("line\n")).unwrap()));
        }
    });
    assert_eq!(fakes[0].content("/log").unwrap().len(), 8 * 20 * 5);
}

#[test]
fn the_byte_limit_holds() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    fs.fs().vfs().set_cache_limit(1 << 20);
    for i in 0..20 {
        fakes[0].put(&format!("/{i}"), &vec![1; 200_000]);
        fs.read_all(&p(&format!("/{i}"))).unwrap();
    }
    let stats = fs.fs().vfs().cache_stats();
    assert!(stats.bytes <= 1 << 20 && stats.bytes > 1 << 19);
}

#[test]
fn operations_are_recorded_and_changes_announced() {
    let (fs, fakes) = tree(&[("/", OBJECTS)]);
    let vfs = fs.fs().vfs();
    let heard = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let ears = heard.clone();
    let id = vfs.on_change(Arc::new(move |path, tree| ears.lock().push((path.to_string(), tree))));
    fakes[0].put("/f", b"hello");
    fs.read_all(&p("/f")).unwrap();
    fs.read_all(&p("/f")).unwrap();
    fs.write_all(&p("/g"), b("abc")).unwrap();
    let records: Vec<_> = vfs
        .records()
        .snapshot()
        .iter()
        .filter(|r| r.op != "stat")
        .map(|r| {
            (
                r.op,
                r.path.to_string(),
                r.source.kind().to_owned(),
                r.bytes,
                r.is_cache,
            )
        })
        .collect();
    let entry = |op, path: &str, bytes, hit| (op, path.to_owned(), "fake".to_owned(), bytes, hit);
    assert_eq!(
        records,
        [
            entry("read", "/f", 5, false),
            entry("read", "/f", 5, true),
            entry("write", "/g", 3, false)
        ]
    );
    let totals = vfs.records().totals();
    assert_eq!((totals.bytes, totals.cache_bytes), (8, 5));
    vfs.records().set_recording(Recording::Off);
    vfs.records().clear();
    fs.read_all(&p("/f")).unwrap();
    assert!(vfs.records().snapshot().is_empty());
    vfs.forget_listener(id);
    fs.remove(&p("/g")).unwrap();
    assert_eq!(*heard.lock(), [("/g".to_owned(), false)]);
}

#[derive(Debug, Clone)]
enum Step {
    Write(String, Vec<u8>),
    Append(String, Vec<u8>),
    Remove(String),
    Mkdir(String),
    Rmdir(String),
    Rename(String, String),
    Look(String),
    List(String),
}

fn step() -> impl Strategy<Value = Step> {
    let path = || "(/[ab]){1,3}";
    let data = || proptest::collection::vec(any::<u8>(), 0..6);
    prop_oneof![
        (path(), data()).prop_map(|(p, d)| Step::Write(p, d)),
        (path(), data()).prop_map(|(p, d)| Step::Append(p, d)),
        path().prop_map(Step::Remove),
        path().prop_map(Step::Mkdir),
        path().prop_map(Step::Rmdir),
        (path(), path()).prop_map(|(a, b)| Step::Rename(a, b)),
        path().prop_map(Step::Look),
        path().prop_map(Step::List),
    ]
}

/// A tree as plain as can be: `None` is a directory.
type Model = BTreeMap<String, Option<Vec<u8>>>;

fn parent_ok(m: &Model, path: &str) -> Result<(), Errno> {
    let mut at = String::new();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    for part in &parts[..parts.len() - 1] {
        at = format!("{at}/{part}");
        match m.get(&at) {
            None => return Err(Errno::ENOENT),
            Some(Some(_)) => return Err(Errno::ENOTDIR),
            Some(None) => {}
        }
    }
    Ok(())
}

fn holds(m: &Model, dir: &str) -> bool {
    let start = format!("{dir}/");
    m.keys().any(|k| k.starts_with(&start))
}

fn apply(m: &mut Model, step: &Step) -> Result<(), Errno> {
    match step {
        Step::Write(path, data) | Step::Append(path, data) => {
            parent_ok(m, path)?;
            let old = match m.get(path) {
                Some(None) => return Err(Errno::EISDIR),
                Some(Some(old)) => old.clone(),
                None => Vec::new(),
            };
            let new = if matches!(step, Step::Write(..)) {
                data.clone()
            } else {
                [old, data.clone()].concat()
            };
            m.insert(path.clone(), Some(new));
        }
        Step::Remove(path) => {
            parent_ok(m, path)?;
            match m.get(path) {
                None => return Err(Errno::ENOENT),
                Some(None) => return Err(Errno::EISDIR),
                Some(Some(_)) => drop(m.remove(path)),
            }
        }
        Step::Mkdir(path) => {
            parent_ok(m, path)?;
            if m.contains_key(path) {
                return Err(Errno::EEXIST);
            }
            m.insert(path.clone(), None);
        }
        Step::Rmdir(path) => {
            parent_ok(m, path)?;
            match m.get(path) {
                None => return Err(Errno::ENOENT),
                Some(Some(_)) => return Err(Errno::ENOTDIR),
                Some(None) if holds(m, path) => return Err(Errno::ENOTEMPTY),
                Some(None) => drop(m.remove(path)),
            }
        }
        Step::Rename(from, to) => {
            parent_ok(m, from)?;
            let source = m.get(from).cloned().ok_or(Errno::ENOENT)?;
            if source.is_none() && to.starts_with(&format!("{from}/")) {
                return Err(Errno::EINVAL);
            }
            if from == to {
                return Ok(());
            }
            parent_ok(m, to)?;
            match (m.get(to), &source) {
                (Some(None), Some(_)) => return Err(Errno::EISDIR),
                (Some(Some(_)), None) => return Err(Errno::ENOTDIR),
                (Some(None), None) if holds(m, to) => return Err(Errno::ENOTEMPTY),
                _ => {}
            }
            let start = format!("{from}/");
            let keys: Vec<String> = m
                .keys()
                .filter(|k| *k == from || k.starts_with(&start))
                .cloned()
                .collect();
            for k in keys {
                let node = m.remove(&k).unwrap();
                m.insert(format!("{to}{}", &k[from.len()..]), node);
            }
        }
        Step::Look(_) | Step::List(_) => {}
    }
    Ok(())
}

/// What lies below a file is absent one way or the other: a negative answer may be older than the file.
fn alike(e: Errno) -> Errno {
    if e == Errno::ENOTDIR { Errno::ENOENT } else { e }
}

fn look(fs: &BlockingFs, path: &str) -> Result<Option<Vec<u8>>, Errno> {
    let stat = fs.stat(&p(path)).map_err(|e| e.errno())?;
    if stat.is_dir() {
        return Ok(None);
    }
    let data = fs.read_all(&p(path)).map_err(|e| e.errno())?;
    assert_eq!(stat.size, Some(data.len() as u64));
    Ok(Some(data.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// With caches, emulated directories and emulated renames, the tree is at every moment the one that POSIX describes.
    #[test]
    fn a_cached_object_store_is_a_file_system(steps in proptest::collection::vec(step(), 0..30)) {
        for fingerprints in [true, false] {
            let (fs, _) = mounted(MountOptions::new(Mode::Write), |f| f.fingerprints = fingerprints);
            let mut model = Model::new();
            for step in &steps {
                let want = apply(&mut model, step);
                let got = match step {
                    Step::Write(path, data) => fs.write_all(&p(path), Bytes::from(data.clone())),
                    Step::Append(path, data) => fs.append(&p(path), Bytes::from(data.clone())),
                    Step::Remove(path) => fs.remove(&p(path)),
                    Step::Mkdir(path) => fs.mkdir(&p(path), None),
                    Step::Rmdir(path) => fs.rmdir(&p(path)),
                    Step::Rename(a, b) => fs.rename(&p(a), &p(b), RenameMode::Replace),
                    Step::Look(path) => {
                        let want = parent_ok(&model, path).and_then(|()| model.get(path).cloned().ok_or(Errno::ENOENT));
                        let got = look(&fs, path);
                        prop_assert_eq!(want.map_err(alike), got.map_err(alike));
                        Ok(())
                    }
                    Step::List(path) if model.get(path) == Some(&None) => {
                        let start = format!("{path}/");
                        let want: Vec<String> = model
                            .keys()
                            .filter_map(|k| k.strip_prefix(&start))
                            .filter(|k| !k.contains('/'))
                            .map(String::from)
                            .collect();
                        prop_assert_eq!(names(&fs, path), want);
                        Ok(())
                    }
                    Step::List(_) => Ok(()),
                };
                prop_assert_eq!(got.map_err(|e| alike(e.errno())), want.map_err(alike), "{:?}", step);
            }
        }
    }
}
