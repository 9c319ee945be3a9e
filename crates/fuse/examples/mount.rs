//! Mounts a workspace of one resource for experiments and benchmarks, until standard input ends or the process is killed.
//!
//! ```text
//! mount [options] ram|disk:DIR|slow MOUNTPOINT
//!   slow               files of unknown size: /slow/<bytes>[-<label>] has that many bytes
//!   --delay MS         how long `slow` takes for every call (default 0)
//!   --rate BYTES       bytes per second that `slow` delivers (default unlimited)
//!   --stat-fetch never|auto|always
//!   --open-limit BYTES, --open-deadline MS, --op-deadline MS
//!   --threads N, --ttl MS, --writeback, --direct-io, --read-only
//!   --seconds N        unmount after so long
//! ```

use std::error::Error;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use fuse::{KernelMount, MountOptions, StatFetch};
use futures::stream;
use resources::{disk::Disk, ram::Ram};
use vfs::{
    ByteRange, ByteStream, Capabilities, DirEntry, EntryStream, Errno, FileKind, Fingerprint, Mode, Resource, Result,
    Stat, VPath, Vfs,
};

/// Files of unknown size that come slowly. `/N` and `/N-label` hold N bytes; a few stand in the listing.
struct Slow {
    delay: Duration,
    rate: Option<u64>,
}

const LISTED: [&str; 5] = ["0", "24", "4096", "3000001", "314572923"];
const CHUNK: u64 = 256 * 1024;

fn length(path: &VPath) -> Option<u64> {
    let name = std::str::from_utf8(path.file_name()?).ok()?;
    if path.parent()?.is_root() {
        name.split('-').next()?.parse().ok()
    } else {
        None
    }
}

/// The byte at `offset` of every file: a line of text that tells where it stands.
fn content(from: u64, to: u64) -> Bytes {
    let mut out = BytesMut::with_capacity((to - from) as usize);
    let mut line = from / 16;
    while (out.len() as u64) < to - from {
        let text = format!("{:015x}\n", line);
        let skip = if line == from / 16 { (from % 16) as usize } else { 0 };
        let want = ((to - from) as usize - out.len()).min(16 - skip);
        out.extend_from_slice(&text.as_bytes()[skip..skip + want]);
        line += 1;
    }
    out.freeze()
}

#[async_trait]
impl Resource for Slow {
    fn kind(&self) -> &str {
        "slow"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::READ_ONLY
    }

    async fn stat(&self, path: &VPath) -> Result<Stat> {
        tokio::time::sleep(self.delay).await;
        if path.is_root() {
            return Ok(Stat::dir());
        }
        length(path)
            .map(|_| Stat::new(FileKind::File))
            .ok_or_else(|| Errno::ENOENT.into())
    }

    async fn list(&self, _: &VPath) -> Result<EntryStream> {
        tokio::time::sleep(self.delay).await;
        let entry = |name: &&str| DirEntry {
            name: name.as_bytes().into(),
            stat: Some(Stat::new(FileKind::File)),
        };
        Ok(EntryStream::ready(LISTED.iter().map(entry).collect()))
    }

    async fn read(&self, path: &VPath, range: ByteRange, _: Option<&Fingerprint>) -> Result<ByteStream> {
        tokio::time::sleep(self.delay).await;
        let (start, end) = range.clamp(length(path).ok_or(Errno::ENOENT)?);
        let rate = self.rate;
        Ok(ByteStream::new(stream::unfold(start, move |at| async move {
            let to = end.min(at + CHUNK);
            if at >= end {
                return None;
            }
            if let Some(rate) = rate {
                tokio::time::sleep(Duration::from_secs_f64((to - at) as f64 / rate as f64)).await;
            }
            Some((Ok(content(at, to)), to))
        })))
    }
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut options = MountOptions::default();
    let (mut delay, mut rate, mut seconds) = (Duration::ZERO, None, None);
    let mut rest = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number =
            || -> std::result::Result<u64, Box<dyn Error>> { Ok(args.next().ok_or("a number is missing")?.parse()?) };
        match arg.as_str() {
            "--delay" => delay = Duration::from_millis(number()?),
            "--rate" => rate = Some(number()?),
            "--seconds" => seconds = Some(number()?),
            "--open-limit" => options.open_limit_bytes = number()?,
            "--open-deadline" => options.open_deadline = Duration::from_millis(number()?),
            "--op-deadline" => options.op_deadline = Duration::from_millis(number()?),
            "--threads" => options.threads = number()? as usize,
            "--ttl" => options.ttl = Duration::from_millis(number()?),
            "--writeback" => options.writeback = true,
            "--direct-io" => options.direct_io = true,
            "--read-only" => options.read_only = true,
            "--stat-fetch" => {
                options.stat_fetch = match args.next().as_deref() {
                    Some("never") => StatFetch::Never,
                    Some("auto") => StatFetch::Auto,
                    Some("always") => StatFetch::Always,
                    other => return Err(format!("--stat-fetch {other:?}").into()),
                }
            }
            _ => rest.push(arg),
        }
    }
    let [what, mountpoint] = &rest[..] else {
        return Err("usage: mount [options] ram|disk:DIR|slow MOUNTPOINT".into());
    };
    let resource: Arc<dyn Resource> = match what.split_once(':') {
        None if what == "ram" => Arc::new(Ram::new()),
        None if what == "slow" => Arc::new(Slow { delay, rate }),
        Some(("disk", dir)) => Arc::new(Disk::new(dir)?),
        _ => return Err(format!("no such resource: {what}").into()),
    };
    let tree = Vfs::new();
    tree.mount(VPath::new("/data")?, resource, Mode::Write)?;
    let mount = KernelMount::mount(
        tree.fs(),
        VPath::new("/data")?,
        Some(PathBuf::from(mountpoint)),
        options,
    )?;
    println!("mounted at {}", mount.mountpoint().display());
    match seconds {
        Some(n) => std::thread::sleep(Duration::from_secs(n)),
        None => {
            std::io::stdin().read_to_end(&mut Vec::new())?;
        }
    }
    mount.unmount(Duration::from_secs(5))?;
    for failure in mount.errors() {
        eprintln!("{failure:?}");
    }
    Ok(())
}
