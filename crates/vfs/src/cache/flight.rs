//! Single flight: who asks what somebody is already asking waits for that answer.

use std::collections::HashMap;
use std::hash::Hash;

use futures::future::{BoxFuture, Shared, WeakShared};
use parking_lot::Mutex;

use crate::error::Result;

/// A request under way. It goes on as long as anyone who asked is still there.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, Result<T>>>;

struct Entry<T, M> {
    flight: WeakShared<BoxFuture<'static, Result<T>>>,
    id: u64,
    mark: M,
}

/// Requests under way by key, each with a mark that says something about it.
pub(crate) struct Flights<K, T: Clone, M> {
    airspace: Mutex<Airspace<K, T, M>>,
}

struct Airspace<K, T, M> {
    last_id: u64,
    entries: HashMap<K, Entry<T, M>>,
}

impl<K, T: Clone, M> Default for Flights<K, T, M> {
    fn default() -> Self {
        Self {
            airspace: Mutex::new(Airspace {
                last_id: 0,
                entries: HashMap::new(),
            }),
        }
    }
}

/// How many abandoned requests may be left in the map.
const LITTER: usize = 256;

/// What [`Flights::join`] found.
pub(crate) enum Joined<T: Clone, M, R> {
    /// A request under way, or one that was just begun; with its mark.
    Flight(Flight<T>, M),
    /// The answer arrived a moment ago.
    Landed(R),
}

/// A request that begins: its flight, its mark, and all the keys that it answers.
pub(crate) struct Departure<K, T: Clone, M> {
    pub(crate) flight: Flight<T>,
    pub(crate) mark: M,
    pub(crate) keys: Vec<K>,
}

impl<K: Hash + Eq + Clone, T: Clone, M: Copy> Flights<K, T, M> {
    /// Joins the request under way for `key` if its mark is `usable`; else takes what `landed` in the meantime; else begins
    /// one by `depart`, which gets a number for [`Flights::landed`]. Nobody can begin another one in between.
    pub(crate) fn join<R>(
        &self,
        key: &K,
        usable: impl Fn(M) -> bool,
        landed: impl FnOnce() -> Option<R>,
        depart: impl FnOnce(u64) -> Departure<K, T, M>,
    ) -> Joined<T, M, R> {
        let mut air = self.airspace.lock();
        if let Some(entry) = air.entries.get(key)
            && usable(entry.mark)
            && let Some(flight) = entry.flight.upgrade()
        {
            return Joined::Flight(flight, entry.mark);
        }
        if let Some(answer) = landed() {
            return Joined::Landed(answer);
        }
        air.last_id += 1;
        let id = air.last_id;
        let Departure { flight, mark, keys } = depart(id);
        if air.entries.len() > LITTER {
            air.entries.retain(|_, e| e.flight.upgrade().is_some());
        }
        if let Some(weak) = flight.downgrade() {
            for key in keys {
                let flight = weak.clone();
                air.entries.insert(key, Entry { flight, id, mark });
            }
        }
        Joined::Flight(flight, mark)
    }

    /// Takes a finished request out.
    pub(crate) fn landed(&self, keys: impl IntoIterator<Item = K>, id: u64) {
        let mut air = self.airspace.lock();
        for key in keys {
            if air.entries.get(&key).is_some_and(|e| e.id == id) {
                air.entries.remove(&key);
            }
        }
    }
}
