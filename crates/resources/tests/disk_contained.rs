//! Nothing outside the root is ever read or changed through a disk mount, whatever links say and whenever they change.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use resources::disk::{Containment, Disk};
use testkit::rig::{Rig, fails, hits_link, p, run};
use vfs::{ByteRange, Errno, OpenOptions, Resource, SetAttr, WriteOptions};

/// A rig whose root lies beside a directory `outside` with a file `secret`, for both ways of containment.
fn each(test: impl Fn(&Rig, &Path, &Path)) {
    for containment in [Containment::Kernel, Containment::Walk] {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("root"), dir.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "secret").unwrap();
        let disk = Disk::with_containment(&root, containment).unwrap();
        test(&Rig::new(disk), &root, &outside);
        assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nothing was made outside");
    }
}

#[test]
fn links_that_lead_outside_are_reported_and_never_followed() {
    each(|rig, root, outside| {
        let absolute = outside.to_str().unwrap();
        symlink(outside, root.join("abs")).unwrap();
        symlink("../outside", root.join("rel")).unwrap();
        symlink("../outside/secret", root.join("file")).unwrap();
        symlink("/proc/self/root", root.join("magic")).unwrap();
        for (link, text) in [
            ("/abs", absolute),
            ("/rel", "../outside"),
            ("/magic", "/proc/self/root"),
        ] {
            let below = format!("{link}/secret");
            hits_link(rig.get(&below), link, text);
            hits_link(rig.stat(&below), link, text);
            hits_link(rig.put(&below, "changed"), link, text);
            hits_link(rig.append(&below, "changed"), link, text);
            hits_link(rig.truncate(&below, 0), link, text);
            hits_link(rig.remove(&below), link, text);
            hits_link(rig.mkdir(&format!("{link}/new")), link, text);
            hits_link(rig.list(link), link, text);
            hits_link(rig.open(&below, OpenOptions::writing()).map(drop), link, text);
            hits_link(rig.rename(&below, "/stolen"), link, text);
            hits_link(rig.link(&below, "/stolen"), link, text);
            hits_link(rig.copy(&below, "/stolen"), link, text);
        }
        rig.put("/mine", "mine").unwrap();
        hits_link(rig.put("/file", "changed"), "/file", "../outside/secret");
        hits_link(rig.rename("/mine", "/abs/mine"), "/abs", absolute);
        hits_link(rig.copy("/mine", "/file"), "/file", "../outside/secret");
        let mode = SetAttr {
            mode: Some(0o777),
            ..SetAttr::default()
        };
        fails(rig.set_attr("/file", mode), Errno::ENOTSUP);
        // Renaming over a link replaces the link, not what it leads to.
        rig.rename("/mine", "/file").unwrap();
        rig.holds("/file", "mine");
    });
}

#[test]
fn a_directory_swapped_for_a_link_at_any_moment_leads_nowhere() {
    each(|rig, root, outside| {
        fs::create_dir(root.join("real")).unwrap();
        fs::write(root.join("real/secret"), "public").unwrap();
        fs::write(root.join("real/marker"), "").unwrap();
        symlink(outside, root.join("evil")).unwrap();
        fs::rename(root.join("real"), root.join("d")).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|threads| {
            threads.spawn(|| {
                for _ in 0..2000 {
                    fs::rename(root.join("d"), root.join("real")).unwrap();
                    fs::rename(root.join("evil"), root.join("d")).unwrap();
                    fs::rename(root.join("d"), root.join("evil")).unwrap();
                    fs::rename(root.join("real"), root.join("d")).unwrap();
                }
                done.store(true, Ordering::Relaxed);
            });
            threads.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    if let Ok(content) = rig.get("/d/secret") {
                        assert_eq!(content, "public");
                    }
                    let _ = rig.put("/d/secret", "public");
                    let _ = rig.put("/d/new", "x");
                    let _ = rig.remove("/d/new");
                    let _ = rig.mkdir("/d/new");
                    let _ = rig.rmdir("/d/new");
                    if let Ok(entries) = rig.names("/d") {
                        assert!(entries.iter().any(|n| n == "marker"), "{entries:?}");
                    }
                }
            });
        });
    });
}

#[test]
fn a_link_to_a_host_path_inside_the_root_works_in_the_workspace() {
    each(|rig, root, _| {
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/file"), "x").unwrap();
        symlink(root.join("a/file"), root.join("a/b/l")).unwrap();
        symlink(root, root.join("a/top")).unwrap();
        symlink(root, root.join("top")).unwrap();
        symlink(root.join("a/../../outside"), root.join("out")).unwrap();
        hits_link(rig.get("/a/b/l"), "/a/b/l", "../../a/file");
        assert_eq!(rig.read_link("/a/b/l").unwrap(), "../../a/file");
        hits_link(rig.list("/a/top"), "/a/top", "../");
        hits_link(rig.list("/top"), "/top", ".");
        let text = root.join("a/../../outside");
        hits_link(rig.list("/out"), "/out", text.to_str().unwrap());
    });
}

#[test]
fn what_is_not_a_regular_file_is_refused_without_waiting() {
    each(|rig, root, _| {
        let made = std::process::Command::new("mkfifo").arg(root.join("fifo")).status();
        assert!(made.unwrap().success());
        assert_eq!(rig.stat("/fifo").unwrap().kind, vfs::FileKind::Fifo);
        fails(rig.get("/fifo"), Errno::ENOTSUP);
        // Nobody reads from it: that is what the host says.
        fails(rig.put("/fifo", "x"), Errno::ENXIO);
        rig.rename("/fifo", "/moved").unwrap();
        rig.remove("/moved").unwrap();
    });
}

#[test]
fn files_that_the_kernel_makes_up_are_read_to_their_end() {
    let rig = Rig::new(Disk::new("/proc/self").unwrap());
    assert_eq!(rig.stat("/status").unwrap().size, Some(0));
    assert!(rig.get("/status").unwrap().starts_with(b"Name:"));
    assert_eq!(rig.get_range("/status", ByteRange::at(0, 5)).unwrap(), "Name:");
}

#[test]
fn everything_works_from_a_thread_that_must_not_block() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path()).unwrap();
    let body = vec![7u8; 5_000_000];
    let sent = body.clone();
    vfs::runtime::handle()
        .unwrap()
        .block_on(async {
            disk.mkdir(&p("/d"), None).await?;
            disk.write(&p("/d/f"), sent.into(), &WriteOptions::default()).await?;
            let read = disk.read(&p("/d/f"), ByteRange::ALL, None).await?.collect().await?;
            assert!(read == body);
            let file = disk.open(&p("/d/f"), &OpenOptions::reading()).await?;
            let mut buf = [0; 10];
            assert_eq!(file.read_into(4_999_995, &mut buf).await?, 5);
            assert_eq!(disk.list(&p("/d")).await?.collect().await?.len(), 1);
            disk.remove(&p("/d/f")).await
        })
        .unwrap();
    run(disk.rmdir(&p("/d"))).unwrap();
}
