//! What one operation costs in the core itself: a backend that does nothing but look into a map. Prints nanoseconds per
//! operation; the budget is one microsecond each.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails has no figures")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::RwLock;
use vfs::{
    BlockingFs, ByteRange, ByteStream, Cancel, Capabilities, EntryStream, Errno, Fingerprint, Mode, Precondition,
    Recording, Resource, Result, Stat, VPath, Vfs, WriteOptions,
};

#[derive(Default)]
struct Map(RwLock<HashMap<VPath, Bytes>>);

#[async_trait]
impl Resource for Map {
    fn kind(&self) -> &str {
        "map"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            write: true,
            symlinks: true,
            attributes: true,
            remote: false,
            instant: true,
            ..Capabilities::READ_ONLY
        }
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        match self.0.read().get(path) {
            Some(data) => Ok(Stat::file(data.len() as u64)),
            None => Err(Errno::ENOENT.into()),
        }
    }

    async fn list(&self, _: &VPath) -> Result<EntryStream> {
        Ok(EntryStream::ready(Vec::new()))
    }

    async fn read(&self, path: &VPath, range: ByteRange, _: Option<&Fingerprint>) -> Result<ByteStream> {
        match self.0.read().get(path) {
            Some(data) => {
                let (from, to) = range.clamp(data.len() as u64);
                Ok(data.slice(from as usize..to as usize).into())
            }
            None => Err(Errno::ENOENT.into()),
        }
    }

    async fn write(&self, path: &VPath, body: ByteStream, _: &WriteOptions) -> Result<Stat> {
        let data = body.collect().await?;
        let stat = Stat::file(data.len() as u64);
        self.0.write().insert(path.clone(), data);
        Ok(stat)
    }
}

fn measure(what: &str, mut op: impl FnMut()) {
    const ROUNDS: u32 = 200_000;
    let mut best = f64::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        for _ in 0..ROUNDS {
            op();
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
    }
    println!("{what:<28} {best:8.0} ns");
}

fn main() {
    let vfs = Vfs::new();
    vfs.mount(VPath::root(), Arc::new(Map::default()), Mode::Write).unwrap();
    vfs.mount(VPath::new("/data").unwrap(), Arc::new(Map::default()), Mode::Write)
        .unwrap();
    let fs = BlockingFs::new(vfs.fs(), Cancel::new());
    let path = VPath::new("/data/dir/file").unwrap();
    let kilobyte = Bytes::from(vec![b'x'; 1024]);
    fs.write_all(&path, kilobyte.clone()).unwrap();
    let options = WriteOptions {
        precondition: Precondition::None,
        ..WriteOptions::default()
    };
    let run = |title: &str| {
        println!("{title}");
        measure("  normalise a path", || {
            drop(black_box(VPath::new("/data/dir/file").unwrap()))
        });
        measure("  find the mount", || drop(black_box(vfs.mounts().find(&path))));
        measure("  stat", || drop(black_box(fs.stat(&path).unwrap())));
        measure("  read 1 KB", || drop(black_box(fs.read_all(&path).unwrap())));
        measure("  write 1 KB", || {
            drop(black_box(fs.write(&path, kilobyte.clone().into(), &options).unwrap()));
        });
        measure("  write 1 KB of the caller", || {
            let data = Bytes::copy_from_slice(&kilobyte);
            drop(black_box(fs.write(&path, data.into(), &options).unwrap()));
        });
        let absent = VPath::new("/data/none").unwrap();
        measure("  stat of nothing", || drop(black_box(fs.stat(&absent).unwrap_err())));
    };
    run("default");
    vfs.records().set_recording(Recording::All);
    run("recording all");
    vfs.records().set_recording(Recording::Off);
    fs.set_namespace_entry();
    run("with a link elsewhere");
}

trait Occupy {
    fn set_namespace_entry(&self);
}

impl Occupy for BlockingFs {
    /// Puts one name into the namespace, so that the check for an empty one does not help.
    fn set_namespace_entry(&self) {
        let mut state = self.fs().vfs().namespace();
        let node = vfs::namespace::Node {
            kind: vfs::namespace::NodeKind::Link(Arc::from(&b"/x"[..])),
            attr: vfs::SetAttr::default(),
        };
        state.nodes.insert(Box::from(&b"/elsewhere/link"[..]), node);
        self.fs().vfs().set_namespace(state);
    }
}
