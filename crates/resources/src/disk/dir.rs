//! Listing directories in batches, each entry with its stat: one system call per entry here saves three later.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use futures::{StreamExt, TryStreamExt, stream};
use rustix::fs::Dir;
use vfs::runtime::unblock;
use vfs::{DirEntry, EntryStream, Result, VfsError};

use super::attr::stat_at;
use super::errno::host;

/// Entries per hop to a blocking thread.
const BATCH: usize = 1024;

/// The entries of an open directory. Small directories are at hand when this returns.
pub(super) async fn list(open: impl FnOnce() -> Result<OwnedFd> + Send + 'static) -> Result<EntryStream> {
    let (dir, first) = unblock(move || batch(Dir::new(open()?).map_err(host)?)).await?;
    let Some(dir) = dir else {
        return Ok(EntryStream::ready(first));
    };
    let rest = stream::try_unfold(Some(dir), |dir| async move {
        let Some(dir) = dir else { return Ok::<_, VfsError>(None) };
        let (dir, entries) = unblock(move || batch(dir)).await?;
        Ok(Some((stream::iter(entries.into_iter().map(Ok)), dir)))
    });
    let first = stream::iter(first.into_iter().map(Ok));
    Ok(EntryStream::new(first.chain(rest.try_flatten())))
}

/// The next entries, and the directory if there may be more.
fn batch(mut dir: Dir) -> Result<(Option<Dir>, Vec<DirEntry>)> {
    let mut entries = Vec::new();
    while entries.len() < BATCH {
        let Some(entry) = dir.read() else {
            return Ok((None, entries));
        };
        let entry = entry.map_err(host)?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        match stat_at(dir.fd().map_err(host)?, OsStr::from_bytes(name)) {
            Ok(stat) => entries.push(DirEntry {
                name: name.into(),
                stat: Some(stat),
            }),
            // Removed since the directory was read.
            Err(rustix::io::Errno::NOENT) => {}
            // Whatever else is wrong with it, it is there; asking for its stat will say what.
            Err(_) => entries.push(DirEntry {
                name: name.into(),
                stat: None,
            }),
        }
    }
    Ok((Some(dir), entries))
}
