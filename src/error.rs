//! Errors as Node shapes them: `message`, `errno`, `code`, `syscall`, `path`, `dest`, and our `virtualPath`.

use napi::bindgen_prelude::JsValue;
use napi::{Env, Error, Result, Status};
use vfs::VfsError;

/// Node's message: `ENOENT: no such file or directory, open '/x'`; an explanation of ours replaces libuv's text where there is
/// one.
fn message(e: &VfsError) -> String {
    let mut text = format!(
        "{}: {}",
        e.errno().name(),
        e.explanation().unwrap_or_else(|| e.errno().node_text())
    );
    if let Some(op) = e.syscall() {
        text.push_str(", ");
        text.push_str(op);
    }
    if let Some(path) = e.path() {
        text.push_str(if e.syscall().is_some() { " '" } else { ", '" });
        text.push_str(&String::from_utf8_lossy(path));
        text.push('\'');
    }
    if let Some(dest) = e.dest_path() {
        text.push_str(" -> '");
        text.push_str(&String::from_utf8_lossy(dest));
        text.push('\'');
    }
    text
}

/// The JavaScript error for `e`, as a throwable.
pub fn node_error(env: &Env, e: &VfsError) -> Error {
    let build = || -> Result<Error> {
        let mut object = env.create_error(Error::new(Status::GenericFailure, message(e)))?;
        object.set("errno", -e.errno().number())?;
        object.set("code", e.errno().name())?;
        if let Some(op) = e.syscall() {
            object.set("syscall", op)?;
        }
        if let Some(path) = e.path() {
            let text = String::from_utf8_lossy(path).into_owned();
            object.set("path", text.as_str())?;
            object.set("virtualPath", text)?;
        }
        if let Some(dest) = e.dest_path() {
            object.set("dest", String::from_utf8_lossy(dest).into_owned())?;
        }
        Ok(Error::from(object.to_unknown()))
    };
    build().unwrap_or_else(|e| e)
}
