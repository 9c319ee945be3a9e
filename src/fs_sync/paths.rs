//! Paths as they come in, and names as they go out.

use ::bytes::Bytes;
use napi::bindgen_prelude::{FromNapiValue, TypeName, Uint8ArraySlice, ValidateNapiValue, sys};
use napi::{Error, Result, Status, ValueType, check_status};
use vfs::VPath;

use super::answer::Answer;
use crate::value::Value;

/// Most paths are shorter: they are read without an allocation.
const SHORT: usize = 512;

/// A path in a `string` or a `Uint8Array`, or the refusal that it deserves.
pub struct RawPath(pub vfs::Result<VPath>);

impl TypeName for RawPath {
    fn type_name() -> &'static str {
        "string | Uint8Array"
    }
    fn value_type() -> ValueType {
        ValueType::Unknown
    }
}

impl ValidateNapiValue for RawPath {
    unsafe fn validate(_env: sys::napi_env, _value: sys::napi_value) -> Result<sys::napi_value> {
        Ok(std::ptr::null_mut())
    }
}

impl FromNapiValue for RawPath {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        match napi::type_of!(env, value)? {
            ValueType::String => {
                let mut short = [0u8; SHORT];
                let mut len = 0;
                // SAFETY: `env` and `value` are what Node handed to this very call; the buffer is as long as said.
                check_status!(unsafe {
                    sys::napi_get_value_string_utf8(env, value, short.as_mut_ptr().cast(), SHORT, &raw mut len)
                })?;
                // A character takes at most four bytes: only a text that came this close may have been cut.
                if len < SHORT - 4 {
                    return Ok(Self(VPath::new(&short[..len])));
                }
                // SAFETY: as above.
                unsafe { String::from_napi_value(env, value) }.map(|s| Self(VPath::new(s)))
            }
            ValueType::Object => {
                // SAFETY: as above; the slice is copied before the call returns.
                let slice = unsafe { Uint8ArraySlice::from_napi_value(env, value)? };
                Ok(Self(VPath::new(&slice[..])))
            }
            _ => Err(Error::new(Status::InvalidArg, "expected a string or a Uint8Array")),
        }
    }
}

/// A name on its way out: text where it is UTF-8 and bytes were not asked for.
pub fn name(bytes: impl Into<Bytes>, as_bytes: bool) -> Answer {
    let bytes = bytes.into();
    Answer::Value(match std::str::from_utf8(&bytes) {
        Ok(text) if !as_bytes => Value::Text(text.to_owned()),
        _ => Value::Bytes(bytes),
    })
}
