//! Mounting, unmounting, and what is left when the process dies.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fuse::{FuseError, KernelMount, MountOptions};
use resources::ram::Ram;
use vfs::{Mode, Vfs};

use crate::rig::{Rig, Unsized, available, errno, path};

const PATIENT: Duration = Duration::from_secs(5);
/// Tells the child process of a test where to mount.
const PLACE: &str = "MIRAGE_TEST_MOUNT_AND_DIE";

fn is_mounted(at: &Path) -> bool {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    table.lines().any(|l| l.split(' ').nth(4) == at.to_str())
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn ram() -> Arc<Vfs> {
    let tree = Vfs::new();
    tree.mount(path("/data"), Arc::new(Ram::new()), Mode::Write).unwrap();
    tree
}

#[test]
fn what_was_made_is_removed_and_nothing_else() {
    let Some(rig) = Rig::ram() else { return };
    let at = rig.mount.mountpoint().to_owned();
    assert!(is_mounted(&at) && rig.mount.is_mounted());
    rig.mount.unmount(PATIENT).unwrap();
    assert!(!at.exists() && !rig.mount.is_mounted());
    rig.mount.unmount(PATIENT).unwrap();

    let top = tempfile::tempdir().unwrap();
    let deep = top.path().join("a/b");
    let on = |p: &Path| KernelMount::mount(ram().fs(), path("/data"), Some(p.to_owned()), MountOptions::default());
    drop(on(&deep).unwrap());
    assert!(!top.path().join("a").exists(), "made for the mount");
    fs::create_dir(top.path().join("own")).unwrap();
    drop(on(&top.path().join("own")).unwrap());
    assert!(top.path().join("own").is_dir(), "was there before");
}

/// The content stays in the tree: a second mount shows what the first one wrote.
#[test]
fn a_tree_outlives_its_mounts() {
    if !available() {
        return;
    }
    let tree = ram();
    for round in 0..5 {
        let mount = KernelMount::mount(tree.fs(), path("/data"), None, MountOptions::default()).unwrap();
        let f = mount.mountpoint().join("f");
        if round > 0 {
            assert_eq!(fs::read_to_string(&f).unwrap(), format!("{}", round - 1));
        }
        fs::write(&f, round.to_string()).unwrap();
    }
}

#[test]
fn a_mount_in_use_can_be_taken_off() {
    let Some(rig) = Rig::ram() else { return };
    fs::write(rig.at("f"), "x").unwrap();
    let mut open = fs::File::open(rig.at("f")).unwrap();
    let at = rig.mount.mountpoint().to_owned();
    rig.mount.unmount(PATIENT).unwrap();
    assert!(!is_mounted(&at));
    let mut got = Vec::new();
    assert!(open.read_to_end(&mut got).is_err() || got == b"x");
}

/// A request that its backend never answers neither keeps the mount nor hangs whoever asked.
#[test]
fn a_backend_that_hangs_does_not_hang_the_mount() {
    let file = Unsized {
        len: 10,
        delay: Duration::from_secs(3600),
        ..Unsized::default()
    };
    let reads = file.reads.clone();
    let options = MountOptions {
        op_deadline: Duration::from_millis(300),
        open_deadline: Duration::from_secs(3600),
        ..MountOptions::default()
    };
    let Some(rig) = Rig::new(Arc::new(file), options) else {
        return;
    };
    assert_eq!(errno(fs::read(rig.at("f"))), libc::ETIMEDOUT);
    assert_eq!(rig.mount.errors()[0].code, "ETIMEDOUT");
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    // Others are not held up.
    assert!(fs::metadata(rig.at("f")).is_ok());
    rig.mount.unmount(PATIENT).unwrap();
}

#[test]
fn what_cannot_be_mounted_on_is_refused_in_words() {
    if !available() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let on = |root: &str, p: PathBuf| KernelMount::mount(ram().fs(), path(root), Some(p), MountOptions::default());
    let refused = on("/data", file).map(drop).unwrap_err();
    assert!(matches!(&refused, FuseError::Mountpoint { .. }), "{refused}");
    assert!(refused.to_string().contains("not a directory"), "{refused}");
    let missing = on("/nowhere", dir.path().join("m")).map(drop).unwrap_err();
    assert!(
        matches!(&missing, FuseError::Vfs(e) if e.errno() == vfs::Errno::ENOENT),
        "{missing}"
    );
    assert!(!dir.path().join("m").exists());
}

/// A directory of the host cannot be mounted inside itself: every look at it would ask itself.
#[test]
fn a_directory_is_not_mounted_inside_itself() {
    if !available() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tree = Vfs::new();
    let disk = Arc::new(resources::disk::Disk::new(dir.path().join("shown")).unwrap());
    tree.mount(path("/data"), disk, Mode::Write).unwrap();
    let on = |root: &str, at: &str| {
        KernelMount::mount(
            tree.fs(),
            path(root),
            Some(dir.path().join(at)),
            MountOptions::default(),
        )
        .map(drop)
    };
    for root in ["/", "/data"] {
        let refused = on(root, "shown/m").unwrap_err();
        assert!(refused.to_string().contains("contain itself"), "{refused}");
        assert!(!dir.path().join("shown/m").exists());
    }
    fs::create_dir(dir.path().join("shown/part")).unwrap();
    on("/data/part", "shown/m").unwrap();
    on("/", "beside").unwrap();
}

/// Somebody else takes the mount off: that is noticed, and what is mounted there afterwards stays.
#[test]
fn a_mount_that_was_taken_off_from_outside() {
    if !available() || !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let on = || {
        KernelMount::mount(
            ram().fs(),
            path("/data"),
            Some(dir.path().to_owned()),
            MountOptions::default(),
        )
    };
    let first = on().unwrap();
    rustix::mount::unmount(dir.path(), rustix::mount::UnmountFlags::DETACH).unwrap();
    eventually("the loops end", || !first.is_mounted());
    let second = on().unwrap();
    first.unmount(PATIENT).unwrap();
    fs::write(dir.path().join("f"), "x").unwrap();
    assert!(second.is_mounted() && is_mounted(dir.path()));
}

/// Not a test of its own: the process that [`a_killed_process_leaves_nothing_behind`] kills.
#[test]
fn child() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let mount = KernelMount::mount(ram().fs(), path("/data"), Some(place.into()), MountOptions::default()).unwrap();
    let f = mount.mountpoint().join("f");
    fs::write(&f, "alive").unwrap();
    println!("{}", fs::read_to_string(&f).unwrap());
    // Killed while it reads its own mount.
    loop {
        fs::write(&f, [0; 10_000]).unwrap();
        fs::read(&f).unwrap();
    }
}

#[test]
fn a_killed_process_leaves_nothing_behind() {
    if !available() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    let place = top.path().join("m");
    for _ in 0..2 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "life::child", "--nocapture"])
            .env(PLACE, &place)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        eventually("the child mounts", || {
            fs::read(place.join("f")).is_ok_and(|b| !b.is_empty())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        eventually("the mount goes", || !is_mounted(&place));
        eventually("and the directory that was made for it", || !place.exists());
    }
}

/// Where nothing could clean up, mounting at the same place does.
#[test]
fn a_dead_mount_is_repaired() {
    if !available() || !rustix::process::geteuid().is_root() {
        return;
    }
    let top = tempfile::tempdir().unwrap();
    let place = top.path().join("m");
    fs::create_dir(&place).unwrap();
    // A mount whose device is closed at once looks like that of a crashed process.
    let device = fs::OpenOptions::new().read(true).write(true).open("/dev/fuse").unwrap();
    use std::os::fd::AsRawFd;
    let data =
        std::ffi::CString::new(format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd())).unwrap();
    rustix::mount::mount(
        "mirage",
        &place,
        "fuse",
        rustix::mount::MountFlags::empty(),
        Some(&*data),
    )
    .unwrap();
    drop(device);
    assert_eq!(errno(fs::metadata(&place)), libc::ENOTCONN);
    let mount = KernelMount::mount(ram().fs(), path("/data"), Some(place.clone()), MountOptions::default()).unwrap();
    fs::write(place.join("f"), "x").unwrap();
    mount.unmount(PATIENT).unwrap();
    assert!(!is_mounted(&place));
}

/// The descriptors of a mount are nobody else's: none of them shows in the process's own table, so that nothing there can
/// keep a dead mount's requests waiting.
#[test]
fn the_device_is_not_in_the_process_table() {
    let Some(rig) = Rig::ram() else { return };
    fs::write(rig.at("f"), "x").unwrap();
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let devices = open.filter(|e| fs::read_link(e.as_ref().unwrap().path()).is_ok_and(|p| p == Path::new("/dev/fuse")));
    assert_eq!(devices.count(), 0);
}
