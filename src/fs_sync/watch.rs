//! Changes of the tree, told to JavaScript.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use napi_derive::napi;
use parking_lot::Mutex;

use super::door::NativeDoor;

type Args = FnArgs<(String, bool, f64)>;
type Tell = ThreadsafeFunction<(String, bool, f64), (), Args, Status, false, true>;

/// A listener: its number in its tree, and how many changes it was told of.
struct Listening {
    id: u64,
    told: Arc<AtomicU64>,
}

/// All listeners, by a number that is theirs alone in the process.
static LISTENING: Mutex<BTreeMap<u64, Listening>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

#[napi]
impl NativeDoor {
    /// Calls `listener(path, tree, number)` after every change of the tree, until `unwatch` with the number that comes back.
    /// Changes are numbered from 1. It does not keep the event loop alive.
    #[napi(
        catch_unwind,
        ts_args_type = "listener: (path: string, tree: boolean, number: number) => void"
    )]
    pub fn watch(&self, listener: Function<'_, Args, ()>) -> Result<f64> {
        let tell: Tell = listener
            .build_threadsafe_function::<(String, bool, f64)>()
            .weak::<true>()
            .build_callback(|cx| Ok(FnArgs::from(cx.value)))?;
        let told = Arc::new(AtomicU64::new(0));
        let count = told.clone();
        let id = self.fs.vfs().on_change(Arc::new(move |path, tree| {
            let text = path.to_string_lossy().into_owned();
            let number = count.fetch_add(1, Ordering::AcqRel) + 1;
            // A thread that has ended has nobody left to tell.
            let _ = tell.call((text, tree, number as f64), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        LISTENING.lock().insert(number, Listening { id, told });
        Ok(number as f64)
    }

    /// The number of the last change that the listener is being told of: later ones have not happened yet.
    #[napi(catch_unwind)]
    pub fn watched(&self, number: f64) -> f64 {
        let listening = LISTENING.lock();
        let told = listening.get(&(number as u64)).map(|l| l.told.load(Ordering::Acquire));
        told.unwrap_or(0) as f64
    }

    /// Ends `watch`.
    #[napi(catch_unwind)]
    pub fn unwatch(&self, number: f64) {
        if let Some(listening) = LISTENING.lock().remove(&(number as u64)) {
            self.fs.vfs().forget_listener(listening.id);
        }
    }
}
