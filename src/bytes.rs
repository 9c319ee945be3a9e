//! Bytes and paths that cross the boundary. A JavaScript buffer never crosses threads: it is copied to owned bytes here.

use ::bytes::Bytes;
use napi::bindgen_prelude::{
    BufferSlice, FromNapiValue, ToNapiValue, TypeName, Uint8ArraySlice, ValidateNapiValue, sys,
};
use napi::{Env, Error, Result, Status, ValueType};

/// Bytes copied out of a `string` (as UTF-8) or any `Uint8Array`.
pub struct OwnedBytes(pub Bytes);

impl TypeName for OwnedBytes {
    fn type_name() -> &'static str {
        "string | Uint8Array"
    }
    fn value_type() -> ValueType {
        ValueType::Unknown
    }
}

impl ValidateNapiValue for OwnedBytes {
    unsafe fn validate(_env: sys::napi_env, _value: sys::napi_value) -> Result<sys::napi_value> {
        Ok(std::ptr::null_mut())
    }
}

impl FromNapiValue for OwnedBytes {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        match napi::type_of!(env, value)? {
            // SAFETY: `env` and `value` are what Node handed to this very call.
            ValueType::String => unsafe { String::from_napi_value(env, value) }.map(|s| Self(s.into_bytes().into())),
            ValueType::Object => {
                // SAFETY: as above; the slice is copied before the call returns.
                let slice = unsafe { Uint8ArraySlice::from_napi_value(env, value)? };
                Ok(Self(Bytes::copy_from_slice(&slice)))
            }
            _ => Err(Error::new(Status::InvalidArg, "expected a string or a Uint8Array")),
        }
    }
}

/// Bytes on their way to JavaScript as a `Buffer`: owned memory moves when it is worth it, shared memory is copied, so that
/// JavaScript never holds a page of the tree or the cache.
pub struct OutBytes {
    /// What to hand over.
    pub data: Bytes,
    /// Whether large owned memory may move: only outside synchronous loops, where external buffers would pile up.
    pub may_move: bool,
}

/// From this size on, moving beats copying.
const MOVE_FROM: usize = 64 * 1024;

impl ToNapiValue for OutBytes {
    unsafe fn to_napi_value(raw: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        let env = Env::from_raw(raw);
        let data = if value.may_move && value.data.len() >= MOVE_FROM {
            match value.data.try_into_mut() {
                Ok(owned) => {
                    let buffer = BufferSlice::from_data(&env, Vec::from(owned))?;
                    // SAFETY: `raw` is the environment of this call.
                    return unsafe { BufferSlice::to_napi_value(raw, buffer) };
                }
                Err(shared) => shared,
            }
        } else {
            value.data
        };
        let buffer = BufferSlice::copy_from(&env, &data)?;
        // SAFETY: `raw` is the environment of this call.
        unsafe { BufferSlice::to_napi_value(raw, buffer) }
    }
}
