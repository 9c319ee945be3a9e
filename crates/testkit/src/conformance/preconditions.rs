//! Writes that go through only if nothing changed meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};

use vfs::{Errno, Fingerprint, Precondition};

use crate::rig::{Rig, fails};

pub(super) fn absent(rig: &Rig) {
    rig.put_if("/f", "first", Precondition::Absent).unwrap();
    fails(rig.put_if("/f", "second", Precondition::Absent), Errno::EEXIST);
    rig.holds("/f", "first");
    rig.mkdir("/d").unwrap();
    let refused = rig.put_if("/d", "x", Precondition::Absent).unwrap_err().errno();
    assert!(matches!(refused, Errno::EEXIST | Errno::EISDIR));
    rig.remove("/f").unwrap();
    rig.put_if("/f", "third", Precondition::Absent).unwrap();
    rig.holds("/f", "third");
}

pub(super) fn matching(rig: &Rig) {
    let Some(one) = rig.put("/f", "one").unwrap().fingerprint else {
        return;
    };
    let two = rig.put_if("/f", "two!", Precondition::Matches(one.clone())).unwrap();
    fails(
        rig.put_if("/f", "three", Precondition::Matches(one.clone())),
        Errno::ESTALE,
    );
    rig.holds("/f", "two!");
    let two = two.fingerprint.unwrap();
    assert_ne!(one, two);
    rig.put_if("/f", "four", Precondition::Matches(two.clone())).unwrap();
    rig.remove("/f").unwrap();
    fails(rig.put_if("/f", "five", Precondition::Matches(two)), Errno::ESTALE);
    let nonsense = Precondition::Matches(Fingerprint("nonsense".into()));
    fails(rig.put_if("/f", "six", nonsense), Errno::ESTALE);
    assert!(rig.missing("/f"));
}

pub(super) fn a_fingerprint_is_of_the_content(rig: &Rig) {
    let Some(print) = rig.put("/f", "one").unwrap().fingerprint else {
        return;
    };
    let now = || rig.stat("/f").unwrap().fingerprint.unwrap();
    assert_eq!(rig.get("/f").unwrap(), "one");
    assert_eq!(now(), print, "reading changes nothing");
    if rig.caps.rename {
        rig.rename("/f", "/g").unwrap();
        rig.rename("/g", "/f").unwrap();
        assert_eq!(now(), print, "nor does renaming");
    }
    if rig.caps.append {
        rig.append("/f", "x").unwrap();
        assert_ne!(now(), print);
    }
    let print = now();
    if rig.caps.random_access {
        rig.truncate("/f", 1).unwrap();
        assert_ne!(now(), print);
    }
}

fn race(rig: &Rig, attempt: impl Fn(usize) -> bool + Sync) {
    let wins = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for n in 0..4 {
            let (wins, attempt) = (&wins, &attempt);
            threads.spawn(move || {
                if attempt(n) {
                    wins.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(wins.load(Ordering::SeqCst), 1);
    assert_eq!(rig.names("/").unwrap().len(), 1);
}

pub(super) fn only_one_creator_wins(rig: &Rig) {
    for _ in 0..20 {
        race(rig, |n| {
            match rig.put_if("/f", vec![n as u8; 10], Precondition::Absent) {
                Ok(_) => true,
                Err(e) => {
                    assert_eq!(e.errno(), Errno::EEXIST);
                    false
                }
            }
        });
        rig.remove("/f").unwrap();
    }
}

pub(super) fn only_one_replacer_wins(rig: &Rig) {
    for round in 0..20 {
        let Some(print) = rig.put("/f", format!("round {round}")).unwrap().fingerprint else {
            return;
        };
        race(rig, |n| {
            match rig.put_if("/f", vec![n as u8; 100 + n], Precondition::Matches(print.clone())) {
                Ok(_) => true,
                Err(e) => {
                    assert_eq!(e.errno(), Errno::ESTALE);
                    false
                }
            }
        });
    }
}
