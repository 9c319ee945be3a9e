//! What the tests share.

use std::sync::Arc;

use bytes::Bytes;
use vfs::{BlockingFs, Cancel, Capabilities, Errno, Mode, MountOptions, Result, VPath, Vfs};

use crate::fake::Fake;

pub fn p(s: &str) -> VPath {
    VPath::new(s).unwrap()
}

pub fn b(s: &str) -> Bytes {
    Bytes::copy_from_slice(s.as_bytes())
}

/// A workspace with one fake backend per prefix.
pub fn tree(mounts: &[(&str, Capabilities)]) -> (BlockingFs, Vec<Arc<Fake>>) {
    let vfs = Vfs::new();
    let fakes = mounts
        .iter()
        .map(|(prefix, caps)| {
            let fake = Arc::new(Fake::new(*caps));
            vfs.mount_with(p(prefix), fake.clone(), MountOptions::new(Mode::Write))
                .unwrap();
            fake
        })
        .collect();
    (BlockingFs::new(vfs.fs(), Cancel::new()), fakes)
}

pub fn errno<T: std::fmt::Debug>(r: Result<T>) -> Errno {
    r.unwrap_err().errno()
}

pub fn names(fs: &BlockingFs, dir: &str) -> Vec<String> {
    fs.read_dir(&p(dir))
        .unwrap()
        .iter()
        .map(|e| String::from_utf8_lossy(&e.name).into_owned())
        .collect()
}
