//! Many threads at once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bytes::Bytes;
use vfs::OpenOptions;

use crate::rig::{Rig, run};

pub(super) fn readers_see_old_or_new(rig: &Rig) {
    let version = |n: u8| vec![n; 200_000 + usize::from(n) * 1000];
    rig.put("/f", version(0)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let got = rig.get("/f").unwrap();
                    assert!(got == version(got[0]), "a mixture of {} bytes", got.len());
                }
            });
        }
        threads.spawn(|| {
            for n in 0..60 {
                rig.put("/f", version(n)).unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}

/// Lines of four writers, every one whole, each writer's in its order.
fn whole_lines(content: &[u8], each: usize) {
    let text = std::str::from_utf8(content).unwrap();
    let mut next = [0; 4];
    for line in text.lines() {
        let (writer, rest) = line.split_once(' ').unwrap();
        let (number, filler) = rest.split_once(' ').unwrap();
        let (writer, number): (usize, usize) = (writer.parse().unwrap(), number.parse().unwrap());
        assert_eq!((next[writer], filler), (number, "filler".repeat(writer + 1).as_str()));
        next[writer] += 1;
    }
    assert_eq!(next, [each; 4]);
}

fn line(writer: usize, number: usize) -> Bytes {
    format!("{writer} {number} {}\n", "filler".repeat(writer + 1)).into()
}

pub(super) fn appends_do_not_tear(rig: &Rig) {
    if !rig.caps.append {
        return;
    }
    thread::scope(|threads| {
        for writer in 0..4 {
            threads.spawn(move || {
                for number in 0..100 {
                    rig.append("/log", line(writer, number)).unwrap();
                }
            });
        }
    });
    whole_lines(&rig.get("/log").unwrap(), 100);
}

pub(super) fn everybody_makes_files(rig: &Rig) {
    rig.mkdir("/d").unwrap();
    thread::scope(|threads| {
        for writer in 0..4 {
            threads.spawn(move || {
                for number in 0..50 {
                    rig.put(&format!("/d/{writer}-{number}"), number.to_string()).unwrap();
                    if number % 2 == 1 {
                        rig.remove(&format!("/d/{writer}-{number}")).unwrap();
                    }
                }
            });
        }
    });
    let names: BTreeSet<String> = rig.names("/d").unwrap().into_iter().collect();
    let want = (0..4).flat_map(|w| (0..50).step_by(2).map(move |n| format!("{w}-{n}")));
    assert_eq!(names, want.collect());
}

pub(super) fn open_handles_append_side_by_side(rig: &Rig) {
    if !rig.caps.random_access {
        return;
    }
    thread::scope(|threads| {
        for writer in 0..4 {
            threads.spawn(move || {
                let file = rig.open("/log", OpenOptions::appending()).unwrap();
                for number in 0..100 {
                    let (line, len) = (line(writer, number), line(writer, number).len());
                    let at = run(file.append(line)).unwrap();
                    assert!(run(file.stat()).unwrap().size.unwrap() >= at + len as u64);
                }
            });
        }
    });
    whole_lines(&rig.get("/log").unwrap(), 100);
}
