//! Objects: entries in insertion order, searched linearly while small and through a hash index when large.

use super::{Str, Value, teardown};
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Up to this many entries a scan beats hashing.
const LINEAR: usize = 12;

#[derive(Clone, Debug, Default)]
struct Data {
    entries: Vec<(Str, Value)>,
    index: Option<Box<Index>>,
}

#[derive(Clone, Debug)]
struct Index {
    table: HashTable<usize>,
    hasher: RandomState,
}

/// A JSON object. Cloning shares the storage; keys keep their insertion order.
#[derive(Clone, Debug, Default)]
pub struct Object(Arc<Data>);

impl Object {
    /// An empty object.
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder with room for `n` entries, which need not check for sharing at every insertion.
    pub(crate) fn builder(n: usize) -> Builder {
        Builder(Data {
            entries: Vec::with_capacity(n),
            index: None,
        })
    }

    /// Number of entries.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there is no entry.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The value of `key`.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.find(key).and_then(|i| self.0.entries.get(i)).map(|(_, v)| v)
    }

    /// The entry at position `i` in insertion order.
    #[inline]
    pub fn entry(&self, i: usize) -> Option<(&Str, &Value)> {
        self.0.entries.get(i).map(|(k, v)| (k, v))
    }

    /// The value of `key`, writable.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let data = Arc::make_mut(&mut self.0);
        let at = data.find(key)?;
        data.entries.get_mut(at).map(|(_, v)| v)
    }

    /// The value of `key`, writable, inserted as `null` at the end if there is none.
    pub fn slot(&mut self, key: &Str) -> &mut Value {
        let data = Arc::make_mut(&mut self.0);
        let at = match data.find(key) {
            Some(at) => at,
            None => data.push(key.clone(), Value::Null),
        };
        &mut data.entries[at].1
    }

    /// Sets `key`, keeping its position if it is there already.
    pub fn insert(&mut self, key: Str, value: Value) {
        let data = Arc::make_mut(&mut self.0);
        match data.find(&key) {
            Some(at) => data.entries[at].1 = value,
            None => {
                data.push(key, value);
            }
        }
    }

    /// Removes `key`; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.find(key)?;
        let data = Arc::make_mut(&mut self.0);
        let at = data.find(key)?;
        let (_, v) = data.entries.remove(at);
        data.reindex();
        Some(v)
    }

    /// Keeps the entries for which `keep` says so; `keep` may change the value.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut Value) -> bool) {
        let data = Arc::make_mut(&mut self.0);
        data.entries.retain_mut(|(k, v)| keep(k, v));
        data.reindex();
    }

    /// Entries in insertion order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Str, &Value)> + Clone {
        self.0.entries.iter().map(|(k, v)| (k, v))
    }

    /// Values in insertion order, writable.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        Arc::make_mut(&mut self.0).entries.iter_mut().map(|(_, v)| v)
    }

    /// The entries, owned, without a copy when nobody else holds this object.
    pub fn into_entries(mut self) -> Vec<(Str, Value)> {
        match Arc::get_mut(&mut self.0) {
            Some(d) => std::mem::take(&mut d.entries),
            None => self.0.entries.clone(),
        }
    }

    /// The keys, sorted by code point.
    pub fn sorted_keys(&self) -> Vec<&Str> {
        let mut keys: Vec<&Str> = self.0.entries.iter().map(|(k, _)| k).collect();
        keys.sort_unstable();
        keys
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Collects entries for a new object.
pub(crate) struct Builder(Data);

impl Builder {
    /// Sets `key`; a repeated key keeps its first position and its last value.
    #[inline]
    pub(crate) fn insert(&mut self, key: Str, value: Value) {
        match self.0.find(&key) {
            Some(at) => self.0.entries[at].1 = value,
            None => {
                self.0.push(key, value);
            }
        }
    }

    pub(crate) fn finish(self) -> Object {
        Object(Arc::new(self.0))
    }
}

impl Data {
    #[inline]
    fn find(&self, key: &str) -> Option<usize> {
        match &self.index {
            None => self.entries.iter().position(|(k, _)| k.as_str() == key),
            Some(ix) => {
                let h = ix.hasher.hash_one(key);
                ix.table
                    .find(h, |&i| self.entries.get(i).is_some_and(|(k, _)| k.as_str() == key))
                    .copied()
            }
        }
    }

    fn push(&mut self, key: Str, value: Value) -> usize {
        let at = self.entries.len();
        self.entries.push((key, value));
        if self.index.is_some() || at >= LINEAR {
            self.add_to_index(at);
        }
        at
    }

    fn add_to_index(&mut self, at: usize) {
        let Some(ix) = &mut self.index else {
            self.reindex();
            return;
        };
        let entries = &self.entries;
        let hash_of = |i: usize| entries.get(i).map_or(0, |(k, _)| ix.hasher.hash_one(k.as_str()));
        ix.table.insert_unique(hash_of(at), at, |&i| hash_of(i));
    }

    fn reindex(&mut self) {
        self.index = None;
        if self.entries.len() <= LINEAR {
            return;
        }
        let hasher = RandomState::default();
        let mut table = HashTable::with_capacity(self.entries.len());
        let hash_of = |i: usize| self.entries.get(i).map_or(0, |(k, _)| hasher.hash_one(k.as_str()));
        for i in 0..self.entries.len() {
            table.insert_unique(hash_of(i), i, |&i| hash_of(i));
        }
        self.index = Some(Box::new(Index { table, hasher }));
    }
}

impl FromIterator<(Str, Value)> for Object {
    fn from_iter<T: IntoIterator<Item = (Str, Value)>>(iter: T) -> Self {
        let mut o = Self::new();
        for (k, v) in iter {
            o.insert(k, v);
        }
        o
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if Arc::strong_count(&self.0) == 1
            && self
                .0
                .entries
                .iter()
                .any(|(_, v)| matches!(v, Value::Array(_) | Value::Object(_)))
            && let Some(d) = Arc::get_mut(&mut self.0)
        {
            teardown::drop_children(std::mem::take(&mut d.entries).into_iter().map(|(_, v)| v));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Insertion order survives growth past the linear limit, replacement and removal.
    #[test]
    fn keeps_order() {
        let mut o = Object::new();
        for i in 0..40 {
            o.insert(Str::from(format!("k{i}")), Value::number(f64::from(i)));
        }
        o.insert(Str::from("k7"), Value::Null);
        o.remove("k3");
        let keys: Vec<_> = o.iter().map(|(k, _)| k.to_string()).collect();
        let want: Vec<_> = (0..40).filter(|i| *i != 3).map(|i| format!("k{i}")).collect();
        assert_eq!(keys, want);
        assert!(matches!(o.get("k7"), Some(Value::Null)));
        assert!(o.get("k3").is_none());
        assert_eq!(o.get("k39").and_then(Value::as_f64), Some(39.0));
    }
}
