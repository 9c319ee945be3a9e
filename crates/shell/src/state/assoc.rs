//! Associative arrays that list their keys in the order in which bash lists them.
//!
//! bash keeps them in a chained hash table (FNV-1 over the key's bytes, 1024 buckets at first, four times as many when there
//! are twice as many entries as buckets, new entries at the head of their chain) and walks it bucket by bucket. Scripts that
//! print `${!map[@]}` show that order, so ours is the same table.

const START: usize = 1024;
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone)]
struct Entry {
    key: Vec<u8>,
    value: Vec<u8>,
    hash: u32,
    next: u32,
}

/// An associative array.
#[derive(Debug, Clone, Default)]
pub struct Assoc {
    buckets: Vec<u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    len: usize,
}

fn hash(key: &[u8]) -> u32 {
    key.iter().fold(2_166_136_261, |h: u32, b| {
        // C's `*s` is a signed char where bash was built: bytes above 127 are sign-extended.
        h.wrapping_mul(16_777_619) ^ (*b as i8 as i32 as u32)
    })
}

impl Assoc {
    /// An empty array.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn find(&self, key: &[u8], hash: u32) -> Option<u32> {
        let mut at = *self.buckets.get(hash as usize & self.buckets.len().wrapping_sub(1))?;
        while at != NONE {
            let e = &self.entries[at as usize];
            if e.hash == hash && e.key == key {
                return Some(at);
            }
            at = e.next;
        }
        None
    }

    /// The value of `key`.
    pub fn get(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.find(key, hash(key)).map(|i| &self.entries[i as usize].value)
    }

    /// The value of `key` for changing it.
    pub fn get_mut(&mut self, key: &[u8]) -> Option<&mut Vec<u8>> {
        self.find(key, hash(key)).map(|i| &mut self.entries[i as usize].value)
    }

    /// Sets the value of `key`.
    pub fn set(&mut self, key: &[u8], value: Vec<u8>) {
        let h = hash(key);
        if let Some(i) = self.find(key, h) {
            self.entries[i as usize].value = value;
            return;
        }
        if self.buckets.is_empty() {
            self.buckets = vec![NONE; START];
        } else if self.len >= self.buckets.len() * 2 {
            self.grow();
        }
        let bucket = h as usize & (self.buckets.len() - 1);
        let entry = Entry {
            key: key.to_vec(),
            value,
            hash: h,
            next: self.buckets[bucket],
        };
        let at = match self.free.pop() {
            Some(i) => {
                self.entries[i as usize] = entry;
                i
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.buckets[bucket] = at;
        self.len += 1;
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.buckets);
        let mut new = vec![NONE; old.len() * 4];
        for head in old {
            let mut at = head;
            while at != NONE {
                let next = self.entries[at as usize].next;
                let bucket = self.entries[at as usize].hash as usize & (new.len() - 1);
                self.entries[at as usize].next = new[bucket];
                new[bucket] = at;
                at = next;
            }
        }
        self.buckets = new;
    }

    /// Removes `key`.
    pub fn unset(&mut self, key: &[u8]) {
        let h = hash(key);
        let Some(target) = self.find(key, h) else { return };
        let bucket = h as usize & (self.buckets.len() - 1);
        let next = self.entries[target as usize].next;
        if self.buckets[bucket] == target {
            self.buckets[bucket] = next;
        } else {
            let mut at = self.buckets[bucket];
            while self.entries[at as usize].next != target {
                at = self.entries[at as usize].next;
            }
            self.entries[at as usize].next = next;
        }
        let e = &mut self.entries[target as usize];
        (e.key, e.value) = (Vec::new(), Vec::new());
        self.free.push(target);
        self.len -= 1;
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The entries in bash's order.
    pub fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Vec<u8>)> {
        self.buckets.iter().flat_map(move |head| {
            let mut at = *head;
            std::iter::from_fn(move || {
                let e = self.entries.get(at as usize)?;
                at = e.next;
                Some((&e.key, &e.value))
            })
        })
    }

    /// Bytes that it holds, roughly, with a fixed cost per entry.
    pub fn weight(&self) -> usize {
        self.iter().map(|(k, v)| k.len() + v.len() + 96).sum()
    }
}

impl PartialEq for Assoc {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|(k, v)| other.get(k) == Some(v))
    }
}

impl Eq for Assoc {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_order_of_bash() {
        let mut a = Assoc::new();
        for k in ["x", "y", "z", "foo"] {
            a.set(k.as_bytes(), b"1".to_vec());
        }
        let keys: Vec<_> = a.iter().map(|(k, _)| String::from_utf8_lossy(k).into_owned()).collect();
        assert_eq!(keys, ["z", "y", "x", "foo"]);
    }

    #[test]
    fn growing_and_removing_lose_nothing() {
        let mut a = Assoc::new();
        for i in 0..5000 {
            a.set(format!("k{i}").as_bytes(), format!("{i}").into_bytes());
        }
        for i in (0..5000).step_by(3) {
            a.unset(format!("k{i}").as_bytes());
        }
        assert_eq!(a.len(), 3333);
        assert_eq!(a.iter().count(), 3333);
        assert_eq!(a.get(b"k4"), Some(&b"4".to_vec()));
        assert_eq!(a.get(b"k3"), None);
    }
}
