//! Answers: a number (negative for a refusal) or a value.

use std::cell::RefCell;
use std::future::Future;

use napi::bindgen_prelude::{ToNapiValue, sys};
use napi::{Env, Result};
use napi_derive::napi;
use vfs::{Cancel, Errno, VfsError};

use crate::channel::Channel;
use crate::error::node_error;
use crate::value::Value;

/// The answer comes later, under the promise that was asked for.
const PENDING: f64 = -65536.0;
/// Added to a refusal's number when [`last_detail`] says more than the errno.
const DETAILED: i32 = 1000;

/// What an operation answers on the spot.
pub enum Answer {
    /// A plain number, or nothing worth saying (0).
    Code(f64),
    /// Anything else.
    Value(Value),
    /// The promise is settled later.
    Pending,
}

impl Answer {
    /// Success without a value.
    pub const DONE: Self = Self::Code(0.0);

    fn into_value(self) -> Value {
        match self {
            Self::Code(n) => Value::Number(n),
            Self::Value(v) => v,
            Self::Pending => Value::Number(PENDING),
        }
    }
}

impl ToNapiValue for Answer {
    unsafe fn to_napi_value(raw: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        value.into_value().into_js(&Env::from_raw(raw), false)
    }
}

thread_local! {
    static DETAIL: RefCell<Option<String>> = const { RefCell::new(None) };
    static NEVER: Cancel = Cancel::new();
}

/// What a refusal says beyond its errno. Ordinary errnos speak for themselves, in Node's words.
fn detail(e: &VfsError) -> Option<&str> {
    match e.errno() {
        Errno::EDEADLK
        | Errno::ESTALE
        | Errno::EIO
        | Errno::ENOTSUP
        | Errno::ECANCELED
        | Errno::EPROTO
        | Errno::EAGAIN
        | Errno::ETIMEDOUT => e.explanation(),
        _ => None,
    }
}

/// A refusal, its explanation kept for [`last_detail`].
pub fn refusal(e: &VfsError) -> Answer {
    let mut code = e.errno().number();
    if let Some(text) = detail(e) {
        DETAIL.with(|d| *d.borrow_mut() = Some(text.to_owned()));
        code += DETAILED;
    }
    Answer::Code(-f64::from(code))
}

/// What the last refusal of this thread said beyond its errno.
#[napi(catch_unwind)]
pub fn last_detail() -> Option<String> {
    DETAIL.with(|d| d.borrow_mut().take())
}

/// Waits for `future` on the spot.
pub fn now<T>(future: impl Future<Output = vfs::Result<T>>) -> vfs::Result<T> {
    NEVER.with(|never| vfs::runtime::block_on(never, future))
}

/// Runs an operation as `id` asks (see the module above).
pub fn run<T: Send + 'static>(
    env: &Env,
    id: u32,
    future: impl Future<Output = vfs::Result<T>> + Send + 'static,
    out: impl FnOnce(T) -> Answer + Send + 'static,
) -> Result<Answer> {
    if id == 0 {
        return Ok(match now(future) {
            Ok(value) => out(value),
            Err(e) => refusal(&e),
        });
    }
    match vfs::runtime::poll_now(Box::pin(future)) {
        Ok(Ok(value)) => Ok(out(value)),
        Ok(Err(e)) => Ok(refusal(&e)),
        Err(pending) => {
            let channel = Channel::here()?;
            let runtime = vfs::runtime::handle().map_err(|e| node_error(env, &e))?;
            runtime.spawn(async move {
                let value = match pending.await {
                    Ok(value) => out(value).into_value(),
                    Err(e) => Value::Object(vec![
                        ("errno", Value::Number(-f64::from(e.errno().number()))),
                        ("detail", detail(&e).map_or(Value::Null, |t| Value::Text(t.to_owned()))),
                    ]),
                };
                channel.settle(id, Ok(value));
            });
            Ok(Answer::Pending)
        }
    }
}

/// As [`run`] for what answers nothing.
pub fn run_unit(env: &Env, id: u32, future: impl Future<Output = vfs::Result<()>> + Send + 'static) -> Result<Answer> {
    run(env, id, future, |()| Answer::DONE)
}
