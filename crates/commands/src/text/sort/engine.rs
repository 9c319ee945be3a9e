//! Sorting lines of one piece of memory: runs on several threads, then merges.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use bytes::Bytes;
use parking_lot::Mutex;
use shell::command::CommandError;
use shell::io::Output;
use vfs::Cancel;

use super::order::Order;

/// A line, with a number that decides most comparisons without looking at it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    prefix: u64,
    start: usize,
    end: usize,
}

/// Lines sorted at a time between two looks at the cancellation token.
const RUN: usize = 1 << 16;

/// The lines of `arena` in order; with `unique` only the first of each equal run.
pub(super) fn sort(
    arena: &Bytes,
    order: &Arc<Order>,
    end: u8,
    unique: bool,
    threads: usize,
    cancel: &Cancel,
) -> Result<Vec<Entry>, CommandError> {
    let mut entries = index(arena, order, end, cancel)?;
    let less = |a: &Entry, b: &Entry| compare(arena, order, a, b);
    if entries.len() <= RUN {
        entries.sort_by(less);
    } else {
        entries = sort_runs(entries, &less, threads, cancel)?;
    }
    if unique {
        entries.dedup_by(|b, a| compare(arena, order, a, b).is_eq());
    }
    Ok(entries)
}

fn index(arena: &Bytes, order: &Order, end: u8, cancel: &Cancel) -> Result<Vec<Entry>, CommandError> {
    let guess = arena.len() / 32 + 16;
    let mut entries = Vec::with_capacity(guess);
    let mut start = 0;
    let mut add = |start: usize, stop: usize| {
        entries.push(Entry {
            prefix: order.prefix(&arena[start..stop]),
            start,
            end: stop,
        });
        if entries.len() % RUN == 0 {
            cancel.check()
        } else {
            Ok(())
        }
    };
    for stop in memchr::memchr_iter(end, arena) {
        add(start, stop)?;
        start = stop + 1;
    }
    if start < arena.len() {
        add(start, arena.len())?;
    }
    Ok(entries)
}

#[inline]
fn compare(arena: &[u8], order: &Order, a: &Entry, b: &Entry) -> Ordering {
    a.prefix
        .cmp(&b.prefix)
        .then_with(|| order.compare(&arena[a.start..a.end], &arena[b.start..b.end]))
}

/// Sorts runs on all threads, then merges neighbours until one is left. Equal lines keep their order.
fn sort_runs<F>(mut entries: Vec<Entry>, less: &F, threads: usize, cancel: &Cancel) -> Result<Vec<Entry>, CommandError>
where
    F: Fn(&Entry, &Entry) -> Ordering + Sync,
{
    {
        let runs: Vec<Mutex<&mut [Entry]>> = entries.chunks_mut(RUN).map(Mutex::new).collect();
        let next = AtomicUsize::new(0);
        each(threads, || {
            while let Some(run) = runs.get(next.fetch_add(1, Atomic::Relaxed)) {
                if cancel.is_cancelled() {
                    break;
                }
                run.lock().sort_by(less);
            }
        });
    }
    cancel.check()?;
    let mut spare = entries.clone();
    let mut width = RUN;
    while width < entries.len() {
        let pairs: Vec<(&[Entry], Mutex<&mut [Entry]>)> = entries
            .chunks(width * 2)
            .zip(spare.chunks_mut(width * 2).map(Mutex::new))
            .collect();
        let next = AtomicUsize::new(0);
        each(threads, || {
            while let Some((from, to)) = pairs.get(next.fetch_add(1, Atomic::Relaxed)) {
                let (a, b) = from.split_at(width.min(from.len()));
                merge(a, b, &mut to.lock(), less, cancel);
            }
        });
        cancel.check()?;
        std::mem::swap(&mut entries, &mut spare);
        width *= 2;
    }
    Ok(entries)
}

fn each(threads: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(&work);
        }
        work();
    });
}

fn merge<F>(a: &[Entry], b: &[Entry], to: &mut [Entry], less: &F, cancel: &Cancel)
where
    F: Fn(&Entry, &Entry) -> Ordering,
{
    let (mut i, mut j) = (0, 0);
    for (n, slot) in to.iter_mut().enumerate() {
        if n % RUN == 0 && cancel.is_cancelled() {
            return;
        }
        let from_a = match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) => less(x, y).is_le(),
            (Some(_), None) => true,
            _ => false,
        };
        if from_a {
            *slot = a[i];
            i += 1;
        } else {
            *slot = b[j];
            j += 1;
        }
    }
}

/// Writes lines.
pub(super) fn print(out: &mut Output, arena: &[u8], entries: &[Entry], end: u8) -> Result<(), CommandError> {
    for e in entries {
        let buffer = out.buffer();
        buffer.extend_from_slice(&arena[e.start..e.end]);
        buffer.push(end);
        out.spill()?;
    }
    Ok(())
}
