//! Random operations, compared with a model.

use std::cell::Cell;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vfs::resource::RenameMode;
use vfs::{ByteRange, Result};

use super::handles::both;
use crate::model::{Model, Op, Seen};
use crate::rig::{Rig, p, run};

fn runner() -> TestRunner {
    TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    })
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec("[abc]", 1..4).prop_map(|names| format!("/{}", names.join("/")))
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (any::<u8>(), 0..300_000usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let mode = prop_oneof![
        4 => Just(RenameMode::Replace),
        1 => Just(RenameMode::NoReplace),
        1 => Just(RenameMode::Exchange),
    ];
    prop_oneof![
        4 => path().prop_map(Op::Mkdir),
        4 => (path(), data()).prop_map(|(p, d)| Op::Write(p, d)),
        2 => (path(), data()).prop_map(|(p, d)| Op::Append(p, d)),
        2 => (path(), 0..200_000u64).prop_map(|(p, n)| Op::Truncate(p, n)),
        2 => (path(), 0..200_000u64, 0..200_000u64).prop_map(|(p, s, n)| Op::Read(p, s, n)),
        1 => path().prop_map(Op::List),
        1 => path().prop_map(Op::Stat),
        1 => path().prop_map(Op::Remove),
        1 => path().prop_map(Op::Rmdir),
        4 => (path(), path(), mode).prop_map(|(a, b, m)| Op::Rename(a, b, m)),
        2 => (path(), path()).prop_map(|(a, b)| Op::Copy(a, b)),
        2 => (path(), path()).prop_map(|(a, b)| Op::Link(a, b)),
        1 => (path(), path()).prop_map(|(t, p)| Op::Symlink(t, p)),
        1 => path().prop_map(Op::ReadLink),
    ]
}

/// Whether the backend does this by itself.
fn can(rig: &Rig, op: &Op) -> bool {
    match op {
        Op::Append(..) => rig.caps.append,
        Op::Truncate(..) => rig.caps.random_access,
        Op::Rename(..) => rig.caps.rename,
        Op::Copy(..) => rig.caps.copy,
        Op::Link(..) => rig.caps.hard_links,
        Op::Symlink(..) | Op::ReadLink(_) => rig.caps.symlinks,
        _ => true,
    }
}

/// Does `op` below the directory `base`.
fn perform(rig: &Rig, base: &str, op: &Op) -> Seen {
    let at = |path: &str| format!("{base}{path}");
    let done = |result: Result<()>| result.map(|()| Seen::Done);
    let result = match op {
        Op::Write(path, data) => done(rig.put(&at(path), data.clone()).map(drop)),
        Op::Append(path, data) => done(rig.append(&at(path), data.clone()).map(drop)),
        Op::Truncate(path, len) => done(rig.truncate(&at(path), *len)),
        Op::Read(path, start, len) => rig
            .get_range(&at(path), ByteRange::at(*start, *len))
            .map(|b| Seen::Bytes(b.to_vec())),
        Op::List(path) => rig.names(&at(path)).map(Seen::Names),
        Op::Stat(path) => rig.stat(&at(path)).map(|s| {
            let links = if rig.caps.hard_links { s.nlink } else { 1 };
            Seen::Stat(s.kind, s.is_file().then(|| (s.size.unwrap(), links)))
        }),
        Op::Mkdir(path) => done(rig.mkdir(&at(path))),
        Op::Remove(path) => done(rig.remove(&at(path))),
        Op::Rmdir(path) => done(rig.rmdir(&at(path))),
        Op::Rename(from, to, mode) => done(rig.rename_as(&at(from), &at(to), *mode)),
        Op::Copy(from, to) => done(rig.copy(&at(from), &at(to))),
        Op::Link(from, to) => done(rig.link(&at(from), &at(to))),
        Op::Symlink(text, path) => done(rig.symlink(text, &at(path))),
        Op::ReadLink(path) => rig.read_link(&at(path)).map(|b| Seen::Bytes(b.to_vec())),
    };
    result.unwrap_or_else(|e| match e.link_hit() {
        Some(hit) => Seen::Link(hit.at.to_string_lossy()[base.len()..].to_owned()),
        None => Seen::Fails(e.errno()),
    })
}

/// Compares everything below `dir`.
fn compare(rig: &Rig, model: &mut Model, base: &str) -> std::result::Result<(), TestCaseError> {
    let mut todo: Vec<String> = rig.names(base).unwrap().iter().map(|n| format!("/{n}")).collect();
    let mut seen = 0;
    while let Some(path) = todo.pop() {
        seen += 1;
        for op in [
            Op::Stat(path.clone()),
            Op::Read(path.clone(), 0, u64::from(u32::MAX)),
            Op::List(path.clone()),
        ] {
            let (got, want) = (perform(rig, base, &op), model.apply(&op));
            prop_assert!(
                got == want,
                "at the end, {op:?}: {}, model: {}",
                short(&got),
                short(&want)
            );
            if let Seen::Names(names) = got {
                todo.extend(names.iter().map(|n| format!("{path}/{n}")));
            }
        }
    }
    prop_assert!(seen < 1000);
    Ok(())
}

fn short(seen: &Seen) -> String {
    format!("{seen:.60?}").chars().take(200).collect()
}

pub(super) fn operations_match_the_model(rig: &Rig) {
    let round = Cell::new(0);
    let result = runner().run(&prop::collection::vec(op(), 1..60), |ops| {
        round.set(round.get() + 1);
        let base = format!("/round-{}", round.get());
        rig.mkdir(&base).unwrap();
        let mut model = Model::default();
        for (step, op) in ops.iter().enumerate().filter(|(_, op)| can(rig, op)) {
            let (got, want) = (perform(rig, &base, op), model.apply(op));
            prop_assert!(
                got == want,
                "step {step}, {op:.80?}: {}, model: {}",
                short(&got),
                short(&want)
            );
        }
        compare(rig, &mut model, &base)
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}

#[derive(Debug, Clone)]
enum FileOp {
    Write(u64, usize, u8),
    Append(usize, u8),
    Truncate(u64),
    Read(u64, usize),
    ReadAll,
}

fn file_op() -> impl Strategy<Value = FileOp> {
    // Near the borders of blocks of all usual sizes.
    let offset = || (0..40u64, 0..20u64).prop_map(|(block, by)| (block * 16_384 + by).saturating_sub(10));
    let len = || prop_oneof![0..50usize, 0..200_000usize, Just(131_072), Just(262_144)];
    prop_oneof![
        3 => (offset(), len(), any::<u8>()).prop_map(|(o, l, b)| FileOp::Write(o, l, b)),
        2 => (len(), any::<u8>()).prop_map(|(l, b)| FileOp::Append(l, b)),
        1 => offset().prop_map(FileOp::Truncate),
        2 => (offset(), len()).prop_map(|(o, l)| FileOp::Read(o, l)),
        1 => Just(FileOp::ReadAll),
    ]
}

pub(super) fn random_access_matches_the_model(rig: &Rig) {
    if !rig.caps.random_access {
        return;
    }
    let result = runner().run(&prop::collection::vec(file_op(), 1..30), |ops| {
        let file = run(rig.fs.open(
            &p("/f"),
            &vfs::OpenOptions {
                truncate: true,
                ..both()
            },
        ))
        .unwrap();
        let mut model: Vec<u8> = Vec::new();
        let mut kept: Vec<(Bytes, Vec<u8>)> = Vec::new();
        for op in &ops {
            match *op {
                FileOp::Write(offset, len, byte) => {
                    run(file.write_at(offset, vec![byte; len].into())).unwrap();
                    if len > 0 {
                        model.resize(model.len().max(offset as usize + len), 0);
                        model[offset as usize..][..len].fill(byte);
                    }
                }
                FileOp::Append(len, byte) => {
                    let at = run(file.append(vec![byte; len].into())).unwrap();
                    prop_assert_eq!(at, model.len() as u64);
                    model.resize(model.len() + len, byte);
                }
                FileOp::Truncate(len) => {
                    run(file.truncate(len)).unwrap();
                    model.resize(len as usize, 0);
                }
                FileOp::Read(offset, len) => {
                    let got = run(file.read_at(offset, len)).unwrap();
                    let start = model.len().min(offset as usize);
                    let want = &model[start..model.len().min(start + len)];
                    prop_assert!(got == want, "{op:?}");
                    let mut buf = vec![0xee; len];
                    prop_assert_eq!(run(file.read_into(offset, &mut buf)).unwrap(), want.len());
                    prop_assert!(buf[..want.len()] == *want, "{op:?} into a buffer");
                    kept.push((got, want.to_vec()));
                }
                FileOp::ReadAll => prop_assert!(rig.get("/f").unwrap() == model),
            }
        }
        prop_assert!(rig.get("/f").unwrap() == model);
        prop_assert_eq!(run(file.stat()).unwrap().size, Some(model.len() as u64));
        prop_assert!(
            kept.iter().all(|(got, want)| got == want),
            "what was read does not change afterwards"
        );
        Ok(())
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}
