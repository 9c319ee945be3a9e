//! [`FakeRemote`]: a far-away backend of few capabilities, for testing what makes up for them.

mod resource;
mod store;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use vfs::{ByteRange, Errno, VPath};

use store::Store;

/// What was asked of a [`FakeRemote`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is the method of `Resource` of the same name.
pub enum Call {
    Stat,
    List,
    FlatList,
    Read,
    Write,
    Mkdir,
    Remove,
    Rmdir,
}

/// One request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which.
    pub call: Call,
    /// Of what.
    pub path: VPath,
    /// The bytes asked for, of a read.
    pub range: Option<ByteRange>,
}

/// A failure to come.
#[derive(Debug, Clone)]
struct Fault {
    call: Call,
    errno: Errno,
    /// For a read: fail only after this many bytes have been sent.
    after: Option<u64>,
}

/// How a [`FakeRemote`] behaves.
#[derive(Debug, Clone, Copy)]
pub struct Behaviour {
    /// Whether anything can be changed.
    pub writable: bool,
    /// Whether stats and listings say sizes.
    pub known_sizes: bool,
    /// Whether `flat_list` works.
    pub flat_list: bool,
    /// Whether stats have fingerprints, and preconditions and pins work.
    pub fingerprints: bool,
    /// Whether listings carry stats.
    pub stats_in_listings: bool,
    /// What every request takes.
    pub latency: Duration,
    /// What every piece of a body takes after the first.
    pub piece_latency: Duration,
    /// Size of a piece of a body.
    pub piece: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            writable: true,
            known_sizes: true,
            flat_list: false,
            fingerprints: true,
            stats_in_listings: true,
            latency: Duration::ZERO,
            piece_latency: Duration::ZERO,
            piece: 64 * 1024,
        }
    }
}

/// A backend with neither random access nor rename, append, copy, links or attributes, that counts and delays requests and
/// fails when told to. Clones are the same backend.
#[derive(Clone, Default)]
pub struct FakeRemote(Arc<Inner>);

#[derive(Default)]
struct Inner {
    behaviour: Behaviour,
    store: Mutex<Store>,
    requests: Mutex<Vec<Request>>,
    faults: Mutex<VecDeque<Fault>>,
    bytes_sent: AtomicU64,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl FakeRemote {
    /// An empty, writable one without delay.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one that behaves as told.
    pub fn with(behaviour: Behaviour) -> Self {
        Self(Arc::new(Inner {
            behaviour,
            ..Inner::default()
        }))
    }

    /// Puts a file (and the directories above it) there behind everybody's back: no request, no cache hears of it.
    pub fn edit(&self, path: &str, data: impl Into<Bytes>) -> &Self {
        if let Ok(path) = VPath::new(path) {
            self.0.store.lock().plant(&path, data.into());
        }
        self
    }

    /// Takes a file away behind everybody's back.
    pub fn forget(&self, path: &str) -> &Self {
        if let Ok(path) = VPath::new(path) {
            self.0.store.lock().uproot(&path);
        }
        self
    }

    /// The next `call` fails with `errno`. Faults of the same call queue up.
    pub fn fail_next(&self, call: Call, errno: Errno) -> &Self {
        self.fault(call, errno, None)
    }

    /// The body of the next read breaks off with `errno` after `bytes`.
    pub fn break_next_read(&self, bytes: u64, errno: Errno) -> &Self {
        self.fault(Call::Read, errno, Some(bytes))
    }

    fn fault(&self, call: Call, errno: Errno, after: Option<u64>) -> &Self {
        self.0.faults.lock().push_back(Fault { call, errno, after });
        self
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.0.requests.lock().clone()
    }

    /// How many requests of one kind there were.
    pub fn count(&self, call: Call) -> usize {
        self.0.requests.lock().iter().filter(|r| r.call == call).count()
    }

    /// Bytes of bodies that were handed out.
    pub fn bytes_sent(&self) -> u64 {
        self.0.bytes_sent.load(Ordering::SeqCst)
    }

    /// The largest number of requests that were under way at the same time.
    pub fn most_in_flight(&self) -> usize {
        self.0.most_in_flight.load(Ordering::SeqCst)
    }

    /// Forgets the counts, not the content.
    pub fn reset_counts(&self) {
        self.0.requests.lock().clear();
        self.0.bytes_sent.store(0, Ordering::SeqCst);
        self.0.most_in_flight.store(0, Ordering::SeqCst);
    }
}
