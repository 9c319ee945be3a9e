//! The channel of one JavaScript thread: a single thread-safe function through which everything arrives that is not answered
//! on the spot. One wake-up of the event loop delivers all that is waiting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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
    /// Something that the programmer should know.
    Warn(&'static str),
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
    /// The owner as the kernel knows it.
    owner_number: u32,
}

/// A request that is under way.
struct Asked {
    answer: oneshot::Sender<vfs::Result<Reply>>,
    /// Whether the JavaScript thread has begun with it.
    taken: bool,
}

static NEXT: AtomicU32 = AtomicU32::new(1);
static WAITING: Mutex<Option<HashMap<u32, Asked>>> = Mutex::new(None);

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

    /// Asks the JavaScript object `target` to do `op`. Fails at once when its own thread would have to wait for the answer:
    /// with `EDEADLK`, or with `EBUSY` when that thread waits in the kernel for a mount of ours (a number that Node has a name
    /// for). Others who wait in the kernel may be what the thread is waiting for: they give up, with `EDEADLK`, when it does
    /// not begin with the request in time.
    pub fn request(
        self: &Arc<Self>,
        target: u32,
        op: &'static str,
        args: Value,
    ) -> impl Future<Output = vfs::Result<Reply>> + Send + 'static {
        let origin = vfs::origin::current();
        let sent = if origin.caller != 0 && origin.caller == self.owner_number {
            self.warn();
            Err(VfsError::new(Errno::EBUSY).detail(SELF_ACCESS))
        } else if vfs::runtime::may_block() && self.is_here() {
            Err(VfsError::new(Errno::EDEADLK).detail(
                "a synchronous call cannot wait for a resource or command that is written in JavaScript and lives on this \
                 very thread; use the asynchronous call (fs.promises, ws.fs, await ws.execute)",
            ))
        } else {
            let id = NEXT.fetch_add(1, Ordering::Relaxed);
            let (tx, rx) = oneshot::channel();
            let asked = Asked {
                answer: tx,
                taken: false,
            };
            WAITING.lock().get_or_insert_default().insert(id, asked);
            let sent = self.send(Message::Request { id, target, op, args });
            if sent.is_err() {
                WAITING.lock().get_or_insert_default().remove(&id);
            }
            sent.map(|()| (Waiting(id), rx))
        };
        async move {
            let (waiting, mut rx) = sent?;
            if let Some(patience) = origin.pickup {
                match tokio::time::timeout(patience, &mut rx).await {
                    Ok(answer) => return answer.unwrap_or_else(|_| Err(gone())),
                    Err(_) if waiting.withdraw() => return Err(unheard(&origin, patience)),
                    Err(_) => {}
                }
            }
            rx.await.unwrap_or_else(|_| Err(gone()))
        }
    }

    /// Says once what a self-access is; a program that only sees `EBUSY` would look for the reason elsewhere.
    fn warn(&self) {
        static SAID: AtomicBool = AtomicBool::new(false);
        if !SAID.swap(true, Ordering::Relaxed) {
            // A thread that has ended needs no advice.
            let _ = self.send(Message::Warn(SELF_ACCESS));
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

/// What a thread is told that reads, through the kernel, what only it can provide.
const SELF_ACCESS: &str = "a synchronous call on a kernel mount cannot wait for a resource that is written in JavaScript and lives \
     on this very thread; use the asynchronous call (fs.promises, ws.fs, await ws.execute)";

fn gone() -> VfsError {
    VfsError::new(Errno::EIO).detail("the JavaScript side went away before it answered")
}

/// The refusal of a request that the JavaScript thread did not begin with.
fn unheard(origin: &vfs::origin::Origin, patience: std::time::Duration) -> VfsError {
    // Node has no name for EDEADLK.
    let ours = std::path::Path::new(&format!("/proc/self/task/{}", origin.caller)).exists();
    let errno = if ours { Errno::EBUSY } else { Errno::EDEADLK };
    VfsError::new(errno).detail(format!(
        "the JavaScript thread that serves this did not take the request up within {} s; if it waits for the program that asks, \
         use an asynchronous call there (execFile instead of execFileSync)",
        patience.as_secs_f64()
    ))
}

/// Forgets a request that nobody waits for any more.
struct Waiting(u32);

impl Waiting {
    /// Takes the request back, unless the JavaScript thread has begun with it.
    fn withdraw(&self) -> bool {
        let mut waiting = WAITING.lock();
        let waiting = waiting.get_or_insert_default();
        match waiting.get(&self.0) {
            Some(asked) if !asked.taken => waiting.remove(&self.0).is_some(),
            _ => false,
        }
    }
}

/// Marks a request as begun; `false` when nobody waits for it any more.
fn take(id: u32) -> bool {
    match WAITING.lock().get_or_insert_default().get_mut(&id) {
        Some(asked) => {
            asked.taken = true;
            true
        }
        None => false,
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.lock().get_or_insert_default().remove(&self.0);
    }
}

/// Connects this JavaScript thread. `dispatch(kind, id, target, op, payload)` is called for everything that arrives later:
/// kind 0 fulfils promise `id`, 1 rejects it, 2 is a request to object `target`, answered with `reply(id, …)`, 3 is a warning
/// (or nothing, when it is empty).
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
                // Whoever asked has given up: it must not happen behind their back.
                Message::Request { id, .. } if id != 0 && !take(id) => {
                    FnArgs::from((3, 0, number(0)?, text("")?, text("")?))
                }
                Message::Warn(warning) => FnArgs::from((3, 0, number(0)?, text("")?, text(warning)?)),
                Message::Request { id, target, op, args } => {
                    FnArgs::from((2, id, number(target)?, text(op)?, Raw(args.into_js(&env, true)?)))
                }
            })
        })?;
    let channel = Arc::new(Channel {
        dispatch,
        owner: std::thread::current().id(),
        owner_number: vfs::origin::this_thread(),
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
    if let Some(asked) = WAITING.lock().get_or_insert_default().remove(&id) {
        // The asker may have been cancelled meanwhile.
        let _ = asked.answer.send(Ok(Reply { fields }));
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
    if let Some(asked) = WAITING.lock().get_or_insert_default().remove(&id) {
        let _ = asked.answer.send(Err(e));
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
