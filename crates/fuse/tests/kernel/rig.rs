//! A mounted tree, and backends that misbehave in known ways.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fuse::{KernelMount, MountOptions};
use futures::stream;
use resources::ram::Ram;
use vfs::{
    BlockingFs, ByteRange, ByteStream, Cancel, Capabilities, DirEntry, EntryStream, Errno, FileKind, Fingerprint, Mode,
    Resource, Result, Stat, VPath, Vfs, VfsError,
};

/// A tree with one resource at `/data`, mounted in the kernel.
pub struct Rig {
    pub tree: Arc<Vfs>,
    pub mount: KernelMount,
}

pub fn path(s: &str) -> VPath {
    VPath::new(s).unwrap()
}

/// Whether this machine has FUSE; says so when it has not.
pub fn available() -> bool {
    let there = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .is_ok();
    if !there {
        eprintln!("skipped: /dev/fuse cannot be opened here");
    }
    there
}

impl Rig {
    pub fn new(resource: Arc<dyn Resource>, options: MountOptions) -> Option<Self> {
        if !available() {
            return None;
        }
        let tree = Vfs::new();
        tree.mount(path("/data"), resource, Mode::Write).unwrap();
        let mount = KernelMount::mount(tree.fs(), path("/data"), None, options).unwrap();
        Some(Self { tree, mount })
    }

    pub fn ram() -> Option<Self> {
        Self::new(Arc::new(Ram::new()), MountOptions::default())
    }

    /// A path on the host.
    pub fn at(&self, name: &str) -> PathBuf {
        self.mount.mountpoint().join(name)
    }

    /// Another door to the same tree.
    pub fn fs(&self) -> BlockingFs {
        BlockingFs::new(self.tree.fs(), Cancel::new())
    }
}

/// The errno of a failed call.
pub fn errno<T: std::fmt::Debug>(result: std::io::Result<T>) -> i32 {
    result.unwrap_err().raw_os_error().unwrap()
}

/// One file, `/f`, whose size nobody knows before it is read. Counts how often it is.
#[derive(Default)]
pub struct Unsized {
    pub len: u64,
    pub version: Option<&'static str>,
    /// Before every chunk of 64 KiB.
    pub delay: Duration,
    /// Fails with `EIO` after so many bytes.
    pub breaks_at: Option<u64>,
    pub reads: Arc<AtomicU64>,
}

/// The byte at `offset` of such a file.
pub fn byte(offset: u64) -> u8 {
    (offset.wrapping_mul(31) >> 3) as u8
}

pub fn bytes(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

#[async_trait]
impl Resource for Unsized {
    fn kind(&self) -> &str {
        "unsized"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::READ_ONLY
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        match path.as_bytes() {
            b"/" => Ok(Stat::dir()),
            b"/f" => Ok(Stat {
                fingerprint: self.version.map(|v| Fingerprint(v.into())),
                ..Stat::new(FileKind::File)
            }),
            _ => Err(Errno::ENOENT.into()),
        }
    }

    async fn list(&self, _: &VPath) -> Result<EntryStream> {
        Ok(EntryStream::ready(vec![DirEntry {
            name: b"f"[..].into(),
            stat: Some(self.stat(&VPath::new("/f")?).await?),
        }]))
    }

    async fn read(&self, _: &VPath, range: ByteRange, _: Option<&Fingerprint>) -> Result<ByteStream> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let (start, end) = range.clamp(self.len);
        let (delay, breaks_at) = (self.delay, self.breaks_at);
        Ok(ByteStream::new(stream::unfold(Some(start), move |at| async move {
            let at = at.filter(|at| *at < end)?;
            tokio::time::sleep(delay).await;
            if breaks_at.is_some_and(|b| at >= b) {
                return Some((Err(VfsError::new(Errno::EIO).detail("the line went dead")), None));
            }
            let to = end.min(at + 65_536);
            Some((Ok(Bytes::from(bytes(at, to))), Some(to)))
        })))
    }
}
