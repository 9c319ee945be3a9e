//! Reading directories.

use std::sync::Arc;

use futures::StreamExt;
use parking_lot::Mutex;
use vfs::{DirEntry, Errno, FileKind, Result, Stat, VPath};

use crate::core::{Core, Found};
use crate::handles::{Body, Handle};
use crate::inodes::ROOT;

/// Entries of later parts of a directory whose stats are asked for again: about what one answer holds.
const BATCH: usize = 256;
/// How many of them are asked for at a time.
const ABREAST: usize = 16;

/// A part of a directory's listing.
pub(crate) struct Listed {
    /// The directory.
    pub(crate) dir: u64,
    pub(crate) path: VPath,
    from: usize,
    /// When the stats were asked for.
    pub(crate) epoch: u64,
    /// Everything that was there when reading began.
    all: Arc<Vec<DirEntry>>,
    /// Stats asked for now, for the entries from `from` on; `None` where the name is gone. Absent when the listing's own are
    /// complete and new.
    fresh: Option<Vec<Option<Stat>>>,
}

impl Listed {
    /// The entries with their index, name and stat. Where stats had to be asked for, as many as were.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &[u8], &Stat)> {
        let last = match &self.fresh {
            Some(fresh) => self.from + fresh.len(),
            None => usize::MAX,
        };
        let entries = self
            .all
            .iter()
            .enumerate()
            .skip(self.from)
            .take_while(move |(i, _)| *i < last);
        entries.filter_map(|(i, e)| {
            let stat = match &self.fresh {
                Some(fresh) => fresh.get(i - self.from)?.as_ref()?,
                None => e.stat.as_ref()?,
            };
            Some((i, &*e.name, stat))
        })
    }
}

impl Core {
    pub(crate) async fn open_dir(&self, ino: u64, path: VPath, instant: bool) -> Result<u64> {
        let handle = Handle {
            ino,
            path,
            instant,
            body: Body::Dir(Mutex::default()),
        };
        Ok(self.keep(ino, handle))
    }

    /// Entries from `from` on; `.` and `..` are the protocol's business and not counted. Reading from the start reads anew.
    pub(crate) async fn read_dir(&self, fh: u64, from: usize, stats: bool) -> Result<Listed> {
        let handle = self.handles.get(fh).ok_or(Errno::EBADF)?;
        let epoch = self.epoch();
        let Body::Dir(kept) = &handle.body else {
            return Err(Errno::ENOTDIR.into());
        };
        let path = match self.inodes.lock().path(handle.ino) {
            Ok(path) => path,
            // A directory that was removed is empty.
            Err(_) => return Ok(self.nothing(&handle)),
        };
        let known = if from == 0 { None } else { kept.lock().clone() };
        let all = match known {
            Some(all) => all,
            None => {
                let all = match self.fs.list(&path).await {
                    Ok(entries) => Arc::new(entries.collect().await?),
                    Err(e) if e.errno() == Errno::ENOENT => return Ok(self.nothing(&handle)),
                    Err(e) => return Err(e),
                };
                *kept.lock() = Some(all.clone());
                all
            }
        };
        // What the listing said may be old by now, and the kernel would believe it.
        let old = stats && from > 0;
        let part = all.iter().skip(from).take(BATCH);
        let fresh = if old || part.clone().any(|e| e.stat.is_none()) {
            let mut asked = Vec::with_capacity(BATCH);
            for entry in part {
                let known = entry.stat.clone().filter(|_| !old);
                asked.push(self.stat_now(path.below([&*entry.name].into_iter()), known));
            }
            Some(futures::stream::iter(asked).buffered(ABREAST).collect().await)
        } else {
            None
        };
        Ok(Listed {
            dir: handle.ino,
            path,
            from,
            epoch,
            all,
            fresh,
        })
    }

    async fn stat_now(&self, path: VPath, known: Option<Stat>) -> Option<Stat> {
        if known.is_some() {
            return known;
        }
        match self.fs.lstat(&path).await {
            Ok(stat) => Some(stat),
            Err(e) if e.errno() == Errno::ENOENT => None,
            // It is there; asking for it by name will say what is wrong with it.
            Err(_) => Some(Stat::new(FileKind::File)),
        }
    }

    fn nothing(&self, handle: &Handle) -> Listed {
        Listed {
            dir: handle.ino,
            path: handle.path.clone(),
            from: 0,
            epoch: self.epoch(),
            all: Arc::default(),
            fresh: None,
        }
    }

    /// The number that a name shows without having been looked up.
    pub(crate) fn expected(&self, listed: &Listed, name: &[u8], stat: &Stat) -> u64 {
        let path = listed.path.below([name].into_iter());
        let origin = self.origin(&path, stat);
        self.inodes.lock().expected(listed.dir, name, origin, stat)
    }

    /// What a listing found under a name.
    pub(crate) fn listed(&self, listed: &Listed, name: &[u8], stat: &Stat) -> Found {
        let path = listed.path.below([name].into_iter());
        self.found(listed.dir, name.into(), &path, stat.clone())
    }

    /// The directory above, as `..` shows it.
    pub(crate) fn above(&self, ino: u64) -> u64 {
        match ino {
            ROOT => ROOT,
            _ => self.inodes.lock().parent(ino),
        }
    }
}
