//! What the basic operations cost inside the crate: `cargo bench -p mirage-resources`. Budget: 300 ns each for 1 KB.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use resources::disk::Disk;
use resources::ram::Ram;
use vfs::runtime::allow_blocking;
use vfs::{ByteRange, ByteStream, OpenOptions, Resource, VPath, WriteOptions};

/// The best of five rounds, per operation.
fn measure(what: &str, n: u32, mut op: impl FnMut(u32)) {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for i in 0..n {
            op(i);
        }
        best = best.min(start.elapsed());
    }
    println!("{what:46} {:>10.0} ns", best.as_nanos() as f64 / f64::from(n));
}

fn now<T>(future: impl Future<Output = vfs::Result<T>>) -> T {
    future.now_or_never().unwrap().unwrap()
}

fn main() {
    measure("the clock", 100_000, |_| {
        black_box(vfs::Time::now());
    });
    let ram = Ram::new();
    let p = |s: &str| VPath::new(s).unwrap();
    let options = WriteOptions::default();
    now(ram.mkdir(&p("/a"), None));
    now(ram.mkdir(&p("/a/b"), None));
    let (file, kilo) = (p("/a/b/file"), Bytes::from(vec![7; 1024]));
    let put = |fs: &dyn Resource, path: &VPath, data: &Bytes| {
        black_box(now(fs.write(path, ByteStream::Bytes(data.clone()), &options)));
    };
    put(&ram, &file, &kilo);
    measure("ram: write 1 KB", 100_000, |_| put(&ram, &file, &kilo));
    let get =
        |fs: &dyn Resource, path: &VPath| now(async { fs.read(path, ByteRange::ALL, None).await?.collect().await });
    measure("ram: read 1 KB", 100_000, |_| drop(black_box(get(&ram, &file))));
    measure("ram: stat", 100_000, |_| drop(black_box(now(ram.stat(&file)))));
    let missing = p("/a/b/none");
    measure("ram: stat of what is not there", 100_000, |_| {
        drop(black_box(ram.stat(&missing).now_or_never().unwrap()));
    });
    measure("ram: make and remove a file", 100_000, |_| {
        put(&ram, &missing, &kilo);
        now(ram.remove(&missing));
    });
    let log = now(ram.open(&p("/log"), &OpenOptions::appending()));
    let byte = Bytes::from_static(b"x");
    measure("ram: append 1 byte", 200_000, |_| {
        black_box(now(log.append(byte.clone())));
    });
    measure("ram: append 1 byte by path, then stat", 100_000, |_| {
        now(ram.append(&p("/log"), byte.clone().into()));
    });
    let big = now(ram.open(
        &p("/big"),
        &OpenOptions {
            read: true,
            ..OpenOptions::writing()
        },
    ));
    now(big.write_at(0, Bytes::from(vec![1; 64 << 20])));
    let mut buf = vec![0; 4096];
    measure("ram: read 4 KB at random into a buffer", 100_000, |i| {
        now(big.read_into(u64::from(i.wrapping_mul(2_654_435_761) % (60 << 20)), &mut buf));
    });
    let page = Bytes::from(vec![2; 4096]);
    measure("ram: write 4 KB at random", 100_000, |i| {
        now(big.write_at(u64::from(i.wrapping_mul(2_654_435_761) % (60 << 20)), page.clone()));
    });
    now(ram.mkdir(&p("/many"), None));
    for i in 0..100_000 {
        put(&ram, &p(&format!("/many/file-{i}")), &byte);
    }
    measure("ram: stat among 100 000 files", 100_000, |i| {
        now(ram.stat(&p(&format!("/many/file-{i}"))));
    });
    measure("ram: list 100 000 files", 3, |_| {
        drop(black_box(now(ram.list(&p("/many")))))
    });
    measure("ram: fork a tree of 100 000 files", 20, |_| drop(black_box(ram.fork())));
    measure("ram: fork it and change one file", 20, |_| {
        put(&ram.fork(), &p("/many/file-5"), &kilo)
    });

    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::new(dir.path()).unwrap();
    allow_blocking(|| {
        now(disk.mkdir(&p("/a"), None));
        let file = p("/a/file");
        measure("disk: write 1 KB", 10_000, |_| put(&disk, &file, &kilo));
        measure("disk: read 1 KB", 10_000, |_| drop(black_box(get(&disk, &file))));
        measure("disk: stat", 10_000, |_| drop(black_box(now(disk.stat(&file)))));
        for i in 0..10_000 {
            put(&disk, &p(&format!("/a/file-{i}")), &byte);
        }
        measure("disk: list 10 000 files", 3, |_| {
            drop(black_box(now(async { disk.list(&p("/a")).await?.collect().await })));
        });
    });
}
