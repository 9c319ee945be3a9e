//! A set of byte ranges.

/// Sorted, disjoint, non-touching ranges `from..to`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Extents(Vec<(u64, u64)>);

impl Extents {
    /// Adds `from..to`.
    pub(crate) fn insert(&mut self, mut from: u64, mut to: u64) {
        if from >= to {
            return;
        }
        // Ranges from `first` up to `last` overlap or touch the new one.
        let first = self.0.partition_point(|r| r.1 < from);
        let last = self.0.partition_point(|r| r.0 <= to);
        if let Some(overlapped) = self.0.get(first..last).filter(|r| !r.is_empty()) {
            from = from.min(overlapped[0].0);
            to = to.max(overlapped[overlapped.len() - 1].1);
        }
        self.0.splice(first..last, [(from, to)]);
    }

    /// Takes out everything from `len` on.
    pub(crate) fn cut(&mut self, len: u64) {
        self.0.retain(|r| r.0 < len);
        if let Some(last) = self.0.last_mut() {
            last.1 = last.1.min(len);
        }
    }

    /// The range that holds `pos`, or the next one after it.
    pub(crate) fn at_or_after(&self, pos: u64) -> Option<(u64, u64)> {
        self.0.get(self.0.partition_point(|r| r.1 <= pos)).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A set of ranges answers as a set of numbers does.
        #[test]
        fn ranges_are_a_set(ops in proptest::collection::vec((0u64..40, 0u64..12, any::<bool>()), 0..30)) {
            let (mut ranges, mut model) = (Extents::default(), [false; 64]);
            for (from, len, cut) in ops {
                if cut {
                    ranges.cut(from + 20);
                    model[(from + 20) as usize..].fill(false);
                } else {
                    ranges.insert(from, from + len);
                    model[from as usize..(from + len) as usize].fill(true);
                }
                for pos in 0..64u64 {
                    let inside = ranges.at_or_after(pos).is_some_and(|(a, b)| a <= pos && pos < b);
                    prop_assert_eq!(inside, model[pos as usize]);
                }
                prop_assert!(ranges.0.windows(2).all(|w| w[0].1 < w[1].0));
            }
        }
    }
}
