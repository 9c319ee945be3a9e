//! A full disk: `ENOSPC` where POSIX says so, nothing lost, nothing left behind.
//!
//! Needs a small file system: as root, a tmpfs is mounted for the test; otherwise name a directory on one of a few megabytes
//! by `MIRAGE_SMALL_DISK`. With neither, the test says on stderr that it did not run, and fails where `CI` is set.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use futures::stream;
use resources::disk::{Containment, Disk};
use testkit::rig::{Rig, fails, p, run};
use vfs::{ByteStream, Errno, OpenOptions, WriteOptions};

struct SmallDisk {
    path: PathBuf,
    mounted: Option<tempfile::TempDir>,
}

impl SmallDisk {
    fn find() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,nr_inodes=40", "tmpfs"])
            .arg(dir.path())
            .output();
        if mount.as_ref().is_ok_and(|out| out.status.success()) {
            return Some(Self {
                path: dir.path().into(),
                mounted: Some(dir),
            });
        }
        if let Some(path) = std::env::var_os("MIRAGE_SMALL_DISK") {
            return Some(Self {
                path: path.into(),
                mounted: None,
            });
        }
        let why = format!("no small disk: mount says {mount:?}, and MIRAGE_SMALL_DISK is not set");
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("NOT TESTED: {why}");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.mounted.is_some() {
            let done = Command::new("umount").arg(&self.path).status();
            assert!(done.is_ok_and(|s| s.success()), "{} stays mounted", self.path.display());
        }
    }
}

fn full_disk(root: &Path, containment: Containment) {
    let rig = Rig::new(Disk::with_containment(root, containment).unwrap());
    let space = run(rig.fs.space()).unwrap().unwrap();
    assert!(space.free <= space.total && space.total < 64 << 20, "{space:?}");
    let too_much = usize::try_from(space.total).unwrap() + (1 << 20);
    rig.put("/old", "old").unwrap();

    fails(rig.put("/old", vec![1; too_much]), Errno::ENOSPC);
    fails(rig.put("/new", vec![1; too_much]), Errno::ENOSPC);
    let piece = Bytes::from(vec![1; 1 << 16]);
    let endless = ByteStream::new(stream::repeat_with(move || Ok(piece.clone())));
    fails(
        run(rig.fs.write(&p("/new"), endless, &WriteOptions::default())),
        Errno::ENOSPC,
    );
    rig.holds("/old", "old");
    assert_eq!(rig.names("/").unwrap(), ["old"], "what did not fit is gone");

    fails(rig.append("/log", vec![1; too_much]), Errno::ENOSPC);
    let file = rig
        .open(
            "/old",
            OpenOptions {
                read: true,
                ..OpenOptions::appending()
            },
        )
        .unwrap();
    fails(run(file.append(vec![1; 1 << 20].into())), Errno::ENOSPC);
    let mut start = [0; 3];
    run(file.read_into(0, &mut start)).unwrap();
    assert_eq!(&start, b"old");
    drop(file);
    rig.remove("/log").unwrap();
    rig.put("/new", vec![1; 1 << 20]).unwrap();
    rig.remove("/new").unwrap();
    rig.remove("/old").unwrap();

    let mut made = 0;
    let refused = loop {
        match rig.mkdir(&format!("/d{made}")) {
            Ok(()) => made += 1,
            Err(e) => break e,
        }
        assert!(made < 100_000, "this disk has room for everything");
    };
    assert_eq!(refused.errno(), Errno::ENOSPC);
    fails(rig.put("/f", "x"), Errno::ENOSPC);
    for n in 0..made {
        rig.rmdir(&format!("/d{n}")).unwrap();
    }
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let Some(disk) = SmallDisk::find() else { return };
    for (name, containment) in [("kernel", Containment::Kernel), ("walk", Containment::Walk)] {
        let root = disk.path.join(name);
        full_disk(&root, containment);
        fs::remove_dir(&root).unwrap();
    }
}
