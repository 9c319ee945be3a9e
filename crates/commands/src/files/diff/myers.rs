//! The shortest edit script (Myers 1986, in linear space), made readable by sliding changes.

use std::ops::Range;

use vfs::Cancel;

use super::lines::Sides;

/// Lines `start..start+deleted` of the first file become `new_start..new_start+inserted` of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub start: usize,
    pub deleted: usize,
    pub new_start: usize,
    pub inserted: usize,
    /// Nothing but what is to be ignored.
    pub ignored: bool,
}

impl Change {
    pub fn removed(&self) -> Range<usize> {
        self.start..self.start + self.deleted
    }

    pub fn added(&self) -> Range<usize> {
        self.new_start..self.new_start + self.inserted
    }
}

/// The changes from the first file to the second.
pub(super) fn changes(sides: &Sides<'_>, cancel: &Cancel) -> vfs::Result<Vec<Change>> {
    let [a, b] = [&sides.ids[0], &sides.ids[1]];
    let prefix = a.iter().zip(b.iter()).take_while(|(x, y)| x == y).count();
    let suffix = a[prefix..]
        .iter()
        .rev()
        .zip(b[prefix..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let mut changed = [vec![false; a.len() + 1], vec![false; b.len() + 1]];
    let (mid_a, mid_b) = (&a[prefix..a.len() - suffix], &b[prefix..b.len() - suffix]);
    // Lines that the other file does not have at all are changed anyway; the search goes on without them.
    let most = a.iter().chain(b.iter()).max().map_or(0, |n| *n as usize + 1);
    let mut seen = [vec![false; most], vec![false; most]];
    for (side, ids) in [mid_a, mid_b].into_iter().enumerate() {
        for id in ids {
            seen[side][*id as usize] = true;
        }
    }
    let mut kept: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
    for (side, ids) in [mid_a, mid_b].into_iter().enumerate() {
        for (n, id) in ids.iter().enumerate() {
            if seen[1 - side][*id as usize] {
                kept[side].push(prefix + n);
            } else {
                changed[side][prefix + n] = true;
            }
        }
    }
    let x: Vec<u32> = kept[0].iter().map(|n| a[*n]).collect();
    let y: Vec<u32> = kept[1].iter().map(|n| b[*n]).collect();
    let size = x.len() + y.len() + 3;
    let mut search = Search {
        x: &x,
        y: &y,
        forward: vec![0; size + 1],
        backward: vec![0; size + 1],
        middle: y.len() as isize + 1,
        patience: ((size as f64).sqrt() as usize).max(4096),
        cancel,
        deleted: Vec::new(),
        inserted: Vec::new(),
    };
    search.run()?;
    for n in search.deleted {
        changed[0][kept[0][n]] = true;
    }
    for n in search.inserted {
        changed[1][kept[1][n]] = true;
    }
    let [first, second] = &mut changed;
    slide(first, second, a);
    slide(second, first, b);
    Ok(collect(&changed, a.len(), b.len()))
}

struct Search<'a> {
    x: &'a [u32],
    y: &'a [u32],
    /// Furthest x on each diagonal, from the start.
    forward: Vec<isize>,
    /// The same from the end.
    backward: Vec<isize>,
    /// Index of diagonal 0.
    middle: isize,
    /// Edits after which a good split will do instead of the best.
    patience: usize,
    cancel: &'a Cancel,
    deleted: Vec<usize>,
    inserted: Vec<usize>,
}

impl Search<'_> {
    /// Splits the problem until only deletions or insertions are left. The parts wait on a list, not on the stack.
    fn run(&mut self) -> vfs::Result<()> {
        let mut pending = vec![(0isize, self.x.len() as isize, 0isize, self.y.len() as isize)];
        while let Some((mut x0, mut x1, mut y0, mut y1)) = pending.pop() {
            while x0 < x1 && y0 < y1 && self.x[x0 as usize] == self.y[y0 as usize] {
                x0 += 1;
                y0 += 1;
            }
            while x0 < x1 && y0 < y1 && self.x[x1 as usize - 1] == self.y[y1 as usize - 1] {
                x1 -= 1;
                y1 -= 1;
            }
            if x0 == x1 {
                self.inserted.extend((y0..y1).map(|n| n as usize));
            } else if y0 == y1 {
                self.deleted.extend((x0..x1).map(|n| n as usize));
            } else {
                let (x, y) = self.split(x0, x1, y0, y1)?;
                pending.push((x, x1, y, y1));
                pending.push((x0, x, y0, y));
            }
        }
        Ok(())
    }

    /// A point on a shortest path, where the searches from both ends meet.
    fn split(&mut self, x0: isize, x1: isize, y0: isize, y1: isize) -> vfs::Result<(isize, isize)> {
        let (lowest, highest) = (x0 - y1, x1 - y0);
        let (from, to) = (x0 - y0, x1 - y1);
        let odd = (from - to) % 2 != 0;
        let (mut f_low, mut f_high, mut b_low, mut b_high) = (from, from, to, to);
        let at = |middle: isize, d: isize| (middle + d) as usize;
        let m = self.middle;
        self.forward[at(m, from)] = x0;
        self.backward[at(m, to)] = x1;
        let mut cost = 0usize;
        loop {
            cost += 1;
            if cost.is_multiple_of(64) {
                self.cancel.check()?;
            }
            if f_low > lowest {
                f_low -= 1;
                self.forward[at(m, f_low - 1)] = -1;
            } else {
                f_low += 1;
            }
            if f_high < highest {
                f_high += 1;
                self.forward[at(m, f_high + 1)] = -1;
            } else {
                f_high -= 1;
            }
            let mut d = f_high;
            while d >= f_low {
                let (below, above) = (self.forward[at(m, d - 1)], self.forward[at(m, d + 1)]);
                let mut x = if below < above { above } else { below + 1 };
                let mut y = x - d;
                while x < x1 && y < y1 && self.x[x as usize] == self.y[y as usize] {
                    x += 1;
                    y += 1;
                }
                self.forward[at(m, d)] = x;
                if odd && b_low <= d && d <= b_high && self.backward[at(m, d)] <= x {
                    return Ok((x, y));
                }
                d -= 2;
            }
            if b_low > lowest {
                b_low -= 1;
                self.backward[at(m, b_low - 1)] = isize::MAX;
            } else {
                b_low += 1;
            }
            if b_high < highest {
                b_high += 1;
                self.backward[at(m, b_high + 1)] = isize::MAX;
            } else {
                b_high -= 1;
            }
            let mut d = b_high;
            while d >= b_low {
                let (below, above) = (self.backward[at(m, d - 1)], self.backward[at(m, d + 1)]);
                let mut x = if below < above { below } else { above - 1 };
                let mut y = x - d;
                while x0 < x && y0 < y && self.x[x as usize - 1] == self.y[y as usize - 1] {
                    x -= 1;
                    y -= 1;
                }
                self.backward[at(m, d)] = x;
                if !odd && f_low <= d && d <= f_high && x <= self.forward[at(m, d)] {
                    return Ok((x, y));
                }
                d -= 2;
            }
            if cost >= self.patience {
                return Ok(self.good_enough(x0, x1, y0, y1, (f_low, f_high), (b_low, b_high)));
            }
        }
    }

    /// The furthest point that either search has reached.
    fn good_enough(
        &self,
        x0: isize,
        x1: isize,
        y0: isize,
        y1: isize,
        forward: (isize, isize),
        backward: (isize, isize),
    ) -> (isize, isize) {
        let at = |d: isize| (self.middle + d) as usize;
        let clip_f = |d: isize| {
            let x = self.forward[at(d)].min(x1);
            let y = x - d;
            if y > y1 { (y1 + d, y1) } else { (x, y) }
        };
        let clip_b = |d: isize| {
            let x = self.backward[at(d)].max(x0);
            let y = x - d;
            if y < y0 { (y0 + d, y0) } else { (x, y) }
        };
        let f = (forward.0..=forward.1)
            .step_by(2)
            .map(clip_f)
            .max_by_key(|(x, y)| x + y);
        let b = (backward.0..=backward.1)
            .step_by(2)
            .map(clip_b)
            .min_by_key(|(x, y)| x + y);
        match (f, b) {
            (Some((fx, fy)), Some((bx, by))) => {
                if (x1 + y1) - (bx + by) < (fx + fy) - (x0 + y0) {
                    (fx, fy)
                } else {
                    (bx, by)
                }
            }
            _ => (x1, y0),
        }
    }
}

/// Moves each run of changes as far down as it goes, joining runs on the way, and back up to where the other file has
/// changes too: so changes look the way people make them.
fn slide(changed: &mut [bool], other: &[bool], ids: &[u32]) {
    let end = ids.len();
    let (mut i, mut j) = (0usize, 0usize);
    let other_at = |j: usize| other.get(j).copied().unwrap_or(false);
    loop {
        while i < end && !changed[i] {
            while other_at(j) {
                j += 1;
            }
            j += 1;
            i += 1;
        }
        if i >= end {
            return;
        }
        let mut start = i;
        while i < end && changed[i] {
            i += 1;
        }
        while other_at(j) {
            j += 1;
        }
        let mut corresponding;
        loop {
            let length = i - start;
            while start > 0 && ids[start - 1] == ids[i - 1] {
                start -= 1;
                changed[start] = true;
                i -= 1;
                changed[i] = false;
                while start > 0 && changed[start - 1] {
                    start -= 1;
                }
                j -= 1;
                while j > 0 && other_at(j) {
                    j -= 1;
                }
            }
            corresponding = if j > 0 && other_at(j - 1) { i } else { end };
            while i < end && ids[start] == ids[i] {
                changed[start] = false;
                start += 1;
                changed[i] = true;
                i += 1;
                while i < end && changed[i] {
                    i += 1;
                }
                j += 1;
                while other_at(j) {
                    corresponding = i;
                    j += 1;
                }
            }
            if i - start == length {
                break;
            }
        }
        while corresponding < i {
            start -= 1;
            changed[start] = true;
            i -= 1;
            changed[i] = false;
            j -= 1;
            while j > 0 && other_at(j) {
                j -= 1;
            }
        }
    }
}

fn collect(changed: &[Vec<bool>; 2], a: usize, b: usize) -> Vec<Change> {
    let mut all = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a || j < b {
        if changed[0][i] || changed[1][j] {
            let (start, new_start) = (i, j);
            while i < a && changed[0][i] {
                i += 1;
            }
            while j < b && changed[1][j] {
                j += 1;
            }
            all.push(Change {
                start,
                deleted: i - start,
                new_start,
                inserted: j - new_start,
                ignored: false,
            });
        }
        i += 1;
        j += 1;
    }
    all
}
