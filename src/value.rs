//! What goes to JavaScript, in a form that may wait on another thread until it can.

use ::bytes::Bytes;
use napi::bindgen_prelude::{Array, JsObjectValue, Object, ToNapiValue, sys};
use napi::{Env, Result};
use vfs::{DirEntry, FileKind, Stat};

use crate::bytes::OutBytes;

/// A value bound for JavaScript.
pub enum Value {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(String),
    /// A `Buffer`.
    Bytes(Bytes),
    /// Bytes that are shown as text; what is not UTF-8 becomes U+FFFD.
    Utf8(Bytes),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Object(Vec<(&'static str, Value)>),
    /// The stat record that the facade makes `FileStat` of.
    Stat(Box<Stat>),
    /// Entries of a directory: `[name, kind | null, …]`, flat.
    Entries(Vec<DirEntry>),
}

/// The name of a file type, as the facade knows it.
pub fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "file",
        FileKind::Dir => "directory",
        FileKind::Symlink => "symlink",
        FileKind::CharDevice => "character-device",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::BlockDevice => "block-device",
    }
}

/// A name as JavaScript holds it: text where it is UTF-8, else a `Buffer`.
fn name_value(name: &[u8]) -> Value {
    match std::str::from_utf8(name) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Bytes(Bytes::copy_from_slice(name)),
    }
}

/// A stat as the facade's `NativeStat`: an array, because naming each field of an object costs as much as all the rest.
fn stat_fields(stat: Stat) -> Vec<Value> {
    let number = |n: Option<f64>| n.map_or(Value::Null, Value::Number);
    let text = |s: Option<String>| s.map_or(Value::Null, Value::Text);
    let time = |t: Option<vfs::Time>| number(t.map(vfs::Time::as_millis_f64));
    vec![
        Value::Utf8(Bytes::from_static(kind_name(stat.kind).as_bytes())),
        number(stat.size.map(|n| n as f64)),
        number(stat.mode.map(f64::from)),
        number(stat.uid.map(f64::from)),
        number(stat.gid.map(f64::from)),
        Value::Number(f64::from(stat.nlink)),
        Value::Number(stat.ino as f64),
        time(stat.mtime),
        time(stat.atime),
        text(stat.fingerprint.map(|f| f.0.to_string())),
        text(stat.revision.map(|r| r.to_string())),
        text(stat.content_type.map(|t| t.to_string())),
    ]
}

/// A string of UTF-8 bytes: ASCII takes the short way.
fn text_value(raw: sys::napi_env, data: &[u8]) -> Result<sys::napi_value> {
    let mut out = std::ptr::null_mut();
    let (at, len) = (data.as_ptr().cast(), data.len() as isize);
    // SAFETY: `raw` is the environment of the running call or callback; the bytes outlive it.
    napi::check_status!(unsafe {
        if data.is_ascii() {
            sys::napi_create_string_latin1(raw, at, len, &raw mut out)
        } else {
            sys::napi_create_string_utf8(raw, at, len, &raw mut out)
        }
    })?;
    Ok(out)
}

impl Value {
    /// Makes the JavaScript value. `may_move` as in [`OutBytes`].
    pub fn into_js(self, env: &Env, may_move: bool) -> Result<sys::napi_value> {
        let raw = env.raw();
        // SAFETY: `raw` is the environment of the running call or callback, on its own thread.
        unsafe {
            match self {
                Self::Undefined => <()>::to_napi_value(raw, ()),
                Self::Null => napi::bindgen_prelude::Null::to_napi_value(raw, napi::bindgen_prelude::Null),
                Self::Bool(b) => bool::to_napi_value(raw, b),
                Self::Number(n) => f64::to_napi_value(raw, n),
                Self::Text(s) => String::to_napi_value(raw, s),
                Self::Bytes(data) => OutBytes::to_napi_value(raw, OutBytes { data, may_move }),
                Self::Utf8(data) => text_value(raw, &data),
                Self::Stat(stat) => Self::List(stat_fields(*stat)).into_js(env, may_move),
                Self::List(items) => {
                    let mut array = env.create_array(items.len() as u32)?;
                    for (i, item) in items.into_iter().enumerate() {
                        array.set_element_raw(env, i as u32, item.into_js(env, may_move)?)?;
                    }
                    Array::to_napi_value(raw, array)
                }
                Self::Object(fields) => {
                    let mut o = Object::new(env)?;
                    for (key, value) in fields {
                        let value = value.into_js(env, may_move)?;
                        o.set_named_property(key, napi::bindgen_prelude::Unknown::from_raw_unchecked(raw, value))?;
                    }
                    Object::to_napi_value(raw, o)
                }
                Self::Entries(entries) => {
                    let mut array = env.create_array(entries.len() as u32 * 2)?;
                    for (i, e) in entries.into_iter().enumerate() {
                        let kind = e
                            .stat
                            .map_or(Value::Null, |s| Value::Text(kind_name(s.kind).to_owned()));
                        array.set_element_raw(env, i as u32 * 2, name_value(&e.name).into_js(env, may_move)?)?;
                        array.set_element_raw(env, i as u32 * 2 + 1, kind.into_js(env, may_move)?)?;
                    }
                    Array::to_napi_value(raw, array)
                }
            }
        }
    }
}

trait SetRaw {
    fn set_element_raw(&mut self, env: &Env, index: u32, value: sys::napi_value) -> Result<()>;
}

impl SetRaw for Array<'_> {
    fn set_element_raw(&mut self, env: &Env, index: u32, value: sys::napi_value) -> Result<()> {
        // SAFETY: `value` was just made in the same handle scope of `env`.
        let value = unsafe { napi::bindgen_prelude::Unknown::from_raw_unchecked(env.raw(), value) };
        self.set(index, value)
    }
}

/// A value that is settled on the calling thread.
pub struct Settled(pub Value);

impl ToNapiValue for Settled {
    unsafe fn to_napi_value(raw: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        value.0.into_js(&Env::from_raw(raw), false)
    }
}
