//! What programs expect of a file system.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::sync::Arc;

use fuse::MountOptions;
use resources::{disk::Disk, ram::Ram};
use rustix::fs::{CWD, FallocateFlags, FlockOperation, RenameFlags, XattrFlags};
use rustix::mm::{MapFlags, ProtFlags};

use crate::rig::{Rig, errno};

/// A shared mapping of a whole file.
pub struct Map(*mut std::ffi::c_void, usize);

impl Map {
    pub fn new(file: &File, len: usize, write: bool) -> Self {
        let mut protection = ProtFlags::READ;
        protection.set(ProtFlags::WRITE, write);
        // SAFETY: a new mapping at an address that the kernel chooses, unmapped when this is dropped.
        let at = unsafe { rustix::mm::mmap(std::ptr::null_mut(), len, protection, MapFlags::SHARED, file, 0) };
        Self(at.unwrap(), len)
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is this long, and the tests do not shorten the file under it.
        unsafe { std::slice::from_raw_parts(self.0.cast(), self.1) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; mapped for writing.
        unsafe { std::slice::from_raw_parts_mut(self.0.cast(), self.1) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // Written now: the kernel would do it while it holds a lock on the memory of this process, which is also the one that
        // serves it.
        // SAFETY: mapped by `new`, and nobody else has it.
        unsafe {
            rustix::mm::msync(self.0, self.1, rustix::mm::MsyncFlags::SYNC).unwrap();
            rustix::mm::munmap(self.0, self.1).unwrap();
        }
    }
}

/// Runs on RAM and on Disk, and with the page cache in each of its modes.
fn everywhere(test: impl Fn(&Rig)) {
    let modes = [
        MountOptions::default(),
        MountOptions {
            direct_io: true,
            ..MountOptions::default()
        },
        MountOptions {
            writeback: true,
            ..MountOptions::default()
        },
    ];
    for options in modes {
        let Some(rig) = Rig::new(Arc::new(Ram::new()), options.clone()) else {
            return;
        };
        test(&rig);
        let dir = tempfile::tempdir().unwrap();
        let Some(rig) = Rig::new(Arc::new(Disk::new(dir.path()).unwrap()), options) else {
            return;
        };
        test(&rig);
    }
}

#[test]
fn files_open_without_a_name_live_on() {
    everywhere(|rig| {
        let mut f = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(rig.at("f"))
            .unwrap();
        f.write_all(b"before").unwrap();
        fs::remove_file(rig.at("f")).unwrap();
        f.write_all(b" after").unwrap();
        f.set_len(10).unwrap();
        f.set_permissions(fs::Permissions::from_mode(0o600)).unwrap();
        let stat = f.metadata().unwrap();
        assert_eq!((stat.len(), stat.nlink(), stat.mode() & 0o777), (10, 0, 0o600));
        let mut got = String::new();
        f.seek(SeekFrom::Start(0)).unwrap();
        f.read_to_string(&mut got).unwrap();
        assert_eq!(got, "before aft");
        fs::write(rig.at("f"), "another").unwrap();
        assert_eq!(
            f.metadata().unwrap().len(),
            10,
            "the new file of that name is another one"
        );
    });
}

#[test]
fn renaming_has_its_three_ways() {
    everywhere(|rig| {
        fs::write(rig.at("a"), "a").unwrap();
        fs::write(rig.at("b"), "b").unwrap();
        let rename = |from: &str, to: &str, how| rustix::fs::renameat_with(CWD, rig.at(from), CWD, rig.at(to), how);
        assert_eq!(rename("a", "b", RenameFlags::NOREPLACE), Err(rustix::io::Errno::EXIST));
        rename("a", "b", RenameFlags::EXCHANGE).unwrap();
        assert_eq!(
            (fs::read(rig.at("a")).unwrap(), fs::read(rig.at("b")).unwrap()),
            (b"b".to_vec(), b"a".to_vec())
        );
        rename("a", "c", RenameFlags::NOREPLACE).unwrap();
        rename("c", "b", RenameFlags::empty()).unwrap();
        assert_eq!(fs::read(rig.at("b")).unwrap(), b"b");
        assert!(fs::metadata(rig.at("a")).is_err() && fs::metadata(rig.at("c")).is_err());
        // Open files follow their file, whatever it is called.
        let open = File::open(rig.at("b")).unwrap();
        fs::create_dir(rig.at("d")).unwrap();
        fs::rename(rig.at("b"), rig.at("d/e")).unwrap();
        fs::rename(rig.at("d"), rig.at("g")).unwrap();
        assert_eq!(
            open.metadata().unwrap().ino(),
            fs::metadata(rig.at("g/e")).unwrap().ino()
        );
        assert_eq!(errno(fs::rename(rig.at("g"), rig.at("g/inside"))), libc::EINVAL);
    });
}

#[test]
fn hard_links_are_one_file() {
    everywhere(|rig| {
        fs::write(rig.at("a"), "x").unwrap();
        fs::hard_link(rig.at("a"), rig.at("b")).unwrap();
        let (a, b) = (fs::metadata(rig.at("a")).unwrap(), fs::metadata(rig.at("b")).unwrap());
        assert_eq!((a.ino(), a.nlink()), (b.ino(), 2));
        OpenOptions::new()
            .append(true)
            .open(rig.at("b"))
            .unwrap()
            .write_all(b"y")
            .unwrap();
        assert_eq!(fs::read(rig.at("a")).unwrap(), b"xy");
        fs::remove_file(rig.at("a")).unwrap();
        assert_eq!(fs::metadata(rig.at("b")).unwrap().nlink(), 1);
        assert_eq!(fs::read(rig.at("b")).unwrap(), b"xy");
    });
}

#[test]
fn opening_does_what_its_flags_say() {
    everywhere(|rig| {
        let new = |n: &str| OpenOptions::new().write(true).create_new(true).open(rig.at(n));
        new("f").unwrap().write_all(b"12345").unwrap();
        assert_eq!(errno(new("f")), libc::EEXIST);
        let mut a = OpenOptions::new().append(true).open(rig.at("f")).unwrap();
        let mut b = OpenOptions::new().append(true).open(rig.at("f")).unwrap();
        a.write_all(b"a").unwrap();
        b.write_all(b"b").unwrap();
        a.write_all(b"c").unwrap();
        assert_eq!(fs::read(rig.at("f")).unwrap(), b"12345abc");
        let t = OpenOptions::new().write(true).truncate(true).open(rig.at("f")).unwrap();
        assert_eq!(t.metadata().unwrap().len(), 0);
        std::os::unix::fs::symlink("f", rig.at("l")).unwrap();
        let no_follow = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(rig.at("l"));
        assert_eq!(errno(no_follow), libc::ELOOP);
        assert_eq!(fs::read_link(rig.at("l")).unwrap().as_os_str(), "f");
        let dir = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_DIRECTORY)
            .open(rig.at("f"));
        assert_eq!(errno(dir), libc::ENOTDIR);
        assert_eq!(errno(OpenOptions::new().write(true).open(rig.at(""))), libc::EISDIR);
        assert_eq!(errno(new(&"n".repeat(256))), libc::ENAMETOOLONG);
    });
}

#[test]
fn mappings_are_coherent() {
    everywhere(|rig| {
        let f = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(rig.at("f"))
            .unwrap();
        f.set_len(10_000).unwrap();
        let mut map = Map::new(&f, 10_000, true);
        map.bytes_mut()[5000] = 7;
        let mut got = [0];
        f.read_exact_at(&mut got, 5000).unwrap();
        assert_eq!(got, [7]);
        f.write_all_at(&[9], 6000).unwrap();
        assert_eq!(map.bytes()[6000], 9);
        drop(map);
        drop(f);
        let all = rig.fs().read_all(&crate::rig::path("/data/f")).unwrap();
        assert_eq!((all.len(), all[5000], all[6000]), (10_000, 7, 9), "other doors see it");
    });
}

#[test]
fn locks_exclude() {
    everywhere(|rig| {
        fs::write(rig.at("f"), "x").unwrap();
        let (a, b) = (File::open(rig.at("f")).unwrap(), File::open(rig.at("f")).unwrap());
        rustix::fs::flock(&a, FlockOperation::LockExclusive).unwrap();
        let second = rustix::fs::flock(&b, FlockOperation::NonBlockingLockShared);
        assert_eq!(second, Err(rustix::io::Errno::WOULDBLOCK));
        // Not by closing: a process that is being started by another test may hold the file for a moment.
        rustix::fs::flock(&a, FlockOperation::Unlock).unwrap();
        rustix::fs::flock(&b, FlockOperation::NonBlockingLockShared).unwrap();
    });
}

#[test]
fn a_name_that_is_replaced_all_the_time_can_always_be_opened() {
    everywhere(|rig| {
        let (name, next) = (rig.at("current"), rig.at("next"));
        fs::write(&name, "0").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..2000 {
                        // Whichever version it is, it is a whole one.
                        assert!(fs::read_to_string(&name).unwrap().parse::<u32>().is_ok());
                    }
                });
            }
            for i in 0..2000 {
                fs::write(&next, i.to_string()).unwrap();
                fs::rename(&next, &name).unwrap();
            }
        });
    });
}

#[test]
fn room_and_holes() {
    everywhere(|rig| {
        let f = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(rig.at("f"))
            .unwrap();
        f.write_all_at(&[1; 300_000], 0).unwrap();
        rustix::fs::fallocate(&f, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 10, 250_000).unwrap();
        let mut got = vec![0; 300_000];
        f.read_exact_at(&mut got, 0).unwrap();
        assert!(got[..10].iter().all(|b| *b == 1) && got[10..250_010].iter().all(|b| *b == 0));
        assert!(got[250_010..].iter().all(|b| *b == 1));
        rustix::fs::fallocate(&f, FallocateFlags::empty(), 0, 400_000).unwrap();
        assert_eq!(f.metadata().unwrap().len(), 400_000);
        rustix::fs::fallocate(&f, FallocateFlags::KEEP_SIZE, 0, 500_000).unwrap();
        assert_eq!(f.metadata().unwrap().len(), 400_000);
        let hole = rustix::fs::seek(&f, rustix::fs::SeekFrom::Hole(0)).unwrap();
        assert!(hole > 0 && hole <= 400_000);
        let past = rustix::fs::seek(&f, rustix::fs::SeekFrom::Data(400_000));
        assert_eq!(past, Err(rustix::io::Errno::NXIO));
        let copy = File::create(rig.at("g")).unwrap();
        let n = rustix::fs::copy_file_range(&f, Some(&mut 250_000), &copy, None, 50_000).unwrap();
        assert_eq!((n, fs::read(rig.at("g")).unwrap()), (50_000, got[250_000..].to_vec()));
    });
}

#[test]
fn attributes_keep_their_precision() {
    everywhere(|rig| {
        fs::write(rig.at("f"), "x").unwrap();
        let time = |s, n| rustix::fs::Timespec { tv_sec: s, tv_nsec: n };
        let times = rustix::fs::Timestamps {
            last_access: time(1, 2),
            last_modification: time(-3, 4),
        };
        rustix::fs::utimensat(CWD, rig.at("f"), &times, rustix::fs::AtFlags::empty()).unwrap();
        let stat = rustix::fs::stat(rig.at("f")).unwrap();
        assert_eq!((stat.st_atime, stat.st_atime_nsec), (1, 2));
        assert_eq!((stat.st_mtime, stat.st_mtime_nsec), (-3, 4));
        fs::set_permissions(rig.at("f"), fs::Permissions::from_mode(0o6755)).unwrap();
        assert_eq!(fs::metadata(rig.at("f")).unwrap().mode() & 0o7777, 0o6755);
    });
}

#[test]
fn special_files_and_extended_attributes() {
    everywhere(|rig| {
        let name = rig.at("pipe");
        rustix::fs::mknodat(CWD, &name, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        let writer = std::thread::spawn({
            let name = name.clone();
            move || fs::write(name, "through the pipe")
        });
        assert_eq!(fs::read_to_string(&name).unwrap(), "through the pipe");
        writer.join().unwrap().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(rig.at("s")).unwrap();
        std::os::unix::net::UnixStream::connect(rig.at("s")).unwrap();

        let f = rig.at("f");
        fs::write(&f, "x").unwrap();
        let set = |how| rustix::fs::setxattr(&f, "user.color", b"blue", how);
        match set(XattrFlags::CREATE) {
            // The directory of the host keeps none.
            Err(rustix::io::Errno::OPNOTSUPP) => return,
            done => done.unwrap(),
        }
        assert_eq!(set(XattrFlags::CREATE), Err(rustix::io::Errno::EXIST));
        let mut value = [0; 16];
        let n = rustix::fs::getxattr(&f, "user.color", &mut value[..]).unwrap();
        assert_eq!(&value[..n], b"blue");
        let n = rustix::fs::listxattr(&f, &mut value[..]).unwrap();
        assert_eq!(&value[..n], b"user.color\0");
        rustix::fs::removexattr(&f, "user.color").unwrap();
        let gone = rustix::fs::getxattr(&f, "user.color", &mut value[..]);
        assert_eq!(gone, Err(rustix::io::Errno::NODATA));
    });
}

/// A listing that is under way keeps its place while names come and go.
#[test]
fn a_listing_neither_repeats_nor_forgets() {
    everywhere(|rig| {
        for i in 0..500 {
            fs::write(rig.at(&format!("file-{i:04}-{}", "x".repeat(60))), "").unwrap();
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(rig.at("")).unwrap() {
            let entry = entry.unwrap();
            assert!(entry.file_type().unwrap().is_file());
            fs::remove_file(entry.path()).unwrap();
            names.push(entry.file_name());
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 500);
        assert_eq!(fs::read_dir(rig.at("")).unwrap().count(), 0);
    });
}

/// What `fsync` promised is in the backend, whatever the kernel holds back otherwise.
#[test]
fn synced_data_is_in_the_backend() {
    everywhere(|rig| {
        let mut f = File::create(rig.at("f")).unwrap();
        for i in 0..100 {
            f.write_all(&[i; 999]).unwrap();
        }
        f.sync_all().unwrap();
        let all = rig.fs().read_all(&crate::rig::path("/data/f")).unwrap();
        assert_eq!(all.len(), 99_900);
        assert!(
            all.chunks(999)
                .enumerate()
                .all(|(i, c)| c.iter().all(|b| *b == i as u8))
        );
        let space = rustix::fs::statvfs(rig.at("f")).unwrap();
        assert!(space.f_blocks > 0 && space.f_bfree <= space.f_blocks && space.f_namemax == 255);
    });
}
