//! Associative arrays: a hash table over entries kept in the order in which they came.

use std::cell::RefCell;
use std::hash::BuildHasher;
use std::rc::Rc;

use hashbrown::HashTable;

use crate::value::{Str, Value};

/// What a variable or an element holds.
#[derive(Clone, Debug)]
pub enum Cell {
    /// A scalar.
    Value(Value),
    /// An array, shared by reference.
    Array(ArrayHandle),
}

impl Default for Cell {
    fn default() -> Self {
        Cell::Value(Value::Uninit)
    }
}

/// A shared array.
pub type ArrayHandle = Rc<RefCell<Array>>;

#[derive(Debug)]
struct Entry {
    hash: u64,
    key: Str,
    cell: Cell,
    live: bool,
}

/// An associative array.
#[derive(Debug, Default)]
pub struct Array {
    table: HashTable<u32>,
    entries: Vec<Entry>,
    live: usize,
    /// Whether the first subscript was not a positive integer: gawk then keeps all of them in one table of strings.
    strings: bool,
    hasher: foldhash::fast::RandomState,
}

/// Table sizes of gawk's string arrays, which show in the order of `for (key in array)`.
const SIZES: [usize; 21] = [
    13,
    127,
    1021,
    8191,
    16381,
    32749,
    65497,
    131_101,
    262_147,
    524_309,
    1_048_583,
    2_097_169,
    4_194_319,
    8_388_617,
    16_777_259,
    33_554_467,
    67_108_879,
    134_217_757,
    268_435_459,
    536_870_923,
    1_073_741_827,
];

impl Array {
    /// A new array that can be shared.
    pub fn handle() -> ArrayHandle {
        Rc::default()
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.live
    }

    #[inline]
    fn find(&self, key: &[u8]) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        self.table
            .find(hash, |slot| {
                let entry = &self.entries[*slot as usize];
                entry.hash == hash && entry.key.bytes() == key
            })
            .map(|slot| *slot as usize)
    }

    /// Whether there is an element with this subscript.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.find(key).is_some()
    }

    /// The element with this subscript.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&Cell> {
        self.find(key).map(|slot| &self.entries[slot].cell)
    }

    /// The element with this subscript, made if there was none.
    #[inline]
    pub fn entry(&mut self, key: &[u8]) -> &mut Cell {
        let hash = self.hasher.hash_one(key);
        let entries = &self.entries;
        let found = self.table.find(hash, |slot| {
            let entry = &entries[*slot as usize];
            entry.hash == hash && entry.key.bytes() == key
        });
        let slot = match found {
            Some(slot) => *slot as usize,
            None => {
                if self.live == 0 {
                    self.clear();
                    self.strings = positive_integer(key).is_none() && key != b"0";
                }
                let slot = self.entries.len();
                self.entries.push(Entry {
                    hash,
                    key: Str::new(key),
                    cell: Cell::default(),
                    live: true,
                });
                self.live += 1;
                let entries = &self.entries;
                self.table
                    .insert_unique(hash, slot as u32, |slot| entries[*slot as usize].hash);
                slot
            }
        };
        &mut self.entries[slot].cell
    }

    /// Sets an element.
    pub fn set(&mut self, key: &[u8], value: Value) {
        *self.entry(key) = Cell::Value(value);
    }

    /// Removes an element.
    pub fn remove(&mut self, key: &[u8]) {
        let Some(slot) = self.find(key) else { return };
        let hash = self.entries[slot].hash;
        if let Ok(found) = self.table.find_entry(hash, |candidate| *candidate as usize == slot) {
            found.remove();
        }
        let entry = &mut self.entries[slot];
        entry.live = false;
        entry.cell = Cell::default();
        entry.key = Str::default();
        self.live -= 1;
        if slot + 1 == self.entries.len() {
            self.entries.pop();
        } else if self.entries.len() > 64 && self.live < self.entries.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.entries.retain(|entry| entry.live);
        self.table.clear();
        let entries = &self.entries;
        for (slot, entry) in entries.iter().enumerate() {
            self.table
                .insert_unique(entry.hash, slot as u32, |slot| entries[*slot as usize].hash);
        }
    }

    /// Removes all elements.
    pub fn clear(&mut self) {
        self.table.clear();
        self.entries.clear();
        self.live = 0;
        self.strings = false;
    }

    /// The elements in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&Str, &Cell)> {
        self.entries
            .iter()
            .filter(|entry| entry.live)
            .map(|entry| (&entry.key, &entry.cell))
    }

    /// The subscripts in the order in which gawk's `for (key in array)` visits them: strings in the order of its hash
    /// table, then integers ascending.
    pub fn keys(&self) -> Vec<Str> {
        let mut numbers: Vec<(u64, Str)> = Vec::new();
        let mut texts: Vec<Str> = Vec::new();
        for (key, _) in self.iter() {
            let number = if self.strings {
                None
            } else if key.bytes() == b"0" {
                Some(0)
            } else {
                positive_integer(key.bytes())
            };
            match number {
                Some(number) => numbers.push((number, key.clone())),
                None => texts.push(key.clone()),
            }
        }
        numbers.sort_unstable_by_key(|(number, _)| *number);
        let mut keys = hashed_order(texts);
        keys.extend(numbers.into_iter().map(|(_, key)| key));
        keys
    }
}

/// The value of a subscript that is a positive integer in its plain form.
fn positive_integer(key: &[u8]) -> Option<u64> {
    if key.is_empty() || key.len() > 18 || key[0] == b'0' || !key.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(key.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// Orders strings as a chained hash table filled in the given order would list them.
fn hashed_order(texts: Vec<Str>) -> Vec<Str> {
    let hashes: Vec<u32> = texts
        .iter()
        .map(|text| {
            text.bytes().iter().fold(0u32, |hash, byte| {
                (*byte as i8 as u32).wrapping_add(hash.wrapping_mul(65599))
            })
        })
        .collect();
    const NONE: u32 = u32::MAX;
    let mut level = 0;
    let mut heads = vec![NONE; SIZES[0]];
    let mut next = vec![NONE; texts.len()];
    for index in 0..texts.len() {
        if (index + 1) / heads.len() > 2 && level + 1 < SIZES.len() {
            level += 1;
            let mut grown = vec![NONE; SIZES[level]];
            for head in heads {
                let mut at = head;
                while at != NONE {
                    let following = next[at as usize];
                    let bucket = hashes[at as usize] as usize % grown.len();
                    next[at as usize] = grown[bucket];
                    grown[bucket] = at;
                    at = following;
                }
            }
            heads = grown;
        }
        let bucket = hashes[index] as usize % heads.len();
        next[index] = heads[bucket];
        heads[bucket] = index as u32;
    }
    let mut order = Vec::with_capacity(texts.len());
    for head in heads {
        let mut at = head;
        while at != NONE {
            order.push(texts[at as usize].clone());
            at = next[at as usize];
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(keys: &[&str]) -> Vec<String> {
        let mut array = Array::default();
        for key in keys {
            array.entry(key.as_bytes());
        }
        array
            .keys()
            .iter()
            .map(|key| String::from_utf8_lossy(key.bytes()).into_owned())
            .collect()
    }

    #[test]
    fn iteration_follows_gawk() {
        assert_eq!(
            listed(&["apple", "banana", "cherry", "date", "egg"]),
            ["apple", "banana", "egg", "cherry", "date"]
        );
        assert_eq!(listed(&["10", "9", "1"]), ["1", "9", "10"]);
        assert_eq!(
            listed(&["x", "1", "y", "2", "-1", "3"]),
            ["-1", "x", "y", "1", "2", "3"]
        );
        assert_eq!(
            listed(&["3", "x", "0", "-1", "b", "2", "01", "-5", "c", "1.5"]),
            ["-1", "x", "1.5", "01", "-5", "b", "c", "0", "2", "3"]
        );
    }

    #[test]
    fn removed_elements_are_gone_and_others_stay() {
        let mut array = Array::default();
        for number in 0..1000 {
            array.set(number.to_string().as_bytes(), Value::Num(f64::from(number)));
        }
        for number in (0..1000).filter(|number| number % 10 != 0) {
            array.remove(number.to_string().as_bytes());
        }
        assert_eq!(array.len(), 100);
        assert!(array.contains(b"990") && !array.contains(b"991"));
        assert_eq!(array.keys().len(), 100);
        array.clear();
        assert_eq!((array.len(), array.contains(b"0")), (0, false));
    }
}
