//! Indexed arrays: dense at the bottom, sparse above, so that `a[9223372036854775806]=1` costs one entry.

use std::collections::BTreeMap;

/// An indexed array (bash manual, "Arrays"). Indices are 0 to 2^63 - 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Elements 0..n, all set.
    dense: Vec<Vec<u8>>,
    /// Elements beyond `n`; never holds key `n` itself.
    sparse: BTreeMap<i64, Vec<u8>>,
}

impl Indexed {
    /// An empty array.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of elements that are set.
    pub fn len(&self) -> usize {
        self.dense.len() + self.sparse.len()
    }

    /// Whether no element is set.
    pub fn is_empty(&self) -> bool {
        self.dense.is_empty() && self.sparse.is_empty()
    }

    /// One past the highest index that is set (saturating at the largest index).
    pub fn end(&self) -> i64 {
        self.sparse
            .last_key_value()
            .map_or(self.dense.len() as i64, |(k, _)| k.saturating_add(1))
    }

    /// The index that a possibly negative subscript means; `None` when it lies before the first element.
    pub fn resolve(&self, index: i64) -> Option<i64> {
        if index >= 0 {
            return Some(index);
        }
        Some(self.end().checked_add(index)?).filter(|i| *i >= 0)
    }

    /// The element at `index`.
    pub fn get(&self, index: i64) -> Option<&Vec<u8>> {
        let at = usize::try_from(index).ok()?;
        self.dense.get(at).or_else(|| self.sparse.get(&index))
    }

    /// The element at `index` for changing it.
    pub fn get_mut(&mut self, index: i64) -> Option<&mut Vec<u8>> {
        let at = usize::try_from(index).ok()?;
        if at < self.dense.len() {
            return self.dense.get_mut(at);
        }
        self.sparse.get_mut(&index)
    }

    /// Sets the element at `index` (not negative).
    pub fn set(&mut self, index: i64, value: Vec<u8>) {
        let Ok(at) = usize::try_from(index) else { return };
        match at.cmp(&self.dense.len()) {
            std::cmp::Ordering::Less => self.dense[at] = value,
            std::cmp::Ordering::Equal => {
                self.dense.push(value);
                while let Some(next) = self.sparse.remove(&(self.dense.len() as i64)) {
                    self.dense.push(next);
                }
            }
            std::cmp::Ordering::Greater => {
                self.sparse.insert(index, value);
            }
        }
    }

    /// Adds an element after the last one.
    pub fn push(&mut self, value: Vec<u8>) {
        if self.sparse.is_empty() {
            self.dense.push(value);
        } else {
            self.set(self.end(), value);
        }
    }

    /// Removes the element at `index`.
    pub fn unset(&mut self, index: i64) {
        let Ok(at) = usize::try_from(index) else { return };
        if at >= self.dense.len() {
            self.sparse.remove(&index);
            return;
        }
        for (offset, v) in self.dense.drain(at..).enumerate().skip(1) {
            self.sparse.insert((at + offset) as i64, v);
        }
    }

    /// The elements in order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Vec<u8>)> + Clone {
        self.dense
            .iter()
            .enumerate()
            .map(|(i, v)| (i as i64, v))
            .chain(self.sparse.iter().map(|(i, v)| (*i, v)))
    }

    /// The values in order of their indices.
    pub fn values(&self) -> impl Iterator<Item = &Vec<u8>> + Clone {
        self.dense.iter().chain(self.sparse.values())
    }

    /// The values from index `from` on.
    pub fn values_from(&self, from: i64) -> impl Iterator<Item = &Vec<u8>> {
        let at = usize::try_from(from).unwrap_or(0).min(self.dense.len());
        self.dense[at..]
            .iter()
            .chain(self.sparse.range(from.max(0)..).map(|(_, v)| v))
    }

    /// Bytes that it holds, roughly, with a fixed cost per element.
    pub fn weight(&self) -> usize {
        self.values().map(|v| v.len() + 64).sum()
    }
}

impl From<Vec<Vec<u8>>> for Indexed {
    fn from(dense: Vec<Vec<u8>>) -> Self {
        Self {
            dense,
            sparse: BTreeMap::new(),
        }
    }
}

impl FromIterator<Vec<u8>> for Indexed {
    fn from_iter<I: IntoIterator<Item = Vec<u8>>>(iter: I) -> Self {
        Self::from(iter.into_iter().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_close_and_open_without_losing_elements() {
        let mut a = Indexed::new();
        a.set(2, b"c".to_vec());
        a.set(0, b"a".to_vec());
        assert_eq!((a.len(), a.end()), (2, 3));
        a.set(1, b"b".to_vec());
        let all: Vec<_> = a.iter().map(|(i, v)| (i, v[0])).collect();
        assert_eq!(all, [(0, b'a'), (1, b'b'), (2, b'c')]);
        a.unset(0);
        assert_eq!(a.iter().map(|(i, _)| i).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((a.resolve(-1), a.resolve(-4)), (Some(2), None));
        a.push(b"d".to_vec());
        assert_eq!(a.get(3), Some(&b"d".to_vec()));
    }

    #[test]
    fn the_highest_index_costs_one_entry() {
        let mut a = Indexed::new();
        a.set(i64::MAX - 1, b"x".to_vec());
        assert_eq!((a.len(), a.end()), (1, i64::MAX));
    }
}
