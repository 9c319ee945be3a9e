//! Changes of the tree, told to JavaScript.

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use napi_derive::napi;
use std::sync::Arc;

use super::door::NativeDoor;

type Args = FnArgs<(String, bool)>;
type Tell = ThreadsafeFunction<(String, bool), (), Args, Status, false, true>;

#[napi]
impl NativeDoor {
    /// Calls `listener(path, tree)` after every change of the tree, until `unwatch` with the number that comes back. It does
    /// not keep the event loop alive.
    #[napi(catch_unwind, ts_args_type = "listener: (path: string, tree: boolean) => void")]
    pub fn watch(&self, listener: Function<'_, Args, ()>) -> Result<f64> {
        let tell: Tell = listener
            .build_threadsafe_function::<(String, bool)>()
            .weak::<true>()
            .build_callback(|cx| Ok(FnArgs::from(cx.value)))?;
        let id = self.fs.vfs().on_change(Arc::new(move |path, tree| {
            let text = path.to_string_lossy().into_owned();
            // A thread that has ended has nobody left to tell.
            let _ = tell.call((text, tree), ThreadsafeFunctionCallMode::NonBlocking);
        }));
        Ok(id as f64)
    }

    /// Ends `watch`.
    #[napi(catch_unwind)]
    pub fn unwatch(&self, id: f64) {
        self.fs.vfs().forget_listener(id as u64);
    }
}
