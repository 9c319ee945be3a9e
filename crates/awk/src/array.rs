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

/// A subscript.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// A positive integer.
    Number(u32),
    /// Anything, also a positive integer in writing.
    Text(&'a [u8]),
}

impl<'a> From<&'a [u8]> for Key<'a> {
    fn from(text: &'a [u8]) -> Self {
        Key::Text(text)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Key<'a> {
    fn from(text: &'a [u8; N]) -> Self {
        Key::Text(text)
    }
}

impl<'a> From<&'a Vec<u8>> for Key<'a> {
    fn from(text: &'a Vec<u8>) -> Self {
        Key::Text(text)
    }
}

/// Where an element is.
enum Slot {
    Dense(usize),
    Hashed(usize),
}

/// An associative array.
#[derive(Debug, Default)]
pub struct Array {
    /// Elements 1, 2, 3 and so on as long as they came in order; removed ones leave holes.
    dense: Vec<Option<Cell>>,
    dense_live: usize,
    table: HashTable<u32>,
    entries: Vec<Entry>,
    live: usize,
    /// Whether the first subscript was not an integer: gawk then keeps all of them in one table of strings.
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
        self.live + self.dense_live
    }

    #[inline]
    fn find_hashed(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.table
            .find(hash, |slot| {
                let entry = &self.entries[*slot as usize];
                entry.hash == hash && entry.key.bytes() == key
            })
            .map(|slot| *slot as usize)
    }

    #[inline]
    fn find(&self, key: Key<'_>) -> Option<Slot> {
        let mut digits = [0; 10];
        let text = match key {
            Key::Number(number) => {
                if let Some(Some(_)) = self.dense.get(number as usize - 1) {
                    return Some(Slot::Dense(number as usize - 1));
                }
                if self.entries.is_empty() {
                    return None;
                }
                decimal(number, &mut digits)
            }
            Key::Text(text) => {
                if !self.dense.is_empty()
                    && let Some(number) = positive_integer(text)
                    && let Some(Some(_)) = self.dense.get(number as usize - 1)
                {
                    return Some(Slot::Dense(number as usize - 1));
                }
                if self.entries.is_empty() {
                    return None;
                }
                text
            }
        };
        self.find_hashed(self.hasher.hash_one(text), text).map(Slot::Hashed)
    }

    /// Whether there is an element with this subscript.
    pub fn contains<'a>(&self, key: impl Into<Key<'a>>) -> bool {
        self.find(key.into()).is_some()
    }

    /// The element with this subscript.
    #[inline]
    pub fn get<'a>(&self, key: impl Into<Key<'a>>) -> Option<&Cell> {
        match self.find(key.into())? {
            Slot::Dense(index) => self.dense[index].as_ref(),
            Slot::Hashed(index) => Some(&self.entries[index].cell),
        }
    }

    /// The element with this subscript, made if there was none.
    #[inline]
    pub fn entry<'a>(&mut self, key: impl Into<Key<'a>>) -> &mut Cell {
        let key = key.into();
        let mut digits = [0; 10];
        if self.len() == 0 {
            self.clear();
            self.strings = matches!(key, Key::Text(text) if positive_integer(text).is_none() && text != b"0");
        }
        let number = match key {
            _ if self.strings => None,
            Key::Number(number) => Some(number),
            Key::Text(text) => positive_integer(text),
        };
        let text = match key {
            Key::Number(number) => decimal(number, &mut digits),
            Key::Text(text) => text,
        };
        let mut hash = None;
        if let Some(number) = number {
            let index = number as usize - 1;
            if index == self.dense.len() {
                // The next in order, unless it came out of order before.
                let known = hash.insert(self.hasher.hash_one(text));
                if self.entries.is_empty() || self.find_hashed(*known, text).is_none() {
                    self.dense.push(None);
                }
            }
            if index < self.dense.len() {
                let cell = &mut self.dense[index];
                self.dense_live += usize::from(cell.is_none());
                return cell.get_or_insert_with(Cell::default);
            }
        }
        let hash = hash.unwrap_or_else(|| self.hasher.hash_one(text));
        let slot = match self.find_hashed(hash, text) {
            Some(slot) => slot,
            None => {
                let slot = self.entries.len();
                self.entries.push(Entry {
                    hash,
                    key: Str::new(text),
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
    pub fn set<'a>(&mut self, key: impl Into<Key<'a>>, value: Value) {
        *self.entry(key) = Cell::Value(value);
    }

    /// Replaces all elements with these, numbered from 1.
    pub fn fill(&mut self, cells: impl Iterator<Item = Cell>) {
        self.clear();
        self.dense.extend(cells.map(Some));
        self.dense_live = self.dense.len();
    }

    /// Removes an element.
    pub fn remove<'a>(&mut self, key: impl Into<Key<'a>>) {
        let slot = match self.find(key.into()) {
            None => return,
            Some(Slot::Dense(index)) => {
                self.dense[index] = None;
                self.dense_live -= 1;
                while let Some(None) = self.dense.last() {
                    self.dense.pop();
                }
                return;
            }
            Some(Slot::Hashed(slot)) => slot,
        };
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
        self.dense.clear();
        self.dense_live = 0;
        self.table.clear();
        self.entries.clear();
        self.live = 0;
        self.strings = false;
    }

    /// The subscripts in the order in which gawk's `for (key in array)` visits them: strings in the order of its hash
    /// table, then integers ascending.
    pub fn keys(&self) -> Vec<Str> {
        let mut digits = [0; 10];
        let mut numbers: Vec<(u32, Str)> = Vec::with_capacity(self.dense_live);
        for (index, cell) in self.dense.iter().enumerate() {
            if cell.is_some() {
                let number = index as u32 + 1;
                numbers.push((number, Str::new(decimal(number, &mut digits))));
            }
        }
        let mut texts: Vec<Str> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.live) {
            let key = entry.key.bytes();
            let number = if self.strings {
                None
            } else if key == b"0" {
                Some(0)
            } else {
                positive_integer(key)
            };
            match number {
                Some(number) => numbers.push((number, entry.key.clone())),
                None => texts.push(entry.key.clone()),
            }
        }
        numbers.sort_by_key(|(number, _)| *number);
        let mut keys = hashed_order(texts);
        keys.extend(numbers.into_iter().map(|(_, key)| key));
        keys
    }
}

/// Writes a number in decimal.
#[inline]
fn decimal(number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let (mut at, mut rest) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return &digits[at..];
        }
    }
}

/// The value of a subscript that is a positive integer in its plain form (up to nine digits: larger ones need no order).
#[inline]
fn positive_integer(key: &[u8]) -> Option<u32> {
    if key.is_empty() || key.len() > 9 || key[0] == b'0' || !key.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(key.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
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
            array.set(&number.to_string().into_bytes(), Value::Num(f64::from(number)));
        }
        for number in (0..1000).filter(|number| number % 10 != 0) {
            array.remove(&number.to_string().into_bytes());
        }
        assert_eq!(array.len(), 100);
        assert!(array.contains(b"990") && !array.contains(b"991"));
        assert_eq!(array.keys().len(), 100);
        array.fill((0..5).map(|number| Cell::Value(Value::Num(f64::from(number)))));
        array.remove(b"3");
        array.set(b"7", Value::Uninit);
        array.set(b"6", Value::Uninit);
        assert_eq!(
            listed(&["1", "2", "4", "5", "6", "7"]),
            array
                .keys()
                .iter()
                .map(|key| String::from_utf8_lossy(key.bytes()).into_owned())
                .collect::<Vec<_>>()
        );
        assert_eq!(array.len(), 6);
        array.clear();
        assert_eq!((array.len(), array.contains(b"0")), (0, false));
    }
}
