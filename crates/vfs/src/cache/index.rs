//! The index cache of one mount: stats, listings and what is known not to exist.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt;
use lru::LruCache;
use parking_lot::Mutex;

use crate::cache::flight::{Departure, Flights, Joined};
use crate::error::{Errno, Result};
use crate::mount::{Consistency, MountOptions};
use crate::path::VPath;
use crate::resource::{DirEntry, Resource, TreeEntry};
use crate::stat::Stat;

/// Entries kept per mount, counting every name of a listing.
const LIMIT: usize = 1 << 18;
/// Changes remembered to decide whether an answer under way is still true when it arrives.
const RECENT: usize = 64;

/// A stat, and which answer of the backend it comes from: a new number for every new answer.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) stat: Stat,
    pub(crate) answer: u64,
}

/// One sorted listing.
type Listing = Arc<[DirEntry]>;

struct Timed<T> {
    value: T,
    at: Instant,
    answer: u64,
}

struct Index {
    /// Counts changes.
    epoch: u64,
    recent: VecDeque<(u64, VPath, bool)>,
    answers: u64,
    /// `None` is a name that does not exist.
    stats: LruCache<VPath, Timed<Option<Stat>>>,
    lists: LruCache<VPath, Timed<Listing>>,
    weight: usize,
}

/// See the module.
pub(crate) struct MountCache {
    ttl: Duration,
    consistency: Consistency,
    /// Directories of this backend come and go with what they hold.
    implied_directories: bool,
    index: Mutex<Index>,
    stat_flights: Flights<VPath, Seen, u64>,
    list_flights: Flights<VPath, Listing, u64>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Index {
    /// Whether a change since `epoch` may have made an answer about `path` untrue.
    fn touched(&self, epoch: u64, path: &VPath) -> bool {
        if epoch == self.epoch {
            return false;
        }
        if self.recent.front().is_none_or(|(oldest, ..)| *oldest > epoch + 1) {
            return true;
        }
        self.recent
            .iter()
            .rev()
            .take_while(|(at, ..)| *at > epoch)
            .any(|(_, p, tree)| p.starts_with(path) || (*tree && path.starts_with(p)))
    }

    /// Whether a change since `epoch` may have touched anything at or below `dir`.
    fn touched_below(&self, epoch: u64, dir: &VPath) -> bool {
        epoch != self.epoch
            && (self.recent.front().is_none_or(|(oldest, ..)| *oldest > epoch + 1)
                || self
                    .recent
                    .iter()
                    .any(|(at, p, _)| *at > epoch && (p.starts_with(dir) || dir.starts_with(p))))
    }

    /// What is known of `path` by itself or by its directory's listing; `None` in it for a name that does not exist.
    fn lookup(&mut self, path: &VPath, fresh: impl Fn(Instant) -> bool) -> Option<(Option<Stat>, u64)> {
        if let Some(entry) = self.stats.get(path)
            && fresh(entry.at)
        {
            return Some((entry.value.clone(), entry.answer));
        }
        let (dir, name) = (path.parent()?, path.file_name()?);
        let list = self.lists.get(&dir).filter(|l| fresh(l.at))?;
        match list.value.binary_search_by(|e| (*e.name).cmp(name)) {
            Ok(i) => Some((Some(list.value[i].stat.clone()?), list.answer)),
            Err(_) => Some((None, list.answer)),
        }
    }

    fn shrink(&mut self) {
        while self.weight > LIMIT {
            if self.stats.pop_lru().is_some() {
                self.weight = self.weight.saturating_sub(1);
            } else if let Some((_, list)) = self.lists.pop_lru() {
                self.weight = self.weight.saturating_sub(list.value.len() + 1);
            } else {
                self.weight = 0;
            }
        }
    }

    fn put_stat(&mut self, path: VPath, value: Option<Stat>) -> u64 {
        self.answers += 1;
        let (at, answer) = (Instant::now(), self.answers);
        if self.stats.put(path, Timed { value, at, answer }).is_none() {
            self.weight += 1;
        }
        self.shrink();
        answer
    }

    fn put_list(&mut self, path: VPath, value: Listing) {
        self.answers += 1;
        let (at, answer) = (Instant::now(), self.answers);
        self.weight += value.len() + 1;
        if let Some(old) = self.lists.put(path, Timed { value, at, answer }) {
            self.weight = self.weight.saturating_sub(old.value.len() + 1);
        }
        self.shrink();
    }

    fn drop_stat(&mut self, path: &VPath) {
        if self.stats.pop(path).is_some() {
            self.weight = self.weight.saturating_sub(1);
        }
    }

    fn drop_list(&mut self, path: &VPath) {
        if let Some(old) = self.lists.pop(path) {
            self.weight = self.weight.saturating_sub(old.value.len() + 1);
        }
    }

    /// Forgets what a change of `path` makes untrue.
    fn forget(&mut self, path: &VPath, tree: bool, implied_directories: bool) {
        self.epoch += 1;
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((self.epoch, path.clone(), tree));
        self.drop_stat(path);
        self.drop_list(path);
        if tree {
            let stats: Vec<VPath> = below(self.stats.iter().map(|(k, _)| k), path);
            let lists: Vec<VPath> = below(self.lists.iter().map(|(k, _)| k), path);
            stats.iter().for_each(|k| self.drop_stat(k));
            lists.iter().for_each(|k| self.drop_list(k));
        }
        // The directory's listing changed; where directories are implied, so may those above have come into being.
        let mut at = path.parent();
        while let Some(dir) = at {
            self.drop_list(&dir);
            // A directory that is known to be one stays one: it costs a request per file to forget that.
            if !self
                .stats
                .peek(&dir)
                .is_some_and(|s| s.value.as_ref().is_some_and(Stat::is_dir))
            {
                self.drop_stat(&dir);
            }
            at = if implied_directories { dir.parent() } else { None };
        }
    }
}

async fn list_sorted(resource: &Arc<dyn Resource>, path: &VPath) -> Result<Listing> {
    let mut entries = resource.list(path).await?.collect().await?;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries.into())
}

fn below<'a>(keys: impl Iterator<Item = &'a VPath>, dir: &VPath) -> Vec<VPath> {
    keys.filter(|k| k.starts_with(dir)).cloned().collect()
}

impl MountCache {
    pub(crate) fn new(options: &MountOptions, implied_directories: bool) -> Self {
        Self {
            ttl: options.ttl.unwrap_or(MountOptions::DEFAULT_TTL),
            consistency: options.consistency,
            implied_directories,
            index: Mutex::new(Index {
                epoch: 0,
                recent: VecDeque::new(),
                answers: 0,
                stats: LruCache::unbounded(),
                lists: LruCache::unbounded(),
                weight: 0,
            }),
            stat_flights: Flights::default(),
            list_flights: Flights::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// Hits and misses so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// Whether answers may be reused at all.
    fn believes(&self) -> bool {
        self.consistency == Consistency::Lazy && !self.ttl.is_zero()
    }

    /// What was learnt about `path` and is still believed: `Some(Err)` for a name that does not exist.
    pub(crate) fn known(&self, path: &VPath) -> Option<Result<Seen>> {
        if !self.believes() {
            return None;
        }
        let now = Instant::now();
        let fresh = |at: Instant| now.saturating_duration_since(at) < self.ttl;
        let mut index = self.index.lock();
        let (found, answer) = index.lookup(path, fresh)?;
        if let Some(stat) = found {
            return Some(Ok(Seen { stat, answer }));
        }
        // What is missing below a file is missing for another reason.
        let mut above = path.parent();
        while let Some(dir) = above {
            match index.lookup(&dir, fresh) {
                Some((Some(stat), _)) if !stat.is_dir() => return Some(Err(Errno::ENOTDIR.into())),
                Some((None, _)) => above = dir.parent(),
                _ => break,
            }
        }
        Some(Err(Errno::ENOENT.into()))
    }

    /// The stat of `path`, asked once however many want to know.
    pub(crate) async fn stat(self: &Arc<Self>, resource: &Arc<dyn Resource>, path: &VPath) -> Result<Seen> {
        if let Some(known) = self.known(path) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return known;
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        if !self.believes() {
            let stat = resource.stat(path).await?;
            return Ok(Seen { stat, answer: 0 });
        }
        let joined = self.stat_flights.join(
            path,
            |epoch| !self.index.lock().touched(epoch, path),
            || self.known(path),
            |id| {
                let (cache, resource, key) = (self.clone(), resource.clone(), path.clone());
                let epoch = self.epoch();
                let flight = async move {
                    let answer = resource.stat(&key).await;
                    let answer = cache.keep_stat(epoch, &key, answer);
                    cache.stat_flights.landed([key], id);
                    answer
                };
                Departure {
                    flight: flight.boxed().shared(),
                    mark: epoch,
                    keys: vec![path.clone()],
                }
            },
        );
        match joined {
            Joined::Flight(flight, _) => flight.await,
            Joined::Landed(answer) => answer,
        }
    }

    /// The sorted listing of `path`, asked once however many want to know.
    pub(crate) async fn list(self: &Arc<Self>, resource: &Arc<dyn Resource>, path: &VPath) -> Result<Listing> {
        if let Some(list) = self.known_list(path) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(list);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let joined = self.list_flights.join(
            path,
            |epoch| self.believes() && !self.index.lock().touched(epoch, path),
            || self.known_list(path),
            |id| {
                let (cache, resource, key) = (self.clone(), resource.clone(), path.clone());
                let epoch = self.epoch();
                let flight = async move {
                    let answer = list_sorted(&resource, &key).await;
                    if let Ok(list) = &answer {
                        cache.keep_list(epoch, &key, list);
                    }
                    cache.list_flights.landed([key], id);
                    answer
                };
                Departure {
                    flight: flight.boxed().shared(),
                    mark: epoch,
                    keys: vec![path.clone()],
                }
            },
        );
        match joined {
            Joined::Flight(flight, _) => flight.await,
            Joined::Landed(list) => Ok(list),
        }
    }

    fn known_list(&self, path: &VPath) -> Option<Listing> {
        if !self.believes() {
            return None;
        }
        let mut index = self.index.lock();
        let list = index.lists.get(path).filter(|l| l.at.elapsed() < self.ttl)?;
        Some(list.value.clone())
    }

    fn keep_stat(&self, epoch: u64, path: &VPath, answer: Result<Stat>) -> Result<Seen> {
        let mut index = self.index.lock();
        let true_now = self.believes() && !index.touched(epoch, path);
        match answer {
            Ok(stat) => {
                let answer = if true_now {
                    index.put_stat(path.clone(), Some(stat.clone()))
                } else {
                    0
                };
                Ok(Seen { stat, answer })
            }
            Err(e) => {
                if true_now && e.errno() == Errno::ENOENT && e.link_hit().is_none() {
                    index.put_stat(path.clone(), None);
                }
                Err(e)
            }
        }
    }

    fn keep_list(&self, epoch: u64, path: &VPath, list: &Listing) {
        let mut index = self.index.lock();
        if self.believes() && list.len() < LIMIT && !index.touched(epoch, path) {
            index.put_list(path.clone(), list.clone());
        }
    }

    /// Keeps what a listing of everything below `dir`, which began at `epoch`, says of every directory in it.
    pub(crate) fn keep_tree(&self, epoch: u64, dir: &VPath, entries: Vec<TreeEntry>) {
        if !self.believes() || entries.len() > LIMIT / 2 {
            return;
        }
        let mut lists: HashMap<VPath, BTreeMap<Box<[u8]>, Stat>> = HashMap::from([(dir.clone(), BTreeMap::new())]);
        for TreeEntry { path, stat } in entries {
            if stat.is_dir() {
                lists.entry(path.clone()).or_default();
            }
            let (mut at, mut stat) = (path, stat);
            // Directories above it, until one that is known to be listed.
            while let (Some(parent), Some(name)) = (at.parent(), at.file_name().map(Box::from)) {
                let known = lists.contains_key(&parent);
                lists.entry(parent.clone()).or_default().entry(name).or_insert(stat);
                if known || !parent.starts_with(dir) {
                    break;
                }
                (at, stat) = (parent, Stat::dir());
            }
        }
        let mut index = self.index.lock();
        if index.touched_below(epoch, dir) {
            return;
        }
        for (path, names) in lists.into_iter().filter(|(path, _)| path.starts_with(dir)) {
            let entries = names
                .into_iter()
                .map(|(name, stat)| DirEntry { name, stat: Some(stat) });
            index.put_list(path, entries.collect());
        }
    }

    /// A point in time, for [`MountCache::wrote`].
    pub(crate) fn epoch(&self) -> u64 {
        self.index.lock().epoch
    }

    /// `path` (with everything below it, if `tree`) may have changed.
    pub(crate) fn forget(&self, path: &VPath, tree: bool) {
        self.index.lock().forget(path, tree, self.implied_directories);
    }

    /// A write that began at `epoch` left `stat` behind. It is believed unless something else happened to the file meanwhile.
    pub(crate) fn wrote(&self, epoch: u64, path: &VPath, stat: &Stat) {
        let mut index = self.index.lock();
        let alone = !index.touched(epoch, path);
        index.forget(path, false, self.implied_directories);
        if alone && self.believes() && stat.fingerprint.is_some() {
            index.put_stat(path.clone(), Some(stat.clone()));
        }
    }
}
