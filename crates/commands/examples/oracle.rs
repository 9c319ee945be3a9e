//! Runs one command in memory on a copy of the working directory: `oracle NAME ARGS… < input`. With `ORACLE_WRITE` set the
//! changed tree is written back. For comparing with the real tools.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use commands::testing::Lab;
use shell::io::Input;
use vfs::{BlockingFs, FileKind, Mode, SetAttr, Time, VPath, Vfs};

/// Where each inode was loaded to and stored, to keep hard links.
static SEEN: Mutex<BTreeMap<u64, VPath>> = Mutex::new(BTreeMap::new());
static MADE: Mutex<BTreeMap<u64, PathBuf>> = Mutex::new(BTreeMap::new());

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1).map(OsStringExt::into_vec);
    let name = args.next().unwrap_or_default();
    let cwd = std::env::current_dir()?;
    let tree = Vfs::new();
    tree.mount(VPath::root(), Arc::new(resources::ram::Ram::new()), Mode::Exec)?;
    let mut lab = Lab::on(tree);
    lab.cwd = VPath::new(cwd.as_os_str().as_bytes())?;
    for (k, v) in std::env::vars_os() {
        lab.env.insert(k.into_vec(), v.into_vec());
    }
    let fs = lab.fs();
    fs.mkdir_all(&VPath::new("/tmp")?, None)?;
    fs.mkdir_all(&lab.cwd, None)?;
    load(&fs, &cwd, &lab.cwd)?;
    let mut stdin = Vec::new();
    if !io::stdin().is_terminal() {
        io::stdin().read_to_end(&mut stdin)?;
    }
    let started = std::time::Instant::now();
    let outcome = lab.run_bytes(&name, args.collect(), Input::from_bytes(stdin));
    if std::env::var_os("ORACLE_TIME").is_some() {
        eprintln!("{:?}", started.elapsed());
    }
    io::stdout().write_all(&outcome.stdout)?;
    io::stderr().write_all(&outcome.stderr)?;
    if std::env::var_os("ORACLE_WRITE").is_some() {
        for entry in fs::read_dir(&cwd)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(path)?;
            } else {
                fs::remove_file(path)?;
            }
        }
        store(&fs, &lab.cwd, &cwd)?;
    }
    std::process::exit(i32::from(outcome.status));
}

fn load(fs: &BlockingFs, from: &Path, to: &VPath) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.child(path.file_name().unwrap_or_default().as_bytes())?;
        let meta = fs::symlink_metadata(&path)?;
        if meta.is_symlink() {
            fs.symlink(fs::read_link(&path)?.as_os_str().as_bytes(), &target)?;
            continue;
        } else if meta.is_dir() {
            fs.mkdir(&target, Some(meta.mode() & 0o7777))?;
            load(fs, &path, &target)?;
        } else if meta.is_file() {
            let mut seen = SEEN.lock()?;
            if let Some(first) = seen.get(&meta.ino()).filter(|_| meta.nlink() > 1) {
                fs.link(first, &target)?;
                continue;
            }
            seen.insert(meta.ino(), target.clone());
            fs.write_all(&target, fs::read(&path)?.into())?;
        } else {
            continue;
        }
        let time = |seconds, nanos: i64| {
            Some(Time {
                seconds,
                nanos: nanos as u32,
            })
        };
        let attr = SetAttr {
            mode: Some(meta.mode() & 0o7777),
            uid: Some(meta.uid()),
            gid: Some(meta.gid()),
            atime: time(meta.atime(), meta.atime_nsec()),
            mtime: time(meta.mtime(), meta.mtime_nsec()),
        };
        fs.set_attr(&target, attr, false)?;
    }
    Ok(())
}

fn store(fs: &BlockingFs, from: &VPath, to: &Path) -> Result<()> {
    for entry in fs.read_dir(from)? {
        let source = from.child(&entry.name)?;
        let target = to.join(std::ffi::OsStr::from_bytes(&entry.name));
        let stat = fs.lstat(&source)?;
        match stat.kind {
            FileKind::Dir => {
                fs::create_dir(&target)?;
                store(fs, &source, &target)?;
            }
            FileKind::Symlink => {
                std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(&fs.read_link(&source)?), &target)?;
                continue;
            }
            _ => {
                let mut made = MADE.lock()?;
                if let Some(first) = made.get(&stat.ino).filter(|_| stat.nlink > 1) {
                    fs::hard_link(first, &target)?;
                    continue;
                }
                made.insert(stat.ino, target.clone());
                fs::write(&target, fs.read_all(&source)?)?;
            }
        }
        fs::set_permissions(&target, fs::Permissions::from_mode(stat.mode.unwrap_or(0o644)))?;
        if let Some(t) = stat.mtime {
            fs::File::open(&target)?.set_modified(t.into())?;
        }
    }
    Ok(())
}
