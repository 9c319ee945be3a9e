//! Pipes: bounded queues of chunks between two threads.
//!
//! Large writes are handed over without a copy, small ones are gathered. When the last reader is dropped, writers get `EPIPE`;
//! when the last writer is dropped, readers get the end of input.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex, MutexGuard};
use vfs::{Cancel, Errno, FileKind, Stat, VfsError};

use crate::io::{BLOCK, OpenFile};

/// Bytes in flight before a writer waits.
const CAPACITY: usize = 4 * BLOCK;
/// Writes below this size are gathered instead of queued.
const GATHER: usize = BLOCK / 4;

#[derive(Default)]
struct State {
    chunks: VecDeque<Bytes>,
    tail: Vec<u8>,
    queued: usize,
    reader_gone: bool,
    writer_gone: bool,
    waiting_readers: usize,
    waiting_writers: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    readable: Condvar,
    writable: Condvar,
    /// A pipe whose writer runs to its end before the reader starts must take everything.
    unbounded: bool,
}

impl Shared {
    /// Waits until `ready` says so or the token is cancelled.
    fn wait<'a, T>(
        self: &'a Arc<Self>,
        cancel: &Cancel,
        on: fn(&Shared) -> &Condvar,
        count: fn(&mut State) -> &mut usize,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> vfs::Result<(T, MutexGuard<'a, State>)> {
        let mut g = self.state.lock();
        if let Some(t) = ready(&mut g) {
            return Ok((t, g));
        }
        // The callback takes the lock, so it must not be registered while it is held.
        drop(g);
        let weak = Arc::downgrade(self);
        let _guard = cancel.on_cancel(move || {
            if let Some(shared) = weak.upgrade() {
                let _held = shared.state.lock();
                on(&shared).notify_all();
            }
        });
        g = self.state.lock();
        loop {
            if let Some(t) = ready(&mut g) {
                return Ok((t, g));
            }
            cancel.check()?;
            *count(&mut g) += 1;
            on(self).wait(&mut g);
            *count(&mut g) -= 1;
        }
    }
}

/// The reading end.
pub struct PipeReader(Arc<Shared>);

/// The writing end.
pub struct PipeWriter(Arc<Shared>);

/// A new pipe.
pub fn pipe() -> (Arc<PipeReader>, Arc<PipeWriter>) {
    make(Shared::default())
}

/// A pipe that never makes its writer wait: for a writer that ends before the reader starts and whose output is bounded.
pub fn unbounded_pipe() -> (Arc<PipeReader>, Arc<PipeWriter>) {
    make(Shared {
        unbounded: true,
        ..Shared::default()
    })
}

fn make(shared: Shared) -> (Arc<PipeReader>, Arc<PipeWriter>) {
    let shared = Arc::new(shared);
    (Arc::new(PipeReader(shared.clone())), Arc::new(PipeWriter(shared)))
}

fn stat() -> Stat {
    Stat {
        mode: Some(0o600),
        size: Some(0),
        ..Stat::new(FileKind::Fifo)
    }
}

impl OpenFile for PipeReader {
    fn read(&self, max: usize, cancel: &Cancel) -> vfs::Result<Bytes> {
        if max == 0 {
            return Ok(Bytes::new());
        }
        let (chunk, g) = self.0.wait(
            cancel,
            |s| &s.readable,
            |s| &mut s.waiting_readers,
            |s| {
                let mut chunk = match s.chunks.pop_front() {
                    Some(c) => c,
                    None if !s.tail.is_empty() => Bytes::from(std::mem::take(&mut s.tail)),
                    None => return s.writer_gone.then(Bytes::new),
                };
                if chunk.len() > max {
                    let rest = chunk.split_off(max);
                    s.chunks.push_front(rest);
                }
                s.queued -= chunk.len();
                Some(chunk)
            },
        )?;
        if g.waiting_writers > 0 && g.queued <= CAPACITY / 2 {
            self.0.writable.notify_all();
        }
        Ok(chunk)
    }

    fn write(&self, _data: &[u8], _cancel: &Cancel) -> vfs::Result<()> {
        Err(Errno::EBADF.into())
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(stat())
    }

    fn ready(&self) -> bool {
        let g = self.0.state.lock();
        g.queued > 0 || g.writer_gone
    }
}

impl PipeWriter {
    fn put(&self, len: usize, cancel: &Cancel, put: impl FnOnce(&mut State)) -> vfs::Result<()> {
        let bounded = !self.0.unbounded;
        let (open, mut g) = self.0.wait(
            cancel,
            |s| &s.writable,
            |s| &mut s.waiting_writers,
            |s| match (s.reader_gone, bounded && s.queued >= CAPACITY) {
                (true, _) => Some(false),
                (false, true) => None,
                (false, false) => Some(true),
            },
        )?;
        if !open {
            return Err(VfsError::new(Errno::EPIPE));
        }
        g.queued += len;
        put(&mut g);
        if g.waiting_readers > 0 {
            self.0.readable.notify_one();
        }
        Ok(())
    }
}

impl OpenFile for PipeWriter {
    fn read(&self, _max: usize, _cancel: &Cancel) -> vfs::Result<Bytes> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, data: &[u8], cancel: &Cancel) -> vfs::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        if data.len() >= GATHER {
            return self.write_bytes(Bytes::copy_from_slice(data), cancel);
        }
        self.put(data.len(), cancel, |s| {
            s.tail.extend_from_slice(data);
            if s.tail.len() >= BLOCK {
                let full = std::mem::replace(&mut s.tail, Vec::with_capacity(BLOCK + GATHER));
                s.chunks.push_back(full.into());
            }
        })
    }

    fn write_bytes(&self, data: Bytes, cancel: &Cancel) -> vfs::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        self.put(data.len(), cancel, |s| {
            if !s.tail.is_empty() {
                s.chunks.push_back(std::mem::take(&mut s.tail).into());
            }
            s.chunks.push_back(data);
        })
    }

    fn stat(&self, _cancel: &Cancel) -> vfs::Result<Stat> {
        Ok(stat())
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut g = self.0.state.lock();
        g.reader_gone = true;
        (g.chunks, g.tail, g.queued) = Default::default();
        self.0.writable.notify_all();
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.0.state.lock().writer_gone = true;
        self.0.readable.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfs::CancelReason;

    #[test]
    fn bytes_arrive_in_order_and_end_when_the_writer_is_gone() {
        let (r, w) = pipe();
        let t = std::thread::spawn(move || {
            let c = Cancel::new();
            for i in 0..100_000u32 {
                w.write(&i.to_le_bytes(), &c).unwrap();
            }
            w.write_bytes(Bytes::from(vec![7; 100_000]), &c).unwrap();
        });
        let mut all = Vec::new();
        loop {
            let b = r.read(1000, &Cancel::new()).unwrap();
            if b.is_empty() {
                break;
            }
            all.extend_from_slice(&b);
        }
        t.join().unwrap();
        assert_eq!(all.len(), 500_000);
        assert_eq!(all[399_996..400_001], [0x9f, 0x86, 1, 0, 7]);
    }

    #[test]
    fn a_writer_without_readers_gets_epipe_even_while_it_waits() {
        let (r, w) = pipe();
        let t = std::thread::spawn(move || {
            loop {
                if let Err(e) = w.write(&[0; BLOCK], &Cancel::new()) {
                    return e.errno();
                }
            }
        });
        r.read(1, &Cancel::new()).unwrap();
        drop(r);
        assert_eq!(t.join().unwrap(), Errno::EPIPE);
    }

    #[test]
    fn cancelling_wakes_both_sides() {
        let (r, w) = pipe();
        let cancel = Cancel::new();
        let (c1, c2) = (cancel.clone(), cancel.clone());
        let (_r2, w2) = pipe();
        let a = std::thread::spawn(move || r.read(1, &c1).unwrap_err().errno());
        let b = std::thread::spawn(move || {
            loop {
                if let Err(e) = w2.write(&[0; BLOCK], &c2) {
                    return e.errno();
                }
            }
        });
        cancel.cancel(CancelReason::Aborted);
        assert_eq!(
            (a.join().unwrap(), b.join().unwrap()),
            (Errno::ECANCELED, Errno::ECANCELED)
        );
        drop(w);
    }
}
