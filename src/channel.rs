//! The channel of one JavaScript thread: a single thread-safe function through which everything arrives that is not answered
//! on the spot. One wake-up of the event loop delivers all that is waiting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::ThreadId;

use ::bytes::Bytes;
use futures::channel::oneshot;
use napi::bindgen_prelude::{FnArgs, FromNapiValue, Function, JsObjectValue, Object, ToNapiValue, Unknown, sys};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use parking_lot::Mutex;
use vfs::{Errno, VfsError};

use crate::bytes::OwnedBytes;
use crate::error::node_error;
use crate::value::{Settled, Value};

/// What is sent to JavaScript.
enum Message {
    /// The promise `id` is fulfilled, or rejected with a Node-shaped error.
    Settle(u32, std::result::Result<Value, VfsError>),
    /// JavaScript object `target` is asked to do `op`; it answers with [`reply`] under `id`.
    Request {
        id: u32,
        target: u32,
        op: &'static str,
        args: Value,
    },
}

/// What crosses into the callback: kind, id, target, op, payload.
struct Payload(Message);

type Args = FnArgs<(u32, u32, Raw, Raw, Raw)>;

/// A value made in the callback.
pub struct Raw(sys::napi_value);

impl ToNapiValue for Raw {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        Ok(value.0)
    }
}

type Dispatch = ThreadsafeFunction<Payload, Unknown<'static>, Args, Status, false, true>;

/// What JavaScript answers to a request.
pub struct Reply {
    /// Plain fields.
    pub fields: HashMap<String, Field>,
}

/// A field of a reply.
pub enum Field {
    /// `null` or `undefined`.
    Null,
    /// A number; 0 or 1 for a boolean.
    Number(f64),
    /// A string.
    Text(String),
    /// Bytes.
    Bytes(Bytes),
    /// An array of objects.
    Rows(Vec<HashMap<String, Field>>),
}

/// A JavaScript thread, as other threads see it.
pub struct Channel {
    dispatch: Dispatch,
    owner: ThreadId,
}

static NEXT: AtomicU32 = AtomicU32::new(1);
static WAITING: Mutex<Option<HashMap<u32, oneshot::Sender<vfs::Result<Reply>>>>> = Mutex::new(None);

thread_local! {
    static HERE: RefCell<Option<Arc<Channel>>> = const { RefCell::new(None) };
}

impl Channel {
    /// The channel of this JavaScript thread.
    pub fn here() -> Result<Arc<Channel>> {
        HERE.with(|c| c.borrow().clone())
            .ok_or_else(|| Error::new(Status::GenericFailure, "the addon is not connected to this thread"))
    }

    /// Whether the calling thread is the one that this channel leads to.
    pub fn is_here(&self) -> bool {
        std::thread::current().id() == self.owner
    }

    fn send(&self, message: Message) -> vfs::Result<()> {
        match self
            .dispatch
            .call(Payload(message), ThreadsafeFunctionCallMode::NonBlocking)
        {
            Status::Ok => Ok(()),
            _ => Err(VfsError::new(Errno::EIO).detail("the JavaScript thread that owns this object has ended")),
        }
    }

    /// Settles the promise `id`.
    pub fn settle(&self, id: u32, result: std::result::Result<Value, VfsError>) {
        // A thread that has ended has nobody left to tell.
        let _ = self.send(Message::Settle(id, result));
    }

    /// Asks the JavaScript object `target` to do `op`. Fails at once with `EDEADLK` when its own thread would have to wait
    /// for the answer.
    pub fn request(
        self: &Arc<Self>,
        target: u32,
        op: &'static str,
        args: Value,
    ) -> impl Future<Output = vfs::Result<Reply>> + Send + 'static {
        let sent = if vfs::runtime::may_block() && self.is_here() {
            Err(VfsError::new(Errno::EDEADLK).detail(
                "a synchronous call cannot wait for a resource or command that is written in JavaScript and lives on this \
                 very thread; use the asynchronous call (fs.promises, ws.fs, await ws.execute)",
            ))
        } else {
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            let (tx, rx) = oneshot::channel();
            WAITING.lock().get_or_insert_default().insert(id, tx);
            let sent = self.send(Message::Request { id, target, op, args });
            if sent.is_err() {
                WAITING.lock().get_or_insert_default().remove(&id);
            }
            sent.map(|()| (Waiting(id), rx))
        };
        async move {
            let (_waiting, rx) = sent?;
            rx.await.unwrap_or_else(|_| {
                Err(VfsError::new(Errno::EIO).detail("the JavaScript side went away before it answered"))
            })
        }
    }

    /// As [`Channel::request`] for what needs no answer.
    pub fn tell(&self, target: u32, op: &'static str, args: Value) -> vfs::Result<()> {
        self.send(Message::Request {
            id: 0,
            target,
            op,
            args,
        })
    }
}

/// Forgets a request that nobody waits for any more.
struct Waiting(u32);

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.lock().get_or_insert_default().remove(&self.0);
    }
}

/// Connects this JavaScript thread. `dispatch(kind, id, target, op, payload)` is called for everything that arrives later:
/// kind 0 fulfils promise `id`, 1 rejects it, 2 is a request to object `target`, answered with `reply(id, …)`.
#[napi(
    catch_unwind,
    ts_args_type = "dispatch: (kind: number, id: number, target: number, op: string, payload: unknown) => void"
)]
pub fn connect(dispatch: Function<'_, Args, Unknown<'static>>) -> Result<()> {
    let dispatch = dispatch
        .build_threadsafe_function::<Payload>()
        .weak::<true>()
        .build_callback(|cx| {
            let env = cx.env;
            let text = |s: &str| -> Result<Raw> {
                // SAFETY: in the callback, on the thread of `env`.
                unsafe { <&str>::to_napi_value(env.raw(), s) }.map(Raw)
            };
            let number = |n: u32| -> Result<Raw> {
                // SAFETY: as above.
                unsafe { u32::to_napi_value(env.raw(), n) }.map(Raw)
            };
            crate::memory::report(&env);
            Ok(match cx.value.0 {
                Message::Settle(id, Ok(value)) => {
                    FnArgs::from((0, id, number(0)?, text("")?, Raw(value.into_js(&env, true)?)))
                }
                Message::Settle(id, Err(e)) => {
                    let error = node_error(&env, &e);
                    let object = env.create_error(error)?;
                    // SAFETY: as above.
                    let raw = unsafe { Object::to_napi_value(env.raw(), object) }?;
                    FnArgs::from((1, id, number(0)?, text("")?, Raw(raw)))
                }
                Message::Request { id, target, op, args } => {
                    FnArgs::from((2, id, number(target)?, text(op)?, Raw(args.into_js(&env, true)?)))
                }
            })
        })?;
    let channel = Arc::new(Channel {
        dispatch,
        owner: std::thread::current().id(),
    });
    HERE.with(|c| *c.borrow_mut() = Some(channel));
    Ok(())
}

/// Keeps the event loop alive (while promises are pending) or lets it end.
#[napi(catch_unwind)]
pub fn hold(env: Env, on: bool) -> Result<()> {
    let channel = Channel::here()?;
    let raw = channel.dispatch.raw();
    // SAFETY: called on the thread that made the function, which lives as long as its environment.
    let status = unsafe {
        if on {
            sys::napi_ref_threadsafe_function(env.raw(), raw)
        } else {
            sys::napi_unref_threadsafe_function(env.raw(), raw)
        }
    };
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(Error::new(Status::from(status), "hold"))
    }
}

/// A fresh number for an object that requests are addressed to.
pub fn next_id() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Answers request `id` with fields.
#[napi(catch_unwind)]
pub fn reply(id: u32, value: Object<'_>) -> Result<()> {
    let fields = object_fields(&value)?;
    if let Some(tx) = WAITING.lock().get_or_insert_default().remove(&id) {
        // The asker may have been cancelled meanwhile.
        let _ = tx.send(Ok(Reply { fields }));
    }
    Ok(())
}

/// Answers request `id` with an error: an errno name (`EIO` if unknown) and a message.
#[napi(catch_unwind)]
pub fn reply_error(id: u32, code: Option<String>, message: String) -> Result<()> {
    let known = code.as_deref().and_then(Errno::from_name);
    let errno = known.unwrap_or(Errno::EIO);
    // The errno's own text stays unless the message says something that the code does not.
    let e = VfsError::new(errno);
    let e = if known.is_some() && message.starts_with(errno.name()) {
        e
    } else {
        e.detail(message)
    };
    if let Some(tx) = WAITING.lock().get_or_insert_default().remove(&id) {
        let _ = tx.send(Err(e));
    }
    Ok(())
}

fn object_fields(object: &Object<'_>) -> Result<HashMap<String, Field>> {
    let mut fields = HashMap::new();
    for key in Object::keys(object)? {
        let value: Unknown<'_> = object.get_named_property_unchecked(&key)?;
        fields.insert(key, field(value)?);
    }
    Ok(fields)
}

fn cast<T: FromNapiValue>(value: Unknown<'_>) -> Result<T> {
    // SAFETY: the caller checked the type of the value, in the handle scope that it is in.
    unsafe { value.cast() }
}

fn field(value: Unknown<'_>) -> Result<Field> {
    use napi::ValueType::{Boolean, Null, Number, Object as Obj, String as Str, Undefined};
    use napi::bindgen_prelude::{Array, JsValue};
    Ok(match value.get_type()? {
        Undefined | Null => Field::Null,
        Boolean => Field::Number(f64::from(u8::from(cast::<bool>(value)?))),
        Number => Field::Number(cast(value)?),
        Str => Field::Text(cast(value)?),
        Obj if value.is_typedarray()? || value.is_buffer()? => Field::Bytes(cast::<OwnedBytes>(value)?.0),
        Obj if value.is_array()? => {
            let array: Array<'_> = cast(value)?;
            let mut rows = Vec::with_capacity(array.len() as usize);
            for i in 0..array.len() {
                if let Some(row) = array.get::<Object<'_>>(i)? {
                    rows.push(object_fields(&row)?);
                }
            }
            Field::Rows(rows)
        }
        _ => return Err(Error::new(Status::InvalidArg, "a reply holds plain values only")),
    })
}

impl Reply {
    /// A field that is not null.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.get(name).filter(|f| !matches!(f, Field::Null))
    }

    /// Bytes of a field (text as UTF-8), empty when it is not there.
    pub fn bytes(&mut self, name: &str) -> Bytes {
        match self.fields.remove(name) {
            Some(Field::Bytes(b)) => b,
            Some(Field::Text(s)) => s.into_bytes().into(),
            _ => Bytes::new(),
        }
    }
}

/// The answer to a call that may take time: the value itself when it is at hand, else `undefined` and the promise `id` is
/// settled later. What is in memory never leaves the calling thread.
pub fn settle_or_send(
    env: &Env,
    id: u32,
    future: impl Future<Output = vfs::Result<Value>> + Send + 'static,
) -> Result<Option<Settled>> {
    let now = vfs::runtime::poll_now(Box::pin(future));
    crate::memory::report(env);
    match now {
        Ok(Ok(value)) => Ok(Some(Settled(value))),
        Ok(Err(e)) => Err(node_error(env, &e)),
        Err(pending) => {
            let channel = Channel::here()?;
            let runtime = vfs::runtime::handle().map_err(|e| node_error(env, &e))?;
            runtime.spawn(async move { channel.settle(id, pending.await) });
            Ok(None)
        }
    }
}
